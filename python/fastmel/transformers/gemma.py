"""Gemma's extractors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Floats, waveforms
from ._fields import bands, field, mask, padding, rate

__all__ = ["Gemma3nAudioFeatureExtractor", "Gemma4AudioFeatureExtractor"]


class Gemma3nAudioFeatureExtractor(FeatureExtractor):
    """Gemma 3n's log-mel features."""

    feature_size: int = bands(128)
    sampling_rate: int = rate()
    padding_value: float = padding(0.0)
    return_attention_mask: bool = mask(True, "Kept as an attribute: a call returns the mask.")
    frame_length_ms: float = field(32.0, "Of a frame, in milliseconds.")
    hop_length_ms: float = field(10.0, "From one frame to the next, in milliseconds.")
    min_frequency: float = field(125.0, "Lowest frequency of the bands in Hz.", "fmin")
    max_frequency: float = field(7600.0, "Highest frequency of the bands in Hz.", "fmax")
    preemphasis: float = field(0.97, "Of each frame.", "preemphasis")
    preemphasis_htk_flavor: bool = field(
        True, "Whether the first sample of a frame precedes itself, as in HTK."
    )
    fft_overdrive: bool = field(True, "Whether the transform is twice as long as it need be.")
    dither: float = field(
        0.0,
        "Standard deviation of noise that is added to the samples; the same for the same clip.",
        "dither",
    )
    input_scale_factor: float = field(1.0, "Factor of the samples.", "scale")
    mel_floor: float = field(1e-5, "What bands are raised to before the logarithm.")
    per_bin_mean: Sequence[float] | None = field(None, "What is subtracted from each band.")
    per_bin_stddev: Sequence[float] | None = field(None, "What each band is divided by then.")

    model_input_names: ClassVar = ["input_features", "input_features_mask"]
    _chain = HUGGING_FACE["gemma-3n"].config.chain
    _arguments: ClassVar = {"return_attention_mask": "Without effect: the mask is always returned."}

    def _derive(self, others: dict[str, Any]) -> None:
        # In samples, as the original stores them; its files hold these instead of milliseconds.
        milliseconds = vars(self).pop("frame_length_ms"), vars(self).pop("hop_length_ms")
        frame, hop = (round(self.sampling_rate * ms / 1000) for ms in milliseconds)
        self.frame_length: int = others.get("frame_length") or frame
        self.hop_length = others.get("hop_length") or hop
        self.fft_length = (1 << (self.frame_length - 1).bit_length()) << bool(self.fft_overdrive)
        self.mel_floor = float(self.mel_floor)
        self.per_bin_mean = _vector(self.per_bin_mean)
        self.per_bin_stddev = _vector(self.per_bin_stddev)

    def _constructor(self) -> dict[str, Any]:
        # The original's constructor knows the milliseconds only.
        ms = 1000 / self.sampling_rate
        return {
            **super()._constructor(),
            "frame_length_ms": self.frame_length * ms,
            "hop_length_ms": self.hop_length * ms,
        }

    @property
    def _pad_left(self) -> int:
        return 0

    def _options(self) -> dict[str, Any]:
        mean, std = _vector(self.per_bin_mean), _vector(self.per_bin_stddev)
        # A frame has a sample more, which only follows it; or which only precedes it.
        precedes = bool(self.preemphasis) and not self.preemphasis_htk_flavor
        return {
            "n_fft": self.fft_length,
            "hop_length": self.hop_length,
            "win_length": self.frame_length,
            "frame_length": self.frame_length + (not precedes),
            "padding": (self._pad_left - precedes, 0),
            "feature_shift": None if mean is None else tuple(-m for m in mean),
            "feature_gain": None if std is None else tuple(1 / s for s in std),
            **({"preemphasis_scope": "signal"} if precedes else {}),
            **self._floor(),
        }

    def _floor(self) -> dict[str, float]:
        return {"log_floor": self.mel_floor}

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = "longest",
        max_length: int | None = 480000,
        truncation: bool = True,
        pad_to_multiple_of: int | None = 128,
        return_tensors: Any = None,
        return_attention_mask: bool | None = True,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip, and
            "input_features_mask", bool of shape (frames,).
        """
        clips = waveforms(raw_speech, self._clip_rule)
        lengths = self._lengths(clips, padding, max_length, truncation, pad_to_multiple_of)
        features, masks = [], []
        for samples, whole in zip(self._padded(clips, lengths), self._masks(lengths), strict=True):
            frames = self._front_end.num_frames(len(samples))
            empty = np.zeros((0, self.feature_size), np.float32)
            features.append(self._front_end(samples) if frames else empty)
            masks.append(self._frame_mask(whole, frames))
        data = {"input_features": self._masked(features, masks), "input_features_mask": masks}
        return BatchFeature(data, return_tensors)

    def _frame_mask(self, mask: Any, frames: int) -> Any:
        return mask[:: self.hop_length][:frames].astype(bool)

    def _masked(self, features: list[Floats], masks: list[Any]) -> list[Floats]:
        return features


class Gemma4AudioFeatureExtractor(Gemma3nAudioFeatureExtractor):
    """Gemma 4's log-mel features.

    Notes
    -----
    A single array is one clip here; the original fails on it.
    """

    frame_length_ms: float = field(20.0, "Of a frame, in milliseconds.")
    min_frequency: float = field(0.0, "Lowest frequency of the bands in Hz.", "fmin")
    max_frequency: float = field(8000.0, "Highest frequency of the bands in Hz.", "fmax")
    preemphasis: float = field(0.0, "Of each frame.", "preemphasis")
    fft_overdrive: bool = field(False, "Whether the transform is twice as long as it need be.")
    mel_floor: float = field(1e-3, "Added to the bands before the logarithm.")

    _chain = HUGGING_FACE["gemma-4"].config.chain

    @property
    def _pad_left(self) -> int:
        return self.frame_length // 2

    def _floor(self) -> dict[str, float]:
        return {"log_offset": self.mel_floor}

    def _frame_mask(self, mask: Any, frames: int) -> Any:
        """Keep the frames whose last sample, the one after the window, is no padding."""
        last = np.arange(frames) * self.hop_length + self.frame_length - self._pad_left
        return mask[last].astype(bool)

    def _masked(self, features: list[Floats], masks: list[Any]) -> list[Floats]:
        return [x * mask[:, np.newaxis] for x, mask in zip(features, masks, strict=True)]


def _vector(values: Any) -> list[float] | None:
    return None if values is None else [float(v) for v in np.ravel(values)]
