"""librosa 0.11 and 1.0: our functions of the same parameters, after a look at the arguments."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Collection
from typing import Any, Literal, TypeVar

import numpy as np

from ..._base.arrays import COMPLEX, REAL, Array
from ..._compat import cepstra, decibels, inverse, spectra
from ..._compat import mel as mels
from ..._compat.arguments import mel_bank
from ..._compat.signatures import Norm, PadMode
from ..._engine import filterbank
from ..._engine.pcen import pcen
from ..._engine.windows import WindowLike
from .._targets import NotCovered, Target

T = TypeVar("T")

_LARGE = 1e6
# The parameters of librosa's filters that have a default, in their order.
_BANK = {
    parameter.name: parameter.default
    for parameter in inspect.signature(filterbank.mel_filterbank).parameters.values()
    if parameter.default is not parameter.empty
}
# What our functions have beside librosa's parameters.
_OURS = frozenset({"workers", "precision"})


def _checked(
    function: Callable[..., T],
    check: Callable[..., None],
    by_name: Collection[str] = (),
    **fixed: object,
) -> Callable[..., T]:
    """Return a function of ours with librosa's parameters, after a look at the arguments.

    `check` raises for arguments that librosa treats otherwise; `by_name` are parameters that
    librosa's has behind ``**kwargs``; `fixed` are values of those that it does not have, beside
    `_OURS`.
    """
    signature = inspect.signature(function)
    without = _OURS.union(fixed, by_name)
    theirs = [p for p in signature.parameters.values() if p.name not in without]
    if by_name:
        theirs.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))

    @functools.wraps(function)
    def adapter(*args: object, **kwargs: object) -> T:
        check(*args, **kwargs)
        return function(*args, **kwargs, **fixed)

    vars(adapter)["__signature__"] = signature.replace(parameters=theirs)
    return adapter


# --- arguments that librosa treats otherwise, or warns of ---


def _check_samples(
    y: object,
    *,
    n_fft: int,
    hop_length: int | None,
    win_length: int | None,
    center: bool,
    pad_mode: PadMode,
    **_: object,
) -> None:
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
    hop = hop_length or 0
    if pad_mode == "reflect" and 0 < n_fft <= 2 * hop and n_samples % hop == 0:
        raise NotCovered("librosa mirrors the end twice for a reflected frame that ends there")


def _check_spectra(
    stft_matrix: object,
    *,
    n_fft: object,
    hop_length: object,
    win_length: object,
    length: object,
    **_: object,
) -> None:
    if type(stft_matrix) is not np.ndarray or stft_matrix.dtype not in COMPLEX:
        raise NotCovered("stft_matrix is no complex64 or complex128 array")
    _check_sizes(n_fft, hop_length, win_length, length)


def _check_mel(
    *,
    y: object = None,
    sr: float,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: object = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    power: object = 2.0,
    **bank: Any,
) -> None:
    if S is None:
        _check_samples(
            y,
            n_fft=n_fft,
            hop_length=hop_length,
            win_length=win_length,
            center=center,
            pad_mode=pad_mode,
        )
        _check_plain(power=power)
        _check_bank(sr, n_fft, **bank)
    else:
        _check_features(S)
        _check_bank(sr, _n_fft_of(S, n_fft), **bank)


def _check_pcen(
    S: object,
    *,
    gain: float,
    bias: float,
    power: float,
    time_constant: float,
    eps: float,
    max_size: object,
    ref: object,
    **_: object,
) -> None:
    _check_features(S)
    _check_sizes(max_size)
    if any(abs(value) > _LARGE for value in (gain, bias, power, time_constant, eps)):
        raise NotCovered("a number that leaves the range of float32")
    if ref is not None:
        _check_features(ref)


def _check_level(S: object, *, ref: object, amin: object, top_db: object, **_: object) -> None:
    _check_features(S)
    _check_plain(amin=amin, top_db=top_db)
    if not isinstance(ref, (float, int, np.floating)) and ref is not np.max:
        raise NotCovered("ref is a function other than numpy.max, or no number")


def _check_features(S: object) -> None:
    if type(S) is not np.ndarray or S.dtype not in REAL:
        raise NotCovered("S is no float32 or float64 array")


def _check_plain(**numbers: object) -> None:
    """Refuse NumPy's numbers: by its rules they widen a float32 result."""
    for name, value in numbers.items():
        if value is None:
            continue
        if type(value) is not float and type(value) is not int:
            raise NotCovered(f"{name} is no plain int or float")
        if abs(value) > _LARGE:
            raise NotCovered(f"a {name} that leaves the range of float32")


def _check_sizes(*sizes: object) -> None:
    for size in sizes:
        if size is not None and (isinstance(size, bool) or not isinstance(size, (int, np.integer))):
            raise NotCovered("a size that is no integer")


def _check_bank(sr: float, n_fft: int, **bank: object) -> None:
    if bank.keys() - _BANK.keys():
        raise NotCovered("an argument that librosa's filters do not have")
    if mel_bank(n_fft, "double", sr, *(_BANK | bank).values()).warning:
        raise NotCovered("librosa warns of empty filters")


def _n_fft_of(S: Array, n_fft: int | None) -> int:
    n_bins = S.shape[-2]
    return 2 * (n_bins - 1) if n_fft is None or n_fft // 2 + 1 != n_bins else n_fft


# --- functions that are not ours with other parameters ---


def _spectrogram(
    *,
    y: Array | None = None,
    S: Array | None = None,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    power: float = 1,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
) -> tuple[Array, int]:
    """``librosa.core.spectrum._spectrogram``, which most features stand on."""
    if S is not None:
        raise NotCovered("S was given: nothing to compute")
    _check_plain(power=power)
    spectrogram = _power_spectrum(
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


_power_spectrum = _checked(spectra.spectrogram, _check_samples)


def _mfcc(
    *,
    y: Array | None = None,
    sr: float = 22050,
    S: Any = None,
    n_mfcc: int = 20,
    dct_type: int = 2,
    norm: str | None = "ortho",
    lifter: float = 0,
    mel_norm: Norm = "slaney",
    **kwargs: Any,
) -> Array:
    """``librosa.feature.mfcc``."""
    if S is None:
        _check_mel(y=y, sr=sr, norm=mel_norm, **kwargs)
        axes: Literal["auto"] | None = "auto" if _top_db_is_per_item() else None
        S = mels.log_melspectrogram(y=y, sr=sr, norm=mel_norm, axes=axes, **kwargs)
    else:
        _check_features(S)
    # As a slice, librosa's n_mfcc may be more than there is, unless a lifter multiplies it.
    if type(n_mfcc) is not int or (lifter > 0 and n_mfcc > S.shape[-2]):
        raise NotCovered("n_mfcc is no int, or exceeds the mel bands under a lifter")
    return cepstra.mfcc(S=S, n_mfcc=n_mfcc, dct_type=dct_type, norm=norm, lifter=lifter)


@functools.cache
def _top_db_is_per_item() -> bool:
    """Whether this librosa's dynamic range, in its MFCCs too, refers to each item's own maximum."""
    return "axes" in inspect.signature(sys.modules["librosa.core.spectrum"].power_to_db).parameters


@functools.wraps(filterbank.mel_filterbank)
def _mel(**bank: Any) -> Array:
    weights, warning = filterbank.design(**bank)
    if warning:
        raise NotCovered("librosa warns of empty filters")
    return weights


def _levels(function: Callable[..., T]) -> tuple[Callable[..., T], Callable[..., T]]:
    """Return the functions of librosa 1.0, and of 0.11: one maximum for the whole array."""
    return _checked(function, _check_level), _checked(function, _check_level, axes=None)


_melspectrogram = _checked(mels.melspectrogram, _check_mel, (*_BANK, "out"))

TARGETS = (
    Target("librosa.core.spectrum", "stft", (_checked(spectra.stft, _check_samples),)),
    Target("librosa.core.spectrum", "istft", (_checked(inverse.istft, _check_spectra),)),
    Target("librosa.core.spectrum", "_spectrogram", (_spectrogram,)),
    Target("librosa.core.spectrum", "power_to_db", _levels(decibels.power_to_db)),
    Target("librosa.core.spectrum", "amplitude_to_db", _levels(decibels.amplitude_to_db)),
    Target("librosa.core.spectrum", "pcen", (_checked(pcen, _check_pcen),)),
    Target("librosa.feature.spectral", "melspectrogram", (_melspectrogram,)),
    Target("librosa.feature.spectral", "mfcc", (_mfcc,)),
    Target("librosa.filters", "mel", (_mel,)),
)
