"""What a run would do: items, hours of audio, bytes, and time, of which a sample is measured."""

from __future__ import annotations

import random
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from .._base.text import explain
from .._base.threads import default_workers
from ._audio import Recording
from ._done import Done
from ._item import Item
from ._job import Job
from ._making import Misread
from ._manifest import manifest_name
from ._pipeline import Pipeline
from ._record import Record
from ._tasks import ordered_tasks

if TYPE_CHECKING:
    from ._run import Run

# Items whose headers are read, and items that are made: enough to tell a mean by.
_HEADERS, _MADE = 1000, 64
_LONGEST = 600.0  # seconds; longer ones are not made for a sample


@dataclass
class Estimate:
    """What a run would do."""

    left: int = 0  # items to do
    skipped: int = 0  # items that are there
    audio: float | None = None  # seconds of it; None where nobody asked
    n_bytes: int | None = None  # of features, not compressed
    took: float | None = None  # seconds that the run would take
    sampled: int = 0  # items that were made to tell that
    workers: int = 1
    errors: list[str] = field(default_factory=list)  # what is wrong with items of the sample


def estimate_of(run: Run, *, measured: bool) -> Estimate:
    """Return what a run would do, without doing it.

    If `measured`, headers are looked at, and the features of a sample are made, and thrown away.
    """
    found = Estimate(workers=run.settings.workers or default_workers())
    sample = _sample(run, found)
    if measured and found.left:
        _measure(run, found, sample)
    return found


def _sample(run: Run, found: Estimate) -> list[Item]:
    """Count the items, and return a number of them, each with the same chance."""
    path = run.record.place / manifest_name(run.settings.shard)
    done = Done(path) if not (run.settings.overwrite or run.is_one_array) else None
    chance, sample = random.Random(0), list[Item]()
    for task in run.tasks():
        for item in task:
            if done is not None and done.has(item):
                found.skipped += 1
                continue
            if isinstance(item.audio, Misread):
                found.errors.append(f"{item.place}: {item.audio.data.decode()}")
            found.left += 1
            if len(sample) < _HEADERS:
                sample.append(item)
            elif (at := chance.randrange(found.left)) < _HEADERS:
                sample[at] = item
    return sample


def _measure(run: Run, found: Estimate, sample: list[Item]) -> None:
    """Estimate from a sample what all items are."""
    lengths = {item.id: n for item in sample if (n := _length(run, item, found)) is not None}
    if not lengths:
        return
    rate, itemsize = run.fe.sample_rate, run.form.dtype.itemsize
    scale = found.left / len(lengths)
    found.audio = scale * sum(lengths.values()) / rate
    frames = sum(run.fe.num_frames(n) for n in lengths.values())
    found.n_bytes = round(scale * frames * run.fe.n_features * itemsize)
    few = [item for item in sample if lengths.get(item.id, _LONGEST * rate) < _LONGEST * rate]
    audio, took = _made(run, found, random.Random(0).sample(few, min(len(few), _MADE)))
    if audio:
        found.took = took * found.audio / audio


def _length(run: Run, item: Item, found: Estimate) -> int | None:
    """Return the samples of an item, None if they cannot be told."""
    if isinstance(item.audio, Misread):
        return None
    try:
        with Recording(item.audio, run.fe.sample_rate) as recording:
            n = recording.expected(item)
            return sum(map(len, recording.blocks(item))) if n is None else n
    except (ValueError, OSError) as error:
        found.errors.append(explain(error))
        return None


def _made(run: Run, found: Estimate, items: list[Item]) -> tuple[float, float]:
    """Make items as the run would, to be thrown away; return seconds of audio, and of work."""
    audio, begun = 0.0, perf_counter()
    with tempfile.TemporaryDirectory(prefix="fastmel-") as folder:
        job = Job(Record.of(Path(folder)), run.fe, run.form, run.options)
        make = run.maker(job.begin, found.workers, lambda: None)
        try:
            for made in Pipeline(ordered_tasks(items), make, workers=found.workers).results():
                if error := job.add(made):
                    found.errors.append(error)
                else:
                    found.sampled += 1
                    audio += made.audio
            job.finish()
        finally:
            job.close()
        return audio, perf_counter() - begun
