"""Whether the files of a corpus are what its manifest says."""

from __future__ import annotations

import hashlib
import os
from array import array
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np

from .._base import checks
from .._base.public import publish
from .._base.text import explain
from ._index import Index, Line, key_of
from ._lock import Lock
from ._manifest import MANIFEST, RECORD, config_of, manifests_of, parts_in
from ._outputs import FORMATS, Files, Format, TornError, format_of
from ._writing import is_part

Kind: TypeAlias = Literal["missing", "torn", "other", "extra", "unfinished"]


class Problem(NamedTuple):
    """What is wrong with a file.

    Attributes
    ----------
    kind : {"missing", "torn", "other", "extra", "unfinished"}
        It is not there; it holds other bytes than were written; it is of another configuration; no
        manifest names it; a run that died, or one under way, has not finished it.
    file : Path
        The file.
    reason : str
        What was found.
    items : int
        How many items that concerns.
    """

    kind: Kind
    file: Path
    reason: str
    items: int


@dataclass
class Report:
    """What :func:`verify` found.

    Attributes
    ----------
    n_items : int
        Items that have features, as the manifest says.
    n_failed : int
        Items that failed, as the manifest says.
    n_bytes : int
        Bytes of features that were looked at.
    problems : list of Problem
        What is wrong, a file each.
    manifests : tuple of Path
        The manifests that were compared with.
    """

    n_items: int = 0
    n_failed: int = 0
    n_bytes: int = 0
    problems: list[Problem] = field(default_factory=list)
    manifests: tuple[Path, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; files of a run under way are no fault."""
        return all(problem.kind == "unfinished" for problem in self.problems)

    @property
    def merged(self) -> bool:
        """Whether a manifest was merged from those of the parts of a job, which are still there."""
        return any(m.name == MANIFEST and parts_in(m.parent) for m in self.manifests)

    def remove(self) -> int:
        """Remove what is torn, of another configuration, or named by no manifest.

        Returns
        -------
        int
            How many files that were.

        Raises
        ------
        ValueError
            If a run is under way there.
        OSError
            If a file cannot be removed.
        """
        files = [p.file for p in self.problems if p.kind in ("torn", "other", "extra")]
        with ExitStack() as locks:
            for manifest in self.manifests:
                locks.callback(Lock(manifest).release)
            for file in files:
                file.unlink(missing_ok=True)
        return len(files)

    def _add(self, kind: Kind, file: Path, reason: str) -> None:
        last = self.problems[-1] if self.problems else None
        if last and (last.kind, last.file) == (kind, file):
            self.problems[-1] = last._replace(items=last.items + 1)
        else:
            self.problems.append(Problem(kind, file, reason, 1))


def verify(
    path: str | os.PathLike[str], *, progress: Callable[[int, int], object] | None = None
) -> Report:
    """Compare the features of a corpus with the checksums of its manifest.

    What is missing is made by the same command that made the corpus, and so is what is torn or of
    another configuration, once it is removed (:meth:`Report.remove`).

    Parameters
    ----------
    path : str or path
        Folder of the corpus, or a manifest.
    progress : callable or None, default None
        Called with the number of items that were looked at, and that of all, after each.

    Returns
    -------
    Report
        What was found.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    TypeError
        If `path` is no path.
    ValueError
        If the manifest itself is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import fastmel.corpus
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "manifest.jsonl").write_text("")
    >>> report = fastmel.corpus.verify(folder)
    >>> report.ok, report.n_items
    (True, 0)
    """
    manifests = manifests_of(checks.path("path", path))
    index = Index(manifests)
    report = Report(len(index), index.n_failed, manifests=tuple(manifests))
    known = array("Q")
    looking = _Looking(report, config_of(manifests[0].parent))
    for done, line in enumerate(index, 1):
        looking.at(line)
        known.append(key_of(os.path.normpath(line.folder / line.fields["file"])))
        if progress is not None:
            progress(done, len(index))
    for folder in dict.fromkeys(manifest.parent for manifest in manifests):
        _look_for_others(folder, np.unique(np.frombuffer(known, np.uint64)), report)
    return report


class _Looking:
    """Looks at one item after another."""

    def __init__(self, report: Report, config: str | None) -> None:
        self._report = report
        self._config = config
        self._files = Files()
        self._last: Path | None = None
        self._wrong: tuple[Kind, str] | None = None

    def at(self, line: Line) -> None:
        """Add what is wrong with an item, or with its file."""
        path = line.folder / line.fields["file"]
        form = format_of(line.fields["file"])
        if path != self._last:
            self._last, self._wrong = path, _found(form.check_file, path)
        if wrong := self._wrong or _found(self._check, form, line):
            self._report._add(wrong[0], path, wrong[1])
        elif self._config not in (None, line.fields.get("config")):
            reason = f"{line.fields['id']}: not of what {RECORD} says"
            self._report._add("other", path, reason)

    def _check(self, form: type[Format], line: Line) -> None:
        fields = line.fields
        digest = hashlib.sha256()
        for piece in form.stored(line.folder, fields, self._files):
            digest.update(piece)
            self._report.n_bytes += memoryview(piece).nbytes
        if digest.hexdigest() != fields["sha256"]:
            path = line.folder / fields["file"]
            raise TornError(path, f"other bytes than were written for {fields['id']}")
        form.check_around(line.folder, fields, self._files)


def _found(check: Callable[..., None], *arguments: Any) -> tuple[Kind, str] | None:
    """Return what a check finds wrong, None if nothing."""
    try:
        check(*arguments)
    except FileNotFoundError:
        return "missing", "not there"
    except TornError as error:
        return "torn", error.reason
    except (OSError, ValueError, RuntimeError) as error:
        return "torn", explain(error)
    return None


def _look_for_others(folder: Path, known: np.ndarray, report: Report) -> None:
    """Add files that no manifest names: those that look like features, or like unfinished ones."""
    for path in _files_in(folder):
        if is_part(path.name):
            report._add("unfinished", path, "of a run that died, or of one under way")
        elif any(path.name.endswith(form.suffix) for form in FORMATS.values()):
            key = np.uint64(key_of(os.path.normpath(path)))
            i = int(np.searchsorted(known, key))
            if i == len(known) or known[i] != key:
                report._add("extra", path, "no line of the manifest names it")


def _files_in(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        yield from (Path(parent, name) for name in sorted(names))


publish("fastmel.corpus", [Problem, Report, verify])
