"""``fastmel stats``: mean and variance of the features of a corpus."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from .._base.text import count, printable, seconds
from ._manifests import Refused, refusing
from ._options import FILE, FRONTEND_HELP, frontend_named, reading, together
from ._printing import say
from ._signals import stoppable

_SHOWN = 100  # failures that are listed


@click.command(
    short_help="Compute mean and variance over a corpus (global CMVN).",
    epilog="""\b
Examples:
  fastmel stats train/ --frontend kaldi-fbank -o cmvn.json    of recordings; nothing is kept
  fastmel stats features/ -o cmvn.json -o am.mvn              of features that are there
  fastmel stats a.json b.json --merge -o cmvn.json            of parts of a corpus
  fastmel stats cmvn.json --merge -o global_cmvn              in Kaldi's form
  fastmel stats cmvn.json --merge --frontend-out mvn.json     to extract with, normalised:
  fastmel extract train/ -o normalised/ --frontend mvn.json

\b
Forms, by the name: .json has all, and what WeNet reads; .mvn is FunASR's am.mvn; .npz is
ESPnet's feats_stats.npz; .txt is Kaldi's matrix as text; any other name is that of Kaldi's
matrix, as compute-cmvn-stats writes it.

\b
Exit codes: 0 all well, 1 some items failed and were left out, 2 nothing was written.""",
)
@together(
    click.argument("inputs", metavar="IN...", nargs=-1, required=True),
    click.option("-o", "--output", "outputs", metavar="FILE", multiple=True, type=FILE,
        help="File for the statistics, in the form that its name says; may be given several "
        "times."),
    click.option("--frontend-out", metavar="FILE.json", type=FILE,
        help="Write the front end that also normalises by them."),
    click.option("--merge", is_flag=True, help="IN are statistics: join them, in this order."),
    click.option("--frontend", metavar="NAME", help=f"{FRONTEND_HELP}  Needed for recordings."),
    click.option("--mean-only", is_flag=True,
        help="With --frontend-out: subtract the mean alone."),
    reading,
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
)  # fmt: skip
@stoppable()
def stats(
    inputs: tuple[str, ...],
    outputs: tuple[Path, ...],
    frontend_out: Path | None,
    merge: bool,
    frontend: str | None,
    mean_only: bool,
    quiet: bool,
    **options: Any,
) -> int:
    """Compute mean and variance of every feature, over all frames of a corpus.

    IN are recordings, as extract takes them, or folders of features that it wrote. Sums are taken
    in float64, so that nothing cancels however long the corpus is, and the result is the same for
    any number of workers.
    """
    from ..corpus._stats import Statistics

    if not outputs and frontend_out is None:
        raise click.UsageError("nothing to write: give -o FILE or --frontend-out FILE.json")
    fe = None if frontend is None else frontend_named(frontend)
    failed = 0
    with refusing():
        if merge:
            found = Statistics(fe)
            for name in inputs:
                found.merge(Statistics.read(name))
        else:
            found, failed = _measured(inputs, fe, options, quiet)
        for path in outputs:
            found.write(path)
        if frontend_out is not None:
            _write_frontend(found, frontend_out, mean_only)
    if not quiet:
        written = [*outputs, *([frontend_out] if frontend_out else [])]
        click.echo(
            printable(
                f"{found.frames:,} frames of {found.n_features} features to "
                f"{', '.join(map(str, written))}"
            )
        )
    return int(failed > 0)


def _measured(inputs: tuple[str, ...], fe: Any, options: Any, quiet: bool) -> tuple[Any, int]:
    """Measure a corpus; say what failed."""
    from ..corpus._measuring import measure
    from ..corpus._progress import Bar, Silent
    from ..corpus._settings import Settings

    found, summary = measure(inputs, fe, Settings(**options), Silent() if quiet else Bar())
    for _, reason in summary.errors[:_SHOWN]:
        say("error", reason)
    if summary.failed:
        click.echo(f"{count(summary.failed, 'item')} failed: left out", err=True)
        if not found.frames:
            raise Refused("there are no frames to have statistics of")
    if not quiet:
        click.echo(f"{count(summary.done, 'item')}, {seconds(summary.audio)} of audio")
    return found, summary.failed


def _write_frontend(found: Any, path: Path, mean_only: bool) -> None:
    from ..corpus._writing import write

    fe = found.normalizing(variance=not mean_only)
    write(path, (fe.to_json(indent=1) + "\n").encode())
