"""torchaudio's arguments as configurations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._base.checks import brief
from .._engine.config import MelConfig
from .._engine.parameters import PadMode
from .._engine.windows import get_window
from ._original import NotCovered, torch

_PAD_MODES: dict[str, PadMode] = {"constant": "constant", "reflect": "reflect", "replicate": "edge"}
_WINDOWS: dict[Any, Any] = {
    torch.hann_window: "hann",
    torch.hamming_window: "hamming",
    torch.blackman_window: "blackman",
    torch.bartlett_window: "bartlett",
    torch.ones: "boxcar",
}


def _window(window_fn: Any, wkwargs: dict[str, Any] | None) -> Any:
    """Return fastmel's name of a window function of torch's."""
    arguments = dict(wkwargs or {})
    if window_fn is torch.kaiser_window:
        name: Any = ("kaiser", float(arguments.pop("beta", 12.0)))
    elif window_fn in _WINDOWS:
        name = _WINDOWS[window_fn]
    else:
        raise NotCovered("window functions other than torch's own")
    if window_fn is not torch.ones and not arguments.pop("periodic", True):
        name = name + "_symmetric" if isinstance(name, str) else ("kaiser_symmetric", *name[1:])
    if arguments:
        raise NotCovered(f"a window's {', '.join(map(str, arguments))}")
    return name


def _scale(normalized: bool | str, window: Any, win_length: int, n_fft: int) -> float:
    """Return the factor of the samples that normalizes the spectrum."""
    if normalized == "frame_length":
        return 1 / math.sqrt(n_fft)
    if normalized is True or normalized == "window":
        return 1 / math.sqrt(float(np.sum(np.square(get_window(window, win_length)))))
    return 1.0


def _stft_config(arguments: dict[str, Any], **bands: Any) -> MelConfig:
    """Return the configuration of what torchaudio's transforms have in common."""
    n_fft, power, pad_mode = arguments["n_fft"], arguments["power"], arguments["pad_mode"]
    win_length = arguments["win_length"] or n_fft
    if power is None:
        raise NotCovered("complex spectra")
    if arguments["pad"]:
        raise NotCovered(f"pad={brief(arguments['pad'])}")
    if pad_mode not in _PAD_MODES:
        raise NotCovered(f"pad_mode={brief(pad_mode)}")
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


def mel_config(arguments: dict[str, Any]) -> MelConfig:
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


def spectrogram_config(arguments: dict[str, Any]) -> MelConfig:
    """Return the configuration of torchaudio's arguments of a spectrogram."""
    if not arguments["onesided"]:
        raise NotCovered("spectra with both sides")
    return _stft_config(arguments, n_mels=None)


def mfcc_config(arguments: dict[str, Any], mel: dict[str, Any]) -> MelConfig:
    """Return the configuration of torchaudio's arguments of cepstra, and of the bands below."""
    if arguments["norm"] != "ortho":
        raise NotCovered(f"norm={brief(arguments['norm'])}")
    level: dict[str, Any] = {"log": "dB", "dynamic_range": 80.0, "peak": "batch"}
    if arguments["log_mels"]:
        level = {"log": "ln", "log_floor": 0.0, "log_offset": 1e-6}
    return mel_config(mel).replace(n_mfcc=arguments["n_mfcc"], **level)
