"""What stands on an axis: where cells lie, on which scale, with which ticks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from .._base.arrays import Array
from .._base.checks import brief, choice
from .._base.fields import Positive, accepted
from .._engine.filterbank import hz_to_mel, mel_to_hz

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

AxisType: TypeAlias = Literal[
    "time", "s", "ms", "m", "h", "frames", "mel", "hz", "fft", "linear", "log", "off", "none"
]

# Units of times by the name of the axis; that of "time" follows the length.
_UNITS = {"time": "", "s": "s", "ms": "ms", "m": "min:s", "h": "h:min:s"}
_HZ = ("hz", "fft", "linear")
_NOTHING = (None, "off", "none")
ACCEPTED: tuple[str | None, ...] = (*_UNITS, "frames", "mel", *_HZ, "log", "off", "none", None)
# Axes of features that fastmel does not compute.
_LIBROSAS = ("chroma", "cqt", "vqt", "fft", "tonnetz", "tempo", "fourier", "lag")

# Below this the logarithmic frequency axis is linear, so that 0 Hz has a place on it: C2.
_LOG_START_HZ = 65.40639132514966


@dataclass(frozen=True)
class Spacing:
    """What the positions of frames and of frequencies follow from: see ``specshow``."""

    sr: Positive
    hop_length: Positive
    n_fft: Positive | None
    fmin: float | None
    fmax: float | None
    htk: bool

    def __post_init__(self) -> None:
        for name, field in accepted(Spacing).items():
            field.plain(name, getattr(self, name))


def checked_axis(argument: str, name: object, names: tuple[str | None, ...] = ACCEPTED) -> Any:
    """Return the type of an axis; those of librosa alone are told apart from the unknown."""
    theirs = isinstance(name, str) and name.partition("_")[0] in _LIBROSAS
    if theirs and name not in names:
        raise ValueError(
            f"{argument}={brief(name)} is an axis which librosa draws and fastmel does not"
        )
    return choice(argument, name, names)


def edges_of(name: str | None, cells: int, spacing: Spacing) -> Array:
    """Return the `cells` + 1 edges of cells on an axis, in seconds, Hz, or their number."""
    if name in _UNITS:
        edges = (np.arange(cells + 1) - 0.5) * (spacing.hop_length / spacing.sr)
        edges[0] = 0.0  # nothing was recorded before the first sample
        return edges
    if name == "mel":
        return _mel_edges(cells, spacing)
    if name == "log" or name in _HZ:
        length = spacing.n_fft or max(1, 2 * (cells - 1))
        edges = (np.arange(cells + 1) - 0.5) * (spacing.sr / length)
        edges[0] = 0.0
        if cells == length // 2 + 1:
            edges[-1] = spacing.sr / 2
        return edges
    return np.arange(cells + 1.0)


def _mel_edges(bands: int, spacing: Spacing) -> Array:
    low = 0.0 if spacing.fmin is None else spacing.fmin
    high = spacing.sr / 2 if spacing.fmax is None else spacing.fmax
    if not low < high:
        raise ValueError(f"fmin={low} must lie below fmax={high}")
    # The peaks of n triangles are n + 2 evenly spaced mels without the two ends.
    bottom, top = hz_to_mel([low, high], htk=spacing.htk)
    mels = bottom + (np.arange(bands + 1) + 0.5) * ((top - bottom) / (bands + 1))
    return np.asarray(mel_to_hz(mels, htk=spacing.htk))


def dress(axis: Axis, name: str | None, end: float, *, htk: bool = False) -> None:
    """Give an axis that shows `end`, besides what it showed before, its scale, ticks and label."""
    from matplotlib import ticker

    from ._ticks import FrequencyFormatter, FrequencyLocator

    if name in _NOTHING:
        axis.set_ticks([])
    elif name in _UNITS:
        _dress_time(axis, _UNITS[name], end)
    elif name == "frames":
        axis.set_major_locator(ticker.MaxNLocator(integer=True))
        axis.set_label_text("Frame")
    else:
        _scale(axis, name, htk)
        axis.set_major_locator(FrequencyLocator(octaves=name not in _HZ))
        axis.set_minor_locator(ticker.NullLocator())
        axis.set_major_formatter(FrequencyFormatter())
        axis.set_label_text("Frequency (Hz)")


def _scale(axis: Axis, name: str | None, htk: bool) -> None:
    set_scale = getattr(axis.axes, f"set_{_letter(axis)}scale")
    if name == "mel":
        # Mirrored at 0, where HTK's logarithm would end: matplotlib also asks below the view.
        def mirrored(function: Callable[..., Any]) -> Callable[[Any], Any]:
            return lambda x: np.copysign(function(np.abs(x), htk=htk), x)

        set_scale("function", functions=(mirrored(hz_to_mel), mirrored(mel_to_hz)))
    elif name == "log":
        set_scale("symlog", base=2, linthresh=_LOG_START_HZ, linscale=0.5)


def _letter(axis: Axis) -> str:
    return "x" if axis is axis.axes.xaxis else "y"


def _dress_time(axis: Axis, unit: str, end: float) -> None:
    from matplotlib import ticker

    from ._ticks import ClockLocator, clock

    axes: Axes = axis.axes
    letter = _letter(axis)
    end = max(end, *getattr(axes, f"get_{letter}lim")())
    chosen = unit or ("s" if end < 120 else "min:s" if end < 3600 else "h:min:s")
    label = f"Time ({chosen})"
    axis.set_major_locator(ClockLocator())
    if ":" in chosen:
        places = len(chosen.split(":"))
        axis.set_major_formatter(ticker.FuncFormatter(lambda t, _: clock(t, places)))
    else:
        factor = 1000 if chosen == "ms" else 1
        axis.set_major_formatter(ticker.FuncFormatter(lambda t, _: f"{round(t * factor, 9):.10g}"))
    axis.set_label_text(label)
    for other in getattr(axes, f"get_shared_{letter}_axes")().get_siblings(axes):  # share its ticks
        if getattr(other, f"get_{letter}label")() in ("Time (s)", "Time (min:s)"):
            getattr(other, f"set_{letter}label")(label)
