"""Objects of ours that transformers takes for its own, where it is imported."""

from __future__ import annotations

import sys
import types
from typing import Any, TypeVar

Self = TypeVar("Self", bound="TakenForTheirs")


class TakenForTheirs:
    """Objects that are instances of transformers' class of the same name too, once it is imported.

    ``isinstance`` asks an object for its ``__class__`` where its type does not do. That is a class
    below both, made when somebody asks: nothing is imported for it, the type remains ours, and an
    object that was made before transformers was imported counts too.
    """

    _is_joined = False

    def __init_subclass__(cls, joined: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._is_joined = joined

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Our class, or one below ours and transformers'."""
        return _joined(type(self))

    def __reduce__(self) -> tuple[Any, ...]:
        cls = type(self)
        state = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        return _restored, (cls.__mro__[1] if cls._is_joined else cls, state)


_JOINED: dict[tuple[type, type], type] = {}


def _joined(ours: type) -> type:
    original = theirs(ours)
    if original is None or issubclass(ours, original):
        return ours
    pair = (ours, original)
    if pair not in _JOINED:
        names = {"__module__": ours.__module__, "__doc__": ours.__doc__}
        _JOINED[pair] = types.new_class(
            ours.__name__, pair, {"joined": True}, lambda body: body.update(names)
        )
    return _JOINED[pair]


# Of the class that ours stand on, the name of theirs.
_NAMES = {"FeatureExtractor": "SequenceFeatureExtractor"}


def theirs(ours: type) -> Any:
    """Return transformers' class of the name of ours, or of one above it, if it is imported."""
    library = sys.modules.get("transformers")
    if library is None:
        return None
    for cls in ours.__mro__:
        if cls.__module__.startswith(f"{__package__}.") and not cls.__name__.startswith("_"):
            try:
                found = getattr(library, _NAMES.get(cls.__name__, cls.__name__))
            except Exception:  # an older version, or one that is not whole: isinstance never raises
                continue
            if type(found).__name__ != "DummyObject":  # for want of another library
                return found
    return None


def _restored(cls: type[Self], state: dict[str, Any]) -> Self:
    made = cls.__new__(cls)
    vars(made).update(state)
    return made
