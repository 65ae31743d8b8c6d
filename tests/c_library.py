"""The C library that the tests load.

Set FASTMEL_LIBRARY to the folder that it is installed in (`nox -s library`).
"""

import ctypes
import os
from ctypes import c_char_p
from pathlib import Path

import pytest

PREFIX = os.environ.get("FASTMEL_LIBRARY", "")
NEEDED = pytest.mark.skipif(
    not PREFIX, reason="needs a library in FASTMEL_LIBRARY, as of nox -s library"
)

OK, INVALID, NO_MEMORY, NOT_FINITE, INTERRUPTED = range(5)


def load():
    lib = ctypes.CDLL(str(next(Path(PREFIX).rglob("libfastmel.so"))))
    for name in ("message", "version", "instruction_set"):
        getattr(lib, f"fastmel_{name}").restype = c_char_p
    return lib


LIB = load() if PREFIX else None


def message():
    return LIB.fastmel_message().decode()
