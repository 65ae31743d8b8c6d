"""What several commands make of their options."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .._base.text import explain
from ..corpus._inputs.kinds import KINDS

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

Command = TypeVar("Command", bound=Callable[..., Any])

PATH = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
COUNT: dict[str, Any] = {"type": click.IntRange(min=1), "metavar": "N"}
FRONTEND_HELP = (
    "Which features: a name that fastmel frontends lists, or a FILE.json that extract wrote."
)


def frontend_named(name: str) -> FrontEnd:
    """Return a front end; one that does not exist is a wrong usage.

    `name` is that of the catalogue, or of a file, which ends in .json, or its text.
    """
    import fastmel

    is_file = name.endswith(".json")
    try:
        return fastmel.frontend(Path(name).read_text(encoding="utf-8-sig") if is_file else name)
    except OSError as error:
        raise click.UsageError(explain(error)) from None
    except (TypeError, ValueError) as error:
        raise click.UsageError(f"{name}: {error}" if is_file else str(error)) from None


def together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return what gives a command arguments and options, which its help has in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


# The options of all that reads recordings, as Settings has them.
reading = together(
    click.option("--input-format", "kind", type=click.Choice(list(KINDS)),
        help="What the inputs are.  [default: by suffix and content]"),
    click.option("--segments", type=PATH,
        help="File of the parts to take: Kaldi's segments for a wav.scp, Lhotse's supervisions for "
        "recordings.  [default: the segments beside it]"),
    click.option("--root", type=PATH,
        help="Folder that relative paths in manifests begin at.  [default: that of the manifest]"),
    click.option("--recursive/--no-recursive", default=True, show_default=True,
        help="Descend into subfolders."),
    click.option("--channel", type=click.IntRange(min=0), metavar="N",
        help="Take one channel, from 0.  [default: the mean of all]"),
    click.option("--workers", **COUNT,
        help="Files at a time.  [default: the CPUs that this process may use]"),
)  # fmt: skip
