"""What the feature extractors share: their fields, the front ends of those, padding and masks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from .._base.checks import brief, choice
from .._engine.config import MelConfig
from .._frontend.frontend import FrontEnd
from ._batch import BatchFeature
from ._clips import (
    Clips,
    Features,
    Floats,
    Lengths,
    Waveforms,
    each_padded,
    padded,
    part_of,
    waveforms,
)
from ._fields import Call, Given, describe_class, keyword_field, own_fields, signature
from ._files import AsTheirs
from ._masks import Mask

Self = TypeVar("Self", bound="FeatureExtractor")

_LOGGER = logging.getLogger("fastmel.transformers")


class FeatureExtractor(AsTheirs):
    """What the extractors have in common: construction, files, padding.

    Parameters are attributes of the same names, as in transformers; others that a
    ``preprocessor_config.json`` holds are kept as attributes without effect. An attribute that is
    set later counts from the next call on, `mel_filters` of one's own too, of shape (bins, bands).

    Examples
    --------
    >>> from fastmel.transformers import FeatureExtractor
    >>> values = {"feature_extractor_type": "ASTFeatureExtractor", "num_mel_bins": 64}
    >>> FeatureExtractor.from_dict(values).num_mel_bins
    64
    """

    padding_side: str = keyword_field(
        default="right", text='Where clips are padded: "right" or "left".', kw_only=True
    )

    # What a class says of its model; the rest is in its fields, and in `_laid_out`.
    _chain: ClassVar[MelConfig]
    _call: ClassVar[Call]
    _takes: ClassVar[Clips] = Clips()
    _mask: ClassVar[Mask] = Mask(when="never")
    # Outputs that are lists, whatever is asked for.
    _lists: ClassVar[tuple[str, ...]] = ()
    # Whether a transform of odd length is refused: with one the originals may lose a frame.
    _even_n_fft: ClassVar[bool] = False
    # Whether a clip whose rate is not told is taken for the model's without a word.
    _trusts_rate: ClassVar[bool] = False

    __signature__: ClassVar[inspect.Signature]

    def __init__(self, *args: object, **kwargs: object) -> None:
        given = self.__signature__.bind(*args, **kwargs)
        given.apply_defaults()
        values = dict(given.arguments)
        others = values.pop("kwargs")
        choice("padding_side", values["padding_side"], ("right", "left"))
        ignored = ("feature_extractor_type", "processor_class", "mel_filters", "window")
        for name, value in {**others, **values}.items():
            if name in self._fields or name not in ignored:
                setattr(self, name, value)
        self._derive(others)

    def __init_subclass__(cls, joined: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(joined, **kwargs)
        if joined:
            return
        own = own_fields(cls)
        above = {n: f for n, f in cls._fields.items() if not (f.keyword and n in own)}
        cls._fields = dict(sorted({**above, **own}.items(), key=lambda item: item[1].keyword))
        cls.__signature__ = signature(cls._fields)
        if not cls.__module__.startswith(f"{__package__}."):
            return  # of a user, who writes what is to be read
        if not cls.__name__.startswith("_"):
            cls.__doc__ = describe_class(cls.__doc__, cls._fields)
        if "_call" in vars(cls):
            texts = {cls._call.clips: cls._takes.text, "return_attention_mask": cls._mask.text}
            cls.__call__ = cls._call.function(cls.__name__, **texts)  # type: ignore[method-assign]

    def _derive(self, others: dict[str, Any]) -> None:
        """Set what the original derives from its parameters; `others` are those not known."""

    # --- the front ends of the parameters ---------------------------------------------------------

    def _config(self) -> MelConfig:
        if self._even_n_fft and self.n_fft % 2:
            raise ValueError(f"n_fft={self.n_fft} must be even")
        options = {f.option: getattr(self, n) for n, f in self._fields.items() if f.option}
        config = self._chain.replace(**{**options, **self._options()})
        filters = vars(self).get("mel_filters")
        return config if filters is None else config.replace(**filter_options(filters, config))

    def _options(self) -> dict[str, Any]:
        """Return the options of the configuration that are no field's, or of another value."""
        return {}

    @property
    def _front_end(self) -> FrontEnd:
        return self._changed()

    def _changed(self, **changes: object) -> FrontEnd:
        """Return the front end of the parameters, with some options of another value."""
        key = tuple(changes.items())
        if key not in self._cache:
            self._cache[key] = FrontEnd(self._config().replace(**changes))
        made: FrontEnd = self._cache[key]
        return made

    # --- a call, from clips to the result ---------------------------------------------------------

    if TYPE_CHECKING:

        def __call__(
            self,
            *clips: Waveforms | None,
            sampling_rate: int | list[int] | None = None,
            padding: bool | str | Enum | None = True,
            max_length: int | None = None,
            truncation: bool | str | None = False,
            pad_to_multiple_of: int | None = None,
            return_attention_mask: bool | None = None,
            return_tensors: str | Enum | None = None,
            **others: object,
        ) -> BatchFeature:
            """Compute features; each class says which of these it takes."""
            ...

    def _called(self, given: Given) -> BatchFeature:
        data = self._computed(self._clips(self._call.clips, given), given)
        lists = {name: data.pop(name) for name in self._lists}
        result = BatchFeature(data, given.return_tensors)
        result.data |= lists
        return result

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        """Return what a call returns."""
        features, lengths = self._laid_out(clips, given)
        data: dict[str, Any] = {self.model_input_names[0]: features}
        if self._mask.wanted(self, given.return_attention_mask):
            data[self._mask.name] = self._mask.of(self, lengths)
        return data

    def _clips(self, name: str, given: Given) -> list[Floats]:
        """Return the clips that an argument of a call has; those that go with it are checked."""
        if "sampling_rate" in vars(given):
            self._check_rate(given.sampling_rate)
        if given.device is not None and str(given.device) != "cpu":
            raise ValueError(
                f"device={brief(given.device)}: features are computed on the CPU; move the result"
            )
        return waveforms(getattr(given, name), self._takes, name)

    def _check_rate(self, sampling_rate: int | None) -> None:
        if sampling_rate is None:
            if not self._trusts_rate:
                _LOGGER.warning(
                    "sampling_rate was not passed to %s; audio of another rate than %d Hz would "
                    "go unnoticed",
                    type(self).__name__,
                    self.sampling_rate,
                )
        elif sampling_rate != self.sampling_rate:
            raise ValueError(
                f"sampling_rate={brief(sampling_rate)}, and {type(self).__name__} needs audio of "
                f"{self.sampling_rate} Hz; resample it first"
            )

    def _longest(self, given: Given) -> int | None:
        """Return the length that clips are padded or cut to, where that is asked for."""
        return given.max_length

    def _lengths(self, lengths: Iterable[int], given: Given) -> Lengths:
        """Return what a call keeps of clips, and their padding."""
        n, longest = list(lengths), self._longest(given)
        result = Lengths.of(n, given.padding, longest, given.truncation, given.pad_to_multiple_of)
        if result.kept != result.padded:
            self._check_padding()
        return result

    def _check_padding(self) -> None:
        """Refuse padding that the original does not know."""
        if self._pads_right_only and self.padding_side == "left":
            raise ValueError(
                f"padding_side='left': {type(self).__name__} knows padding after a clip only; pass "
                "clips one by one, or set padding_side='right'"
            )

    def _chain_for(self, given: Given) -> FrontEnd:
        """Return the front end that a call asks for."""
        return self._front_end

    def _features(self, samples: Floats, given: Given) -> Floats:
        """Return the features of samples, of one clip or of several of one length."""
        return self._chain_for(given)(samples)

    # --- layouts: what the features of clips are padded to, and when ------------------------------

    def _batch(self, clips: Sequence[Floats], given: Given) -> tuple[Floats, Lengths]:
        """Return the clips as one array, padded as a call says."""
        lengths = self._lengths(map(len, clips), given)
        return padded(clips, lengths, self.padding_value, self.padding_side), lengths

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Features, Lengths]:
        """Return the features of clips that are padded to one length of samples."""
        samples, lengths = self._batch(clips, given)
        return self._features(samples, given), lengths

    def _each(self, clips: list[Floats], given: Given) -> tuple[list[Floats], Lengths]:
        """Return the features of each clip, as it is padded."""
        lengths = self._lengths(map(len, clips), given)
        each = each_padded(clips, lengths, self.padding_value, self.padding_side)
        return [self._features(clip, given) for clip in each], lengths

    def _alone(self, clips: list[Floats], given: Given) -> tuple[Floats, Lengths]:
        """Return the features of each clip without padding, with zeros after the last frame."""
        lengths = self._lengths(map(len, clips), given)
        frames, front_end = self._frames(lengths.common(), given), self._chain_for(given)
        cut = [clip[:n] for clip, n in zip(clips, lengths.kept, strict=True)]
        of_frames = Lengths(list(map(front_end.num_frames, lengths.kept)), [frames] * len(cut))
        return in_frames(cut, front_end, of_frames), of_frames

    def _framed(self, clips: list[Floats], given: Given) -> tuple[Floats, Lengths]:
        """Return the features of clips, padded in frames."""
        front_end = self._chain_for(given)
        lengths = self._lengths(self._num_frames(clips, front_end), given)
        value, side = self.padding_value, self.padding_side
        return in_frames(clips, front_end, lengths, value, side), lengths

    def _frames(self, n: int, given: Given) -> int:
        """Return how many frames `n` samples come to in a result."""
        return self._chain_for(given).num_frames(n)

    def _num_frames(self, clips: Sequence[Floats], front_end: FrontEnd) -> list[int]:
        """Return how many frames each clip has; one is needed."""
        frames = [front_end.num_frames(len(clip)) for clip in clips]
        if 0 in frames:
            i = frames.index(0)
            raise ValueError(f"clip {i} has {len(clips[i])} samples, too few for a frame")
        return frames


FeatureExtractor._fields = own_fields(FeatureExtractor)
FeatureExtractor.__signature__ = signature(FeatureExtractor._fields)


def in_frames(
    clips: Sequence[Floats],
    front_end: FrontEnd,
    lengths: Lengths,
    value: float = 0.0,
    side: str = "right",
) -> Floats:
    """Return the features of clips, padded in frames; they are written where they belong."""
    shape = (len(clips), lengths.common(), front_end.n_features)
    features = np.full(shape, value, np.float32)
    for row, clip, kept in zip(features, clips, lengths.kept, strict=True):
        part = row[part_of(len(row), kept, side)]
        if front_end.num_frames(len(clip)) > kept:
            part[:] = front_end(clip)[:kept]
        elif kept:
            front_end(clip, out=part)
    return features


def filter_options(filters: ArrayLike, config: MelConfig) -> dict[str, Any]:
    """Return the options of a configuration with these filters, (bins, bands) or transposed."""
    weights = np.asarray(filters, np.float64)
    n_bins = 1 + config.n_fft // 2
    if weights.ndim != 2 or n_bins not in weights.shape or weights.shape[0] == weights.shape[1]:
        raise ValueError(
            f"mel_filters must have shape ({n_bins}, bands) for n_fft={config.n_fft}; got "
            f"{weights.shape}"
        )
    weights = weights.T if weights.shape[0] == n_bins else weights
    return {"mel_weights": weights, "n_mels": len(weights)}
