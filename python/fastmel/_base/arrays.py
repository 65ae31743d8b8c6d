"""Arrays in and out: what the core can read in place, and what an ``out=`` must be."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from typing_extensions import Buffer
else:
    Buffer = memoryview

Array: TypeAlias = NDArray[Any]
Dtype: TypeAlias = np.dtype[Any]


class _HasArray(Protocol):
    def __array__(self) -> Array: ...


class _HasDLPack(Protocol):
    def __dlpack__(self) -> object: ...


Memory: TypeAlias = Array | _HasArray | _HasDLPack | Buffer
"""Anything that shares memory: arrays, tensors of other libraries on the CPU, buffers."""
Narrow: TypeAlias = NDArray[np.float16 | np.float32 | np.int16 | np.int32]
"""Samples that become float32, PCM among them."""
Wide: TypeAlias = NDArray[np.float64]
"""Samples that stay float64."""
NarrowFeatures: TypeAlias = NDArray[np.float16 | np.float32]
"""Features that become float32."""
WideFeatures: TypeAlias = NDArray[np.float64 | np.longdouble | np.integer[Any] | np.bool_]
"""Features that become float64."""

_F16, _F32, _F64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
REAL: tuple[Dtype, Dtype] = (_F32, _F64)
COMPLEX: tuple[Dtype, Dtype] = (np.dtype(np.complex64), np.dtype(np.complex128))
# PCM: what full scale is. Their samples mean fractions of it.
_FULL_SCALE: dict[Dtype, float] = {np.dtype(np.int16): 2.0**15, np.dtype(np.int32): 2.0**31}

# An array of at least so many items, each of at most so many samples, is a recording whose channels
# come last.
_MANY_ITEMS, _FEW_SAMPLES = 1000, 8

_FLOATS = frozenset(REAL)
_SAMPLES = frozenset([*REAL, *_FULL_SCALE])
# What other floats become.
_NEAREST: dict[Dtype, Dtype] = {_F16: _F32, np.dtype(np.longdouble): _F64}
# NumPy's own instance of each dtype that the core knows; unpickled arrays have another.
_OWN = {dtype: dtype for dtype in (*REAL, *COMPLEX, *_FULL_SCALE)}
_WIDE = frozenset([_F64, COMPLEX[1]])
TINY: dict[Dtype, float] = {dtype: float(np.finfo(dtype).tiny) for dtype in REAL}
"""The smallest normal number of a type, which NumPy takes a microsecond to say."""


def as_array(x: Any, name: str) -> Array:
    """View anything that shares memory (NumPy, buffers, DLPack, ``__array__``) as an ndarray."""
    if isinstance(x, np.ndarray):
        return x
    try:
        if isinstance(x, (bytes, bytearray)):
            raise TypeError
        if hasattr(x, "__dlpack__"):
            return np.from_dlpack(x)
        if hasattr(x, "__array__") or hasattr(x, "__array_interface__"):
            return np.asarray(x)
        return np.asarray(memoryview(x))
    except (TypeError, ValueError, RuntimeError, BufferError) as error:
        raise TypeError(
            f"{name} must be a NumPy array, or offer its memory through the buffer protocol, "
            f"__array__ or DLPack (on the CPU, without a gradient); got {type(x).__name__}"
            f"{_advice(x, name, error)}"
        ) from None


def _advice(x: object, name: str, error: Exception) -> str:
    """Return what to do about something that is no array, or why it cannot be read."""
    if isinstance(x, (list, tuple)):
        return f": numpy.array({name}, dtype=numpy.float32) makes one"
    if isinstance(x, (str, os.PathLike)) or hasattr(x, "read"):
        return ": fastmel.load reads a file"
    if isinstance(x, (bytes, bytearray)):
        return f": numpy.frombuffer({name}, dtype=...) reads samples, fastmel.load a file"
    return f": {error}" if hasattr(x, "__dlpack__") or hasattr(x, "__array__") else ""


def _own(x: Array) -> Array:
    """View `x` with NumPy's own instance of its dtype, by which the core knows it."""
    own = _OWN.get(x.dtype, x.dtype)  # a step may make another, which the core never sees
    return x if x.dtype is own else x.view(own)


def in_steps(x: Array, unit: int) -> bool:
    """Whether the core can address all elements: aligned, and whole units apart."""
    return x.flags.aligned and math.gcd(unit, *x.strides) == unit


def _readable(x: Array) -> Array:
    """Copy only what the core cannot read in place: foreign byte order, odd strides."""
    if not x.dtype.isnative:
        x = x.astype(x.dtype.name)
    return _own(x if in_steps(x, x.itemsize) else np.array(x, order="K"))


def as_samples(y: Any, name: str = "y") -> Array:
    """Return samples (..., n) as the core reads them in place: float32, float64 or PCM.

    float16 becomes float32, longdouble float64. Floats are taken as they are; int16 and int32 are
    PCM, of which the core makes fractions of full scale. Anything else is refused, and so is what
    is evidently (n_samples, channels).
    """
    if type(y) is np.ndarray and y.dtype in _SAMPLES and y.dtype is _OWN[y.dtype] and y.ndim > 0:
        flags = y.flags
        if flags.c_contiguous and flags.aligned:
            if y.ndim > 1 and y.shape[-1] <= _FEW_SAMPLES:
                check_time_last(y, name)
            return y
    samples = as_array(y, name)
    if samples.ndim == 0:
        raise ValueError(f"{name} must have at least one axis, (..., n_samples); got a scalar")
    native = samples.dtype.newbyteorder("=")
    if native not in _SAMPLES and native not in _NEAREST:
        raise TypeError(
            f"{name} must be audio samples of dtype float32, float64, float16, or int16 / int32 "
            f"PCM; got dtype {samples.dtype}{as_floats(native, name)}"
        )
    check_time_last(samples, name)
    return _readable(samples) if native in _SAMPLES else samples.astype(_NEAREST[native])


def check_time_last(y: Array, name: str = "y") -> None:
    """Refuse (n_samples, channels), as files are read into: items of a few samples each."""
    shape = y.shape
    if len(shape) > 1 and 0 < shape[-1] <= _FEW_SAMPLES and shape[-2] >= _MANY_ITEMS:
        full = _FULL_SCALE.get(y.dtype)
        floats = f"({name} / {full:.0f})" if full else name
        raise ValueError(
            f"{name} has shape {shape}, and time must be the last axis: {name}.swapaxes(-1, -2) "
            f"keeps the channels apart, {floats}.mean(axis=-1) mixes them"
        )


def as_floats(dtype: Dtype, name: str) -> str:
    """Return how integers become floats, for messages about those that have to be floats."""
    if dtype.kind not in "iu":
        return ""
    if dtype == np.uint8:
        return f": ({name} - 128.0) / 128 is in [-1, 1) if it is 8-bit PCM"
    full = _FULL_SCALE.get(dtype.newbyteorder("="))
    by = f"{full:.0f}" if full else "the value of full scale, 32768 for samples of 16 bits,"
    return f": {name} / {by} is in [-1, 1)"


def pcm_to_float(y: Array) -> Array:
    """Return samples as floats; PCM becomes float64, which holds the value of every sample."""
    return y / _FULL_SCALE[y.dtype] if y.dtype in _FULL_SCALE else y


def resized(x: Array, n: int, value: float = 0.0, axis: int = -1) -> Array:
    """Return `x` with `n` entries along an axis: cut at the end, or completed with `value`.

    :func:`numpy.pad` takes 10 us to do this.
    """
    along = x if axis == -1 else x.swapaxes(axis, -1)
    count = along.shape[-1]
    if count < n:
        whole = np.empty((*along.shape[:-1], n), x.dtype, order="F" if along.flags.fnc else "C")
        whole[..., :count], whole[..., count:] = along, value
    else:
        whole = along[..., :n]
    return whole if axis == -1 else whole.swapaxes(axis, -1)


def check_finite(x: Array, name: str = "y") -> None:
    """Refuse NaN and infinity, naming the first."""
    with np.errstate(over="ignore", invalid="ignore"):
        # A finite sum has finite terms, and costs less than to look at each.
        if np.isfinite(x.sum()) or np.isfinite(x).all():
            return
    where = tuple(int(i) for i in np.argwhere(~np.isfinite(x))[0])
    at = ", ".join(map(str, where))
    raise ValueError(
        f"{name} is not finite: {name}[{at}] is {x[where]}; NaN and infinity are refused"
    )


def as_features(S: Any, name: str = "S") -> Array:
    """Return real features as float32 or float64; float16 becomes float32, others float64."""
    if type(S) is np.ndarray and S.dtype in _FLOATS and S.dtype is _OWN[S.dtype]:
        flags = S.flags
        if (flags.forc and flags.aligned) or in_steps(S, S.itemsize):
            return S
    plain = isinstance(S, (list, tuple, float, int))
    features = np.asarray(S) if plain else as_array(S, name)
    native = features.dtype.newbyteorder("=")
    if native in REAL:
        return _readable(features)
    if native == _F16:
        return features.astype(_F32)
    if native == np.longdouble or native.kind in "iub":
        return features.astype(_F64)
    raise TypeError(f"{name} must be an array of real numbers; got dtype {features.dtype}")


def is_wide(x: Array | None) -> bool:
    """Whether `x` holds float64 or complex128, which are only ever computed in double."""
    return getattr(x, "dtype", None) in _WIDE


def output_like(S: Array) -> tuple[Array, Array]:
    """`S` and a new array of its layout, both without holes in memory; a copy of it for both."""
    S = np.asarray(S)
    if S.flags.forc or S.ndim > 2:  # a matrix in neither order has holes
        out = np.empty_like(S, subok=False)
        if out.strides == S.strides:
            return S, out
    copy = np.array(S, order="K")
    return copy, copy


def check_out(
    out: object,
    shape: tuple[int, ...],
    dtypes: tuple[Dtype, ...],
    *inputs: Array,
    longer: bool = False,
) -> Array:
    """Validate ``out=`` and return the part of it to write to.

    With `longer`, the last axis may exceed the result's; the leading part is returned.
    """
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array; got {type(out).__name__}")
    if out.dtype not in dtypes:
        names = " or ".join(dtype.name for dtype in dtypes)
        raise ValueError(f"out must have dtype {names}; got {out.dtype}")
    part = out[..., : shape[-1]] if longer and out.shape != shape and out.ndim else out
    if part.shape != shape:
        at_least = " (or more frames)" if longer else ""
        raise ValueError(f"out must have shape {shape}{at_least}; got {out.shape}")
    flags = out.flags
    if not flags.writeable:
        raise ValueError("out is read-only; a writeable array is needed")
    if not (flags.c_contiguous and flags.aligned):
        _check_strides(out)
    for x in inputs:
        if np.may_share_memory(out, x) and np.shares_memory(out, x):
            raise ValueError("out overlaps the input; give it memory of its own")
    return _own(part)


def _check_strides(out: Array) -> None:
    if not in_steps(out, out.itemsize // (2 if out.dtype.kind == "c" else 1)):
        raise ValueError("out must be aligned, with strides that are multiples of its item size")
    if any(stride == 0 and n > 1 for stride, n in zip(out.strides, out.shape, strict=True)):
        raise ValueError("out must not be a broadcast array: several elements share memory")
