"""What a small call takes beyond its arithmetic: `python -m bench.calls [part of a name]...`.

Signals have 400 samples, spectra three frames. The core's share of a call is what its calls of the
core take when they are made again, with the arrays that they were given; the rest is Python's.
"""

import argparse
import importlib.util
import timeit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from statistics import median
from unittest import mock

import fastmel
import numpy as np
from fastmel import _core, kaldi, whisper
from fastmel._bench import machine

ROUNDS = 21
LEAST = 2e-3  # seconds of a round

# The core's functions that compute, by where they are.
COMPUTING = (
    (_core, "pcen", "normalize_in_windows"),
    (_core.Filterbank, "apply"),
    (_core.Level, "apply"),
    (_core.Plan, "run", "run_items", "invert"),
    (_core.Post, "apply"),
)


@machine.one_thread()
def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.calls", description=__doc__)
    parser.add_argument("names", nargs="*", help="parts of names [all]")
    wanted = parser.parse_args().names
    print(f"{machine.describe()['cpu']}, {fastmel.simd_info()['active']}, one thread\n")
    print("| call | µs, median | least | of it core | beyond |\n|---|---:|---:|---:|---:|")
    for name, call in calls():
        if wanted and not any(part in name for part in wanted):
            continue
        times, core = measured(call), min(measured(again(call)))
        least = min(times)
        print(f"| {name} | {median(times):.2f} | {least:.2f} | {core:.2f} | {least - core:.2f} |")
    if importlib.util.find_spec("torch") is None:
        print("\nfastmel.torch is left out: torch is not installed.")


def measured(call: Callable[[], object]) -> list[float]:
    """Return the microseconds of a call, of each round."""
    timer, n = timeit.Timer(call), 1
    while timer.timeit(n) < LEAST:
        n *= 2
    return [timer.timeit(n) / n * 1e6 for _ in range(ROUNDS)]


def again(call: Callable[[], object]) -> Callable[[], None]:
    """Return what makes the calls of the core that a call makes, with the same arrays."""
    with recorded() as made:
        call()

    def repeat() -> None:
        for function in made:
            function()

    return repeat


@contextmanager
def recorded() -> Iterator[list[Callable[[], object]]]:
    made: list[Callable[[], object]] = []

    def recorder(function: Callable[..., object]) -> Callable[..., object]:
        def record(*args: object, **named: object) -> object:
            made.append(partial(function, *args, **named))
            return function(*args, **named)

        return record

    with ExitStack() as stack:
        for of, *names in COMPUTING:
            for name in names:
                stack.enter_context(mock.patch.object(of, name, recorder(getattr(of, name))))
        yield made


def calls() -> Iterator[tuple[str, Callable[[], object]]]:
    y = 0.1 * np.random.default_rng(0).standard_normal(400).astype(np.float32)
    frames = {"n_fft": 400, "hop_length": 160}
    mel = {**frames, "n_mels": 40}
    D, S = fastmel.stft(y, **frames), fastmel.spectrogram(y, **frames)
    M, L = fastmel.melspectrogram(y=y, **mel), fastmel.log_melspectrogram(y=y, **mel)
    yield "stft", lambda: fastmel.stft(y, **frames)
    yield "istft", lambda: fastmel.istft(D, hop_length=160)
    yield "spectrogram", lambda: fastmel.spectrogram(y, **frames)
    yield "melspectrogram", lambda: fastmel.melspectrogram(y=y, **mel)
    yield "log_melspectrogram", lambda: fastmel.log_melspectrogram(y=y, **mel)
    yield "log_melspectrogram(S=)", lambda: fastmel.log_melspectrogram(S=S, **mel)
    yield "mfcc", lambda: fastmel.mfcc(y=y, **mel)
    yield "mfcc(S=)", lambda: fastmel.mfcc(S=L)
    yield "power_to_db", lambda: fastmel.power_to_db(S)
    yield "power_to_db, ref=np.max", lambda: fastmel.power_to_db(S, ref=np.max)
    yield "amplitude_to_db", lambda: fastmel.amplitude_to_db(S)
    yield "pcen", lambda: fastmel.pcen(M)
    yield 'get_window("hann", 400)', lambda: fastmel.get_window("hann", 400)
    yield 'frontend("whisper")', lambda: fastmel.frontend("whisper")
    yield "kaldi.fbank", lambda: kaldi.fbank(y[np.newaxis])
    yield "kaldi.mfcc", lambda: kaldi.mfcc(y[np.newaxis])
    yield "kaldi.spectrogram", lambda: kaldi.spectrogram(y[np.newaxis])
    yield "kaldi.sliding_window_cmn", lambda: kaldi.sliding_window_cmn(L.T)
    yield "whisper.log_mel_spectrogram", lambda: whisper.log_mel_spectrogram(y)
    yield "whisper.pad_or_trim", lambda: whisper.pad_or_trim(y, 480)
    for name in ("kaldi-native-fbank", "kaldi-mfcc", "whisper", "librosa", "nemo"):
        fe = fastmel.frontend(name)
        out = fe(y)
        yield f"{name}: fe(y)", partial(fe, y)
        yield f"{name}: fe(y, out)", partial(fe, y, out)
        yield f"{name}: fe.batch([y])", partial(fe.batch, [y])
        yield f"{name}: fe.batch of four", partial(fe.batch, [y] * 4)
    if importlib.util.find_spec("torch") is not None:
        yield from calls_of_torch(y, S)


def calls_of_torch(y: np.ndarray, S: np.ndarray) -> Iterator[tuple[str, Callable[[], object]]]:
    import fastmel.torch as transforms
    import torch

    tensor, power = torch.from_numpy(y), torch.from_numpy(S)
    for module in (transforms.Spectrogram(), transforms.MelSpectrogram(n_mels=40)):
        yield f"torch.{type(module).__name__}", partial(module, tensor)
    yield "torch.AmplitudeToDB", partial(transforms.AmplitudeToDB("power", 80.0), power)


if __name__ == "__main__":
    main()
