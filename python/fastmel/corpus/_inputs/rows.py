"""Rows with names, of tables and of JSON lines, to items."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..._base.checks import brief
from .._item import Audio, Item
from .errors import Wrong
from .reading import Reading

# What tables and manifests of the field call the same thing; the first that a row has counts.
_NAMES = {
    "id": "id utt_id utterance_id utt uttid segment_id sample_id item_id audio_id key",
    "path": "audio_filepath audio_path audio path file_path filepath file_name filename file "
    "audio_file audio_filename wav_path wav_filepath wav_filename wav_file wav source",
    "start": "start offset start_time start_sec start_seconds begin begin_time",
    "end": "end end_time end_sec end_seconds",
    "duration": "duration dur duration_sec duration_seconds",
    "channel": "channel channel_id",
}
PATHS = frozenset(_NAMES["path"].split())
"""Names of the column that has the path."""


def fields(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide a row into what an item is made of, by our names, and the rest, by its own."""
    known: dict[str, Any] = {}
    rest = dict(row)
    for role, keys in _roles(tuple(row)):
        for key in keys:
            value = row[key]
            if value is None or value == "":
                del rest[key]
            elif role not in known:
                known[role] = rest.pop(key)
    return known, rest


@lru_cache(1024)
def _roles(keys: tuple[str, ...]) -> list[tuple[str, list[str]]]:
    """Return which keys of a row may say what, the usual name first."""
    lower = {key.lower(): key for key in reversed(keys)}
    return [
        (role, found)
        for role, names in _NAMES.items()
        if (found := [lower[name] for name in names.split() if name in lower])
    ]


def item_of(row: Mapping[str, Any], place: str, folder: Path, how: Reading) -> Item:
    """Return the item of a row that has the path of its recording."""
    known, extra = fields(row)
    return made(known, extra, place, how, lambda: _found(known, row, folder, how))


def _found(
    known: Mapping[str, Any], row: Mapping[str, Any], folder: Path, how: Reading
) -> tuple[Audio, str]:
    if "path" not in known:
        raise Wrong(f"no path of a recording: it has {brief(', '.join(row))}")
    try:
        return how.locate(known["path"], folder), known["path"]
    except Wrong as error:
        if "shard_id" in row:  # as NeMo writes beside tars
            raise Wrong(f"{error.reason}: if it is in a tar, give the tars as inputs") from None
        raise


def made(
    known: Mapping[str, Any],
    extra: dict[str, Any],
    place: str,
    how: Reading,
    find: Callable[[], tuple[Audio, str]],
) -> Item:
    """Return the item of a row that was divided; `find` has its audio, and a path to name it by."""
    given = known.get("id")
    id = None if given is None else str(given)
    try:
        if isinstance(given, bool) or not isinstance(given, (str, int, type(None))):
            raise Wrong(f"the id is {brief(given)}, not a text")
        audio, name = find()
        start, duration = part(known)
        if "duration" in known and duration is None:
            extra["duration"] = known["duration"]  # a note of the recording's length
        band = channel(known.get("channel"))
    except Wrong as error:
        raise Wrong(error.reason, place, id) from None
    if id is None:
        id = how.name(name, start, duration, band)
    return Item(id, audio, start, duration, band, place, extra)


def part(known: Mapping[str, Any]) -> tuple[float, float | None]:
    """Return start and duration in seconds.

    A duration without a start or an end is the recording's length, as in NeMo's manifests: a note
    that is often rounded, so that the recording is taken whole.
    """
    given = {name: seconds(known[name], name) for name in _TIMES if name in known}
    if "start" not in given and "end" not in given:
        return 0.0, None
    start = given.get("start", 0.0)
    if "end" not in given:
        duration = given.get("duration")
    else:
        duration = given["end"] - start
        if duration <= 0:
            raise Wrong(f"the end, {given['end']} s, is not after the start, {start} s")
        if abs(given.get("duration", duration) - duration) > 0.01:
            raise Wrong(
                f"the duration, {given['duration']} s, is not that from the start, {start} s, to "
                f"the end, {given['end']} s"
            )
    if duration == 0:
        raise Wrong("the duration is 0 s")
    return start, duration


_TIMES = ("start", "end", "duration")


def seconds(value: object, name: str) -> float:
    """Return a time, which may be written as a text."""
    number = math.nan
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            pass
    if not math.isfinite(number) or number < 0:
        raise Wrong(f"the {name} is {brief(value)}, not a number of seconds from 0")
    return number


def channel(value: object) -> int | None:
    """Return a channel's number, which may be written as a text."""
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, (int, str)) else -1
    except ValueError:
        number = -1
    if isinstance(value, bool) or number < 0:
        raise Wrong(f"the channel is {brief(value)}, not a number from 0")
    return number
