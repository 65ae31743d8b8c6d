"""Dither of the signal; that of frames is a step of the core's chain."""

from __future__ import annotations

import numpy as np

from .. import _core
from .._base.arrays import REAL, Array, pcm_to_float
from .._base.numerics import defined
from .config import MelConfig


@defined
def dithered(y: Array, config: MelConfig, first: int = 0) -> Array:
    """Return samples (..., n) with noise, the same in all items; PCM becomes float32.

    `first` is the number of the first sample in its signal.
    """
    if config.dither == 0:
        return y
    noise = np.empty(y.shape[-1])
    _core.noise(config.dither_seed, noise, first=first)
    samples = y if y.dtype in REAL else pcm_to_float(y).astype(np.float32)
    return samples + (config.dither / config.scale * noise).astype(samples.dtype)
