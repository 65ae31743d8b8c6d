"""What the feature extractors share: their fields, the front ends of those, padding and masks."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import Array
from .._base.checks import brief, choice
from .._engine.config import MelConfig
from .._engine.frontend import FrontEnd
from ._clips import Clips, Floats, Lengths, waveforms
from ._fields import (
    describe_call,
    describe_class,
    keyword_field,
    own_fields,
    signature,
)
from ._files import AsTheirs

__all__ = ["FeatureExtractor", "our_window"]

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

    # What a class says of its model; the rest is in its fields.
    _chain: ClassVar[MelConfig]
    _clip_rule: ClassVar[Clips] = Clips()
    _arguments: ClassVar[dict[str, str]] = {}
    _unit: ClassVar[str] = "samples"
    # What an original cannot have otherwise, or does nonsense with.
    _pads_right_only: ClassVar[bool] = False

    __signature__: ClassVar[inspect.Signature]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
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
        if "__call__" in vars(cls):
            call = vars(cls)["__call__"]
            call.__doc__ = describe_call(call, cls._arguments, cls._unit)

    def _derive(self, others: dict[str, Any]) -> None:
        """Set what the original derives from its parameters; `others` are those not known."""

    # --- the front ends of the parameters ---------------------------------------------------------

    def _config(self) -> MelConfig:
        options = {f.option: getattr(self, n) for n, f in self._fields.items() if f.option}
        config = self._chain.replace(**{**options, **self._options()})
        filters = vars(self).get("mel_filters")
        return config if filters is None else config.replace(**_weights(filters, config))

    def _check_filters(self, filters: Any) -> None:
        """Refuse filters that are not of this extractor's transform."""
        _weights(filters, self._config())

    def _options(self) -> dict[str, Any]:
        """Return the options of the configuration that are no field's, or of another value."""
        return {}

    def _even(self, n_fft: int) -> int:
        """Return the length of a transform; with an odd one the originals may lose a frame."""
        if n_fft % 2:
            raise ValueError(f"n_fft={n_fft} must be even")
        return n_fft

    @property
    def _front_end(self) -> FrontEnd:
        return self._changed()

    def _changed(self, **changes: Any) -> FrontEnd:
        """Return the front end of the parameters, with some options of another value."""
        key = tuple(changes.items())
        if key not in self._cache:
            self._cache[key] = FrontEnd(self._config().replace(**changes))
        made: FrontEnd = self._cache[key]
        return made

    # --- what a call does with its arguments ------------------------------------------------------

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
                f"sampling_rate={brief(sampling_rate)}, and {type(self).__name__} needs audio of "
                f"{self.sampling_rate} Hz; resample it first"
            )
        if device is not None and str(device) != "cpu":
            raise ValueError(
                f"device={brief(device)}: features are computed on the CPU; move the result"
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

    def _wants_mask(self, return_attention_mask: bool | None) -> bool:
        """Return whether a call is to return a mask: as it says, else as the constructor did."""
        asked = return_attention_mask
        return bool(self.return_attention_mask if asked is None else asked)

    def _lengths(self, clips: Sequence[Array], *arguments: Any) -> Lengths:
        """Return what is kept of clips, and their padding; see :meth:`Lengths.of`."""
        return self._lengths_of([len(clip) for clip in clips], *arguments)

    def _lengths_of(self, lengths: Sequence[int], *arguments: Any) -> Lengths:
        result = Lengths.of(lengths, *arguments)
        if self._pads_right_only and self.padding_side == "left" and result.kept != result.padded:
            raise ValueError(
                f"padding_side='left': {type(self).__name__} knows padding after a clip only; pass "
                "clips one by one, or set padding_side='right'"
            )
        return result

    def _batch(self, clips: Sequence[Array], *arguments: Any) -> tuple[Floats, Lengths]:
        """Return the clips as one array, padded as the arguments of :meth:`Lengths.of` say."""
        lengths = self._lengths(clips, *arguments)
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

    @staticmethod
    def _num_frames(clips: Sequence[Floats], front_end: FrontEnd) -> list[int]:
        """Return how many frames each clip has; one is needed."""
        frames = [front_end.num_frames(len(clip)) for clip in clips]
        if 0 in frames:
            i = frames.index(0)
            raise ValueError(f"clip {i} has {len(clips[i])} samples, too few for a frame")
        return frames

    def _each_alone(
        self, clips: Sequence[Floats], lengths: Lengths, front_end: FrontEnd, frames: int
    ) -> tuple[Floats, Lengths]:
        """Return the features of each clip alone, and how many frames those are.

        They are (clips, frames, bands), with zeros after the last frame of a clip.
        """
        features = np.zeros((len(clips), frames, front_end.n_features), np.float32)
        kept = [front_end.num_frames(n) for n in lengths.kept]
        for row, clip, samples, n in zip(features, clips, lengths.kept, kept, strict=True):
            if n:
                front_end(clip[:samples], out=row[:n])
        return features, Lengths(kept, [frames] * len(kept))

    def _padded_features(
        self, clips: Sequence[Floats], front_end: FrontEnd, *arguments: Any
    ) -> tuple[Floats, Lengths]:
        """Return features, (clips, frames, bands), padded as the arguments of `Lengths.of` say.

        They are written where they belong in the batch.
        """
        frames = self._num_frames(clips, front_end)
        lengths = self._lengths_of(frames, *arguments)
        shape = (len(clips), lengths.common(), front_end.n_features)
        features = np.full(shape, self.padding_value, np.float32)
        for row, clip, n, kept in zip(features, clips, frames, lengths.kept, strict=True):
            part = row[self._part(kept, len(row))]
            if n == kept:
                front_end(clip, out=part)
            else:
                part[:] = front_end(clip)[:kept]
        return features, lengths

    def _mask(self, lengths: Lengths, at: slice = slice(None)) -> NDArray[np.int32]:
        """Return 1 where a clip is and 0 where padding is, (clips, n), at some of the places."""
        return lengths.mask(at, self.padding_side).astype(np.int32)

    def _masks(self, lengths: Lengths) -> NDArray[np.int32] | list[NDArray[np.int32]]:
        """Return the mask of all clips, or a list of those of clips that stay as they are."""
        if len(set(lengths.padded)) == 1:
            return self._mask(lengths)
        pairs = zip(lengths.kept, lengths.padded, strict=True)
        return [self._mask(Lengths([kept], [n]))[0] for kept, n in pairs]

    def _part(self, kept: int, n: int) -> slice:
        return slice(0, kept) if self.padding_side == "right" else slice(n - kept, n)


FeatureExtractor._fields = own_fields(FeatureExtractor)
FeatureExtractor.__signature__ = signature(FeatureExtractor._fields)


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


def _weights(filters: Any, config: MelConfig) -> dict[str, Any]:
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
