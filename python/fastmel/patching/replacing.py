"""Standing in for functions: wrappers, and the names that refer to them."""

from __future__ import annotations

import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from types import FunctionType, ModuleType
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
    """A function or class of a library, and what stands in for it while the library is patched.

    Parameters
    ----------
    original : callable
        Function, method of a class, or class.
    adapter : callable
        What computes it here; for a class, the class whose instances take its instances' place.
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
        # Classes that have it as a method, and under which name: no search for names finds those.
        self.methods: set[tuple[type, str]] = set()

        def compute(*args: Any, **kwargs: Any) -> Any:
            return _attempt(adapter, counts, args, kwargs) if active() else _NOT_COMPUTED

        stand_in = _class_standing_in if isinstance(original, type) else _function_standing_in
        self.wrapper = stand_in(original, compute)


_NOT_COMPUTED = object()


def _attempt(
    adapter: Callable[..., Any], counts: Counts, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Return what the adapter makes of a call, or that it made nothing; count it."""
    try:
        result = adapter(*args, **kwargs)
    except NotCovered as error:
        reason = str(error)
    except Exception as error:
        # Bad arguments: the original has its own words, and classes, for them.
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:100]
    else:
        counts.hit()
        return result
    counts.fall_back(reason)
    return _NOT_COMPUTED


def _function_standing_in(
    original: Callable[..., Any], compute: Callable[..., Any]
) -> Callable[..., Any]:
    """Return a function that looks like `original`, and tries to compute first."""
    not_computed = _NOT_COMPUTED

    def accelerated(*args: Any, **kwargs: Any) -> Any:
        result = compute(*args, **kwargs)
        return original(*args, **kwargs) if result is not_computed else result

    # Compilers (torch.jit) read the original's source, and look its names up in the globals.
    there = getattr(original, "__globals__", globals())
    wrapper = FunctionType(accelerated.__code__, there, closure=accelerated.__closure__)
    functools.update_wrapper(wrapper, original)
    wrapper.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
    return wrapper


def _class_standing_in(original: Any, compute: Callable[..., Any]) -> Any:
    """Return a class whose calls make instances of ours, or of `original`.

    It counts all of them as its instances. What derives from it derives from `original`.
    """
    made_here: set[type] = set()

    class Meta(type(original)):  # type: ignore[misc]
        def __call__(cls, *args: Any, **kwargs: Any) -> Any:
            if cls is not stand_in:
                return super().__call__(*args, **kwargs)
            result = compute(*args, **kwargs)
            if result is _NOT_COMPUTED:
                return original(*args, **kwargs)
            made_here.add(type(result))
            return result

        def __instancecheck__(cls, instance: Any) -> bool:
            if cls is not stand_in:
                return bool(super().__instancecheck__(instance))
            return isinstance(instance, (original, *made_here))

    names = {name: getattr(original, name) for name in ("__module__", "__qualname__", "__doc__")}
    stand_in = Meta(original.__name__, (original,), {**names, "__wrapped__": original})
    return stand_in


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
    if not new:
        return
    for module in list(sys.modules.values()):
        # Programs put other things there, too.
        names = _NAMES_OF(module) if issubclass(type(module), ModuleType) else {}
        for name, value in list(names.items()):
            if id(value) in new:
                names[name] = new[id(value)]
