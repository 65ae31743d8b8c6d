"""Masks: 1 where a clip is, and 0 where padding is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from ._clips import Lengths
from ._files import AsTheirs


def first_of_hop(extractor: AsTheirs, lengths: Lengths) -> slice:
    """Return the places of every hop's first sample, for the frames that there are."""
    hop = extractor.hop_length
    return slice(0, lengths.common() // hop * hop, hop)


def last_of_window(extractor: AsTheirs, lengths: Lengths) -> slice:
    """Return the places of every window's last sample."""
    return slice(extractor.win_length - 1, None, extractor.hop_length)


def second_of_joined(extractor: AsTheirs, lengths: Lengths) -> slice:
    """Return the places of the second frame of each that joins some."""
    stride = extractor.stride
    if stride < 2:
        raise ValueError(f"stride={stride} must be 2 or more: a mask is that of second frames")
    return slice(1, lengths.common() // stride * stride, stride)


@dataclass(frozen=True)
class Mask:
    """The mask of a result: what it calls it, when it is made, its type, the places it tells of.

    It is made as a call says, else the constructor ("set"), where a call asks for it, in any case,
    or never. That of clips that stay as they are is a list of theirs, and so is one that is
    `listed`.
    """

    name: str = ""
    when: Literal["set", "asked", "always", "never"] = "set"
    dtype: type[np.generic] = np.int32
    listed: bool = False
    at: Callable[[AsTheirs, Lengths], slice] = lambda extractor, lengths: slice(None)

    @property
    def text(self) -> str:
        """What the documentation of a call says of the argument that asks for it."""
        if self.when == "always":
            return "Without effect, as in the original: the mask is returned."
        more = "; by default, as the constructor says" if self.when == "set" else ""
        return f"Whether the mask is returned: 1 where a clip is, 0 where padding is{more}."

    def wanted(self, extractor: AsTheirs, asked: bool | None) -> bool:
        """Return whether a call that asks for it, or says nothing of it, returns the mask."""
        if self.when == "set":
            return bool(extractor.return_attention_mask if asked is None else asked)
        return self.when == "always" or (self.when == "asked" and bool(asked))

    def of(self, extractor: AsTheirs, lengths: Lengths) -> Any:
        """Return the mask of all clips."""
        if not lengths.are_equal():
            return [self.of(extractor, one)[0] for one in lengths.each()]
        side = "right" if extractor._pads_right_only else extractor.padding_side
        mask = lengths.mask(self.at(extractor, lengths), side).astype(self.dtype, copy=False)
        return list(mask) if self.listed else mask
