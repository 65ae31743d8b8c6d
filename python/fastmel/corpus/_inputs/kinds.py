"""Which kind of input a file is: by its suffix, or else by how it begins."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

from .._item import Item
from .errors import Wrong
from .folders import suffixes
from .lists import csv_rows, json_lines, plain_list, tsv_rows
from .reading import Reading
from .rows import PATHS
from .text import Text

__all__ = ["KINDS", "kind_of", "text_reader"]

TextReader = Callable[[Text, Reading], Iterator[Item]]

_TEXTS: dict[str, TextReader] = {
    "list": plain_list,
    "tsv": tsv_rows,
    "csv": csv_rows,
    "jsonl": json_lines,
    "nemo": json_lines,
}
KINDS = ("audio", "folder", *_TEXTS)
"""What an input can be said to be."""


def kind_of(path: Path) -> str:
    """Return the kind of a file or folder; of a text "text", since its first line tells."""
    if path.is_dir():
        return "folder"
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in suffixes():
        return "audio"
    if suffix[1:] in _TEXTS:
        return suffix[1:] if suffix != ".jsonl" else "text"
    return _kind_of_content(path)


def _kind_of_content(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            head = file.read(512)
        if head.startswith(b"\x1f\x8b"):
            with gzip.open(path) as file:
                head = file.read(512)
    except (OSError, EOFError) as error:
        raise Wrong(f"cannot be read ({error})", str(path)) from None
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"  # in UTF-16, which reading it will say
    # The frames of MP3 begin with eleven bits that are set, other formats have lengths as integers.
    frames = len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0
    return "audio" if frames or b"\0" in head else "text"


def text_reader(kind: str, text: Text) -> TextReader:
    """Return what reads a text of a kind; of "text" its first line decides."""
    return _TEXTS[kind if kind != "text" else _kind_of_text(text.first())]


def _kind_of_text(line: str) -> str:
    if line.lstrip().startswith(("{", "[")):
        return "jsonl"
    for kind, separator in (("tsv", "\t"), ("csv", ","), ("csv", ";")):
        names = (name.strip().strip('"').lower() for name in line.split(separator))
        if separator in line and PATHS.intersection(names):
            return kind
    return "list"
