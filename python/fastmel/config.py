"""The configuration of a whole front end, as one value."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .checks import Precision, choice, flag, integer, number
from .framing import n_frames, pad_mode_name
from .plan import cached
from .windows import get_window

__all__ = ["MelConfig"]


@dataclass(frozen=True, kw_only=True)
class MelConfig:
    """Everything that defines a log-mel front end, from samples to features.

    A configuration is data: it is immutable, compares and hashes by value, prints as a call, and
    goes through JSON. The defaults are those of librosa's mel spectrogram, without a logarithm.

    Parameters
    ----------
    sample_rate : int
        Sample rate in Hz.
    n_fft, hop_length, win_length, window, center, pad_mode
        Framing and window, as in :func:`fastmel.stft`; `win_length` None means `n_fft`. `window` is
        a name, or a tuple of a name and parameters.
    drop_last_frame : bool
        Leave out the last frame, as Whisper does: ``n_samples // hop_length`` remain.
    power : float
        Exponent of the magnitude spectrum.
    n_mels, fmin, fmax
        Mel bands, and their range in Hz; `fmax` None means half the sample rate.
    mel_scale : {"slaney", "htk"}
        Formula of the mel scale.
    mel_norm : {"slaney", None}
        Whether triangles have equal area, or equal height.
    log : {"none", "ln", "log10", "log2", "dB"}
        Logarithm; "dB" is ``10 * log10``.
    log_floor : float
        Smallest value that is passed to the logarithm; greater than 0 unless `log` is "none".
    ref : float or "max"
        Value that becomes 0 after the logarithm; "max" is the maximum of the item.
    dynamic_range : float or None
        Values are floored at this distance below the maximum of the item, in units of `log`.
    shift, gain : float
        Affine map at the end: ``(x + shift) * gain``.
    layout : {"mel_time", "time_mel"}
        Order of the last two axes of the result.
    precision : {"single", "double"}
        Precision of the computation.

    Raises
    ------
    ValueError
        If a parameter is out of range, or two contradict each other.
    TypeError
        If a parameter has the wrong type.

    Examples
    --------
    >>> import fastmel
    >>> config = fastmel.MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=80)
    >>> config.replace(n_mels=64).n_mels
    64
    >>> fastmel.MelConfig.from_json(config.to_json()) == config
    True
    """

    sample_rate: int = 22050
    n_fft: int = 2048
    hop_length: int = 512
    win_length: int | None = None
    window: str | tuple[str | float, ...] = "hann"
    center: bool = True
    pad_mode: str = "constant"
    drop_last_frame: bool = False
    power: float = 2.0
    n_mels: int = 128
    fmin: float = 0.0
    fmax: float | None = None
    mel_scale: Literal["slaney", "htk"] = "slaney"
    mel_norm: Literal["slaney"] | None = "slaney"
    log: Literal["none", "ln", "log10", "log2", "dB"] = "none"
    log_floor: float = 1e-10
    ref: float | Literal["max"] = 1.0
    dynamic_range: float | None = None
    shift: float = 0.0
    gain: float = 1.0
    layout: Literal["mel_time", "time_mel"] = "mel_time"
    precision: Precision = "double"

    def __post_init__(self) -> None:
        """Check every parameter, and store it as its plain type, so that equal ones print alike."""
        for name in ("sample_rate", "n_fft", "hop_length", "n_mels"):
            self._set(name, integer(name, getattr(self, name)))
        for name in ("center", "drop_last_frame"):
            self._set(name, flag(name, getattr(self, name)))
        for name in ("power", "shift", "gain"):
            self._set(name, number(name, getattr(self, name)))
        for name, accepted in _CHOICES.items():
            choice(name, getattr(self, name), accepted)
        pad_mode_name(self.pad_mode)
        self._check_window()
        self._check_bands()
        self._check_level()

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _check_window(self) -> None:
        if self.win_length is not None:
            self._set("win_length", integer("win_length", self.win_length))
            if self.win_length > self.n_fft:
                raise ValueError(f"win_length={self.win_length} exceeds n_fft={self.n_fft}")
        self._set("window", _plain(self.window))
        if not isinstance(self.window, (str, tuple)):
            raise TypeError(f"window={self.window!r} must be a name or (name, parameter, ...)")
        _try_window(self.window, self.win_length or self.n_fft)

    def _check_bands(self) -> None:
        self._set("fmin", number("fmin", self.fmin, least=0))
        if self.fmax is not None:
            self._set("fmax", number("fmax", self.fmax))
        fmax = self.sample_rate / 2 if self.fmax is None else self.fmax
        if not self.fmin < fmax:
            raise ValueError(f"fmin={self.fmin} must lie below fmax={fmax}")

    def _check_level(self) -> None:
        self._set("log_floor", number("log_floor", self.log_floor))
        if self.ref != "max":
            self._set("ref", number("ref", self.ref, above=0))
        if self.dynamic_range is not None:
            self._set("dynamic_range", number("dynamic_range", self.dynamic_range, least=0))
        if self.log != "none":
            number("log_floor", self.log_floor, above=0)
        elif self.ref != 1.0 or self.dynamic_range is not None:
            raise ValueError('ref and dynamic_range need a logarithm, and log="none"')

    def replace(self, **changes: Any) -> MelConfig:
        """Return a copy with some parameters changed.

        Raises
        ------
        ValueError, TypeError
            As the constructor.
        """
        return dataclasses.replace(self, **changes)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the parameters as a JSON object, in the order of the class."""
        return json.dumps(dataclasses.asdict(self), indent=indent)

    @classmethod
    def from_json(cls, text: str) -> MelConfig:
        """Make a configuration from what :meth:`to_json` returned.

        Parameters that are left out have their defaults.

        Raises
        ------
        ValueError, TypeError
            If `text` is not a JSON object, names a parameter that does not exist, or as the
            constructor.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"a JSON object is needed; got {type(values).__name__}")
        unknown = values.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}")
        return cls(**values)

    def num_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal.

        Raises
        ------
        ValueError, TypeError
            If `n_samples` is negative, or no integer.
        """
        n_samples = integer("n_samples", n_samples, least=0)
        frames = n_frames(n_samples, self.n_fft, self.hop_length, self.center)
        return max(0, frames - self.drop_last_frame)


_CHOICES: dict[str, tuple[str | None, ...]] = {
    "mel_scale": ("slaney", "htk"),
    "mel_norm": ("slaney", None),
    "log": ("none", "ln", "log10", "log2", "dB"),
    "layout": ("mel_time", "time_mel"),
    "precision": ("single", "double"),
}


@cached(maxsize=64)
def _try_window(window: Any, length: int) -> None:
    """Raise if there is no such window. A catalogue asks for the same few again and again."""
    get_window(window, length)


def _plain(value: Any) -> Any:
    """Return Python's own numbers and tuples for NumPy's numbers, arrays and JSON's lists."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value
