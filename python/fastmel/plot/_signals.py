"""Pictures of samples: the waveform, and the spectrum of the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .._base.arrays import Array, as_samples, check_finite, pcm_to_float
from .._base.checks import flag, integer, number
from .._base.extras import require
from ._axes import checked_axis, dress
from ._keywords import check_axes, check_keywords
from ._runs import runs_of

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

TimeAxis: TypeAlias = Literal["time", "s", "ms", "m", "h", "off", "none"]
_TIME_AXES = ("time", "s", "ms", "m", "h", "off", "none", None)
_HZ_AXES = ("hz", "log", "off", "none", None)

# Points of a spectrum: more than a picture has columns, few enough to draw at once.
_MOST_POINTS = 2**15


def waveshow(
    y: npt.ArrayLike,
    *,
    sr: float = 22050,
    max_points: int = 11025,
    axis: TimeAxis | None = "time",
    offset: float = 0.0,
    ax: Axes | None = None,
    **kwargs: Any,
) -> Artist:
    """Draw a waveform: its samples if they are few, its envelope if they are many.

    Parameters
    ----------
    y : array_like, shape (n,) or (channels, n)
        Samples: floats as they are, or int16 / int32 PCM, which is scaled to [-1, 1). Of several
        channels the common envelope. An envelope keeps the array, and reads it when it is drawn.
    sr : float, default 22050
        Sample rate in Hz.
    max_points : int, default 11025
        So many samples of one channel are drawn as a line. Of more, each column of pixels is filled
        from the smallest to the largest sample in it; zoomed in, they become a line as well.
    axis : {"time", "s", "ms", "m", "h"} or None, default "time"
        Ticks in seconds, from two minutes on in minutes and from an hour on in hours; or always in
        the given unit. "off", "none" and None: no ticks.
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
        infinity, a size is not positive, or the axis is unknown.
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
    samples = _samples(y)
    checked_axis("axis", axis, _TIME_AXES)
    number("sr", sr, above=0)
    integer("max_points", max_points)
    number("offset", offset)
    n = samples.shape[-1]
    end = offset + n / sr
    artist: Artist
    if n <= max_points and samples.shape[0] == 1:
        times = offset + np.arange(n) / sr
        artist = _line(waveshow, times, pcm_to_float(samples[0]), ax, kwargs)
    else:
        artist = _band(samples, offset, sr, max_points, ax, kwargs)
    axes = artist.axes
    assert axes is not None
    axes.update_datalim([(offset, 0.0), (end, 0.0)], updatey=False)
    artist.sticky_edges.x[:] = [offset, end]
    axes.autoscale_view()
    dress(axes.xaxis, axis, end)
    return artist


def _line(
    function: Callable[..., Any], x: Array, y: Array, ax: Axes | None, kwargs: dict[str, Any]
) -> Line2D:
    """Draw a thin line, with the keywords that a function passes on."""
    from matplotlib.axes import Axes
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.lines import Line2D

    check_keywords(function, kwargs, Axes.plot, Line2D)
    kwargs = {"linewidth": 0.8, **normalize_kwargs(kwargs, Line2D)}
    return check_axes(ax).plot(x, y, **kwargs)[0]


def _band(
    samples: Array, offset: float, sr: float, most: int, ax: Axes | None, kwargs: dict[str, Any]
) -> Artist:
    from matplotlib.axes import Axes
    from matplotlib.cbook import normalize_kwargs
    from matplotlib.collections import PolyCollection

    from ._artists import Waveform

    check_keywords(waveshow, kwargs, Axes.fill_between, PolyCollection)
    # The outline is what is seen of silence.
    kwargs = {"linewidth": 0.8, "edgecolor": "face", **normalize_kwargs(kwargs, PolyCollection)}
    for needless in ("interpolate", "step"):  # there is one step for each column of pixels
        kwargs.pop(needless, None)
    axes: Axes = check_axes(ax)
    if not {"color", "facecolor"} & kwargs.keys():
        probe = axes.fill_between([], [])
        kwargs["facecolor"] = probe.get_facecolor()  # the next of the style's colours
        probe.remove()
    band = Waveform(samples, offset, sr, most, **kwargs)
    axes.add_collection(band)
    return band


def spectrum(
    y: npt.ArrayLike,
    *,
    sr: float = 22050,
    db: bool = False,
    axis: Literal["hz", "log", "off", "none"] | None = "hz",
    ax: Axes | None = None,
    **kwargs: Any,
) -> Line2D:
    """Draw the magnitude spectrum of a whole signal, by one Fourier transform of all its samples.

    A sine of amplitude A is a peak of height A at its frequency.

    Parameters
    ----------
    y : array_like, shape (n,)
        Samples: floats as they are, or int16 / int32 PCM, which is scaled to [-1, 1).
    sr : float, default 22050
        Sample rate in Hz.
    db : bool, default False
        Amplitudes in decibels, where 0 dB is an amplitude of 1, down to -120 dB.
    axis : {"hz", "log"} or None, default "hz"
        Frequencies on a linear or a logarithmic axis. "off", "none" and None: no ticks.
    ax : matplotlib.axes.Axes or None, default None
        Where to draw; None takes pyplot's current axes.
    **kwargs
        Passed on to :meth:`matplotlib.axes.Axes.plot`, for example ``color``.

    Returns
    -------
    matplotlib.lines.Line2D
        The line: of a long signal, the largest amplitudes of neighbouring frequencies.

    Raises
    ------
    TypeError
        If `y` holds no floats and no PCM, `sr` is no number, `db` no bool, or a keyword is neither
        listed nor one of :meth:`matplotlib.axes.Axes.plot`.
    ValueError
        If `y` is empty, has more than one dimension or holds NaN or infinity, `sr` is not positive,
        or the axis is unknown.
    ModuleNotFoundError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from matplotlib.figure import Figure
    >>> from fastmel.plot import spectrum
    >>> y = 0.5 * np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    >>> hz, amplitude = spectrum(y, sr=8000, ax=Figure().add_subplot()).get_data()
    >>> float(hz[amplitude.argmax()]), round(float(amplitude.max()), 6)
    (440.0, 0.5)
    """
    require("matplotlib", extra="plot", what="spectrum")
    samples = _samples(y)
    if len(samples) > 1:
        raise ValueError(f"y of shape {np.shape(y)} must be of shape (n,): mix or choose a channel")
    checked_axis("axis", axis, _HZ_AXES)
    number("sr", sr, above=0)
    hz, amplitudes = _amplitudes(pcm_to_float(samples[0]), sr)
    if flag("db", db):
        amplitudes = 20 * np.log10(np.maximum(amplitudes, 1e-6))
    line = _line(spectrum, hz, amplitudes, ax, kwargs)
    axes = line.axes
    assert axes is not None
    line.sticky_edges.x[:] = [0.0, sr / 2]
    axes.update_datalim([(sr / 2, amplitudes[-1])])
    axes.autoscale_view()
    dress(axes.xaxis, axis, sr / 2)
    axes.set_ylabel("Amplitude (dB)" if db else "Amplitude")
    return line


def _amplitudes(y: Array, sr: float) -> tuple[Array, Array]:
    """Return frequencies and the amplitudes of the sines that a signal consists of."""
    n = len(y)
    amplitudes = np.abs(np.fft.rfft(y)) * (2 / n)
    amplitudes[0] /= 2  # once, where others are there at the negative frequency, too
    if n % 2 == 0:
        amplitudes[-1] /= 2
    starts = runs_of(len(amplitudes), _MOST_POINTS)
    highest = np.maximum.reduceat(amplitudes, starts)
    middle = (starts + np.append(starts[1:], len(amplitudes)) - 1) / 2
    return middle * (sr / n), highest


def _samples(y: npt.ArrayLike) -> Array:
    """Return `y` as samples of shape (channels, n), PCM as it is."""
    samples = as_samples(np.asarray(y) if isinstance(y, (list, tuple)) else y)
    if samples.ndim > 2 or not samples.size:
        raise ValueError(f"y of shape {samples.shape} must be of shape (n,) or (channels, n)")
    check_finite(samples)
    return np.atleast_2d(samples)
