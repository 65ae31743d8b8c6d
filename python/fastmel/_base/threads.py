"""How many threads a call may use."""

from __future__ import annotations

import functools
import math
import operator
import os

from .checks import brief

# Samples through the transform (frames times n_fft) below which a call stays on its own thread:
# about 4 ms of work, against some 50 us to start and join threads.
_WORTH_THREADS = 1 << 23
# More threads than any machine has processors would only cost memory.
_MOST_THREADS = 4096

_CGROUP = "/sys/fs/cgroup"


def _from_environment(name: str) -> int | None:
    # OpenMP admits a list, one number for each level of nesting.
    value = os.environ.get(name, "").split(",")[0].strip()
    if value.isdecimal() and int(value) > 0:
        return int(value)
    if value and name == "FASTMEL_NUM_THREADS":
        raise ValueError(f"{name}={brief(value)} must be an integer of at least 1")
    return None


@functools.lru_cache(maxsize=1)
def _cgroup_quota() -> float:
    """CPUs that the container may use on average (cgroup v2, then v1); infinity if unlimited."""
    try:
        quota, period = _read("cpu.max").split()
    except (OSError, ValueError):
        try:
            quota, period = _read("cpu/cpu.cfs_quota_us"), _read("cpu/cpu.cfs_period_us")
        except OSError:
            return math.inf
    try:
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (ValueError, ZeroDivisionError):  # "max": no limit
        return math.inf


def _read(name: str) -> str:
    with open(f"{_CGROUP}/{name}") as file:
        return file.read()


def available_cpus() -> int:
    """CPUs that this process may use: its affinity, bounded by the container's quota."""
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = _cgroup_quota()
    return count if quota >= count else max(1, math.ceil(quota))


def default_workers() -> int:
    """Upper bound of threads: FASTMEL_NUM_THREADS, else OMP_NUM_THREADS, else available CPUs."""
    for name in ("FASTMEL_NUM_THREADS", "OMP_NUM_THREADS"):
        count = _from_environment(name)
        if count is not None:
            return count
    return available_cpus()


def resolve_workers(workers: int | None, work: int) -> int:
    """Turn a ``workers=`` argument into a number of threads.

    None decides by `work` (frames times n_fft); -1 means all available CPUs, -2 all but one, ...
    """
    if workers is None:
        return 1 if work < _WORTH_THREADS else min(default_workers(), _MOST_THREADS)
    try:
        count = operator.index(workers)
    except TypeError:
        raise TypeError(f"workers={brief(workers)} must be an integer or None") from None
    cpus = available_cpus() if count < 1 else 0
    if count < 0:
        count += 1 + cpus
    if count < 1:
        raise ValueError(
            f"workers={brief(workers)} is out of range; accepted: None, 1 or more, or -1 (all "
            f"CPUs) down to -{cpus}"
        )
    return min(count, _MOST_THREADS)
