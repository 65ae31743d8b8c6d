"""Fields of dataclasses that are checked: what one accepts stands in its annotation.

A limit is part of a type, ``Annotated[int, Limits(least=1)]``, and the usual ones have names here.
Names that will do are a ``Literal``, and ``| None`` admits None. :func:`accepted` reads that;
:func:`check_fields` makes plain values of all fields. What several fields must be to each other,
and tuples, are for functions of the class.

Examples
--------
>>> from dataclasses import dataclass
>>> from fastmel._base.fields import Count, accepted, check_fields
>>> @dataclass(frozen=True)
... class Frames:
...     length: Count
...     shift: Count | None = None
...
...     def __post_init__(self):
...         check_fields(self)
>>> Frames(np.int64(400))
Frames(length=400, shift=None)
>>> Frames(0)
Traceback (most recent call last):
    ...
ValueError: length=0 must be at least 1
>>> accepted(Frames)["shift"].least, accepted(Frames)["shift"].none
(1, True)
"""

from __future__ import annotations

import dataclasses
from types import UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NamedTuple,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from .cache import cached
from .checks import LONGEST, brief, choice, flag, integer, number


class Limits(NamedTuple):
    """The range of a number; None is no limit."""

    least: float | None = None
    most: float | None = None
    above: float | None = None


Count: TypeAlias = Annotated[int, Limits(least=1)]
Natural: TypeAlias = Annotated[int, Limits(least=0)]
NotNegative: TypeAlias = Annotated[float, Limits(least=0.0)]
Positive: TypeAlias = Annotated[float, Limits(above=0.0)]


class Accepted(NamedTuple):
    """What a field accepts."""

    kind: type[Any] | None = None  # of values, also NumPy's; None where there are names alone
    names: tuple[str, ...] = ()
    none: bool = False  # whether None will do
    tuples: bool = False  # whether tuples will do, which the class checks
    least: Any = None
    most: Any = None
    above: float | None = None

    def plain(self, name: str, value: object) -> Any:
        """Return a value as its plain type, or raise; `name` is that of the field."""
        if self.tuples or (value is None and self.none):
            return value
        if self.kind is None or (self.names and isinstance(value, str)):
            return choice(name, value, (*self.names, None) if self.none else self.names)
        if self.kind is bool:
            return flag(name, value)
        if self.kind is int:
            least = -LONGEST if self.least is None else self.least
            return integer(name, value, least, LONGEST if self.most is None else self.most)
        if self.kind is float:
            return number(name, value, least=self.least, above=self.above)
        if not isinstance(value, self.kind):
            raise TypeError(f"{name}={brief(value)} must be a {self.kind.__name__}")
        return value


@cached(maxsize=64)
def accepted(cls: type[Any]) -> dict[str, Accepted]:
    """Return what the fields of a dataclass accept, by name, in their order."""
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: _accepted(hints[field.name]) for field in dataclasses.fields(cls)}


def _accepted(hint: object) -> Accepted:
    found: dict[str, Any] = {"names": ()}
    for part in get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,):
        origin = get_origin(part)
        if part is type(None):
            found["none"] = True
        elif origin is Literal:
            found["names"] += get_args(part)
        elif origin is tuple:
            found["tuples"] = True
        elif origin is Annotated:
            found["kind"], limits = get_args(part)
            found.update(limits._asdict())
        else:
            found["kind"] = part
    return Accepted(**found)


def check_fields(values: object) -> None:
    """Check every field of a dataclass's instance, and store it as its plain type."""
    for name, field in accepted(type(values)).items():
        object.__setattr__(values, name, field.plain(name, getattr(values, name)))
