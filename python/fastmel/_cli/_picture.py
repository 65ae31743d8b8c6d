"""The picture that ``fastmel plot`` and ``fastmel demo`` draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plot
from .._base.extras import require
from ..steps import ContextWindow, HalfPrecisionLog, Patches, StackFrames
from ._text import count, rate, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._engine.frontend import FrontEnd

# More columns than this no screen shows; neighbouring frames are averaged.
_MAX_COLUMNS = 2400
_INK, _FAINT, _WAVE = "#26233a", "#79758f", "#5b2a86"


def picture(
    y: np.ndarray, features: np.ndarray, fe: FrontEnd, title: str, *, start: float = 0.0
) -> Figure:
    """Draw the waveform above the features on one time axis.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Samples at the front end's rate.
    features : ndarray
        What the front end makes of them, in its layout.
    fe : FrontEnd
        The front end.
    title : str
        Heading.
    start : float, default 0.0
        Time of the first sample in seconds.

    Returns
    -------
    matplotlib.figure.Figure
        Independent of pyplot.
    """
    require("matplotlib", extra="plot", what="drawing")
    from matplotlib.figure import Figure

    frames = joined(features, fe)
    if not frames.size:
        raise ValueError(f"{title}: too short for this front end, which makes no frame of it")
    figure = Figure(figsize=(11, 6), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2.6), width_ratios=(1, 0.016))
    below = figure.add_subplot(grid[1, 0])
    above = figure.add_subplot(grid[0, 0], sharex=below)
    end = start + y.shape[-1] / fe.sample_rate
    mesh = _features(below, frames, fe, start, end)
    _waveform(above, y, fe.sample_rate, start)
    below.set_xlim(start, end)

    bar = figure.colorbar(mesh, cax=figure.add_subplot(grid[1, 1]))
    bar.set_label(_unit(fe), color=_INK)
    bar.outline.set_visible(False)
    for axes in (above, below, bar.ax):
        axes.tick_params(colors=_FAINT, labelcolor=_INK, labelsize=9.5)
        axes.xaxis.label.set_color(_INK)
        axes.yaxis.label.set_color(_INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
    heading = above.set_title(title, loc="left", color=_INK, fontsize=13, fontweight="bold", pad=10)
    heading.set_parse_math(False)  # a file's name may have dollars
    above.set_title(_facts(y, features.shape, fe), loc="right", color=_FAINT, fontsize=9.5, pad=10)
    return figure


def _waveform(axes: Axes, y: np.ndarray, sr: float, start: float) -> None:
    plot.waveshow(y, sr=sr, offset=start, ax=axes, color=_WAVE, max_points=_MAX_COLUMNS)
    peak = 1.06 * float(np.abs(y).max()) or 1.0
    axes.set_ylim(-peak, peak)
    axes.set_ylabel("Amplitude")
    axes.set_xlabel("")
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.grid(axis="x", color="#e7e5ef", linewidth=0.8)
    axes.set_axisbelow(True)


def joined(features: np.ndarray, fe: FrontEnd) -> np.ndarray:
    """Return features as they follow each other in time, of shape (n_features, frames).

    Of patches that overlap, each shows what the one before it did not.
    """
    frames = features if fe.config.layout == "time_mel" else features.swapaxes(-1, -2)
    if patches := _patches(fe):
        new = frames[:-1, : patches.hop].reshape(-1, frames.shape[-1])
        frames = np.concatenate([new, *frames[-1:]])
    return np.transpose(frames)


def _patches(fe: FrontEnd) -> Patches | None:
    return next((step for step in fe.after if isinstance(step, Patches)), None)


def _features(axes: Axes, features: np.ndarray, fe: FrontEnd, start: float, end: float) -> Any:
    frames = features.shape[-1]
    step = -(-frames // _MAX_COLUMNS)
    starts = np.arange(0, frames, step)
    finite = np.where(np.isfinite(features), features, np.nan)
    columns = np.add.reduceat(finite, starts, axis=-1, dtype=np.float64)
    columns /= np.diff(starts, append=frames)
    first, every = _times(fe)
    edges = start + first + (np.append(starts, frames) - 0.5) * every
    # The first and the last frame stand for what little lies beyond them, too.
    edges[0] = max(edges[0], start)
    if end - edges[-1] < fe.config.n_fft / fe.sample_rate + every:
        edges[-1] = max(edges[-1], end)
    look = _rows(fe) | _colours(columns, fe)
    mesh = plot.specshow(columns, x_coords=edges, x_axis="time", ax=axes, **look)
    _name_rows(axes, fe)
    return mesh


def _times(fe: FrontEnd) -> tuple[float, float]:
    """Return where the middle of the first frame is, and how far it is to the next, in seconds."""
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
    return first / fe.sample_rate, hops * hop / fe.sample_rate


def _kind(fe: FrontEnd) -> str:
    """Return what a row of the picture is: a "band", "bin", "coefficient" or other "feature"."""
    config = fe.config
    if config.n_mfcc is not None and fe.n_features == config.n_mfcc:
        return "coefficient"
    if fe.n_features == config.n_mels:
        return "band"
    return "bin" if fe.n_features == 1 + config.n_fft // 2 else "feature"


def _rows(fe: FrontEnd) -> dict[str, Any]:
    """Return what :func:`fastmel.plot.specshow` is to be told about the rows."""
    config, kind = fe.config, _kind(fe)
    if kind == "band":
        return {
            "y_axis": "mel",
            "sr": fe.sample_rate,
            "fmin": config.fmin,
            "fmax": config.fmax,
            "htk": config.mel_scale != "slaney",
        }
    if kind == "bin":
        return {"y_axis": "hz", "sr": fe.sample_rate, "n_fft": config.n_fft}
    first = -0.5 if kind == "coefficient" else 0.0  # a coefficient's number is beside its row
    return {"y_coords": first + np.arange(fe.n_features + 1)}


def _name_rows(axes: Axes, fe: FrontEnd) -> None:
    from matplotlib.ticker import MaxNLocator, MultipleLocator

    kind = _kind(fe)
    if kind == "band":
        axes.set_ylabel("Frequency (Hz, on the mel scale)")
    elif kind == "bin":
        axes.set_ylabel("Frequency (Hz)")
    elif kind == "coefficient":
        axes.set_ylabel("Coefficient")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    else:
        width = _group(fe)
        groups = fe.n_features // width
        axes.set_ylabel(f"Feature ({groups} times {width})")
        axes.yaxis.set_major_locator(MultipleLocator(width * -(-groups // 8)))


def _group(fe: FrontEnd) -> int:
    """Return how many features belong together, where there are more than the chain makes."""
    for step in fe.after:
        if isinstance(step, ContextWindow):
            return step.width(1)
    return fe.config.n_mfcc or fe.config.n_leveled


def _colours(columns: np.ndarray, fe: FrontEnd) -> dict[str, Any]:
    """Return what the ends of the colours stand for; nothing where the values themselves say it."""
    from matplotlib.colors import PowerNorm

    config = fe.config
    if config.n_mfcc is not None:
        # Coefficient 0 is the level, and would leave little colour for the shape of the spectrum.
        low, high = np.nanquantile(columns[1:] if len(columns) > 1 else columns, [0.01, 0.99])
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


def _unit(fe: FrontEnd) -> str:
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


def _facts(y: np.ndarray, shape: tuple[int, ...], fe: FrontEnd) -> str:
    length = seconds(y.shape[-1] / fe.sample_rate)
    return f"{length} at {rate(fe.sample_rate)}  ·  {amounts(shape, fe)}"


def amounts(shape: tuple[int, ...], fe: FrontEnd) -> str:
    """Return how many features, frames and patches a result of this shape has, in words."""
    frames = shape[-2 if fe.config.layout == "time_mel" else -1]
    noun = "mel band" if _kind(fe) == "band" else _kind(fe)
    patches = f"{count(shape[0], 'patch', 'patches')} of " if len(shape) == 3 else ""
    return f"{patches}{count(frames, 'frame')}, {count(fe.n_features, noun)}"
