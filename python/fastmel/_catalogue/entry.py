"""A row of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass

from .._engine.config import MelConfig
from ..steps import Patches

__all__ = ["Entry"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A named front end: what it computes, where that is defined, and who uses it.

    Parameters
    ----------
    description : str
        One line for a list.
    config : MelConfig
        What it computes, from samples to features.
    source : str
        Where that is defined: "project version: file, function".
    models : tuple of str
        Who uses it.
    notes : str
        Where the original is peculiar, and what is followed.
    """

    description: str
    config: MelConfig
    source: str
    models: tuple[str, ...] = ()
    notes: str = ""

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the result of one signal."""
        time_mel = self.config.layout == "time_mel"
        axes = ("frames", "features") if time_mel else ("features", "frames")
        patches = any(isinstance(step, Patches) for step in self.config.after)
        return ("patches", *axes) if patches else axes
