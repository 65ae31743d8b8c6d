"""Public places of what is defined in private modules."""

from __future__ import annotations

from collections.abc import Iterable
from types import FunctionType
from typing import get_type_hints


def publish(module: str, values: Iterable[object]) -> None:
    """Let functions and classes of private modules name a public one as theirs.

    Pickles, messages and help then say where users find them, and moving a private module changes
    none of it.
    """
    for value in values:
        if isinstance(value, type) and (own := vars(value).get("__annotations__")):
            # Annotations are names of the module in which they were written: resolved while it is
            # known.
            hints = get_type_hints(value, include_extras=True)
            value.__annotations__ = {name: hints[name] for name in own}
        if isinstance(value, (type, FunctionType)):
            value.__module__ = module
