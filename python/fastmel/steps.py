"""What a front end does before and after the chain: padding, tiling, frames that are added or cut.

Most models need none of this. Where one does, its configuration names the steps: `before` the chain
and `after` it. A step is a small value; it is called on an array, and :meth:`~Step.n` says what
becomes of a length.

A :class:`SampleStep` acts on the last axis, of shape (..., n_samples). A :class:`FeatureStep` acts
on the last two, of shape (..., frames, features), whatever the layout of the front end is.

Examples
--------
>>> import numpy as np
>>> from fastmel import steps
>>> steps.PadOrTrim(480000)(np.zeros(16000, np.float32)).shape
(480000,)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Annotated, TypeAlias

import numpy as np

from . import _core
from ._base.arrays import Array, resized
from ._base.cache import cached
from ._base.fields import Count, Limits, Natural
from ._base.step import FeatureStep, SampleStep, Step

__all__ = [
    "AppendFrames",
    "AppendSamples",
    "ContextWindow",
    "CutFramesToMultiple",
    "Deltas",
    "FeatureStep",
    "FloorBelowMaximum",
    "HalfPrecisionLog",
    "PadFramesToMultiple",
    "PadOrTrim",
    "PadOrTrimFrames",
    "PadToMultiple",
    "PadToPatches",
    "Patches",
    "RepeatAndPad",
    "SampleStep",
    "StackFrames",
    "Step",
]
__dir__ = __all__.copy


# Lengths that a result is given, whatever its signal: six hours at 48 kHz, days of frames. And
# the frames that each frame is made of. A wrong number is an error instead of a full memory.
_Samples: TypeAlias = Annotated[int, Limits(least=1, most=2**30)]
_Frames: TypeAlias = Annotated[int, Limits(least=1, most=2**24)]
_Joined: TypeAlias = Annotated[int, Limits(least=1, most=2**16)]
_Around: TypeAlias = Annotated[int, Limits(least=0, most=2**10)]


def _up(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple


# --- on samples -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class PadOrTrim(SampleStep):
    """Zeros at the end, or a cut, so that there are `n_samples` samples.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import PadOrTrim
    >>> PadOrTrim(4)(np.array([1.0, 2.0]))
    array([1., 2., 0., 0.])
    """

    n_samples: _Samples

    def _n(self, count: int) -> int:
        return self.n_samples

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n_samples, 0, axis=-1)


@dataclass(frozen=True)
class AppendSamples(SampleStep):
    """Add `samples` zeros at the end; with `every`, only after lengths that leave `remainder`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import AppendSamples
    >>> AppendSamples(2)(np.array([1.0]))
    array([1., 0., 0.])
    >>> AppendSamples(1, every=4, remainder=2).n(6), AppendSamples(1, every=4, remainder=2).n(7)
    (7, 7)
    """

    samples: _Samples
    every: Count = 1
    remainder: Natural = 0

    def _n(self, count: int) -> int:
        return count + self.samples * (count % self.every == self.remainder)

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n(array.shape[-1]), 0, axis=-1)


@dataclass(frozen=True)
class PadToMultiple(SampleStep):
    """Zeros at the end up to a multiple of `samples`, and to `least` samples at least.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import PadToMultiple
    >>> PadToMultiple(3)(np.ones(4))
    array([1., 1., 1., 1., 0., 0.])
    """

    samples: _Samples
    least: Annotated[int, Limits(least=0, most=2**30)] = 0

    def _n(self, count: int) -> int:
        return _up(max(count, self.least), self.samples)

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n(array.shape[-1]), 0, axis=-1)


@dataclass(frozen=True)
class PadToPatches(SampleStep):
    """Zeros at the end, up to `first` samples and a whole number of `hop` samples beyond them.

    Examples
    --------
    >>> from fastmel.steps import PadToPatches
    >>> PadToPatches(15600, 7680).n(100), PadToPatches(15600, 7680).n(15601)
    (15600, 23280)
    """

    first: _Samples
    hop: _Samples

    def _n(self, count: int) -> int:
        return self.first + _up(max(0, count - self.first), self.hop)

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n(array.shape[-1]), 0, axis=-1)


@dataclass(frozen=True)
class RepeatAndPad(SampleStep):
    """As many whole copies as fit into `n_samples`, then zeros; longer signals stay as they are.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import RepeatAndPad
    >>> RepeatAndPad(5)(np.array([1.0, 2.0]))
    array([1., 2., 1., 2., 0.])
    """

    n_samples: _Samples

    def _n(self, count: int) -> int:
        return max(count, self.n_samples)

    def _apply(self, array: Array) -> Array:
        count = array.shape[-1]
        if count == 0:
            raise ValueError("y is empty; there is nothing to repeat")
        copies = np.concatenate([array] * max(1, self.n_samples // count), axis=-1)
        return resized(copies, self.n(count), 0, axis=-1)


# --- on features ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class AppendFrames(FeatureStep):
    """Add `frames` frames of `value` at the end.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import AppendFrames
    >>> AppendFrames(1, 0.0)(np.ones((2, 3))).tolist()
    [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]
    """

    frames: _Frames
    value: float = 0.0

    def _n(self, count: int) -> int:
        return count + self.frames

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n(array.shape[-2]), self.value, axis=-2)


@dataclass(frozen=True)
class PadOrTrimFrames(FeatureStep):
    """Frames of `value` at the end, or a cut, so that there are `n_frames` frames.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import PadOrTrimFrames
    >>> PadOrTrimFrames(1024, 0.0)(np.ones((7, 128))).shape
    (1024, 128)
    """

    n_frames: _Frames
    value: float = 0.0

    def _n(self, count: int) -> int:
        return self.n_frames

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n_frames, self.value, axis=-2)


@dataclass(frozen=True)
class PadFramesToMultiple(FeatureStep):
    """Frames of `value` at the end, up to a multiple of `frames`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import PadFramesToMultiple
    >>> PadFramesToMultiple(16)(np.ones((17, 80))).shape
    (32, 80)
    """

    frames: _Frames
    value: float = 0.0

    def _n(self, count: int) -> int:
        return _up(count, self.frames)

    def _apply(self, array: Array) -> Array:
        return resized(array, self.n(array.shape[-2]), self.value, axis=-2)


@dataclass(frozen=True)
class CutFramesToMultiple(FeatureStep):
    """Leave out what exceeds a multiple of `frames`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import CutFramesToMultiple
    >>> CutFramesToMultiple(2)(np.ones((17, 80))).shape
    (16, 80)
    """

    frames: Count

    def _n(self, count: int) -> int:
        return count - count % self.frames

    def _apply(self, array: Array) -> Array:
        return array[..., : self.n(array.shape[-2]), :]


@dataclass(frozen=True)
class FloorBelowMaximum(FeatureStep):
    """Raise every value to the maximum of the item less `distance`.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import FloorBelowMaximum
    >>> FloorBelowMaximum(2.0)(np.array([[0.0, 1.0, 5.0]]))
    array([[3., 3., 5.]])
    """

    distance: float

    def _apply(self, array: Array) -> Array:
        if array.size == 0:
            return array
        floor = array.max(axis=(-2, -1), keepdims=True) - array.dtype.type(self.distance)
        floored: Array = np.maximum(array, floor)
        return floored


@dataclass(frozen=True)
class Deltas(FeatureStep):
    """Append the slope over time of each feature, with copies of the first and last frame.

    The slope is that of the least-squares line through `window` frames (at least 3; an even number
    means one less): ``sum(k * (x[t + k] - x[t - k])) / (2 * sum(k * k))``, k from 1 to
    ``(window - 1) // 2``. With ``order=2`` the slope of the slope follows it.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import Deltas
    >>> Deltas(3)(np.array([[1.0], [2.0], [4.0]]))
    array([[1. , 0.5],
           [2. , 1.5],
           [4. , 1. ]])
    """

    window: Annotated[int, Limits(least=3, most=2**10)] = 5
    order: Annotated[int, Limits(least=1, most=16)] = 1

    def width(self, features: int) -> int:
        """Return the features and their slopes."""
        return features * (1 + self.order)

    def _apply(self, array: Array) -> Array:
        orders = [array]
        for _ in range(self.order):
            orders.append(self._slope(orders[-1]))
        return np.concatenate(orders, axis=-1)

    def _slope(self, array: Array) -> Array:
        reach, frames = (self.window - 1) // 2, array.shape[-2]
        if frames == 0:
            return array
        widths = [(0, 0)] * (array.ndim - 2) + [(reach, reach), (0, 0)]
        padded = np.pad(array, widths, mode="edge")
        slope = np.zeros_like(array)
        for k in range(1, reach + 1):
            later, earlier = reach + k, reach - k
            slope += k * (
                padded[..., later : later + frames, :] - padded[..., earlier : earlier + frames, :]
            )
        slope /= 2 * sum(k * k for k in range(1, reach + 1))
        return slope


@dataclass(frozen=True)
class ContextWindow(FeatureStep):
    """Put the values of a feature in the frames around a frame side by side, feature by feature.

    Frames before the first and after the last are zeros.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import ContextWindow
    >>> ContextWindow(1, 0)(np.array([[1.0, 10.0], [2.0, 20.0]]))
    array([[ 0.,  1.,  0., 10.],
           [ 1.,  2., 10., 20.]])
    """

    before: _Around
    after: _Around

    def width(self, features: int) -> int:
        """Return the features of all frames in the window."""
        return features * (self.before + 1 + self.after)

    def _apply(self, array: Array) -> Array:
        *leading, frames, width = array.shape
        span = self.before + 1 + self.after
        if frames == 0:
            return array.repeat(span, axis=-1)
        padded = np.pad(array, [(0, 0)] * len(leading) + [(self.before, self.after), (0, 0)])
        around = np.lib.stride_tricks.sliding_window_view(padded, span, axis=-2)
        return around[..., :frames, :, :].reshape(*leading, frames, width * span)


@dataclass(frozen=True)
class HalfPrecisionLog(FeatureStep):
    """Take ``log10(scale * x + 1)`` in float16, where products beyond 65504 become infinite.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import HalfPrecisionLog
    >>> HalfPrecisionLog(10000.0)(np.array([[0.0, 1.0]]))
    array([[0., 4.]], dtype=float16)
    """

    scale: float

    def _apply(self, array: Array) -> Array:
        with np.errstate(over="ignore"):
            half = array.astype(np.float16, copy=False)
        log: Array = _log_of_halves(self.scale)[half.view(np.uint16)]
        return log


@cached(maxsize=8)
def _log_of_halves(scale: float) -> Array:
    """Return ``log10(scale * x + 1)`` of every half x, by its bits.

    The logarithm is the core's: NumPy's depends on the machine.
    """
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16)
    with np.errstate(over="ignore", invalid="ignore"):
        log = (np.float16(scale) * halves + np.float16(1)).astype(np.float64)
        _core.function("log10", log, log)
        half: Array = log.astype(np.float16)
        return half


@dataclass(frozen=True)
class Patches(FeatureStep):
    """Cut the features into patches of `frames` frames, one every `hop` frames.

    An incomplete last one is left out. The result has one axis more: its shape is
    (..., patches, frames, features), and :meth:`n` counts patches.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import Patches
    >>> Patches(96, 48)(np.zeros((200, 64))).shape
    (3, 96, 64)
    """

    frames: _Frames
    hop: Count

    _adds_axis = True

    def _n(self, count: int) -> int:
        return max(0, 1 + (count - self.frames) // self.hop)

    def _apply(self, array: Array) -> Array:
        starts = self.hop * np.arange(self.n(array.shape[-2]))
        return array[..., starts[:, np.newaxis] + np.arange(self.frames), :]


@dataclass(frozen=True)
class StackFrames(FeatureStep):
    """Join `frames` frames to one; an incomplete last one is left out.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.steps import StackFrames
    >>> StackFrames(2)(np.ones((5, 80))).shape
    (2, 160)
    """

    frames: _Joined

    def width(self, features: int) -> int:
        """Return the features of the joined frames."""
        return features * self.frames

    def _n(self, count: int) -> int:
        return count // self.frames

    def _apply(self, array: Array) -> Array:
        *leading, count, width = array.shape
        whole = array[..., : self.n(count) * self.frames, :]
        return whole.reshape(*leading, self.n(count), self.frames * width)


def stages_of(after: Iterable[FeatureStep]) -> list[Callable[[Array], Array]]:
    """Return what steps do; frames of one value that several add are added at once."""
    stages: list[Callable[[Array], Array]] = []
    for value, group in groupby(after, _added):
        steps = list(group)
        if value is None or len(steps) == 1:
            stages += steps
        else:
            stages.append(partial(_with_frames, steps, float(value)))
    return stages


def _added(step: FeatureStep) -> str | None:
    """Return the value of the frames that a step adds, its sign included."""
    if type(step) is AppendFrames or type(step) is PadFramesToMultiple:
        return repr(step.value)
    return None


def _with_frames(steps: list[FeatureStep], value: float, array: Array) -> Array:
    n = array.shape[-2]
    for step in steps:
        n = step.n(n)
    return resized(array, n, value, axis=-2)
