"""Mel-frequency cepstral coefficients, as librosa's."""

from __future__ import annotations

import inspect
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
    is_wide,
)
from .._base.cache import cached
from .._base.checks import Precision, brief, choice, compute_precision, integer, meant, number
from .._engine.filterbank import check_norm
from . import decibels
from .arguments import apply, bank_for
from .mel import check_samples, log_melspectrogram
from .signatures import Norm

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from .signatures import Mfcc


@cached(maxsize=32)
def _cosine_transform(
    n_mels: int, n_mfcc: object, dct_type: object, norm: Any, lifter: object, precision: str
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


@overload
def mfcc(*, y: Narrow, S: None = ..., **how: Unpack[Mfcc]) -> NDArray[np.float32]: ...
@overload
def mfcc(*, y: Wide, S: None = ..., **how: Unpack[Mfcc]) -> NDArray[np.float64]: ...
@overload
def mfcc(*, y: None = ..., S: NarrowFeatures, **how: Unpack[Mfcc]) -> NDArray[np.float32]: ...
@overload
def mfcc(*, y: None = ..., S: WideFeatures, **how: Unpack[Mfcc]) -> NDArray[np.float64]: ...
@overload
def mfcc(
    *,
    y: Memory | None = ...,
    S: Memory | None = ...,
    dtype: DTypeLike = ...,
    **how: Unpack[Mfcc],
) -> NDArray[np.floating[Any]]: ...
def mfcc(
    *,
    y: Memory | None = None,
    sr: float = 22050,
    S: Memory | None = None,
    n_mfcc: int | None = 20,
    dct_type: int = 2,
    norm: str | None = "ortho",
    lifter: float = 0,
    mel_norm: Norm = "slaney",
    precision: Precision = "double",
    **kwargs: Any,
) -> NDArray[Any]:
    """Mel-frequency cepstral coefficients.

    Parameters
    ----------
    y : array, shape (..., n_samples), optional
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
    sr : float, default 22050
        Sample rate in Hz.
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
    for name in kwargs:
        if name in _LOG_MEL:
            continue
        others = [n for n in _LOG_MEL if n not in ("y", "sr", "S", "norm", "precision", "out")]
        raise TypeError(
            f"mfcc has no argument {brief(name)}; {meant(name, others)}"
            f"accepted beside its own: {', '.join(others)}"
        )
    check_norm("mel_norm", mel_norm)
    unused: tuple[Any, ...] = ()
    if S is None:
        levels: Array = log_melspectrogram(y=y, sr=sr, norm=mel_norm, precision=precision, **kwargs)
    else:
        if y is not None or "workers" in kwargs:
            check_samples(y, kwargs.pop("workers", None))
        unused = (sr, mel_norm, *kwargs.items())
        levels = as_features(S)
    shape = levels.shape
    if len(shape) < 2 or shape[-2] == 0:
        raise ValueError(f"S must be (..., n_mels, frames), with mel bands; got shape {shape}")
    wide = is_wide(levels)
    basis, n_rows = _basis_for(shape[-2], n_mfcc, dct_type, norm, lifter, precision, wide, *unused)
    return apply(basis, n_rows, levels, None, wide)


@cached(maxsize=64)
def _basis_for(
    n_mels: int,
    n_mfcc: object,
    dct_type: object,
    norm: object,
    lifter: object,
    precision: object,
    wide: bool,
    *unused: Any,
) -> tuple[_core.Filterbank, int]:
    """Return the basis of :func:`_cosine_transform`; refuse unused arguments that are no good."""
    compute = compute_precision(precision, wide)
    if unused:
        sr, mel_norm, *options = unused
        _check_unused(sr=sr, norm=mel_norm, **dict(options))
    return _cosine_transform(n_mels, n_mfcc, dct_type, norm, lifter, compute)


def _check_unused(**given: object) -> None:
    """Refuse arguments of :func:`log_melspectrogram` that it would refuse of some spectrogram."""
    of = {**_LOG_MEL, **given}
    n_fft = 2048 if of["n_fft"] is None else integer("n_fft", of["n_fft"])
    bank_for(n_fft // 2 + 1, False, n_fft, *(of[name] for name in _BANK))
    decibels.check_level(of["ref"], of["amin"], of["top_db"], of["axes"])


# The arguments of log_melspectrogram and their defaults.
_LOG_MEL = {p.name: p.default for p in inspect.signature(log_melspectrogram).parameters.values()}
_BANK = ("hop_length", "win_length", "window", "center", "pad_mode", "power", "precision",
         "sr", "n_mels", "fmin", "fmax", "htk", "norm", "dtype")  # fmt: skip
