"""Short calls of every library that can be patched, without the patch and with it, in turns.

A library is measured in a process of its own. `python -m bench.patched librosa` is such a process:
it prints the times as JSON.
"""

import json
import math
import statistics
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from . import machine
from .report import Outcome

Call = Callable[[], object]

RATE = 16000

_SAMPLE_SECONDS, _ROUNDS = 4e-3, 9


def _clip(seconds: float = 1.0) -> Any:
    from tests.signals import speech_like

    return speech_like(RATE, RATE)[: int(seconds * RATE)]


# --- the calls ------------------------------------------------------------------------------------


def _librosa() -> dict[str, Call]:
    import librosa

    y, short = _clip(), _clip(0.2)
    spectrum = librosa.stft(y)
    power = np.abs(spectrum) ** 2
    return {
        "stft": lambda: librosa.stft(y),
        "stft, 0.2 s": lambda: librosa.stft(short),
        "istft": lambda: librosa.istft(spectrum),
        "spectral_centroid": lambda: librosa.feature.spectral_centroid(y=y, sr=RATE),
        "melspectrogram": lambda: librosa.feature.melspectrogram(y=y, sr=RATE),
        "melspectrogram, 0.2 s": lambda: librosa.feature.melspectrogram(y=short, sr=RATE),
        "mfcc": lambda: librosa.feature.mfcc(y=y, sr=RATE),
        "power_to_db": lambda: librosa.power_to_db(power),
        "power_to_db, a frame": lambda: librosa.power_to_db(power[:, :1]),
        "amplitude_to_db": lambda: librosa.amplitude_to_db(power),
        "pcen": lambda: librosa.pcen(power),
        "filters.mel": lambda: librosa.filters.mel(sr=RATE, n_fft=512),
    }


def _whisper() -> dict[str, Call]:
    import whisper

    y, short = _clip(), _clip(0.1)
    return {
        "log_mel_spectrogram": lambda: whisper.log_mel_spectrogram(y),
        "log_mel_spectrogram, 0.1 s": lambda: whisper.log_mel_spectrogram(short),
    }


def _faster_whisper() -> dict[str, Call]:
    from faster_whisper.feature_extractor import FeatureExtractor

    extractor, y, short = FeatureExtractor(), _clip(), _clip(0.1)
    return {
        "FeatureExtractor": lambda: extractor(y),
        "FeatureExtractor, 0.1 s": lambda: extractor(short),
    }


def _torchaudio() -> dict[str, Call]:
    import torch
    from torchaudio import transforms
    from torchaudio.compliance import kaldi

    y, short = (torch.from_numpy(_clip(s))[None] for s in (1.0, 0.1))
    learned = y.clone().requires_grad_()
    spectrogram = transforms.Spectrogram()
    mel = transforms.MelSpectrogram(RATE, n_fft=400, n_mels=80)
    large = transforms.MelSpectrogram(RATE, n_fft=2048, n_mels=128)
    mfcc = transforms.MFCC(RATE, melkwargs={"n_mels": 64})
    return {
        "Spectrogram": lambda: spectrogram(y),
        "MelSpectrogram 400/80": lambda: mel(y),
        "MelSpectrogram 400/80, 0.1 s": lambda: mel(short),
        "MelSpectrogram 400/80, with a gradient": lambda: mel(learned),
        "MelSpectrogram 2048/128": lambda: large(y),
        "MFCC": lambda: mfcc(y),
        "kaldi.fbank": lambda: kaldi.fbank(y, num_mel_bins=80),
        "kaldi.fbank, 0.1 s": lambda: kaldi.fbank(short, num_mel_bins=80),
        "kaldi.mfcc": lambda: kaldi.mfcc(y),
        "kaldi.spectrogram": lambda: kaldi.spectrogram(y),
    }


def _transformers() -> dict[str, Call]:
    import transformers
    from fastmel import transformers as ours

    transformers.logging.set_verbosity_error()
    names = [n for n in ours.__all__ if n.endswith("Extractor") and n != "FeatureExtractor"]
    # Pop2Piano's finds beats with another library; these two call torchaudio, which has its own.
    left_out = {"Pop2PianoFeatureExtractor", "NeuCodecFeatureExtractor", "Xcodec2FeatureExtractor"}
    return {name: _call_of(getattr(transformers, name)()) for name in names if name not in left_out}


def _call_of(extractor: Any) -> Call:
    """Return the call of an extractor for a clip of a second, at the rate that it takes."""
    name, rate = type(extractor).__name__, getattr(extractor, "sampling_rate", RATE)
    clips = [np.resize(_clip(), rate)]
    if name == "GraniteSpeechFeatureExtractor":
        return lambda: extractor(clips)
    if name == "SpeechT5FeatureExtractor":
        return lambda: extractor(audio_target=clips, sampling_rate=rate)
    options = {} if name.startswith("Gemma") else {"sampling_rate": rate}
    return lambda: extractor(clips, **options)


def _kaldi_native_fbank() -> dict[str, Call]:
    import kaldi_native_fbank as knf

    options = knf.FbankOptions()
    options.frame_opts.dither = 0
    options.mel_opts.num_bins = 80

    def features(samples: list[float]) -> object:
        fbank = knf.OnlineFbank(options)
        fbank.accept_waveform(RATE, samples)
        fbank.input_finished()
        return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])

    y, short = _clip().tolist(), _clip(0.1).tolist()
    return {"OnlineFbank": lambda: features(y), "OnlineFbank, 0.1 s": lambda: features(short)}


LIBRARIES = {
    "librosa": _librosa,
    "whisper": _whisper,
    "faster_whisper": _faster_whisper,
    "torchaudio": _torchaudio,
    "transformers": _transformers,
    "kaldi_native_fbank": _kaldi_native_fbank,
}

# --- their times ----------------------------------------------------------------------------------


def _times(library: str, call: Call) -> dict[str, list[float]]:
    """Return the seconds of a call, by rounds, without the patch and with it."""
    import fastmel

    found: dict[str, list[float]] = {"plain": [], "patched": []}
    repeats = 1
    for turn in range(_ROUNDS + 1):  # the first compiles, plans, and says how often to repeat
        plain = _mean(call, repeats)
        with fastmel.patched(library, strict=True):
            patched = _mean(call, repeats)
        if turn:
            found["plain"].append(plain)
            found["patched"].append(patched)
        else:
            repeats = math.ceil(_SAMPLE_SECONDS / min(plain, patched))
    return found


def _mean(call: Call, repeats: int) -> float:
    call()
    # What others do on the machine is not counted; these calls wait for nothing.
    start = time.process_time()
    for _ in range(repeats):
        call()
    return max((time.process_time() - start) / repeats, 1e-7)


def patched(log: Callable[[str], None]) -> dict[str, Any]:
    """Measure short calls of every library, in seconds without the patch and with it."""
    seconds, goals = {}, []
    for library in LIBRARIES:
        done = subprocess.run(
            [sys.executable, "-m", __name__, library],
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
        )
        if done.returncode:
            log(f"  {library}: not measured: {done.stderr.strip().splitlines()[-1]}")
            continue
        for name, times in json.loads(done.stdout).items():
            name = f"{library}: {name}"
            seconds[name] = times
            ratio = statistics.median(
                a / b for a, b in zip(times["plain"], times["patched"], strict=True)
            )
            goals.append(asdict(Outcome(name, "itself, not patched", 1.0, ratio)))
    return {
        "title": "calls of patched libraries, 1 s at 16 kHz where nothing else is said",
        "seconds": seconds,
        "goals": goals,
    }


if __name__ == "__main__":
    machine.use_one_thread()
    warnings.simplefilter("ignore")
    (_library,) = sys.argv[1:]
    print(json.dumps({n: _times(_library, call) for n, call in LIBRARIES[_library]().items()}))
