"""The inverse short-time Fourier transform, as librosa's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import _core
from .._base.arrays import (
    COMPLEX,
    REAL,
    TINY,
    Array,
    Dtype,
    Memory,
    as_array,
    check_out,
    in_steps,
    is_wide,
)
from .._base.cache import cached
from .._base.checks import integer
from .._base.threads import resolve_workers
from .._engine.windows import WindowLike
from .arguments import FrozenWindow, dtype_among, framing_of, freeze_window

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    Out = TypeVar("Out", bound=NDArray[Any])
    Real = TypeVar("Real", np.float32, np.float64)

    class Inverse(TypedDict, total=False):
        """The arguments on which the type of the result does not depend."""

        hop_length: int | None
        win_length: int | None
        n_fft: int | None
        window: WindowLike
        center: bool
        length: int | None
        workers: int | None


@overload
def istft(
    stft_matrix: Memory, *, out: Out, dtype: DTypeLike | None = ..., **how: Unpack[Inverse]
) -> Out: ...
@overload
def istft(
    stft_matrix: NDArray[np.complex64],
    *,
    dtype: None = ...,
    out: None = ...,
    **how: Unpack[Inverse],
) -> NDArray[np.float32]: ...
@overload
def istft(
    stft_matrix: NDArray[np.complex128],
    *,
    dtype: None = ...,
    out: None = ...,
    **how: Unpack[Inverse],
) -> NDArray[np.float64]: ...
@overload
def istft(
    stft_matrix: Memory, *, dtype: type[Real], out: None = ..., **how: Unpack[Inverse]
) -> NDArray[Real]: ...
@overload
def istft(
    stft_matrix: Memory, *, dtype: DTypeLike | None = ..., out: None = ..., **how: Unpack[Inverse]
) -> NDArray[np.floating[Any]]: ...
def istft(
    stft_matrix: Memory,
    *,
    hop_length: int | None = None,
    win_length: int | None = None,
    n_fft: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    length: int | None = None,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
) -> NDArray[Any]:
    """Inverse short-time Fourier transform.

    Frames are transformed back, windowed, overlap-added, and divided by the summed squares of the
    window (Griffin and Lim, 1984).

    Parameters
    ----------
    stft_matrix : complex array, shape (..., 1 + n_fft // 2, n_frames)
        Spectrum, as from :func:`stft`.
    hop_length, win_length, window, center
        As they were given to :func:`stft`.
    n_fft : int, optional
        Length of the transform; ``2 * (bins - 1)`` by default, so it must be given if odd.
    dtype : real dtype, optional
        float32 for complex64 and float64 for complex128 by default.
    length : int, optional
        Samples to return: the signal is cut or padded with zeros to it.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape.
    workers : int, optional
        Threads; each handles whole items of the leading axes.

    Returns
    -------
    ndarray, shape (..., n_samples)
        Signal.

    Raises
    ------
    ValueError
        For sizes that are not positive or do not fit together.
    TypeError
        If `stft_matrix` is not a numeric array, or for an argument of the wrong type.

    Notes
    -----
    Equals :func:`librosa.istft`: the transform runs in the precision of the spectrum, the window
    and the sums in double precision.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    >>> bool(np.allclose(fastmel.istft(fastmel.stft(y), length=len(y)), y, atol=1e-6))
    True
    """
    D = as_array(stft_matrix, "stft_matrix")
    if D.ndim < 2:
        raise ValueError(f"stft_matrix must be (..., bins, frames); got shape {D.shape}")
    if D.dtype.kind not in "fciu":
        raise TypeError(f"stft_matrix must hold numbers; got dtype {D.dtype}")
    if n_fft is None:
        if D.shape[-2] < 2:
            raise ValueError(f"stft_matrix has {D.shape[-2]} bins; two are needed, or n_fft")
        n_fft = 2 * (D.shape[-2] - 1)
    window = freeze_window(window, n_fft, win_length)
    # librosa computes integers and half precision as complex64 too.
    wide = D.dtype.itemsize > _NARROW.get(D.dtype.kind, 8)
    kind = REAL[wide]
    asked = kind if dtype is None else dtype_among(dtype, *REAL)
    if out is None:
        kind = asked
    wide = wide or is_wide(out) or kind is REAL[1]
    core, n_fft, hop_length = _inverse(wide, n_fft, hop_length, win_length, window, center)
    n_frames, n_samples = _inverse_size(D.shape[-1], n_fft, hop_length, center, length)
    shape = (*D.shape[:-2], n_samples)
    if out is None:
        out = result = np.empty(shape, kind)
    else:
        result = check_out(out, shape, REAL, D)
    D = _fit_bins(D, n_fft // 2 + 1, n_frames, COMPLEX[wide])
    _overlap_add(core, D, result, resolve_workers(workers, D.size * 2))
    return out


# The size of what is computed as complex64; integers are, of any size.
_NARROW = {"f": 4, "c": 8}


@cached(maxsize=64)
def _inverse(
    wide: bool,
    n_fft: object,
    hop_length: object,
    win_length: object,
    window: WindowLike | FrozenWindow,
    center: object,
) -> tuple[_core.Plan, int, int]:
    """Return the plan of these arguments, the length of its transform and its hop."""
    framing = framing_of(n_fft, hop_length, win_length, window, center)
    precision = "double" if wide else "single"
    plan = framing.plan(precision, power=None, pad_mode="constant", inverse=True)
    return plan, framing.n_fft, framing.hop_length


def _inverse_size(
    n_frames: int, n_fft: int, hop_length: int, center: object, length: object
) -> tuple[int, int]:
    """Return the number of frames to use and of samples to return, as librosa counts them."""
    trim = 2 * (n_fft // 2) if center else 0
    length = 0 if length is None else integer("length", length, least=0)
    if length:
        return min(n_frames, -(-(length + trim) // hop_length)), length
    if n_frames == 0:
        raise ValueError("stft_matrix has no frames; give a length to get silence")
    return n_frames, max(0, n_fft + hop_length * (n_frames - 1) - trim)


def _fit_bins(D: Array, n_bins: int, n_frames: int, dtype: Dtype) -> Array:
    """Cut or zero-pad the bins to those of the transform, as an inverse real FFT does."""
    D = D[..., :n_bins, :n_frames]
    if D.shape[-2] < n_bins:
        short = D
        D = np.zeros((*short.shape[:-2], n_bins, short.shape[-1]), dtype)
        D[..., : short.shape[-2], :] = short
    if D.dtype is not dtype or not in_steps(D, D.itemsize // 2):
        D = np.array(D, dtype=dtype, order="K")
    return D


def _overlap_add(core: _core.Plan, D: Array, out: Array, workers: int) -> None:
    """Invert into `out`, which the core writes itself if it lies in memory as it wants it."""
    if out.size == 0:
        return
    real = REAL[D.dtype == COMPLEX[1]]
    direct = out.dtype == real and out.strides[-1] == out.itemsize
    target = out if direct else np.empty(out.shape, real)
    target[...] = 0
    core.invert(D, target, TINY[out.dtype], workers)
    if target is not out:
        out[...] = target
