"""What the feature extractors share: construction, checks, padding, masks."""

from __future__ import annotations

import inspect
import json
import logging
import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import Array
from ..checks import choice
from ..config import MelConfig
from ..frontend import FrontEnd
from ..plan import cached
from ._clips import Clips, Floats, Lengths, waveforms
from ._docs import with_parts

__all__ = ["FeatureExtractor", "our_window"]

Self = TypeVar("Self", bound="FeatureExtractor")

_LOGGER = logging.getLogger("fastmel.transformers")


class FeatureExtractor:
    """What the extractors have in common: construction, and the checks of a call.

    Parameters are attributes of the same names, as in transformers; others that a
    ``preprocessor_config.json`` holds are kept as attributes without effect. An attribute that is
    set later counts from the next call on.

    Parameters
    ----------
    feature_size : int
        Features per frame.
    sampling_rate : int
        Sample rate in Hz.
    padding_value : float
        Value of the padding.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
    padding_side : {"right", "left"}
        Where clips are padded.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Examples
    --------
    >>> from fastmel.transformers import FeatureExtractor
    >>> values = {"feature_extractor_type": "ASTFeatureExtractor", "num_mel_bins": 64}
    >>> FeatureExtractor.from_dict(values).num_mel_bins
    64
    """

    model_input_names: tuple[str, ...] = ("input_features",)
    _clip_rule = Clips()
    # Parameters of those that have frames of this many samples.
    n_fft: int
    hop_length: int
    win_length: int

    def __init__(
        self,
        feature_size: int,
        sampling_rate: int,
        padding_value: float,
        return_attention_mask: bool = True,
        *,
        padding_side: str = "right",
        **kwargs: Any,
    ) -> None:
        self.feature_size = feature_size
        self.sampling_rate = sampling_rate
        self.padding_value = padding_value
        self.padding_side = choice("padding_side", padding_side, ("right", "left"))
        self.return_attention_mask = return_attention_mask
        for name in ("feature_extractor_type", "processor_class"):
            kwargs.pop(name, None)
        for name, value in kwargs.items():
            if name not in ("mel_filters", "window"):
                setattr(self, name, value)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__call__" in vars(cls):
            call = vars(cls)["__call__"]
            call.__doc__ = with_parts(call.__doc__)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        # Front ends were made of the parameters as they were: the next call makes them again.
        cls = type(self)
        for made in [n for n in vars(self) if isinstance(getattr(cls, n, None), cached_property)]:
            delattr(self, made)

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in self.to_dict().items() if k != _TYPE)
        return f"{type(self).__name__}({values})"

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, as ``preprocessor_config.json`` holds them."""
        values = {k: v for k, v in vars(self).items() if not k.startswith("_")}
        return {**values, _TYPE: type(self).__name__}

    @classmethod
    def from_dict(cls: type[Self], values: dict[str, Any], **changes: Any) -> Self:
        """Make an extractor of the parameters that ``preprocessor_config.json`` holds.

        Called on :class:`FeatureExtractor` itself, the class is that which the entry
        "feature_extractor_type" names.

        Raises
        ------
        ValueError
            If the dictionary is that of another class, of one that is not known here, or, called on
            :class:`FeatureExtractor`, names none.
        """
        name = values.get(_TYPE, None if cls is FeatureExtractor else cls.__name__)
        made = _class_of(cls, name)
        return made(**{**values, **changes})

    @classmethod
    def from_pretrained(cls: type[Self], path: str | os.PathLike[str], **changes: Any) -> Self:
        """Make an extractor of a model's folder, or its ``preprocessor_config.json``.

        Parameters
        ----------
        path : path
            A folder with ``preprocessor_config.json`` or ``processor_config.json``, or such a file.
            Nothing is downloaded.
        **changes
            Parameters that replace those of the file.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            As :meth:`from_dict`.
        """
        values = json.loads(_config_file(Path(path)).read_text(encoding="utf-8"))
        return cls.from_dict(values.get("feature_extractor", values), **changes)

    # --- what a call does with its arguments ------------------------------------------------------

    def _config(self) -> MelConfig:
        raise NotImplementedError

    def _check_even(self) -> None:
        """Refuse an odd `n_fft`, with which the originals have a frame less for some lengths."""
        if self.n_fft % 2:
            raise ValueError(f"n_fft={self.n_fft} must be even")

    def _sizes(self) -> dict[str, int]:
        """Return the options of a configuration that are parameters of those names."""
        return {
            "sample_rate": self.sampling_rate,
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "win_length": self.win_length,
        }

    @cached_property
    def _front_end(self) -> FrontEnd:
        return FrontEnd(self._config())

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def _check_call(self, sampling_rate: int | None, device: Any = "cpu") -> None:
        if sampling_rate is None:
            _LOGGER.warning(
                "sampling_rate was not passed to %s; audio of another rate than %d Hz would go "
                "unnoticed",
                type(self).__name__,
                self.sampling_rate,
            )
        elif sampling_rate != self.sampling_rate:
            raise ValueError(
                f"sampling_rate={sampling_rate!r}, and {type(self).__name__} needs audio of "
                f"{self.sampling_rate} Hz; resample it first"
            )
        if device is not None and str(device) != "cpu":
            raise ValueError(
                f"device={device!r}: features are computed on the CPU; move the result"
            )

    def _clips(
        self,
        raw_speech: Any,
        sampling_rate: int | None,
        device: Any = "cpu",
        name: str = "raw_speech",
    ) -> list[Floats]:
        """Return the clips of a call, whose arguments are checked; see :func:`waveforms`."""
        self._check_call(sampling_rate, device)
        return waveforms(raw_speech, self._clip_rule, name)

    @staticmethod
    def _num_frames(clips: Sequence[Floats], front_end: FrontEnd) -> list[int]:
        """Return how many frames each clip has; one is needed."""
        frames = [front_end.num_frames(len(clip)) for clip in clips]
        if 0 in frames:
            i = frames.index(0)
            raise ValueError(f"clip {i} has {len(clips[i])} samples, too few for a frame")
        return frames

    def _wants_mask(self, return_attention_mask: bool | None) -> bool:
        """Return whether a call is to return a mask: as it says, else as the constructor did."""
        asked = return_attention_mask
        return bool(self.return_attention_mask if asked is None else asked)

    def _batch(self, clips: Sequence[Array], *arguments: Any) -> tuple[Floats, Lengths]:
        """Return the clips as one array, padded as the arguments of :meth:`Lengths.of` say."""
        lengths = Lengths.of_clips(clips, *arguments)
        return self._stacked(clips, lengths), lengths

    def _stacked(self, clips: Sequence[Array], lengths: Lengths) -> Floats:
        """Return the clips as one array, padded; they must come to one length."""
        n = lengths.common()
        if len(clips) == 1 and clips[0].shape[0] == n:
            return clips[0][np.newaxis]
        batch = np.full((len(clips), n, *clips[0].shape[1:]), self.padding_value, np.float32)
        for row, clip, kept in zip(batch, clips, lengths.kept, strict=True):
            row[self._part(kept, n)] = clip[:kept]
        return batch

    def _padded(self, clips: Sequence[Array], lengths: Lengths) -> Floats | list[Floats]:
        """Return the clips padded: one array if they come to one length, else a list."""
        if len(set(lengths.padded)) == 1:
            return self._stacked(clips, lengths)
        return [
            self._stacked([clip], Lengths([kept], [n]))[0]
            for clip, kept, n in zip(clips, lengths.kept, lengths.padded, strict=True)
        ]

    def _each_alone(
        self, clips: Sequence[Floats], lengths: Lengths, front_end: FrontEnd, frames: int
    ) -> tuple[Floats, NDArray[np.bool_]]:
        """Return the features of each clip alone, and which frames those are.

        They are (clips, frames, bands), with zeros after the last frame of a clip.
        """
        features = np.zeros((len(clips), frames, front_end.n_features), np.float32)
        mask = np.zeros((len(clips), frames), np.bool_)
        for i, (clip, kept) in enumerate(zip(clips, lengths.kept, strict=True)):
            n = front_end.num_frames(kept)
            mask[i, :n] = True
            if n:
                front_end(clip[:kept], out=features[i, :n])
        return features, mask

    def _padded_features(
        self, clips: Sequence[Floats], front_end: FrontEnd, *arguments: Any
    ) -> tuple[Floats, Lengths]:
        """Return features, (clips, frames, bands), padded as the arguments of `Lengths.of` say.

        They are written where they belong in the batch.
        """
        frames = self._num_frames(clips, front_end)
        lengths = Lengths.of(frames, *arguments)
        shape = (len(clips), lengths.common(), front_end.n_features)
        features = np.full(shape, self.padding_value, np.float32)
        for row, clip, n, kept in zip(features, clips, frames, lengths.kept, strict=True):
            part = row[self._part(kept, len(row))]
            if n == kept:
                front_end(clip, out=part)
            else:
                part[:] = front_end(clip)[:kept]
        return features, lengths

    def _masks(self, lengths: Lengths) -> NDArray[np.int32] | list[NDArray[np.int32]]:
        """Return 1 where a clip is and 0 where padding is."""
        masks = [np.zeros(n, np.int32) for n in lengths.padded]
        for mask, kept in zip(masks, lengths.kept, strict=True):
            mask[self._part(kept, len(mask))] = 1
        return np.stack(masks) if len(set(lengths.padded)) == 1 else masks

    def _mask_of_last_samples(self, lengths: Lengths) -> NDArray[np.bool_]:
        """Return, for each frame that is not centred, whether its last sample is no padding."""
        masks = np.asarray(self._masks(lengths))
        return masks[:, self.win_length - 1 :: self.hop_length].astype(np.bool_)

    def _part(self, kept: int, n: int) -> slice:
        return slice(0, kept) if self.padding_side == "right" else slice(n - kept, n)


_TYPE = "feature_extractor_type"


def _class_of(cls: type[Self], name: str | None) -> type[Self]:
    """Return the class of that name, which must be `cls` or one below it."""
    known = {c.__name__: c for c in [cls, *subclasses(cls)]}
    if name not in known:
        names = sorted(n for n in known if not n.startswith("_") and n != "FeatureExtractor")
        raise ValueError(f"{_TYPE}={name!r} is unknown; accepted: {', '.join(names)}")
    return known[name]


def subclasses(cls: type[Self]) -> list[type[Self]]:
    """Return all classes below `cls`."""
    direct = cls.__subclasses__()
    return direct + [below for c in direct for below in subclasses(c)]


@cached(maxsize=64)
def parameters(cls: type[FeatureExtractor]) -> set[str]:
    """Return the names of the constructor's parameters, of all classes above too."""
    classes = cls.__mro__[: cls.__mro__.index(FeatureExtractor) + 1]
    names = {name for c in classes for name in inspect.signature(c).parameters}
    return names - {"kwargs"}


def our_window(name: str) -> str:
    """Return our name of a window of ``transformers.audio_utils``."""
    known = {
        "boxcar": "boxcar",
        "hamming": "hamming",
        "hamming_window": "hamming",
        "hann": "hann",
        "hann_window": "hann",
        "povey": "povey_periodic",
    }
    return known[choice("win_function", name, tuple(known))]


def _config_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("preprocessor_config.json", "processor_config.json"):
        if (path / name).is_file():
            return path / name
    raise FileNotFoundError(f"no preprocessor_config.json in {path}; nothing is downloaded")
