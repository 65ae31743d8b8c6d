"""The catalogue: named front ends as data, with the source of each.

A row is a configuration, with the steps around it where a model needs some. Where two rows share
most of a configuration, one is derived from the other. Each family has a file.
"""

from __future__ import annotations

from . import general, huggingface, kaldi, nemo, speech_synthesis, tagging, toolkits, whisper
from .entry import Entry

__all__ = ["CATALOGUE", "Entry"]

CATALOGUE: dict[str, Entry] = {
    **general.ROWS,
    **kaldi.KALDI,
    **whisper.WHISPER,
    **nemo.NEMO,
    **toolkits.ROWS,
    **huggingface.HUGGING_FACE,
    **speech_synthesis.ROWS,
    **tagging.ROWS,
}
