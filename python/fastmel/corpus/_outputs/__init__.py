"""The formats of features: one a file, each with a writer of shards and a reader of items."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from ..._base.checks import brief, choice
from .ark import ArkFormat
from .base import Format, Shard
from .files import Files, TornError
from .lhotse import LhotseFormat
from .npy import NumpyFormat
from .parquet import ParquetFormat
from .tar import TarFormat

if TYPE_CHECKING:
    from ..._frontend.frontend import FrontEnd

__all__ = [
    "FORMATS",
    "Files",
    "Format",
    "Presence",
    "Shard",
    "TornError",
    "format_of",
    "make_format",
]

FORMATS: dict[str, type[Format]] = {
    form.name: form for form in (NumpyFormat, TarFormat, ParquetFormat, ArkFormat, LhotseFormat)
}
"""The formats by name."""

_BY_SUFFIX = {form.suffix: form for form in FORMATS.values()}


def make_format(
    name: str, fe: FrontEnd, *, dtype: str = "float32", compression: str | None = None
) -> Format:
    """Return a format for the features of a front end; raise a ValueError if it holds none such."""
    choice("format", name, tuple(FORMATS))
    return FORMATS[name](fe, dtype=dtype, compression=compression)


def format_of(file: str) -> type[Format]:
    """Return the format of a file that a manifest names."""
    suffix = PurePosixPath(file).suffix
    if suffix not in _BY_SUFFIX:
        raise ValueError(
            f"{brief(file)} is no file of features: those end in one of {', '.join(_BY_SUFFIX)}"
        )
    return _BY_SUFFIX[suffix]


class Presence:
    """Tells whether what lines of a manifest in `folder` name is there, by the sizes of files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._size = lru_cache(64)(lambda form, file: form.size(folder / file))

    def __call__(self, line: Mapping[str, Any]) -> bool:
        """Return whether the file of a line is there with as many bytes as it must have."""
        form = format_of(line["file"])
        size, needed = self._size(form, line["file"]), form.end(line)
        return bool(size == needed if form.one_item_a_shard else size >= needed)
