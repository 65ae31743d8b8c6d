"""What calls of libraries hand over as values: tensors, windows, filters."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from .._base.arrays import Array, Dtype
from .._base.tensors import Tensor, why_not_plain
from .._engine.config import MelConfig
from .._engine.windows import get_window
from .._frontend.frontend import FrontEnd
from ._targets import NotCovered

if TYPE_CHECKING:
    import torch

T = TypeVar("T")

# Shape and content of a matrix, and options of a configuration, which a cache can look up.
Filters = tuple[tuple[int, int], bytes]
Options = tuple[tuple[str, Any], ...]

_WINDOWS = [
    name + symmetry
    for name in ("hann", "hamming", "blackman", "bartlett")
    for symmetry in ("", "_symmetric")
]
_TOLERANCE = {np.dtype(np.float64): 1e-14, np.dtype(np.float32): 5e-7}


def check_tensor(x: Tensor, *dtypes: torch.dtype) -> None:
    """Leave to the original what is no plain torch tensor of these dtypes."""
    import torch

    if reason := why_not_plain(x, *dtypes):
        raise NotCovered(reason)
    if torch.get_default_dtype() is not torch.float32:
        raise NotCovered("another default dtype, which windows and filters may have")
    if not x.numel():
        raise NotCovered("tensors without elements")


class _Last(NamedTuple, Generic[T]):
    owner: weakref.ref[object]
    key: tuple[object, ...]
    arrays: tuple[Array, ...]
    made: T


class Remembered(Generic[T]):
    """Makes something of an object's arrays, and again when they hold other numbers.

    They are compared one by one, against copies: identities and version counters do not tell of
    what was written through another view of the memory, as ``tensor.data`` is one. That is a tenth
    of what it takes to hash them.
    """

    def __init__(self, make: Callable[..., T]) -> None:
        self._make = make
        self._last: dict[int, _Last[T]] = {}

    def __call__(self, owner: object, key: tuple[object, ...], *arrays: Array) -> T:
        """Return what was made last for an owner, if it was of the same key and arrays."""
        number = id(owner)
        last = self._last.get(number)
        if (
            last is not None
            and last.owner() is owner
            and last.key == key
            and len(last.arrays) == len(arrays)
            and all(map(_are_same, last.arrays, arrays))
        ):
            return last.made
        copies = tuple(np.array(array) for array in arrays)
        made = self._make(*key, *copies)
        # An owner that is gone may have left its number to another one.
        reference = weakref.ref(owner, lambda ref: self._forget(number, ref))
        self._last[number] = _Last(reference, key, copies, made)
        return made

    def _forget(self, number: int, reference: weakref.ref[object]) -> None:
        last = self._last.get(number)
        if last is not None and last.owner is reference:
            self._last.pop(number, None)


def _are_same(a: Array, b: Array) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and bool((a == b).all())


def window_named(values: Array) -> str:
    """Return the name of a window that is given by its values, of float32 or float64."""
    return _window_named(values.tobytes(), values.dtype)


@functools.lru_cache(maxsize=64)
def _window_named(data: bytes, dtype: Dtype) -> str:
    values = np.frombuffer(data, dtype)
    for name in (*_WINDOWS, "povey", "boxcar"):
        # The last bits of a cosine differ from one library to the next.
        if np.allclose(values, get_window(name, len(values)), rtol=0, atol=_TOLERANCE[dtype]):
            return name
    raise NotCovered("a window of its own")


def frozen(filters: Array) -> Filters:
    """Return mel filters (bands, bins) as something that a cache can look up."""
    n_bands, n_bins = filters.shape
    return (n_bands, n_bins), np.ascontiguousarray(filters, np.float64).tobytes()


def bands(filters: Filters | None) -> dict[str, Any]:
    """Return the options of a configuration that has these filters; none: the spectrum."""
    if filters is None:
        return {"n_mels": None}
    shape, data = filters
    return {"n_mels": shape[0], "mel_weights": np.frombuffer(data).reshape(shape)}


@functools.lru_cache(maxsize=48)
def front_end_of(options: Options, filters: Filters | None) -> FrontEnd:
    """Return the front end of options, with these filters; none: the spectrum."""
    return FrontEnd(MelConfig(**dict(options), **bands(filters)))
