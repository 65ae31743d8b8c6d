"""What calls of libraries hand over as values: tensors, windows, filters."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..arrays import Array
from ..windows import get_window
from .targets import NotCovered

__all__ = ["Filters", "bands", "check_tensor", "frozen", "window_named"]

# Shape and content of a matrix, which a cache can look up.
Filters = tuple[tuple[int, int], bytes]

_WINDOWS = [
    name + symmetry
    for name in ("hann", "hamming", "blackman", "bartlett")
    for symmetry in ("", "_symmetric")
]
_TOLERANCE = {np.dtype(np.float64): 1e-14, np.dtype(np.float32): 5e-7}


def check_tensor(x: Any, *dtypes: Any) -> None:
    """Leave to the original what is no torch tensor of these dtypes, as NumPy can read it."""
    import torch

    if type(x) is not torch.Tensor or x.dtype not in dtypes:
        raise NotCovered("a tensor of another kind or dtype")
    if x.device.type != "cpu" or x.requires_grad:
        raise NotCovered("a tensor on another device, or with a gradient")
    if torch.is_autocast_enabled("cpu") or torch.compiler.is_compiling():
        raise NotCovered("autocast, or compilation")


def window_named(values: Array) -> str:
    """Return the name of a window that is given by its values, of float32 or float64."""
    return _window_named(values.tobytes(), values.dtype)


@functools.lru_cache(maxsize=64)
def _window_named(data: bytes, dtype: np.dtype[Any]) -> str:
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
