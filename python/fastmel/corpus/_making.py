"""Making the features of items: what the threads of a pipeline do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._base.text import explain, printable, seconds
from ._audio import Recording, takes_integers
from ._item import Bytes, Item
from ._long import Spooled, spool
from ._manifest import config_hash, failed_line, ok_line
from ._writing import PlaceError

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

__all__ = ["STAGES", "Ended", "Made", "Maker", "Misread"]

STAGES = ("decode", "resample", "features", "write")
"""Where the time goes."""

# Samples from which on an item goes through a stream: 17 MB of floats, 4 minutes at 16 kHz.
_LONG = 1 << 22

# A duration in a manifest is written as it was given, unless the audio is shorter by more.
_ROUNDED = 0.025  # seconds

# Where the front end needs the whole signal: 0.5 GB of floats at 16 kHz, and features of half that.
_MAX_WHOLE = 2 * 3600.0  # seconds


class Ended(Exception):
    """The run has ended: nobody waits for what is being made."""


class Misread(Bytes):
    """In place of audio, what is wrong with an input that names no item: the reason is `data`."""


@dataclass
class Made:
    """What became of an item.

    Attributes
    ----------
    item : Item
        The item.
    line : dict
        Its line in the manifest, but for where the features are.
    features : ndarray or None
        Its features; None if it failed.
    spooled : Spooled or None
        Where they are a file.
    audio : float
        Seconds of audio.
    seconds : dict of str to float
        Time spent, by :data:`STAGES`.
    """

    item: Item
    line: dict[str, Any]
    features: NDArray[Any] | None = None
    spooled: Spooled | None = None
    audio: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def n_bytes(self) -> int:
        """Memory that it holds, roughly."""
        held = self.features if self.spooled is None else None
        return 2000 + (0 if held is None else held.nbytes)


@dataclass
class Maker:
    """Makes the features of tasks.

    Attributes
    ----------
    fe : FrontEnd
        What computes.
    dtype : dtype
        Of the features.
    channel : int or None
        The channel of items that name none.
    quality : str
        Of resampling.
    max_duration : float or None
        Seconds, beyond which an item fails; None is none, or 2 hours where the front end needs the
        whole signal.
    folder : callable
        Returns the folder for long features, which exists then.
    check : callable
        Called during long work; may raise.
    threads : int or None
        For each item.
    """

    fe: FrontEnd
    dtype: np.dtype[Any]
    channel: int | None
    quality: str
    max_duration: float | None
    folder: Callable[[], Path]
    check: Callable[[], object]
    threads: int | None = 1

    def __post_init__(self) -> None:
        self._config = config_hash(self.fe.config)
        self._whole = ""
        try:
            self.fe.stream()
        except ValueError as error:
            self._whole = str(error)
        if self._whole and self.max_duration is None:
            self.max_duration = _MAX_WHOLE

    def __call__(self, task: list[Item]) -> Iterator[Made]:
        """Yield what becomes of the items of a task, in their order."""
        audio = task[0].audio
        if isinstance(audio, Misread):
            yield self.failed(task[0], audio.data.decode())
            return
        try:
            recording = Recording(
                audio,
                self.fe.sample_rate,
                quality=self.quality,
                parts=len(task) > 1,
                integers=takes_integers(self.fe),
            )
        except Exception as error:
            yield from (self._error(item, error) for item in task)
            return
        with recording:
            last = {stage: 0.0 for stage in recording.seconds}
            for item in task:
                made = self._made(recording, item)
                now = dict(recording.seconds)
                made.seconds |= {stage: now[stage] - last[stage] for stage in now}
                last = now
                yield made

    def _made(self, recording: Recording, item: Item) -> Made:
        if item.channel is None and self.channel is not None:
            item = replace(item, channel=self.channel)
        try:
            n = recording.expected(item)
            self._check_length(n)
            samples = self._samples(recording, item, n)
            if samples is None:
                return self._long(recording, item, n)
            return self._short(recording, item, samples)
        except Exception as error:
            return self._error(item, error)

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
        if self._whole or (n is not None and n <= _LONG):
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
            if held > _LONG and not self._whole:
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
        first = self.fe.config.layout == "time_mel" or features.ndim == 3
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
            frames=features.shape[0 if first else 1],
            config=self._config,
            sha256=sha256,
        )

    def _error(self, item: Item, error: Exception) -> Made:
        """Return the failure of an item; raise what every item would meet, and what ends a run."""
        if isinstance(error, (ImportError, PlaceError, Ended)) or os.environ.get("FASTMEL_DEBUG"):
            raise error
        return self.failed(item, explain(error))

    def failed(self, item: Item, reason: str) -> Made:
        """Return the failure of an item; the reason names it."""
        line = failed_line(item, "", config=self._config)
        named = any(printable(name) in reason for name in (item.id, line["source"]))
        line["error"] = reason if named else f"{line['source']}: {reason}"
        return Made(item, line)
