"""Tar files as WebDataset reads them: for each item ``key.npy`` and ``key.json``."""

from __future__ import annotations

import json
import os
import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._manifest import encoded
from .base import FileShard, Format, Shard
from .files import Files, TornError, pieces
from .npy import data_offset, npy_header

_END = bytes(2 * tarfile.BLOCKSIZE)


class TarFormat(Format):
    """Shards for WebDataset, which NumPy alone reads too.

    The key of an item is its id, in which a dot is ``%2E``: WebDataset's keys end at a dot.
    """

    name = "tar"
    suffix = ".tar"

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        return _TarShard(folder / f"{stem}.tar", self)

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        dtype, shape = np.dtype(line["dtype"]), tuple(line["shape"])
        path, offset = folder / line["file"], data_offset(line, dtype)
        return files.array(path, offset, shape, dtype, alone=False)

    @classmethod
    def check_around(cls, folder: Path, line: Mapping[str, Any], files: Files) -> None:
        """See :meth:`Format.check_around`: the headers, and ``key.json``."""
        path, id, key, size = folder / line["file"], line["id"], key_of(line["id"]), line["size"]
        dtype = np.dtype(line["dtype"])
        head = _member(f"{key}.npy", size) + npy_header(tuple(line["shape"]), dtype)
        files.check(path, data_offset(line, dtype) - len(head), head, id)
        at = line["offset"] + size + len(_padding(size))
        header = files.bytes(path, at, len(_member(f"{key}.json", 0)))
        try:
            n = tarfile.TarInfo.frombuf(header[-512:], "utf-8", "surrogateescape").size
            fields = json.loads(files.bytes(path, at + len(header), n))
        except (tarfile.HeaderError, ValueError) as error:
            raise TornError(path, f"{key}.json: {error}") from error
        files.check(path, at, _member(f"{key}.json", n), id)
        if any(line.get(name) != value for name, value in fields.items()):
            raise TornError(path, f"{key}.json: not what the manifest says")

    @classmethod
    def is_last(cls, folder: Path, line: Mapping[str, Any]) -> bool:
        with open(folder / line["file"], "rb") as file:
            file.seek(line["offset"] + line["size"] + len(_padding(line["size"])))
            try:
                with tarfile.open(fileobj=file, mode="r:") as members:
                    members.next()  # key.json
                    return members.next() is None
            except tarfile.TarError as error:
                raise TornError(folder / line["file"], str(error)) from error

    @classmethod
    def size(cls, path: Path) -> int:
        """See :meth:`Format.size`: a tar has an end, of whole records."""
        size = super().size(path)
        if size == 0 or size % tarfile.RECORDSIZE:
            return 0
        with open(path, "rb") as file:
            file.seek(-len(_END), os.SEEK_END)
            return 0 if file.read().strip(b"\0") else size


class _TarShard(FileShard):
    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        key, data = key_of(id), encoded(about)
        header = npy_header(features.shape, features.dtype)
        size = len(header) + features.nbytes
        self._write(_member(f"{key}.npy", size))
        where = {"file": self._part.path.name, "offset": self.n_bytes, "size": size}
        self._write(header, *pieces(features), _padding(size))
        self._write(_member(f"{key}.json", len(data)), data, _padding(len(data)))
        return where

    def _write_end(self) -> None:
        end = self.n_bytes + len(_END)
        self._write(_END, bytes(-end % tarfile.RECORDSIZE))


def key_of(id: str) -> str:
    """Return WebDataset's key of an item: what readers take for a suffix or for meta is escaped.

    Examples
    --------
    >>> key_of("spk/take.1")
    'spk/take%2E1'
    """
    return re.sub("^__", "%5F_", id.replace("%", "%25").replace(".", "%2E"))


def _member(name: str, size: int) -> bytes:
    """Return the header of a member: nothing in it depends on when or by whom it is written."""
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o444
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "surrogateescape")


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)
