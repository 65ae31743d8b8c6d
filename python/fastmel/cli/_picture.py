"""The picture that ``fastmel plot`` and ``fastmel demo`` draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plot
from .._extras import require
from ._text import count, rate, seconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..frontend import FrontEnd

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

    if fe.config.layout == "time_mel":
        features = features.T
    figure = Figure(figsize=(11, 6), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2.6), width_ratios=(1, 0.016))
    below = figure.add_subplot(grid[1, 0])
    above = figure.add_subplot(grid[0, 0], sharex=below)
    end = start + y.shape[-1] / fe.sample_rate
    mesh = _features(below, features, fe, start, end)
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
    above.set_title(_facts(y, features, fe), loc="right", color=_FAINT, fontsize=9.5, pad=10)
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


def _features(axes: Axes, features: np.ndarray, fe: FrontEnd, start: float, end: float) -> Any:
    config = fe.config
    frames = features.shape[-1]
    step = -(-frames // _MAX_COLUMNS)
    starts = np.arange(0, frames, step)
    columns = np.add.reduceat(features, starts, axis=-1, dtype=np.float64)
    columns /= np.diff(starts, append=frames)
    first = config.counted_length / 2 - config.padding_lengths[0]
    edges = (first + (np.append(starts, frames) - 0.5) * config.hop_length) / fe.sample_rate
    # The first and the last frame stand for what lies beyond them, too.
    edges += start
    edges[0] = max(edges[0], start)
    edges[-1] = max(edges[-1], end)
    span = config.dynamic_range if config.ref == "max" else None
    mesh = plot.specshow(
        columns,
        x_coords=edges,
        x_axis="time",
        y_axis="mel",
        sr=fe.sample_rate,
        fmin=config.fmin,
        fmax=config.fmax,
        htk=config.mel_scale == "htk",
        ax=axes,
        # The same colours in every picture, loud or quiet.
        vmin=None if span is None else -span,
        vmax=None if span is None else 0.0,
    )
    axes.set_ylabel("Frequency (Hz, on the mel scale)")
    return mesh


def _unit(fe: FrontEnd) -> str:
    config = fe.config
    if config.log == "dB":
        return "Level (dB, 0 is the maximum)" if config.ref == "max" else "Level (dB)"
    scale = "Power" if config.log == "none" else f"{config.log} of power"
    return scale if (config.shift, config.gain) == (0.0, 1.0) else f"{scale}, normalised"


def _facts(y: np.ndarray, features: np.ndarray, fe: FrontEnd) -> str:
    bands, frames = features.shape
    length = seconds(y.shape[-1] / fe.sample_rate)
    return f"{length} at {rate(fe.sample_rate)}  ·  {bands} mel bands, {count(frames, 'frame')}"
