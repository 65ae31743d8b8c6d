"""Decibels: librosa's conversions between power, amplitude and level."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._base.arrays import (
    Array,
    NarrowFeatures,
    WideFeatures,
    as_features,
    is_wide,
    output_like,
)
from .._base.cache import cached
from .._base.checks import Precision, axis_index, brief, compute_precision, number, warn
from .signatures import Axes, Reference

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    from .signatures import Decibels

    Float = TypeVar("Float", bound=np.floating[Any])

# Callables that the core evaluates itself: the maximum over the axes.
_MAXIMA = (np.max, np.amax)


def fused_level(ref: object, amin: object, top_db: object, axes: object) -> _core.Level | None:
    """Return the level that the core computes on the way, or None if it cannot."""
    peak = _is_maximum(ref)
    if callable(ref) and not peak:
        _fused_level(None, True, amin, top_db, axes)  # which checks the limits
        return None
    return _fused_level(None if peak else ref, peak, amin, top_db, axes)


@cached(maxsize=64)
def _fused_level(
    ref: object, peak: bool, amin: object, top_db: object, axes: object
) -> _core.Level | None:
    amin, top_db = _limits(amin, top_db)
    if not (axes is None or (isinstance(axes, str) and axes == "auto")):
        return None
    if not peak and not isinstance(ref, (int, float, np.floating, np.integer)):
        return None
    return _core.Level(
        log="log10",
        scale=10.0,
        floor=amin,
        reference=None if peak else float(np.maximum(amin, _given(ref))),
        range=top_db,
        scope="batch" if axes is None else "item",
    )


def check_level(ref: object, amin: object, top_db: object, axes: object) -> None:
    """Refuse what no array has a level with."""
    _limits(amin, top_db)
    _reduced_axes(axes, ndim=64)  # the most that NumPy has
    if not callable(ref):
        _given(ref)


def _limits(amin: object, top_db: object) -> tuple[float, float | None]:
    return (
        number("amin", amin, above=0),
        None if top_db is None else number("top_db", top_db, least=0, finite=False),
    )


def _reduced_axes(axes: object, ndim: int) -> tuple[int, ...]:
    """Axes of the maximum, ascending from the first."""
    if axes is None:
        return tuple(range(ndim))
    if isinstance(axes, str):
        if axes != "auto":
            raise TypeError(
                f'axes={brief(axes)} is unknown; accepted: "auto", None, an int, a tuple'
            )
        return tuple(range(max(0, ndim - 2), ndim))
    wanted = axes if isinstance(axes, tuple) else (axes,)
    reduced = sorted(axis_index("axes", axis, ndim) for axis in wanted)
    if len(set(reduced)) < len(reduced):
        raise ValueError(f"axes={brief(axes)} names an axis twice")
    return tuple(reduced)


def _reference(ref: object, S: Array, axes: object, reduced: tuple[int, ...]) -> Array | float:
    """Return the level of 0 dB, a number or of a shape that broadcasts to that of `S`."""
    if type(ref) is float:
        return abs(ref)
    if _is_maximum(ref):
        return np.asarray(np.maximum.reduce(S, axis=reduced, keepdims=True))
    value = _returned(ref, S, axes, reduced) if callable(ref) else _given(ref)
    if value.size != 1:
        try:
            np.broadcast_to(value, S.shape)
        except ValueError:
            raise ValueError(
                f"ref must broadcast to the shape of S, {S.shape}; got {value.shape}"
            ) from None
    shape = (1,) * (S.ndim - value.ndim) + value.shape
    return value.reshape(shape[len(shape) - S.ndim :])


def _is_maximum(ref: object) -> bool:
    return callable(ref) and ref in _MAXIMA


def _given(ref: object) -> Array:
    """Return the magnitude of a reference that is no callable."""
    value = np.asarray(ref)
    if value.dtype.kind not in "iufcb":
        raise TypeError(
            f"ref must be a number, an array of numbers or a callable; got {brief(ref)}"
        )
    return np.asarray(np.abs(value))


def _returned(ref: Callable[..., Any], S: Array, axes: object, reduced: tuple[int, ...]) -> Array:
    """Return what a callable says of `S`, asked as librosa 1.0 does, or else as 0.11 does.

    As there, its sign counts: below `amin` it is as good as `amin`.
    """
    axis = ((-2, -1)[-S.ndim :] if S.ndim else None) if isinstance(axes, str) else axes
    try:
        value = np.asarray(ref(S, axis=axis, keepdims=True))
    except TypeError as error:
        if len(reduced) < S.ndim:
            raise ValueError(
                "ref must accept axis= and keepdims=, as np.max does; or pass axes=None"
            ) from error
        value = np.asarray(ref(S))
    if value.dtype.kind not in "iufb":
        raise TypeError(f"ref must return real numbers; it returned {value.dtype}")
    return value


@overload
def power_to_db(S: float, **how: Unpack[Decibels]) -> np.float64: ...
@overload
def power_to_db(S: NarrowFeatures, **how: Unpack[Decibels]) -> NDArray[np.float32]: ...
@overload
def power_to_db(S: WideFeatures, **how: Unpack[Decibels]) -> NDArray[np.float64]: ...
@overload
def power_to_db(
    S: ArrayLike, **how: Unpack[Decibels]
) -> NDArray[np.floating[Any]] | np.float64: ...
def power_to_db(
    S: ArrayLike,
    *,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
    precision: Precision = "double",
) -> Any:
    """Convert a power spectrogram to decibels.

    ``10 * log10(max(S, amin)) - 10 * log10(max(ref, amin))``, at most `top_db` below its maximum.

    Parameters
    ----------
    S : array_like
        Power, of any shape.
    ref : float, array or callable, default 1.0
        Level 0 dB: a number or an array that broadcasts, of which the magnitude counts; or a
        function such as ``np.max``, called as ``ref(S, axis=axes, keepdims=True)``, or as
        ``ref(S)`` if it takes no axes and `S` has one reference. It sees floating-point numbers.
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
    S = _magnitudes(S, "power_to_db", "np.abs(S) ** 2")
    how = _settings(amin, top_db, axes, precision, S.ndim, is_wide(S))
    if not S.size:
        _check_maximum(S, how)
    reference = None if S.size and _is_maximum(ref) else _reference(ref, S, axes, how.axes)
    return _to_db(S, reference, how)


def _magnitudes(S: ArrayLike, function: str, better: str) -> Array:
    """Return what levels are taken of, as float32 or float64."""
    magnitudes = np.asarray(S)
    if magnitudes.dtype.kind == "c":
        warn(f"{function} got a complex array and uses its magnitude; pass {better} instead")
        magnitudes = np.abs(magnitudes)
    if magnitudes.ndim == 0 and magnitudes.dtype.kind in "iufb":
        magnitudes = np.asarray(magnitudes, dtype=np.float64)
    return as_features(magnitudes)


class _Settings(NamedTuple):
    """What arguments of a conversion mean for arrays of one number of axes."""

    amin: float
    top_db: float | None
    axes: tuple[int, ...]
    precision: Precision
    level: _core.Level


@cached(maxsize=64)
def _settings(
    amin: object,
    top_db: object,
    axes: object,
    precision: object,
    ndim: int,
    wide: bool,
    squared: bool = False,
) -> _Settings:
    """Check arguments; `squared` tells that `amin` is an amplitude."""
    reduced = _reduced_axes(axes, ndim)
    least, most = _limits(amin, top_db)
    if squared:
        if least > 1e154:
            raise ValueError(f"amin={least} must be at most 1e154: it is squared")
        least = least**2
    level = _core.Level(log="log10", scale=10.0, floor=least, range=most)
    return _Settings(least, most, reduced, compute_precision(precision, wide), level)


def _check_maximum(S: Array, how: _Settings) -> None:
    if how.top_db is not None and 0 in [S.shape[axis] for axis in how.axes]:
        raise ValueError(f"S has shape {S.shape}, without a maximum for top_db to refer to")


def _to_db(S: Array, reference: Array | float | None, how: _Settings) -> Any:
    """Levels of power relative to a reference: a number, or with the axes of `S`, in full or 1.

    None is the maximum.
    """
    axes, level, precision = how.axes, how.level, how.precision
    each: Array | None = None
    number: float | None = None
    if isinstance(reference, np.ndarray) and reference.size != 1:
        if any(reference.shape[axis] != 1 for axis in axes):
            return _elementwise(S, reference, how)
        each = reference
    elif reference is not None:
        number = reference if type(reference) is float else np.asarray(reference).item()
        if how.top_db is None:
            axes = tuple(range(S.ndim))
    peak = 1.0 if how.top_db is None else None  # which the core finds
    S, out = output_like(S)
    if len(axes) == S.ndim:
        level.apply(S, out, number, peak, precision)
        return out if out.ndim else np.float64(out[()])
    kept = [axis for axis in range(S.ndim) if axis not in axes]
    shape = [S.shape[axis] for axis in kept]
    if each is not None:
        each = np.broadcast_to(np.squeeze(each, axis=axes), shape)
    from_items, to_items = (np.moveaxis(x, kept, range(len(kept))) for x in (S, out))
    for i in np.ndindex(*shape):
        whole = (*i, ...)  # a view, even of a single value
        item, levels = output_like(from_items[whole])
        of = number if each is None else each[i].item()
        level.apply(item, levels, of, peak, precision)
        to_items[whole] = levels
    return out


def _elementwise(S: Array, reference: Array, how: _Settings) -> Array:
    """Levels relative to a reference that changes within what a maximum is taken of."""
    amin, top_db, axes, precision, _ = how
    compute = np.float64 if precision == "double" else np.float32
    level = _core.Level(log="log10", scale=10.0, floor=amin)
    power, db = output_like(S.astype(compute))
    level.apply(power, db, 1.0, 1.0, precision)
    unit, zero_db = output_like(reference.astype(compute))
    level.apply(unit, zero_db, 1.0, 1.0, precision)
    db -= zero_db
    if top_db is not None:
        np.maximum(db, db.max(axis=axes, keepdims=True) - compute(top_db), out=db)
    return db.astype(S.dtype, copy=False)


@overload
def amplitude_to_db(S: float, **how: Unpack[Decibels]) -> np.float64: ...
@overload
def amplitude_to_db(S: NarrowFeatures, **how: Unpack[Decibels]) -> NDArray[np.float32]: ...
@overload
def amplitude_to_db(S: WideFeatures, **how: Unpack[Decibels]) -> NDArray[np.float64]: ...
@overload
def amplitude_to_db(
    S: ArrayLike, **how: Unpack[Decibels]
) -> NDArray[np.floating[Any]] | np.float64: ...
def amplitude_to_db(
    S: ArrayLike,
    *,
    ref: Reference = 1.0,
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
        Amplitude of 0 dB: a number or an array that broadcasts, of which the magnitude counts; or a
        function of the magnitudes such as ``np.max``, called as
        ``ref(S, axis=axes, keepdims=True)``, or as ``ref(S)`` if it takes no axes and `S` has one
        reference.
    amin : float, default 1e-5
        Smallest amplitude told apart from silence; greater than 0.
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
    S = _magnitudes(S, "amplitude_to_db", "np.abs(S)")
    how = _settings(amin, top_db, axes, precision, S.ndim, is_wide(S), True)
    if not S.size:
        _check_maximum(S, how)
    reference = None
    if not (S.size and _is_maximum(ref)):
        seen = np.abs(S) if callable(ref) else S
        reference = np.square(_reference(ref, seen, axes, how.axes))
    return _to_db(np.asarray(np.square(S)), reference, how)


@overload
def db_to_power(S_db: float, *, ref: float = ...) -> np.float64: ...
@overload
def db_to_power(S_db: NDArray[Float], *, ref: float = ...) -> NDArray[Float]: ...
@overload
def db_to_power(
    S_db: ArrayLike, *, ref: ArrayLike = ...
) -> NDArray[np.floating[Any]] | np.float64: ...
def db_to_power(S_db: ArrayLike, *, ref: ArrayLike = 1.0) -> Any:
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
    levels = _decibels(S_db)
    return _factor(ref, levels) * np.power(10.0, 0.1 * levels)


@overload
def db_to_amplitude(S_db: float, *, ref: float = ...) -> np.float64: ...
@overload
def db_to_amplitude(S_db: NDArray[Float], *, ref: float = ...) -> NDArray[Float]: ...
@overload
def db_to_amplitude(
    S_db: ArrayLike, *, ref: ArrayLike = ...
) -> NDArray[np.floating[Any]] | np.float64: ...
def db_to_amplitude(S_db: ArrayLike, *, ref: ArrayLike = 1.0) -> Any:
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
    levels = _decibels(S_db)
    factor = _factor(ref, levels)
    try:
        power = factor**2
    except OverflowError:  # of a Python number; an array's is infinite
        power = math.inf
    return np.sqrt(power * np.power(10.0, 0.1 * levels))


def _decibels(S_db: ArrayLike) -> Any:
    """Return numbers; a scalar stays one, so that it takes the type of what it meets."""
    values = np.asarray(S_db)
    if values.dtype.kind not in "iufcb":
        raise TypeError(f"S_db must hold numbers; got {type(S_db).__name__} of {values.dtype}")
    return values if values.ndim else values[()]


def _factor(ref: Any, S_db: ArrayLike) -> Any:
    """Return a number as Python's, which leaves the type of the levels alone, or an array."""
    if callable(ref) or np.asarray(ref).dtype.kind not in "iufcb":
        raise TypeError(f"ref must be a number or an array of numbers; got {brief(ref)}")
    if not np.ndim(ref):
        return np.asarray(ref).item()
    try:
        np.broadcast_shapes(np.shape(ref), np.shape(S_db))
    except ValueError:
        raise ValueError(
            f"ref must broadcast to the shape of S_db, {np.shape(S_db)}; got {np.shape(ref)}"
        ) from None
    return np.asarray(ref)
