"""Windows by name, in float64: Kaldi's, those that SciPy names, and the caller's own.

The core makes them (csrc/design/window.cpp): their bits are the same on every machine. SciPy makes
four that no front end uses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._base import extras
from .._base.cache import cached
from .._base.checks import brief, flag, integer, number
from .._base.numerics import defined

Window: TypeAlias = NDArray[np.float64]
WindowLike: TypeAlias = (
    str
    | float
    | tuple[Any, ...]
    | Sequence[float]
    | NDArray[np.floating[Any]]
    | Callable[[int], ArrayLike]
)
"""What the `window` arguments accept: see :func:`get_window`."""


# Windows that SciPy makes, by all of its names for them.
_SCIPY = {
    name: names[0]
    for names in (
        ("chebwin", "cheb"),
        ("dpss",),
        ("kaiser_bessel_derived", "kaiser bessel derived", "kbd"),
        ("taylor", "taylorwin"),
    )
    for name in names
}

_ACCEPTED = (
    "a window name, a tuple (name, parameter, ...), a number (the beta of a Kaiser window), "
    "an array of win_length values or a function of win_length"
)


@defined
def get_window(window: WindowLike, win_length: int, *, fftbins: bool = True) -> Window:
    """Return a window by name, by parameters, from an array or from a function.

    Parameters
    ----------
    window : str, tuple, float, callable or array_like
        - a name that :func:`scipy.signal.get_window` knows, such as ``"hann"``, or one of Kaldi's,
          ``"povey"`` (the Hann window to the power 0.85) and ``"sine"``; a trailing ``_periodic``
          or ``_symmetric`` overrides `fftbins`;
        - a tuple of a name and the parameters of that window, such as ``("tukey", 0.25)``, or
          ``("blackman", c)``: ``c - 0.5 cos(x) + (0.5 - c) cos(2 x)``, Kaldi's generalised one;
        - a number: the Kaiser window of that beta;
        - a list or array (a tensor, say) of exactly `win_length` real values, taken as they are;
        - a function that is called with `win_length` and returns such values.
    win_length : int
        Number of points, at least 1.
    fftbins : bool, default True
        True for a periodic window, which suits spectral analysis; False for a symmetric one.
        An array or a function's values are not affected; nor are ``"povey"`` and ``"sine"``, which
        are symmetric by definition.

    Returns
    -------
    ndarray of float64, shape (win_length,)
        The window; always a fresh array.

    Raises
    ------
    ValueError
        For an unknown name, a wrong number of parameters, parameters out of range, values that are
        not finite, or a length other than `win_length`.
    TypeError
        For a `window` of another type, complex values, or a `win_length` that is no integer.
    ModuleNotFoundError
        For a window that SciPy makes, if it is not installed.

    Notes
    -----
    Formulas and names are those of :mod:`scipy.signal.windows`, but the bits do not depend on the
    machine. The results agree with SciPy's within 1e-15 (of a peak of 1), but for ``kaiser``
    (``1e-15 + 2.5e-16 beta``) and ``tukey`` with a small parameter (``1e-15 / parameter``). Where
    they differ by more than 1e-15 they are closer to the exact value than SciPy's; those of Kaiser
    are as close.

    ``chebwin``, ``dpss``, ``kaiser_bessel_derived`` and ``taylor`` are SciPy's own, and need it.

    Examples
    --------
    >>> from fastmel import get_window
    >>> get_window("hann", 4).round(3)
    array([0. , 0.5, 1. , 0.5])
    >>> get_window(("tukey", 0.5), 5, fftbins=False).round(3)
    array([0., 1., 1., 1., 0.])
    """
    length = integer("win_length", win_length)
    periodic = flag("fftbins", fftbins)
    if callable(window):
        return _checked(window(length), length, "window is a function that returned")
    if isinstance(window, list) or (hasattr(window, "__array__") and np.ndim(window) > 0):
        return _checked(window, length, "window is an array of")
    if isinstance(window, (str, tuple)):
        spec: tuple[Any, ...] = (window,) if isinstance(window, str) else window
        if not spec or not isinstance(spec[0], str):
            given = brief(window)
            raise ValueError(f"window={given}: the first entry of a tuple is the window's name")
        return _named(length, periodic, *spec)
    if isinstance(window, (int, float, np.integer, np.floating)) and not isinstance(window, bool):
        return _named(length, periodic, "kaiser", number("window", window, finite=False))
    raise TypeError(f"window={brief(window)} is not understood; accepted: {_ACCEPTED}")


def _checked(values: ArrayLike, length: int, found: str) -> Window:
    array = np.asarray(values)
    if array.dtype.kind not in "fiu":
        raise TypeError(f"{found} dtype {array.dtype}: real numbers are needed")
    if array.shape != (length,):
        raise ValueError(f"{found} shape {array.shape}: win_length={length} needs ({length},)")
    if not np.isfinite(array).all():
        raise ValueError(f"{found} values that are not finite")
    return array.astype(np.float64)


def _named(length: int, periodic: bool, *spec: Any) -> Window:
    # A taper as long as a signal is of one signal, and not worth its memory.
    if length > 2**14:
        return _made(length, periodic, *spec)
    own: Window = _kept(length, periodic, *spec).copy()
    return own


def _made(length: int, periodic: bool, *spec: Any) -> Window:
    given = brief(spec[0] if len(spec) == 1 else spec)
    name, _, suffix = spec[0].rpartition("_")
    if suffix not in ("symmetric", "periodic"):
        name, suffix = spec[0], ""
    if name in _SCIPY:
        periodic = suffix == "periodic" if suffix else periodic
        return _of_scipy(given, name, spec[1:], length, periodic)
    return _core.window(spec[0], _parameters(given, name, spec[1:]), length, periodic)


_kept = cached(maxsize=64)(_made)


def _parameters(given: str, name: str, parameters: tuple[Any, ...]) -> list[float | None]:
    """Return parameters as numbers; None stands for a default."""
    try:
        if name in ("general_cosine", "general cosine"):
            if len(parameters) != 1 or np.ndim(parameters[0]) != 1 or np.size(parameters[0]) == 0:
                raise ValueError("one is needed, a sequence of at least one coefficient")
            parameters = tuple(parameters[0])
        return [p if p is None else number("parameter", p, finite=False) for p in parameters]
    except (TypeError, ValueError) as error:
        raise _cannot(given, error) from None


def _cannot(given: str, error: Exception) -> Exception:
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"window={given} cannot be made with these parameters: {error}")


def _of_scipy(
    given: str, name: str, parameters: tuple[Any, ...], length: int, periodic: bool
) -> Window:
    if _SCIPY[name] == "kaiser_bessel_derived" and periodic:
        raise ValueError(f"window={given} exists as a symmetric window only: use fftbins=False")
    windows = extras.require("scipy.signal.windows", what=f"window={given}")
    try:
        w = getattr(windows, _SCIPY[name])(length, *parameters, sym=not periodic)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise _cannot(given, error) from error
    return _checked(w, length, f"window={given} gives")
