"""The catalogue: named front ends as data, with the source of each.

A row is a configuration and its source. Where two rows share most of a configuration, one is
derived from the other. Each family has a file.
"""

from __future__ import annotations

from . import general, huggingface, kaldi, nemo, speech_synthesis, tagging, toolkits, whisper
from .entry import Entry

FAMILIES: dict[str, dict[str, Entry]] = {
    "General libraries": general.GENERAL,
    "Kaldi": kaldi.KALDI,
    "Whisper": whisper.WHISPER,
    "NeMo": nemo.NEMO,
    "Speech toolkits": toolkits.TOOLKITS,
    "Models in transformers": huggingface.HUGGING_FACE,
    "Speech synthesis and voice": speech_synthesis.SPEECH_SYNTHESIS,
    "Tagging and embeddings": tagging.TAGGING,
}
CATALOGUE: dict[str, Entry] = {
    name: entry for rows in FAMILIES.values() for name, entry in rows.items()
}
