"""The cases, in files by kind. To add one, write a function that returns or yields cases here."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..case import Case
from . import features, files, functions, patched, throughput

Build = Callable[[], Case | Iterable[Case]]

CASES: dict[str, Build] = {
    "log_mel": features.log_mel,
    "whisper": features.whisper,
    "kaldi": features.kaldi,
    "vocoder": features.vocoder,
    "mfcc": features.mfcc,
    "one_second": features.one_second,
    "stft": functions.stft,
    "pcen": functions.pcen,
    "power_to_db": functions.power_to_db,
    "file": files.file,
    "batch": throughput.batch,
    "loader": throughput.loader,
    "threads": throughput.threads,
    "extractors": patched.extractors,
    "patched": patched.short_calls,
}

# What answers "what would I gain?" in a minute.
SHORT = ["log_mel", "whisper", "kaldi", "one_second", "file", "batch", "loader"]
