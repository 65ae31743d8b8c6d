"""Making the features of items: what the threads of a pipeline do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._base.text import seconds
from ._item import Bytes, Item, time_axis
from ._long import Spooled, spool
from ._manifest import config_hash, failed_line, ok_line
from ._tasks import each_item, named

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd
    from ._audio import Recording
    from ._outputs import Shard

STAGES = ("decode", "resample", "features", "write")
"""Where the time goes."""

LONG = 1 << 22
"""Samples from which on an item goes through a stream: 17 MB of floats, 4 minutes at 16 kHz."""

# A duration in a manifest is written as it was given, unless the audio is shorter by more.
_ROUNDED = 0.025  # seconds

# Where the front end needs the whole signal: 0.5 GB of floats at 16 kHz, and features of half that.
_MAX_WHOLE = 2 * 3600.0  # seconds


class Misread(Bytes):
    """In place of audio, what is wrong with an input that names no item: the reason is `data`."""


@dataclass
class Made:
    """What became of an item."""

    item: Item
    line: dict[str, Any]  # in the manifest, but for where the features are
    features: NDArray[Any] | None = None  # None if it failed
    spooled: Spooled | None = None  # where they are a file
    audio: float = 0.0  # seconds of it
    seconds: dict[str, float] = field(default_factory=dict)  # spent, by STAGES

    @property
    def n_bytes(self) -> int:
        """Memory that it holds, roughly."""
        held = self.features if self.spooled is None else None
        return 2000 + (0 if held is None else held.nbytes)

    def put(self, shard: Shard) -> dict[str, Any]:
        """Add the features to a shard; return the whole line. Of a spooled file nothing is left."""
        assert self.features is not None
        path = None if self.spooled is None else self.spooled.path
        try:
            return {**self.line, **shard.add(self.item.id, self.features, self.line, path)}
        finally:
            if self.spooled is not None:
                self.spooled.remove()


@dataclass
class Maker:
    """Makes the features of tasks."""

    fe: FrontEnd
    dtype: np.dtype[Any]  # of the features
    channel: int | None  # of items that name none
    quality: str  # of resampling
    max_duration: float | None  # seconds, beyond which an item fails
    folder: Callable[[], Path]  # returns that of long features, which exists then
    check: Callable[[], object]  # called during long work; may raise
    threads: int | None = 1  # for each item

    def __post_init__(self) -> None:
        self._config = config_hash(self.fe.config)
        self._whole = why_whole(self.fe)
        if self._whole and self.max_duration is None:
            self.max_duration = _MAX_WHOLE

    def __call__(self, task: list[Item]) -> Iterator[Made]:
        """Yield what becomes of the items of a task, in their order."""
        audio = task[0].audio
        if isinstance(audio, Misread):
            yield self._failed(task[0], named(task[0], audio.data.decode()))
            return
        yield from each_item(
            task, self.fe, self._made, self._failed, channel=self.channel, quality=self.quality
        )

    def _failed(self, item: Item, reason: str) -> Made:
        return Made(item, failed_line(item, reason, config=self._config))

    def _made(self, recording: Recording, item: Item) -> Made:
        n = recording.expected(item)
        self._check_length(n)
        samples = self._samples(recording, item, n)
        if samples is None:
            return self._long(recording, item, n)
        return self._short(recording, item, samples)

    def _check_length(self, n: int | None) -> None:
        rate = self.fe.sample_rate
        if self.max_duration is None or n is None or n <= self.max_duration * rate:
            return
        why = f": {self._whole}" if self._whole else ""
        raise ValueError(
            f"{seconds(n / rate)} are longer than {seconds(self.max_duration)} "
            f"(--max-duration){why}"
        )

    def _samples(self, recording: Recording, item: Item, n: int | None) -> NDArray[Any] | None:
        """Return all samples of an item, None if that are more than should be held."""
        if self._whole or (n is not None and n <= LONG):
            if n is not None:
                return recording.read(item)
        elif n is not None:
            return None
        pieces, held = [], 0
        for piece in recording.blocks(item):
            pieces.append(piece)
            held += len(piece)
            self._check_length(held)
            self.check()
            if held > LONG and not self._whole:
                return None
        return np.concatenate(pieces)

    def _short(self, recording: Recording, item: Item, samples: NDArray[Any]) -> Made:
        begun = perf_counter()
        features = self.fe(samples, workers=self.threads).astype(self.dtype, copy=False)
        computed = perf_counter()
        line = self._line(recording, item, features, len(samples), None)
        spent = {"features": computed - begun, "write": perf_counter() - computed}
        return Made(item, line, features, audio=line["duration"], seconds=spent)

    def _long(self, recording: Recording, item: Item, n: int | None) -> Made:
        if n is None or recording.n_samples is None:  # decoding tells
            n = sum(map(len, self._checked(recording.blocks(item))))
        long = spool(
            self.fe,
            self._checked(recording.blocks(item)),
            n,
            self.folder(),
            dtype=self.dtype,
        )
        line = self._line(recording, item, long.features, n, long.sha256)
        return Made(item, line, long.features, long, line["duration"], dict(long.seconds))

    def _checked(self, pieces: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        for piece in pieces:
            self.check()
            yield piece

    def _line(
        self,
        recording: Recording,
        item: Item,
        features: NDArray[Any],
        n: int,
        sha256: str | None,
    ) -> dict[str, Any]:
        if recording.n_samples is None:
            duration = n / self.fe.sample_rate
        else:
            duration = recording.n_samples / recording.native_rate - item.start
        if item.duration is not None and item.duration < duration + _ROUNDED:
            duration = item.duration
        return ok_line(
            item,
            features,
            sample_rate=self.fe.sample_rate,
            duration=duration,
            frames=features.shape[time_axis(self.fe, features)],
            config=self._config,
            sha256=sha256,
        )


def why_whole(fe: FrontEnd) -> str:
    """Return why a front end needs the whole signal; "" if it does not."""
    try:
        fe.stream()
    except ValueError as error:
        return str(error)
    return ""
