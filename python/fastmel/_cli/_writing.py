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
from types import SimpleNamespace
from typing import Any, BinaryIO

import click
import numpy as np

from ._text import explain

# Writing begins when the array is there: what nobody has touched for so long, nobody writes.
_ABANDONED = 3600.0  # seconds

_FULL = "free some space (df -h, df -i), or choose another place with -o"
_CLOSED = "choose another place with -o, or get leave to write there"
_LOST = "look at the disk or its mount, or choose another place with -o"

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


class PlaceError(click.ClickException):
    """Nothing can be written to a place."""


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let errors of writing name `path`; those of its place become a PlaceError."""
    try:
        yield
    except OSError as error:
        error.filename = os.fspath(path)
        if error.errno in _ADVICE:
            raise PlaceError(f"{explain(error)}: {_ADVICE[error.errno]}") from error
        raise


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary file beside `path` that takes its place at the end: whole or not at all.

    Parameters
    ----------
    path : Path
        File to write, in a folder that exists.

    Yields
    ------
    binary file
        To be written to; it is closed here.

    Raises
    ------
    PlaceError
        If nothing can be written there: no space, no permission.
    OSError
        If this file cannot be written.
    """
    part = _part(path)
    with _naming(path):
        try:
            with open(part, "xb") as file:
                yield file
            os.replace(part, path)
        except BaseException:
            with suppress(OSError):
                part.unlink()
            raise


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write an array, whole or not at all; see :func:`replacing`."""
    with replacing(path) as file:
        # Not to the file itself, where numpy's C code writes, and loses the reason of a failure.
        writer: Any = SimpleNamespace(write=file.write)
        np.save(writer, array)


def create(path: Path, text: str) -> None:
    """Write a file, whole, unless there is one of its name."""
    part = _part(path)
    with _naming(path):
        try:
            part.write_text(text, encoding="utf-8")
            os.link(part, path)
        except FileExistsError:
            pass
        except OSError:  # a file system without links, if it is no worse
            with suppress(FileExistsError):
                _write_new(path, text)
        finally:
            with suppress(OSError):
                part.unlink()


def _write_new(path: Path, text: str) -> None:
    with open(path, "x", encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
        except BaseException:  # no part of it would be of use
            with suppress(OSError):
                path.unlink()
            raise


def prepare(folder: Path) -> None:
    """Make a folder, and remove the files under way of runs that died; before writing there.

    Parameters
    ----------
    folder : Path
        Folder to write to.

    Raises
    ------
    PlaceError, OSError
        If it cannot be made.
    """
    with _naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if (part := _PART.fullmatch(entry.name)) and _is_dead(entry, *part.groups()):
                with suppress(OSError):
                    os.unlink(entry)


def _part(path: Path) -> Path:
    """Name a file under way: not after its target, whose name may be as long as names can be."""
    return path.with_name(f".fastmel-{_here()}-{os.getpid()}-{secrets.token_hex(4)}.part")


_PART = re.compile(r"\.fastmel-([0-9a-f]{12})-(\d{1,9})-[0-9a-f]{8}\.part")


def _is_dead(entry: os.DirEntry[str], where: str, process: str) -> bool:
    """Tell whether nobody will finish a file: its process has gone, or it is long abandoned."""
    # One of our own number is from before a container's restart: we have none here yet.
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
