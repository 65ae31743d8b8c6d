"""The tasks of a job: which items are made together, in which order, of a file opened once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Protocol, TypeVar

from .._base.text import explain, printable
from ._audio import Recording, takes_integers
from ._item import Audio, Bytes, Item
from ._manifest import source_of
from ._writing import PlaceError

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

# Items of a recording that are sorted together: some MB of items at most, while a recording whose
# items come in no order at all is gone through once.
_SORTED = 16384
# Items of a task: what one worker holds, and what another waits for.
_TOGETHER = 256


def ordered_tasks(items: Iterable[Item]) -> Iterator[list[Item]]:
    """Group items into tasks: parts of one recording, in the order in which they are read.

    Items are read as a stream, in the order of the inputs, one item ahead of their recording's end.
    A task is at most 256 consecutive items of one recording, sorted by start, then by id. Of a
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


class Ended(Exception):
    """The run has ended: nobody waits for what is being made."""


class Timed(Protocol):
    """What became of an item, which says how long that took."""

    seconds: dict[str, float]


Result = TypeVar("Result", bound=Timed)


def each_item(
    task: list[Item],
    fe: FrontEnd,
    make: Callable[[Recording, Item], Result],
    failed: Callable[[Item, str], Result],
    *,
    channel: int | None,
    quality: str,
) -> Iterator[Result]:
    """Yield what becomes of the items of a task, whose recording is opened once.

    `make` makes something of an item of the recording; to its times those of decoding are added.
    `failed` takes an item that cannot be made, and the reason, which names it. What every item
    would meet, and what ends a run, is raised. `channel` is that of items that name none.
    """

    def refused(item: Item, error: Exception) -> Result:
        if isinstance(error, (ImportError, PlaceError, Ended)) or os.environ.get("FASTMEL_DEBUG"):
            raise error
        return failed(item, named(item, explain(error)))

    try:
        recording = Recording(
            task[0].audio,
            fe.sample_rate,
            quality=quality,
            parts=len(task) > 1,
            integers=takes_integers(fe),
        )
    except Exception as error:
        yield from (refused(item, error) for item in task)
        return
    with recording:
        last = dict.fromkeys(recording.seconds, 0.0)
        for item in task:
            if item.channel is None and channel is not None:
                item = replace(item, channel=channel)
            try:
                made = make(recording, item)
            except Exception as error:
                made = refused(item, error)
            now = dict(recording.seconds)
            made.seconds |= {stage: now[stage] - last[stage] for stage in now}
            last = now
            yield made


def named(item: Item, reason: str) -> str:
    """Return the reason why an item fails, with its source where it does not say which."""
    source = source_of(item)
    if any(printable(name) in reason for name in (item.id, source)):
        return reason
    return f"{source}: {reason}"
