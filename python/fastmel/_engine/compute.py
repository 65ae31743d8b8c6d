"""What a front end does with samples: the steps before the chain, the chain, and what follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .._base.arrays import REAL, Array, Dtype, Memory, as_samples, check_out, is_wide, pcm_to_float
from .._base.cache import cached
from .._base.checks import flag, number
from .config import MelConfig
from .dither import dithered
from .expected import LOUD, too_loud
from .framing import shortest_signal
from .plan import Plan, build_configured, run
from .post import post_stages


class Computation:
    """A configuration made ready to run; does not change."""

    config: MelConfig
    _plan: Plan
    _post: tuple[Callable[[Array], Array], ...]
    # Least samples of a signal, and how many it must exceed for its reflection.
    _needs: int
    _reflects: int
    _least: int  # by both
    # What the chain writes, of samples that are float64 and of others.
    _dtypes: tuple[Dtype, Dtype]
    _frames_first: bool
    # Samples that pre-emphasis takes from a signal.
    _lost: int
    # Its name in the catalogue, and whether floats have to be in [-1, 1].
    name: str | None
    _unit: bool

    def _make_ready(self, unit: bool) -> None:
        ready, after = _ready(self.config), self.config.after
        vars(self).update(ready, _unit=unit)
        if after:
            from ..steps import stages_of  # which takes a while

            vars(self)["_post"] = (*ready["_post"], *stages_of(after))

    def _compute(
        self, y: Memory, out: Array | None, workers: int | None, sr: float | None, resample: bool
    ) -> Array:
        """Return the features of samples (..., n), in `out` if it is given."""
        given = as_samples(y)
        y = self._prepared(self._at_rate(given, sr, resample))
        if not self._post:
            shape, dtype = self._shape(y), self._dtype(y)
            target = (
                np.empty(shape, dtype) if out is None else check_out(out, shape, (dtype,), given)
            )
            self._run(y, target, workers)
            return target if out is None else out
        result = self._in_layout(self._finished(y, workers))
        if out is None:
            return result
        check_out(out, result.shape, (result.dtype,), given)[...] = result
        return out

    def _at_rate(self, y: Array, sr: float | None, resample: bool) -> Array:
        """Return samples at the front end's rate; those at another are refused or resampled."""
        resample = flag("resample", resample)
        if sr is None:
            if resample:
                raise ValueError("resample=True needs sr, the sample rate of y")
            return y
        own = self.config.sample_rate
        if number("sr", sr, above=0) == own:
            return y
        if not resample:
            raise ValueError(f"sr={sr:g}: this front end expects {own} Hz; resample=True resamples")
        from .._audio.loading import resampled

        # PCM becomes float32, in which load reads it from a file: the same bits either way.
        y = y if y.dtype in REAL else pcm_to_float(y).astype(np.float32)
        return resampled(y, sr, own)

    def _prepared(self, y: Array) -> Array:
        """Return the samples after what precedes the core's chain, checked for their length."""
        if self._unit and (n := y.size) and type(x := y.item(n >> 1)) is float and abs(x) > LOUD:
            too_loud(x, self.name)
        config = self.config
        for step in config.before:
            y = step(y)
        if y.shape[-1] < self._least:
            self._refuse_length(y.shape[-1])
        return dithered(y, config) if config.dither_scope == "signal" else y

    def _dtype(self, y: Array) -> Dtype:
        """Return the type that the chain writes."""
        return self._dtypes[is_wide(y)]

    def _shape(self, y: Array) -> tuple[int, ...]:
        """Return the shape of the chain's result."""
        *leading, n_samples = y.shape
        n_frames, n_features = self._n_frames(n_samples), self._plan.n_features
        if self._frames_first:
            return *leading, n_frames, n_features
        return *leading, n_features, n_frames

    def _n_frames(self, n_samples: int) -> int:
        """Return the frames that the chain makes of prepared samples."""
        return self._plan.n_frames(n_samples - self._lost)

    def _in_layout(self, features: Array) -> Array:
        """Return features (..., frames, features) in the layout, or the other way round."""
        return features if self._frames_first else features.swapaxes(-1, -2)

    def _run(self, y: Array, out: Array, workers: int | None) -> None:
        """Write what the chain makes of prepared samples."""
        run(self._plan, y, out.swapaxes(-1, -2) if self._frames_first else out, workers)

    def _finished(self, y: Array, workers: int | None) -> Array:
        """Return the features of prepared samples, (..., frames, features)."""
        chained = np.empty(self._shape(y), self._dtype(y))
        self._run(y, chained, workers)
        return self._after(self._in_layout(chained))

    def _after(self, features: Array) -> Array:
        """Return features (..., frames, features) after what follows the core's chain."""
        for stage in self._post:
            features = stage(features)
        return features

    def _refuse_length(self, n_samples: int) -> NoReturn:
        """Refuse a signal without a frame, or one that the original refuses."""
        if n_samples == 0:
            raise ValueError("y is empty; a front end needs samples")
        if n_samples < self._needs:
            raise ValueError(f"y has {n_samples} samples; this front end needs {self._needs}")
        raise ValueError(
            f"y has {n_samples} samples; reflection at the edges needs more than {self._reflects}"
        )


@cached(maxsize=256)
def _ready(config: MelConfig) -> dict[str, Any]:
    """Return what a configuration is made ready with, but for its own steps."""
    needs, reflects = _shortest(config)
    wide = config.precision == "double" if config.dtype is None else config.dtype == "float64"
    return {
        "_plan": build_configured(config),
        "_post": post_stages(config),
        "_needs": needs,
        "_reflects": reflects,
        "_least": max(needs, reflects + 1),
        "_dtypes": (REAL[wide and config.dtype is not None], REAL[wide]),
        "_frames_first": config.layout == "time_mel",
        "_lost": int(config.preemphasis_scope == "valid"),
    }


def _shortest(config: MelConfig) -> tuple[int, int]:
    """Return how many samples a signal needs, and more than how many its reflection needs."""
    lost = int(config.preemphasis_scope == "valid")  # the first sample
    padding = config.padding_lengths
    needed = shortest_signal(config.counted_length, config.hop_length, padding, config.frame_count)
    modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,) * 2
    reflected = [n for mode, n in zip(modes, padding, strict=True) if mode == "reflect"]
    return needed + lost, max([0, *reflected]) + lost
