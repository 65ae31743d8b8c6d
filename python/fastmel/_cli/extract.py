"""``fastmel extract``: files and folders to arrays of features."""

from __future__ import annotations

import warnings
from contextlib import suppress
from pathlib import Path

import click

from .._base.extras import require
from ._items import Plan, plan, suffixes
from ._options import FRONTEND_HELP, frontend_named
from ._progress import Progress, Tally
from ._record import NAME, Record
from ._signals import stoppable
from ._text import count, explain, printable, seconds
from ._work import Work


@click.command(
    short_help="Files and folders to arrays of features.",
    epilog=f"""\b
Examples:
  fastmel extract talk.flac -o features/                     features/talk.npy
  fastmel extract corpus/ -o features/ --frontend whisper    the folder's tree, mirrored
  fastmel extract a.wav b.mp3 corpus/ -o out/ --workers 4    several at once

\b
Every .npy holds an array of the axes that "fastmel frontends NAME" shows, such as
(features, frames), float32 but where a model has it otherwise: numpy.load reads it.
{NAME} in the folder says what computed them: --frontend takes it, and
fastmel.frontend its text. Features of another front end do not go into the folder.

\b
A file that cannot be read is reported, and the others are done. What exists is
skipped, so a run that was stopped continues where it was. A signal (Ctrl-C, SIGTERM)
ends it when the outputs under way are written, a second one at once. Exit codes: 0 all
done, 1 something failed, 2 wrong usage, 128 + N stopped by signal N.""",
)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the features; for a single input file also the name of one .npy.",
)
@click.option("--frontend", default="librosa", show_default=True, help=FRONTEND_HELP)
@click.option(
    "--sr",
    type=click.IntRange(min=1),
    help="Compute at this sample rate in Hz.  [default: the front end's]",
)
@click.option(
    "--recursive/--no-recursive", default=True, show_default=True, help="Descend into subfolders."
)
@click.option(
    "--overwrite/--skip-existing",
    default=False,
    help="Make outputs that exist anew, or leave them.  [default: skip-existing]",
)
@click.option(
    "--keep-suffix", is_flag=True, help="Write a.wav.npy, not a.npy: for folders with a.flac too."
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Files at a time.  [default: the CPUs that this process may use]",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors.")
@stoppable()
def extract(
    inputs: tuple[Path, ...],
    output: Path,
    frontend: str,
    sr: int | None,
    recursive: bool,
    overwrite: bool,
    keep_suffix: bool,
    workers: int | None,
    quiet: bool,
) -> int:
    """Compute the features of audio files and of all audio files in folders.

    Files are decoded, mixed to mono, resampled to the front end's rate, and their features
    written as .npy. Folders keep their structure. On a terminal a bar shows the progress, in a log
    a line every half minute.
    """
    fe = frontend_named(frontend, sr)
    require("soundfile", extra="io", what="reading audio files")
    todo = plan(inputs, output, recursive=recursive, keep_suffix=keep_suffix)
    if not todo.items and not todo.closed:
        raise click.ClickException(_nothing(todo, inputs))
    record = Record.of(output)
    record.check(fe, [item.target for item in todo.items], overwrite=overwrite)

    tally = Tally(len(todo.items))
    try:
        with Progress(tally, quiet=quiet) as progress:
            warnings.showwarning = progress.warn
            for error in todo.closed:
                progress.error(explain(error))
            Work(todo.items, fe, record, tally, progress, overwrite=overwrite).go(workers)
    except BaseException:
        with suppress(OSError):  # where the terminal has gone, nobody reads it
            _sum_up(tally, todo, output, quiet=quiet)
        raise
    failed = _sum_up(tally, todo, output, quiet=quiet)
    record.verify(fe)
    return int(failed)


def _nothing(todo: Plan, inputs: tuple[Path, ...]) -> str:
    places = ", ".join(map(str, inputs))
    why = todo.left_out() or [" ".join(sorted(suffixes()))]
    return f"no audio files in {places} ({'; '.join(why)})"


def _sum_up(tally: Tally, todo: Plan, output: Path, *, quiet: bool) -> bool:
    """Say what became of the items; return whether something failed."""
    failed = tally.failed > 0 or bool(todo.closed)
    if failed or not quiet:
        click.echo(printable(_summary(tally, todo, output)), err=failed)
    return failed


def _summary(tally: Tally, todo: Plan, output: Path) -> str:
    parts = []
    if tally.done:
        parts.append(
            f"{count(tally.done, 'file')} to {output}, {seconds(tally.audio)} of audio in "
            f"{seconds(tally.took)} ({tally.audio / tally.took:,.0f} times real time)"
        )
    if tally.skipped:
        parts.append(f"{count(tally.skipped, 'file')} skipped: there already")
    if tally.failed:
        parts.append(f"{count(tally.failed, 'file')} failed")
    if todo.closed:
        parts.append(f"{count(len(todo.closed), 'folder')} could not be listed")
    if tally.left:
        parts.append(f"{count(tally.left, 'file')} left (the same command continues)")
    return "; ".join(parts + todo.left_out())
