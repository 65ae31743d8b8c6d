"""Framing: how many frames a signal has, and what lies beyond its ends."""

from __future__ import annotations

from typing import Any

from .checks import choice

__all__ = ["n_frames", "pad_mode_name"]


def n_frames(n_samples: int, n_fft: int, hop_length: int, center: bool) -> int:
    """Return the number of frames of `n_samples`.

    ``1 + (n_samples + padding - n_fft) // hop_length``, where centring pads ``n_fft // 2`` samples
    on each side; 0 if that is shorter than a frame.
    """
    padded = n_samples
    if center:
        # An empty signal is padded to one sample less than an odd n_fft, and still has its frame.
        padded = max(n_samples + 2 * (n_fft // 2), n_fft)
    return 0 if padded < n_fft else 1 + (padded - n_fft) // hop_length


def pad_mode_name(pad_mode: Any) -> str:
    """Return the core's name of a pad mode."""
    accepted = ("constant", "edge", "reflect", "symmetric", "linear_ramp", "empty")
    name: str = choice("pad_mode", pad_mode, accepted)
    # numpy.pad leaves the samples of "empty" undefined: zeros are a valid choice.
    return "constant" if name == "empty" else name
