"""``fastmel verify``: whether a corpus is what its manifest says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .._base.text import count, printable, size
from ._manifests import counting, refusing
from ._options import PATH
from ._signals import stoppable

if TYPE_CHECKING:
    from ..corpus import Report

_WORDS = {
    "missing": "missing",
    "torn": "torn",
    "other": "of another front end",
    "extra": "that no manifest names",
    "unfinished": "unfinished, of a run that died or is under way",
}


@click.command(
    short_help="Check that what extract wrote is whole.",
    epilog="""\b
Examples:
  fastmel verify features/             compare with the checksums
  fastmel verify features/ --remove    and remove what is torn; then run the same
                                       fastmel extract again, which makes what is missing

\b
Exit codes: 0 all is as it was written, 1 something is not, 2 it could not be looked at.""",
)
@click.argument("folder", metavar="OUT", type=PATH)
@click.option("--remove", is_flag=True, help="Remove files that are torn, or in no manifest.")
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but what is wrong.")
@stoppable()
def verify(folder: Path, remove: bool, quiet: bool) -> int:
    """Compare the features in a folder with the checksums in its manifest.

    Listed are files that are torn (cut short, or changed since), missing, or named by no manifest.
    Items that failed, of which the manifest gives the reason, are counted.
    """
    from .. import corpus

    with refusing(), counting("verified", quiet=quiet) as progress:
        report = corpus.verify(folder, progress=progress)
    for problem in report.problems:
        more = f" ({count(problem.items, 'item')})" if problem.items > 1 else ""
        click.echo(printable(f"{problem.kind:10}  {problem.file}: {problem.reason}{more}"))
    with refusing():
        removed = report.remove() if remove else 0
    if not quiet or not report.ok:
        for line in _summary(folder, report, removed):
            click.echo(printable(line), err=not report.ok)
    return int(not report.ok)


def _summary(folder: Path, report: Report, removed: int) -> Iterator[str]:
    """Yield what was found, and what makes it whole."""
    failed = f", and {report.n_failed:,} that failed" if report.n_failed else ""
    items = f"{count(report.n_items, 'item')}{failed}, {size(report.n_bytes)}"
    kinds = Counter(problem.kind for problem in report.problems)
    parts = [f"{count(n, 'file')} {_WORDS[kind]}" for kind, n in kinds.items()]
    yield f"{folder}: {items}: {'; '.join(parts) or 'all as written'}"
    if report.ok:
        return
    again = "the same fastmel extract command makes what is missing"
    if report.merged:
        again = "the same fastmel extract command, without --shard, makes what is missing"
    if removed:
        yield f"{count(removed, 'file')} removed: {again}"
    elif set(kinds) <= {"missing", "unfinished"}:
        yield again
    else:
        yield f"once they are removed (--remove), {again}"
