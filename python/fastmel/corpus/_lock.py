"""The lock of a manifest: of two runs into one folder, one writes."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path

from ._record import JobError


class Lock:
    """A lock on a file, which is made if there is none; it goes with the process.

    A JobError says that another process, or this one, has it.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(self._file)
        except OSError as error:
            who = _holder(self._file)
            os.close(self._file)
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                raise JobError(
                    f"another run{who} is writing to {path.parent} and has {path.name} locked: "
                    "let it end, or choose another -o"
                ) from None
            raise

    def release(self) -> None:
        """Let others have it, also where a forked process has the file open."""
        if os.name != "nt":
            import fcntl

            with suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_UN)
        os.close(self._file)


def check_lock(manifest: Path) -> None:
    """Raise a JobError if a run has a manifest."""
    with suppress(OSError):  # a place where there is no leave to write has no run
        Lock(manifest).release()


def _lock(file: int) -> None:
    """Lock a file, or raise an OSError at once."""
    if os.name == "nt":
        import msvcrt

        # A byte beyond all that is read or written: such a lock keeps others from their bytes.
        os.lseek(file, 1 << 30, os.SEEK_SET)
        msvcrt.locking(file, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        return
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        # Some network file systems have no locks: there nobody can do better.
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL):
            raise


def _holder(file: int) -> str:
    """Name the process that has the lock, where the system tells."""
    with suppress(OSError, ValueError), open("/proc/locks") as locks:
        at = os.fstat(file).st_ino
        for line in locks:
            _, kind, _, _, process, place, *_ = line.split()
            if kind == "FLOCK" and int(place.rpartition(":")[2]) == at and int(process) > 0:
                return f" (process {process})"
    return ""
