"""Audio features at the speed of the machine: STFT, mel spectrograms and their logarithms.

The functions carry librosa's names and return librosa's numbers; :func:`frontend` returns the
features of a model by name. NumPy is the only dependency; reading files and drawing need extras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._base.public import publish as _publish
from ._base.simd import simd_info
from ._compat.cepstra import mfcc
from ._compat.decibels import amplitude_to_db, db_to_amplitude, db_to_power, power_to_db
from ._compat.inverse import istft
from ._compat.mel import log_melspectrogram, melspectrogram
from ._compat.spectra import spectrogram, stft
from ._engine.config import MelConfig
from ._engine.filterbank import (
    fft_frequencies,
    hz_to_mel,
    mel_filterbank,
    mel_frequencies,
    mel_to_hz,
)
from ._engine.pcen import pcen
from ._engine.windows import get_window
from ._frontend.frontend import FrontEnd
from ._frontend.named import frontend, frontends
from ._version import __version__

if TYPE_CHECKING:
    from . import corpus, io, kaldi, patching, plot, reference, steps, transformers, whisper
    from . import lhotse as lhotse
    from . import ray as ray
    from . import torch as torch
    from ._streaming.stft import InverseStftStream, Stft, StftStream
    from ._streaming.stream import Stream
    from ._streaming.streams import Streams
    from .corpus import extract, open_features
    from .io import load
    from .patching import patch, patch_report, patched, unpatch

__all__ = [
    "FrontEnd",
    "InverseStftStream",
    "MelConfig",
    "Stft",
    "StftStream",
    "Stream",
    "Streams",
    "__version__",
    "amplitude_to_db",
    "corpus",
    "db_to_amplitude",
    "db_to_power",
    "extract",
    "fft_frequencies",
    "frontend",
    "frontends",
    "get_window",
    "hz_to_mel",
    "io",
    "istft",
    "kaldi",
    "load",
    "log_melspectrogram",
    "mel_filterbank",
    "mel_frequencies",
    "mel_to_hz",
    "melspectrogram",
    "mfcc",
    "open_features",
    "patch",
    "patch_report",
    "patched",
    "patching",
    "pcen",
    "plot",
    "power_to_db",
    "reference",
    "simd_info",
    "spectrogram",
    "steps",
    "stft",
    "transformers",
    "unpatch",
    "whisper",
]

# Parts that import takes time for, or that need an extra, load when first used: modules, and
# functions by the module that they are in. `lhotse`, `ray` and `torch` are for users of those, and
# only loaded by their names: `from fastmel import *` works without.
_MODULES = (
    "corpus",
    "io",
    "kaldi",
    "lhotse",
    "patching",
    "plot",
    "ray",
    "reference",
    "steps",
    "torch",
    "transformers",
    "whisper",
)
_HOMES = {
    "InverseStftStream": "._streaming.stft",
    "Stft": "._streaming.stft",
    "StftStream": "._streaming.stft",
    "Stream": "._streaming.stream",
    "Streams": "._streaming.streams",
    "extract": ".corpus",
    "load": ".io",
    "open_features": ".corpus",
    "patch": ".patching",
    "patch_report": ".patching",
    "patched": ".patching",
    "unpatch": ".patching",
}
# What is looked for here, by where it is: for the message alone.
_PLACES = {
    "get_window": "blackman hamming hann hanning kaiser povey",
    "log_melspectrogram": "logmel LogMel LogMelSpectrogram",
    "mel_filterbank": "mel melscale_fbanks mel_filter_bank mel_filters",
    "corpus.*": "Statistics merge read_items statistics verify",
    "kaldi.*": "fbank FbankOptions OnlineFbank OnlineMfcc",
    "patching.*": "PatchWarning",
    "plot.*": "compare filterbank specshow spectrum waveshow",
    "torch.*": "AmplitudeToDB MelSpectrogram MFCC Spectrogram",
    "transformers.*": "WhisperFeatureExtractor accelerate",
    "whisper.*": "log_mel_spectrogram pad_or_trim",
}


_publish(__name__, map(globals().get, __all__))


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    if not name.startswith("_"):
        message += _elsewhere(name)
    raise AttributeError(message, name=name)


def _elsewhere(name: str) -> str:
    """Return where a name that is not here is, or what is like it, as the end of a message."""
    from ._base.checks import meant

    for place, names in _PLACES.items():
        if name in names.split():
            return f"; there is fastmel.{place.replace('*', name)}"
    advice = meant(name, __all__).strip()
    return f"; {advice}" if advice else ""


def __dir__() -> list[str]:
    return [*__all__, "lhotse", "ray", "torch"]
