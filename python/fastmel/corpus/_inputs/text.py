"""Lines of text files, compressed or not, as a stream."""

from __future__ import annotations

import gzip
import lzma
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from io import BufferedReader
from itertools import chain
from pathlib import Path
from typing import Any

from .errors import Wrong

DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)
"""What reading a compressed file raises that is cut short or damaged."""

# A longer line is no line: a file without line ends would be read whole to find that out.
_LONGEST = 1 << 26


class Text:
    """A text file in UTF-8, compressed with gzip or not, read once, from its beginning.

    `path` None is standard input; `failed` takes what is wrong with a line.
    """

    def __init__(self, path: Path | None, failed: Callable[[Wrong], object]) -> None:
        self.title = "standard input" if path is None else str(path)
        self.folder = Path() if path is None else path.parent
        self.number = 0
        self._failed = failed
        self._lines = self._read(path)

    @property
    def place(self) -> str:
        return f"{self.title}:{self.number}"

    def first(self) -> str:
        """Return the first line that is not blank, without taking it; "" where there is none."""
        for line in self._lines:
            if line.strip():
                # What is read again keeps its number: `__iter__` counts from it.
                self._lines = chain([line], self._lines)
                return line
        return ""

    def __iter__(self) -> Iterator[str]:
        """Yield the lines, without their ends."""
        return self._lines

    def filled(self) -> Iterator[tuple[str, str]]:
        """Yield the lines that are not blank, with their places."""
        for line in self._lines:
            if line and not line.isspace():
                yield self.place, line

    def _read(self, path: Path | None) -> Iterator[str]:
        # Standard input is not ours to close.
        source = nullcontext(sys.stdin.buffer) if path is None else opened(path)
        try:
            with source as file:
                yield from self._decoded(file)
        except DAMAGE as error:
            reason = f"cannot be read on after line {self.number} ({why(error)})"
            self._failed(Wrong(reason, self.title))

    def _decoded(self, file: Any) -> Iterator[str]:
        for raw in iter(lambda: file.readline(_LONGEST), b""):
            self.number += 1
            if self.number == 1:
                raw = self._begun(raw)
            if len(raw) == _LONGEST:
                raise Wrong("a line longer than 64 MiB: no text file?", self.place)
            try:
                yield raw.rstrip(b"\r\n").decode()
            except UnicodeDecodeError as error:
                byte = f"byte {error.start + 1} is 0x{raw[error.start]:02x}"
                self._failed(Wrong(f"not in UTF-8: {byte}", self.place))

    def _begun(self, raw: bytes) -> bytes:
        """Return the first line without a byte order mark."""
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise Wrong("a text in UTF-16: save it in UTF-8", self.title)
        return raw.removeprefix(b"\xef\xbb\xbf")


def why(error: Exception) -> str:
    """Return what an error says, without a number and the name of a file."""
    return (isinstance(error, OSError) and error.strerror) or str(error)


@contextmanager
def reading(path: Path) -> Iterator[BufferedReader]:
    """Open a file for reading bytes, if it can be opened."""
    try:
        file = open(path, "rb")
    except OSError as error:
        raise Wrong(f"cannot be read ({why(error)})", str(path)) from None
    with file:
        yield file


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader | gzip.GzipFile]:
    """Open a file for reading bytes, unpacked if it is compressed with gzip, whatever its name."""
    with reading(path) as file:
        # Looked at ahead, not read again: what is read may be a pipe.
        if file.peek(2)[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield unpacked
        else:
            yield file
