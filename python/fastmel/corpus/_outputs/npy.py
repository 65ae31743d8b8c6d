"""One ``.npy`` for each item, in folders as the ids say."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._writing import Part, naming, prepare
from .base import Format, Shard
from .files import Files, pieces

if TYPE_CHECKING:
    from ..._frontend.frontend import FrontEnd


class NumpyFormat(Format):
    """Arrays that :func:`numpy.load` reads.

    Files are not synced: that would take longer than all the rest. Where the power fails a file may
    be shorter than its line says, which the next run finds.
    """

    name = "npy"
    suffix = ".npy"
    one_item_a_shard = True

    def __init__(
        self, fe: FrontEnd, *, dtype: str = "float32", compression: str | None = None
    ) -> None:
        super().__init__(fe, dtype=dtype, compression=compression)
        self._folders: set[Path] = set()

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        file = f"{stem}/{first_id}.npy" if stem else f"{first_id}.npy"
        path = folder / file
        if path.parent not in self._folders:
            prepare(path.parent)
            self._folders.add(path.parent)
        return _NumpyShard(path, file)

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        path = folder / line["file"]
        dtype, shape = np.dtype(line["dtype"]), tuple(line["shape"])
        return files.array(path, data_offset(line, dtype), shape, dtype, alone=True)

    @classmethod
    def check_around(cls, folder: Path, line: Mapping[str, Any], files: Files) -> None:
        """See :meth:`Format.check_around`: the header."""
        header = npy_header(tuple(line["shape"]), np.dtype(line["dtype"]))
        files.check(folder / line["file"], 0, header, line["id"])


class _NumpyShard(Shard):
    def __init__(self, path: Path, file: str) -> None:
        self._file = file
        self._part = Part(path)

    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        with naming(self._part.path):
            if spooled is None:
                with open(self._part.part, "xb") as file:
                    file.write(npy_header(features.shape, features.dtype))
                    for piece in pieces(features):
                        file.write(piece)
                    self.n_bytes = file.tell()
            else:
                os.replace(spooled, self._part.part)
                self.n_bytes = self._part.part.stat().st_size
        return {"file": self._file, "size": self.n_bytes}

    def close(self) -> None:
        try:
            self._part.finish(sync=False)
        except BaseException:
            self.abandon()
            raise

    def abandon(self) -> None:
        self._part.abandon()


def npy_header(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return what a ``.npy`` of an array begins with; its bytes in C order follow."""
    header = io.BytesIO()
    descr = np.lib.format.dtype_to_descr(dtype)
    about = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, about)
    return header.getvalue()


def data_offset(line: Mapping[str, Any], dtype: np.dtype[Any]) -> int:
    """Return where the data of a ``.npy`` begin in its file: at its end."""
    size = int(np.prod(line["shape"], dtype=np.int64)) * dtype.itemsize
    return int(line.get("offset", 0)) + int(line["size"]) - size
