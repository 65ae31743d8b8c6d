"""The items of one input, whatever it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .._item import Item
from .errors import Wrong
from .folders import audio_file, folder
from .ids import id_of_path
from .kaldi import data_folder
from .kinds import FILES, TEXTS, kind_of, kind_of_text
from .lhotse import supervisions
from .reading import Reading
from .text import Text


def items_of(path: Path | None, below: str, how: Reading) -> Iterator[Item]:
    """Yield the items of one input; what keeps it from being read does not end the others.

    `path` None is standard input; `below` is its path below the fixed part of the pattern that it
    matches, if it matches one.
    """
    failures, any_item = how.failures, False
    title = "standard input" if path is None else str(path)
    try:
        for item in _read(path, below, how):
            any_item = True
            yield item
    except Wrong as error:
        how.failed(error, title)
    if not any_item and how.failures == failures:
        how.failed(Wrong("nothing is in it", title))


def _read(path: Path | None, below: str, how: Reading) -> Iterator[Item]:
    if path is None:
        return _lines(None, how.kind or "text", how)
    kind = how.kind or kind_of(path)
    prefix = _prefix(path, kind) if how.prefixed else ""
    if how.segments is not None:
        items = _parts(path, how.segments, kind, how)
    elif kind == "audio":
        return audio_file(path, below, how, prefix)
    elif kind == "folder":
        return folder(path, below, how, prefix)
    elif kind == "kaldi":
        items = data_folder(_scp(path), None, how)
    elif kind in FILES:
        items = FILES[kind](path, how)
    else:
        items = _lines(path, kind, how)
    return (replace(item, id=prefix + item.id) for item in items) if prefix else items


def _lines(path: Path | None, kind: str, how: Reading) -> Iterator[Item]:
    text = Text(path, how.failed)
    if kind == "text":
        kind = kind_of_text(text.first())
    if kind not in TEXTS:
        raise Wrong(f"standard input has lines ({', '.join(TEXTS)}), not {kind}")
    return TEXTS[kind](text, how)


def _parts(path: Path, segments: Path, kind: str, how: Reading) -> Iterator[Item]:
    """Return the parts of recordings that another file names."""
    if kind == "text":
        kind = kind_of_text(Text(path, how.failed).first())
    if kind == "kaldi":
        return data_folder(_scp(path), segments, how)
    if kind == "lhotse":
        return supervisions(path, segments, how)
    raise Wrong(f"segments are of Kaldi's wav.scp or Lhotse's recordings, not of a {kind}")


def _scp(path: Path) -> Path:
    return path / "wav.scp" if path.is_dir() else path


def _prefix(path: Path, kind: str) -> str:
    """Return what tells items of this input from those of others: its path, as it is named."""
    if kind == "audio":
        return f"{id_of_path(str(path.parent), keep_suffix=True)}/"
    whole = path.parent / path.name.removesuffix(".gz")
    return f"{id_of_path(str(whole), keep_suffix=path.is_dir())}/"
