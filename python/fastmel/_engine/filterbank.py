"""Mel scales and mel filter banks, with librosa's values.

Only the entries that are not zero are computed: a triangle covers a few of the `1 + n_fft // 2`
bins, so this costs a tenth of evaluating the whole matrix. Every entry goes through the operations
of :func:`librosa.filters.mel` in their order, roundings to `dtype` included; only
the sign of zeros is not followed, which in librosa depends on NumPy's SIMD code.

So do the last bits of its logarithms and powers. The functions that are named as librosa's call the
same functions of NumPy, and agree with it on every machine. What a chain multiplies with must not
depend on the machine, and takes those of ``_base.numerics``: the same weights once they are
float32.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .._base import numerics
from .._base.checks import brief, flag, integer, number, warn

if TYPE_CHECKING:
    from .config import MelConfig

__all__ = ["fft_frequencies", "hz_to_mel", "mel_filterbank", "mel_frequencies", "mel_to_hz"]

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
    if htk is not False and flag("htk", htk) and min(low, high) <= -700:
        raise ValueError(
            f"fmin={brief(fmin)} and fmax={brief(fmax)} must lie above -700 Hz for htk=True"
        )
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
    weights, empty = design(sr, n_fft, n_mels, fmin, fmax, htk, norm, dtype, mel_frequencies)
    if empty:
        warn(empty)
    return weights


def _frequencies(n_mels: int, *, fmin: float, fmax: float, htk: bool) -> NDArray[np.float64]:
    """Return :func:`mel_frequencies` with bits that do not depend on the machine."""
    scale = "htk" if flag("htk", htk) else "slaney"
    if htk and min(fmin, fmax) <= -700:
        raise ValueError(f"fmin={fmin!r} and fmax={fmax!r} must lie above -700 Hz for htk=True")
    return _to_hz(np.linspace(_to_mels(fmin, scale), _to_mels(fmax, scale), n_mels), scale)


def design(
    sr: Any,
    n_fft: Any,
    n_mels: Any,
    fmin: Any,
    fmax: Any,
    htk: Any,
    norm: Any,
    dtype: Any,
    frequencies: Callable[..., NDArray[np.float64]] = _frequencies,
) -> tuple[NDArray[Any], str | None]:
    """Return the matrix of :func:`mel_filterbank`, and the text of its warning if there is one."""
    kind = _floating(dtype)
    rate = number("sr", sr, above=0)
    low = number("fmin", fmin)
    high = rate / 2 if fmax is None else number("fmax", fmax)
    if low >= high:
        default = " (half of sr)" if fmax is None else ""
        raise ValueError(f"fmin={brief(fmin)} must lie below fmax={brief(high)}{default}")
    bins = fft_frequencies(sr=rate, n_fft=n_fft)
    edges = frequencies(integer("n_mels", n_mels) + 2, fmin=low, fmax=high, htk=htk)
    return _bank(_Triangles.between(edges, bins), edges, edges[2:] - edges[:-2], norm, kind)


@numerics.defined
def filters(config: MelConfig) -> tuple[NDArray[np.float64], str | None]:
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
    assert config.n_mels is not None
    if config.mel_weights is not None:
        return np.array(config.mel_weights), None
    rate, fmax = config.mel_sample_rate or config.sample_rate, config.upper_frequency
    bins = fft_frequencies(sr=rate, n_fft=config.n_fft)
    scale = config.mel_scale
    mels = np.linspace(_to_mels(config.fmin, scale), _to_mels(fmax, scale), config.n_mels + 2)
    edges = _to_hz(mels, scale)
    if config.vtln_warp != 1:
        edges = _warped(edges, config)
        mels = _to_mels(edges, scale)

    widths = edges[2:] - edges[:-2]
    if config.mel_shape == "mel":
        triangles = _Triangles.between(mels, _to_mels(bins, scale))
    elif config.mel_shape == "bins":
        whole = np.floor((config.n_fft + 1) * edges / rate)
        triangles = _Triangles.between(whole, np.arange(float(len(bins))))
        widths = np.maximum(whole[2:] - whole[:-2], 1)  # of an empty band, which has no weight
    else:
        triangles = _Triangles.between(edges, bins)
    if config.mel_shape == "symmetric":
        widths = 2 * (triangles.centre - triangles.lower)
        triangles = triangles._replace(upper=triangles.lower + widths)

    excluded = {"dc": 0, "nyquist": config.n_fft / 2}.get(config.mel_exclude or "")
    kind = np.dtype(np.float32 if config.mel_shape == "hz" else np.float64)
    norms: dict[Any, float] = {"sum": 1.0, "max": np.inf}
    norm = norms.get(config.mel_norm, config.mel_norm)
    weights, empty = _bank(triangles, edges, widths, norm, kind, excluded)
    return weights.astype(np.float64), empty


def _to_mels(hz: Any, scale: str) -> Any:
    if scale == "kaldi":
        return 1127.0 * numerics.log(1.0 + hz / 700.0)
    if scale == "htk":
        return 2595.0 * numerics.log10(1.0 + hz / 700.0)
    log = numerics.log(np.maximum(hz, _LOG_START_HZ) / _LOG_START_HZ) / _LOG_STEP
    return np.where(np.less(hz, _LOG_START_HZ), hz / _HZ_PER_MEL, _LOG_START_MEL + log)


def _to_hz(mels: NDArray[np.float64], scale: str) -> NDArray[np.float64]:
    hz: NDArray[np.float64]
    if scale == "kaldi":
        hz = 700.0 * (numerics.exp(mels / 1127.0) - 1.0)
    elif scale == "htk":
        hz = 700.0 * (numerics.exp10(mels / 2595.0) - 1.0)
    else:
        log = numerics.exp(_LOG_STEP * (np.maximum(mels, _LOG_START_MEL) - _LOG_START_MEL))
        hz = np.where(mels < _LOG_START_MEL, _HZ_PER_MEL * mels, _LOG_START_HZ * log)
    return hz


def _warped(hz: NDArray[np.float64], config: MelConfig) -> NDArray[np.float64]:
    """Divide the middle of the range by the warp; straight lines join it to the fixed ends.

    The middle is as wide as it can be while neither it nor what becomes of it leaves the range
    from `vtln_low` to `vtln_high`.
    """
    warp, fmin, fmax = config.vtln_warp, config.fmin, config.upper_frequency
    first = config.vtln_low * max(1.0, warp)
    last = config.vtln_upper_frequency * min(1.0, warp)
    return np.interp(hz, [fmin, first, last, fmax], [fmin, first / warp, last / warp, fmax])


class _Triangles(NamedTuple):
    """Bins and the corners of bands, on the axis on which the sides are straight."""

    bins: NDArray[np.float64]
    lower: NDArray[np.float64]
    centre: NDArray[np.float64]
    upper: NDArray[np.float64]

    @classmethod
    def between(cls, edges: NDArray[np.float64], bins: NDArray[np.float64]) -> _Triangles:
        """Return bands that reach from the centre of one neighbour to that of the other."""
        return cls(bins, edges[:-2], edges[1:-1], edges[2:])


def _bank(
    triangles: _Triangles,
    edges: NDArray[np.float64],
    widths: NDArray[np.float64],
    norm: Any,
    kind: np.dtype[Any],
    excluded: float | None = None,
) -> tuple[NDArray[Any], str | None]:
    """Return the weights, and the text about empty bands.

    `edges` of the bands are in Hz, `widths` what the area is measured in; `excluded` is a bin.
    """
    bins, lower, centre, upper = triangles
    band, column = _support(triangles)
    if excluded is not None:
        kept = column != excluded
        band, column = band[kept], column[kept]
    foot = np.where(bins[column] < centre[band], lower[band], upper[band])
    values = ((bins[column] - foot) / (centre[band] - foot)).astype(kind)
    if isinstance(norm, str) and norm == "slaney":
        values = (values * (2.0 / widths)[band]).astype(kind)
    weights = np.zeros((len(lower), len(bins)), dtype=kind)
    weights[band, column] = values
    if not (isinstance(norm, str) and norm == "slaney"):
        weights = _normalized(weights, norm)
    return weights, _about_empty_bands(edges, band[values > 0])


def _about_empty_bands(edges: NDArray[np.float64], filled: NDArray[np.intp]) -> str | None:
    """Say which bands cover no bin; one that starts at 0 Hz may, as in librosa."""
    is_empty = edges[:-2] != 0
    is_empty[filled] = False
    empty = np.flatnonzero(is_empty)
    if not len(empty):
        return None
    return (
        f"{len(empty)} of {len(is_empty)} mel bands cover no FFT bin and will always be zero "
        f"(first: band {empty[0]}): use fewer bands (n_mels), a longer FFT (n_fft), or a lower fmax"
    )


def _support(triangles: _Triangles) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (band, bin) of every bin from a band's lower to below its upper corner, in row order.

    The lower corner belongs to a band whose centre coincides with it.
    """
    start = np.searchsorted(triangles.bins, triangles.lower, side="left")
    stop = np.searchsorted(triangles.bins, triangles.upper, side="left")
    counts = np.maximum(stop - start, 0)
    band = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return band, np.arange(len(band)) - (first - start)[band]


def check_norm(name: str, norm: Any) -> None:
    """Refuse what is no norm of librosa's filters."""
    if norm is None or (isinstance(norm, str) and norm == "slaney"):
        return
    is_number = np.isscalar(norm) and np.asarray(norm).dtype.kind in "fiu"
    if not is_number or not (norm >= 0 or norm == -np.inf):
        raise ValueError(f"{name}={brief(norm)} is unknown: give 'slaney', None or a number p >= 0")


def _normalized(weights: NDArray[Any], norm: Any) -> NDArray[Any]:
    """Divide each row by its `norm`; a row whose norm underflows `weights.dtype` stays as it is."""
    check_norm("norm", norm)
    if norm is None:
        return weights
    magnitude = weights.astype(np.float64)
    p: Any = norm
    if p in (np.inf, -np.inf):
        length = (np.max if p > 0 else np.min)(magnitude, axis=-1, keepdims=True)
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
