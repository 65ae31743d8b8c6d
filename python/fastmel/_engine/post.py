"""Post: what follows the logarithm and needs more than one frame, or all of an item.

Each stage takes features as (..., frames, features), in whatever order they lie in memory, and
returns them so; it may work in place.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array
from .._base.numerics import defined
from .config import MelConfig
from .pcen import pcen
from .sliding import normalize_in_windows, window_bounds

__all__ = ["Stage", "post_stages"]

Stage = Callable[[Array], Array]


@defined
def post_stages(config: MelConfig) -> tuple[Stage, ...]:
    """Return the stages that a configuration asks for, in their order."""
    stages: list[Stage] = []
    if config.n_mfcc is not None:
        stages.append(partial(_cepstra, _core.Filterbank(cepstral_matrix(config), "double")))
    if config.normalize == "pcen":
        stages.append(partial(_pcen, config))
    elif config.normalize is not None:
        stages.append(partial(_normalized, config))
    if config.stacks:
        stages.append(partial(_stacked, config))
    if config.feature_shift is not None:
        stages.append(partial(_combined, np.add, np.array(config.feature_shift)))
    if config.feature_gain is not None:
        stages.append(partial(_combined, np.multiply, np.array(config.feature_gain)))
    if config.dtype == "float16":
        stages.append(_half)
    return tuple(defined(stage) for stage in stages)


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


def _cepstra(matrix: _core.Filterbank, features: Array) -> Array:
    n_mfcc = matrix.n_bands
    out = np.empty((*features.shape[:-1], n_mfcc), features.dtype)
    matrix.apply(features.swapaxes(-1, -2), out.swapaxes(-1, -2))
    return out


def _normalized(config: MelConfig, features: Array) -> Array:
    frames, width = features.shape[-2:]
    values = frames * (width if config.normalize_axis == "all" else 1)
    divide = config.normalize == "mean_std"
    if features.size and divide and values <= config.normalize_ddof:
        raise ValueError(
            f"y is too short: its standard deviation over {frames} frames is not defined"
        )
    how: dict[str, Any] = {
        "divide": divide,
        "ddof": config.normalize_ddof,
        "eps": config.normalize_eps,
        "eps_to": config.normalize_eps_to,
    }
    if config.normalize_window is None:
        _core.normalize(features.swapaxes(-1, -2), all=config.normalize_axis == "all", **how)
    else:
        bounds = window_bounds(frames, *config.normalize_window, config.normalize_min_window)
        features[...] = normalize_in_windows(features, bounds, **how)
    return features


def _pcen(config: MelConfig, features: Array) -> Array:
    features[...] = pcen(
        features,
        sr=config.sample_rate,
        hop_length=config.hop_length,
        gain=config.pcen_gain,
        bias=config.pcen_bias,
        power=config.pcen_power,
        time_constant=config.pcen_time_constant,
        eps=config.pcen_eps,
        axis=-2,
    )
    return features


def _stacked(config: MelConfig, features: Array) -> Array:
    size, stride = config.stack, config.stack_stride or config.stack
    *leading, frames, width = features.shape
    n = config.stacked_frames(frames)
    if n == 0:
        return np.empty((*leading, 0, size * width), features.dtype)
    needed = (n - 1) * stride + size
    pieces = [features[..., :1, :]] * config.stack_left + [features]
    missing = needed - frames - config.stack_left
    if missing > 0:
        edge = config.stack_tail == "edge"
        last = (
            features[..., -1:, :] if edge else np.full_like(features[..., :1, :], config.stack_tail)
        )
        pieces += [last] * missing
    padded = np.concatenate(pieces, axis=-2) if len(pieces) > 1 else features
    windows = sliding_window_view(padded[..., :needed, :], size, axis=-2)[..., ::stride, :, :]
    joined = np.empty((*leading, n, size, width), features.dtype)
    joined[...] = windows.swapaxes(-1, -2)
    return joined.reshape(*leading, n, size * width)


def _combined(operation: np.ufunc, vector: NDArray[np.float64], features: Array) -> Array:
    operation(features, vector.astype(features.dtype), out=features)
    return features


def _half(features: Array) -> Array:
    with np.errstate(over="ignore"):
        half: Array = features.astype(np.float16)
    return half
