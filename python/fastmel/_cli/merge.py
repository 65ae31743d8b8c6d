"""``fastmel merge``: one manifest of the parts of a job."""

from __future__ import annotations

from pathlib import Path

import click

from .._base.text import count
from ._manifests import counting, refusing
from ._options import PATH, together
from ._signals import stoppable


@click.command(
    short_help="Join what extract --shard made on several machines.",
    epilog="""\b
Examples:
  fastmel merge features/                        of the parts that --shard i/N has made there
  fastmel merge train/ valid/ -o all/            of several folders

\b
Exit codes: 0 merged, 2 it could not be.""",
)
@together(
    click.argument("folders", metavar="OUT...", nargs=-1, required=True, type=PATH),
    click.option("-o", "--output", metavar="FOLDER", type=PATH,
        help="Folder for the manifest.  [default: OUT, if it is one folder]"),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors."),
)  # fmt: skip
@stoppable()
def merge(folders: tuple[Path, ...], output: Path | None, quiet: bool) -> int:
    """Join the manifests of the parts of a job to one; features stay where they are.

    Parts that are missing, of different front ends, or with the same ids are refused.
    """
    from .. import corpus

    with refusing(), counting("merged", quiet=quiet) as progress:
        manifest = corpus.merge(folders, output, progress=progress)
    if not quiet:
        click.echo(f"{manifest}: {count(len(corpus.open_features(manifest)), 'item')}")
    return 0
