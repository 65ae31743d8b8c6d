"""How public things change: see docs/stability.md."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from .checks import warn

P = ParamSpec("P")
R = TypeVar("R")


def warn_of_change(message: str) -> None:
    """Warn a user, once for each line that calls, that something changed or is going to."""
    warn(message, FutureWarning)


def renamed_argument(
    old: str, new: str, *, since: str, until: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function take a keyword argument by its former name as well, with a warning.

    `since` is the version that renamed it, `until` that which takes the former name no more. The
    function keeps its signature, which has the new name alone.

    Examples
    --------
    >>> import warnings
    >>> from fastmel._base.deprecation import renamed_argument
    >>> @renamed_argument("bands", "n_mels", since="0.2", until="0.4")
    ... def width(n_mels=128):
    ...     return n_mels
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     width(bands=80)
    80
    >>> print(caught[0].message)
    width: bands is called n_mels since fastmel 0.2; fastmel 0.4 will not know it
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            if old in kwargs:
                if new in kwargs:
                    raise TypeError(f"{function.__name__} got {new}, and {old}, its former name")
                warn_of_change(
                    f"{function.__name__}: {old} is called {new} since fastmel {since}; fastmel "
                    f"{until} will not know it"
                )
                kwargs[new] = kwargs.pop(old)
            return function(*args, **kwargs)

        return call

    return decorate
