"""Which kind of input a file is: by its suffix, or else by how it begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from .._item import Item
from . import lhotse
from .errors import Wrong
from .folders import suffixes
from .lists import csv_rows, json_lines, json_of, plain_list, tsv_rows
from .parquet import parquet
from .reading import Reading
from .rows import PATHS
from .tars import is_tar, tar, unpacker
from .text import DAMAGE, Text, why

TEXTS: dict[str, Callable[[Text, Reading], Iterator[Item]]] = {
    "list": plain_list,
    "tsv": tsv_rows,
    "csv": csv_rows,
    "jsonl": json_lines,
    "nemo": json_lines,
    "lhotse": lhotse.manifest,
}
"""What reads the lines of a kind, from a file or standard input."""

FILES: dict[str, Callable[[Path, Reading], Iterator[Item]]] = {"tar": tar, "parquet": parquet}
"""What reads archives of a kind."""

KINDS = ("audio", "folder", "kaldi", *TEXTS, *FILES)
"""What an input can be said to be."""

_SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".scp": "kaldi", ".parquet": "parquet"}
_SUFFIXES |= dict.fromkeys([".tar", ".tgz", ".tbz2", ".txz"], "tar")


def kind_of(path: Path) -> str:
    """Return the kind of a file or folder; of a text "text", since its first line tells."""
    if path.is_dir():
        return "kaldi" if (path / "wav.scp").is_file() else "folder"
    name = path.name.lower().removesuffix(".gz").removesuffix(".bz2").removesuffix(".xz")
    suffix = Path(name).suffix
    if suffix in suffixes():
        return "audio"
    if not path.is_file():
        return "text"  # a pipe, which is read once
    return _SUFFIXES.get(suffix) or _kind_of_content(path)


def _kind_of_content(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            head = file.read(512)
        if unpack := unpacker(head):
            with unpack(path) as file:
                head = file.read(512)
    except DAMAGE as error:
        raise Wrong(f"cannot be read ({why(error)})", str(path)) from None
    if is_tar(head):
        return "tar"
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"  # in UTF-16, which reading it will say
    # The frames of MP3 begin with eleven bits that are set, other formats have lengths as integers.
    frames = len(head) > 1 and head[0] == 0xFF and head[1] >= 0xE0
    return "audio" if frames or b"\0" in head else "text"


def kind_of_text(line: str) -> str:
    """Return the kind of a text by its first line."""
    if line.lstrip().startswith(("{", "[")):
        return _kind_of_json(line)
    for kind, separator in (("tsv", "\t"), ("csv", ","), ("csv", ";")):
        names = (name.strip().strip('"').lower() for name in line.split(separator))
        if separator in line and PATHS.intersection(names):
            return kind
    return "list"


def _kind_of_json(line: str) -> str:
    try:
        row = json_of(line)
    except Wrong:
        return "jsonl"  # which reading it will say
    return "lhotse" if lhotse.is_lhotse(row) and not PATHS.intersection(row) else "jsonl"
