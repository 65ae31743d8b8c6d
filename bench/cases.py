"""Every case: the work, what it must give, and how each library is asked for it.

A contender is a function that imports the library, does what a user would do once (objects, filter
banks, plans, tensors over the same memory), and returns the call that is timed. Importing fails
where the library is missing: it is left out. What the call returns is compared with the float64
reference before anything is timed; `view` brings a result into the reference's form for that
comparison only, outside of the time, always to the contender's advantage.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import fastmel
import numpy as np
from fastmel import reference

from tests.signals import speech_like

Array = np.ndarray
Setup = Callable[[], Callable[[], Any]]


@dataclass(frozen=True)
class Contender:
    name: str
    setup: Setup
    view: Callable[[Any], Any] = np.asarray
    expected: Array | None = None  # where it is another work than the case's, and
    tolerance: float | None = None  # then its tolerance
    note: str = ""


@dataclass(frozen=True)
class Goal:
    """`ours` must be at least so many times as fast as `peer`; None is the fastest peer."""

    ours: str
    peer: str | None
    times: float
    times_avx2: float | None = None


@dataclass(frozen=True)
class Limit:
    """`ours` must take at most so many microseconds a unit."""

    ours: str
    microseconds: float


@dataclass
class Case:
    """One piece of work. `tolerance` is absolute, and only tells the same work from another."""

    key: str
    title: str
    unit: str
    units: int
    expected: Array
    tolerance: float
    parallel: bool = False  # several threads: only wall-clock time means something
    goals: list[Goal | Limit] = field(default_factory=list)
    contenders: list[Contender] = field(default_factory=list)

    def contender(self, name: str, **kwargs: Any) -> Callable[[Setup], Setup]:
        def add(setup: Setup) -> Setup:
            self.contenders.append(Contender(name, setup, **kwargs))
            return setup

        return add


CASES: dict[str, Callable[[], Case]] = {}


def case(build: Callable[[], Case]) -> Callable[[], Case]:
    CASES[build.__name__] = build
    return build


def recording(seconds: float, sr: int) -> Array:
    """Speech-like, float32; ten seconds over and over, since time does not depend on them."""
    return np.resize(speech_like(10 * sr, sr), int(seconds * sr))


def decibels_below_max(db: Any) -> Array:
    db = np.asarray(db)
    return db - db.max()


# --- librosa's log-mel ----------------------------------------------------------------------------


@case
def log_mel() -> Case:
    sr, n_fft, hop, n_mels = 22050, 2048, 512, 128
    y = recording(60, sr)
    this = Case(
        key="log_mel",
        title="librosa's log-mel in dB, 60 s at 22.05 kHz (2048/512/128, ref=np.max)",
        unit="frame",
        units=1 + y.size // hop,
        expected=reference.log_melspectrogram(y=y, ref=np.max),
        tolerance=0.1,
        goals=[
            Goal("fastmel, double", "librosa", 10.0, 6.0),
            Goal("fastmel, single", "librosa", 19.0, 11.0),
        ],
    )

    @this.contender("fastmel, double")
    def _():
        return lambda: fastmel.log_melspectrogram(y=y, ref=np.max)

    @this.contender("fastmel, single")
    def _():
        return lambda: fastmel.log_melspectrogram(y=y, ref=np.max, precision="single")

    @this.contender("librosa")
    def _():
        import librosa

        return lambda: librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=np.max)

    @this.contender("torch", note="the power as re² + im², three times as fast as abs()² here")
    def _():
        import torch

        samples = torch.from_numpy(y)
        window = torch.hann_window(n_fft)
        filters = torch.from_numpy(fastmel_filters(sr, n_fft, n_mels))

        def call():
            spectrum = torch.stft(
                samples, n_fft, hop, window=window, pad_mode="constant", return_complex=True
            )
            power = spectrum.real.square() + spectrum.imag.square()
            db = (filters @ power).clamp_(min=1e-10).log10_().mul_(10)
            db -= db.max()
            return db.clamp_(min=-80)

        return call

    @this.contender("torchaudio", view=decibels_below_max)
    def _():
        import torch
        from torchaudio.transforms import AmplitudeToDB, MelSpectrogram

        samples = torch.from_numpy(y)
        mel = MelSpectrogram(
            sr, n_fft, hop_length=hop, n_mels=n_mels, pad_mode="constant",
            mel_scale="slaney", norm="slaney",
        )  # fmt: skip
        to_db = AmplitudeToDB("power", top_db=80)
        return lambda: to_db(mel(samples))

    htk = reference.log_melspectrogram(y=y, ref=np.max, htk=True, norm=None)

    @this.contender("audioFlux", expected=htk, note="HTK bands without norm, all that it has")
    def _():
        import audioflux
        from audioflux.type import SpectralDataType, SpectralFilterBankScaleType

        bands = audioflux.BFT(
            n_mels, radix2_exp=11, samplate=sr, low_fre=0.0, high_fre=sr / 2, slide_length=hop,
            scale_type=SpectralFilterBankScaleType.MEL, data_type=SpectralDataType.POWER,
        )  # fmt: skip

        def call():
            power = bands.bft(np.pad(y, n_fft // 2), result_type=1)
            return audioflux.utils.power_to_db(power)

        return call

    return this


def fastmel_filters(sr: int, n_fft: int, n_mels: int) -> Array:
    """librosa's filter bank, bit for bit, for peers that have none of their own."""
    return fastmel.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=n_mels)


# --- the bare transform ---------------------------------------------------------------------------


@case
def bare_fft() -> Case:
    """What the others' chains start with, beside all of ours: window, FFT, power, bands, log."""
    n_fft, hop, rows = 2048, 512, 16
    y = recording(60, 22050)
    padded = np.pad(y, n_fft // 2)
    view = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    frames = aligned(view.shape, np.float32)
    frames[:] = view
    count = len(frames)
    spectra = aligned((count, n_fft // 2 + 1), np.complex64)
    block = aligned((rows, n_fft // 2 + 1), np.complex64)
    blocks = [slice(i, min(i + rows, count)) for i in range(0, count, rows)]
    exact = np.fft.rfft(frames.astype(np.float64))
    last = exact[blocks[-1]]

    this = Case(
        key="bare_fft",
        title=f"the bare real FFT of the same {count} frames, one contiguous row each, float32",
        unit="frame",
        units=count,
        expected=exact,
        tolerance=1e-6 * float(np.abs(exact).max()),
        goals=[Goal("fastmel, single: the whole log-mel", None, 3.85)],
    )
    reused = {
        "expected": last,
        "view": lambda result: np.asarray(result)[: len(last)],
        "note": f"{rows} rows at a time into the same small output: nothing is kept",
    }

    @this.contender(
        "fastmel, single: the whole log-mel",
        expected=reference.log_melspectrogram(y=y, ref=np.max),
        tolerance=0.1,
    )
    def _():
        return lambda: fastmel.log_melspectrogram(y=y, ref=np.max, precision="single")

    @this.contender("scipy")
    def _():
        import scipy.fft

        return lambda: scipy.fft.rfft(frames)

    @this.contender("numpy, out=")
    def _():
        np.fft.rfft(frames[:1], out=spectra[:1])  # TypeError before NumPy 2
        return lambda: np.fft.rfft(frames, out=spectra)

    @this.contender("MKL (torch)")
    def _():
        import torch

        rows = torch.from_numpy(frames)
        return lambda: torch.fft.rfft(rows)

    @this.contender("MKL (torch), out=")
    def _():
        import torch

        rows, out = torch.from_numpy(frames), torch.from_numpy(spectra)
        return lambda: torch.fft.rfft(rows, out=out)

    @this.contender("MKL (torch), in cache", **reused)
    def _():
        import torch

        pairs = [
            (torch.from_numpy(frames[b]), torch.from_numpy(block[: b.stop - b.start]))
            for b in blocks
        ]

        def call():
            for rows, out in pairs:
                torch.fft.rfft(rows, out=out)
            return block

        return call

    @this.contender("FFTW")
    def _():
        import pyfftw

        trial = aligned(frames.shape, np.float32)  # measuring a plan overwrites its input
        plan = pyfftw.FFTW(trial, spectra, axes=(1,), flags=("FFTW_MEASURE",), threads=1)
        plan.update_arrays(frames, spectra)

        def call():
            plan.execute()
            return spectra

        return call

    @this.contender("FFTW, in cache", **reused)
    def _():
        import pyfftw

        trial = aligned((rows, n_fft), np.float32)
        plan = pyfftw.FFTW(trial, block, axes=(1,), flags=("FFTW_PATIENT",), threads=1)
        trial = aligned((len(last), n_fft), np.float32)
        rest = pyfftw.FFTW(trial, block[: len(last)], axes=(1,), threads=1)
        rest.update_arrays(frames[blocks[-1]], block[: len(last)])
        inputs = [frames[b] for b in blocks[:-1]]

        def call():
            for rows in inputs:
                plan.update_arrays(rows, block)
                plan.execute()
            rest.execute()
            return block

        return call

    @this.contender("ducc0, out=")
    def _():
        import ducc0

        return lambda: ducc0.fft.r2c(frames, axes=(1,), out=spectra, nthreads=1)

    @this.contender("ducc0, in cache", **reused)
    def _():
        import ducc0

        def call():
            for b in blocks:
                ducc0.fft.r2c(frames[b], axes=(1,), out=block[: b.stop - b.start], nthreads=1)
            return block

        return call

    return this


def aligned(shape: tuple[int, ...], dtype: Any) -> Array:
    """An array that starts on a cache line, as FFTW's fastest kernels want it."""
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(size + 64, np.uint8)
    start = -memory.ctypes.data % 64
    return memory[start : start + size].view(dtype).reshape(shape)


# --- Whisper --------------------------------------------------------------------------------------


@case
def whisper() -> Case:
    y = recording(30, 16000)
    this = Case(
        key="whisper",
        title="Whisper's log-mel, 30 s at 16 kHz (400/160/80)",
        unit="frame",
        units=3000,
        expected=reference.whisper_log_mel(y),
        tolerance=1e-3,
        goals=[
            Goal("fastmel", "openai-whisper", 15),
            Goal("fastmel", "faster-whisper", 15),
            Goal("fastmel", "transformers (torch)", 15),
            Goal("fastmel", "transformers (NumPy)", 15),
            Goal("fastmel", "asrfront", 3.3, 2.0),
        ],
    )

    @this.contender("fastmel")
    def _():
        features = fastmel.frontend("whisper")
        return lambda: features(y)

    @this.contender("asrfront")
    def _():
        import asrfront

        return lambda: asrfront.whisper.log_mel(y)

    @this.contender("openai-whisper")
    def _():
        import torch
        import whisper

        samples = torch.from_numpy(y)
        return lambda: whisper.log_mel_spectrogram(samples)

    @this.contender("faster-whisper", note="without its extra 10 ms of padding")
    def _():
        from faster_whisper.feature_extractor import FeatureExtractor

        extract = FeatureExtractor()
        return lambda: extract(y, padding=0)

    @this.contender("transformers (torch)", view=lambda result: result["input_features"][0])
    def _():
        import torch  # noqa: F401 - without it the extractor takes its NumPy path
        from transformers import WhisperFeatureExtractor

        extract = WhisperFeatureExtractor()
        return lambda: extract(y, sampling_rate=16000, return_tensors="np")

    @this.contender(
        "transformers (NumPy)",
        view=lambda result: result[0],
        note="what it does without torch; the part after checking and padding",
    )
    def _():
        from transformers import WhisperFeatureExtractor

        extract = WhisperFeatureExtractor()
        return lambda: extract._np_extract_fbank_features(y[np.newaxis], "cpu")

    return this


@case
def kaldi() -> Case:
    y = recording(30, 16000)
    config = fastmel.frontend("wespeaker").config.replace(normalize=None)
    this = Case(
        key="kaldi",
        title="Kaldi's filterbank, 30 s at 16 kHz (400 in 512/160/80, Hamming)",
        unit="frame",
        units=config.num_frames(y.size),
        expected=reference.frontend(y, config),
        tolerance=0.05,
        goals=[
            Goal("fastmel", "asrfront", 3.0),
            Goal("fastmel", "torchaudio", 15.0),
            Goal("fastmel", "kaldi-native-fbank", 80.0),
        ],
    )

    @this.contender("fastmel")
    def _():
        features = fastmel.frontend(config)
        return lambda: features(y)

    @this.contender("asrfront")
    def _():
        import asrfront

        return lambda: asrfront.sensevoice.fbank_raw(y)

    @this.contender("torchaudio")
    def _():
        import torch
        from torchaudio.compliance import kaldi

        samples = torch.from_numpy(y * 32768)[np.newaxis]
        return lambda: kaldi.fbank(samples, num_mel_bins=80, window_type="hamming", energy_floor=0)

    @this.contender("kaldi-native-fbank", note="one frame at a time: it has no other way")
    def _():
        import kaldi_native_fbank as knf

        options = knf.FbankOptions()
        options.frame_opts.dither = 0
        options.frame_opts.window_type = "hamming"
        options.mel_opts.num_bins = 80
        samples = y * 32768

        def extract() -> Array:
            online = knf.OnlineFbank(options)
            online.accept_waveform(16000, samples)
            online.input_finished()
            return np.stack([online.get_frame(i) for i in range(online.num_frames_ready)])

        return extract

    return this


@case
def vocoder() -> Case:
    """HiFi-GAN's mel spectrogram beside the same work of librosa's."""
    sr, n_fft, hop, n_mels = 22050, 1024, 256, 80
    y = recording(60, sr)
    config = fastmel.frontend("hifi-gan").config
    this = Case(
        key="vocoder",
        title="A vocoder's mel, 60 s at 22.05 kHz (1024/256/80, magnitudes, ln)",
        unit="frame",
        units=config.num_frames(y.size),
        expected=reference.frontend(y, config),
        tolerance=0.05,
        goals=[Goal("fastmel", "librosa", 20.0, 11.0)],
    )

    @this.contender("fastmel")
    def _():
        features = fastmel.frontend("hifi-gan")
        return lambda: features(y)

    @this.contender("librosa", note="without the offset under the root")
    def _():
        import librosa

        padded = np.pad(y, (n_fft - hop) // 2, mode="reflect")

        def extract() -> Array:
            S = librosa.feature.melspectrogram(
                y=padded,
                sr=sr,
                n_fft=n_fft,
                hop_length=hop,
                center=False,
                power=1,
                n_mels=n_mels,
                fmax=8000,
            )
            return np.log(np.maximum(S, 1e-5))

        return extract

    @this.contender("torch", note="HiFi-GAN's own formula")
    def _():
        import torch

        samples, window = torch.from_numpy(y)[np.newaxis], torch.hann_window(n_fft)
        filters = torch.from_numpy(fastmel.mel_filterbank(sr=sr, n_fft=n_fft, n_mels=80, fmax=8000))

        def extract() -> Any:
            sides = ((n_fft - hop) // 2,) * 2
            padded = torch.nn.functional.pad(samples, sides, mode="reflect")
            X = torch.stft(padded, n_fft, hop, window=window, center=False, return_complex=True)
            magnitude = torch.sqrt(X.real**2 + X.imag**2 + 1e-9)
            return torch.log(torch.clamp(filters @ magnitude, min=1e-5))[0]

        return extract

    return this


@case
def one_second() -> Case:
    """What a call costs from Python when there is little to compute."""
    sr, n_fft, hop, n_mels = 16000, 400, 160, 80
    y = recording(1, sr)
    this = Case(
        key="one_second",
        title="Whisper's log-mel of one second (400/160/80)",
        unit="call",
        units=1,
        expected=reference.whisper_log_mel(y),
        tolerance=1e-3,
        goals=[Limit("fastmel", 25)],
    )

    @this.contender("fastmel")
    def _():
        features = fastmel.frontend("whisper")
        return lambda: features(y)

    @this.contender("fastmel, out=")
    def _():
        features = fastmel.frontend("whisper")
        out = features(y)
        return lambda: features(y, out=out)

    @this.contender("asrfront")
    def _():
        import asrfront

        return lambda: asrfront.whisper.log_mel(y, pad_or_trim=False)

    @this.contender("openai-whisper")
    def _():
        import torch
        import whisper

        samples = torch.from_numpy(y)
        return lambda: whisper.log_mel_spectrogram(samples)

    @this.contender("torchaudio")
    def _():
        import torch
        from torchaudio.transforms import MelSpectrogram

        samples = torch.from_numpy(y)
        mel = MelSpectrogram(
            sr, n_fft, hop_length=hop, n_mels=n_mels, mel_scale="slaney", norm="slaney"
        )

        def call():
            log = mel(samples)[:, :-1].clamp(min=1e-10).log10()
            return (torch.maximum(log, log.max() - 8) + 4) / 4

        return call

    @this.contender("librosa")
    def _():
        import librosa

        def call():
            power = librosa.feature.melspectrogram(
                y=y, sr=sr, n_fft=n_fft, hop_length=hop, n_mels=n_mels, pad_mode="reflect"
            )
            log = np.log10(np.maximum(power[:, :-1], 1e-10))
            return (np.maximum(log, log.max() - 8) + 4) / 4

        return call

    return this


# --- STFT -----------------------------------------------------------------------------------------


@case
def stft() -> Case:
    n_fft, hop = 2048, 512
    y = recording(60, 22050)
    expected = reference.stft(y)
    this = Case(
        key="stft",
        title="STFT to complex64, 60 s at 22.05 kHz (2048/512)",
        unit="frame",
        units=expected.shape[1],
        expected=expected,
        tolerance=1e-6 * float(np.abs(expected).max()),
        goals=[
            Goal("fastmel, double, out=", "librosa", 5.0, 3.5),
            Goal("fastmel, single, out=", "librosa", 7.0, 5.0),
            Goal("fastmel, single", "torch", 1.0),
        ],
    )
    for precision in ("double", "single"):

        @this.contender(f"fastmel, {precision}")
        def _(precision=precision):
            return lambda: fastmel.stft(y, precision=precision)

        @this.contender(f"fastmel, {precision}, out=")
        def _(precision=precision):
            out = fastmel.stft(y)
            return lambda: fastmel.stft(y, out=out, precision=precision)

    @this.contender("librosa")
    def _():
        import librosa

        return lambda: librosa.stft(y)

    @this.contender("librosa, out=")
    def _():
        import librosa

        out = librosa.stft(y)
        return lambda: librosa.stft(y, out=out)

    @this.contender("torch")
    def _():
        import torch

        samples, window = torch.from_numpy(y), torch.hann_window(n_fft)
        return lambda: torch.stft(
            samples, n_fft, hop, window=window, pad_mode="constant", return_complex=True
        )

    @this.contender("scipy", view=lambda result: result[2] * (n_fft // 2))
    def _():
        import scipy.signal

        return lambda: scipy.signal.stft(
            y, nperseg=n_fft, noverlap=n_fft - hop, boundary="zeros", padded=False
        )

    return this


# --- the other functions --------------------------------------------------------------------------


@case
def mfcc() -> Case:
    y = recording(60, 22050)
    expected = reference.mfcc(y=y)
    this = Case(
        key="mfcc",
        title="MFCC, 60 s at 22.05 kHz (2048/512/128, 20 coefficients)",
        unit="frame",
        units=expected.shape[1],
        expected=expected,
        tolerance=0.5,
    )

    @this.contender("fastmel, double")
    def _():
        return lambda: fastmel.mfcc(y=y)

    @this.contender("fastmel, single")
    def _():
        return lambda: fastmel.mfcc(y=y, precision="single")

    @this.contender("librosa")
    def _():
        import librosa

        return lambda: librosa.feature.mfcc(y=y)

    @this.contender("torchaudio")
    def _():
        import torch
        from torchaudio.transforms import MFCC

        samples = torch.from_numpy(y)
        transform = MFCC(
            22050, 20,
            melkwargs={
                "n_fft": 2048, "hop_length": 512, "n_mels": 128, "pad_mode": "constant",
                "mel_scale": "slaney", "norm": "slaney",
            },
        )  # fmt: skip
        return lambda: transform(samples)

    return this


@case
def pcen() -> Case:
    power = reference.melspectrogram(y=recording(60, 22050)).astype(np.float32) * 2.0**31
    expected = reference.pcen(power)
    this = Case(
        key="pcen",
        title="PCEN of a mel spectrogram, 128 bands, 60 s",
        unit="frame",
        units=power.shape[1],
        expected=expected,
        tolerance=1e-3 * float(expected.max()),
    )

    @this.contender("fastmel")
    def _():
        return lambda: fastmel.pcen(power)

    @this.contender("librosa")
    def _():
        import librosa

        return lambda: librosa.pcen(power)

    return this


@case
def power_to_db() -> Case:
    power = reference.melspectrogram(y=recording(60, 22050)).astype(np.float32)
    this = Case(
        key="power_to_db",
        title="power_to_db of a mel spectrogram, 128 bands, 60 s, ref=np.max",
        unit="frame",
        units=power.shape[1],
        expected=reference.power_to_db(power, ref=np.max),
        tolerance=0.01,
    )

    @this.contender("fastmel, double")
    def _():
        return lambda: fastmel.power_to_db(power, ref=np.max)

    @this.contender("fastmel, single")
    def _():
        return lambda: fastmel.power_to_db(power, ref=np.max, precision="single")

    @this.contender("librosa")
    def _():
        import librosa

        return lambda: librosa.power_to_db(power, ref=np.max)

    return this


# --- threads --------------------------------------------------------------------------------------


@case
def threads() -> Case:
    y = recording(600, 22050)
    expected = reference.log_melspectrogram(y=y[: 60 * 22050], ref=1.0, top_db=None)[:, :2500]
    this = Case(
        key="threads",
        title="two threads against one: librosa's log-mel of ten minutes",
        unit="frame",
        units=1 + y.size // 512,
        expected=expected,
        tolerance=0.1,
        parallel=True,
        goals=[
            Goal("double, 2 threads", "double, 1 thread", 1.85),
            Goal("single, 2 threads", "single, 1 thread", 1.85),
        ],
    )
    for precision in ("double", "single"):
        for workers in (1, 2):
            name = f"{precision}, {workers} thread" + "s" * (workers > 1)

            @this.contender(name, view=lambda db: db[:, :2500])
            def _(precision=precision, workers=workers):
                out = np.empty((128, 1 + y.size // 512), np.float32)
                return lambda: fastmel.log_melspectrogram(
                    y=y, top_db=None, precision=precision, workers=workers, out=out
                )

    return this
