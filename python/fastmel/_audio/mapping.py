"""16-bit WAV, read where it lies: views of a memory map, without a copy."""

from __future__ import annotations

import io
import mmap
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .decoding import BLOCK
from .headers import Figures, Pcm, View, figures, pcm16


class Mapped:
    """The samples of a 16-bit WAV file: a source, whose blocks of int16 are views.

    What is viewed is mapped, and unmapped with the last view: a long file that is read in blocks
    takes no memory.
    """

    whole_numbers = True
    begin = 0

    def __init__(
        self, file: BinaryIO | bytes, title: str, pcm: Pcm, found: Figures, offset: int
    ) -> None:
        self._file, self._first = file, offset + pcm.begin
        self.title, self.figures = title, found
        self.rate, self.channels = pcm.rate, pcm.channels
        self.frames: int | None = pcm.frames
        self.expected = self.promised = pcm.frames

    def samples(self, start: int, stop: int | None) -> NDArray[np.int16]:
        """Return a view (n, channels) of the samples from `start` to `stop`, read-only."""
        stop = self.promised if stop is None else stop
        shape, frame = (stop - start, self.channels), 2 * self.channels
        begin, n = self._first + start * frame, (stop - start) * frame
        if isinstance(self._file, bytes):
            whole: NDArray[np.int16] = np.ndarray(shape, np.int16, self._file, begin)
            return whole
        lead = begin % mmap.ALLOCATIONGRANULARITY
        memory = mmap.mmap(
            self._file.fileno(), lead + n, offset=begin - lead, access=mmap.ACCESS_READ
        )
        view: NDArray[np.int16] = np.ndarray(shape, np.int16, memory, lead)
        return view

    def blocks(
        self, start: int, stop: int | None, dtype: str, size: int = BLOCK, reuse: bool = False
    ) -> Iterator[NDArray[Any]]:
        end = self.promised if stop is None else min(stop, self.promised)
        for at in range(start, end, size):
            block = self.samples(at, min(at + size, end))
            yield block if dtype == "int16" else block * np.float32(2.0**-15)


def mapped(
    file: BinaryIO | bytes, title: str, offset: int = 0, length: int | None = None
) -> Mapped | None:
    """Return the samples of a 16-bit WAV file; None if it is none, or not mapped as it is.

    The file has a descriptor, and must stay open; or it is its content, as bytes. `title` is for
    messages, `offset` and `length` are its bytes in the file, by default all.
    """
    if sys.byteorder != "little":
        return None
    if isinstance(file, bytes):
        view = View(io.BytesIO(file), offset, length=length)
    elif file.seekable():
        view = View(file, offset, length=length)
    else:
        return None
    if view.read(4) not in (b"RIFF", b"RF64"):
        return None
    found = figures(view)
    pcm = pcm16(view, found)
    odd = pcm is not None and (offset + pcm.begin) % 2
    return None if pcm is None or odd or not pcm.frames else Mapped(file, title, pcm, found, offset)
