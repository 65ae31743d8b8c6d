"""The picture that ``fastmel plot`` and ``fastmel demo`` draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .. import plot
from .._base.extras import require
from .._base.text import count, rate, seconds
from ..plot import _frontend as of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .._frontend.frontend import FrontEnd

_INK, _FAINT, _WAVE = "#26233a", "#79758f", "#5b2a86"


def picture(
    y: np.ndarray, features: np.ndarray, fe: FrontEnd, title: str, *, start: float = 0.0
) -> Figure:
    """Draw samples (n,), from the time `start` on, above their features, on one time axis.

    The figure is independent of pyplot.
    """
    require("matplotlib", extra="plot", what="drawing")
    from matplotlib.figure import Figure

    frames = of.items(features, fe).shape[-1]
    if not frames:
        raise ValueError(f"{title}: too short for this front end, which makes no frame of it")
    figure = Figure(figsize=(11, 6), layout="constrained", facecolor="white")
    grid = figure.add_gridspec(2, 2, height_ratios=(1, 2.6), width_ratios=(1, 0.016))
    below = figure.add_subplot(grid[1, 0])
    above = figure.add_subplot(grid[0, 0], sharex=below)
    end = start + y.shape[-1] / fe.sample_rate
    edges = _within(start + of.columns(fe, frames), start, end, fe)
    mesh = plot.specshow(features, frontend=fe, x_coords=edges, ax=below)
    _waveform(above, y, fe.sample_rate, start)
    below.set_xlim(start, end)

    bar = figure.colorbar(mesh, cax=figure.add_subplot(grid[1, 1]))
    bar.set_label(of.unit(fe), color=_INK)
    bar.outline.set_visible(False)
    for axes in (above, below, bar.ax):
        axes.tick_params(colors=_FAINT, labelcolor=_INK, labelsize=9.5)
        axes.xaxis.label.set_color(_INK)
        axes.yaxis.label.set_color(_INK)
        for spine in axes.spines.values():
            spine.set_visible(False)
    heading = above.set_title(title, loc="left", color=_INK, fontsize=13, fontweight="bold", pad=10)
    heading.set_parse_math(False)  # a file's name may have dollars
    above.set_title(facts(y, features.shape, fe), loc="right", color=_FAINT, fontsize=9.5, pad=10)
    return figure


def _waveform(axes: Axes, y: np.ndarray, sr: float, start: float) -> None:
    plot.waveshow(y, sr=sr, offset=start, ax=axes, color=_WAVE, max_points=2400)
    peak = 1.06 * float(np.abs(y).max()) or 1.0
    axes.set_ylim(-peak, peak)
    axes.set_ylabel("Amplitude")
    axes.set_xlabel("")
    axes.tick_params(axis="x", labelbottom=False, length=0)
    axes.grid(axis="x", color="#e7e5ef", linewidth=0.8)
    axes.set_axisbelow(True)


def _within(edges: np.ndarray, start: float, end: float, fe: FrontEnd) -> np.ndarray:
    """Let the first and the last frame stand for what little lies beyond them, too."""
    edges[0] = max(edges[0], start)
    if end - edges[-1] < fe.config.n_fft / fe.sample_rate + edges[-1] - edges[-2]:
        edges[-1] = max(edges[-1], end)
    return edges


def facts(y: np.ndarray, shape: tuple[int, ...], fe: FrontEnd) -> str:
    length = seconds(y.shape[-1] / fe.sample_rate)
    name = f"{fe.name}  ·  " if fe.name else ""
    return f"{name}{length} at {rate(fe.sample_rate)}  ·  {amounts(shape, fe)}"


def amounts(shape: tuple[int, ...], fe: FrontEnd) -> str:
    """Return how many features, frames and patches a result of this shape has, in words."""
    frames = shape[-2 if fe.config.layout == "time_mel" else -1]
    noun = "mel band" if of.kind(fe) == "band" else of.kind(fe)
    patches = f"{count(shape[0], 'patch', 'patches')} of " if len(shape) == 3 else ""
    return f"{patches}{count(frames, 'frame')}, {count(fe.n_features, noun)}"
