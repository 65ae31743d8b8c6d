"""Audio files to arrays of samples: decoding, mixing to mono, resampling.

Decoding is libsndfile's (through soundfile), resampling libsoxr's (through soxr): both are in the
extra ``fastmel[io]`` and imported when a file is read. With ``fastmel[av]``, FFmpeg (through PyAV)
decodes what libsndfile does not. All of it goes block by block: only the result is as long as the
file.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from .._base.checks import brief, choice, flag, number, warn
from .._base.extras import require
from .decoding import BLOCK, Source, opened

if TYPE_CHECKING:
    import soundfile

QUALITIES = ("qq", "lq", "mq", "hq", "vhq")
"""Resampling, from quick to very high quality, as soxr names them."""

_DTYPES = ("float32", "float64", "int16", "int32")

# Samples that are allocated at the word of a header; pages that are not written cost no memory.
_TRUSTED = 1 << 28


def load(
    path: str | os.PathLike[str] | int | BinaryIO | soundfile.SoundFile,
    *,
    sr: float | None = 22050,
    mono: bool = True,
    offset: float = 0.0,
    duration: float | None = None,
    dtype: npt.DTypeLike = np.float32,
    res_type: str = "soxr_hq",
) -> tuple[np.ndarray, float]:
    """Read an audio file, mix it to mono and resample it, as ``librosa.load`` does.

    Parameters
    ----------
    path : str, path-like, int, file-like or soundfile.SoundFile
        What to read: a file's name, an open descriptor, a binary file object (the bytes of a file
        go into ``io.BytesIO``), or an open ``SoundFile`` (which is read from where it stands, and
        closed). Formats are those of libsndfile: WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU,
        CAF, W64, …; and with the extra ``fastmel[av]`` those of FFmpeg: M4A, AAC, WMA, WebM,
        videos, …
    sr : float or None, default 22050
        Sample rate of the result in Hz; None keeps the file's own.
    mono : bool, default True
        Average the channels.
    offset : float, default 0.0
        Where to begin, in seconds; a negative value counts from the end.
    duration : float or None, default None
        How much to read at most, in seconds; None reads to the end.
    dtype : dtype, default float32
        float32 or float64, in [-1, 1]. int16 or int32 (the file's PCM) if neither mixing nor
        resampling is to be done, and the file's samples are not floating-point numbers.
    res_type : {"soxr_hq", "soxr_vhq", "soxr_mq", "soxr_lq", "soxr_qq"}, default "soxr_hq"
        Quality of resampling.

    Returns
    -------
    y : ndarray, shape (n,) or (channels, n)
        The samples; one-dimensional with `mono` or if the file has one channel.
    sr : float
        The sample rate of `y` in Hz.

    Raises
    ------
    FileNotFoundError, IsADirectoryError, PermissionError
        If `path` cannot be opened.
    ValueError
        If the file is empty, not audio, damaged, shorter than `offset`, has no channel or no
        sample, or holds NaN or infinity; if what is to be read is known to lack samples; or if
        `sr`, `offset` or `duration` is out of range, or `res_type` unknown.
    TypeError
        If `dtype` is not one of the above, or not for this file, or an argument has the wrong type.
    ModuleNotFoundError
        If soundfile (or soxr, when the rate must change) is not installed.

    Warns
    -----
    UserWarning
        If the end of the file is read and the rest may be missing: an Ogg stream without its end,
        a header that was never completed, an MP3 that goes on with something else.

    Notes
    -----
    The samples equal those of ``librosa.load`` (0.11 and 1.0): the mean over the channels, then
    soxr's high-quality resampler, cut or padded to ``ceil(n * sr / native)`` samples. Unlike
    there, a truncated file is an error here, not a shorter signal, and a length that the header
    does not know (MP3 without a Xing frame, WAV and others written to a pipe) does not cut any.
    What `offset` and `duration` choose is that part of the whole, also of MP3 and Ogg Vorbis, where
    libsndfile's own seeking is not exact.
    Besides the result, memory is needed for a second or two of the file.

    FFmpeg leaves out the samples that an encoder put before the sound where the file says how many
    (M4A, WebM), not where it does not (AAC and WMA streams: 1024 and more); those after it, up to
    a packet, stay.

    Examples
    --------
    >>> import io, wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as clip:
    ...     clip.setparams((1, 2, 16000, 0, "NONE", ""))
    ...     clip.writeframes(bytes(32000))
    >>> _ = file.seek(0)
    >>> y, sr = load(file, sr=8000)
    >>> y.shape, y.dtype, sr
    ((8000,), dtype('float32'), 8000)
    """
    wanted = _Wanted.checked(sr, mono, offset, duration, dtype, res_type)
    with opened(path) as source:
        start, stop = _span(source, wanted)
        rate = wanted.rate(source)
        n = (source.expected if stop is None else stop) - start
        return joined(_samples(source, start, stop, wanted), length(n, source.rate, rate)), rate


class _Wanted(NamedTuple):
    """The checked arguments of `load`."""

    sr: float | None
    mono: bool
    offset: float
    duration: float | None
    dtype: str
    res_type: str

    @classmethod
    def checked(
        cls,
        sr: float | None,
        mono: bool,
        offset: float,
        duration: float | None,
        dtype: npt.DTypeLike,
        res_type: str,
    ) -> _Wanted:
        """Raise if an argument is not acceptable."""
        try:
            name = np.dtype(dtype).name
        except (TypeError, ValueError):  # it is none
            name = ""
        if name not in _DTYPES:
            raise TypeError(f"dtype={brief(dtype)} must be one of {', '.join(_DTYPES)}")
        for argument, value in (("sr", sr), ("duration", duration)):
            if value is not None:
                number(argument, value, above=0)
        number("offset", offset)
        quality = choice("res_type", res_type, tuple(f"soxr_{name}" for name in QUALITIES))
        return cls(sr, flag("mono", mono), offset, duration, name, quality)

    def rate(self, source: Source) -> float:
        """Return the sample rate of the result."""
        return source.rate if self.sr is None else self.sr


def _span(source: Source, wanted: _Wanted) -> tuple[int, int | None]:
    """Return the first sample to read and the one after the last, None for the end of the file."""
    title, frames, offset = source.title, source.frames, wanted.offset
    start, stop = source.begin, None
    if offset:
        if offset < 0 and frames is None:
            frames = sum(map(len, source.blocks(0, None, "float32")))
        # Truncation towards zero, as librosa rounds both.
        start = int(offset * source.rate) + ((frames or 0) if offset < 0 else 0)
        if start < 0 or (frames is not None and start > frames):
            seconds = (frames or 0) / source.rate
            raise ValueError(f"offset={offset!r} must lie within the {seconds:.6g} s of {title}")
    if wanted.duration is not None:
        stop = start + int(wanted.duration * source.rate)
        if stop == start:
            raise ValueError(
                f"{title}: duration={wanted.duration!r} is less than a sample at {source.rate} Hz"
            )
    if stop is None or (frames is not None and stop > frames):
        check_whole(source)
    return start, stop


_REST = " (duration= reads what is there)"


def check_whole(source: Source) -> None:
    """Refuse to read a file to its end that is known to lack samples; warn of one that may."""
    if source.figures.missing:
        raise ValueError(f"{source.title}: is truncated: {source.figures.missing}{_REST}")
    if source.figures.doubt:
        warn(f"{source.title}: may be truncated: {source.figures.doubt}; all that is there is read")


def _samples(source: Source, start: int, stop: int | None, wanted: _Wanted) -> Iterator[np.ndarray]:
    """Yield decoded, mixed and resampled samples, (n,) or (channels, n)."""
    rate = wanted.rate(source)
    mixes, resamples = wanted.mono and source.channels > 1, rate != source.rate
    if wanted.dtype.startswith("int") and (mixes or resamples):
        raise TypeError(
            f"dtype={wanted.dtype}: samples that are mixed (mono=True, {source.channels} channels) "
            f"or resampled ({source.rate} to {rate} Hz) are float32 or float64"
        )
    blocks = decoded(source, start, stop, wanted.dtype, reuse=mixes or resamples)
    pieces = some(blocks, source, start)
    if mixes:
        pieces = map(mixed, pieces)
    if resamples:
        pieces = resampled_blocks(pieces, source.rate, rate, wanted.res_type)
    if mixes or resamples:
        pieces = _finite(
            pieces, f"{source.title}: holds samples too large to be mixed or resampled"
        )
    flat = mixes or source.channels == 1
    return (piece.reshape(-1) if flat else piece.T for piece in pieces)


def decoded(
    source: Source,
    start: int,
    stop: int | None,
    dtype: str,
    size: int = BLOCK,
    *,
    reuse: bool = False,
) -> Iterator[np.ndarray]:
    """Yield arrays (n, channels) of finite samples; raise if they are fewer than promised."""
    at = start
    blocks = source.blocks(start, stop, dtype, size, reuse)
    for block in _finite(blocks, f"{source.title}: holds NaN or infinite samples"):
        at += len(block)
        yield block
    if at < source.promised and (stop is None or at < stop):
        raise ValueError(
            f"{source.title}: is truncated or damaged: its header promises {source.promised} "
            f"samples per channel, {at} are there{_REST}"
        )


def _finite(blocks: Iterable[np.ndarray], otherwise: str) -> Iterator[np.ndarray]:
    for block in blocks:
        if block.dtype.kind == "f" and not np.isfinite(block).all():
            raise ValueError(otherwise)
        yield block


def some(blocks: Iterable[np.ndarray], source: Source, start: int) -> Iterator[np.ndarray]:
    """Yield blocks, which begin at sample `start`; raise if there is none."""
    first = True
    for block in blocks:
        first = False
        yield block
    if first:
        raise ValueError(
            f"{source.title}: has no samples" + (f" after the first {start}" if start else "")
        )


@np.errstate(over="ignore", invalid="ignore")  # whose result is refused
def mixed(block: np.ndarray) -> np.ndarray:
    """Return the mean over the channels, (n, channels) to (n, 1)."""
    channels = block.shape[1]
    if channels >= 8:
        mean: np.ndarray = block.mean(axis=1, keepdims=True)
        return mean
    # numpy.mean adds fewer than eight numbers in this order, but row by row: 20 times slower.
    total: np.ndarray = block[:, 0] + block[:, 1]
    for channel in range(2, channels):
        total += block[:, channel]
    total /= channels
    return total[:, np.newaxis]


def length(n: int, native: float, target: float) -> int:
    """Return the number of samples after resampling, as librosa has it."""
    return math.ceil(n * (float(target) / native))


def resampled_blocks(
    blocks: Iterable[np.ndarray], native: float, target: float, quality: str
) -> Iterator[np.ndarray]:
    """Yield arrays (n, channels) resampled: the bits of resampling all of them at once."""
    soxr = require("soxr", extra="io", what=f"resampling from {native:g} to {target:g} Hz")
    stream = nothing = None
    taken = made = 0
    for block in blocks:
        if stream is None:
            nothing = block[:0]
            stream = soxr.ResampleStream(
                native, target, block.shape[1], dtype=block.dtype, quality=quality
            )
        piece = stream.resample_chunk(block)
        taken, made = taken + len(block), made + len(piece)
        yield piece
    if stream is not None:
        rest = stream.resample_chunk(nothing, last=True)
        rest.resize((length(taken, native, target) - made, rest.shape[1]), refcheck=False)
        yield rest


def joined(pieces: Iterable[np.ndarray], expected: int) -> np.ndarray:
    """Join arrays along the last axis, in memory that is allocated once if `expected` is right."""
    out: np.ndarray | None = None
    filled = 0
    for piece in pieces:
        end = filled + piece.shape[-1]
        if out is None or end > out.shape[-1]:
            room = max(end, min(expected, _TRUSTED) if out is None else 2 * filled)
            longer = np.empty((*piece.shape[:-1], room), piece.dtype)
            if out is not None:
                longer[..., :filled] = out[..., :filled]
            out = longer
        out[..., filled:end] = piece
        filled = end
    assert out is not None  # a file without samples is an error before
    return out if filled == out.shape[-1] else out[..., :filled]


def resampled(y: np.ndarray, native: float, target: float) -> np.ndarray:
    """Return floats resampled along the last axis, exactly ``ceil(n * target / native)``."""
    soxr = require("soxr", extra="io", what=f"resampling from {native:g} to {target:g} Hz")
    out = np.zeros((*y.shape[:-1], length(y.shape[-1], native, target)), dtype=y.dtype)
    for channel in np.ndindex(*y.shape[:-1]):
        resampled = soxr.resample(y[channel], native, target, quality="soxr_hq")[: out.shape[-1]]
        out[channel][: resampled.shape[-1]] = resampled
    return out
