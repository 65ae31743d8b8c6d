"""Checks of arguments: each returns what it accepts, or names the argument and what would do."""

from __future__ import annotations

import math
import numbers
import operator
import os
import reprlib
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


@contextmanager
def naming_item(i: int) -> Iterator[None]:
    """Within this context errors about an argument say of which item of a batch it is."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise type(error)(f"item {i}: {error}") from None


Precision: TypeAlias = Literal["single", "double"]


LONGEST = 2**40
"""More samples than any signal; sums of two such sizes do not overflow the core's integers."""


class _Brief(reprlib.Repr):
    """Parts of large values, without making the whole text first."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 60

    def repr_int(self, x: int, level: int) -> str:
        try:
            return super().repr_int(x, level)
        except ValueError:  # it has more digits than Python converts
            return f"an integer of {x.bit_length()} bits"

    def repr_bytes(self, x: bytes, level: int) -> str:
        return repr(x) if len(x) <= 20 else f"{len(x)} bytes"

    def repr_ndarray(self, x: np.ndarray, level: int) -> str:
        return f"an array of shape {x.shape} and dtype {x.dtype}"


_PARTS = _Brief()


def brief(value: object) -> str:
    """Return the text of a user's value for a message: one line, however large the value is."""
    text = _PARTS.repr(value).replace("\n", " ")
    return text if len(text) <= 120 else f"{text[:60]}...{text[-57:]}"


def meant(name: str, known: Iterable[str]) -> str:
    """Return a question about the known names that are like this one, or nothing."""
    from difflib import get_close_matches  # few errors need it

    near = get_close_matches(name[:50], set(known), n=2, cutoff=0.55)
    return f"did you mean {' or '.join(near)}? " if near else ""


def integer(name: str, value: Any, least: int = 1, most: int = LONGEST) -> int:
    """Return an integer from `least` to `most`."""
    try:
        result = operator.index(value)
    except TypeError:
        limit = "" if least == -LONGEST else f" of at least {least}"
        raise TypeError(f"{name}={brief(value)} must be an integer{limit}") from None
    if result < least:
        raise ValueError(f"{name}={brief(result)} must be at least {least}")
    if result > most:
        raise ValueError(f"{name}={brief(result)} must be at most {most}")
    return result


def number(
    name: str,
    value: Any,
    *,
    least: float | None = None,
    above: float | None = None,
    finite: bool = True,
) -> float:
    """Return a real number, finite unless said otherwise, and never NaN."""
    # What an abstract class is asked costs as much as all the rest.
    result = value if type(value) is float else _as_float(name, value)
    if not math.isfinite(result) and (finite or math.isnan(result)):
        raise ValueError(f"{name}={brief(value)} must be finite")
    if above is not None and not result > above:
        raise ValueError(f"{name}={brief(value)} must be above {above}")
    if least is not None and not result >= least:
        raise ValueError(f"{name}={brief(value)} must be at least {least}")
    return result


def _as_float(name: str, value: Any) -> float:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    try:
        if type(value) is not int and not isinstance(value, numbers.Real):
            raise TypeError
        return float(value)  # which not all that claim to be real numbers have
    except TypeError:
        raise TypeError(f"{name}={brief(value)} must be a number") from None
    except OverflowError:
        raise ValueError(f"{name}={brief(value)} is too large") from None


def path(name: str, value: object) -> Path:
    """Return a path of a text or a path."""
    from pathlib import Path  # a fifth of the package's import, for what reads files

    if isinstance(value, (str, os.PathLike)):
        return Path(value)
    raise TypeError(f"{name}={brief(value)} must be a path: a str or an os.PathLike")


def flag(name: str, value: object) -> bool:
    """Return a bool; 0 and 1 will do."""
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, np.bool_, np.integer)) and value in (0, 1):
        return bool(value)
    raise TypeError(f"{name}={brief(value)} must be True or False")


def choice(name: str, value: object, accepted: tuple[str | None, ...]) -> Any:
    """Return a value that is one of the accepted names, or None if that is one of them."""
    if (value is None or isinstance(value, str)) and value in accepted:
        return value
    names = ", ".join(f'"{a}"' if a else "None" for a in accepted)
    raise ValueError(f"{name}={brief(value)} is unknown; accepted: {names}")


def compute_precision(precision: object, wide: bool) -> Precision:
    """Return the precision to compute in: float64 input or output is always computed in double."""
    asked: Precision = choice("precision", precision, ("double", "single"))
    return "double" if wide else asked


def axis_index(name: str, value: Any, ndim: int) -> int:
    """Return the index of an axis, counted from the first."""
    try:
        return range(ndim)[operator.index(value)]
    except TypeError:
        raise TypeError(f"{name}={brief(value)} must be an integer") from None
    except IndexError:
        raise ValueError(
            f"{name}={brief(value)} is out of range for an array of {ndim} axes"
        ) from None


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line that called into this package, however deep the warning arises."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("fastmel."):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
