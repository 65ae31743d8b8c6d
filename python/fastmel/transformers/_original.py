"""Our extractors in the place of transformers' own objects."""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

import numpy as np

from .._base.cache import cached
from ._base import FeatureExtractor, filter_options
from ._files import subclasses

if TYPE_CHECKING:
    from transformers import FeatureExtractionMixin, ProcessorMixin

# What files call a class by.
_NAMES = ("feature_extractor_type", "processor_class")


def accelerate(
    extractor: FeatureExtractor | FeatureExtractionMixin | ProcessorMixin,
) -> FeatureExtractor:
    """Return our extractor that does what one of transformers does.

    Parameters
    ----------
    extractor : transformers.FeatureExtractionMixin
        An extractor of a class of the names above, as ``AutoFeatureExtractor`` makes it; or a
        processor that has one.

    Returns
    -------
    FeatureExtractor
        With the same attributes, also those that were set after construction, `mel_filters` among
        them.

    Raises
    ------
    TypeError
        If there is none of its class here; if its class is one of your own that has methods of its
        own, or a method was replaced.
    ValueError
        If something was changed that ours computes from its parameters: a window, a transform.

    Examples
    --------
    >>> import transformers                                              # doctest: +SKIP
    >>> original = transformers.AutoFeatureExtractor.from_pretrained(…)  # doctest: +SKIP
    >>> extractor = fastmel.transformers.accelerate(original)            # doctest: +SKIP
    """
    for part in ("feature_extractor", "audio_processor"):
        if not issubclass(type(extractor), FeatureExtractor):
            extractor = getattr(extractor, part, extractor)
    if issubclass(type(extractor), FeatureExtractor):
        ours: FeatureExtractor = extractor
        return ours
    cls = counterpart(type(extractor))
    _check_methods(extractor)
    made = cls(**parameters_of(extractor))
    # What the original makes of the same parameters; the rest somebody changed.
    fresh = vars(type(extractor)(**made._constructor()))
    for name, value in vars(extractor).items():
        if name in _NAMES or (name in fresh and _same(value, fresh[name])):
            continue
        if name in fresh and name not in vars(made):
            if name != "mel_filters" or not _is_matrix(value):
                raise ValueError(
                    f"{name} of this {cls.__name__} is not what its parameters make, and ours "
                    "computes it from them; call the original"
                )
        if name not in vars(made) or not _same(value, vars(made)[name]):
            setattr(made, name, value)
    _check_tables(vars(extractor), made)
    return made


def _check_tables(its: dict[str, Any], made: FeatureExtractor) -> None:
    """Refuse filters and a window that are not of the sizes that ours would have."""
    filters: Any = its.get("mel_filters")
    window: Any = its.get("window")
    config = made._config()
    if _is_matrix(filters):
        filter_options(filters, config)
    size = config.win_length or config.n_fft
    if hasattr(window, "shape") and window.shape != (size,):
        raise ValueError(
            f"window of this {type(made).__name__} is of shape {tuple(window.shape)}, and its "
            f"parameters ask for {size} samples; call the original"
        )


def parameters_of(extractor: FeatureExtractionMixin) -> dict[str, Any]:
    """Return the parameters that one of transformers' has, of those that ours would take."""
    # Gemma's are in samples, where the constructor has milliseconds.
    known = sorted({*counterpart(type(extractor))._fields, "frame_length", "hop_length"})
    return {name: getattr(extractor, name) for name in known if hasattr(extractor, name)}


@cached(maxsize=64)
def counterpart(original: type) -> type[FeatureExtractor]:
    """Return our class of the name of one of transformers', or of one above it."""
    ours = {c.__name__: c for c in subclasses(FeatureExtractor) if not c.__name__.startswith("_")}
    for cls in original.__mro__:
        if cls.__name__ in ours and cls.__module__.startswith("transformers.models."):
            return ours[cls.__name__]
    raise TypeError(f"there is no {original.__name__} in fastmel.transformers")


def _check_methods(extractor: object) -> None:
    """Refuse an extractor with code that is not transformers'."""
    cls = type(extractor)
    for owner in cls.__mro__[:-1]:
        for name, value in vars(owner).items():
            function = getattr(value, "__func__", value)
            if isinstance(function, FunctionType) and not _is_theirs(function.__module__):
                raise TypeError(f"{cls.__name__}.{name} is no method of transformers")
            if not _is_theirs(owner.__module__) and not name.startswith("__"):
                raise TypeError(f"{cls.__name__} has {name} of its own; ours does not know it")
    for name, value in vars(extractor).items():
        if callable(value) and callable(getattr(cls, name, None)):
            raise TypeError(f"{name} of this {cls.__name__} was replaced")


def _is_theirs(module: object) -> bool:
    return str(module).partition(".")[0] in ("transformers", "huggingface_hub")


def _is_matrix(value: object) -> bool:
    return len(getattr(value, "shape", ())) == 2


def _same(a: Any, b: Any) -> bool:
    """Return whether two attributes are the same: numbers, arrays, tensors, objects of those."""
    if a is b:
        return True
    if hasattr(a, "shape") or hasattr(b, "shape"):
        return np.shape(a) == np.shape(b) and bool(np.all(np.asarray(a) == np.asarray(b)))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_same, a, b))
    if hasattr(a, "__dict__") and type(a) is type(b) and not isinstance(a, type):
        return _same(vars(a), vars(b)) if not callable(a) or vars(a) else bool(a == b)
    return bool(a == b)
