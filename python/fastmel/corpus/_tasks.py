"""The order of a job: which items are made together, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from ._item import Audio, Bytes, Item

__all__ = ["ordered_tasks"]

# Items of a recording that are sorted together: some MB of items at most, while a recording whose
# items come in no order at all is gone through once.
_SORTED = 16384
# Items of a task: what one worker holds, and what another waits for.
_TOGETHER = 256


def ordered_tasks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Group items into tasks: parts of one recording, in the order in which they are read.

    Parameters
    ----------
    items : iterable of Item
        In the order of the inputs; read as a stream, one item ahead of its recording's end.

    Yields
    ------
    list of Item
        At most 256 consecutive items of one recording, sorted by start, then by id. Of a
        recording with more, up to 16384 items are sorted together, and yielded in several tasks.
    """
    for run in _runs(items):
        run.sort(key=lambda item: (item.start, item.id))
        for first in range(0, len(run), _TOGETHER):
            yield run[first : first + _TOGETHER]


def _runs(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Yield consecutive items of one recording, as many as are sorted together."""
    stream = iter(items)
    run = list(islice(stream, 1))
    for item in stream:
        if len(run) < _SORTED and _same(run[-1].audio, item.audio):
            run.append(item)
        else:
            yield run
            run = [item]
    if run:
        yield run


def _same(a: Audio, b: Audio) -> bool:
    """Tell whether two items are of one recording; bytes are not compared, there are many."""
    if isinstance(a, Bytes) and isinstance(b, Bytes):
        return a.data is b.data
    return a == b
