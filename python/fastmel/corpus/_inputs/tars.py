"""Tar archives of audio, as WebDataset has them: members whose names begin alike are a sample."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, NamedTuple

from ..._base.checks import brief
from .._item import Audio, Bytes, Item, Slice
from .errors import Wrong
from .folders import suffixes
from .ids import id_of_path
from .reading import Reading
from .text import DAMAGE, reading

_COMPRESSED: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}

# Beside audio, what is small is said of it: a text, or JSON.
_SMALL = 1 << 20


class _Member(NamedTuple):
    name: str
    audio: Audio | None
    extra: dict[str, Any]


def unpacker(head: bytes) -> Callable[[Any], Any] | None:
    """Return what unpacks a file, or a path, that begins so; None where it is not compressed."""
    return next((_COMPRESSED[sign] for sign in _COMPRESSED if head.startswith(sign)), None)


def is_tar(head: bytes) -> bool:
    """Tell whether a file that begins so is a tar archive."""
    return head[257:262] == b"ustar"


def tar(path: Path, how: Reading) -> Iterator[Item]:
    """Yield the audio members of an archive, named by their paths in it.

    Of a plain archive only the headers are read, and the audio later, from where it is. What is
    compressed goes by once, and the audio is taken along.
    """
    known = suffixes()
    for sample in _samples(_members(path, known)):
        extra = {name: value for part in sample for name, value in part.extra.items()}
        if extra and not any(part.audio for part in sample):
            how.left_out.alone += 1
        for part in sample:
            if part.audio is not None:
                name = id_of_path(part.name, keep_suffix=how.keep_suffix)
                yield Item(name, part.audio, place=f"{path}:{part.name}", extra=extra)


def _samples(members: Iterator[_Member]) -> Iterator[list[_Member]]:
    sample: list[_Member] = []
    try:
        for member in members:
            if sample and _key(sample[0].name) != _key(member.name):
                yield sample
                sample = []
            sample.append(member)
    except Wrong:  # with what comes later; these are whole
        yield sample
        raise
    yield sample


def _key(name: str) -> str:
    """Return what members of a sample have in common: the path up to the name's first dot."""
    folder, _, last = name.rpartition("/")
    return f"{folder}/{last.partition('.')[0]}"


def _members(path: Path, known: frozenset[str]) -> Iterator[_Member]:
    with reading(path) as file:
        unpack = unpacker(file.peek(8))
        if unpack is None:
            _check_end(file, path)
            yield from _read(file, path, known, streamed=False)
            return
        with unpack(file) as unpacked:
            yield from _read(unpacked, path, known, streamed=True)


def _check_end(file: BinaryIO, path: Path) -> None:
    """Raise unless there are the two blocks of zeros that end an archive."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 2 * tarfile.BLOCKSIZE))
    if size < 2 * tarfile.BLOCKSIZE or file.read().strip(b"\0"):
        raise Wrong(_CUT.format("no blocks of zeros end it"), str(path))
    file.seek(0)


_CUT = "a tar archive that was cut short or damaged ({})"


def _read(
    file: BinaryIO, path: Path, known: frozenset[str], *, streamed: bool
) -> Iterator[_Member]:
    blocks = _Blocks(file)
    last = "its beginning"
    try:
        while blocks.go_on():
            with tarfile.open(fileobj=blocks, mode="r:") as archive:  # type: ignore[call-overload]
                for info in archive:
                    archive.members = []  # it would keep all
                    yield from _member(archive, info, path, known, streamed=streamed)
                    last = brief(info.name)
            if len(blocks.last) < tarfile.BLOCKSIZE or blocks.last.strip(b"\0"):
                raise Wrong(_CUT.format(f"no header after {last}"), str(path))
    except (tarfile.TarError, *DAMAGE) as error:
        raise Wrong(_CUT.format(f"after {last}: {error}"), str(path)) from None


class _Blocks:
    """The file of archives that follow each other, as those that were joined by cat.

    Where tarfile stops is what it read last: zeros at the end, anything else in a damaged archive,
    of which it says nothing.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._ahead = b""
        self.last = b""

    def read(self, size: int) -> bytes:
        self.last = self._ahead or self._file.read(size)  # a header is asked for first
        self._ahead = b""
        return self.last

    def tell(self) -> int:
        return self._file.tell() - len(self._ahead)

    def seek(self, to: int) -> int:
        return self._file.seek(to)  # only forward, if members are read in their order

    def go_on(self) -> bool:
        """Pass over zeros; return whether something follows them, or is at the beginning."""
        begins = self._file.tell() == 0
        block = self._file.read(tarfile.BLOCKSIZE)
        while block and not begins and not block.strip(b"\0"):
            block = self._file.read(tarfile.BLOCKSIZE)
        self._ahead = block
        return begins or bool(block)


def _member(
    archive: tarfile.TarFile,
    info: tarfile.TarInfo,
    path: Path,
    known: frozenset[str],
    *,
    streamed: bool,
) -> Iterator[_Member]:
    pure = PurePosixPath(info.name)
    suffix = pure.suffix.lower()
    if not info.isreg() or info.issparse() or pure.name.startswith((".", "__")):
        return
    if suffix in known:
        if streamed:
            data = _content(archive, info)
            yield _Member(info.name, Bytes(f"{path}:{info.name}", data), {})
        else:
            yield _Member(info.name, Slice(path, info.offset_data, info.size, info.name), {})
    elif suffix in (".json", ".txt") and info.size <= _SMALL:
        yield _Member(info.name, None, _said(_content(archive, info), suffix))


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(info)
    assert file is not None  # of a regular file
    data = file.read()
    if len(data) != info.size:
        raise tarfile.ReadError("unexpected end of data")
    return data


def _said(data: bytes, suffix: str) -> dict[str, Any]:
    """Return what a text or an object of JSON says; what is neither says nothing."""
    try:
        text = data.decode()
        if suffix == ".txt":
            return {"text": text.strip()}
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
