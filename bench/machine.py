"""What the numbers were measured on, and one thread for everyone."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = [
    "fastmel", "numpy", "scipy", "librosa", "torch", "torchaudio", "openai-whisper",
    "faster-whisper", "transformers", "asrfront", "audioflux", "pyFFTW", "ducc0",
]  # fmt: skip

_THREADS = [
    "FASTMEL_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
]  # fmt: skip


def use_one_thread() -> None:
    """Give every library one thread; they read these variables when they are imported."""
    os.environ.update(dict.fromkeys(_THREADS, "1"))


def describe() -> dict[str, object]:
    try:
        import fastmel

        simd = fastmel.simd_info()
    except ImportError:
        simd = {}
    return {
        "cpu": _cpu(),
        "cpus": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "simd": simd,
        "packages": versions(PACKAGES),
    }


def load() -> float | None:
    """Return how many processes wanted a CPU in the last minute: more than our one is noise."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def versions(names: list[str]) -> dict[str, str]:
    """Return the versions of those packages that are installed."""
    return {name: found for name in names if (found := _version(name))}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    facts = dict(map(str.strip, line.split(":", 1)) for line in lines if ":" in line)
    name = facts.get("model name", platform.machine())
    flags = facts.get("flags", "").split()
    best = next((f for f in ("avx512f", "avx2", "sse2") if f in flags), "")
    return f"{name} ({best})" if best else name
