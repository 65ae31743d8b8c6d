"""CLVP's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._fields import bands, field, hop, mask, padding, rate, transform

__all__ = ["ClvpFeatureExtractor"]


class ClvpFeatureExtractor(FeatureExtractor):
    """CLVP's log-mel features."""

    feature_size: int = bands(80)
    sampling_rate: int = rate(22050)
    default_audio_length: int = field(6, "Seconds that clips are padded and cut to.")
    hop_length: int = hop(256)
    chunk_length: int = field(30, "Kept as an attribute.")
    n_fft: int = transform(1024)
    padding_value: float = padding(0.0)
    mel_norms: Any = field(None, "What each band is divided by, a list of numbers.")
    return_attention_mask: bool = mask(False, "Kept as an attribute; a call has its own.")

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = HUGGING_FACE["clvp"].config.chain
    _arguments: ClassVar = {"max_length": "Instead of `default_audio_length`, in samples."}

    def _derive(self, others: dict[str, Any]) -> None:
        self.n_samples = self.chunk_length * self.sampling_rate
        self.nb_max_frames = self.n_samples // self.hop_length

    def _options(self) -> dict[str, Any]:
        norms = self.mel_norms
        return {"feature_gain": None if norms is None else tuple(1 / float(n) for n in norms)}

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = True,
        padding: Any = "max_length",
        max_length: int | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (bands, frames) for each clip, and
            "attention_mask", int32 of shape (clips, samples).
        """
        clips = self._clips(raw_speech, sampling_rate)
        samples, lengths = self._batch(
            clips,
            padding,
            self.default_audio_length * self.sampling_rate if max_length is None else max_length,
            truncation,
            pad_to_multiple_of,
        )
        data: dict[str, Any] = {"input_features": list(self._front_end(samples))}
        if self._wants_mask(return_attention_mask):
            data["attention_mask"] = self._mask(lengths)
        return BatchFeature(data, return_tensors)
