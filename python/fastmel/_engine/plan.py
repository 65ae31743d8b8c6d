"""Plans: configurations, and librosa's arguments, made ready to run, shared by all threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array, check_finite, pcm_to_float
from .._base.cache import cached
from .._base.checks import naming_item
from .._base.threads import resolve_workers
from .config import MelConfig
from .framing import center_padding, n_frames


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
        return n_frames(
            n_samples, self.frame_length, self.hop_length, self.padding, self.frame_count
        )


@cached(maxsize=256)
def build_configured(config: MelConfig) -> Plan:
    """Make the plan of a configuration, from samples to the affine map, as the core reads it."""
    read = _core.Config(vars(config))
    filterbank, warning = read.filterbank()
    core = read.plan(config.window_values, filterbank)
    modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,)
    return Plan(
        core=core,
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        frame_length=config.counted_length,
        center=config.padding == "center",
        padding=config.padding_lengths,
        frame_count=config.frame_count,
        pad_mode=modes[0],
        n_features=core.n_features,
        warning=warning,
    )


class Framing(NamedTuple):
    """How a transform cuts a signal, in librosa's terms."""

    n_fft: int
    hop_length: int
    window: NDArray[np.float64]  # centred in the frame
    center: bool

    @property
    def padding(self) -> int:
        """Samples that are added on each side."""
        return center_padding(self.n_fft) if self.center else 0

    def plan(self, precision: str, **how: Any) -> _core.Plan:
        """Make the core's plan of it; `how` is what else the core is told."""
        beside = self.n_fft - len(self.window)
        return _core.Plan(
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            offset=self.padding,
            window=np.pad(self.window, (beside // 2, beside - beside // 2)),
            precision=precision,
            **how,
        )


def build(
    framing: Framing,
    precision: str,
    *,
    power: float | None,
    pad_mode: str = "constant",
    bank: Bank | None = None,
    level: _core.Level | None = None,
) -> Plan:
    """Make the plan of a spectrum, complex without `power`, or of its bands, as librosa's are."""
    core = framing.plan(
        precision,
        power=power,
        pad_mode=pad_mode,
        filterbank=bank.core if bank else None,
        level=level,
    )
    return Plan(
        core=core,
        n_fft=framing.n_fft,
        hop_length=framing.hop_length,
        frame_length=framing.n_fft,
        center=framing.center,
        padding=(framing.padding, framing.padding),
        frame_count="whole",
        pad_mode=pad_mode,
        n_features=core.n_features,
        warning=bank.warning if bank else None,
    )


def run(plan: Plan, y: Array, out: Array, workers: int | None) -> None:
    """Run a plan over `y` (..., n) into `out` (..., features, frames).

    NaN and infinity are a ValueError: the core notices them in the transform, at no cost; `y`
    itself is only searched then, because finite samples can overflow as well.
    """
    if plan.pad_mode == "linear_ramp":
        y = pcm_to_float(y)  # a ramp of integers would be one of steps
    workers = resolve_workers(workers, out.size // plan.n_features * plan.n_fft)
    if plan.core.run(y, out, workers):
        check_finite(y)


def run_items(plan: Plan, signals: list[Array], outs: list[Array], workers: int) -> None:
    """Run a plan over signals (n,), each into its output (features, frames), as one job.

    Each is computed as by a call on it alone; errors name the item.
    """
    if plan.pad_mode == "linear_ramp":
        signals = [pcm_to_float(y) for y in signals]
    bad = plan.core.run_items(signals, outs, workers)
    if bad < 0:
        return
    for i in range(bad, len(signals)):
        with naming_item(i):
            check_finite(signals[i])
