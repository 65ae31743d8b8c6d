"""How far from the exact result everyone is: `python -m bench.accuracy --recording FILE`.

The exact result is the same formula evaluated in long double (80 bits on x86, where rounding is
2000 times finer than float64's), from the same float32 samples, the float64 window and the float32
mel weights that define librosa's and Whisper's features. Writes docs/accuracy.md.
"""

import argparse
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import fastmel
import numpy as np
import scipy.fft
from fastmel import reference
from fastmel._bench import machine
from fastmel._bench.case import Case, Contender
from fastmel._bench.cases import features

from tests.signals import noise, speech_like, tone

from . import pages

Array = np.ndarray

_SECONDS = 11
_DOCUMENT = Path(__file__).parent.parent / "docs" / "accuracy.md"


# --- the exact result -----------------------------------------------------------------------------


def exact_mel(y: Array, *, sr: int, n_fft: int, hop: int, n_mels: int, pad_mode: str) -> Array:
    padded = np.pad(y.astype(np.longdouble), n_fft // 2, mode=pad_mode)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    window = reference.window_centered("hann", n_fft, n_fft).astype(np.longdouble)
    filters = fastmel.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=n_mels).astype(np.longdouble)
    spectrum = scipy.fft.rfft(frames * window)
    return filters @ (spectrum.real**2 + spectrum.imag**2).T


def exact_whisper(y: Array) -> Array:
    power = exact_mel(y, sr=16000, n_fft=400, hop=160, n_mels=80, pad_mode="reflect")[:, :-1]
    log = np.log10(np.maximum(power, np.longdouble(1e-10)))
    return (np.maximum(log, log.max() - 8) + 4) / 4


def decibels(power: Array) -> Array:
    return 10 * np.log10(np.maximum(power.astype(np.longdouble), 1e-10))


# --- errors ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Measure:
    """One table: whose results on what, against what, and how the error is taken."""

    title: str
    case: Callable[[Array], Case]  # the contenders are the benchmark's
    sr: int
    exact: Callable[[Array], Array]
    error: Callable[[Array, Array], float]


def _relative(found: Array, exact: Array) -> float:
    some = exact > 0
    return float((np.abs(found - exact)[some] / exact[some]).max())


def _of_maximum(found: Array, exact: Array) -> float:
    return float(np.abs(found - exact).max() / exact.max())


def _absolute(found: Array, exact: Array) -> float:
    return float(np.abs(found - exact).max())


def _near(found: Array, exact: Array) -> float:
    near = exact >= exact.max() - 80
    return float(np.abs(found - exact)[near].max())


def _librosa_power(y: Array) -> Array:
    return exact_mel(y, sr=22050, n_fft=2048, hop=512, n_mels=128, pad_mode="constant")


def _librosa_db(y: Array) -> Array:
    return decibels(_librosa_power(y))


def _mel_of_doubles(y: Array) -> Case:
    """Those that return float64 for float64, and plain NumPy."""
    case = features.mel(y.astype(np.float64))
    kept = {name: case.contenders[name] for name in ("fastmel, double", "librosa")}
    numpy = {"fastmel.reference": Contender(lambda: lambda: case.expected)}
    return replace(case, contenders=kept | numpy)


_mel, _log_mel = features.mel, partial(features.log_mel, top_db=None)

MEASURES = [
    Measure(
        "Mel power: largest relative error of any band", _mel, 22050, _librosa_power, _relative
    ),
    Measure(
        "Mel power: largest error, relative to the maximum",
        _mel, 22050, _librosa_power, _of_maximum,
    ),
    Measure("Decibels: largest error of any band, dB", _log_mel, 22050, _librosa_db, _absolute),
    Measure(
        "Decibels: largest error within 80 dB of the maximum", _log_mel, 22050, _librosa_db, _near
    ),
    Measure(
        "Mel power of float64 samples: largest relative error",
        _mel_of_doubles, 22050, _librosa_power, _relative,
    ),
    Measure(
        "Whisper's features: largest error", features.whisper, 16000, exact_whisper, _absolute
    ),
]  # fmt: skip

# How the page calls what the cases have in two precisions.
_NAMES = {"fastmel, double": "fastmel", "fastmel, single": 'fastmel, `precision="single"`'}


def signals(recording: Path | None, sr: int) -> dict[str, Array]:
    n = _SECONDS * sr
    if recording:
        first = {"speech": fastmel.load(recording, sr=sr)[0]}
    else:
        first = {"speech-like": speech_like(n, sr)}
    return {**first, "pure tone": tone(n, sr), "white noise": noise(n)}


def measure(what: Measure, recording: Path | None) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for signal, y in signals(recording, what.sr).items():
        exact = what.exact(y)
        for name, contender in what.case(y).contenders.items():
            if contender.alone:
                continue
            try:
                features = np.asarray(contender.view(contender.setup()()))
            except ImportError:
                continue
            errors = found.setdefault(_NAMES.get(name, name), {})
            errors[signal] = what.error(features, exact)
    return found


# --- the page -------------------------------------------------------------------------------------


_INTRODUCTION = """\
# Accuracy

<!-- Written by `python -m bench.accuracy`; do not edit. -->

How far every library is from the exact result, on {speech}, a pure tone of 1 kHz and white
noise: smaller is better. Exact means the same formula in 80-bit arithmetic from the same float32
samples, with the window in float64 and the mel weights in float32, which define librosa's and
Whisper's features. librosa's configuration is its default (22.05 kHz, 2048/512/128).

In single precision a band far below the loudest part of its frame holds mostly the rounding errors
of that part. That is so in every float32 library, and why fastmel computes librosa's functions in
double precision by default, as librosa does. In the pure tone most bands are of that kind; there
even float64 shows it, when everything is computed and returned in float64, and in NumPy as well.

One build of fastmel returns the same bits on every instruction set and with any number of threads:
its errors do not depend on the machine.
"""


def page(found: dict[str, dict[str, dict[str, float]]], recording: Path | None) -> str:
    facts = machine.describe()
    packages = ", ".join(f"{n} {v}" for n, v in facts["packages"].items() if n != "fastmel")
    speech = "a speech recording" if recording else "synthesised speech"
    lines = [_INTRODUCTION.format(speech=speech)]
    for title, rows in found.items():
        columns = list(next(iter(rows.values())))
        lines += [
            f"## {title}",
            "",
            f"| | {' | '.join(columns)} |",
            "|---|" + "---:|" * len(columns),
        ]
        for name, errors in rows.items():
            cells = " | ".join(f"{errors[column]:.1e}" for column in columns)
            lines.append(f"| {_emphasis(name)} | {cells} |")
        lines.append("")
    lines += [f"Measured with Python {facts['python'].partition(' ')[0]}, {packages}.", ""]
    command = "python -m bench.accuracy" + " --recording FILE" * bool(recording)
    return "\n".join([*lines, f"Made by `{command}`.", ""])


def _emphasis(name: str) -> str:
    return f"**{name}**" if name.startswith("fastmel") and "reference" not in name else name


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.accuracy", description=__doc__)
    parser.add_argument("--recording", type=Path, metavar="FILE", help="speech, about 10 s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the errors")
    parser.add_argument(
        "--page", type=Path, default=_DOCUMENT, metavar="FILE", help="[%(default)s]"
    )
    args = parser.parse_args()
    found = {what.title: measure(what, args.recording) for what in MEASURES}
    text = page(found, args.recording)
    print(text)
    args.page.parent.mkdir(parents=True, exist_ok=True)
    rest = pages.section(args.page.read_text(), pages.FRONT_ENDS) if args.page.exists() else None
    args.page.write_text("\n".join(filter(None, [text, rest])))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
