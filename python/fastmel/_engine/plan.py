"""Plans: parameters made ready to run, shared by all threads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array, check_finite, pcm_to_float
from .._base.cache import cached
from .._base.checks import naming_item
from .._base.threads import resolve_workers
from .filterbank import filters
from .framing import n_frames
from .parameters import Parameters

__all__ = [
    "Bank",
    "Plan",
    "build",
    "build_configured",
    "build_inverse",
    "run",
    "run_items",
]


class Bank(NamedTuple):
    """Bands for the core."""

    core: _core.Filterbank
    n_bands: int
    wide: bool  # float64 weights, which make the result float64
    warning: str | None


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
    warning: str | None

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal."""
        return n_frames(
            n_samples, self.frame_length, self.hop_length, self.padding, self.frame_count
        )


def build(
    chain: Parameters,
    *,
    bank: Bank | None = None,
    level: _core.Level | None = None,
    complex_spectrum: bool = False,
) -> Plan:
    """Make the plan of a chain, from samples to the affine map.

    What librosa's arguments say beyond the parameters comes ready: `bank` in the place of the
    parameters' bands, `level` in that of their logarithm, and complex bins in that of powers.
    """
    begin, window = _window_in_frame(chain)
    modes = chain.pad_mode if isinstance(chain.pad_mode, tuple) else (chain.pad_mode,) * 2
    before, after = (m.removesuffix("_repeatedly") for m in modes)
    if bank is None and chain.n_mels is not None:
        bank = _bank(chain)
    in_signal = chain.preemphasis_scope != "frame"
    core = _core.Plan(
        n_fft=chain.n_fft,
        hop_length=chain.hop_length,
        offset=chain.padding_lengths[0],
        pad_mode=before,
        pad_mode_after=after,
        window=window,
        precision=chain.precision,
        power=None if complex_spectrum else chain.power,
        scale=chain.scale,
        preemphasis=chain.preemphasis if in_signal else 0.0,
        first_has_previous=chain.preemphasis_scope == "valid",
        preparation=_preparation(chain, begin),
        spectrum_floor=chain.spectrum_floor,
        spectrum_offset=chain.spectrum_offset,
        filterbank=bank.core if bank else None,
        level=_level(chain) if level is None else level,
    )
    return Plan(
        core=core,
        n_fft=chain.n_fft,
        hop_length=chain.hop_length,
        frame_length=chain.counted_length,
        center=chain.padding == "center",
        padding=chain.padding_lengths,
        frame_count=chain.frame_count,
        pad_mode=before,
        n_features=core.n_features,
        warning=bank.warning if bank else None,
    )


build_configured = cached(maxsize=256)(build)


def _window_in_frame(chain: Parameters) -> tuple[int, NDArray[np.float64]]:
    """Return where the window begins in the frame, and its values there."""
    values = chain.window_values
    beside = chain.n_fft - len(values)
    begin = beside // 2 if chain.window_position == "center" else 0
    return begin, np.pad(values, (begin, beside - begin))


def _bank(chain: Parameters) -> Bank:
    weights, warning = filters(chain)
    core = _core.Filterbank(weights * chain.mel_gain, chain.precision)
    return Bank(core, len(weights), False, warning)


def _preparation(chain: Parameters, begin: int) -> _core.Preparation | None:
    """Return what happens to each frame, or None if it is only windowed."""
    emphasis = chain.preemphasis if chain.preemphasis_scope == "frame" else 0.0
    dither = chain.dither if chain.dither_scope == "frame" else 0.0
    if not (dither or chain.remove_dc_offset or emphasis or chain.use_energy):
        return None
    return _core.Preparation(
        begin=begin,
        length=chain.win_length or chain.n_fft,
        dither=dither,
        dither_seed=chain.dither_seed,
        remove_mean=chain.remove_dc_offset,
        preemphasis=emphasis,
        energy=chain.energy_of if chain.use_energy else "none",
        energy_gain=chain.mel_gain if chain.energy_of == "spectrum" else 1.0,
        energy_floor=chain.energy_floor,
        energy_last=chain.htk_compat,
    )


def _level(chain: Parameters) -> _core.Level | None:
    """Return what follows the bands."""
    low, high = chain.clip or (-math.inf, math.inf)
    affine: dict[str, Any] = {
        "shift": chain.shift,
        "gain": chain.gain,
        "low": low,
        "high": high,
    }
    if chain.log == "none":
        if (chain.shift, chain.gain, chain.clip) == (0.0, 1.0, None):
            return None
        return _core.Level(log="none", floor=-math.inf, reference=0.0, **affine)
    decibels = chain.log == "dB"
    # With its maximum as reference every item has the peak 0.
    peak = "item" if chain.ref == "max" and chain.peak == "batch" else chain.peak
    return _core.Level(
        log="log10" if decibels else chain.log,
        scale=10.0 if decibels else 1.0,
        floor=chain.log_floor,
        add=chain.log_offset,
        reference=None if chain.ref == "max" else chain.ref,
        range=chain.dynamic_range,
        scope=peak if isinstance(peak, str) else "fixed",
        fixed_peak=0.0 if isinstance(peak, str) else peak,
        **affine,
    )


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


def build_inverse(chain: Parameters) -> _core.Plan:
    """Make the plan of the inverse transform, whose offset is what is trimmed at the start."""
    return _core.Plan(
        n_fft=chain.n_fft,
        hop_length=chain.hop_length,
        offset=chain.padding_lengths[0],
        pad_mode="constant",
        window=_window_in_frame(chain)[1],
        precision=chain.precision,
        power=None,
        inverse=True,
    )
