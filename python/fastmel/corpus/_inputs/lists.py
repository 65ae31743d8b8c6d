"""Lists of paths, tables (TSV, CSV), and JSON lines."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from ..._base.checks import brief
from .._item import Item
from .errors import Wrong
from .reading import Reading
from .rows import PATHS, item_of
from .text import Text


def plain_list(text: Text, how: Reading) -> Iterator[Item]:
    """Yield the items of a list that has one path a line."""

    def make(path: str, place: str) -> Item:
        try:
            audio = how.locate(path, text.folder)
        except Wrong as error:
            if len(path.split()) < 2:
                raise
            kaldi = "kind='kaldi', --input-format kaldi, reads an id and a path"
            raise Wrong(f"{error.reason} ({kaldi})") from None
        return Item(how.name(path), audio, place=place)

    return how.each(text.filled(), make)


def json_lines(text: Text, how: Reading) -> Iterator[Item]:
    """Yield the items of JSON lines whose objects have a path (NeMo's manifests are such)."""

    def make(line: str, place: str) -> Item:
        return item_of(json_of(line), place, text.folder, how)

    check_head(text.first())
    return how.each(text.filled(), make)


def check_head(line: str) -> None:
    """Raise if a first line shows that objects are not one a line."""
    if line.lstrip().startswith("["):
        raise Wrong("a JSON array: write one object a line (jq -c '.[]')")
    if line.strip() == "{":
        raise Wrong("JSON over several lines: write one object a line (jq -c .)")


def json_of(line: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise Wrong(f"no JSON object in one line ({error})") from None
    if not isinstance(value, dict):
        raise Wrong(f"a JSON {type(value).__name__}, not an object")
    return value


def tsv_rows(text: Text, how: Reading) -> Iterator[Item]:
    """Yield the items of a table of tabs, where a row is a line, and quotes have no meaning."""
    rows = ((place, line.split("\t")) for place, line in text.filled())
    return _table(rows, text, how)


def csv_rows(text: Text, how: Reading) -> Iterator[Item]:
    """Yield the items of a table of commas or semicolons, whose cells may be quoted."""
    return _table(_csv(text, how), text, how)


def _csv(text: Text, how: Reading) -> Iterator[tuple[str, list[str]]]:
    head = text.first()
    first = text.number
    # With their ends, which in a quoted cell are part of it.
    lines = (f"{line}\n" for line in text)
    reader = csv.reader(lines, delimiter=max(",;", key=head.count), strict=True)
    while True:
        place = f"{text.title}:{first}"
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            how.failed(Wrong(f"no row of a CSV table ({error})", place))
        else:
            if row:
                yield place, row
        first = text.number + 1


def _table(rows: Iterator[tuple[str, list[str]]], text: Text, how: Reading) -> Iterator[Item]:
    place, head = next(rows, ("", []))
    names = [name.strip() for name in head]
    if not PATHS.intersection(map(str.lower, names)):
        raise Wrong(
            f"the first line names no column of paths (audio_filepath, path, file, …): it has "
            f"{brief(', '.join(names))}",
            place or text.title,
        )

    def make(row: list[str], place: str) -> Item:
        if len(row) != len(names):
            raise Wrong(f"{len(row)} cells, where the first line has {len(names)}")
        return item_of(dict(zip(names, row, strict=True)), place, text.folder, how)

    yield from how.each(rows, make)
