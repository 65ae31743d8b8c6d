"""Features of streams, beside kaldi-native-fbank: `python -m bench.streaming`.

Everyone gets the same samples in the same chunks and returns the same frames, Kaldi's of 80 bands,
one thread; in turns, in CPU time. What a call of many streams saves is measured against as many
calls of one. The arithmetic is that of the frames in one call of the front end.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from time import process_time

import fastmel
import numpy as np
from fastmel import kaldi
from fastmel._bench import machine

RATE = 16000

# (what, at most this share of the other): what the package sets itself.
GOALS = {
    "stream, 10 ms / kaldi-native-fbank": 1 / 5,
    "stream, 100 ms / kaldi-native-fbank": 1 / 5,
    "256 streams of 10 ms, one call / 256 calls": 1 / 4,
}


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.streaming", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="of audio [%(default)s]")
    parser.add_argument("--rounds", type=int, default=9, help="[%(default)s]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    args = parser.parse_args()
    found = measured(args.seconds, args.rounds)
    print(f"{machine.describe()['cpu']}, {fastmel.simd_info()['active']}, one thread, CPU time\n")
    print("\n".join(lines(found)))
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


def measured(seconds: float, rounds: int) -> dict[str, list[float]]:
    """Return the microseconds of a chunk, round by round, of each contender."""
    y = np.random.default_rng(0).standard_normal(int(seconds * RATE)).astype(np.float32)
    contenders = dict(all_contenders(y))
    found: dict[str, list[float]] = {name: [] for name in contenders}
    order = np.random.default_rng(1)
    for _ in range(rounds):
        for name in order.permutation(list(contenders)):
            found[str(name)].append(contenders[str(name)]() * 1e6)
    return found


def all_contenders(y: np.ndarray) -> Iterator[tuple[str, Callable[[], float]]]:
    """Name what is measured: each returns the seconds of a chunk."""
    fe = fastmel.frontend("kaldi-native-fbank").replace(n_mels=80)
    for chunk in (160, 1600):
        ms = chunk * 1000 // RATE
        yield f"stream, {ms} ms", lambda c=chunk: of_stream(fe, y, c)
        yield f"OnlineFbank, {ms} ms", lambda c=chunk: of_online(kaldi, y, c)
        yield f"arithmetic, {ms} ms", lambda c=chunk: of_call(fe, y, c)
        try:
            import kaldi_native_fbank
        except ImportError:
            continue
        yield f"kaldi-native-fbank, {ms} ms", lambda c=chunk: of_online(kaldi_native_fbank, y, c)
    callers = np.resize(y, (256, 1600))
    yield "256 streams of 10 ms, one call", lambda: of_streams(fe, callers)
    yield "256 streams of 10 ms, a mapping", lambda: of_streams(fe, callers, dict)
    yield "256 streams of 10 ms, 256 calls", lambda: of_single_streams(fe, callers)


def of_stream(fe: fastmel.FrontEnd, y: np.ndarray, chunk: int) -> float:
    stream = fe.stream()
    start = process_time()
    for i in range(0, len(y), chunk):
        stream.push(y[i : i + chunk])
    return (process_time() - start) * chunk / len(y)


def of_online(library, y: np.ndarray, chunk: int) -> float:
    options = library.FbankOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80
    features, n = library.OnlineFbank(options), 0
    start = process_time()
    for i in range(0, len(y), chunk):
        features.accept_waveform(RATE, y[i : i + chunk])
        ready = features.num_frames_ready
        while n < ready:
            features.get_frame(n)
            n += 1
    return (process_time() - start) * chunk / len(y)


def of_call(fe: fastmel.FrontEnd, y: np.ndarray, chunk: int) -> float:
    start = process_time()
    fe(y, workers=1)
    return (process_time() - start) * chunk / len(y)


def of_streams(fe: fastmel.FrontEnd, callers: np.ndarray, how=None) -> float:
    streams, chunks = fe.streams(len(callers)), np.split(callers, 10, axis=1)
    given = [dict(enumerate(c)) if how else c for c in map(np.ascontiguousarray, chunks)]
    start = process_time()
    for chunk in given:
        streams.push(chunk)
    return (process_time() - start) / len(given)


def of_single_streams(fe: fastmel.FrontEnd, callers: np.ndarray) -> float:
    streams = [fe.stream() for _ in callers]
    given = [list(c) for c in map(np.ascontiguousarray, np.split(callers, 10, axis=1))]
    start = process_time()
    for chunks in given:
        for stream, chunk in zip(streams, chunks, strict=True):
            stream.push(chunk)
    return (process_time() - start) / len(given)


def lines(found: dict[str, list[float]]) -> Iterator[str]:
    """Write a table, and the goals."""
    yield "| | µs a chunk, median | least |"
    yield "|---|---:|---:|"
    for name, times in found.items():
        yield f"| {name} | {median(times):.2f} | {min(times):.2f} |"
    yield ""
    for goal, most in GOALS.items():
        of, to = goal.split(" / ")
        prefix, _, rest = of.partition(", ")
        beside = f"{to}, {rest}" if prefix == "stream" else f"{prefix}, {to}"
        if beside in found:
            ratio = median(a / b for a, b in zip(found[of], found[beside], strict=True))
            met = "met" if ratio <= most else "missed"
            yield f"{goal}: 1/{1 / ratio:.1f}, goal 1/{1 / most:.0f}: {met}"


if __name__ == "__main__":
    main()
