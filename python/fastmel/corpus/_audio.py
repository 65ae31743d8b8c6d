"""Recordings: the samples of items, in their order, of a file that is opened once."""

from __future__ import annotations

import io
import math
import os
from collections import deque
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO

from numpy.typing import NDArray

from .._audio.decoding import BLOCK, Source, opened
from .._audio.headers import View
from .._audio.loading import (
    QUALITIES,
    check_whole,
    decoded,
    joined,
    length,
    mixed,
    resampled_blocks,
    some,
)
from .._audio.mapping import Mapped, mapped
from .._base.checks import choice, number
from ._item import Audio, Bytes, Item, Slice

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

# No rates are so far apart, unless a header is damaged; the result would be of any size.
_FARTHEST = 1000

# Decoded samples that are kept for items that overlap the one before.
_KEPT = 8 << 20  # bytes

# Samples of an item that are decoded at once where nothing else is to be done with them.
_AT_ONCE = 1 << 21


class Recording:
    """An audio file that one or many items are cut from.

    Items come sorted by where they begin: what lies between them is passed over, and what several
    have in common is decoded once. Without `parts` there is one item, and nothing is kept for
    another.

    With `integers`, 16-bit samples of which nothing is to be computed are returned as they are, as
    int16, for what :func:`takes_integers`. Of a WAV file they are a view of a memory map, which
    must not be cut short meanwhile. Else all samples are float32.

    A ValueError says what is wrong with the file: that it is empty, not audio, damaged, or has no
    sample.
    """

    def __init__(
        self,
        audio: Audio,
        rate: float | None = None,
        *,
        quality: str = "hq",
        parts: bool = True,
        integers: bool = True,
    ) -> None:
        self._quality = choice("quality", quality, QUALITIES)
        wanted = None if rate is None else number("rate", rate, above=0)
        begun = perf_counter()
        with ExitStack() as stack:
            self._source = _open(audio, stack)
            _check_rates(self._source, wanted)
            self._stack = stack.pop_all()
        self._mapped = self._source if isinstance(self._source, Mapped) else None
        self.native_rate, self.channels = self._source.rate, self._source.channels
        self.n_samples = self._source.frames  # at that rate; None if only decoding tells
        self.rate = wanted or float(self.native_rate)
        self._resamples = self.rate != self.native_rate
        self._integers = integers and self._source.whole_numbers and not self._resamples
        self._kept = _Kept()
        self._keeps = parts and self._mapped is None
        self.seconds = {"decode": perf_counter() - begun, "resample": 0.0}  # so far

    def __enter__(self) -> Recording:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file. Arrays that were returned stay."""
        self._kept = _Kept()
        self._stack.close()

    def expected(self, item: Item) -> int | None:
        """Return the number of samples that an item has after resampling; None if not known yet."""
        start, stop = self._span(item)
        return None if stop is None else length(max(0, stop - start), self.native_rate, self.rate)

    def read(self, item: Item) -> NDArray[Any]:
        """Return all samples of an item, of the shape (n,), int16 or float32; not to be written to.

        A ValueError says that the item, or its channel, lies beyond the recording, or that samples
        cannot be decoded, are fewer than the file says, or not finite.
        """
        if self._mapped is not None and self._dtype(item) == "int16":
            start, stop = self._span(item)
            self._check_end(stop)
            return self._mapped.samples(start, stop)[:, item.channel or 0]
        pieces = self._pieces(item, _AT_ONCE)
        first, second = next(pieces), next(pieces, None)
        if second is None:
            return first
        return joined(chain((first, second), pieces), self.expected(item) or 0)

    def blocks(self, item: Item) -> Iterator[NDArray[Any]]:
        """Yield the samples that :meth:`read` returns, in pieces of a few seconds."""
        return self._pieces(item, BLOCK)

    def _pieces(self, item: Item, size: int) -> Iterator[NDArray[Any]]:
        """Yield samples (n,), up to `size` at once where that saves joining them."""
        size = BLOCK if self._resamples or self.channels > 1 else size
        pieces = self._timed("decode", self._one_channel(item, size))
        if self._resamples:
            pieces = resampled_blocks(pieces, self.native_rate, self.rate, f"soxr_{self._quality}")
            pieces = self._timed("resample", pieces)
        return (piece[:, 0] for piece in pieces)

    def _dtype(self, item: Item) -> str:
        whole = self._integers and (self.channels == 1 or item.channel is not None)
        return "int16" if whole else "float32"

    def _span(self, item: Item) -> tuple[int, int | None]:
        """Return an item's first sample, and the one after its last, None if that is not known."""
        rate, frames = self.native_rate, self.n_samples
        if item.channel is not None and not 0 <= item.channel < self.channels:
            raise ValueError(
                f"{item.id}: channel {item.channel} must be one of the {self.channels} of "
                f"{self._source.title}, from 0"
            )
        start = _in_samples("start", item.start, rate)
        if item.duration is None:
            stop = frames
        else:
            stop = start + _in_samples("duration", item.duration, rate)
            if stop == start:
                raise ValueError(f"{item.id}: {item.duration:g} s are no sample at {rate} Hz")
        if frames is None or stop is None:
            return start, stop
        if start >= frames > 0 or stop > frames + item.overshoot * rate:
            raise self._beyond(item, frames)
        return start, min(stop, frames)

    def _beyond(self, item: Item, frames: int) -> ValueError:
        """Say where an item and its recording of so many samples end."""
        end = "" if item.duration is None else f" to {item.start + item.duration:.10g} s"
        cut = f" (it is truncated: {self._source.figures.missing})" * bool(
            self._source.figures.missing
        )
        return ValueError(
            f"{item.id}: {item.start:.10g} s{end} lies beyond the {frames / self.native_rate:.10g} "
            f"s of {self._source.title}{cut}"
        )

    def _check_end(self, stop: int | None) -> None:
        if stop is None or stop == self.n_samples:
            check_whole(self._source)

    def _one_channel(self, item: Item, size: int) -> Iterator[NDArray[Any]]:
        """Yield the decoded samples of an item, (n, 1)."""
        start, stop = self._span(item)
        self._check_end(stop)
        at = start
        copies = self._resamples or (self.channels > 1 and item.channel is None)
        reuse = copies and not self._keeps
        blocks = self._decoded(start, stop, self._dtype(item), size, reuse)
        for block in some(blocks, self._source, start):
            at += len(block)
            if self.channels == 1:
                yield block
            elif item.channel is None:
                yield mixed(block)
            else:
                yield block[:, item.channel : item.channel + 1]
        if stop is not None and at + item.overshoot * self.native_rate < stop:
            raise self._beyond(item, at)

    def _decoded(
        self, start: int, stop: int | None, dtype: str, size: int, reuse: bool
    ) -> Iterator[NDArray[Any]]:
        """Yield samples (n, channels): those of the last items as they are kept, then new ones."""
        self._kept.forget(start, dtype)
        for block in self._kept.parts(start, stop):
            start += len(block)
            yield block
        if start == stop:
            return
        for block in decoded(self._source, start, stop, dtype, size, reuse=reuse):
            if self._keeps:
                self._kept.add(start, block)
            start += len(block)
            yield block

    def _timed(self, what: str, pieces: Iterator[NDArray[Any]]) -> Iterator[NDArray[Any]]:
        """Add the time that pieces take, less what was added on the way."""
        seconds = self.seconds
        while True:
            begun, before = perf_counter(), sum(seconds.values())
            try:
                piece = next(pieces)
            except StopIteration:
                return
            finally:
                seconds[what] += perf_counter() - begun - (sum(seconds.values()) - before)
            yield piece


class _Kept:
    """Decoded blocks that follow each other, the last of them where the decoder stands."""

    def __init__(self) -> None:
        self._blocks: deque[tuple[int, NDArray[Any]]] = deque()
        self._size = 0

    def forget(self, start: int, dtype: str) -> None:
        """Drop what ends before `start`; drop all if `start`, of this type, is not there."""
        blocks = self._blocks
        while blocks and (blocks[0][0] + len(blocks[0][1]) <= start or blocks[0][1].dtype != dtype):
            self._size -= blocks.popleft()[1].nbytes
        if blocks and blocks[0][0] > start:
            blocks.clear()
            self._size = 0

    def parts(self, start: int, stop: int | None) -> Iterator[NDArray[Any]]:
        """Yield what there is from `start` on, up to `stop`."""
        for at, block in tuple(self._blocks):
            part = block[max(0, start - at) : None if stop is None else max(0, stop - at)]
            if len(part):
                yield part

    def add(self, start: int, block: NDArray[Any]) -> None:
        """Keep a block, and no more than a bound of those before it."""
        self._blocks.append((start, block))
        self._size += block.nbytes
        while self._size > _KEPT:
            self._size -= self._blocks.popleft()[1].nbytes


def takes_integers(fe: FrontEnd) -> bool:
    """Whether a front end makes of int16 the bits that it makes of the floats that they mean.

    All do, but for those with a step of a user's own before the chain.
    """
    return all(type(step).__module__ == "fastmel.steps" for step in fe.before)


def _check_rates(source: Mapped | Source, wanted: float | None) -> None:
    rates = (source.rate, wanted or source.rate)
    if min(rates) <= 0 or max(rates) > _FARTHEST * min(rates):
        raise ValueError(
            f"{source.title}: samples at {source.rate:g} Hz are not resampled to {rates[1]:g} Hz"
        )


def _in_samples(what: str, seconds: float, rate: int) -> int:
    """Return the nearest number of samples, of two the larger: Lhotse's compute_num_samples."""
    return math.floor(round(number(what, seconds, least=0) * rate, 8) + 0.5)


def _open(audio: Audio, stack: ExitStack) -> Mapped | Source:
    """Open what is read, of a WAV file as a memory map."""
    if isinstance(audio, Bytes):
        whole = mapped(audio.data, audio.name)
        return whole or stack.enter_context(opened(View(io.BytesIO(audio.data), name=audio.name)))
    if isinstance(audio, Slice):
        file: BinaryIO = stack.enter_context(open(audio.path, "rb"))
        title = f"{audio.path}: {audio.name}"
        if (present := os.fstat(file.fileno()).st_size) < audio.offset + audio.size:
            raise ValueError(
                f"{title}: is cut short: it should end at byte {audio.offset + audio.size} of "
                f"{present}"
            )
        part = mapped(file, title, audio.offset, audio.size)
        view = View(file, audio.offset, length=audio.size, name=title)
        return part or stack.enter_context(opened(view))
    file = stack.enter_context(open(audio, "rb"))
    return mapped(file, str(audio)) or stack.enter_context(opened(audio))
