"""What a corpus is read from: files, folders, patterns and manifests, as a stream of items."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from .._item import Item
from .errors import InputError, Wrong
from .folders import is_pattern, matches, suffixes
from .ids import Seen, check_id
from .kinds import KINDS
from .one import items_of
from .reading import Reading

__all__ = ["InputError", "Items", "read_items", "suffixes"]


class Items(Iterator[Item]):
    """The items of inputs, read as they are asked for."""

    def __init__(self, stream: Iterator[Item], how: Reading) -> None:
        self._stream = stream
        self._how = how

    def __next__(self) -> Item:
        return next(self._stream)

    def left_out(self) -> list[str]:
        """Return words for what folders had and was left out so far, and what brings it in."""
        return self._how.left_out()


def read_items(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    kind: str | None = None,
    segments: str | os.PathLike[str] | None = None,
    recursive: bool = True,
    ids: str = "auto",
    root: str | os.PathLike[str] | None = None,
    on_error: Callable[[InputError], object] | None = None,
) -> Items:
    """Read what inputs name."""
    names = [inputs] if isinstance(inputs, (str, os.PathLike)) else list(inputs)
    if kind is not None and kind not in KINDS:
        raise ValueError(f"kind={kind!r} is not one of {', '.join(KINDS)}")
    if ids not in _IDS:
        raise ValueError(f"ids={ids!r} is not one of {', '.join(_IDS)}")
    how = Reading(
        on_error=on_error or _raise,
        kind=kind,
        segments=None if segments is None else Path(segments),
        recursive=recursive,
        keep_suffix=ids == "suffix",
        prefixed=ids == "prefix",
        root=None if root is None else Path(root),
    )
    present = list(_present([os.fspath(name) for name in names], how))
    return Items(_unique(_read(present, how), how), how)


_IDS = ("auto", "suffix", "prefix")


def _raise(error: InputError) -> None:
    raise error


def _present(names: Iterable[str], how: Reading) -> Iterator[str]:
    """Yield the inputs that are there, each once."""
    before = set()
    for name in names:
        if name != "-" and not os.path.lexists(name):
            if not is_pattern(name):
                how.failed(Wrong("no such file or folder", name))
                continue
            if next(matches(name), None) is None:
                how.failed(Wrong("no file or folder matches", name))
                continue
        same = name if name == "-" else os.path.realpath(name)
        if same not in before:
            before.add(same)
            yield name


def _read(names: Iterable[str], how: Reading) -> Iterator[Item]:
    for name in names:
        if name == "-" or os.path.lexists(name):
            yield from items_of(None if name == "-" else Path(name), "", how)
        else:
            for path, below in matches(name):
                yield from items_of(path, below, how)


def _unique(items: Iterator[Item], how: Reading) -> Iterator[Item]:
    """Yield items whose names are names, and new."""
    seen = Seen()
    for item in items:
        place = item.place or str(item.audio)
        try:
            check_id(item.id)
        except Wrong as error:
            how.failed(Wrong(error.reason, place, item.id))
            continue
        if seen.add(item.id):
            yield item
        else:
            how.failed(Wrong(_REPEATED.format(item.id), place, item.id))


_REPEATED = (
    "the id {!r} came before, and an id names one array of features (ids='suffix' keeps the "
    "suffixes of files, ids='prefix' puts the input's path before the id)"
)
