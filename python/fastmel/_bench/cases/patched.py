"""Calls of every library that can be patched, without the patch and with it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

import fastmel

from ..case import Array, Case, Contender, recording
from ..measure import Call

_RATE = 16000


def _pair(library: str, name: str, call: Call, *, seconds: float = 1.0) -> Case:
    expected = _as_array(call())
    opened = functools.partial(fastmel.patched, library, strict=True)
    return Case(
        key=f"patched/{library}/{name}",
        title=f"{library}: {name}",
        unit="call",
        units=1,
        expected=expected,
        tolerance=1e-2 * float(np.abs(expected).max()),
        kind="patched",
        audio=seconds,
        contenders={
            "not patched": Contender(lambda: call, _as_array),
            "patched": Contender(lambda: call, _as_array, ours=True, around=opened),
        },
    )


def _as_array(result: Any) -> Array:
    """Return the features of what a library gives: tensors, dictionaries, lists of these."""
    if isinstance(result, Mapping) or hasattr(result, "keys"):
        result = next(iter(result.values()))
    if isinstance(result, (list, tuple)):
        return np.concatenate([np.ravel(_as_array(item)) for item in result])
    return np.asarray(result.detach() if hasattr(result, "detach") else result)


def _clip(seconds: float = 1.0, rate: int = _RATE) -> Array:
    return recording(seconds, rate)


def extractors() -> Iterator[Case]:
    """Whole calls of transformers' extractors, padding and containers included."""
    import transformers

    transformers.logging.set_verbosity_error()
    y = _clip(30)
    # Parakeet's has no NumPy output.
    tensors = {
        "WhisperFeatureExtractor": "np",
        "SeamlessM4TFeatureExtractor": "np",
        "ParakeetFeatureExtractor": "pt",
    }
    for name, kind in tensors.items():
        extract = getattr(transformers, name)()
        call = functools.partial(extract, y, sampling_rate=_RATE, return_tensors=kind)
        yield _pair("transformers", f"{name}, 30 s", call, seconds=30)


def short_calls() -> Iterator[Case]:
    """Yield calls for a second at 16 kHz, where nothing else is said, and for less."""
    for library, calls in _LIBRARIES.items():
        try:
            found = calls()
        except ImportError:  # one that is not installed says so in other cases
            continue
        for name, call in found.items():
            yield _pair(library, name, call)


# --- the calls ------------------------------------------------------------------------------------


def _librosa() -> dict[str, Call]:
    import librosa
    import librosa.filters as filters

    y, short = _clip(), _clip(0.2)
    spectrum = librosa.stft(y)
    power = np.abs(spectrum) ** 2
    return {
        "stft": lambda: librosa.stft(y),
        "stft, 0.2 s": lambda: librosa.stft(short),
        "istft": lambda: librosa.istft(spectrum),
        "spectral_centroid": lambda: librosa.feature.spectral_centroid(y=y, sr=_RATE),
        "melspectrogram": lambda: librosa.feature.melspectrogram(y=y, sr=_RATE),
        "melspectrogram, 0.2 s": lambda: librosa.feature.melspectrogram(y=short, sr=_RATE),
        "mfcc": lambda: librosa.feature.mfcc(y=y, sr=_RATE),
        "power_to_db": lambda: librosa.power_to_db(power),
        "power_to_db, a frame": lambda: librosa.power_to_db(power[:, :1]),
        "amplitude_to_db": lambda: librosa.amplitude_to_db(power),
        "pcen": lambda: librosa.pcen(power),
        "filters.mel": lambda: filters.mel(sr=_RATE, n_fft=512),
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
    mel = transforms.MelSpectrogram(_RATE, n_fft=400, n_mels=80)
    large = transforms.MelSpectrogram(_RATE, n_fft=2048, n_mels=128)
    mfcc = transforms.MFCC(_RATE, melkwargs={"n_mels": 64})
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
    name, rate = type(extractor).__name__, getattr(extractor, "sampling_rate", _RATE)
    clips = [_clip(1.0, rate)]
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
        fbank.accept_waveform(_RATE, samples)
        fbank.input_finished()
        return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])

    y, short = _clip().tolist(), _clip(0.1).tolist()
    return {"OnlineFbank": lambda: features(y), "OnlineFbank, 0.1 s": lambda: features(short)}


_LIBRARIES: dict[str, Callable[[], dict[str, Call]]] = {
    "librosa": _librosa,
    "whisper": _whisper,
    "faster_whisper": _faster_whisper,
    "torchaudio": _torchaudio,
    "transformers": _transformers,
    "kaldi_native_fbank": _kaldi_native_fbank,
}
