"""Ticks of time and frequency axes. Importing this module imports matplotlib."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import ticker
from matplotlib.transforms import IdentityTransform

# Round frequencies, an octave apart.
_OCTAVES_HZ = (0, 125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000)

# Neighbouring labels nearer than this share of the axis would touch.
_CLOSEST = 0.055

# At most about ten steps of 1, 2 or 5 times a power of ten.
_ROUND = ticker.MaxNLocator(11, steps=[1, 2, 5, 10])

# Steps of a clock's ticks in seconds.
_CLOCK_STEPS = (10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)


class OctaveLocator(ticker.Locator):
    """Ticks at 125 Hz, 250 Hz, …, or at round numbers if the view holds too few of those."""

    def __call__(self) -> Sequence[float]:
        """Return the positions of the ticks in view."""
        assert self.axis is not None
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the positions of the ticks between two frequencies in Hz."""
        ticks = [hz for hz in _OCTAVES_HZ if vmin <= hz <= vmax]
        if len(ticks) < 3:
            return [float(hz) for hz in ticker.MaxNLocator(8).tick_values(vmin, vmax)]
        return self._apart(ticks, vmin, vmax)

    def _apart(self, ticks: list[int], vmin: float, vmax: float) -> Sequence[float]:
        """Drop ticks that lie too near to the one above."""
        transform = getattr(self.axis, "get_transform", IdentityTransform)()
        points = np.array([vmin, vmax, *ticks], dtype=float)
        places = transform.transform(points)
        shares = (places[2:] - places[0]) / (places[1] - places[0])
        kept: list[float] = []
        above = math.inf
        for hz, share in zip(reversed(ticks), reversed(shares), strict=True):
            if above - share >= _CLOSEST:
                kept.append(float(hz))
                above = share
        return kept[::-1]


class FrequencyFormatter(ticker.Formatter):
    """Hz, with k for thousands: 500, 1k, 1.5k."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick at `x` Hz."""
        return f"{x / 1000:.6g}k" if abs(x) >= 1000 else f"{x:.6g}"


class ClockLocator(ticker.Locator):
    """Ticks at round seconds, minutes and hours."""

    def __call__(self) -> Sequence[float]:
        """Return the positions of the ticks in view."""
        assert self.axis is not None
        return self.tick_values(*sorted(self.axis.get_view_interval()))

    def tick_values(self, vmin: float, vmax: float) -> Sequence[float]:
        """Return the positions of the ticks between two times in seconds."""
        span = vmax - vmin
        if span < 60:
            return [float(t) for t in _ROUND.tick_values(vmin, vmax)]
        step = next((s for s in _CLOCK_STEPS if span / s <= 10), _CLOCK_STEPS[-1])
        return [float(t) for t in np.arange(math.ceil(vmin / step), vmax / step) * step]


class TimeFormatter(ticker.Formatter):
    """Seconds, ``min:s`` or ``h:min:s``.

    Parameters
    ----------
    unit : {"s", "min:s", "h:min:s"}
        Form of the labels.
    """

    def __init__(self, unit: str) -> None:
        self.unit = unit

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of a tick at `x` seconds."""
        span = float(np.ptp(self.axis.get_view_interval())) if self.axis else 1.0
        decimals = max(0, 2 - math.floor(math.log10(span))) if span > 0 else 3
        value = round(abs(x), decimals)
        sign = "-" if x < 0 < value else ""
        if self.unit == "s":
            return f"{sign}{value:.10g}"
        minutes, seconds = divmod(value, 60)
        rest = f"{round(seconds, decimals):.10g}"
        rest = "0" * (len(rest.partition(".")[0]) < 2) + rest
        if self.unit == "min:s":
            return f"{sign}{minutes:.0f}:{rest}"
        hours, minutes = divmod(minutes, 60)
        return f"{sign}{hours:.0f}:{minutes:02.0f}:{rest}"
