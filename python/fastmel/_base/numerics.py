"""Functions whose bits are the same on every machine, for windows, filters and other tables.

NumPy's exp, log, cos and powers come from the C library or from SIMD code, and both have variants
for different CPUs. Those here consist of additions, multiplications and divisions, which IEEE 754
defines, on sums of two doubles: they are rounded correctly, unless the exact result lies within a
2^-95th of the middle between two doubles.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core

__all__ = ["bessel_i0", "cos_sin", "defined", "exp", "exp10", "expm1", "log", "log10", "power"]

P = ParamSpec("P")
R = TypeVar("R")
Doubles = NDArray[np.float64]


def defined(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function's results independent of rounding mode and flushing of subnormals.

    They are properties of a thread that other libraries change (`torch.set_flush_denormal`, code
    compiled with -ffast-math), and what is made once is often kept.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        result: R = _core.in_float_environment(function, *args, **kwargs)
        return result

    return called


def cos_sin(x: ArrayLike, n: float) -> tuple[Doubles, Doubles]:
    """Return ``cos(2 pi x / n)`` and ``sin(2 pi x / n)``."""
    x = np.asarray(x, np.float64)
    cos, sin = np.empty(x.size), np.empty(x.size)
    _core.circle(x.reshape(-1), float(n), cos, sin)
    return cos.reshape(x.shape), sin.reshape(x.shape)


def exp(x: ArrayLike) -> Doubles:
    """Return ``e**x``."""
    return _elementwise("exp", x)


def exp10(x: ArrayLike) -> Doubles:
    """Return ``10**x``."""
    return _elementwise("exp10", x)


def expm1(x: ArrayLike) -> Doubles:
    """Return ``e**x - 1`` without losing a small x."""
    return _elementwise("expm1", x)


def log(x: ArrayLike) -> Doubles:
    """Return the natural logarithm."""
    return _elementwise("log", x)


def log10(x: ArrayLike) -> Doubles:
    """Return the decimal logarithm."""
    return _elementwise("log10", x)


def power(x: ArrayLike, exponent: float) -> Doubles:
    """Return ``x**exponent`` for values that are not negative."""
    return _elementwise("power", x, exponent)


def bessel_i0(x: ArrayLike) -> Doubles:
    """Return the modified Bessel function of order 0."""
    return _elementwise("bessel_i0", x)


def _elementwise(name: str, x: ArrayLike, exponent: float = 0.0) -> Doubles:
    if np.iscomplexobj(x):
        raise TypeError("real numbers are needed")
    given = np.array(x, np.float64)
    out = np.empty_like(given)
    _core.exact(name, given, out, exponent)
    return out
