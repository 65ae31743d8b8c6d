"""The parameters of a front end, and what follows from them: see :class:`MelConfig`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .._base.checks import Precision
from .._base.fields import Count, Limits, Natural, NotNegative, Positive
from .._base.step import FeatureStep, SampleStep
from .framing import n_frames, n_stacked, padding_of
from .windows import get_window

# Sizes of what is made before there is a signal: at most what takes some seconds and a GB, and
# far beyond what anybody asks for, so that a wrong number is an error instead of a full memory.
Transform: TypeAlias = Annotated[int, Limits(least=1, most=2**22)]
Bands: TypeAlias = Annotated[int, Limits(least=1, most=2**14)]
Cepstra: TypeAlias = Annotated[int, Limits(least=1, most=2**10)]
Stack: TypeAlias = Annotated[int, Limits(least=1, most=2**16)]
Seed: TypeAlias = Annotated[int, Limits(least=0, most=2**64 - 1)]
PadMode: TypeAlias = Literal[
    "constant", "edge", "reflect", "reflect_repeatedly", "symmetric", "linear_ramp"
]


@dataclass(frozen=True, kw_only=True, repr=False)
class Parameters:
    """What a plan is made of; :class:`MelConfig` checks it, and describes each."""

    sample_rate: Count = 22050
    before: tuple[SampleStep, ...] = ()

    n_fft: Transform = 2048
    hop_length: Count = 512
    win_length: Transform | None = None
    window: str | tuple[str | float, ...] = "hann"
    window_position: Literal["center", "left"] = "center"
    frame_length: Transform | None = None
    padding: Literal["center", "none"] | tuple[int, int] = "center"
    pad_mode: PadMode | tuple[PadMode, PadMode] = "constant"
    frame_count: Literal["whole", "floor", "round", "ceil", "tail"] = "whole"

    scale: float = 1.0
    dither: NotNegative = 0.0
    dither_scope: Literal["frame", "signal"] = "frame"
    dither_seed: Seed = 0
    remove_dc_offset: bool = False
    preemphasis: float = 0.0
    preemphasis_scope: Literal["frame", "signal", "valid"] = "frame"

    power: Positive = 2.0
    spectrum_floor: NotNegative = 0.0
    spectrum_offset: NotNegative = 0.0

    n_mels: Bands | None = 128
    fmin: NotNegative = 0.0
    fmax: float | None = None
    mel_scale: Literal["slaney", "htk", "kaldi"] = "slaney"
    mel_norm: Literal["slaney", "sum", "max"] | Positive | None = "slaney"
    mel_shape: Literal["hz", "mel", "bins", "symmetric"] = "hz"
    mel_exclude: Literal["dc", "nyquist"] | None = None
    mel_sample_rate: Positive | None = None
    vtln_warp: Positive = 1.0
    vtln_low: float = 100.0
    vtln_high: float = -500.0
    mel_weights: tuple[tuple[float, ...], ...] | None = None
    mel_gain: float = 1.0

    use_energy: bool = False
    energy_of: Literal["raw", "windowed", "spectrum"] = "raw"
    energy_floor: Positive = 1e-10
    htk_compat: bool = False

    log: Literal["none", "ln", "log10", "log2", "dB", "ln_above_e"] = "none"
    log_floor: NotNegative = 1e-10
    log_offset: NotNegative = 0.0
    ref: Positive | Literal["max"] = 1.0
    dynamic_range: NotNegative | None = None
    peak: float | Literal["item", "batch"] = "item"
    shift: float = 0.0
    gain: float = 1.0
    clip: tuple[float, float] | None = None

    n_mfcc: Cepstra | None = None
    mfcc_norm: Literal["ortho", "htk"] = "ortho"
    lifter: NotNegative = 0.0
    lifter_offset: Natural = 0

    normalize: Literal["mean", "mean_std", "pcen"] | None = None
    normalize_axis: Literal["time", "all"] = "time"
    normalize_ddof: Natural = 0
    normalize_eps: NotNegative = 0.0
    normalize_eps_to: Literal["std", "variance", "floor"] = "std"
    normalize_window: tuple[int, int] | None = None
    normalize_min_window: Count = 1
    pcen_time_constant: Positive = 0.4
    pcen_gain: NotNegative = 0.98
    pcen_bias: NotNegative = 2.0
    pcen_power: NotNegative = 0.5
    pcen_eps: Positive = 1e-6

    stack: Stack = 1
    stack_stride: Count | None = None
    stack_left: Annotated[int, Limits(least=0, most=2**16)] = 0
    stack_tail: Literal["drop", "edge"] | float = "drop"
    feature_shift: tuple[float, ...] | None = None
    feature_gain: tuple[float, ...] | None = None

    after: tuple[FeatureStep, ...] = ()
    layout: Literal["mel_time", "time_mel"] = "mel_time"
    dtype: Literal["float16", "float32", "float64"] | None = None
    precision: Precision = "double"

    def __post_init__(self) -> None:
        """Nothing is checked here."""

    @property
    def window_values(self) -> NDArray[np.float64]:
        """The window: `win_length` values."""
        of_values = isinstance(self.window, tuple) and not isinstance(self.window[0], str)
        window = np.array(self.window) if of_values else self.window
        return get_window(window, self.win_length or self.n_fft)

    @property
    def upper_frequency(self) -> float:
        """Upper end of the bands in Hz: `fmax`, with its default."""
        rate = self.mel_sample_rate or self.sample_rate
        return rate / 2 if self.fmax is None else self.fmax

    @property
    def vtln_upper_frequency(self) -> float:
        """Upper end of the warped range in Hz: `vtln_high`, which may count from the Nyquist."""
        rate = self.mel_sample_rate or self.sample_rate
        return self.vtln_high + (rate / 2 if self.vtln_high < 0 else 0)

    @property
    def n_leveled(self) -> int:
        """Features per frame that leave the logarithm, before cepstra and stacking."""
        return 1 + self.n_fft // 2 if self.n_mels is None else self.n_mels + self.use_energy

    @property
    def n_chained(self) -> int:
        """Features per frame that leave the chain, before the steps after it."""
        return (self.n_mfcc or self.n_leveled) * self.stack

    def chained_frames(self, n_samples: int) -> int:
        """Return the number of frames that leave the chain, after stacking."""
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
        return n_stacked(
            frames,
            size=self.stack,
            stride=self.stack_stride or self.stack,
            left=self.stack_left,
            drop=self.stack_tail == "drop",
        )

    @property
    def counted_length(self) -> int:
        """Samples that a frame needs to be counted: `frame_length`, with its default."""
        on_the_left = self.window_position == "left"
        return self.frame_length or (self.win_length if on_the_left else None) or self.n_fft

    @property
    def padding_lengths(self) -> tuple[int, int]:
        """Samples that are added before and after the signal."""
        return padding_of(self.padding, self.counted_length)
