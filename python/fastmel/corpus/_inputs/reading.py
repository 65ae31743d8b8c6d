"""What all readers share: where errors go, how paths are found and items named."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ..._base.checks import brief
from .errors import InputError, Wrong
from .ids import id_of_part, id_of_path

T = TypeVar("T")
Made = TypeVar("Made")


@dataclass
class LeftOut:
    """What folders and archives had beside audio files."""

    unread: Counter[str] = field(default_factory=Counter)  # files whose suffix an extra reads
    unnamed: Counter[str] = field(default_factory=Counter)  # archives and tables not opened
    links: int = 0  # folders that are links, which are not entered
    alone: int = 0  # texts in archives without audio beside them

    def add(self, other: LeftOut) -> None:
        self.unread += other.unread
        self.unnamed += other.unnamed
        self.links += other.links
        self.alone += other.alone

    def words(self) -> list[str]:
        """Return words for it, and for what would bring it in."""
        words = []
        if self.unread:
            words.append(f'{_kinds(self.unread)} left out: pip install "fastmel[av]" reads them')
        if self.unnamed:
            words.append(f"{_kinds(self.unnamed)} left out: name them to have what is in them")
        if self.links:
            folders = "folder" if self.links == 1 else "folders"
            words.append(f"{self.links:,} {folders} left out: links; name them to have them")
        if self.alone:
            texts = "text" if self.alone == 1 else "texts"
            words.append(
                f"{self.alone:,} {texts} left out: no audio beside them in the archive (tar "
                "--sort=name puts the members of a sample together)"
            )
        return words


@dataclass
class Reading:
    """How inputs are read, and what was met on the way."""

    on_error: Callable[[InputError], object]  # reading goes on unless it raises
    kind: str | None = None  # what every input is; None finds it out
    segments: Path | None = None  # the parts to take of the recordings of the only input
    recursive: bool = True
    keep_suffix: bool = False  # of paths that names are made of
    prefixed: bool = False  # names begin with the path of the input
    root: Path | None = None  # what relative paths in manifests begin at
    left_out: LeftOut = field(default_factory=LeftOut)
    failures: int = 0  # how often something was wrong
    # What was located last: the parts of a recording mostly come together.
    _located: tuple[object, Path] = (None, Path())

    def failed(self, wrong: Wrong, place: str = "") -> None:
        self.failures += 1
        self.on_error(InputError(wrong.reason, wrong.place or place, wrong.id))

    def each(self, rows: Iterable[tuple[str, T]], make: Callable[[T, str], Made]) -> Iterator[Made]:
        """Yield what is made of rows and their places; one that is wrong does not end the rest."""
        for place, row in rows:
            try:
                made = make(row, place)
            except Wrong as error:
                self.failed(error, place)
            else:
                yield made

    def locate(self, name: object, folder: Path) -> Path:
        """Return the path of a file that a manifest in `folder` names.

        A relative path is looked for in that folder, then in the current one.
        """
        if (name, folder) != self._located[0]:
            self._located = (name, folder), self._locate(name, folder)
        return self._located[1]

    def _locate(self, name: object, folder: Path) -> Path:
        if not isinstance(name, str):
            raise Wrong(f"the path is {brief(name)}, not a text")
        if not name or "\0" in name or not _can_be_named(name):
            raise Wrong(f"{brief(name)} is no path")
        if "://" in name:
            raise Wrong(f"{brief(name)} is no file on this machine: fetch it, and name the copy")
        path = Path(os.path.expanduser(name))
        if path.is_absolute():
            return path
        if self.root is not None:
            return self.root / path
        for found in (folder / path, path):
            if os.path.exists(found):  # False for a name that is too long, too
                return found
        here = os.path.abspath(folder)
        where = f"in {here}" if here == os.getcwd() else f"in {here} or in the current folder"
        raise Wrong(f"there is no {brief(name)} {where} (root= says where paths begin)")

    def name(
        self,
        path: str,
        start: float = 0.0,
        duration: float | None = None,
        channel: int | None = None,
    ) -> str:
        """Return the name of an item that has none of its own: made of its recording's path."""
        return id_of_part(id_of_path(path, keep_suffix=self.keep_suffix), start, duration, channel)


def _can_be_named(name: str) -> bool:
    try:
        os.fsencode(name)
    except UnicodeEncodeError:  # half of a character, which JSON can have
        return False
    return True


def _kinds(counter: Counter[str]) -> str:
    return ", ".join(f"{n:,} {suffix}" for suffix, n in sorted(counter.items()))
