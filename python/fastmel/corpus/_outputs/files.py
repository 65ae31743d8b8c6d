"""Reading pieces of files: mapped into memory where possible, few open at a time."""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias
from weakref import WeakSet

import numpy as np
from numpy.typing import DTypeLike, NDArray

Buffer: TypeAlias = bytes | bytearray | memoryview

_KEPT = 32
"""Maps that are kept for the next item of the same file."""
_MOST = 64
"""Maps that live, those that arrays still stand on included: each holds a file open."""

_LARGE = 1 << 24
"""Bytes from which on an array that is alone in its file is mapped."""
_PIECE = 1 << 22
"""Bytes that are copied at a time."""


class Files:
    """Reads arrays and bytes from files.

    It holds no more than a number of files open, whatever is read and kept. It can be pickled and
    forked: no position in a file is shared.
    """

    def __init__(self) -> None:
        self._living: WeakSet[mmap.mmap] = WeakSet()
        self._map = lru_cache(_KEPT)(self._new_map)
        self.kept = lru_cache(1)(_called)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), ()

    def array(
        self, path: Path, offset: int, shape: tuple[int, ...], dtype: DTypeLike, *, alone: bool
    ) -> NDArray[Any]:
        """Return an array that stands in a file in C order, to be written to as one likes.

        A map is private: what is written to the array does not reach the file. An array that is
        `alone` in its file is read unless it is large: a map of its own costs more.
        """
        dtype = np.dtype(dtype)
        count = math.prod(shape)
        if not count:
            return np.empty(shape, dtype)
        size, whole = count * dtype.itemsize, None
        if offset % dtype.itemsize == 0 and (size >= _LARGE or not alone):
            whole = self._map(path) if len(self._living) < _MOST else None
        if whole is None:
            return np.frombuffer(self.bytes(path, offset, size), dtype).reshape(shape)
        if len(whole) < offset + size:
            raise TornError.short(path, offset + size, len(whole))
        return np.frombuffer(whole, dtype, count, offset).reshape(shape)

    def bytes(self, path: Path, offset: int, size: int) -> bytearray:
        data = bytearray(size)
        with open(path, "rb", buffering=0) as file:
            file.seek(offset)
            view = memoryview(data)
            while view:
                n = file.readinto(view)
                if not n:
                    raise TornError.short(path, offset + size, os.fstat(file.fileno()).st_size)
                view = view[n:]
        return data

    def check(self, path: Path, offset: int, expected: Buffer, id: str) -> None:
        """Raise a TornError unless a file has these bytes, which stand around an item's."""
        if self.bytes(path, offset, len(expected)) != expected:
            raise TornError(path, f"other bytes than were written about {id}")

    def _new_map(self, path: Path) -> mmap.mmap | None:
        with open(path, "rb") as file:
            try:
                whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
            except (OSError, ValueError):  # empty, no memory for it, or a file system without
                return None
        self._living.add(whole)
        return whole


def _called(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def pieces(array: NDArray[Any]) -> Iterator[memoryview]:
    """Yield the bytes of an array in C order, some at a time: it may be larger than memory."""
    if array.flags.c_contiguous:
        yield array.reshape(-1).view(np.uint8).data
        return
    rows = max(1, _PIECE // max(1, array.nbytes // array.shape[0]))
    for i in range(0, array.shape[0], rows):
        yield np.ascontiguousarray(array[i : i + rows]).reshape(-1).view(np.uint8).data


class TornError(ValueError):
    """A file is not what was written."""

    def __init__(self, path: Path, reason: str = "") -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        if not self.reason:  # how loaders of torch make it anew: of its text
            return str(self.path)
        return f"{self.path}: torn: {self.reason} (fastmel verify lists what else is)"

    @classmethod
    def short(cls, path: Path, needed: int, there: int) -> TornError:
        return cls(path, f"it has {there:,} bytes, and the manifest says at least {needed:,}")
