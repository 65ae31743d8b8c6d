"""The rules of a configuration: what parameters with a form of their own accept, and the core's.

Limits and names of single parameters stand beside them, in ``parameters``. What several must be to
each other, the core checks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.cache import cached
from .._base.checks import brief, choice, integer, number
from .._base.fields import accepted, check_fields
from .._base.step import FeatureStep, SampleStep
from .parameters import PadMode, Parameters
from .windows import get_window


def check(config: Parameters) -> None:
    """Check every parameter, and store it as its plain type, so that equal ones print alike."""
    check_fields(config)
    fields = accepted(type(config))
    for name, read in _OWN_FORMS.items():
        value = getattr(config, name)
        if value is not None or not fields[name].none:
            object.__setattr__(config, name, read(config, name, value))
    _core.Config(vars(config))  # by csrc/frontend/rules.cpp, as JSON in other languages


def _window(config: Parameters, name: str, value: object) -> Any:
    """Return a name, a tuple of a name and parameters, or a tuple of values."""
    plain, length = _plain(value), config.win_length or config.n_fft
    if not isinstance(plain, (str, tuple)):
        raise TypeError(
            f"{name}={brief(value)} must be a name, (name, parameter, ...) or win_length values"
        )
    if isinstance(plain, tuple) and plain and not isinstance(plain[0], str):
        return tuple(get_window(list(plain), length).tolist())
    _try_window(plain, length)
    return plain


@cached(maxsize=64)
def _try_window(window: Any, length: int) -> None:
    """Raise if there is no such window. A catalogue asks for the same few again and again."""
    get_window(window, length)


def _padding(config: Parameters, name: str, value: object) -> Any:
    plain = _plain(value)
    if isinstance(plain, str):
        return choice(name, plain, ("center", "none"))
    pair = _pair(name, plain)
    return tuple(integer(name, n, -_core.longest_padding, _core.longest_padding) for n in pair)


def _pad_mode(config: Parameters, name: str, value: object) -> Any:
    plain = _plain(value)
    if not isinstance(plain, tuple):
        return choice(name, plain, get_args(PadMode))
    before, after = (choice(name, mode, get_args(PadMode)) for mode in _pair(name, plain))
    return before if before == after else (before, after)


def _weights(config: Parameters, name: str, value: object) -> Any:
    weights, bins = _matrix(name, value), 1 + config.n_fft // 2
    if weights.shape[1:] != (bins,):
        raise ValueError(f"{name} has shape {weights.shape}; (n_mels, {bins}) is needed")
    return _plain(weights)


def _limits(config: Parameters, name: str, value: object) -> Any:
    low, high = (number(name, x) for x in _pair(name, _plain(value), "None or a pair of numbers"))
    if not low < high:
        raise ValueError(f"{name}={value!r}: the first must lie below the second")
    return low, high


def _frames_around(config: Parameters, name: str, value: object) -> Any:
    pair = _pair(name, _plain(value), "None or two numbers")
    return tuple(integer(name, n, 0) for n in pair)


def _per_feature(config: Parameters, name: str, value: object) -> Any:
    plain = _plain(value)
    if not isinstance(plain, tuple) or len(plain) != config.n_chained:
        raise ValueError(f"{name} needs {config.n_chained} values, one per feature")
    return tuple(number(name, x) for x in plain)


def _steps(config: Parameters, name: str, value: object) -> Any:
    kind = SampleStep if name == "before" else FeatureStep
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a sequence of steps; got {type(value).__name__}")
    for step in value:
        if not isinstance(step, kind):
            raise TypeError(
                f"{name} must hold steps of fastmel.steps that are a {kind.__name__}; got "
                f"{brief(step)}"
            )
    for step in value[:-1]:
        if step._adds_axis:
            raise ValueError(
                f"{name}: {type(step).__name__} adds an axis, and must be the last step"
            )
    return tuple(value)


_OWN_FORMS: dict[str, Callable[[Parameters, str, object], Any]] = {
    "window": _window,
    "padding": _padding,
    "pad_mode": _pad_mode,
    "mel_weights": _weights,
    "clip": _limits,
    "feature_shift": _per_feature,
    "feature_gain": _per_feature,
    "normalize_window": _frames_around,
    "before": _steps,
    "after": _steps,
}


def _pair(name: str, value: object, accepted: str = "a name or a pair") -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError(f"{name}={brief(value)} must be {accepted}")
    return value


def _matrix(name: str, value: Any) -> NDArray[np.float64]:
    """Return finite numbers in equal rows."""
    try:
        given = np.stack([np.asarray(row) for row in value])
    except (TypeError, ValueError):  # no rows, or of several lengths
        given = np.array(None)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be rows of numbers, of one length; got {brief(value)}")
    matrix = given.astype(np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} must be finite")
    return matrix


def _plain(value: object) -> Any:
    """Return Python's own numbers and tuples for NumPy's numbers, arrays and JSON's lists."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value
