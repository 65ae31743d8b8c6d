"""Mel scales and mel filter banks, with librosa's values.

The functions that are named as librosa's call the functions of NumPy that it calls, in its order,
and agree with it on every machine; only the sign of zeros is not followed, which in librosa depends
on NumPy's SIMD code. So do the last bits of NumPy's logarithms and powers. What a chain multiplies
with must not depend on the machine, and is the core's (csrc/design/mel.cpp): the same weights once
they are float32.
"""

from __future__ import annotations

from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import _core
from .._base import numerics
from .._base.arrays import Array, Dtype
from .._base.checks import brief, flag, integer, number, warn
from .parameters import Parameters

# Slaney's Auditory Toolbox (1998): linear below 1 kHz, logarithmic above, 27 mels for a factor 6.4.
_HZ_PER_MEL = 200.0 / 3
_LOG_START_HZ = 1000.0
_LOG_START_MEL = _LOG_START_HZ / _HZ_PER_MEL
_LOG_STEP = np.float64(1.8562979903656263) / 27.0  # log(6.4)


@overload
def hz_to_mel(frequencies: float, *, htk: bool = ...) -> np.floating[Any]: ...
@overload
def hz_to_mel(frequencies: ArrayLike, *, htk: bool = ...) -> Any: ...
def hz_to_mel(frequencies: ArrayLike, *, htk: bool = False) -> Any:
    """Convert frequencies in Hz to mels.

    Parameters
    ----------
    frequencies : float or array_like of float
        Frequencies in Hz, of any shape.
    htk : bool, default False
        True for the formula of HTK, ``2595 log10(1 + f / 700)``; False for Slaney's scale, which is
        linear below 1 kHz and logarithmic above.

    Returns
    -------
    float or ndarray
        Mels, in the shape of `frequencies`; a scalar for a scalar. Equals
        :func:`librosa.hz_to_mel` bit for bit.

    Raises
    ------
    TypeError
        If `frequencies` are not real numbers.

    Examples
    --------
    >>> from fastmel import hz_to_mel
    >>> hz_to_mel([0, 500, 1000, 6400]).round(6)
    array([ 0. ,  7.5, 15. , 42. ])
    >>> float(hz_to_mel(1000, htk=True).round(3))
    999.986
    """
    hz = _real("frequencies", frequencies)
    if flag("htk", htk):
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    mels = (hz - 0.0) / _HZ_PER_MEL  # the subtraction is librosa's: it keeps the sign of zero
    if hz.ndim:
        log = hz >= _LOG_START_HZ
        mels[log] = _LOG_START_MEL + np.log(hz[log] / _LOG_START_HZ) / _LOG_STEP
    elif hz >= _LOG_START_HZ:
        mels = _LOG_START_MEL + np.log(hz / _LOG_START_HZ) / _LOG_STEP
    return mels


@overload
def mel_to_hz(mels: float, *, htk: bool = ...) -> np.floating[Any]: ...
@overload
def mel_to_hz(mels: ArrayLike, *, htk: bool = ...) -> Any: ...
def mel_to_hz(mels: ArrayLike, *, htk: bool = False) -> Any:
    """Convert mels to frequencies in Hz, the inverse of :func:`hz_to_mel`.

    Parameters
    ----------
    mels : float or array_like of float
        Mels, of any shape.
    htk : bool, default False
        True for the scale of HTK, False for Slaney's.

    Returns
    -------
    float or ndarray
        Frequencies in Hz, in the shape of `mels`; a scalar for a scalar. Equals
        :func:`librosa.mel_to_hz` bit for bit.

    Raises
    ------
    TypeError
        If `mels` are not real numbers.

    Examples
    --------
    >>> from fastmel import mel_to_hz
    >>> mel_to_hz([0, 7.5, 15, 42]).round(6)
    array([   0.,  500., 1000., 6400.])
    """
    mel = _real("mels", mels)
    if flag("htk", htk):
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    hz = 0.0 + _HZ_PER_MEL * mel
    if mel.ndim:
        log = mel >= _LOG_START_MEL
        hz[log] = _LOG_START_HZ * np.exp(_LOG_STEP * (mel[log] - _LOG_START_MEL))
    elif mel >= _LOG_START_MEL:
        hz = _LOG_START_HZ * np.exp(_LOG_STEP * (mel - _LOG_START_MEL))
    return hz


def mel_frequencies(
    n_mels: int = 128, *, fmin: float = 0.0, fmax: float = 11025.0, htk: bool = False
) -> NDArray[np.float64]:
    """Return frequencies that are equally spaced in mels.

    Parameters
    ----------
    n_mels : int, default 128
        Number of frequencies, at least 1.
    fmin, fmax : float, default 0 and 11025
        First and last frequency in Hz.
    htk : bool, default False
        True for the scale of HTK, False for Slaney's.

    Returns
    -------
    ndarray of float64, shape (n_mels,)
        Frequencies in Hz. Equals :func:`librosa.mel_frequencies` bit for bit.

    Raises
    ------
    ValueError, TypeError
        If `n_mels` is no integer of at least 1, or a limit is no finite number.

    Examples
    --------
    >>> from fastmel import mel_frequencies
    >>> mel_frequencies(4, fmax=4000).round(1)
    array([   0. ,  781.4, 1786.8, 4000. ])
    """
    low, high = number("fmin", fmin), number("fmax", fmax)
    _check_scale(low, high, flag("htk", htk))
    mels = np.linspace(hz_to_mel(low, htk=htk), hz_to_mel(high, htk=htk), integer("n_mels", n_mels))
    frequencies: NDArray[np.float64] = mel_to_hz(mels, htk=htk)
    return frequencies


def fft_frequencies(*, sr: float = 22050, n_fft: int = 2048) -> NDArray[np.float64]:
    """Return the centre frequencies of the bins of a real FFT.

    Parameters
    ----------
    sr : float, default 22050
        Sample rate in Hz, above 0.
    n_fft : int, default 2048
        Length of the transform, at least 1.

    Returns
    -------
    ndarray of float64, shape (1 + n_fft // 2,)
        Frequencies in Hz. Equals :func:`librosa.fft_frequencies` bit for bit.

    Raises
    ------
    ValueError, TypeError
        If `sr` is no finite number above 0, or `n_fft` no integer of at least 1.

    Examples
    --------
    >>> from fastmel import fft_frequencies
    >>> fft_frequencies(sr=16000, n_fft=8)
    array([   0., 2000., 4000., 6000., 8000.])
    """
    bins = np.fft.rfftfreq(integer("n_fft", n_fft), d=1.0 / number("sr", sr, above=0))
    return bins.astype(np.float64, copy=False)


@numerics.defined
def mel_filterbank(
    *,
    sr: float,
    n_fft: int,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Literal["slaney"] | float | None = "slaney",
    dtype: DTypeLike = np.float32,
) -> NDArray[Any]:
    """Return a matrix of triangular filters that turns an FFT spectrum into mel bands.

    Parameters
    ----------
    sr : float
        Sample rate in Hz, above 0.
    n_fft : int
        Length of the FFT, at least 1.
    n_mels : int, default 128
        Number of bands, at least 1.
    fmin : float, default 0
        Lower edge of the lowest band in Hz.
    fmax : float, optional
        Upper edge of the highest band in Hz, above `fmin`. The default is ``sr / 2``; a band beyond
        it covers no bins.
    htk : bool, default False
        True for the mel scale of HTK, False for Slaney's.
    norm : {"slaney", None} or float, default "slaney"
        ``"slaney"`` divides a band by half its width in Hz, so that bands have equal area; None
        leaves every peak at 1; a number ``p >= 0`` (or infinity) divides a band by its p-norm over
        the bins.
    dtype : dtype, default float32
        Floating-point type of the result.

    Returns
    -------
    ndarray of `dtype`, shape (n_mels, 1 + n_fft // 2)
        The weights. Every value equals that of :func:`librosa.filters.mel`.

    Raises
    ------
    ValueError
        If a number is out of range, ``fmin >= fmax``, or `norm` is unknown.
    TypeError
        If an argument has the wrong type, or `dtype` is not floating-point.

    Warns
    -----
    UserWarning
        If a band covers no bin, so that its output is always zero.

    Notes
    -----
    Band `i` rises from the mel frequency `i` to its peak at `i + 1` and falls to zero at `i + 2`,
    where the ``n_mels + 2`` frequencies are those of :func:`mel_frequencies`.

    Examples
    --------
    >>> from fastmel import mel_filterbank
    >>> bank = mel_filterbank(sr=16000, n_fft=400, n_mels=80)
    >>> bank.shape, bank.dtype
    ((80, 201), dtype('float32'))
    """
    kind, rate, low, high = _limits(sr, fmin, fmax, dtype)
    n_fft, n_mels = integer("n_fft", n_fft), integer("n_mels", n_mels)
    edges = mel_frequencies(n_mels + 2, fmin=low, fmax=high, htk=htk)
    check_norm("norm", norm)
    bands, bins, values, empty = _core.mel_triangles(
        edges, sample_rate=rate, n_fft=n_fft, rounding=_rounding(kind)
    )
    if isinstance(norm, str) and norm == "slaney":
        values = values.astype(kind) * (2.0 / (edges[2:] - edges[:-2]))[bands]
    weights = _normalized(_dense(n_mels, n_fft, kind, bands, bins, values), norm)
    if empty:
        warn(empty)
    return weights


def design(
    sr: object,
    n_fft: object,
    n_mels: object,
    fmin: object,
    fmax: object,
    htk: object,
    norm: Any,
    dtype: object,
) -> tuple[NDArray[Any], str | None]:
    """Return the matrix of :func:`mel_filterbank` for a chain, and the text of its warning."""
    kind, rate, low, high = _limits(sr, fmin, fmax, dtype)
    n_fft, n_mels = integer("n_fft", n_fft), integer("n_mels", n_mels)
    _check_scale(low, high, flag("htk", htk))
    check_norm("norm", norm)
    bands, bins, values, empty = _core.mel_filters(
        sample_rate=rate,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=low,
        fmax=high,
        scale="htk" if htk else "slaney",
        norm=norm if norm is None or isinstance(norm, str) else float(norm),
        rounding=_rounding(kind),
    )
    return _dense(n_mels, n_fft, kind, bands, bins, values), empty


def filters(config: Parameters) -> tuple[NDArray[np.float64], str | None]:
    """Return the mel weights of a configuration, and the text of a warning if bands are empty.

    Weights of triangles in Hz are rounded to float32, as librosa and all who follow it define
    them; the others are float64, shape (n_mels, 1 + n_fft // 2).

    Sources of the other shapes: Kaldi's ``mel-computations.cc`` and TensorFlow's ``mel_ops.py``
    ("mel"), python_speech_features' ``get_filterbanks`` ("bins"), SpeechBrain's ``Filterbank``
    ("symmetric").

    Examples
    --------
    >>> from fastmel import MelConfig
    >>> from fastmel._engine.filterbank import filters
    >>> config = MelConfig(sample_rate=8000, n_fft=256, n_mels=20, mel_scale="kaldi",
    ...                    mel_shape="mel", mel_norm=None, mel_exclude="nyquist")
    >>> weights, warning = filters(config)
    >>> weights.shape, float(weights[:, -1].max()), warning
    ((20, 129), 0.0, None)
    """
    return _core.Config(vars(config)).filters()


def _dense(
    n_mels: int, n_fft: int, dtype: DTypeLike, bands: Array, bins: Array, values: Array
) -> Array:
    weights = np.zeros((n_mels, 1 + n_fft // 2), dtype)
    weights[bands, bins] = values
    return weights


def _limits(
    sr: object, fmin: object, fmax: object, dtype: Any
) -> tuple[np.dtype[Any], float, float, float]:
    """Return the type of weights, the sample rate and the range of the bands."""
    kind = _floating(dtype)
    rate = number("sr", sr, above=0)
    low = number("fmin", fmin)
    high = rate / 2 if fmax is None else number("fmax", fmax)
    if low >= high:
        default = " (half of sr)" if fmax is None else ""
        raise ValueError(f"fmin={brief(fmin)} must lie below fmax={brief(high)}{default}")
    return kind, rate, low, high


def _check_scale(fmin: float, fmax: float, htk: bool) -> None:
    if htk and min(fmin, fmax) <= -700:
        raise ValueError(
            f"fmin={brief(fmin)} and fmax={brief(fmax)} must lie above -700 Hz for htk=True"
        )


def _rounding(kind: Dtype) -> str:
    """Return the type that the core rounds weights to, which is float64 at most."""
    return kind.name if kind.itemsize < 8 else "float64"


def check_norm(name: str, norm: Any) -> None:
    """Refuse what is no norm of librosa's filters."""
    if norm is None or (isinstance(norm, str) and norm == "slaney"):
        return
    is_number = np.isscalar(norm) and np.asarray(norm).dtype.kind in "fiu"
    if not is_number or not (norm >= 0 or norm == -np.inf):  # pyright: ignore[reportOperatorIssue]
        raise ValueError(f"{name}={brief(norm)} is unknown: give 'slaney', None or a number p >= 0")


def _normalized(weights: NDArray[Any], norm: Any) -> NDArray[Any]:
    """Divide each row by its `norm`; a row whose norm underflows `weights.dtype` stays as it is."""
    if norm is None or isinstance(norm, str):
        return weights
    magnitude = weights.astype(np.float64)
    p: Any = norm
    if p in (np.inf, -np.inf):
        length: Any = (np.max if p > 0 else np.min)(magnitude, axis=-1, keepdims=True)
    elif p == 0:
        length = np.sum(magnitude > 0, axis=-1, keepdims=True, dtype=np.float64)
    else:
        length = np.sum(magnitude**p, axis=-1, keepdims=True) ** (1.0 / p)
    length[length < np.finfo(weights.dtype).tiny] = 1.0
    weights /= length
    return weights


def _real(name: str, values: ArrayLike) -> Any:
    """Return `values` as an array, or as a NumPy scalar when it has no dimensions."""
    array = np.asanyarray(values)
    if array.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be real numbers, not of dtype {array.dtype}")
    return array[()]


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    try:
        kind = np.dtype(dtype)
    except (TypeError, ValueError):
        kind = np.dtype(object)
    if kind.kind != "f":
        raise TypeError(f"dtype={brief(dtype)} must be a floating-point type")
    return kind
