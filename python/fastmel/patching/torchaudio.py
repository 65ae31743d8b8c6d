"""torchaudio: Kaldi's features, and the transforms to (mel) spectrograms."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from .. import kaldi
from ..config import MelConfig
from ..frontend import FrontEnd
from .given import Filters, bands, check_tensor, frozen, window_named
from .targets import NotCovered, Target

__all__ = ["TARGETS"]


def _of_tensors(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of :mod:`fastmel.kaldi`, from tensor to tensor."""
    signature = inspect.signature(function)

    @functools.wraps(function)
    def adapter(*args: Any, **kwargs: Any) -> Any:
        import torch

        arguments = signature.bind(*args, **kwargs).arguments
        check_tensor(arguments["waveform"], torch.float32, torch.float64)
        if arguments.get("dither"):
            raise NotCovered("dither, which must be random")
        return torch.from_numpy(function(**arguments))

    return adapter


def spectrogram(self: Any, waveform: Any) -> Any:
    """``transforms.Spectrogram.forward``."""
    return _features(waveform, self, None)


def mel_spectrogram(self: Any, waveform: Any) -> Any:
    """``transforms.MelSpectrogram.forward``."""
    return _features(waveform, self.spectrogram, self.mel_scale)


def _features(waveform: Any, transform: Any, scale: Any) -> Any:
    import torch

    check_tensor(waveform, torch.float32)
    front_end = _front_end(*facts(transform, scale))
    return torch.from_numpy(front_end(waveform))


def facts(transform: Any, scale: Any) -> tuple[Any, ...]:
    """Return what a ``Spectrogram`` computes, and a ``MelScale`` after it, if there is one.

    Sizes (n_fft, win_length, hop_length), power, padding mode if frames are centred, window,
    filters (bands, bins).
    """
    import torch

    filters = None if scale is None else scale.fb
    for tensor in (transform.window, *([] if scale is None else [filters])):
        check_tensor(tensor, torch.float32)
    if transform.power is None or transform.normalized or transform.pad:
        raise NotCovered("complex or normalized spectra, or padding of its own")
    if transform.onesided is False or any(
        module._forward_hooks or module._forward_pre_hooks
        for module in (transform, *([] if scale is None else [scale]))
    ):
        raise NotCovered("two-sided spectra, or hooks")
    return (
        *(transform.n_fft, transform.win_length, transform.hop_length, float(transform.power)),
        transform.pad_mode if transform.center else None,
        window_named(transform.window.numpy()),
        None if filters is None else frozen(filters.numpy().T),
    )


@functools.lru_cache(maxsize=32)
def _front_end(
    n_fft: int,
    win_length: int,
    hop_length: int,
    power: float,
    pad_mode: str | None,
    window: str,
    filters: Filters | None,
) -> FrontEnd:
    config = MelConfig(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window=window,
        padding="none" if pad_mode is None else "center",
        pad_mode=pad_mode or "constant",
        power=power,
        **bands(filters),
        precision="single",
    )
    return FrontEnd(config)


_KALDI, _TRANSFORMS = "torchaudio.compliance.kaldi", "torchaudio.transforms._transforms"

TARGETS = (
    Target(_KALDI, "fbank", (_of_tensors(kaldi.fbank),)),
    Target(_KALDI, "mfcc", (_of_tensors(kaldi.mfcc),)),
    Target(_KALDI, "spectrogram", (_of_tensors(kaldi.spectrogram),)),
    Target(_TRANSFORMS, "Spectrogram.forward", (spectrogram,)),
    Target(_TRANSFORMS, "MelSpectrogram.forward", (mel_spectrogram,)),
)
