"""Features of many files in processes, by joblib.

    python examples/joblib_processes.py [AUDIO ...]

Each task writes what it computes and returns where: arrays are not sent between processes. Threads
do as well (`prefer="threads"`), since decoding, resampling and features all release the GIL. For a
corpus take `fastmel extract` or `fastmel.extract`, which do this and go on where they were stopped.
"""

import os
import tempfile
from pathlib import Path

import fastmel
import numpy as np
from clips import given_or_made
from joblib import Parallel, delayed


def features_of(path: Path, folder: Path, frontend: fastmel.FrontEnd) -> Path:
    """Write the features of a file; return where they are."""
    samples, _ = fastmel.load(path, sr=frontend.sample_rate)
    target, part = folder / f"{path.stem}.npy", folder / f".{path.stem}.npy"
    np.save(part, frontend(samples, workers=1))
    os.replace(part, target)  # whole or not at all, should the job be stopped
    return target


def extract(paths: list[Path], folder: Path, name: str = "whisper", **how) -> list[Path]:
    """Write the features of files to a folder."""
    frontend = fastmel.frontend(name)
    return Parallel(**how)(delayed(features_of)(path, folder, frontend) for path in paths)


if __name__ == "__main__":
    for target in extract(given_or_made(), Path(tempfile.mkdtemp()), n_jobs=2, batch_size=16):
        print(target, np.load(target, mmap_mode="r").shape)
