"""Lhotse's manifests: recordings, supervisions of recordings, and cuts, in JSON lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..._base.checks import brief
from .._item import Audio, Item
from .errors import Wrong
from .lists import check_head, json_of
from .lookup import Lookup
from .reading import Reading
from .rows import seconds
from .text import Text


def is_lhotse(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is one of Lhotse's."""
    return bool({"sources", "recording_id", "tracks", "supervisions", "num_features"} & row.keys())


def manifest(text: Text, how: Reading) -> Iterator[Item]:
    """Yield the items of recordings or of cuts."""

    def make(line: str, place: str) -> Item:
        row = json_of(line)
        return _named(row, place, _recording if "sources" in row else _cut, text.folder, how)

    check_head(text.first())
    head = json_of(text.first())
    if "recording_id" in head and "type" not in head:
        raise Wrong("supervisions: give their recordings as the input, and this file as segments")
    return how.each(text.filled(), make)


def supervisions(recordings: Path, segments: Path, how: Reading) -> Iterator[Item]:
    """Yield the items of supervisions, whose recordings are in another file."""

    def supervision(row: Mapping[str, Any], place: str, folder: Path, how: Reading) -> Item:
        name = row.get("recording_id")
        found = lookup.get(name) if isinstance(name, str) else None
        if found is None:
            raise Wrong(f"no recording {brief(name)} in {recordings}")
        extra = {key: row[key] for key in _SAID if row.get(key) is not None}
        return _part(row, json_of(found), place, folder, how, extra)

    def make(line: str, place: str) -> Item:
        return _named(json_of(line), place, supervision, recordings.parent, how)

    with Lookup(recordings, lambda line: str(json_of(line).get("id")), how.failed) as lookup:
        yield from how.each(Text(segments, how.failed).filled(), make)


_SAID = ("text", "speaker", "language", "gender", "custom")


def _named(row: Mapping[str, Any], place: str, make: Any, folder: Path, how: Reading) -> Item:
    id = row.get("id")
    if not isinstance(id, str):
        raise Wrong("no id")
    try:
        item: Item = make(row, place, folder, how)
    except Wrong as error:
        raise Wrong(error.reason, place, id) from None
    except (AttributeError, KeyError, TypeError) as error:
        raise Wrong(f"not as Lhotse writes it ({brief(error)})", place, id) from None
    return item


def _recording(row: Mapping[str, Any], place: str, folder: Path, how: Reading) -> Item:
    audio, channel = _audio(row, None, folder, how)
    return Item(row["id"], audio, channel=channel, place=place)


def _cut(row: Mapping[str, Any], place: str, folder: Path, how: Reading) -> Item:
    kind = row.get("type")
    if kind not in ("MonoCut", "MultiCut", "Cut"):
        raise Wrong(
            _OTHERS.get(str(kind), f"neither a recording nor a cut: it has {brief(', '.join(row))}")
        )
    recording = row.get("recording")
    if not isinstance(recording, dict):
        raise Wrong("a cut without a recording")
    extra = {key: row[key] for key in ("supervisions", "custom") if row.get(key)}
    return _part(row, recording, place, folder, how, extra)


_OTHERS = {
    "MixedCut": "a mix of cuts: store its samples first, as CutSet.save_audios does",
    "PaddingCut": "a cut of padding, which has no recording",
}


def _part(
    row: Mapping[str, Any],
    recording: Mapping[str, Any],
    place: str,
    folder: Path,
    how: Reading,
    extra: dict[str, Any],
) -> Item:
    audio, channel = _audio(recording, row.get("channel"), folder, how)
    start, duration = (seconds(row.get(name), name) for name in ("start", "duration"))
    if duration == 0:
        raise Wrong("the duration is 0 s")
    return Item(row["id"], audio, start, duration, channel, place, extra)


def _audio(
    recording: Mapping[str, Any], channel: object, folder: Path, how: Reading
) -> tuple[Audio, int | None]:
    """Return the file that has the channels that are asked for, and which of its own it is."""
    _check_transforms(recording)
    sources = recording.get("sources")
    if not isinstance(sources, list) or not sources:
        raise Wrong("a recording without sources")
    asked: list[Any] | None = channel if isinstance(channel, list) else [channel]
    if channel is None:
        asked = None
    for source in sources:
        own = source["channels"]
        if asked is None and len(sources) > 1:
            break
        if asked is None or sorted(asked) == sorted(own):
            return _file(source, folder, how), 0 if len(own) == 1 and asked else None
        if len(asked) == 1 and asked[0] in own:
            return _file(source, folder, how), own.index(asked[0])
    raise Wrong(_CHANNELS.format("all channels" if asked is None else f"channels {brief(asked)}"))


_CHANNELS = "no file has {}, and those alone: name one channel in a cut (CutSet.to_mono)"


def _file(source: Mapping[str, Any], folder: Path, how: Reading) -> Audio:
    if source.get("type") != "file":
        raise Wrong(
            f"a source of the type {brief(source.get('type'))}, not 'file': store its samples "
            "first, as CutSet.save_audios does"
        )
    return how.locate(source.get("source"), folder)


def _check_transforms(recording: Mapping[str, Any]) -> None:
    """Raise where samples are changed on reading; another rate is left to us."""
    for step in recording.get("transforms") or []:
        name = step.get("name") if isinstance(step, dict) else step
        if name != "Resample":
            raise Wrong(
                f"{brief(name)} on reading: store the samples first, as CutSet.save_audios does"
            )
