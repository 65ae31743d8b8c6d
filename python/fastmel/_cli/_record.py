"""The record of what computed the features in a place, so that it holds those of one front end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .._engine.config import MelConfig
from .._version import __version__
from ..corpus._writing import create, prepare
from ._text import count

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

NAME = "fastmel-frontend.json"
"""File in a folder of features that :func:`fastmel.frontend` reads."""

_SHOWN = 4  # differences that a message names


@dataclass(frozen=True)
class Record:
    """The record of a place.

    Attributes
    ----------
    place : Path
        A folder of features, or one array.
    path : Path
        The record: :data:`NAME` in a folder, beside a single array with its name before.
    """

    place: Path
    path: Path

    @classmethod
    def of(cls, output: Path) -> Record:
        """Return the record of an output; an array in a folder with a record belongs to it."""
        if output.suffix != ".npy" or output.is_dir():
            return cls(output, output / NAME)
        if (whole := output.parent / NAME).exists():
            return cls(output.parent, whole)
        return cls(output, output.with_name(f"{output.stem}.{NAME}"))

    def check(self, fe: FrontEnd, targets: Sequence[Path], *, overwrite: bool) -> None:
        """Make sure that features of `fe` may go there.

        Parameters
        ----------
        fe : FrontEnd
            What computes them.
        targets : sequence of Path
            The arrays to be made.
        overwrite : bool
            Remove those of another front end, if none but the targets are there.

        Raises
        ------
        click.ClickException
            If there are features of another front end, or of an unknown one.
        """
        for inner in self._inner(targets):
            if problem := inner._objection(fe):
                raise click.ClickException(f"{problem}; choose another -o, or remove {inner.place}")
        problem = self._objection(fe)
        if problem and overwrite:
            self._clear(targets, problem)
        elif problem:
            there = "what is there" if self.place.is_dir() else "it"
            raise click.ClickException(
                f"{problem}; choose another -o, remove {there}, or make all of it anew with "
                "--overwrite"
            )

    def write(self, fe: FrontEnd) -> None:
        """Record what computes the features; to be called before there are any.

        Raises
        ------
        click.ClickException
            If another run has recorded another front end since the check.
        """
        prepare(self.path.parent)
        create(self.path, _text(fe))
        self.verify(fe)

    def verify(self, fe: FrontEnd) -> None:
        """Raise a ClickException if another run has put its features there since the check."""
        if problem := self._objection(fe):
            raise click.ClickException(f"another run has come between: {problem}")

    def _objection(self, fe: FrontEnd) -> str:
        """Return what speaks against features of `fe` there, if anything."""
        first = None if self.path.exists() else next(self._arrays(), None)
        if not self.path.exists():  # again: of a run that began meanwhile, it came before arrays
            unknown = f"has arrays, such as {first}, and no {self.path.name} that says whose"
            return f"{self.place} {unknown}" if first else ""
        try:
            text = self.path.read_text(encoding="utf-8")
            there = MelConfig.from_json(text)
        except (TypeError, ValueError) as error:
            return f"{self.path}: cannot be read as a front end ({error})"
        if there == fe.config:
            return ""
        name = json.loads(text).get("name") or "another front end"
        return (
            f"{self.place} is for features of {name}, as {self.path.name} says, and this run "
            f"computes {fe.name or 'others'} ({_differences(there, fe.config)})"
        )

    def _inner(self, targets: Sequence[Path]) -> Iterator[Record]:
        """Yield the records of folders within the place that targets go to."""
        folders = {target.parent for target in targets}
        folders |= {parent for folder in folders for parent in folder.parents}
        for folder in sorted(folders):
            if folder.is_relative_to(self.place) and folder != self.place:
                if (path := folder / NAME).exists():
                    yield Record(folder, path)

    def _arrays(self) -> Iterator[Path]:
        """Yield the arrays in the place, past hidden files and folders."""
        if self.place.is_file():
            yield self.place
        for parent, folders, files in os.walk(self.place):
            folders[:] = [f for f in folders if not f.startswith(".")]
            for name in files:
                if name.endswith(".npy") and not name.startswith("."):
                    yield Path(parent, name)

    def _clear(self, targets: Sequence[Path], problem: str) -> None:
        """Remove the targets and the record; nothing, if features would remain."""
        made = set(targets)
        others = [path for path in self._arrays() if path not in made]
        if others:
            raise click.ClickException(
                f"{problem}; --overwrite would leave {count(len(others), 'array')} such as "
                f"{others[0]}: choose another -o, or remove them"
            )
        # The record last: until then it is true of what is left.
        for path in (*targets, self.path):
            path.unlink(missing_ok=True)


def _differences(there: MelConfig, here: MelConfig) -> str:
    """Name parameters that differ, with their values."""
    values = ((f.name, getattr(there, f.name), getattr(here, f.name)) for f in fields(here))
    found = [f"{name} {a!r:.60}, not {b!r:.60}" for name, a, b in values if a != b]
    more = [f"{len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join([*found[:_SHOWN], *more])


def _text(fe: FrontEnd) -> str:
    """Return the record of a front end; the version is for the reader alone."""
    return json.dumps({"fastmel": __version__, **json.loads(fe.to_json())}, indent=1) + "\n"
