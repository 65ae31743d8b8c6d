"""A folder of features under work: what is there, shards, and the manifest that grows with them."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._base.text import count, explain
from ._done import Done
from ._item import Item
from ._lock import Lock
from ._making import Made
from ._manifest import (
    MANIFEST,
    Manifest,
    end_of,
    failed_line,
    manifest_name,
    parts_in,
    shards_of,
)
from ._outputs import Format, Shard
from ._record import JobError, Record
from ._writing import PlaceError, naming, prepare, replacing

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd

SHARD_ITEMS = 10_000
SHARD_BYTES = 256 << 20
"""Where a shard ends, which is what a run that is killed does again."""

_SYNC = 10.0  # seconds between syncs of the manifest, where every item is a file


class Job:
    """The writing of features into a folder; one thread adds items, in the order of the job.

    Nothing is written before the first item that is made. What is complete is in the manifest, and
    what is in the manifest is complete: of a run that ends anywhere, the next finds that.

    `options` is the way features are written, which is recorded. A shard ends with the item that
    reaches "shard_items" or "shard_bytes". Where every item is a file, "shard_items" of them are in
    a subfolder each, by default all in the folder. `part` says which part of the job this is, and
    of how many.

    Another run that is writing there is a JobError, a manifest that is damaged a ValueError.
    """

    def __init__(
        self,
        record: Record,
        fe: FrontEnd,
        form: Format,
        options: Mapping[str, Any],
        part: tuple[int, int] = (0, 1),
        *,
        overwrite: bool = False,
    ) -> None:
        self.folder, self.form = record.place, form
        self._record, self._fe, self._options, self._part = record, fe, options, part
        self._overwrite = overwrite
        self._shard_items, self._shard_bytes = options["shard_items"], options["shard_bytes"]
        self._path = self.folder / manifest_name(part)
        _check_parts(self.folder, part[1])
        self._lock = Lock(self._path) if self._path.exists() else None
        self.done = Done(self._path)
        self._end = end_of(self._path) if part[1] > 1 else None
        if self._end is not None:
            with naming(self._end):
                self._end.unlink(missing_ok=True)
        self._beginning = threading.Lock()
        self._manifest: Manifest | None = None
        self._shard: Shard | None = None
        self._lines: list[dict[str, Any]] = []  # of the shard under way
        self._held: list[dict[str, Any]] = []  # of what failed before anything was made
        self._n_made = self.done.n_made
        self._number = -1  # of the shard to come
        self._n_in_shard = 0
        self._synced = time.monotonic()
        self._folders = {self.folder}  # looked at

    def has(self, item: Item) -> bool:
        return not self._overwrite and self.done.has(item)

    @property
    def n_new(self) -> int:
        """Items that the manifest has got: of a shard that is given up, nothing is there."""
        return self._n_made - self.done.n_made

    def begin(self) -> Path:
        """Return the folder, which exists from now on, with its record; any thread may ask."""
        with self._beginning:
            if self._manifest is None:
                self._begin()
        return self.folder

    def _begin(self) -> None:
        prepare(self.folder)
        self._record.write(self._fe, self._options)
        with naming(self._path):
            self._lock = self._lock or Lock(self._path)
        if self._path.stat().st_size != self.done.size + self.done.torn:
            raise JobError(f"another run has come between: {self._path} has grown meanwhile")
        with self.done.unmapped():
            self._manifest = Manifest(self._path, self.done.size)

    def add(self, made: Made) -> str:
        """Write an item; return the reason if it has failed, or fails now.

        What is raised ends the run.
        """
        error: str = made.line.get("error", "")
        if made.features is not None:
            self.begin()
            try:
                self._write(made)
            except (PlaceError, JobError):
                raise
            except (ValueError, OSError) as failure:
                if not self._goes_on(failure):
                    raise
                error = explain(failure)
        if error and not self.done.failed_so(made.item.id, error):
            self._note(failed_line(made.item, error, config=made.line["config"]))
        return error

    def _goes_on(self, failure: Exception) -> bool:
        """Return whether a failure is the item's own: of a shard that others are in, it is not."""
        return isinstance(failure, ValueError) or self.form.one_item_a_shard

    def _write(self, made: Made) -> None:
        id = made.item.id
        if self._shard is None:
            if self._number < 0:
                self._number = self._first_number(id)
            stem = self._stem(id)
            self._look_at((self.folder / stem / id).parent)
            self._shard = self.form.open_shard(self.folder, stem, id)
            self._n_in_shard = 0
        try:
            self._lines.append(made.put(self._shard))
            self._n_in_shard += 1
            if self._is_full():
                self._close_shard()
        except BaseException as error:
            if self.form.one_item_a_shard or not isinstance(error, ValueError):
                self._drop_shard()
            raise

    def _first_number(self, id: str) -> int:
        """Return the number of the first shard that is written, which begins with an item."""
        assert self._manifest is not None
        if self.form.one_item_a_shard:
            return 0
        numbers = []
        if half := self.done.half:
            # Made again, unless the inputs are others: then its lines stay.
            if half.first == id and self._manifest.size == self.done.size:
                with self.done.unmapped():
                    self._manifest.cut(half.begin)
                return half.number
            numbers.append(half.number)
        if self.done.last:
            numbers += map(int, re.findall(r"(\d+)\.\w+$", self.done.last["file"]))
            # The last line need not have the highest: manifests are merged, and edited.
            pattern = rf'"{shards_of(self._part)}(\d+)\.\w+"'
            numbers += map(int, self.done.found(pattern))
        return max(numbers, default=-1) + 1

    def _look_at(self, folder: Path) -> None:
        """Raise a JobError if a folder that an item goes to is that of another front end."""
        if self.form.one_item_a_shard and folder not in self._folders:
            self._record.check_below(self._fe, [folder])
            self._folders.add(folder)

    def _stem(self, id: str) -> str:
        i, n = self._part
        if not self.form.one_item_a_shard:
            return f"{shards_of(self._part)}{self._number:05}"
        if not self._shard_items:
            return ""
        part = "" if n == 1 else f"{i:05}-of-{n:05}/"
        return self.done.subfolder(id) or f"{part}{self._n_made // self._shard_items:05}"

    def _is_full(self) -> bool:
        if self.form.one_item_a_shard or self._shard is None:
            return True
        limit = self._shard_items or SHARD_ITEMS
        return self._n_in_shard >= limit or self._shard.n_bytes >= self._shard_bytes

    def _close_shard(self) -> None:
        """Finish the shard under way: then its lines may say that it is there."""
        assert self._shard is not None
        assert self._manifest is not None
        shard, self._shard = self._shard, None
        shard.close()
        lines, self._lines = self._held + self._lines, []
        self._held = []
        self._manifest.append(lines)
        self._n_made += self._n_in_shard
        self._number += 1
        if not self.form.one_item_a_shard or time.monotonic() - self._synced > _SYNC:
            self._manifest.sync()
            self._synced = time.monotonic()

    def _drop_shard(self) -> None:
        if self._shard is not None:
            self._shard.abandon()
        self._shard, self._lines = None, []

    def _note(self, line: dict[str, Any]) -> None:
        """Add the line of a failure, in its place in the order."""
        if self._shard is not None:
            self._lines.append(line)
        elif self._manifest is None and not self._path.exists():
            self._held.append(line)
        else:
            self.begin()
            assert self._manifest is not None
            self._manifest.append([line])

    def finish(self) -> None:
        """Complete what is under way; a part of a job says that it has come to its end."""
        if self._shard is not None:
            self._close_shard()
        if self._end is not None:
            self.begin()
            self._append_held()
        if self._manifest is not None:
            self._record.verify(self._fe, self._options)
        if self._end is not None:
            with replacing(self._end):
                pass

    def _append_held(self) -> None:
        """Note what has failed, where nothing was made."""
        assert self._manifest is not None
        held, self._held = self._held, []
        self._manifest.append(held)
        self._manifest.sync()

    def close(self) -> None:
        """End the work: of what is under way nothing is left, and others may write there."""
        try:
            self._drop_shard()
            if self._manifest is not None:
                self._manifest.close()
        finally:
            if self._lock is not None:
                self._lock.release()
                self._lock = None


def _check_parts(folder: Path, n: int) -> None:
    """Raise a JobError if a folder has parts of a job that is cut otherwise."""
    if (folder / MANIFEST).exists():
        if n == 1:
            return
        merged = (folder / manifest_name((0, n))).exists()
        whose = f"which fastmel merge has made of {n} parts" if merged else "of a job in 1 part"
        raise JobError(
            f"{folder} has {MANIFEST}, {whose}: the same command without --shard makes what is "
            "missing there, if anything is"
        )
    for path, (_, parts) in parts_in(folder).items():
        if parts != n:
            joined = " (fastmel merge joins parts)" if n == 1 else ""
            raise JobError(
                f"{folder} has {path.name}, of a job in {count(parts, 'part')}, and this is one in "
                f"{count(n, 'part')}{joined}: choose another -o"
            )
