"""torchaudio: Kaldi's features, and the transforms to (mel) spectrograms."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from ... import kaldi
from ..._base.arrays import Array
from ..._base.tensors import Tensor, memory
from ..._frontend.frontend import FrontEnd
from .._given import Options, Remembered, check_tensor, front_end_of, frozen, window_named
from .._surroundings import is_of
from .._targets import NotCovered, Target

if TYPE_CHECKING:
    from torch.nn import Module

# Options, a window, and filters (bins, bands) if there are.
_Parts: TypeAlias = tuple[Any, ...]

_KALDI, _TRANSFORMS = "torchaudio.compliance.kaldi", "torchaudio.transforms._transforms"


def _of_tensors(function: Callable[..., Array]) -> Callable[..., Tensor]:
    """Return a function of :mod:`fastmel.kaldi`, from tensor to tensor."""
    options = list(inspect.signature(function).parameters.values())[1:]
    defaults = [option.default for option in options]
    names = [option.name for option in options]
    dither, window_type = names.index("dither"), names.index("window_type")

    @functools.wraps(function)
    def adapter(waveform: Tensor, *values: object) -> Tensor:
        import torch

        check_tensor(waveform, torch.float32, torch.float64)
        if not all(map(_is_like, values, defaults)) or values[window_type] not in _KALDI_WINDOWS:
            raise NotCovered("options of other types, or an unknown window")
        if values[dither]:
            raise NotCovered("dither, which must be random")
        features = function(memory(waveform), *values)
        if not features.size:
            raise NotCovered("a clip of less than a frame")
        return torch.from_numpy(features)

    return adapter


_KALDI_WINDOWS = ("hamming", "hanning", "povey", "rectangular", "blackman")


def _is_like(value: object, default: object) -> bool:
    """Whether this is of the kind of a default: a flag, a name, or a number."""
    return type(value) is type(default) or (
        type(value) in (int, float) and type(default) in (int, float)
    )


def spectrogram(self: Module, waveform: Tensor) -> Tensor:
    """``transforms.Spectrogram.forward``."""
    return _features(waveform, self, _parts)


def mel_spectrogram(self: Module, waveform: Tensor) -> Tensor:
    """``transforms.MelSpectrogram.forward``."""
    return _features(waveform, self, mel_parts)


def _features(waveform: Tensor, transform: Module, parts: Callable[[Module], _Parts]) -> Tensor:
    import torch

    check_tensor(waveform, torch.float32)
    options, *arrays = parts(transform)
    front_end = _front_end(transform, (options,), *arrays)
    return torch.from_numpy(front_end(memory(waveform)))


def mel_parts(transform: Module) -> _Parts:
    """Return what :func:`_parts` does, and the filters (bins, bands) of a ``MelSpectrogram``."""
    import torch

    spectrum, scale = transform.spectrogram, transform.mel_scale
    check_module(spectrum, "Spectrogram")
    check_module(scale, "MelScale")
    check_tensor(scale.fb, torch.float32)
    return (*_parts(spectrum), memory(scale.fb))


def check_module(module: Module, name: str) -> None:
    """Leave to the original what is no module of torchaudio's of this name, or has hooks."""
    from torch.nn.modules import module as everywhere

    kind = type(module)
    forward, there = getattr(kind, "forward", None), vars(sys.modules[_TRANSFORMS])
    if (
        (kind.__module__, kind.__qualname__) != (_TRANSFORMS, name)
        or getattr(forward, "__globals__", None) is not there
        or not is_of(there["F"].spectrogram, there)
        or not _CALLED.isdisjoint(vars(module))
    ):
        raise NotCovered(f"a {name} of its own")
    if any(getattr(module, f"_{hooks}") for hooks in _HOOKS) or any(
        getattr(everywhere, f"_global_{hooks}", None) for hooks in _HOOKS
    ):
        raise NotCovered("hooks")


# What a call of a module looks for in the instance first.
_CALLED = frozenset({"forward", "_call_impl", "_slow_forward", "_compiled_call_impl"})
_HOOKS = ("forward_hooks", "forward_pre_hooks", "backward_hooks", "backward_pre_hooks")


def _parts(transform: Module) -> _Parts:
    """Return the options of what a ``Spectrogram`` computes, and its window."""
    import torch

    check_tensor(transform.window, torch.float32)
    if transform.power is None or transform.normalized or transform.pad:
        raise NotCovered("complex or normalized spectra, or padding of its own")
    if transform.onesided is False:
        raise NotCovered("two-sided spectra")
    options = {
        "n_fft": transform.n_fft,
        "win_length": transform.win_length,
        "hop_length": transform.hop_length,
        "power": float(transform.power),
        "padding": "center" if transform.center else "none",
        "pad_mode": transform.pad_mode if transform.center else "constant",
    }
    return tuple(options.items()), memory(transform.window)


@Remembered
def _front_end(options: Options, window: Array, *filters: Array) -> FrontEnd:
    more = ("window", window_named(window)), ("precision", "single")
    return front_end_of((*options, *more), frozen(filters[0].T) if filters else None)


TARGETS = (
    Target(_KALDI, "fbank", (_of_tensors(kaldi.fbank),)),
    Target(_KALDI, "mfcc", (_of_tensors(kaldi.mfcc),)),
    Target(_KALDI, "spectrogram", (_of_tensors(kaldi.spectrogram),)),
    Target(_TRANSFORMS, "Spectrogram.forward", (spectrogram,)),
    Target(_TRANSFORMS, "MelSpectrogram.forward", (mel_spectrogram,)),
)
