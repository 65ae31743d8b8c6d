"""Gemma's extractors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Floats, Lengths, waveforms

__all__ = ["Gemma3nAudioFeatureExtractor", "Gemma4AudioFeatureExtractor"]


class Gemma3nAudioFeatureExtractor(FeatureExtractor):
    """Gemma 3n's log-mel features; ``transformers.Gemma3nAudioFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=128
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Samples of the padding.
    return_attention_mask : bool, default=True
        Kept as an attribute.
    frame_length_ms, hop_length_ms : float, default=32.0, 10.0
        In milliseconds.
    min_frequency, max_frequency : float, default=125.0, 7600.0
        Range of the bands in Hz.
    preemphasis : float, default=0.97
        Coefficient of the pre-emphasis of each frame.
    preemphasis_htk_flavor : bool, default=True
        Whether the first sample of a frame precedes itself, as in HTK.
    fft_overdrive : bool, default=True
        Whether the transform is twice as long as it need be.
    dither : float, default=0.0
        Standard deviation of noise that is added to the samples; the same for the same clip.
    input_scale_factor : float, default=1.0
        Factor of the samples.
    mel_floor : float, default=1e-5
        What bands are raised to before the logarithm.
    per_bin_mean, per_bin_stddev : sequence of float, optional
        What is subtracted from each band, and what it is divided by.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_features_mask")
    _row = "gemma-3n"

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        return_attention_mask: bool = True,
        frame_length_ms: float = 32.0,
        hop_length_ms: float = 10.0,
        min_frequency: float = 125.0,
        max_frequency: float = 7600.0,
        preemphasis: float = 0.97,
        preemphasis_htk_flavor: bool = True,
        fft_overdrive: bool = True,
        dither: float = 0.0,
        input_scale_factor: float = 1.0,
        mel_floor: float = 1e-5,
        per_bin_mean: Sequence[float] | None = None,
        per_bin_stddev: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        sizes = {name: kwargs.pop(name, None) for name in ("frame_length", "hop_length")}
        kwargs.pop("fft_length", None)
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.min_frequency = min_frequency
        self.max_frequency = max_frequency
        self.preemphasis = preemphasis
        self.preemphasis_htk_flavor = preemphasis_htk_flavor
        self.fft_overdrive = fft_overdrive
        self.dither = dither
        self.input_scale_factor = input_scale_factor
        self.mel_floor = float(mel_floor)
        self.per_bin_mean = _vector(per_bin_mean)
        self.per_bin_stddev = _vector(per_bin_stddev)
        # In samples, as the original stores them; a file holds these beside the milliseconds.
        self.frame_length = sizes["frame_length"] or round(sampling_rate * frame_length_ms / 1000)
        self.hop_length = sizes["hop_length"] or round(sampling_rate * hop_length_ms / 1000)
        self.fft_length = (1 << (self.frame_length - 1).bit_length()) << bool(fft_overdrive)

    @property
    def _pad_left(self) -> int:
        return 0

    def _config(self) -> MelConfig:
        mean, std = self.per_bin_mean, self.per_bin_stddev
        config = HUGGING_FACE[self._row].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.fft_length,
            hop_length=self.hop_length,
            win_length=self.frame_length,
            frame_length=self.frame_length + 1,
            padding=(self._pad_left, 0),
            scale=self.input_scale_factor,
            dither=self.dither,
            preemphasis=self.preemphasis,
            n_mels=self.feature_size,
            fmin=self.min_frequency,
            fmax=self.max_frequency,
            feature_shift=None if mean is None else tuple(-m for m in mean),
            feature_gain=None if std is None else tuple(1 / s for s in std),
            **self._floor(),
        )
        if self.preemphasis_htk_flavor or not self.preemphasis:
            return config
        # A frame begins at the sample that follows its first, which only precedes.
        return config.replace(
            preemphasis_scope="signal",
            padding=(self._pad_left - 1, 0),
            frame_length=self.frame_length,
        )

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

        Parameters
        ----------
        $clips
        $lengths
        $list_tensors
        return_attention_mask, **kwargs
            Without effect: the mask is always returned.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip, and
            "input_features_mask", bool of shape (frames,).

        Raises
        ------
        ValueError
            For clips that are not finite.
        """
        clips = waveforms(raw_speech, self._clip_rule)
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        features, masks = [], []
        for samples, mask in zip(self._padded(clips, lengths), self._masks(lengths), strict=True):
            frames = self._front_end.num_frames(len(samples))
            empty = np.zeros((0, self.feature_size), np.float32)
            features.append(self._front_end(samples) if frames else empty)
            masks.append(self._frame_mask(mask, frames))
        data = {"input_features": self._masked(features, masks), "input_features_mask": masks}
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _frame_mask(self, mask: Any, frames: int) -> Any:
        return mask[:: self.hop_length][:frames].astype(bool)

    def _masked(self, features: list[Floats], masks: list[Any]) -> list[Floats]:
        return features


class Gemma4AudioFeatureExtractor(Gemma3nAudioFeatureExtractor):
    """Gemma 4's log-mel features; ``transformers.Gemma4AudioFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, padding_value, return_attention_mask, frame_length_ms, \
    hop_length_ms, min_frequency, max_frequency, preemphasis, preemphasis_htk_flavor, \
    fft_overdrive, dither, input_scale_factor, per_bin_mean, per_bin_stddev, **kwargs
        As :class:`Gemma3nAudioFeatureExtractor`, with other defaults.
    mel_floor : float, default=1e-3
        Added to the bands before the logarithm.

    Notes
    -----
    A single array is one clip here; the original fails on it.
    """

    _row = "gemma-4"

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        return_attention_mask: bool = True,
        frame_length_ms: float = 20.0,
        hop_length_ms: float = 10.0,
        min_frequency: float = 0.0,
        max_frequency: float = 8000.0,
        preemphasis: float = 0.0,
        preemphasis_htk_flavor: bool = True,
        fft_overdrive: bool = False,
        dither: float = 0.0,
        input_scale_factor: float = 1.0,
        mel_floor: float = 1e-3,
        per_bin_mean: Sequence[float] | None = None,
        per_bin_stddev: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(feature_size, sampling_rate, padding_value, return_attention_mask),
            *(frame_length_ms, hop_length_ms, min_frequency, max_frequency),
            *(preemphasis, preemphasis_htk_flavor, fft_overdrive, dither),
            *(input_scale_factor, mel_floor, per_bin_mean, per_bin_stddev),
            **kwargs,
        )

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
