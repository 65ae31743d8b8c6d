"""Runs of cells or samples, and what stands for each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from .._base.arrays import Array

Pool: TypeAlias = Callable[[Array, Array, int], Array]
"""Takes values, where runs begin and their axis, and returns one value for each run."""


def largest(values: Array, starts: Array, axis: int) -> Array:
    """Return the largest value of each run of cells, in which NaN is nothing."""
    result: Array = np.fmax.reduceat(values, starts, axis=axis)
    return result


def farthest(values: Array, starts: Array, axis: int) -> Array:
    """Return the value of each run of cells that is farthest from 0, with its sign."""
    high = np.fmax.reduceat(values, starts, axis=axis)
    low = np.fmin.reduceat(values, starts, axis=axis)
    return np.where(high >= -low, high, low)


def runs_of(n: int, most: int) -> Array:
    """Return where runs of equal length begin that make at most so many of `n`."""
    return np.arange(0, n, -(-n // most))
