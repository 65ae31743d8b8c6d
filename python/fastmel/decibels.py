"""Decibels: librosa's conversions between power, amplitude and level."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from . import _core
from .arrays import Array, as_features, output_like
from .plan import Precision, check_precision

__all__ = ["amplitude_to_db", "db_to_amplitude", "db_to_power", "power_to_db"]

Axes: TypeAlias = int | tuple[int, ...] | None | Literal["auto"]

# Callables that the core evaluates itself: the maximum over the axes.
_MAXIMA: tuple[Callable[..., Any], ...] = (np.max, np.amax)


def _check(amin: Any, top_db: Any) -> None:
    if not isinstance(amin, (int, float, np.number)) or isinstance(amin, complex):
        raise TypeError(f"amin must be a number; got {amin!r}")
    if not amin > 0:
        raise ValueError(f"amin must be positive; got {amin!r}")
    if top_db is not None:
        if not isinstance(top_db, (int, float, np.number)):
            raise TypeError(f"top_db must be a number or None; got {top_db!r}")
        if not top_db >= 0:
            raise ValueError(f"top_db must be 0 or greater, or None; got {top_db!r}")


def fused_level(
    ref: Any, amin: float, top_db: float | None, axes: Axes
) -> tuple[tuple[str, Any], ...] | None:
    """Arguments of a level that the core computes on the way, or None if it cannot."""
    _check(amin, top_db)
    peak = any(ref is f for f in _MAXIMA)
    if not (peak or (isinstance(ref, (int, float, np.number)) and not isinstance(ref, complex))):
        return None
    if not (axes is None or (isinstance(axes, str) and axes == "auto")):
        return None
    return (
        ("log", "log10"),
        ("scale", 10.0),
        ("floor", float(amin)),
        ("reference", None if peak else abs(float(ref))),
        ("range", None if top_db is None else float(top_db)),
        ("scope", "batch" if axes is None else "item"),
    )


def _reduced_axes(axes: Any, ndim: int) -> tuple[int, ...]:
    """Axes of the maximum, sorted and not negative."""
    if isinstance(axes, str):
        if axes != "auto":
            raise TypeError(f'axes={axes!r}; accepted: "auto", None, an int or a tuple of ints')
        return tuple(range(max(0, ndim - 2), ndim))
    if axes is None:
        return tuple(range(ndim))
    wanted = axes if isinstance(axes, tuple) else (axes,)
    try:
        normal = sorted({range(ndim)[axis] for axis in wanted})
    except IndexError:
        raise ValueError(f"axes={axes!r} is out of range for {ndim} axes") from None
    except TypeError:
        raise TypeError(f'axes={axes!r}; accepted: "auto", None, an int, a tuple') from None
    return tuple(normal)


def _reference(ref: Any, S: Array, axes: tuple[int, ...], whole: bool) -> Array:
    """Return |ref|, broadcastable against `S`."""
    if callable(ref):
        try:
            value = ref(S, axis=axes, keepdims=True)
        except TypeError:
            if not whole:
                raise ValueError(
                    "ref must accept axis= and keepdims=, as np.max does; or pass axes=None"
                ) from None
            value = ref(S)
        return np.abs(np.asarray(value))
    value = np.asarray(ref)
    if value.dtype.kind not in "iufcb":
        raise TypeError(f"ref must be a number, an array of numbers or a callable; got {ref!r}")
    return np.abs(value)


def power_to_db(
    S: ArrayLike,
    *,
    ref: float | Callable[..., Any] | ArrayLike = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
    precision: Precision = "double",
) -> Any:
    """Convert a power spectrogram to decibels.

    ``10 * log10(max(S, amin)) - 10 * log10(max(ref, amin))``, floored at `top_db` below its maximum.

    Parameters
    ----------
    S : array_like
        Power, of any shape.
    ref : float, array or callable, default 1.0
        Level 0 dB: a number, an array that broadcasts, or a function of `S` such as ``np.max``,
        called with ``axis=`` and ``keepdims=True``. Its magnitude counts.
    amin : float, default 1e-10
        Smallest power told apart from silence; greater than 0.
    top_db : float or None, default 80.0
        Range of the result in dB; None does not limit it.
    axes : int, tuple, None or "auto", default "auto"
        Axes over which `ref` and the maximum are taken: the last two, so that every channel has its
        own, as in librosa 1.0. None takes them over everything, as in librosa 0.11.
    precision : {"double", "single"}, default "double"
        Precision of the computation. float64 is always computed in double.

    Returns
    -------
    ndarray or float
        Decibels, in the dtype and memory layout of `S`; a float64 scalar for a scalar.

    Raises
    ------
    ValueError
        For ``amin <= 0``, ``top_db < 0``, axes out of range, or an empty array with `top_db`.
    TypeError
        If `S` does not hold numbers.

    Warns
    -----
    UserWarning
        If `S` is complex; its magnitude is used.

    Notes
    -----
    Equals :func:`librosa.power_to_db`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fastmel.power_to_db(np.array([1.0, 0.01, 1e-12])).round(3)
    array([  0., -20., -80.])
    """
    _check(amin, top_db)
    check_precision(precision)
    S = np.asarray(S)
    if S.dtype.kind == "c":
        warnings.warn(
            "power_to_db got a complex array and uses its magnitude; pass np.abs(S)**2 instead",
            stacklevel=2,
        )
        S = np.abs(S)
    if S.ndim == 0:
        S = S.astype(np.float64)
    return _to_db(as_features(S), ref, float(amin), top_db, axes, precision)


def _logarithm(S: Array, amin: float) -> Array:
    """``10 * log10(max(S, amin))`` in the precision of `S`, by the core."""
    S, out = output_like(S)
    precision = "double" if S.dtype == np.float64 else "single"
    level = _core.Level(log="log10", scale=10.0, floor=amin, reference=1.0)
    level.apply(S, out, 1.0, 1.0, precision)
    return out


def _to_db(
    S: Array, ref: Any, amin: float, top_db: float | None, axes: Axes, precision: str
) -> Any:
    reduced = _reduced_axes(axes, S.ndim)
    reference = _reference(ref, S, reduced, len(reduced) == S.ndim)
    if top_db is not None and 0 in [S.shape[axis] for axis in reduced]:
        raise ValueError(f"S has shape {S.shape}, without a maximum for top_db to refer to")
    compute = np.float64 if precision == "double" or S.dtype == np.float64 else np.float32
    if reference.size == 1 and (top_db is None or len(reduced) == S.ndim):
        peak = float(np.max(S)) if top_db is not None else 1.0
        level = _core.Level(log="log10", scale=10.0, floor=amin, reference=1.0, range=top_db)
        S, out = output_like(S)
        level.apply(
            S, out, reference.item(), peak, "double" if compute is np.float64 else "single"
        )
        return out if out.ndim else np.float64(out[()])
    # The same operations in the same order, with a reference or a maximum for each item.
    db = _logarithm(S.astype(compute), amin) - _logarithm(reference.astype(compute), amin)
    if top_db is not None:
        np.maximum(db, db.max(axis=reduced, keepdims=True) - compute(top_db), out=db)
    return db.astype(S.dtype)


def amplitude_to_db(
    S: ArrayLike,
    *,
    ref: float | Callable[..., Any] | ArrayLike = 1.0,
    amin: float = 1e-5,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
    precision: Precision = "double",
) -> Any:
    """Convert an amplitude spectrogram to decibels.

    ``power_to_db(S**2, ref=ref**2, amin=amin**2)``; see there.

    Parameters
    ----------
    S : array_like
        Amplitudes, of any shape.
    ref : float, array or callable, default 1.0
        Amplitude of 0 dB; a callable sees the amplitudes.
    amin : float, default 1e-5
        Smallest amplitude told apart from silence; greater than 0.
    top_db, axes, precision
        As in :func:`power_to_db`.

    Returns
    -------
    ndarray or float
        Decibels, in the dtype and memory layout of `S`.

    Raises
    ------
    ValueError, TypeError
        As :func:`power_to_db`.

    Warns
    -----
    UserWarning
        If `S` is complex; its magnitude is used.

    Notes
    -----
    Equals :func:`librosa.amplitude_to_db`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fastmel.amplitude_to_db(np.array([1.0, 0.1, 1e-9])).round(3)
    array([  0., -20., -80.])
    """
    _check(amin, top_db)
    check_precision(precision)
    S = np.asarray(S)
    if S.dtype.kind == "c":
        warnings.warn(
            "amplitude_to_db got a complex array and uses its magnitude; pass np.abs(S) instead",
            stacklevel=2,
        )
        S = np.abs(S)
    if S.ndim == 0:
        S = S.astype(np.float64)
    S = as_features(S)
    reduced = _reduced_axes(axes, S.ndim)
    reference = _reference(ref, S, reduced, len(reduced) == S.ndim)
    return _to_db(np.square(S), np.square(reference), float(amin) ** 2, top_db, axes, precision)


def db_to_power(S_db: Any, *, ref: float | ArrayLike = 1.0) -> Any:
    """Convert decibels to power: ``ref * 10 ** (S_db / 10)``.

    Parameters
    ----------
    S_db : ndarray or float
        Decibels.
    ref : float or array, default 1.0
        Power of 0 dB.

    Returns
    -------
    ndarray or float
        Power, in the shape and dtype of `S_db`.

    Raises
    ------
    TypeError
        If `S_db` does not hold numbers.

    Notes
    -----
    Equals :func:`librosa.db_to_power`.

    Examples
    --------
    >>> import fastmel
    >>> float(fastmel.db_to_power(20.0))
    100.0
    """
    return _factor(ref) * np.power(10.0, 0.1 * _levels(S_db))


def db_to_amplitude(S_db: Any, *, ref: float | ArrayLike = 1.0) -> Any:
    """Convert decibels to amplitude: ``ref * 10 ** (S_db / 20)``.

    Parameters
    ----------
    S_db : ndarray or float
        Decibels.
    ref : float or array, default 1.0
        Amplitude of 0 dB.

    Returns
    -------
    ndarray or float
        Amplitudes, in the shape and dtype of `S_db`.

    Raises
    ------
    TypeError
        If `S_db` does not hold numbers.

    Notes
    -----
    Equals :func:`librosa.db_to_amplitude`.

    Examples
    --------
    >>> import fastmel
    >>> float(fastmel.db_to_amplitude(20.0))
    10.0
    """
    return np.sqrt(_factor(np.square(_factor(ref))) * np.power(10.0, 0.1 * _levels(S_db)))


def _levels(S_db: Any) -> Any:
    if not isinstance(S_db, (np.ndarray, np.generic, float, int)):
        S_db = np.asarray(S_db)
    if np.asarray(S_db).dtype.kind not in "iufcb":
        raise TypeError(f"S_db must hold numbers; got {S_db!r}")
    return S_db


def _factor(ref: Any) -> Any:
    if callable(ref) or np.asarray(ref).dtype.kind not in "iufcb":
        raise TypeError(f"ref must be a number or an array of numbers; got {ref!r}")
    return ref if isinstance(ref, (float, int)) or np.ndim(ref) else np.asarray(ref).item()
