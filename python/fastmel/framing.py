"""Framing: how many frames a signal has, and the checks of the sizes that define them."""

from __future__ import annotations

import operator
from typing import Any

__all__ = ["PAD_MODES", "n_frames", "positive_int"]

PAD_MODES = ("constant", "edge", "reflect", "symmetric", "linear_ramp")


def positive_int(value: Any, name: str) -> int:
    """Return `value` as an int of at least 1."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ValueError(f"{name} must be a positive integer; got {value!r}") from None
    if number < 1:
        raise ValueError(f"{name} must be a positive integer; got {number}")
    return number


def n_frames(n_samples: int, n_fft: int, hop_length: int, center: bool) -> int:
    """Return the number of frames of `n_samples`.

    ``1 + (n_samples + padding - n_fft) // hop_length``, where centring pads ``n_fft // 2`` samples
    on each side; 0 if that is shorter than a frame.
    """
    padded = n_samples + (2 * (n_fft // 2) if center else 0)
    # A centred odd n_fft covers one sample more than an empty signal is padded to.
    padded = max(padded, n_fft) if center else padded
    return 0 if padded < n_fft else 1 + (padded - n_fft) // hop_length


def check_pad_mode(pad_mode: Any) -> str:
    """Return the core's name of a pad mode, or raise."""
    if pad_mode == "empty":
        return "constant"  # numpy.pad leaves these samples undefined; zeros are a valid choice
    if pad_mode not in PAD_MODES:
        raise ValueError(
            f"pad_mode={pad_mode!r} is not supported; accepted: {', '.join(PAD_MODES)}, empty"
        )
    return str(pad_mode)
