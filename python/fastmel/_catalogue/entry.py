"""A row of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from .._engine.config import MelConfig
from ..steps import Patches


class Correction(NamedTuple):
    """What a version corrected in a row: users of its name get other features since."""

    version: str
    what: str
    earlier: Mapping[str, Any]  # the parameters as they were

    def warning(self, name: str) -> str:
        """Return what is said to who asks for the name."""
        changes = ", ".join(f"{key}={value!r}" for key, value in self.earlier.items())
        return (
            f"{name!r} returns other features since fastmel {self.version} ({self.what}); a model "
            f"that was trained before wants fastmel.frontend({name!r}).replace({changes})"
        )


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A named front end: what it computes, where that is defined, and who uses it."""

    description: str  # one line for a list
    config: MelConfig
    source: str  # "project version: file, function"
    models: tuple[str, ...] = ()
    notes: str = ""  # where the original is peculiar, and what is followed
    corrected: Correction | None = None  # by the current or the last minor version

    @property
    def unit_range(self) -> bool:
        """Whether floats have to be in [-1, 1].

        Models were trained on those, and a chain that scales them takes them for such; what belongs
        to a library alone takes samples as they are.
        """
        return bool(self.models) or self.config.scale == 32768

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the axes of the result of one signal."""
        time_mel = self.config.layout == "time_mel"
        axes = ("frames", "features") if time_mel else ("features", "frames")
        patches = any(isinstance(step, Patches) for step in self.config.after)
        return ("patches", *axes) if patches else axes
