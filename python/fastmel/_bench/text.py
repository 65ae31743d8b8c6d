"""Results as text for a terminal, and the words that the other forms share."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from rich.bar import Bar

from .._base.terminal import table
from .._base.text import count, seconds

Facts = dict[str, Any]

_BAR = 24  # characters of the longest time


def lines(cases: Facts, *, blocks: bool = True) -> Iterator[str]:
    """Yield the lines that show these cases; those of patched calls share one table."""
    for patched, group in itertools.groupby(cases.values(), lambda c: c["kind"] == "patched"):
        if patched:
            yield from ["Calls, not patched and patched", *_patched_lines(group), ""]
            continue
        for case in group:
            yield case["title"]
            yield from _case_lines(case, blocks)
            notes = {n: c["note"] for n, c in case["contenders"].items() if c["note"]}
            yield from (f"  {name.strip()}: {note}" for name, note in notes.items())
            yield ""


def _case_lines(case: Facts, blocks: bool) -> list[str]:
    """One row a contender: its time and spread, how many times ours that is, how far off."""
    longest = max(c["seconds"]["median"] for c in case["contenders"].values())
    speed = ["REAL TIME"] * bool(case["audio"])
    head = ["", "MEDIAN", "MIDDLE HALF", "TIMES", "OFF BY", *speed, ""]
    rows: list[list[Any]] = []
    for name, c in case["contenders"].items():
        median = c["seconds"]["median"]
        row = [f"  {name}", seconds(median), spread(c), times(c, base(case)), f"{c['off_by']:.0e}"]
        row += [f"{case['audio'] / median:,.0f}x" for _ in speed]
        share = max(median / longest, 1 / _BAR)
        rows.append([*row, Bar(1, 0, share, width=_BAR) if blocks else "#" * round(_BAR * share)])
    return table(rows, sys.stdout, head=head, right=range(1, 5 + len(speed)))


def _patched_lines(cases: Iterable[Facts]) -> list[str]:
    rows = []
    for case in cases:
        pair = [case["contenders"][n] for n in ("not patched", "patched")]
        both = (seconds(c["seconds"]["median"]) for c in pair)
        rows.append([f"  {case['title']}", *both, times(pair[0], "patched")])
    head = ("", "NOT PATCHED", "PATCHED", "TIMES")
    return table(rows, sys.stdout, head=head, right=(1, 2, 3))


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
    middle = contender["seconds"]
    return f"{seconds(middle['lower'])} - {seconds(middle['upper'])}"


def legend(facts: Facts) -> str:
    """Say what the columns mean, and how much work there was."""
    rounds = [case["rounds"] for case in facts["cases"].values()]
    least, most = min(rounds, default=0), max(rounds, default=0)
    of = count(most, "round") if least == most else f"{least} to {most} rounds"
    clock = {"wall": "wall-clock", "cpu": "CPU"}[facts["pace"]["clock"]]
    return (
        f"Medians of {of}, taken in turns, {clock} time, one thread where nothing else is said. "
        "TIMES: how many times as long as fastmel's first, compared round by round. OFF BY: the "
        "largest difference from the float64 reference, in units of the result."
    )
