"""What a library's function finds by name, and whether it is what the library put there.

Who replaces a helper in a module of the library, or a method in a class or on an object, wants the
result changed: such a call is the original's, which finds what was put there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any

__all__ = ["Surroundings", "is_of"]

_ABSENT = object()
_NEVER = object()


class Surroundings:
    """The globals and the methods that a function's code names.

    Parameters
    ----------
    function : function
        Function of a module or of a class.
    code_of : callable
        The library's own code of a function whose callees are of interest, or None. What computes
        in the place of a function also does so in the place of those that it calls.
    owner : type, optional
        The class.
    constants : mapping, optional
        Values that globals must have; others must remain what they are now.
    """

    def __init__(
        self,
        function: FunctionType,
        code_of: Callable[[FunctionType], CodeType | None],
        owner: type | None = None,
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        self._constants = [(function.__globals__, *item) for item in (constants or {}).items()]
        self._held: dict[tuple[int, str], tuple[Mapping[str, Any], str, Any, FunctionType]] = {}
        self._code_of = code_of
        self._add(function)
        names = (code_of(function) or function.__code__).co_names
        self._methods = [
            (name, method if is_of(method, function) else _NEVER)
            for name in (names if owner else ())
            if callable(method := getattr(owner, name, None)) and not name.startswith("__")
        ]

    def _add(self, function: FunctionType) -> None:
        there, names = function.__globals__, (self._code_of(function) or function.__code__).co_names
        constants = [name for _, name, _ in self._constants]
        for name in names:
            if name not in there or name.startswith("__") or name in constants:
                continue
            self._hold(there, name, function)
            value = there[name]
            if isinstance(value, ModuleType) and _package(vars(value)) == _package(there):
                # Lazy modules list what they have not loaded.
                for attribute in set(names).intersection(dir(value)):
                    self._hold(vars(value), attribute, function)

    def _hold(self, namespace: Mapping[str, Any], name: str, function: FunctionType) -> None:
        key, value = (id(namespace), name), namespace.get(name, _ABSENT)
        if key in self._held:
            return
        own = value is _ABSENT or is_of(value, function)
        self._held[key] = namespace, name, value if own else _NEVER, function
        if isinstance(value, FunctionType) and own and self._code_of(value):
            self._add(value)

    def changed(self, instance: Any = None) -> str | None:
        """Return what is not as it was, for everyone or on this instance; None for nothing."""
        for namespace, name, value, function in self._held.values():
            found = namespace.get(name, _ABSENT)
            if found is not value and not (value is _ABSENT and is_of(found, function)):
                return f"{name} has been replaced in the library"
        for namespace, name, value in self._constants:
            if namespace.get(name) != value:
                return f"{name} has another value in the library"
        for name, method in self._methods:
            if getattr(type(instance), name, None) is not method or name in vars(instance):
                return f"a method {name} of its own"
        return None


def is_of(value: Any, function: FunctionType) -> bool:
    """Whether a function's library may have put this beside it: no function, or one of its own."""
    while hasattr(value, "__wrapped__") and not _package(getattr(value, "__globals__", {})):
        value = value.__wrapped__  # of functools' caches, and of generated code, which is nowhere
    if isinstance(value, FunctionType):
        return _package(value.__globals__) == _package(function.__globals__)
    return isinstance(value, (type, ModuleType, BuiltinFunctionType)) or not callable(value)


def _package(namespace: Mapping[str, Any]) -> str:
    name: str = namespace.get("__name__", "")
    return name.partition(".")[0]
