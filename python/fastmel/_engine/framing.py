"""Framing: how many frames a signal has, and what lies beyond its ends."""

from __future__ import annotations

from typing import Literal

from .._base.checks import choice
from .._core import center_padding, n_frames, n_stacked, shortest_signal

__all__ = [
    "center_padding",
    "n_frames",
    "n_stacked",
    "pad_mode_name",
    "padding_of",
    "shortest_signal",
]


def padding_of(
    padding: Literal["center", "none"] | tuple[int, int], frame_length: int
) -> tuple[int, int]:
    if isinstance(padding, tuple):
        return padding
    half = center_padding(frame_length) if padding == "center" else 0
    return half, half


def pad_mode_name(pad_mode: object) -> str:
    accepted = ("constant", "edge", "reflect", "symmetric", "linear_ramp", "empty")
    name: str = choice("pad_mode", pad_mode, accepted)
    # numpy.pad leaves the samples of "empty" undefined: zeros are a valid choice.
    return "constant" if name == "empty" else name
