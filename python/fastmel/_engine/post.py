"""Post: what follows the logarithm and needs more than one frame, or all of an item."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array
from .._base.numerics import defined
from .config import MelConfig

Stage = Callable[[Array], Array]


@defined
def post_stages(config: MelConfig) -> tuple[Stage, ...]:
    """Return what a configuration asks for, as one stage; or nothing.

    It takes features as (..., frames, features), in whatever order they lie in memory, and returns
    them so; it may work in place.
    """
    post = _core.Config(vars(config)).post()
    return (_stage(post, config.dtype == "float16"),) if post.any else ()


def cepstral_matrix(config: MelConfig) -> NDArray[np.float64]:
    """Return what makes cepstra of log bands: transform, lifter, and the energy in its place."""
    return _core.Config(vars(config)).cepstral_matrix()


def core_stage(**how: Any) -> Stage:
    """Return the stages of the core that :class:`_core.Post` is told, as one."""
    return _stage(_core.Post(**how), bool(how.get("half")))


def _stage(post: _core.Post, half: bool) -> Stage:
    return partial(_in_place, post) if post.in_place else partial(_applied, post, half)


def _in_place(post: _core.Post, features: Array) -> Array:
    features_first = features.swapaxes(-1, -2)
    post.apply(features_first, features_first)
    return features


def _applied(post: _core.Post, half: bool, features: Array) -> Array:
    *leading, frames, width = features.shape
    shape = (*leading, post.frames_after(frames), post.width_after(width))
    out = np.empty(shape, np.float16 if half else features.dtype)
    post.apply(features.swapaxes(-1, -2), out.swapaxes(-1, -2))
    return out
