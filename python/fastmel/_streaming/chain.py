"""What a stream of a front end computes: the core's plan, what precedes it, what follows it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .. import _core, steps
from .._base.arrays import REAL, Array, Dtype, Memory, as_samples
from .._base.cache import cached
from .._base.checks import brief, number
from .._engine.compute import Computation
from .._engine.config import MelConfig
from .._engine.dither import dithered
from .._engine.plan import build_configured
from .snapshot import Snapshot
from .stages import (
    Reach,
    Stage,
    level_refers_to_peak,
    refers_to_peak,
    stages_of,
    whole_signal,
)

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


class Delay(NamedTuple):
    """A stretch of time."""

    samples: float
    seconds: float


class Samples(NamedTuple):
    """What came before the chain: samples taken, and passed on to it, and their type."""

    taken: int = 0
    passed: int = 0
    dtype: Any = None


class Chain:
    """What the streams of a front end share; one that needs the whole signal is a ValueError."""

    def __init__(
        self, config: MelConfig, name: str, least: tuple[int, int], peak: Any, normalize: object
    ) -> None:
        reason = whole_signal(config, peak, normalize)
        if reason:
            raise ValueError(f"{name} needs the whole signal, and cannot stream: {reason}")
        self.config, self.stages = _split(config, peak, normalize)
        plan = build_configured(self.config)
        before, after = config.padding_lengths
        self.core = _core.StreamPlan(
            plan.core,
            frame_count=config.frame_count,
            frame_length=config.counted_length,
            before=before,
            after=after,
        )
        self.n_features = plan.n_features
        self.needs, self.reflects = least
        self.before = config.before
        self.most = min(
            (step.n_samples for step in config.before if isinstance(step, steps.PadOrTrim)),
            default=math.inf,
        )
        modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,)
        self.ramp = "linear_ramp" in modes
        self.dithers = config.dither != 0 and config.dither_scope == "signal"
        # Whether the core takes the samples as they come, and gives the result.
        self.takes_samples = not (self.before or self.dithers or self.ramp)
        self.frames_first = bool(self.stages) or config.layout == "time_mel"
        self.wide = None if config.dtype is None else config.dtype == "float64"

    def delays(self) -> tuple[Delay, Delay]:
        """Return how far a frame reaches ahead, and how long the stretch is that it is made of."""
        reach = Reach()
        for stage in self.stages:
            reach = reach.then(stage.reach)
        hop, rate = self.config.hop_length, self.config.sample_rate
        latency = self.core.latency + reach.ahead * hop
        context = self.core.context + (reach.frames - 1) * hop
        return Delay(latency, latency / rate), Delay(context, context / rate)

    def prepared(self, samples: Array, state: Samples) -> tuple[Array, Samples]:
        """Return what of the next samples goes to the core."""
        if self.takes_samples:
            return samples, state
        count = samples.shape[0]
        passed = samples[: int(min(count, max(0, self.most - state.taken)))]
        return self._noisy(
            passed, state, state.taken + count, samples.dtype if count else state.dtype
        )

    def completed(self, state: Samples) -> tuple[Array | None, Samples]:
        """Return what the steps before the chain add after the last sample."""
        count = state.taken
        for step in self.before:
            count = step.n(count)
        missing = count - state.passed
        if missing <= 0:
            return None, state
        dtype = state.dtype or np.dtype(np.float32)
        return self._noisy(np.zeros(missing, dtype), state, state.taken, dtype)

    def _noisy(
        self, samples: Array, state: Samples, taken: int, dtype: Dtype | None
    ) -> tuple[Array, Samples]:
        if state.dtype is not None and dtype != state.dtype:
            raise ValueError(
                f"chunk must have the dtype of the samples before it, {state.dtype}; got {dtype}"
            )
        if self.ramp and dtype is not None and dtype not in REAL:
            raise TypeError(
                f'chunk must be float32 or float64, for pad_mode="linear_ramp"; got {dtype}'
            )
        after = Samples(taken, state.passed + samples.shape[0], dtype)
        if self.dithers and samples.size:
            samples = dithered(samples, self.config, state.passed)
        return samples, after

    def finished(self, states: tuple[Any, ...], frames: Array, last: bool) -> tuple[Any, Array]:
        """Return the next states of the stages, and the frames that leave the last of them."""
        after = []
        for stage, state in zip(self.stages, states, strict=True):
            state, frames = stage(state, frames, last)
            after.append(state)
        return tuple(after), frames

    def has_frames(self, n_samples: int) -> bool:
        """Whether a signal of so many samples is one that a call takes, frames or not.

        One that has frames, and is too short to be reflected at its edges, is a ValueError.
        """
        for step in self.before:
            n_samples = step.n(n_samples)
        if n_samples <= self.reflects and self.core.total(n_samples) > 0:
            raise ValueError(
                f"the signal has {n_samples} samples; reflection at its edges needs more than "
                f"{self.reflects}: push more of it, or reset()"
            )
        return n_samples >= self.needs

    def start(self) -> tuple[Any, ...]:
        return tuple(stage.start for stage in self.stages)

    def saved(self, states: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return states as they are now, to be kept."""
        return tuple(stage.saved(s) for stage, s in zip(self.stages, states, strict=True))

    def resumed(self, saved: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return states that continue what :meth:`saved` returned."""
        return tuple(stage.resumed(s) for stage, s in zip(self.stages, saved, strict=True))

    def in_layout(self, frames: Array) -> Array:
        """Return finished frames (..., frames, features) in the layout, in C order."""
        if self.config.layout == "time_mel" or not self.stages:
            return frames
        return np.ascontiguousarray(frames.swapaxes(-1, -2))


class OfFrontEnd(Snapshot):
    """A stream, or streams, of a front end."""

    __slots__ = ()

    _chain: Chain

    @property
    def front_end(self) -> FrontEnd:
        """The front end whose features these are."""
        front_end: FrontEnd = self._how[0]
        return front_end

    @property
    def latency(self) -> Delay:
        """How far a frame reaches ahead; see :class:`Stream`."""
        return self._chain.delays()[0]

    @property
    def context(self) -> Delay:
        """The stretch of a signal that a frame is made of; see :class:`Stream`."""
        return self._chain.delays()[1]


def _split(config: MelConfig, peak: Any, normalize: object) -> tuple[MelConfig, list[Stage]]:
    """Return what of a configuration is the core's on a stream, and the stages that follow it."""
    if level_refers_to_peak(config) and peak != "running" and config.ref != "max":
        config = config.replace(peak=peak)  # a level like others
    stages = stages_of(config, peak, normalize)
    if level_refers_to_peak(config):
        config = config.replace(ref=1.0, dynamic_range=None, shift=0.0, gain=1.0, clip=None)
    return config, stages


def chunk_samples(chunk: Memory) -> Array:
    samples = as_samples(chunk, "chunk")
    if samples.ndim != 1:
        raise ValueError(
            f"chunk must have one axis; got shape {samples.shape}: mix the channels, or stream each"
        )
    return samples


def chain_of(front_end: Computation, peak: Any, normalize: object) -> Chain:
    """Return the chain of a front end's streams, checked, from the cache."""
    if not isinstance(front_end, Computation):
        raise TypeError(f"front_end must be a FrontEnd; got {type(front_end).__name__}")
    if isinstance(peak, str) and peak != "running":
        raise ValueError(f'peak={brief(peak)} must be "running" or a number')
    if peak is not None and not isinstance(peak, str):
        peak = number("peak", peak)
    if normalize is not None and not (isinstance(normalize, str) and normalize == "running"):
        raise ValueError(f'normalize={brief(normalize)} must be None or "running"')
    config = front_end.config
    name = f"front end {front_end.name!r}" if front_end.name else "this front end"
    if peak is not None and not refers_to_peak(config):
        raise ValueError(f"peak={brief(peak)} has no effect: {name} refers to no maximum")
    of_all = config.normalize in ("mean", "mean_std") and config.normalize_window is None
    if normalize is not None and not of_all:
        raise ValueError(
            f"normalize={brief(normalize)} has no effect: {name} is not normalised over the whole "
            "signal"
        )
    return _chain(config, name, (front_end._needs, front_end._reflects), peak, normalize)


@cached(maxsize=64)
def _chain(
    config: MelConfig, name: str, least: tuple[int, int], peak: Any, normalize: object
) -> Chain:
    return Chain(config, name, least, peak, normalize)
