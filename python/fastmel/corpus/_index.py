"""Where the lines of a manifest begin: some 20 bytes an item, however many there are."""

from __future__ import annotations

import json
import mmap
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .._base.checks import brief
from ._manifest import parsed


class Line(NamedTuple):
    """A line of a manifest, and the folder that its file is relative to."""

    folder: Path
    fields: dict[str, Any]


class Index:
    """The lines of manifests that count: of lines with one id the last, of the later manifest.

    It can be pickled: another process does not read the manifests again. Lines of items that failed
    count with `failed` alone. A torn end is left out, as is what comes after `end` bytes; any other
    line that is not that of a manifest is a ValueError.
    """

    def __init__(
        self, manifests: Sequence[Path], *, failed: bool = False, end: int | None = None
    ) -> None:
        self.manifests = tuple(manifests)
        self._maps: dict[int, mmap.mmap] = {}
        keys, offsets, is_whole, self._starts = _scanned(self.manifests, end)
        self.size = int(self._starts[-1])  # bytes of whole lines, beside those that are torn
        self.torn = sum(p.stat().st_size for p in self.manifests) - self.size
        made = offsets[is_whole]
        # Lines of features, those that later ones replace included.
        self.n_made, self._last_made = len(made), made[-1:].copy()
        del made
        order = np.argsort(keys, kind="stable").astype(np.uint32)
        keys = keys[order]
        # Two of 10 million ids have the same 64 bits with a chance of 3 in a million.
        counts = np.ones(len(keys), bool)
        counts[:-1] = keys[1:] != keys[:-1]
        self.n_failed = int(np.count_nonzero(counts & ~is_whole[order]))
        if not failed:
            counts &= is_whole[order]
        self.keys = keys[counts]  # of the ids, sorted; `positions` are those of their lines
        del keys
        lines = order[counts]
        del order
        kept = np.zeros(len(counts), bool)
        kept[lines] = True
        self._offsets = offsets[kept]
        self.positions = (np.cumsum(kept, dtype=np.uint32) - np.uint32(1))[lines]

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_maps": {}}

    def __len__(self) -> int:
        return len(self._offsets)

    def __iter__(self) -> Iterator[Line]:
        return map(self.line, range(len(self)))

    def line(self, i: int) -> Line:
        return _line(*self.text(i))

    def text(self, i: int) -> tuple[Path, bytes]:
        """Return the manifest that the line at a position stands in, and its bytes."""
        return self._at(self._offsets[i])

    def last_made(self) -> Line | None:
        """Return the last of all lines that are of features, if there is one."""
        return _line(*self._at(self._last_made[0])) if self.n_made else None

    def first_of(self, file: str) -> tuple[int, str]:
        """Return where the last lines begin that name a file, and the id of the first.

        Lines of failures may stand among them.
        """
        text, begin, id, end = self._map(0), self.size, "", self.size
        while end:
            start = text.rfind(b"\n", 0, end - 1) + 1
            fields = json.loads(text[start:end])
            if fields.get("file") == file:
                begin, id = start, str(fields.get("id"))
            elif fields.get("status") == "ok":
                break
            end = start
        return begin, id

    def found(self, pattern: str) -> set[str]:
        """Return what the group of a pattern is of, in all lines of the first manifest."""
        matches = re.compile(pattern.encode()).finditer(self._map(0), 0, self.size)
        return {text.decode() for text in {match[1] for match in matches}}

    def _at(self, offset: np.uint64) -> tuple[Path, bytes]:
        which = int(np.searchsorted(self._starts, offset, "right")) - 1
        text, begin = self._map(which), int(offset - self._starts[which])
        if text.size() < len(text):  # else reading beyond the end of the file would end the process
            raise ValueError(f"{self.manifests[which]}: was cut since it was opened: open it again")
        return self.manifests[which], text[begin : text.find(b"\n", begin)]

    def find(self, id: str) -> Line | None:
        i = self.position(key_of(id))
        line = None if i is None else self.line(i)
        return line if line and line.fields.get("id") == id else None

    def position(self, key: int) -> int | None:
        """Return the position of the item whose id has this key, if there is one."""
        i = int(np.searchsorted(self.keys, np.uint64(key)))
        if i == len(self) or int(self.keys[i]) != key:
            return None
        return int(self.positions[i])

    def close(self) -> None:
        """Close the manifests; what needs one again opens it."""
        while self._maps:
            self._maps.popitem()[1].close()

    def _map(self, which: int) -> mmap.mmap:
        if which not in self._maps:
            with open(self.manifests[which], "rb") as file:
                self._maps[which] = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return self._maps[which]


def _line(manifest: Path, text: bytes) -> Line:
    return Line(manifest.parent, json.loads(text))


# What lines that we have written begin with: no need to understand the rest.
_BEGIN = re.compile(rb'\{"id": "([^"\\]*)", "status": "(ok|failed)"')


def _scanned(
    manifests: Sequence[Path], end: int | None
) -> tuple[NDArray[np.uint64], NDArray[np.uint64], NDArray[np.bool_], NDArray[np.uint64]]:
    """Return keys, offsets and states of all lines, and where manifests begin, one after another.

    After the last of them comes where it ends.
    """
    keys, offsets, whole, starts = array("Q"), array("Q"), bytearray(), array("Q", [0])
    for path in manifests:
        starts.append(_scan(path, starts[-1], end, keys, offsets, whole))
    return (
        np.frombuffer(keys, np.uint64),
        np.frombuffer(offsets, np.uint64),
        np.frombuffer(whole, bool),
        np.frombuffer(starts, np.uint64),
    )


def _scan(path: Path, at: int, end: int | None, keys: Any, offsets: Any, whole: bytearray) -> int:
    """Add the lines of a manifest that begins at `at`, up to `end`; return where they end."""
    match, add_key, add_offset, add_whole = _BEGIN.match, keys.append, offsets.append, whole.append
    with open(path, "rb", buffering=1 << 20) as file:
        for number, line in enumerate(file, 1):
            if at == end:
                break
            if (found := match(line)) and line.endswith(b"}\n"):
                id, status = found.groups()
                ok = status == b"ok"
            elif (fields := parsed(line)) is not None:
                id, ok = _encoded(str(fields.get("id"))), fields.get("status") == "ok"
            else:
                _check_torn(path, number, line, file)
                break
            add_key(_key(id))
            add_offset(at)
            add_whole(ok)
            at += len(line)
    return at


def _check_torn(path: Path, number: int, line: bytes, rest: Iterable[bytes]) -> None:
    """Raise a ValueError if good lines come after a bad one: it is no torn end."""
    if any(parsed(later) is not None for later in rest):
        raise ValueError(f"{path}:{number}: no line of a manifest: {brief(line)}")


def key_of(text: str) -> int:
    """Return 64 bits that tell texts apart."""
    return _key(_encoded(text))


def _encoded(id: str) -> bytes:
    return id.encode(errors="surrogatepass")


def _key(id: bytes) -> int:
    return int.from_bytes(blake2b(id, digest_size=8).digest(), "little")
