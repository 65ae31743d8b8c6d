"""Audio files, and what the command says, for tests of the command line."""

import functools
import io

import soundfile as sf
from signals import music_like


@functools.cache
def encoded(form, n, sr, seed):
    file = io.BytesIO()
    sf.write(file, music_like(n, sr=sr, seed=seed), sr, format=form)
    return file.getvalue()


def make(path, n=12000, sr=16000, seed=0):
    """Write a recording, and the folders that it needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoded(path.suffix[1:], n, sr, seed))
    return path


def one_line(text):
    assert text.count("\n") == 1, text
    return text
