"""The manifest of a corpus: JSON lines, one a finished item, written as the work goes on."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._version import __version__
from ._item import Bytes, Item, Slice
from ._writing import naming

if TYPE_CHECKING:
    from .._engine.config import MelConfig

MANIFEST = "manifest.jsonl"
"""Name of the manifest in a corpus's folder."""

RECORD = "fastmel-frontend.json"
"""File beside it that :func:`fastmel.frontend` reads: what computed the features."""


def manifest_name(shard: tuple[int, int] = (0, 1)) -> str:
    """Return the name of the manifest of part i of N of a job; the whole is part 0 of 1.

    Examples
    --------
    >>> manifest_name((3, 100))
    'manifest-00003-of-00100.jsonl'
    """
    i, n = shard
    return MANIFEST if n == 1 else f"manifest-{i:05}-of-{n:05}.jsonl"


def shards_of(shard: tuple[int, int]) -> str:
    """Return what the names of the shards of part i of N begin with; a number and a suffix follow.

    Examples
    --------
    >>> shards_of((3, 100))
    'features-00003-of-00100-'
    """
    i, n = shard
    return "features-" if n == 1 else f"features-{i:05}-of-{n:05}-"


_PART = re.compile(r"manifest-(\d{5,})-of-(\d{5,})\.jsonl")


def part_of(name: str) -> tuple[int, int] | None:
    """Return which part of a job a manifest of this name is, None if it is no manifest."""
    if name == MANIFEST:
        return 0, 1
    match = _PART.fullmatch(name)
    return (int(match[1]), int(match[2])) if match else None


def parts_among(paths: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Return which paths are manifests of parts of a job, and of which, in their order."""
    return {path: part for path in paths if (part := part_of(path.name)) and part[1] > 1}


def parts_in(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return the manifests of parts of a job that a folder has, sorted."""
    return parts_among(sorted(folder.glob("manifest-*.jsonl")))


def manifests_of(path: Path) -> list[Path]:
    """Return the manifests that a path stands for: a folder's own, or those of parts of a job."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such folder or manifest")
    if not path.is_dir():
        return [path]
    whole = path / MANIFEST
    manifests = [whole] if whole.exists() else list(parts_in(path))
    if not manifests:
        raise FileNotFoundError(f"{path}: no {MANIFEST} in it, so no features of fastmel extract")
    return manifests


def end_of(manifest: Path) -> Path:
    """Return the file that says that a part of a job has come to the end of its inputs.

    Its manifest alone does not tell: that of a run that was killed ends with a whole line too.
    """
    return manifest.with_suffix(".end")


def config_hash(config: MelConfig) -> str:
    """Return 16 hexadecimal digits that tell configurations apart."""
    text = json.dumps(json.loads(config.to_json()), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def config_of(folder: Path) -> str | None:
    """Return the hash of what a folder is for, None if its record is not there."""
    from .._engine.config import MelConfig

    try:
        text = (folder / RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    return config_hash(MelConfig.from_json(text))


def ok_line(
    item: Item,
    features: NDArray[Any],
    *,
    sample_rate: int,
    duration: float,
    frames: int,
    config: str,
    sha256: str | None = None,
) -> dict[str, Any]:
    """Return the line of an item that has its features, but for where they are.

    `duration` is the seconds of audio that they are of, `config` what :func:`config_hash` returns,
    `sha256` the checksum of their bytes in C order, where it is known. What :meth:`Shard.add`
    returns completes the line.
    """
    if sha256 is None:
        sha256 = hashlib.sha256(np.ascontiguousarray(features).data).hexdigest()
    line = {
        **_named(item, "ok"),
        "duration": duration,
        "channel": item.channel,
        "sample_rate": sample_rate,
        "frames": frames,
        "shape": list(features.shape),
        "dtype": features.dtype.name,
        "sha256": sha256,
        "config": config,
        "fastmel": __version__,
    }
    return {**line, "extra": dict(item.extra)} if item.extra else line


def failed_line(item: Item, error: str, *, config: str) -> dict[str, Any]:
    """Return the line of an item that has none, with the reason."""
    line = {
        **_named(item, "failed"),
        "duration": item.duration,
        "channel": item.channel,
        "error": error,
        "config": config,
        "fastmel": __version__,
    }
    return {**line, "extra": dict(item.extra)} if item.extra else line


def _named(item: Item, status: str) -> dict[str, Any]:
    # Reading looks for these two at the beginning of a line.
    return {"id": item.id, "status": status, "source": source_of(item), "start": item.start}


def source_of(item: Item) -> str:
    """Return what an item is of, as a text."""
    audio = item.audio
    if isinstance(audio, Slice):
        return f"{audio.path}:{audio.name}"
    return audio.name if isinstance(audio, Bytes) else os.fspath(audio)


class Manifest:
    r"""A manifest that grows: whole lines are added at its end.

    Opening it removes what comes after `size` bytes, such as a torn end that a crash has left.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp(), MANIFEST)
    >>> with Manifest(path) as manifest:
    ...     manifest.append([{"id": "a", "status": "ok"}])
    >>> path.read_text()
    '{"id": "a", "status": "ok"}\n'
    """

    def __init__(self, path: Path, size: int | None = None) -> None:
        self.path = path
        with naming(path):
            self._file = open(path, "ab", buffering=0)
            self.size = self._file.tell()
        if size is not None and size < self.size:
            self.cut(size)

    def cut(self, size: int) -> None:
        """Remove what comes after `size` bytes, before anything that it names is written over."""
        with naming(self.path):
            self._file.truncate(size)
        self.sync()
        self.size = size

    def append(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add lines. After an error none of them is in the file."""
        data = memoryview(b"".join(encoded(line) + b"\n" for line in lines))
        with naming(self.path):
            try:
                while data:
                    data = data[self._file.write(data) :]
            except BaseException:
                self._file.truncate(self.size)
                raise
        self.size = self._file.tell()

    def sync(self) -> None:
        with naming(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        if not self._file.closed:
            try:
                self.sync()
            finally:
                self._file.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def encoded(line: Mapping[str, Any]) -> bytes:
    """Return the bytes of a line, without its end."""
    text = json.dumps(line, ensure_ascii=False, default=_plain)
    if "NaN" in text or "Infinity" in text:  # which are no JSON
        plain = json.loads(text, parse_constant=lambda _: None)
        text = json.dumps(plain, ensure_ascii=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # a file's name that is no UTF-8
        return json.dumps(json.loads(text)).encode()


def _plain(value: object) -> Any:
    """Return what JSON has for a value of NumPy; a text for others, such as dates."""
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else str(value)


def parsed(line: bytes) -> dict[str, Any] | None:
    """Return the object of a line; None if it is not whole."""
    try:
        value = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
