"""What the feature extractors share: batches of clips, padding, masks, results."""

from __future__ import annotations

import inspect
import json
import logging
import os
from collections import UserDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..arrays import check_finite
from ..checks import choice
from ..config import MelConfig
from ..frontend import FrontEnd

__all__ = ["BatchFeature", "FeatureExtractor"]

Array = NDArray[Any]
Floats = NDArray[np.float32]
Self = TypeVar("Self", bound="FeatureExtractor")

_LOGGER = logging.getLogger("fastmel.transformers")


class BatchFeature(UserDict[str, Any]):
    """A mapping whose values are attributes too, as ``transformers.BatchFeature``.

    Examples
    --------
    >>> from fastmel.transformers import BatchFeature
    >>> batch = BatchFeature({"input_features": [1.0, 2.0]})
    >>> batch.input_features == batch["input_features"]
    True
    """

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str):
            raise KeyError(f"{key!r}: keys are names, of {', '.join(self.data)}")
        return self.data[key]

    def __getattr__(self, name: str) -> Any:
        if name != "data" and name in self.data:
            return self.data[name]
        raise AttributeError(f"no {name!r} here")

    def convert_to_tensors(self, tensor_type: Any = None) -> BatchFeature:
        """Turn the values into arrays ("np") or tensors ("pt"), in place; None leaves them.

        Raises
        ------
        ValueError
            If clips of different lengths make no tensor, or `tensor_type` is another.
        ImportError
            If "pt" is asked for and torch is not installed.
        """
        if tensor_type is None:
            return self
        kind = choice("return_tensors", str(getattr(tensor_type, "value", tensor_type)), _TENSORS)
        for key, value in self.data.items():
            if not _is_tensor(value):
                self.data[key] = _as_array(value) if kind == "np" else _as_tensor(key, value)
        return self

    def to(self, *args: Any, **kwargs: Any) -> BatchFeature:
        """Move torch tensors as ``tensor.to(*args, **kwargs)``; integers keep their dtype."""
        import torch

        device = kwargs.get("device", next((a for a in args if not _is_dtype(a)), None))
        for key, value in self.data.items():
            if isinstance(value, torch.Tensor):
                floating = torch.is_floating_point(value)
                moved = value.to(*args, **kwargs) if floating else value.to(device=device)
                self.data[key] = moved
        return self


_TENSORS = ("np", "pt")


def _is_dtype(value: Any) -> bool:
    import torch

    return isinstance(value, torch.dtype)


def _is_tensor(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "torch"


def _as_array(value: Any) -> Array:
    """Return an array; of objects, where the lengths differ."""
    if isinstance(value, list) and len({np.shape(v) for v in value}) > 1:
        ragged = np.empty(len(value), dtype=object)
        ragged[:] = value
        return ragged
    return np.asarray(value)


def _as_tensor(key: str, value: Any) -> Any:
    array = _as_array(value)
    if array.dtype == object:
        raise ValueError(
            f"{key} has clips of different lengths, which make no tensor; "
            "pass padding=True, or return_tensors=None"
        )
    import torch

    return torch.from_numpy(np.ascontiguousarray(array))


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
    padding_side : {"right", "left"}
        Where clips are padded.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
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

    def __init__(
        self,
        feature_size: int,
        sampling_rate: int,
        padding_value: float,
        *,
        padding_side: str = "right",
        return_attention_mask: bool = True,
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
            If the dictionary is that of another class, or of one that is not known here.
        """
        name = values.get(_TYPE, cls.__name__)
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
                f"sampling_rate={sampling_rate}, and {type(self).__name__} needs audio of "
                f"{self.sampling_rate} Hz; resample it first"
            )
        if device is not None and str(device) != "cpu":
            raise ValueError(
                f"device={device!r}: features are computed on the CPU; move the result"
            )

    def _wants_mask(self, return_attention_mask: bool | None) -> bool:
        """Return whether a call is to return a mask: as it says, else as the constructor did."""
        asked = return_attention_mask
        return bool(self.return_attention_mask if asked is None else asked)

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

    def _masks(self, lengths: Lengths) -> NDArray[np.int32] | list[NDArray[np.int32]]:
        """Return 1 where a clip is and 0 where padding is."""
        masks = [np.zeros(n, np.int32) for n in lengths.padded]
        for mask, kept in zip(masks, lengths.kept, strict=True):
            mask[self._part(kept, len(mask))] = 1
        return np.stack(masks) if len(set(lengths.padded)) == 1 else masks

    def _part(self, kept: int, n: int) -> slice:
        return slice(0, kept) if self.padding_side == "right" else slice(n - kept, n)


_TYPE = "feature_extractor_type"


def _class_of(cls: type[Self], name: str) -> type[Self]:
    """Return the class of that name, which must be `cls` or one below it."""
    known = {c.__name__: c for c in [cls, *subclasses(cls)]}
    if name not in known:
        names = sorted(n for n in known if not n.startswith("_") and n != "FeatureExtractor")
        raise ValueError(f"feature_extractor_type={name!r}; known here: {', '.join(names)}")
    return known[name]


def subclasses(cls: type[Self]) -> list[type[Self]]:
    """Return all classes below `cls`."""
    direct = cls.__subclasses__()
    return direct + [below for c in direct for below in subclasses(c)]


def parameters(cls: type[FeatureExtractor]) -> set[str]:
    """Return the names of the constructor's parameters, of all classes above too."""
    classes = cls.__mro__[: cls.__mro__.index(FeatureExtractor) + 1]
    names = {name for c in classes for name in inspect.signature(c).parameters}
    return names - {"kwargs"}


def _config_file(path: Path) -> Path:
    if path.is_file():
        return path
    for name in ("preprocessor_config.json", "processor_config.json"):
        if (path / name).is_file():
            return path / name
    raise FileNotFoundError(f"no preprocessor_config.json in {path}; nothing is downloaded")


# --- clips and lengths ----------------------------------------------------------------------------


def waveforms(raw_speech: Any, channels: str = "refuse", name: str = "raw_speech") -> list[Floats]:
    """Return one float32 array for each clip.

    An array of one axis, or a list of numbers, is one clip; more axes, or a list of arrays, are a
    batch. A clip with two axes is refused, or gives its first channel ("first", of shape
    (channels, n)), or the mean of its channels ("mean", of shape (n, channels)). Integers are taken
    as they are, without scaling, as in transformers. Errors call the argument `name`.
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
    if samples.ndim == 2 and channels == "first":
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
