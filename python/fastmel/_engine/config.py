"""The configuration of a whole front end, as one value."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from typing import Any

from .._base.checks import brief, integer
from .._version import __version__
from .parameters import Parameters
from .rules import check

SCHEMA = 1
"""Version of the form in which configurations are written as JSON."""


@dataclass(frozen=True, init=False, repr=False, eq=False)  # those of Parameters do
class MelConfig(Parameters):
    """Everything that defines a front end, from samples to features.

    A configuration is data: it is immutable, compares and hashes by value, prints as a call, and
    goes through JSON. The parameters follow the way of the data; each acts on its own. The defaults
    are those of librosa's mel spectrogram, without a logarithm.

    Parameters
    ----------
    sample_rate : int
        Sample rate in Hz.
    before : sequence of SampleStep
        What happens to the samples first; see :mod:`fastmel.steps`.

    n_fft, hop_length : int
        Length of the transform, and samples from one frame to the next.
    win_length : int or None
        Length of the window; None means `n_fft`.
    window : str, tuple or sequence of float
        A name of :func:`scipy.signal.get_window`, or a tuple of a name and parameters. Names are
        periodic windows; with the suffix ``_symmetric`` symmetric ones. ``"povey"`` is Kaldi's.
        Or the `win_length` values of a window of your own.
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
        Standard deviation of Gaussian noise, in scaled samples.
    dither_scope : {"frame", "signal"}
        Whether each frame has noise of its own (Kaldi), or each sample of the signal (NeMo).
    dither_seed : int
        What the noise depends on besides the numbers of the frame and of the sample: the same seed
        is the same noise, on every machine.
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
    mel_norm : {"slaney", "sum", "max", None} or float
        Whether filters have equal area in Hz (with ``mel_shape="bins"``, in bins), equal sums of
        weights, a largest weight of 1, or the height 1. A number p above 0 makes their p-norm 1.
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
        Least energy.
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
        Row i is multiplied by ``1 + lifter / 2 * sin(pi * (i + lifter_offset) / lifter)``.
    lifter_offset : int
        What row 0 counts as: 0 in Kaldi, 1 in librosa.

    normalize : {None, "mean", "mean_std", "pcen"}
        Subtract the mean, and divide by the standard deviation, of the item. Or the per-channel
        energy normalisation of :func:`fastmel.pcen`, in the place of a logarithm.
    normalize_axis : {"time", "all"}
        Statistics of each feature over time, or of all features together.
    normalize_ddof : int
        Divisor of the variance: the number of values less this.
    normalize_eps : float
        Added to the standard deviation or the variance, or the least standard deviation.
    normalize_eps_to : {"std", "variance", "floor"}
        Which of them.
    normalize_window : (int, int) or None
        Statistics over time are those of the frames from this many before each frame to this many
        after it. None means all frames of the item.
    normalize_min_window : int
        Frames that there are at least: where the item begins or ends within the window, it reaches
        further on the other side. All frames of the window make Kaldi's ``apply-cmvn-sliding``
        with ``center``, 1 a moving average of the frames that there are.
    pcen_time_constant, pcen_gain, pcen_bias, pcen_power, pcen_eps : float
        Parameters of the per-channel energy normalisation; the first one is in seconds.

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

    after : sequence of FeatureStep
        What happens to the features last; see :mod:`fastmel.steps`.
    layout : {"mel_time", "time_mel"}
        Order of the last two axes of the result, in C order; `out` may have any other.
    dtype : {None, "float16", "float32", "float64"}
        Type of the result. None means float64 for float64 samples where the computation is in
        double, else float32. "float64" needs that; "float16" is float32, rounded at the end:
        values beyond 65504 become infinite.
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

    def __post_init__(self) -> None:
        """Check every parameter, and store it as its plain type, so that equal ones print alike."""
        check(self)

    def __repr__(self) -> str:
        """Return a call with the parameters that are not the defaults."""
        shown = (f"{name}={value!r}" for name, value in self._changed().items())
        return f"MelConfig({', '.join(shown)})"

    def _changed(self) -> dict[str, Any]:
        """Return the parameters that are not the defaults."""
        defaults = {field.name: field.default for field in dataclasses.fields(self)}
        return {n: value for n, value in vars(self).items() if value != defaults[n]}

    def _repr_html_(self) -> str:
        from .display import config_html, sentence

        return f"MelConfig: {sentence(self)}{config_html(self)}"

    @property
    def n_features(self) -> int:
        """Features per frame of the result."""
        width = self.n_chained
        for step in self.after:
            width = step.width(width)
        return width

    @property
    def finished_hop(self) -> int:
        """Samples from one frame of the result to the next."""
        from ..steps import StackFrames

        stacked = (step.frames for step in self.after if isinstance(step, StackFrames))
        return math.prod(stacked, start=self.hop_length * (self.stack_stride or self.stack))

    @property
    def chain(self) -> MelConfig:
        """The configuration without the steps before and after the chain."""
        return self.replace(before=(), after=()) if self.before or self.after else self

    def replace(self, **changes: Any) -> MelConfig:
        """Return a copy with some parameters changed.

        Raises
        ------
        ValueError, TypeError
            As the constructor; TypeError also if a parameter does not exist.
        """
        if unknown := _unknown(changes):
            raise TypeError(unknown)
        return dataclasses.replace(self, **changes)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the parameters as a JSON object: all of them, in the order of the class.

        A step is an object of its name, as ``"step"``, and its parameters. The first entry,
        ``"schema"``, is the version of this form, which later versions of fastmel go on reading.
        A parameter that they add has a default that changes nothing.
        """
        return json.dumps({"schema": SCHEMA, **self._values()}, indent=indent)

    def _values(self) -> dict[str, Any]:
        values = dict(vars(self))
        for name in ("before", "after"):
            values[name] = [step.to_dict() for step in values[name]]
        return values

    @classmethod
    def from_json(cls, text: str) -> MelConfig:
        """Make a configuration from what :meth:`to_json` returned.

        Parameters that are left out have their defaults. The name of a front end, which
        :meth:`FrontEnd.to_json` adds, and ``"fastmel"``, the version that ``fastmel extract``
        notes, are passed over.

        Raises
        ------
        ValueError, TypeError
            If `text` is not a JSON object, is of a newer schema, names a parameter or a step that
            does not exist, or as the constructor.
        """
        from .. import steps  # which there are, as dataclasses that take a while to make

        read = json_object(text)
        passed = ("schema", "name", "fastmel")
        values = {key: value for key, value in read.items() if key not in passed}
        if unknown := _unknown(values):
            raise ValueError(f"{unknown} (a newer fastmel may have written it)")
        for name in {"before", "after"} & values.keys():
            if not isinstance(values[name], list):
                raise TypeError(f"{name} must be a list of steps; got {brief(values[name])}")
            values[name] = tuple(map(steps.Step.from_dict, values[name]))
        return cls(**values)

    def num_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal, after the last step.

        Raises
        ------
        ValueError, TypeError
            If `n_samples` is negative, or no integer.
        """
        count = integer("n_samples", n_samples, least=0)
        for before in self.before:
            count = before.n(count)
        return self.finished_frames(count)

    def finished_frames(self, n_samples: int) -> int:
        """Return the number of frames of samples that the steps before the chain have seen."""
        count = self.chained_frames(n_samples)
        for after in self.after:
            count = after.n(count)
        return count


# Python's own errors call it so: of a parameter that does not exist, of one by position.
Parameters.__init__.__qualname__ = "MelConfig.__init__"


def json_object(text: str) -> dict[str, Any]:
    """Return a JSON object of this schema or an older one."""
    try:
        values = json.loads(text)
    except json.JSONDecodeError as error:
        what = f"text is no JSON: {error.msg}"
        raise json.JSONDecodeError(what, error.doc, error.pos) from None
    except RecursionError:
        raise ValueError("text is no JSON: it is nested too deep") from None
    if not isinstance(values, dict):
        raise ValueError(f"text must be a JSON object; got {type(values).__name__}")
    schema = values.get("schema", SCHEMA)
    if not isinstance(schema, int) or schema < 1:
        raise ValueError(f"schema={brief(schema)} must be a number from 1 to {SCHEMA}")
    if schema > SCHEMA:
        raise ValueError(
            f"schema={schema}: a newer fastmel wrote this; fastmel {__version__} reads schema "
            f"{SCHEMA} and older"
        )
    return values


def _unknown(parameters: dict[str, Any]) -> str:
    """Return what is wrong with the names, or nothing."""
    names = [field.name for field in dataclasses.fields(MelConfig)]
    unknown = sorted(parameters.keys() - set(names))
    if not unknown:
        return ""
    from difflib import get_close_matches

    near = [match for name in unknown for match in get_close_matches(name, names, n=1, cutoff=0.5)]
    advice = f"; did you mean {', '.join(near)}?" if near else ""
    return f"unknown parameters: {', '.join(unknown):.200}{advice}"
