"""What a long run shows while it works: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import click

from ._text import count, printable, seconds

_EVERY = 30.0  # seconds between lines


@dataclass
class Tally:
    """What became of the items.

    Attributes
    ----------
    items : int
        How many there are.
    done, skipped, failed : int
        Made; there already; reported.
    audio : float
        Seconds of audio that were turned into features.
    """

    items: int
    done: int = 0
    skipped: int = 0
    failed: int = 0
    audio: float = 0.0
    started: float = field(default_factory=time.monotonic)

    @property
    def left(self) -> int:
        """Items of which nothing has become yet."""
        return self.items - self.done - self.skipped - self.failed

    @property
    def took(self) -> float:
        """Seconds since the start."""
        return max(time.monotonic() - self.started, 1e-9)

    def state(self) -> str:
        """Return one line about a run under way."""
        parts = [
            f"{self.items - self.left:,} of {count(self.items, 'file')}",
            f"{seconds(self.audio)} of audio, {self.audio / self.took:,.0f} times real time",
        ]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        # What is skipped takes no time, and says nothing about what is left.
        if worked := self.done + self.failed:
            parts.append(f"about {seconds(self.took / worked * self.left)} left")
        return "; ".join(parts)


class Progress:
    """A bar on a terminal's stderr, lines in a file, and messages that do not tear either."""

    def __init__(self, tally: Tally, *, quiet: bool = False) -> None:
        self._tally = tally
        self._quiet = quiet
        self._said = time.monotonic()
        self._bar = None if quiet or not sys.stderr.isatty() else _bar(tally.items)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def advance(self) -> None:
        """Show that an item is done."""
        if self._bar is not None:
            speed = self._tally.audio / self._tally.took
            self._bar.set_postfix_str(f"{speed:,.0f}x real time", refresh=False)
            self._bar.update()

    def tick(self) -> None:
        """Say how far the run is, if it is time to; to be called often."""
        if self._quiet or self._bar is not None or time.monotonic() - self._said < _EVERY:
            return
        self._said = time.monotonic()
        _say(self._tally.state())

    def error(self, text: str) -> None:
        """Tell an error."""
        self._tell(click.style("error:", fg="red", bold=True), text)

    def warn(self, message: Warning | str, *_: object, **__: object) -> None:
        """Tell a warning; takes the place of ``warnings.showwarning``."""
        self._tell(click.style("warning:", fg="yellow", bold=True), str(message))

    def _tell(self, kind: str, text: str) -> None:
        if self._bar is not None:
            self._bar.clear()
        _say(f"{kind} {printable(text)}")
        if self._bar is not None:
            self._bar.refresh()


def _say(line: str) -> None:
    # A log that cannot be written, or a terminal that has gone, is no reason to stop working.
    with suppress(OSError):
        click.echo(line, err=True)


def _bar(items: int) -> Any:
    try:
        from tqdm import tqdm
    except ModuleNotFoundError:
        return None
    return tqdm(total=items, unit=" file", dynamic_ncols=True)
