"""Pictures of features over time."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numpy.typing import NDArray

from .._base.arrays import Array
from .._base.checks import brief, flag, warn
from .._base.extras import require
from .._engine.config import MelConfig
from .._frontend.frontend import FrontEnd
from . import _frontend as of
from ._axes import AxisType, Spacing, checked_axis, dress, edges_of
from ._keywords import check_axes, check_colours, check_keywords
from ._meshes import add_colorbar, drawn, make_current_image, share
from ._runs import largest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

# More pictures below each other are too small to be read.
_MOST_ITEMS = 32


def specshow(
    data: npt.ArrayLike,
    *,
    x_coords: npt.ArrayLike | None = None,
    y_coords: npt.ArrayLike | None = None,
    x_axis: AxisType | None = None,
    y_axis: AxisType | None = None,
    sr: float = 22050,
    hop_length: int = 512,
    n_fft: int | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    htk: bool = False,
    frontend: FrontEnd | MelConfig | str | None = None,
    cmap: str | Colormap | None = "magma",
    colorbar: bool | str = False,
    ax: Axes | Sequence[Axes] | NDArray[np.object_] | None = None,
    **kwargs: Any,
) -> Any:
    """Draw a spectrogram, or any other features over time.

    Parameters
    ----------
    data : array_like, shape (..., bins, frames)
        What to show; of complex values the magnitude. Leading axes are items, each of which has
        axes of its own.
    x_coords, y_coords : array_like or None, default None
        Positions of the columns (seconds or frames) and rows (Hz or row number) instead of those
        that follow from the axes' types: one value per column or row for their centres, or
        one more for their edges.
    x_axis, y_axis : str or None, default None
        What the columns and the rows are.

        - "time": frames, in seconds, from two minutes on in minutes and from an hour on in hours;
          "s", "ms", "m" and "h": always in that unit. "frames": their numbers.
        - "mel": mel bands, on a mel scale with ticks in Hz.
        - "hz", "fft" and "linear": FFT bins, evenly spaced. "log": FFT bins on a logarithmic scale.
        - "off", "none" and None: no ticks; with `frontend` None is what the front end says.
    sr : float, default 22050
        Sample rate in Hz.
    hop_length : int, default 512
        Samples from a frame to the next.
    n_fft : int or None, default None
        FFT length behind the rows; None takes ``2 * (bins - 1)``.
    fmin, fmax : float or None, default None
        Range of the mel bands in Hz; None is 0 and ``sr / 2``.
    htk : bool, default False
        HTK's mel scale instead of Slaney's.
    frontend : FrontEnd, MelConfig, str or None, default None
        The front end that made `data`, or its name. Rate, hop, frames, bands, layout, both axes,
        limits of the colours and the colour bar's unit are taken from it.
    cmap : str, Colormap or None, default "magma"
        Colours; None is matplotlib's own default.
    colorbar : bool or str, default False
        Draw a colour bar beside `ax`: a string for its label, of which "dB" is written beside the
        ticks; True for that of the front end, or none.
    ax : matplotlib.axes.Axes, sequence of them, or None, default None
        Where to draw, for several items so many axes; None takes pyplot's current axes, or makes a
        figure for several items.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.pcolormesh`, for example ``vmin``.

    Returns
    -------
    matplotlib.collections.QuadMesh, or list of them for data of more than two axes
        The picture; its axes are ``.axes``.

    Raises
    ------
    ValueError
        If `data` has less than two dimensions, is empty or no result of the front end, an axis
        type or a colour map is unknown, a size is not positive, coordinates do not fit, or an
        argument is given that the front end decides.
    TypeError
        If `data` holds no numbers, a size is none, or a keyword is neither listed nor one of
        :meth:`matplotlib.axes.Axes.pcolormesh`.
    ModuleNotFoundError
        If matplotlib is not installed.

    Notes
    -----
    Arguments are those of ``librosa.display.specshow`` for time and frequency; axes of other
    features (chroma, constant-Q, tempo), and the arguments that belong to them, are refused. A cell
    covers what it measures: frame `t` half a hop to both sides of ``t * hop_length / sr``, and a
    mel band the strip around the peak of its triangle, so all bands are equally high on the mel
    scale.

    Cells that share a pixel are drawn as the largest of them.

    Limits are matplotlib's own: they grow to show all that is on the axes and on those that they
    are shared with, without margins around a spectrogram, and stay where they have been set.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> from matplotlib.figure import Figure
    >>> from fastmel.plot import specshow
    >>> ax = Figure().add_subplot()
    >>> mesh = specshow(np.zeros((128, 44)), x_axis="time", y_axis="mel", ax=ax)
    >>> mesh.get_array().size, ax.get_ylabel()
    (5632, 'Frequency (Hz)')
    >>> fe = fastmel.frontend("kaldi-fbank")
    >>> features = fe(np.random.default_rng(0).standard_normal(16000))
    >>> mesh = specshow(features, frontend=fe, colorbar=True, ax=Figure().add_subplot())
    >>> mesh.axes.get_ylabel()
    'Frequency (Hz, mel scale)'
    """
    require("matplotlib", extra="plot", what="specshow")
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

    values = numbers(data)
    checked_axis("x_axis", x_axis)
    checked_axis("y_axis", y_axis)
    spacing = Spacing(sr, hop_length, n_fft, fmin, fmax, htk)
    colorbar = colorbar if isinstance(colorbar, str) else flag("colorbar", colorbar)
    check_colours(cmap)
    check_keywords(specshow, kwargs, Axes.pcolormesh, QuadMesh)

    fe = None if frontend is None else _made_by(frontend, spacing)
    if fe is not None:
        values, spacing = _features_of(fe, values), of.spacing(fe)
        x_axis = x_axis or "time"
        if not {"vmin", "vmax", "norm"} & kwargs.keys():
            kwargs |= of.colours(values, fe)
    rows, columns = values.shape[-2:]
    x = _edges("x_coords", x_coords, columns)
    if x is None:
        timed = fe is not None and x_axis in ("time", "s", "ms", "m", "h")
        x = of.columns(fe, columns) if fe and timed else edges_of(x_axis, columns, spacing)
    y = _edges("y_coords", y_coords, rows)
    named: str | None = y_axis
    if fe is not None and y_axis is None:
        named, numbered = of.rows(fe)
        y = numbered if y is None else y
    if y is None:
        y = edges_of(named, rows, spacing)

    meshes = []
    for item, axes in _axes_for(values, ax):
        mesh = drawn(axes, x, y, item, largest, {"cmap": cmap, **kwargs})
        dress(axes.yaxis, named, float(y.max()), htk=spacing.htk)
        dress(axes.xaxis, x_axis, float(x.max()), htk=spacing.htk)
        if fe is not None and y_axis is None:
            of.label_rows(axes.yaxis, fe)
        meshes.append(mesh)
    if len(meshes) > 1:
        share(meshes, own_figure=ax is None)
    if ax is None:
        make_current_image(meshes[-1])
    if colorbar:
        add_colorbar(meshes, of.unit(fe) if fe and colorbar is True else colorbar)
    return meshes[0] if values.ndim == 2 else meshes


def numbers(data: npt.ArrayLike) -> Array:
    """Return what can be drawn: real numbers, in which some may be masked."""
    values = data if isinstance(data, np.ma.MaskedArray) else np.asarray(data)
    if values.dtype.kind not in "fciub":
        raise TypeError(f"data must hold numbers; got dtype {values.dtype}")
    if values.ndim < 2 or not values.size:
        raise ValueError(
            f"data of shape {values.shape} must be of shape (..., bins, frames), not empty"
        )
    if np.iscomplexobj(values):
        warn("data is complex: its magnitude is shown")
        values = np.abs(values)
    return values


def _made_by(spec: FrontEnd | MelConfig | str, given: Spacing) -> FrontEnd:
    """Return the front end; what it decides may not be given as well."""
    defaults = inspect.signature(specshow).parameters
    for name, value in vars(given).items():
        if value != defaults[name].default:
            raise ValueError(
                f"{name}={brief(value)} is what frontend decides: leave one of them out"
            )
    return of.resolved(spec)


def _features_of(fe: FrontEnd, values: Array) -> Array:
    shown = of.items(values, fe)
    if shown.shape[-2] != fe.n_features:
        layout = "(frames, features)" if fe.config.layout == "time_mel" else "(features, frames)"
        raise ValueError(
            f"data of shape {values.shape} is no result of frontend, of {fe.n_features} features: "
            f"(..., {layout[1:]}"
        )
    return shown


def _edges(argument: str, coords: npt.ArrayLike | None, cells: int) -> Array | None:
    """Return the `cells` + 1 edges that coordinates (of edges or of centres) stand for."""
    if coords is None:
        return None
    given = np.asarray(coords)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"{argument} must hold real numbers; got dtype {given.dtype}")
    values: Array = given.astype(np.float64)
    if values.shape == (cells + 1,):
        return values
    if values.shape != (cells,):
        raise ValueError(
            f"{argument} of shape {values.shape} must have {cells} or {cells + 1} entries"
        )
    if cells == 1:
        return np.array([values[0] - 0.5, values[0] + 0.5])
    middles = (values[1:] + values[:-1]) / 2
    first, last = 2 * values[0] - middles[0], 2 * values[-1] - middles[-1]
    return np.concatenate([[first], middles, [last]])


def _axes_for(values: Array, ax: Any) -> list[tuple[Array, Axes]]:
    """Return items (bins, frames), each with its axes."""
    if values.ndim == 2:
        return [(values, check_axes(ax))]
    items = values.reshape(-1, *values.shape[-2:])
    if len(items) > _MOST_ITEMS:
        raise ValueError(f"data of shape {values.shape} has more than {_MOST_ITEMS} items to draw")
    if ax is None:
        import matplotlib.pyplot as plt

        size = (6.4, max(4.8, 1.8 * len(items)))
        figure = plt.figure(figsize=size, layout="constrained")
        ax = figure.subplots(len(items), sharex=True, sharey=True)
    given = [ax] if hasattr(ax, "pcolormesh") else list(np.ravel(ax))
    if len(given) != len(items):
        raise ValueError(f"ax has {len(given)} axes; data has {len(items)} items")
    return list(zip(items, map(check_axes, given), strict=True))
