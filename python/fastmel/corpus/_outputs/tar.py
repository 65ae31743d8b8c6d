"""Tar files as WebDataset reads them: for each item ``key.npy`` and ``key.json``."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._manifest import encoded
from .base import FileShard, Format, Shard
from .files import Files, pieces
from .npy import data_offset, npy_header


class TarFormat(Format):
    """Shards for WebDataset, which NumPy alone reads too.

    The key of an item is its id, in which a dot is ``%2E``: WebDataset's keys end at a dot.
    """

    name = "tar"
    suffix = ".tar"

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        """See :meth:`Format.open_shard`."""
        return _TarShard(folder / f"{stem}.tar")

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        """See :meth:`Format.read`."""
        dtype, shape = np.dtype(line["dtype"]), tuple(line["shape"])
        return files.array(
            folder / line["file"], data_offset(line, dtype), shape, dtype, alone=False
        )


class _TarShard(FileShard):
    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        key, data = key_of(id), encoded(about)
        header = npy_header(features)
        size = len(header) + features.nbytes
        self._write(_member(f"{key}.npy", size))
        where = {"file": self._part.path.name, "offset": self.n_bytes, "size": size}
        self._write(header, *pieces(features), _padding(size))
        self._write(_member(f"{key}.json", len(data)), data, _padding(len(data)))
        return where

    def close(self) -> None:
        end = self.n_bytes + 2 * tarfile.BLOCKSIZE
        self._write(bytes(2 * tarfile.BLOCKSIZE + -end % tarfile.RECORDSIZE))
        super().close()


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
