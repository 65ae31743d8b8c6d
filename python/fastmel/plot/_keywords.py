"""Keywords that are passed on to matplotlib, and those of librosa's that have no place here."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .._base.checks import brief, meant

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Of librosa.display: for axes that are not drawn here, and ways of drawing.
_LIBROSAS = {
    "auto_aspect", "bins_per_octave", "intervals", "key", "mela", "Sa", "tempo_max", "tempo_min",
    "thaat", "transpose", "tuning", "unicode", "unison", "where", "win_length",
}  # fmt: skip

# What a method or an artist would take twice.
_POSITIONAL = {"data", "xdata", "ydata", "y2"}


def check_keywords(
    function: Callable[..., Any], given: dict[str, Any], method: Callable[..., Any], artist: type
) -> None:
    """Refuse keywords that are neither a function's nor those of matplotlib that it passes on."""
    if not given:
        return
    known = _keywords(method, artist)
    unknown = [name for name in given if name not in known or name == "where"]
    if unknown:
        name = unknown[0]
        if name in _LIBROSAS:
            raise TypeError(
                f"{function.__name__} has no keyword {brief(name)}, which librosa.display takes "
                "for what fastmel does not draw: leave it out"
            )
        own = [p for p in inspect.signature(function).parameters if p != "kwargs"]
        raise TypeError(
            f"{function.__name__} has no keyword {brief(name)}; {meant(name, [*own, *known])}"
            f"accepted: {', '.join(own)}, and here those of matplotlib.axes.{method.__qualname__}"
        )


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


def check_colours(cmap: object) -> None:
    """Refuse what is no colour map."""
    from matplotlib import colormaps
    from matplotlib.colors import Colormap

    if isinstance(cmap, str) and cmap not in colormaps:
        raise ValueError(
            f"cmap={brief(cmap)} is unknown; {meant(cmap, colormaps)}accepted: None, a Colormap, "
            "or a name in matplotlib.colormaps"
        )
    if cmap is not None and not isinstance(cmap, (str, Colormap)):
        raise TypeError(f"cmap={brief(cmap)} must be None, a name or a Colormap")


def check_axes(ax: Axes | None) -> Axes:
    """Return where to draw: pyplot's current axes by default."""
    if ax is None:
        import matplotlib.pyplot as plt

        ax = plt.gca()
    if not hasattr(ax, "pcolormesh"):
        raise TypeError(f"ax must be one matplotlib.axes.Axes; got {type(ax).__name__}")
    if ax.name != "rectilinear":
        raise ValueError(f"ax must be rectilinear; got axes of the projection {ax.name!r}")
    return ax
