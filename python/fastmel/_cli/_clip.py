"""The clip of ``fastmel demo``: a second each of the things that spectrograms are read for."""

from __future__ import annotations

import io
import wave

import numpy as np

SAMPLE_RATE = 22050
SECONDS = 6.0
_SEED = 20
_BEAT = 0.375  # seconds

# A pentatonic tune, in semitones from A3 (220 Hz), one note a beat.
_TUNE = (0, 3, 7, 10, 12, 10, 7, 3, 5, 8, 12, 15, 17, 12, 7, 0)


def synthesize() -> np.ndarray:
    """Return the clip, float32 in [-1, 1]: plucked notes, rising and falling chirps, soft brushes.

    It is the same every time.
    """
    rng = np.random.default_rng(_SEED)
    y = np.zeros(int(SECONDS * SAMPLE_RATE))
    for beat, semitones in enumerate(_TUNE):
        _add(y, beat * _BEAT, 0.30 * _pluck(220.0 * 2 ** (semitones / 12)))
        if beat % 2:
            _add(y, beat * _BEAT, 0.10 * _brush(rng))
    _add(y, 0.4, 0.09 * _chirp(300, 9000, 2.2))
    _add(y, 3.3, 0.09 * _chirp(9000, 300, 2.2))
    y += 2e-4 * rng.standard_normal(y.size)
    # On the grid of 16-bit samples: what is computed here is what the file holds.
    pcm = np.round(y * (0.8 * 2**15 / np.abs(y).max()))
    return np.asarray(pcm / 2**15, dtype=np.float32)


def _add(y: np.ndarray, start: float, sound: np.ndarray) -> None:
    first = round(start * SAMPLE_RATE)
    room = min(sound.size, y.size - first)
    y[first : first + room] += sound[:room]


def _pluck(hz: float, seconds: float = 1.1) -> np.ndarray:
    """Return a string's note: harmonics that fall off, the higher the faster."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    partials = [
        np.sin(2 * np.pi * hz * k * t) * np.exp(-(2.2 + 1.1 * k) * t) / k**0.9
        for k in range(1, 13)
        if hz * k < 0.45 * SAMPLE_RATE
    ]
    string: np.ndarray = np.sum(partials, axis=0) * np.minimum(1, t / 0.004)
    return string


def _brush(rng: np.random.Generator, seconds: float = 0.14) -> np.ndarray:
    """Return a burst of bright noise."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    noise = np.diff(rng.standard_normal(t.size), prepend=0.0)
    return noise * np.exp(-t / 0.03) * np.minimum(1, t / 0.002)


def _chirp(start_hz: float, end_hz: float, seconds: float) -> np.ndarray:
    """Return a tone that moves evenly in octaves, with faded ends and a slow tremolo."""
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    octaves = np.log(end_hz / start_hz)
    phase = 2 * np.pi * start_hz * seconds / octaves * np.expm1(octaves * t / seconds)
    fade = np.sin(np.pi * t / seconds) ** 0.5
    tone: np.ndarray = np.sin(phase) * fade * (1 + 0.3 * np.sin(2 * np.pi * 6 * t))
    return tone


def wav_bytes(y: np.ndarray, rate: int = SAMPLE_RATE, *, full: int = 2**15) -> bytes:
    """Return a 16-bit WAV file, where 1 is `full`, without any audio library."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", ""))
        out.writeframes(np.round(y * full).astype("<i2").tobytes())
    return file.getvalue()
