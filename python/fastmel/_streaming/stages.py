"""What follows the chain, frame by frame: the stages of ``post.py`` and ``steps.py`` on a stream.

A stage is a function of its state and of new frames (n, features), which says what becomes of
them; `last` tells that no frame follows. What it says of a state it changes where that is the
cheapest: those to go back to are :meth:`Stage.saved`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core, steps
from .._base.arrays import Array, resized
from .._base.numerics import defined
from .._engine.config import MelConfig
from .._engine.pcen import pcen
from .._engine.post import cepstral_matrix, core_stage

_FRAMES = -2  # the axis


@dataclass(frozen=True)
class Reach:
    """Which frames of its input a frame of a stage's output is made of.

    Output frame j is made of the input frames up to ``j * stride + ahead``, `frames` of them, or
    of all before it if that is infinite.
    """

    stride: int = 1
    ahead: int = 0
    frames: float = 1

    def then(self, other: Reach) -> Reach:
        """Return the reach of `other` after this."""
        return Reach(
            self.stride * other.stride,
            other.ahead * self.stride + self.ahead,
            (other.frames - 1) * self.stride + self.frames,
        )


class Stage:
    """A stage; `frame_by_frame` ones have no state, and take any leading axes."""

    frame_by_frame: ClassVar[bool] = False
    reach = Reach()
    start: Any = None

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        """Return the next state, and the frames that are now certain."""
        raise NotImplementedError

    def saved(self, state: Any) -> Any:
        """Return a state as it is now, which can be pickled."""
        return state

    def resumed(self, saved: Any) -> Any:
        """Return a state that continues what :meth:`saved` returned."""
        return saved


class Each(Stage):
    """A function of each frame on its own."""

    frame_by_frame = True

    def __init__(self, function: Callable[[Array], Array]) -> None:
        self._function = defined(function)

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        return state, self._function(frames)


class Around(Stage):
    """A step whose frame t is made of the frames from ``t - before`` to ``t + after``."""

    def __init__(self, step: Callable[[Array], Array], before: int, after: int) -> None:
        self._step, self._before, self._after = step, before, after
        self.reach = Reach(ahead=after, frames=before + 1 + after)
        self.start = (None, 0)  # frames that are held, and how many of them are done

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        held, done = state
        held = _joined(held, frames)
        end = len(held) if last else max(done, len(held) - self._after)
        # What is wrong at the edges of the part is at the edges of the signal, or is not taken.
        some = held if len(held) else np.zeros((1, held.shape[-1]), held.dtype)
        result = self._step(some)[done:end]
        forgotten = max(0, end - self._before)
        return (held[forgotten:].copy(), end - forgotten), result


class Blocks(Stage):
    """A step on blocks of `size` frames, one every `hop`; an incomplete last one is left out."""

    def __init__(
        self, step: Callable[[Array], Array], size: int, hop: int, reach: Reach | None = None
    ) -> None:
        self._step, self._size, self._hop = step, size, hop
        self.reach = reach or Reach(hop, size - 1, size)
        self.start = (None, 0)  # frames that are held, and how many are not wanted before them

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        held, skipped = state
        held = _joined(held, frames)
        now = min(skipped, len(held))
        held, skipped = held[now:], skipped - now
        blocks = max(0, 1 + (len(held) - self._size) // self._hop)
        result = self._step(held[: max(0, (blocks - 1) * self._hop + self._size)])
        used = blocks * self._hop
        skipped += max(0, used - len(held))
        return (held[used:].copy(), skipped), result


class Appended(Stage):
    """Frames of a value after the last, so that there are as many as the step says; or a cut."""

    def __init__(self, step: steps.FeatureStep, value: float, most: float = math.inf) -> None:
        self._step, self._value, self._most = step, value, most
        self.start = 0  # frames so far

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        count = state + len(frames)
        given = min(state, self._most)
        kept = frames[: int(min(count, self._most) - given)]
        if not last:
            return count, kept
        missing = self._step.n(count) - int(min(count, self._most))
        return count, resized(kept, len(kept) + missing, self._value, axis=-2)


class Stacked(Stage):
    """Frames that are joined, as a configuration says."""

    def __init__(self, config: MelConfig) -> None:
        self._config = config
        self._size, self._stride = config.stack, config.stack_stride or config.stack
        left = config.stack_left
        self.reach = Reach(self._stride, self._size - 1 - left, self._size)
        # Frames that are held, and are not wanted before them; that came, and joined ones given.
        self.start = (None, 0, 0, 0)

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        held, skipped, count, given = state
        size, stride, tail = self._size, self._stride, self._config.stack_tail
        if count == 0 and len(frames):
            held = np.repeat(frames[:1], self._config.stack_left, axis=0)
        held = _joined(held, frames)
        now = min(skipped, len(held))
        held, skipped, count = held[now:], skipped - now, count + len(frames)
        if last:
            end = max(given, self._config.stacked_frames(count))
            missing = (end - given - 1) * stride + size - len(held)
            if missing > 0 and end > given:
                value = held[-1:] if tail == "edge" else np.full_like(held[:1], tail)
                held = np.concatenate([held, np.repeat(value, missing, axis=0)])
        else:
            end = given + max(0, 1 + (len(held) - size) // stride)
            if tail != "drop":  # a stride that has begun counts, and no more
                end = min(end, max(given, -(-count // stride)))
        n = end - given
        windows = held[stride * np.arange(n)[:, np.newaxis] + np.arange(size)]
        used = n * stride
        state = (held[used:].copy(), skipped + max(0, used - len(held)), count, end)
        return state, windows.reshape(n, size * held.shape[-1])


class Pcen(Stage):
    """Per-channel energy normalisation, whose state is its smoother's."""

    reach = Reach(frames=math.inf)

    def __init__(self, config: MelConfig) -> None:
        self._how: dict[str, Any] = {
            "sr": config.sample_rate,
            "hop_length": config.hop_length,
            "gain": config.pcen_gain,
            "bias": config.pcen_bias,
            "power": config.pcen_power,
            "time_constant": config.pcen_time_constant,
            "eps": config.pcen_eps,
            "axis": _FRAMES,
        }

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        if not len(frames):
            return state, frames
        result, state = pcen(frames, **self._how, zi=state, return_zf=True)
        return state, result.astype(frames.dtype)


class Sliding(Stage):
    """Normalisation by the statistics of a window around each frame, whose sums are held."""

    def __init__(self, config: MelConfig) -> None:
        assert config.normalize_window is not None
        before, after = config.normalize_window
        self._how: dict[str, Any] = {
            "before": before,
            "after": after,
            "least": config.normalize_min_window,
            "divide": config.normalize == "mean_std",
            "ddof": config.normalize_ddof,
            "eps": config.normalize_eps,
            "eps_to": config.normalize_eps_to,
        }
        self.reach = Reach(ahead=after, frames=before + 1 + after)

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        if state is None:
            state = self._made(frames.shape[-1])
        return state, state.push(frames, last)

    def saved(self, state: Any) -> Any:
        return None if state is None else state.state()

    def resumed(self, saved: Any) -> Any:
        if saved is None:
            return None
        *_, origins, _ = saved
        state = self._made(len(origins))
        state.restore(saved)
        return state

    def _made(self, width: int) -> _core.SlidingNormalizer:
        return _core.SlidingNormalizer(width=width, **self._how)


class Peak(Stage):
    """The level below a peak: of the largest value so far, or of a number."""

    def __init__(self, config: MelConfig, peak: float | None) -> None:
        self._config, self._peak = config, peak
        self.reach = Reach(frames=math.inf if peak is None else 1)
        self.start = -math.inf if peak is None else peak

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        config = self._config
        peak, state = _peaks(state, frames, self._peak is None)
        if config.ref == "max":
            frames -= peak
            peak = np.zeros_like(peak)
        if config.dynamic_range is not None:
            np.maximum(frames, peak - frames.dtype.type(config.dynamic_range), out=frames)
        frames += frames.dtype.type(config.shift)
        frames *= frames.dtype.type(config.gain)
        if config.clip is not None:
            np.clip(frames, *config.clip, out=frames)
        return state, frames


class Floor(Stage):
    """``FloorBelowMaximum``, with the largest value so far, or a number, for the maximum."""

    def __init__(self, step: steps.FloorBelowMaximum, peak: float | None) -> None:
        self._distance, self._peak = step.distance, peak
        self.reach = Reach(frames=math.inf if peak is None else 1)
        self.start = -math.inf if peak is None else peak

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        peak, state = _peaks(state, frames, self._peak is None)
        floored: Array = np.maximum(frames, peak - frames.dtype.type(self._distance))
        return state, floored


def _peaks(state: float, values: Array, running: bool) -> tuple[Array, float]:
    """Return the peak of each frame as a column, and that of the last one."""
    peaks = np.full(len(values), state)
    if running and len(values):
        peaks = np.maximum.accumulate(np.append(state, values.max(axis=-1)))[1:]
        state = float(peaks[-1])
    return peaks.astype(values.dtype)[:, np.newaxis], state


class RunningNormalization(Stage):
    """Each frame by the statistics of the frames so far, itself included."""

    reach = Reach(frames=math.inf)

    def __init__(self, config: MelConfig) -> None:
        self._config = config

    def __call__(self, state: Any, frames: Array, last: bool) -> tuple[Any, Array]:
        if not len(frames):
            return state, frames
        config, every = self._config, self._config.normalize_axis == "all"
        x = frames.astype(np.float64)
        if state is None:
            # Of the differences from the first frame: values that are equal have no variance then.
            state = ((x[0, 0] if every else x[0].copy()), 0, 0.0, 0.0)
        origin, count, sums, squares = state
        x -= origin
        n = (count + 1 + np.arange(len(x)))[:, np.newaxis] * (x.shape[-1] if every else 1)
        total, total2 = _running(sums, x, every), _running(squares, x * x, every)
        mean = total / n
        y = x - mean
        if config.normalize == "mean_std":
            variance = np.maximum(total2 - n * mean * mean, 0)
            variance /= np.maximum(n - config.normalize_ddof, 1)
            y /= _divisor(variance, config.normalize_eps, config.normalize_eps_to)
        state = (origin, count + len(x), total[-1], total2[-1])
        return state, y.astype(frames.dtype)


def _running(before: ArrayLike, x: NDArray[np.float64], every: bool) -> NDArray[np.float64]:
    """Return the sums of the frames so far, one after the other, so that no cut changes them."""
    if every:
        x = np.add.accumulate(x, axis=-1)[:, -1:]
    first = np.broadcast_to(before, (1, x.shape[-1]))
    sums: NDArray[np.float64] = np.add.accumulate(np.concatenate([first, x]), axis=0)[1:]
    return sums


def _divisor(variance: NDArray[np.float64], eps: float, eps_to: str) -> NDArray[np.float64]:
    if eps_to == "std":
        divisor = np.sqrt(variance) + eps
    elif eps_to == "variance":
        divisor = np.sqrt(variance + eps)
    else:
        divisor = np.maximum(np.sqrt(variance), eps)
    return np.where(divisor == 0, 1, divisor)


def _joined(held: Array | None, frames: Array) -> Array:
    return frames if held is None or not len(held) else np.concatenate([held, frames])


def stages_of(config: MelConfig, peak: Any, normalize: object) -> list[Stage]:
    """Return what follows the core's chain, `peak` and `normalize` as in ``FrontEnd.stream``."""
    stages: list[Stage] = []
    given = None if peak == "running" else peak
    if level_refers_to_peak(config):
        stages.append(Peak(config, given))
    if config.n_mfcc is not None:
        matrix = _core.Filterbank(cepstral_matrix(config), "double")
        stages.append(Each(core_stage(cepstra=matrix)))
    if config.normalize == "pcen":
        stages.append(Pcen(config))
    elif config.normalize_window is not None:
        stages.append(Sliding(config))
    elif normalize == "running":
        stages.append(RunningNormalization(config))
    if config.stacks:
        stages.append(Stacked(config))
    shift, gain = config.feature_shift or (), config.feature_gain or ()
    half = config.dtype == "float16"
    if shift or gain or half:
        stages.append(Each(core_stage(shift=shift, gain=gain, half=half)))
    return [*stages, *(_step(step, given) for step in config.after)]


def refers_to_peak(config: MelConfig) -> bool:
    """Whether a configuration needs a maximum that nobody knows before the end."""
    floors = any(isinstance(step, steps.FloorBelowMaximum) for step in config.after)
    return floors or level_refers_to_peak(config)


def level_refers_to_peak(config: MelConfig) -> bool:
    """Whether its level does."""
    of_range = config.dynamic_range is not None and isinstance(config.peak, str)
    return config.log != "none" and (config.ref == "max" or of_range)


def _step(step: steps.FeatureStep, peak: float | None) -> Stage:
    match step:
        case steps.FloorBelowMaximum():
            return Floor(step, peak)
        case steps.AppendFrames() | steps.PadFramesToMultiple():
            return Appended(step, step.value)
        case steps.PadOrTrimFrames():
            return Appended(step, step.value, step.n_frames)
        case steps.CutFramesToMultiple():
            n = step.frames
            return Blocks(lambda frames: frames, n, n, Reach(ahead=n - 1))
        case steps.StackFrames():
            return Blocks(step, step.frames, step.frames)
        case steps.Patches():
            return Blocks(step, step.frames, step.hop)
        case steps.Deltas():
            reach = step.order * ((step.window - 1) // 2)
            return Around(step, reach, reach)
        case steps.ContextWindow():
            return Around(step, step.before, step.after)
        case steps.HalfPrecisionLog():
            return Each(step)
    raise ValueError(
        f"after: a stream does not know which frames {type(step).__name__} is made of; stream "
        "fe.replace(after=()), and call the step on what it returns"
    )


# Steps that leave the samples as they are, and add some after the last, or cut there.
_APPENDING = (steps.PadOrTrim, steps.AppendSamples, steps.PadToMultiple, steps.PadToPatches)


def whole_signal(config: MelConfig, peak: Any, normalize: object) -> str | None:
    """Return why a configuration needs the whole signal, and what to do instead; None if not."""
    for step in config.before:
        if not isinstance(step, (*_APPENDING, steps.RepeatAndPad)):
            raise ValueError(
                f"before: a stream does not know what {type(step).__name__} does to samples to "
                "come; stream fe.replace(before=()), and push what the step returns"
            )
    if any(isinstance(step, steps.RepeatAndPad) for step in config.before):
        return "RepeatAndPad in `before` repeats all of it; fe.replace(before=()) does without"
    if refers_to_peak(config) and peak is None:
        return (
            'it refers to the maximum of all of it; stream(peak="running") takes the maximum so '
            "far, and stream(peak=...) a number that you expect"
        )
    of_all = config.normalize in ("mean", "mean_std") and config.normalize_window is None
    if of_all and normalize is None:
        return (
            'its features are normalised by the mean of all of it; stream(normalize="running") '
            "takes the statistics so far, and fe.replace(normalize=None, feature_shift=..., "
            "feature_gain=...) given ones"
        )
    return None
