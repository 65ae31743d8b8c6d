"""Parquet files with audio, as Hugging Face datasets writes them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..._base.checks import brief
from ..._base.extras import require
from .._item import Audio, Bytes, Item
from .errors import Wrong
from .reading import Reading
from .rows import PATHS, fields, made

# Rows at a time: of recordings of minutes, some MB each. Beside them the page is held that has
# them: groups of 100 rows, as Hugging Face writes them, have pages of some 30 MB.
_ROWS = 4


def parquet(path: Path, how: Reading) -> Iterator[Item]:
    """Yield the items of rows, whose audio is bytes or the path of a file.

    A column of audio is a struct of ``bytes`` and ``path``, or has either under one of the names
    that columns of paths have in tables.
    """
    pa = require("pyarrow", extra="parquet", what="reading Parquet")
    pq = require("pyarrow.parquet", extra="parquet", what="reading Parquet")
    try:
        # Neither read ahead nor mapped: a group of rows may have all the audio of the file.
        file = pq.ParquetFile(path, buffer_size=1 << 20, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise Wrong(f"no whole Parquet file ({_line(error)})", str(path)) from None
    with file:
        column, others = _columns(file.schema_arrow, pa, str(path))

        def make(row: dict[str, Any], place: str) -> Item:
            return _item(row, column, place, path, how)

        yield from how.each(_rows(file, pa, [column, *others], str(path)), make)


def _rows(file: Any, pa: Any, columns: list[str], title: str) -> Iterator[tuple[str, Any]]:
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_ROWS, columns=columns, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                yield f"{title}:{number}", row
    except (pa.ArrowException, OSError) as error:
        raise Wrong(f"cannot be read on after row {number} ({_line(error)})", title) from None


def _line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _columns(schema: Any, pa: Any, title: str) -> tuple[str, list[str]]:
    """Return the column that has the audio, and those that say something of it."""
    types = pa.types
    binary = {
        field.name
        for field in schema
        if types.is_binary(field.type) or types.is_large_binary(field.type)
    }
    structs = [
        field.name
        for field in schema
        if types.is_struct(field.type)
        and {"bytes", "path"} & {field.type.field(i).name for i in range(field.type.num_fields)}
    ]
    named = [name for name in schema.names if name.lower() in PATHS]
    # Structs first, then bytes, then paths; among several the one with a usual name.
    candidates = [*structs, *named]
    if not candidates:
        raise Wrong(
            f"no column of audio (a struct of bytes and path, or audio, path, …): it has "
            f"{brief(', '.join(schema.names))}",
            title,
        )
    chosen = min(candidates, key=lambda c: (c not in structs, c not in binary, c not in named))
    others = [n for n in schema.names if n not in binary and n not in structs and n != chosen]
    return chosen, others


def _item(row: dict[str, Any], column: str, place: str, path: Path, how: Reading) -> Item:
    cell = row.pop(column)
    known, extra = fields(row)
    if "path" in known:
        del known["path"]  # beside the bytes: no file of ours
    extra = {key: value for key, value in row.items() if key in extra and _is_json(value)}

    def find() -> tuple[Audio, str]:
        data, name = _content(cell)
        if data is None:
            if name is None:
                raise Wrong(f"neither bytes nor a path in {column!r}")
            return how.locate(name, path.parent), name
        name = name or f"{path.stem}-{place.rpartition(':')[2]:0>8}"
        return Bytes(f"{path}:{name}", data), name

    return made(known, extra, place, how, find)


def _content(cell: object) -> tuple[bytes | None, str | None]:
    """Return the bytes and the path of a cell."""
    if isinstance(cell, dict):
        return cell.get("bytes"), cell.get("path")
    if isinstance(cell, bytes):
        return cell, None
    return None, cell if isinstance(cell, str) else None


def _is_json(value: object) -> bool:
    """Tell whether a value can go into JSON as it is."""
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(_is_json(part) for part in value.values())
    if isinstance(value, list):
        return all(_is_json(part) for part in value)
    return value is None or isinstance(value, (bool, int, str))
