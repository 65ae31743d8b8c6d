"""What a format of features is: how shards are written, and items read back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..._base.checks import choice
from .._writing import Part, naming, replacing
from .files import Buffer, Files, TornError, pieces

if TYPE_CHECKING:
    from ..._frontend.frontend import FrontEnd


class Shard(ABC):
    """An output file under way: it has a temporary name until it is closed."""

    n_bytes: int = 0  # so far

    @abstractmethod
    def add(
        self, id: str, features: NDArray[Any], about: Mapping[str, Any], spooled: Path | None = None
    ) -> dict[str, Any]:
        """Write the features of one item, as the front end returns them; return where they are.

        That is ``file``, relative to the folder, and what the format needs besides. What a format
        changes about the array (``sha256`` of a compressed one) is in it as well, so it goes over
        the other fields of the item's line. Those that are known by now are `about`: formats with
        metadata have them too.

        `spooled` is a ``.npy`` of `features` in the folder, whose name is the callee's to take:
        what is left of it afterwards is the caller's to remove.

        After a ValueError, for an item that the format cannot hold, the shard is as before; after
        an OSError it is to be abandoned.
        """

    @abstractmethod
    def close(self) -> None:
        """Finish the file, whose bytes are on the disk then; or leave nothing of it."""

    @abstractmethod
    def abandon(self) -> None:
        """Remove the file."""


class FileShard(Shard):
    """A shard that is one file, written from beginning to end, and what stands beside it."""

    def __init__(self, path: Path, form: Format) -> None:
        self._form = form
        self._part = Part(path)
        self._beside: list[bytes] = []  # lines of the sidecar
        with naming(path):
            self._file = open(self._part.part, "xb")

    def _write(self, *data: Buffer) -> None:
        with naming(self._part.path):
            for piece in data:
                self._file.write(piece)
                self.n_bytes += memoryview(piece).nbytes

    def _write_end(self) -> None:
        """Write what comes after the last item."""

    def close(self) -> None:
        try:
            self._write_end()
            with naming(self._part.path):
                self._file.close()
            self._part.finish()
        except BaseException:
            self.abandon()
            raise
        if self._form.sidecar:
            with replacing(self._part.path.with_suffix(self._form.sidecar)) as beside:
                beside.write(b"".join(self._beside))

    def abandon(self) -> None:
        with suppress(OSError):  # what a full disk has not taken
            self._file.close()
        self._part.abandon()


class Format(ABC):
    """A way of writing features of type `dtype`, with one of its `compressions` or none."""

    name: ClassVar[str]
    suffix: ClassVar[str]
    sidecar: ClassVar[str] = ""  # suffix of the file that stands beside each shard
    one_item_a_shard: ClassVar[bool] = False  # whether each item is a file of its own
    matrices: ClassVar[bool] = False  # takes no features of three axes
    dtypes: ClassVar[tuple[str, ...]] = ("float16", "float32", "float64")
    compressions: ClassVar[tuple[str, ...]] = ()

    def __init__(
        self, fe: FrontEnd, *, dtype: str = "float32", compression: str | None = None
    ) -> None:
        from ...steps import Patches

        choice("dtype", dtype, self.dtypes)
        choice("compression", compression, (*self.compressions, None))
        if self.matrices and any(isinstance(step, Patches) for step in fe.after):
            raise ValueError(
                f"format {self.name!r} holds matrices, and {fe.name or 'the front end'} returns "
                "patches, of three axes: npy and tar hold those"
            )
        self.fe = fe
        self.dtype = np.dtype(dtype)
        self.compression = compression

    @property
    def time_first(self) -> bool:
        """Whether features are (frames, features), else the other way round."""
        return self.fe.config.layout == "time_mel"

    def matrix(self, features: NDArray[Any]) -> NDArray[Any]:
        """Return features as (frames, features)."""
        return features if self.time_first else features.T

    @abstractmethod
    def open_shard(self, folder: Path, stem: str, first_id: str = "") -> Shard:
        """Begin a file in the folder of a corpus.

        `stem` is its name there, without a suffix: ``features-00000``. Where every item is a file,
        it is the name of a subfolder, or "" for none, and `first_id`, the item that will be added
        first, names the file.
        """

    @classmethod
    @abstractmethod
    def read(cls, folder: Path, line: Mapping[str, Any], files: Files) -> NDArray[Any]:
        """Return the features of an item, memory-mapped where that is possible.

        ``line["file"]``, of its line in the manifest, is relative to `folder`. A file that is torn
        is a ValueError.
        """

    @classmethod
    def stored(cls, folder: Path, line: Mapping[str, Any], files: Files) -> Iterable[Buffer]:
        """Return the bytes that the line's checksum is of, in pieces: those of the array.

        Where a format loses precision, those that it has written. Parameters and errors are those
        of :meth:`read`.
        """
        return pieces(cls.read(folder, line, files))

    @classmethod  # noqa: B027
    def check_around(cls, folder: Path, line: Mapping[str, Any], files: Files) -> None:
        """Raise a TornError if what stands around the stored bytes is not what was written.

        Parameters and other errors are those of :meth:`read`.
        """

    @classmethod
    def check_file(cls, path: Path) -> None:
        """Raise a TornError if a file is not whole, apart from its items; OSError if it is gone."""
        path.stat()
        if not cls.size(path):
            beside = f", or {path.with_suffix(cls.sidecar).name}" if cls.sidecar else ""
            raise TornError(path, f"its end is missing{beside}")

    @classmethod
    def end(cls, line: Mapping[str, Any]) -> int:
        """Return how many bytes the file must at least have for the item to be in it whole."""
        return int(line.get("offset", 0)) + int(line["size"])

    @classmethod
    def is_last(cls, folder: Path, line: Mapping[str, Any]) -> bool:
        """Return whether an item is the last one of its file, which is whole."""
        return True

    @classmethod
    def size(cls, path: Path) -> int:
        """Return how many bytes a file has; 0 if there is none, or if it cannot be whole."""
        try:
            return path.stat().st_size
        except OSError:
            return 0


def matrix_shape(line: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the shape (frames, features) that an item's matrix has in a file."""
    return tuple(line["shape"][::-1] if line["transposed"] else line["shape"])


def arranged(matrix: NDArray[Any], line: Mapping[str, Any]) -> NDArray[Any]:
    """Return a file's matrix as the front end returned it: an array of its own, in C order."""
    return np.array(matrix.T if line["transposed"] else matrix, line["dtype"], order="C")
