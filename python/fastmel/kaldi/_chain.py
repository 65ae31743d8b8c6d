"""From Kaldi's options to a configuration: what all of its front ends have in common."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .._base.cache import cached
from .._base.checks import Precision, brief, choice, flag, number
from .._engine.config import MelConfig
from .._engine.filterbank import filters
from .._frontend.frontend import FrontEnd

EPSILON = 2.0**-23
"""Least value of which Kaldi takes the logarithm: the epsilon of float32, in float64 too."""

_WINDOWS = {
    "hamming": "hamming_symmetric",
    "hanning": "hann_symmetric",
    "hann": "hann",
    "povey": "povey",
    "rectangular": "boxcar",
    "sine": "sine",
}


class Frames(NamedTuple):
    """Framing and what is done to the samples of a frame."""

    sample_rate: float
    length: int
    shift: int
    window: str
    blackman_coeff: float
    preemphasis: float
    remove_dc_offset: bool
    round_to_power_of_two: bool
    snip_edges: bool
    dither: float

    @property
    def n_fft(self) -> int:
        """Length of the transform."""
        return 1 << (self.length - 1).bit_length() if self.round_to_power_of_two else self.length

    @property
    def before(self) -> int:
        """Samples of frame 0 that precede the signal; negative if it starts later."""
        return 0 if self.snip_edges else self.length // 2 - self.shift // 2

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of a MelConfig."""
        return {
            "sample_rate": max(1, round(self.sample_rate)),
            "mel_sample_rate": None if self.sample_rate.is_integer() else self.sample_rate,
            "n_fft": self.n_fft,
            "hop_length": self.shift,
            "win_length": self.length,
            "window": self._window(),
            "window_position": "left",
            **self._edges(),
            "dither": self.dither,
            "remove_dc_offset": self.remove_dc_offset,
            "preemphasis": self.preemphasis,
            "preemphasis_scope": "frame",
            "layout": "time_mel",
        }

    def _window(self) -> Any:
        name = choice("window_type", self.window, (*sorted(_WINDOWS), "blackman"))
        return ("blackman_symmetric", self.blackman_coeff) if name == "blackman" else _WINDOWS[name]

    def _edges(self) -> dict[str, Any]:
        if self.snip_edges:
            return {"padding": "none"}
        # The mirror repeats the sample at the edge. frame_count says how far it reaches.
        return {
            "padding": (self.before, 0),
            "pad_mode": "symmetric",
            "frame_count": "round",
        }

    def check(self) -> None:
        """Raise if there is no such frame."""
        if self.shift < 1:
            raise ValueError("frame_shift is shorter than a sample; at least one is needed")
        if self.length < 2:
            raise ValueError("frame_length is shorter than two samples; at least two are needed")
        if self.n_fft % 2:
            raise ValueError(
                f"a frame of {self.length} samples has no even transform; use "
                "round_to_power_of_two=True, or another frame_length"
            )
        if not 0 <= self.preemphasis <= 1:
            raise ValueError(f"pre-emphasis of {self.preemphasis} must lie in [0, 1]")


class Bands(NamedTuple):
    """Mel bands."""

    number: int
    low: float
    high: float
    vtln_low: float = 100.0
    vtln_high: float = -500.0
    vtln_warp: float = 1.0
    librosa: bool = False
    slaney_scale: bool = True
    norm: str = "slaney"
    integer_edges: bool = False
    htk_mode: bool = False

    def parameters(self, sample_rate: float) -> dict[str, Any]:
        """Return the parameters of a MelConfig."""
        nyquist = sample_rate / 2
        low, high = number("low_freq", self.low), number("high_freq", self.high)
        high = high if high > 0 else nyquist + high
        if not 0 <= low < high <= nyquist:
            raise ValueError(
                f"low_freq={self.low} and high_freq={self.high} (that is, {high} Hz) must lie in "
                f"this order between 0 and half the sample rate, {nyquist} Hz"
            )
        common = {"n_mels": self.number, "fmin": low, "fmax": high}
        if self.librosa:
            return {**common, **self._librosa()}
        return {
            **common,
            "mel_scale": "kaldi",
            "mel_shape": "mel",
            "mel_norm": None,
            "mel_exclude": "nyquist",
            **self._warping(nyquist, high),
        }

    def _warping(self, nyquist: float, high: float) -> dict[str, float]:
        warp = number("vtln_warp", self.vtln_warp, above=0)
        bends = number("vtln_low", self.vtln_low), number("vtln_high", self.vtln_high)
        if warp == 1:
            return {}
        upper = bends[1] + nyquist if bends[1] < 0 else bends[1]
        if not self.low < bends[0] < upper < high:
            raise ValueError(
                f"vtln_low={self.vtln_low} and vtln_high={self.vtln_high} (that is, {upper} Hz) "
                f"must lie in this order between low_freq and high_freq, {self.low} and {high} Hz"
            )
        return {"vtln_warp": warp, "vtln_low": bends[0], "vtln_high": bends[1]}

    def _librosa(self) -> dict[str, Any]:
        if self.norm not in ("slaney", ""):
            raise ValueError(f'norm={brief(self.norm)} is unknown; accepted: "slaney", ""')
        return {
            "mel_scale": "slaney" if self.slaney_scale else "kaldi",
            "mel_shape": "bins" if self.integer_edges else "hz",
            "mel_norm": self.norm or None,
        }


class Energy(NamedTuple):
    """The log energy of a frame as a feature."""

    use: bool
    floor: float
    raw: bool
    htk_compat: bool

    def parameters(self) -> dict[str, Any]:
        """Return the parameters of a MelConfig."""
        return {
            "use_energy": self.use,
            "energy_floor": max(number("energy_floor", self.floor, least=0), EPSILON),
            "energy_of": "raw" if flag("raw_energy", self.raw) else "windowed",
            "htk_compat": self.htk_compat,
        }


class Chain(NamedTuple):
    """All that defines a front end: the key under which it is remembered."""

    frames: Frames
    energy: Energy
    bands: Bands | None = None
    use_power: bool = True
    log: bool = True
    floor: float = EPSILON
    offset: float = 0.0
    n_mfcc: int | None = None
    lifter: float = 0.0
    subtract_mean: bool = False
    precision: Precision = "single"

    def config(self) -> MelConfig:
        """Return the configuration; raise if options are out of range, or contradict each other."""
        self.frames.check()
        bands = self.bands.parameters(self.frames.sample_rate) if self.bands else {"n_mels": None}
        if self.bands and self.n_mfcc and self.n_mfcc > self.bands.number:
            raise ValueError(f"num_ceps={self.n_mfcc} exceeds the {self.bands.number} mel bands")
        config = MelConfig(
            **self.frames.parameters(),
            **bands,
            **self.energy.parameters(),
            power=2.0 if self.use_power else 1.0,
            log="ln" if self.log else "none",
            log_floor=self.floor,
            log_offset=self.offset,
            n_mfcc=self.n_mfcc,
            lifter=self.lifter,
            normalize="mean" if self.subtract_mean else None,
            precision=self.precision,
        )
        return _as_htk(config) if self.bands and self.bands.htk_mode else config


def _as_htk(config: MelConfig) -> MelConfig:
    """Return the configuration with what HTK does otherwise: a floor of 1, a weight left out.

    Bands in Hz or in bins, which are librosa's, keep all their weights.
    """
    floor: dict[str, Any] = {"log_floor": max(config.log_floor, 1.0)}
    if config.log == "none":
        floor = {"clip": (1.0, float(np.finfo(np.float32).max))}
    if config.mel_shape == "mel" and config.fmin > 0:
        weights, _ = filters(config)
        weights[0, np.flatnonzero(weights[0])[:1]] = 0
        floor["mel_weights"] = weights
    return config.replace(**floor)


@cached(maxsize=64)
def front_end(chain: Chain) -> FrontEnd:
    """Return the front end of a chain; those of the last chains are remembered."""
    return FrontEnd(chain.config())
