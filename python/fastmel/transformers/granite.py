"""Granite Speech's extractors."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from .._catalogue.huggingface import HUGGING_FACE
from ..steps import CutFramesToMultiple, Deltas, FloorBelowMaximum, StackFrames
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths, right_padded
from ._fields import bands, field, hop, mask_by_name, padding, rate, transform, window

__all__ = [
    "GraniteSpeech5FeatureExtractor",
    "GraniteSpeechFeatureExtractor",
]


class GraniteSpeechFeatureExtractor(FeatureExtractor):
    """Granite Speech's log-mel features."""

    sampling_rate: int = field(16000, "Sample rate in Hz.")
    n_fft: int = field(512, "Samples of the transform.")
    win_length: int = field(400, "Samples of the window.")
    hop_length: int = field(160, "Samples from one frame to the next.")
    n_mels: int = field(80, "Mel bands.")
    projector_window_size: int = field(15, "Frames that the model makes some tokens of.")
    projector_downsample_rate: int = field(5, "How many of those it makes a token of.")
    padding_value: float = padding(0.0, "Of `pad`: clips of a call are padded with zeros.")
    melspec_kwargs: dict[str, int] | None = field(
        None, "The sizes and the bands, where they are given so."
    )
    return_attention_mask: bool = mask_by_name("Of `pad`: a call returns the mask.")

    _chain = HUGGING_FACE["granite-speech"].config.chain
    _clip_rule = Clips("one", where="lists")

    def _derive(self, others: dict[str, Any]) -> None:
        # Only in what the original keeps them in.
        sizes = {n: vars(self).pop(n) for n in ("n_fft", "win_length", "hop_length", "n_mels")}
        self.melspec_kwargs = self.melspec_kwargs or {"sample_rate": self.sampling_rate, **sizes}
        self.feature_size = others.get("feature_size") or sizes["n_mels"]

    def _options(self) -> dict[str, Any]:
        return dict(self.melspec_kwargs or {})

    def _constructor(self) -> dict[str, Any]:
        # The original's constructor knows the sizes by their names.
        sizes = {k: v for k, v in (self.melspec_kwargs or {}).items() if k != "sample_rate"}
        return {**super()._constructor(), **sizes}

    def __call__(
        self, audios: Any, device: Any = "cpu", *, return_tensors: Any = "pt"
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 2 * bands); "audio_embed_sizes", a
            list of int; "input_features_mask", bool of shape (clips, largest size).
        """
        _check_floating(audios)
        clips = self._clips(audios, self.sampling_rate, device, name="audios")
        lengths = self._lengths(clips, True, None, False, None)
        batch = right_padded(clips, lengths)
        sizes = [self._tokens(len(c)) for c in clips]
        data = {
            "input_features": self._front_end(batch),
            "input_features_mask": np.arange(max(sizes)) < np.array(sizes)[:, np.newaxis],
        }
        result = BatchFeature(data, return_tensors)
        result["audio_embed_sizes"] = sizes
        return result

    def _tokens(self, n_samples: int) -> int:
        frames = (n_samples // self._front_end.config.hop_length + 1) // 2
        blocks = math.ceil(frames / self.projector_window_size)
        return blocks * (self.projector_window_size // self.projector_downsample_rate)


def _check_floating(audios: Any) -> None:
    first = audios[0] if isinstance(audios, (list, tuple)) and audios else audios
    if "int" in str(getattr(first, "dtype", "")):
        raise ValueError("audio must be of floating point, in [-1, 1]; got integers")


class GraniteSpeech5FeatureExtractor(FeatureExtractor):
    """Granite Speech 5's log-mel features."""

    num_mel_bins: int = bands(80)
    sampling_rate: int = rate()
    n_fft: int = transform(512)
    win_length: int = window(400)
    hop_length: int = hop(160)
    delta_win_length: int = field(3, "Frames of the slopes that are appended.")
    logmel_floor_db: float = field(
        8.0, "Decades of power below the maximum that features are raised to."
    )
    padding_value: float = padding(0.0)
    return_attention_mask: bool = mask_by_name("Of `pad`; a call has its own.")

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    delta_expansion = 2
    frame_stacking = 2
    _chain = HUGGING_FACE["granite-speech-5"].config.chain
    _clip_rule = Clips("mean")
    _arguments: ClassVar = {
        "raw_speech": "A clip, of one axis, or several; of channels on the last axis of one of "
        "several the mean is taken.",
        "return_attention_mask": "Whether the mask is returned.",
    }

    def _derive(self, others: dict[str, Any]) -> None:
        self.feature_size = self.num_mel_bins * self.delta_expansion * self.frame_stacking

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

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 4 * bands), and "attention_mask",
            int64 of shape (clips, frames).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        truncation = truncation and max_length is not None
        if truncation and max_length is not None:
            clips = [clip[:max_length] for clip in clips]
        lengths = self._lengths(clips, padding, max_length, False, None)
        n = lengths.common()
        if max_length is not None and n > max_length and padding == "max_length":
            raise ValueError(f"a clip has {n} samples, more than max_length={max_length}")
        # To the multiple even without padding.
        n += -n % (pad_to_multiple_of or 1)
        lengths = Lengths(lengths.kept, [n] * len(clips))
        # On the right, whatever the side.
        features = self._features(right_padded(clips, lengths, self.padding_value))
        data: dict[str, Any] = {"input_features": features}
        if return_attention_mask:
            pairs = -(-(np.array(lengths.kept) // self.hop_length) // 2)
            mask = np.arange(features.shape[1]) < pairs[:, np.newaxis]
            data["attention_mask"] = mask.astype(np.int64)
        return BatchFeature(data, return_tensors)

    def _features(self, samples: Floats) -> Floats:
        """Return the features of samples, (clips, n), with slopes and in pairs."""
        hop = self.hop_length
        # An odd number of hops needs a sample more for its last frame.
        more = int(samples.shape[1] % (2 * hop) == hop)
        features = self._front_end(np.pad(samples, [(0, 0), (0, more)]))
        features = FloorBelowMaximum(self.logmel_floor_db / 4)(CutFramesToMultiple(2)(features))
        return StackFrames(2)(Deltas(self.delta_win_length)(features))
