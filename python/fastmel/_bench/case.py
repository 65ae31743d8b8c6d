"""A piece of work, what it must give, and how each library is asked for it.

A contender is a function that imports the library, does what a user would do once (objects, filter
banks, plans, tensors over the same memory), and returns the call that is timed. Of a library only
public functions are called. Importing fails where it is missing: the contender is left out. What
the call returns is compared with the float64 reference before anything is timed; `view` brings a
result into the reference's form for that comparison only, outside of the time, always to the
contender's advantage.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from .measure import Around, Call

Array = np.ndarray
Setup = Callable[[], Call]


@dataclass(frozen=True)
class Contender:
    """Someone's way to do the work."""

    setup: Setup
    view: Callable[[Any], Any] = np.asarray
    expected: Array | None = None  # where it is another work than the case's, and
    tolerance: float | None = None  # then its tolerance
    note: str = ""
    ours: bool = False  # so are all whose names begin with fastmel
    around: Around | None = None  # what is open while it is called
    alone: bool = False  # only where no peer is installed


@dataclass(frozen=True)
class Case:
    """One piece of work. `tolerance` is absolute, and only tells the same work from another."""

    key: str
    title: str
    unit: str
    units: int
    expected: Array
    tolerance: float
    contenders: Mapping[str, Contender]
    kind: str = "features"
    parallel: bool = False  # several threads or processes: only wall-clock time means something
    audio: float = 0.0  # seconds of it, where throughput says more than a time

    def ours(self, name: str) -> bool:
        """Whether a contender is fastmel."""
        return name.startswith("fastmel") or self.contenders[name].ours


def lib(name: str) -> Any:
    """Return a peer's module; ImportError where it is not installed."""
    return import_module(name)


def recording(seconds: float, sr: int) -> Array:
    """Return noise with the slope and the loudness changes of speech, float32.

    Ten seconds over and over: time does not depend on them.
    """
    n = 10 * sr
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(n).astype(np.float32)
    noise[1:] += 0.9 * noise[:-1]
    loudness = 0.05 + np.sin(np.arange(n) * (2 * np.pi * 1.7 / sr)) ** 2
    return np.resize(np.asarray(0.1 * loudness * noise, np.float32), int(seconds * sr))
