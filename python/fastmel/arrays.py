"""Arrays in and out: what the core can read in place, and what an ``out=`` must be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "as_features", "as_samples", "check_out", "output_like"]

Array = NDArray[Any]

# Read by the core as they are; integers are PCM, scaled to [-1, 1) in registers.
_SAMPLES = frozenset(np.dtype(t) for t in ("float32", "float64", "int16", "int32"))
_FEATURES = frozenset(np.dtype(t) for t in ("float32", "float64"))
_WIDENED = {np.dtype("float16"): np.float32, np.dtype("longdouble"): np.float64}


def _as_ndarray(x: Any, name: str) -> Array:
    """View anything that shares memory (NumPy, buffers, DLPack, ``__array__``) as an ndarray."""
    if isinstance(x, np.ndarray):
        return x
    try:
        if hasattr(x, "__dlpack__"):
            return np.from_dlpack(x)
        if hasattr(x, "__array__") or hasattr(x, "__array_interface__"):
            return np.asarray(x)
        return np.asarray(memoryview(x))
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise TypeError(
            f"{name} must be a NumPy array, or offer its memory through the buffer protocol, "
            f"__array__ or DLPack (on the CPU, without a gradient); got {type(x).__name__}: {error}"
        ) from None


def _readable(x: Array) -> Array:
    """Copy only where the core cannot read in place: foreign byte order, odd strides."""
    if not x.dtype.isnative:
        # By name: newbyteorder() makes a dtype that is not NumPy's own instance of it.
        x = x.astype(x.dtype.name)
    if not x.flags.aligned or any(s % x.itemsize for s in x.strides):
        x = np.array(x, order="K")
    return x


def as_samples(y: Any, name: str = "y") -> Array:
    """Samples (..., n) as the core reads them: float32, float64, int16 or int32, without a copy.

    float16 becomes float32. Anything else is refused.
    """
    if type(y) is np.ndarray and y.dtype in _SAMPLES and y.ndim > 0:
        flags = y.flags
        if flags.c_contiguous and flags.aligned:
            return y
    y = _as_ndarray(y, name)
    if y.ndim == 0:
        raise ValueError(f"{name} must have at least one axis, (..., n_samples); got a scalar")
    native = y.dtype.newbyteorder("=")
    if native in _WIDENED:
        return y.astype(_WIDENED[native])
    if native not in _SAMPLES:
        raise TypeError(
            f"{name} must be audio samples of dtype float32, float64, or int16 / int32 PCM; "
            f"got dtype {y.dtype}"
        )
    return _readable(y)


def as_features(S: Any, name: str = "S") -> Array:
    """Real features as float32 or float64; integers become float64, float16 float32."""
    S = _as_ndarray(S, name) if not isinstance(S, (list, tuple, float, int)) else np.asarray(S)
    native = S.dtype.newbyteorder("=")
    if native in _FEATURES:
        return _readable(S)
    if native in _WIDENED:
        return S.astype(_WIDENED[native])
    if S.dtype.kind in "iub":
        return S.astype(np.float64)
    raise TypeError(f"{name} must be an array of real numbers; got dtype {S.dtype}")


def output_like(S: Array) -> tuple[Array, Array]:
    """`S` and a new array of its layout, both without holes in memory."""
    S = np.asarray(S)
    out = np.empty_like(S, subok=False)
    if out.strides != S.strides:
        S = np.array(S, order="K")
        out = np.empty_like(S, subok=False)
    return S, out


def check_out(
    out: Any, shape: tuple[int, ...], dtypes: tuple[type, ...], *inputs: Array, longer: bool = False
) -> Array:
    """Validate ``out=`` and return the part of it to write to.

    With `longer`, the last axis may exceed the result's; the leading part is returned.
    """
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array; got {type(out).__name__}")
    if out.dtype not in [np.dtype(t) for t in dtypes]:
        names = " or ".join(np.dtype(t).name for t in dtypes)
        raise ValueError(f"out must have dtype {names}; got {out.dtype}")
    fits = out.shape == shape or (
        longer
        and out.ndim == len(shape)
        and out.shape[:-1] == shape[:-1]
        and out.shape[-1] > shape[-1]
    )
    if not fits:
        at_least = " (or more frames)" if longer else ""
        raise ValueError(f"out must have shape {shape}{at_least}; got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out is read-only; a writeable array is needed")
    if not out.flags.aligned or any(s % out.itemsize for s in out.strides):
        raise ValueError("out must be aligned, with strides that are multiples of its item size")
    if 0 in out.strides and any(s == 0 and n > 1 for s, n in zip(out.strides, out.shape)):
        raise ValueError("out must not be a broadcast array: several elements share memory")
    for x in inputs:
        if np.may_share_memory(out, x) and np.shares_memory(out, x):
            raise ValueError("out overlaps the input; give it memory of its own")
    return out[..., : shape[-1]] if longer else out
