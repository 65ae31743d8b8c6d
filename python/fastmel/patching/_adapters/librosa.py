"""librosa 0.11 and 1.0."""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any, Literal

import numpy as np

from ..._base.arrays import COMPLEX, REAL, Array
from ..._compat import cepstra, decibels, inverse, spectra
from ..._compat import mel as mels
from ..._compat.arguments import mel_bank
from ..._engine import filterbank
from ..._engine.pcen import pcen as fast_pcen
from .._targets import NotCovered, Target

__all__ = ["TARGETS"]

_LARGE = 1e6


def stft(
    y: Any,
    *,
    n_fft: Any = 2048,
    hop_length: Any = None,
    win_length: Any = None,
    window: Any = "hann",
    center: Any = True,
    dtype: Any = None,
    pad_mode: Any = "constant",
    out: Any = None,
) -> Array:
    """``librosa.stft``."""
    _check_samples(y, n_fft, hop_length, win_length, center, pad_mode)
    return spectra.stft(
        y,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        dtype=dtype,
        pad_mode=pad_mode,
        out=out,
    )


def istft(
    stft_matrix: Any,
    *,
    hop_length: Any = None,
    win_length: Any = None,
    n_fft: Any = None,
    window: Any = "hann",
    center: Any = True,
    dtype: Any = None,
    length: Any = None,
    out: Any = None,
) -> Array:
    """``librosa.istft``."""
    if type(stft_matrix) is not np.ndarray or stft_matrix.dtype not in COMPLEX:
        raise NotCovered("stft_matrix is no complex64 or complex128 array")
    _check_sizes(n_fft, hop_length, win_length, length)
    return inverse.istft(
        stft_matrix,
        hop_length=hop_length,
        win_length=win_length,
        n_fft=n_fft,
        window=window,
        center=center,
        dtype=dtype,
        length=length,
        out=out,
    )


def _spectrogram(
    *,
    y: Any = None,
    S: Any = None,
    n_fft: Any = 2048,
    hop_length: Any = 512,
    power: Any = 1,
    win_length: Any = None,
    window: Any = "hann",
    center: Any = True,
    pad_mode: Any = "constant",
) -> tuple[Array, int]:
    """``librosa.core.spectrum._spectrogram``, which most features stand on."""
    if S is not None:
        raise NotCovered("S was given: nothing to compute")
    _check_samples(y, n_fft, hop_length, win_length, center, pad_mode)
    _check_plain(power=power)
    spectrogram = spectra.spectrogram(
        y,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        power=power,
    )
    return spectrogram, n_fft


def melspectrogram(
    *,
    y: Any = None,
    sr: Any = 22050,
    S: Any = None,
    n_fft: Any = 2048,
    hop_length: Any = 512,
    win_length: Any = None,
    window: Any = "hann",
    center: Any = True,
    pad_mode: Any = "constant",
    power: Any = 2.0,
    **kwargs: Any,
) -> Array:
    """``librosa.feature.melspectrogram``."""
    if S is None:
        _check_samples(y, n_fft, hop_length, win_length, center, pad_mode)
        _check_plain(power=power)
        _check_bank(sr, n_fft, **kwargs)
    else:
        _check_features(S)
        _check_bank(sr, _n_fft_of(S, n_fft), **kwargs)
    return mels.melspectrogram(
        y=y,
        sr=sr,
        S=S,
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        center=center,
        pad_mode=pad_mode,
        power=power,
        **kwargs,
    )


def mfcc(
    *,
    y: Any = None,
    sr: Any = 22050,
    S: Any = None,
    n_mfcc: Any = 20,
    dct_type: Any = 2,
    norm: Any = "ortho",
    lifter: Any = 0,
    mel_norm: Any = "slaney",
    **kwargs: Any,
) -> Array:
    """``librosa.feature.mfcc``."""
    if S is None:
        _check_mel_options(y, sr, mel_norm, **kwargs)
        axes: Literal["auto"] | None = "auto" if _top_db_is_per_item() else None
        S = mels.log_melspectrogram(y=y, sr=sr, norm=mel_norm, axes=axes, **kwargs)
    else:
        _check_features(S)
    # As a slice, librosa's n_mfcc may be more than there is, unless a lifter multiplies it.
    if type(n_mfcc) is not int or (lifter > 0 and n_mfcc > S.shape[-2]):
        raise NotCovered("n_mfcc is no int, or exceeds the mel bands under a lifter")
    return cepstra.mfcc(S=S, n_mfcc=n_mfcc, dct_type=dct_type, norm=norm, lifter=lifter)


def _check_mel_options(
    y: Any,
    sr: Any,
    norm: Any,
    *,
    n_fft: Any = 2048,
    hop_length: Any = 512,
    win_length: Any = None,
    window: Any = "hann",
    center: Any = True,
    pad_mode: Any = "constant",
    power: Any = 2.0,
    **bank: Any,
) -> None:
    """Refuse what the mel spectrogram below the coefficients does not cover."""
    _check_samples(y, n_fft, hop_length, win_length, center, pad_mode)
    _check_plain(power=power)
    _check_bank(sr, n_fft, norm=norm, **bank)


def power_to_db(
    S: Any, *, ref: Any = 1.0, amin: Any = 1e-10, top_db: Any = 80.0, axes: Any = "auto"
) -> Any:
    """``librosa.power_to_db`` of librosa 1.0."""
    _check_level(S, ref, amin, top_db)
    return decibels.power_to_db(S, ref=ref, amin=amin, top_db=top_db, axes=axes)


def power_to_db_of_all(S: Any, *, ref: Any = 1.0, amin: Any = 1e-10, top_db: Any = 80.0) -> Any:
    """``librosa.power_to_db`` of librosa 0.11: one maximum for the whole array."""
    return power_to_db(S, ref=ref, amin=amin, top_db=top_db, axes=None)


def amplitude_to_db(
    S: Any, *, ref: Any = 1.0, amin: Any = 1e-5, top_db: Any = 80.0, axes: Any = "auto"
) -> Any:
    """``librosa.amplitude_to_db`` of librosa 1.0."""
    _check_level(S, ref, amin, top_db)
    return decibels.amplitude_to_db(S, ref=ref, amin=amin, top_db=top_db, axes=axes)


def amplitude_to_db_of_all(S: Any, *, ref: Any = 1.0, amin: Any = 1e-5, top_db: Any = 80.0) -> Any:
    """``librosa.amplitude_to_db`` of librosa 0.11: one maximum for the whole array."""
    return amplitude_to_db(S, ref=ref, amin=amin, top_db=top_db, axes=None)


def pcen(
    S: Any,
    *,
    sr: Any = 22050,
    hop_length: Any = 512,
    gain: Any = 0.98,
    bias: Any = 2,
    power: Any = 0.5,
    time_constant: Any = 0.400,
    eps: Any = 1e-6,
    b: Any = None,
    max_size: Any = 1,
    ref: Any = None,
    axis: Any = -1,
    max_axis: Any = None,
    zi: Any = None,
    return_zf: Any = False,
) -> Any:
    """``librosa.pcen``."""
    _check_features(S)
    _check_sizes(max_size)
    if any(abs(value) > _LARGE for value in (gain, bias, power, time_constant, eps)):
        raise NotCovered("a number that leaves the range of float32")
    if ref is not None:
        _check_features(ref)
    return fast_pcen(
        S,
        sr=sr,
        hop_length=hop_length,
        gain=gain,
        bias=bias,
        power=power,
        time_constant=time_constant,
        eps=eps,
        b=b,
        max_size=max_size,
        ref=ref,
        axis=axis,
        max_axis=max_axis,
        zi=zi,
        return_zf=return_zf,
    )


def mel(
    *,
    sr: Any,
    n_fft: Any,
    n_mels: Any = 128,
    fmin: Any = 0.0,
    fmax: Any = None,
    htk: Any = False,
    norm: Any = "slaney",
    dtype: Any = np.float32,
) -> Array:
    """``librosa.filters.mel``."""
    weights, warning = filterbank.design(sr, n_fft, n_mels, fmin, fmax, htk, norm, dtype)
    if warning:
        raise NotCovered("librosa warns of empty filters")
    return weights


def _check_samples(
    y: Any, n_fft: Any, hop_length: Any, win_length: Any, center: Any, pad_mode: Any
) -> None:
    """Refuse samples and framings that librosa treats otherwise than this package, or warns of."""
    if type(y) is not np.ndarray or y.dtype not in REAL or y.ndim == 0:
        raise NotCovered("y is no float32 or float64 array")
    _check_sizes(n_fft, hop_length, win_length)
    if type(center) is not bool:
        raise NotCovered("center is no bool")
    n_samples = y.shape[-1]
    if n_samples < n_fft:
        raise NotCovered("librosa warns of a signal shorter than n_fft, or refuses it")
    if not center:
        return
    if callable(pad_mode):
        raise NotCovered("pad_mode is a function, which librosa shows parts of the signal")
    if pad_mode == "reflect" and 2 * (hop_length or 0) >= n_fft and n_samples % hop_length == 0:
        raise NotCovered("librosa mirrors the end twice for a reflected frame that ends there")


def _check_features(S: Any) -> None:
    if type(S) is not np.ndarray or S.dtype not in REAL:
        raise NotCovered("S is no float32 or float64 array")


def _check_plain(**numbers: Any) -> None:
    """Refuse NumPy's numbers: by its rules they widen a float32 result."""
    for name, value in numbers.items():
        if value is not None and type(value) not in (int, float):
            raise NotCovered(f"{name} is no plain int or float")
        if value is not None and abs(value) > _LARGE:
            raise NotCovered(f"a {name} that leaves the range of float32")


def _check_sizes(*sizes: Any) -> None:
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer))):
            raise NotCovered("a size that is no integer")


def _check_level(S: Any, ref: Any, amin: Any, top_db: Any) -> None:
    _check_features(S)
    _check_plain(amin=amin, top_db=top_db)
    if ref is not np.max and not isinstance(ref, (int, float, np.floating)):
        raise NotCovered("ref is a function other than numpy.max, or no number")


def _check_bank(
    sr: Any,
    n_fft: Any,
    *,
    n_mels: Any = 128,
    fmin: Any = 0.0,
    fmax: Any = None,
    htk: Any = False,
    norm: Any = "slaney",
    dtype: Any = np.float32,
) -> None:
    """Refuse arguments that are not a filterbank's, and those that librosa warns of."""
    if mel_bank(n_fft, "double", sr, n_mels, fmin, fmax, htk, norm, dtype).warning:
        raise NotCovered("librosa warns of empty filters")


def _n_fft_of(S: Array, n_fft: Any) -> Any:
    n_bins = S.shape[-2]
    return 2 * (n_bins - 1) if n_fft is None or n_fft // 2 + 1 != n_bins else n_fft


@functools.cache
def _top_db_is_per_item() -> bool:
    """Whether this librosa's dynamic range, in its MFCCs too, refers to each item's own maximum."""
    return "axes" in inspect.signature(sys.modules["librosa.core.spectrum"].power_to_db).parameters


TARGETS = (
    Target("librosa.core.spectrum", "stft", (stft,)),
    Target("librosa.core.spectrum", "istft", (istft,)),
    Target("librosa.core.spectrum", "_spectrogram", (_spectrogram,)),
    Target("librosa.core.spectrum", "power_to_db", (power_to_db, power_to_db_of_all)),
    Target("librosa.core.spectrum", "amplitude_to_db", (amplitude_to_db, amplitude_to_db_of_all)),
    Target("librosa.core.spectrum", "pcen", (pcen,)),
    Target("librosa.feature.spectral", "melspectrogram", (melspectrogram,)),
    Target("librosa.feature.spectral", "mfcc", (mfcc,)),
    Target("librosa.filters", "mel", (mel,)),
)
