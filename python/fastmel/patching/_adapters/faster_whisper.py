"""faster-whisper."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ... import whisper as fast
from ..._base.arrays import Array
from .._targets import NotCovered, Target

if TYPE_CHECKING:
    from faster_whisper.feature_extractor import FeatureExtractor


def call(
    self: FeatureExtractor,
    waveform: Array,
    padding: int | None = 160,
    chunk_length: int | None = None,
) -> Array:
    """``FeatureExtractor.__call__``."""
    if type(waveform) is not np.ndarray or waveform.ndim != 1 or waveform.dtype.kind not in "fiu":
        raise NotCovered("waveform is no array of one axis")
    if (self.sampling_rate, self.n_fft, self.hop_length) != (16000, 400, 160):
        raise NotCovered("sizes other than Whisper's")
    if not np.array_equal(self.mel_filters, _filters(self.get_mel_filters, len(self.mel_filters))):
        raise NotCovered("mel_filters of its own")
    # Integers are not scaled here, but taken as they are; NumPy transforms in double precision.
    samples = waveform.astype(np.float32, copy=False)
    features = fast.features(samples, len(self.mel_filters), padding or 0, "double")
    if chunk_length is not None:
        self.n_samples = chunk_length * self.sampling_rate
        self.nb_max_frames = self.n_samples // self.hop_length
    return features


@functools.cache
def _filters(design: Callable[..., Array], n_mels: int) -> Array:
    filters: Array = design(16000, 400, n_mels=n_mels).astype("float32")
    return filters


TARGETS = (Target("faster_whisper.feature_extractor", "FeatureExtractor.__call__", (call,)),)
