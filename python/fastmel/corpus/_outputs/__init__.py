"""The formats of features: one a file, each with a writer of shards and a reader of items."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ..._base.checks import brief, choice
from .base import Format, Shard
from .files import Files
from .npy import NumpyFormat

if TYPE_CHECKING:
    from ..._engine.frontend import FrontEnd

__all__ = ["FORMATS", "Files", "Format", "Shard", "format_of", "make_format"]

FORMATS: dict[str, type[Format]] = {cls.name: cls for cls in (NumpyFormat,)}
"""The formats by name."""

_BY_SUFFIX = {cls.suffix: cls for cls in FORMATS.values()}


def make_format(
    name: str, fe: FrontEnd, *, dtype: str = "float32", compression: str | None = None
) -> Format:
    """Return a format for the features of a front end.

    Parameters
    ----------
    name : str
        One of :data:`FORMATS`.
    fe : FrontEnd
        What computes the features.
    dtype : str, default "float32"
        Type that they have.
    compression : str or None, default None
        How they are compressed; see the format's `compressions`.

    Raises
    ------
    ValueError
        If there is no such format, or if it cannot hold these features.
    """
    choice("format", name, tuple(FORMATS))
    return FORMATS[name](fe, dtype=dtype, compression=compression)


def format_of(file: str) -> type[Format]:
    """Return the format of a file that a manifest names.

    Raises
    ------
    ValueError
        If it is none of ours.
    """
    suffix = PurePosixPath(file).suffix
    if suffix not in _BY_SUFFIX:
        raise ValueError(
            f"file of a manifest must end in one of {', '.join(_BY_SUFFIX)}; got {file}"
        )
    return _BY_SUFFIX[suffix]
