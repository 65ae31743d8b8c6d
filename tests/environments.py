"""Digests of what is made of tables, and threads whose floating-point environment is unusual.

``python -m environments [upward | flush | …]`` prints the digests.
"""

import contextlib
import ctypes
import json
import platform
import sys
import warnings

import chains
import fastmel
import numpy as np
import signals
from bits import digest
from fastmel import _core
from fastmel._engine.filterbank import filters
from fastmel._engine.windows import get_window

WINDOWS = [
    *("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "cosine", "exponential"),
    *("flattop", "hamming", "hann", "lanczos", "nuttall", "parzen", "povey", "sine", "triang"),
    *(("exponential", None, 3.0), ("gaussian", 7), ("general_gaussian", 1.5, 3)),
    *(("general_hamming", 0.6), ("kaiser", 8.6), ("kaiser", 50.0), ("tukey", 0.1), ("tukey", 0.9)),
]
# hann(400), (800) and (1001), and transforms of 465, 626 and 661 points, depended on the variant of
# the C library's sine and cosine.
SIZES = (16, 400, 512, 800, 1001, 1024)
LENGTHS = (31, 465, 509, 600, 626, 661, 1021, 2048)

NOISE = signals.noise(5000, seed=4)
SAMPLES = {
    "float64": NOISE.astype(np.float64),
    "float32": NOISE,
    "faint": NOISE * np.float32(1e-19),
    "int16": signals.pcm(NOISE),
}
SPECTRA = {n: np.fft.rfft(NOISE[:4096].reshape(8, -1), n).T.copy() for n in (256, 465, 509)}


def of_tables():
    found = {}
    for window in WINDOWS:
        for n in SIZES:
            found[f"{window} {n}"] = digest(get_window(window, n))
    for name, config in chains.CHAINS.items():
        if config.n_mels is not None:
            found[f"filters of {name}"] = digest(filters(config)[0])
    for scale in ("slaney", "htk", "kaldi"):
        for shape in ("hz", "mel"):
            config = fastmel.MelConfig(
                sample_rate=16000, n_fft=512, mel_scale=scale, mel_shape=shape
            )
            found[f"filters {scale} {shape}"] = digest(filters(config)[0])
    for p in (0.3, 2.0, 3.3):
        config = fastmel.MelConfig(sample_rate=16000, n_fft=512, mel_norm=p)
        found[f"filters of norm {p}"] = digest(filters(config)[0])
    for dct_type in (1, 2, 3, 4):
        cepstra = {"n_bands": 40, "n_mfcc": 40, "dct_type": dct_type, "lifter": 22.0}
        found[f"cosine transform {dct_type}"] = digest(_core.cepstral_matrix(**cepstra))
    return found


def of_chains():
    found = {}
    for kind, y in SAMPLES.items():
        for precision in ("double", "single"):
            for n in LENGTHS:
                how = {"n_fft": n, "window": "boxcar", "precision": precision}
                found[f"stft {n} {kind} {precision}"] = digest(fastmel.stft(y, **how))
            mel = {"y": y, "precision": precision, "n_fft": 512}
            found[f"mel {kind} {precision}"] = digest(fastmel.melspectrogram(**mel))
            for workers in (1, 3):
                log_mel = fastmel.log_melspectrogram(ref=np.max, workers=workers, **mel)
                found[f"log mel {kind} {precision} {workers}"] = digest(log_mel)
            found[f"mfcc {kind} {precision}"] = digest(fastmel.mfcc(lifter=22, **mel))
        for name, config in chains.CHAINS.items():
            found[f"{name} {kind}"] = digest(fastmel.frontend(config)(y))
    for n, spectrum in SPECTRA.items():
        found[f"istft {n}"] = digest(fastmel.istft(spectrum, n_fft=n, hop_length=100))
    return found


def results():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return of_tables() | of_chains()


# --- the environment of a thread ------------------------------------------------------------------

# Where C's fenv_t has the control word of the vector unit, and the bits that change: rounding, what
# is subnormal being 0, and a signal (SIGFPE) where a number is invalid, infinite or too large.
LAYOUT = {
    "x86_64": (
        28,
        {"upward": 0x4000, "downward": 0x2000, "to zero": 0x6000, "flush": 0x8040, "trap": 0x680},
    ),
    "aarch64": (
        0,
        {"upward": 1 << 22, "downward": 2 << 22, "to zero": 3 << 22, "flush": 1 << 24},
    ),
}
KNOWN = sys.platform == "linux" and platform.machine() in LAYOUT
MODES = LAYOUT[platform.machine()][1] if KNOWN else {}
FLAGS = 0x3F if platform.machine() == "x86_64" else 0  # of exceptions, in the same word


def control():
    """Return the calling thread's control word and, with it, what restores its environment."""
    libm = ctypes.CDLL("libm.so.6")
    saved = ctypes.create_string_buffer(64)
    assert libm.fegetenv(saved) == 0
    at = LAYOUT[platform.machine()][0]
    word = int.from_bytes(saved.raw[at : at + 4], "little")
    return word, lambda env=saved: libm.fesetenv(env)


@contextlib.contextmanager
def changed(change):
    """The calling thread's control word is what `change` makes of it."""
    at = LAYOUT[platform.machine()][0]
    word, restore = control()
    env = ctypes.create_string_buffer(64)
    ctypes.CDLL("libm.so.6").fegetenv(env)
    env[at : at + 4] = change(word).to_bytes(4, "little")
    restore(env)
    try:
        yield
    finally:
        restore()


def unusual(how):
    """The calling thread rounds otherwise, flushes subnormal numbers to zero, or traps."""
    return changed(lambda word: word & ~FLAGS ^ MODES[how])


def raised(flags):
    """The calling thread has raised these exceptions, and no others."""
    return changed(lambda word: word & ~FLAGS | flags)


if __name__ == "__main__":
    with unusual(sys.argv[1]) if len(sys.argv) > 1 else contextlib.nullcontext():
        print(json.dumps(results()))
