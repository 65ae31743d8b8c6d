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
from .pcen import coefficient

__all__ = ["Stage", "cepstral_matrix", "core_stage", "post_stages"]

Stage = Callable[[Array], Array]


@defined
def post_stages(config: MelConfig) -> tuple[Stage, ...]:
    """Return what a configuration asks for, as one stage; or nothing.

    It takes features as (..., frames, features), in whatever order they lie in memory, and returns
    them so; it may work in place.
    """
    statistics = config.normalize in ("mean", "mean_std")
    window = config.normalize_window
    cepstra = cepstral_matrix(config) if config.n_mfcc is not None else None
    post = _core.Post(
        cepstra=None if cepstra is None else _core.Filterbank(cepstra, "double"),
        normalize=config.normalize if statistics else None,
        all=config.normalize_axis == "all",
        ddof=config.normalize_ddof,
        eps=config.normalize_eps,
        eps_to=config.normalize_eps_to,
        window=None if window is None else (*window, config.normalize_min_window),
        pcen=_pcen(config) if config.normalize == "pcen" else None,
        stack=config.stack,
        stride=config.stack_stride or config.stack,
        left=config.stack_left,
        drop=config.stack_tail == "drop",
        filler=None if isinstance(config.stack_tail, str) else config.stack_tail,
        shift=config.feature_shift or (),
        gain=config.feature_gain or (),
        half=config.dtype == "float16",
    )
    return (partial(_applied, post, config.dtype == "float16"),) if post.any else ()


def cepstral_matrix(config: MelConfig) -> NDArray[np.float64]:
    """Return what makes cepstra of log bands: transform, lifter, and the energy in its place."""
    assert config.n_mfcc is not None
    assert config.n_mels is not None
    return _core.cepstral_matrix(
        n_bands=config.n_mels,
        n_mfcc=config.n_mfcc,
        norm=config.mfcc_norm,
        lifter=config.lifter,
        lifter_offset=config.lifter_offset,
        use_energy=config.use_energy,
        htk_compat=config.htk_compat,
    )


def _pcen(config: MelConfig) -> dict[str, float]:
    return {
        "b": coefficient(config.pcen_time_constant, config.sample_rate, config.hop_length),
        "gain": config.pcen_gain,
        "bias": config.pcen_bias,
        "power": config.pcen_power,
        "eps": config.pcen_eps,
    }


def core_stage(**how: Any) -> Stage:
    """Return the stages of the core that :class:`_core.Post` is told, as one."""
    return partial(_applied, _core.Post(**how), bool(how.get("half")))


def _applied(post: _core.Post, half: bool, features: Array) -> Array:
    out = features
    if not post.in_place:
        *leading, frames, width = features.shape
        shape = (*leading, post.frames_after(frames), post.width_after(width))
        out = np.empty(shape, np.float16 if half else features.dtype)
    post.apply(features.swapaxes(-1, -2), out.swapaxes(-1, -2))
    return out
