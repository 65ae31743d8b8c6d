"""Parts of docstrings that many extractors share."""

from __future__ import annotations

import re
import textwrap

__all__ = ["with_parts"]

_PARTS = {
    "clips": """\
raw_speech : array or list
    A clip (one axis, or a list of numbers), or several.""",
    "clips_mixed": """\
raw_speech : array or list
    A clip (one axis), or several; of channels on the last axis the mean is taken.""",
    "lengths": """\
padding, max_length, truncation, pad_to_multiple_of
    Lengths in samples.""",
    "lengths_or_30_s": """\
padding, max_length, truncation, pad_to_multiple_of
    Lengths in samples: "max_length" (`chunk_length` seconds by default), "longest" or
    "do_not_pad".""",
    "frame_lengths": """\
padding, max_length, truncation, pad_to_multiple_of
    Lengths in frames.""",
    "tensors": """\
return_tensors : {None, "np", "pt"}
    NumPy arrays (None too), or torch tensors.""",
    "list_tensors": """\
return_tensors : {None, "np", "pt"}
    Lists of NumPy arrays, arrays, or torch tensors.""",
    "rate": """\
sampling_rate : int, optional
    Sample rate of the clips; an error if the model needs another.""",
    "center": """\
center : bool
    Whether frames are centred, for the first piece of a stream, or begin at their first
    sample, for later ones.""",
    "mask": """\
return_attention_mask : bool, optional
    Whether the mask is returned.""",
    "device": """\
device, **kwargs
    For compatibility: "cpu".""",
    "others": """\
**kwargs
    Without effect.""",
    "raises": """\
Raises
------
ValueError
    For another sample rate, clips that make no batch, are too short, or not finite.""",
}

_NAME = re.compile(r"^( *)\$(\w+)$", re.MULTILINE)


def with_parts(doc: str | None) -> str | None:
    """Return a docstring with the parts that it names, as ``$clips`` on a line of its own."""
    return doc and _NAME.sub(lambda found: textwrap.indent(_PARTS[found[2]], found[1]), doc)
