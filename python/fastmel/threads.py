"""How many threads a call may use."""

from __future__ import annotations

import functools
import math
import operator
import os

__all__ = ["default_workers", "resolve_workers"]

# Samples through the transform (frames times n_fft) below which a call stays on its own thread:
# about 4 ms of work, against some 50 us to start and join threads.
_WORTH_THREADS = 1 << 23


def _from_environment(name: str) -> int | None:
    value = os.environ.get(name, "").split(",")[0].strip()
    if not value:
        return None
    if not value.isdecimal() or int(value) < 1:
        if name == "FASTMEL_NUM_THREADS":
            raise ValueError(f"{name}={value!r}: a positive whole number is accepted")
        return None
    return int(value)


@functools.lru_cache(maxsize=1)
def _cgroup_quota() -> float:
    """CPUs that the container may use on average (cgroup v2, then v1); infinity if unlimited."""
    try:
        with open("/sys/fs/cgroup/cpu.max") as file:
            quota, period = file.read().split()[:2]
    except (OSError, ValueError):
        try:
            with open("/sys/fs/cgroup/cpu/cpu.cfs_quota_us") as file:
                quota = file.read().strip()
            with open("/sys/fs/cgroup/cpu/cpu.cfs_period_us") as file:
                period = file.read().strip()
        except OSError:
            return math.inf
    try:
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    except (ValueError, ZeroDivisionError):
        return math.inf


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
        return 1 if work < _WORTH_THREADS else default_workers()
    try:
        count = operator.index(workers)
    except TypeError:
        raise TypeError(f"workers must be an integer or None; got {workers!r}") from None
    if count < 0:
        count += 1 + available_cpus()
    if count < 1:
        raise ValueError(
            f"workers={workers}; accepted: None, 1 or more, or -1 (all CPUs) up to "
            f"-{available_cpus()}"
        )
    return count
