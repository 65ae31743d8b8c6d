"""Inkling's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

from .._base.checks import brief
from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips
from ._fields import bands, field, mask_by_name, padding, rate

__all__ = ["InklingFeatureExtractor"]


class InklingFeatureExtractor(FeatureExtractor):
    """Inkling's log-mel features."""

    feature_size: int = bands(80)
    sampling_rate: int = rate()
    padding_value: float = padding(0.0, "Of `pad`: what follows a clip is silence in a call.")
    audio_token_duration_s: float = field(0.05, "Seconds from one frame to the next.")
    window_size_multiplier: float = field(2.0, "Length of a frame, in those.")
    n_fft: int | None = field(None, "Samples of the transform; those of a frame by default.")
    return_attention_mask: bool = mask_by_name("Of `pad`; a call has its own.")

    model_input_names: ClassVar = ["input_features", "input_features_mask"]
    _chain = HUGGING_FACE["inkling"].config.chain
    _clip_rule = Clips("mean", array="clip")
    _pads_right_only = True
    _arguments: ClassVar = {
        "raw_speech": "An array is one clip, of shape (n,) or (n, channels), of which the mean is "
        "taken; a list is a clip of numbers, or several clips.",
        "return_attention_mask": "Whether the mask is returned.",
    }

    def _derive(self, others: dict[str, Any]) -> None:
        hop = self.audio_token_duration_s * self.sampling_rate
        self.hop_length = _whole("audio_token_duration_s * sampling_rate", hop)
        self.window_size = _whole(
            "audio_token_duration_s * window_size_multiplier * sampling_rate",
            hop * self.window_size_multiplier,
        )
        self.n_fft = self.n_fft or self.window_size

    def _options(self) -> dict[str, Any]:
        n_fft = self.n_fft or self.window_size
        return {
            "n_fft": n_fft,
            "win_length": self.window_size,
            "hop_length": self.hop_length,
            "padding": (max(n_fft - self.hop_length, 0), 0),
        }

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = True,
        return_tensors: Any = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands), and "input_features_mask",
            bool of shape (clips, frames).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        lengths = self._lengths(clips, padding, max_length, truncation, pad_to_multiple_of)
        if self.padding_value and lengths.kept != lengths.padded:
            raise ValueError(
                f"padding_value={brief(self.padding_value)} must be 0.0: silence follows"
            )
        frames = -(-lengths.common() // self.hop_length)
        if not frames:
            raise ValueError("raw_speech has no samples")
        features, kept = self._each_alone(clips, lengths, self._front_end, frames)
        data: dict[str, Any] = {"input_features": features}
        if return_attention_mask:
            data["input_features_mask"] = kept.mask()
        return BatchFeature(data, return_tensors)


def _whole(name: str, value: float) -> int:
    rounded = round(value)
    if abs(value - rounded) > 1e-6 or rounded <= 0:
        raise ValueError(f"{name} is {value}, which is no number of samples")
    return rounded
