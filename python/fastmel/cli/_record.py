"""The record of what computed the features in a place, so that it holds those of one front end."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._version import __version__
from ._text import count
from ._writing import create

if TYPE_CHECKING:
    from ..frontend import FrontEnd

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

    def claim(self, fe: FrontEnd, targets: Sequence[Path], *, overwrite: bool) -> None:
        """Record what computes the features, or make sure that it is recorded.

        Parameters
        ----------
        fe : FrontEnd
            What computes them.
        targets : sequence of Path
            The arrays to be made.
        overwrite : bool
            Remove those of another front end first, if none but the targets are there.

        Raises
        ------
        click.ClickException
            If there are features of another front end, or of an unknown one.
        """
        if not self.path.exists():
            found = next(self._arrays(), None)
            # Of a run that has begun meanwhile, the record came before the first array.
            if found is None or self.path.exists():
                create(self.path, _written(fe))
        problem = self.objection(fe)
        if problem and overwrite:
            self._clear(targets, problem)
            create(self.path, _written(fe))
            problem = self.objection(fe)
        if problem:
            there = "what is there" if self.place.is_dir() else "it"
            raise click.ClickException(
                f"{problem}; choose another -o, remove {there}, or make all of it anew with "
                "--overwrite"
            )

    def objection(self, fe: FrontEnd) -> str | None:
        """Return what speaks against features of `fe` in the place, if anything."""
        try:
            text = self.path.read_text(encoding="utf-8")
            same = _read(text) == _read(_written(fe))
        except FileNotFoundError:
            return f"{self.place} has features, but no {self.path.name} says what computed them"
        except (TypeError, ValueError) as error:
            return f"{self.path}: cannot be read as the record of a front end ({error})"
        if same:
            return None
        there, here = json.loads(text), json.loads(_written(fe))
        return (
            f"{self.place} has features of {there.get('name') or 'a front end of its own'}, and "
            f"this run computes {here['name'] or 'others'} ({_differences(there, here)})"
        )

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


def _differences(there: dict[str, Any], here: dict[str, Any]) -> str:
    """Name the parameters that differ, with their values where these are short."""
    passed = ("schema", "name", "fastmel")
    keys = [k for k in {**here, **there} if k not in passed and there.get(k) != here.get(k)]
    shown = [f"{k} {_short(there.get(k))}, not {_short(here.get(k))}" for k in keys[:_SHOWN]]
    more = [f"{len(keys) - _SHOWN} more"] if len(keys) > _SHOWN else []
    return "; ".join(shown + more)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _written(fe: FrontEnd) -> str:
    """Return the record of a front end; the version is for the reader alone."""
    return json.dumps({"fastmel": __version__, **json.loads(_to_json(fe))}, indent=1) + "\n"


# Until FrontEnd has to_json, and frontend() takes it.
def _to_json(fe: FrontEnd) -> str:
    def step(s: Any) -> dict[str, Any]:
        return {"step": type(s).__name__, **vars(s)}

    steps = {"before": list(map(step, fe.before)), "after": list(map(step, fe.after))}
    return json.dumps({"schema": 1, "name": fe.name, **asdict(fe.config), **steps})


def _read(text: str) -> Any:
    values = json.loads(text)
    if not isinstance(values, dict):
        raise ValueError(f"text must be a JSON object; got {type(values).__name__}")
    if values["schema"] > 1:
        raise ValueError("schema: a newer fastmel wrote this")
    return {key: value for key, value in values.items() if key not in ("name", "fastmel")}
