"""What a long run says while it works: a bar on a terminal, lines in a log, JSON for machines."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

from .._base.public import publish
from .._base.text import seconds
from ._making import STAGES

_EVERY = 30.0  # seconds between lines
_JSON_EVERY = 5.0  # seconds between those for machines
_MOVES = 0.1  # seconds between moves of a bar
_KEPT = 1000  # failures that are kept: the manifest has all


@dataclass
class Summary:
    """What became of a job.

    Attributes
    ----------
    items : int or None
        How many items there are; None while that is not known.
    done : int
        Items whose features were made.
    skipped : int
        Items whose features were there already.
    failed : int
        Items whose features could not be made.
    audio : float
        Seconds of audio that were turned into features.
    seconds : dict of str to float
        Seconds of work, of all threads together, by "decode", "resample", "features" and "write".
    errors : list of tuple of str
        The first 1000 items that failed: id and reason.
    took : float
        Seconds from begin to end.
    """

    items: int | None = None
    done: int = 0
    skipped: int = 0
    failed: int = 0
    audio: float = 0.0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    errors: list[tuple[str, str]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic, repr=False)
    begun: bool = field(default=False, repr=False)
    ended: float | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and nothing is left."""
        return not self.failed and not self.left

    @property
    def left(self) -> int:
        """Items of which nothing has become yet, as far as is known."""
        return 0 if self.items is None else self.items - self.finished

    @property
    def finished(self) -> int:
        """Items of which something has become."""
        return self.done + self.skipped + self.failed

    @property
    def took(self) -> float:
        """Seconds since the start, or until the end."""
        return max((self.ended or time.monotonic()) - self.started, 1e-9)

    def add(self, id: str, audio: float, spent: Mapping[str, float], error: str) -> None:
        """Count an item that is made or has failed."""
        for stage, value in spent.items():
            self.seconds[stage] += value
        if not error:
            self.done += 1
            self.audio += audio
            return
        self.failed += 1
        if len(self.errors) < _KEPT:
            self.errors.append((id, error))

    def merge(self, part: Summary) -> None:
        """Count what became of a part of the job."""
        self.done += part.done
        self.skipped += part.skipped
        self.failed += part.failed
        self.audio += part.audio
        for stage, value in part.seconds.items():
            self.seconds[stage] += value
        self.errors += part.errors[: _KEPT - len(self.errors)]

    def line(self) -> str:
        """Return one line about a run under way."""
        whole = "" if self.items is None else f" of {self.items:,}"
        parts = [f"{self.finished:,}{whole} {'file' if self.items == 1 else 'files'}"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        # What is skipped takes no time, and says nothing about what is left.
        worked = self.done + self.failed
        if worked and self.left > 0:
            parts.append(f"about {seconds(self.took / worked * self.left)} left")
        if self.done:  # at the end, of which a narrow terminal shows less
            pace = self.audio / self.took
            parts.append(f"{seconds(self.audio)} of audio, {pace:,.0f}x real time")
        return "; ".join(parts)

    def table(self) -> str:
        """Return where the time went, as lines of text; "" where nothing was made.

        Examples
        --------
        >>> print(Summary(done=1, seconds={"decode": 3.0, "features": 1.0}).table())
        decode    3 s        75 %
        features  1 s        25 %
        """
        total = sum(self.seconds.values())
        if not self.done or not total:
            return ""
        rows = [
            f"{stage:8}  {seconds(value):9}  {value / total:3.0%}".replace("%", " %")
            for stage, value in self.seconds.items()
        ]
        return "\n".join(rows)

    def as_dict(self) -> dict[str, Any]:
        """Return numbers alone."""
        names = ("items", "done", "skipped", "failed", "audio", "took", "seconds")
        values = {name: getattr(self, name) for name in names}
        return {**values, "times_real_time": self.audio / self.took}


class Watch(Protocol):
    """What shows a run."""

    wants_total: bool  # whether inputs are counted on the side, for the time that is left

    def begin(self, summary: Summary) -> None:
        """Show that a run begins."""

    def tick(self, summary: Summary) -> None:
        """Show how far it is; called a few times a second."""

    def failed(self, id: str, reason: str) -> None:
        """Show that an item failed; called by the thread that writes."""

    def end(self, summary: Summary) -> None:
        """Show that it has ended."""


class Silent:
    """Shows nothing."""

    wants_total = False

    def begin(self, summary: Summary) -> None: ...
    def tick(self, summary: Summary) -> None: ...
    def failed(self, id: str, reason: str) -> None: ...
    def end(self, summary: Summary) -> None: ...


class Meter:
    """How far a job is, on stderr: beside a bar on a terminal, elsewhere a line now and then."""

    def __init__(self) -> None:
        self._bar = _bar()
        self._said = time.monotonic()

    def show(self, line: str, done: int, of: int | None) -> None:
        """Show a line about it, if it is time to; `of` is None while that is not known."""
        pause = _EVERY if self._bar is None else _MOVES
        if time.monotonic() - self._said < pause:
            return
        self._said = time.monotonic()
        if self._bar is None:
            say(line)
            return
        with suppress(OSError):
            self._bar.update(0, description=line, completed=done, total=of, refresh=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            with suppress(OSError):
                self._bar.stop()


class Bar(Silent):
    """A bar on a terminal, or where there is none a line every half minute; on stderr."""

    wants_total = True
    _meter: Meter

    def begin(self, summary: Summary) -> None:
        self._meter = Meter()

    def tick(self, summary: Summary) -> None:
        self._meter.show(summary.line(), summary.finished, summary.items)

    def end(self, summary: Summary) -> None:
        self.tick(summary)
        self._meter.close()


class JsonLines(Silent):
    """A JSON object a line, with "event": begin, progress (every 5 s), error, end; on stdout."""

    wants_total = True

    def __init__(self) -> None:
        self._said = time.monotonic()

    def begin(self, summary: Summary) -> None:
        self._write("begin", {"items": summary.items})

    def tick(self, summary: Summary) -> None:
        if time.monotonic() - self._said >= _JSON_EVERY:
            self._said = time.monotonic()
            self._write("progress", summary.as_dict())

    def failed(self, id: str, reason: str) -> None:
        self._write("error", {"id": id, "error": reason})

    def end(self, summary: Summary) -> None:
        self._write("end", summary.as_dict())

    def _write(self, event: str, fields: Mapping[str, Any]) -> None:
        line = json.dumps({"event": event, **fields})
        # As for people: a log that cannot be written is no reason to stop working.
        with suppress(OSError):
            print(line, flush=True)


@contextmanager
def watched(watch: Watch, summary: Summary) -> Iterator[None]:
    """Show a job while it is done, to its end, whatever that is."""
    watch.begin(summary)
    try:
        yield
    finally:
        summary.ended = time.monotonic()
        watch.end(summary)


def watch_for(progress: bool | Watch) -> Watch:
    if isinstance(progress, bool):
        return Bar() if progress else Silent()
    return progress


def say(line: str) -> None:
    """Write a line to stderr, if somebody is there to read it."""
    with suppress(OSError):
        print(line, file=sys.stderr, flush=True)


def _bar() -> Any:
    """Return a bar, where there is a terminal that can move it and what draws it."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        return None
    try:
        from .._base.terminal import bar
    except ModuleNotFoundError:
        return None
    return bar()


publish("fastmel.corpus", [Summary])
