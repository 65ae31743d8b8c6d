"""Plans: validated arguments made ready to run, cached, and shared by all threads."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from . import _core
from .arrays import Array
from .filterbank import mel_filterbank
from .framing import check_pad_mode, n_frames, positive_int
from .threads import resolve_workers
from .windows import get_window

__all__ = ["Bands", "Plan", "Precision", "build", "freeze_window", "mel_bands", "run"]

Precision: TypeAlias = Literal["single", "double"]


@dataclass(frozen=True)
class FrozenWindow:
    """A window given as values, hashable by content, so that its plan can be cached."""

    data: bytes

    @classmethod
    def of(cls, values: NDArray[np.float64]) -> FrozenWindow:
        return cls(values.tobytes())


@dataclass(frozen=True)
class Bands:
    """A mel filterbank by its parameters; `n_mels` triangles, stored in `dtype`."""

    sr: float
    n_mels: int
    fmin: float
    fmax: float | None
    htk: bool
    norm: Any
    dtype: str


@dataclass(frozen=True, slots=True)
class Plan:
    """A core plan with what Python needs to know to call it."""

    core: _core.Plan
    n_fft: int
    hop_length: int
    center: bool
    pad_mode: str
    n_features: int
    warning: str | None

    def n_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal."""
        return n_frames(n_samples, self.n_fft, self.hop_length, self.center)


def check_precision(precision: Any) -> None:
    """Raise unless `precision` is "single" or "double"."""
    if precision not in ("single", "double"):
        raise ValueError(f'precision={precision!r}; accepted: "single", "double"')


def freeze_window(window: Any, win_length: int, n_fft: int) -> Any:
    """Return a hashable stand-in for a window argument; names, numbers and tuples as they are."""
    if isinstance(window, (str, tuple, float, int)):
        return window
    values = np.ascontiguousarray(get_window(window, win_length), dtype=np.float64)
    if not 1 <= values.size <= n_fft:
        raise ValueError(
            f"window has {values.size} values; accepted: 1 to n_fft={n_fft}"
        )
    return FrozenWindow.of(values)


def window_values(window: Any, win_length: int) -> NDArray[np.float64]:
    """Values of a window as :func:`freeze_window` leaves it."""
    if isinstance(window, FrozenWindow):
        return np.frombuffer(window.data, dtype=np.float64)
    return np.ascontiguousarray(get_window(window, win_length))


def centred(values: NDArray[np.float64], n_fft: int) -> NDArray[np.float64]:
    """Pad a window with zeros to `n_fft`, half on each side."""
    window = np.zeros(n_fft)
    left = (n_fft - values.size) // 2
    window[left : left + values.size] = values
    return window


@functools.lru_cache(maxsize=64, typed=True)
def mel_bands(bands: Bands, n_fft: int, precision: str) -> tuple[_core.Filterbank, str | None]:
    """Build a filterbank for the core, and the warning that librosa gives for it, if any."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        dense = mel_filterbank(
            sr=bands.sr,
            n_fft=n_fft,
            n_mels=bands.n_mels,
            fmin=bands.fmin,
            fmax=bands.fmax,
            htk=bands.htk,
            norm=bands.norm,
            dtype=np.dtype(bands.dtype),
        )
    text = str(caught[0].message) if caught else None
    return _core.Filterbank(np.ascontiguousarray(dense, dtype=np.float64), precision), text


@functools.lru_cache(maxsize=256, typed=True)
def build(
    n_fft: Any,
    hop_length: Any,
    win_length: Any,
    window: Any,
    center: bool,
    pad_mode: str,
    power: float | None,
    bands: Bands | None,
    level: tuple[tuple[str, Any], ...] | None,
    precision: str,
) -> Plan:
    """Validate a configuration and make its plan.

    `window` comes from :func:`freeze_window`; `power` None asks for the complex spectrum; `level`
    holds the keyword arguments of ``_core.Level``.
    """
    check_precision(precision)
    n_fft = positive_int(n_fft, "n_fft")
    win_length = n_fft if win_length is None else positive_int(win_length, "win_length")
    if win_length > n_fft:
        raise ValueError(f"win_length={win_length} exceeds n_fft={n_fft}")
    if hop_length is None:
        hop_length = win_length // 4
        if hop_length == 0:
            raise ValueError(
                f"hop_length must be given: a quarter of win_length={win_length} is less than 1"
            )
    hop_length = positive_int(hop_length, "hop_length")
    pad = check_pad_mode(pad_mode) if center else "constant"
    values = window_values(window, win_length)
    if power is not None and not isinstance(power, (int, float, np.integer, np.floating)):
        raise TypeError(f"power must be a number; got {power!r}")
    filterbank, warning = mel_bands(bands, n_fft, precision) if bands else (None, None)
    core = _core.Plan(
        n_fft=n_fft,
        hop_length=hop_length,
        offset=n_fft // 2 if center else 0,
        pad_mode=pad,
        window=centred(values, n_fft),
        precision=precision,
        power=None if power is None else float(power),
        filterbank=filterbank,
        level=_core.Level(**dict(level)) if level else None,
    )
    return Plan(core, n_fft, hop_length, center, pad, core.n_features, warning)


def run(plan: Plan, y: Array, out: Array, workers: int | None) -> None:
    """Run a plan over `y` (..., n) into `out` (..., features, frames).

    Raises
    ------
    ValueError
        If `y` holds NaN or infinity. The core notices it in the transform, at no cost; `y` itself
        is only searched then, because finite samples can overflow as well.
    """
    workers = resolve_workers(workers, out.size // max(plan.n_features, 1) * plan.n_fft)
    if plan.core.run(y, out, workers) and not np.isfinite(y).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(y))[0])
        at = where[0] if len(where) == 1 else where
        raise ValueError(f"y is not finite: y[{at}] is {y[where]}; NaN and infinity are refused")


def padded(y: Array, pad_mode: Callable[..., Any], n_fft: int) -> Array:
    """Centre padding by a function, which only :func:`numpy.pad` can apply: a copy."""
    width = [(0, 0)] * (y.ndim - 1) + [(n_fft // 2, n_fft // 2)]
    return np.pad(y, width, mode=pad_mode)
