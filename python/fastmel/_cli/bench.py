"""``fastmel bench``: this machine, against the libraries that are installed."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Any

import click
import numpy as np

from ._text import rate, seconds, table

# Read by BLAS, OpenMP and numba when they are loaded: every contender gets one thread.
_ONE_THREAD = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")

# Features that differ by more than this are another work, not a faster one.
_AGREES_DB, _AGREES_WHISPER = 0.1, 1e-3

Call = Callable[[], Any]


@dataclass(frozen=True)
class Contender:
    """Someone's way to do the work, ready to be called."""

    name: str
    call: Call


@dataclass(frozen=True)
class Work:
    """The same features, by everyone who can make them."""

    title: str
    unit: str
    tolerance: float
    contenders: list[Contender]


@click.command(
    short_help="Time fastmel beside the libraries you have.",
    epilog="""\b
Example:
  fastmel bench --rounds 15

Peers are measured if they are importable: librosa, torch, torchaudio, openai-whisper,
faster-whisper, transformers. Their results are compared with fastmel's before any time counts.""",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=3),
    default=9,
    show_default=True,
    help="Turns per contender.",
)
@click.option(
    "--seconds",
    "length",
    type=click.FloatRange(min=1, max=600),
    default=30.0,
    show_default=True,
    help="Length of the signal.",
)
def bench(rounds: int, length: float) -> int:
    """Measure fastmel beside its peers on this machine, one thread each.

    The contenders take turns, so that a machine that slows down slows all of them. Printed are the
    median time, the spread (the middle half of the times, relative to the median), and how many
    times fastmel's time that is.
    """
    agreed = True
    with _one_thread():
        click.echo(_machine())
        for make in (_librosa_log_mel, _whisper_log_mel):
            click.echo("preparing …", err=True)
            work = make(length)
            click.echo(f"\n{click.style(work.title, bold=True)}")
            lines, ok = _measure(work, rounds)
            click.echo("\n".join(lines))
            agreed = agreed and ok
    return 0 if agreed else 1


@contextmanager
def _one_thread() -> Iterator[None]:
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        with ExitStack() as stack:
            if threadpoolctl := _module("threadpoolctl"):
                # NumPy's BLAS was loaded before the environment was set.
                stack.enter_context(threadpoolctl.threadpool_limits(1))
            if torch := _module("torch"):
                stack.callback(torch.set_num_threads, torch.get_num_threads())
                torch.set_num_threads(1)
            yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _module(name: str) -> Any:
    """Import a peer; None if it is not installed."""
    if importlib.util.find_spec(name.partition(".")[0]) is None:
        return None
    return importlib.import_module(name)


def _machine() -> str:
    import fastmel

    simd = fastmel.simd_info()
    return f"fastmel {fastmel.__version__}, {simd['active']}, one thread"


def _signal(length: float, sr: int) -> np.ndarray:
    """Return noise with the slope and the loudness changes of speech."""
    rng = np.random.default_rng(0)
    noise = rng.standard_normal(int(length * sr)).astype(np.float32)
    noise[1:] += 0.9 * noise[:-1]
    loudness = 0.05 + np.sin(np.arange(noise.size) * (2 * np.pi * 1.7 / sr)) ** 2
    return np.asarray(0.1 * loudness * noise, dtype=np.float32)


def _librosa_log_mel(length: float) -> Work:
    import fastmel
    from fastmel import reference

    sr = 22050
    y = _signal(length, sr)

    def fused(precision: Any) -> Call:
        return lambda: fastmel.log_melspectrogram(
            y=y, sr=sr, ref=np.max, workers=1, precision=precision
        )

    contenders = [
        Contender("fastmel", fused("double")),
        Contender("fastmel, single precision", fused("single")),
        Contender(
            "fastmel.reference (NumPy)",
            lambda: reference.log_melspectrogram(y=y, sr=sr, ref=np.max),
        ),
        *_peers(_librosa, _torch, _torchaudio, y=y, sr=sr),
    ]
    title = f"librosa's log-mel in dB: {length:g} s at {rate(sr)}, FFT 2048, hop 512, 128 mels"
    return Work(title, "dB", _AGREES_DB, contenders)


def _whisper_log_mel(length: float) -> Work:
    import fastmel

    y = _signal(length, 16000)
    fe = fastmel.frontend("whisper")
    contenders = [
        Contender("fastmel", lambda: fe(y, workers=1)),
        *_peers(_openai_whisper, _faster_whisper, _transformers, y=y),
    ]
    title = f"Whisper's features: {length:g} s at 16 kHz, FFT 400, hop 160, 80 mels"
    return Work(title, "", _AGREES_WHISPER, contenders)


def _peers(*makers: Callable[..., Contender | None], **arguments: Any) -> Iterator[Contender]:
    """Make the contenders whose libraries import; say so of those that break."""
    for make in makers:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                contender = make(**arguments)
        except Exception as error:
            name = make.__name__.strip("_").replace("_", "-")
            click.echo(f"{name} is left out: {type(error).__name__}: {error}", err=True)
        else:
            if contender:
                yield contender


def _librosa(y: np.ndarray, sr: int) -> Contender | None:
    librosa = _module("librosa")
    if librosa is None:
        return None

    def call() -> Any:
        return librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=sr), ref=np.max)

    call()
    return Contender(f"librosa {librosa.__version__}", call)


def _torch(y: np.ndarray, sr: int) -> Contender | None:
    torch = _module("torch")
    if torch is None:
        return None
    import fastmel

    signal, window = torch.from_numpy(y), torch.hann_window(2048)
    filters = torch.from_numpy(fastmel.mel_filterbank(sr=sr, n_fft=2048))

    def call() -> Any:
        with torch.inference_mode():
            spectrum = torch.stft(
                signal, 2048, 512, window=window, pad_mode="constant", return_complex=True
            )
            mel = filters @ (spectrum.real**2 + spectrum.imag**2)
            decibels = 10 * torch.log10(torch.clamp(mel, min=1e-10) / mel.max())
            return torch.clamp(decibels, min=-80.0).numpy()

    return Contender(f"torch {torch.__version__.partition('+')[0]} stft + matmul", call)


def _torchaudio(y: np.ndarray, sr: int) -> Contender | None:
    torch, torchaudio = _module("torch"), _module("torchaudio")
    if torchaudio is None:
        return None

    signal = torch.from_numpy(y)
    mel = torchaudio.transforms.MelSpectrogram(
        sr, 2048, hop_length=512, n_mels=128, norm="slaney", mel_scale="slaney", pad_mode="constant"
    )
    decibels = torchaudio.transforms.AmplitudeToDB("power", top_db=80.0)

    def call() -> Any:
        with torch.inference_mode():
            power = mel(signal)
            return decibels(power / power.max()).numpy()

    return Contender(f"torchaudio {torchaudio.__version__.partition('+')[0]}", call)


def _openai_whisper(y: np.ndarray) -> Contender | None:
    torch, whisper = _module("torch"), _module("whisper")
    if whisper is None:
        return None

    signal = torch.from_numpy(y)
    whisper.log_mel_spectrogram(signal)
    return Contender(
        f"openai-whisper {whisper.__version__}", lambda: whisper.log_mel_spectrogram(signal).numpy()
    )


def _faster_whisper(y: np.ndarray) -> Contender | None:
    faster_whisper = _module("faster_whisper.feature_extractor")
    if faster_whisper is None:
        return None
    extract = faster_whisper.FeatureExtractor()
    version = _module("faster_whisper").__version__
    return Contender(f"faster-whisper {version}", lambda: extract(y, padding=0))


def _transformers(y: np.ndarray) -> Contender | None:
    transformers = _module("transformers")
    if transformers is None:
        return None

    extract = transformers.WhisperFeatureExtractor()
    options = {"sampling_rate": 16000, "return_tensors": "np", "padding": "do_not_pad"}
    return Contender(
        f"transformers {transformers.__version__}",
        lambda: extract(y, truncation=False, **options).input_features[0],
    )


def _measure(work: Work, rounds: int) -> tuple[list[str], bool]:
    """Check everyone's result against the first's, then let them take turns."""
    first = np.asarray(work.contenders[0].call())
    differences = [_difference(first, contender.call()) for contender in work.contenders]
    times: list[list[float]] = [[] for _ in work.contenders]
    for _ in range(rounds):
        for contender, taken in zip(work.contenders, times, strict=True):
            start = time.perf_counter()
            contender.call()
            taken.append(time.perf_counter() - start)

    base = median(times[0])
    rows = [["", "MEDIAN", "SPREAD", "TO FASTMEL", "DIFFERENCE"]]
    agreed = True
    for contender, taken, difference in zip(work.contenders, times, differences, strict=True):
        low, _, high = quantiles(taken, n=4)
        middle = median(taken)
        ok = difference <= work.tolerance
        agreed = agreed and ok
        rows.append(
            [
                contender.name,
                seconds(middle),
                f"±{50 * (high - low) / middle:.0f} %",
                f"{middle / base:.1f}x",
                f"{difference:.1g} {work.unit}".rstrip() + ("" if ok else "  DIFFERS"),
            ]
        )
    return table(rows, right=(1, 2, 3, 4)), agreed


def _difference(a: np.ndarray, b: Any) -> float:
    b = np.asarray(b)
    return float(np.abs(a - b).max()) if a.shape == b.shape else float("inf")
