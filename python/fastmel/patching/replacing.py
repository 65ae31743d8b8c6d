"""Standing in for functions: wrappers, and the names that refer to them."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any

from .targets import NotCovered, Target

__all__ = ["Counts", "Replacement", "rebind"]

# Of a module whatever its class makes of `__dict__`: lazy modules would load all they have.
_NAMES_OF: Callable[[ModuleType], dict[str, Any]] = vars(ModuleType)["__dict__"].__get__

# Reasons are few; a bound all the same, for a service that runs for months.
_MOST_REASONS = 32


class Counts:
    """How often a function was computed here, and why not."""

    def __init__(self) -> None:
        self.hits = 0
        self.fallbacks: dict[str, int] = {}
        self._lock = threading.Lock()

    def hit(self) -> None:
        """Count a call that was computed here."""
        with self._lock:
            self.hits += 1

    def fall_back(self, reason: str) -> None:
        """Count a call that the original answered."""
        with self._lock:
            if reason not in self.fallbacks and len(self.fallbacks) >= _MOST_REASONS:
                reason = "other reasons"
            self.fallbacks[reason] = self.fallbacks.get(reason, 0) + 1


class Replacement:
    """A function of a library, and its wrapper while the library is patched.

    Parameters
    ----------
    original : callable
        Function, or method of a class.
    adapter : callable
        What computes it here.
    counts : Counts
        Where calls are counted.
    active : callable
        Whether the library is patched. Wrappers outlive that where code holds on to them, and
        are the original again then.
    """

    def __init__(
        self,
        original: Callable[..., Any],
        adapter: Callable[..., Any],
        counts: Counts,
        active: Callable[[], bool],
    ) -> None:
        self.original = original
        self.wrapper = _wrapped(original, adapter, counts, active)


def _wrapped(
    original: Callable[..., Any],
    adapter: Callable[..., Any],
    counts: Counts,
    active: Callable[[], bool],
) -> Callable[..., Any]:
    """Return a function that looks like `original`, and asks `adapter` first."""

    @functools.wraps(original)
    def accelerated(*args: Any, **kwargs: Any) -> Any:
        if active():
            try:
                result = adapter(*args, **kwargs)
            except NotCovered as error:
                reason = str(error)
            except Exception as error:
                # Bad arguments: the original has its own words, and classes, for them.
                reason = f"refused with {type(error).__name__}"
            else:
                counts.hit()
                return result
            counts.fall_back(reason)
        return original(*args, **kwargs)

    accelerated.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    return accelerated


def owner_of(module: ModuleType, target: Target) -> tuple[Any, str]:
    """Return what holds a target, the module or a class in it, and the target's name there.

    Raises
    ------
    AttributeError
        If the module has no such class.
    """
    *classes, name = target.name.split(".")
    return functools.reduce(getattr, classes, module), name


def rebind(replaced: Iterable[tuple[Any, Any]]) -> None:
    """Let every name of every module that means the first of a pair mean the second."""
    # The pairs are kept, so that no other object can come by one of their ids.
    pairs = list(replaced)
    new: Mapping[int, Any] = {id(before): after for before, after in pairs}
    for module in list(sys.modules.values()):
        # Programs put other things there, too.
        names = _NAMES_OF(module) if issubclass(type(module), ModuleType) else {}
        for name, value in list(names.items()):
            if id(value) in new:
                names[name] = new[id(value)]
