"""Phi-4-multimodal's extractor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths

__all__ = ["Phi4MultimodalFeatureExtractor"]


class Phi4MultimodalFeatureExtractor(FeatureExtractor):
    """Phi-4-multimodal's features; ``transformers.Phi4MultimodalFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft, win_length : int, default=160, 512, 400
        Samples between frames, of the transform, and of the window.
    preemphasis : float, default=0.97
        Coefficient of the pre-emphasis of each frame.
    padding_value : float, default=0.0
        Samples of the padding.
    audio_compression_rate, audio_downsample_rate, audio_feat_stride : int, default=8, 1, 1
        How many tokens the model makes of the frames.
    mel_min_frequency, mel_max_frequency : float, default=0, 7690
        Range of the bands in Hz.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Notes
    -----
    As in the original, frames that reach over the end of a shorter clip of a batch are 0, but the
    last two that touch it.
    """

    model_input_names = ("audio_input_features", "audio_embed_sizes", "audio_attention_mask")
    _clip_rule = Clips("mean", where="arrays")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        preemphasis: float = 0.97,
        padding_value: float = 0.0,
        audio_compression_rate: int = 8,
        audio_downsample_rate: int = 1,
        audio_feat_stride: int = 1,
        mel_min_frequency: float = 0,
        mel_max_frequency: float = 7690,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length, self.n_fft, self.win_length = hop_length, n_fft, win_length
        self.preemphasis = preemphasis
        self.audio_compression_rate = audio_compression_rate
        self.audio_downsample_rate = audio_downsample_rate
        self.audio_feat_stride = audio_feat_stride
        self.mel_min_frequency = mel_min_frequency
        self.mel_max_frequency = mel_max_frequency

    def _config(self) -> MelConfig:
        return HUGGING_FACE["phi4-multimodal"].config.chain.replace(
            **self._sizes(),
            preemphasis=self.preemphasis,
            n_mels=self.feature_size,
            fmin=self.mel_min_frequency,
            fmax=self.mel_max_frequency,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding: Any = "longest",
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        return_attention_mask: bool | None = True,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips_mixed
        $rate
        $lengths
        $tensors
        return_attention_mask : bool
            Whether "audio_attention_mask" is returned, where there are several clips.
        $device

        Returns
        -------
        BatchFeature
            "audio_input_features", float32 of shape (clips, frames, bands); "audio_embed_sizes",
            int64 of shape (clips,); "audio_attention_mask", bool of shape (clips, frames).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        kept = np.array(lengths.kept)
        frames = ((kept - self.win_length) // self.hop_length + 1) * self.audio_feat_stride
        data = {
            "audio_input_features": self._features(self._stacked(clips, lengths), kept),
            "audio_embed_sizes": self._embed_sizes(frames),
        }
        if len(clips) > 1 and return_attention_mask:
            data["audio_attention_mask"] = np.arange(frames.max()) < frames[:, np.newaxis]
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _features(self, samples: Floats, lengths: Any) -> Floats:
        """Return the features of clips of these lengths, with what their padding hides at 0."""
        features = self._front_end(samples)
        frames = (lengths - self.win_length) // self.hop_length + 1
        for row, n, whole in zip(features, lengths, frames, strict=True):
            if n < lengths.max():
                row[max(0, whole) : max(0, n // self.hop_length - 1)] = 0
        return features

    def _embed_sizes(self, frames: Any) -> Any:
        tokens = np.ceil(frames / self.audio_compression_rate)
        return np.ceil(tokens / self.audio_downsample_rate).astype(np.int64)
