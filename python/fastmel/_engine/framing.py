"""Framing: how many frames a signal has, and what lies beyond its ends."""

from __future__ import annotations

from typing import Any, Literal

from .._base.checks import choice

__all__ = ["n_frames", "pad_mode_name", "padding_of"]


def n_frames(
    n_samples: int,
    frame_length: int,
    hop_length: int,
    padding: tuple[int, int],
    frame_count: str = "whole",
) -> int:
    """Return the number of frames of `n_samples`; see :class:`MelConfig` for the rules."""
    if frame_count == "floor":
        return n_samples // hop_length
    if frame_count == "round":
        return (n_samples + hop_length // 2) // hop_length
    if frame_count == "ceil":
        return -(-n_samples // hop_length)
    padded = n_samples + sum(padding)
    if frame_count == "tail":
        return 1 + max(0, -(-(padded - frame_length) // hop_length))
    # An empty signal is centred in one sample less than an odd frame_length, and has its frame.
    if n_samples == 0 and padding == (frame_length // 2,) * 2:
        return 1
    return 0 if padded < frame_length else 1 + (padded - frame_length) // hop_length


def padding_of(
    padding: Literal["center", "none"] | tuple[int, int], frame_length: int
) -> tuple[int, int]:
    """Return the samples before and after the signal."""
    if isinstance(padding, tuple):
        return padding
    half = frame_length // 2 if padding == "center" else 0
    return half, half


def pad_mode_name(pad_mode: Any) -> str:
    """Return the core's name of a pad mode."""
    accepted = ("constant", "edge", "reflect", "symmetric", "linear_ramp", "empty")
    name: str = choice("pad_mode", pad_mode, accepted)
    # numpy.pad leaves the samples of "empty" undefined: zeros are a valid choice.
    return "constant" if name == "empty" else name
