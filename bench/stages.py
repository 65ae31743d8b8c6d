"""What each stage costs, beside what its arithmetic must cost: `python -m bench.stages`.

A plan can stop after a stage; the stages' times are differences between runs that stop one later,
taken in turns. The arithmetic limit is the stage's additions and multiplications at the rate at
which this CPU does vector additions and multiplications that wait for nothing (peak.py); fastmel
fuses none, since its results must not depend on the instruction set. The memory limit is reading
each new sample and writing each feature once, at the rate of a large copy.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import fastmel
import numpy as np
from fastmel._bench import machine
from fastmel._bench.case import recording
from fastmel._bench.measure import Pace, interleaved

from . import pages, peak

STAGES = ("window", "spectrum", "mel", "log", "store")

# The logarithm is a polynomial: about so many operations a value.
_LOG_OPERATIONS = 25


@dataclass(frozen=True)
class Limits:
    """What this machine does in a second, on one thread."""

    operations: dict[str, float]  # vector additions or multiplications, times lanes
    bytes: float


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="a chain [%(default)s]")
    parser.add_argument("--rounds", type=int, default=15, help="fewest a chain [%(default)s]")
    parser.add_argument(
        "--simd", metavar="NAMES", help="repeat with these, for example avx2,baseline"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=pages.PERFORMANCE, metavar="FILE",
        help="write the tables to a section of a page [docs/performance.md]",
    )  # fmt: skip
    args = parser.parse_args()

    active = fastmel.simd_info()["active"]
    found = {active: chains(active, args.seconds, args.rounds)}
    for name in filter(None, (args.simd or "").split(",")):
        found[name] = _in_new_process(name, args)
    text = "\n\n".join(
        [f"{machine.cpu(machine.describe())}, one thread.", *map(tables, found.values())]
    )
    print(text)
    if args.page:
        pages.put(args.page, "stages", text)
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


def chains(simd: str, seconds: float, rounds: int) -> dict:
    """Measure the chains of librosa and Whisper on the active instruction set."""
    limits = measure_limits(simd)
    librosa, whisper = fastmel.frontend("librosa").config, fastmel.frontend("whisper").config
    configs = {
        "librosa, double": librosa,
        "librosa, single": librosa.replace(precision="single"),
        "whisper, single": whisper,
    }
    found = {}
    for name, config in configs.items():
        pages.progress(f"  {simd}: {name}")
        title = f"{name} ({config.n_fft}/{config.hop_length}/{config.n_mels})"
        found[title] = measure(config, limits, seconds, rounds)
    return {"simd": simd, "limits": limits.__dict__, "stages": found}


def _in_new_process(simd: str, args: argparse.Namespace) -> dict:
    """Measure another instruction set: it is chosen when fastmel is imported."""
    command = [sys.executable, "-m", "bench.stages"]
    command += ["--seconds", str(args.seconds), "--rounds", str(args.rounds)]
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        subprocess.run(
            [*command, "--json", str(results)],
            env=os.environ | {"FASTMEL_SIMD": simd},
            stdout=subprocess.DEVNULL,
            check=True,
        )
        return json.loads(results.read_text())[simd]


def measure(config: fastmel.MelConfig, limits: Limits, seconds: float, rounds: int) -> list[dict]:
    """Return a row for each stage: microseconds a frame, share, and the arithmetic limit."""
    fe = fastmel.frontend(config)
    y = recording(60, config.sample_rate)
    frames = fe.num_frames(y.size)
    out = np.empty((fe.n_features, frames), np.float32)
    core = fe._plan.core
    times = interleaved(
        {stage: (lambda stage=stage: core.run(y, out, 1, stage)) for stage in STAGES},
        Pace(seconds, (rounds, 400)),
    )
    until = times.seconds / frames * 1e6
    each = np.median(np.diff(until, axis=1, prepend=0), axis=0)
    total = float(np.median(until[:, -1]))
    rate = limits.operations[config.precision] / 1e6
    rows = [
        {
            "stage": stage,
            "us": float(us),
            "share": float(us) / total,
            "limit_us": operations(config)[stage] / rate,
        }
        for stage, us in zip(STAGES, each, strict=True)
    ]
    moved = 4 * (config.hop_length + config.n_mels)
    whole = sum(row["limit_us"] for row in rows)
    memory = moved / limits.bytes * 1e6
    return [
        *rows,
        {"stage": "all", "us": total, "share": 1.0, "limit_us": whole, "memory_us": memory},
    ]


def operations(config: fastmel.MelConfig) -> dict[str, float]:
    """Additions and multiplications a frame.

    The transform is taken as a real split-radix one (Sorensen et al., 1987), the fewest operations
    that are practical, also where the length is no power of two.
    """
    n, bins = config.n_fft, config.n_fft // 2 + 1
    weights = fastmel.mel_filterbank(
        sr=config.sample_rate, n_fft=n, n_mels=config.n_mels, fmin=config.fmin, fmax=config.fmax
    )
    return {
        "window": n,
        "spectrum": 2 * n * math.log2(n) - 4 * n + 6 + 3 * bins,
        "mel": 2 * np.count_nonzero(weights),
        "log": 0 if _second_pass(config) else _LOG_OPERATIONS * config.n_mels,
        "store": _LOG_OPERATIONS * config.n_mels if _second_pass(config) else 0,
    }


def _second_pass(config: fastmel.MelConfig) -> bool:
    """Whether the logarithm waits until the maximum is known."""
    return config.ref == "max" or config.dynamic_range is not None


def measure_limits(simd: str) -> Limits:
    operations = {p: peak.operations_per_second(simd, p) for p in ("double", "single")}
    source, target = np.zeros(1 << 25), np.zeros(1 << 25)
    copy = interleaved({"": lambda: np.copyto(target, source)}, Pace(0.5, (5, 50)))
    return Limits(operations, 2 * source.nbytes / copy.spread("").minimum)


def tables(found: dict) -> str:
    """Return what was measured on one instruction set, as Markdown."""
    rates = ", ".join(f"{r / 1e9:.0f} G {p}" for p, r in found["limits"]["operations"].items())
    copied = found["limits"]["bytes"] / 1e9
    parts = [
        f"**{found['simd']}**, measured limits: {rates} operations/s, {copied:.1f} GB/s copied"
    ]
    for title, rows in found["stages"].items():
        parts.append(pages.markdown(_table(title, rows)))
    return "\n\n".join(parts)


def _table(title: str, rows: list[dict]) -> Iterator[list[str]]:
    names = {
        "window": "gather, window",
        "spectrum": "FFT, power",
        "mel": "mel bands",
        "log": "log",
        "store": "store",
        "all": "whole chain",
    }
    two_passes = next(row["limit_us"] for row in rows if row["stage"] == "log") == 0
    if two_passes:
        names["store"] = "log, floor, store"
    yield [title, "µs/frame", "share", "arithmetic limit", "of the limit"]
    for row in rows:
        if row["stage"] == "log" and two_passes:
            continue
        limit, us = row["limit_us"], row["us"]
        of_limit = f"{limit / us:.0%}" if us > 0 else ""
        name = names[row["stage"]]
        yield [name, f"{us:.3f}", f"{row['share']:.0%}", f"{limit:.3f}", of_limit]
    yield ["memory alone", f"{rows[-1]['memory_us']:.3f}", "", "", ""]


if __name__ == "__main__":
    main()
