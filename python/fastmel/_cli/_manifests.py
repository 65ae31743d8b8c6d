"""What commands share that go through manifests: how far they are, and their refusals."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from .._base.text import explain

_EVERY = 30.0  # seconds between lines


class Refused(click.ClickException):
    """The command could not do what it is for."""

    exit_code = 2


@contextmanager
def refusing() -> Iterator[None]:
    """Let errors be refusals."""
    try:
        yield
    except (OSError, ValueError, ImportError) as error:
        raise Refused(explain(error)) from error


class Counting:
    """How far it is: a bar on a terminal, lines in a log.

    To be called with a number of items and that of all.

    Parameters
    ----------
    noun : str
        What is done with them, for the lines: ``"verified"``.
    quiet : bool
        Show nothing.
    """

    def __init__(self, noun: str, *, quiet: bool) -> None:
        self._noun, self._quiet = noun, quiet
        self._bar: Any = None
        self._said = time.monotonic()

    def __enter__(self) -> Counting:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, done: int, of: int) -> None:
        """Show how far it is, if it is time to."""
        if self._quiet:
            return
        if self._bar is None and sys.stderr.isatty():
            from tqdm import tqdm

            self._bar = tqdm(total=of, unit=" item", dynamic_ncols=True)
        if self._bar is not None:
            self._bar.update()
        elif time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            click.echo(f"{done:,} of {of:,} items {self._noun}", err=True)
