"""Results of tasks, made in threads, in the order of the tasks, no more than some bytes ahead."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

AHEAD = 64 << 20
"""Bytes of results that wait to be taken."""


class Sized(Protocol):
    """A result, which says how much memory it holds."""

    @property
    def n_bytes(self) -> int: ...


Task = TypeVar("Task")
Result = TypeVar("Result", bound=Sized)


class _Slot(Generic[Task, Result]):
    """The place of a task's results in the order."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.results: deque[Result] = deque()
        self.finished = False


class Pipeline(Generic[Task, Result]):
    """Threads that each take a task, make its results, and take the next.

    Results leave in the order of the tasks, whichever are made first. Who is ahead of the others
    waits when `ahead` bytes do; who makes what is to be taken next never waits for that, so that
    nothing is held up for good. `tasks` is asked by one thread at a time; `make`, which yields the
    results of a task, runs in several.
    """

    def __init__(
        self,
        tasks: Iterator[Task],
        make: Callable[[Task], Iterator[Result]],
        *,
        workers: int,
        ahead: int = AHEAD,
    ) -> None:
        self._tasks = tasks
        self._make = make
        self._ahead = ahead
        self._turn = threading.Lock()  # to take the next task
        # Under the lock of this: all that follows.
        self._changed = threading.Condition()
        self._slots: deque[_Slot[Task, Result]] = deque()
        self._waiting = 0  # bytes
        self._all_taken = False
        self._ended = False
        self._error: BaseException | None = None
        # Daemons: a program that ends does not wait for who is in the middle of a long file, and
        # leaves nothing behind.
        self._threads = [
            threading.Thread(target=self._work, name=f"fastmel-{i}", daemon=True)
            for i in range(workers)
        ]

    def results(self) -> Iterator[Result]:
        """Yield all results; raise what the tasks or their making raised.

        It ends early after :meth:`stop`, and stops the threads where it is left early.
        """
        for thread in self._threads:
            thread.start()
        try:
            while (slot := self._head()) is not None:
                yield self._take(slot)
        finally:
            self.stop()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        """Make no more: threads end with the result that they are at."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def join(self) -> None:
        """Wait, but not for good, until the threads that were started have ended."""
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(2.0)

    @property
    def stopped(self) -> bool:
        """Whether no more is to be made: long work looks now and then."""
        return self._ended

    def _head(self) -> _Slot[Task, Result] | None:
        """Wait for the next result, and return the slot that has it."""
        slots = self._slots
        with self._changed:
            while not self._ended:
                while slots and slots[0].finished and not slots[0].results:
                    slots.popleft()
                    self._changed.notify_all()
                if slots and slots[0].results:
                    return slots[0]
                if self._all_taken and not slots:
                    return None
                self._changed.wait()
        return None

    def _take(self, slot: _Slot[Task, Result]) -> Result:
        with self._changed:
            result = slot.results.popleft()
            self._waiting -= result.n_bytes
            self._changed.notify_all()
        return result

    def _work(self) -> None:
        try:
            while (slot := self._next()) is not None:
                for result in self._make(slot.task):
                    if not self._put(slot, result):
                        return
                with self._changed:
                    slot.finished = True
                    self._changed.notify_all()
        except BaseException as error:
            with self._changed:
                self._error = self._error or error
            self.stop()

    def _next(self) -> _Slot[Task, Result] | None:
        with self._turn:
            if self._ended or self._all_taken:
                return None
            for task in self._tasks:
                slot: _Slot[Task, Result] = _Slot(task)
                with self._changed:
                    self._slots.append(slot)
                return slot
            with self._changed:
                self._all_taken = True
                self._changed.notify_all()
            return None

    def _put(self, slot: _Slot[Task, Result], result: Result) -> bool:
        """Add a result when there is room; return whether there is use for more."""

        def may() -> bool:
            first = slot is self._slots[0] and not slot.results
            return self._ended or first or self._waiting + result.n_bytes <= self._ahead

        with self._changed:
            self._changed.wait_for(may)
            if self._ended:
                return False
            slot.results.append(result)
            self._waiting += result.n_bytes
            self._changed.notify_all()
        return True
