"""The transform alone, by length and instruction set: `python -m bench.fft`.

The rows of one matrix are transformed by fastmel's core, on every instruction set that this CPU
has, and by every FFT library that is installed. Results are compared with NumPy's in float64 before
anything is timed. GFLOP/s count 2.5 n log2 n operations for a real transform, the convention of the
field, whatever an algorithm does.
"""

import argparse
import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from fastmel import _core
from fastmel._bench import machine
from fastmel._bench.case import Case, Contender, recording
from fastmel._bench.cases import features
from fastmel._bench.measure import CLOCKS, Pace, Spread, Times, interleaved

from . import pages, peak

Array = np.ndarray


# What people use, and lengths that the rule leaves to pocketfft: odd, with a factor of 7, prime.
USED = (
    *(256, 320, 400, 480, 512, 640, 800, 960, 1024, 1280, 1536, 1600, 1920, 2048, 2400, 3072),
    *(4096, 8192),
)
OTHERS = (441, 882, 1001, 1021)

PRECISIONS = {"single": (np.float32, np.complex64), "double": (np.float64, np.complex128)}

# Samples of all rows take so many bytes, and their spectra as many: both stay in a second-level
# cache.
_BYTES = 1 << 19
# Only tells transforms from other results; tests/test_fft.py has the bounds.
_TOLERANCE = {"single": 1e-5, "double": 1e-13}

_NAMED = 6  # exceptions from the rule, the worst first; the others are in the JSON

PEERS = ("scipy", "MKL (torch)", "FFTW", "ducc0")


@dataclass(frozen=True)
class Rows:
    """The work: a transform of each row, into a matrix that there is already."""

    precision: str
    frames: Array  # (n_rows, n_fft)
    spectra: Array  # (n_rows, n_fft // 2 + 1)
    exact: Array

    @classmethod
    def of(cls, n_fft: int, precision: str) -> "Rows":
        real, complex_type = PRECISIONS[precision]
        unit = 64 // np.dtype(real).itemsize  # lanes of the widest vectors
        n_rows = unit * max(1, _BYTES // np.dtype(real).itemsize // n_fft // unit)
        frames = aligned((n_rows, n_fft), real)
        frames[:] = np.random.default_rng(n_fft).standard_normal(frames.shape)
        spectra = aligned((n_rows, n_fft // 2 + 1), complex_type)
        return cls(precision, frames, spectra, np.fft.rfft(frames.astype(np.float64)))

    @property
    def operations(self) -> float:
        n_rows, n_fft = self.frames.shape
        return n_rows * 2.5 * n_fft * math.log2(n_fft)

    def error(self, found: Array) -> float:
        """Return the largest difference, relative to the root mean square of all bins."""
        rms = np.sqrt(np.mean(np.abs(self.exact) ** 2))
        return float(np.abs(found - self.exact).max() / rms)


# --- contenders -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Transform:
    """`call` is timed; `result` returns the spectra."""

    call: Callable[[], object]
    result: Callable[[], Array]


def name_of(variant: str, *, engine: str = "rule", stored: bool = False) -> str:
    parts = [variant, engine if engine != "rule" else "", "stored" if stored else ""]
    return ", ".join(filter(None, parts))


def plan(n_fft: int, precision: str, variant: str, engine: str = "rule") -> _core.Plan:
    return _core.Plan(
        n_fft=n_fft,
        hop_length=n_fft,
        offset=0,
        pad_mode="constant",
        window=np.ones(n_fft),
        precision=precision,
        power=None,
        engine=engine,
        variant=variant,
    )


def ours(rows: Rows, variant: str, engine: str = "rule", *, stored: bool = False) -> Transform:
    """Return the core's transform, which ends with every bin in a vector of rows.

    What follows in a chain takes it from there, and the matrix that others write is never made.
    With `stored`, it is.
    """
    core = plan(rows.frames.shape[1], rows.precision, variant, engine)
    samples, spectra = rows.frames.ravel(), rows.spectra.T
    last_stage = "store" if stored else "spectrum"

    def result() -> Array:
        core.run(samples, spectra, 1)
        return rows.spectra

    return Transform(lambda: core.run(samples, spectra, 1, last_stage), result)


def peer(rows: Rows, name: str) -> Transform:
    """Return a library's transform of the matrix; ImportError where it is not installed."""
    call = _PEERS[name](rows)
    return Transform(call, call)


def _scipy(rows: Rows) -> Callable[[], Array]:
    import scipy.fft

    return lambda: scipy.fft.rfft(rows.frames)


def _mkl(rows: Rows) -> Callable[[], Array]:
    import torch

    torch.set_num_threads(1)
    frames, spectra = torch.from_numpy(rows.frames), torch.from_numpy(rows.spectra)

    def call() -> Array:
        torch.fft.rfft(frames, out=spectra)
        return rows.spectra

    return call


def _fftw(rows: Rows) -> Callable[[], Array]:
    import pyfftw

    trial = aligned(rows.frames.shape, rows.frames.dtype)  # measuring overwrites its input
    measured = pyfftw.FFTW(trial, rows.spectra, axes=(1,), flags=("FFTW_MEASURE",), threads=1)
    measured.update_arrays(rows.frames, rows.spectra)

    def call() -> Array:
        measured.execute()
        return rows.spectra

    return call


def _ducc(rows: Rows) -> Callable[[], Array]:
    import ducc0

    return lambda: ducc0.fft.r2c(rows.frames, axes=(1,), out=rows.spectra, nthreads=1)


_PEERS = dict(zip(PEERS, (_scipy, _mkl, _fftw, _ducc), strict=True))


def aligned(shape: tuple[int, ...], dtype: type) -> Array:
    """Return an array that starts on a cache line, as FFTW's fastest kernels want it."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


def bare_fft() -> Case:
    """What the others' chains start with, beside all of ours: window, FFT, power, bands, log."""
    chain = features.log_mel()
    y = np.pad(recording(60, 22050), 1024)
    frames = aligned((chain.units, 2048), np.float32)
    frames[:] = np.lib.stride_tricks.sliding_window_view(y, 2048)[::512]
    exact = np.fft.rfft(frames.astype(np.float64))
    spectra = aligned(exact.shape, np.complex64)
    blocks = [slice(i, min(i + 16, len(frames))) for i in range(0, len(frames), 16)]
    small, last = aligned((16, exact.shape[1]), np.complex64), exact[blocks[-1]]

    def by_blocks(make: Callable[[Rows], Callable[[], Array]]) -> Callable[[], Array]:
        rows = [Rows("single", frames[b], small[: b.stop - b.start], exact[b]) for b in blocks]
        calls = [make(block) for block in rows]
        return lambda: [call() for call in calls][-1]

    contenders = {
        "fastmel, single: the whole log-mel": replace(
            chain.contenders["fastmel, single"], expected=chain.expected, tolerance=chain.tolerance
        )
    }
    note = "16 rows at a time into the same small output: nothing is kept"
    for name, make in _PEERS.items():
        contenders[name] = Contender(partial(make, Rows("single", frames, spectra, exact)))
        contenders[f"{name}, in cache"] = Contender(
            partial(by_blocks, make), expected=last, note=note
        )
    return Case(
        key="bare_fft",
        title=f"the bare real FFT of the same {len(frames)} frames, a contiguous row each, float32",
        unit="frame",
        units=len(frames),
        expected=exact,
        tolerance=1e-6 * float(np.abs(exact).max()),
        kind="functions",
        contenders=contenders,
    )


# --- measuring ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Result:
    """One length in one precision."""

    n_fft: int
    precision: str
    engine: str
    operations: float
    times: Times
    error: dict[str, float]

    def gflops(self, name: str) -> Spread:
        return Spread.of(self.operations / self.times[name] / 1e9)

    def fastest_peer(self) -> str | None:
        median = {n: self.gflops(n).median for n in PEERS if n in self.times.names}
        return max(median, key=median.__getitem__) if median else None

    def share(self, variant: str) -> float:
        """Return the share of the arithmetic peak."""
        peak_rate = peak.operations_per_second(variant, self.precision)
        return self.gflops(variant).median * 1e9 / peak_rate

    def as_dict(self) -> dict[str, object]:
        names = self.times.names
        return {
            "n_fft": self.n_fft,
            "precision": self.precision,
            "engine": self.engine,
            "gflops": {name: asdict(self.gflops(name)) for name in names},
            "error": self.error,
            "rounds": len(self.times.seconds),
        }


def measure(n_fft: int, precision: str, pace: Pace, *, peers: bool = True) -> Result:
    """Time one length; ValueError where a result is no transform of the rows."""
    rows = Rows.of(n_fft, precision)
    variants = _core.available_variants()
    engine = plan(n_fft, precision, variants[0]).engine
    contenders = {}
    for variant in variants:
        contenders[name_of(variant)] = ours(rows, variant)
        if peers:
            contenders[name_of(variant, stored=True)] = ours(rows, variant, stored=True)
        if engine == "fused":
            name = name_of(variant, engine="pocketfft")
            contenders[name] = ours(rows, variant, "pocketfft")
    for name in PEERS if peers else ():
        try:
            contenders[name] = peer(rows, name)
        except ImportError as error:
            pages.progress(f"  {name}: not measured: {error}")
    error = {name: rows.error(c.result()) for name, c in contenders.items()}
    for name, off in error.items():
        if not off < _TOLERANCE[precision]:
            raise ValueError(f"{name}, n_fft={n_fft}, {precision}: wrong by {off:.1e}")
    times = interleaved(
        {name: contender.call for name, contender in contenders.items()},
        pace,
    )
    return Result(n_fft, precision, engine, rows.operations, times, error)


def lengths_of_the_rule(longest: int) -> list[int]:
    """Return the even lengths whose half has no prime factor above 5, as far as they are fused."""
    exponents = itertools.product(range(14), range(9), range(6))
    products = (2 * 2**a * 3**b * 5**c for a, b, c in exponents)
    return sorted(n for n in products if n <= longest and plan(n, "single", "").engine == "fused")


# --- text -----------------------------------------------------------------------------------------


def against_peers(results: list[Result]) -> Iterator[list[str]]:
    """Rows of a table: GFLOP/s of the best instruction set, and of the others' libraries."""
    variant = _core.available_variants()[0]
    stored = name_of(variant, stored=True)
    yield ["n_fft", f"fastmel, {variant}", "stored", *PEERS, "stored / fastest", "share of peak"]
    for r in results:
        found = [f"{r.gflops(n):.1f}" if n in r.times.names else "" for n in PEERS]
        best = r.fastest_peer()
        ratio = pages.ratio(r.times.ratio(best, stored)) if best else ""
        mark = "" if r.engine == "fused" else " *"
        yield [
            f"{r.n_fft}{mark}", f"{r.gflops(variant):.1f}", f"{r.gflops(stored):.1f}", *found,
            ratio, f"{r.share(variant):.0%}",
        ]  # fmt: skip


def by_variant(results: list[Result]) -> Iterator[list[str]]:
    """Rows of a table: for each instruction set GFLOP/s, the peak's share, over pocketfft's."""
    variants = _core.available_variants()
    yield ["n_fft", *(c for v in variants for c in (v, "of peak", "/ pocketfft"))]
    for r in results:
        row = [str(r.n_fft)]
        for v in variants:
            general = name_of(v, engine="pocketfft")
            row += [
                f"{r.gflops(v):.1f}",
                f"{r.share(v):.0%}",
                pages.ratio(r.times.ratio(general, v)),
            ]
        yield row


def rule(results: list[Result]) -> Iterator[list[str]]:
    """Rows of a table: over how many lengths the fused transform is no slower than pocketfft."""
    yield ["", "lengths", "fused is no slower", "median", "least", "most", "exceptions"]
    groups = itertools.groupby(results, key=lambda r: r.precision)
    for precision, group in groups:
        measured = list(group)
        for v in _core.available_variants():
            general = name_of(v, engine="pocketfft")
            ratio = {r.n_fft: r.times.ratio(general, v) for r in measured}
            values = np.array([x.median for x in ratio.values()])
            # slower in three rounds of four, and not by chance
            slower = sorted((x.median, n) for n, x in ratio.items() if x.upper < 1)
            worst = [f"{n} ({x:.2f})" for x, n in slower[:_NAMED]]
            more = f", {len(slower) - _NAMED} more" if len(slower) > _NAMED else ""
            yield [
                f"{v}, {precision}", str(len(values)), str(len(values) - len(slower)),
                f"{np.median(values):.2f}", f"{values.min():.2f}", f"{values.max():.2f}",
                ", ".join(worst) + more,
            ]  # fmt: skip


def page(results: list[Result], scan: list[Result]) -> str:
    facts = machine.describe()
    versions = machine.versions(["scipy", "torch", "pyFFTW", "ducc0"])
    peaks = "; ".join(
        f"{v} " + ", ".join(f"{peak.operations_per_second(v, p) / 1e9:.0f} {p}" for p in PRECISIONS)
        for v in _core.available_variants()
    )
    spread = [
        (s.upper - s.lower) / s.median for r in results for s in map(r.times.spread, r.times.names)
    ]
    parts = [
        f"{machine.cpu(facts)}, one thread; "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + f". GFLOP/s are medians; half of a figure's rounds lie within {np.median(spread):.1%}"
        f" (median figure; worst {max(spread):.0%}). Peak, G operations/s: {peaks}."
    ]
    for precision in PRECISIONS:
        chosen = [r for r in results if r.precision == precision]
        fused = [r for r in chosen if r.engine == "fused"]
        if not chosen:
            continue
        title = f"GFLOP/s, {precision} precision"
        parts += [
            f"**{title}.** Lengths with * are pocketfft's:",
            pages.markdown(against_peers(chosen)),
        ]
        parts += [f"**{title}, by instruction set:**", pages.markdown(by_variant(fused))]
    if scan:
        longest = max(r.n_fft for r in scan)
        parts += [
            f"**The rule of lengths:** pocketfft's time over the fused transform's, on the same"
            f" lanes, for every length up to {longest} that the rule gives to the fused one:",
            pages.markdown(rule(scan)),
        ]
    return "\n\n".join(parts)


# --- command line ---------------------------------------------------------------------------------


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.fft", description=__doc__)
    parser.add_argument(
        "lengths", nargs="*", type=int, metavar="N_FFT", help="[those that people use]"
    )
    parser.add_argument("--seconds", type=float, default=0.6, help="a length [%(default)s]")
    parser.add_argument("--rounds", type=int, default=9, help="fewest a length [%(default)s]")
    parser.add_argument(
        "--clock", choices=CLOCKS, default="wall", help="cpu on a busy machine [%(default)s]"
    )
    parser.add_argument(
        "--rule", type=int, default=8192, metavar="N",
        help="longest length to compare fused and pocketfft at; 0: none [%(default)s]",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument(
        "--page", type=Path, nargs="?", const=pages.PERFORMANCE, metavar="FILE",
        help="write the tables to a section of a page [docs/performance.md]",
    )  # fmt: skip
    args = parser.parse_args()

    facts = {"machine": machine.describe(), "clock": args.clock, "load_before": machine.load()}
    pace = Pace(args.seconds, (args.rounds, 200), args.clock)
    short = Pace(0, (max(3, args.rounds * 2 // 3), 200), args.clock)
    lengths = args.lengths or sorted([*USED, *OTHERS])
    results, scan = [], []
    for precision in PRECISIONS:
        for n_fft in lengths:
            pages.progress(f"  {precision}, {n_fft}")
            results.append(measure(n_fft, precision, pace))
        for n_fft in lengths_of_the_rule(args.rule):
            scan.append(measure(n_fft, precision, short, peers=False))
    text = page(results, scan)
    print(text)
    if args.page:
        pages.put(args.page, "fft", text)
    if args.json:
        facts |= {
            "load_after": machine.load(),
            "peak": {
                v: {p: peak.operations_per_second(v, p) for p in PRECISIONS}
                for v in _core.available_variants()
            },
            "lengths": [r.as_dict() for r in results],
            "rule": [r.as_dict() for r in scan],
        }
        args.json.parent.mkdir(parents=True, exist_ok=True)
        args.json.write_text(json.dumps(facts) + "\n")


if __name__ == "__main__":
    main()
