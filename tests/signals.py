"""Test signals, synthesised with NumPy alone and the same on every machine.

Real recordings have what breaks a front end: pauses far below the peak, voiced harmonics, broadband
bursts, sudden onsets and decays into silence. These have it too, at any length and rate.
"""

import functools

import numpy as np


def kept(make):
    """Copies of what was made before: most tests want the same, and cost less than to make it."""
    made = functools.lru_cache(maxsize=256)(make)
    return functools.wraps(make)(lambda *args, **kwargs: made(*args, **kwargs).copy())


def noise(n_samples, seed=0, level=0.1):
    """White Gaussian noise of standard deviation `level`."""
    return (level * np.random.default_rng(seed).standard_normal(n_samples)).astype(np.float32)


def tone(n_samples, sr=22050, frequency=1000.0, level=0.5):
    """A pure tone: its spectrum spans more decades than any recording's."""
    t = np.arange(n_samples) / sr
    return (level * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def clicks(n_samples, every=1000, level=0.9):
    """Unit impulses in digital silence: whole frames of exact zeros, and flat spectra between."""
    y = np.zeros(n_samples, np.float32)
    y[every // 2 :: every] = level
    return y


@kept
def speech_like(n_samples, sr=22050, seed=0):
    """Voiced syllables with moving formants and pitch, fricatives, and pauses 60 dB down."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_samples) / sr
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * t + rng.uniform(0, 6)), 0, None) ** 0.7
    pitch = 120 * (1 + 0.15 * np.sin(2 * np.pi * 0.7 * t) + 0.02 * np.sin(2 * np.pi * 5 * t))
    phase = 2 * np.pi * np.cumsum(pitch) / sr
    formants = [(500, 90, 1.0), (1500, 120, 0.5), (2500, 160, 0.25), (3500, 200, 0.1)]
    wobble = 1 + 0.2 * np.sin(2 * np.pi * 1.3 * t + rng.uniform(0, 6))
    voiced = np.zeros(n_samples)
    for k in range(1, int(0.45 * sr / 140) + 1):
        gain = sum(
            a / (1 + ((k * pitch - centre * wobble) / width) ** 2) for centre, width, a in formants
        )
        voiced += gain * np.sin(k * phase + rng.uniform(0, 6))
    fricative = rng.standard_normal(n_samples) * np.clip(-np.sin(2 * np.pi * 3.1 * t), 0, 1) ** 4
    y = syllables * voiced + 0.08 * np.diff(fricative, prepend=0.0)
    y = y / np.abs(y).max() * 0.8 + 1e-4 * rng.standard_normal(n_samples)
    return y.astype(np.float32)


@kept
def music_like(n_samples, sr=22050, seed=0):
    """Decaying chords with sharp attacks over a bass line and a hi-hat."""
    rng = np.random.default_rng(seed)
    y = np.zeros(n_samples)
    beat = max(1, int(0.25 * sr))
    for start in range(0, n_samples, beat):
        t = np.arange(n_samples - start)[: 4 * beat] / sr
        root = 110 * 2 ** (rng.integers(0, 13) / 12)
        for interval in (0, 4, 7, 12):
            f = root * 2 ** (interval / 12)
            for h in range(1, 9):
                if h * f < sr / 2:
                    y[start : start + t.size] += (
                        0.5**h * np.exp(-(2 + h) * t) * np.sin(2 * np.pi * h * f * t)
                    )
        hat = np.exp(-60 * t) * rng.standard_normal(t.size)
        y[start : start + t.size] += 0.2 * hat
    return (0.7 * y / max(np.abs(y).max(), 1e-9)).astype(np.float32)


def realistic(n_samples, sr=22050):
    """The named signals that every comparison runs over."""
    return {
        "speech": speech_like(n_samples, sr),
        "music": music_like(n_samples, sr),
        "noise": noise(n_samples),
    }


def pcm(y, dtype=np.int16):
    """`y` in [-1, 1) as integer PCM."""
    scale = 2.0 ** (8 * np.dtype(dtype).itemsize - 1)
    return np.clip(np.round(y.astype(np.float64) * scale), -scale, scale - 1).astype(dtype)
