"""The features of several signals as one array, padded to the longest."""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import Array, Dtype, Memory, as_samples, is_wide
from .._base.checks import naming_item
from .._base.threads import resolve_workers
from .compute import Computation
from .plan import run_items

T = TypeVar("T")


def compute_batch(
    front_end: Computation,
    items: Iterable[Memory],
    workers: int | None,
    sr: float | None,
    resample: bool,
) -> tuple[Array, NDArray[np.int64]]:
    """Return the features of each item, zeros after its last frame, and the numbers of frames."""
    try:
        signals = iter(items)
    except TypeError:
        raise TypeError(f"items must hold signals; got {type(items).__name__}") from None
    config, given = front_end.config, _each(_single, list(signals), 1)
    if not given:
        return front_end._in_layout(_nothing(front_end)), np.zeros(0, np.int64)
    samples = sum(map(len, given))
    threads = resolve_workers(workers, samples // config.hop_length * config.n_fft)

    def prepare(y: Array) -> Array:
        return front_end._prepared(front_end._at_rate(y, sr, resample))

    slow = config.before or resample is not False or config.dither_scope == "signal"
    prepared = _each(prepare, given, threads if slow else 1)
    padded, chained = _room(front_end, prepared)
    run_items(front_end._plan, prepared, [x.T for x in chained], threads)
    finished, in_place = chained, True
    if front_end._post:
        finished = _each(front_end._after, chained, threads)
        in_place = all(map(operator.is_, finished, chained))
    lengths = list(map(len, finished))
    most = max(lengths)
    if not in_place:
        dtypes = {features.dtype for features in finished}
        dtype = np.result_type(*dtypes) if len(dtypes) > 1 else dtypes.pop()
        padded = _empty(front_end, (len(finished), most, *finished[0].shape[1:]), dtype)
    for i, features in enumerate(finished):
        n = lengths[i]
        if n < most:
            padded[i, n:] = 0
        if not in_place or features.dtype is not padded.dtype:
            padded[i, :n] = features
    return front_end._in_layout(padded), np.array(lengths, dtype=np.int64)


def _nothing(front_end: Computation) -> Array:
    """Return the features of no signals."""
    shape = (0, 0, front_end.config.n_chained)
    features: Array = np.zeros(shape, front_end.config.dtype or np.float32)
    for step in front_end.config.after:
        features = step(features)
    return features[:, :0]


def _room(front_end: Computation, signals: list[Array]) -> tuple[Array, list[Array]]:
    """Return memory for the chain's padded result, and the part of it that is each signal's.

    An item of a narrower type than the whole has an array of its own.
    """
    frames = list(map(front_end._n_frames, map(len, signals)))
    narrow, wide = front_end._dtypes
    dtype = wide if any(map(is_wide, signals)) else narrow
    width = front_end._plan.n_features
    padded = _empty(front_end, (len(signals), max(frames), width), dtype)
    parts = [padded[i, :n] for i, n in enumerate(frames)]
    if dtype is not narrow:
        for i, y in enumerate(signals):
            if not is_wide(y):
                parts[i] = np.empty((frames[i], width), narrow)
    return padded, parts


def _empty(front_end: Computation, shape: tuple[int, ...], dtype: Dtype) -> Array:
    """Return memory (..., frames, features), in the order of the layout.

    It is not cleared: the threads that compute are the first to write to its pages.
    """
    if front_end._frames_first:
        return np.empty(shape, dtype)
    *leading, frames, width = shape
    memory: Array = np.empty((*leading, width, frames), dtype).swapaxes(-1, -2)
    return memory


def _single(y: Memory) -> Array:
    if type(y) is np.ndarray and y.ndim == 1:
        return as_samples(y)
    if isinstance(y, (int, float)) or getattr(y, "ndim", None) == 0:
        raise ValueError("y must have one axis; got a scalar: a batch of one signal y is [y]")
    samples = as_samples(y)
    if samples.ndim != 1:
        raise ValueError(
            f"y must have one axis; got shape {samples.shape}: mix the channels, or make each an "
            "item"
        )
    return samples


def _each(function: Callable[[T], Array], items: list[T], threads: int) -> list[Array]:
    """Return the function of each item, computed on so many threads; errors name the item."""
    if threads > 1 and len(items) > 1:
        return _each_on_threads(function, items, min(threads, len(items)))
    results: list[Array] = []
    for item in items:
        try:
            results.append(function(item))
        except (TypeError, ValueError):
            with naming_item(len(results)):
                raise
    return results


def _each_on_threads(function: Callable[[T], Array], items: list[T], threads: int) -> list[Array]:
    from concurrent.futures import ThreadPoolExecutor

    results: dict[int, Array] = {}
    errors: dict[int, BaseException] = {}
    todo = deque(range(len(items)))

    def work() -> None:
        while todo:
            try:
                i = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[i] = function(items[i])
            except BaseException as error:
                errors[i] = error
                todo.clear()

    with ThreadPoolExecutor(threads) as pool:
        try:
            for done in [pool.submit(work) for _ in range(threads)]:
                done.result()
        finally:
            todo.clear()
    for i in sorted(errors):
        with naming_item(i):
            raise errors[i]
    return [results[i] for i in range(len(items))]
