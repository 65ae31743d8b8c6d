"""Audio files to arrays of samples: decoding, mixing to mono, resampling.

Decoding is libsndfile's (through soundfile), resampling libsoxr's (through soxr): both are in the
extra ``fastmel[io]`` and imported when a file is read.
"""

from __future__ import annotations

import errno
import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import numpy.typing as npt

from ._extras import require
from .checks import flag, number

if TYPE_CHECKING:
    import soundfile

__all__ = ["load"]

_DTYPES = ("float32", "float64", "int16", "int32")

# Sizes that writers put into a header when they do not know the length yet (pipes): from just
# under 2³¹ and just under 2³² bytes they are not a promise.
_UNKNOWN_SIZES = (range(0x7FFF_0000, 0x8000_0000), range(0xFFFF_0000, 0x1_0000_0000))

# Some writers count the header (up to 44 bytes in a plain WAV) in the size of the data.
_SLOPPY_BYTES = 44

# An Ogg page is at most 27 + 255 + 255·255 bytes (RFC 3533, section 6).
_OGG_PAGE = 27 + 255 + 255 * 255


def load(
    path: str | os.PathLike[str] | int | BinaryIO | soundfile.SoundFile,
    *,
    sr: float | None = 22050,
    mono: bool = True,
    offset: float = 0.0,
    duration: float | None = None,
    dtype: npt.DTypeLike = np.float32,
) -> tuple[np.ndarray, float]:
    """Read an audio file, mix it to mono and resample it, as ``librosa.load`` does.

    Parameters
    ----------
    path : str, path-like, int, file-like or soundfile.SoundFile
        What to read: a file's name, an open descriptor, a binary file object, or an open
        ``SoundFile`` (which is read from where it stands, and closed). Formats are those of
        libsndfile: WAV, FLAC, Ogg Vorbis and Opus, MP3, AIFF, AU, CAF, W64, …
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
        resampling is to be done.

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
        If the file is empty, not audio, damaged, shorter than its header promises or than
        `offset`, has no channel or no sample, or holds NaN or infinity; or if `sr`, `offset` or
        `duration` is out of range.
    TypeError
        If `dtype` is not one of the above, or an argument has the wrong type.
    ModuleNotFoundError
        If soundfile (or soxr, when the rate must change) is not installed.

    Notes
    -----
    The samples equal those of ``librosa.load`` (0.11 and 1.0): the mean over the channels, then
    soxr's high-quality resampler, cut or padded to ``ceil(n * sr / native)`` samples. Unlike
    there, a truncated file is an error here, not a shorter signal.

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
    name = _checked_dtype(dtype)
    for argument, value in (("sr", sr), ("duration", duration)):
        if value is not None:
            number(argument, value, above=0)
    number("offset", offset)
    mono = flag("mono", mono)

    with _opened(path) as (file, title):
        samples = _read(file, title, offset, duration, name)
        native = file.samplerate
    target = native if sr is None else sr

    mixes = mono and samples.ndim > 1
    if name.startswith("int") and (mixes or target != native):
        raise TypeError(
            f"dtype={name}: samples that are mixed (mono=True, {samples.ndim}-dimensional) or "
            f"resampled ({native} to {target} Hz) are float32 or float64"
        )
    if not np.isfinite(samples).all():
        raise ValueError(f"{title}: holds NaN or infinite samples")
    if mixes:
        samples = np.mean(samples, axis=0)
    if target != native:
        samples = resampled(samples, native, target)
    return samples, target


def _checked_dtype(dtype: npt.DTypeLike) -> str:
    name = str(np.dtype(dtype).name)
    if name not in _DTYPES:
        raise TypeError(f"dtype={dtype!r} must be one of {', '.join(_DTYPES)}")
    return name


@contextmanager
def _opened(path: Any) -> Iterator[tuple[Any, str]]:
    """Open `path` and name it for messages; close what was opened."""
    soundfile = require("soundfile", extra="io", what="reading audio files")
    if isinstance(path, soundfile.SoundFile):
        title = str(path.name)
        with _decoder_errors(soundfile, title), path:
            yield path, title
        return
    named = isinstance(path, (str, os.PathLike))
    title = os.fspath(path) if named else f"path={path!r}"
    if named:
        _check_file(title)
    elif not isinstance(path, int) and not hasattr(path, "read"):
        raise TypeError(f"{title} must be a file name, an open binary file or a SoundFile")
    # As bytes, in which any name can be told; Windows has none but in Unicode.
    spec = os.fsencode(title) if named and os.name != "nt" else path
    with _decoder_errors(soundfile, title), soundfile.SoundFile(spec) as file:
        if named and file.format == "OGG":
            _check_ogg_end(title)
        yield file, title


def _check_file(path: str) -> None:
    """Raise what the operating system says about `path`, or that it is empty."""
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, "is a folder, not an audio file", path)
    if os.stat(path).st_size == 0 and os.path.isfile(path):
        raise ValueError(f"{path}: is empty (0 bytes)")
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, "may not be read", path)


@contextmanager
def _decoder_errors(soundfile: Any, title: str) -> Iterator[None]:
    """Turn the errors of libsndfile into a ValueError that names the file."""
    try:
        yield
    except soundfile.LibsndfileError as error:
        reason = error.error_string.strip().rstrip(".").removeprefix("Error : ")
        raise ValueError(f"{title}: cannot be decoded as audio ({reason})") from None
    except TypeError as error:
        # soundfile's answer to a headerless file (*.raw) that comes without rate and channels.
        if "format" in str(error) or "specified" in str(error):
            raise ValueError(f"{title}: has no header that gives its sample rate") from None
        raise


def _read(
    file: soundfile.SoundFile, title: str, offset: float, duration: float | None, dtype: str
) -> np.ndarray:
    """Read the part that is asked for, shape (n,) or (channels, n)."""
    rate, available = file.samplerate, file.frames
    # Truncation towards zero, as librosa rounds both.
    if offset:
        start = int(offset * rate) + (available if offset < 0 else 0)
        if not 0 <= start <= available:
            raise ValueError(
                f"offset={offset!r} must lie within the {available / rate:.6g} s of {title}"
            )
        file.seek(start)
    start = file.tell()
    wanted = max(available, _promised_frames(file)) - start
    if duration is not None:
        wanted = min(wanted, int(duration * rate))

    samples: np.ndarray = file.read(frames=wanted, dtype=dtype, always_2d=False).T
    found = samples.shape[-1]
    if found < wanted:
        raise ValueError(
            f"{title}: is truncated: its header promises more than the {start + found} samples per "
            "channel that are there (soundfile.read returns those)"
        )
    if not found:
        raise ValueError(f"{title}: has no samples" + (f" at offset={offset!r}" if offset else ""))
    return samples


def _promised_frames(file: soundfile.SoundFile) -> int:
    """Return the length that the header promises; libsndfile's ``frames`` is what is there.

    The header's own figures appear only in libsndfile's log.
    """
    log = file.extra_info
    if match := re.search(r"frame count \d+ does not match value from 'ds64' chunk of (\d+)", log):
        return int(match[1])
    match = re.search(r"^ *(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", log, re.M)
    if match is None:
        return int(file.frames)
    promised, present = int(match[1]), int(match[2])
    if promised - present <= _SLOPPY_BYTES or any(promised in sizes for sizes in _UNKNOWN_SIZES):
        return int(file.frames)
    if not present:
        return 1
    return math.ceil(int(file.frames) * promised / present)


def _check_ogg_end(path: str) -> None:
    """Check that the last Ogg page is whole and carries the end-of-stream flag (RFC 3533)."""
    with open(path, "rb") as file:
        file.seek(-min(os.path.getsize(path), 2 * _OGG_PAGE), os.SEEK_END)
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    whole = len(page) >= 27 and len(page) >= 27 + page[26] + sum(page[27 : 27 + page[26]])
    if not (whole and page[5] & 4):
        raise ValueError(
            f"{path}: is truncated: its Ogg stream has no end (soundfile.read returns the rest)"
        )


def resampled(y: np.ndarray, native: float, target: float) -> np.ndarray:
    """Return floats resampled along the last axis, exactly ``ceil(n * target / native)``."""
    soxr = require("soxr", extra="io", what=f"resampling from {native:g} to {target:g} Hz")
    n = math.ceil(y.shape[-1] * (float(target) / native))
    out = np.zeros((*y.shape[:-1], n), dtype=y.dtype)
    for channel in np.ndindex(*y.shape[:-1]):
        resampled = soxr.resample(y[channel], native, target, quality="soxr_hq")[:n]
        out[channel][: resampled.shape[-1]] = resampled
    return out
