"""Mel spectrograms and their levels: librosa's functions on the core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core
from .._base.arrays import (
    Array,
    Memory,
    Narrow,
    NarrowFeatures,
    Wide,
    WideFeatures,
    as_features,
    as_samples,
    is_wide,
)
from .._base.checks import Precision, warn
from .._base.threads import resolve_workers
from .._engine.windows import WindowLike
from . import decibels
from .arguments import apply, bank_for, spectrum
from .signatures import Axes, Norm, PadMode, Reference

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    from .signatures import LogMel, Mel

    Out = TypeVar("Out", bound=NDArray[Any])


@overload
def melspectrogram(
    *,
    y: Memory | None = ...,
    S: Memory | None = ...,
    out: Out,
    dtype: DTypeLike = ...,
    **how: Unpack[Mel],
) -> Out: ...
@overload
def melspectrogram(
    *, y: Narrow, S: None = ..., out: None = ..., **how: Unpack[Mel]
) -> NDArray[np.float32]: ...
@overload
def melspectrogram(
    *, y: Wide, S: None = ..., out: None = ..., **how: Unpack[Mel]
) -> NDArray[np.float64]: ...
@overload
def melspectrogram(
    *, y: None = ..., S: NarrowFeatures, out: None = ..., **how: Unpack[Mel]
) -> NDArray[np.float32]: ...
@overload
def melspectrogram(
    *, y: None = ..., S: WideFeatures, out: None = ..., **how: Unpack[Mel]
) -> NDArray[np.float64]: ...
@overload
def melspectrogram(
    *,
    y: Memory | None = ...,
    S: Memory | None = ...,
    out: None = ...,
    dtype: DTypeLike = ...,
    **how: Unpack[Mel],
) -> NDArray[np.floating[Any]]: ...
def melspectrogram(
    *,
    y: Memory | None = None,
    sr: float = 22050,
    S: Memory | None = None,
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
    norm: Norm = "slaney",
    dtype: DTypeLike = np.float32,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Mel spectrogram of a signal, or of a spectrogram.

    Parameters
    ----------
    y : array, shape (..., n_samples), optional
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
    sr : float, default 22050
        Sample rate in Hz.
    S : array, shape (..., 1 + n_fft // 2, n_frames), optional
        A (power) spectrogram, used instead of `y` if given. Arguments that have no effect then are
        checked all the same.
    n_fft : int, default 2048
        Length of the transform, in samples; any length, odd or prime as well.
    hop_length : int or None, default 512
        Samples between frames; None is ``win_length // 4``.
    win_length : int, optional
        Length of the window, at most `n_fft` (the default), centred in the frame.
    window : str, tuple, float, array or callable, default "hann"
        Anything that :func:`fastmel.get_window` accepts.
    center : bool, default True
        Centre frame `t` on sample ``t * hop_length`` by padding ``n_fft // 2`` samples on both
        sides; False starts it there.
    pad_mode : str or callable, default "constant"
        With `center`: "constant" (zeros), "edge", "reflect", "symmetric", "linear_ramp", "empty",
        or a function for :func:`numpy.pad`.
    power : float, default 2.0
        Exponent of the magnitude spectrum: 1 for amplitudes, 2 for power.
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
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape or with more frames.
    workers : int, optional
        Threads; by default one for short signals. -1 means all CPUs. The result is the same.
    precision : {"double", "single"}, default "double"
        Precision of the computation. librosa's is "double"; "single" is faster.

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


@overload
def log_melspectrogram(
    *,
    y: Memory | None = ...,
    S: Memory | None = ...,
    out: Out,
    dtype: DTypeLike = ...,
    **how: Unpack[LogMel],
) -> Out: ...
@overload
def log_melspectrogram(
    *, y: Narrow, S: None = ..., out: None = ..., **how: Unpack[LogMel]
) -> NDArray[np.float32]: ...
@overload
def log_melspectrogram(
    *, y: Wide, S: None = ..., out: None = ..., **how: Unpack[LogMel]
) -> NDArray[np.float64]: ...
@overload
def log_melspectrogram(
    *, y: None = ..., S: NarrowFeatures, out: None = ..., **how: Unpack[LogMel]
) -> NDArray[np.float32]: ...
@overload
def log_melspectrogram(
    *, y: None = ..., S: WideFeatures, out: None = ..., **how: Unpack[LogMel]
) -> NDArray[np.float64]: ...
@overload
def log_melspectrogram(
    *,
    y: Memory | None = ...,
    S: Memory | None = ...,
    out: None = ...,
    dtype: DTypeLike = ...,
    **how: Unpack[LogMel],
) -> NDArray[np.floating[Any]]: ...
def log_melspectrogram(
    *,
    y: Memory | None = None,
    sr: float = 22050,
    S: Memory | None = None,
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
    norm: Norm = "slaney",
    dtype: DTypeLike = np.float32,
    ref: Reference = 1.0,
    amin: float = 1e-10,
    top_db: float | None = 80.0,
    axes: Axes = "auto",
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Mel spectrogram in decibels, in one go.

    Equals ``power_to_db(melspectrogram(...), ref=ref, amin=amin, top_db=top_db, axes=axes)`` bit
    for bit, without the intermediate array.

    Parameters
    ----------
    y : array, shape (..., n_samples), optional
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
    sr : float, default 22050
        Sample rate in Hz.
    S : array, shape (..., 1 + n_fft // 2, n_frames), optional
        A (power) spectrogram, used instead of `y` if given. Arguments that have no effect then are
        checked all the same.
    n_fft : int, default 2048
        Length of the transform, in samples; any length, odd or prime as well.
    hop_length : int or None, default 512
        Samples between frames; None is ``win_length // 4``.
    win_length : int, optional
        Length of the window, at most `n_fft` (the default), centred in the frame.
    window : str, tuple, float, array or callable, default "hann"
        Anything that :func:`fastmel.get_window` accepts.
    center : bool, default True
        Centre frame `t` on sample ``t * hop_length`` by padding ``n_fft // 2`` samples on both
        sides; False starts it there.
    pad_mode : str or callable, default "constant"
        With `center`: "constant" (zeros), "edge", "reflect", "symmetric", "linear_ramp", "empty",
        or a function for :func:`numpy.pad`.
    power : float, default 2.0
        Exponent of the magnitude spectrum: 1 for amplitudes, 2 for power.
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
    ref : float, array or callable, default 1.0
        Level 0 dB: a number or an array that broadcasts, of which the magnitude counts; or a
        function such as ``np.max``, called as ``ref(S, axis=axes, keepdims=True)``, or as
        ``ref(S)`` if it takes no axes and `S` has one reference. It sees floating-point numbers.
        ``ref=np.max`` is computed on the way.
    amin : float, default 1e-10
        Smallest power told apart from silence; greater than 0.
    top_db : float or None, default 80.0
        Range of the result in dB; None does not limit it.
    axes : int, tuple, None or "auto", default "auto"
        Axes over which `ref` and the maximum are taken: the last two, so that every channel has its
        own, as in librosa 1.0. None takes them over everything, as in librosa 0.11.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape or with more frames.
    workers : int, optional
        Threads; by default one for short signals. -1 means all CPUs. The result is the same.
    precision : {"double", "single"}, default "double"
        Precision of the computation. librosa's is "double"; "single" is faster.

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
    if level is not None:
        return result
    levels = decibels.power_to_db(
        result, ref=ref, amin=amin, top_db=top_db, axes=axes, precision=precision
    )
    if out is None:
        return levels
    result[...] = levels
    return result


def _mel_spectrum(
    y: Memory | None,
    S: Memory | None,
    out: Array | None,
    workers: int | None,
    framing: tuple[object, ...],
    power: object,
    precision: object,
    level: _core.Level | None,
    mel: tuple[object, ...],
) -> Array:
    """Mel spectrogram of samples, or of a spectrogram."""
    if S is not None:
        if y is not None or workers is not None:
            check_samples(y, workers)
        return _mel_of(S, out, framing, power, precision, mel)
    if y is None:
        raise ValueError("y=None and S=None: give samples (y) or a spectrogram (S)")
    return spectrum(y, out, workers, framing, power, precision, level, mel)


def check_samples(y: Memory | None, workers: int | None) -> None:
    """Refuse samples and threads as a call does that makes use of them."""
    if y is not None:
        as_samples(y)
    if workers is not None:
        resolve_workers(workers, 0)


def _mel_of(
    S: Memory,
    out: Array | None,
    framing: tuple[object, ...],
    power: object,
    precision: object,
    mel: tuple[object, ...],
) -> Array:
    """Apply a mel filterbank to a spectrogram that the caller has."""
    S = as_features(S)
    if S.ndim < 2 or S.shape[-2] < 2:
        raise ValueError(f"S must be (..., bins, frames), of at least 2 bins; got shape {S.shape}")
    wide = is_wide(S) or is_wide(out)
    bank = bank_for(S.shape[-2], wide, *framing, power, precision, *mel)
    if bank.warning:
        warn(bank.warning)
    return apply(bank.core, bank.n_bands, S, out, wide or bank.wide)
