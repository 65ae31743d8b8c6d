"""What commands share that go through manifests: how far they are, and their refusals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from .._base.text import explain
from ..corpus._progress import Meter


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


@contextmanager
def counting(noun: str, *, quiet: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give what shows how many items are `noun` ("verified"), of how many; nothing if `quiet`."""
    if quiet:
        yield None
        return
    meter = Meter()
    try:
        yield lambda done, of: meter.show(f"{done:,} of {of:,} items {noun}", done, of)
    finally:
        meter.close()
