"""What a model's front end expects of its samples, and warnings about others."""

from __future__ import annotations

import math

import numpy as np

from .._base.arrays import Array, Memory, as_samples
from .._base.checks import warn

LOUD = 100.0
"""No float in [-1, 1], nor one scaled to a deviation of 1, is so large: this is PCM."""


def too_loud(value: float, name: str | None) -> None:
    """Warn about a float that is no fraction of full scale; infinity is refused anyway."""
    if math.isfinite(value):
        warn(
            f"y has the value {value:.6g}: floats are taken as they are, and {name} expects them "
            "in [-1, 1]. y / 32768 is, if y was 16-bit PCM; int16 is scaled by itself"
        )


def check(y: Memory, name: str | None, unit: bool) -> None:
    """Look at all samples, and warn: see :meth:`FrontEnd.check`."""
    samples: Array = as_samples(y)
    if not samples.size:
        raise ValueError("y is empty; a front end needs samples")
    low, high = samples.min(), samples.max()
    extreme = float(high if high >= -low else low)
    if unit and samples.dtype.kind == "f" and abs(extreme) > 2:
        too_loud(extreme, name)
    if low == high:
        warn(f"y is silent: all samples are {low}")
    elif np.ndim(samples) > 1:
        silent = np.flatnonzero(np.ptp(samples, axis=-1).ravel() == 0)
        if silent.size:
            warn(f"y is silent in item {silent[0]} of {samples.size // samples.shape[-1]}")
