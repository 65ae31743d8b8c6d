"""Features of long recordings: computed as they are decoded, and written to a file on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any, BinaryIO
from weakref import finalize

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._audio.decoding import gathered
from ._item import time_axis
from ._outputs.npy import npy_header
from ._writing import Part, naming

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

# Samples that a stream is given at once: some seconds to minutes, of which a row of the features
# is written in one go.
_CHUNK = 1 << 20


class Spooled:
    """A ``.npy`` of features under a temporary name; `features` is a memory map of it."""

    def __init__(
        self, part: Part, features: NDArray[Any], sha256: str, seconds: dict[str, float]
    ) -> None:
        self.path = part.part
        self.features = features
        self.sha256 = sha256
        self.seconds = seconds
        # Also where nobody takes it: a run that has ended.
        self.remove = finalize(self, part.abandon)


def spool(
    fe: FrontEnd,
    pieces: Iterable[NDArray[Any]],
    n_samples: int,
    folder: Path,
    *,
    dtype: DTypeLike,
) -> Spooled:
    """Compute features piece by piece, in bounded memory, with the bits of a call.

    `pieces` are samples, one after another, of which there will be `n_samples`; `fe` is one that
    streams. The file is made in `folder`.
    """
    part = Part(folder / "long.npy")
    spent = {"features": 0.0, "write": 0.0}
    try:
        with naming(folder), open(part.part, "xb+", buffering=0) as file:
            table = _Table(file, fe, fe.num_frames(n_samples), np.dtype(dtype))
            for frames in _frames(fe, pieces, spent):
                begun = perf_counter()
                table.add(frames)
                spent["write"] += perf_counter() - begun
            begun = perf_counter()
            sha256 = table.finish()
            spent["write"] += perf_counter() - begun
        return Spooled(part, np.load(part.part, mmap_mode="r"), sha256, spent)
    except BaseException:
        part.abandon()
        raise


def _frames(
    fe: FrontEnd, pieces: Iterable[NDArray[Any]], spent: dict[str, float]
) -> Iterator[NDArray[Any]]:
    """Yield the frames of pieces, those of some pieces at once."""
    stream = fe.stream()
    for chunk in gathered(pieces, _CHUNK):
        begun = perf_counter()
        frames = stream.push(chunk)
        spent["features"] += perf_counter() - begun
        yield frames
    yield stream.flush()


class _Table:
    """A ``.npy`` whose number of frames is known, written some frames at a time."""

    def __init__(self, file: BinaryIO, fe: FrontEnd, n_frames: int, dtype: np.dtype[Any]) -> None:
        self._file, self._fe, self._n_frames, self._dtype = file, fe, n_frames, dtype
        self._begin = self._filled = 0

    def add(self, frames: NDArray[Any]) -> None:
        """Write the next frames, each row where it belongs."""
        block = np.ascontiguousarray(frames, self._dtype)
        axis = time_axis(self._fe, block)
        if not self._begin:
            self._head(block, axis)
        n = block.shape[axis]
        if self._filled + n > self._n_frames:
            raise ValueError(f"there are more frames than the {self._n_frames} of its length")
        if axis == 0:
            self._put(self._filled * block[:1].size, block)
        else:
            for i, row in enumerate(block):
                self._put(i * self._n_frames + self._filled, row)
        self._filled += n

    def _head(self, block: NDArray[Any], axis: int) -> None:
        shape = (*block.shape[:axis], self._n_frames, *block.shape[axis + 1 :])
        header = npy_header(shape, self._dtype)
        self._begin = len(header)
        _write(self._file, header)

    def _put(self, index: int, values: NDArray[Any]) -> None:
        if values.size:
            self._file.seek(self._begin + index * self._dtype.itemsize)
            _write(self._file, values.data.cast("B"))

    def finish(self) -> str:
        """Return the checksum of the array's bytes."""
        if self._filled != self._n_frames:
            raise ValueError(
                f"there are {self._filled} frames, not the {self._n_frames} of its length"
            )
        digest = hashlib.sha256()
        self._file.seek(self._begin)
        while piece := self._file.read(1 << 20):
            digest.update(piece)
        return digest.hexdigest()


def _write(file: BinaryIO, data: bytes | memoryview) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
