"""Arbitrary arguments, files, choppings and JSON for the Python surface: `nox -s fuzz`.

Whatever comes in, what comes out is a result, or a ValueError or TypeError. A case is a kind and a
number, which make it anew:

    python tests/fuzz/surface.py --seconds 900
    python tests/fuzz/surface.py --kind load --case 1234
"""

from __future__ import annotations

import argparse
import inspect
import io
import itertools
import json
import random
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import fastmel
import numpy as np

REFUSALS = (ValueError, TypeError)
SLOW = 20.0  # seconds of CPU time, of a case


class Fault(AssertionError):
    """A case whose outcome is neither a result nor a refusal."""


def same(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# --- arguments ------------------------------------------------------------------------------------

# No memory has 2**40 elements; 2**31 it may have, and they take minutes.
NUMBERS = [
    *(0, 1, 2, 3, 7, 16, 64, 100, 400, 512, -1, -7, 2**40, 2**63 - 1, 2**64, -(2**63)),
    *(0.0, -0.0, 0.5, 1.0, 2.0, 16.5, 1e-10, 1e-320, 1e30, 1e308, float("inf"), float("nan"), -1.5),
]
OTHERS = [
    *(None, True, False, "", "hann", "reflect", "constant", "max", "double", "single", "\0", "ä"),
    *("slaney", "htk", "ortho", "ln", "dB", b"hann", (), [], {}, object(), 1j, np.max, len, ...),
    *(("kaiser", 8.0), ("kaiser", float("nan")), ("tukey",), (0, 1), (-1, 0), range(3), {"n": 1}),
]
DTYPES = ["f4", "f8", "f2", "i2", "i4", "i1", "u2", "c8", "c16", "?", ">f4", "O", "U3", "M8[s]"]


def samples(rng):
    """An array of few samples; now and then of another type, shape or layout, or not finite."""
    shape = rng.choice([(200,), (1,), (0,), (2, 300), (3, 0), (), (1, 1, 40), (33, 9), (2, 33, 5)])
    y = np.random.default_rng(rng.randrange(9)).standard_normal(shape)
    y = np.asarray(y * rng.choice([1, 1e-30, 1e4]))
    if rng.random() < 0.1 and y.size:
        y.flat[rng.randrange(y.size)] = rng.choice([np.nan, np.inf, -np.inf])
    with np.errstate(all="ignore"):
        kind = rng.choice(["f4", "f8", rng.choice(DTYPES)])
        y = y.astype("i8").astype(kind) if kind == "M8[s]" else y.astype(kind)
    change = rng.randrange(8)
    if change == 0 and y.ndim:
        y = y[..., :: rng.choice([-1, 2, 3])]
    elif change == 1 and y.ndim:
        y = np.broadcast_to(y[..., :1], y.shape)
    elif change == 2:
        y.flags.writeable = False
    elif change == 3:
        y = y.T
    return y.tolist() if rng.random() < 0.05 else y


def value(rng):
    kind = rng.random()
    return samples(rng) if kind < 0.3 else rng.choice(NUMBERS if kind < 0.7 else OTHERS)


# Small, so that a case takes no seconds; what is given besides may replace them.
USUAL = {"n_fft": 64, "hop_length": 16, "n_mels": 8, "sr": 16000, "n_mfcc": 5, "win_length": 10}
NAMED = ["amplitude_to_db", "db_to_amplitude", "db_to_power", "fft_frequencies", "frontend"]
NAMED += ["frontends", "get_window", "hz_to_mel", "istft", "log_melspectrogram", "mel_filterbank"]
NAMED += ["mel_frequencies", "mel_to_hz", "melspectrogram", "mfcc", "pcen", "power_to_db"]
NAMED += ["spectrogram", "stft", "MelConfig", "Stft", "Stream", "Streams", "FrontEnd"]


def arguments(rng):
    name = rng.choice(NAMED)
    function = getattr(fastmel, name)
    parameters = inspect.signature(function).parameters
    given = {k: v for k, v in USUAL.items() if k in parameters}
    given.update((k, value(rng)) for k, p in parameters.items() if p.default is p.empty)
    for array in parameters.keys() & {"y", "S", "stft_matrix", "frequencies", "mels", "S_db"}:
        if rng.random() < 0.9:
            given[array] = samples(rng)
    for key in rng.sample(sorted(parameters), min(len(parameters), rng.randrange(4))):
        given[key] = value(rng)
    kinds = {k: parameters[k].kind for k in given}
    positional = [v for k, v in given.items() if kinds[k] == inspect.Parameter.POSITIONAL_ONLY]
    named = {k: v for k, v in given.items() if kinds[k] != inspect.Parameter.POSITIONAL_ONLY}
    made = function(*positional, **named)
    if isinstance(made, fastmel.MelConfig):
        made = fastmel.frontend(made)
    if isinstance(made, fastmel.FrontEnd):
        made(samples(rng))


# --- configurations -------------------------------------------------------------------------------


def mutated(rng, data, most=6):
    """Return bytes of which some are changed, gone, doubled or new."""
    data = bytearray(data)
    for _ in range(rng.randrange(1, most)):
        at = rng.randrange(len(data) + 1)
        kind = rng.randrange(5)
        if kind == 0 and data:
            at = min(at, len(data) - 1)
            data[at] = rng.randrange(256)
        elif kind == 1:
            at = rng.randrange(min(len(data), 128) + 1)  # of the header
            data[at : at + 1] = bytes([rng.choice([0, 1, 0x7F, 0x80, 0xFF])])
        elif kind == 2 and len(data) > 60:
            del data[rng.randrange(40, len(data)) :]
        elif kind == 3:
            data[at:at] = rng.randbytes(rng.randrange(1, 50))
        else:
            other = rng.randrange(len(data) + 1)
            data[at:at] = data[other : other + rng.randrange(1, 200)]
    return bytes(data)


def configuration(rng):
    front_end = fastmel.frontend(rng.choice(names()))
    fields = json.loads(front_end.to_json())
    for key in rng.sample(sorted(fields), rng.randrange(4)):
        fields[key] = rng.choice(
            [*NUMBERS, None, True, "hann", "x", [], {}, [1, 2], fields["n_fft"]]
        )
    text = json.dumps(fields)
    if rng.random() < 0.3:
        text = mutated(rng, text.encode()).decode("utf-8", "replace")
    made = fastmel.frontend(text)
    again = fastmel.frontend(made.to_json())
    if again != made:
        raise Fault("JSON that gives something else")
    if made.config.n_fft > 4096 or made.n_features > 4096:
        return
    y = np.random.default_rng(0).standard_normal(rng.randrange(6000)).astype(np.float32)
    if not same(made(y), again(y, workers=3)):
        raise Fault("other bits by more threads")


# --- files ----------------------------------------------------------------------------------------

FORMATS = [("WAV", None), ("WAV", "FLOAT"), ("FLAC", None), ("OGG", "VORBIS"), ("OGG", "OPUS")]
FORMATS += [("MP3", None), ("AIFF", None), ("CAF", "PCM_16"), ("AU", None), ("W64", "PCM_16")]


def seeds():
    import soundfile

    if not FILES:
        y = 0.2 * np.random.default_rng(0).standard_normal((4000, 2))
        for kind, subtype in FORMATS:
            file = io.BytesIO()
            soundfile.write(file, y, 16000, format=kind, subtype=subtype)
            FILES.append(file.getvalue())
    return FILES


FILES: list[bytes] = []


def load(rng):
    data = mutated(rng, rng.choice(seeds()))
    sr = rng.choice([None, 8000, 16000])
    outcomes = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "file")
        path.write_bytes(data)
        for file in (path, io.BytesIO(data)):
            try:
                outcomes.append(fastmel.load(file, sr=sr, mono=rng.random() < 2))
            except REFUSALS:
                outcomes.append(None)
    by_path, by_object = outcomes
    if (by_path is None) != (by_object is None):
        raise Fault("a file and its bytes differ in whether they are read")
    if by_path is None:
        raise ValueError("refused")
    if by_path[1] != by_object[1] or not same(by_path[0], by_object[0]):
        raise Fault("a file and its bytes differ")
    if not np.isfinite(by_path[0]).all():
        raise Fault("samples that are not finite")


# --- streams --------------------------------------------------------------------------------------


def names():
    return list(fastmel.frontends())


def stream(rng):
    front_end = fastmel.frontend(rng.choice(names()))
    live = front_end.stream()
    n = rng.randrange(12000)
    y = np.random.default_rng(rng.randrange(9)).standard_normal(n)
    y = (y * 3000).astype(np.int16) if rng.random() < 0.3 else y.astype(np.float32)
    parts, at = [], 0
    while at < n:
        size = rng.choice([0, 1, 2, rng.randrange(1, 400), rng.randrange(1, 6000)])
        parts.append(live.push(y[at : at + size]))
        at += size
        if rng.random() < 0.1:
            live = live.copy()
    try:
        parts.append(live.flush())
    except REFUSALS:
        live.reset()
        try:
            front_end(y)
        except REFUSALS:
            raise
        raise Fault("a stream that refuses what a call takes") from None
    axis = 0 if parts[0].ndim == 3 or front_end.config.layout == "time_mel" else -1
    if not same(np.concatenate(parts, axis), front_end(y)):
        raise Fault("a stream with other bits")


KINDS = {f.__name__: f for f in (arguments, configuration, load, stream)}


def outcome(kind: str, number: int) -> str:
    """Run a case; return "result" or "refused", or raise what it must not."""
    rng = random.Random(f"{kind} {number}")
    began = time.process_time()
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            KINDS[kind](rng)
            result = "result"
        except REFUSALS as error:
            if not str(error):
                raise Fault("a refusal that says nothing") from error
            if len(str(error)) > 2000:
                raise Fault("a refusal that says too much") from error
            result = "refused"
        except MemoryError:
            result = "no memory"
    if time.process_time() - began > SLOW:
        raise Fault(f"it took {time.process_time() - began:.0f} s")
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--kind", choices=KINDS, action="append", help="all kinds, by default")
    parser.add_argument("--case", type=int, help="this case alone")
    parser.add_argument("--first", type=int, default=0, help="the number to begin with")
    parser.add_argument("--seconds", type=float, default=900)
    given = parser.parse_args()
    kinds = given.kind or list(KINDS)
    if given.case is not None:
        print(outcome(kinds[0], given.case))
        return 0
    until, counts, faults = time.monotonic() + given.seconds, Counter(), 0
    for number in itertools.count(given.first):
        if time.monotonic() > until:
            break
        for kind in kinds:
            try:
                counts[f"{kind}: {outcome(kind, number)}"] += 1
            except Exception:
                faults += 1
                print(f"FAULT --kind {kind} --case {number}\n{traceback.format_exc()}", flush=True)
    print(*(f"{count:9} {what}" for what, count in sorted(counts.items())), sep="\n")
    print(f"{sum(counts.values()) + faults} cases, {faults} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
