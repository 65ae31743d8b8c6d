"""Words for what the commands print: tables and amounts."""

from __future__ import annotations

from collections.abc import Sequence

from .._base.text import count, explain, printable, seconds

__all__ = ["count", "explain", "printable", "rate", "seconds", "table"]


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


def rate(value: float) -> str:
    """Return a sample rate in kHz."""
    return f"{value / 1000:g} kHz"
