"""The signals on which every front end meets its original.

They are synthesised, and rounded to 16 or 20 bits: a last bit that another machine's sine or noise
puts elsewhere would reach features that are stored, were it not rounded away.
"""

import functools

import numpy as np
from signals import music_like, noise, pcm, speech_like

NAMES = (
    "speech",
    "music",
    "noise",
    "silence",
    "clipped",
    "short",
    "awkward",
    "speech, int16",
    "clipped, int16",
)


def signal(name, sample_rate):
    """Return one second of the named signal, or what its name says; float32 or int16."""
    return _made(name, sample_rate).copy()


@functools.cache
def _made(name, sample_rate):
    name, _, integers = name.partition(", ")
    y = _MAKERS[name](sample_rate)
    return pcm(y) if integers else (np.round(y * 2.0**19) / 2.0**19).astype(np.float32)


def as_float(y):
    """Return samples as originals want them: float32 in [-1, 1]."""
    return (y / np.float32(32768)).astype(np.float32) if y.dtype == np.int16 else y


def _clipped(sample_rate):
    return np.clip(6 * music_like(sample_rate, sample_rate, seed=1), -1, 1)


def _short(sample_rate):
    # Longer than half of any transform that mirrors the ends, shorter than most of them.
    return speech_like(round(0.065 * sample_rate), sample_rate, seed=2)


def _awkward(sample_rate):
    return speech_like(_prime_above(round(1.06 * sample_rate)), sample_rate, seed=3)


def _prime_above(n):
    return next(p for p in range(n, 2 * n) if all(p % d for d in range(2, int(p**0.5) + 1)))


_MAKERS = {
    "speech": lambda sample_rate: speech_like(sample_rate, sample_rate),
    "music": lambda sample_rate: music_like(sample_rate, sample_rate),
    "noise": noise,
    "silence": lambda sample_rate: np.zeros(sample_rate, np.float32),
    "clipped": _clipped,
    "short": _short,
    "awkward": _awkward,
}
