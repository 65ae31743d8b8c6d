"""Pictures of the filters behind features."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._base.arrays import Array
from .._base.extras import require
from .._engine.config import MelConfig
from .._engine.filterbank import fft_frequencies, filters
from .._frontend.frontend import FrontEnd
from . import _frontend as of
from ._axes import dress
from ._keywords import check_axes, check_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection
    from matplotlib.colors import Colormap


def filterbank(
    bank: npt.ArrayLike | FrontEnd | MelConfig | str,
    *,
    sr: float = 22050,
    cmap: str | Colormap | None = "viridis",
    ax: Axes | None = None,
    **kwargs: Any,
) -> LineCollection:
    """Draw the filters that make bands of FFT bins: triangles over frequency.

    Parameters
    ----------
    bank : array_like of shape (n_mels, 1 + n_fft // 2), FrontEnd, MelConfig or str
        Weights, as :func:`fastmel.mel_filterbank` returns them; or the front end whose filters to
        draw, or its name.
    sr : float, default 22050
        Sample rate in Hz; a front end has its own.
    cmap : str, Colormap or None, default "viridis"
        Colours, from the lowest band to the highest.
    ax : matplotlib.axes.Axes or None, default None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to :class:`matplotlib.collections.LineCollection`, for example ``linewidth``.

    Returns
    -------
    matplotlib.collections.LineCollection
        One line for each band.

    Raises
    ------
    ValueError
        If the array has not two dimensions, `sr` is not positive, the front end has no filters, or
        its name or the colour map is unknown.
    TypeError
        If `bank` holds no real numbers.
    ModuleNotFoundError
        If matplotlib is not installed.

    Examples
    --------
    >>> import fastmel
    >>> from matplotlib.figure import Figure
    >>> lines = fastmel.plot.filterbank("whisper", ax=Figure().add_subplot())
    >>> len(lines.get_segments())
    80
    """
    require("matplotlib", extra="plot", what="filterbank")
    from matplotlib.collections import LineCollection

    check_colours(cmap)
    if isinstance(bank, (str, MelConfig, FrontEnd)):
        config = of.resolved(bank).config
        if config.n_mels is None:
            raise ValueError("bank has no filters: its features are the FFT bins")
        weights, n_fft = filters(config)[0], config.n_fft
        sr = config.mel_sample_rate or config.sample_rate
    else:
        weights = np.asarray(bank)
        if weights.dtype.kind not in "fiu":
            raise TypeError(f"bank must hold real numbers; got dtype {weights.dtype}")
        if weights.ndim != 2 or weights.shape[1] < 2:
            raise ValueError(f"bank of shape {weights.shape} must be of shape (n_mels, bins)")
        n_fft = 2 * (weights.shape[1] - 1)
    hz = fft_frequencies(sr=sr, n_fft=n_fft)
    axes: Axes = check_axes(ax)
    lines = LineCollection(
        [
            np.stack([hz[around], row[around]], axis=1)
            for row in weights
            for around in [_filled(row)]
        ],
        array=np.arange(len(weights)),
        cmap=cmap,
        **{"linewidths": 1.0, **kwargs},
    )
    lines.set_clim(*_legible(axes, len(weights) - 1))
    axes.add_collection(lines)
    axes.update_datalim([(hz[0], 0.0), (hz[-1], 0.0)])
    lines.sticky_edges.x[:] = [hz[0], hz[-1]]
    lines.sticky_edges.y[:] = [0.0]
    axes.autoscale_view()
    dress(axes.xaxis, "hz", sr / 2)
    axes.set_ylabel("Weight")
    return lines


def _legible(axes: Axes, last: int) -> tuple[float, float]:
    """Return limits for 0 … `last` that leave out the end of a map that the background has."""
    from matplotlib.colors import to_rgba

    red, green, blue, _ = to_rgba(axes.get_facecolor())
    dark = red + green + blue < 1.5
    return (-0.5 * last, last) if dark else (0.0, 1.2 * last)


def _filled(row: Array) -> slice:
    """Return the bins of a band, and one more on each side, where it is zero."""
    bins = np.flatnonzero(row)
    return slice(max(0, bins[0] - 1), bins[-1] + 2) if bins.size else slice(0, 0)
