"""What a manifest says that is done: a run goes on where the last one ended."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ._index import Index
from ._item import Item
from ._manifest import part_of, shards_of, source_of
from ._outputs import Presence, format_of


class Half(NamedTuple):
    """A shard that the last lines are of, which are not all: a kill fell within their write."""

    number: int
    first: str  # id of its first item
    begin: int  # of its lines in the manifest


class Done:
    """The items of a manifest that are made, and those that failed; there may be no manifest.

    The lines of a shard count together: the items of `half` are not made.
    """

    def __init__(self, path: Path) -> None:
        self._is_there = Presence(path.parent)
        self._index = Index([path] if path.exists() else [], failed=True)
        # What is torn comes after `size`, and is to be removed.
        self.size, self.torn = self._index.size, self._index.torn
        self.half = self._half(path)
        if self.half:
            self._index.close()
            self._index = Index([path], failed=True, end=self.half.begin)
        self.n_made = self._index.n_made
        last = self._index.last_made()
        self.last = last and last.fields  # of the lines of features
        self._asking = threading.Lock()
        self._index.close()

    def _half(self, path: Path) -> Half | None:
        last = self._index.last_made()
        if last is None:
            return None
        file = last.fields["file"]
        # Of its own shards alone: merging leaves lines of others out.
        own = re.fullmatch(shards_of(part_of(path.name) or (0, 1)) + r"(\d+)\.\w+", file)
        try:
            if (
                not own
                or not self._is_there(last.fields)
                or format_of(file).is_last(path.parent, last.fields)
            ):
                return None
        # fastmel verify tells what is wrong, or the format itself which package is missing.
        except (OSError, ValueError, LookupError, ImportError):
            return None
        begin, first = self._index.first_of(file)
        return Half(int(own[1]), first, begin)

    def has(self, item: Item) -> bool:
        """Return whether the features of an item are there, whole."""
        line = self._last_of(item.id, "ok") if self.n_made else None
        return line is not None and _is_of(line, item) and self._is_there(line)

    def subfolder(self, id: str) -> str:
        """Return the numbered subfolder that the array of an item is to be in; "" if it is new."""
        line = self._last_of(id, "ok") if self.n_made else None
        place = line["file"].removesuffix(f"/{id}.npy") if line else ""
        return place if re.fullmatch(r"(\d+-of-\d+/)?\d+", place) else ""

    def failed_so(self, id: str, error: str) -> bool:
        """Return whether the last that is said of an item is this failure."""
        line = self._last_of(id, "failed")
        return line is not None and line.get("error", "") == error

    def found(self, pattern: str) -> set[str]:
        """See :meth:`Index.found`."""
        with self._asking:
            return self._index.found(pattern)

    @contextmanager
    def unmapped(self) -> Iterator[None]:
        """Let who asks wait, and map nothing: Windows does not cut a file that is mapped."""
        with self._asking:
            self._index.close()
            yield

    def _last_of(self, id: str, status: str) -> dict[str, Any] | None:
        """Return the last line of an item, if it says this of it."""
        with self._asking:
            line = self._index.find(id)
        return line.fields if line and line.fields.get("status") == status else None


def _is_of(fields: dict[str, Any], item: Item) -> bool:
    """Return whether features are of what an item names: of a file so called, this part of it.

    The file's folder may be another: a corpus that has been moved is not made again.
    """
    said = {"start": item.start, "duration": item.duration, "channel": item.channel}
    return os.path.basename(fields["source"]) == os.path.basename(source_of(item)) and all(
        fields[name] == value for name, value in said.items() if value is not None
    )
