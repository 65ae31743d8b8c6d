"""The work of ``fastmel extract``: items in threads, each decoded, computed and written."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from .._base.threads import default_workers
from ..corpus._writing import PlaceError, prepare, write_npy
from ._items import Item
from ._progress import Progress, Tally
from ._record import Record
from ._text import explain, printable

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


class Work:
    """A run over items: errors of an item are reported, those that every item would have raised.

    Parameters
    ----------
    items : sequence of Item
        What to do.
    fe : FrontEnd
        What computes the features.
    record : Record
        Written before the first output.
    tally : Tally
        Counts what becomes of the items.
    progress : Progress
        Shows it.
    overwrite : bool
        Make outputs that exist anew.
    """

    def __init__(
        self,
        items: Sequence[Item],
        fe: FrontEnd,
        record: Record,
        tally: Tally,
        progress: Progress,
        *,
        overwrite: bool,
    ) -> None:
        self._fe = fe
        self._record = record
        self._tally = tally
        self._progress = progress
        self._overwrite = overwrite
        # Under the lock: all that follows, the tally, and what the progress shows.
        self._lock = threading.Condition()
        self._items = iter(items)
        self._folders: set[Path] = set()
        self._writing = 0
        self._ended = False

    def go(self, workers: int | None) -> None:
        """Do all items, several at a time.

        Parameters
        ----------
        workers : int or None
            How many at a time; None is as many as there are CPUs.

        Raises
        ------
        click.ClickException, ImportError, Stopped
            What ends the run: no writing there, a package that is missing, a signal. Whatever is
            being written is written; other items are left.
        """
        workers = min(workers or default_workers(), self._tally.items)
        # One file at a time may use all threads; several at a time one each.
        self._compute = partial(self._fe, workers=None if workers == 1 else 1)
        pool = ThreadPoolExecutor(max(workers, 1))
        try:
            going = {pool.submit(self._work) for _ in range(workers)}
            while going:
                # With a time limit, since Windows does not interrupt a wait without one.
                done, going = wait(going, timeout=0.2, return_when=FIRST_EXCEPTION)
                for future in done:
                    future.result()
                with self._lock:
                    self._progress.tick()
        finally:
            self._end()
            # Who decodes or computes leaves nothing behind: no need to wait for that.
            pool.shutdown(wait=False)

    def _end(self) -> None:
        with self._lock:
            self._ended = True
            self._lock.wait_for(lambda: not self._writing)

    def _work(self) -> None:
        while (item := self._next()) is not None:
            try:
                self._make(item)
            except (click.ClickException, ImportError, PlaceError):
                raise
            except Exception as error:
                if os.environ.get("FASTMEL_DEBUG"):
                    raise
                self._count(failed=1, error=_of(item, error))

    def _next(self) -> Item | None:
        with self._lock:
            return None if self._ended else next(self._items, None)

    def _make(self, item: Item) -> None:
        """Make one output, if it is not there already."""
        import fastmel

        if not self._overwrite and item.target.exists():
            _check(item.target, self._fe)
            self._count(skipped=1)
            return
        y, _ = fastmel.load(item.source, sr=self._fe.sample_rate)
        if not self._ended:
            self._write(item, self._compute(y), y.shape[-1] / self._fe.sample_rate)

    def _write(self, item: Item, features: np.ndarray, audio: float) -> None:
        """Write an output, unless the run has ended; its end waits for this."""
        with self._lock:
            if self._ended:
                return
            self._writing += 1
        try:
            self._prepare(item.target.parent)
            write_npy(item.target, features)
            self._count(done=1, audio=audio)
        finally:
            with self._lock:
                self._writing -= 1
                self._lock.notify_all()

    def _prepare(self, folder: Path) -> None:
        with self._lock:
            if not self._folders:
                self._record.write(self._fe)
            if folder not in self._folders:
                prepare(folder)
                self._folders.add(folder)

    def _count(
        self,
        *,
        done: int = 0,
        skipped: int = 0,
        failed: int = 0,
        audio: float = 0.0,
        error: str = "",
    ) -> None:
        with self._lock:
            if self._ended and not done:
                return  # the sum is drawn: as if it had not begun
            self._tally.done += done
            self._tally.skipped += skipped
            self._tally.failed += failed
            self._tally.audio += audio
            if error:
                self._progress.error(error)
            self._progress.advance()


def _of(item: Item, error: Exception) -> str:
    """Return an error as one line that names a file of the item."""
    text = explain(error)
    named = any(printable(str(path)) in text for path in (item.source, item.target))
    return text if named else f"{item.source}: {text}"


def _check(target: Path, fe: FrontEnd) -> None:
    """Raise if a file that would be skipped cannot be what this run makes."""
    from ..steps import Patches

    try:
        shape = np.load(target, mmap_mode="r").shape
    except (ValueError, EOFError):
        shape = None
    axis = -1 if fe.config.layout == "time_mel" else -2
    axes = 2 + any(isinstance(step, Patches) for step in fe.after)
    if shape is None or len(shape) != axes or shape[axis] != fe.n_features:
        what = "no array" if shape is None else f"an array of shape {shape}"
        raise ValueError(
            f"{target}: exists with {what}, not with {fe.n_features} features per frame "
            "(--overwrite replaces it)"
        )
