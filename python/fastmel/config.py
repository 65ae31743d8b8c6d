"""The configuration of a whole front end, as one value."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any, Literal

from .framing import check_pad_mode, n_frames, positive_int
from .plan import Precision, check_precision

__all__ = ["MelConfig"]

_LOGS = ("none", "ln", "log10", "log2", "dB")


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
        for name in ("sample_rate", "n_fft", "hop_length", "n_mels"):
            positive_int(getattr(self, name), name)
        if self.win_length is not None and positive_int(self.win_length, "win_length") > self.n_fft:
            raise ValueError(f"win_length={self.win_length} exceeds n_fft={self.n_fft}")
        if isinstance(self.window, list):  # as JSON spells a tuple
            object.__setattr__(self, "window", tuple(self.window))
        if not isinstance(self.window, (str, tuple)):
            raise ValueError(f"window must be a name or (name, parameter, ...); got {self.window!r}")
        check_pad_mode(self.pad_mode)
        check_precision(self.precision)
        fmax = self.sample_rate / 2 if self.fmax is None else self.fmax
        if not 0 <= self.fmin < fmax:
            raise ValueError(f"fmin={self.fmin} must be at least 0 and below fmax={fmax}")
        self._check_choice("mel_scale", ("slaney", "htk"))
        self._check_choice("mel_norm", ("slaney", None))
        self._check_choice("log", _LOGS)
        self._check_choice("layout", ("mel_time", "time_mel"))
        self._check_level()

    def _check_choice(self, name: str, accepted: tuple[Any, ...]) -> None:
        if getattr(self, name) not in accepted:
            raise ValueError(
                f"{name}={getattr(self, name)!r}; accepted: {', '.join(map(repr, accepted))}"
            )

    def _check_level(self) -> None:
        if self.log == "none":
            if self.ref != 1.0 or self.dynamic_range is not None:
                raise ValueError("ref and dynamic_range need a logarithm; set log, or leave them")
        elif not self.log_floor > 0:
            raise ValueError(f"log_floor must be positive for log={self.log!r}; got {self.log_floor}")
        if self.ref != "max" and not (isinstance(self.ref, (int, float)) and self.ref > 0):
            raise ValueError(f'ref must be a positive number or "max"; got {self.ref!r}')
        if self.dynamic_range is not None and not self.dynamic_range >= 0:
            raise ValueError(f"dynamic_range must be 0 or greater; got {self.dynamic_range}")
        for name in ("power", "shift", "gain"):
            if not math.isfinite(getattr(self, name)):
                raise ValueError(f"{name} must be finite; got {getattr(self, name)}")

    def replace(self, **changes: Any) -> MelConfig:
        """Return a copy with some parameters changed."""
        return dataclasses.replace(self, **changes)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the parameters as a JSON object."""
        return json.dumps(dataclasses.asdict(self), indent=indent)

    @classmethod
    def from_json(cls, text: str) -> MelConfig:
        """Make a configuration from what :meth:`to_json` returned.

        Raises
        ------
        ValueError
            If `text` is not a JSON object, or names a parameter that does not exist.
        """
        values = json.loads(text)
        if not isinstance(values, dict):
            raise ValueError(f"a JSON object is needed; got {type(values).__name__}")
        unknown = values.keys() - {field.name for field in dataclasses.fields(cls)}
        if unknown:
            raise ValueError(f"unknown parameters: {', '.join(sorted(unknown))}")
        return cls(**values)

    def num_frames(self, n_samples: int) -> int:
        """Return the number of frames of `n_samples`."""
        frames = n_frames(n_samples, self.n_fft, self.hop_length, self.center)
        return max(0, frames - self.drop_last_frame)
