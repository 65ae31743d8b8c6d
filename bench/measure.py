"""Take turns, keep every time, compare round by round.

The contenders are called one after the other in every round, in a new order each time. Whatever
slows the machine for a while slows all of them, and a ratio is taken inside a round before the
median over the rounds: it moves far less than a time does.
"""

import gc
import math
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

Call = Callable[[], object]
Clock = Callable[[], float]

# Wall-clock time is what a user waits. On a busy machine it holds other people's work too: CPU time
# does not, but it adds threads up.
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
    def of(cls, values) -> "Spread":
        return cls(*(float(q) for q in np.quantile(values, [0, 0.25, 0.5, 0.75, 1])))

    def __format__(self, spec: str) -> str:
        return format(self.median, spec)


@dataclass(frozen=True)
class Times:
    """Seconds a call, one row a round, one column a contender."""

    names: list[str]
    seconds: np.ndarray

    def __getitem__(self, name: str) -> np.ndarray:
        return self.seconds[:, self.names.index(name)]

    def spread(self, name: str) -> Spread:
        return Spread.of(self[name])

    def ratio(self, slow: str, fast: str) -> Spread:
        """How many times as long `slow` takes as `fast`, compared inside each round."""
        return Spread.of(self[slow] / self[fast])


def interleaved(
    calls: Mapping[str, Call],
    *,
    seconds: float,
    rounds: tuple[int, int],
    clock: Clock = time.perf_counter,
    seed: int = 0,
) -> Times:
    """Time the calls in turn until `seconds` are over, within `rounds` (fewest, most)."""
    repeats = {name: _repeats(call, clock) for name, call in calls.items()}
    names, rows = list(calls), []
    order = random.Random(seed)
    fewest, most = rounds
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        end = time.perf_counter() + seconds
        while len(rows) < fewest or (len(rows) < most and time.perf_counter() < end):
            turn = order.sample(names, len(names))
            row = {name: _time(calls[name], repeats[name], clock) for name in turn}
            rows.append([row[name] for name in names])
    finally:
        if collecting:
            gc.enable()
    return Times(names, np.array(rows))


def _time(call: Call, repeats: int, clock: Clock) -> float:
    start = clock()
    for _ in range(repeats):
        call()
    return (clock() - start) / repeats


def _repeats(call: Call, clock: Clock) -> int:
    """How many calls a sample needs; two calls first, to compile, plan and fault pages in."""
    call()
    call()
    return math.ceil(_SAMPLE_SECONDS / min(_time(call, 1, clock) for _ in range(3)))
