"""Tables and a moving bar, drawn by rich. Importing this module imports rich."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any, TextIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Column, Table
from rich.text import Text

from .text import printable

# No text is markup: names of files have brackets and colons.
_PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}

# Columns of the last column at least: where there are fewer, the terminal breaks the lines.
_NARROWEST = 30


def table(
    rows: Sequence[Sequence[RenderableType]],
    stream: TextIO,
    *,
    head: Sequence[str] = (),
    right: Container[int] = (),
    most: int = 100_000,
) -> list[str]:
    r"""Return rows of cells as lines, aligned; where they are too wide, the last column gives way.

    They are as wide as the terminal of `stream` is, or as `most`; elsewhere, and where the last
    column would be narrow, a line is a record.

    Examples
    --------
    >>> import io
    >>> rows = [["[b]", "1"], ["two\n", "20"]]
    >>> table(rows, io.StringIO(), head=("NAME", "N"), right=[1])
    ['NAME    N', '[b]     1', 'two\\n  20']
    """
    if not rows:
        return []
    look: dict[str, Any] = {"box": None, "pad_edge": False, "padding": (0, 2, 0, 0)}
    grid = Table(show_header=bool(head), header_style="", **look)
    least = _NARROWEST
    for i, (name, *cells) in enumerate(zip(head or [""] * len(rows[0]), *rows, strict=True)):
        grid.add_column(title(name), justify="right" if i in right else "left", no_wrap=True)
        if i < len(rows[0]) - 1:
            least += max(cell_len(str(cell)) for cell in (name, *cells)) + 2
    grid.columns[-1].no_wrap, grid.columns[-1].overflow = False, "fold"
    for row in rows:
        grid.add_row(*(Text(printable(cell)) if isinstance(cell, str) else cell for cell in row))
    console = Console(file=stream, **_PLAIN)
    console.width = min(most, console.width) if stream.isatty() and console.width >= least else most
    with console.capture() as captured:
        console.print(grid)
    return [line.rstrip() for line in captured.get().removesuffix("\n").split("\n")]


def title(text: str) -> Text:
    """Return a text in bold; what is put around it is not."""
    return Text.assemble((text, "bold"))


def bar() -> Progress:
    """Return a bar on stderr that moves, with one task and a text beside it.

    What others write to stderr goes above it.
    """
    words = Column(no_wrap=True, overflow="ellipsis")
    columns = BarColumn(bar_width=10), TextColumn("{task.description}", table_column=words)
    console = Console(stderr=True, soft_wrap=True, **_PLAIN)
    look: dict[str, Any] = {"auto_refresh": False, "transient": True}
    progress = Progress(*columns, console=console, redirect_stdout=False, **look)
    progress.add_task("", total=None)
    progress.start()
    console.show_cursor()  # or a process that is killed would leave the terminal without
    return progress
