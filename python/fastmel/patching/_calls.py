"""What the code of patched functions calls: each imports a name of its own from here."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import NamedTuple

_numbers = itertools.count()


def _is_traced() -> bool:
    """Whether ``torch.compile`` or ``torch.export`` follows this; torch is not imported for it."""
    compiler = getattr(sys.modules.get("torch"), "compiler", None)
    return compiler is not None and bool(compiler.is_compiling())


class Call(NamedTuple):
    """Two ways to answer a call of a patched function."""

    original: Callable[..., object]
    compute: Callable[..., object]
    not_computed: object
    """What `compute` returns if it is the original's turn."""
    is_traced: Callable[[], bool] = _is_traced


def add(
    original: Callable[..., object], compute: Callable[..., object], not_computed: object
) -> str:
    """Give a call a name here."""
    name = f"call_{next(_numbers)}"
    globals()[name] = Call(original, compute, not_computed)
    return name
