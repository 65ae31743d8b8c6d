"""Messages of errors and warnings carry no large value: every argument of the public API is tried.

A traceback with a recording in it fills a log; one with a megabyte of bytes can hang a terminal.
"""

import inspect
import warnings

import fastmel
import numpy as np
import pytest
import signals
from fastmel import kaldi, reference, steps, whisper

LONGEST = 800  # characters of a message, whatever is in it

Y = signals.noise(4096)
S = np.abs(fastmel.stft(Y, n_fft=512)) ** 2
LARGE = {
    "str": "\N{MUSICAL SYMBOL G CLEF}" * 20_000,
    "bytes": b"\xff" * 20_000,
    "list": [0.5, "a"] * 10_000,
    "tuple": (0.5, 1) * 10_000,
    "dict": dict.fromkeys(range(5_000), "value"),
    "set": set(range(5_000)),
    "int": 10**4000,
    "negative int": -(10**4000),
    "more digits than are printed": 10**5000,
    "array": np.arange(20_000.0),
    "strings": np.array(["a" * 1000] * 20),
    "objects": np.array([{"a": "b" * 1000}] * 20, dtype=object),
    "nested": [[["x" * 1000] * 5] * 5] * 5,
}


def front_end(name="whisper"):
    return fastmel.frontend(name)


def public():
    """Names, callables, and arguments with which a call succeeds."""
    samples, power = {"y": Y}, {"S": S}
    first = {
        "stft": samples, "spectrogram": samples, "melspectrogram": samples, "mfcc": samples,
        "log_melspectrogram": samples, "istft": {"stft_matrix": fastmel.stft(Y, n_fft=64)},
        "power_to_db": power, "amplitude_to_db": power, "pcen": power,
        "db_to_power": {"S_db": S}, "db_to_amplitude": {"S_db": S},
        "hz_to_mel": {"frequencies": [1.0]}, "mel_to_hz": {"mels": [1.0]},
        "mel_frequencies": {}, "fft_frequencies": {}, "get_window": {"window": "hann", "win_length": 9},
        "mel_filterbank": {"sr": 22050, "n_fft": 512}, "frontend": {"spec": "whisper"},
        "MelConfig": {}, "FrontEnd": {"config": fastmel.MelConfig()},
    }  # fmt: skip
    for name, arguments in first.items():
        yield name, getattr(fastmel, name), arguments
