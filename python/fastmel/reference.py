"""The oracle: the whole chain in plain float64 NumPy, one short function per stage.

Nothing here is fast and nothing is clever. Each stage is the textbook formula, so that it can be
checked by eye and against an independent evaluation, and the compiled core is tested against it.
Arrays have any number of leading axes; signals have time last, spectra have shape
(..., bins, frames). The arguments are those of the functions of the same names in
:mod:`fastmel`, but for those that say how to compute (`out`, `workers`, `precision`).

:func:`frontend` is the whole chain of a :class:`fastmel.MelConfig`; the private functions after it
are its stages, in their order.

Every number is float64 from the first sample to the last result, whatever the input. There is one
exception: the mel weights are rounded to the `dtype` that is asked for, float32 by default, because
the rounded weights are what librosa and Whisper define as their filter banks.

Nothing of the core is called. Windows are NumPy's cosines, which are within 3e-15 of ours. Mel
scales take logarithms and exponentials from :mod:`decimal`, which rounds them correctly: a bin that
coincides with the corner of a band is in it or not by the last bit of that.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ._base import extras
from ._base.arrays import as_samples
from ._base.checks import brief

if TYPE_CHECKING:
    from ._engine.config import MelConfig
    from ._engine.windows import WindowLike

__all__ = [
    "amplitude_to_db",
    "db_to_amplitude",
    "db_to_power",
    "dct_matrix",
    "frame",
    "frontend",
    "get_window",
    "istft",
    "log_melspectrogram",
    "mel",
    "mel_filterbank",
    "melspectrogram",
    "mfcc",
    "pad_centered",
    "pcen",
    "power_to_db",
    "samples",
    "spectrogram",
    "stft",
    "whisper_log_mel",
    "window_centered",
]
__dir__ = __all__.copy

Real: TypeAlias = NDArray[np.float64]
Complex: TypeAlias = NDArray[np.complex128]
Axes: TypeAlias = Literal["auto"] | int | tuple[int, ...] | None
Reference: TypeAlias = float | Callable[..., Any]

# PCM integers stand for fractions of full scale.
_FULL_SCALE = {np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}


# --- samples, framing, window ---------------------------------------------------------------------


def samples(y: ArrayLike) -> Real:
    """Return samples as float64, with 16- and 32-bit PCM scaled to [-1, 1).

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.samples(np.array([-32768, 16384], dtype=np.int16))
    array([-1. ,  0.5])
    """
    array = as_samples(np.asarray(y))
    return array.astype(np.float64) / _FULL_SCALE.get(array.dtype, 1.0)


def pad_centered(y: Real, n_fft: int, pad_mode: str) -> Real:
    """Extend both ends by half a frame, so that frame `t` is centred at sample ``t * hop``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.pad_centered(np.array([1.0, 2.0, 3.0]), 4, "reflect")
    array([3., 2., 1., 2., 3., 2., 1.])
    """
    widths = [(0, 0)] * (y.ndim - 1) + [(n_fft // 2, n_fft // 2)]
    padded: Real = np.pad(y, widths, mode=pad_mode)  # type: ignore[call-overload]
    return padded


def frame(y: Real, n_fft: int, hop_length: int) -> Real:
    """Cut a signal into overlapping frames, shape (..., n_fft, frames).

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.frame(np.arange(5.0), 3, 2)
    array([[0., 2.],
           [1., 3.],
           [2., 4.]])
    """
    every = np.lib.stride_tricks.sliding_window_view(y, n_fft, axis=-1)
    return np.swapaxes(every[..., ::hop_length, :], -1, -2)


def get_window(window: WindowLike, win_length: int, *, fftbins: bool = True) -> Real:
    """Return a window of `win_length` points; of names beyond those of front ends, SciPy's.

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.get_window("hann", 4).round(3)
    array([0. , 0.5, 1. , 0.5])
    """
    if callable(window):
        return np.asarray(window(win_length), dtype=np.float64)
    if isinstance(window, str):
        window = (window,)
    if not isinstance(window, tuple) or not isinstance(window[0], str):
        values = np.asarray(window, dtype=np.float64)
        if values.ndim:
            return values
        window = ("kaiser", window)
    given, parameters = str(window[0]), window[1:]
    name, _, suffix = given.rpartition("_")
    if suffix not in ("symmetric", "periodic"):
        name, suffix = given, "periodic" if fftbins else "symmetric"
        if name in ("povey", "sine"):
            suffix = "symmetric"
    if name not in _WINDOWS:
        scipy_signal = extras.require("scipy.signal", what=f"window={brief(given)}")
        spec, periodic = (name, *parameters), suffix == "periodic"
        return np.asarray(scipy_signal.get_window(spec, win_length, fftbins=periodic))
    if win_length == 1:
        return np.ones(1)
    # The periodic window is the symmetric one of one more point without its last.
    symmetric: Real = _WINDOWS[name](win_length + (suffix == "periodic"), *parameters)
    return symmetric[:win_length]


def _from_middle(M: int) -> Real:
    """Return the places of `M` points from -1 to 1."""
    return np.arange(1.0 - M, M, 2) / (M - 1)


def _cosine_sum(M: int, coefficients: ArrayLike) -> Real:
    phase = np.pi * _from_middle(M)
    terms = [a * np.cos(k * phase) for k, a in enumerate(np.asarray(coefficients))]
    total: Real = np.sum(terms, axis=0)
    return total


def _blackman(M: int, middle: float | None = None) -> Real:
    a = (0.42, 0.5, 0.08) if middle is None else (middle, 0.5, 0.5 - middle)
    return _cosine_sum(M, a)


def _barthann(M: int) -> Real:
    u = _from_middle(M)
    return 0.62 - 0.24 * abs(u) + 0.38 * np.cos(np.pi * u)


def _bohman(M: int) -> Real:
    u = abs(_from_middle(M))
    return (1 - u) * np.cos(np.pi * u) + np.sin(np.pi * u) / np.pi


def _exponential(M: int, center: float | None = None, tau: float = 1.0) -> Real:
    w: Real = np.exp(-abs(np.arange(M) - ((M - 1) / 2 if center is None else center)) / tau)
    return w


def _general_gaussian(M: int, p: float, sig: float) -> Real:
    w: Real = np.exp(-0.5 * abs((np.arange(M) - (M - 1) / 2) / sig) ** (2 * p))
    return w


def _kaiser(M: int, beta: float) -> Real:
    w: Real = np.i0(beta * np.sqrt(1 - _from_middle(M) ** 2)) / np.i0(beta)
    return w


def _parzen(M: int) -> Real:
    x = abs(_from_middle(M)) * (M - 1) / M
    return np.where(x <= (M - 1) / (2 * M), 1 - 6 * x**2 * (1 - x), 2 * (1 - x) ** 3)


def _tukey(M: int, alpha: float = 0.5) -> Real:
    if alpha <= 0:
        return np.ones(M)
    rise = np.minimum((1 - abs(_from_middle(M))) / min(alpha, 1.0), 1.0)
    return (1 - np.cos(np.pi * rise)) / 2


_WINDOWS: dict[str, Callable[..., Real]] = {
    "barthann": _barthann,
    "bartlett": lambda M: 1 - abs(_from_middle(M)),
    "blackman": _blackman,
    "blackmanharris": lambda M: _cosine_sum(M, (0.35875, 0.48829, 0.14128, 0.01168)),
    "bohman": _bohman,
    "boxcar": np.ones,
    "cosine": lambda M: np.sin(np.pi * (np.arange(M) + 0.5) / M),
    "exponential": _exponential,
    "flattop": lambda M: _cosine_sum(
        M, (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368)
    ),
    "gaussian": lambda M, std: _general_gaussian(M, 1, std),
    "general_cosine": _cosine_sum,
    "general_gaussian": _general_gaussian,
    "general_hamming": lambda M, alpha: _cosine_sum(M, (alpha, 1 - alpha)),
    "hamming": lambda M: _cosine_sum(M, (0.54, 0.46)),
    "hann": lambda M: _cosine_sum(M, (0.5, 0.5)),
    "kaiser": _kaiser,
    "lanczos": lambda M: np.sinc(_from_middle(M)),
    "nuttall": lambda M: _cosine_sum(M, (0.3635819, 0.4891775, 0.1365995, 0.0106411)),
    "parzen": _parzen,
    "povey": lambda M: _cosine_sum(M, (0.5, 0.5)) ** 0.85,
    "sine": lambda M: np.sin(np.pi * np.arange(M) / (M - 1)),
    "triang": lambda M: 1 - abs(np.arange(1.0 - M, M, 2)) / (M + M % 2),
    "tukey": _tukey,
}


def window_centered(window: WindowLike, win_length: int, n_fft: int) -> Real:
    """Return the window in the middle of `n_fft` points, with zeros around it.

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.window_centered("boxcar", 2, 5)
    array([0., 1., 1., 0., 0.])
    """
    before = (n_fft - win_length) // 2
    return np.pad(get_window(window, win_length), (before, n_fft - win_length - before))


# --- transform and spectrum -----------------------------------------------------------------------


def stft(
    y: ArrayLike,
    *,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: str = "constant",
) -> Complex:
    """Return the short-time Fourier transform, shape (..., 1 + n_fft // 2, frames).

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.stft(np.ones(8), n_fft=4, hop_length=4, center=False).round(3)
    array([[ 2.+0.j,  2.+0.j],
           [-1.+0.j, -1.+0.j],
           [ 0.+0.j,  0.+0.j]])
    """
    win_length = n_fft if win_length is None else win_length
    hop_length = win_length // 4 if hop_length is None else hop_length
    signal = samples(y)
    if center:
        signal = pad_centered(signal, n_fft, pad_mode)
    weights = window_centered(window, win_length, n_fft)
    frames = frame(signal, n_fft, hop_length) * weights[:, np.newaxis]
    return np.fft.rfft(frames, axis=-2)


def spectrogram(y: ArrayLike, *, power: float = 2.0, **kwargs: Any) -> Real:
    """Return ``abs(stft(y, **kwargs)) ** power``, shape (..., 1 + n_fft // 2, frames).

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.spectrogram(np.ones(8), n_fft=4, hop_length=4, center=False).round(3)
    array([[4., 4.],
           [1., 1.],
           [0., 0.]])
    """
    magnitude: Real = np.abs(stft(y, **kwargs))
    return magnitude**power


def istft(
    stft_matrix: NDArray[np.complexfloating[Any]],
    *,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    length: int | None = None,
) -> Real:
    """Return the signal of an STFT: the least-squares inverse of Griffin and Lim (1984), eq. 6.

    Where the summed squared window is not above the smallest normal number of the input's
    precision, the sum of the frames is left as it is.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> y = np.arange(16.0)
    >>> bool(np.allclose(reference.istft(reference.stft(y, n_fft=8)), y))
    True
    """
    tiny = np.finfo(stft_matrix.dtype).tiny
    size: int = 2 * (stft_matrix.shape[-2] - 1) if n_fft is None else n_fft
    length_of_window = size if win_length is None else win_length
    hop = length_of_window // 4 if hop_length is None else hop_length
    weights = window_centered(window, length_of_window, size)
    frames = np.fft.irfft(stft_matrix.astype(np.complex128), n=size, axis=-2)

    total = _overlap_add(frames * weights[:, np.newaxis], hop)
    squares = np.broadcast_to(weights[:, np.newaxis] ** 2, frames.shape[-2:])
    norm = _overlap_add(squares, hop)
    y = total / np.where(norm > tiny, norm, 1.0)

    margin = size // 2 if center else 0
    stop = y.shape[-1] - margin if not length else margin + length
    y = y[..., margin:stop]
    return np.pad(y, [(0, 0)] * (y.ndim - 1) + [(0, stop - margin - y.shape[-1])])


def _overlap_add(frames: Real, hop_length: int) -> Real:
    n_fft, count = frames.shape[-2:]
    y = np.zeros((*frames.shape[:-2], n_fft + hop_length * (count - 1)))
    for t in range(count):
        y[..., t * hop_length : t * hop_length + n_fft] += frames[..., t]
    return y


# --- mel ------------------------------------------------------------------------------------------


def _exactly(function: Callable[[Decimal], Decimal], x: Real) -> Real:
    """Return a function of each number, rounded correctly."""
    with localcontext() as context:
        context.prec = 40
        return np.array([float(function(Decimal(v))) for v in x.tolist()])


def _mels(hz: Real, scale: str) -> Real:
    """Return mels of the scale of Slaney's Auditory Toolbox, of HTK or of Kaldi."""
    if scale == "htk":
        return 2595 * _exactly(Decimal.log10, 1 + hz / 700)
    if scale == "kaldi":
        return 1127 * _exactly(Decimal.ln, 1 + hz / 700)
    above = _exactly(Decimal.ln, np.maximum(hz, 1000) / 1000) / _SLANEY_STEP
    return np.where(hz < 1000, hz / _SLANEY_HZ, 1000 / _SLANEY_HZ + above)


def _hertz(mels: Real, scale: str) -> Real:
    if scale == "htk":
        return 700 * (_exactly(lambda v: 10**v, mels / 2595) - 1)
    if scale == "kaldi":
        return 700 * (_exactly(Decimal.exp, mels / 1127) - 1)
    start = 1000 / _SLANEY_HZ
    above = _exactly(Decimal.exp, _SLANEY_STEP * (np.maximum(mels, start) - start))
    return np.where(mels < start, _SLANEY_HZ * mels, 1000 * above)


# Linear below 1 kHz, logarithmic above: 27 mels for a factor of 6.4.
_SLANEY_HZ = 200 / 3
_SLANEY_STEP = 1.8562979903656263 / 27


def _triangles(lower: Real, centre: Real, upper: Real, bins: Real) -> Real:
    """Return what rises from `lower` to 1 at `centre` and falls to 0 at `upper`, (bands, bins)."""
    lower, centre, upper = lower[:, np.newaxis], centre[:, np.newaxis], upper[:, np.newaxis]
    with np.errstate(all="ignore"):  # corners may coincide
        rise, fall = (bins - lower) / (centre - lower), (upper - bins) / (upper - centre)
    inside = (lower <= bins) & (bins < upper)
    return np.where(inside, np.where(bins < centre, rise, fall), 0.0)


def _normed(weights: NDArray[Any], norm: Any, widths: Real) -> NDArray[Any]:
    """Return bands of equal areas ("slaney") or divided by their norms, in their type."""
    if norm is None:
        return weights
    if isinstance(norm, str):
        with np.errstate(divide="ignore"):
            heights = (2 / widths)[:, np.newaxis]
        np.multiply(weights, heights, where=weights > 0, out=weights, casting="same_kind")
        return weights
    wide = weights.astype(np.float64)
    if abs(norm) == np.inf:
        norms = wide.max(axis=1) if norm > 0 else wide.min(axis=1)
    elif norm == 0:
        norms = np.count_nonzero(wide, axis=1).astype(np.float64)
    else:
        norms = np.sum(wide**norm, axis=1) ** (1 / norm)
    norms[norms < np.finfo(weights.dtype).tiny] = 1.0
    normed: NDArray[Any] = (wide / norms[:, np.newaxis]).astype(weights.dtype)
    return normed


def _bin_frequencies(sr: float, n_fft: int) -> Real:
    return np.fft.rfftfreq(n_fft, 1 / sr).astype(np.float64)


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
    """Return triangles between frequencies that are equally spaced in mels, (n_mels, bins).

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.mel_filterbank(sr=8000, n_fft=8, n_mels=1, norm=None, dtype=float).round(3)
    array([[0.   , 0.837, 0.713, 0.356, 0.   ]])
    """
    scale = "htk" if htk else "slaney"
    low, high = _mels(np.array([fmin, sr / 2 if fmax is None else fmax], np.float64), scale)
    edges = _hertz(np.linspace(low, high, n_mels + 2), scale)
    weights = _triangles(edges[:-2], edges[1:-1], edges[2:], _bin_frequencies(sr, n_fft))
    return _normed(weights.astype(dtype), norm, edges[2:] - edges[:-2])


@lru_cache(maxsize=64)
def _filters(config: MelConfig) -> Real:
    """Return the mel weights of a configuration, (n_mels, bins)."""
    if config.mel_weights is not None:
        return np.array(config.mel_weights)
    sr, scale, shape = (
        config.mel_sample_rate or config.sample_rate,
        config.mel_scale,
        config.mel_shape,
    )
    low, high = _mels(np.array([config.fmin, config.upper_frequency]), scale)
    mels = np.linspace(low, high, (config.n_mels or 0) + 2)
    edges, bins = _hertz(mels, scale), _bin_frequencies(sr, config.n_fft)
    if config.vtln_warp != 1:
        edges = _warped(edges, config)
        mels = _mels(edges, scale)
    corners, widths = edges, edges[2:] - edges[:-2]
    if shape == "mel":
        corners, bins = mels, _mels(bins, scale)
    elif shape == "bins":
        corners, bins = np.floor((config.n_fft + 1) * edges / sr), np.arange(float(len(bins)))
        widths = np.maximum(corners[2:] - corners[:-2], 1)
    lower, centre, upper = corners[:-2], corners[1:-1], corners[2:]
    if shape == "symmetric":
        widths = 2 * (centre - lower)
        upper = lower + widths
    weights = _triangles(lower, centre, upper, bins)
    excluded = {"dc": 0, "nyquist": config.n_fft / 2}.get(config.mel_exclude or "", -1)
    weights[:, np.arange(len(bins)) == excluded] = 0
    norms: dict[Any, float] = {"sum": 1.0, "max": np.inf}
    norm = norms.get(config.mel_norm, config.mel_norm)
    rounded = weights.astype(np.float32 if shape == "hz" else np.float64)
    return _normed(rounded, norm, widths).astype(np.float64)


def _warped(hz: Real, config: MelConfig) -> Real:
    """Divide the middle of the range by the warp of vocal tract length normalisation.

    Straight lines join it to the fixed ends. Neither the middle nor what becomes of it leaves the
    range from `vtln_low` to `vtln_high`.
    """
    warp, fmin, fmax = config.vtln_warp, config.fmin, config.upper_frequency
    low = config.vtln_low * max(1.0, warp)
    high = config.vtln_upper_frequency * min(1.0, warp)
    return np.interp(hz, [fmin, low, high, fmax], [fmin, low / warp, high / warp, fmax])


def mel(S: ArrayLike, **kwargs: Any) -> Real:
    """Multiply a spectrum (..., bins, frames) by ``mel_filterbank(**kwargs)``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.mel(np.ones((129, 2)), sr=8000, n_fft=256, n_mels=20).shape
    (20, 2)
    """
    weights = mel_filterbank(**kwargs).astype(np.float64)
    bands: Real = np.matmul(weights, np.asarray(S, dtype=np.float64))
    return bands


def melspectrogram(
    *,
    y: ArrayLike | None = None,
    sr: float = 22050,
    S: ArrayLike | None = None,
    n_fft: int = 2048,
    hop_length: int = 512,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: str = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Literal["slaney"] | float | None = "slaney",
    dtype: DTypeLike = np.float32,
) -> Real:
    """Return the mel spectrogram of `y`, or of the spectrogram `S`; shape (..., n_mels, frames).

    Only the mel weights are rounded to `dtype`; the result is float64.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.melspectrogram(y=np.ones(22050)).shape
    (128, 44)
    """
    if S is None:
        if y is None:
            raise ValueError("y=None and S=None: give samples (y) or a spectrogram (S)")
        S = spectrogram(
            y,
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            window=window,
            center=center,
            pad_mode=pad_mode,
            power=power,
        )
    elif np.shape(S)[-2] != 1 + n_fft // 2:
        n_fft = 2 * (np.shape(S)[-2] - 1)
    return mel(
        S,
        sr=sr,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        htk=htk,
        norm=norm,
        dtype=dtype,
    )


# --- log ------------------------------------------------------------------------------------------


def power_to_db(
    S: ArrayLike,
    *,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
) -> Real:
    """Return ``10 log10(S / ref)``, floored at `amin` and at `top_db` below the maximum.

    The maximum, and a callable `ref`, are taken over `axes`: the last two (or fewer, if there are
    fewer) for ``"auto"``, all for None.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.power_to_db([1.0, 0.1, 1e-12], ref=np.max)
    array([  0., -10., -80.])
    """
    power = np.asarray(np.abs(S) if np.iscomplexobj(S) else S, dtype=np.float64)
    axes = _resolve(axes, power.ndim)
    unit = ref(power, axis=axes, keepdims=True) if callable(ref) else np.abs(ref)
    db: Real = 10 * np.log10(np.maximum(amin, power)) - 10 * np.log10(np.maximum(amin, unit))
    if top_db is not None:
        db = np.maximum(db, db.max(axis=axes, keepdims=True) - top_db)
    return db


def amplitude_to_db(
    S: ArrayLike,
    *,
    ref: Reference = 1.0,
    amin: float = 1e-5,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
) -> Real:
    """Return ``20 log10(abs(S) / ref)``, floored as in :func:`power_to_db`.

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.amplitude_to_db([1.0, -0.1])
    array([  0., -20.])
    """
    magnitude = np.abs(np.asarray(S)).astype(np.float64)
    axes = _resolve(axes, magnitude.ndim)
    unit = ref(magnitude, axis=axes, keepdims=True) if callable(ref) else np.abs(ref)
    return power_to_db(magnitude**2, ref=unit**2, amin=amin**2, top_db=top_db, axes=axes)


def _resolve(axes: Axes, ndim: int) -> int | tuple[int, ...] | None:
    return tuple(range(-min(ndim, 2), 0)) if axes == "auto" else axes


def db_to_power(S_db: ArrayLike, *, ref: float = 1.0) -> Real:
    """Return ``ref * 10 ** (S_db / 10)``.

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.db_to_power([0.0, -20.0])
    array([1.  , 0.01])
    """
    power: Real = ref * 10 ** (np.asarray(S_db, dtype=np.float64) / 10)
    return power


def db_to_amplitude(S_db: ArrayLike, *, ref: float = 1.0) -> Real:
    """Return ``ref * 10 ** (S_db / 20)``.

    Examples
    --------
    >>> from fastmel import reference
    >>> reference.db_to_amplitude([0.0, -20.0])
    array([1. , 0.1])
    """
    return np.sqrt(db_to_power(S_db, ref=ref**2))


def log_melspectrogram(
    *,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
    **kwargs: Any,
) -> Real:
    """Return ``power_to_db(melspectrogram(**kwargs), ...)``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> float(reference.log_melspectrogram(y=np.ones(22050), ref=np.max).max())
    0.0
    """
    return power_to_db(melspectrogram(**kwargs), ref=ref, amin=amin, top_db=top_db, axes=axes)


# --- after the log --------------------------------------------------------------------------------


def mfcc(
    *,
    y: ArrayLike | None = None,
    sr: float = 22050,
    S: ArrayLike | None = None,
    n_mfcc: int = 20,
    dct_type: int = 2,
    norm: str | None = "ortho",
    lifter: float = 0,
    mel_norm: Literal["slaney"] | float | None = "slaney",
    **kwargs: Any,
) -> Real:
    """Return mel-frequency cepstral coefficients, shape (..., n_mfcc, frames).

    `S` is a log-power mel spectrogram; without it, it is that of `y` with the defaults of
    :func:`log_melspectrogram` and `kwargs`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.mfcc(y=np.ones(22050), n_mfcc=13).shape
    (13, 44)
    """
    if S is None:
        S = power_to_db(melspectrogram(y=y, sr=sr, norm=mel_norm, **kwargs))
    log_mel = np.asarray(S, dtype=np.float64)
    basis = dct_matrix(log_mel.shape[-2], dct_type, norm)[:n_mfcc]
    if lifter > 0:
        rank = np.arange(1, len(basis) + 1)
        basis = basis * (1 + lifter / 2 * np.sin(np.pi * rank / lifter))[:, np.newaxis]
    coefficients: Real = np.matmul(basis, log_mel)
    return coefficients


def dct_matrix(n: int, dct_type: int = 2, norm: str | None = "ortho") -> Real:
    """Return the `n` by `n` matrix of a cosine transform of type 1 to 4, as SciPy scales them.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.reference import dct_matrix
    >>> bool(np.allclose(dct_matrix(5, 2) @ dct_matrix(5, 3), np.eye(5)))
    True
    """
    k, i = np.arange(n)[:, np.newaxis], np.arange(n)
    # Phases in units of half a turn / period, and the rows and columns at the mirror points of the
    # cosines: there a sample counts once, elsewhere twice, and there the matrix needs factors of
    # sqrt(2) to become orthogonal.
    ends = [0, n - 1]
    phase: NDArray[Any]
    if dct_type == 1:
        phase, period, rows, columns = 2 * k * i, 2 * (n - 1), ends, ends
    elif dct_type == 2:
        phase, period, rows, columns = k * (2 * i + 1), 2 * n, [0], []
    elif dct_type == 3:
        phase, period, rows, columns = (2 * k + 1) * i, 2 * n, [], [0]
    elif dct_type == 4:
        phase, period, rows, columns = (2 * k + 1) * (2 * i + 1) / 2, 2 * n, [], []
    else:
        raise ValueError(f"dct_type={brief(dct_type)} must be 1, 2, 3 or 4")
    matrix = 2 * np.cos(np.pi * (phase % (2 * period)) / period)  # reduced while still exact
    matrix[:, columns] /= 2
    if norm == "ortho":
        matrix[:, columns] *= np.sqrt(2)
        matrix[rows] /= np.sqrt(2)
    elif norm not in ("forward", "backward", None):
        raise ValueError(f"norm={brief(norm)} must be 'ortho', 'forward', 'backward' or None")
    scale: float = {"ortho": 1 / np.sqrt(period), "forward": 1 / period}.get(norm or "", 1.0)
    return matrix * scale


def pcen(
    S: ArrayLike,
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
) -> Real | tuple[Real, Real]:
    """Return the per-channel energy normalisation of a spectrogram, after Wang et al. (2017).

    The smoother's state `zi` is what it adds to its first output; it starts at ``1 - b``, the
    state after endless ones.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.pcen(np.zeros((2, 3)))
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    spectrum = np.asarray(np.abs(S) if np.iscomplexobj(S) else S, dtype=np.float64)
    if b is None:
        frames = time_constant * sr / hop_length
        b = float((np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2))
    if ref is not None:
        energy = np.asarray(ref, dtype=np.float64)
    elif max_size > 1:
        across = (1 - axis) % 2 if max_axis is None else max_axis
        energy = _running_max(spectrum, max_size, across)
    else:
        energy = spectrum
    smooth, zf = _smoothed(energy, b, axis, 1 - b if zi is None else zi)
    gains = np.exp(-gain * (np.log(eps) + np.log1p(smooth / eps)))
    if power == 0:
        out = np.log1p(spectrum * gains)
    elif bias == 0:
        out = np.exp(power * (np.log(spectrum) + np.log(gains)))
    else:
        out = bias**power * np.expm1(power * np.log1p(spectrum * gains / bias))
    return (out, zf) if return_zf else out


def _smoothed(x: Real, b: float, axis: int, zi: ArrayLike) -> tuple[Real, Real]:
    """Run ``m[t] = b x[t] + (1 - b) m[t - 1]`` along `axis`; return it and the last state."""
    time_first = np.moveaxis(x, axis, 0)
    start = np.asarray(zi, dtype=np.float64)
    start = np.moveaxis(start, axis, 0)[0] if start.ndim else start
    state = np.broadcast_to(start, time_first.shape[1:])
    smooth = np.empty_like(time_first)
    for t, value in enumerate(time_first):
        smooth[t] = b * value + state
        state = (1 - b) * smooth[t]
    return np.moveaxis(smooth, 0, axis), np.expand_dims(state, axis % x.ndim)


def _running_max(x: Real, size: int, axis: int) -> Real:
    """Return the maximum of `size` neighbours, centred (to the left if even), mirrored ends."""
    widths = [(0, 0)] * x.ndim
    widths[axis] = (size // 2, (size - 1) // 2)
    padded = np.pad(x, widths, mode="symmetric")
    maximum: Real = np.lib.stride_tricks.sliding_window_view(padded, size, axis=axis).max(axis=-1)
    return maximum


# --- whole chains ---------------------------------------------------------------------------------


def whisper_log_mel(y: ArrayLike, n_mels: int = 80) -> Real:
    """Return the features of OpenAI's Whisper from 16 kHz samples, shape (..., n_mels, frames).

    The signal is taken as it is: Whisper itself pads or trims it to 30 s first. The maximum is that
    of each signal on its own.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import reference
    >>> reference.whisper_log_mel(np.ones(16000), n_mels=128).shape
    (128, 100)
    """
    S = spectrogram(y, n_fft=400, hop_length=160, pad_mode="reflect")[..., :-1]
    power = mel(S, sr=16000, n_fft=400, n_mels=n_mels)
    log: Real = np.log10(np.maximum(power, 1e-10))
    log = np.maximum(log, log.max(axis=(-2, -1), keepdims=True) - 8.0)
    return (log + 4.0) / 4.0


def frontend(y: ArrayLike, config: MelConfig, *, noise: ArrayLike | None = None) -> Real:
    """Return the features of a configuration, in its layout: (..., features, frames) or swapped.

    `noise` takes the place of the generator of `dither`: standard normal deviates that broadcast to
    (..., win_length, frames), or with ``dither_scope="signal"`` to (..., n_samples).

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import MelConfig, reference
    >>> config = MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=80, log="ln")
    >>> reference.frontend(np.ones(16000), config).shape
    (80, 101)
    """
    signal = samples(y)
    for before in config.before:
        signal = before(signal)
    signal = _dithered(config.scale * signal, config, noise, "signal")
    frames = _frames(_emphasized_signal(signal, config), config)
    frames = _dithered(frames, config, noise, "frame")
    frames, energy = _prepared(frames, config)
    spectrum = _power_spectrum(frames, config)
    if config.energy_of == "spectrum":
        energy = config.mel_gain * np.sum(spectrum, axis=-2, keepdims=True)
    x = _leveled(_bands(spectrum, config), config)
    x = _with_energy(_cepstra(x, config), energy, config)
    x = _stacked(_normalized(x, config), config)
    for name, operation in (("feature_shift", np.add), ("feature_gain", np.multiply)):
        if (values := getattr(config, name)) is not None:
            x = operation(x, np.array(values)[:, np.newaxis])
    if config.after:
        x = np.swapaxes(x, -1, -2)
        for after in config.after:
            x = after(x)
        x = np.swapaxes(x, -1, -2)
    return x if config.layout == "mel_time" else np.swapaxes(x, -1, -2)


# --- stages of a configuration --------------------------------------------------------------------


def _emphasized_signal(y: Real, config: MelConfig) -> Real:
    """Pre-emphasis over the signal, whose first sample stays ("signal") or falls ("valid")."""
    if config.preemphasis_scope == "frame":
        return y
    after = y[..., 1:] - config.preemphasis * y[..., :-1]
    return after if config.preemphasis_scope == "valid" else np.append(y[..., :1], after, axis=-1)


def _frames(y: Real, config: MelConfig) -> Real:
    """Cut frames of `n_fft` samples from the signal and what lies beyond it."""
    n = y.shape[-1]
    padding = _padding(config)
    start = config.hop_length * np.arange(_n_frames(n, config)) - padding[0]
    position = start + np.arange(config.n_fft)[:, np.newaxis]
    if n == 0:
        return np.zeros((*y.shape[:-1], *position.shape))
    frames: Real = y[..., position.clip(0, n - 1)]
    modes = (config.pad_mode,) * 2 if isinstance(config.pad_mode, str) else config.pad_mode
    for mode, width, outside in zip(modes, padding, (position < 0, position >= n), strict=True):
        frames = np.where(outside, _beyond(y, position, mode, width), frames)
    return frames


def _frame_length(config: MelConfig) -> int:
    window = config.win_length if config.window_position == "left" else None
    return config.frame_length or window or config.n_fft


def _padding(config: MelConfig) -> tuple[int, int]:
    """Return the samples before and after the signal that belong to it when frames are counted."""
    half = _frame_length(config) // 2
    named = {"center": (half, half), "none": (0, 0)}
    return named[config.padding] if isinstance(config.padding, str) else config.padding


def _n_frames(n: int, config: MelConfig) -> int:
    hop, length = config.hop_length, _frame_length(config)
    padded = n + sum(_padding(config))
    if config.padding == "center":  # on an odd length, an empty signal has its frame all the same
        padded = max(padded, length)
    counts = {
        "whole": 1 + (padded - length) // hop if padded >= length else 0,
        "floor": n // hop,
        "round": (n + hop // 2) // hop,
        "ceil": -(-n // hop),
        "tail": 1 + max(0, -(-(padded - length) // hop)),
    }
    return counts[config.frame_count]


def _beyond(y: Real, position: NDArray[np.intp], mode: str, width: int) -> Real:
    """Return the samples that a pad mode puts at positions outside of the signal."""
    n = y.shape[-1]
    if mode == "constant":
        return np.zeros(1)
    if mode == "linear_ramp":  # to 0 over the width of the padding
        distance = np.maximum(-position, position - (n - 1))
        ramp: Real = np.maximum(0, 1 - distance / max(width, 1)) * y[..., position.clip(0, n - 1)]
        return ramp
    if mode == "reflect" and n <= width:
        raise ValueError(f'y has {n} samples; pad_mode="reflect" needs more than {width}')
    if mode == "edge":
        source = position.clip(0, n - 1)
    elif mode == "symmetric":
        there = position % (2 * n)
        source = np.minimum(there, 2 * n - 1 - there)
    else:  # "reflect", once or "reflect_repeatedly": back and forth without repeating the ends
        period = max(1, 2 * (n - 1))
        there = position % period
        source = np.minimum(there, period - there)
    samples_there: Real = y[..., source]
    return samples_there


def _window(config: MelConfig) -> tuple[slice, Real]:
    """Return where in a frame the window lies, and the window."""
    length = config.win_length or config.n_fft
    begin = (config.n_fft - length) // 2 if config.window_position == "center" else 0
    return slice(begin, begin + length), get_window(config.window, length)


def _dithered(x: Real, config: MelConfig, noise: ArrayLike | None, scope: str) -> Real:
    """Add noise to the signal, or to the frames, where the window is."""
    if config.dither == 0 or config.dither_scope != scope:
        return x
    if noise is None:
        raise ValueError(f"dither={config.dither} needs noise: the deviates that it is made of")
    dithered: Real = x.copy()
    where = (..., _window(config)[0], slice(None)) if scope == "frame" else ...
    dithered[where] += config.dither * np.asarray(noise, dtype=np.float64)
    return dithered


def _prepared(frames: Real, config: MelConfig) -> tuple[Real, Real]:
    """Return windowed frames, after what Kaldi does to them, and the energy of each frame.

    All of it sees the samples under the window alone.
    """
    where, window = _window(config)
    x = frames[..., where, :]
    if config.remove_dc_offset:
        x = x - x.mean(axis=-2, keepdims=True)
    energy = np.sum(x**2, axis=-2, keepdims=True)
    if config.preemphasis_scope == "frame":  # the first sample precedes itself
        x = x - config.preemphasis * np.concatenate([x[..., :1, :], x[..., :-1, :]], axis=-2)
    windowed = np.zeros_like(frames)
    windowed[..., where, :] = x * window[:, np.newaxis]
    if config.energy_of == "windowed":
        energy = np.sum(windowed**2, axis=-2, keepdims=True)
    return windowed, energy


def _power_spectrum(frames: Real, config: MelConfig) -> Real:
    z = np.fft.rfft(frames, axis=-2)
    squared = np.maximum(z.real**2 + z.imag**2, config.spectrum_floor) + config.spectrum_offset
    spectrum: Real = squared ** (config.power / 2)
    return spectrum


def _bands(spectrum: Real, config: MelConfig) -> Real:
    if config.n_mels is None:
        return spectrum
    bands: Real = config.mel_gain * np.matmul(_filters(config), spectrum)
    return bands


def _logarithm(x: Real | np.float64, log: str) -> Real:
    logarithms: dict[str, Callable[[Any], Real]] = {
        "ln": np.log,
        "log10": np.log10,
        "log2": np.log2,
        "dB": lambda v: 10 * np.log10(v),
        "ln_above_e": _ln_above_e,
    }
    return logarithms[log](x)


def _ln_above_e(x: Real) -> Real:
    """Return the logarithm above e, and then divide by e what is not above e.

    That is two steps down, at e and at e to the e, where a curve without steps was meant; but
    models are trained with torchaudio's ``_piecewise_linear_log``, which works in place.
    """
    x = np.where(x > np.e, np.log(np.maximum(x, np.e)), x)
    return np.where(x <= np.e, x / np.e, x)


def _leveled(x: Real, config: MelConfig) -> Real:
    """Return the logarithm, in the range that is left to it, moved and scaled."""
    if config.log != "none":
        x = _logarithm(np.maximum(x, config.log_floor) + config.log_offset, config.log)
        if config.ref == "max":
            x = x - _peak(x, (-2, -1))
        else:
            log = config.log.removesuffix("_above_e")  # a reference of 1 changes nothing
            x = x - _logarithm(np.float64(config.ref), log)
        if config.dynamic_range is not None:
            peaks = {"item": _peak(x, (-2, -1)), "batch": _peak(x, None)}
            peak = peaks[config.peak] if isinstance(config.peak, str) else config.peak
            x = np.maximum(x, peak - config.dynamic_range)
    x = (x + config.shift) * config.gain
    return x if config.clip is None else np.clip(x, *config.clip)


def _peak(x: Real, axis: tuple[int, ...] | None) -> Real:
    peak: Real = x.max(axis=axis, keepdims=True, initial=-np.inf)  # there may be no frame
    return peak


def _cepstra(x: Real, config: MelConfig) -> Real:
    """Return the first rows of the cosine transform, each with its lifter."""
    if config.n_mfcc is None:
        return x
    rank = np.arange(config.n_mfcc)
    basis = dct_matrix(x.shape[-2])[: config.n_mfcc]
    if config.mfcc_norm == "htk":
        basis[0] *= np.sqrt(2)
    if config.lifter > 0:
        phase = np.pi * (rank + config.lifter_offset) / config.lifter
        basis *= (1 + config.lifter / 2 * np.sin(phase))[:, np.newaxis]
    cepstra: Real = np.matmul(basis, x)
    return cepstra


def _with_energy(x: Real, energy: Real, config: MelConfig) -> Real:
    """Put Kaldi's log energy in its place.

    It is a further feature of bands; it replaces bin 0 of a spectrum and coefficient 0 of cepstra.
    With `htk_compat` it, or coefficient 0 as HTK scales it, comes last.
    """
    if config.use_energy:
        first = np.log(np.maximum(energy, config.energy_floor))
    elif config.htk_compat and config.n_mfcc is not None:
        first = np.sqrt(2) * x[..., :1, :]
    else:
        return x
    cepstra = config.n_mfcc is not None
    others = x[..., 1:, :] if cepstra or config.n_mels is None else x
    last = config.htk_compat and (cepstra or config.n_mels is not None)
    return np.concatenate([others, first] if last else [first, others], axis=-2)


def _normalized(x: Real, config: MelConfig) -> Real:
    if config.normalize is None or x.shape[-1] == 0:
        return x
    if config.normalize == "pcen":
        return _pcen(x, config)
    if config.normalize_window is None:
        return _standardized(x, x, config)
    n, frames = x.shape[-1], []
    for t in range(n):
        first, end = _sliding_window(t, n, config)
        frames.append(_standardized(x[..., t : t + 1], x[..., first:end], config))
    return np.concatenate(frames, axis=-1)


def _pcen(x: Real, config: MelConfig) -> Real:
    normalized = pcen(
        x,
        sr=config.sample_rate,
        hop_length=config.hop_length,
        gain=config.pcen_gain,
        bias=config.pcen_bias,
        power=config.pcen_power,
        time_constant=config.pcen_time_constant,
        eps=config.pcen_eps,
    )
    return np.asarray(normalized)


def _sliding_window(t: int, n: int, config: MelConfig) -> tuple[int, int]:
    """Return the first frame of frame t's window, and the one after its last, of `n` frames."""
    before, after = config.normalize_window or (n, n)
    first, end = max(0, t - before), min(n, t + after + 1)
    missing = max(0, config.normalize_min_window - (end - first))
    if first > t - before:
        end = min(n, end + missing)
    elif end < t + after + 1:
        first = max(0, first - missing)
    return first, end


def _standardized(x: Real, frames: Real, config: MelConfig) -> Real:
    """Return `x` less the mean of `frames`, and divided by their standard deviation if wanted."""
    axes = -1 if config.normalize_axis == "time" else (-2, -1)
    # The first value goes first: equal values then have themselves as their mean, exactly.
    first = frames[..., :1] if config.normalize_axis == "time" else frames[..., :1, :1]
    frames = frames - first
    mean = frames.mean(axis=axes, keepdims=True)
    x, frames = x - first - mean, frames - mean
    if config.normalize == "mean":
        return x
    count = frames.shape[-1] * (1 if config.normalize_axis == "time" else frames.shape[-2])
    free = np.float64(count - config.normalize_ddof)
    with np.errstate(all="ignore"):  # without two values that are free, 0 / 0 is no number
        variance = np.sum(frames**2, axis=axes, keepdims=True) / free
        eps = config.normalize_eps
        divisors = {
            "std": np.sqrt(variance) + eps,
            "variance": np.sqrt(variance + eps),
            "floor": np.maximum(np.sqrt(variance), eps),
        }
        divisor = divisors[config.normalize_eps_to]
        normalized: Real = x / np.where(divisor == 0, 1.0, divisor)  # values that are all equal
    return normalized


def _stacked(x: Real, config: MelConfig) -> Real:
    """Join `stack` frames to one, every `stack_stride` frames."""
    size, stride = config.stack, config.stack_stride or config.stack
    if (size, stride) == (1, 1):
        return x
    n = x.shape[-1]
    if n == 0:
        return np.empty((*x.shape[:-2], size * x.shape[-2], 0))
    if config.stack_tail == "drop":
        count = max(0, 1 + (n + config.stack_left - size) // stride)
    else:
        count = -(-n // stride)
    position = stride * np.arange(count) - config.stack_left + np.arange(size)[:, np.newaxis]
    frames = x[..., position.clip(0, n - 1)]
    if not isinstance(config.stack_tail, str):
        frames = np.where(position >= n, config.stack_tail, frames)
    # (..., feature, place, frame): the features of a joined frame are those of its first, second...
    by_place = np.swapaxes(frames, -3, -2)
    return by_place.reshape(*x.shape[:-2], size * x.shape[-2], count)
