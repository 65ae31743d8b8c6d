"""Phi-4-multimodal's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats
from ._fields import bands, field, hop, mask_by_name, padding, rate, transform, window

__all__ = ["Phi4MultimodalFeatureExtractor"]


class Phi4MultimodalFeatureExtractor(FeatureExtractor):
    """Phi-4-multimodal's features.

    Notes
    -----
    As in the original, frames that reach over the end of a shorter clip of a batch are 0, but the
    last two that touch it. Where a clip is cut (``truncation=True``), sizes and masks are those of
    what is left; the original's are those before the cut.
    """

    feature_size: int = bands(80)
    sampling_rate: int = rate()
    hop_length: int = hop(160)
    n_fft: int = transform(512)
    win_length: int = window(400)
    preemphasis: float = field(0.97, "Of each frame.", "preemphasis")
    padding_value: float = padding(0.0)
    audio_compression_rate: int = field(8, "How many frames the model makes a token of.")
    audio_downsample_rate: int = field(1, "How many of those tokens it makes one of.")
    audio_feat_stride: int = field(1, "Factor of the number of frames.")
    mel_min_frequency: float = field(0, "Lowest frequency of the bands in Hz.", "fmin")
    mel_max_frequency: float = field(7690, "Highest frequency of the bands in Hz.", "fmax")
    return_attention_mask: bool = mask_by_name("Of `pad`; a call has its own.")

    model_input_names: ClassVar = [
        "audio_input_features",
        "audio_embed_sizes",
        "audio_attention_mask",
    ]
    _chain = HUGGING_FACE["phi4-multimodal"].config.chain
    _clip_rule = Clips("mean", where="arrays")
    _arguments: ClassVar = {
        "raw_speech": "A clip, of one axis, or several: of an array of shape (clips, n, channels) "
        "the mean of the channels is taken.",
        "return_attention_mask": "Whether the mask is returned, where there are several clips.",
    }

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

        Returns
        -------
        BatchFeature
            "audio_input_features", float32 of shape (clips, frames, bands); "audio_embed_sizes",
            int64 of shape (clips,); "audio_attention_mask", bool of shape (clips, frames).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        lengths = self._lengths(clips, padding, max_length, truncation, pad_to_multiple_of)
        kept = np.array(lengths.kept)
        frames = ((kept - self.win_length) // self.hop_length + 1) * self.audio_feat_stride
        data = {
            "audio_input_features": self._features(self._stacked(clips, lengths), kept),
            "audio_embed_sizes": self._embed_sizes(frames),
        }
        if len(clips) > 1 and return_attention_mask:
            data["audio_attention_mask"] = np.arange(frames.max()) < frames[:, np.newaxis]
        return BatchFeature(data, return_tensors)

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
