"""Window functions: every window that SciPy names, Kaldi's, and the caller's own, in float64.

Each formula below evaluates the *symmetric* window of `M >= 2` points; the periodic window, which
spectral analysis wants, is the symmetric one of `M + 1` points without its last. The formulas are
those of :mod:`scipy.signal.windows`, the cosines, exponentials and powers those of
``_base.numerics``: the bits of a window are the same on every machine, and SciPy's, whose bits
depend on the CPU, differ from them in the last places (:func:`get_window` says by how much).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._base.checks import brief, flag, integer, number, warn
from .._base.numerics import bessel_i0, cos_sin, defined, exp, exp10, expm1, log, power

__all__ = ["WindowLike", "get_window"]

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


# --- formulas: (M, *parameters) -> symmetric window of M >= 2 points ------------------------------


def _cosine_sum(M: int, coefficients: ArrayLike) -> Window:
    a = np.asarray(coefficients, dtype=np.float64)
    if a.ndim != 1 or a.size == 0:
        raise ValueError("the coefficients must be a sequence of at least one number")
    w = np.zeros(M)
    for k in range(a.size):
        w += a[k] * cos_sin(k * _from_middle(M), 2 * (M - 1))[0]
    return w


def _from_middle(M: int) -> NDArray[np.int64]:
    """Return distances to the middle, in halves of a step: ``1 - M, 3 - M, ... M - 1``."""
    return np.arange(1 - M, M, 2)


def _general_hamming(M: int, alpha: float) -> Window:
    return _cosine_sum(M, (alpha, 1.0 - alpha))


def _blackman(M: int, middle: float | None = None) -> Window:
    a = (0.42, 0.5, 0.08) if middle is None else (middle, 0.5, 0.5 - middle)
    return _cosine_sum(M, a)


def _povey(M: int) -> Window:
    return power(_general_hamming(M, 0.5), 0.85)


def _sine(M: int) -> Window:
    return cos_sin(np.arange(M), 2 * (M - 1))[1]


def _boxcar(M: int) -> Window:
    return np.ones(M)


def _triang(M: int) -> Window:
    n = np.arange(1, (M + 1) // 2 + 1, dtype=np.float64)
    if M % 2:
        rise = 2 * n / (M + 1.0)
        return np.concatenate([rise, rise[-2::-1]])
    rise = (2 * n - 1.0) / M
    return np.concatenate([rise, rise[::-1]])


def _bartlett(M: int) -> Window:
    n = np.arange(M, dtype=np.float64)
    return np.where(n <= (M - 1) / 2.0, 2.0 * n / (M - 1), 2.0 - 2.0 * n / (M - 1))


def _barthann(M: int) -> Window:
    offset = abs(np.arange(M, dtype=np.float64) / (M - 1.0) - 0.5)
    return 0.62 - 0.48 * offset + 0.38 * cos_sin(_from_middle(M), 2 * (M - 1))[0]


def _parzen(M: int) -> Window:
    n = abs(np.arange(-(M - 1) / 2.0, (M - 1) / 2.0 + 0.5, 1.0))
    x = n / (M / 2.0)
    return np.where(n <= (M - 1) / 4.0, 1 - 6 * x * x * (1 - x), 2 * (1 - x) * (1 - x) * (1 - x))


def _bohman(M: int) -> Window:
    n = abs(_from_middle(M)[1:-1])
    cos, sin = cos_sin(n, 2 * (M - 1))
    w = np.zeros(M)
    w[1:-1] = (1 - n / (M - 1)) * cos + 1.0 / np.pi * sin
    return w


def _cosine(M: int) -> Window:
    return cos_sin(2 * np.arange(M) + 1, 4 * M)[1]


def _lanczos(M: int) -> Window:
    n = _from_middle(M)[(M + 1) // 2 :]
    right = cos_sin(n, 2 * (M - 1))[1] / (np.pi * (n / (M - 1)))
    return np.concatenate([right[::-1], np.ones(M % 2), right])


def _tukey(M: int, alpha: float = 0.5) -> Window:
    if alpha <= 0:
        return np.ones(M)
    if alpha >= 1.0:
        return _general_hamming(M, 0.5)
    width = math.floor(alpha * (M - 1) / 2.0)
    rise = 0.5 * (1 - cos_sin(np.arange(width + 1), alpha * (M - 1))[0])
    w = np.ones(M)
    w[: width + 1] = rise
    w[M - width - 1 :] = rise[::-1]
    return w


def _exponential(M: int, center: float | None = None, tau: float = 1.0) -> Window:
    if center is None:
        center = (M - 1) / 2
    return exp(-abs(np.arange(M, dtype=np.float64) - center) / tau)


def _gaussian(M: int, std: float) -> Window:
    n = np.arange(M, dtype=np.float64) - (M - 1.0) / 2.0
    return exp(-(n * n) / (2 * std * std))


def _general_gaussian(M: int, p: float, sig: float) -> Window:
    n = np.arange(M, dtype=np.float64) - (M - 1.0) / 2.0
    return exp(-0.5 * power(abs(n / sig), 2 * p))


def _kaiser(M: int, beta: float) -> Window:
    x = _from_middle(M)[: (M + 1) // 2] / (M - 1)
    rise = bessel_i0(beta * np.sqrt((1 - x) * (1 + x))) / bessel_i0(beta)
    return np.concatenate([rise, rise[M // 2 - 1 :: -1]])


def _kaiser_bessel_derived(M: int, beta: float) -> Window:
    if M % 2:
        raise ValueError(f"this window exists for an even number of points only, not {M}")
    area = np.cumsum(_kaiser(M // 2 + 1, beta))
    rise = np.sqrt(area[:-1] / area[-1])
    return np.concatenate([rise, rise[::-1]])


def _taylor(M: int, nbar: int = 4, sll: float = 30, norm: bool = True) -> Window:
    if operator.index(nbar) < 1:
        raise ValueError(f"nbar must be at least 1, not {nbar}")
    a = _arccosh(exp10(sll / 20)) / np.pi
    s2 = nbar**2 / (a**2 + (nbar - 0.5) ** 2)
    m = np.arange(1, nbar, dtype=np.float64)
    m2 = m * m
    f = np.empty(nbar - 1)
    for i in range(nbar - 1):
        top = (-1) ** i * math.prod(1 - m2[i] / s2 / (a**2 + (m - 0.5) ** 2))
        f[i] = top / (2 * math.prod(1 - m2[i] / m2[:i]) * math.prod(1 - m2[i] / m2[i + 1 :]))
    n = _from_middle(M)
    w = np.ones(M)
    for k in range(1, nbar):
        w += 2 * f[k - 1] * cos_sin(k * n, 2 * M)[0]
    if norm:
        w *= 1.0 / (1 + 2 * math.fsum(f))
    return w


def _chebwin(M: int, at: float) -> Window:
    if abs(at) < 45:
        warn(
            f"window=('chebwin', {at!r}): below about 45 dB of attenuation the noise bandwidth "
            "no longer grows with it, so this window suits no spectral analysis"
        )
    eta = _arccosh(exp10(abs(at) / 20)) / (M - 1)
    above_one = expm1(eta) ** 2 / (2 * exp(eta))  # cosh(eta) - 1
    # The polynomial of cosh(eta) cos(pi i / M), by its distance to 1; it mirrors with its sign.
    n = np.arange(M // 2 + 1)
    below = 2 * np.square(cos_sin(n, 4 * M)[1]) - above_one * cos_sin(n, 2 * M)[0]
    half = _chebyshev(M - 1, below)
    p = np.concatenate([half, (1 if M % 2 else -1) * half[(M - 1) // 2 : 0 : -1]])
    # The real part of a transform of 2 M points: its even bins, or, half a bin off, its odd ones.
    bins = _transform(np.concatenate([p, np.zeros(M)])).real
    if M % 2:
        right = bins[: M + 1 : 2]
        w: Window = np.concatenate([right[:0:-1], right])
    else:
        right = bins[1 : M + 1 : 2]
        w = np.concatenate([right[::-1], right])
    w /= w.max()
    return w


def _arccosh(x: Window) -> Window:
    return log(x + np.sqrt((x - 1) * (x + 1)))


def _chebyshev(order: int, below: Window) -> Window:
    """Return the Chebyshev polynomial of ``x = 1 - below``.

    It is the part without j of ``(x + sqrt(|1 - x**2|) j)**order``, j being i on the circle
    (``|x| <= 1``), and on the hyperbola beyond it the number whose square is 1.
    """
    x, y = 1 - below, np.sqrt(abs(below * (2 - below)))
    j2 = np.where(below < 0, 1.0, -1.0)
    a, b = np.ones_like(x), np.zeros_like(x)
    for bit in f"{order:b}":
        a, b = a * a + j2 * (b * b), 2 * a * b
        if bit == "1":
            a, b = a * x + j2 * (b * y), a * y + b * x
    return a


def _transform(x: Window) -> NDArray[np.complex128]:
    """Return the discrete Fourier transform of real values."""
    out = np.empty((x.size // 2 + 1, 1), np.complex128)
    plan = _core.Plan(
        n_fft=x.size,
        hop_length=1,
        offset=0,
        pad_mode="constant",
        window=np.ones(x.size),
        precision="double",
        power=None,
    )
    plan.run(x, out)
    return out[:, 0]


def _dpss(M: int, nw: float) -> Window:
    """Slepian's sequence of order 0, an eigenvector of his tridiagonal matrix (1978).

    With ``x = (M - 1) / 2 - i`` the matrix's rows say ``e[i] (v[i + 1] - v[i]) - e[i - 1] (v[i] -
    v[i - 1]) = (s x**2 - theta) v[i]``, where ``s = 1 - cos(2 pi NW / M)`` and theta is what is
    left of the eigenvalue below ``(M**2 - 1) / 4``. In this form nothing large cancels. The even
    positive solution belongs to the smallest theta: shoot from the edge to the middle for it.
    """
    if not 0 < nw < M / 2:
        raise ValueError(f"NW must lie between 0 and half the number of points, not {nw}")
    s = 2 * float(cos_sin(nw, 2 * M)[1]) ** 2
    half = (M + 1) // 2
    potential = [s * ((M - 1) / 2 - i) ** 2 for i in range(half)]
    off = [(i + 1) * (M - 1 - i) / 2 for i in range(half - 1)]

    def shoot(theta: float) -> tuple[list[float], float]:
        """Return all ``v[i + 1] / v[i]`` up to the middle and the slope's excess there."""
        growth: list[float] = []
        slope = 0.0
        for p, e in zip(potential[:-1], off, strict=True):
            slope += p - theta
            step = 1 + slope / e
            if step <= 0:
                return growth, -1.0
            growth.append(step)
            slope /= step
        return growth, (1 + M % 2) * slope + potential[-1] - theta

    low, high = 0.0, s * (M**2 - 1) / 12  # above: the Rayleigh quotient of a constant
    while low < (middle := (low + high) / 2) < high:
        if shoot(middle)[1] > 0:
            low = middle
        else:
            high = middle
    falling = 1 / np.cumprod([1.0, *reversed(shoot(low)[0])])
    w = np.concatenate([falling[::-1], falling[M % 2 :]])
    if M % 2 == 0:  # the peak lies between two points: SciPy's approximate correction
        w *= M**2 / float(M**2 + nw)
    return w


class _Row(NamedTuple):
    """A formula with the number of parameters it needs and the number it can take.

    `symmetric` ones are so unless a suffix of their name asks for the periodic window.
    """

    formula: Callable[..., Window]
    needs: int = 0
    takes: int = 0
    symmetric: bool = False


def _terms(*coefficients: float) -> _Row:
    return _Row(partial(_cosine_sum, coefficients=coefficients))


# Cosine sums: Harris (1978), Nuttall (1981); the flat top: D'Antona and Ferrero (2006). "povey" and
# "sine", and the parameter of "blackman", are those of Kaldi's feature-window.cc.
_TABLE: dict[tuple[str, ...], _Row] = {
    ("barthann", "brthan", "bth"): _Row(_barthann),
    ("bartlett", "bart", "brt"): _Row(_bartlett),
    ("blackman", "black", "blk"): _Row(_blackman, 0, 1),
    ("blackmanharris", "blackharr", "bkh"): _terms(0.35875, 0.48829, 0.14128, 0.01168),
    ("bohman", "bman", "bmn"): _Row(_bohman),
    ("boxcar", "box", "ones", "rect", "rectangular"): _Row(_boxcar),
    ("chebwin", "cheb"): _Row(_chebwin, 1, 1),
    ("cosine", "halfcosine"): _Row(_cosine),
    ("dpss",): _Row(_dpss, 1, 1),
    ("exponential", "poisson"): _Row(_exponential, 0, 2),
    ("flattop", "flat", "flt"): _terms(
        0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368
    ),
    ("gaussian", "gauss", "gss"): _Row(_gaussian, 1, 1),
    ("general_cosine", "general cosine"): _Row(_cosine_sum, 1, 1),
    ("general_gaussian", "general gaussian", "general_gauss", "general gauss", "ggs"): _Row(
        _general_gaussian, 2, 2
    ),
    ("general_hamming", "general hamming"): _Row(_general_hamming, 1, 1),
    ("hamming", "hamm", "ham"): _terms(0.54, 1.0 - 0.54),
    ("hann", "han"): _terms(0.5, 0.5),
    ("kaiser", "ksr"): _Row(_kaiser, 1, 1),
    ("kaiser_bessel_derived", "kaiser bessel derived", "kbd"): _Row(_kaiser_bessel_derived, 1, 1),
    ("lanczos", "sinc"): _Row(_lanczos),
    ("nuttall", "nutl", "nut"): _terms(0.3635819, 0.4891775, 0.1365995, 0.0106411),
    ("parzen", "parz", "par"): _Row(_parzen),
    ("povey",): _Row(_povey, symmetric=True),
    ("sine",): _Row(_sine, symmetric=True),
    ("taylor", "taylorwin"): _Row(_taylor, 0, 3),
    ("triang", "triangle", "tri"): _Row(_triang),
    ("tukey", "tuk"): _Row(_tukey, 0, 1),
}
_ROWS = {name: row for names, row in _TABLE.items() for name in names}

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

    Notes
    -----
    Formulas and names are those of :mod:`scipy.signal.windows`, but the bits do not depend on the
    machine. The results agree with SciPy's within 1e-15 (of a peak of 1), but for ``kaiser``
    (``1e-15 + 2.5e-16 beta``), ``tukey`` with a small parameter (``1e-15 / parameter``), ``dpss``
    and ``chebwin`` (1e-10). Where they differ by more than 1e-15 they are closer to the exact
    value than SciPy's; those of Kaiser are as close.

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
        return _named(spec, length, periodic)
    if isinstance(window, (int, float, np.integer, np.floating)) and not isinstance(window, bool):
        return _named(("kaiser", number("window", window, finite=False)), length, periodic)
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


def _named(spec: tuple[Any, ...], length: int, periodic: bool) -> Window:
    given = brief(spec[0] if len(spec) == 1 else spec)
    name, _, suffix = spec[0].rpartition("_")
    parameters = spec[1:]
    if suffix not in ("symmetric", "periodic"):
        name, suffix = spec[0], ""
    if name not in _ROWS:
        known = ", ".join(names[0] for names in _TABLE)
        raise ValueError(f"window={given} is unknown; accepted: {known}")
    row = _ROWS[name]
    periodic = suffix == "periodic" if suffix else periodic and not row.symmetric
    if not row.needs <= len(parameters) <= row.takes:
        accepted = f"{row.needs} to {row.takes}" if row.needs < row.takes else f"{row.takes}"
        raise ValueError(
            f"window={given} has {len(parameters)} parameters, but {name!r} takes {accepted}"
            + (f": give a tuple ({name!r}, parameter, ...)" if row.needs else "")
        )
    if row.formula is _kaiser_bessel_derived and periodic:
        raise ValueError(f"window={given} exists as a symmetric window only: use fftbins=False")
    if row.formula is _exponential and not periodic and parameters[:1] not in ((), (None,)):
        raise ValueError(f"window={given}: a symmetric exponential window has center None")
    if length == 1 and row.formula is not _kaiser_bessel_derived:
        return np.ones(1)
    try:
        with np.errstate(all="ignore"):
            w = row.formula(length + periodic, *parameters)[:length]
    except (TypeError, ValueError, ArithmeticError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        raise kind(f"window={given} cannot be made with these parameters: {error}") from error
    return _checked(w, length, f"window={given} gives")
