"""All originals, by the row of the catalogue: those that run here, and those that are stored."""

from fastmel._catalogue import CATALOGUE

from . import general, huggingface, kaldi, nemo, speech_synthesis, storage, tagging, whisper

MODULES = (general, huggingface, kaldi, nemo, speech_synthesis, tagging, whisper)

# The distributions that they come in.
PACKAGES = [
    "librosa", "torch", "torchaudio", "transformers", "openai-whisper", "faster-whisper",
    "kaldi-native-fbank", "lhotse", "funasr", "speechbrain", "espnet", "torchlibrosa", "nnAudio",
    "python_speech_features", "essentia", "vocos", "bigvgan", "matcha-tts", "torchvggish",
    "hear21passt", "resemblyzer",
]  # fmt: skip


def live():
    """Return what runs an original, by row; it skips, as a test, where a library is missing."""
    found = {row: original for module in MODULES for row, original in module.ORIGINALS.items()}
    return _in_order(found)


def stored():
    """Return an original's stored outputs: functions as in :func:`live`, by row and signal."""
    return _in_order({row: storage.stored(row) for row in storage.families()})


def _in_order(found):
    assert found.keys() <= CATALOGUE.keys()
    return {row: found[row] for row in CATALOGUE if row in found}
