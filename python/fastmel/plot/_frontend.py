"""What a front end says about the picture of its features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.arrays import Array
from .._engine.config import MelConfig
from .._frontend.frontend import FrontEnd
from .._frontend.named import frontend
from ..steps import ContextWindow, HalfPrecisionLog, Patches, StackFrames
from ._axes import Spacing

if TYPE_CHECKING:
    from matplotlib.axis import Axis


def resolved(spec: FrontEnd | MelConfig | str) -> FrontEnd:
    if isinstance(spec, FrontEnd):
        return spec
    if not isinstance(spec, (str, MelConfig)):
        raise TypeError(
            f"frontend must be a FrontEnd, a MelConfig or a name; got {type(spec).__name__}"
        )
    return frontend(spec)


def items(features: Array, fe: FrontEnd) -> Array:
    """Return features as they follow each other in time, shape (..., n_features, frames).

    Of patches that overlap, each shows what the one before it did not.
    """
    frames = features if fe.config.layout == "time_mel" else features.swapaxes(-1, -2)
    patches = next((step for step in fe.after if isinstance(step, Patches)), None)
    if patches and frames.ndim > 2:
        new = frames[..., :-1, : patches.hop, :]
        new = new.reshape(*new.shape[:-3], -1, new.shape[-1])
        frames = np.concatenate([new, *np.moveaxis(frames[..., -1:, :, :], -3, 0)], axis=-2)
    return np.asarray(frames.swapaxes(-1, -2))


def columns(fe: FrontEnd, frames: int) -> Array:
    """Return where columns begin and end, in seconds: around the middle of each frame."""
    config = fe.config
    first = config.counted_length / 2 - config.padding_lengths[0]
    hops, hop = 1, config.hop_length
    if config.stacks:
        first += ((config.stack - 1) / 2 - config.stack_left) * hop
        hops = config.stack_stride or config.stack
    for step in fe.after:
        if isinstance(step, StackFrames):
            first += (step.frames - 1) / 2 * hops * hop
            hops *= step.frames
    edges = (first + (np.arange(frames + 1) - 0.5) * hops * hop) / fe.sample_rate
    edges[0] = max(edges[0], 0.0)  # nothing was recorded before the first sample
    return edges


def kind(fe: FrontEnd) -> str:
    """Return what a row of the picture is: a "band", "bin", "coefficient" or other "feature"."""
    config = fe.config
    if config.n_mfcc is not None and fe.n_features == config.n_mfcc:
        return "coefficient"
    if fe.n_features == config.n_mels:
        return "band"
    return "bin" if fe.n_features == 1 + config.n_fft // 2 else "feature"


def spacing(fe: FrontEnd) -> Spacing:
    config = fe.config
    htk = config.mel_scale != "slaney"
    rate = config.mel_sample_rate or config.sample_rate
    return Spacing(rate, config.hop_length, config.n_fft, config.fmin, config.fmax, htk)


def rows(fe: FrontEnd) -> tuple[str | None, Array | None]:
    """Return the type of the axis of the rows, or the edges of the rows where it has none."""
    if kind(fe) == "band" and fe.config.mel_weights is None:
        return "mel", None
    if kind(fe) == "bin":
        return "hz", None
    first = -0.5 if kind(fe) == "coefficient" else 0.0  # a coefficient's number is beside its row
    return None, first + np.arange(fe.n_features + 1)


def label_rows(axis: Axis, fe: FrontEnd) -> None:
    """Say what the rows are, besides what their type says."""
    from matplotlib.ticker import AutoLocator, MaxNLocator, MultipleLocator

    what = kind(fe)
    if what == "band" and fe.config.mel_weights is None:
        axis.set_label_text("Frequency (Hz, mel scale)")
    elif what == "band":
        axis.set_label_text("Band")
        axis.set_major_locator(AutoLocator())
    elif what == "coefficient":
        axis.set_label_text("Coefficient")
        axis.set_major_locator(MaxNLocator(integer=True))
    elif what == "feature":
        width = _group(fe)
        groups = fe.n_features // width
        axis.set_label_text(f"Feature ({groups} times {width})")
        axis.set_major_locator(MultipleLocator(width * -(-groups // 8)))


def _group(fe: FrontEnd) -> int:
    """Return how many features belong together, where there are more than the chain makes."""
    for step in fe.after:
        if isinstance(step, ContextWindow):
            return step.width(1)
    return fe.config.n_mfcc or fe.config.n_leveled


def colours(values: Array, fe: FrontEnd) -> dict[str, Any]:
    """Return what the ends of the colours stand for; nothing where the values themselves say it."""
    from matplotlib.colors import PowerNorm

    config = fe.config
    if config.n_mfcc is not None:
        # Coefficient 0 is the level, and would leave little colour for the shape of the spectrum.
        shape = values[..., 1:, :] if values.shape[-2] > 1 else values
        low, high = np.nanquantile(shape[np.isfinite(shape)], [0.01, 0.99])
        return {"vmin": float(low), "vmax": float(high)}
    if config.log == "none" and not _changed(fe):
        # With even steps the loudest moment would leave all others black.
        return {"norm": PowerNorm(0.35 / config.power, vmin=0.0)}
    if config.ref == "max" and config.dynamic_range is not None:
        return {"vmin": -config.dynamic_range, "vmax": 0.0}  # in every picture, loud or quiet
    return {}


def _changed(fe: FrontEnd) -> bool:
    """Whether a step after the chain changes values, so that what they are is its own."""
    return any(isinstance(step, HalfPrecisionLog) for step in fe.after)


def unit(fe: FrontEnd) -> str:
    """Return what the values are, and in which unit."""
    config = fe.config
    if _changed(fe):
        return "Feature"
    if config.n_mfcc is not None:
        return "Cepstrum"
    what = {2.0: "power", 1.0: "magnitude"}.get(config.power, f"|X|^{config.power:g}")
    if config.log == "dB":
        scale = "Level (dB, 0 is the maximum)" if config.ref == "max" else "Level (dB)"
    elif config.log == "none":
        scale = what.capitalize()
    else:
        scale = f"{config.log} of {what}".replace("ln_above_e", "ln (above e)")
    if config.normalize == "mean":
        return f"{scale}, less the mean"
    plain = (config.shift, config.gain, config.clip, config.normalize) == (0.0, 1.0, None, None)
    plain = plain and config.feature_shift is config.feature_gain is None
    return scale if plain else f"{scale}, normalised"
