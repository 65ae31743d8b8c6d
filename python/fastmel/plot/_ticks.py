"""Ticks of time and frequency axes. Importing this module imports matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import ticker
from matplotlib.transforms import IdentityTransform

__all__ = ["OCTAVES", "ClockLocator", "FrequencyFormatter", "FrequencyLocator", "clock"]

# Neighbouring labels nearer than this share of the axis would touch: above or beside each other.
_CLOSEST = {"y": 0.055, "x": 0.11}

# Round frequencies, an octave apart.
OCTAVES = np.append(0, 125 * 2.0 ** np.arange(10))

# Steps of ticks in seconds, up to a day.
_STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


class FrequencyLocator(ticker.Locator):
    """Round frequencies from the top of the view down, as many as are legible.

    Parameters
    ----------
    octaves : bool
        Ticks at 125 Hz, 250 Hz, …; else, and where few of those are in view, evenly spaced.
    """

    def __init__(self, octaves: bool) -> None:
        self._octaves = octaves

    def __call__(self) -> Sequence[float]:
        """Return the positions of the ticks in view."""
        assert self.axis is not None
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the positions of the ticks between two frequencies in Hz, the upper included."""
        ticks = OCTAVES[(vmin <= OCTAVES) & (vmax > OCTAVES)]
        if not self._octaves or len(ticks) < 3:
            ticks = np.array(ticker.MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(vmin, vmax))
            ticks = ticks[(ticks >= vmin) & (ticks < vmax)]
        transform = getattr(self.axis, "get_transform", IdentityTransform)()
        low, *places, high = transform.transform(np.array([vmin, *ticks, vmax]))
        closest = _CLOSEST[getattr(self.axis, "axis_name", "y")]
        kept, above = [float(vmax)], 1.0
        for tick, place in zip(ticks[::-1], reversed(places), strict=True):
            share = (place - low) / (high - low)
            if above - share >= closest:
                kept.append(float(tick))
                above = share
        return kept[::-1]


class FrequencyFormatter(ticker.Formatter):
    """Hz, with k for thousands: 500, 1.5k; to three digits where that tells ticks apart."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick at `x` Hz."""
        span = float(np.ptp(self.axis.get_view_interval())) if self.axis else x
        digits = 3 if span > abs(x) / 10 else 7
        return f"{x / 1000:.{digits}g}k" if abs(x) >= 1000 else f"{x:.{digits}g}"


class ClockLocator(ticker.MaxNLocator):
    """Round seconds, minutes and hours."""

    def __init__(self) -> None:
        super().__init__(10, steps=[1, 2, 5, 10])

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the positions of the ticks between two times in seconds."""
        span = vmax - vmin
        if span < 60:
            return super().tick_values(vmin, vmax)
        step = next((s for s in _STEPS if span / s <= 10), _STEPS[-1])
        return [float(t) for t in np.arange(math.ceil(vmin / step), vmax // step + 1) * step]


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
