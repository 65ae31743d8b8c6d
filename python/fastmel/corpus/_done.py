"""What a manifest says that is done: a run goes on where the last one ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from ._index import Index
from ._item import Item
from ._manifest import source_of
from ._outputs import Presence

__all__ = ["Done"]


class Done:
    """The items of a manifest that are made, and those that failed.

    Parameters
    ----------
    path : Path
        The manifest; there may be none.

    Attributes
    ----------
    size : int
        Bytes that it had.
    n_made : int
        How many lines are of features, those that later ones replace included.
    last : dict or None
        The last of them.

    Raises
    ------
    ValueError
        If it is damaged before its end; the line is named.
    """

    def __init__(self, path: Path) -> None:
        self.size = self.n_made = 0
        self.last: dict[str, Any] | None = None
        self._failed: dict[str, str] = {}
        self._is_there = Presence(path.parent)
        self._index = Index([path] if path.exists() else [])
        if path.exists():
            self._scan(path)

    def _scan(self, path: Path) -> None:
        last = None
        with open(path, "rb", buffering=1 << 20) as file:
            for line in file:
                if not line.endswith(b"}\n"):  # torn
                    break
                self.size += len(line)
                # The first that says so: what an item brought along may have a status of its own.
                if line.partition(b'", "status": "')[2].startswith(b'ok"'):
                    self.n_made += 1
                    last = line
                else:
                    fields = json.loads(line)
                    self._failed[fields["id"]] = fields.get("error", "")
        self.last = None if last is None else json.loads(last)

    def has(self, item: Item) -> bool:
        """Return whether the features of an item are there, whole."""
        line = self._index.find(item.id) if self.n_made else None
        return line is not None and _is_of(line.fields, item) and self._is_there(line.fields)

    def failed_so(self, id: str, error: str) -> bool:
        """Return whether the last that is said of an item is this failure."""
        return self._failed.get(id) == error and self._index.find(id) is None


def _is_of(fields: dict[str, Any], item: Item) -> bool:
    """Return whether features are of what an item names: of a file so called, this part of it.

    The file's folder may be another: a corpus that has been moved is not made again.
    """
    said = {"start": item.start, "duration": item.duration, "channel": item.channel}
    return os.path.basename(fields["source"]) == os.path.basename(source_of(item)) and all(
        fields[name] == value for name, value in said.items() if value is not None
    )
