"""Ticks of time and frequency axes. Importing this module imports matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib import ticker

from .._base.arrays import Array

# Labels touch that are nearer than this share of what matplotlib reckons for one.
_CLOSEST = {"y": 0.7, "x": 1.2}

# Round frequencies, an octave apart.
OCTAVES = np.append(0, 125 * 2.0 ** np.arange(10))

# Steps of ticks in seconds, up to a day.
_STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


def frequencies(
    low: float, high: float, *, octaves: bool, place: Callable[[Array], Array], closest: float
) -> list[float]:
    """Return round frequencies in a view, and its upper end: as many as are legible.

    They are octaves, or evenly spaced; `place` says where they lie, `closest` is the share of the
    view that labels need.
    """
    ticks = OCTAVES[(low <= OCTAVES) & (high > OCTAVES)]
    if not octaves or len(ticks) < 3:
        ticks = np.array(ticker.MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(low, high))
        ticks = ticks[(ticks >= low) & (ticks < high)]
    bottom, *places, top = place(np.array([low, *ticks, high]))
    kept, above = [float(high)], top
    for tick, own in zip(ticks[::-1], reversed(places), strict=True):
        if above - own >= closest * (top - bottom):
            kept.append(float(tick))
            above = own
    return kept[::-1]


class FrequencyLocator(ticker.Locator):
    """Ticks at :func:`frequencies`, on any scale."""

    def __init__(self, octaves: bool) -> None:
        self._octaves = octaves

    def __call__(self) -> Sequence[float]:
        assert self.axis is not None
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        axis: Any = self.axis
        closest = _CLOSEST[axis.axis_name] / max(1, axis.get_tick_space())
        place = axis.get_transform().transform
        return frequencies(vmin, vmax, octaves=self._octaves, place=place, closest=closest)


class FrequencyFormatter(ticker.Formatter):
    """Hz, with k for thousands: 500, 1.5k; to three digits where that tells ticks apart."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        span = float(np.ptp(self.axis.get_view_interval())) if self.axis else x
        digits = 3 if span > abs(x) / 10 else 7
        return f"{x / 1000:.{digits}g}k" if abs(x) >= 1000 else f"{x:.{digits}g}"


class ClockLocator(ticker.MaxNLocator):
    """Round seconds, minutes and hours."""

    def __init__(self) -> None:
        super().__init__(10, steps=[1, 2, 5, 10])

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        span = vmax - vmin
        if span < 60:
            return super().tick_values(vmin, vmax)
        step = next((s for s in _STEPS if span / s <= 10), _STEPS[-1])
        return ticker.MultipleLocator(step).tick_values(vmin, vmax)


def clock(seconds: float, places: int) -> str:
    """Return a time as min:s (2 places) or h:min:s (3).

    Examples
    --------
    >>> clock(90, 2), clock(-3725.25, 3), clock(7.5, 2)
    ('1:30', '-1:02:05.25', '0:07.5')
    """
    whole, milliseconds = divmod(round(abs(seconds) * 1000), 1000)
    rest = f".{milliseconds:03}".rstrip("0").rstrip(".")
    minutes, seconds_ = divmod(whole, 60)
    parts = [*divmod(minutes, 60), seconds_] if places == 3 else [minutes, seconds_]
    sign = "-" if seconds < 0 and (whole or milliseconds) else ""
    return sign + ":".join([f"{parts[0]}", *(f"{part:02}" for part in parts[1:])]) + rest
