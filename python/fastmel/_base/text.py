"""Words for people: errors, amounts, texts that a terminal can show."""

from __future__ import annotations

import os
from unicodedata import category


def explain(error: BaseException) -> str:
    """Return an error as one line."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        name = os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename
        return printable(f"{name}: {error.strerror[0].lower()}{error.strerror[1:]}")
    if isinstance(error, (ValueError, OSError)):
        return printable(str(error))  # of one line, but for the names of files
    if isinstance(error, ImportError):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"not enough memory ({error})" if str(error) else "not enough memory"
    else:
        # Not foreseen: say what it is, so that it can be reported.
        text = f"{type(error).__name__}: {error} (FASTMEL_DEBUG=1 shows where)"
    return printable(" ".join(text.split()))


def printable(text: str) -> str:
    r"""Return a text that neither fails nor acts on a terminal: ``\n``, ``\x1b``, ``\xff``.

    Examples
    --------
    >>> printable("two\nlines, \x1b[31mred, µ")
    'two\\nlines, \\x1b[31mred, µ'
    """
    return "".join(_escaped(c) if category(c) in _ACTS else c for c in text)


# Controls, formats such as the direction of writing, bytes that are no UTF-8, ends of lines.
_ACTS = ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escaped(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # how Python has a byte of a name that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def seconds(value: float) -> str:
    """Return a length of time in a fitting unit."""
    if value < 1e-3:
        return f"{value * 1e6:.3g} µs"
    if value < 1:
        return f"{value * 1e3:.3g} ms"
    if value < 120:
        return f"{value:.3g} s"
    if value < 7200:
        return f"{value / 60:.3g} min"
    return f"{value / 3600:.4g} h"


def rate(value: float) -> str:
    """Return a sample rate in kHz."""
    return f"{value / 1000:g} kHz"


def size(n: int) -> str:
    """Return a number of bytes in a fitting unit.

    Examples
    --------
    >>> size(1), size(31_490), size(1_234_000_000)
    ('1 byte', '31.5 kB', '1.2 GB')
    """
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n >= unit:
            return f"{n / unit:,.1f} {name}"
    return count(n, "byte")


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
