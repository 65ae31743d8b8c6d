"""Acting on modules that are imported later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


class ImportHook(MetaPathFinder):
    """A finder that lets the others find, and acts once a module of interest has run.

    `is_wanted` says whether a name is of interest; `act` is called with the module after its code
    has run, before anyone else sees it.
    """

    def __init__(self, is_wanted: Callable[[str], bool], act: Callable[[ModuleType], None]) -> None:
        self._is_wanted = is_wanted
        self._act = act

    def install(self) -> None:
        """Come first among the finders."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def remove(self) -> None:
        """Leave the finders."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of interest as the other finders do."""
        if not self._is_wanted(fullname):
            return None
        for finder in list(sys.meta_path):
            find = None if finder is self else getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find(fullname, path, target) if find else None
            if spec is not None:
                self._follow(spec)
                return spec
        return None

    def _follow(self, spec: ModuleSpec) -> None:
        """Let the loader act when it has run the module's code.

        It stays the loader that it was: resources, tracebacks and reloading see nothing else.
        """
        loader: Any = spec.loader
        execute = getattr(loader, "exec_module", None)
        if execute is None or not hasattr(loader, "__dict__"):
            return

        def exec_module(module: ModuleType) -> None:
            execute(module)
            if module.__name__ == spec.name:
                loader.__dict__.pop("exec_module", None)
                self._act(module)

        loader.exec_module = exec_module
