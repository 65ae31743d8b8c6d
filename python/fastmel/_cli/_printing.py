"""How the commands say things: tables on stdout, errors and warnings on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import click

from .._base.text import printable

_COLORS = {"error": "red", "warning": "yellow"}


def say(kind: str, message: str) -> None:
    """Write an "error" or a "warning" to stderr, if somebody is there to read it."""
    color = None if os.environ.get("NO_COLOR") else _COLORS[kind]
    line = f"{click.style(f'{kind}:', fg=color, bold=True)} {printable(message)}"
    with suppress(OSError):
        # Looked up now: while a bar is there, rich has put its own in place of sys.stderr.
        click.echo(line, file=sys.stderr)


def show(rows: Sequence[Sequence[Any]], **look: Any) -> None:
    """Write a table to stdout: see :mod:`fastmel._base.terminal`."""
    from .._base.terminal import table

    for line in table(rows, sys.stdout, **look):
        click.echo(line)
