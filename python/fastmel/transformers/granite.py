"""Granite Speech's extractors, and Inkling's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..steps import CutFramesToMultiple, Deltas, FloorBelowMaximum, StackFrames
from ._base import BatchFeature, FeatureExtractor, Lengths, waveforms, zero_padded

__all__ = [
    "GraniteSpeech5FeatureExtractor",
    "GraniteSpeechFeatureExtractor",
    "InklingFeatureExtractor",
]


class GraniteSpeechFeatureExtractor(FeatureExtractor):
    """Granite Speech's log-mel features; ``transformers.GraniteSpeechFeatureExtractor`` (5.23).

    Parameters
    ----------
    sampling_rate : int, default=16000
        Sample rate in Hz.
    n_fft, win_length, hop_length : int, default=512, 400, 160
        Samples of the transform, of the window, and between frames.
    n_mels : int, default=80
        Mel bands.
    projector_window_size, projector_downsample_rate : int, default=15, 5
        How many tokens the model makes of the frames.
    padding_value : float, default=0.0
        Kept as an attribute: clips are padded with zeros.
    melspec_kwargs : dict, optional
        The sizes and the bands, where they are given so.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    def __init__(
        self,
        sampling_rate: int = 16000,
        n_fft: int = 512,
        win_length: int = 400,
        hop_length: int = 160,
        n_mels: int = 80,
        projector_window_size: int = 15,
        projector_downsample_rate: int = 5,
        padding_value: float = 0.0,
        melspec_kwargs: dict[str, int] | None = None,
        **kwargs: Any,
    ) -> None:
        feature_size = kwargs.pop("feature_size", None) or n_mels
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.melspec_kwargs = melspec_kwargs or {
            "sample_rate": sampling_rate,
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "n_mels": n_mels,
        }
        self.projector_window_size = projector_window_size
        self.projector_downsample_rate = projector_downsample_rate

    def _config(self) -> MelConfig:
        return HUGGING_FACE["granite-speech"].config.replace(**self.melspec_kwargs)

    def __call__(
        self, audios: Any, device: Any = "cpu", *, return_tensors: Any = "pt"
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        audios : array or sequence of arrays
            A clip (one axis), or several.
        device : {"cpu", None}
            For compatibility.
        return_tensors : {"pt", "np", None}
            Torch tensors, as the original, or NumPy arrays.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 2 * bands); "audio_embed_sizes", a
            list of int; "input_features_mask", bool of shape (clips, largest size).

        Raises
        ------
        ValueError
            For clips that are integers, too short for the reflection, or not finite.
        """
        self._check_call(self.sampling_rate, device)
        clips = waveforms(_floating(audios), name="audios")
        lengths = Lengths.of_clips(clips, True, None, False, None)
        batch = zero_padded(clips, lengths)
        sizes = [self._tokens(len(c)) for c in clips]
        result = BatchFeature(
            {
                "input_features": self._front_end(batch),
                "input_features_mask": np.arange(max(sizes)) < np.array(sizes)[:, np.newaxis],
            }
        ).convert_to_tensors(return_tensors)
        result["audio_embed_sizes"] = sizes
        return result

    def _tokens(self, n_samples: int) -> int:
        frames = (n_samples // self.melspec_kwargs["hop_length"] + 1) // 2
        blocks = math.ceil(frames / self.projector_window_size)
        return blocks * (self.projector_window_size // self.projector_downsample_rate)


def _floating(audios: Any) -> Any:
    is_list = isinstance(audios, (list, tuple))
    first = audios[0] if is_list and audios else audios
    if "int" in str(getattr(first, "dtype", "")):
        raise ValueError("audio must be of floating point, in [-1, 1]; got integers")
    if is_list:
        # Clips of shape (1, n) are taken too.
        return [a[0] if len(getattr(a, "shape", ())) == 2 and len(a) == 1 else a for a in audios]
    return audios


class GraniteSpeech5FeatureExtractor(FeatureExtractor):
    """Granite Speech 5's log-mel features; ``transformers.GraniteSpeech5FeatureExtractor`` (5.23).

    Parameters
    ----------
    num_mel_bins : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    n_fft, win_length, hop_length : int, default=512, 400, 160
        Samples of the transform, of the window, and between frames.
    delta_win_length : int, default=3
        Frames of the slopes that are appended.
    logmel_floor_db : float, default=8.0
        Decades of power below the maximum that features are raised to.
    padding_value : float, default=0.0
        Samples of the padding.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")
    delta_expansion = 2
    frame_stacking = 2

    def __init__(
        self,
        num_mel_bins: int = 80,
        sampling_rate: int = 16000,
        n_fft: int = 512,
        win_length: int = 400,
        hop_length: int = 160,
        delta_win_length: int = 3,
        logmel_floor_db: float = 8.0,
        padding_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        kwargs.pop("feature_size", None)
        feature_size = num_mel_bins * self.delta_expansion * self.frame_stacking
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.n_fft = n_fft
        self.win_length = win_length
        self.hop_length = hop_length
        self.delta_win_length = delta_win_length
        self.logmel_floor_db = logmel_floor_db

    def _config(self) -> MelConfig:
        return HUGGING_FACE["granite-speech-5"].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            win_length=self.win_length,
            hop_length=self.hop_length,
            n_mels=self.num_mel_bins,
        )

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        padding: Any = "longest",
        max_length: int | None = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool = True,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis), or several; of channels on the last axis the mean is taken.
        truncation, padding, max_length, pad_to_multiple_of
            Lengths in samples.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_attention_mask : bool
            Whether "attention_mask" is returned.
        device, **kwargs
            For compatibility: "cpu".

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 4 * bands), and "attention_mask",
            int64 of shape (clips, frames).

        Raises
        ------
        ValueError
            For another sample rate, clips that make no batch, or that are not finite.
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(raw_speech, channels="mean")
        truncation = truncation and max_length is not None
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        hop = self.hop_length
        # An odd number of hops needs a sample more for its last frame.
        more = int(lengths.common() % (2 * hop) == hop)
        samples = np.pad(self._stacked(clips, lengths), [(0, 0), (0, more)])
        features = CutFramesToMultiple(2)(self._front_end(samples))
        features = FloorBelowMaximum(self.logmel_floor_db / 4)(features)
        features = StackFrames(2)(Deltas(self.delta_win_length)(features))
        data: dict[str, Any] = {"input_features": features}
        if return_attention_mask:
            pairs = -(-(np.array(lengths.kept) // hop) // 2)
            mask = np.arange(features.shape[1]) < pairs[:, np.newaxis]
            data["attention_mask"] = mask.astype(np.int64)
        return BatchFeature(data).convert_to_tensors(return_tensors)


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
        return HUGGING_FACE["inkling"].config.replace(
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
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in samples.
        return_attention_mask : bool
            Whether "input_features_mask" is returned.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        device, **kwargs
            For compatibility: "cpu".

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands), and "input_features_mask",
            bool of shape (clips, frames).

        Raises
        ------
        ValueError
            For another sample rate, clips that make no batch, or that are not finite.
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(
            [raw_speech] if hasattr(raw_speech, "shape") else raw_speech, channels="mean"
        )
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        frames = -(-lengths.common() // self.hop_length)
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
