"""Normalisation in a sliding window."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import REAL, as_array
from .._base.checks import flag, integer

Float = TypeVar("Float", bound=np.floating[Any])


def sliding_window_cmn(
    features: NDArray[Float],
    cmn_window: int = 600,
    min_cmn_window: int = 100,
    center: bool = False,
    norm_vars: bool = False,
) -> NDArray[Float]:
    """Subtract the mean of a window of frames around, or before, each frame.

    Kaldi's ``apply-cmvn-sliding``, with the arguments of
    ``torchaudio.functional.sliding_window_cmn``.

    Parameters
    ----------
    features : array, shape (..., n_frames, n_features)
        Features.
    cmn_window : int
        Frames of the window.
    min_cmn_window : int
        Frames of the window at the start, without `center`: later frames complete it.
    center : bool
        Centre the window on the frame, as far as the signal goes, instead of ending it there.
    norm_vars : bool
        Also divide by the standard deviation in the window (of at least 1e-5, as in Kaldi).

    Returns
    -------
    ndarray, shape (..., n_frames, n_features)
        Normalised features: float64 for float64 input, else float32.

    Raises
    ------
    ValueError
        If a window has no frames, or `features` fewer than two axes.
    TypeError
        If `features` is no array of floats.

    Notes
    -----
    The sums are formed in float64, so that those of long signals lose nothing.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel.kaldi
    >>> features = np.arange(12, dtype=np.float32).reshape(4, 3)
    >>> fastmel.kaldi.sliding_window_cmn(features, center=True)[0]
    array([-4.5, -4.5, -4.5], dtype=float32)
    """
    x = as_array(features, "features")
    if x.dtype.kind != "f":
        raise TypeError(f"features must have a floating-point dtype; got {x.dtype}")
    if x.ndim < 2:
        raise ValueError(f"features must have shape (..., n_frames, n_features); got {x.shape}")
    size = integer("cmn_window", cmn_window)
    least = integer("min_cmn_window", min_cmn_window)
    centered = flag("center", center)
    windows = _windows(x.shape[-2], size, least, centered)
    # A single frame has no deviation: it becomes 0, as its difference from itself.
    divide = flag("norm_vars", norm_vars)
    result = x.astype(REAL[x.dtype.itemsize >= 8])
    # Its own frame is one more of a window that ends with it.
    _core.normalize_in_windows(
        result.swapaxes(-1, -2),
        windows,
        size=size + (not centered),
        divide=divide,
        eps=1e-5,
        eps_to="floor",
    )
    return result


def _windows(n_frames: int, size: int, least: int, center: bool) -> list[tuple[int, int]]:
    """Return the first frame of each frame's window, and the one after its last."""
    before = size // 2 if center else size
    after, fewest = (size - before - 1, size) if center else (0, least)
    windows = _core.windows_of(before=before, after=after, least=fewest, n_frames=n_frames)
    # In Kaldi the least counts for frames behind the first window as well.
    for t in range(size, 0 if center else min(least - 1, n_frames)):
        windows[t] = max(0, t - size - max(0, least - n_frames)), min(least, n_frames)
    return windows
