"""What is wrong with an input, and where."""

from __future__ import annotations


class InputError(ValueError):
    """An input, or a line of it, that names no item.

    Attributes
    ----------
    reason : str
        What is wrong.
    place : str
        Where: a file, with its line if it has lines (``cuts.jsonl:17``).
    id : str or None
        The item, where it is known.
    """

    def __init__(self, reason: str, place: str = "", id: str | None = None) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason = reason
        self.place = place
        self.id = id

    def __reduce__(self) -> tuple[type[InputError], tuple[str, str, str | None]]:
        return type(self), (self.reason, self.place, self.id)


class Wrong(Exception):
    """What readers raise, and nobody else: an InputError whose place is added on the way.

    So what `on_error` raises, an InputError or not, is never taken for an error of the input.
    """

    def __init__(self, reason: str, place: str = "", id: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place
        self.id = id
