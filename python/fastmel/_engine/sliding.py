"""Statistics in a window that slides over the frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import Array

__all__ = ["normalize_in_windows", "window_bounds"]

Bounds = tuple[NDArray[np.int64], NDArray[np.int64]]


def window_bounds(n_frames: int, before: int, after: int, least: int) -> Bounds:
    """Return the first frame of each frame's window, and the one after its last.

    A window that the first or the last frame of all cuts short reaches further on its other side,
    as far as there are frames, until it has `least` of them.
    """
    t = np.arange(n_frames)
    start, end = t - before, t + 1 + after
    end = np.where(start < 0, np.maximum(end, least), end)
    start = np.where(end > n_frames, np.minimum(start, n_frames - least), start)
    return np.maximum(start, 0), np.minimum(end, n_frames)


def normalize_in_windows(
    features: Array,
    bounds: Bounds,
    *,
    divide: bool,
    ddof: int = 0,
    eps: float = 0.0,
    eps_to: str = "std",
) -> NDArray[np.float64]:
    """Return features (..., frames, features) less the mean in each frame's window, in float64.

    With `divide`, also divided by the standard deviation there; see :class:`fastmel.MelConfig` for
    `ddof`, `eps` and `eps_to`. Values that are all equal become 0.
    """
    start, end = bounds
    count = (end - start)[:, np.newaxis]
    x = features.astype(np.float64)
    if x.size:
        # Two shifts that cancel: the first keeps equal values exact, and the second keeps the sums
        # of squares small, of which a difference is taken.
        x -= x[..., :1, :].copy()
        x -= np.cumsum(x, axis=-2)[..., -1:, :] / x.shape[-2]
    mean = _sums(x, start, end) / count
    if not divide:
        x -= mean
        return x
    squares = _sums(x * x, start, end) - count * mean * mean
    variance = np.maximum(squares, 0) / (count - ddof)
    x -= mean
    divisor = {
        "std": lambda: np.sqrt(variance) + eps,
        "variance": lambda: np.sqrt(variance + eps),
        "floor": lambda: np.maximum(np.sqrt(variance), eps),
    }[eps_to]()
    x /= np.where(divisor == 0, 1, divisor)
    return x


def _sums(
    x: NDArray[np.float64], start: NDArray[np.int64], end: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the sums of the frames from `start` to before `end`."""
    sums = np.zeros((*x.shape[:-2], x.shape[-2] + 1, x.shape[-1]))
    np.cumsum(x, axis=-2, out=sums[..., 1:, :])
    return sums[..., end, :] - sums[..., start, :]
