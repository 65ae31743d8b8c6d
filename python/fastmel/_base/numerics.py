"""Results that do not depend on the caller's floating-point environment."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .. import _core

P = ParamSpec("P")
R = TypeVar("R")


def defined(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function's results independent of rounding mode and flushing of subnormals.

    They are properties of a thread that other libraries change (`torch.set_flush_denormal`, code
    compiled with -ffast-math), and what is made once is often kept.
    """

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        result: R = _core.in_float_environment(function, *args, **kwargs)
        return result

    return called
