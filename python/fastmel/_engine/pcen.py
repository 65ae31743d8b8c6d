"""Per-channel energy normalisation, as librosa computes it, on the core."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, TypedDict, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from .._base.arrays import Array, Dtype, Memory, as_array, as_features
from .._base.cache import cached
from .._base.checks import axis_index, brief, flag, integer, number, warn
from .._base.numerics import defined

if TYPE_CHECKING:
    from typing_extensions import Unpack

    class Pcen(TypedDict, total=False):
        """Keyword arguments of :func:`fastmel.pcen`."""

        sr: float
        hop_length: int
        gain: float
        bias: float
        power: float
        time_constant: float
        eps: float
        b: float | None
        max_size: int
        ref: ArrayLike | None
        axis: int
        max_axis: int | None
        zi: ArrayLike | None


@overload
def pcen(
    S: Memory, *, return_zf: Literal[False] = ..., **how: Unpack[Pcen]
) -> NDArray[np.float64]: ...
@overload
def pcen(
    S: Memory, *, return_zf: Literal[True], **how: Unpack[Pcen]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...
@defined
def pcen(
    S: Memory,
    *,
    sr: float = 22050,
    hop_length: int = 512,
    gain: float = 0.98,
    bias: float = 2,
    power: float = 0.5,
    time_constant: float = 0.400,
    eps: float = 1e-6,
    b: float | None = None,
    max_size: int = 1,
    ref: ArrayLike | None = None,
    axis: int = -1,
    max_axis: int | None = None,
    zi: ArrayLike | None = None,
    return_zf: bool = False,
) -> Any:
    """Per-channel energy normalisation of a spectrogram.

    ``(S / (eps + M)**gain + bias)**power - bias**power``, where `M` is `S` smoothed over time by a
    one-pole low-pass filter (Wang et al. 2017).

    Parameters
    ----------
    S : array, shape (..., n_bands, n_frames)
        Non-negative magnitudes or energies. The defaults suit ``S * 2**31`` for audio in [-1, 1].
    sr : float, default 22050
        Sample rate in Hz.
    hop_length : int, default 512
        Samples between frames.
    gain : float, default 0.98
        Exponent of the smoothed magnitude; at least 0.
    bias : float, default 2
        Added before the power; at least 0.
    power : float, default 0.5
        Exponent of compression; at least 0, where 0 means a logarithm.
    time_constant : float, default 0.4
        Of the filter, in seconds; greater than 0.
    eps : float, default 1e-6
        Bound of the gain; greater than 0.
    b : float, optional
        Coefficient of the filter in (0, 1]; from `time_constant` by default.
    max_size : int, default 1
        Width, in bands, of a maximum filter on what is smoothed.
    ref : array, optional
        What is smoothed instead of `S`; broadcasts to it.
    axis : int, default -1
        Axis of time.
    max_axis : int, optional
        Axis of the maximum filter; needed unless `S` has two axes.
    zi : array, optional
        State of the filter from an earlier block; ``1 - b`` by default.
    return_zf : bool, default False
        Whether to return the state as well.

    Returns
    -------
    ndarray, shape of `S`
        Normalised magnitudes, float64.
    ndarray
        With `return_zf`: the state of the filter, for the `zi` of the next block.

    Raises
    ------
    ValueError
        For parameters out of range, or shapes that do not fit.
    TypeError
        If `S` does not hold numbers, or for an argument of the wrong type.

    Warns
    -----
    UserWarning
        If `S` is complex; its magnitude is used.

    Notes
    -----
    Equals :func:`librosa.pcen`.

    References
    ----------
    Y. Wang, P. Getreuer, T. Hughes, R. F. Lyon and R. A. Saurous, "Trainable frontend for robust
    and far-field keyword spotting", ICASSP 2017.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> S = np.random.default_rng(0).random((40, 100)).astype(np.float32)
    >>> fastmel.pcen(S * 2**31).shape
    (40, 100)
    """
    gain, bias, power, eps, b = _parameters(
        gain, bias, power, eps, b, time_constant, sr, hop_length
    )
    wanted = flag("return_zf", return_zf)
    S = as_array(S, "S")
    if S.dtype.kind == "c":
        warn("pcen got a complex array and uses its magnitude; pass np.abs(S) instead")
        S = np.abs(S)
    S = as_features(S)
    if S.ndim == 0:
        raise ValueError("S must have at least one axis; got a scalar")
    axis = axis_index("axis", axis, S.ndim)
    if max_axis is not None:
        max_axis = axis_index("max_axis", max_axis, S.ndim)
    smoothed = _to_smooth(S, ref, integer("max_size", max_size), axis, max_axis)
    state = _state(zi, smoothed.shape, axis, b)

    kind = S.dtype if smoothed is S else np.result_type(S, smoothed)
    rows = _rows(S, axis, kind)
    out = np.empty(rows.shape)
    if rows.size:
        _core.pcen(
            S=rows,
            ref=rows if smoothed is S else _rows(smoothed, axis, kind),
            out=out,
            state=state,
            b=b,
            gain=gain,
            bias=bias,
            power=power,
            eps=eps,
        )
    result = _restored(out, S.shape, axis)
    if not wanted:
        return result
    return result, _restored(state, (*S.shape[:axis], 1, *S.shape[axis + 1 :]), axis)


def _rows(x: Array, axis: int, dtype: Dtype) -> Array:
    """Return contiguous rows of adjacent frames."""
    if axis != x.ndim - 1:
        x = np.moveaxis(x, axis, -1)
    frames_last = np.ascontiguousarray(x, dtype=dtype)
    return frames_last.reshape(math.prod(frames_last.shape[:-1]), frames_last.shape[-1])


def _restored(rows: Array, shape: tuple[int, ...], axis: int) -> Array:
    """Return rows as the array of `shape` that :func:`_rows` took apart."""
    if axis == len(shape) - 1:
        return rows.reshape(shape)
    frames_last = (*shape[:axis], *shape[axis + 1 :], shape[axis])
    return np.ascontiguousarray(np.moveaxis(rows.reshape(frames_last), -1, axis))


@cached(maxsize=64)
def _parameters(
    gain: object, bias: object, power: object, eps: object, b: object, *filtered: object
) -> tuple[float, float, float, float, float]:
    """Check numbers, and return them with the coefficient of the filter in the place of `b`."""
    return (
        number("gain", gain, least=0),
        number("bias", bias, least=0),
        number("power", power, least=0),
        number("eps", eps, above=0),
        _coefficient(b, *filtered),
    )


def _coefficient(b: object, time_constant: object, sr: object, hop_length: object) -> float:
    """Return the coefficient of the filter as given, or by its time constant."""
    given = coefficient(
        number("time_constant", time_constant, above=0),
        number("sr", sr, above=0),
        number("hop_length", hop_length, above=0),
    )
    if b is None:
        return given
    result = number("b", b, above=0)
    if result > 1:
        raise ValueError(f"b={brief(b)} must be at most 1")
    return result


def coefficient(time_constant: float, sr: float, hop_length: float) -> float:
    """Return the coefficient of the filter whose step response takes `time_constant` seconds."""
    t = time_constant * sr / hop_length
    # librosa's (sqrt(1 + 4 t^2) - 1) / (2 t^2), without its cancellation for small t.
    return 2 / (math.sqrt(1 + 4 * (t * t)) + 1)


def _to_smooth(
    S: Array, ref: ArrayLike | None, max_size: int, axis: int, max_axis: int | None
) -> Array:
    """Return what the filter smooths: `ref`, or the maximum of neighbouring bands, or `S`."""
    if ref is not None:
        ref = as_features(ref, "ref")
        try:
            return np.broadcast_to(ref, S.shape)
        except ValueError:
            raise ValueError(
                f"ref must broadcast to the shape of S, {S.shape}; got {ref.shape}"
            ) from None
    if max_size == 1:
        return S
    if S.ndim == 1:
        raise ValueError(f"max_size={max_size} needs bands to filter over; S has one axis")
    if max_axis is None:
        if S.ndim != 2:
            raise ValueError(f"max_axis must be given for an S of {S.ndim} axes")
        max_axis = 1 - axis
    return _maximum_filter(S, max_size, max_axis)


def _maximum_filter(S: Array, size: int, axis: int) -> Array:
    """Maximum over ``[i - size // 2, i + size - size // 2 - 1]``, edges mirrored with the edge."""
    width = [(0, 0)] * S.ndim
    width[axis] = (size // 2, size - size // 2 - 1)
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(S, width, mode="symmetric"), size, axis=axis
    )
    result: Array = windows.max(axis=-1)
    return result


def _state(zi: ArrayLike | None, shape: tuple[int, ...], axis: int, b: float) -> Array:
    """Return the state of the filter for every row, as float64, for the core to advance."""
    one = (*shape[:axis], 1, *shape[axis + 1 :])
    if zi is None:
        state = np.empty(math.prod(one))
        state.fill(1 - b)  # in a third of the time of numpy.full
        return state
    zi = as_features(zi, "zi")
    # Not broadcast_to: neither fewer axes nor a scalar will do.
    fits = zi.ndim == len(one) and all(n in (1, m) for n, m in zip(zi.shape, one, strict=True))
    if not fits:
        raise ValueError(f"zi must have shape {one}; got {zi.shape}")
    return np.moveaxis(np.broadcast_to(zi, one), axis, -1).astype(np.float64).ravel()
