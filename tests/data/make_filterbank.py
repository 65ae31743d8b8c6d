"""Store librosa's mel filter banks, so that they can be checked where librosa is not installed.

    python tests/data/make_filterbank.py

writes filterbank.npz beside this file: for each case of CASES the weights of
``librosa.filters.mel``, and the scale conversions of a few frequencies. A bank is stored as its
non-zero weights and their flat positions.
"""

from pathlib import Path

import numpy as np

# Also read by the tests: name -> arguments of the bank.
CASES = {
    "librosa": {"sr": 22050, "n_fft": 2048},
    "whisper_80": {"sr": 16000, "n_fft": 400, "n_mels": 80},
    "whisper_128": {"sr": 16000, "n_fft": 400, "n_mels": 128},
    "htk_no_norm": {
        **{"sr": 16000, "n_fft": 512, "n_mels": 40, "fmin": 20.0, "fmax": 7600.0},
        **{"htk": True, "norm": None, "dtype": "float64"},
    },
    "vocoder": {"sr": 22050, "n_fft": 1024, "n_mels": 80, "fmin": 0.0, "fmax": 8000.0},
    "norm_1": {"sr": 16000, "n_fft": 401, "n_mels": 24, "norm": 1, "dtype": "float64"},
    "norm_inf": {"sr": 44100, "n_fft": 1000, "n_mels": 64, "norm": float("inf")},
}
FREQUENCIES = [0.0, 1.0, 60.0, 440.0, 999.9, 1000.0, 1234.5, 6400.0, 11025.0, 48000.0]


def main():
    import librosa

    stored = {"librosa_version": np.array(librosa.__version__)}
    for name, arguments in CASES.items():
        bank = librosa.filters.mel(**arguments)
        positions = np.flatnonzero(bank)
        stored[f"{name}/shape"] = np.array(bank.shape)
        stored[f"{name}/positions"] = positions.astype(np.int32)
        stored[f"{name}/weights"] = bank.ravel()[positions]
    for scale, htk in (("slaney", False), ("htk", True)):
        mels = librosa.hz_to_mel(FREQUENCIES, htk=htk)
        stored[f"mels/{scale}"] = mels
        stored[f"hertz/{scale}"] = librosa.mel_to_hz(mels, htk=htk)
        stored[f"edges/{scale}"] = librosa.mel_frequencies(42, fmin=20, fmax=7600, htk=htk)
    target = Path(__file__).with_name("filterbank.npz")
    np.savez_compressed(target, **stored)
    print(f"{target}: {target.stat().st_size} bytes, librosa {librosa.__version__}")


if __name__ == "__main__":
    main()
