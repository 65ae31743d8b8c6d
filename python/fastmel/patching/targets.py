"""What a library's file says about its functions: where they are, and what stands in for them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["NotCovered", "Target", "parameters"]


class NotCovered(Exception):
    """Raised by an adapter for a call that is the original's; its text is the reason."""


@dataclass(frozen=True)
class Target:
    """A function, method or class of a library.

    Attributes
    ----------
    module : str
        Module that defines it.
    name : str
        Its qualified name there: ``"stft"``, ``"FeatureExtractor.__call__"``.
    adapters : tuple of callables
        What computes it here, one for each signature that the library's versions gave it. An
        adapter returns the original's result, or raises: then the original is called. For a class,
        which need not have a signature, one that returns an object like its instances.
    """

    module: str
    name: str
    adapters: tuple[Callable[..., Any], ...]

    @property
    def qualified_name(self) -> str:
        """Name in reports."""
        return f"{self.module}.{self.name}"

    def adapter_for(self, original: Callable[..., Any]) -> Callable[..., Any] | None:
        """Return the adapter with the parameters and defaults of `original`, if there is one.

        A version of the library that this package does not know may have changed them, and
        results with them.
        """
        if isinstance(original, type):
            return self.adapters[0]
        known = parameters(original)
        return next((a for a in self.adapters if parameters(a) == known), None)


def parameters(function: Callable[..., Any]) -> list[tuple[str, Any, Any]]:
    """Return name, kind and default of each parameter."""
    signature = inspect.signature(function)
    return [(p.name, p.kind, p.default) for p in signature.parameters.values()]
