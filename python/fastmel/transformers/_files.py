"""The interface of transformers' feature extractors beside the call: files, padding, class."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np

from .._base.arrays import Array
from .._base.checks import brief
from .._base.tensors import is_tensor
from ._batch import BatchFeature
from ._clips import Lengths, each_padded
from ._fields import Field, keyword_field
from ._theirs import TakenForTheirs, theirs

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: object) -> Any:
        """Return a decorator without effect: for type checkers, which have it of their own."""
        return lambda cls: cls


Self = TypeVar("Self", bound="AsTheirs")

_TYPE = "feature_extractor_type"
_FILE = "preprocessor_config.json"

# What transformers' from_pretrained takes for its downloads.
_HUB = (
    "cache_dir code_revision force_download local_files_only proxies revision subfolder token "
    "trust_remote_code use_auth_token _from_auto _from_pipeline"
).split()


@dataclass_transform(field_specifiers=(keyword_field,))
class AsTheirs(TakenForTheirs):
    """Saved, loaded and padded as transformers' own.

    What is not here is the original's, with the same parameters, where transformers is imported:
    ``extractor.mel_filters``, ``extractor.fetch_audio``.
    """

    model_input_names: ClassVar[list[str]] = ["input_features"]
    feature_size: int
    sampling_rate: int
    padding_value: float
    return_attention_mask: bool
    # Parameters of some, that code for several reads.
    n_fft: Any
    hop_length: int
    win_length: int
    stride: int
    chunk_length: int
    padding_side: str
    # What an original cannot have otherwise, or does nonsense with.
    _pads_right_only: ClassVar[bool] = False

    _fields: ClassVar[dict[str, Field]]
    # What the original has of transformers' code on the hub.
    _auto_class: ClassVar[str | None] = None

    @property
    def _cache(self) -> dict[Any, Any]:
        """What was made of the parameters as they are."""
        cache: dict[Any, Any] = vars(self).setdefault("_made", {})
        return cache

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        vars(self).pop("_made", None)

    def __getattr__(self, name: str) -> Any:
        cls = None if name.startswith("__") else theirs(type(self))
        missing = AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if cls is None:
            raise missing
        try:
            if "original" not in self._cache:
                self._cache["original"] = cls(**self._constructor())
            return getattr(self._cache["original"], name)
        except Exception as error:  # also of what the original needs for itself
            raise missing from error

    # --- files ------------------------------------------------------------------------------------

    @property
    def feature_extractor_type(self) -> str:
        """The name of the class, by which files know it."""
        return type(self).__name__

    def _constructor(self) -> dict[str, Any]:
        """Return what makes the same extractor, ours and the original."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, as ``preprocessor_config.json`` holds them.

        Filters of one's own (`mel_filters`) are left out, as transformers leaves them out.
        """
        values = copy.deepcopy(self._constructor())
        values.pop("mel_filters", None)
        return {**values, _TYPE: self.feature_extractor_type}

    def to_json_string(self) -> str:
        """Return the parameters as JSON."""
        return json.dumps(self.to_dict(), indent=2, sort_keys=True, default=_plain) + "\n"

    def to_json_file(self, json_file_path: str | os.PathLike[str]) -> None:
        """Write the parameters to a file, as JSON."""
        Path(json_file_path).write_text(self.to_json_string(), encoding="utf-8")

    def save_pretrained(
        self, save_directory: str | os.PathLike[str], push_to_hub: bool = False, **kwargs: object
    ) -> list[str]:
        """Write ``preprocessor_config.json`` to a folder, and return its path in a list.

        Parameters
        ----------
        save_directory : path
            The folder; it is made if need be.
        push_to_hub : {False}
            For compatibility: nothing is uploaded.
        **kwargs
            Without effect.

        Raises
        ------
        ValueError
            If the file is to be uploaded.
        """
        if push_to_hub:
            raise ValueError("push_to_hub=True: nothing is uploaded; upload the folder")
        os.makedirs(save_directory, exist_ok=True)
        path = os.path.join(save_directory, _FILE)
        self.to_json_file(path)
        return [path]

    @classmethod
    def from_dict(cls: type[Self], values: Mapping[str, Any], **changes: Any) -> Self:
        """Make an extractor of the parameters that ``preprocessor_config.json`` holds.

        Called on :class:`FeatureExtractor` itself, the class is that which the entry
        "feature_extractor_type" names.

        Parameters
        ----------
        values : dict
            The parameters.
        **changes
            Parameters that replace some of those; ``return_unused_kwargs=True`` makes the result a
            tuple, of the extractor and the changes that are no parameters.

        Raises
        ------
        ValueError
            If the dictionary is that of another class, of one that is not known here, or, called on
            :class:`FeatureExtractor`, names none.
        """
        pair = changes.pop("return_unused_kwargs", False)
        name = values.get(_TYPE, None if cls.__name__ == "FeatureExtractor" else cls.__name__)
        made = _class_of(cls, name)
        unused = {n: v for n, v in changes.items() if n not in values and n not in made._fields}
        extractor = made(**{**values, **changes})
        return (extractor, unused) if pair else extractor  # type: ignore[return-value]

    @classmethod
    def from_json_file(cls: type[Self], json_file: str | os.PathLike[str]) -> Self:
        """Make an extractor of a file that :meth:`to_json_file` or transformers wrote."""
        return cls.from_dict(json.loads(Path(json_file).read_text(encoding="utf-8")))

    @classmethod
    def from_pretrained(
        cls: type[Self], pretrained_model_name_or_path: str | os.PathLike[str], **kwargs: Any
    ) -> Self:
        """Make an extractor of a model's folder, or of a file in it.

        Parameters
        ----------
        pretrained_model_name_or_path : path
            A folder with ``processor_config.json`` or ``preprocessor_config.json``, or such a file.
            Nothing is downloaded.
        **kwargs
            Parameters that replace those of the file; transformers' of downloads have no effect.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        ValueError
            As :meth:`from_dict`.
        """
        changes = {name: value for name, value in kwargs.items() if name not in _HUB}
        return cls.from_dict(_read(Path(pretrained_model_name_or_path)), **changes)

    def __repr__(self) -> str:
        values = ", ".join(f"{k}={v!r}" for k, v in self.to_dict().items() if k != _TYPE)
        return f"{type(self).__name__}({values})"

    # --- padding ----------------------------------------------------------------------------------

    def pad(
        self,
        processed_features: Mapping[str, Any] | Sequence[Mapping[str, Any]],
        padding: bool | str | Enum = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: str | Enum | None = None,
    ) -> BatchFeature:
        """Pad features of several clips, as a collator does.

        Parameters
        ----------
        processed_features : mapping, or list of mappings
            Of each name, what several clips have; or of each clip, what it has. Of the first of
            `model_input_names` the first axis is padded with `padding_value`, or cut, and that of
            "attention_mask" with zeros; the others are passed on.
        padding, max_length, truncation, pad_to_multiple_of
            As in a call.
        return_attention_mask : bool, optional
            Whether "attention_mask" is added if there is none; by default as the constructor says.
        return_tensors : {None, "np", "pt"}
            None: torch tensors where they are given, NumPy arrays otherwise.

        Raises
        ------
        ValueError
            If the first of `model_input_names` is missing, numbers of clips differ, or tensors are
            asked for that clips of different lengths do not make.

        Examples
        --------
        >>> import numpy as np
        >>> from fastmel.transformers import SeamlessM4TFeatureExtractor
        >>> clips = [{"input_features": np.ones((n, 160), np.float32)} for n in (3, 5)]
        >>> batch = SeamlessM4TFeatureExtractor().pad(clips)
        >>> batch.input_features.shape, batch.attention_mask.sum(axis=1)
        ((2, 5, 160), array([3, 5]))
        """
        main, data = self.model_input_names[0], _columns(processed_features)
        if main not in data:
            raise ValueError(f"{main!r} is missing; got {brief(list(data))}")
        wanted = return_attention_mask
        with_mask = self.return_attention_mask if wanted is None else bool(wanted)
        if len(data[main]) == 0:
            return BatchFeature({**data, "attention_mask": []} if with_mask else data)
        if return_tensors is None:
            return_tensors = "pt" if is_tensor(data[main][0]) else "np"
        arrays = {name: [np.asarray(v) for v in values] for name, values in data.items()}
        if len({len(values) for values in arrays.values()}) > 1:
            sizes = ", ".join(f"{len(values)} of {name}" for name, values in arrays.items())
            raise ValueError(f"the numbers of clips differ: {sizes}")
        features = arrays[main]
        if any(f.ndim == 0 for f in features):
            raise ValueError(f"{main} must hold an array for each clip; got numbers")
        lengths = Lengths.of(
            [len(f) for f in features], padding, max_length, truncation, pad_to_multiple_of
        )
        if with_mask and "attention_mask" not in arrays:
            arrays["attention_mask"] = [np.ones(len(f), np.int32) for f in features]
        arrays[main] = list(each_padded(features, lengths, self.padding_value, self.padding_side))
        if "attention_mask" in arrays:
            pad_mask = lengths if with_mask else Lengths(lengths.kept, lengths.kept)
            masks = each_padded(arrays["attention_mask"], pad_mask, 0, self.padding_side)
            arrays["attention_mask"] = list(masks)
        single = {n: [_single(v) for v in values] for n, values in arrays.items()}
        return BatchFeature(single).convert_to_tensors(return_tensors)


def subclasses(cls: type[Self]) -> list[type[Self]]:
    """Return all classes below `cls`, of our own."""
    direct = [c for c in cls.__subclasses__() if not c._is_joined]
    return direct + [below for c in direct for below in subclasses(c)]


def _class_of(cls: type[Self], name: str | None) -> type[Self]:
    """Return the class of that name, which must be `cls` or one below it."""
    known = {c.__name__: c for c in [cls, *subclasses(cls)]}
    if name not in known:
        names = sorted(n for n in known if not n.startswith("_") and n != "FeatureExtractor")
        raise ValueError(f"{_TYPE}={brief(name)} is unknown; accepted: {', '.join(names)}")
    return known[name]


def _read(path: Path) -> dict[str, Any]:
    """Return what a model's folder, or a file, says of its feature extractor."""
    files = [path] if path.is_file() else [path / "processor_config.json", path / _FILE]
    found = [json.loads(f.read_text(encoding="utf-8")) for f in files if f.is_file()]
    for values in found:  # a processor's holds those of its parts, or of none
        for name in ("feature_extractor", "audio_processor"):
            if name in values:
                nested: dict[str, Any] = values[name]
                return nested
    if not found:
        raise FileNotFoundError(f"no {_FILE} in {path}; nothing is downloaded")
    last: dict[str, Any] = found[-1]
    return last


def _plain(value: Any) -> Any:
    """Return arrays and NumPy's numbers as JSON knows them."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"a parameter of type {type(value).__name__} makes no JSON")


def _columns(features: object) -> dict[str, Any]:
    """Return what clips have, by name, of a mapping of lists or a list of mappings."""
    if isinstance(features, (list, tuple)):
        if not features or not isinstance(features[0], Mapping):
            raise ValueError("processed_features must be a mapping, or a list of mappings")
        return {name: [clip[name] for clip in features] for name in features[0]}
    if not isinstance(features, Mapping):
        raise TypeError(f"processed_features must be a mapping; got {type(features).__name__}")
    return dict(features)


def _single(value: Array) -> Array:
    return value.astype(np.float32) if value.dtype == np.float64 else value
