"""Results as text for a terminal, and the words that the other forms share."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

Facts = dict[str, Any]

_BAR = 24  # characters of the longest time


def lines(cases: Facts, *, blocks: bool = True) -> Iterator[str]:
    """Yield the lines that show these cases; those of patched calls share one table."""
    for patched, group in itertools.groupby(cases.values(), lambda c: c["kind"] == "patched"):
        if patched:
            yield from ["Calls, not patched and patched", *aligned(_patched_rows(group), 3), ""]
            continue
        for case in group:
            yield case["title"]
            yield from aligned(_rows(case, "█" if blocks else "#"), 5)
            notes = {n: c["note"] for n, c in case["contenders"].items() if c["note"]}
            yield from (f"  {name.strip()}: {note}" for name, note in notes.items())
            yield ""


def _rows(case: Facts, block: str) -> Iterator[list[str]]:
    """One row a contender: its time and spread, how many times ours that is, how far off."""
    contenders = case["contenders"]
    longest = max(c["seconds"]["median"] for c in contenders.values())
    first = base(case)
    audio = case["audio"]
    yield ["", "MEDIAN", "MIDDLE HALF", "TIMES", "OFF BY", "REAL TIME" * bool(audio), ""]
    for name, c in contenders.items():
        median = c["seconds"]["median"]
        bar = block * max(1, round(_BAR * median / longest))
        speed = f"{audio / median:,.0f}x" if audio else ""
        row = [name, time(median), spread(c), times(c, first), f"{c['off_by']:.0e}", speed]
        yield [*row, bar]


def _patched_rows(cases: Iterable[Facts]) -> Iterator[list[str]]:
    yield ["", "NOT PATCHED", "PATCHED", "TIMES", ""]
    for case in cases:
        pair = [case["contenders"][n] for n in ("not patched", "patched")]
        seconds = (time(c["seconds"]["median"]) for c in pair)
        yield [case["title"], *seconds, times(pair[0], "patched"), ""]


def base(case: Facts) -> str | None:
    """Return which of ours the others are compared with: the first, what a user gets."""
    return next((name for name, c in case["contenders"].items() if c["ours"]), None)


def times(contender: Facts, ours: str | None) -> str:
    """Return how many times as long a contender takes as one of ours, with the middle half."""
    if ours is None:
        return ""
    ratio = contender["times"][ours]
    if ratio["minimum"] == ratio["maximum"] == 1:
        return "1"
    return f"{ratio['median']:.3g} ({ratio['lower']:.3g}-{ratio['upper']:.3g})"


def spread(contender: Facts) -> str:
    """Return the middle half of the times."""
    seconds = contender["seconds"]
    return f"{time(seconds['lower'])} - {time(seconds['upper'])}"


def time(seconds: float) -> str:
    """Return a time in a fitting unit."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.3g} µs"
    return f"{seconds * 1e3:.3g} ms" if seconds < 1 else f"{seconds:.3g} s"


def legend(facts: Facts) -> str:
    """Say what the columns mean, and how much work there was."""
    rounds = [case["rounds"] for case in facts["cases"].values()]
    of = f"{min(rounds)} to {max(rounds)} rounds" if rounds else "no rounds"
    clock = {"wall": "wall-clock", "cpu": "CPU"}[facts["pace"]["clock"]]
    return (
        f"Medians of {of}, taken in turns, {clock} time, one thread where nothing else is said. "
        "TIMES: how many times as long as fastmel's first, compared round by round. OFF BY: the "
        "largest difference from the float64 reference, in units of the result."
    )


def aligned(rows: Iterable[list[str]], last_right: int) -> Iterator[str]:
    """Yield rows with their columns aligned, up to `last_right` to the right but for the first."""
    cells = list(rows)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        parts = [
            cell.rjust(width) if 0 < i <= last_right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield ("  " + "  ".join(part for part in parts if part)).rstrip()
