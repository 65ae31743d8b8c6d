"""Remembering what was made of arguments."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TypeVar

from .numerics import defined

T = TypeVar("T")


def cached(maxsize: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """Cache a function by its arguments, their types included.

    Arguments that have no hash reach the function itself, whose error is about what they are.
    """

    def decorate(function: Callable[..., T]) -> Callable[..., T]:
        made = defined(function)  # for all who ask later, whatever their thread rounds to
        remembered = functools.lru_cache(maxsize, typed=True)(made)

        @functools.wraps(function)
        def call(*args: object) -> T:
            try:
                return remembered(*args)
            except TypeError:
                return made(*args)

        return call

    return decorate
