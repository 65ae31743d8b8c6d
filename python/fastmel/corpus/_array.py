"""One recording to one ``.npy`` of a name of its own, outside any corpus."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .._base.text import explain
from ._item import Item, time_axis
from ._making import Made
from ._outputs import Format
from ._record import JobError, Record
from ._writing import PlaceError

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


class OneArray:
    """A job of one item, whose place is a file: with a record beside it, and no manifest."""

    def __init__(self, record: Record, fe: FrontEnd, form: Format, *, overwrite: bool) -> None:
        self.folder = record.place.parent
        self._record, self._fe, self._form, self._overwrite = record, fe, form, overwrite

    def has(self, item: Item) -> bool:
        """Return whether it is there; raise a JobError if something else is."""
        path = self._record.place
        if self._overwrite or not path.exists():
            return False
        try:
            array = np.load(path, mmap_mode="r")
        except (ValueError, EOFError):
            array = np.empty(0)
        features = 0 if time_axis(self._fe, array) else -1
        if array.ndim < 2 or array.shape[features] != self._fe.n_features:
            raise JobError(
                f"{path}: exists, and is no array of {self._fe.n_features} features per frame "
                "(--overwrite replaces it)"
            )
        return True

    def begin(self) -> Path:
        """Return the folder, which exists from now on, and the record in it."""
        self._record.write(self._fe, {})
        return self.folder

    def add(self, made: Made) -> str:
        """Write the array; return the reason if that fails."""
        if made.features is None:
            return str(made.line["error"])
        self.begin()
        shard = self._form.open_shard(self.folder, "", made.item.id)
        try:
            made.put(shard)
            shard.close()
        except PlaceError:
            shard.abandon()
            raise
        except (ValueError, OSError) as error:
            shard.abandon()
            return explain(error)
        return ""

    def finish(self) -> None:
        """Raise a JobError if another run has put features of another front end there."""
        self._record.verify(self._fe, {})

    def close(self) -> None:
        """Do nothing."""
