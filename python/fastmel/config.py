"""The configuration of a whole front end, as one value."""

from __future__ import annotations

import dataclasses
import json
import reprlib
from dataclasses import dataclass
from typing import Any, Literal, get_args, get_type_hints

import numpy as np
from numpy.typing import NDArray

from .checks import Precision, choice, flag, integer, number
from .framing import n_frames, padding_of
from .plan import cached
from .windows import get_window

__all__ = ["MelConfig"]

PAD_MODES = ("constant", "edge", "reflect", "reflect_repeatedly", "symmetric", "linear_ramp")


@dataclass(frozen=True, kw_only=True, repr=False)
class MelConfig:
    """Everything that defines a front end, from samples to features.

    A configuration is data: it is immutable, compares and hashes by value, prints as a call, and
    goes through JSON. The parameters follow the way of the data; each acts on its own. The defaults
    are those of librosa's mel spectrogram, without a logarithm.

    Parameters
    ----------
    sample_rate : int
        Sample rate in Hz.

    n_fft, hop_length : int
        Length of the transform, and samples from one frame to the next.
    win_length : int or None
        Length of the window; None means `n_fft`.
    window : str or tuple
        A name of :func:`scipy.signal.get_window`, or a tuple of a name and parameters. Names are
        periodic windows; with the suffix ``_symmetric`` symmetric ones. ``"povey"`` is Kaldi's.
    window_position : {"center", "left"}
        Where a window that is shorter than `n_fft` lies in the frame.
    frame_length : int or None
        Samples that a frame needs to be counted and centred. None means `win_length` for windows on
        the left, else `n_fft`.
    padding : {"center", "none"} or (int, int)
        Samples added before and after the signal: half of `frame_length` each, none, or these. Two
        numbers may be negative.
    pad_mode : str or (str, str)
        What they are: "constant" (zeros), "edge", "reflect", "symmetric" or "linear_ramp", as in
        :func:`numpy.pad`; a pair for before and after. "reflect" refuses signals that are no longer
        than the padding, "reflect_repeatedly" goes back and forth.
    frame_count : {"whole", "floor", "round", "ceil", "tail"}
        How many frames: all that fit into the padded signal; or the number of hops in the signal,
        rounded as named (Whisper and NeMo round down, Kaldi without snip_edges to the nearest,
        TensorFlow with pad_end up); or all that begin before the padded signal's last frame ends,
        at least one. What lies beyond the signal follows `pad_mode`.

    scale : float
        Factor of the samples: 32768 for front ends that take 16-bit numbers as they are.
    dither : float
        Standard deviation of Gaussian noise, in scaled samples; the same for the same signal.
    remove_dc_offset : bool
        Subtract the mean of each frame.
    preemphasis : float
        Coefficient of ``x[i] - preemphasis * x[i - 1]``.
    preemphasis_scope : {"frame", "signal", "valid"}
        In each frame, where the first sample precedes itself; over the signal, whose first sample
        stays; or over the signal without its first sample.

    power : float
        Exponent of the magnitude spectrum.
    spectrum_floor, spectrum_offset : float
        ``max(|X|**2, spectrum_floor) + spectrum_offset`` is what the power is taken of.

    n_mels : int or None
        Mel bands; None leaves the bins of the spectrum as they are.
    fmin, fmax : float
        Range of the bands in Hz; `fmax` None means half the sample rate.
    mel_scale : {"slaney", "htk", "kaldi"}
        Formula of the mel scale. "kaldi" is ``1127 ln(1 + f / 700)``.
    mel_norm : {"slaney", "sum", "max", None}
        Whether filters have equal area in Hz, equal sums of weights, a largest weight of 1, or the
        height 1.
    mel_shape : {"hz", "mel", "bins", "symmetric"}
        Triangles whose slopes are linear in Hz, or in mels (Kaldi, TensorFlow); whose edges are
        rounded to bins (python_speech_features); or whose right slope mirrors the left one
        (SpeechBrain).
    mel_exclude : {None, "dc", "nyquist"}
        A bin without weight in any band, as in TensorFlow and in Kaldi.
    mel_sample_rate : float or None
        Sample rate for which the filters are made, if it is not `sample_rate`.
    vtln_warp, vtln_low, vtln_high : float
        Kaldi's warping of the filters for vocal tract length; 1.0 warps nothing.
    mel_weights : sequence of sequences of float or None
        Filters of your own instead of all that, of shape (n_mels, 1 + n_fft // 2).
    mel_gain : float
        Factor of the bands.

    use_energy : bool
        The energy of a frame, always as natural logarithm, as a further feature before the others.
        It replaces bin 0 of a spectrum, and coefficient 0 of cepstra.
    energy_of : {"raw", "windowed", "spectrum"}
        What the energy is the sum of squares of: the samples before pre-emphasis and window, or
        after them (Kaldi's raw_energy False), or the bins of the spectrum, times `mel_gain` (only
        with ``power=2``, and neither floor nor offset).
    energy_floor : float
        Least energy; `log_floor`, if that is larger.
    htk_compat : bool
        Kaldi's option: the energy, or coefficient 0 of cepstra, comes last, and the latter is
        multiplied by the root of 2.

    log : {"none", "ln", "log10", "log2", "dB", "ln_above_e"}
        Logarithm; "dB" is ``10 * log10``. "ln_above_e" is that of torchaudio's RNN-T pipelines: t
        is ``ln(x)`` above e, else x; the result is t above e, else ``t / e``.
    log_floor, log_offset : float
        The logarithm is that of ``max(x, log_floor) + log_offset``, which must be above 0.
    ref : float or "max"
        Value that becomes 0 after the logarithm; "max" is the maximum of the item.
    dynamic_range : float or None
        Values are floored at this distance below the peak, in units of `log`.
    peak : {"item", "batch"} or float
        What the dynamic range refers to: the maximum of an item, of all items of an array, or this
        value.
    shift, gain : float
        Affine map: ``(x + shift) * gain``.
    clip : (float, float) or None
        Limits of the values after that.

    n_mfcc : int or None
        Cepstral coefficients: the discrete cosine transform (type II) of the features so far.
    mfcc_norm : {"ortho", "htk"}
        Scale of its row 0: orthonormal, or like the other rows.
    lifter : float
        Row i is multiplied by ``1 + lifter / 2 * sin(pi * i / lifter)``.

    normalize : {None, "mean", "mean_std"}
        Subtract the mean, and divide by the standard deviation, of the item.
    normalize_axis : {"time", "all"}
        Statistics of each feature over time, or of all features together.
    normalize_ddof : int
        Divisor of the variance: the number of values less this.
    normalize_eps : float
        Added to the standard deviation or the variance, or the least standard deviation.
    normalize_eps_to : {"std", "variance", "floor"}
        Which of them.

    stack : int
        Frames that are joined to one, as low-frame-rate models take them.
    stack_stride : int or None
        Frames from one joined frame to the next; None means `stack`.
    stack_left : int
        Copies of the first frame that precede it.
    stack_tail : {"drop", "edge"} or float
        What becomes of an incomplete last frame: left out, completed with copies of the last frame,
        or with this value. With "edge" a stride that has begun counts.
    feature_shift, feature_gain : sequence of float or None
        Per feature of the result, as global mean and variance normalisation:
        ``(x + feature_shift) * feature_gain``.

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
    window_position: Literal["center", "left"] = "center"
    frame_length: int | None = None
    padding: Literal["center", "none"] | tuple[int, int] = "center"
    pad_mode: str | tuple[str, str] = "constant"
    frame_count: Literal["whole", "floor", "round", "ceil", "tail"] = "whole"

    scale: float = 1.0
    dither: float = 0.0
    remove_dc_offset: bool = False
    preemphasis: float = 0.0
    preemphasis_scope: Literal["frame", "signal", "valid"] = "frame"

    power: float = 2.0
    spectrum_floor: float = 0.0
    spectrum_offset: float = 0.0

    n_mels: int | None = 128
    fmin: float = 0.0
    fmax: float | None = None
    mel_scale: Literal["slaney", "htk", "kaldi"] = "slaney"
    mel_norm: Literal["slaney", "sum", "max"] | None = "slaney"
    mel_shape: Literal["hz", "mel", "bins", "symmetric"] = "hz"
    mel_exclude: Literal["dc", "nyquist"] | None = None
    mel_sample_rate: float | None = None
    vtln_warp: float = 1.0
    vtln_low: float = 100.0
    vtln_high: float = -500.0
    mel_weights: tuple[tuple[float, ...], ...] | None = None
    mel_gain: float = 1.0

    use_energy: bool = False
    energy_of: Literal["raw", "windowed", "spectrum"] = "raw"
    energy_floor: float = 0.0
    htk_compat: bool = False

    log: Literal["none", "ln", "log10", "log2", "dB", "ln_above_e"] = "none"
    log_floor: float = 1e-10
    log_offset: float = 0.0
    ref: float | Literal["max"] = 1.0
    dynamic_range: float | None = None
    peak: float | Literal["item", "batch"] = "item"
    shift: float = 0.0
    gain: float = 1.0
    clip: tuple[float, float] | None = None

    n_mfcc: int | None = None
    mfcc_norm: Literal["ortho", "htk"] = "ortho"
    lifter: float = 0.0

    normalize: Literal["mean", "mean_std"] | None = None
    normalize_axis: Literal["time", "all"] = "time"
    normalize_ddof: int = 0
    normalize_eps: float = 0.0
    normalize_eps_to: Literal["std", "variance", "floor"] = "std"

    stack: int = 1
    stack_stride: int | None = None
    stack_left: int = 0
    stack_tail: Literal["drop", "edge"] | float = "drop"
    feature_shift: tuple[float, ...] | None = None
    feature_gain: tuple[float, ...] | None = None

    layout: Literal["mel_time", "time_mel"] = "mel_time"
    precision: Precision = "double"

    def __post_init__(self) -> None:
        """Check every parameter, and store it as its plain type, so that equal ones print alike."""
        self._check_types()
        self._check_framing()
        self._check_bands()
        self._check_level()
        self._check_post()

    def __repr__(self) -> str:
        """Return a call with the parameters that are not the defaults."""
        shown = [
            f"{field.name}={getattr(self, field.name)!r}"
            for field in dataclasses.fields(self)
            if getattr(self, field.name) != field.default
        ]
        return f"MelConfig({', '.join(shown)})"

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def _check_types(self) -> None:
        for name, kind in _KINDS.items():
            value = getattr(self, name)
            if value is None and name in _OPTIONAL:
                continue
            if isinstance(value, str) and value in _CHOICES.get(name, ()):
                continue
            if kind == "choice":
                choice(name, value, _CHOICES[name])
            elif kind == "bool":
                self._set(name, flag(name, value))
            elif kind == "int":
                self._set(name, integer(name, value, _LEAST.get(name, 1)))
            elif kind == "float":
                if isinstance(value, str) and any(_CHOICES[name]):
                    choice(name, value, _CHOICES[name])
                checked = number(name, value, least=_LEAST.get(name), above=_ABOVE.get(name))
                self._set(name, checked)

    def _check_framing(self) -> None:
        if self.scale == 0:
            raise ValueError("scale=0 leaves nothing of the samples")
        if self.win_length is not None and self.win_length > self.n_fft:
            raise ValueError(f"win_length={self.win_length} exceeds n_fft={self.n_fft}")
        if self.frame_length is not None and self.frame_length < (self.win_length or self.n_fft):
            raise ValueError(f"frame_length={self.frame_length} is shorter than the window")
        self._set("window", _plain(self.window))
        if not isinstance(self.window, (str, tuple)):
            raise TypeError(
                f"window={reprlib.repr(self.window)} must be a name or (name, parameter, ...)"
            )
        _try_window(self.window, self.win_length or self.n_fft)
        padding, modes = _plain(self.padding), _plain(self.pad_mode)
        if not isinstance(padding, str):
            padding = _pair("padding", padding)
            padding = tuple(integer("padding", n, -(2**40)) for n in padding)
        else:
            choice("padding", padding, ("center", "none"))
        self._set("padding", padding)
        if isinstance(modes, tuple):
            modes = tuple(choice("pad_mode", m, PAD_MODES) for m in _pair("pad_mode", modes))
            modes = modes[0] if modes[0] == modes[1] else modes
        else:
            choice("pad_mode", modes, PAD_MODES)
        self._set("pad_mode", modes)
        if "linear_ramp" in modes and (self.padding, self.preemphasis_scope) != ("center", "frame"):
            raise ValueError('pad_mode="linear_ramp" needs padding="center" and no pre-emphasis')

    def _check_bands(self) -> None:
        if self.mel_weights is not None:
            weights = _matrix("mel_weights", self.mel_weights)
            if weights.shape[1:] != (1 + self.n_fft // 2,):
                raise ValueError(
                    f"mel_weights has shape {weights.shape}; "
                    f"(n_mels, {1 + self.n_fft // 2}) is needed"
                )
            if len(weights) != self.n_mels:
                raise ValueError(f"mel_weights has {len(weights)} rows, and n_mels={self.n_mels}")
            self._set("mel_weights", _plain(weights))
        nyquist = (self.mel_sample_rate or self.sample_rate) / 2
        fmax = nyquist if self.fmax is None else self.fmax
        if not self.fmin < fmax:
            raise ValueError(f"fmin={self.fmin} must lie below fmax={fmax}")
        if self.vtln_warp != 1 and (self.mel_scale, self.mel_shape) != ("kaldi", "mel"):
            raise ValueError('vtln_warp needs mel_scale="kaldi" and mel_shape="mel"')
        if self.use_energy and self.energy_of == "spectrum":
            for name, plain in (("power", 2), ("spectrum_floor", 0), ("spectrum_offset", 0)):
                if (value := getattr(self, name)) != plain:
                    raise ValueError(f'energy_of="spectrum" needs {name}={plain}; got {value}')
        if self.n_mels is None and (self.mel_gain != 1 or self.mel_weights is not None):
            raise ValueError("mel_gain and mel_weights need bands, and n_mels is None")

    def _check_level(self) -> None:
        if self.log != "none":
            if self.log_floor + self.log_offset < self._smallest:
                raise ValueError(
                    f"log_floor={self.log_floor} and log_offset={self.log_offset} must add up to "
                    f"more than 0 in {self.precision} precision: the logarithm of 0 is no number"
                )
        elif self.ref != 1.0 or self.dynamic_range is not None:
            raise ValueError('ref and dynamic_range need a logarithm, and log="none"')
        if self.log == "ln_above_e" and self.ref != 1.0:
            raise ValueError(f'ref={self.ref} does not go with log="ln_above_e"')
        if self.use_energy and max(self.energy_floor, self.log_floor) < self._smallest:
            raise ValueError(
                f"energy_floor={self.energy_floor} or log_floor={self.log_floor} must be above 0 "
                f"in {self.precision} precision: the logarithm of 0 is no number"
            )
        if self.use_energy and (self.ref == "max" or self.dynamic_range is not None):
            raise ValueError("use_energy goes with neither ref='max' nor dynamic_range")
        if self.clip is not None:
            low, high = _pair("clip", _plain(self.clip), "None or a pair of numbers")
            low, high = number("clip", low), number("clip", high)
            if not low < high:
                raise ValueError(f"clip={self.clip!r}: the first must lie below the second")
            self._set("clip", (low, high))

    def _check_post(self) -> None:
        if self.n_mfcc is not None and self.n_mfcc > (self.n_mels or 0):
            bands = "n_mels is None" if self.n_mels is None else f"n_mels={self.n_mels}"
            raise ValueError(f"n_mfcc={self.n_mfcc} needs as many bands, and {bands}")
        if self.stack_left and not self.stacks:
            raise ValueError(f"stack_left={self.stack_left} needs stack, and stack=1")
        for name in ("feature_shift", "feature_gain"):
            if (values := _plain(getattr(self, name))) is None:
                continue
            if not isinstance(values, tuple) or len(values) != self.n_features:
                raise ValueError(f"{name} needs {self.n_features} values, one per feature")
            self._set(name, tuple(number(name, v) for v in values))

    @property
    def _smallest(self) -> float:
        """Least number above 0 in the precision of the computation."""
        return 2.0 ** (-149 if self.precision == "single" else -1074)

    @property
    def n_leveled(self) -> int:
        """Features per frame that leave the logarithm, before cepstra and stacking."""
        return 1 + self.n_fft // 2 if self.n_mels is None else self.n_mels + self.use_energy

    @property
    def n_features(self) -> int:
        """Features per frame of the result."""
        return (self.n_mfcc or self.n_leveled) * self.stack

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
        """Return the number of frames of a signal, after stacking.

        Raises
        ------
        ValueError, TypeError
            If `n_samples` is negative, or no integer.
        """
        n_samples = integer("n_samples", n_samples, least=0)
        n_samples = max(0, n_samples - (self.preemphasis_scope == "valid"))
        frames = n_frames(
            n_samples, self.counted_length, self.hop_length, self.padding_lengths, self.frame_count
        )
        return self.stacked_frames(frames)

    @property
    def stacks(self) -> bool:
        """Whether frames are joined or left out."""
        return self.stack > 1 or (self.stack_stride or 1) > 1

    def stacked_frames(self, frames: int) -> int:
        """Return how many joined frames become of this many."""
        if not self.stacks:
            return frames
        stride = self.stack_stride or self.stack
        if self.stack_tail == "drop":
            return max(0, 1 + (frames + self.stack_left - self.stack) // stride)
        return -(-frames // stride)

    @property
    def counted_length(self) -> int:
        """Samples that a frame needs to be counted: `frame_length`, with its default."""
        on_the_left = self.window_position == "left"
        return self.frame_length or (self.win_length if on_the_left else None) or self.n_fft

    @property
    def padding_lengths(self) -> tuple[int, int]:
        """Samples that are added before and after the signal."""
        return padding_of(self.padding, self.counted_length)


def _kind(annotation: Any) -> str:
    """Return which check a parameter with this annotation gets, or "own" for one elsewhere."""
    parts = {annotation, *get_args(annotation)}
    if any(getattr(p, "__origin__", None) is tuple for p in parts):
        return "own"
    for kind in (bool, int, float):
        if kind in parts:
            return kind.__name__
    return "choice"


_HINTS = get_type_hints(MelConfig)
_KINDS = {f.name: _kind(_HINTS[f.name]) for f in dataclasses.fields(MelConfig)}
_OPTIONAL = {name for name, hint in _HINTS.items() if type(None) in get_args(hint)}
_CHOICES: dict[str, tuple[str | None, ...]] = {
    name: tuple(
        value
        for part in (hint, *get_args(hint))
        for value in (get_args(part) if getattr(part, "__origin__", None) is Literal else ())
    )
    + ((None,) if name in _OPTIONAL else ())
    for name, hint in _HINTS.items()
}
_ABOVE = {"power": 0.0, "mel_sample_rate": 0.0, "vtln_warp": 0.0, "ref": 0.0}
_LEAST: dict[str, Any] = {
    "normalize_ddof": 0,
    "stack_left": 0,
    "fmin": 0.0,
    "dynamic_range": 0.0,
    "dither": 0.0,
    "energy_floor": 0.0,
    "log_floor": 0.0,
    "log_offset": 0.0,
    "spectrum_floor": 0.0,
    "spectrum_offset": 0.0,
    "normalize_eps": 0.0,
    "lifter": 0.0,
}


@cached(maxsize=64)
def _try_window(window: Any, length: int) -> None:
    """Raise if there is no such window. A catalogue asks for the same few again and again."""
    get_window(window, length)


def _pair(name: str, value: Any, accepted: str = "a name or a pair") -> tuple[Any, Any]:
    if not isinstance(value, tuple) or len(value) != 2:
        raise TypeError(f"{name}={reprlib.repr(value)} must be {accepted}")
    return value


def _matrix(name: str, value: Any) -> NDArray[np.float64]:
    """Return finite numbers in equal rows."""
    try:
        given = np.asarray(value)
    except ValueError:  # of rows of several lengths
        given = np.array(None)
    if given.dtype.kind not in "fiub":
        raise TypeError(f"{name} must be rows of numbers, of one length; got {reprlib.repr(value)}")
    matrix = given.astype(np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError(f"{name} must be finite")
    return matrix


def _plain(value: Any) -> Any:
    """Return Python's own numbers and tuples for NumPy's numbers, arrays and JSON's lists."""
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, (list, tuple)) else value
