"""Spectra and mel spectra: librosa's functions on the core."""

from __future__ import annotations

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from . import _core, decibels
from .arrays import Array, _as_ndarray, as_features, as_samples, check_out
from .filterbank import mel_filterbank
from .framing import positive_int
from .plan import (
    Bands,
    Plan,
    Precision,
    build,
    centred,
    check_precision,
    freeze_window,
    padded,
    run,
    window_values,
)
from .threads import resolve_workers
from .windows import WindowLike

__all__ = ["istft", "log_melspectrogram", "melspectrogram", "mfcc", "spectrogram", "stft"]

PadMode = str | Callable[..., Any]
Reference = float | Callable[..., Any] | ArrayLike


def _prepare(
    y: Array,
    n_fft: Any,
    hop_length: Any,
    win_length: Any,
    window: WindowLike,
    center: bool,
    pad_mode: PadMode,
    power: float | None,
    bands: Bands | None,
    level: tuple[tuple[str, Any], ...] | None,
    precision: str,
) -> tuple[Array, Plan, int]:
    """Find the plan, check that `y` fits it, and count the frames."""
    if not isinstance(window, (str, tuple, float, int)):
        size = n_fft if win_length is None else win_length
        window = freeze_window(
            window, positive_int(size, "win_length"), positive_int(n_fft, "n_fft")
        )
    if center and callable(pad_mode):
        y, center, pad_mode = padded(y, pad_mode, positive_int(n_fft, "n_fft")), False, "constant"
    plan = build(
        n_fft,
        hop_length,
        win_length,
        window,
        bool(center),
        pad_mode,
        power,
        bands,
        level,
        precision,
    )
    n_samples = y.shape[-1]
    if n_samples < plan.n_fft:
        _check_short(n_samples, plan)
    if plan.warning:
        warnings.warn(plan.warning, stacklevel=3)
    return y, plan, plan.n_frames(n_samples)


def _check_short(n_samples: int, plan: Plan) -> None:
    if not plan.center:
        raise ValueError(
            f"y has {n_samples} samples, fewer than n_fft={plan.n_fft}; use center=True, a "
            "shorter n_fft, or pad the signal"
        )
    if n_samples == 0 and plan.pad_mode != "constant":
        raise ValueError(f"y is empty, and pad_mode={plan.pad_mode!r} has no sample to repeat")
    warnings.warn(
        f"n_fft={plan.n_fft} is too large for an input signal of length {n_samples}",
        stacklevel=4,
    )


def _complex_dtypes(precision: str) -> tuple[type, ...]:
    return (np.complex64, np.complex128) if precision == "double" else (np.complex64,)


def _compute_precision(precision: str, y: Array, *dtypes: DTypeLike) -> Precision:
    """float64 input or output is computed in double whatever was asked for."""
    if precision == "single" and (
        y.dtype == np.float64
        or any(d is not None and np.dtype(d).itemsize == 8 * (1 + (np.dtype(d).kind == "c"))
               for d in dtypes)
    ):
        return "double"
    return precision  # type: ignore[return-value]


def stft(
    y: Any,
    *,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    pad_mode: PadMode = "constant",
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Short-time Fourier transform.

    Parameters
    ----------
    y : array, shape (..., n_samples)
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
    n_fft : int, default 2048
        Length of the transform, in samples; any length, odd or prime as well.
    hop_length : int, optional
        Samples between frames; ``win_length // 4`` by default.
    win_length : int, optional
        Length of the window, at most `n_fft` (the default), centred in the frame.
    window : str, tuple, float, array or callable, default "hann"
        Anything that :func:`fastmel.get_window` accepts.
    center : bool, default True
        Centre frame `t` on sample ``t * hop_length`` by padding ``n_fft // 2`` samples on both
        sides; False starts it there.
    dtype : complex dtype, optional
        complex64 for single- and complex128 for double-precision input by default.
    pad_mode : str or callable, default "constant"
        With `center`: "constant" (zeros), "edge", "reflect", "symmetric", "linear_ramp", "empty",
        or a function for :func:`numpy.pad`.
    out : ndarray, optional
        Where to write: complex, of the result's shape, or with more frames than that, of which the
        leading ones are used and returned. `dtype` is ignored then.
    workers : int, optional
        Threads; by default one for short signals. -1 means all CPUs. The result is the same.
    precision : {"double", "single"}, default "double"
        Precision of the computation. librosa's is "double"; "single" is twice as fast.

    Returns
    -------
    ndarray, shape (..., 1 + n_fft // 2, n_frames)
        Complex spectrum, the bins of each frame adjacent in memory. ``n_frames`` is
        ``1 + (n_samples + 2 * (n_fft // 2) - n_fft) // hop_length`` when centred, else
        ``1 + (n_samples - n_fft) // hop_length``.

    Raises
    ------
    ValueError
        For sizes that are not positive, ``win_length > n_fft``, an unknown window or pad mode,
        samples that are not finite, a signal too short for ``center=False``, or an `out` that does
        not fit.
    TypeError
        For samples that are not real numbers.

    Warns
    -----
    UserWarning
        If `y` is shorter than `n_fft`.

    See Also
    --------
    istft : the inverse.
    spectrogram : magnitudes.

    Notes
    -----
    Equals :func:`librosa.stft`. With ``pad_mode="reflect"`` the padding is that of
    :func:`numpy.pad` on the whole signal; librosa pads a slice, which can differ in the last sample
    of the last frame.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.sin(2 * np.pi * 440 / 22050 * np.arange(22050, dtype=np.float32))
    >>> D = fastmel.stft(y)
    >>> D.shape, D.dtype
    ((1025, 44), dtype('complex64'))
    >>> int(abs(D[:, 20]).argmax() * 22050 / 2048)
    441
    """
    y = as_samples(y)
    precision = _compute_precision(precision, y, None if out is None else getattr(out, "dtype", None),
                                   dtype)
    y, plan, n_frames = _prepare(
        y, n_fft, hop_length, win_length, window, center, pad_mode, None, None, None, precision
    )
    if out is None:
        kind = np.dtype(dtype) if dtype is not None else (
            np.complex128 if y.dtype == np.float64 else np.complex64
        )
        if kind not in (np.complex64, np.complex128):
            raise TypeError(f"dtype must be complex64 or complex128; got {np.dtype(kind).name}")
        result = _frames_adjacent((*y.shape[:-1], plan.n_features, n_frames), kind)
    else:
        shape = (*y.shape[:-1], plan.n_features, n_frames)
        result = check_out(out, shape, (np.complex64, np.complex128), y, longer=True)
    run(plan, y, result, workers)
    return out if out is not None and out.shape == result.shape else result


def _frames_adjacent(shape: tuple[int, ...], dtype: DTypeLike) -> Array:
    """Allocate (..., features, frames) with the features of a frame adjacent in memory."""
    out: Array = np.empty((*shape[:-2], shape[-1], shape[-2]), dtype).swapaxes(-1, -2)
    return out


def spectrogram(
    y: Any,
    *,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    power: float = 2.0,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Magnitude of the short-time Fourier transform, raised to a power.

    Parameters
    ----------
    y : array, shape (..., n_samples)
        Signal; see :func:`stft` for this and the parameters that are not listed.
    n_fft, hop_length, win_length, window, center, pad_mode, workers, precision
        As in :func:`stft`; `hop_length` is 512 by default.
    power : float, default 2.0
        Exponent of the magnitude: 1 for amplitudes, 2 for power.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape or with more frames.

    Returns
    -------
    ndarray, shape (..., 1 + n_fft // 2, n_frames)
        ``abs(stft(y)) ** power``, float32 (float64 for float64 input). The complex spectrum is
        never stored.

    Raises
    ------
    ValueError, TypeError
        As :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> S = fastmel.spectrogram(np.ones(4096, dtype=np.float32), n_fft=1024, power=1)
    >>> S.shape, float(S[0, 4].round(3))
    ((513, 9), 512.0)
    """
    y = as_samples(y)
    precision = _compute_precision(precision, y, getattr(out, "dtype", None))
    y, plan, n_frames = _prepare(
        y, n_fft, hop_length, win_length, window, center, pad_mode, power, None, None, precision
    )
    shape = (*y.shape[:-1], plan.n_features, n_frames)
    if out is None:
        result = _frames_adjacent(shape, np.float64 if y.dtype == np.float64 else np.float32)
    else:
        result = check_out(out, shape, (np.float32, np.float64), y, longer=True)
    run(plan, y, result, workers)
    return out if out is not None and out.shape == result.shape else result


def _mel_dtype(dtype: DTypeLike, name: str = "dtype") -> str:
    kind = np.dtype(dtype)
    if kind == np.float64:
        return "float64"
    if kind in (np.float32, np.float16):
        return "float32"
    raise TypeError(f"{name} must be a real floating type; got {kind}")


def _mel_result(
    y: Array, plan: Plan, n_frames: int, mel_dtype: str, out: Array | None
) -> tuple[Array, Array]:
    """Return the array to write and the array to return."""
    shape = (*y.shape[:-1], plan.n_features, n_frames)
    if out is None:
        wide = y.dtype == np.float64 or mel_dtype == "float64"
        result = np.empty(shape, np.float64 if wide else np.float32)
        return result, result
    result = check_out(out, shape, (np.float32, np.float64), y, longer=True)
    return result, out if out.shape == result.shape else result


def _on_spectrogram(
    S: Any, sr: float, n_fft: int | None, mel: dict[str, Any], out: Any, precision: str
) -> Array:
    """Apply a mel filterbank to a spectrogram that the caller has."""
    S = as_features(S)
    if S.ndim < 2:
        raise ValueError(f"S must have at least two axes, (..., bins, frames); got shape {S.shape}")
    n_bins = S.shape[-2]
    if n_bins < 2:
        raise ValueError(f"S must have at least 2 frequency bins; got {n_bins}")
    if n_fft is None or n_fft // 2 + 1 != n_bins:
        n_fft = 2 * (n_bins - 1)
    dense = mel_filterbank(sr=sr, n_fft=n_fft, **mel)
    result_type = np.result_type(S.dtype, _mel_dtype(dense.dtype))
    shape = (*S.shape[:-2], dense.shape[0], S.shape[-1])
    if out is None:
        result = np.empty(shape, result_type)
    else:
        result = check_out(out, shape, (np.float32, np.float64), S, longer=True)
    if result.dtype == np.float64:
        precision = "double"
    _core.Filterbank(np.ascontiguousarray(dense, np.float64), precision).apply(S, result)
    return out if out is not None and out.shape == result.shape else result


def melspectrogram(
    *,
    y: Any = None,
    sr: float = 22050,
    S: Any = None,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Any = "slaney",
    dtype: DTypeLike = np.float32,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Mel spectrogram of a signal, or of a spectrogram.

    Parameters
    ----------
    y : array, shape (..., n_samples), optional
        Signal; see :func:`stft`.
    sr : float, default 22050
        Sample rate in Hz.
    S : array, shape (..., 1 + n_fft // 2, n_frames), optional
        A (power) spectrogram, used instead of `y` if given.
    n_fft, hop_length, win_length, window, center, pad_mode, workers, precision
        As in :func:`stft`; `hop_length` is 512 by default.
    power : float, default 2.0
        Exponent of the magnitude spectrum.
    n_mels, fmin, fmax, htk, norm, dtype
        The filterbank, as in :func:`fastmel.mel_filterbank`.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape or with more frames.

    Returns
    -------
    ndarray, shape (..., n_mels, n_frames)
        Energy of each mel band, float32 (float64 if the input or `dtype` is). Neither frames nor
        spectra are stored on the way.

    Raises
    ------
    ValueError
        If neither `y` nor `S` is given, for ``fmin >= fmax``, and as :func:`stft`.
    TypeError
        As :func:`stft`.

    Warns
    -----
    UserWarning
        If some mel bands cover no FFT bin, or `y` is shorter than `n_fft`.

    Notes
    -----
    Equals :func:`librosa.feature.melspectrogram`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.sin(2 * np.pi * 1000 / 22050 * np.arange(22050, dtype=np.float32))
    >>> M = fastmel.melspectrogram(y=y, sr=22050, n_mels=64)
    >>> M.shape, int(M[:, 20].argmax())
    ((64, 44), 19)
    """
    mel = {"n_mels": n_mels, "fmin": fmin, "fmax": fmax, "htk": htk, "norm": norm, "dtype": dtype}
    if S is not None:
        check_precision(precision)
        return _on_spectrogram(S, sr, n_fft, mel, out, precision)
    if y is None:
        raise ValueError("either y (samples) or S (a spectrogram) must be given")
    y = as_samples(y)
    kind = _mel_dtype(dtype)
    precision = _compute_precision(precision, y, kind, getattr(out, "dtype", None))
    bands = Bands(sr, n_mels, fmin, fmax, htk, norm, kind)
    y, plan, n_frames = _prepare(
        y, n_fft, hop_length, win_length, window, center, pad_mode, power, bands, None, precision
    )
    result, returned = _mel_result(y, plan, n_frames, kind, out)
    run(plan, y, result, workers)
    return returned


def log_melspectrogram(
    *,
    y: Any = None,
    sr: float = 22050,
    S: Any = None,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    power: float = 2.0,
    n_mels: int = 128,
    fmin: float = 0.0,
    fmax: float | None = None,
    htk: bool = False,
    norm: Any = "slaney",
    dtype: DTypeLike = np.float32,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: decibels.Axes = "auto",
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Mel spectrogram in decibels, in one go.

    Equals ``power_to_db(melspectrogram(...), ref=ref, amin=amin, top_db=top_db, axes=axes)`` bit
    for bit, without the intermediate array.

    Parameters
    ----------
    y, sr, S, n_fft, hop_length, win_length, window, center, pad_mode, power
        As in :func:`melspectrogram`.
    n_mels, fmin, fmax, htk, norm, dtype, out, workers, precision
        As in :func:`melspectrogram`.
    ref, amin, top_db, axes
        As in :func:`power_to_db`. ``ref=np.max`` is computed on the way.

    Returns
    -------
    ndarray, shape (..., n_mels, n_frames)
        Levels in dB relative to `ref`.

    Raises
    ------
    ValueError, TypeError
        As :func:`melspectrogram` and :func:`power_to_db`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.sin(2 * np.pi * 1000 / 22050 * np.arange(22050, dtype=np.float32))
    >>> L = fastmel.log_melspectrogram(y=y, ref=np.max)
    >>> L.shape, float(L.max()), float(L.min())
    ((128, 44), 0.0, -80.0)
    """
    level = decibels.fused_level(ref, amin, top_db, axes) if S is None else None
    if level is None:
        mel = melspectrogram(
            y=y, sr=sr, S=S, n_fft=n_fft, hop_length=hop_length, win_length=win_length,
            window=window, center=center, pad_mode=pad_mode, power=power, n_mels=n_mels, fmin=fmin,
            fmax=fmax, htk=htk, norm=norm, dtype=dtype, out=out, workers=workers,
            precision=precision,
        )
        mel[...] = decibels.power_to_db(
            mel, ref=ref, amin=amin, top_db=top_db, axes=axes, precision=precision
        )
        return mel
    if y is None:
        raise ValueError("either y (samples) or S (a spectrogram) must be given")
    y = as_samples(y)
    kind = _mel_dtype(dtype)
    precision = _compute_precision(precision, y, kind, getattr(out, "dtype", None))
    bands = Bands(sr, n_mels, fmin, fmax, htk, norm, kind)
    y, plan, n_frames = _prepare(
        y, n_fft, hop_length, win_length, window, center, pad_mode, power, bands, level, precision
    )
    result, returned = _mel_result(y, plan, n_frames, kind, out)
    run(plan, y, result, workers)
    return returned


@functools.lru_cache(maxsize=32, typed=True)
def _cosine_transform(
    n_mels: int, n_mfcc: int | None, dct_type: int, norm: str | None, lifter: float, precision: str
) -> tuple[_core.Filterbank, int]:
    """Return the rows of the cosine transform that MFCCs keep, times the lifter."""
    basis = dct_matrix(n_mels, dct_type, norm)[:n_mfcc]
    if lifter > 0:
        n = np.arange(1, 1 + len(basis))
        basis = basis * (1 + lifter / 2 * np.sin(np.pi * n / lifter))[:, None]
    return _core.Filterbank(np.ascontiguousarray(basis), precision), len(basis)


def dct_matrix(n: int, dct_type: int, norm: str | None) -> NDArray[np.float64]:
    """Return the discrete cosine transform of `n` points as a matrix, in SciPy's conventions."""
    k, i = np.ogrid[:n, :n]
    if dct_type == 1:
        if n < 2:
            raise ValueError("dct_type=1 needs at least 2 mel bands")
        basis = 2.0 * np.cos(np.pi * k * i / (n - 1))
        basis[:, [0, -1]] /= 2
        scale = 2.0 * (n - 1)
        if norm == "ortho":
            basis[:, [0, -1]] *= math.sqrt(2)
            basis[[0, -1]] /= math.sqrt(2)
    elif dct_type == 2:
        basis = 2.0 * np.cos(np.pi * k * (2 * i + 1) / (2 * n))
        scale = 2.0 * n
        if norm == "ortho":
            basis[0] /= math.sqrt(2)
    elif dct_type == 3:
        basis = 2.0 * np.cos(np.pi * (2 * k + 1) * i / (2 * n))
        basis[:, 0] /= 2
        scale = 2.0 * n
        if norm == "ortho":
            basis[:, 0] *= math.sqrt(2)
    elif dct_type == 4:
        basis = 2.0 * np.cos(np.pi * (2 * k + 1) * (2 * i + 1) / (4 * n))
        scale = 2.0 * n
    else:
        raise ValueError(f"dct_type={dct_type!r}; accepted: 1, 2, 3, 4")
    factors = {"ortho": 1 / math.sqrt(scale), "forward": 1 / scale, "backward": 1.0, None: 1.0}
    if norm not in factors:
        raise ValueError(f'norm={norm!r}; accepted: "ortho", "forward", "backward", None')
    result: NDArray[np.float64] = basis * factors[norm]
    return result


def mfcc(
    *,
    y: Any = None,
    sr: float = 22050,
    S: Any = None,
    n_mfcc: int | None = 20,
    dct_type: int = 2,
    norm: str | None = "ortho",
    lifter: float = 0,
    mel_norm: Any = "slaney",
    precision: Precision = "double",
    **kwargs: Any,
) -> NDArray[Any]:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    y, sr : optional
        Signal (..., n_samples) and its sample rate, as in :func:`melspectrogram`.
    S : array, shape (..., n_mels, n_frames), optional
        A log-power mel spectrogram, used instead of `y` if given.
    n_mfcc : int, default 20
        Number of coefficients to keep; None keeps all.
    dct_type : {1, 2, 3, 4}, default 2
        Type of the cosine transform.
    norm : {"ortho", "forward", "backward", None}, default "ortho"
        Its normalisation, as in :func:`scipy.fft.dct`.
    lifter : float, default 0
        Coefficient `n`, counted from 0, is multiplied by
        ``1 + lifter / 2 * sin(pi * (n + 1) / lifter)``; 0 leaves them alone.
    mel_norm : default "slaney"
        `norm` of the mel filterbank.
    precision : {"double", "single"}, default "double"
        Precision of the computation.
    **kwargs
        For :func:`melspectrogram`: `n_fft`, `hop_length`, `n_mels`, `workers`, ...

    Returns
    -------
    ndarray, shape (..., n_mfcc, n_frames)
        Coefficients; float32, float64 for float64 input.

    Raises
    ------
    ValueError, TypeError
        For a `lifter` below 0, an unknown `dct_type` or `norm`, and as :func:`melspectrogram`.

    Notes
    -----
    Equals :func:`librosa.feature.mfcc` of librosa 1.0: the mel spectrogram is in dB, at most 80 dB
    below the maximum of its last two axes.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.sin(2 * np.pi * 1000 / 22050 * np.arange(22050, dtype=np.float32))
    >>> fastmel.mfcc(y=y, n_mfcc=13).shape
    (13, 44)
    """
    if not lifter >= 0:
        raise ValueError(f"lifter must be 0 or greater; got {lifter!r}")
    check_precision(precision)
    if S is None:
        S = log_melspectrogram(y=y, sr=sr, norm=mel_norm, precision=precision, **kwargs)
    S = as_features(S)
    if S.ndim < 2:
        raise ValueError(f"S must have at least two axes, (..., n_mels, frames); got {S.shape}")
    precision = _compute_precision(precision, S)
    basis, rows = _cosine_transform(S.shape[-2], n_mfcc, dct_type, norm, lifter, precision)
    out = np.empty((*S.shape[:-2], rows, S.shape[-1]), S.dtype)
    basis.apply(S, out)
    return out


def _inverse_length(
    n_frames: int, n_fft: int, hop_length: int, center: bool, length: int | None
) -> tuple[int, int]:
    """Return the number of frames to use and of samples to return, as librosa counts them."""
    trim = 2 * (n_fft // 2) if center else 0
    if length is None or length == 0:
        if n_frames == 0:
            raise ValueError("stft_matrix has no frames; give a length to get silence")
        return n_frames, max(0, n_fft + hop_length * (n_frames - 1) - trim)
    length = positive_int(length, "length")
    return min(n_frames, -(-(length + trim) // hop_length)), length


def istft(
    stft_matrix: Any,
    *,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    length: int | None = None,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
) -> NDArray[Any]:
    """Inverse short-time Fourier transform.

    Frames are transformed back, windowed, overlap-added, and divided by the summed squares of the
    window (Griffin and Lim, 1984).

    Parameters
    ----------
    stft_matrix : complex array, shape (..., 1 + n_fft // 2, n_frames)
        Spectrum, as from :func:`stft`.
    hop_length, win_length, window, center
        As they were given to :func:`stft`.
    n_fft : int, optional
        Length of the transform; ``2 * (bins - 1)`` by default, so it must be given if odd.
    dtype : real dtype, optional
        float32 for complex64 and float64 for complex128 by default.
    length : int, optional
        Samples to return: the signal is cut or padded with zeros to it.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape.
    workers : int, optional
        Threads; each handles whole items of the leading axes.
    Returns
    -------
    ndarray, shape (..., n_samples)
        Signal.

    Raises
    ------
    ValueError
        For sizes that are not positive or do not fit together.
    TypeError
        If `stft_matrix` is not a numeric array.

    Notes
    -----
    Equals :func:`librosa.istft`: the transform runs in the precision of the spectrum, the window and
    the sums in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    >>> bool(np.allclose(fastmel.istft(fastmel.stft(y), length=len(y)), y, atol=1e-6))
    True
    """
    D = _as_ndarray(stft_matrix, "stft_matrix")
    if D.ndim < 2:
        raise ValueError(f"stft_matrix must be (..., bins, frames); got shape {D.shape}")
    if D.dtype.kind not in "fciu":
        raise TypeError(f"stft_matrix must be complex; got dtype {D.dtype}")
    n_fft = positive_int(2 * (D.shape[-2] - 1) if n_fft is None else n_fft, "n_fft")
    window = freeze_window(window, n_fft if win_length is None else win_length, n_fft)
    wide = D.dtype in (np.complex128, np.float64)
    target = np.dtype(dtype if dtype is not None else np.float64 if wide else np.float32)
    if out is not None:
        target = np.dtype(getattr(out, "dtype", target))
    if target not in (np.float32, np.float64):
        raise TypeError(f"dtype must be float32 or float64; got {target}")
    wide = wide or target == np.float64
    precision = "double" if wide else "single"
    plan = build(n_fft, hop_length, win_length, window, False, "constant", None, None, None,
                 precision)  # fmt: skip
    n_frames, n_samples = _inverse_length(
        D.shape[-1], n_fft, plan.hop_length, bool(center), length
    )
    shape = (*D.shape[:-2], n_samples)
    result = np.empty(shape, target) if out is None else check_out(
        out, shape, (np.float32, np.float64), D
    )
    full = _inverse_plan(plan, window, win_length, precision, bool(center))
    D = _fit_bins(D[..., :n_frames], n_fft // 2 + 1,
                  np.complex128 if wide else np.complex64)  # fmt: skip
    direct = result.strides[-1] == result.itemsize and result.dtype == D.real.dtype
    to = result if direct else np.empty(shape, D.real.dtype)
    to[...] = 0
    smallest = float(np.finfo(target).tiny)
    full.invert(D, to, smallest, resolve_workers(workers, to.size * 8))
    if to is not result:
        result[...] = to
    return result if out is None else out


@functools.lru_cache(maxsize=64, typed=True)
def _inverse_plan(
    plan: Plan, window: Any, win_length: int | None, precision: str, center: bool
) -> _core.Plan:
    """Return the plan of the inverse, whose offset is what is trimmed at the start."""
    values = window_values(window, plan.n_fft if win_length is None else win_length)
    return _core.Plan(
        n_fft=plan.n_fft,
        hop_length=plan.hop_length,
        offset=plan.n_fft // 2 if center else 0,
        pad_mode="constant",
        window=centred(values, plan.n_fft),
        precision=precision,
        power=None,
        inverse=True,
    )


def _fit_bins(D: Array, n_bins: int, dtype: DTypeLike) -> Array:
    """Cut or zero-pad the bins to those of the transform, as an inverse real FFT does."""
    if D.shape[-2] > n_bins:
        D = D[..., :n_bins, :]
    elif D.shape[-2] < n_bins:
        short = D
        D = np.zeros((*short.shape[:-2], n_bins, short.shape[-1]), dtype)
        D[..., : short.shape[-2], :] = short
    if D.dtype != dtype or any(s % (D.itemsize // 2) for s in D.strides) or not D.flags.aligned:
        D = D.astype(dtype)
    return D
