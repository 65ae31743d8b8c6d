"""What an audio file says about its own length, held against the file.

Writers that cannot go back (pipes, recorders that were stopped) leave sizes that are not true.
libsndfile believes some, refuses others, and does not tell which: the figures are read here, and
corrected in a view of the file where the decoder would stop short.
"""

from __future__ import annotations

import io
import os
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import BinaryIO, NamedTuple


class Figures(NamedTuple):
    """What is known about the length of a file before it is decoded."""

    patches: Mapping[int, bytes] = {}
    """Bytes of the header as they should be, by position."""

    missing: str = ""
    """Why samples are known to be missing at the end."""

    doubt: str = ""
    """Why samples may be missing at the end."""

    links: tuple[int, ...] = ()
    """Where files begin that follow each other in this one; libsndfile reads the first alone."""

    counted: bool = False
    """Whether an MP3 has the number of its samples, which libsndfile guesses otherwise."""

    last_page: int = 0
    """Sample that the last page of an Ogg stream begins with."""

    lead: bytes = b""
    """Bytes before the file without which it is recognised by its name alone."""


class View(io.RawIOBase):
    """A binary file from `start` on, with some of its bytes replaced; the file is not closed.

    `patches` are what to read instead, by position in the view, also beyond the end of the file.
    The view may end before the file, or claim to be longer: `length`. `lead` comes before the bytes
    of the file, `name` is for messages.
    """

    def __init__(
        self,
        file: BinaryIO | View,
        start: int = 0,
        patches: Mapping[int, bytes] | None = None,
        length: int | None = None,
        name: str = "",
        lead: bytes = b"",
    ) -> None:
        self.name = name
        self._lead = lead
        self._file = file
        self._found_at = file.tell()
        self.start = start
        self.patches = patches or {}
        rest = file.seek(0, os.SEEK_END) - start if length is None else length
        self.length = len(lead) + rest
        self._at = 0
        self._error: Exception | None = None

    @property
    def error(self) -> Exception | None:
        """What the file raised, which the decoder that calls this from C cannot pass on."""
        return self._file.error if isinstance(self._file, View) else self._error

    def leave(self) -> None:
        """Put the file back to where it was found."""
        self._file.seek(self._found_at)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the position, which may be beyond the end; from nowhere else, stay where it is."""
        origin = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        if 0 <= origin + offset < 1 << 63:
            self._at = origin + offset
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill `buffer` as far as the file goes; return the number of bytes."""
        target = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        try:
            data = bytearray(self._read(len(target)))
        except Exception as error:
            self._error = error
            return 0
        for at, patch in self.patches.items():
            first, last = max(at, self._at), min(at + len(patch), self._at + len(target))
            if first < last and first - self._at <= len(data):
                data[first - self._at : last - self._at] = patch[first - at : last - at]
        target[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _read(self, size: int) -> bytes:
        size = min(size, self.length - self._at)
        if size <= 0:  # a size in a damaged header may send the decoder far off
            return b""
        before = self._lead[self._at : self._at + size]
        self._file.seek(self.start + max(0, self._at - len(self._lead)))
        return before + self._file.read(size - len(before))


def figures(file: View) -> Figures:
    """Read what a file's header says about its length."""
    magic, length = _at(file, 0, 4), file.length
    if magic == b"OggS":
        return _ogg(file, length)
    if magic == b"NIST":
        return _nist(file, length)
    if magic[:3] == b"ID3" or _is_mpeg(magic):
        links = tuple(_mp3s(file))
        lead = _EMPTY_TAG if _is_mpeg(magic) else b""
        return Figures(links=_several(links), counted=bool(links), lead=lead)
    chunk = _au(file) if magic in (b".snd", b"dns.") else _sound_chunk(file, magic, length)
    return Figures() if chunk is None else _compared(file, chunk, length)


def _at(file: View, position: int, size: int) -> bytes:
    file.seek(position)
    return file.read(size)


# Files of chunks ----------------------------------------------------------------------------------


class _Chunks(NamedTuple):
    """How a format lays out its chunks."""

    first: int  # where the first is
    tag: int  # bytes of a tag
    size: str  # format of the size that follows it
    counted: int = 0  # bytes of tag and size that the size counts
    even: int = 2  # what lengths are rounded up to
    lead: int = 0  # bytes in the chunk of sound before the first sample


_RIFF = _Chunks(12, 4, "<I")
_CHUNKS = {
    b"RIFF": _RIFF,
    b"RF64": _RIFF,
    b"RIFX": _Chunks(12, 4, ">I"),
    b"FORM": _Chunks(12, 4, ">I", lead=8),
    b"caff": _Chunks(8, 4, ">q", even=1, lead=4),
    b"riff": _Chunks(40, 16, "<q", counted=24, even=8),  # Sony Wave64
}
_SOUND = (b"data", b"SSND", b"BODY")

# More chunks than any file has before its sound.
_MOST_CHUNKS = 10_000


class _Size(NamedTuple):
    """The size that a header gives to the sound."""

    at: int  # where it stands
    format: str
    stated: int  # in bytes, of what begins at `begin`
    begin: int
    counted: int = 0
    lead: int = 0


def _sound_chunk(file: View, magic: bytes, length: int) -> _Size | None:
    """Find the chunk of samples."""
    kind = _CHUNKS.get(magic)
    if kind is None:
        return None
    at = kind.first
    for _ in range(_MOST_CHUNKS):
        field = at + kind.tag
        begin = field + struct.calcsize(kind.size)
        head = _at(file, at, begin - at)
        if len(head) < begin - at or not head.strip(b"\0"):
            return None
        stated = struct.unpack_from(kind.size, head, kind.tag)[0] - kind.counted
        if head[:4] in _SOUND:
            if magic == b"RF64" and stated == 0xFFFF_FFFF:
                # EBU Tech 3306: the chunk ds64 comes first, and has the size in its second field.
                field, size = 28, "<q"
                return _Size(
                    field, size, int.from_bytes(_at(file, field, 8), "little", signed=True), begin
                )
            return _Size(field, kind.size, stated, begin, kind.counted, kind.lead)
        if stated < 0:
            return None
        at = begin + -(-stated // kind.even) * kind.even
    return None


def _au(file: View) -> _Size | None:
    head = _at(file, 0, 12)
    order = ">" if head[:1] == b"." else "<"
    if len(head) < 12:
        return None
    begin, stated = struct.unpack(order + "II", head[4:])
    return _Size(8, order + "I", stated, begin)


# Sizes that say "not known yet" or "as much as can be said": about 2³¹ (arecord), somewhat below it
# (SoX: 0x7F000000 in AIFF), just below 2³² (FFmpeg, and what AU's definition asks for).
_UNKNOWN_32 = (range(0x7EFF_0000, 0x8001_0000), range(0xFFFF_0000, 1 << 32))


def _is_unknown(size: _Size) -> bool:
    if struct.calcsize(size.format) == 8:
        return size.stated < 0 or size.stated >= 1 << 62  # −1 is CAF's, 2⁶³ − 1 FFmpeg's
    return any(size.stated in sizes for sizes in _UNKNOWN_32)


def _compared(file: View, size: _Size, length: int) -> Figures:
    """Compare the size that the header gives with what follows it."""
    present = max(0, length - size.begin)
    most = (1 << (8 * struct.calcsize(size.format) - size.format.endswith("q"))) - 1
    patches = {size.at: struct.pack(size.format, min(present + size.counted, most))}
    unknown, empty = _is_unknown(size), size.stated <= size.lead
    if present > most and (unknown or empty or (present - size.stated) % (most + 1) == 0):
        return Figures(patches, f"{present} bytes of sound are there, its header counts to {most}")
    if 0 <= size.lead < size.stated <= present:
        return Figures()
    if unknown:
        return Figures(patches)
    if empty:
        if present <= size.lead or _is_chunk(_at(file, size.begin + size.lead, 8), present):
            return Figures()
        return Figures(
            patches, doubt="its header was never completed (it says that there is no sound)"
        )
    if size.stated in (length, length - 8):  # writers that count their header
        return Figures(patches)
    return Figures(
        patches, f"its header promises {size.stated} bytes of sound, {present} are there"
    )


def _is_chunk(head: bytes, present: int) -> bool:
    """Whether this can be the beginning of another chunk, not sound: a tag and a size that fits."""
    tag, sizes = head[:4], head[4:8]
    fits = len(head) == 8 and any(struct.unpack(f, sizes)[0] + 8 <= present for f in ("<I", ">I"))
    return fits and tag.isascii() and tag.decode().isprintable()


def _nist(file: View, length: int) -> Figures:
    """Read the header of a SPHERE file: lines of names, types and values."""
    text = _at(file, 0, 1024)
    sizes = [
        re.search(rb"^%s -i (\d+)" % name, text, re.M)
        for name in (b"sample_count", b"channel_count", b"sample_n_bytes")
    ]
    header = re.match(rb"NIST_1A\n *(\d+)\n", text)
    if header is None or any(size is None for size in sizes) or b"pcm,embedded" in text:
        return Figures()
    stated, present = 1, length - int(header[1])
    for size in sizes:
        stated *= int(size[1])  # type: ignore[index]
    if stated <= present:
        return Figures()
    return Figures(missing=f"its header promises {stated} bytes of sound, {present} are there")


class Pcm(NamedTuple):
    """Where a WAV file has its samples."""

    rate: int
    channels: int
    begin: int  # byte of the first sample
    frames: int  # samples per channel


# Formats of WAV: integers; and what is said by a GUID, which begins with the same number.
_WAVE_PCM, _WAVE_EXTENSIBLE = 1, 0xFFFE
_GUID_OF_PCM = bytes.fromhex("01000000 0000 1000 8000 00AA00389B71")


def pcm16(file: View, found: Figures) -> Pcm | None:
    """Return what the header of a WAV file of 16-bit samples says, None of any other file."""
    head = _at(file, 0, 12)
    if head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
        return None
    size = _sound_chunk(file, head[:4], file.length)
    form = _at(file, at, 40) if size and (at := _format_chunk(file, size.begin)) else b""
    if size is None or len(form) < 16:
        return None
    tag, channels, rate, _, align, bits = struct.unpack_from("<HHIIHH", form)
    plain = tag == _WAVE_PCM or (tag == _WAVE_EXTENSIBLE and form[24:] == _GUID_OF_PCM)
    if not (plain and bits == 16 and channels and rate and align == 2 * channels):
        return None
    stated = file.length - size.begin if found.patches else size.stated
    return Pcm(rate, channels, size.begin, max(0, stated) // align)


def _format_chunk(file: View, end: int) -> int:
    """Return the position of the format of a RIFF file, which precedes the sound; 0 if it lacks."""
    at = _RIFF.first
    while at < end:
        head = _at(file, at, 8)
        if head[:4] == b"fmt ":
            return at + 8
        at += 8 + -(-int.from_bytes(head[4:], "little") // 2) * 2
    return 0


# Ogg ----------------------------------------------------------------------------------------------


class _Page(NamedTuple):
    """A page of RFC 3533."""

    at: int
    first: bool
    last: bool
    size: int
    granule: int  # samples up to the end of the page; -1 where none ends there


def _pages(file: View) -> Iterator[_Page]:
    """Yield the pages of an Ogg file as far as they follow each other."""
    at = 0
    while (head := _at(file, at, 27 + 255))[:4] == b"OggS":
        head = head.ljust(27, b"\xff")  # a page that breaks off in its header is too long as well
        size = 27 + head[26] + sum(head[27 : 27 + head[26]])
        granule = int.from_bytes(head[6:14], "little", signed=True)
        yield _Page(at, bool(head[5] & 2), bool(head[5] & 4), size, granule)
        at += size


def _ogg(file: View, length: int) -> Figures:
    """See whether the last page is whole and marked as the end, and whether more streams follow."""
    links = [0]
    data_begun = False
    page = _Page(0, True, False, 0, 0)
    last_page = 0
    for following in _pages(file):
        last_page, page = max(last_page, page.granule), following
        if page.first and data_begun:
            links.append(page.at)
        data_begun = not page.first
    end = page.at + page.size
    found = Figures(links=_several(links), last_page=last_page)
    if end > length:
        return found._replace(missing="its last Ogg page is incomplete")
    if page.last or _holds(file, end, b"OggS"):  # a gap between pages is the decoder's to judge
        return found
    doubt = "its Ogg stream has no mark of its end"
    return found._replace(patches=_ended(file, page), doubt=doubt)


def _several(links: Iterable[int]) -> tuple[int, ...]:
    found = tuple(links)
    return found if len(found) > 1 else ()


def _holds(file: View, at: int, mark: bytes) -> bool:
    """Whether `mark` occurs in the file from `at` on."""
    while len(piece := _at(file, at, 1 << 20)) >= len(mark):
        if mark in piece:
            return True
        at += len(piece) - len(mark) + 1
    return False


def _ended(file: View, page: _Page) -> dict[int, bytes]:
    """Mark a page as the last: decoders of Opus want that of a page that is cut to its length."""
    data = bytearray(_at(file, page.at, page.size))
    data[5] |= 4
    data[22:26] = bytes(4)
    data[22:26] = struct.pack("<I", _crc(bytes(data)))
    return {page.at: bytes(data[:27])}


_MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def _crc(data: bytes) -> int:
    """Return Ogg's checksum: zlib's, with the bits of bytes and result mirrored, from 0."""
    mirrored = zlib.crc32(data.translate(_MIRRORED), 0xFFFF_FFFF) ^ 0xFFFF_FFFF
    return int(f"{mirrored:032b}"[::-1], 2)


# MP3 ----------------------------------------------------------------------------------------------


# A tag of ID3v2.3 that holds nothing but padding.
_EMPTY_TAG = b"ID3\3\0\0\0\0\0\x20" + bytes(32)

# Headers and side information of a frame are at most 4 + 2 + 32 bytes, then comes the tag.
_XING = 42


def _is_mpeg(head: bytes) -> bool:
    # Without a layer it is AAC.
    return len(head) >= 2 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0


def _mp3s(file: View) -> Iterator[int]:
    """Yield where files of MP3 begin that have a number of samples: joined ones follow each other.

    It is in the first frame, in what Xing's and LAME's encoders write instead of sound.
    """
    at = 0
    while True:
        begin = at
        while (tag := _at(file, begin, 10))[:3] == b"ID3" and len(tag) == 10:
            size = 0
            for byte in tag[6:]:
                size = size << 7 | byte & 0x7F
            begin += 10 + size
        head = _at(file, begin, _XING)
        info = max(head.find(b"Xing"), head.find(b"Info"))
        if not _is_mpeg(head) or info < 0:
            return
        flags, frames, size = struct.unpack(">3I", _at(file, begin + info + 4, 12).ljust(12, b"\0"))
        if not flags & 1 or not frames:
            return
        yield at
        if not flags & 2 or not size:
            return
        at = begin + size
        if _at(file, at, 3) == b"TAG":
            at += 128
