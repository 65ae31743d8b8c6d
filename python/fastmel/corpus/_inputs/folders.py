"""Audio files named one by one, in folders, and by patterns."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import translate
from importlib.util import find_spec
from pathlib import Path

from .._item import Item
from .errors import Wrong
from .reading import LeftOut, Reading

# Only in folders does the suffix decide. What libsndfile reads, and what FFmpeg (PyAV) does.
_SNDFILE = frozenset(
    ".aif .aifc .aiff .au .caf .flac .mp3 .nist .oga .ogg .opus .rf64 .snd .sph .w64 .wav".split()
)
_FFMPEG = frozenset(
    ".3gp .aac .ac3 .amr .ape .avi .m4a .m4b .mka .mkv .mov .mp2 .mp4 .weba .webm .wma .wv".split()
)
# Files that hold recordings, and are opened where they are named.
_ARCHIVES = frozenset([".parquet", ".tar", ".tgz"])


def suffixes() -> frozenset[str]:
    """Return the suffixes that count as audio in folders, with what is installed."""
    return _SNDFILE | _FFMPEG if find_spec("av") else _SNDFILE


def audio_file(path: Path, below: str, how: Reading, prefix: str) -> Iterator[Item]:
    """Yield the item of one file, named by its path below the fixed part of a pattern."""
    yield Item(prefix + how.name(path.name if prefix else below or path.name), path)


def folder(top: Path, below: str, how: Reading, prefix: str) -> Iterator[Item]:
    """Yield the audio files of a folder in sorted order, past hidden files and folders."""
    known = suffixes()
    left = LeftOut()
    found = False
    for path in _visible(top, how, left):
        suffix = path.suffix.lower()
        if suffix in known:
            found = True
            name = os.path.join("" if prefix else below, os.path.relpath(path, top))
            yield Item(prefix + how.name(name), path)
        elif suffix in _FFMPEG:
            left.unread[suffix] += 1
        elif suffix in _ARCHIVES:
            left.unnamed[suffix] += 1
    how.left_out.add(left)
    if not found:
        why = left.words() or [" ".join(sorted(known))]
        how.failed(Wrong(f"no audio files in it ({'; '.join(why)})", str(top)))


def _visible(top: Path, how: Reading, left: LeftOut) -> Iterator[Path]:
    for parent, folders, files in os.walk(top, onerror=lambda error: _closed(error, how)):
        folders[:] = sorted(f for f in folders if how.recursive and not f.startswith("."))
        left.links += sum(os.path.islink(os.path.join(parent, f)) for f in folders)
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _closed(error: OSError, how: Reading) -> None:
    how.failed(Wrong(f"cannot be listed ({error.strerror})", str(error.filename)))


def is_pattern(name: str) -> bool:
    """Tell whether a name that is no file's is to be matched with files."""
    return any(sign in name for sign in "*?[")


def matches(pattern: str) -> Iterator[tuple[Path, str]]:
    """Yield the files and folders that match, sorted, each with its path below the fixed part.

    As in a shell: ``*`` and ``?`` match within a name, ``**`` any folders, but hidden ones and
    links. A pattern with ``**`` matches files alone, of which it goes through all folders itself.
    One folder at a time is listed, so that the first match does not wait for the last.
    """
    parts = Path(pattern).parts
    fixed = next((i for i, part in enumerate(parts[:-1]) if is_pattern(part)), len(parts) - 1)
    base = Path(*parts[:fixed])
    for path in _below(base, parts[fixed:]):
        if "**" not in parts or not path.is_dir():
            yield path, os.path.relpath(path, base)


def _below(base: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        yield base
        return
    first, rest = parts[0], parts[1:]
    if not is_pattern(first):
        if (base / first).exists():
            yield from _below(base / first, rest)
        return
    if first == "**":
        yield from _below(base, rest or ("*",))
    fits = re.compile(translate(first)).match
    for name, is_folder, is_link in _listed(base):
        if name.startswith(".") and not first.startswith("."):
            continue
        if first == "**":
            if is_folder and not is_link:
                yield from _below(base / name, parts)
        elif fits(name) and (is_folder or not rest):
            yield from _below(base / name, rest)


def _listed(folder: Path) -> list[tuple[str, bool, bool]]:
    """Return the names in a folder, sorted, which are folders, and which are links."""
    try:
        with os.scandir(folder) as entries:
            return sorted((entry.name, entry.is_dir(), entry.is_symlink()) for entry in entries)
    except OSError:
        return []
