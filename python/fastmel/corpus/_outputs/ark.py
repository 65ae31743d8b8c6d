"""Kaldi's archives: ``.ark`` of matrices, time first, and beside each its ``.scp``."""

from __future__ import annotations

import hashlib
import io
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._base.checks import brief
from ..._base.extras import require
from .base import FileShard, Format, Shard, arranged, matrix_shape
from .files import Buffer, Files, TornError, pieces

_METHODS = {"speech": 1, "two_byte": 3, "one_byte": 5}
"""Kaldi's kAutomaticMethod (kSpeechFeature for 9 frames and more), kTwoByteAuto, kOneByteAuto."""

_TYPES = {"float32": b"FM ", "float64": b"DM "}


class ArkFormat(Format):
    """Matrices as Kaldi writes them, plain or with one of its compressions.

    The paths in an ``.scp`` begin with the folder as it was given, as those of Kaldi's own tools.
    """

    name = "ark"
    suffix = ".ark"
    sidecar = ".scp"
    matrices = True
    dtypes = ("float32", "float64")
    compressions = tuple(_METHODS)

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        if self.compression:
            _kaldiio()
        return _ArkShard(folder / f"{stem}.ark", self)

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        data = files.bytes(folder / line["file"], line["offset"], line["size"])
        if "compression" in line:
            return arranged(_kaldiio().read_kaldi(io.BytesIO(data)), line)
        # Headers have odd lengths, so there is no array to be mapped.
        dtype = np.dtype(line["dtype"]).newbyteorder("<")
        shape = matrix_shape(line)
        offset = len(data) - math.prod(shape) * dtype.itemsize
        return arranged(np.frombuffer(data, dtype, offset=offset).reshape(shape), line)

    @classmethod
    def stored(cls, folder: Path, line: Mapping[str, Any], files: Files) -> Iterable[Buffer]:
        if "compression" in line:
            return [files.bytes(folder / line["file"], line["offset"], line["size"])]
        return super().stored(folder, line, files)

    @classmethod
    def check_around(cls, folder: Path, line: Mapping[str, Any], files: Files) -> None:
        """See :meth:`Format.check_around`: the id, its ``.scp``, the header of a plain matrix."""
        path = folder / line["file"]
        if files.kept(_offsets, path.with_suffix(cls.sidecar)).get(line["id"]) != line["offset"]:
            raise TornError(path, f"{path.stem}{cls.sidecar} has not the place of {line['id']}")
        before = _key(line["id"])
        header = b"" if "compression" in line else _header(matrix_shape(line), line["dtype"])
        offset = line["offset"] - len(before)
        files.check(path, offset, before + header, line["id"])

    @classmethod
    def is_last(cls, folder: Path, line: Mapping[str, Any]) -> bool:
        *_, last = _offsets((folder / line["file"]).with_suffix(cls.sidecar))
        return bool(last == line["id"])

    @classmethod
    def size(cls, path: Path) -> int:
        """See :meth:`Format.size`: the last entry of the ``.scp`` tells where it ends."""
        try:
            *_, last = _offsets(path.with_suffix(cls.sidecar)).values()
            with open(path, "rb") as file:
                file.seek(last)
                end = last + _length(file.read(30))
        except (OSError, ValueError, KeyError, struct.error):
            return 0
        return size if (size := super().size(path)) >= end else 0


class _ArkShard(FileShard):
    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        if id.split() != [id]:
            raise ValueError(f"id of an archive must be without spaces; got {brief(id)}")
        if self._form.compression and not features.size:
            raise ValueError(f"features of shape {features.shape} are too few to be compressed")
        matrix = self._form.matrix(features)
        where: dict[str, Any] = {"transposed": not self._form.time_first}
        data: Iterable[Buffer]
        if self._form.compression:
            compressed = _compressed(matrix, _METHODS[self._form.compression])
            data = [compressed]
            where["compression"] = self._form.compression
            where["sha256"] = hashlib.sha256(compressed).hexdigest()
        else:
            little = matrix.astype(matrix.dtype.newbyteorder("<"), copy=False)
            data = [_header(matrix.shape, matrix.dtype.name), *pieces(little)]
        self._write(_key(id))
        offset = self.n_bytes
        self._write(*data)
        entry = f"{id} {self._part.path}:{offset}\n"
        self._beside.append(entry.encode(errors="surrogateescape"))
        size = self.n_bytes - offset
        return {"file": self._part.path.name, "offset": offset, "size": size, **where}


def _key(id: str) -> bytes:
    return id.encode(errors="surrogateescape") + b" "


def _header(shape: Sequence[int], dtype: str) -> bytes:
    return b"\0B" + _TYPES[dtype] + struct.pack("<bibi", 4, shape[0], 4, shape[1])


def _length(begin: bytes) -> int:
    """Return how many bytes a matrix has that begins so: plain, or in one of three compressions."""
    kind = begin[2:].split(b" ")[0]
    head = 3 + len(kind)
    if kind in (b"FM", b"DM"):
        rows, columns = struct.unpack_from("<xixi", begin, head)
        head, each = head + 10, 4 if kind == b"FM" else 8
    else:
        rows, columns = struct.unpack_from("<8xii", begin, head)
        head, each = head + 16, {b"CM": 1, b"CM2": 2, b"CM3": 1}[kind]
        head += 8 * columns if kind == b"CM" else 0
    return int(head + rows * columns * each)


def _offsets(path: Path) -> dict[str, int]:
    """Return where matrices begin, as an ``.scp`` says."""
    entries = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    pairs = (entry.split(" ", 1) for entry in entries)
    return {id: int(place.rpartition(":")[2]) for id, place in pairs}


def _compressed(matrix: NDArray[Any], method: int) -> bytes:
    file = io.BytesIO()
    # Nearly constant columns divide by a range that is lost in float32, and decode to the constant.
    with np.errstate(all="ignore"):
        _kaldiio().write_array(file, matrix, compression_method=method)
    return file.getvalue()


def _kaldiio() -> Any:
    return require("kaldiio.matio", extra="kaldi", what="compression of format 'ark'")
