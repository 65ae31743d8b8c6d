"""Take turns, keep every time, compare round by round.

The contenders are called one after the other in every round, in a new order each time. Whatever
slows the machine for a while slows all of them, and a ratio is taken inside a round before the
median over the rounds: it moves far less than a time does.
"""

from __future__ import annotations

import gc
import math
import random
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np

Call = Callable[[], object]
Around = Callable[[], AbstractContextManager[Any]]
Clock = Callable[[], float]

# Wall-clock time is what a user waits. On a busy machine it holds other people's work too: CPU time
# does not, but it adds threads up and leaves other processes out.
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}

# A sample is at least this long, so that the clock's own cost does not count: short calls repeat.
_SAMPLE_SECONDS = 2e-3


@dataclass(frozen=True)
class Spread:
    """Five-number summary."""

    minimum: float
    lower: float
    median: float
    upper: float
    maximum: float

    @classmethod
    def of(cls, values: Any) -> Spread:
        return cls(*(float(q) for q in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])))

    def __format__(self, spec: str) -> str:
        return format(self.median, spec)


@dataclass(frozen=True)
class Pace:
    """How long to measure a case: for `seconds`, within `rounds` (fewest, most)."""

    seconds: float
    rounds: tuple[int, int]
    clock: str = "wall"


@dataclass(frozen=True)
class Times:
    """Seconds a call, one row a round, one column a contender; a time is a mean of `repeats`."""

    names: list[str]
    seconds: np.ndarray
    repeats: list[int]

    def __getitem__(self, name: str) -> np.ndarray:
        column: np.ndarray = self.seconds[:, self.names.index(name)]
        return column

    def spread(self, name: str) -> Spread:
        return Spread.of(self[name])

    def ratio(self, slow: str, fast: str) -> Spread:
        """How many times as long `slow` takes as `fast`, compared inside each round."""
        return Spread.of(self[slow] / self[fast])


def interleaved(
    calls: Mapping[str, Call], pace: Pace, *, around: Mapping[str, Around] | None = None
) -> Times:
    """Time the calls in turn; what is `around` a call is entered before its clock starts."""
    clock, within = CLOCKS[pace.clock], around or {}
    samplers = {name: _Sampler(call, clock, within.get(name)) for name, call in calls.items()}
    names = list(calls)
    rows: list[list[float]] = []
    order = random.Random(0)
    fewest, most = pace.rounds
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + pace.seconds
        while len(rows) < fewest or (len(rows) < most and time.perf_counter() < end):
            turn = order.sample(names, len(names))
            row = {name: samplers[name]() for name in turn}
            rows.append([row[name] for name in names])
    finally:
        if collecting:
            gc.enable()
    return Times(names, np.array(rows), [sampler.repeats for sampler in samplers.values()])


class _Sampler:
    """One sample of a call's time: the mean of so many that the clock's own cost does not count."""

    def __init__(self, call: Call, clock: Clock, around: Around | None) -> None:
        self._call, self._clock, self._around = call, clock, around
        self.repeats = 1
        self()  # compiles, plans and faults pages in
        self.repeats = math.ceil(_SAMPLE_SECONDS / max(min(self() for _ in range(3)), 1e-7))

    def __call__(self) -> float:
        if self._around is None:
            return self._time()
        with self._around():
            self._call()  # a function whose code was just exchanged is slower once
            return self._time()

    def _time(self) -> float:
        start = self._clock()
        for _ in range(self.repeats):
            self._call()
        return (self._clock() - start) / self.repeats
