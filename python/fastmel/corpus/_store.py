"""Features of a corpus, read back lazily: by id, by position, one after another."""

from __future__ import annotations

import operator
import os
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, SupportsIndex

from numpy.typing import NDArray

from .._base import checks
from .._base.checks import brief
from .._base.public import publish
from ._index import Index, Line
from ._manifest import RECORD, manifests_of
from ._outputs import Files, format_of

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


def open_features(path: str | os.PathLike[str]) -> Features:
    """Open the features of a corpus, in whatever format they are.

    Nothing is read but the manifest, and of that only where its lines begin is kept: 20 bytes an
    item.

    Parameters
    ----------
    path : str or path
        A folder that ``fastmel extract`` or :func:`fastmel.extract` wrote, or a manifest. A folder
        with the parts of a job that nobody has merged yet is all parts that are there.

    Returns
    -------
    Features
        A mapping from ids to arrays, and a sequence of them.

    Raises
    ------
    FileNotFoundError
        If there is no manifest.
    TypeError
        If `path` is no path.
    ValueError
        If it is damaged; the line is named.

    See Also
    --------
    fastmel.corpus.verify : Whether the files are whole.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import soundfile
    >>> import fastmel
    >>> folder = Path(tempfile.mkdtemp())
    >>> soundfile.write(folder / "a.wav", np.zeros(16000, dtype=np.float32), 16000)
    >>> summary = fastmel.extract(folder / "a.wav", folder / "features", "whisper")
    >>> features = fastmel.open_features(folder / "features")
    >>> features["a"].shape, features.frontend.name
    ((80, 100), 'whisper')
    """
    return Features(manifests_of(checks.path("path", path)))


class Features:
    r"""Features of a corpus; made by :func:`open_features`.

    ``features[i]`` and ``features[id]`` are arrays as the front end returned them, in the order of
    the manifest. They are mapped into memory where the format allows: then they may be written to,
    and no file changes. Items that failed are not there; of lines with one id the last counts.

    It is a map-style dataset for ``torch.utils.data.DataLoader``, with workers that are forked or
    spawned, and for threads. No more than 64 files are open at once.

    Attributes
    ----------
    manifests : tuple of Path
        The files that say where everything is.

    Examples
    --------
    >>> import json, tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> import fastmel
    >>> folder = Path(tempfile.mkdtemp())
    >>> np.save(folder / "a.npy", np.zeros((80, 3), np.float32))
    >>> line = {"id": "a", "status": "ok", "shape": [80, 3], "dtype": "float32", "file": "a.npy"}
    >>> line["size"] = (folder / "a.npy").stat().st_size
    >>> _ = (folder / "manifest.jsonl").write_text(json.dumps(line) + "\n")
    >>> features = fastmel.open_features(folder)
    >>> len(features), "a" in features, list(features.keys())
    (1, True, ['a'])
    >>> features["a"].shape, features[0].dtype
    ((80, 3), dtype('float32'))
    """

    def __init__(self, manifests: Sequence[Path]) -> None:
        self.manifests = tuple(manifests)
        self._index = Index(self.manifests)
        self._files = Files()

    def __repr__(self) -> str:
        return f"<{len(self):,} features of {self.manifests[0].parent}>"

    def __len__(self) -> int:
        return len(self._index)

    def __contains__(self, id: object) -> bool:
        return isinstance(id, str) and self._index.find(id) is not None

    def __getitem__(self, key: str | SupportsIndex) -> NDArray[Any]:
        """Return the features of an item, by its id or its position."""
        return self._read(self._line(key))

    def __iter__(self) -> Iterator[NDArray[Any]]:
        """Yield the features of all items."""
        return map(self._read, self._index)

    def keys(self) -> Iterator[str]:
        """Yield the ids."""
        return (line.fields["id"] for line in self._index)

    def values(self) -> Iterator[NDArray[Any]]:
        """Yield the features of all items."""
        return iter(self)

    def items(self) -> Iterator[tuple[str, NDArray[Any]]]:
        """Yield ids with their features."""
        return ((line.fields["id"], self._read(line)) for line in self._index)

    def row(self, key: str | SupportsIndex) -> dict[str, Any]:
        """Return the line of the manifest of an item, by its id or its position.

        Raises
        ------
        KeyError, IndexError
            If there is none.
        """
        return self._line(key).fields

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the lines of the manifest."""
        return (line.fields for line in self._index)

    @cached_property
    def frontend(self) -> FrontEnd:
        """What computed the features.

        Raises
        ------
        FileNotFoundError
            If its file is not in the folder.
        """
        from .._frontend.named import frontend

        return frontend((self.manifests[0].parent / RECORD).read_text(encoding="utf-8"))

    def _read(self, line: Line) -> NDArray[Any]:
        return format_of(line.fields["file"]).read(line.folder, line.fields, self._files)

    def _line(self, key: str | SupportsIndex) -> Line:
        if isinstance(key, str):
            if (line := self._index.find(key)) is None:
                raise KeyError(key)
            return line
        try:
            i = operator.index(key)
        except TypeError:
            raise TypeError(f"features have an id or a position; got {brief(key)}") from None
        if not -len(self) <= i < len(self):
            raise IndexError(f"position {i} is out of range for {len(self):,} features")
        return self._index.line(i % len(self))


publish("fastmel", [open_features])
publish("fastmel.corpus", [Features])
