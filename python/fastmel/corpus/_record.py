"""What a folder of features says of itself, so that it holds those of one front end and format."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._engine.config import MelConfig
from .._version import __version__
from ._manifest import RECORD, end_of, part_of
from ._writing import create, prepare

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

OPTIONS = "fastmel-corpus.json"
"""File beside the record of the front end: how the features are written."""

_SHOWN = 4  # differences that a message names
_ANEW = "choose another -o, remove {}, or make all of it anew with --overwrite"


class JobError(ValueError):
    """A job that cannot be begun, or cannot go on; what is there is as it was."""


@dataclass(frozen=True)
class Record:
    """The record of a place."""

    place: Path  # a folder of features, or one array
    path: Path  # of the front end: RECORD in a folder, beside one array with its name before

    @classmethod
    def of(cls, output: Path) -> Record:
        """Return the record of an output; an array in a folder with a record belongs to it."""
        if output.suffix != ".npy" or output.is_dir():
            return cls(output, output / RECORD)
        if (whole := output.parent / RECORD).exists():
            return cls(output.parent, whole)
        return cls(output, output.with_name(f"{output.stem}.{RECORD}"))

    @property
    def is_folder(self) -> bool:
        return self.path.name == RECORD

    def options(self) -> dict[str, Any]:
        """Return how the features there are written; nothing where there are none."""
        try:
            return self._options()
        except ValueError as error:
            raise JobError(f"{error}; {_ANEW.format('what is there')}") from None

    def _options(self) -> dict[str, Any]:
        path = self.path.with_name(OPTIONS)
        if not self.is_folder or not path.exists():
            return {}
        try:
            options = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(options, dict):
                raise ValueError("it is no JSON object")
        except ValueError as error:
            raise ValueError(f"{path}: cannot be read ({error})") from None
        return options

    def objection(self, fe: FrontEnd, options: Mapping[str, Any]) -> str:
        """Return what speaks against features of `fe`, written so, if anything."""
        first = None if self.path.exists() else next(self.arrays(), None)
        if not self.path.exists():  # again: of a run that began meanwhile, it came before arrays
            unknown = f"has features, such as {first}, and no {self.path.name} that says whose"
            return f"{self.place} {unknown}" if first else ""
        try:
            text = self.path.read_text(encoding="utf-8")
            there = MelConfig.from_json(text)
        except (TypeError, ValueError) as error:
            return f"{self.path}: cannot be read as a front end ({error})"
        if there != fe.config:
            name = json.loads(text).get("name") or "another front end"
            differences = _differences(vars(there), vars(fe.config))
            return (
                f"{self.place} is for features of {name} (--frontend {self.path}), and this run "
                f"computes {fe.name or 'others'} ({differences})"
            )
        try:
            said = self._options()
        except ValueError as error:
            return str(error)
        if not said or said == options:
            return ""
        return (
            f"{self.place} has features that are written otherwise ({_differences(said, options)})"
        )

    def check(self, fe: FrontEnd, options: Mapping[str, Any]) -> None:
        """Raise a JobError if features of `fe`, written so, may not go there."""
        if problem := self.objection(fe, options):
            there = "what is there" if self.is_folder else "it"
            raise JobError(f"{problem}; {_ANEW.format(there)}")

    def check_below(self, fe: FrontEnd, folders: Iterable[Path]) -> None:
        """Raise a JobError if folders within the place, or those between, have another record."""
        between = {parent for folder in folders for parent in (folder, *folder.parents)}
        for folder in sorted(between):
            if self.place not in folder.parents or not (folder / RECORD).exists():
                continue
            if problem := Record(folder, folder / RECORD).objection(fe, {}):
                raise JobError(f"{problem}; choose another -o, or remove {folder}")

    def write(self, fe: FrontEnd, options: Mapping[str, Any]) -> None:
        """Record what computes the features; to be called before there are any."""
        prepare(self.path.parent)
        create(self.path, _text(fe))
        if self.is_folder and options:
            create(self.path.with_name(OPTIONS), json.dumps(options, indent=1) + "\n")
        self.verify(fe, options)

    def verify(self, fe: FrontEnd, options: Mapping[str, Any]) -> None:
        """Raise a JobError if another run has put its features there since the check."""
        if problem := self.objection(fe, options):
            raise JobError(f"another run has come between: {problem}")

    def arrays(self) -> Iterator[Path]:
        """Yield arrays and manifests in the place, past hidden files and folders."""
        if self.place.is_file():
            yield self.place
        for parent, folders, files in os.walk(self.place):
            folders[:] = [f for f in folders if not f.startswith(".")]
            for name in files:
                if not name.startswith(".") and (name.endswith(".npy") or part_of(name)):
                    yield Path(parent, name)

    def clear(self, files: Collection[Path]) -> None:
        """Remove files of features, and all that is said of them."""
        manifests = [path for path in self.arrays() if part_of(path.name)]
        said = (*manifests, self.path.with_name(OPTIONS), self.path)
        # The record last: until then it is true of what is left.
        for path in (*map(end_of, manifests), *files, *said):
            path.unlink(missing_ok=True)


def _differences(there: Mapping[str, Any], here: Mapping[str, Any]) -> str:
    """Name parameters that differ, with their values."""
    values = ((name, there.get(name), here.get(name)) for name in {**there, **here})
    found = [f"{name} {a!r:.60}, not {b!r:.60}" for name, a, b in values if a != b]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([*found[:_SHOWN], *more])


def _text(fe: FrontEnd) -> str:
    """Return the record of a front end; the version is for the reader alone."""
    return json.dumps({"fastmel": __version__, **json.loads(fe.to_json())}, indent=1) + "\n"
