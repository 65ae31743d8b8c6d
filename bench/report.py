"""Run the cases: check the results, take the times, put them into tables."""

import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from . import machine
from .cases import CASES, Case, Contender, Limit
from .measure import CLOCKS, Spread, Times, interleaved

OURS = ("fastmel", "double", "single")


@dataclass(frozen=True)
class Pace:
    """How long to measure a case."""

    seconds: float
    rounds: tuple[int, int]
    clock: str = "wall"


@dataclass(frozen=True)
class Outcome:
    """Of a goal: at least `wanted` times as fast as `peer`, or at most so many µs (no peer)."""

    ours: str
    peer: str | None
    wanted: float
    found: float

    @property
    def reached(self) -> bool:
        return self.found >= self.wanted if self.peer else self.found <= self.wanted

    def __str__(self) -> str:
        if self.peer:
            asked = f"at least {self.wanted:g}x as fast as {self.peer}, was {self.found:.2f}x"
        else:
            asked = f"at most {self.wanted:g} µs, took {self.found:.1f}"
        return f"{'reached' if self.reached else 'MISSED '} {self.ours}: {asked}"


@dataclass(frozen=True)
class Result:
    case: Case
    times: Times
    deviation: dict[str, float]  # from the float64 reference, in the units of the result
    left_out: dict[str, str]  # why

    def ours(self) -> list[str]:
        return [name for name in self.times.names if name.startswith(OURS)]

    def peers(self) -> list[str]:
        return [name for name in self.times.names if not name.startswith(OURS)]

    def fastest_peer(self) -> str | None:
        median = {name: self.times.spread(name).median for name in self.peers()}
        return min(median, key=median.__getitem__) if median else None

    def goals(self, simd: str) -> list[Outcome]:
        """What was asked for on this instruction set, and measured."""
        outcomes = []
        for goal in self.case.goals:
            if goal.ours not in self.times.names:
                continue
            if isinstance(goal, Limit):
                if simd == "avx512":
                    found = self.times.spread(goal.ours).median * 1e6 / self.case.units
                    outcomes.append(Outcome(goal.ours, None, goal.microseconds, found))
                continue
            peer = goal.peer or self.fastest_peer()
            wanted = {"avx512": goal.times, "avx2": goal.times_avx2}.get(simd)
            if wanted and peer in self.times.names:
                found = self.times.ratio(peer, goal.ours).median
                outcomes.append(Outcome(goal.ours, peer, wanted, found))
        return outcomes

    def as_dict(self, simd: str) -> dict[str, object]:
        return {
            "title": self.case.title,
            "unit": self.case.unit,
            "units": self.case.units,
            "seconds": {n: asdict(self.times.spread(n)) for n in self.times.names},
            "times_ours": {
                ours: {n: asdict(self.times.ratio(n, ours)) for n in self.times.names}
                for ours in self.ours()
            },
            "rounds": len(self.times.seconds),
            "goals": [asdict(outcome) for outcome in self.goals(simd)],
            "deviation": self.deviation,
            "left_out": self.left_out,
        }


def run(key: str, pace: Pace, log: Callable[[str], None]) -> Result:
    case = CASES[key]()
    calls, deviation, left_out = {}, {}, {}
    for contender in case.contenders:
        try:
            call = contender.setup()
        except (ImportError, TypeError) as error:
            left_out[contender.name] = f"not measured: {error}"
            continue
        off = deviation[contender.name] = _deviation(contender, case, call())
        tolerance = case.tolerance if contender.tolerance is None else contender.tolerance
        if not off <= tolerance:
            why = f"it computes something else ({off:.3g} off, accepted {tolerance:.3g})"
            left_out[contender.name] = f"not measured: {why}"
            continue
        calls[contender.name] = call
    for name, why in left_out.items():
        log(f"  {name}: {why}")
    clock = CLOCKS["wall" if case.parallel else pace.clock]
    times = interleaved(calls, seconds=pace.seconds, rounds=pace.rounds, clock=clock)
    return Result(case, times, deviation, left_out)


def _deviation(contender: Contender, case: Case, result: object) -> float:
    """The largest absolute difference from the reference; infinite if the shapes differ."""
    expected = case.expected if contender.expected is None else contender.expected
    found = np.asarray(contender.view(result))
    if found.shape != expected.shape:
        return np.inf
    return float(np.abs(found - expected).max())


# --- text -----------------------------------------------------------------------------------------


def table(result: Result) -> str:
    """One row a contender: its times, what is theirs over each of ours, how far off it is."""
    case, times, ours = result.case, result.times, result.ours()
    columns = [f"x {chr(ord('a') + i)}" for i in range(len(ours))]
    header = ["", "median", "middle half", "range", f"µs/{case.unit}", *columns, "off by"]
    rows = [header]
    for name in times.names:
        spread = times.spread(name)
        mark = f"[{chr(ord('a') + ours.index(name))}] " if name in ours else "    "
        ratios = ["" if name == o else ratio(times.ratio(name, o)) for o in ours]
        rows.append([
            mark + name, _ms(spread.median), f"{_ms(spread.lower)} - {_ms(spread.upper)}",
            f"{_ms(spread.minimum)} - {_ms(spread.maximum)}",
            f"{spread.median * 1e6 / case.units:.3g}", *ratios, f"{result.deviation[name]:.1e}",
        ])  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
    notes = [f"    {c.name}: {c.note}" for c in case.contenders if c.note and c.name in times.names]
    return "\n".join([*lines, *notes, f"    {len(times.seconds)} rounds, times in ms"])


def goals(result: Result, simd: str) -> str:
    return "".join(f"    {outcome}\n" for outcome in result.goals(simd))


def goals_table(facts: dict[str, Any]) -> str:
    """What was asked for and found on each instruction set, of the results of a whole run.

    That patched calls are no slower is asked of each: of these, the ones that are slower.
    """
    runs = {facts["machine"]["simd"]["active"]: facts, **facts.get("simd", {})}
    rows: dict[tuple[str, str, str | None], dict[str, str]] = {}
    for simd, run in runs.items():
        for key, case in run["cases"].items():
            for outcome in (Outcome(**goal) for goal in case.get("goals", [])):
                if key == "patched" and outcome.reached:
                    continue
                unit, least = ("x", "≥") if outcome.peer else (" µs", "≤")
                found = f"{outcome.found:.3g}{unit} ({least} {outcome.wanted:g})"
                row = rows.setdefault((case["title"], outcome.ours, outcome.peer), {})
                row[simd] = f"**{found}**" if outcome.reached else found
    names = [simd for simd in runs if any(simd in row for row in rows.values())]
    cells = [[title, ours, peer or "", *(row.get(n, "") for n in names)]
             for (title, ours, peer), row in rows.items()]  # fmt: skip
    return markdown([["work", "of", "beside", *names], *cells])


def ratio(spread: Spread) -> str:
    return f"{spread:.3g} ({spread.lower:.3g}-{spread.upper:.3g})"


def markdown(rows: Iterable[list[str]]) -> str:
    """Return a table, names on the left and numbers on the right, that lines up as plain text."""
    cells = list(rows)
    first, *rest = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [
        "| " + " | ".join([row[0].ljust(first), *map(str.rjust, row[1:], rest)]) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join(["-" * (first + 2), *("-" * (w + 1) + ":" for w in rest)]) + "|")
    return "\n".join(lines)


def _ms(seconds: float) -> str:
    ms = seconds * 1e3
    return f"{ms:.3f}" if ms < 10 else f"{ms:.1f}"


def progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def active_simd() -> str:
    simd = machine.describe()["simd"]
    return simd["active"] if isinstance(simd, dict) and simd else ""
