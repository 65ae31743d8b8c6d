"""Standing in for classes of extension modules: their members are exchanged in the class itself.

An instance that is computed here remains one of the original's class, and has a twin: an object of
ours, which answers in its place as long as it lives.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import Any

from ._replacing import NOT_COMPUTED, Counts, attempt
from ._targets import NotCovered


class ClassReplacement:
    """A class, and the members that stand in for its own.

    Of the constructor's arguments, `adapter` makes a twin, with methods and properties of the same
    names; and the arguments of the least original, for an instance that is to do nothing itself.
    """

    def __init__(
        self, original: type, adapter: Callable[..., tuple[Any, tuple[object, ...]]], counts: Counts
    ) -> None:
        self._class = original
        self._members = {n: v for n, v in vars(original).items() if not n.startswith("_")}
        self._twins: dict[int, object] = {}
        self._references: dict[int, weakref.ref[object]] = {}
        self._is_installed = False
        make = vars(original)["__init__"]

        def twin_of(*args: object, **kwargs: object) -> tuple[object, tuple[object, ...]]:
            twin, least = adapter(*args, **kwargs)
            if unknown := [name for name in self._members if not hasattr(type(twin), name)]:
                raise NotCovered(f"a class that has {unknown[0]}")
            return twin, least

        def compute(*args: object, **kwargs: object) -> Any:
            return attempt(twin_of, counts, args, kwargs)

        @functools.wraps(make)
        def stand_in(instance: object, *args: object, **kwargs: object) -> None:
            # A derived class may have other methods.
            is_plain = type(instance) is original and self._is_installed
            made: Any = compute(*args, **kwargs) if is_plain else NOT_COMPUTED
            if made is NOT_COMPUTED:
                make.__get__(instance)(*args, **kwargs)
            else:
                make.__get__(instance)(*made[1])
                self._keep(instance, made[0])

        self._exchanged = {"__init__": (make, stand_in)}
        for name, member in self._members.items():
            self._exchanged[name] = member, _of_twins(self._twins, name, member)

    def install(self) -> None:
        """Let new instances have twins."""
        self._is_installed = True
        self._exchange(self._exchanged)

    def remove(self) -> None:
        """Give the class its own members back, once nobody has a twin."""
        self._is_installed = False
        if not self._twins:
            self._exchange({name: (new, old) for name, (old, new) in self._exchanged.items()})

    def _exchange(self, members: dict[str, tuple[Any, Any]]) -> None:
        for name, (before, after) in members.items():
            # What someone else has put there remains.
            if vars(self._class)[name] is before:
                setattr(self._class, name, after)

    def _keep(self, instance: object, twin: object) -> None:
        key = id(instance)

        def forget(_: object) -> None:
            del self._twins[key], self._references[key]
            if not self._is_installed:
                self.remove()

        self._references[key] = weakref.ref(instance, forget)
        self._twins[key] = twin


def _of_twins(twins: dict[int, object], name: str, member: Any) -> Any:
    """Return a member that is the twin's where there is one."""
    if isinstance(member, property):

        def get(instance: object) -> Any:
            twin = twins.get(id(instance))
            return member.__get__(instance) if twin is None else getattr(twin, name)

        return property(get, member.fset, member.fdel, member.__doc__)

    @functools.wraps(member)
    def method(instance: object, *args: object, **kwargs: object) -> Any:
        twin = twins.get(id(instance))
        bound = member.__get__(instance) if twin is None else getattr(twin, name)
        return bound(*args, **kwargs)

    return method
