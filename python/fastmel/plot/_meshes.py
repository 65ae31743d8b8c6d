"""Cells in colours: drawn, with limits that several share, with a bar that says what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.arrays import Array
from .._base.checks import brief
from ._runs import Pool

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.collections import QuadMesh


def drawn(
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


def share(meshes: list[QuadMesh], *, own_figure: bool) -> None:
    """Let colours mean the same, and say once what the axes are."""
    limits = [mesh.get_clim() for mesh in meshes]
    for mesh in meshes:
        mesh.set_clim(min(low for low, _ in limits), max(high for _, high in limits))
    label_outer([_axes_of(mesh) for mesh in meshes], own_figure)


def label_outer(axes: list[Axes], own_figure: bool) -> None:
    for i, one in enumerate(axes):
        one.label_outer()
        if own_figure and i != len(axes) // 2:  # they are below each other
            one.set_ylabel("")


def _axes_of(mesh: QuadMesh) -> Any:
    return mesh.axes


def make_current_image(mesh: QuadMesh) -> None:
    import matplotlib.pyplot as plt

    plt.sca(_axes_of(mesh))
    plt.sci(mesh)


def add_colorbar(meshes: list[QuadMesh], label: bool | str) -> None:
    axes = [_axes_of(mesh) for mesh in meshes]
    bar = axes[0].figure.colorbar(meshes[0], ax=axes if len(axes) > 1 else axes[0])
    if label == "dB":
        from matplotlib.ticker import FuncFormatter

        bar.ax.yaxis.set_major_formatter(
            FuncFormatter(lambda value, _: f"{value:.4g} dB".replace("-", "\N{MINUS SIGN}"))
        )
    elif isinstance(label, str):
        bar.set_label(label)
