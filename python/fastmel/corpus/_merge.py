"""One manifest of several: those of the parts of a job, or of corpora."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .._base import checks
from .._base.checks import brief
from .._base.public import publish
from .._base.text import count
from ._index import Index
from ._item import listed
from ._lock import check_lock
from ._manifest import (
    MANIFEST,
    RECORD,
    config_of,
    encoded,
    end_of,
    manifests_of,
    parts_among,
    parts_in,
)
from ._writing import create, prepare, replacing


def merge(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str] | None = None,
    *,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    r"""Join the manifests of the parts of a job, or of corpora, to one.

    Features stay where they are: the new manifest says where, relative to its own folder.

    Parameters
    ----------
    paths : str, path or iterable of those
        Folders of features, or manifests. A folder with parts of a job (``--shard i/N``) is all of
        them.
    output : str or path, optional
        Folder of the new manifest; by default that of `paths`, if it is one folder.
    progress : callable or None, default None
        Called with the number of lines that are written, and that of all, after each.

    Returns
    -------
    Path
        The new manifest. :func:`fastmel.open_features` takes it, or its folder.

    Raises
    ------
    ValueError
        If parts of the job are missing, or were stopped before their end; if their configurations
        differ; if an id is in two of them, with other features or of other jobs; if one is torn, as
        that of a run under way is; if there is no `output` for several folders.
    TypeError
        If one of `paths`, or `output`, is no path.
    FileNotFoundError
        If there is no manifest in one of `paths`.
    OSError
        If the manifest cannot be written.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import fastmel.corpus
    >>> folder = Path(tempfile.mkdtemp())
    >>> for name in "ab":
    ...     (folder / name).mkdir()
    ...     path = folder / name / "manifest.jsonl"
    ...     _ = path.write_text(json.dumps({"id": name, "status": "failed"}) + "\n")
    >>> fastmel.corpus.merge([folder / "a", folder / "b"], folder).name
    'manifest.jsonl'
    """
    given = [Path(path) for path in listed("paths", paths)]
    each = [m for path in given for m in parts_in(path) or manifests_of(path)]
    manifests = list(dict.fromkeys(each))
    folder = _folder(given) if output is None else checks.path("output", output)
    _check_parts(manifests)
    return join(manifests, folder, progress)


def join(
    manifests: Sequence[Path],
    folder: Path,
    progress: Callable[[int, int], object] | None = None,
) -> Path:
    """Join manifests that are known to be all, and of runs that have come to their end.

    Parameters and what is raised are as of :func:`merge`.
    """
    indexes = [_whole(manifest) for manifest in manifests]
    left_out = _repeated(indexes)
    _check_target(folder / MANIFEST, manifests, indexes)
    config = _check_records(manifests, folder)
    prepare(folder)
    _keep_record(manifests, folder)
    total = sum(map(len, indexes)) - len(left_out)
    with replacing(folder / MANIFEST) as file:
        for done, (manifest, text) in enumerate(_texts(indexes, left_out), 1):
            config = _check_config(config, manifest, text)
            file.write(_moved(text, manifest.parent, folder) + b"\n")
            if progress is not None:
                progress(done, total)
    return folder / MANIFEST


def _folder(given: Sequence[Path]) -> Path:
    folders = {path if path.is_dir() else path.parent for path in given}
    if len(folders) != 1:
        raise ValueError(
            f"output must be a folder where there are {len(folders)} inputs (-o); got None"
        )
    return folders.pop()


def _check_parts(manifests: Sequence[Path]) -> None:
    """Raise a ValueError if parts of a job are missing, or have not come to their end."""
    parts = parts_among(manifests)
    counts = sorted({n for _, n in parts.values()})
    if len(counts) > 1:
        raise ValueError(f"parts of different jobs: of {' and of '.join(map(str, counts))} parts")
    for n in counts:
        if missing := sorted(set(range(n)) - {i for i, _ in parts.values()}):
            raise ValueError(
                f"{len(missing)} of {n} parts are missing: {_shown(missing)}; run them with "
                f"--shard {missing[0]}/{n}"
            )
        left = [manifest for manifest in parts if not end_of(manifest).exists()]
        for manifest in left:
            check_lock(manifest)
        if left:
            numbers = [parts[manifest][0] for manifest in left]
            raise ValueError(
                f"{len(left)} of {n} parts were stopped before their end: {_shown(numbers)}; the "
                f"commands that began them continue them (--shard {numbers[0]}/{n})"
            )


def _shown(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:10])) + (", ..." if len(numbers) > 10 else "")


def _whole(manifest: Path) -> Index:
    """Return the lines of a manifest whose run has ended."""
    check_lock(manifest)
    index = Index([manifest], failed=True)
    if index.torn:
        raise ValueError(
            f"{manifest}: its last {index.torn} bytes are no line: run the command that wrote it "
            "again, which goes on where it was"
        )
    return index


def _repeated(indexes: Sequence[Index]) -> set[tuple[Path, int]]:
    """Return the lines to leave out: of what another part of the job has too, the same or made.

    A recording that was added to the inputs moves those after it to other parts. An id that is in
    two manifests otherwise is a ValueError.
    """
    keys = np.sort(np.concatenate([index.keys for index in indexes]))
    left_out = set()
    for key in np.unique(keys[1:][keys[1:] == keys[:-1]]):
        lines = [
            (index.manifests[0], at, index.line(at).fields)
            for index in indexes
            if (at := index.position(int(key))) is not None
        ]
        lines.sort(key=lambda line: line[2]["status"] != "ok")
        kept: dict[str, tuple[Path, dict[str, Any]]] = {}
        for manifest, at, fields in lines:
            place, known = kept.setdefault(fields["id"], (manifest, fields))
            if place is manifest:
                continue
            same = fields["status"] != "ok" or fields["sha256"] == known["sha256"]
            if not same or len(parts_among([place, manifest])) < 2:
                raise ValueError(
                    f"id {brief(fields['id'])} is in {place} and {manifest}, and names one array "
                    "(fastmel extract --ids prefix keeps those of several inputs apart)"
                )
            left_out.add((manifest, at))
    return left_out


def _check_target(target: Path, manifests: Sequence[Path], indexes: Sequence[Index]) -> None:
    """Raise a ValueError if a manifest would be replaced that says what the others do not."""
    if not target.exists() or target in manifests:
        return
    there = Index([target], failed=True)
    lost = 0
    for i, key in zip(there.positions, there.keys, strict=True):
        _, text = there.text(int(i))
        lost += all(_moved(t, m.parent, target.parent) != text for m, t in _found(indexes, key))
    if lost:
        raise ValueError(
            f"{target} has {count(lost, 'line')} that the others have not: choose another output "
            "(-o), or remove it"
        )


def _found(indexes: Sequence[Index], key: np.uint64) -> Iterator[tuple[Path, bytes]]:
    for index in indexes:
        if (i := index.position(int(key))) is not None:
            yield index.text(i)


def _check_records(manifests: Sequence[Path], folder: Path) -> str | None:
    """Return the hash of what all folders are for; raise a ValueError if it is not one."""
    found: dict[str, Path] = {}
    for place in dict.fromkeys([*(m.parent for m in manifests), folder]):
        if config := config_of(place):
            found.setdefault(config, place)
    if len(found) > 1:
        places = " and ".join(str(place / RECORD) for place in found.values())
        raise ValueError(f"features of different front ends, see {places}")
    return next(iter(found), None)


def _keep_record(manifests: Sequence[Path], folder: Path) -> None:
    """Put what computed the features beside the new manifest."""
    records = [path for m in manifests if (path := m.with_name(RECORD)).exists()]
    if records and not (folder / RECORD).exists():
        create(folder / RECORD, records[0].read_text(encoding="utf-8"))


def _texts(
    indexes: Sequence[Index], left_out: Collection[tuple[Path, int]]
) -> Iterator[tuple[Path, bytes]]:
    for index in indexes:
        for i in range(len(index)):
            if (index.manifests[0], i) not in left_out:
                yield index.text(i)


# No text has this in it: quotes within texts are escaped.
_CONFIG = re.compile(rb'"config": "([0-9a-f]{16})"')


def _check_config(config: str | None, manifest: Path, text: bytes) -> str | None:
    """Return the configuration of all lines so far; raise a ValueError if it is not this one's."""
    found = _CONFIG.search(text)
    here = found[1].decode() if found else config
    if config not in (None, here):
        raise ValueError(f"{manifest} has features of different front ends: {config} and {here}")
    return here


def _moved(text: bytes, old: Path, new: Path) -> bytes:
    """Return a line whose file is relative to another folder."""
    if old == new:
        return text
    line = json.loads(text)
    if "file" not in line:
        return text
    line["file"] = Path(os.path.relpath(old / line["file"], new)).as_posix()
    return encoded(line)


publish("fastmel.corpus", [merge])
