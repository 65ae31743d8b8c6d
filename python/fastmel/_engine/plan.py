"""Plans: validated arguments made ready to run, cached, and shared by all threads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base import arrays
from .._base.arrays import Array, Dtype, check_finite, check_out, pcm_to_float
from .._base.cache import cached
from .._base.checks import LONGEST, compute_precision, flag, integer, naming_item, number
from .._base.threads import resolve_workers
from .filterbank import design, filters
from .framing import n_frames, pad_mode_name, padding_of
from .windows import get_window

if TYPE_CHECKING:
    from .config import MelConfig

__all__ = [
    "COMPLEX",
    "Bank",
    "Plan",
    "build",
    "build_configured",
    "edges",
    "execute",
    "freeze_window",
    "inverse",
    "mel_bank",
    "run",
    "run_items",
]

COMPLEX = object()
"""In the place of the exponent of a spectrum: the complex spectrum is wanted."""


class FrozenWindow(NamedTuple):
    """A window given as values, hashable by content, so that its plan can be cached."""

    data: bytes


def freeze_window(window: Any, n_fft: Any, win_length: Any) -> Any:
    """Return a hashable stand-in for a window; names, numbers and tuples stand for themselves."""
    if isinstance(window, (str, tuple, float, int)):
        return window
    length = integer("n_fft", n_fft) if win_length is None else integer("win_length", win_length)
    return FrozenWindow(get_window(window, length).tobytes())


class Framing(NamedTuple):
    """Validated sizes, and the window in its place in the frame."""

    n_fft: int
    hop_length: int
    begin: int  # of the window
    length: int
    window: NDArray[np.float64]


def _framing(
    n_fft: Any, hop_length: Any, win_length: Any, window: Any, position: str = "center"
) -> Framing:
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
    before = (n_fft - win_length) // 2 if position == "center" else 0
    in_frame = np.pad(values, (before, n_fft - win_length - before))
    return Framing(n_fft, hop_length, before, win_length, in_frame)


def edges(center: Any, pad_mode: Any) -> tuple[bool, str]:
    """Return whether frames are centred, and what lies beyond the ends then: else nothing does."""
    center = flag("center", center)
    # A function pads in Python, before the plan. A name is checked even if it has no effect.
    name = "constant" if callable(pad_mode) else pad_mode_name(pad_mode)
    return center, name if center else "constant"


class Bank(NamedTuple):
    """A mel filterbank for the core."""

    core: _core.Filterbank
    n_bands: int
    wide: bool  # float64 weights, which make the result float64
    warning: str | None


@cached(maxsize=64)
def mel_bank(
    n_fft: int,
    precision: str,
    sr: Any,
    n_mels: Any,
    fmin: Any,
    fmax: Any,
    htk: Any,
    norm: Any,
    dtype: Any,
) -> Bank:
    """Make a filterbank of the arguments of :func:`fastmel.mel_filterbank`."""
    weights, warning = design(sr, n_fft, n_mels, fmin, fmax, htk, norm, dtype)
    wide = weights.dtype.itemsize > 4
    core = _core.Filterbank(
        np.ascontiguousarray(weights, dtype=np.float64), "double" if wide else precision
    )
    return Bank(core, len(weights), wide, warning)


@dataclass(frozen=True, slots=True)
class Plan:
    """A core plan with what Python needs to know to call it."""

    core: _core.Plan
    n_fft: int
    hop_length: int
    frame_length: int
    center: bool
    padding: tuple[int, int]
    frame_count: str
    pad_mode: str
    n_features: int
    frames_adjacent: bool
    dtypes: tuple[Dtype, ...]
    dtype: Dtype
    warning: str | None

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal."""
        return n_frames(
            n_samples, self.frame_length, self.hop_length, self.padding, self.frame_count
        )

    def allocate(self, shape: tuple[int, ...], dtype: Any = None) -> Array:
        """Return an array for a result: bins adjacent in a spectrum, frames in mel bands."""
        if self.frames_adjacent:
            return np.empty(shape, dtype or self.dtype)
        frame_first = (*shape[:-2], shape[-1], shape[-2])
        out: Array = np.empty(frame_first, dtype or self.dtype).swapaxes(-1, -2)
        return out


@cached(maxsize=256)
def build(
    wide: bool,
    n_fft: Any,
    hop_length: Any,
    win_length: Any,
    window: Any,
    center: Any,
    pad_mode: Any,
    power: Any,
    precision: Any,
    level: tuple[tuple[str, Any], ...] | None,
    *mel: Any,
) -> Plan:
    """Validate a configuration and make its plan.

    `wide` tells that samples or result are float64; `window` comes from :func:`freeze_window`;
    `power` may be :data:`COMPLEX`; `level` holds the keyword arguments of ``_core.Level``; `mel`
    the arguments of :func:`mel_bank` after the first two, or nothing.
    """
    compute = compute_precision(precision, wide)
    framing = _framing(n_fft, hop_length, win_length, window)
    center, pad_mode = edges(center, pad_mode)
    padding = padding_of("center" if center else "none", framing.n_fft)
    bank = mel_bank(framing.n_fft, compute, *mel) if mel else None
    if bank and bank.wide:
        wide, compute = True, "double"
    core = _core.Plan(
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        offset=padding[0],
        pad_mode=pad_mode,
        window=framing.window,
        precision=compute,
        power=None if power is COMPLEX else number("power", power),
        filterbank=bank.core if bank else None,
        level=_core.Level(**dict(level)) if level else None,
    )
    dtypes = arrays.COMPLEX if power is COMPLEX else arrays.REAL
    return Plan(
        core=core,
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        frame_length=framing.n_fft,
        center=center,
        padding=padding,
        frame_count="whole",
        pad_mode=pad_mode,
        n_features=core.n_features,
        frames_adjacent=bank is not None,
        dtypes=dtypes,
        dtype=dtypes[wide],
        warning=bank.warning if bank else None,
    )


@cached(maxsize=256)
def build_configured(config: MelConfig) -> Plan:
    """Make the plan of a configuration's chain, from samples to the affine map."""
    framing = _framing(
        config.n_fft,
        config.hop_length,
        config.win_length,
        config.window_values,
        config.window_position,
    )
    modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,) * 2
    before, after = (m.removesuffix("_repeatedly") for m in modes)
    bank, warning = None, None
    if config.n_mels is not None:
        weights, warning = filters(config)
        bank = _core.Filterbank(weights * config.mel_gain, config.precision)
    in_signal = config.preemphasis_scope != "frame"
    core = _core.Plan(
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        offset=config.padding_lengths[0],
        pad_mode=before,
        pad_mode_after=after,
        window=framing.window,
        precision=config.precision,
        power=config.power,
        scale=config.scale,
        preemphasis=config.preemphasis if in_signal else 0.0,
        first_has_previous=config.preemphasis_scope == "valid",
        preparation=_preparation(config, framing),
        spectrum_floor=config.spectrum_floor,
        spectrum_offset=config.spectrum_offset,
        filterbank=bank,
        level=_level(config),
    )
    return Plan(
        core=core,
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        frame_length=config.counted_length,
        center=config.padding == "center",
        padding=config.padding_lengths,
        frame_count=config.frame_count,
        pad_mode=before,
        n_features=core.n_features,
        frames_adjacent=True,
        dtypes=arrays.REAL,
        dtype=arrays.REAL[0],
        warning=warning,
    )


def _preparation(config: MelConfig, framing: Framing) -> _core.Preparation | None:
    """Return what happens to each frame, or None if it is only windowed."""
    emphasis = config.preemphasis if config.preemphasis_scope == "frame" else 0.0
    dither = config.dither if config.dither_scope == "frame" else 0.0
    if not (dither or config.remove_dc_offset or emphasis or config.use_energy):
        return None
    return _core.Preparation(
        begin=framing.begin,
        length=framing.length,
        dither=dither,
        dither_seed=config.dither_seed,
        remove_mean=config.remove_dc_offset,
        preemphasis=emphasis,
        energy=config.energy_of if config.use_energy else "none",
        energy_gain=config.mel_gain if config.energy_of == "spectrum" else 1.0,
        energy_floor=config.energy_floor,
        energy_last=config.htk_compat,
    )


def _level(config: MelConfig) -> _core.Level | None:
    """Return what follows the bands."""
    low, high = config.clip or (-math.inf, math.inf)
    affine: dict[str, Any] = {
        "shift": config.shift,
        "gain": config.gain,
        "low": low,
        "high": high,
    }
    if config.log == "none":
        if (config.shift, config.gain, config.clip) == (0.0, 1.0, None):
            return None
        return _core.Level(log="none", floor=-math.inf, reference=0.0, **affine)
    decibels = config.log == "dB"
    # With its maximum as reference every item has the peak 0.
    peak = "item" if config.ref == "max" and config.peak == "batch" else config.peak
    return _core.Level(
        log="log10" if decibels else config.log,
        scale=10.0 if decibels else 1.0,
        floor=config.log_floor,
        add=config.log_offset,
        reference=None if config.ref == "max" else config.ref,
        range=config.dynamic_range,
        scope=peak if isinstance(peak, str) else "fixed",
        fixed_peak=0.0 if isinstance(peak, str) else peak,
        **affine,
    )


def execute(
    plan: Plan, y: Array, out: Array | None, workers: int | None, dtype: Any = None
) -> Array:
    """Run a plan over samples (..., n) and return (..., features, frames), `out` if given."""
    shape = (*y.shape[:-1], plan.n_features, plan.n_frames(y.shape[-1]))
    if out is None:
        out = target = plan.allocate(shape, dtype)
    else:
        target = check_out(out, shape, plan.dtypes, y, longer=True)
        if target.shape != out.shape:
            out = target
    run(plan, y, target, workers)
    return out


def run(plan: Plan, y: Array, out: Array, workers: int | None) -> None:
    """Run a plan over `y` (..., n) into `out` (..., features, frames).

    Raises
    ------
    ValueError
        If `y` holds NaN or infinity. The core notices it in the transform, at no cost; `y` itself
        is only searched then, because finite samples can overflow as well.
    """
    if plan.pad_mode == "linear_ramp":
        y = pcm_to_float(y)  # a ramp of integers would be one of steps
    workers = resolve_workers(workers, out.size // plan.n_features * plan.n_fft)
    if plan.core.run(y, out, workers):
        check_finite(y)


def run_items(plan: Plan, signals: list[Array], outs: list[Array], workers: int) -> None:
    """Run a plan over signals (n,), each into its output (features, frames), as one job.

    Each is computed as by a call on it alone.

    Raises
    ------
    ValueError
        If a signal holds NaN or infinity, naming the item.
    """
    if plan.pad_mode == "linear_ramp":
        signals = [pcm_to_float(y) for y in signals]
    bad = plan.core.run_items(signals, outs, workers)
    if bad < 0:
        return
    for i in range(bad, len(signals)):
        with naming_item(i):
            check_finite(signals[i])


@cached(maxsize=64)
def inverse(
    n_fft: int, hop_length: Any, win_length: Any, window: Any, center: Any, precision: str
) -> tuple[_core.Plan, Framing]:
    """Return the plan of the inverse transform, whose offset is what is trimmed at the start."""
    framing = _framing(n_fft, hop_length, win_length, window)
    core = _core.Plan(
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        offset=framing.n_fft // 2 if flag("center", center) else 0,
        pad_mode="constant",
        window=framing.window,
        precision=precision,
        power=None,
        inverse=True,
    )
    return core, framing
