"""librosa's arguments: what they mean as parameters of a chain, and its plan.

They are checked when the plan is made. It is remembered by the arguments as they came, so that a
call with the same ones costs one look-up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike

from .. import _core
from .._base.arrays import (
    COMPLEX,
    REAL,
    Array,
    Dtype,
    Memory,
    as_samples,
    check_out,
    is_wide,
    pcm_to_float,
)
from .._base.cache import cached
from .._base.checks import LONGEST, brief, compute_precision, flag, integer, number, warn
from .._engine.filterbank import design
from .._engine.framing import pad_mode_name
from .._engine.plan import Bank, Framing, Plan, build, run
from .._engine.windows import WindowLike, get_window

COMPLEX_SPECTRUM = object()
"""In the place of the exponent of a spectrum: the complex spectrum is wanted."""


class Chain(NamedTuple):
    """A plan, and the arrays that it writes."""

    plan: Plan
    dtypes: tuple[Dtype, Dtype]
    dtype: Dtype
    frames_adjacent: bool  # as in bands; in a spectrum the bins are


def spectrum(
    y: Memory,
    out: Array | None,
    workers: int | None,
    framing: tuple[Any, ...],
    power: object,
    precision: object,
    level: _core.Level | None = None,
    bands: tuple[object, ...] = (),
    dtype: Dtype | None = None,
) -> Array:
    """Compute the chain of these arguments: see :func:`_chain`."""
    y = as_samples(y)
    n_fft, hop_length, win_length, window, center, pad_mode = framing
    wide = is_wide(y) or dtype is COMPLEX[1] or (out is not None and is_wide(out))
    if not isinstance(window, str):
        window = freeze_window(window, n_fft, win_length)
    if callable(pad_mode) and flag("center", center):
        y = _padded(y, pad_mode, integer("n_fft", n_fft))
        center, pad_mode = False, "constant"
    chain = _chain(
        wide, n_fft, hop_length, win_length, window, center, pad_mode, power, precision, level,
        *bands,
    )  # fmt: skip
    plan, n_samples = chain.plan, y.shape[-1]
    if n_samples < plan.n_fft:
        _check_short(n_samples, plan)
    if plan.warning:
        warn(plan.warning)
    shape = (*y.shape[:-1], plan.n_features, plan.n_frames(n_samples))
    if out is None:
        out = target = _allocated(chain, shape, dtype or chain.dtype)
    else:
        target = check_out(out, shape, chain.dtypes, y, longer=True)
        if target.shape != out.shape:
            out = target
    run(plan, y, target, workers)
    return out


@cached(maxsize=256)
def _chain(
    wide: bool,
    n_fft: object,
    hop_length: object,
    win_length: object,
    window: WindowLike | FrozenWindow,
    center: object,
    pad_mode: object,
    power: object,
    precision: object,
    level: _core.Level | None,
    *bands: object,
) -> Chain:
    """Check the arguments of a spectrum, and make its plan.

    `wide` tells that samples or result are float64; `window` comes from :func:`freeze_window`;
    `power` may be :data:`COMPLEX_SPECTRUM`; `level` is what follows the bands; `bands` are the
    arguments of :func:`mel_bank` after the first two, or none.
    """
    compute = compute_precision(precision, wide)
    framing = framing_of(n_fft, hop_length, win_length, window, center)
    mode = _pad_mode(pad_mode)
    if not framing.center:
        mode = "constant"
    bank = mel_bank(framing.n_fft, compute, *bands) if bands else None
    if bank and bank.wide:
        wide, compute = True, "double"
    exponent = None if power is COMPLEX_SPECTRUM else number("power", power)
    plan = build(framing, compute, power=exponent, pad_mode=mode, bank=bank, level=level)
    dtypes = COMPLEX if exponent is None else REAL
    return Chain(plan, dtypes, dtypes[wide], bank is not None)


def _allocated(chain: Chain, shape: tuple[int, ...], dtype: Dtype) -> Array:
    if chain.frames_adjacent:
        return np.empty(shape, dtype)
    frame_first = (*shape[:-2], shape[-1], shape[-2])
    out: Array = np.empty(frame_first, dtype).swapaxes(-1, -2)
    return out


class FrozenWindow(NamedTuple):
    """A window given as values, hashable by content, so that its plan can be cached."""

    data: bytes


def freeze_window(
    window: WindowLike, n_fft: object, win_length: object
) -> WindowLike | FrozenWindow:
    """Return a hashable stand-in for a window; names, numbers and tuples stand for themselves."""
    if isinstance(window, (str, tuple, float, int)):
        return window
    length = integer("n_fft", n_fft) if win_length is None else integer("win_length", win_length)
    return FrozenWindow(get_window(window, length).tobytes())


def framing_of(
    n_fft: object,
    hop_length: object,
    win_length: object,
    window: WindowLike | FrozenWindow,
    center: object,
) -> Framing:
    """Return the framing that these arguments of a spectrum mean."""
    n_fft = integer("n_fft", n_fft)
    win_length = n_fft if win_length is None else integer("win_length", win_length)
    if win_length > n_fft:
        raise ValueError(f"win_length={win_length} exceeds n_fft={n_fft}")
    if hop_length is None:
        hop_length = win_length // 4
        if hop_length == 0:
            raise ValueError(f"hop_length must be given: a quarter of {win_length=} is less than 1")
    # A hop that is longer than any signal always leaves one frame.
    hop_length = min(integer("hop_length", hop_length, most=2**62), LONGEST)
    if isinstance(window, FrozenWindow):
        values = np.frombuffer(window.data)
    else:
        values = get_window(window, win_length)
    return Framing(n_fft, hop_length, values, flag("center", center))


def _pad_mode(pad_mode: object) -> str:
    """Return the core's name of a pad mode, which is checked even if it has no effect."""
    # A function pads in Python, before the plan.
    return "constant" if callable(pad_mode) else pad_mode_name(pad_mode)


def _padded(y: Array, pad_mode: Callable[..., Any], n_fft: int) -> Array:
    """Centre padding by a function, which only :func:`numpy.pad` can apply: a copy."""
    width = [(0, 0)] * (y.ndim - 1) + [(n_fft // 2, n_fft // 2)]
    return np.pad(pcm_to_float(y), width, mode=pad_mode)


def _check_short(n_samples: int, plan: Plan) -> None:
    """Refuse a signal that has no frame; warn about one that is shorter than a frame."""
    if not plan.center:
        raise ValueError(
            f"y has {n_samples} samples, fewer than n_fft={plan.n_fft}; use center=True, a "
            "shorter n_fft, or pad the signal"
        )
    if n_samples == 0 and plan.pad_mode != "constant":
        raise ValueError(f"y is empty, and pad_mode={plan.pad_mode!r} has no sample to repeat")
    warn(f"n_fft={plan.n_fft} is too large for an input signal of length {n_samples}")


@cached(maxsize=64)
def mel_bank(
    n_fft: int,
    precision: str,
    sr: object,
    n_mels: object,
    fmin: object,
    fmax: object,
    htk: object,
    norm: object,
    dtype: object,
) -> Bank:
    """Make a filterbank of the arguments of :func:`fastmel.mel_filterbank`."""
    weights, warning = design(sr, n_fft, n_mels, fmin, fmax, htk, norm, dtype)
    wide = weights.dtype.itemsize > 4
    core = _core.Filterbank(
        np.ascontiguousarray(weights, dtype=np.float64), "double" if wide else precision
    )
    return Bank(core, len(weights), wide, warning)


@cached(maxsize=64)
def bank_for(
    n_bins: int,
    wide: bool,
    n_fft: object,
    hop_length: object,
    win_length: object,
    window: WindowLike,
    center: object,
    pad_mode: object,
    power: object,
    precision: object,
    *bands: object,
) -> Bank:
    """Return the filterbank for a spectrogram of any size, with arguments that made it or another.

    Those are not used, and so are checked one by one.
    """
    if hop_length is not None:
        integer("hop_length", hop_length, most=2**62)
    length = 2048 if win_length is None else integer("win_length", win_length)
    given: Any = window if isinstance(window, list) or hasattr(window, "__array__") else None
    get_window(window, length if given is None else np.size(given))
    flag("center", center)
    _pad_mode(pad_mode)
    number("power", power)
    if n_fft is None or integer("n_fft", n_fft) // 2 + 1 != n_bins:
        n_fft = 2 * (n_bins - 1)
    return mel_bank(n_fft, compute_precision(precision, wide), *bands)


def apply(matrix: _core.Filterbank, n_rows: int, S: Array, out: Array | None, wide: bool) -> Array:
    """Multiply features (..., n, frames) by a matrix (n_rows, n)."""
    shape = (*S.shape[:-2], n_rows, S.shape[-1])
    if out is None:
        out = target = np.empty(shape, REAL[wide])
    else:
        target = check_out(out, shape, REAL, S, longer=True)
        if target.shape != out.shape:
            out = target
    matrix.apply(S, target)
    return out


def dtype_among(dtype: DTypeLike, *accepted: Dtype) -> Dtype:
    """Return the accepted type that `dtype` stands for."""
    for kind in accepted:
        try:
            if np.dtype(dtype) == kind:
                return kind
        except (TypeError, ValueError):
            break
    names = " or ".join(kind.name for kind in accepted)
    raise TypeError(f"dtype={brief(dtype)} must be {names}")
