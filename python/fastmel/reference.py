"""The oracle: the whole chain in plain float64 NumPy, one short function per stage.

Nothing here is fast and nothing is clever. Each stage is the textbook formula, so that it can be
checked by eye and against an independent evaluation, and the compiled core is tested against it.
Arrays have any number of leading axes; signals have time last, spectra have shape
(..., bins, frames). The arguments are those of the functions of the same names in
:mod:`fastmel`, but for those that say how to compute (`out`, `workers`, `precision`).

Every number is float64 from the first sample to the last result, whatever the input. There is one
exception: the mel weights are rounded to the `dtype` that is asked for, float32 by default, because
the rounded weights are what librosa and Whisper define as their filter banks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .filterbank import mel_filterbank
from .windows import WindowLike, get_window

__all__ = [
    "amplitude_to_db",
    "db_to_amplitude",
    "db_to_power",
    "dct_matrix",
    "frame",
    "istft",
    "log_melspectrogram",
    "mel",
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
    array = np.asarray(y)
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
    n_fft = 2 * (stft_matrix.shape[-2] - 1) if n_fft is None else n_fft
    win_length = n_fft if win_length is None else win_length
    hop_length = win_length // 4 if hop_length is None else hop_length
    weights = window_centered(window, win_length, n_fft)
    frames = np.fft.irfft(stft_matrix.astype(np.complex128), n=n_fft, axis=-2)

    total = _overlap_add(frames * weights[:, np.newaxis], hop_length)
    squares = np.broadcast_to(weights[:, np.newaxis] ** 2, frames.shape[-2:])
    norm = _overlap_add(squares, hop_length)
    y = total / np.where(norm > tiny, norm, 1.0)

    margin = n_fft // 2 if center else 0
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
        raise ValueError(f"dct_type={dct_type!r} must be 1, 2, 3 or 4")
    matrix = 2 * np.cos(np.pi * (phase % (2 * period)) / period)  # reduced while still exact
    matrix[:, columns] /= 2
    if norm == "ortho":
        matrix[:, columns] *= np.sqrt(2)
        matrix[rows] /= np.sqrt(2)
    elif norm not in ("forward", "backward", None):
        raise ValueError(f"norm={norm!r} must be 'ortho', 'forward', 'backward' or None")
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
        b = (np.sqrt(1 + 4 * frames**2) - 1) / (2 * frames**2)
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
