"""Words for what the commands print: errors, tables, amounts."""

from __future__ import annotations

from collections.abc import Sequence


def explain(error: BaseException) -> str:
    """Return an error as one line."""
    if isinstance(error, OSError) and error.strerror and error.filename is not None:
        text = f"{error.filename}: {error.strerror[0].lower()}{error.strerror[1:]}"
    elif isinstance(error, (ValueError, ImportError, OSError)):
        text = str(error)
    elif isinstance(error, MemoryError):
        text = f"not enough memory ({error})" if str(error) else "not enough memory"
    else:
        # Not foreseen: say what it is, so that it can be reported.
        text = f"{type(error).__name__}: {error} (FASTMEL_DEBUG=1 shows where)"
    return " ".join(text.split())


def table(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> list[str]:
    """Align rows of cells; the columns in `right` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines


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


def count(n: int, noun: str, plural: str | None = None) -> str:
    """Return a number with its noun, in the plural where it must be."""
    return f"{n:,} {noun if n == 1 else plural or noun + 's'}"
