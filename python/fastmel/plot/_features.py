"""Pictures of features over time, of two of them, and of the filters behind them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._base.arrays import Array
from .._base.checks import brief, flag, warn
from .._base.extras import require
from .._engine.config import MelConfig
from .._engine.filterbank import fft_frequencies, filters
from .._frontend.frontend import FrontEnd
from .._frontend.named import frontend as front_end
from . import _frontend as of
from ._axes import AxisType, Spacing, checked_axis, dress, edges_of
from ._keywords import check_axes, check_colours, check_keywords
from ._runs import Pool, farthest, largest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import LineCollection, QuadMesh

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
    cmap: Any = "magma",
    colorbar: bool | str = False,
    ax: Any = None,
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

    given = {
        k: v for k, v in locals().items() if k in ("sr", "hop_length", "n_fft", "fmin", "fmax")
    }
    values = _numbers(data)
    checked_axis("x_axis", x_axis)
    checked_axis("y_axis", y_axis)
    spacing = Spacing(**given, htk=flag("htk", htk))
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
        mesh = _drawn(axes, x, y, item, largest, {"cmap": cmap, **kwargs})
        dress(axes.yaxis, named, float(y.max()), htk=spacing.htk)
        dress(axes.xaxis, x_axis, float(x.max()), htk=spacing.htk)
        if fe is not None and y_axis is None:
            of.label_rows(axes.yaxis, fe)
        meshes.append(mesh)
    if len(meshes) > 1:
        _share(meshes, own_figure=ax is None)
    if ax is None:
        _make_current_image(meshes[-1])
    if colorbar:
        _add_colorbar(meshes, of.unit(fe) if fe and colorbar is True else colorbar)
    return meshes[0] if values.ndim == 2 else meshes


def compare(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    names: tuple[str, str] = ("a", "b"),
    ax: Sequence[Axes] | None = None,
    **kwargs: Any,
) -> list[QuadMesh]:
    """Draw two features of the same shape, and their difference, below each other.

    Parameters
    ----------
    a, b : array_like, shape (bins, frames)
        What to compare.
    names : (str, str), default ("a", "b")
        What they are called above the pictures.
    ax : sequence of three matplotlib.axes.Axes or None, default None
        Where to draw; None makes a figure with pyplot.
    **kwargs
        Passed on to :func:`specshow`, for example ``x_axis``, ``frontend`` or ``colorbar``.

    Returns
    -------
    list of matplotlib.collections.QuadMesh
        Those of `a` and `b`, whose colours mean the same, and of ``b - a``, where zero has the
        colour of the background.

    Raises
    ------
    ValueError, TypeError
        If the shapes differ, there are not two names or three axes, or as :func:`specshow`.
    ModuleNotFoundError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from fastmel.plot import compare
    >>> axes = Figure().subplots(3)
    >>> meshes = compare(np.zeros((4, 9)), np.eye(4, 9), ax=axes, y_axis="mel")
    >>> axes[2].get_title(loc="left")
    'b \N{MINUS SIGN} a: at most 1'
    """
    require("matplotlib", extra="plot", what="compare")
    first, second = _numbers(a), _numbers(b)
    if first.shape != second.shape or first.ndim != 2:
        raise ValueError(
            f"a of shape {first.shape} and b of shape {second.shape} must be of one shape "
            "(bins, frames)"
        )
    if len(names) != 2:
        raise ValueError(f"names={brief(names)} must be two names")
    axes = _three(ax)
    colorbar = kwargs.pop("colorbar", False)
    meshes = [
        specshow(values, ax=own, **kwargs)
        for values, own in zip((first, second), axes[:2], strict=True)
    ]
    _share(meshes, own_figure=False)
    with np.errstate(invalid="ignore"):
        difference = second.astype(np.float64) - first
    finite = np.abs(difference[np.isfinite(difference)])
    most = float(finite.max()) if finite.size else 0.0
    same = {k: v for k, v in kwargs.items() if k not in ("cmap", "vmin", "vmax", "norm")}
    same |= {"vmin": -(most or 1.0), "vmax": most or 1.0, "cmap": _around_zero(axes[2])}
    meshes.append(specshow(difference, ax=axes[2], **same))
    meshes[2].pool = farthest
    _label_outer(axes, own_figure=ax is None)
    titles = (*names, f"{names[1]} \N{MINUS SIGN} {names[0]}: at most {most:.3g}")
    for own, title in zip(axes, titles, strict=True):
        own.set_title(title, loc="left", fontsize="medium").set_parse_math(False)
    if colorbar:
        fe = kwargs.get("frontend")
        _add_colorbar(meshes[:2], of.unit(_resolved(fe)) if fe and colorbar is True else colorbar)
        _add_colorbar(meshes[2:], "dB" if colorbar == "dB" else "Difference")
    return meshes


def _around_zero(axes: Axes) -> Any:
    """Return colours of which that of the axes' background, light or dark, is in the middle."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = ("#2f7bd8", axes.get_facecolor(), "#e0483e")
    return LinearSegmentedColormap.from_list("difference", ends)


def filterbank(
    bank: npt.ArrayLike | FrontEnd | MelConfig | str,
    *,
    sr: float = 22050,
    cmap: Any = "viridis",
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
        config = _resolved(bank).config
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


def _numbers(data: npt.ArrayLike) -> Array:
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


def _resolved(spec: FrontEnd | MelConfig | str) -> FrontEnd:
    if isinstance(spec, FrontEnd):
        return spec
    if not isinstance(spec, (str, MelConfig)):
        raise TypeError(
            f"frontend must be a FrontEnd, a MelConfig or a name; got {type(spec).__name__}"
        )
    return front_end(spec)


def _made_by(spec: FrontEnd | MelConfig | str, given: Spacing) -> FrontEnd:
    """Return the front end; what it decides may not be given as well."""
    defaults = inspect.signature(specshow).parameters
    for name, value in vars(given).items():
        if value != defaults[name].default:
            raise ValueError(
                f"{name}={brief(value)} is what frontend decides: leave one of them out"
            )
    return _resolved(spec)


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


def _three(ax: Any) -> list[Axes]:
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(6.4, 6.4), layout="constrained")
        ax = figure.subplots(3, sharex=True, sharey=True)
    axes = [check_axes(one) for one in np.ravel(ax)]
    if len(axes) != 3:
        raise ValueError(f"ax must be three matplotlib.axes.Axes; got {len(axes)}")
    return axes


def _drawn(
    axes: Axes, x: Array, y: Array, values: Array, pool: Pool, kwargs: dict[str, Any]
) -> QuadMesh:
    """Draw cells as ``pcolormesh`` does, but for those that share a pixel."""
    from matplotlib import rcParams
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import QuadMesh

    from ._artists import Mesh

    look = {
        "rasterized": True,
        "edgecolor": "none",
        "antialiased": False,
        "snap": rcParams["pcolormesh.snap"],
        **normalize_kwargs(kwargs, QuadMesh),
    }
    shading = look.pop("shading", "flat")
    if shading == "gouraud":  # between points
        x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (x, y))
        return axes.pcolormesh(x, y, values, shading=shading, **look)
    if shading not in ("flat", "nearest", "auto"):
        raise ValueError(
            f'shading={brief(shading)} is unknown; accepted: "flat", "nearest", "auto", "gouraud"'
        )
    norm = _norm(values, look.pop("norm", None), look.pop("vmin", None), look.pop("vmax", None))
    mesh = Mesh(x, y, values, pool=pool, norm=norm, **look)
    axes.add_collection(mesh, autolim=False)
    corners = [(x.min(), y.min()), (x.max(), y.max())]
    mesh.sticky_edges.x[:], mesh.sticky_edges.y[:] = zip(*corners, strict=True)
    axes.update_datalim(corners)
    axes.autoscale_view()
    return mesh


def _norm(values: Array, norm: Any, low: float | None, high: float | None) -> Any:
    """Return what makes colours of values: of all values, not of those that are drawn."""
    from matplotlib.colors import Normalize

    if norm is None:
        norm = Normalize(low, high)
    elif low is not None or high is not None:
        raise ValueError("norm has limits of its own: leave vmin and vmax out")
    if isinstance(norm, Normalize):
        norm.autoscale_None(np.ma.masked_invalid(values, copy=False))
    return norm


def _share(meshes: list[QuadMesh], *, own_figure: bool) -> None:
    """Let colours mean the same, and say once what the axes are."""
    limits = [mesh.get_clim() for mesh in meshes]
    for mesh in meshes:
        mesh.set_clim(min(low for low, _ in limits), max(high for _, high in limits))
    _label_outer([_axes_of(mesh) for mesh in meshes], own_figure)


def _label_outer(axes: list[Axes], own_figure: bool) -> None:
    for i, one in enumerate(axes):
        one.label_outer()
        if own_figure and i != len(axes) // 2:  # they are below each other
            one.set_ylabel("")


def _axes_of(mesh: QuadMesh) -> Any:
    return mesh.axes


def _make_current_image(mesh: QuadMesh) -> None:
    import matplotlib.pyplot as plt

    plt.sca(_axes_of(mesh))
    plt.sci(mesh)


def _add_colorbar(meshes: list[QuadMesh], label: bool | str) -> None:
    axes = [_axes_of(mesh) for mesh in meshes]
    bar = axes[0].figure.colorbar(meshes[0], ax=axes if len(axes) > 1 else axes[0])
    if label == "dB":
        from matplotlib.ticker import FuncFormatter

        bar.ax.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:.4g} dB".replace("-", "\N{MINUS SIGN}"))
        )
    elif isinstance(label, str):
        bar.set_label(label)
