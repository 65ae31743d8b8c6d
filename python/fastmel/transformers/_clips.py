"""Clips of a call as arrays, and the lengths that they are cut and padded to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array, check_finite
from ..checks import choice

__all__ = ["Floats", "Lengths", "waveforms", "zero_mean_unit_variance", "zero_padded"]

Floats = NDArray[np.float32]

_LOGGER = logging.getLogger("fastmel.transformers")


def waveforms(raw_speech: Any, channels: str = "refuse", name: str = "raw_speech") -> list[Floats]:
    """Return one float32 array for each clip.

    An array of one axis, or a list of numbers, is one clip; more axes, or a list of arrays, are a
    batch. A clip with two axes is refused, or gives its only channel ("one", of shape (1, n)), its
    first ("first", of shape (channels, n)), or the mean ("mean", of shape (n, channels)). Integers
    are taken as they are, without scaling, as in transformers. Errors call the argument `name`.
    """
    if hasattr(raw_speech, "shape"):
        is_batch = len(raw_speech.shape) > 1
    elif isinstance(raw_speech, (list, tuple)):
        if len(raw_speech) == 0:
            raise ValueError(f"{name} is empty")
        is_batch = np.ndim(raw_speech[0]) > 0
    else:
        raise TypeError(f"{name} must be an array or a list; got {type(raw_speech).__name__}")
    if not is_batch:
        return [_waveform(raw_speech, channels, name)]
    return [_waveform(clip, channels, f"{name}[{i}]") for i, clip in enumerate(raw_speech)]


def _waveform(clip: Any, channels: str, name: str) -> Floats:
    with np.errstate(over="ignore"):
        samples = np.asarray(clip, dtype=np.float32)
    if samples.ndim == 2 and (channels == "first" or (channels == "one" and len(samples) == 1)):
        samples = samples[0]
    elif samples.ndim == 2 and channels == "mean":
        _LOGGER.warning("audio is mixed to mono: the mean of its channels")
        samples = samples.mean(axis=-1)
    if samples.ndim != 1:
        raise ValueError(f"{name} must have one axis, (n_samples,); got shape {samples.shape}")
    check_finite(samples, name)
    return samples


class Lengths:
    """What is kept of each clip, and the length that it is padded to."""

    def __init__(self, kept: list[int], padded: list[int]) -> None:
        self.kept = kept
        self.padded = padded

    def common(self) -> int:
        """Return the length that all are padded to."""
        if len(set(self.padded)) != 1:
            raise ValueError(
                f"clips of {', '.join(map(str, self.padded[:5]))} samples or frames make no batch; "
                "pass padding=True, or truncation=True where max_length is less"
            )
        return self.padded[0]

    @classmethod
    def of_clips(cls, clips: Sequence[Array], *arguments: Any) -> Lengths:
        """Return the lengths of clips; see :meth:`of`."""
        return cls.of([len(clip) for clip in clips], *arguments)

    @classmethod
    def of(
        cls,
        lengths: Sequence[int],
        padding: Any,
        max_length: int | None,
        truncation: Any,
        pad_to_multiple_of: int | None,
    ) -> Lengths:
        """Return the lengths that transformers' arguments of padding and truncation ask for."""
        strategy = _strategy(padding)
        if max_length is None and (truncation or strategy == "max_length"):
            raise ValueError(f"padding={padding!r}, truncation={truncation!r} need max_length")

        def up(n: int) -> int:
            multiple = 1 if pad_to_multiple_of is None else pad_to_multiple_of
            return -(-n // multiple) * multiple

        kept = list(lengths)
        if truncation and max_length is not None:
            kept = [min(n, up(max_length)) for n in kept]
        if strategy == "do_not_pad":
            return cls(kept, kept)
        target = up(max_length if strategy == "max_length" and max_length else max(kept))
        return cls(kept, [max(n, target) for n in kept])


def _strategy(padding: Any) -> str:
    if padding is True:
        return "longest"
    if padding is False:
        return "do_not_pad"
    value = getattr(padding, "value", padding)
    name: str = choice("padding", value, ("longest", "max_length", "do_not_pad"))
    return name


def zero_padded(clips: Sequence[Floats], lengths: Lengths) -> Floats:
    """Return the clips as one array with zeros after each, whatever the padding of a model is."""
    batch = np.zeros((len(clips), lengths.common()), np.float32)
    for row, clip, kept in zip(batch, clips, lengths.kept, strict=True):
        row[:kept] = clip[:kept]
    return batch


def zero_mean_unit_variance(rows: Floats, masks: Any, padding_value: float) -> Floats:
    """Return each row less its mean, divided by its standard deviation, over what is no padding."""
    result = np.empty_like(rows)
    for row, mask, out in zip(rows, masks, result, strict=True):
        n = int(mask.sum())
        out[:] = (row - row[:n].mean()) / np.sqrt(row[:n].var() + 1e-7)
        out[n:] = padding_value
    return result
