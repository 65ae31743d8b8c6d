"""Parquet: a row for each item, features as a list of frames of a fixed length, and metadata."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..._base.checks import brief
from ..._base.extras import require
from .._manifest import encoded
from .._writing import naming
from .base import FileShard, Format, Shard, arranged, matrix_shape
from .files import Files, TornError

_GROUP = 2 << 20
"""Bytes of features in a row group: whoever reads one item reads the whole group."""

_LEAF = "features.list.element.list.element"
_MAGIC = b"PAR1"


class ParquetFormat(Format):
    """Tables for datasets, polars, duckdb and pandas.

    The columns are id, source, start, duration, channel, sample_rate, frames, extra (JSON of the
    input's other fields) and features, time first. What computed them is in the table's metadata
    as ``fastmel``. ``"zstd"`` compresses without loss.
    """

    name = "parquet"
    suffix = ".parquet"
    matrices = True
    compressions = ("zstd",)

    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        _pyarrow()
        return _ParquetShard(folder / f"{stem}.parquet", self)

    @classmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        column = files.kept(_features, folder / line["file"], line["row_group"])
        values = column[line["row"] : line["row"] + 1].flatten().flatten().to_numpy()
        return arranged(values.reshape(matrix_shape(line)), line)

    @classmethod
    def check_file(cls, path: Path) -> None:
        """See :meth:`Format.check_file`: also the columns beside the features."""
        super().check_file(path)
        parquet = require("pyarrow.parquet", extra="parquet", what="reading Parquet")
        try:
            with parquet.ParquetFile(path, page_checksum_verification=True) as file:
                names = file.schema_arrow.names
                for group in range(file.num_row_groups):
                    file.read_row_group(group, columns=[n for n in names if n != "features"])
        except (OSError, ValueError) as error:  # so it tells of other bytes than were written
            raise TornError(path, str(error)) from error

    @classmethod
    def end(cls, line: Mapping[str, Any]) -> int:
        """See :meth:`Format.end`: its end is the file's, which :meth:`size` looks at."""
        return 1

    @classmethod
    def is_last(cls, folder: Path, line: Mapping[str, Any]) -> bool:
        parquet = require("pyarrow.parquet", extra="parquet", what="reading Parquet")
        group, row = line["row_group"], line["row"]
        about = parquet.read_metadata(folder / line["file"])
        last = about.num_row_groups - 1
        return bool(group == last and row == about.row_group(group).num_rows - 1)

    @classmethod
    def size(cls, path: Path) -> int:
        size = super().size(path)
        if size < 2 * len(_MAGIC):
            return 0
        with open(path, "rb") as file:
            file.seek(-len(_MAGIC), os.SEEK_END)
            return size if file.read() == _MAGIC else 0


class _ParquetShard(FileShard):
    def __init__(self, path: Path, form: ParquetFormat) -> None:
        super().__init__(path, form)
        self._schema = _schema(form)
        options: dict[str, Any] = {
            "compression": "none",
            "use_dictionary": False,
            "write_page_checksum": True,
            "write_statistics": self._schema.names[:-1],  # of features they would be of no use
        }
        if form.compression:
            options["compression"] = form.compression
            if form.dtype.itemsize > 2:  # where DuckDB cannot read it
                options["column_encoding"] = {_LEAF: "BYTE_STREAM_SPLIT"}
        parquet = require("pyarrow.parquet", extra="parquet", what="format 'parquet'")
        with naming(path):
            self._writer = parquet.ParquetWriter(self._file, self._schema, **options)
        self._groups = 0
        self._begin_group()

    def _begin_group(self) -> None:
        self._rows: list[dict[str, Any]] = []
        self._lengths: list[int] = []
        self._values: list[NDArray[Any]] = []
        self._waiting = 0

    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        try:
            id.encode()
        except UnicodeEncodeError:
            raise ValueError(f"id of format 'parquet' must be Unicode; got {brief(id)}") from None
        extra = about.get("extra")
        row = {name: about.get(name) for name in self._schema.names[1:-2]}
        row["source"] = _text(str(row["source"]))
        row["extra"] = encoded(extra).decode() if extra else None
        matrix = self._form.matrix(features)
        if matrix.shape[1] != self._form.fe.n_features:
            raise ValueError(f"features must be {self._form.fe.n_features}; got {matrix.shape[1]}")
        where = {"row_group": self._groups, "row": len(self._rows)}
        self._rows.append({"id": id, **row})
        self._lengths.append(len(matrix))
        self._values.append(np.array(matrix, order="C").reshape(-1))
        self._waiting += matrix.nbytes
        self.n_bytes += matrix.nbytes
        if self._waiting >= _GROUP:
            self._flush()
        transposed = not self._form.time_first
        return {"file": self._part.path.name, **where, "transposed": transposed}

    def _flush(self) -> None:
        pa = _pyarrow()
        if not self._rows:
            return
        values = self._values[0] if len(self._values) == 1 else np.concatenate(self._values)
        ends = np.cumsum([0, *self._lengths], dtype=np.int32)
        kind = self._schema.field("features").type
        frames = pa.FixedSizeListArray.from_arrays(pa.array(values), type=kind.value_type)
        features = pa.ListArray.from_arrays(pa.array(ends), frames, type=kind)
        columns = [
            pa.array([row[f.name] for row in self._rows], f.type) for f in list(self._schema)[:-1]
        ]
        with naming(self._part.path):
            self._writer.write_table(pa.table([*columns, features], schema=self._schema))
        self._groups += 1
        self._begin_group()

    def _write_end(self) -> None:
        self._flush()
        with naming(self._part.path):
            self._writer.close()

    def abandon(self) -> None:
        self._writer.is_open = False  # else it would write its end, in vain, when it is collected
        super().abandon()


def _text(text: str) -> str:
    """Return a text that Parquet takes: names of files may have bytes that are no UTF-8."""
    return text.encode(errors="surrogateescape").decode(errors="replace")


def _schema(form: ParquetFormat) -> Any:
    pa = _pyarrow()
    number = pa.from_numpy_dtype(form.dtype)
    frame = pa.list_(pa.field("element", number, nullable=False), form.fe.n_features)
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            ("source", pa.string()),
            ("start", pa.float64()),
            ("duration", pa.float64()),
            ("channel", pa.int32()),
            ("sample_rate", pa.int32()),
            ("frames", pa.int32()),
            ("extra", pa.string()),
            ("features", pa.list_(frame)),
        ],
        metadata={"fastmel": form.fe.to_json()},
    )


def _features(path: Path, group: int) -> Any:
    """Return the features of a row group."""
    parquet = require("pyarrow.parquet", extra="parquet", what="reading Parquet")
    try:
        with parquet.ParquetFile(path, memory_map=True) as file:
            return file.read_row_group(group, columns=["features"])["features"].chunk(0)
    except _pyarrow().ArrowInvalid as error:
        raise TornError(path, str(error)) from error


def _pyarrow() -> Any:
    return require("pyarrow", extra="parquet", what="format 'parquet'")
