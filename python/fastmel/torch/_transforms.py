"""The transforms, as torchaudio names them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from .._base.arrays import Array
from .._base.tensors import Tensor
from .._compat.decibels import power_to_db
from .._engine.config import MelConfig
from .._frontend.frontend import FrontEnd
from .._frontend.named import frontend
from ._arguments import mel_config, mfcc_config, spectrogram_config
from ._original import Transform, torch


def _arguments(given: dict[str, Any], without: str) -> dict[str, Any]:
    """Return the arguments of a constructor, of all its names; one has no effect."""
    return {k: v for k, v in given.items() if k not in ("self", "__class__", without)}


class _Features(Transform):
    """A transform of samples that one configuration describes."""

    def __init__(
        self, arguments: dict[str, Any], config: Callable[[dict[str, Any]], MelConfig]
    ) -> None:
        super().__init__(arguments)

        def prepare() -> None:
            self._front_ends[np.dtype(np.float32)] = frontend(config(arguments))

        self._front_ends: dict[Any, FrontEnd] = {}
        self._cover(prepare)

    def _compute(self, array: Array) -> Array:
        front_end = self._front_ends.get(array.dtype)
        if front_end is None:
            single = self._front_ends[np.dtype(np.float32)]
            front_end = FrontEnd(single.config.replace(precision="double"))
            self._front_ends[array.dtype] = front_end
        return front_end(array)


class Spectrogram(_Features):
    """Make a spectrogram of a signal.

    Parameters
    ----------
    n_fft : int, default 400
        Length of the transform; the result has ``n_fft // 2 + 1`` bins.
    win_length : int, optional
        Length of the window; by default `n_fft`.
    hop_length : int, optional
        Samples from frame to frame; by default half of `win_length`.
    pad : int, default 0
        Zeros before and after the signal. Other values than 0 are torchaudio's.
    window_fn : callable, default torch.hann_window
        torch's function of the window; others are torchaudio's.
    power : float or None, default 2.0
        Exponent of the magnitude. None, for the complex spectrum, is torchaudio's.
    normalized : bool or {"window", "frame_length"}, default False
        Whether to divide the spectrum by the root of the window's energy, or of `n_fft`.
    wkwargs : dict, optional
        Arguments of `window_fn`.
    center : bool, default True
        Whether frames are centred, with samples beyond the ends as `pad_mode` says.
    pad_mode : {"reflect", "constant", "replicate", "circular"}, default "reflect"
        What these are; "circular" is torchaudio's.
    onesided : bool, default True
        Whether to leave out the upper half of the bins; False is torchaudio's.
    return_complex : None
        Without effect.

    Raises
    ------
    ValueError, TypeError
        If an argument is out of range or of the wrong type; from a call, if the signal is too short
        or not finite.
    RuntimeError
        If only torchaudio covers an argument or a tensor, and it is not installed.

    See Also
    --------
    fastmel.spectrogram : the same of arrays, with librosa's arguments.

    Notes
    -----
    Called on a tensor of shape (..., time) it returns one of shape (..., freq, frames), of the same
    dtype.

    Examples
    --------
    >>> import torch
    >>> import fastmel.torch
    >>> fastmel.torch.Spectrogram(n_fft=512)(torch.zeros(2, 16000)).shape
    torch.Size([2, 257, 63])
    """

    def __init__(
        self,
        n_fft: int = 400,
        win_length: int | None = None,
        hop_length: int | None = None,
        pad: int = 0,
        window_fn: Callable[..., Tensor] = torch.hann_window,
        power: float | None = 2.0,
        normalized: bool | str = False,
        wkwargs: dict[str, Any] | None = None,
        center: bool = True,
        pad_mode: str = "reflect",
        onesided: bool = True,
        return_complex: bool | None = None,
    ) -> None:
        arguments = _arguments(locals(), "return_complex")
        super().__init__(arguments, spectrogram_config)
        self.n_fft = n_fft
        self.win_length = win_length or n_fft
        self.hop_length = hop_length or self.win_length // 2
        self.power = power


class MelSpectrogram(_Features):
    """Make a mel spectrogram of a signal.

    Parameters
    ----------
    sample_rate : int, default 16000
        Sample rate in Hz.
    n_fft : int, default 400
        Length of the transform; the result has ``n_fft // 2 + 1`` bins.
    win_length : int, optional
        Length of the window; by default `n_fft`.
    hop_length : int, optional
        Samples from frame to frame; by default half of `win_length`.
    pad : int, default 0
        Zeros before and after the signal. Other values than 0 are torchaudio's.
    window_fn : callable, default torch.hann_window
        torch's function of the window; others are torchaudio's.
    power : float or None, default 2.0
        Exponent of the magnitude. None, for the complex spectrum, is torchaudio's.
    normalized : bool or {"window", "frame_length"}, default False
        Whether to divide the spectrum by the root of the window's energy, or of `n_fft`.
    wkwargs : dict, optional
        Arguments of `window_fn`.
    center : bool, default True
        Whether frames are centred, with samples beyond the ends as `pad_mode` says.
    pad_mode : {"reflect", "constant", "replicate", "circular"}, default "reflect"
        What these are; "circular" is torchaudio's.
    f_min, f_max : float, default 0.0 and half of the sample rate
        Range of the bands in Hz.
    n_mels : int, default 128
        Mel bands.
    onesided : None
        Without effect.
    norm : {None, "slaney"}, default None
        Whether filters have the height 1 or equal area.
    mel_scale : {"htk", "slaney"}, default "htk"
        Formula of the mel scale.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As :class:`Spectrogram`.

    Warns
    -----
    UserWarning
        If some bands cover no bin.

    See Also
    --------
    fastmel.melspectrogram : the same of arrays, with librosa's arguments.

    Notes
    -----
    Called on a tensor of shape (..., time) it returns one of shape (..., n_mels, frames), of the
    same dtype.

    Examples
    --------
    >>> import torch
    >>> import fastmel.torch
    >>> to_mel = fastmel.torch.MelSpectrogram(norm="slaney", mel_scale="slaney")
    >>> to_mel(torch.zeros(16000)).shape
    torch.Size([128, 81])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        n_fft: int = 400,
        win_length: int | None = None,
        hop_length: int | None = None,
        f_min: float = 0.0,
        f_max: float | None = None,
        pad: int = 0,
        n_mels: int = 128,
        window_fn: Callable[..., Tensor] = torch.hann_window,
        power: float = 2.0,
        normalized: bool | str = False,
        wkwargs: dict[str, Any] | None = None,
        center: bool = True,
        pad_mode: str = "reflect",
        onesided: bool | None = None,
        norm: str | None = None,
        mel_scale: str = "htk",
    ) -> None:
        arguments = _arguments(locals(), "onesided")
        super().__init__(arguments, mel_config)
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.win_length = win_length or n_fft
        self.hop_length = hop_length or self.win_length // 2
        self.n_mels = n_mels
        self.f_min = f_min
        self.f_max = f_max


class AmplitudeToDB(Transform):
    """Turn a spectrogram of power or magnitude into decibels.

    Parameters
    ----------
    stype : {"power", "magnitude"}, default "power"
        What the spectrogram holds: the factor of the decadic logarithm is 10 or 20.
    top_db : float, optional
        Values are floored at this distance below the maximum: that of a matrix or of three axes;
        with more axes, that of the last three.

    Raises
    ------
    ValueError
        If `top_db` is negative.
    RuntimeError
        If only torchaudio covers a tensor, and it is not installed.

    See Also
    --------
    fastmel.power_to_db : the same of arrays, with librosa's arguments.

    Notes
    -----
    The logarithm is that of no less than 1e-10, for magnitudes as well.

    Examples
    --------
    >>> import torch
    >>> import fastmel.torch
    >>> fastmel.torch.AmplitudeToDB("magnitude")(torch.tensor([[1.0, 10.0, 0.0]]))
    tensor([[   0.,   20., -200.]])
    """

    def __init__(self, stype: str = "power", top_db: float | None = None) -> None:
        super().__init__({"stype": stype, "top_db": top_db})
        if top_db is not None and top_db < 0:
            raise ValueError(f"top_db={top_db} must not be negative")
        self.stype = stype
        self.top_db = top_db
        # As in torchaudio, whatever is not "power" is a magnitude.
        self._doublings = 1 if stype == "power" else 2

    def _compute(self, array: Array) -> Array:
        top_db = None if self.top_db is None else self.top_db / self._doublings
        axes = (-3, -2, -1) if array.ndim > 2 else None
        decibels = power_to_db(array, amin=1e-10, top_db=top_db, axes=axes, precision="single")
        if self._doublings > 1:
            decibels = decibels * array.dtype.type(self._doublings)
        return np.asarray(decibels)


class MFCC(_Features):
    """Make mel-frequency cepstral coefficients of a signal.

    Parameters
    ----------
    sample_rate : int, default 16000
        Sample rate in Hz.
    n_mfcc : int, default 40
        Coefficients.
    dct_type : {2}, default 2
        Type of the discrete cosine transform.
    norm : {"ortho", None}, default "ortho"
        Scale of the transform; None is torchaudio's.
    log_mels : bool, default False
        Whether to transform ``ln(x + 1e-6)`` of the bands, or their decibels, floored 80 dB below
        the maximum of a signal, of all signals of a matrix, or, with more axes, of the last two.
    melkwargs : dict, optional
        Arguments of :class:`MelSpectrogram`.

    Raises
    ------
    ValueError, TypeError, RuntimeError
        As :class:`Spectrogram`, or if there are fewer bands than coefficients.

    See Also
    --------
    fastmel.mfcc : the same of arrays, with librosa's arguments.

    Notes
    -----
    Called on a tensor of shape (..., time) it returns one of shape (..., n_mfcc, frames), of the
    same dtype.

    Examples
    --------
    >>> import torch
    >>> import fastmel.torch
    >>> to_mfcc = fastmel.torch.MFCC(n_mfcc=13, melkwargs={"n_mels": 64})
    >>> to_mfcc(torch.zeros(16000)).shape
    torch.Size([13, 81])
    """

    def __init__(
        self,
        sample_rate: int = 16000,
        n_mfcc: int = 40,
        dct_type: int = 2,
        norm: str | None = "ortho",
        log_mels: bool = False,
        melkwargs: dict[str, Any] | None = None,
    ) -> None:
        if dct_type != 2:
            raise ValueError(f"dct_type={dct_type} is not supported: only 2 is")
        arguments = _arguments(locals(), "dct_type")
        mel = MelSpectrogram(sample_rate, **(melkwargs or {}))
        super().__init__(arguments, partial(mfcc_config, mel=mel._arguments))
        self.sample_rate = sample_rate
        self.n_mfcc = n_mfcc
        self.norm = norm
        self.log_mels = log_mels

    def _compute(self, array: Array) -> Array:
        if self.log_mels or array.ndim < 3:
            return super()._compute(array)
        groups = array.reshape(-1, *array.shape[-2:])
        features = np.stack([super(MFCC, self)._compute(group) for group in groups])
        return features.reshape(*array.shape[:-1], *features.shape[-2:])
