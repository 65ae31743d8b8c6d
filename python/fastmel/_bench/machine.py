"""What the numbers were measured on, and one thread for everyone."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = [
    "fastmel", "numpy", "scipy", "librosa", "torch", "torchaudio", "openai-whisper",
    "faster-whisper", "transformers", "kaldi-native-fbank", "asrfront", "audioflux", "soundfile",
    "soxr", "av", "numba", "ctranslate2", "pyFFTW", "ducc0",
]  # fmt: skip

# Read by BLAS, OpenMP and numba when they are loaded.
_THREADS = [
    "FASTMEL_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
]  # fmt: skip


@contextmanager
def one_thread() -> Iterator[None]:
    """Give every library one thread, those that are loaded already too."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        with ExitStack() as stack:
            if pools := _imported("threadpoolctl"):
                stack.enter_context(pools.threadpool_limits(1))
            if torch := sys.modules.get("torch"):
                stack.callback(torch.set_num_threads, torch.get_num_threads())
                torch.set_num_threads(1)
            yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@contextmanager
def pinned(cpu: int | None) -> Iterator[None]:
    """Keep this thread on one CPU, on systems that can (Linux)."""
    if cpu is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def describe() -> dict[str, Any]:
    """Return all that another run on another machine may differ in."""
    import fastmel

    facts = _cpu()
    return {
        "commit": _commit(),
        "cpu": facts.get("model name") or platform.processor() or platform.machine(),
        "cpu_flags": sorted(facts.get("flags", facts.get("Features", "")).split()),
        "cpu_family_model": [facts.get("cpu family"), facts.get("model")],
        "microcode": facts.get("microcode"),
        "cpus": os.cpu_count(),
        "affinity": sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else None,
        "governor": _read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "virtual": "hypervisor" in facts.get("flags", ""),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": f"{platform.python_version()} ({platform.python_compiler()})",
        "simd": fastmel.simd_info(),
        "packages": versions(PACKAGES),
    }


def load() -> float | None:
    """Return how many processes wanted a CPU in the last minute: more than our one is noise."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def versions(names: list[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    return {name: found for name in names if (found := _version(name))}


def cpu(where: dict[str, Any]) -> str:
    """Return the CPU's name; a virtual machine's may be no more than its maker's."""
    family, model = where.get("cpu_family_model") or (None, None)
    name = str(where["cpu"])
    return f"{name} (family {family}, model {model})" if family and model else name


def summary(facts: dict[str, Any]) -> str:
    """Return the machine in one line."""
    where, simd = facts["machine"], facts["machine"]["simd"]
    packages = where["packages"]
    ours = packages.get("fastmel", simd["version"])
    return (
        f"{cpu(where)}, fastmel {ours} on {simd['active']}, "
        f"Python {where['python'].partition(' ')[0]}"
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _imported(name: str) -> Any:
    try:
        return __import__(name)
    except ImportError:
        return None


def _commit() -> str | None:
    """Return the commit of the checkout that fastmel is used from, marked where it was changed."""
    here = Path(__file__)

    def git(*arguments: str) -> str:
        command = ("git", *arguments)
        done = subprocess.run(command, cwd=here.parent, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)  # else an environment inside of another's
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def _cpu() -> dict[str, str]:
    """Return the facts of the last CPU that Linux lists."""
    text = _read("/proc/cpuinfo") or ""
    lines = [line.split(":", 1) for line in text.splitlines() if ":" in line]
    return {name.strip(): value.strip() for name, value in lines}


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return None
