"""What a run costs."""

import re
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import NamedTuple


class Cost(NamedTuple):
    """What a run took."""

    wall: float  # seconds
    cpu: float  # seconds, of all processes
    peak: float  # MB that the process held at most
    worker_peak: float = 0.0  # MB of the largest of its worker processes, if it has some


def measured(work: Callable[[], object]) -> Cost:
    """Return the cost of work in this process and its threads."""
    begin, used = perf_counter(), process_time()
    work()
    return Cost(perf_counter() - begin, process_time() - used, peak())


def peak() -> float:
    """Return MB of the largest resident size that this process had."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) / 1000 if found else 0.0


def files(folder: Path) -> list[Path]:
    """Return the clips of a corpus."""
    return sorted(path for path in (folder / "clips").rglob("*") if path.is_file())
