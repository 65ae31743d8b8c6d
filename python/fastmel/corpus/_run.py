"""A run over a job: prepared, which writes nothing, and gone through."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from .._base.extras import require
from .._engine.config import MelConfig
from .._frontend.frontend import FrontEnd
from .._frontend.named import frontend
from ._array import OneArray
from ._inputs import InputError, suffixes
from ._item import Bytes, Item, listed
from ._job import SHARD_BYTES, Job
from ._making import Maker, Misread
from ._outputs import make_format
from ._overwriting import clear_for
from ._progress import Summary, Watch, watched
from ._record import JobError, Record
from ._settings import Settings
from ._tasks import ordered_tasks
from ._work import Work

# Items that are read before anything is written: what is wrong with them ends the run.
_FIRST_LOOK = 10_000
_SHOWN = 10  # of what is wrong
# Inputs that cannot be understood, after which no others are looked at: they are all of a kind.
_ENOUGH = 20
# Items that are counted on the side: so many names take 40 MB to tell repetitions.
_COUNTED = 2_000_000


class Run:
    """A job that can be run; its arguments are those of :func:`fastmel.extract`.

    Until :meth:`go`, nothing is written.
    """

    def __init__(
        self,
        inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        output: str | os.PathLike[str],
        front_end: str | MelConfig | FrontEnd,
        settings: Settings,
    ) -> None:
        self.settings = settings
        self.inputs = listed("inputs", inputs)
        self.reads_stdin = "-" in map(os.fspath, self.inputs)  # which is read once
        self.output = Path(output)
        self.fe = front_end if isinstance(front_end, FrontEnd) else frontend(front_end)
        if settings.sr is not None:
            self.fe = self.fe.replace(sample_rate=settings.sr)
        require("soundfile", extra="io", what="reading audio files")
        self._place()
        self._look()
        self.summary = Summary(self.total)
        self._take_name()
        self.options = self._options()
        self.form = make_format(
            self.options["format"],
            self.fe,
            dtype=self.options["dtype"],
            compression=self.options["compression"],
        )
        if self.form.one_item_a_shard:
            ids = (self.output / item.id for item in self.seen)
            self.record.check_below(self.fe, {path.parent for path in ids})
        if not settings.overwrite:
            self.record.check(self.fe, self._recorded)

    # What there is to do ----------------------------------------------------------------------

    def _look(self) -> None:
        """Read the first items; what is wrong with them ends the run before it writes."""
        self._wrong: list[InputError] = []
        self.seen: list[Item] = []  # `items` are those that follow
        self._stops_at: float = math.inf if self.settings.keep_going else _ENOUGH
        self.items = self.settings.items(self.inputs, self._note_wrong)
        all_seen = False
        while len(self.seen) < _FIRST_LOOK:
            item = next(self.items, None)
            if item is None:
                all_seen = True
                break
            self.seen.append(item)
            if isinstance(item.audio, Bytes):  # which is held in memory
                break
        if self._wrong and not self.settings.keep_going:
            raise self._refusal()
        self._stops_at = math.inf
        if not self.seen and not self._wrong:
            where = ", ".join(os.fspath(name) for name in self.inputs)
            why = self.items.left_out() or [" ".join(sorted(suffixes()))]
            raise JobError(f"no audio files in {where} ({'; '.join(why)})")
        self._wrong_at_first = [_misread(error) for error in self._wrong]
        self._wrong.clear()
        # None where this look did not see all of them.
        self.total = len(self.seen) + len(self._wrong_at_first) if all_seen else None
        if self.total is not None and self.settings.shard[1] > 1:
            self.total = sum(map(len, self._tasks_of_part(chain(self.seen, self._wrong_at_first))))

    def _note_wrong(self, error: InputError) -> None:
        self._wrong.append(error)
        if len(self._wrong) >= self._stops_at:
            raise self._refusal()

    def _refusal(self) -> JobError:
        """Say what is wrong with inputs, and what to do if there are others."""
        words = list(map(str, self._wrong[:_SHOWN]))
        unread = len(self._wrong) >= self._stops_at
        if (more := len(self._wrong) - _SHOWN) > 0:
            words.append(f"{'at least ' * unread}{more} more")
        others = unread or self.seen
        advice = " (nothing was written; --keep-going does the others)" if others else ""
        return JobError("; ".join(words) + advice)

    def _place(self) -> None:
        """Find the folder, or the one array that is to be made."""
        output = self.output
        self.record = Record.of(output)
        self.is_one_array = output.suffix == ".npy" and not output.is_dir()
        if not self.is_one_array:
            if output.exists() and not output.is_dir():
                raise JobError(f"{output} exists and is not a folder")
            return
        if len(self.inputs) > 1 or os.path.isdir(self.inputs[0]):
            raise JobError(f"{output} would be one file: folders and several inputs need a folder")

    def _take_name(self) -> None:
        """Let the one item have the name of the array that is asked for."""
        if not self.is_one_array:
            return
        output = self.output
        inside = output.name != self.record.place.name and self.record.is_folder
        if self.total != 1:
            raise JobError(f"{output} would be one file: folders and several inputs need a folder")
        self.seen = [replace(item, id=output.stem) for item in self.seen]
        if inside:
            self.is_one_array, self.output = False, self.record.place

    def _options(self) -> dict[str, Any]:
        """Return how features are written: as is asked, else as those that are there."""
        usual = {
            "format": self._usual_format(),
            "dtype": self.fe.config.dtype or "float32",
            "compression": None,
            "channel": None,
            "resample_quality": "hq",
            "shard_items": None,
            "shard_bytes": SHARD_BYTES,
        }
        there = {} if self.settings.overwrite else self.record.options()
        asked = {name: getattr(self.settings, name) for name in usual}
        return {
            name: there.get(name, default) if asked[name] is None else asked[name]
            for name, default in usual.items()
        }

    def _usual_format(self) -> str:
        if self.is_one_array:
            return "npy"
        few = self.total is not None and not any(isinstance(i.audio, Bytes) for i in self.seen)
        return "npy" if few else "tar"

    @property
    def _recorded(self) -> dict[str, Any]:
        return {} if self.is_one_array else self.options

    def _all_items(self) -> Iterator[Item]:
        """Yield all items, once; inputs that name none in their places among them."""
        yield from self._wrong_at_first
        for item in chain(self.seen, self.items):
            yield from map(_misread, self._wrong)
            self._wrong.clear()
            yield item
        yield from map(_misread, self._wrong)

    def tasks(self) -> Iterator[list[Item]]:
        """Yield the tasks of this part of the job, once."""
        return self._tasks_of_part(self._all_items())

    def _tasks_of_part(self, items: Iterable[Item]) -> Iterator[list[Item]]:
        """Yield this part's tasks: segments of one recording stay together."""
        i, n = self.settings.shard
        return (task for k, task in enumerate(ordered_tasks(items)) if k % n == i)

    def counted(self, pause: Callable[[], bool]) -> int | None:
        """Return the number of items, by reading the inputs; None if that takes too much.

        `pause` is called now and then, and returns whether nobody wants to know any more.
        """
        if self.reads_stdin:
            return None
        total = 0
        wrong = count()
        items = self.settings.items(self.inputs, lambda _: next(wrong))
        for task in self._tasks_of_part(items):
            total += len(task)
            if total > _COUNTED or (total % 100 < len(task) and pause()):
                return None
        return total + next(wrong)

    # Doing it ---------------------------------------------------------------------------------

    def go(self, watch: Watch) -> Summary:
        """Do all items; return what became of them. What is raised ends the run.

        If that is what a signal raises, what is being written is finished; nobody waits for what is
        decoded or computed just then, since it leaves nothing behind.
        """
        job = self._opened()
        self.summary.begun = True
        with watched(watch, self.summary):
            try:
                Work(self, job, watch).do()
            finally:
                job.close()
                if isinstance(job, Job):
                    self.summary.done = job.n_new
        return self.summary

    def _opened(self) -> Job | OneArray:
        given = self.settings
        if self.is_one_array:
            if given.overwrite and self.record.objection(self.fe, {}):
                self.record.clear([self.record.place])
            return OneArray(self.record, self.fe, self.form, overwrite=given.overwrite)
        if given.overwrite:
            clear_for(self)
        return Job(
            self.record, self.fe, self.form, self.options, given.shard, overwrite=given.overwrite
        )

    def maker(self, folder: Callable[[], Path], workers: int, check: Callable[[], object]) -> Maker:
        return Maker(
            self.fe,
            self.form.dtype,
            channel=self.options["channel"],
            quality=self.options["resample_quality"],
            max_duration=self.settings.max_duration,
            folder=folder,
            check=check,
            # One item at a time may use all threads; several at a time one each.
            threads=None if workers == 1 else 1,
        )


def _misread(error: InputError) -> Item:
    """Return an item that stands for an input that names none."""
    place = error.place or "input"
    return Item(f"<{place}>", Misread(place, error.reason.encode(errors="replace")), place=place)
