"""The arguments of a job."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._audio.loading import QUALITIES
from .._base.checks import brief, choice, integer, number
from ._inputs import InputError, Items, read_items


@dataclass(frozen=True)
class Settings:
    """The arguments of :func:`fastmel.extract` that have defaults, checked."""

    sr: int | None = None
    format: str | None = None
    compression: str | None = None
    dtype: str | None = None
    channel: int | None = None
    resample_quality: str | None = None
    max_duration: float | None = None
    kind: str | None = None
    segments: str | os.PathLike[str] | None = None
    recursive: bool = True
    ids: str = "auto"
    root: str | os.PathLike[str] | None = None
    workers: int | None = None
    shard: tuple[int, int] = (0, 1)
    shard_items: int | None = None
    shard_bytes: int | None = None
    overwrite: bool = False
    strict: bool = False
    keep_going: bool = False

    def __post_init__(self) -> None:
        for name, least in (("workers", 1), ("shard_items", 1), ("shard_bytes", 1), ("channel", 0)):
            if (value := getattr(self, name)) is not None:
                integer(name, value, least=least)
        if self.max_duration is not None:
            number("max_duration", self.max_duration, above=0)
        if self.resample_quality is not None:
            choice("resample_quality", self.resample_quality, QUALITIES)
        try:
            i, n = self.shard
        except (TypeError, ValueError):
            raise TypeError(f"shard must be a pair (i, N); got {brief(self.shard)}") from None
        if not 0 <= integer("shard", i, least=0) < integer("shard", n):
            raise ValueError(f"shard={brief(self.shard)} must be (i, N), with i from 0 to N - 1")

    def items(self, inputs: Any, on_error: Callable[[InputError], object] | None = None) -> Items:
        return read_items(
            inputs,
            kind=self.kind,
            segments=self.segments,
            recursive=self.recursive,
            ids=self.ids,
            root=self.root,
            on_error=on_error,
        )
