"""From a file to features: what decoding and resampling take of it."""

from __future__ import annotations

import functools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import fastmel
from fastmel import reference

from ..case import Case, Contender, lib, recording
from ..measure import Call
from . import features

_SR, _SECONDS = 44100, 30
# Another resampler's filter is other work above its passband, which the logarithm shows.
_RESAMPLED = 1.5


def file() -> Iterator[Case]:
    y = np.stack([recording(_SECONDS, _SR), recording(_SECONDS, _SR)[::-1]], axis=1)
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "clip.flac")
        lib("soundfile").write(path, y, _SR)
        decoded = lib("soundfile").read(path, dtype="float32")[0].mean(axis=1)
        resampled = lib("soxr").resample(decoded, _SR, 16000)

        def ours() -> Call:
            compute = fastmel.frontend("whisper")
            return lambda: compute(fastmel.load(path, sr=16000)[0])

        def librosa() -> Call:
            load, compute = lib("librosa").load, features.whisper_by_librosa()
            return lambda: compute(load(path, sr=16000)[0])

        def faster_whisper() -> Call:
            decode = functools.partial(lib("faster_whisper").decode_audio, sampling_rate=16000)
            compute = lib("faster_whisper.feature_extractor").FeatureExtractor()
            return lambda: compute(decode(path), padding=0)

        def openai_whisper() -> Call:
            module = lib("whisper")
            return lambda: module.log_mel_spectrogram(module.load_audio(path))

        yield Case(
            key="file",
            title="Whisper's log-mel of a file, 30 s of FLAC, two channels, 44.1 to 16 kHz",
            unit="file",
            units=1,
            expected=reference.whisper_log_mel(resampled),
            tolerance=1e-3,
            kind="files",
            audio=_SECONDS,
            contenders={
                "fastmel": Contender(ours, note="libsndfile decodes, soxr (HQ) resamples"),
                "  of which decoding": Contender(
                    lambda: lambda: fastmel.load(path, sr=None)[0], np.asarray, decoded, 1e-4
                ),
                "  of which decoding, resampling": Contender(
                    lambda: lambda: fastmel.load(path, sr=16000)[0], np.asarray, resampled, 1e-4
                ),
                "librosa": Contender(librosa, note="libsndfile, soxr (HQ)"),
                "faster-whisper": Contender(
                    faster_whisper, tolerance=_RESAMPLED, note="FFmpeg by PyAV for both"
                ),
                "openai-whisper": Contender(
                    openai_whisper, tolerance=_RESAMPLED, note="the program ffmpeg for both"
                ),
            },
        )
