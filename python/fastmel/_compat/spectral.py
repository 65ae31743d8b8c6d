"""Spectra and mel spectra: librosa's functions on the core."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import _core
from .._base.arrays import (
    REAL,
    Array,
    as_array,
    as_features,
    as_samples,
    check_out,
    in_steps,
    is_wide,
    pcm_to_float,
)
from .._base.cache import cached
from .._base.checks import (
    Precision,
    brief,
    choice,
    compute_precision,
    flag,
    integer,
    meant,
    number,
    warn,
)
from .._base.threads import resolve_workers
from .._engine.filterbank import check_norm
from .._engine.plan import (
    COMPLEX,
    Bank,
    Plan,
    build,
    edges,
    execute,
    freeze_window,
    inverse,
    mel_bank,
)
from .._engine.windows import WindowLike, get_window
from . import decibels

__all__ = ["istft", "log_melspectrogram", "melspectrogram", "mfcc", "spectrogram", "stft"]

PadMode: TypeAlias = str | Callable[..., Any]
Reference: TypeAlias = float | Callable[..., Any] | ArrayLike


def _spectrum(
    y: Any,
    out: Any,
    workers: int | None,
    framing: tuple[Any, ...],
    power: Any,
    precision: Any,
    level: tuple[tuple[str, Any], ...] | None = None,
    mel: tuple[Any, ...] = (),
    dtype: type | None = None,
) -> Array:
    """Compute the chain of these arguments, which are those of ``build``.

    They are checked when the plan is made, which is cached, so that checks cost a call nothing.
    """
    y = as_samples(y)
    n_fft, hop_length, win_length, window, center, pad_mode = framing
    wide = is_wide(y) or is_wide(out) or dtype is np.complex128
    if not isinstance(window, str):
        window = freeze_window(window, n_fft, win_length)
    if callable(pad_mode) and flag("center", center):
        y = _padded(y, pad_mode, integer("n_fft", n_fft))
        center, pad_mode = False, "constant"
    plan = build(
        wide, n_fft, hop_length, win_length, window, center, pad_mode, power, precision, level, *mel
    )
    n_samples = y.shape[-1]
    if n_samples < plan.n_fft:
        _check_short(n_samples, plan)
    if plan.warning:
        warn(plan.warning)
    return execute(plan, y, out, workers, dtype)


def _padded(y: Array, pad_mode: Callable[..., Any], n_fft: int) -> Array:
    """Centre padding by a function, which only :func:`numpy.pad` can apply: a copy."""
    width = [(0, 0)] * (y.ndim - 1) + [(n_fft // 2, n_fft // 2)]
    return np.pad(pcm_to_float(y), width, mode=pad_mode)


def _check_short(n_samples: int, plan: Plan) -> None:
    """Refuse a signal that has no frame; warn about one that is shorter than a frame."""
    if not plan.center:
        raise ValueError(
            f"y has {n_samples} samples, fewer than n_fft={plan.n_fft}; use center=True, a "
            "shorter n_fft, or pad the signal"
        )
    if n_samples == 0 and plan.pad_mode != "constant":
        raise ValueError(f"y is empty, and pad_mode={plan.pad_mode!r} has no sample to repeat")
    warn(f"n_fft={plan.n_fft} is too large for an input signal of length {n_samples}")


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
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
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
        Precision of the computation. librosa's is "double"; "single" is faster.

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
        samples that are not finite, of shape (n_samples, channels) or too few for
        ``center=False``, or an `out` that does not fit.
    TypeError
        For samples that are neither floats nor int16 / int32, or an argument of the wrong type.

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
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    kind = None
    if dtype is not None:
        asked = _dtype_among(dtype, np.complex64, np.complex128)
        kind = asked if out is None else None
    return _spectrum(y, out, workers, framing, COMPLEX, precision, dtype=kind)


def _dtype_among(dtype: DTypeLike, *accepted: type) -> type:
    """Return the accepted type that `dtype` stands for."""
    for kind in accepted:
        try:
            if np.dtype(dtype) == kind:
                return kind
        except (TypeError, ValueError):
            break
    names = " or ".join(kind.__name__ for kind in accepted)
    raise TypeError(f"dtype={brief(dtype)} must be {names}")


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
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    return _spectrum(y, out, workers, framing, power, precision)


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
        A (power) spectrogram, used instead of `y` if given. Arguments that have no effect then are
        checked all the same.
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
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    mel = (sr, n_mels, fmin, fmax, htk, norm, dtype)
    return _mel_spectrum(y, S, out, workers, framing, power, precision, None, mel)


def _mel_spectrum(
    y: Any,
    S: Any,
    out: Any,
    workers: int | None,
    framing: tuple[Any, ...],
    power: Any,
    precision: Any,
    level: tuple[tuple[str, Any], ...] | None,
    mel: tuple[Any, ...],
) -> Array:
    """Mel spectrogram of samples, or of a spectrogram."""
    if S is not None:
        if y is not None or workers is not None:
            _check_samples(y, workers)
        return _mel_of(S, out, framing, power, precision, mel)
    if y is None:
        raise ValueError("y=None and S=None: give samples (y) or a spectrogram (S)")
    return _spectrum(y, out, workers, framing, power, precision, level, mel)


def _check_samples(y: Any, workers: Any) -> None:
    """Refuse samples and threads as a call does that makes use of them."""
    if y is not None:
        as_samples(y)
    if workers is not None:
        resolve_workers(workers, 0)


def _mel_of(
    S: Any, out: Any, framing: tuple[Any, ...], power: Any, precision: Any, mel: tuple[Any, ...]
) -> Array:
    """Apply a mel filterbank to a spectrogram that the caller has."""
    S = as_features(S)
    if S.ndim < 2 or S.shape[-2] < 2:
        raise ValueError(f"S must be (..., bins, frames), of at least 2 bins; got shape {S.shape}")
    wide = is_wide(S) or is_wide(out)
    bank = _bank_of(S.shape[-2], wide, *framing, power, precision, *mel)
    if bank.warning:
        warn(bank.warning)
    return _apply(bank.core, bank.n_bands, S, out, wide or bank.wide)


@cached(maxsize=64)
def _bank_of(
    n_bins: int,
    wide: bool,
    n_fft: Any,
    hop_length: Any,
    win_length: Any,
    window: Any,
    center: Any,
    pad_mode: Any,
    power: Any,
    precision: Any,
    *mel: Any,
) -> Bank:
    """Return the filterbank for a spectrogram of any size, with arguments that made it or another.

    Those are not used, and so are checked one by one.
    """
    if hop_length is not None:
        integer("hop_length", hop_length, most=2**62)
    length = 2048 if win_length is None else integer("win_length", win_length)
    given = isinstance(window, list) or hasattr(window, "__array__")
    get_window(window, np.size(window) if given else length)
    edges(center, pad_mode)
    number("power", power)
    if n_fft is None or integer("n_fft", n_fft) // 2 + 1 != n_bins:
        n_fft = 2 * (n_bins - 1)
    return mel_bank(n_fft, compute_precision(precision, wide), *mel)


def _apply(matrix: _core.Filterbank, n_rows: int, S: Array, out: Array | None, wide: bool) -> Array:
    """Multiply features (..., n, frames) by a matrix (n_rows, n)."""
    shape = (*S.shape[:-2], n_rows, S.shape[-1])
    if out is None:
        out = target = np.empty(shape, np.float64 if wide else np.float32)
    else:
        target = check_out(out, shape, REAL, S, longer=True)
        if target.shape != out.shape:
            out = target
    matrix.apply(S, target)
    return out


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
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    mel = (sr, n_mels, fmin, fmax, htk, norm, dtype)
    level = decibels.fused_level(ref, amin, top_db, axes) if S is None else None
    result = _mel_spectrum(y, S, out, workers, framing, power, precision, level, mel)
    if level is None:
        result[...] = decibels.power_to_db(
            result, ref=ref, amin=amin, top_db=top_db, axes=axes, precision=precision
        )
    return result


@cached(maxsize=32)
def _cosine_transform(
    n_mels: int, n_mfcc: Any, dct_type: Any, norm: Any, lifter: Any, precision: str
) -> tuple[_core.Filterbank, int]:
    """Return the rows of the cosine transform that MFCCs keep, times the lifter."""
    choice("norm", norm, ("ortho", "forward", "backward", None))
    kept = n_mels if n_mfcc is None else min(integer("n_mfcc", n_mfcc, least=0), n_mels)
    basis = _core.cepstral_matrix(
        n_bands=n_mels,
        n_mfcc=kept,
        dct_type=integer("dct_type", dct_type, most=4),
        norm=norm or "backward",
        lifter=number("lifter", lifter, least=0),
        lifter_offset=1,
    )
    return _core.Filterbank(basis, precision), kept


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
        A log-power mel spectrogram, used instead of `y` if given. Arguments that have no effect
        then are checked all the same.
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
        For :func:`log_melspectrogram`: `n_fft`, `hop_length`, `n_mels`, `workers`, ...; not `out`.

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
    if "out" in kwargs:
        raise TypeError("mfcc takes no out: the mel spectrogram would be written there")
    for name in kwargs.keys() - _LOG_MEL.keys():
        others = [n for n in _LOG_MEL if n not in ("y", "sr", "S", "norm", "precision", "out")]
        raise TypeError(
            f"mfcc has no argument {brief(name)}; {meant(name, others)}"
            f"accepted beside its own: {', '.join(others)}"
        )
    check_norm("mel_norm", mel_norm)
    unused: tuple[Any, ...] = ()
    if S is None:
        S = log_melspectrogram(y=y, sr=sr, norm=mel_norm, precision=precision, **kwargs)
    else:
        if y is not None or "workers" in kwargs:
            _check_samples(y, kwargs.pop("workers", None))
        unused = (sr, mel_norm, *kwargs.items())
    S = as_features(S)
    if S.ndim < 2 or S.shape[-2] == 0:
        raise ValueError(f"S must be (..., n_mels, frames), with mel bands; got shape {S.shape}")
    wide = is_wide(S)
    basis, n_rows = _basis_for(
        S.shape[-2], n_mfcc, dct_type, norm, lifter, precision, wide, *unused
    )
    return _apply(basis, n_rows, S, None, wide)


@cached(maxsize=64)
def _basis_for(
    n_mels: int,
    n_mfcc: Any,
    dct_type: Any,
    norm: Any,
    lifter: Any,
    precision: Any,
    wide: bool,
    *unused: Any,
) -> tuple[_core.Filterbank, int]:
    """Return the basis of :func:`_cosine_transform`; refuse unused arguments that are no good."""
    compute = compute_precision(precision, wide)
    if unused:
        sr, mel_norm, *options = unused
        _check_unused(sr=sr, norm=mel_norm, **dict(options))
    return _cosine_transform(n_mels, n_mfcc, dct_type, norm, lifter, compute)


def _check_unused(**given: Any) -> None:
    """Refuse arguments of :func:`log_melspectrogram` that it would refuse of some spectrogram."""
    of = {**_LOG_MEL, **given}
    n_fft = 2048 if of["n_fft"] is None else integer("n_fft", of["n_fft"])
    _bank_of(n_fft // 2 + 1, False, n_fft, *(of[name] for name in _BANK))
    decibels.check_level(of["ref"], of["amin"], of["top_db"], of["axes"])


# The arguments of log_melspectrogram and their defaults.
_LOG_MEL = {p.name: p.default for p in inspect.signature(log_melspectrogram).parameters.values()}
_BANK = ("hop_length", "win_length", "window", "center", "pad_mode", "power", "precision",
         "sr", "n_mels", "fmin", "fmax", "htk", "norm", "dtype")  # fmt: skip


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
        If `stft_matrix` is not a numeric array, or for an argument of the wrong type.

    Notes
    -----
    Equals :func:`librosa.istft`: the transform runs in the precision of the spectrum, the window
    and the sums in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    >>> bool(np.allclose(fastmel.istft(fastmel.stft(y), length=len(y)), y, atol=1e-6))
    True
    """
    D = as_array(stft_matrix, "stft_matrix")
    if D.ndim < 2:
        raise ValueError(f"stft_matrix must be (..., bins, frames); got shape {D.shape}")
    if D.dtype.kind not in "fciu":
        raise TypeError(f"stft_matrix must hold numbers; got dtype {D.dtype}")
    n_fft = 2 * (D.shape[-2] - 1) if n_fft is None else n_fft
    window = freeze_window(window, n_fft, win_length)
    # librosa computes integers and half precision as complex64 too.
    wide = D.dtype.kind in "fc" and np.result_type(D, np.complex64) != np.complex64
    kind: type = np.float64 if wide else np.float32
    asked = kind if dtype is None else _dtype_among(dtype, np.float32, np.float64)
    if out is None:
        kind = asked
    wide = wide or is_wide(out) or kind is np.float64
    core, (n_fft, hop_length, *_) = inverse(
        n_fft, hop_length, win_length, window, center, "double" if wide else "single"
    )
    n_frames, n_samples = _inverse_size(D.shape[-1], n_fft, hop_length, center, length)
    shape = (*D.shape[:-2], n_samples)
    if out is None:
        out = result = np.empty(shape, kind)
    else:
        result = check_out(out, shape, REAL, D)
    D = _fit_bins(D[..., :n_frames], n_fft // 2 + 1, np.complex128 if wide else np.complex64)
    _overlap_add(core, D, result, resolve_workers(workers, D.size * 2))
    return out


def _inverse_size(
    n_frames: int, n_fft: int, hop_length: int, center: Any, length: Any
) -> tuple[int, int]:
    """Return the number of frames to use and of samples to return, as librosa counts them."""
    trim = 2 * (n_fft // 2) if center else 0
    length = 0 if length is None else integer("length", length, least=0)
    if length:
        return min(n_frames, -(-(length + trim) // hop_length)), length
    if n_frames == 0:
        raise ValueError("stft_matrix has no frames; give a length to get silence")
    return n_frames, max(0, n_fft + hop_length * (n_frames - 1) - trim)


def _fit_bins(D: Array, n_bins: int, dtype: type) -> Array:
    """Cut or zero-pad the bins to those of the transform, as an inverse real FFT does."""
    D = D[..., :n_bins, :]
    if D.shape[-2] < n_bins:
        short = D
        D = np.zeros((*short.shape[:-2], n_bins, short.shape[-1]), dtype)
        D[..., : short.shape[-2], :] = short
    if D.dtype is not np.dtype(dtype) or not in_steps(D, D.itemsize // 2):
        D = np.array(D, dtype=dtype, order="K")
    return D


def _overlap_add(core: _core.Plan, D: Array, out: Array, workers: int) -> None:
    """Invert into `out`, which the core writes itself if it lies in memory as it wants it."""
    if out.size == 0:
        return
    direct = out.dtype == D.real.dtype and out.strides[-1] == out.itemsize
    target = out if direct else np.empty(out.shape, D.real.dtype)
    target[...] = 0
    core.invert(D, target, float(np.finfo(out.dtype).tiny), workers)
    if target is not out:
        out[...] = target
