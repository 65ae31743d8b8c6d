"""torchaudio: Kaldi's features, and the transforms to (mel) spectrograms."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import kaldi
from ..config import MelConfig
from ..frontend import FrontEnd
from ..windows import get_window
from .targets import NotCovered, Target

__all__ = ["TARGETS"]


def _of_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of :mod:`fastmel.kaldi`, from tensor to tensor."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def adapter(*args: Any, **kwargs: Any) -> Any:
        import torch

        arguments = signature.bind(*args, **kwargs).arguments
        _check_tensor(arguments["waveform"], torch.float32, torch.float64)
        if arguments.get("dither"):
            raise NotCovered("dither, which must be random")
        return torch.from_numpy(function(**arguments))

    return adapter


def _check_tensor(x: Any, *dtypes: Any) -> None:
    import torch

    if type(x) is not torch.Tensor or x.dtype not in dtypes:
        raise NotCovered("a tensor of another kind or dtype")
    if x.device.type != "cpu" or x.requires_grad:
        raise NotCovered("a tensor on another device, or with a gradient")
    if torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        raise NotCovered("autocast, or compilation")


def spectrogram(self: Any, waveform: Any) -> Any:
    """``transforms.Spectrogram.forward``."""
    return _features(self, waveform, None)


def mel_spectrogram(self: Any, waveform: Any) -> Any:
    """``transforms.MelSpectrogram.forward``."""
    return _features(self.spectrogram, waveform, self.mel_scale.fb)


def _features(transform: Any, waveform: Any, filters: Any) -> Any:
    """Return what a ``Spectrogram``, and mel filters (bins, bands) after it, make of a signal."""
    import torch

    for tensor in (waveform, transform.window, *([] if filters is None else [filters])):
        _check_tensor(tensor, torch.float32)
    if transform.power is None or transform.normalized or transform.pad:
        raise NotCovered("complex or normalized spectra, or padding of its own")
    if transform.onesided is False or any(
        module._forward_hooks or module._forward_pre_hooks for module in transform.modules()
    ):
        raise NotCovered("two-sided spectra, or hooks")
    front_end = _front_end(
        *(transform.n_fft, transform.win_length, transform.hop_length, float(transform.power)),
        transform.pad_mode if transform.center else None,
        _name_of(transform.window.numpy().tobytes()),
        None if filters is None else (tuple(filters.shape), filters.numpy().tobytes()),
    )
    return torch.from_numpy(front_end(waveform))


@functools.lru_cache(maxsize=32)
def _front_end(
    n_fft: int,
    win_length: int,
    hop_length: int,
    power: float,
    pad_mode: str | None,
    window: str,
    filters: tuple[tuple[int, int], bytes] | None,
) -> FrontEnd:
    bands: dict[str, Any] = {"n_mels": None}
    if filters is not None:
        shape, data = filters
        weights = np.frombuffer(data, np.float32).reshape(shape).T
        bands = {"n_mels": shape[1], "mel_weights": weights}
    config = MelConfig(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        padding="none" if pad_mode is None else "center",
        pad_mode=pad_mode or "constant",
        power=power,
        **bands,
        precision="single",
    )
    return FrontEnd(config)


@functools.lru_cache(maxsize=32)
def _name_of(window: bytes) -> str:
    """Return the name of a window that is given by its values, of float32."""
    values = np.frombuffer(window, np.float32)
    for name in ("hann", "hamming", "blackman", "bartlett", "boxcar"):
        for symmetry in ("", "_symmetric"):
            # torch computes windows in float32.
            exact = get_window(name + symmetry, len(values))
            if np.allclose(values, exact, rtol=0, atol=5e-7):
                return name + symmetry
    raise NotCovered("a window of its own")


_KALDI, _TRANSFORMS = "torchaudio.compliance.kaldi", "torchaudio.transforms._transforms"

TARGETS = (
    Target(_KALDI, "fbank", (_of_tensors(kaldi.fbank),)),
    Target(_KALDI, "mfcc", (_of_tensors(kaldi.mfcc),)),
    Target(_KALDI, "spectrogram", (_of_tensors(kaldi.spectrogram),)),
    Target(_TRANSFORMS, "Spectrogram.forward", (spectrogram,)),
    Target(_TRANSFORMS, "MelSpectrogram.forward", (mel_spectrogram,)),
)
