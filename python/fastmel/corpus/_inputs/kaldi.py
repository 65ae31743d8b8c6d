"""Kaldi's data folders: ``wav.scp``, and beside it ``segments`` and what else there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ..._base.checks import brief
from .._item import Audio, Item, Slice
from .errors import Wrong
from .lookup import Lookup
from .reading import Reading
from .rows import channel, seconds
from .text import Text, why

# Segments that end so much beyond their recording are cut: Kaldi's extract-segments by default
# (--max-overshoot).
_OVERSHOOT = 0.5  # seconds


def data_folder(scp: Path, segments: Path | None, how: Reading) -> Iterator[Item]:
    """Yield the segments of recordings, or the recordings where there are no segments.

    Lines of `scp` have a recording's name and its path. If it is called ``wav.scp``, the files
    beside it belong to it: ``segments``, ``reco2file_and_channel``, ``text``, ``utt2spk``. Lines of
    `segments`, which may be given instead of the file beside it, have a segment's name, its
    recording, start, end (-1: the recording's), and optionally its channel, from 0.
    """
    with ExitStack() as stack:
        beside = _Beside(scp.parent if scp.name.startswith("wav.scp") else None, how, stack)
        segments = segments or beside.path("segments")
        recordings = _Recordings(scp, beside, how, stack)
        make = recordings.item if segments is None else recordings.part
        yield from how.each(Text(segments or scp, how.failed).filled(), make)


class _Beside:
    """The files of a data folder that say more of its recordings and segments."""

    def __init__(self, folder: Path | None, how: Reading, stack: ExitStack) -> None:
        self._folder = folder
        self._how = how
        self._stack = stack
        self._channels = self._lookup("reco2file_and_channel")
        texts = {"text": self._lookup("text"), "speaker": self._lookup("utt2spk")}
        self._extra = {name: lookup for name, lookup in texts.items() if lookup}

    def path(self, name: str) -> Path | None:
        """Return the path of a file that is there."""
        path = self._folder / name if self._folder else None
        return path if path and path.is_file() else None

    def _lookup(self, name: str) -> Lookup | None:
        path = self.path(name)
        return self._stack.enter_context(Lookup(path, _first, self._how.failed)) if path else None

    def channel(self, recording: str) -> int | None:
        """Return a recording's channel: A or 1 is the first."""
        found = self._channels.get(recording) if self._channels else None
        if found is None:
            return None
        sign = found.split()[-1]
        if len(sign) == 1 and "A" <= sign <= "H":
            return ord(sign) - ord("A")
        if sign.isdecimal() and int(sign) > 0:
            return int(sign) - 1
        raise Wrong(f"the channel of {brief(recording)} is {brief(sign)}, not A, B, … or 1, 2, …")

    def extra(self, id: str) -> dict[str, str]:
        """Return the text and the speaker of an item, where they are said."""
        found = {name: lookup.get(id) for name, lookup in self._extra.items()}
        return {name: _rest(hit) for name, hit in found.items() if hit is not None}


class _Recordings:
    """The recordings of a script file, as items are asked for."""

    def __init__(self, scp: Path, beside: _Beside, how: Reading, stack: ExitStack) -> None:
        self._scp = scp
        self._beside = beside
        self._how = how
        self._lines = stack.enter_context(Lookup(scp, _first, how.failed))
        self._last: tuple[str, Audio, int | None] = ("", scp, None)

    def item(self, line: str, place: str) -> Item:
        """Return the item of a whole recording."""
        id = _first(line)
        try:
            audio, band = self._audio(line), self._beside.channel(id)
        except Wrong as error:
            raise Wrong(error.reason, place, id) from None
        return Item(id, audio, channel=band, place=place, extra=self._beside.extra(id))

    def part(self, line: str, place: str) -> Item:
        """Return the item of a segment."""
        words = line.split()
        if len(words) not in (4, 5):
            raise Wrong(
                f"{len(words)} words, not segment, recording, start, end, and channel or not"
            )
        id, recording = words[:2]
        try:
            start, duration = _times(*words[2:4])
            audio, band = self._of(recording)
            if len(words) == 5:
                band = channel(words[4])
        except Wrong as error:
            raise Wrong(error.reason, place, id) from None
        extra = self._beside.extra(id)
        return Item(id, audio, start, duration, band, place, extra, _OVERSHOOT)

    def _of(self, recording: str) -> tuple[Audio, int | None]:
        if self._last[0] != recording:
            found = self._lines.get(recording)
            if found is None:
                raise Wrong(f"no recording {brief(recording)} in {self._scp}")
            audio = self._audio(found)
            self._last = (recording, audio, self._beside.channel(recording))
        return self._last[1:]

    def _audio(self, line: str) -> Audio:
        """Return what a line of the script file names; paths may contain spaces."""
        name, path = _first(line), _rest(line)
        if not path:
            raise Wrong(f"no path after the name {brief(name)}")
        if path.endswith("|"):
            raise Wrong(
                f"the recording {brief(name)} is a command, which is not run: run it once, and "
                "give the path of the file that it makes (FLAC, MP3, SPHERE, … are read)"
            )
        if inside := re.fullmatch(r"(.+):(\d+)", path):
            return _in_archive(self._how.locate(inside[1], self._scp.parent), int(inside[2]))
        return self._how.locate(path, self._scp.parent)


def _first(line: str) -> str:
    return line.split(None, 1)[0]


def _rest(line: str) -> str:
    return "".join(line.split(None, 1)[1:]).rstrip()


def _times(start: str, end: str) -> tuple[float, float | None]:
    begin = seconds(start, "start")
    if re.fullmatch(r"-1(\.0*)?", end):
        return begin, None
    stop = seconds(end, "end")
    if stop <= begin:
        raise Wrong(f"the end, {brief(end)} s, is not after the start, {brief(start)} s")
    return begin, stop - begin


def _in_archive(path: Path, offset: int) -> Slice:
    """Return a WAV file within an archive (``wav.ark:1234``); its header has its size."""
    try:
        with open(path, "rb") as file:
            file.seek(offset)
            head = file.read(8)
    except OSError as error:
        raise Wrong(f"{path} cannot be read ({why(error)})") from None
    if head[:4] != b"RIFF" or len(head) < 8:
        raise Wrong(f"{path} has no WAV file at {offset}: others say not where they end")
    return Slice(path, offset, int.from_bytes(head[4:], "little") + 8, f"{path.name}:{offset}")
