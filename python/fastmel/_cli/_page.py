"""The page that ``fastmel plot --html`` writes: waveform and features that zoom and play."""

from __future__ import annotations

import json
from base64 import b64encode
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plot import _frontend as of
from ..plot._axes import edges_of
from ._clip import wav_bytes
from ._picture import facts

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


def page(
    y: np.ndarray, features: np.ndarray, fe: FrontEnd, title: str, *, start: float = 0.0
) -> str:
    """Return a page that needs nothing but itself; arguments are those of ``picture``."""
    frames = np.ascontiguousarray(of.items(features, fe).T)
    if not frames.size:
        raise ValueError(f"{title}: too short for this front end, which makes no frame of it")
    cells, colours = _coloured(frames, fe)
    edges = of.columns(fe, len(frames) + 2)  # with two more, their distance is that of any two
    step = float(edges[2] - edges[1])
    about = {
        "start": start,
        "end": start + y.shape[-1] / fe.sample_rate,
        "rate": fe.sample_rate,
        "origin": start + float(edges[1]) - step,
        "step": step,
        "rows": frames.shape[1],
        "ticks": _ticks(fe),
    }
    template = Template(files("fastmel._cli").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(title),
        facts=escape(facts(y, features.shape, fe)),
        about=json.dumps(about),
        wav=_text(wav_bytes(y / max(1.0, np.abs(y).max()), fe.sample_rate, full=32767)),
        cells=_text(cells.tobytes()),
        colours=_text(colours.tobytes()),
    )


def _coloured(frames: np.ndarray, fe: FrontEnd) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers of colours, shape (frames, rows), and the colours."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    look = of.colours(frames.T, fe)
    norm = look.get("norm") or Normalize(look.get("vmin"), look.get("vmax"))
    finite = np.ma.masked_invalid(frames)
    shares = np.ma.filled(norm(finite), 0.0)
    colours = np.round(255 * colormaps["magma"](np.arange(256))).astype(np.uint8)
    return np.round(255 * np.clip(shares, 0, 1)).astype(np.uint8), colours


def _ticks(fe: FrontEnd) -> list[tuple[float, str]]:
    """Return labels of rows, each with its share of the height."""
    from ..plot._ticks import FrequencyFormatter, frequencies

    name, _ = of.rows(fe)
    if name is None:
        return [(i / 8, str(i * fe.n_features // 8)) for i in range(9)]
    edges = edges_of(name, fe.n_features, of.spacing(fe))

    def place(hz: Any) -> Any:
        return np.interp(hz, edges, np.arange(len(edges)) / fe.n_features)  # rows are equally high

    low, high = float(edges[0]), float(edges[-1])
    ticks = frequencies(low, high, octaves=name == "mel", place=place, closest=0.04)
    return [(float(place(hz)), FrequencyFormatter()(hz)) for hz in ticks]


def _text(data: bytes) -> str:
    return b64encode(data).decode()
