"""Clips of a call as arrays, and the lengths that they are cut and padded to."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._base.arrays import Array, check_finite, check_time_last
from .._base.checks import brief, choice

Floats = NDArray[np.float32]
# Clips as a call takes them: arrays, tensors, lists of numbers, and several of those.
Waveforms: TypeAlias = "ArrayLike | Sequence[Any]"

_LOGGER = logging.getLogger("fastmel.transformers")

# Features of several clips: one array, or a list where their lengths may differ.
Features: TypeAlias = "Floats | list[Floats]"

# So few channels, each of at least so many samples, come first.
_FEW_CHANNELS, _MANY_SAMPLES = 8, 1000


@dataclass(frozen=True)
class Clips:
    """What an extractor takes for a clip, and for several.

    A list of numbers is a clip, a list of anything else several. Integers are taken as they are,
    without scaling, as in transformers.

    Parameters
    ----------
    channels : {"refuse", "first", "mean", "one", "squeeze"}
        What becomes of a clip of more than one axis: it is refused, gives its first channel, of
        shape (channels, n), the mean of (n, channels), the only one of (1, n), or loses all axes of
        length 1.
    array : {"batch", "clip"}
        What an array of more than one axis is.
    where : {"both", "arrays", "lists"}
        Whether `channels` holds for what an array of several clips holds, a list, or both.
    nested : bool
        Whether a list may hold lists of clips.
    """

    channels: Literal["refuse", "first", "mean", "one", "squeeze"] = "refuse"
    array: Literal["batch", "clip"] = "batch"
    where: Literal["both", "arrays", "lists"] = "both"
    nested: bool = False

    @property
    def text(self) -> str:
        """What the documentation of a call says of its clips."""
        text = "A clip, of one axis, or several; a list of numbers, or of clips."
        if self.channels == "first":
            text += " Of a clip of shape (channels, n) the first channel is taken."
        if self.channels == "mean":
            text += " Of an array of shape (clips, n, channels) the mean of the channels is taken."
        return text


def waveforms(raw: Any, rule: Clips, name: str = "raw_speech") -> list[Floats]:
    """Return one float32 array for each clip; errors call the argument `name`.

    Shapes are looked at before anything is made.
    """
    if not _is_list(raw) and not hasattr(raw, "shape"):
        raise TypeError(f"{name} must be an array or a list; got {type(raw).__name__}")
    where = "lists" if _is_list(raw) else "arrays"
    if where == "lists":
        if rule.nested and all(_is_list(x) and (_n_axes(x) > 1 or not x) for x in raw):
            raw = [clip for clips in raw for clip in clips]
        if not raw:
            raise ValueError(f"{name} is empty; it holds no clip")
    if _n_axes(raw) < 2 or (where == "arrays" and rule.array == "clip"):
        return [_waveform(raw, rule.channels, name)]
    if len(raw) == 0:
        raise ValueError(f"{name} is empty: it has shape {raw.shape}")
    if _n_axes(raw[0]) == 1:
        check_time_last(np.broadcast_to(np.float32(0), (len(raw), len(raw[0]))), name)
    channels = rule.channels if rule.where in ("both", where) else "refuse"
    return [_waveform(clip, channels, f"{name}[{i}]") for i, clip in enumerate(raw)]


def _is_list(x: Any) -> bool:
    return isinstance(x, (list, tuple))


def _n_axes(x: Any) -> int:
    """Return the number of axes of an array, or of lists of lists as their first elements say."""
    if hasattr(x, "shape"):
        return len(x.shape)
    if not _is_list(x):
        return 0
    return 1 + (_n_axes(x[0]) if x else 0)


def _waveform(clip: Any, channels: str, name: str) -> Floats:
    try:
        if not _is_list(clip):
            clip = np.asarray(clip)
            if clip.dtype.kind not in "fiub":
                raise TypeError(f"dtype {clip.dtype}")
        with np.errstate(over="ignore"):
            samples = np.asarray(clip, dtype=np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        why = str(error)[:100]
        raise ValueError(f"{name} must be real samples, on one axis; {why}") from None
    if samples.ndim > 1:
        samples = _one_channel(samples, channels, name)
    if samples.ndim != 1:
        raise ValueError(f"{name} must have one axis, (n_samples,); got shape {samples.shape}")
    check_finite(samples, name)
    return samples


def _one_channel(samples: Floats, channels: str, name: str) -> Floats:
    """Return what stands for a clip of several axes; as it is, if that is nothing."""
    one: Floats = samples
    if channels == "squeeze":
        one = samples.squeeze()
    elif samples.ndim == 2 and (channels == "first" or (channels == "one" and len(samples) == 1)):
        one = samples[0]
    elif samples.ndim == 2 and channels == "mean":
        one = _mixed(samples, name)
    return one


def _mixed(samples: Floats, name: str) -> Floats:
    """Return the mean of the channels, which must come last."""
    if len(samples) <= _FEW_CHANNELS and samples.shape[1] >= _MANY_SAMPLES:
        raise ValueError(
            f"{name} has shape {samples.shape}, and must have its channels last, "
            "(n_samples, channels)"
        )
    _LOGGER.warning("audio is mixed to mono: the mean of its channels")
    mono: Floats = samples.mean(axis=-1)
    return mono


class Lengths(NamedTuple):
    """What is kept of each clip, and the length that it is padded to."""

    kept: list[int]
    padded: list[int]

    def common(self) -> int:
        """Return the length that all are padded to."""
        if not self.are_equal():
            raise ValueError(
                f"clips of {', '.join(map(str, self.padded[:5]))} samples or frames make no batch; "
                "pass padding=True, or truncation=True where max_length is less"
            )
        return self.padded[0]

    def are_equal(self) -> bool:
        """Return whether all are padded to one length."""
        return len(set(self.padded)) == 1

    def each(self) -> list[Lengths]:
        """Return those of each clip by itself."""
        return [Lengths([kept], [n]) for kept, n in zip(self.kept, self.padded, strict=True)]

    def mask(self, at: slice = slice(None), side: str = "right") -> NDArray[np.bool_]:
        """Return where a clip is no padding, (clips, n), at some of the places."""
        n = self.common()
        places, kept = np.arange(n)[at], np.array(self.kept)[:, np.newaxis]
        here: NDArray[np.bool_] = places < kept if side == "right" else places >= n - kept
        return here

    @classmethod
    def of(
        cls,
        lengths: Sequence[int],
        padding: object = True,
        max_length: int | None = None,
        truncation: object = False,
        pad_to_multiple_of: int | None = None,
    ) -> Lengths:
        """Return the lengths that transformers' arguments of padding and truncation ask for."""
        strategy = _strategy(padding)
        if max_length is None and (truncation or strategy == "max_length"):
            raise ValueError(
                f"padding={brief(padding)}, truncation={brief(truncation)} need max_length"
            )

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


def _strategy(padding: object) -> str:
    if padding is True:
        return "longest"
    if padding is False:
        return "do_not_pad"
    value = getattr(padding, "value", padding)
    name: str = choice("padding", value, ("longest", "max_length", "do_not_pad"))
    return name


def part_of(n: int, kept: int, side: str) -> slice:
    """Return the places, of `n`, of what is kept; padding is on that side of it."""
    return slice(0, kept) if side == "right" else slice(n - kept, n)


def padded(
    clips: Sequence[Array], lengths: Lengths, value: float = 0.0, side: str = "right"
) -> Array:
    """Return the clips, or features of theirs, as one array; they must come to one length."""
    n = lengths.common()
    if len(clips) == 1 and len(clips[0]) == n:
        return clips[0][np.newaxis]
    batch = np.full((len(clips), n, *clips[0].shape[1:]), value, clips[0].dtype)
    for row, clip, kept in zip(batch, clips, lengths.kept, strict=True):
        row[part_of(n, kept, side)] = clip[:kept]
    return batch


def each_padded(
    clips: Sequence[Array], lengths: Lengths, value: float, side: str
) -> Array | list[Array]:
    """Return the same, a list where each is padded to a length of its own."""
    if lengths.are_equal():
        return padded(clips, lengths, value, side)
    pairs = zip(clips, lengths.each(), strict=True)
    return [padded([clip], one, value, side)[0] for clip, one in pairs]


def zero_mean_unit_variance(rows: Floats, kept: Sequence[int], padding_value: float) -> Floats:
    """Return each row less its mean, divided by its standard deviation, over what is no padding."""
    result = np.empty_like(rows)
    for row, n, out in zip(rows, kept, result, strict=True):
        out[:] = (row - row[:n].mean()) / np.sqrt(row[:n].var() + 1e-7)
        out[n:] = padding_value
    return result
