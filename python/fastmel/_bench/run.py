"""Run cases: check the results, then take the times."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import machine
from .case import Case, Contender
from .cases import CASES
from .measure import Call, Pace, Times, interleaved

# Of the facts that `record` returns; a change of meaning raises it.
SCHEMA = 1

OTHER_WORK = "it computes something else"

Log = Callable[[str], None]


@dataclass(frozen=True)
class Result:
    """What became of a case."""

    case: Case
    times: Times
    deviation: dict[str, float]  # from the float64 reference, in the units of the result
    left_out: dict[str, str]  # why

    def as_dict(self) -> dict[str, Any]:
        case, times = self.case, self.times
        ours = [name for name in times.names if case.ours(name)]
        return {
            **{name: getattr(case, name) for name in ("title", "kind", "unit", "units", "audio")},
            "rounds": len(times.seconds),
            "contenders": {
                name: {
                    "ours": name in ours,
                    "note": case.contenders[name].note,
                    "seconds": dataclasses.asdict(times.spread(name)),
                    "calls_a_sample": repeats,
                    "times": {o: dataclasses.asdict(times.ratio(name, o)) for o in ours},
                    "off_by": self.deviation[name],
                }
                for name, repeats in zip(times.names, times.repeats, strict=True)
            },
            "left_out": self.left_out,
        }


def results(
    keys: Iterable[str], pace: Pace, log: Log, *, pin: int | None = None
) -> Iterator[Result]:
    """Measure the cases of these names; at the end say which libraries are missing."""
    missing: dict[str, None] = {}
    with machine.one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for key in keys:
            try:
                built = CASES[key]()
                for case in [built] if isinstance(built, Case) else built:
                    result = _measure(case, pace, log, missing, pin)
                    # Of a patched call without its pair there is nothing to say.
                    if len(result.times.names) > (case.kind == "patched"):
                        yield result
            except ModuleNotFoundError as error:
                _miss(error, missing)
    if missing:
        log(f"not installed, and left out: {', '.join(missing)}")


def record(found: Iterable[Result], pace: Pace, *, pin: int | None = None) -> dict[str, Any]:
    """Return all that a run found, and on what, as JSON has it."""
    described, before = machine.describe(), machine.load()
    cases = {result.case.key: result.as_dict() for result in found}
    return {
        "schema": SCHEMA,
        "machine": described,
        "pace": {**dataclasses.asdict(pace), "pinned_to_cpu": pin},
        "load": {"before": before, "after": machine.load()},
        "cases": cases,
    }


def _measure(case: Case, pace: Pace, log: Log, missing: dict[str, None], pin: int | None) -> Result:
    calls: dict[str, Call] = {}
    deviation, left_out = {}, {}
    for name, contender in case.contenders.items():
        if contender.alone and not all(map(case.ours, calls)):
            continue
        try:
            call = contender.setup()
            off = _deviation(contender, case, call)
        except ModuleNotFoundError as error:
            left_out[name] = _miss(error, missing)
            continue
        except (ImportError, OSError, TypeError, RuntimeError) as error:
            left_out[name] = f"{type(error).__name__}: {error}"
        else:
            accepted = case.tolerance if contender.tolerance is None else contender.tolerance
            if off <= accepted:
                calls[name], deviation[name] = call, off
                continue
            left_out[name] = f"{OTHER_WORK} ({off:.3g} off, accepted {accepted:.3g})"
        log(f"{case.key}: {name} is left out: {left_out[name]}")
    if case.parallel:
        pace, pin = dataclasses.replace(pace, clock="wall"), None
    around = {name: c.around for name, c in case.contenders.items() if c.around}
    with machine.pinned(pin):
        times = interleaved(calls, pace, around=around)
    return Result(case, times, deviation, left_out)


def _miss(error: ModuleNotFoundError, missing: dict[str, None]) -> str:
    name = (error.name or str(error)).partition(".")[0]
    missing[name] = None
    return f"{name} is not installed"


def _deviation(contender: Contender, case: Case, call: Call) -> float:
    """Return the largest difference from the reference; infinite if the shapes differ."""
    expected = case.expected if contender.expected is None else contender.expected
    if contender.around is None:
        result = call()
    else:
        with contender.around():
            result = call()
    found = np.asarray(contender.view(result))
    if found.shape != expected.shape:
        return np.inf
    return float(np.abs(found - expected).max())
