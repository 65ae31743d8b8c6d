"""torchaudio's transforms of CPU tensors.

:class:`Spectrogram`, :class:`MelSpectrogram`, :class:`AmplitudeToDB` and :class:`MFCC` have the
arguments and the results of :mod:`torchaudio.transforms`. They read the memory of a float32 or
float64 tensor as it is, and return a tensor.

What they do not cover goes to torchaudio's own transform, where that is installed, and is an error
where it is not: tensors that require grad, so that no gradient is lost; tensors elsewhere than in
the memory of the CPU, of other types, under autocast, a transform of ``torch.func`` or a mode of
torch's, or in the hands of ``torch.jit.trace``, ``torch.compile`` and their like; complex spectra;
windows that are no function of torch's; zeros before the padding. They are modules without
parameters and buffers, so a checkpoint of torchaudio's loads with ``strict=False``.

Examples
--------
>>> import torch
>>> import fastmel.torch
>>> to_mel = fastmel.torch.MelSpectrogram(sample_rate=16000, n_fft=400, hop_length=160, n_mels=80)
>>> to_mel(torch.zeros(2, 16000)).shape
torch.Size([2, 80, 101])
"""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ._base.arrays import Array
from ._base.checks import brief
from ._base.tensors import why_not_plain
from ._compat.decibels import power_to_db
from ._engine.config import MelConfig
from ._engine.parameters import PadMode
from ._frontend.frontend import FrontEnd
from ._frontend.named import frontend

try:
    torch: Any = importlib.import_module("torch")
except ModuleNotFoundError as error:
    if error.name != "torch":
        raise
    raise ModuleNotFoundError(
        "fastmel.torch needs torch, which is not installed: pip install torch", name="torch"
    ) from None

__all__ = ["MFCC", "AmplitudeToDB", "MelSpectrogram", "Spectrogram"]

Tensor = Any

_PAD_MODES: dict[str, PadMode] = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
_WINDOWS: dict[Any, Any] = {
    torch.hann_window: "hann",
    torch.hamming_window: "hamming",
    torch.blackman_window: "blackman",
    torch.bartlett_window: "bartlett",
    torch.ones: "boxcar",
}


class _NotCovered(Exception):
    """What an original has to do; the message is the subject of a sentence."""


class _Transform(torch.nn.Module):  # type: ignore[misc]
    """A transform that gives to its original in torchaudio what it does not cover itself."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__()
        self._arguments = arguments
        # A transform in a dictionary is none of this one's modules: it adds nothing to its state.
        self._originals: dict[Any, Any] = {}
        self._reason: str | None = None

    def _cover(self, prepare: Callable[[], None]) -> None:
        """Prepare what the arguments ask for, or make torchaudio's transform of them."""
        try:
            prepare()
        except _NotCovered as reason:
            self._reason = str(reason)
            self._originals[torch.device("cpu"), torch.float32] = self._make_original(self._reason)

    def forward(self, tensor: Tensor) -> Tensor:
        """Transform a tensor, shape (..., time) or (..., freq, time)."""
        try:
            if self._reason:
                raise _NotCovered(self._reason)
            array = _memory(tensor)
        except _NotCovered as reason:
            return self._original(tensor, str(reason))(tensor)
        return torch.from_numpy(self._compute(array))

    def _compute(self, array: Array) -> Array:
        raise NotImplementedError

    def _original(self, tensor: Tensor, reason: str) -> Any:
        kind = tensor.dtype if tensor.dtype.is_floating_point else torch.float32
        where = tensor.device, kind
        if where not in self._originals:
            with _apart():
                self._originals[where] = self._make_original(reason).to(*where)
        return self._originals[where]

    def _make_original(self, reason: str) -> Any:
        try:
            transforms = importlib.import_module("torchaudio").transforms
        except ModuleNotFoundError as error:
            if error.name != "torchaudio":
                raise
            raise RuntimeError(
                f"fastmel.torch.{type(self).__name__} does not cover {reason}, and torchaudio, "
                "which does, is not installed: pip install torchaudio"
            ) from None
        return getattr(transforms, type(self).__name__)(**self._arguments)

    def extra_repr(self) -> str:
        """Return the arguments, for the representation of a module."""
        return ", ".join(f"{name}={value!r}" for name, value in self._arguments.items())


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """Keep what is made here, which outlives a call, out of the call's graphs and modes."""
    modes = importlib.import_module("torch.utils._python_dispatch")
    traced = torch._C._get_tracing_state()
    torch._C._set_tracing_state(None)
    try:
        with torch.inference_mode(False), modes._disable_current_modes(), torch.device("cpu"):
            yield
    finally:
        torch._C._set_tracing_state(traced)


def _memory(tensor: Tensor) -> Array:
    """Return a tensor's memory as an array."""
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"tensor must be a torch.Tensor; got {type(tensor).__name__}")
    if reason := why_not_plain(tensor, torch.float32, torch.float64):
        raise _NotCovered(reason)
    array: Array = tensor.detach().numpy()
    return array


def _window(window_fn: Any, wkwargs: dict[str, Any] | None) -> Any:
    """Return fastmel's name of a window function of torch's."""
    arguments = dict(wkwargs or {})
    if window_fn is torch.kaiser_window:
        name: Any = ("kaiser", float(arguments.pop("beta", 12.0)))
    elif window_fn in _WINDOWS:
        name = _WINDOWS[window_fn]
    else:
        raise _NotCovered("window functions other than torch's own")
    if window_fn is not torch.ones and not arguments.pop("periodic", True):
        name = name + "_symmetric" if isinstance(name, str) else ("kaiser_symmetric", *name[1:])
    if arguments:
        raise _NotCovered(f"a window's {', '.join(map(str, arguments))}")
    return name


def _scale(normalized: bool | str, window: Any, win_length: int, n_fft: int) -> float:
    """Return the factor of the samples that normalizes the spectrum."""
    if normalized == "frame_length":
        return 1 / math.sqrt(n_fft)
    if normalized is True or normalized == "window":
        from ._engine.windows import get_window

        return 1 / math.sqrt(float(np.sum(np.square(get_window(window, win_length)))))
    return 1.0


def _stft_config(arguments: dict[str, Any], **bands: Any) -> MelConfig:
    """Return the configuration of torchaudio's arguments of a spectrogram, with bands or none."""
    n_fft, power, pad_mode = arguments["n_fft"], arguments["power"], arguments["pad_mode"]
    win_length = arguments["win_length"] or n_fft
    if power is None:
        raise _NotCovered("complex spectra")
    if arguments["pad"]:
        raise _NotCovered(f"pad={brief(arguments['pad'])}")
    if pad_mode not in _PAD_MODES:
        raise _NotCovered(f"pad_mode={brief(pad_mode)}")
    window = _window(arguments["window_fn"], arguments["wkwargs"])
    return MelConfig(
        n_fft=n_fft,
        win_length=win_length,
        hop_length=arguments["hop_length"] or win_length // 2,
        window=window,
        padding="center" if arguments["center"] else "none",
        pad_mode=_PAD_MODES[pad_mode],
        scale=_scale(arguments["normalized"], window, win_length, n_fft),
        power=power,
        precision="single",
        **bands,
    )


def _mel_config(arguments: dict[str, Any]) -> MelConfig:
    """Return the configuration of torchaudio's arguments of a mel spectrogram."""
    # torchaudio spreads the bins evenly up to the whole part of half the rate, whatever n_fft.
    sample_rate, n_fft, f_max = (arguments[name] for name in ("sample_rate", "n_fft", "f_max"))
    nyquist = sample_rate // 2
    return _stft_config(
        arguments,
        sample_rate=sample_rate,
        mel_sample_rate=nyquist * n_fft / max(n_fft // 2, 1),
        n_mels=arguments["n_mels"],
        fmin=arguments["f_min"],
        fmax=float(nyquist) if f_max is None else f_max,
        mel_scale=arguments["mel_scale"],
        mel_norm=arguments["norm"],
    )


class _Features(_Transform):
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
        if array.dtype not in self._front_ends:
            single = self._front_ends[np.dtype(np.float32)]
            self._front_ends[array.dtype] = FrontEnd(single.config.replace(precision="double"))
        return self._front_ends[array.dtype](array)


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
        arguments = {
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "pad": pad,
            "window_fn": window_fn,
            "power": power,
            "normalized": normalized,
            "wkwargs": wkwargs,
            "center": center,
            "pad_mode": pad_mode,
            "onesided": onesided,
        }
        super().__init__(arguments, _onesided)
        self.n_fft = n_fft
        self.win_length = win_length or n_fft
        self.hop_length = hop_length or self.win_length // 2
        self.power = power


def _onesided(arguments: dict[str, Any]) -> MelConfig:
    if not arguments["onesided"]:
        raise _NotCovered("spectra with both sides")
    return _stft_config(arguments, n_mels=None)


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
        arguments = {
            "sample_rate": sample_rate,
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": hop_length,
            "f_min": f_min,
            "f_max": f_max,
            "pad": pad,
            "n_mels": n_mels,
            "window_fn": window_fn,
            "power": power,
            "normalized": normalized,
            "wkwargs": wkwargs,
            "center": center,
            "pad_mode": pad_mode,
            "norm": norm,
            "mel_scale": mel_scale,
        }
        super().__init__(arguments, _mel_config)
        self.sample_rate = sample_rate
        self.n_fft = n_fft
        self.win_length = win_length or n_fft
        self.hop_length = hop_length or self.win_length // 2
        self.n_mels = n_mels
        self.f_min = f_min
        self.f_max = f_max


class AmplitudeToDB(_Transform):
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
        return np.asarray(decibels * array.dtype.type(self._doublings))


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
        arguments = {
            "sample_rate": sample_rate,
            "n_mfcc": n_mfcc,
            "norm": norm,
            "log_mels": log_mels,
            "melkwargs": melkwargs,
        }
        super().__init__(arguments, _mfcc_config)
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


def _mfcc_config(arguments: dict[str, Any]) -> MelConfig:
    mel = MelSpectrogram(arguments["sample_rate"], **(arguments["melkwargs"] or {}))
    if arguments["norm"] != "ortho":
        raise _NotCovered(f"norm={brief(arguments['norm'])}")
    level: dict[str, Any] = {"log": "dB", "dynamic_range": 80.0, "peak": "batch"}
    if arguments["log_mels"]:
        level = {"log": "ln", "log_floor": 0.0, "log_offset": 1e-6}
    return _mel_config(mel._arguments).replace(n_mfcc=arguments["n_mfcc"], **level)
