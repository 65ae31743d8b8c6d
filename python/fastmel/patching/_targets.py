"""What a library's file says about its functions: where they are, and what stands in for them."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any


class NotCovered(Exception):
    """Raised by an adapter for a call that is the original's; its text is the reason."""


@dataclass(frozen=True)
class Target:
    """A function, method or class of a library."""

    module: str
    name: str  # there: "stft", "FeatureExtractor.__call__"
    adapters: tuple[Callable[..., Any], ...]
    """What computes it here, one for each signature that the library's versions gave it.

    An adapter returns the original's result, or raises: :class:`NotCovered` for what it does not
    cover, ValueError or TypeError for bad arguments. Then the original is called. For a class,
    which need not have a signature, one that returns an object like its instances.
    """
    constants: Mapping[str, Any] = field(default_factory=dict, hash=False)
    """Values of the module's globals that the adapters take for granted."""

    @property
    def qualified_name(self) -> str:
        """Name in reports."""
        return f"{self.module}.{self.name}"

    def find(self, module: ModuleType) -> tuple[FunctionType | type | None, type | None]:
        """Return the function, below all that decorates it, or class; and the class it is in.

        None if it is not there, or none of the module's own.
        """
        *classes, name = self.name.split(".")
        try:
            owner: Any = functools.reduce(getattr, classes, module)
            found = inspect.unwrap(vars(owner)[name])
        except (AttributeError, KeyError):
            return None, None
        if isinstance(found, FunctionType):
            if found.__globals__ is not vars(module) or found.__closure__:
                return None, None
            return found, owner if classes else None
        return found if isinstance(found, type) else None, None

    def adapter_for(self, original: Callable[..., object]) -> Callable[..., Any] | None:
        """Return the adapter with the parameters and defaults of `original`, if there is one.

        A version of the library that this package does not know may have changed them, and
        results with them.
        """
        if isinstance(original, type):
            return self.adapters[0]
        known = parameters(original)
        return next((a for a in self.adapters if parameters(a) == known), None)


def parameters(function: Callable[..., object]) -> list[tuple[str, Any, Any]]:
    signature = inspect.signature(function)
    return [(p.name, p.kind, p.default) for p in signature.parameters.values()]
