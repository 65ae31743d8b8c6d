"""Per-channel energy normalisation, as librosa computes it, on the core."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arrays import Array, _as_ndarray, as_features

__all__ = ["pcen"]


def pcen(
    S: Any,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    gain: float = 0.98,
    bias: float = 2,
    power: float = 0.5,
    time_constant: float = 0.400,
    eps: float = 1e-6,
    b: float | None = None,
    max_size: int = 1,
    ref: ArrayLike | None = None,
    axis: int = -1,
    max_axis: int | None = None,
    zi: ArrayLike | None = None,
    return_zf: bool = False,
) -> Any:
    """Per-channel energy normalisation of a spectrogram.

    ``(S / (eps + M)**gain + bias)**power - bias**power``, where `M` is `S` smoothed over time by a
    one-pole low-pass filter [1]_.

    Parameters
    ----------
    S : array, shape (..., n_bands, n_frames)
        Non-negative magnitudes or energies. The defaults suit ``S * 2**31`` for audio in [-1, 1].
    sr : float, default 22050
        Sample rate in Hz.
    hop_length : int, default 512
        Samples between frames.
    gain : float, default 0.98
        Exponent of the smoothed magnitude; at least 0.
    bias : float, default 2
        Added before the power; at least 0.
    power : float, default 0.5
        Exponent of compression; at least 0, where 0 means a logarithm.
    time_constant : float, default 0.4
        Of the filter, in seconds; greater than 0.
    eps : float, default 1e-6
        Bound of the gain; greater than 0.
    b : float, optional
        Coefficient of the filter in (0, 1]; from `time_constant` by default.
    max_size : int, default 1
        Width, in bands, of a maximum filter on what is smoothed.
    ref : array, optional
        What is smoothed instead of `S`; broadcasts to it.
    axis : int, default -1
        Axis of time.
    max_axis : int, optional
        Axis of the maximum filter; needed unless `S` has two axes.
    zi : array, optional
        State of the filter from an earlier block; ``1 - b`` by default.
    return_zf : bool, default False
        Whether to return the state as well.

    Returns
    -------
    ndarray, shape of `S`
        Normalised magnitudes, float64.
    ndarray
        With `return_zf`: the state of the filter, for the `zi` of the next block.

    Raises
    ------
    ValueError
        For parameters out of range, or shapes that do not fit.
    TypeError
        If `S` does not hold numbers.

    Warns
    -----
    UserWarning
        If `S` is complex; its magnitude is used.

    Notes
    -----
    Equals :func:`librosa.pcen`.

    References
    ----------
    .. [1] Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for
       robust and far-field keyword spotting", ICASSP 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> S = np.random.default_rng(0).random((40, 100)).astype(np.float32)
    >>> fastmel.pcen(S * 2**31).shape
    (40, 100)
    """
    for name, value in (("power", power), ("gain", gain), ("bias", bias)):
        if not value >= 0:
            raise ValueError(f"{name} must be 0 or greater; got {value!r}")
    for name, value in (("eps", eps), ("time_constant", time_constant)):
        if not value > 0:
            raise ValueError(f"{name} must be positive; got {value!r}")
    if not isinstance(max_size, (int, np.integer)) or max_size < 1:
        raise ValueError(f"max_size must be a positive integer; got {max_size!r}")
    b = _coefficient(b, time_constant, sr, hop_length)
    S = _as_ndarray(S, "S")
    if S.dtype.kind == "c":
        warnings.warn("pcen got a complex array and uses its magnitude", stacklevel=2)
        S = np.abs(S)
    S = as_features(S)
    if S.ndim == 0:
        raise ValueError("S must have at least one axis")
    if not -S.ndim <= axis < S.ndim:
        raise ValueError(f"axis={axis} is out of range for {S.ndim} axes")
    smoothed = _to_smooth(S, ref, int(max_size), axis, max_axis)
    state = _state(zi, smoothed.shape, axis, b)

    # rows of adjacent frames
    rows = np.ascontiguousarray(np.moveaxis(S, axis, -1))
    out = np.empty(rows.shape)
    n = rows.shape[-1]
    if rows.size:
        flat = rows.reshape(-1, n)
        ref_rows = flat if smoothed is S else np.ascontiguousarray(
            np.moveaxis(smoothed, axis, -1), dtype=rows.dtype
        ).reshape(-1, n)
        _core.pcen(S=flat, ref=ref_rows, out=out.reshape(-1, n), state=state, b=b,
                   gain=float(gain), bias=float(bias), power=float(power),
                   eps=float(eps))  # fmt: skip
    result = np.ascontiguousarray(np.moveaxis(out, -1, axis))
    if not return_zf:
        return result
    zf_shape = [*rows.shape[:-1], 1]
    return result, np.moveaxis(state.reshape(zf_shape), -1, axis)


def _coefficient(b: float | None, time_constant: float, sr: float, hop_length: float) -> float:
    if b is None:
        if not (sr > 0 and hop_length > 0):
            raise ValueError(
                f"sr and hop_length must be positive; got sr={sr!r}, hop_length={hop_length!r}"
            )
        t = time_constant * sr / float(hop_length)
        b = (math.sqrt(1 + 4 * t**2) - 1) / (2 * t**2)
    if not 0 < b <= 1:
        raise ValueError(f"b must lie in (0, 1]; got {b!r}")
    return float(b)


def _to_smooth(
    S: Array, ref: ArrayLike | None, max_size: int, axis: int, max_axis: int | None
) -> Array:
    if ref is not None:
        try:
            return np.broadcast_to(as_features(ref, "ref"), S.shape)
        except ValueError:
            raise ValueError(
                f"ref must broadcast to the shape of S, {S.shape}; got {np.shape(ref)}"
            ) from None
    if max_size == 1:
        return S
    if S.ndim == 1:
        raise ValueError("max_size > 1 needs bands to filter over; S has one axis")
    if max_axis is None:
        if S.ndim != 2:
            raise ValueError(f"max_axis must be given for an S of {S.ndim} axes")
        max_axis = (1 - axis) % 2
    if not -S.ndim <= max_axis < S.ndim:
        raise ValueError(f"max_axis={max_axis} is out of range for {S.ndim} axes")
    return _maximum_filter(S, max_size, max_axis)


def _maximum_filter(S: Array, size: int, axis: int) -> Array:
    """Maximum over ``[i - size // 2, i + size - size // 2 - 1]``, edges mirrored with the edge."""
    width = [(0, 0)] * S.ndim
    width[axis] = (size // 2, size - size // 2 - 1)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(S, width, mode="symmetric"), size, axis=axis
    )
    result: Array = windows.max(axis=-1)
    return result


def _state(zi: ArrayLike | None, shape: tuple[int, ...], axis: int, b: float) -> Array:
    """State of the filter for every row, contiguous."""
    one = list(shape)
    one[axis] = 1
    if zi is None:
        return np.full(math.prod(one), 1 - b)
    zi = np.asarray(zi, dtype=np.float64)
    fits = zi.ndim == len(one) and all(a in (1, b) for a, b in zip(zi.shape, one))
    if not fits or zi.shape[axis] != 1:
        raise ValueError(f"zi must have shape {tuple(one)}; got {zi.shape}")
    return np.moveaxis(np.broadcast_to(zi, one), axis, -1).ravel().copy()
