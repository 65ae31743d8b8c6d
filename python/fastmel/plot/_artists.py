"""What is drawn at the resolution of the picture. Importing this module imports matplotlib.

A screen has fewer columns than a minute of sound has frames, let alone samples. Drawn as they are,
those that share a pixel hide each other, and it depends on how the pixels fall which one is seen:
peaks vanish and stripes appear. So each pixel shows the extremes of what lies in it, found when it
is drawn, for the size, zoom and resolution of that moment.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import PolyCollection, QuadMesh
from matplotlib.lines import Line2D

from .._base.arrays import Array, pcm_to_float
from ._runs import Pool, runs_of

# A mesh of more cells would take seconds and hundreds of megabytes for its coordinates alone.
_MOST_CELLS = 2**21

# With fewer samples to a pixel than this, a line through them shows more than their extremes.
_FEW = 3


class Mesh(QuadMesh):
    """Cells on a grid; those that share a pixel are drawn as the largest of them, or the farthest.

    `x` and `y` are the edges of `values` (rows, columns). Of more than some million, the mesh has
    the largest of neighbours as its array, and keeps `values` for when less of them is in view.
    """

    def __init__(self, x: Array, y: Array, values: Array, *, pool: Pool, **kwargs: Any) -> None:
        rows, columns = values.shape
        starts = runs_of(columns, max(1, _MOST_CELLS // rows))
        self.pool = pool
        self._whole: tuple[Array, Array] | None = None
        if len(starts) < columns:
            self._whole = (x, values)
            x, values = np.append(x[starts], x[-1]), pool(_plain(values), starts, 1)
        self._edges = x, y
        super().__init__(_grid(x, y), array=values, **kwargs)
        self._overview = self.get_array()

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: RendererBase) -> None:
        """Draw the cells in view, at most one to a pixel."""
        if not self.get_visible():
            return
        (x, y), values = self._edges, self.get_array()
        if self._whole is not None and values is self._overview:
            x, values = self._whole
        assert values is not None
        cells = np.reshape(values, (len(y) - 1, len(x) - 1))  # one row before matplotlib 3.8
        finest = renderer.get_image_magnification()
        columns, rows = self._seen(0, x, finest), self._seen(1, y, finest)
        if columns.size == 0 or rows.size == 0:
            return
        if (columns.size, rows.size) == (x.size, y.size) or isinstance(
            self.get_alpha(), np.ndarray
        ):
            super().draw(renderer)
            return
        part = _plain(cells)[rows[0] : rows[-1], columns[0] : columns[-1]]
        part = self.pool(self.pool(part, columns[:-1] - columns[0], 1), rows[:-1] - rows[0], 0)
        drawn = QuadMesh(_grid(x[columns], y[rows]), array=part)
        drawn.update_from(self)
        drawn.set(array=part, gid=self.get_gid(), snap=self.get_snap())
        drawn.set_figure(self.figure)
        drawn.axes = self.axes
        drawn.draw(renderer)
        self.stale = False

    def _seen(self, axis: int, edges: Array, finest: float) -> Array:
        """Return the numbers of the edges that are drawn: of cells in view, one or more to a pixel.

        All edges, where each cell in view has a pixel of its own and all are in view.
        """
        points = np.zeros((len(edges), 2))
        points[:, axis] = edges
        points[:, 1 - axis] = self._edges[1 - axis][0]
        places = self.get_transform().transform(points)[:, axis] * finest
        assert self.axes is not None
        low, high = np.array(self.axes.bbox.get_points())[:, axis] * finest
        inside = (np.maximum(places[:-1], places[1:]) >= low) & (
            np.minimum(places[:-1], places[1:]) <= high
        )
        cells = np.flatnonzero(inside)
        if not cells.size:
            return cells
        # A cell is seen if the middle of a pixel lies in it: between edges that round differently.
        pixels = np.ceil(places[cells[0] : cells[-1] + 2] - 0.5)
        kept = np.append(True, pixels[1:] != pixels[:-1])
        kept[-1] = True
        if np.count_nonzero(kept) > 2 and pixels[-1] == pixels[-2]:
            kept[np.flatnonzero(kept)[-2]] = False
        return np.asarray(np.flatnonzero(kept) + cells[0])


def _plain(values: Array) -> Array:
    """Return values as an array in which those that are masked are NaN."""
    if np.ma.is_masked(values):
        return np.ma.filled(values.astype(np.float64), np.nan)
    plain: Array = np.ma.getdata(values)
    return plain


def _grid(x: Array, y: Array) -> Array:
    """Return the corners of all cells, shape (rows + 1, columns + 1, 2)."""
    return np.stack(np.broadcast_arrays(x, y[:, np.newaxis]), axis=-1)


class Waveform(PolyCollection):
    """A waveform: in each column of pixels from the least to the greatest sample.

    Where few samples are in view, it is a line through them. `samples` (channels, n) are floats or
    PCM, which are kept, not copied; `start` is the time of the first, `most` the number of runs
    that the outline has before it is drawn.
    """

    def __init__(self, samples: Array, start: float, sr: float, most: int, **kwargs: Any) -> None:
        self._samples, self._start, self._sr = samples, start, sr
        starts = runs_of(samples.shape[-1], most)
        low, high = _extremes(samples, starts)
        times = start + (starts + (starts[1] if len(starts) > 1 else 1) / 2) / sr
        super().__init__([_outline(times, low, high)], **kwargs)

    @allow_rasterization  # type: ignore[untyped-decorator]
    def draw(self, renderer: RendererBase) -> None:
        """Draw what is in view."""
        if not self.get_visible():
            return
        edges, firsts = self._columns(renderer.get_image_magnification())
        if firsts[-1] - firsts[0] < _FEW * len(firsts):
            self._draw_lines(renderer, firsts[0], firsts[-1])
            return
        some = np.append(firsts[1:] > firsts[:-1], False)
        some[1:] |= some[:-1]  # where a column ends as well
        edges, firsts = edges[some], firsts[some]
        low, high = _extremes(self._samples, firsts[:-1], int(firsts[-1]))
        steps = np.repeat(edges, 2)[1:-1]
        self.set_verts([_outline(steps, np.repeat(low, 2), np.repeat(high, 2))])
        super().draw(renderer)

    def _columns(self, finest: float) -> tuple[Array, Array]:
        """Return the times between columns of pixels, and the first sample after each."""
        assert self.axes is not None
        (left, bottom), (right, _) = self.axes.bbox.get_points() * finest
        pixels = np.arange(np.floor(left), np.ceil(right) + 1) / finest
        points = np.stack([pixels, np.full_like(pixels, bottom / finest)], axis=1)
        times = np.sort(self.get_transform().inverted().transform(points)[:, 0])
        n = self._samples.shape[-1]
        firsts = np.clip(np.ceil((times - self._start) * self._sr), 0, n).astype(np.int64)
        return np.clip(times, self._start, self._start + n / self._sr), firsts

    def _draw_lines(self, renderer: RendererBase, first: int, last: int) -> None:
        first, last = max(0, first - 1), min(self._samples.shape[-1], last + 1)
        times = self._start + np.arange(first, last) / self._sr
        for channel in self._samples:
            line = Line2D(times, pcm_to_float(channel[first:last]))
            Artist.update_from(line, self)
            line.set(color=self.get_facecolor()[0], linewidth=self.get_linewidth()[0] or 0.8)  # type: ignore[index]
            line.set_figure(self.figure)
            line.axes = self.axes
            line.draw(renderer)


def _extremes(samples: Array, starts: Array, end: int | None = None) -> tuple[Array, Array]:
    """Return the least and the greatest sample of each run and of the sample before it.

    So runs touch, as a line through all samples would.
    """
    part = samples[:, :end]
    before = part[:, np.maximum(starts - 1, 0)]
    low = np.minimum(np.minimum.reduceat(part, starts, axis=-1), before).min(axis=0)
    high = np.maximum(np.maximum.reduceat(part, starts, axis=-1), before).max(axis=0)
    return pcm_to_float(low), pcm_to_float(high)


def _outline(times: Array, low: Array, high: Array) -> Array:
    """Return the corners of the band between two curves."""
    return np.stack([np.append(times, times[::-1]), np.append(low, high[::-1])], axis=1)
