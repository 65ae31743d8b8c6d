"""What a library's function finds by name, and whether it is what the library put there.

Who replaces a helper in a module of the library, or a method in a class or on an object, wants the
result changed: such a call is the original's, which finds what was put there.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

_ABSENT = object()
_NEVER = object()
# What these packages hold is too much to look at, and says little: who silences ``warnings.warn``
# changes no result.
_FOUNDATIONS = sys.stdlib_module_names | {"numpy", "scipy", "torch"}


class Surroundings:
    """The globals and the methods that a function's code names, and what modules there hold.

    `code_of` returns the library's own code of a function whose callees are of interest, or None:
    what computes in the place of a function does so in the place of those that it calls. `owner` is
    the class that the function is in, if it is in one. `constants` are values that globals must
    have; others must remain what they are now, and what is a function now must be one of the
    library's.
    """

    def __init__(
        self,
        function: FunctionType,
        code_of: Callable[[FunctionType], CodeType | None],
        owner: type | None = None,
        constants: Mapping[str, object] | None = None,
    ) -> None:
        self._held: dict[tuple[int, str], tuple[Mapping[str, object], str, object]] = {}
        self._code_of = code_of
        self._methods: list[tuple[str, object]] = []
        self._add(function, constants or {})
        for name in self._names(function) if owner else ():
            method = getattr(owner, name, None)
            if callable(method) and not name.startswith("__"):
                own = is_of(method, function.__globals__)
                self._methods.append((name, method if own else _NEVER))
                if isinstance(method, FunctionType) and self._code_of(method):
                    self._add(method, constants or {})

    def _names(self, function: FunctionType) -> tuple[str, ...]:
        return (self._code_of(function) or function.__code__).co_names

    def _add(self, function: FunctionType, constants: Mapping[str, object]) -> None:
        there, names = function.__globals__, self._names(function)
        for name in names:
            if name in there and not name.startswith("__"):
                self._hold(there, name, names, constants)

    def _hold(
        self,
        namespace: Mapping[str, object],
        name: str,
        names: tuple[str, ...],
        constants: Mapping[str, object],
    ) -> None:
        key, value = (id(namespace), name), namespace.get(name, _ABSENT)
        if key in self._held:
            return
        expected = name not in constants or value == constants[name]
        expected = expected and (value is _ABSENT or is_of(value, namespace))
        self._held[key] = namespace, name, value if expected else _NEVER
        if isinstance(value, FunctionType) and expected and self._code_of(value):
            self._add(value, {})
        if isinstance(value, ModuleType) and _package(vars(value)) not in _FOUNDATIONS:
            # Lazy modules list what they have not loaded.
            for attribute in set(names).intersection(dir(value)):
                self._hold(vars(value), attribute, names, {})

    def changed(self, instance: object = None) -> str | None:
        """Return what is not as it was, for everyone or on this instance; None for nothing."""
        for namespace, name, value in self._held.values():
            found = namespace.get(name, _ABSENT)
            if found is not value and not (value is _ABSENT and is_of(found, namespace)):
                return f"{name} has been replaced in the library"
        for name, method in self._methods:
            if getattr(type(instance), name, None) is not method or name in vars(instance):
                return f"a method {name} of its own"
        return None


def is_of(value: Any, namespace: Mapping[str, object]) -> bool:
    """Whether a module's package may have put this into it: no function, or one of its own."""
    while hasattr(value, "__wrapped__") and not _package(getattr(value, "__globals__", {})):
        value = value.__wrapped__  # of functools' caches, and of generated code, which is nowhere
    if isinstance(value, FunctionType):
        return _package(value.__globals__) == _package(namespace)
    return isinstance(value, (type, ModuleType, BuiltinFunctionType)) or not callable(value)


def _package(namespace: Mapping[str, object]) -> str:
    return str(namespace.get("__name__", "")).partition(".")[0]
