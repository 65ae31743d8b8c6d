"""Opening audio files and decoding them block by block: libsndfile's formats, and PyAV's.

A source has the samples of one file, and says what it knows of their number. libsndfile comes
first, as in librosa; PyAV (FFmpeg) reads what it refuses, where it is installed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any, BinaryIO, Protocol

import numpy as np

from .._base.checks import brief, warn
from .._base.extras import require
from .headers import Figures, View, figures

BLOCK = 57 * 1152
"""Samples per channel that are decoded at once: what is in work stays in a core's cache, and ends
where a frame of MP3 does."""


class Source(Protocol):
    """The samples of a file."""

    title: str
    """The file in messages."""

    rate: int
    channels: int

    begin: int
    """Sample to read from where no offset is given."""

    frames: int | None
    """Samples per channel; None if only decoding them tells."""

    expected: int
    """The same as a guess, to allocate by."""

    promised: int
    """Samples per channel that the header says are there: fewer are an error."""

    figures: Figures

    whole_numbers: bool
    """Whether samples are 16-bit PCM, which int16 holds without loss."""

    def blocks(
        self, start: int, stop: int | None, dtype: str, size: int = BLOCK, reuse: bool = False
    ) -> Iterator[np.ndarray]:
        """Yield arrays (n, channels) of the samples from `start` to `stop`, or to the end.

        Each has about `size` samples per channel; with `reuse` it may lie where the one before was.
        Another call may go on anywhere; one that goes forward decodes nothing again.
        """
        ...


@contextmanager
def opened(path: Any) -> Iterator[Source]:
    """Open what :func:`fastmel.load` takes as `path`; close what was opened."""
    soundfile = require("soundfile", extra="io", what="reading audio files")
    with ExitStack() as stack:
        given = stack.enter_context(path) if isinstance(path, soundfile.SoundFile) else None
        name = path if given is None else given.name
        title = _title(name)
        file = _binary(name, title, stack, shared=given is not None)
        found = Figures() if given is not None and given.format == "RAW" else figures(file)
        if given is not None:
            file.leave()
        yield _source(soundfile, file, name, title, given, found, stack)


def _source(
    soundfile: ModuleType,
    file: View,
    name: object,
    title: str,
    given: Any,
    found: Figures,
    stack: ExitStack,
) -> Source:
    """Return the samples of a file by the decoder that reads it."""
    try:
        if not found.links:
            return _Libsndfile(soundfile, file, name, title, given, found, stack)
        ends = (*found.links[1:], file.length)
        views = [View(file, at, length=end - at) for at, end in zip(found.links, ends, strict=True)]
        links = [
            _Libsndfile(soundfile, view, None, title, None, figures(view), stack) for view in views
        ]
        return _Chain(links, title, found, 0 if given is None else given.tell())
    except _Refused as error:
        return _PyAV(file, title, found, error.args[0], stack)


class _Refused(Exception):
    """A decoder cannot read the file; carries why."""


# The file -----------------------------------------------------------------------------------------


def _title(name: object) -> str:
    """Name a file in messages, in characters that can be printed."""
    if not isinstance(name, (str, bytes, os.PathLike)):
        inner = getattr(name, "name", None)
        if not isinstance(inner, str):
            return f"path={brief(name)}"
        name = inner
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _binary(name: object, title: str, stack: ExitStack, *, shared: bool) -> View:
    """Return the bytes of a named, numbered or open file, from where it stands.

    Of one that is `shared` with a ``SoundFile``, from its beginning.
    """
    if isinstance(name, (bytes, bytearray, memoryview)) and not shared:
        raise TypeError(
            f"path is {type(name).__name__} of {len(name)} bytes: io.BytesIO opens the content of "
            "a file, os.fsdecode makes a name of bytes"
        )
    if isinstance(name, (str, bytes, os.PathLike)):
        if os.path.isdir(name):
            raise IsADirectoryError(errno.EISDIR, "is a folder, not an audio file", title)
        file: Any = stack.enter_context(_open_named(name))
    elif isinstance(name, int) and not isinstance(name, bool):
        if name < 0:
            raise ValueError(f"{title} is no descriptor of an open file")
        file = stack.enter_context(open(name, "rb", buffering=0, closefd=not shared))
    elif isinstance(name, View) and name.length:
        return name
    elif hasattr(name, "read"):
        file = name
    else:
        raise TypeError(f"{title} must be a file name, an open binary file or a SoundFile")
    if not isinstance(file.read(0), bytes):
        raise TypeError(f"{title} is open as text: open it in mode 'rb'")
    if not _seekable(file):
        file, unseekable = stack.enter_context(tempfile.TemporaryFile()), file
        shutil.copyfileobj(unseekable, file)
        file.seek(0)
    view = View(file, 0 if shared else file.tell())
    if not view.length and not shared:
        rewound = view.start and "is at its end; seek(0) goes back to its beginning"
        raise ValueError(f"{title}: {rewound or 'is empty (0 bytes)'}")
    return view


def _open_named(name: str | bytes | os.PathLike[str] | os.PathLike[bytes]) -> BinaryIO:
    try:
        return open(name, "rb")
    except ValueError as error:  # a null byte
        raise ValueError(f"path={brief(name)} is no name of a file ({error})") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:  # samples or a text, of any length
            error.filename = brief(name)
        raise


def _seekable(file: object) -> bool:
    answer = getattr(file, "seekable", None)
    return bool(answer()) if callable(answer) else hasattr(file, "seek") and hasattr(file, "tell")


# libsndfile ---------------------------------------------------------------------------------------

# More samples than any file has: libsndfile's number where it does not know.
_NO_COUNT = 1 << 62

# SF_ERR_MALFORMED_FILE: known to libsndfile, and damaged. FFmpeg would read some of it.
_MALFORMED = 3

# Samples forward that are sooner decoded than sought: those of PCM and FLAC, and of codecs whose
# frames need those before them.
_NEAR, _NEAR_LOSSY = 1 << 13, 1 << 17

# The highest bit rate of MPEG audio is 40 times the lowest.
_MP3_RANGE = 64
_ID3V1 = 128  # bytes at the very end, where the decoder looks for a tag

# Frames of all layers and versions have a multiple of this many samples.
_MP3_STEP = 192


# A frame can begin up to 511 bytes (MPEG-1; 255 in MPEG-2) before itself, in those before it, of
# which each holds 60 (11) bytes or more; without them it is silence or noise. After four frames of
# MPEG-1 the decoder's sums have the order again that they began with.
_MP3_PERIOD = 4 * 1152
_MP3_LEAD = 4


class _Libsndfile:
    """A file that libsndfile reads."""

    def __init__(
        self,
        soundfile: ModuleType,
        file: View,
        name: object,
        title: str,
        given: Any,
        found: Figures,
        stack: ExitStack,
    ) -> None:
        self.title, self.figures = title, found
        self._soundfile = soundfile
        self._view = file
        if found.patches or found.lead:
            self._view = View(file, patches=found.patches, lead=found.lead)
        with self._errors(_Refused if given is None else ValueError):
            handle = self._handle = self._opened(name, given)
            stack.callback(lambda: self._handle.close())
            self.begin = given.tell() if given is not None and given.seekable() else 0
            self.expected = handle.frames
            self.frames = None if handle.frames >= _NO_COUNT else handle.frames
            if handle.format == "MP3" and not found.counted:
                self.frames, self._view = None, _without_guess(self._view)
                self.expected += self.expected // 8
                # One that only its name shows to be MP3 is read as far as the guess.
                with contextlib.suppress(soundfile.SoundFileRuntimeError):
                    handle = self._open_again()
        self.promised = self.frames or 0
        self.rate, self.channels = handle.samplerate, handle.channels
        self.whole_numbers = handle.subtype == "PCM_16"
        self._lossy = handle.subtype in ("MPEG_LAYER_III", "VORBIS", "OPUS")
        self._near = _NEAR_LOSSY if self._lossy else _NEAR
        self._can_seek = self.frames is not None and handle.seekable() and _seeks_exactly(handle)
        self._at = self.begin if handle is given else 0

    def _opened(self, name: Any, given: Any) -> Any:
        if given is not None and not self.figures.patches:
            return given
        named = isinstance(name, (str, bytes, os.PathLike)) and os.path.isfile(name)
        if named and not self.figures.patches:
            # By the name, libsndfile knows formats without a header (*.gsm, *.vox).
            name = os.fspath(name)
            name = name if os.name == "nt" else os.fsencode(name)
            return self._soundfile.SoundFile(name)
        return self._anew()

    def _anew(self) -> Any:
        self._view.seek(0)
        descriptor = _copied(self._view)
        self._view.seek(0)
        return self._soundfile.SoundFile(self._view if descriptor is None else descriptor)

    def _open_again(self) -> Any:
        """Begin anew, before the first sample."""
        handle, self._at = self._anew(), 0
        self._handle.close()
        self._handle = handle
        return handle

    def blocks(
        self, start: int, stop: int | None, dtype: str, size: int = BLOCK, reuse: bool = False
    ) -> Iterator[np.ndarray]:
        if dtype.startswith("int") and self._handle.subtype in ("FLOAT", "DOUBLE"):
            # libsndfile would cut them to whole numbers: nearly all zeros.
            raise TypeError(
                f"dtype={dtype}: {self.title} holds floating-point samples, which are read as "
                "float32 or float64"
            )
        with self._errors(ValueError):
            if self._can_seek and not 0 <= start - self._at <= self._near:
                if self._at and self._lossy:
                    self._open_again()  # after reading, libsndfile's seeks are not exact
                self._at = self._handle.seek(self._lead(start))
            elif self._at > start:
                self._open_again()
        # soundfile seeks after each block to where it is, which begins the decoding of MP3 anew
        # (and changes bits), and reads no further than `frames`.
        self._handle.seekable = lambda: False
        limit = min((end for end in (stop, self.frames) if end is not None), default=None)
        return _dropped(self._read(limit, dtype, size, reuse), start - self._at)

    def _lead(self, start: int) -> int:
        """Return the sample to seek to, from which on `start` is decoded as from the beginning."""
        if self._handle.format == "MP3":
            return max(0, start // _MP3_PERIOD - _MP3_LEAD) * _MP3_PERIOD
        # Within the last page of Vorbis, libsndfile seeks to some hundred samples too late.
        return min(start, self.figures.last_page) if self._handle.subtype == "VORBIS" else start

    def _read(self, limit: int | None, dtype: str, size: int, reuse: bool) -> Iterator[np.ndarray]:
        memory = np.empty((size if reuse else 0, self.channels), dtype)
        while limit is None or self._at < limit:
            n = size if limit is None else min(size, limit - self._at)
            out = memory[:n] if reuse else np.empty((n, self.channels), dtype)
            try:
                with self._errors(ValueError):
                    block: np.ndarray = self._handle.read(out=out)
            except ValueError:
                if self.frames is not None or self._handle.format != "MP3":
                    raise
                block = self._last_of_mp3(dtype)
                limit = self._at
                whole = self._at + len(block)
                if not whole:
                    raise
                warn(
                    f"{self.title}: may be truncated: what follows the first {whole} samples is no "
                    "MPEG audio"
                )
            if not len(block):
                return
            self._at += len(block)
            yield block

    def _last_of_mp3(self, dtype: str) -> np.ndarray:
        """Return what an MP3 has between here and where its decoder gives up.

        Of a read that fails, libsndfile drops what was decoded: it is decoded again, in steps that
        end where frames do.
        """
        steps = [np.empty((0, self.channels), dtype)]
        with contextlib.suppress(self._soundfile.SoundFileRuntimeError), self._anew() as handle:
            handle.seekable = lambda: False
            for size in (*[BLOCK] * (self._at // BLOCK), self._at % BLOCK):
                handle.read(size, dtype=dtype)
            steps.append(handle.read(-self._at % _MP3_STEP, dtype=dtype, always_2d=True))
            while len(step := handle.read(_MP3_STEP, dtype=dtype, always_2d=True)):
                steps.append(step)
        return np.concatenate(steps)

    @contextmanager
    def _errors(self, kind: type[Exception]) -> Iterator[None]:
        """Turn what libsndfile and the file object raise into errors that name the file."""
        reason = code = None
        try:
            yield
        except self._soundfile.SoundFileRuntimeError as error:
            code = getattr(error, "code", None)
            text = getattr(error, "error_string", "") or str(error)
            reason = text.strip().rstrip(".").removeprefix("Error : ")
        except TypeError as error:
            # soundfile's answer to a file without a header (*.raw).
            if "format" not in str(error) and "specified" not in str(error):
                raise
            raise ValueError(f"{self.title}: has no header that gives its sample rate") from None
        if self._view.error is not None:
            raise _unreadable(self.title, self._view.error)
        if reason is None:
            return
        if kind is _Refused and code != _MALFORMED:
            raise _Refused(reason)
        raise ValueError(f"{self.title}: cannot be decoded as audio ({reason})")


def _seeks_exactly(handle: Any) -> bool:
    """Whether samples after a seek can be those of decoding from the beginning.

    Opus goes on from what it decoded before, without end. In MPEG-2, half of the seeks add in
    another order, and the last bit differs.
    """
    mpeg_2 = handle.format == "MP3" and handle.samplerate < 32000
    return not (mpeg_2 or handle.subtype == "OPUS")


# Longer files than this are not copied.
_COPIED = 16 << 20


def _copied(file: View) -> int | None:
    """Return a descriptor of a copy in memory of a short MP3, None of anything else.

    Its decoder asks for a few hundred bytes at a time. Where each time calls Python, decoding takes
    a third longer, and other threads wait.
    """
    if not hasattr(os, "memfd_create") or file.patches or file.length > _COPIED:
        return None
    if (head := file.read(3)) != b"ID3":
        return None
    data = head + file.read()
    if file.error is not None or len(data) != file.length:
        return None
    descriptor = os.memfd_create("audio")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _without_guess(file: View) -> View:
    """View an MP3 so that libsndfile reads it to its end.

    Where the number of samples is not in the file, libsndfile guesses it from the length of the
    file and the first bit rate, and reads no further. Of a file that claims to be longer, the guess
    is out of reach.
    """
    length = _MP3_RANGE * file.length
    return View(file, patches={length - _ID3V1: bytes(_ID3V1)}, length=length)


def _dropped(blocks: Iterable[np.ndarray], n: int) -> Iterator[np.ndarray]:
    """Yield blocks without the first `n` samples."""
    for block in blocks:
        if n < len(block):
            yield block[n:]
        n = max(0, n - len(block))


def _unreadable(title: str, error: Exception) -> ValueError:
    """Return what the file object of the user raised, with the name of the file."""
    result = ValueError(f"{title}: cannot be read ({type(error).__name__}: {error})")
    result.__cause__ = error
    return result


class _Chain:
    """Files that follow each other in one: links of Ogg (RFC 3533, section 4), joined MP3."""

    def __init__(self, links: list[_Libsndfile], title: str, found: Figures, begin: int) -> None:
        self.title, self.figures, self.begin, self._links = title, found, begin, links
        self.rate, self.channels = links[0].rate, links[0].channels
        if any((link.rate, link.channels) != (self.rate, self.channels) for link in links):
            raise ValueError(f"{title}: sample rate or channels change midway")
        if any(link.frames is None for link in links):
            raise _Refused("several streams of unknown length follow each other")
        self.whole_numbers = all(link.whole_numbers for link in links)
        total = sum(link.promised for link in links)
        self.frames: int | None = total
        self.expected = self.promised = total

    def blocks(
        self, start: int, stop: int | None, dtype: str, size: int = BLOCK, reuse: bool = False
    ) -> Iterator[np.ndarray]:
        end: int = self.promised if stop is None else stop
        for link in self._links:
            if start < link.promised and end > 0:
                yield from link.blocks(max(0, start), min(end, link.promised), dtype, size, reuse)
            start, end = start - link.promised, end - link.promised


# PyAV ---------------------------------------------------------------------------------------------

_PACKED = {"float32": "flt", "float64": "dbl", "int16": "s16", "int32": "s32"}

# Containers whose header gives the duration of a stream, and of the whole; of others, FFmpeg
# guesses it.
_TIMED_STREAMS, _TIMED = ("mov",), ("mov", "matroska", "asf")

# No codec has longer packets (HE-AAC: 2048 samples, ALAC: 4096).
_PACKET = 4096


def _tags_in_any_encoding(av: Any) -> dict[str, str]:
    """Return what lets PyAV open a file whose tags are no UTF-8; from 19 on it does, unasked."""
    return {"metadata_errors": "replace"} if int(av.__version__.split(".")[0]) < 19 else {}


class _PyAV:
    """A file that libsndfile does not read, but FFmpeg does."""

    whole_numbers = False

    def __init__(
        self, file: View, title: str, found: Figures, refusal: str, stack: ExitStack
    ) -> None:
        try:
            self._av = require("av", extra="av", what="reading what libsndfile does not")
        except ModuleNotFoundError:
            raise ValueError(
                f"{title}: cannot be decoded as audio ({refusal}); if it is M4A, AAC, WMA, WebM, "
                'a video or the like, PyAV reads it: pip install "fastmel[av]"'
            ) from None
        self.title, self.figures, self.begin = title, found, 0
        self.frames: int | None = None
        self._file, self._refusal = file, f"{refusal}; PyAV: "
        with self._stream() as stream:
            container = stream.container
            self.rate, self.channels = stream.rate, len(stream.layout.channels)
            self.expected = int((container.duration or 0) * self.rate) // 1_000_000 + _PACKET
            self.promised = max(0, self._stated(stream, container) - _PACKET)
        self._refusal = ""
        self._at, self._dtype, self._held = 0, "", np.empty((0, self.channels))
        self._blocks = gathered((), BLOCK)
        stack.callback(lambda: self._blocks.close())

    def _stated(self, stream: Any, container: Any) -> int:
        """Return the number of samples that the header gives, about; 0 if it does not."""
        kind = container.format.name.split(",")[0]
        if kind in _TIMED_STREAMS:
            return int((stream.duration or 0) * stream.time_base * self.rate)
        if kind in _TIMED and len(container.streams) == 1:
            return int((container.duration or 0) * self.rate) // 1_000_000
        return 0

    @contextmanager
    def _stream(self) -> Iterator[Any]:
        """Open the first stream of sound; turn FFmpeg's errors into some that name the file."""
        self._file.seek(0)
        try:
            with self._av.open(self._file, **_tags_in_any_encoding(self._av)) as container:
                if not container.streams.audio:
                    raise ValueError("no stream of sound")
                stream = container.streams.audio[0]
                if stream.codec_context is None or not stream.rate or not stream.layout.channels:
                    raise ValueError("no decoder for its codec")
                yield stream
        except (self._av.error.FFmpegError, ValueError) as error:
            if self._file.error is not None:
                raise _unreadable(self.title, self._file.error) from None
            reason = self._refusal + (getattr(error, "strerror", None) or str(error))
            raise ValueError(f"{self.title}: cannot be decoded as audio ({reason})") from None

    def blocks(
        self, start: int, stop: int | None, dtype: str, size: int = BLOCK, reuse: bool = False
    ) -> Iterator[np.ndarray]:
        if start < self._at or dtype != self._dtype:
            self._blocks.close()
            self._blocks = gathered(self._frames(dtype), BLOCK)
            self._at, self._dtype, self._held = 0, dtype, np.empty((0, self.channels), dtype)
        return _dropped(self._read(stop), start - self._at)

    def _read(self, stop: int | None) -> Iterator[np.ndarray]:
        while stop is None or self._at < stop:
            block = self._held if len(self._held) else next(self._blocks, self._held)
            if not len(block):
                return
            n = len(block) if stop is None else min(stop - self._at, len(block))
            self._held, self._at = block[n:], self._at + n
            yield block[:n]

    def _frames(self, dtype: str) -> Iterator[np.ndarray]:
        with self._stream() as stream:
            yield from self._decoded(stream, dtype)

    def _decoded(self, stream: Any, dtype: str) -> Iterator[np.ndarray]:
        packed = self._av.AudioResampler(_PACKED[dtype], stream.layout.name, self.rate)
        for packet in stream.container.demux(stream):
            if packet.is_corrupt:
                raise ValueError("damaged or truncated: a packet is incomplete")
            for frame in packet.decode():
                if (frame.sample_rate, len(frame.layout.channels)) != (self.rate, self.channels):
                    raise ValueError("sample rate or channels change midway")
                for piece in packed.resample(frame):
                    yield piece.to_ndarray().reshape(-1, self.channels)


def gathered(pieces: Iterable[np.ndarray], least: int) -> Generator[np.ndarray, None, None]:
    """Join pieces to arrays of at least so many samples; the last may have fewer."""
    held: list[np.ndarray] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= least:
            yield np.concatenate(held)
            held, size = [], 0
    if held:
        yield np.concatenate(held)
