"""Output files: whole or not at all, and what runs that died have left is removed."""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import BinaryIO

# Writing begins when the array is there: what nobody has touched for so long, nobody writes.
_ABANDONED = 3600.0  # seconds

_FULL = "free some space (df -h, df -i), or choose another output (-o)"
_CLOSED = "choose another output (-o), or get leave to write there"
_LOST = "look at the disk or its mount, or choose another output (-o)"

# What is wrong with a place, and would be with every file written there; and what helps.
_ADVICE = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EROFS: _CLOSED,
    errno.EACCES: _CLOSED,
    errno.EPERM: _CLOSED,
    errno.EIO: _LOST,
    errno.ENODEV: _LOST,
    errno.ENXIO: _LOST,
    errno.ENOTCONN: _LOST,
    errno.ESTALE: _LOST,
}


class PlaceError(OSError):
    """Nothing can be written to a place."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let errors of writing name `path`; those of its place become a PlaceError."""
    try:
        yield
    except PlaceError:
        raise
    except OSError as error:
        error.filename, error.filename2 = os.fspath(path), None
        if error.errno in _ADVICE:
            reason = error.strerror or os.strerror(error.errno)
            message = f"{path}: {reason[0].lower()}{reason[1:]}: {_ADVICE[error.errno]}"
            raise PlaceError(message) from error
        raise


class Part:
    """A file under way, in a folder that exists, beside the one whose place it takes at the end."""

    def __init__(self, path: Path) -> None:
        # Not named after its target, whose name may be as long as names can be.
        name = f".fastmel-{_here()}-{os.getpid()}-{secrets.token_hex(4)}.part"
        self.path = path
        self.part = path.with_name(name)
        _under_way.add(name)

    def finish(self, *, sync: bool = True) -> None:
        """Take the place of the target; with `sync`, once the bytes are on the disk."""
        with naming(self.path):
            if sync:
                _sync(self.part)
            os.replace(self.part, self.path)
            if sync:
                _sync_folder(self.path.parent)
        _under_way.discard(self.part.name)

    def abandon(self) -> None:
        with suppress(OSError):
            self.part.unlink()
        _under_way.discard(self.part.name)


_under_way: set[str] = set()
"""Temporary names of this process."""


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(file)
    except OSError as error:
        # Some network file systems cannot; nothing could be done about it.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS):
            raise
    finally:
        os.close(file)


def _sync_folder(path: Path) -> None:
    if os.name != "nt":  # where folders cannot be opened
        _sync(path)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place at the end: whole or not at all.

    The bytes are on the disk before the file has its name.
    """
    part = Part(path)
    with naming(path):
        try:
            with open(part.part, "xb") as file:
                yield file
            part.finish()
        except BaseException:
            part.abandon()
            raise


def write(path: Path, data: bytes) -> None:
    """Write a file, whole or not at all, and the folder that it needs; see :func:`replacing`."""
    prepare(path.parent)
    with replacing(path) as file:
        file.write(data)


def create(path: Path, text: str) -> None:
    """Write a file, whole, unless there is one of its name; it is on the disk then."""
    part = Part(path)
    with naming(path):
        try:
            part.part.write_text(text, encoding="utf-8")
            _sync(part.part)
            os.link(part.part, path)
            _sync_folder(path.parent)
        except FileExistsError:
            pass
        except OSError:  # a file system without links, if it is no worse
            with suppress(FileExistsError):
                _write_new(path, text)
        finally:
            part.abandon()


def _write_new(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:  # no part of it would be of use
            with suppress(OSError):
                path.unlink()
            raise
    _sync(path)
    _sync_folder(path.parent)


def prepare(folder: Path) -> None:
    """Make a folder, and remove the files under way of runs that died; before writing there."""
    with naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (part := _PART.fullmatch(entry.name)) and _is_dead(entry, *part.groups()):
                with suppress(OSError):
                    os.unlink(entry)


_PART = re.compile(r"\.fastmel-([0-9a-f]{12})-(\d{1,9})-[0-9a-f]{8}\.part")


def is_part(name: str) -> bool:
    """Return whether a file of this name is one under way, or was left by a run that died."""
    return _PART.fullmatch(name) is not None


def _is_dead(entry: os.DirEntry[str], where: str, process: str) -> bool:
    """Tell whether nobody will finish a file: its process has gone, or it is long abandoned."""
    if entry.name in _under_way:
        return False
    # One of our own number that is not ours is from before a container's restart.
    if where == _here() and (int(process) == os.getpid() or not _runs(int(process))):
        return True
    with suppress(OSError):
        return time.time() - entry.stat().st_mtime > _ABANDONED
    return False


@cache
def _here() -> str:
    """Name the scope in which a process's number tells who it is: a boot, a PID namespace."""
    facts = [platform.node()]
    with suppress(OSError):
        facts.append(Path("/proc/sys/kernel/random/boot_id").read_text())
        facts.append(os.readlink("/proc/self/ns/pid"))
    return hashlib.sha256("\n".join(facts).encode(errors="replace")).hexdigest()[:12]


def _runs(process: int) -> bool:
    if os.name == "nt":
        return False  # no matter: a file that is open cannot be removed there
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True
