"""A few short recordings, for the examples that are run without any."""

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile


def given_or_made() -> list[Path]:
    """Return the files of the command line, or four rising tones of 1 to 4 s."""
    if sys.argv[1:]:
        return [Path(name) for name in sys.argv[1:]]
    folder = Path(tempfile.mkdtemp())
    paths = []
    for i, seconds in enumerate((1.0, 2.5, 4.0, 1.7)):
        t = np.arange(int(seconds * 16000)) / 16000
        y = 0.4 * np.sin(2 * np.pi * (200 + 150 * i + 300 * t) * t)
        paths.append(folder / f"tone{i}.wav")
        soundfile.write(paths[-1], y, 16000)
    return paths
