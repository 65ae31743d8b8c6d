"""Granite Speech's extractors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..steps import CutFramesToMultiple, Deltas, FloorBelowMaximum, StackFrames
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths, zero_padded

__all__ = [
    "GraniteSpeech5FeatureExtractor",
    "GraniteSpeechFeatureExtractor",
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

    _clip_rule = Clips("one", where="lists")

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
        sizes = {
            "sample_rate": sampling_rate,
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "n_mels": n_mels,
        }
        self.melspec_kwargs = dict(melspec_kwargs or sizes)
        self.projector_window_size = projector_window_size
        self.projector_downsample_rate = projector_downsample_rate

    def _config(self) -> MelConfig:
        return HUGGING_FACE["granite-speech"].config.chain.replace(**self.melspec_kwargs)

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
        $tensors

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
        _check_floating(audios)
        clips = self._clips(audios, self.sampling_rate, device, name="audios")
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


def _check_floating(audios: Any) -> None:
    first = audios[0] if isinstance(audios, (list, tuple)) and audios else audios
    if "int" in str(getattr(first, "dtype", "")):
        raise ValueError("audio must be of floating point, in [-1, 1]; got integers")


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
    _clip_rule = Clips("mean")
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
        self.n_fft, self.win_length, self.hop_length = n_fft, win_length, hop_length
        self.delta_win_length = delta_win_length
        self.logmel_floor_db = logmel_floor_db

    def _config(self) -> MelConfig:
        return HUGGING_FACE["granite-speech-5"].config.chain.replace(
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
        $clips_mixed
        $lengths
        $tensors
        $rate
        $mask
        $device

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 4 * bands), and "attention_mask",
            int64 of shape (clips, frames).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        truncation = truncation and max_length is not None
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        features = self._features(self._stacked(clips, lengths))
        data: dict[str, Any] = {"input_features": features}
        if return_attention_mask:
            pairs = -(-(np.array(lengths.kept) // self.hop_length) // 2)
            mask = np.arange(features.shape[1]) < pairs[:, np.newaxis]
            data["attention_mask"] = mask.astype(np.int64)
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _features(self, samples: Floats) -> Floats:
        """Return the features of samples, (clips, n), with slopes and in pairs."""
        hop = self.hop_length
        # An odd number of hops needs a sample more for its last frame.
        more = int(samples.shape[1] % (2 * hop) == hop)
        features = self._front_end(np.pad(samples, [(0, 0), (0, more)]))
        features = FloorBelowMaximum(self.logmel_floor_db / 4)(CutFramesToMultiple(2)(features))
        return StackFrames(2)(Deltas(self.delta_win_length)(features))
