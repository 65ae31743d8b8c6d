"""What ``overwrite`` removes before it begins: what is made anew, if nothing else is there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .._base.text import count
from ._index import Index
from ._lock import check_lock
from ._manifest import part_of
from ._record import JobError

if TYPE_CHECKING:
    from ._run import Run


def clear_for(run: Run) -> None:
    """Remove all features of a folder, if a run makes all of them again.

    Otherwise those of the same front end stay: the new ones count. Where others, or such that are
    written otherwise, would remain, that is a JobError, and so is a run that is under way there.
    """
    record = run.record
    problem = record.objection(run.fe, run.options)
    if not any(True for _ in record.arrays()):
        if problem:
            record.clear(())
        return
    all_seen = run.total is not None
    if run.settings.shard == (0, 1) and (all_seen or not run.reads_stdin):
        items = run.seen if all_seen else run.settings.items(run.inputs, _pass)
        there = list(record.arrays())
        files, others = _divided(record.place, there, {item.id for item in items})
        if not others:
            for path in there:
                if part_of(path.name):
                    check_lock(path)
            record.clear(files)
            return
        if problem:
            raise JobError(
                f"{problem}; --overwrite would leave {count(len(others), 'array')} such as "
                f"{min(others)}: choose another -o, or remove them"
            )
    if problem:
        raise JobError(f"{problem}; choose another -o, or remove what is there")


def _pass(_: object) -> None:
    """Take no notice: the run itself will tell."""


def _divided(folder: Path, there: list[Path], ids: set[str]) -> tuple[set[Path], set[Path | str]]:
    """Return the files of features that items with these ids are in alone, and other items."""
    manifests = [path for path in there if part_of(path.name)]
    files = {folder / f"{id}.npy" for id in ids}
    others: set[Path | str] = set()
    for line in Index(manifests):
        file = line.folder / line.fields["file"]
        files.add(file)
        if line.fields["id"] not in ids:
            others.add(file)
    stems = {file.parent / file.stem for file in files if file.suffix != ".npy"}
    files |= {beside for stem in stems for beside in stem.parent.glob(f"{stem.name}.*")}
    others |= {path for path in there if path not in files and path not in manifests}
    return files, others
