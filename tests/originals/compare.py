"""How an error of ours is weighed against the original's.

Both are measured against the formula evaluated in float64. The measure is the root mean square over
the features of a signal: a largest difference is that of one bin with next to no energy, and which
of two roundings is unluckier there is chance.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Errors:
    """Root mean squares of a difference from float64, and the largest of all values."""

    ours: float
    original: float
    resolution: float  # what rounding the exact values to float32 costs
    scale: float  # root mean square of the exact values


def errors(ours, original, exact):
    """Measure both results against the exact one; all have the same shape."""
    assert ours.shape == original.shape == exact.shape
    exact = np.asarray(exact, np.float64)
    return Errors(
        ours=_rms(ours - exact),
        original=_rms(original - exact),
        resolution=_rms(np.spacing(np.abs(exact).astype(np.float32)) / 2),
        scale=_rms(exact),
    )


def assert_as_accurate(ours, original, exact, *, formula=1e-4):
    """Assert that ours is no further from float64 than the original is.

    Where both are as good as float32 can hold the exact values, neither is better. `formula` bounds
    the distance of the original from the float64 evaluation, relative to the values: beyond it that
    is not the original's formula, and being near it would be no merit.
    """
    assert ours.shape == original.shape, f"ours {ours.shape}, the original {original.shape}"
    assert exact.shape == original.shape, f"float64 {exact.shape}, the original {original.shape}"
    if not ours.size:
        return
    for result in (ours, original, exact):
        assert np.isfinite(result).all()
    e = errors(ours, original, exact)
    assert e.original <= formula * max(e.scale, 1e-3), f"not the original's formula: {e}"
    assert e.ours <= max(e.original, e.resolution), f"less accurate than the original: {e}"


def _rms(x):
    return float(np.sqrt(np.mean(np.square(np.asarray(x, np.float64))))) if np.size(x) else 0.0
