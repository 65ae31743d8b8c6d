"""Pictures of two features, and of their difference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .._base.checks import brief
from .._base.extras import require
from . import _frontend as of
from ._features import numbers, specshow
from ._keywords import check_axes
from ._meshes import add_colorbar, label_outer, share
from ._runs import farthest

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh


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
    first, second = numbers(a), numbers(b)
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
    share(meshes, own_figure=False)
    with np.errstate(invalid="ignore"):
        difference = second.astype(np.float64) - first
    finite = np.abs(difference[np.isfinite(difference)])
    most = float(finite.max()) if finite.size else 0.0
    same = {k: v for k, v in kwargs.items() if k not in ("cmap", "vmin", "vmax", "norm")}
    same |= {"vmin": -(most or 1.0), "vmax": most or 1.0, "cmap": _around_zero(axes[2])}
    meshes.append(specshow(difference, ax=axes[2], **same))
    meshes[2].pool = farthest
    label_outer(axes, own_figure=ax is None)
    titles = (*names, f"{names[1]} \N{MINUS SIGN} {names[0]}: at most {most:.3g}")
    for own, title in zip(axes, titles, strict=True):
        own.set_title(title, loc="left", fontsize="medium").set_parse_math(False)
    if colorbar:
        fe = kwargs.get("frontend")
        add_colorbar(meshes[:2], of.unit(of.resolved(fe)) if fe and colorbar is True else colorbar)
        add_colorbar(meshes[2:], "dB" if colorbar == "dB" else "Difference")
    return meshes


def _around_zero(axes: Axes) -> Any:
    """Return colours of which that of the axes' background, light or dark, is in the middle."""
    from matplotlib.colors import LinearSegmentedColormap

    ends = ("#2f7bd8", axes.get_facecolor(), "#e0483e")
    return LinearSegmentedColormap.from_list("difference", ends)


def _three(ax: Any) -> list[Axes]:
    if ax is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(6.4, 6.4), layout="constrained")
        ax = figure.subplots(3, sharex=True, sharey=True)
    axes = [check_axes(one) for one in np.ravel(ax)]
    if len(axes) != 3:
        raise ValueError(f"ax must be three matplotlib.axes.Axes; got {len(axes)}")
    return axes
