"""Every front end beside its original: `python -m bench.frontends`.

Times on half a minute of audio go to docs/speed.md, errors against float64 to docs/accuracy.md. The
originals are those of tests/originals: what is installed runs, and errors of what is not come from
its stored outputs. Before a row is timed, its result is compared with the original's.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import fastmel
import numpy as np
from fastmel._bench import machine
from fastmel._bench.case import recording
from fastmel._bench.measure import CLOCKS, Pace, Spread, interleaved
from fastmel._catalogue import CATALOGUE, FAMILIES

from . import originals, pages, targets

Array = np.ndarray

_DOCS = Path(__file__).parent.parent / "docs"
_SIGNALS = ("speech", "music", "noise")
_SECONDS = 30
# These take 10 s and leave the rest out, or pad to them and take no more.
_SHORTER = dict.fromkeys(["ast-original", "audiomae", "clap", "clap-rand-trunc", "univnet"], 10)
# More is other work. Less says little: where a recording has next to nothing in a band, its
# logarithm is that of the original's rounding. The errors against float64 tell.
_TOLERANCE = 1e-2


@dataclass(frozen=True)
class Timing:
    """A row beside its original."""

    seconds_of_audio: float
    ours: Spread  # seconds
    original: Spread
    times: Spread  # the original's time over ours, round by round
    difference: float  # of the results, relative to them (root mean squares)


# --- times ----------------------------------------------------------------------------------------


def speed(row: str, original: originals.Original, speech: Path | None, pace: Pace) -> Timing:
    """Time a row and its original in turns; ValueError if they compute different things."""
    seconds = _SHORTER.get(row, _SECONDS)
    y = _audio(CATALOGUE[row].config.sample_rate, seconds, speech)
    front_end = fastmel.frontend(row)
    difference = _difference(front_end(y), np.asarray(original(y)))
    if not difference <= _TOLERANCE:
        raise ValueError(f"the results differ by {difference:.1e}")
    calls = {"ours": lambda: front_end(y), "original": lambda: original(y)}
    times = interleaved(calls, pace)
    ratio = times.ratio("original", "ours")
    return Timing(seconds, times.spread("ours"), times.spread("original"), ratio, difference)


def _audio(sr: int, seconds: float, speech: Path | None) -> Array:
    """Return a recording over and over, or speech-like audio."""
    if speech is None:
        return recording(seconds, sr)
    return np.resize(fastmel.load(speech, sr=sr)[0], round(seconds * sr))


def _difference(ours: Array, theirs: Array) -> float:
    if ours.shape != theirs.shape:
        raise ValueError(f"the results have shapes {ours.shape} and {theirs.shape}")
    return _rms(ours - theirs.astype(np.float64)) / _rms(theirs)


def _rms(x: Array) -> float:
    return float(np.sqrt(np.mean(np.square(x, dtype=np.float64))))


# --- errors ---------------------------------------------------------------------------------------


def errors(row: str, by_signal: dict[str, originals.Original]) -> dict[str, tuple[float, float]]:
    """Return ours and the original's mean absolute difference from float64, by signal."""
    found = {}
    for signal, original in by_signal.items():
        ours, theirs, exact = originals.compare.results(row, signal, original)
        if theirs.dtype == np.float64:  # then so is ours, of samples in float64
            y = originals.compare.signal(signal, CATALOGUE[row].config.sample_rate)
            ours = fastmel.frontend(row)(y.astype(np.float64))
        measured = originals.compare.errors(ours, theirs, exact)
        found[signal] = (measured.ours, measured.original)
    return found


# --- pages ----------------------------------------------------------------------------------------

_SPEED = """\
# Speed of the front ends

<!-- Written by `python -m bench.frontends`; do not edit. -->

Every front end of the [catalogue](frontends.md) whose original can be installed, beside it: the
{clock} time for {seconds} s of {speech}, one thread each, called in turns; how many
times as fast fastmel is, with the middle half of what the rounds gave; and how far the results are
apart, relative to their size (root mean squares). Originals are called as users call them, on
float32 samples in an array, with all made beforehand that can be.

{summary}

{machine}
"""

_ACCURACY = """\
## Front ends

How far each front end, and its original, are from the same formula in float64: the mean absolute
difference of the features, in their units, of fastmel | of the original, over a second of each
signal. The smaller one is printed in bold where they differ by more than a tenth. Samples are
float32, and float64 for fastmel where the original returns float64. Of originals that are marked
with a star, which were not installed, the outputs are stored.

{summary}
"""


def speed_page(
    found: dict[str, Timing], left_out: dict[str, str], speech: Path | None, clock: str
) -> str:
    lines = [
        _SPEED.format(
            clock={"wall": "wall-clock", "cpu": "CPU"}[clock],
            seconds=_SECONDS,
            speech="a speech recording, over and over" if speech else "synthesised speech",
            summary=_summary(found),
            machine=_machine(),
        )
    ]
    for family, rows in FAMILIES.items():
        measured = [row for row in rows if row in found]
        if not measured:
            continue
        lines += [
            f"## {family}",
            "",
            "| | fastmel, ms | original, ms | times as fast | apart |",
            "|---|---:|---:|---:|---:|",
        ]
        lines += [_speed_row(row, found[row]) for row in measured]
        lines.append("")
    if left_out:
        lines += ["Not timed:", ""]
        for why in dict.fromkeys(left_out.values()):
            rows = [f"`{row}`" for row in CATALOGUE if left_out.get(row) == why]
            lines.append(f"- {', '.join(rows)}: {why}.")
        lines.append("")
    command = "python -m bench.frontends" + " --clock cpu" * (clock == "cpu")
    lines += [f"Made by `{command}{' --recording FILE' * bool(speech)}`.", ""]
    return "\n".join(lines)


def _speed_row(row: str, timing: Timing) -> str:
    length = timing.seconds_of_audio
    name = f"`{row}`" + f" ({length:g} s)" * (length != _SECONDS)
    ours, theirs = (f"{spread.median * 1e3:.3g}" for spread in (timing.ours, timing.original))
    return f"| {name} | {ours} | {theirs} | {_ratio(timing.times)} | {timing.difference:.0e} |"


def _ratio(times: Spread) -> str:
    return f"**{times.median:.3g}** ({times.lower:.3g} - {times.upper:.3g})"


def _summary(found: dict[str, Timing]) -> str:
    medians = {row: timing.times.median for row, timing in found.items()}
    if not medians:
        return "Nothing was measured."
    slowest, fastest = min(medians, key=medians.__getitem__), max(medians, key=medians.__getitem__)
    middle = float(np.median(list(medians.values())))
    return (
        f"Of {len(medians)} front ends the middle one is {middle:.3g} times as fast as its "
        f"original, `{slowest}` the least ({medians[slowest]:.3g} times), `{fastest}` the most "
        f"({medians[fastest]:.3g} times)."
    )


def _machine() -> str:
    facts = machine.describe()
    packages = machine.versions(originals.PACKAGES)
    return (
        f"Measured on {facts['cpu']} with {facts['simd']['active']} instructions, "
        f"Python {facts['python'].partition(' ')[0]}, fastmel {fastmel.__version__}, "
        + ", ".join(f"{name} {version}" for name, version in packages.items())
        + "."
    )


def accuracy_section(
    found: dict[str, dict[str, tuple[float, float]]], from_storage: set[str]
) -> str:
    lines = [_ACCURACY.format(summary=_error_summary(found))]
    for family, rows in FAMILIES.items():
        measured = [row for row in rows if row in found]
        if not measured:
            continue
        header = "".join(f" {signal}: fastmel | original |" for signal in _SIGNALS)
        lines += [f"### {family}", "", f"| |{header}", "|---|" + "---:|" * 2 * len(_SIGNALS)]
        for row in measured:
            star = r" \*" if row in from_storage else ""
            cells = [c for s in _SIGNALS for c in _error_cells(found[row].get(s))]
            lines.append(f"| `{row}`{star} | {' | '.join(cells)} |")
        lines.append("")
    if missing := [f"`{row}`" for row in CATALOGUE if row not in found]:
        lines += [f"Not here, but compared in tests/originals: {', '.join(missing)}.", ""]
    packages = machine.versions(originals.PACKAGES)
    lines.append("Measured with " + ", ".join(f"{n} {v}" for n, v in packages.items()) + ".")
    return "\n".join(lines)


def _error_summary(found: dict[str, dict[str, tuple[float, float]]]) -> str:
    pairs = [pair for by_signal in found.values() for pair in by_signal.values()]
    nearer = sum(ours < 0.9 * theirs for ours, theirs in pairs)
    further = sum(theirs < 0.9 * ours for ours, theirs in pairs)
    return (
        f"Of {len(pairs)} pairs, fastmel is nearer to float64 in {nearer}, the original in "
        f"{further}, and {len(pairs) - nearer - further} differ by less than a tenth."
    )


def _error_cells(pair: tuple[float, float] | None) -> tuple[str, str]:
    if pair is None:
        return "", ""
    ours, theirs = pair
    texts = f"{ours:.1e}", f"{theirs:.1e}"
    if ours < 0.9 * theirs:
        return f"**{texts[0]}**", texts[1]
    return (texts[0], f"**{texts[1]}**") if theirs < 0.9 * ours else texts


# --- the command ----------------------------------------------------------------------------------


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.frontends", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="NAME", help="only these; no page is written")
    parser.add_argument("--seconds", type=float, default=0.8, help="of timing a row [%(default)s]")
    parser.add_argument("--rounds", type=int, default=7, help="fewest a row [%(default)s]")
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="[%(default)s]")
    parser.add_argument("--recording", type=Path, metavar="FILE", help="speech to measure on")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures")
    parser.add_argument("--docs", type=Path, default=_DOCS, metavar="DIR", help="[%(default)s]")
    args = parser.parse_args()
    if unknown := set(args.rows) - set(CATALOGUE):
        parser.error(f"no such front end: {', '.join(sorted(unknown))}")
    wanted = args.rows or list(CATALOGUE)
    pace = Pace(args.seconds, (args.rounds, 100), args.clock)

    print(_machine() + "\n")
    timings, left_out = _time(wanted, args.recording, pace)
    print(f"\n{_summary(timings)}\n")
    found, from_storage = _measure(wanted)
    print(f"\n{_error_summary(found)}")
    if args.json:
        args.json.parent.mkdir(parents=True, exist_ok=True)
        facts = {"machine": machine.describe(), "errors": found, "left_out": left_out}
        facts["times"] = {row: asdict(timing) for row, timing in timings.items()}
        args.json.write_text(json.dumps(facts, indent=1) + "\n")
    if not args.rows:
        text = speed_page(timings, left_out, args.recording, args.clock)
        (args.docs / "speed.md").write_text(text, encoding="utf-8")
        section = accuracy_section(found, from_storage)
        pages.put(args.docs / "accuracy.md", pages.FRONT_ENDS, section)


def _time(
    wanted: list[str], speech: Path | None, pace: Pace
) -> tuple[dict[str, Timing], dict[str, str]]:
    """Time the rows whose originals run; return what was found, and why others are left out."""
    live, found, left_out = originals.live(), {}, {}
    for row in wanted:
        if row not in live:
            left_out[row] = "not installed here; outputs are stored"
            continue
        timing, why = originals.attempt(lambda: speed(row, live[row], speech, pace))  # noqa: B023
        if timing is None:
            left_out[row] = why
            print(f"{row:32s} not timed: {why}", flush=True)
            continue
        found[row] = timing
        times = timing.times
        slow = "  <" if times.median < targets.FRONT_END else ""
        print(
            f"{row:32s} {timing.ours.median * 1e3:8.2f} {timing.original.median * 1e3:8.1f} ms "
            f"{times.median:7.1f}x ({times.lower:.1f} - {times.upper:.1f})  "
            f"apart {timing.difference:.0e}{slow}",
            flush=True,
        )
    return found, left_out


def _measure(
    wanted: list[str],
) -> tuple[dict[str, dict[str, tuple[float, float]]], set[str]]:
    """Measure the errors of the rows; return them, and which originals' outputs are stored."""
    live = originals.live()
    stored = originals.stored()
    found, from_storage = {}, set()
    for row in wanted:
        by_signal = {
            signal: live.get(row) or stored[row][signal]
            for signal in _SIGNALS
            if row in live or signal in stored[row]
        }
        measured, why = originals.attempt(lambda: errors(row, by_signal))  # noqa: B023
        if not measured:
            print(f"{row:32s} no errors: {why or 'there is no original'}", flush=True)
            continue
        found[row] = measured
        if row not in live:
            from_storage.add(row)
        worse = [s for s, (ours, theirs) in measured.items() if ours > theirs]
        text = "  ".join(f"{s} {a:.1e} | {b:.1e}" for s, (a, b) in measured.items())
        print(f"{row:32s} {text}" + f"  < {', '.join(worse)}" * bool(worse), flush=True)
    return found, from_storage


if __name__ == "__main__":
    main()
