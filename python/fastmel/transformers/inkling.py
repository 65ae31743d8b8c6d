"""Inkling's extractor."""

from __future__ import annotations

from typing import Any

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Lengths

__all__ = ["InklingFeatureExtractor"]


class InklingFeatureExtractor(FeatureExtractor):
    """Inkling's log-mel features; ``transformers.InklingFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Kept as an attribute: what follows a clip is silence here.
    audio_token_duration_s : float, default=0.05
        Seconds from one frame to the next.
    window_size_multiplier : float, default=2.0
        Length of a frame, in those.
    n_fft : int, optional
        Length of the transform; that of a frame by default.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_features_mask")
    _clip_rule = Clips("mean", array="clip")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        audio_token_duration_s: float = 0.05,
        window_size_multiplier: float = 2.0,
        n_fft: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.audio_token_duration_s = audio_token_duration_s
        self.window_size_multiplier = window_size_multiplier
        hop = audio_token_duration_s * sampling_rate
        self.hop_length = _whole("audio_token_duration_s * sampling_rate", hop)
        self.window_size = _whole(
            "audio_token_duration_s * window_size_multiplier * sampling_rate",
            hop * window_size_multiplier,
        )
        self.n_fft = n_fft or self.window_size

    def _config(self) -> MelConfig:
        return HUGGING_FACE["inkling"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            win_length=self.window_size,
            hop_length=self.hop_length,
            padding=(max(self.n_fft - self.hop_length, 0), 0),
            n_mels=self.feature_size,
        )

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

        Parameters
        ----------
        raw_speech : array or list
            An array is one clip, of shape (n,) or (n, channels), of which the mean is taken; a list
            is a clip of numbers, or several clips.
        $rate
        $lengths
        $mask
        $tensors
        $device

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands), and "input_features_mask",
            bool of shape (clips, frames).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        frames = -(-lengths.common() // self.hop_length)
        if not frames:
            raise ValueError("raw_speech has no samples")
        features, mask = self._each_alone(clips, lengths, self._front_end, frames)
        data: dict[str, Any] = {"input_features": features}
        if return_attention_mask:
            data["input_features_mask"] = mask
        return BatchFeature(data).convert_to_tensors(return_tensors)


def _whole(name: str, value: float) -> int:
    rounded = round(value)
    if abs(value - rounded) > 1e-6 or rounded <= 0:
        raise ValueError(f"{name} is {value}, which is no number of samples")
    return rounded
