"""What each stage costs, beside what its arithmetic must cost: `python -m bench.stages`.

A plan can stop after a stage; the stages' times are differences between runs that stop one later,
taken in turns. The arithmetic limit is the stage's additions and multiplications at the rate at
which this CPU does vector additions or multiplications. That rate is measured: half of what a
matrix product reaches, which counts two for each fused instruction, while fastmel fuses nothing
(its results must not depend on the instruction set). The memory limit is reading each new sample
and writing each feature once, at the rate of a large copy.
"""

import argparse
import json
import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from . import machine

machine.use_one_thread()
# The matrix product must use the vectors that fastmel is told to use.
_BLAS = {"avx512": "SkylakeX", "avx2": "Haswell", "baseline": "Nehalem"}
if forced := os.environ.get("FASTMEL_SIMD"):
    os.environ.setdefault("OPENBLAS_CORETYPE", _BLAS.get(forced, ""))

import fastmel  # noqa: E402
import numpy as np  # noqa: E402

from .cases import recording  # noqa: E402
from .measure import interleaved  # noqa: E402

STAGES = ("window", "spectrum", "mel", "log", "store")

# The logarithm is a polynomial: about so many operations a value.
_LOG_OPERATIONS = 25


@dataclass(frozen=True)
class Limits:
    """What this machine does in a second, on one thread."""

    operations: dict[str, float]  # vector additions or multiplications, times lanes
    bytes: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.stages", description=__doc__)
    parser.add_argument("--seconds", type=float, default=4, help="a chain [%(default)s]")
    parser.add_argument("--rounds", type=int, default=15, help="fewest a chain [%(default)s]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    args = parser.parse_args()

    limits = measure_limits()
    info = fastmel.simd_info()
    print(f"{machine.describe()['cpu']}, one thread, fastmel on {info['active']}")
    print(
        "measured limits: "
        + ", ".join(
            f"{rate / 1e9:.0f} G {name} operations/s" for name, rate in limits.operations.items()
        )
        + f", {limits.bytes / 1e9:.1f} GB/s copied\n"
    )
    librosa, whisper = fastmel.frontend("librosa").config, fastmel.frontend("whisper").config
    found = {}
    for title, config in {
        "librosa, double": librosa,
        "librosa, single": librosa.replace(precision="single"),
        "whisper, single": whisper,
    }.items():
        rows = found[title] = measure(config, limits, args.seconds, args.rounds)
        print(table(title, config, rows))
        sys.stdout.flush()
    if args.json:
        args.json.write_text(json.dumps({"limits": limits.__dict__, "stages": found}, indent=1))


def measure(config: fastmel.MelConfig, limits: Limits, seconds: float, rounds: int) -> list[dict]:
    """Return a row for each stage: microseconds a frame, share, and the arithmetic limit."""
    fe = fastmel.frontend(config)
    y = recording(60, config.sample_rate)
    frames = fe.num_frames(y.size)
    out = np.empty((fe.n_features, frames), np.float32)
    core = fe._plan.core
    times = interleaved(
        {stage: (lambda stage=stage: core.run(y, out, 1, stage)) for stage in STAGES},
        seconds=seconds,
        rounds=(rounds, 400),
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


def measure_limits() -> Limits:
    operations = {}
    for name, dtype in (("double", np.float64), ("single", np.float32)):
        n = 768  # large enough for the product's own overhead to vanish
        a = np.random.default_rng(0).standard_normal((n, n)).astype(dtype)
        c = np.empty_like(a)
        product = interleaved(
            {"": lambda a=a, c=c: np.matmul(a, a, out=c)}, seconds=1, rounds=(9, 99)
        )
        operations[name] = n**3 / product.spread("").minimum
    source, target = np.zeros(1 << 25), np.zeros(1 << 25)
    copy = interleaved({"": lambda: np.copyto(target, source)}, seconds=0.5, rounds=(5, 50))
    return Limits(operations, 2 * source.nbytes / copy.spread("").minimum)


def table(title: str, config: fastmel.MelConfig, rows: list[dict]) -> str:
    names = {
        "window": "gather, window",
        "spectrum": "FFT, power",
        "mel": "mel bands",
        "log": "log",
        "store": "log, floor, store" if _second_pass(config) else "store",
        "all": "whole chain",
    }
    lines = [
        f"{title} ({config.n_fft}/{config.hop_length}/{config.n_mels})",
        f"{'':20}{'µs/frame':>10}{'share':>8}{'arithmetic limit':>18}{'of the limit':>14}",
    ]
    for row in rows:
        if row["stage"] == "log" and _second_pass(config):
            continue
        part = f"{row['limit_us'] / row['us']:13.0%}" if row["us"] > 0 else ""
        lines.append(
            f"{names[row['stage']]:20}{row['us']:10.3f}{row['share']:8.0%}"
            f"{row['limit_us']:18.3f}{part:>14}"
        )
    lines.append(f"{'memory alone':20}{rows[-1]['memory_us']:10.3f}\n")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
