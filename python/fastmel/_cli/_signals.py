"""Signals that ask a command to end: it stops where nothing is left half done."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

# Ctrl-C; what timeout, Slurm and Kubernetes send; the terminal's end; Ctrl-Break of Windows.
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")

# Within this time a signal is the same request again: a launcher passes on what the group of
# processes also got, and a closed terminal hangs up twice. Nobody presses Ctrl-C twice so fast.
_SAME_REQUEST = 0.3  # seconds


class Stopped(BaseException):
    """A signal asked the command to end."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.code = 128 + number


@contextmanager
def stoppable() -> Iterator[None]:
    """Raise `Stopped` in the main thread at the first signal; the next ends the process at once."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are the main thread's
        return
    first: float | None = None

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal first
        now = time.monotonic()
        if first is None:
            first = now
            raise Stopped(number)
        if now - first > _SAME_REQUEST:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
            os._exit(128 + number)  # the first process of a container survives its own signals

    # What is ignored stays so (nohup, jobs in the background), as does a handler of the caller's.
    ours = (signal.SIG_DFL, signal.default_int_handler)
    numbers = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
    before = {n: handler for n in numbers if (handler := signal.getsignal(n)) in ours}
    for number in before:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
