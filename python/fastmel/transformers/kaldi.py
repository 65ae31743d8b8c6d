"""Extractors on Kaldi's filter bank."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..frontend import FrontEnd
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths

__all__ = [
    "ASTFeatureExtractor",
    "FunAsrNanoFeatureExtractor",
    "SeamlessM4TFeatureExtractor",
    "Speech2TextFeatureExtractor",
]


class SeamlessM4TFeatureExtractor(FeatureExtractor):
    """SeamlessM4T's features, and w2v-BERT 2.0's.

    ``transformers.SeamlessM4TFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, num_mel_bins : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Value of frames that are padding.
    stride : int, default=2
        Frames that are joined to one.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import SeamlessM4TFeatureExtractor
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> batch = SeamlessM4TFeatureExtractor()(noise, sampling_rate=16000)
    >>> batch.input_features.shape, batch.attention_mask.shape
    ((1, 49, 160), (1, 49))
    """

    model_input_names = ("input_features", "attention_mask")
    _clip_rule = Clips("first")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        num_mel_bins: int = 80,
        padding_value: float = 0.0,
        stride: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.stride = stride

    def _config(self) -> MelConfig:
        return HUGGING_FACE["seamless-m4t"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_mels=self.num_mel_bins,
            fmax=float(self.sampling_rate // 2),
            stack=1,
            stack_tail="drop",
        )

    @cached_property
    def _raw(self) -> FrontEnd:
        return FrontEnd(self._config().replace(normalize=None))

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = True,
        pad_to_multiple_of: int | None = 2,
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool | None = None,
        do_normalize_per_mel_bins: bool | None = True,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several; of a clip of shape (channels, n)
            the first channel is taken.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in frames before they are joined.
        $tensors
        $rate
        $mask
        do_normalize_per_mel_bins : bool
            Whether each band of a clip is given mean 0 and variance 1.
        $others

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands * stride), and
            "attention_mask", int32 of shape (clips, frames).

        $raises
        """
        features, lengths = self._padded_features(
            self._clips(raw_speech, sampling_rate),
            self._front_end if do_normalize_per_mel_bins else self._raw,
            *(padding, max_length, truncation, pad_to_multiple_of),
        )
        clips, frames, bands = features.shape
        whole = frames - frames % self.stride
        joined = features[:, :whole].reshape(clips, whole // self.stride, bands * self.stride)
        data: dict[str, Any] = {"input_features": joined}
        if self._wants_mask(return_attention_mask):
            masks = np.asarray(self._masks(lengths))
            data["attention_mask"] = masks[:, 1 : whole : self.stride]
        return BatchFeature(data).convert_to_tensors(return_tensors)


class Speech2TextFeatureExtractor(FeatureExtractor):
    """Speech2Text's features; ``transformers.Speech2TextFeatureExtractor`` (5.23) with torchaudio.

    Parameters
    ----------
    feature_size, num_mel_bins : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Value of frames that are padding.
    dither : float, default=0.0
        Standard deviation of noise, in 16-bit samples; the same for the same clip.
    do_ceptral_normalize, normalize_means, normalize_vars : bool, default=True
        Whether each band of a clip is given mean 0, and variance 1.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        num_mel_bins: int = 80,
        padding_value: float = 0.0,
        dither: float = 0.0,
        do_ceptral_normalize: bool = True,
        normalize_means: bool = True,
        normalize_vars: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.dither = dither
        self.do_ceptral_normalize = do_ceptral_normalize
        self.normalize_means = normalize_means
        self.normalize_vars = normalize_vars

    def _config(self) -> MelConfig:
        return HUGGING_FACE["speech-to-text"].config.chain.replace(
            **_kaldi_sizes(self.sampling_rate, 25.0, 10.0),
            n_mels=self.num_mel_bins,
            dither=self.dither,
        )

    @cached_property
    def _raw(self) -> FrontEnd:
        return FrontEnd(self._config().replace(normalize=None))

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = False,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        $frame_lengths
        $list_tensors
        $rate
        $mask
        $others

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip, and
            "attention_mask", int32 of shape (frames,).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate)
        frames = self._num_frames(clips, self._front_end)
        lengths = Lengths.of(frames, padding, max_length, truncation, pad_to_multiple_of)
        made = [
            self._features(c, kept, n)
            for c, n, kept in zip(clips, frames, lengths.kept, strict=True)
        ]
        features = self._padded(made, lengths)
        data: dict[str, Any] = {"input_features": features}
        if self.do_ceptral_normalize:
            data["input_features"] = list(features)
        if self._wants_mask(return_attention_mask):
            data["attention_mask"] = list(self._masks(lengths))
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _features(self, clip: Floats, kept: int, n: int) -> Floats:
        """Return `kept` of the `n` frames of a clip, normalised as they are asked for."""
        if not self.do_ceptral_normalize:
            return self._raw(clip)[:kept]
        if kept == n and self.normalize_means and self.normalize_vars:
            return self._front_end(clip)
        x = self._raw(clip)[:kept]
        std = x.std(axis=0)
        if self.normalize_means:
            x = x - x.mean(axis=0)
        if self.normalize_vars:
            x = x / np.where(std > 0, std, np.float32(1))
        features: Floats = x
        return features


class ASTFeatureExtractor(FeatureExtractor):
    """The Audio Spectrogram Transformer's features; ``transformers.ASTFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=1
        Kept as an attribute.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    num_mel_bins : int, default=128
        Mel bands.
    max_length : int, default=1024
        Frames that every clip is padded or cut to.
    padding_value : float, default=0.0
        Kept as an attribute: frames are padded with 0 before they are normalised.
    do_normalize : bool, default=True
        Whether the result is ``(x - mean) / (2 * std)``.
    mean, std : float
        Of the data that the model was trained on.
    return_attention_mask : bool, default=False
        Kept as an attribute.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_values", "attention_mask")

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        max_length: int = 1024,
        padding_value: float = 0.0,
        do_normalize: bool = True,
        mean: float = -4.2677393,
        std: float = 4.5689974,
        return_attention_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.num_mel_bins = num_mel_bins
        self.max_length = max_length
        self.do_normalize = do_normalize
        self.mean = mean
        self.std = std

    def _config(self) -> MelConfig:
        config = HUGGING_FACE["ast"].config.chain.replace(
            **_kaldi_sizes(self.sampling_rate, 25.0, 10.0),
            n_mels=self.num_mel_bins,
            shift=0.0,
            gain=1.0,
        )
        if not self.do_normalize:
            return config
        return config.replace(shift=-self.mean, gain=1 / (2 * self.std))

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        $rate
        $list_tensors
        $others

        Returns
        -------
        BatchFeature
            "input_values", float32 of shape (max_length, bands) for each clip.

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate)
        self._num_frames(clips, self._front_end)
        silence = -self.mean / (2 * self.std) if self.do_normalize else 0.0
        values = np.full((len(clips), self.max_length, self.num_mel_bins), silence, np.float32)
        for row, clip in zip(values, clips, strict=True):
            features = self._front_end(clip)[: self.max_length]
            row[: len(features)] = features
        return BatchFeature({"input_values": list(values)}).convert_to_tensors(return_tensors)


class FunAsrNanoFeatureExtractor(FeatureExtractor):
    """Fun-ASR-Nano's features; ``transformers.FunAsrNanoFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    frame_length, frame_shift : int, default=25, 10
        In milliseconds.
    num_frames_lfr, stride_lfr : int, default=7, 6
        Frames that are joined to one, and from one of those to the next.
    window : {"hamming", "hanning", "povey", "rectangular", "blackman"}
        Window of each frame.
    padding_value : float, default=0.0
        Value of frames that are padding.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_features_mask")
    _clip_rule = Clips(array="clip", nested=True)

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        frame_length: int = 25,
        frame_shift: int = 10,
        num_frames_lfr: int = 7,
        stride_lfr: int = 6,
        window: str = "hamming",
        padding_value: float = 0.0,
        return_attention_mask: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.frame_length = frame_length
        self.frame_shift = frame_shift
        self.num_frames_lfr = num_frames_lfr
        self.stride_lfr = stride_lfr
        self.window = window

    def _config(self) -> MelConfig:
        names: dict[str, Any] = {
            "hamming": "hamming_symmetric",
            "hanning": "hann_symmetric",
            "povey": "povey",
            "rectangular": "boxcar",
            "blackman": ("blackman_symmetric", 0.42),
        }
        if self.window not in names:
            raise ValueError(f"window={self.window!r} must be one of {', '.join(names)}")
        return HUGGING_FACE["fun-asr-nano"].config.chain.replace(
            **_kaldi_sizes(self.sampling_rate, self.frame_length, self.frame_shift),
            window=names[self.window],
            n_mels=self.feature_size,
            stack=self.num_frames_lfr,
            stack_stride=self.stride_lfr,
            stack_left=(self.num_frames_lfr - 1) // 2,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = "pt",
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        $rate
        $tensors
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in joined frames.
        $mask
        $others

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 560), and "input_features_mask",
            int32 of shape (clips, frames).
        """
        features, lengths = self._padded_features(
            self._clips(raw_speech, self.sampling_rate if sampling_rate is None else sampling_rate),
            self._front_end,
            *(padding, max_length, truncation, pad_to_multiple_of),
        )
        data: dict[str, Any] = {"input_features": features}
        if self._wants_mask(return_attention_mask):
            data["input_features_mask"] = self._masks(lengths)
        return BatchFeature(data).convert_to_tensors(return_tensors)


def _kaldi_sizes(sampling_rate: int, frame_length: float, frame_shift: float) -> dict[str, int]:
    """Return the sizes in samples that torchaudio makes of milliseconds."""
    win_length = int(sampling_rate * frame_length * 0.001)
    return {
        "sample_rate": sampling_rate,
        "n_fft": 1 << (win_length - 1).bit_length(),
        "hop_length": int(sampling_rate * frame_shift * 0.001),
        "win_length": win_length,
    }
