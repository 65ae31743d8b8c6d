"""Audio files, and what the command says, for tests of the command line."""

import soundfile as sf
from signals import music_like


def make(path, n=12000, sr=16000, seed=0):
    """Write a recording, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, music_like(n, sr=sr, seed=seed), sr)
    return path


def one_line(text):
    assert text.count("\n") == 1, text
    return text
