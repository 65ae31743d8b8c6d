"""Policies: how the features of clips are laid out in a result, and which mask goes with them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from ._clips import Floats, Lengths, part_of
from ._fields import Given

if TYPE_CHECKING:
    from ._base import FeatureExtractor

__all__ = ["LAYOUTS", "Layout", "Mask", "first_of_hop", "last_of_window", "second_of_joined"]

Layout: TypeAlias = Literal["batch", "each", "alone", "frames"]


def batch(self: FeatureExtractor, clips: list[Floats], given: Given) -> tuple[Any, Lengths]:
    """Return the features of clips that are padded to one length of samples."""
    samples, lengths = self._batch(clips, given)
    return self._features(samples, given), lengths


def each(self: FeatureExtractor, clips: list[Floats], given: Given) -> tuple[Any, Lengths]:
    """Return the features of each clip, as it is padded."""
    lengths = self._lengths(map(len, clips), given)
    return [self._features(c, given) for c in self._padded(clips, lengths)], lengths


def alone(self: FeatureExtractor, clips: list[Floats], given: Given) -> tuple[Any, Lengths]:
    """Return the features of each clip without padding, with zeros after the last frame."""
    lengths = self._lengths(map(len, clips), given)
    frames, front_end = self._frames(lengths.common(), given), self._chain_for(given)
    features = np.zeros((len(clips), frames, front_end.n_features), np.float32)
    kept = [front_end.num_frames(n) for n in lengths.kept]
    for row, clip, samples, n in zip(features, clips, lengths.kept, kept, strict=True):
        if n:
            front_end(clip[:samples], out=row[:n])
    return features, Lengths(kept, [frames] * len(kept))


def framed(self: FeatureExtractor, clips: list[Floats], given: Given) -> tuple[Any, Lengths]:
    """Return the features of clips, padded in frames; they are written where they belong."""
    front_end = self._chain_for(given)
    frames = self._num_frames(clips, front_end)
    lengths = self._lengths(frames, given)
    shape = (len(clips), lengths.common(), front_end.n_features)
    features = np.full(shape, self.padding_value, np.float32)
    for row, clip, n, kept in zip(features, clips, frames, lengths.kept, strict=True):
        part = row[part_of(len(row), kept, self.padding_side)]
        if n == kept:
            front_end(clip, out=part)
        else:
            part[:] = front_end(clip)[:kept]
    return features, lengths


LAYOUTS: dict[str, Callable[..., tuple[Any, Lengths]]] = {
    "batch": batch,
    "each": each,
    "alone": alone,
    "frames": framed,
}


# --- masks ----------------------------------------------------------------------------------------


def all_places(self: FeatureExtractor, lengths: Lengths) -> slice:
    """Return all samples, or frames."""
    return slice(None)


def first_of_hop(self: FeatureExtractor, lengths: Lengths) -> slice:
    """Return the places of every hop's first sample, for the frames that there are."""
    return slice(0, lengths.common() // self.hop_length * self.hop_length, self.hop_length)


def last_of_window(self: FeatureExtractor, lengths: Lengths) -> slice:
    """Return the places of every window's last sample."""
    return slice(self.win_length - 1, None, self.hop_length)


def second_of_joined(self: FeatureExtractor, lengths: Lengths) -> slice:
    """Return the places of the second frame of each that joins some."""
    if self.stride < 2:
        raise ValueError(f"stride={self.stride} must be 2 or more: a mask is that of second frames")
    return slice(1, lengths.common() // self.stride * self.stride, self.stride)


@dataclass(frozen=True)
class Mask:
    """A mask: 1 where a clip is, and 0 where padding is.

    Parameters
    ----------
    name : str
        What the result calls it.
    when : {"set", "asked", "always"}
        Whether it is made as a call says, else the constructor ("set"), where a call asks for it,
        or in any case.
    dtype : type
        Of its values.
    at : callable
        Gives the places that it tells of, of an extractor and the lengths of its clips.
    """

    name: str
    when: Literal["set", "asked", "always"] = "set"
    dtype: Any = np.int32
    at: Callable[[Any, Lengths], slice] = all_places

    def wanted(self, extractor: FeatureExtractor, given: Given) -> bool:
        """Return whether a call returns the mask."""
        asked = given.return_attention_mask
        if self.when == "set":
            return extractor._wants_mask(asked)
        return self.when == "always" or bool(asked)

    def of(self, extractor: FeatureExtractor, lengths: Lengths) -> Any:
        """Return the mask of all clips, or a list of those of clips that stay as they are."""
        if len(set(lengths.padded)) > 1:
            return [self.of(extractor, one)[0] for one in lengths.each()]
        side = "right" if extractor._pads_right_only else extractor.padding_side
        return lengths.mask(self.at(extractor, lengths), side).astype(self.dtype, copy=False)
