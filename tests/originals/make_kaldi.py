"""Store what Kaldi's own programs wrote about a swept sine, for test_kaldi.

``python -m originals.make_kaldi FOLDER``, in ``tests``, where FOLDER is
``kaldifeat/python/tests/test_data`` of https://github.com/csukuangfj/kaldifeat at commit
8cda08e0c53d9bfa1b465745afbf92a9b68aebfa: texts of compute-fbank-feats, compute-mfcc-feats and
compute-spectrogram-feats with ``--dither=0``; the commands are in its run.sh.
"""

import sys
import wave
from pathlib import Path

import numpy as np

FILES = {
    "fbank": "test.txt",
    "fbank-energy": "test-with-energy.txt",
    "fbank-energy-htk": "test-htk.txt",
    "fbank-40-mirrored": "test-40-no-snip-edges.txt",
    "mfcc": "test-mfcc.txt",
    "mfcc-mirrored": "test-mfcc-no-snip-edges.txt",
    "spectrogram": "test-spectrogram.txt",
}
# Spectra are large, and their first frames show what there is to see.
SPECTRA = 12


def read(path):
    """Read the one matrix of a text archive: ``name [ rows ]``."""
    text = path.read_text()
    rows = text[text.index("[") + 1 : text.index("]")].strip().splitlines()
    return np.array([row.split() for row in rows], dtype=np.float32)


def main(folder):
    with wave.open(str(folder / "test.wav")) as file:
        y = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    stored = {name: read(folder / file) for name, file in FILES.items()}
    stored["spectrogram"] = stored["spectrogram"][:SPECTRA]
    path = Path(__file__).parent / "data" / "kaldi.npz"
    path.parent.mkdir(exist_ok=True)
    np.savez_compressed(path, y=y, **stored)
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
