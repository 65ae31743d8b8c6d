"""The rules of a configuration: parameters that contradict each other, and those that are tuples.

Limits and names of single parameters stand beside them, in ``parameters``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from .._base.cache import cached
from .._base.checks import brief, choice, integer, number
from .._base.fields import check_fields
from .._base.step import FeatureStep, SampleStep
from .parameters import PadMode, Parameters
from .windows import get_window

__all__ = ["check"]


def check(config: Parameters) -> None:
    """Check every parameter, and store it as its plain type, so that equal ones print alike.

    Raises
    ------
    ValueError
        If a parameter is out of range, or two contradict each other.
    TypeError
        If a parameter has the wrong type.
    """
    check_fields(config)
    for rule in _RULES:
        for name, value in rule(config) or ():
            object.__setattr__(config, name, value)


# What a rule may yield: names of parameters, and the plain values that they become.
_Plain = Iterator[tuple[str, Any]]


def _samples(config: Parameters) -> None:
    if config.scale == 0:
        raise ValueError("scale=0 leaves nothing of the samples")
    if config.dtype == "float64" and config.precision == "single":
        raise ValueError('dtype="float64" needs precision="double", and precision="single"')


def _framing(config: Parameters) -> _Plain:
    if config.win_length is not None and config.win_length > config.n_fft:
        raise ValueError(f"win_length={config.win_length} exceeds n_fft={config.n_fft}")
    length = config.win_length or config.n_fft
    if config.frame_length is not None and config.frame_length < length:
        raise ValueError(f"frame_length={config.frame_length} is shorter than the window")
    yield "window", _window(config.window, length)
    padding, modes = _plain(config.padding), _plain(config.pad_mode)
    if isinstance(padding, str):
        choice("padding", padding, ("center", "none"))
    else:
        padding = tuple(integer("padding", n, -(2**40)) for n in _pair("padding", padding))
    yield "padding", padding
    if isinstance(modes, tuple):
        modes = tuple(choice("pad_mode", m, get_args(PadMode)) for m in _pair("pad_mode", modes))
        modes = modes[0] if modes[0] == modes[1] else modes
    else:
        choice("pad_mode", modes, get_args(PadMode))
    yield "pad_mode", modes
    if "linear_ramp" in modes and (padding, config.preemphasis_scope) != ("center", "frame"):
        raise ValueError('pad_mode="linear_ramp" needs padding="center" and no pre-emphasis')


def _window(window: object, length: int) -> Any:
    """Return a name, a tuple of a name and parameters, or a tuple of values."""
    plain = _plain(window)
    if not isinstance(plain, (str, tuple)):
        raise TypeError(
            f"window={brief(window)} must be a name, (name, parameter, ...) or win_length values"
        )
    if isinstance(plain, tuple) and plain and not isinstance(plain[0], str):
        return tuple(get_window(list(plain), length).tolist())
    _try_window(plain, length)
    return plain


@cached(maxsize=64)
def _try_window(window: Any, length: int) -> None:
    """Raise if there is no such window. A catalogue asks for the same few again and again."""
    get_window(window, length)


def _bands(config: Parameters) -> _Plain:
    if config.mel_weights is not None:
        weights, bins = _matrix("mel_weights", config.mel_weights), 1 + config.n_fft // 2
        if weights.shape[1:] != (bins,):
            raise ValueError(f"mel_weights has shape {weights.shape}; (n_mels, {bins}) is needed")
        if len(weights) != config.n_mels:
            raise ValueError(f"mel_weights has {len(weights)} rows, and n_mels={config.n_mels}")
        yield "mel_weights", _plain(weights)
    if not config.fmin < config.upper_frequency:
        raise ValueError(f"fmin={config.fmin} must lie below fmax={config.upper_frequency}")
    if config.n_mels is None and (config.mel_gain != 1 or config.mel_weights is not None):
        raise ValueError("mel_gain and mel_weights need bands, and n_mels is None")


def _warping(config: Parameters) -> None:
    warp, low, high = config.vtln_warp, config.vtln_low, config.vtln_upper_frequency
    if warp != 1:
        if (config.mel_scale, config.mel_shape) != ("kaldi", "mel"):
            raise ValueError('vtln_warp needs mel_scale="kaldi" and mel_shape="mel"')
        if not config.fmin < low < high < config.upper_frequency:
            raise ValueError(
                f"vtln_low={low} and vtln_high={config.vtln_high} (that is, {high} Hz) must lie in "
                f"this order between fmin={config.fmin} and fmax={config.upper_frequency}"
            )
        if not low * max(1.0, warp) < high * min(1.0, warp):
            raise ValueError(
                f"vtln_warp={warp} leaves nothing between vtln_low={low} and "
                f"vtln_high={config.vtln_high} (that is, {high} Hz)"
            )


def _energy(config: Parameters) -> None:
    if not config.use_energy:
        return
    if config.energy_floor < config.smallest:
        raise ValueError(
            f"energy_floor={config.energy_floor} must be above 0 in {config.precision} precision: "
            "the logarithm of 0 is no number"
        )
    if config.ref == "max" or config.dynamic_range is not None:
        raise ValueError("use_energy goes with neither ref='max' nor dynamic_range")
    if config.energy_of == "spectrum":
        for name, plain in (("power", 2), ("spectrum_floor", 0), ("spectrum_offset", 0)):
            if (value := getattr(config, name)) != plain:
                raise ValueError(f'energy_of="spectrum" needs {name}={plain}; got {value}')


def _level(config: Parameters) -> _Plain:
    if config.log == "none":
        if config.ref != 1.0 or config.dynamic_range is not None:
            raise ValueError('ref and dynamic_range need a logarithm, and log="none"')
    elif config.log_floor + config.log_offset < config.smallest:
        raise ValueError(
            f"log_floor={config.log_floor} and log_offset={config.log_offset} must add up to more "
            f"than 0 in {config.precision} precision: the logarithm of 0 is no number"
        )
    if config.log == "ln_above_e" and config.ref != 1.0:
        raise ValueError(f'ref={config.ref} does not go with log="ln_above_e"')
    if config.clip is not None:
        low, high = _pair("clip", _plain(config.clip), "None or a pair of numbers")
        low, high = number("clip", low), number("clip", high)
        if not low < high:
            raise ValueError(f"clip={config.clip!r}: the first must lie below the second")
        yield "clip", (low, high)


def _post(config: Parameters) -> _Plain:
    if config.n_mfcc is not None and config.n_mfcc > (config.n_mels or 0):
        bands = "n_mels is None" if config.n_mels is None else f"n_mels={config.n_mels}"
        raise ValueError(f"n_mfcc={config.n_mfcc} needs as many bands, and {bands}")
    if config.stack_left and not config.stacks:
        raise ValueError(f"stack_left={config.stack_left} needs stack, and stack=1")
    for name in ("feature_shift", "feature_gain"):
        if (values := _plain(getattr(config, name))) is None:
            continue
        if not isinstance(values, tuple) or len(values) != config.n_chained:
            raise ValueError(f"{name} needs {config.n_chained} values, one per feature")
        yield name, tuple(number(name, v) for v in values)


def _statistics(config: Parameters) -> _Plain:
    if config.normalize == "pcen":
        for name, plain in (("log", "none"), ("n_mfcc", None), ("use_energy", False)):
            if (value := getattr(config, name)) != plain:
                raise ValueError(f'normalize="pcen" needs {name}={plain!r}; got {value!r}')
    if config.normalize_window is None:
        return
    name, window = "normalize_window", _plain(config.normalize_window)
    before, after = (integer(name, n, 0) for n in _pair(name, window, "None or two numbers"))
    if config.normalize not in ("mean", "mean_std") or config.normalize_axis != "time":
        raise ValueError(
            f'normalize_window={window} needs normalize="mean" or "mean_std" and '
            f'normalize_axis="time"; got {config.normalize!r} and {config.normalize_axis!r}'
        )
    least, frames = config.normalize_min_window, before + 1 + after
    if not config.normalize_ddof < least <= frames:
        raise ValueError(
            f"normalize_min_window={least} must be above normalize_ddof={config.normalize_ddof} "
            f"and at most the {frames} frames of normalize_window={window}"
        )
    yield name, (before, after)


def _steps(config: Parameters) -> _Plain:
    for name, kind in (("before", SampleStep), ("after", FeatureStep)):
        steps = getattr(config, name)
        if not isinstance(steps, (list, tuple)):
            raise TypeError(f"{name} must be a sequence of steps; got {type(steps).__name__}")
        for step in steps:
            if not isinstance(step, kind):
                raise TypeError(
                    f"{name} must hold steps of fastmel.steps that are a {kind.__name__}; got "
                    f"{brief(step)}"
                )
        yield name, tuple(steps)
    for step in config.after[:-1]:
        if step._adds_axis:
            raise ValueError(
                f"after: {type(step).__name__} adds an axis, and must be the last step"
            )


_RULES: tuple[Callable[[Parameters], _Plain | None], ...] = (
    _samples,
    _framing,
    _bands,
    _warping,
    _energy,
    _level,
    _post,
    _statistics,
    _steps,
)


def _pair(name: str, value: Any, accepted: str = "a name or a pair") -> tuple[Any, Any]:
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
