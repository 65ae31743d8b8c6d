"""``fastmel info``: what is installed and what it uses."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata

import click

from ._printing import show

# The packages of each extra, and what the extra is for.
_EXTRAS = {
    "io": ("reading audio files", ("soundfile", "soxr")),
    "av": ("reading M4A, WebM, WMA, videos", ("av",)),
    "plot": ("pictures", ("matplotlib",)),
    "kaldi": ("Kaldi's ark and scp", ("kaldiio",)),
    "parquet": ("Parquet", ("pyarrow",)),
    "lhotse": ("Lhotse's manifests and features", ("lhotse", "lilcom")),
    "ray": ("clusters", ("ray",)),
    "cli": ("this command", ("click", "rich")),
}


@click.command(short_help="Show versions, instruction sets, threads, extras.")
def info() -> None:
    """Show versions, the instruction sets, the threads and the extras that are installed.

    Put its output into a bug report.
    """
    import numpy as np

    import fastmel

    simd = fastmel.simd_info()
    build = " ".join(str(simd[key]) for key in ("compiler", "build_type", "flags") if simd.get(key))
    chosen = f"forced by FASTMEL_SIMD={simd['forced']}" if simd["forced"] else "best available"
    rows = [
        ["fastmel", fastmel.__version__],
        ["python", f"{platform.python_version()} ({sys.executable})"],
        ["numpy", np.__version__],
        ["platform", platform.platform()],
        ["build", build],
        ["simd active", f"{simd['active']} ({chosen})"],
        ["simd available", ", ".join(simd["available"])],
        ["simd compiled", ", ".join(simd["compiled"])],
        ["threads", _threads()],
    ]
    for extra, (purpose, packages) in _EXTRAS.items():
        rows.append([f"[{extra}]", f"{', '.join(map(_version, packages))}  ({purpose})"])
    show(rows)


def _threads() -> str:
    from .._base.threads import available_cpus, default_workers

    bound, cpus = default_workers(), available_cpus()
    set_by = next((n for n in ("FASTMEL_NUM_THREADS", "OMP_NUM_THREADS") if os.environ.get(n)), "")
    return f"up to {bound} ({f'{set_by}; ' if set_by else ''}{cpus} CPUs)"


def _version(package: str) -> str:
    try:
        return f"{package} {metadata.version(package)}"
    except metadata.PackageNotFoundError:
        return f"{package} missing"
