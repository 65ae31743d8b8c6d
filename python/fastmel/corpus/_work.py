"""The threads of a run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

from .._base.threads import default_workers
from ._array import OneArray
from ._item import Item
from ._job import Job
from ._making import Made
from ._pipeline import Pipeline
from ._progress import Watch
from ._record import JobError
from ._tasks import Ended

if TYPE_CHECKING:
    from ._run import Run


class Work:
    """Threads that make, one that writes, and the caller's, which waits and shows."""

    def __init__(self, run: Run, job: Job | OneArray, watch: Watch) -> None:
        self._run, self._job, self._watch = run, job, watch
        self._summary = run.summary
        workers = run.settings.workers or default_workers()
        if run.total is not None:
            workers = max(1, min(workers, run.total))
        self._pipeline: Pipeline[list[Item], Made] = Pipeline(
            self._tasks(), run.maker(job.begin, workers, self._check), workers=workers
        )
        self._stopped = False
        self._error: BaseException | None = None
        # A signal's exception within Thread.join would mark the thread as ended.
        self._written = threading.Event()

    def do(self) -> None:
        writer = threading.Thread(target=self._write, name="fastmel-writer", daemon=True)
        try:
            writer.start()
            if self._summary.items is None and self._watch.wants_total:
                threading.Thread(target=self._count_all, name="fastmel-count", daemon=True).start()
            # With a time limit, since Windows does not interrupt a wait without one.
            while not self._written.wait(0.2):
                self._watch.tick(self._summary)
        finally:
            self._stopped = not self._written.is_set()
            self._pipeline.stop()
            while writer.ident is not None and not self._written.wait(0.2):
                pass
            # Else a program that ends now, interrupted or by an error, leaves files under way.
            self._pipeline.join()
        if self._error is not None:
            raise self._error

    def _count_all(self) -> None:
        """Count the items that are to come, in some of the time, so that what is left is known."""
        with suppress(JobError, OSError, ImportError):  # the run itself meets them
            total = self._run.counted(pause=lambda: self._written.wait(0.01))
            self._summary.items = total if not self._written.is_set() else self._summary.items

    def _check(self) -> None:
        if self._pipeline.stopped:
            raise Ended

    def _tasks(self) -> Iterator[list[Item]]:
        for task in self._run.tasks():
            left = [item for item in task if not self._job.has(item)]
            self._summary.skipped += len(task) - len(left)
            if left:
                yield left

    def _write(self) -> None:
        try:
            for made in self._pipeline.results():
                if self._stopped:
                    return
                begun = perf_counter()
                error = self._job.add(made)
                self._count(made, error, perf_counter() - begun)
                if error and self._run.settings.strict:
                    return
            if not self._stopped:
                self._job.finish()
        except BaseException as error:
            self._error = error
        finally:
            self._written.set()

    def _count(self, made: Made, error: str, writing: float) -> None:
        made.seconds["write"] = made.seconds.get("write", 0.0) + writing
        self._summary.add(made.item.id, made.audio, made.seconds, error)
        if error:
            self._watch.failed(made.item.id, error)
