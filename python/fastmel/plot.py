"""Pictures of spectrograms and waveforms on matplotlib axes in seconds, Hz and mel.

matplotlib is in the extra ``fastmel[plot]`` and imported when something is drawn. pyplot is
touched only if no axes are given; the backend never.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._base.arrays import Array, as_samples, check_finite, pcm_to_float
from ._base.checks import brief, choice, flag, integer, meant, number, warn
from ._base.extras import require
from ._engine.filterbank import hz_to_mel, mel_to_hz

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.collections import QuadMesh

__all__ = ["specshow", "waveshow"]

TimeAxis: TypeAlias = Literal["time", "frames"]
FrequencyAxis: TypeAlias = Literal["mel", "hz", "linear", "log"]

_X_AXES = ("time", "frames", None)
_Y_AXES = ("mel", "hz", "linear", "log", None)

# Below this the logarithmic frequency axis is linear, so that 0 Hz has a place on it: C2.
_LOG_START_HZ = 65.40639132514966


def specshow(
    data: npt.ArrayLike,
    *,
    x_coords: npt.ArrayLike | None = None,
    y_coords: npt.ArrayLike | None = None,
    x_axis: TimeAxis | None = None,
    y_axis: FrequencyAxis | None = None,
    sr: float = 22050,
    hop_length: int = 512,
    n_fft: int | None = None,
    fmin: float | None = None,
    fmax: float | None = None,
    htk: bool = False,
    cmap: Any = "magma",
    colorbar: bool | str = False,
    ax: Axes | None = None,
    **kwargs: Any,
) -> QuadMesh:
    """Draw a spectrogram, or any other features over time.

    Parameters
    ----------
    data : array_like, shape (bins, frames)
        What to show; of complex values the magnitude.
    x_coords, y_coords : array_like or None, default None
        Positions of the columns (seconds or frames) and rows (Hz or row number) instead of those
        that follow from the axes' types: one value per column or row for their centres, or
        one more for their edges.
    x_axis : {"time", "frames"} or None, default None
        Seconds, frame numbers, or no ticks.
    y_axis : {"mel", "hz", "linear", "log"} or None, default None
        "mel": rows are mel bands, on a mel scale with ticks in Hz. "hz" and "linear": rows are
        FFT bins, evenly spaced. "log": rows are FFT bins on a logarithmic scale. None: no ticks.
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
    cmap : str, Colormap or None, default "magma"
        Colours; None is matplotlib's own default.
    colorbar : bool or str, default False
        Draw a colour bar beside `ax`: True for values in dB, a string for its label.
    ax : matplotlib.axes.Axes or None, default None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.pcolormesh`, for example ``vmin``.

    Returns
    -------
    matplotlib.collections.QuadMesh
        The picture; its axes are ``.axes``.

    Raises
    ------
    ValueError
        If `data` is not two-dimensional or is empty, an axis type or a colour map is unknown, a
        size is not positive, or coordinates do not fit.
    TypeError
        If `data` holds no numbers, a size is none, or a keyword is neither listed nor one of
        :meth:`matplotlib.axes.Axes.pcolormesh`.
    ModuleNotFoundError
        If matplotlib is not installed.

    Notes
    -----
    Arguments are those of ``librosa.display.specshow``. A cell covers what it measures: frame
    `t` half a hop to both sides of ``t * hop_length / sr``, and a mel band the strip around the
    peak of its triangle, so all bands are equally high on the mel scale.

    Limits are matplotlib's own: they grow to show all that is on the axes and on those that they
    are shared with, without margins around a spectrogram, and stay where they have been set.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from fastmel.plot import specshow
    >>> ax = Figure().add_subplot()
    >>> mesh = specshow(np.zeros((128, 44)), x_axis="time", y_axis="mel", ax=ax)
    >>> mesh.get_array().size, ax.get_ylabel()
    (5632, 'Frequency (Hz)')
    """
    require("matplotlib", extra="plot", what="specshow")
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh

    values = _matrix(data)
    choice("x_axis", x_axis, _X_AXES)
    choice("y_axis", y_axis, _Y_AXES)
    _check_positive(sr=sr, hop_length=hop_length, n_fft=n_fft)
    _check_numbers(fmin=fmin, fmax=fmax)
    htk = flag("htk", htk)
    colorbar = colorbar if isinstance(colorbar, str) else flag("colorbar", colorbar)
    _check_colours(cmap)
    _check_keywords(specshow, kwargs, Axes.pcolormesh, QuadMesh)
    rows, columns = values.shape
    x = _edges("x_coords", x_coords, columns)
    if x is None:
        x = _time_edges(columns, x_axis, sr, hop_length)
    y = _edges("y_coords", y_coords, rows)
    if y is None:
        y = _frequency_edges(rows, y_axis, sr, n_fft, fmin, fmax, htk)

    kwargs = {"rasterized": True, "edgecolors": "none", "shading": "flat", **kwargs}
    if kwargs["shading"] == "nearest":  # cells around points, as they are
        kwargs["shading"] = "flat"
    elif kwargs["shading"] == "gouraud":  # between points
        x, y = ((edges[1:] + edges[:-1]) / 2 for edges in (x, y))
    axes = _axes(ax)
    mesh: QuadMesh = axes.pcolormesh(x, y, values, cmap=cmap, **kwargs)
    if ax is None:
        _make_current_image(mesh)
    _scale_frequency(axes, y_axis, htk)
    _decorate_x(axes, x_axis, float(x.max()))
    _decorate_y(axes.yaxis, y_axis)
    if colorbar:
        _add_colorbar(axes, mesh, colorbar)
    return mesh


def waveshow(
    y: npt.ArrayLike,
    *,
    sr: float = 22050,
    max_points: int = 11025,
    axis: Literal["time"] | None = "time",
    offset: float = 0.0,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Artist:
    """Draw a waveform: its samples if they are few, its envelope if they are many.

    Parameters
    ----------
    y : array_like, shape (n,) or (channels, n)
        Samples: floats as they are, or int16 / int32 PCM, which is scaled to [-1, 1). Of several
        channels the common envelope.
    sr : float, default 22050
        Sample rate in Hz.
    max_points : int, default 11025
        From this many samples on, the smallest and the largest value of each run of samples are
        drawn instead, at most `max_points` pairs: no peak is lost.
    axis : {"time"} or None, default "time"
        Ticks in seconds, or none.
    offset : float, default 0.0
        Time of the first sample in seconds.
    ax : matplotlib.axes.Axes or None, default None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.plot` or
        :meth:`matplotlib.axes.Axes.fill_between`, for example ``color``.

    Returns
    -------
    matplotlib.artist.Artist
        The line (samples) or the filled band (envelope).

    Raises
    ------
    TypeError
        If `y` holds no floats and no PCM, a size is no number, or a keyword is neither listed nor
        one of the method that draws.
    ValueError
        If `y` is empty, has more than two dimensions, is of shape (n, channels) or holds NaN or
        infinity, or a size is not positive.
    ModuleNotFoundError
        If matplotlib is not installed.

    Notes
    -----
    Limits are matplotlib's own, as those of :func:`specshow`; in time without margins.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from fastmel.plot import waveshow
    >>> ax = Figure().add_subplot()
    >>> waveshow(np.zeros(100), sr=8000, ax=ax) in ax.lines
    True
    >>> waveshow(np.zeros(100_000), sr=8000, ax=ax) in ax.collections
    True
    """
    require("matplotlib", extra="plot", what="waveshow")
    from matplotlib.axes import Axes
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import PolyCollection
    from matplotlib.lines import Line2D

    samples = _samples(y)
    choice("axis", axis, ("time", None))
    _check_positive(sr=sr)
    integer("max_points", max_points)
    number("offset", offset)
    n = samples.shape[-1]
    end = offset + n / sr
    artist: Artist
    times: np.ndarray
    if n <= max_points and samples.shape[0] == 1:
        _check_keywords(waveshow, kwargs, Axes.plot, Line2D)
        kwargs = {"linewidth": 0.8, **normalize_kwargs(kwargs, Line2D)}
        axes = _axes(ax)
        times = offset + np.arange(n) / sr
        line = pcm_to_float(samples[0])
        artist = axes.plot(times, line, **kwargs)[0]
    else:
        _check_keywords(waveshow, kwargs, Axes.fill_between, PolyCollection)
        # With an outline like that line's: where runs are short, the band is thinner than a dot.
        band = {"linewidth": 0.8, "edgecolor": "face"}
        kwargs = {**band, **normalize_kwargs(kwargs, PolyCollection)}
        axes = _axes(ax)
        low, high, step = _envelope(samples, max_points)
        times = offset + (np.arange(low.size) + 0.5) * (step / sr)
        artist = axes.fill_between(times, low, high, **kwargs)
    axes.update_datalim([(offset, 0.0), (end, 0.0)], updatey=False)
    artist.sticky_edges.x[:] = [offset, end]
    _decorate_x(axes, axis, end)
    return artist


def _matrix(data: npt.ArrayLike) -> np.ndarray:
    """Return what can be drawn: real numbers, in which some may be masked."""
    values = data if isinstance(data, np.ma.MaskedArray) else np.asarray(data)
    if values.dtype.kind not in "fciub":
        raise TypeError(f"data must hold numbers; got dtype {values.dtype}")
    if values.ndim != 2 or not values.size:
        raise ValueError(f"data of shape {values.shape} must be of shape (bins, frames), not empty")
    if np.iscomplexobj(values):
        warn("data is complex: its magnitude is shown")
        values = np.abs(values)
    return values


def _samples(y: npt.ArrayLike) -> Array:
    """Return `y` as samples of shape (channels, n), PCM as it is."""
    samples = as_samples(np.asarray(y) if isinstance(y, (list, tuple)) else y)
    if samples.ndim > 2 or not samples.size:
        raise ValueError(f"y of shape {samples.shape} must be of shape (n,) or (channels, n)")
    check_finite(samples)
    return np.atleast_2d(samples)


def _check_colours(cmap: Any) -> None:
    from matplotlib import colormaps
    from matplotlib.colors import Colormap

    if isinstance(cmap, str) and cmap not in colormaps:
        raise ValueError(
            f"cmap={brief(cmap)} is unknown; {meant(cmap, colormaps)}accepted: None, a Colormap, "
            "or a name in matplotlib.colormaps"
        )
    if cmap is not None and not isinstance(cmap, (str, Colormap)):
        raise TypeError(f"cmap={brief(cmap)} must be None, a name or a Colormap")


def _check_keywords(
    function: Callable[..., Any], given: dict[str, Any], method: Callable[..., Any], artist: type
) -> None:
    """Refuse keywords that are neither a function's nor those of matplotlib that it passes on."""
    if not given:
        return
    known = _keywords(method, artist)
    unknown = [name for name in given if name not in known]
    if unknown:
        name = unknown[0]
        own = [p for p in inspect.signature(function).parameters if p != "kwargs"]
        raise TypeError(
            f"{function.__name__} has no keyword {brief(name)}; {meant(name, [*own, *known])}"
            f"accepted: {', '.join(own)}, and here those of matplotlib.axes.{method.__qualname__}"
        )


# What a method or an artist would take twice.
_POSITIONAL = {"data", "xdata", "ydata", "y2"}


@functools.cache
def _keywords(method: Callable[..., Any], artist: type) -> frozenset[str]:
    """Return the keywords of a method that draws, and of the artist that it passes others to."""
    from matplotlib.artist import ArtistInspector

    callees: tuple[Any, ...] = (method, *artist.__mro__[:-1])
    names = [
        parameter.name
        for callee in callees
        for parameter in inspect.signature(callee).parameters.values()
        if parameter.default is not parameter.empty
    ]
    about = ArtistInspector(artist)
    aliases = [alias for aliases in about.aliasd.values() for alias in aliases]
    return frozenset([*names, *about.get_setters(), *aliases]) - _POSITIONAL


def _check_positive(**values: float | None) -> None:
    for argument, value in values.items():
        if value is not None:
            number(argument, value, above=0)


def _check_numbers(**values: float | None) -> None:
    for argument, value in values.items():
        if value is not None:
            number(argument, value)


def _edges(argument: str, coords: npt.ArrayLike | None, cells: int) -> np.ndarray | None:
    """Return the `cells` + 1 edges that coordinates (of edges or of centres) stand for."""
    if coords is None:
        return None
    given = np.asarray(coords)
    if given.dtype.kind not in "fiu":
        raise TypeError(f"{argument} must hold real numbers; got dtype {given.dtype}")
    values: np.ndarray = given.astype(np.float64)
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


def _time_edges(frames: int, x_axis: str | None, sr: float, hop_length: int) -> np.ndarray:
    if x_axis != "time":
        return np.arange(frames + 1.0)
    edges = (np.arange(frames + 1) - 0.5) * (hop_length / sr)
    edges[0] = 0.0  # nothing was recorded before the first sample
    return edges


def _frequency_edges(
    rows: int,
    y_axis: str | None,
    sr: float,
    n_fft: int | None,
    fmin: float | None,
    fmax: float | None,
    htk: bool,
) -> np.ndarray:
    if y_axis is None:
        return np.arange(rows + 1.0)
    if y_axis == "mel":
        low, high = 0.0 if fmin is None else fmin, sr / 2 if fmax is None else fmax
        if not low < high:
            raise ValueError(f"fmin={low} must lie below fmax={high}")
        # The peaks of n triangles are n + 2 evenly spaced mels without the two ends.
        bottom, top = hz_to_mel([low, high], htk=htk)
        mels = bottom + (np.arange(rows + 1) + 0.5) * ((top - bottom) / (rows + 1))
        return np.asarray(mel_to_hz(mels, htk=htk))
    length = n_fft or max(1, 2 * (rows - 1))
    edges = (np.arange(rows + 1) - 0.5) * (sr / length)
    edges[0] = 0.0
    if rows == length // 2 + 1:
        edges[-1] = sr / 2
    return edges


def _envelope(samples: Array, max_points: int) -> tuple[np.ndarray, np.ndarray, int]:
    """Return minima and maxima over runs of samples (and channels), and the runs' length."""
    n = samples.shape[-1]
    step = -(-n // max_points)
    starts = np.arange(0, n, step)
    low = np.minimum.reduceat(samples, starts, axis=-1).min(axis=0)
    high = np.maximum.reduceat(samples, starts, axis=-1).max(axis=0)
    return pcm_to_float(low), pcm_to_float(high), step


def _axes(ax: Any) -> Axes:
    """Return where to draw."""
    if ax is None:
        import matplotlib.pyplot as plt

        return plt.gca()
    if not hasattr(ax, "pcolormesh"):
        raise TypeError(f"ax must be one matplotlib.axes.Axes; got {type(ax).__name__}")
    axes: Axes = ax
    return axes


def _make_current_image(mesh: QuadMesh) -> None:
    import matplotlib.pyplot as plt

    plt.sci(mesh)


def _scale_frequency(axes: Axes, y_axis: str | None, htk: bool) -> None:
    if y_axis == "mel":
        # Mirrored at 0, where HTK's logarithm would end: matplotlib also asks below the view.
        def forward(hz: Any) -> Any:
            return np.copysign(hz_to_mel(np.abs(hz), htk=htk), hz)

        def inverse(mel: Any) -> Any:
            return np.copysign(mel_to_hz(np.abs(mel), htk=htk), mel)

        axes.set_yscale("function", functions=(forward, inverse))
    elif y_axis == "log":
        axes.set_yscale("symlog", base=2, linthresh=_LOG_START_HZ, linscale=0.5)


def _decorate_x(axes: Axes, x_axis: str | None, end: float) -> None:
    """Label an axis that shows `end` as well as what it showed before."""
    from matplotlib.ticker import MaxNLocator

    from ._ticks import ClockLocator, TimeFormatter

    axis = axes.xaxis
    if x_axis is None:
        axis.set_ticks([])
    elif x_axis == "frames":
        axis.set_major_locator(MaxNLocator(integer=True))
        axis.set_label_text("Frame")
    else:
        end = max(end, *axes.get_xlim())
        unit = "s" if end < 120 else "min:s" if end < 3600 else "h:min:s"
        axis.set_major_locator(ClockLocator())
        axis.set_major_formatter(TimeFormatter(unit))
        axis.set_label_text(f"Time ({unit})")
        for other in axes.get_shared_x_axes().get_siblings(axes):  # they share its ticks
            if other.get_xlabel() in ("Time (s)", "Time (min:s)"):
                other.set_xlabel(f"Time ({unit})")


def _decorate_y(axis: Axis, y_axis: str | None) -> None:
    from matplotlib.ticker import NullLocator

    from ._ticks import FrequencyFormatter, OctaveLocator

    if y_axis is None:
        axis.set_ticks([])
        return
    if y_axis in ("mel", "log"):
        axis.set_major_locator(OctaveLocator())
        axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FrequencyFormatter())
    axis.set_label_text("Frequency (Hz)")


def _add_colorbar(axes: Axes, mesh: QuadMesh, label: bool | str) -> None:
    from matplotlib.ticker import FuncFormatter

    if isinstance(label, str):
        axes.figure.colorbar(mesh, ax=axes, label=label)
        return
    decibels = FuncFormatter(lambda value, _: f"{value:.4g} dB".replace("-", "\N{MINUS SIGN}"))
    axes.figure.colorbar(mesh, ax=axes, format=decibels)
