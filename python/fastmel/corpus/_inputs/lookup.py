"""Lines of a text file by name, without holding them."""

from __future__ import annotations

import gzip
import tempfile
from array import array
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from .errors import Wrong
from .text import DAMAGE, Text, opened


class Lookup:
    """The lines of a file, found by a name that is in them.

    What asks mostly goes through its own file in the same order, so the lines are read along with
    it, and none is kept. The first name that is not ahead is looked for in an index of the whole
    file, made then: 16 bytes a line. A compressed file is unpacked for that, into a temporary one.

    `name` returns the name in a line, or raises Wrong; `failed` takes what is wrong with a line.
    """

    def __init__(
        self, path: Path, name: Callable[[str], str], failed: Callable[[Wrong], object]
    ) -> None:
        self._path = path
        self._name = name
        self._failed = failed
        self._text = Text(path, failed)
        self._index: _Index | None = None
        self._last = ("", "")

    def __enter__(self) -> Lookup:
        return self

    def __exit__(self, *error: object) -> None:
        if self._index is not None:
            self._index.close()

    def get(self, name: str) -> str | None:
        if self._last[0] != name:
            line = self._ahead(name) if self._index is None else self._index.get(name)
            if line is None:
                return None
            self._last = (name, line)
        return self._last[1]

    def _ahead(self, name: str) -> str | None:
        for place, line in self._text.filled():
            try:
                if self._name(line) == name:
                    return line
            except Wrong as error:
                self._failed(Wrong(error.reason, place))
        self._index = _Index(self._path, self._name)
        return self._index.get(name)


class _Index:
    """Where the lines of a file begin, by 64 bits of the names in them."""

    def __init__(self, path: Path, name: Callable[[str], str]) -> None:
        self._name = name
        self._file = _seekable(path)
        codes, begins = array("q"), array("q", [0])
        for raw in self._file:
            codes.append(hash(self._name_of(raw)))
            begins.append(begins[-1] + len(raw))
        order = np.frombuffer(codes, np.int64).argsort(kind="stable")
        self._codes = np.frombuffer(codes, np.int64)[order]
        self._begins = np.frombuffer(begins, np.int64)[order]

    def get(self, name: str) -> str | None:
        at = int(np.searchsorted(self._codes, hash(name)))
        while at < len(self._codes) and self._codes[at] == hash(name):
            self._file.seek(int(self._begins[at]))
            raw = self._file.readline()
            if self._name_of(raw) == name:
                return _text(raw)
            at += 1
        return None

    def close(self) -> None:
        self._file.close()

    def _name_of(self, raw: bytes) -> str:
        """Return the name in a line; what is wrong with it was told when it was read first."""
        try:
            text = _text(raw)
            return self._name(text) if text.strip() else ""
        except Wrong:
            return ""


def _text(raw: bytes) -> str:
    return raw.rstrip(b"\r\n").decode(errors="replace").removeprefix("\ufeff")


def _seekable(path: Path) -> IO[bytes]:
    with opened(path) as file:
        if not isinstance(file, gzip.GzipFile):
            return open(path, "rb")
        unpacked = tempfile.TemporaryFile(prefix="fastmel-")
        try:
            for piece in _pieces(file):
                unpacked.write(piece)
        except OSError:  # such as a full disk
            unpacked.close()
            raise
    unpacked.seek(0)
    return unpacked


def _pieces(file: gzip.GzipFile) -> Iterator[bytes]:
    """Yield what a file has up to its end, or to where it is damaged: that was told before."""
    with suppress(*DAMAGE):
        yield from iter(lambda: file.read1(1 << 20), b"")
