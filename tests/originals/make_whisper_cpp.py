"""Store what whisper.cpp's own log_mel_spectrogram returns.

Run in `tests` as ``python -m originals.make_whisper_cpp PATH_OF_WHISPER_CPP`` with a checkout of
https://github.com/ggml-org/whisper.cpp at COMMIT; needs g++ (12 was taken) and openai-whisper,
whose bands are those of the model files.
"""

import ctypes
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .signals import NAMES, as_float, signal
from .storage import store, versions

COMMIT = "233fe1fc9b48a09e361d3594520838ca266537fe"  # of 2026-08-22

# What the function needs of the library, and a way to call it.
BEFORE = r"""
#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <thread>
#include <vector>
#define WHISPER_SAMPLE_RATE 16000
#define WHISPER_N_FFT 400
#define WHISPER_HOP_LENGTH 160
#define WHISPER_ASSERT(x) if (!(x)) abort()
struct whisper_state { int64_t t_mel_us = 0; };
static int64_t ggml_time_us() { return 0; }
"""
AFTER = r"""
extern "C" int run(const float * y, int n, const float * bands, int n_mel, float * out) {
    whisper_state state;
    whisper_filters filters;
    filters.n_mel = n_mel;
    filters.n_fft = 201;
    filters.data.assign(bands, bands + n_mel * 201);
    whisper_mel mel;
    log_mel_spectrogram(state, y, n, 16000, 400, 160, n_mel, 1, filters, false, mel);
    std::copy(mel.data.begin(), mel.data.end(), out);
    return mel.n_len;
}
"""


def between(text, first, last):
    start = text.index(first)
    return text[start : text.index(last, start)]


def definition(checkout):
    """Compile the function, from its own file."""
    source = (Path(checkout) / "src/whisper.cpp").read_text()
    code = "".join(
        [
            BEFORE,
            between(source, "struct whisper_mel {", "struct whisper_vocab"),
            between(source, "#define SIN_COS_N_COUNT", "// split text into tokens"),
            AFTER,
        ]
    )
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "mel.so"
        command = ["g++", "-O2", "-std=c++17", "-shared", "-fPIC", "-pthread", "-xc++", "-"]
        subprocess.run([*command, "-o", library], input=code, text=True, check=True)
        return ctypes.CDLL(str(library)).run


def log_mel(run, y, bands):
    n_mels = len(bands)
    out = np.empty((n_mels, (len(y) + 480000) // 160), np.float32)
    pointer = ctypes.POINTER(ctypes.c_float)
    frames = run(
        y.ctypes.data_as(pointer), len(y), bands.ctypes.data_as(pointer), n_mels,
        out.ctypes.data_as(pointer),
    )  # fmt: skip
    assert frames == out.shape[1]
    return out


def main(checkout):
    import whisper

    run = definition(checkout)
    assets = Path(whisper.__file__).parent / "assets/mel_filters.npz"
    outputs = {}
    for row, key in {"whisper-cpp": "mel_80", "whisper-cpp-large-v3": "mel_128"}.items():
        bands = np.ascontiguousarray(np.load(assets)[key])
        for name in NAMES:
            outputs[row, name] = log_mel(run, as_float(signal(name, 16000)), bands)
    store("whisper_cpp", outputs, {"whisper.cpp": COMMIT} | versions("openai-whisper"))


if __name__ == "__main__":
    main(*sys.argv[1:])
