"""What gets one array of features: a recording, or a part of one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from numpy.typing import NDArray

from .._base.checks import brief, path
from .._base.public import publish

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

# A manifest's seconds are rounded. Lhotse accepts as much
# (LHOTSE_AUDIO_DURATION_MISMATCH_TOLERANCE).
_ROUNDED = 0.025  # seconds


class Slice(NamedTuple):
    """Audio within a file, such as a member of a tar: `size` bytes from `offset`."""

    path: Path
    offset: int
    size: int
    name: str


class Bytes(NamedTuple):
    """Audio in memory, such as a cell of a Parquet file."""

    name: str
    data: bytes


Audio: TypeAlias = Path | Slice | Bytes


@dataclass(frozen=True, slots=True)
class Item:
    """A recording, or a part of one, and the name of its features.

    Attributes
    ----------
    id : str
        Name of the features, unique in a corpus.
    audio : Path, Slice or Bytes
        The recording.
    start : float, default 0.0
        Where the item begins, in seconds.
    duration : float or None, default None
        Its length in seconds; None reaches to the recording's end.
    channel : int or None, default None
        The channel to take, from 0; None is the mean of all.
    place : str, default ""
        Where the item was named, such as ``cuts.jsonl:17``, for messages.
    extra : mapping, default empty
        What else the input says of it (a text, a speaker); it goes into the manifest.
    overshoot : float, default 0.025
        Seconds that it may end beyond its recording: it is cut there.
    """

    id: str
    audio: Audio
    start: float = 0.0
    duration: float | None = None
    channel: int | None = None
    place: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    overshoot: float = _ROUNDED


def listed(name: str, paths: Any) -> list[Any]:
    """Return the paths that an argument names, be it one or several."""
    if isinstance(paths, (str, bytes, os.PathLike)):
        paths = [paths]
    if not isinstance(paths, Iterable):
        raise TypeError(f"{name}={brief(paths)} must be a path, or several")
    several = list(paths)
    if not several:
        raise ValueError(f"{name} must name at least one path; got none")
    for one in several:
        path(name, one)
    return several


def time_axis(fe: FrontEnd, features: NDArray[Any]) -> int:
    """Return which axis of an item's features is time: of patches the first, else as laid out."""
    return 0 if features.ndim == 3 or fe.config.layout == "time_mel" else 1


publish("fastmel.corpus", [Bytes, Item, Slice])
