"""The option classes of ``kaldi_native_fbank``."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from .._base.checks import brief, integer, number
from .._base.fields import Count, accepted
from ._chain import EPSILON, Bands, Chain, Energy, Frames

Self = TypeVar("Self", bound="_Options")


class _Options:
    """What the option classes share: checked attributes, and dictionaries in both directions."""

    def __setattr__(self, name: str, value: object) -> None:
        options = accepted(type(self))
        if name not in options:
            raise AttributeError(
                f"{type(self).__name__} has no option {brief(name)}; it has {', '.join(options)}"
            )
        object.__setattr__(self, name, options[name].plain(name, value))

    def __str__(self) -> str:
        parts = ((name, getattr(self, name)) for name in accepted(type(self)))
        return "\n".join(
            f"{name}:\n{_indented(value)}" if isinstance(value, _Options) else f"{name}: {value}"
            for name, value in parts
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the options as a dictionary, with one inside for each group of them."""
        return dataclasses.asdict(self)  # type: ignore[call-overload, no-any-return]

    @classmethod
    def from_dict(cls: type[Self], values: Mapping[str, Any]) -> Self:
        """Make options of a dictionary; what it leaves out has its default.

        Raises
        ------
        ValueError
            If it names an option that does not exist.
        TypeError
            If a value has the wrong type.
        """
        options = cls()
        options._update(values)
        return options

    def _update(self, values: Mapping[str, Any]) -> None:
        if not isinstance(values, Mapping):
            raise TypeError(f"values must be a dictionary; got {type(values).__name__}")
        unknown = values.keys() - accepted(type(self)).keys()
        if unknown:
            names = ", ".join(sorted(map(str, unknown))[:5])
            raise ValueError(f"{type(self).__name__} has no options {names:.200}")
        for name, value in values.items():
            group = getattr(self, name)
            if isinstance(group, _Options) and isinstance(value, Mapping):
                group._update(value)
            else:
                setattr(self, name, value)


def _indented(options: _Options) -> str:
    return "\n".join(f"  {line}" for line in str(options).splitlines())


@dataclass
class FrameExtractionOptions(_Options):
    """Framing, as ``kaldi_native_fbank.FrameExtractionOptions``; :data:`FrameOptions` for short.

    Parameters
    ----------
    samp_freq : float
        Sample rate in Hz.
    frame_shift_ms, frame_length_ms : float
        Time from one frame to the next, and length of a frame, in milliseconds.
    dither : float
        Standard deviation of the noise that is added to the samples. It is seeded: the same signal
        gets the same noise, however it is cut into pieces.
    preemph_coeff : float
        Coefficient of the pre-emphasis in each frame.
    remove_dc_offset : bool
        Subtract the mean of each frame.
    window_type : str
        "povey", "hamming", "hanning", "hann" (periodic), "sine", "rectangular" or "blackman".
    round_to_power_of_two : bool
        Pad frames with zeros to the next power of two for the transform.
    blackman_coeff : float
        Coefficient of the window "blackman".
    snip_edges : bool
        Only frames that fit into the signal; if False, the signal is mirrored at its ends.

    Raises
    ------
    AttributeError
        If an option that does not exist is set.
    TypeError, ValueError
        If a value is of the wrong type, or not finite.

    Examples
    --------
    >>> from fastmel.kaldi import FrameExtractionOptions
    >>> FrameExtractionOptions.from_dict({"snip_edges": False}).as_dict()["snip_edges"]
    False
    """

    samp_freq: float = 16000.0
    frame_shift_ms: float = 10.0
    frame_length_ms: float = 25.0
    dither: float = 3e-5
    preemph_coeff: float = 0.97
    remove_dc_offset: bool = True
    window_type: str = "povey"
    round_to_power_of_two: bool = True
    blackman_coeff: float = 0.42
    snip_edges: bool = True

    def _frames(self) -> Frames:
        return Frames(
            number("samp_freq", self.samp_freq, above=0),
            self._in_samples(self.frame_length_ms),
            self._in_samples(self.frame_shift_ms),
            self.window_type,
            self.blackman_coeff,
            self.preemph_coeff,
            self.remove_dc_offset,
            self.round_to_power_of_two,
            self.snip_edges,
            0.0,
        )

    def _in_samples(self, milliseconds: float) -> int:
        # In float32, whose rounding decides where the product is near an integer.
        return int(np.float32(self.samp_freq) * np.float32(0.001) * np.float32(milliseconds))


FrameOptions = FrameExtractionOptions


@dataclass
class MelBanksOptions(_Options):
    """Mel bands, as ``kaldi_native_fbank.MelBanksOptions``.

    Parameters
    ----------
    num_bins : int
        Mel bands; at least 3. 25 here, 23 in the options of filter banks and cepstra.
    low_freq, high_freq : float
        Range in Hz. A `high_freq` of 0 or below counts from half the sample rate.
    vtln_low, vtln_high : float
        Taken for the sake of the interface: the online classes warp nothing.
    debug_mel : bool
        Taken for the sake of the interface.
    htk_mode : bool
        As HTK: bands have at least the energy 1, and, without `is_librosa`, the first weight of the
        first band is 0.
    is_librosa : bool
        Bands as librosa's, with triangles in Hz, instead of Kaldi's. Set `low_freq` to 0 yourself.
    norm : {"slaney", ""}
        With `is_librosa`: whether triangles have equal areas.
    use_slaney_mel_scale : bool
        With `is_librosa`: Slaney's mel scale or HTK's.
    floor_to_int_bin : bool
        With `is_librosa`: triangles between bins, as in python_speech_features.

    Raises
    ------
    AttributeError, TypeError, ValueError
        As :class:`FrameExtractionOptions`.

    Examples
    --------
    >>> from fastmel.kaldi import MelBanksOptions
    >>> MelBanksOptions(num_bins=80, high_freq=-400).high_freq
    -400.0
    """

    num_bins: Count = 25
    low_freq: float = 20.0
    high_freq: float = 0.0
    vtln_low: float = 100.0
    vtln_high: float = -500.0
    debug_mel: bool = False
    htk_mode: bool = False
    is_librosa: bool = False
    norm: str = "slaney"
    use_slaney_mel_scale: bool = True
    floor_to_int_bin: bool = False

    def _bands(self) -> Bands:
        return Bands(
            integer("num_bins", self.num_bins, least=3),
            self.low_freq,
            self.high_freq,
            librosa=self.is_librosa,
            slaney_scale=self.use_slaney_mel_scale,
            norm=self.norm,
            integer_edges=self.is_librosa and self.floor_to_int_bin,
            htk_mode=self.htk_mode,
        )


def _mel_options() -> MelBanksOptions:
    return MelBanksOptions(num_bins=23)


@dataclass
class FbankOptions(_Options):
    """What :class:`OnlineFbank` computes, as ``kaldi_native_fbank.FbankOptions``.

    Parameters
    ----------
    frame_opts : FrameExtractionOptions
        Framing.
    mel_opts : MelBanksOptions
        Mel bands.
    use_energy : bool
        Add the log energy of the frame as a feature.
    energy_floor : float
        Least energy of which the logarithm is taken.
    raw_energy : bool
        Measure the energy before pre-emphasis and window, not after.
    htk_compat : bool
        Put the energy last instead of first.
    use_log_fbank : bool
        Take the logarithm of the bands.
    use_log_floor : bool
        Of the larger of band and `eps`; if False, of their sum.
    eps : float
        See `use_log_floor`.
    use_power : bool
        Sum the power spectrum, not the magnitudes.

    Raises
    ------
    AttributeError, TypeError, ValueError
        As :class:`FrameExtractionOptions`.

    Examples
    --------
    >>> from fastmel.kaldi import FbankOptions
    >>> options = FbankOptions()
    >>> options.mel_opts.num_bins = 80
    >>> options.frame_opts.dither = 0
    >>> FbankOptions.from_dict(options.as_dict()) == options
    True
    """

    frame_opts: FrameExtractionOptions = field(default_factory=FrameExtractionOptions)
    mel_opts: MelBanksOptions = field(default_factory=_mel_options)
    use_energy: bool = False
    energy_floor: float = 0.0
    raw_energy: bool = True
    htk_compat: bool = False
    use_log_fbank: bool = True
    use_log_floor: bool = True
    eps: float = EPSILON
    use_power: bool = True

    def _chain(self) -> Chain:
        return Chain(
            self.frame_opts._frames(),
            Energy(self.use_energy, self.energy_floor, self.raw_energy, self.htk_compat),
            self.mel_opts._bands(),
            use_power=self.use_power,
            log=self.use_log_fbank,
            floor=self.eps if self.use_log_floor else 0.0,
            offset=0.0 if self.use_log_floor else self.eps,
        )


@dataclass
class MfccOptions(_Options):
    """What :class:`OnlineMfcc` computes, as ``kaldi_native_fbank.MfccOptions``.

    Parameters
    ----------
    frame_opts : FrameExtractionOptions
        Framing.
    mel_opts : MelBanksOptions
        Mel bands.
    num_ceps : int
        Coefficients, with coefficient 0; at most the number of bands.
    use_energy : bool
        Put the log energy of the frame in the place of coefficient 0.
    energy_floor : float
        Least energy of which the logarithm is taken.
    raw_energy : bool
        Measure the energy before pre-emphasis and window, not after.
    cepstral_lifter : float
        Coefficient i is multiplied by ``1 + cepstral_lifter / 2 * sin(pi * i / cepstral_lifter)``;
        0 multiplies nothing.
    htk_compat : bool
        Put coefficient 0 last, and, without `use_energy`, multiply it by the square root of 2.

    Raises
    ------
    AttributeError, TypeError, ValueError
        As :class:`FrameExtractionOptions`.

    Examples
    --------
    >>> from fastmel.kaldi import MfccOptions
    >>> MfccOptions().use_energy
    True
    """

    frame_opts: FrameExtractionOptions = field(default_factory=FrameExtractionOptions)
    mel_opts: MelBanksOptions = field(default_factory=_mel_options)
    num_ceps: Count = 13
    use_energy: bool = True
    energy_floor: float = 0.0
    raw_energy: bool = True
    cepstral_lifter: float = 22.0
    htk_compat: bool = False

    def _chain(self) -> Chain:
        return Chain(
            self.frame_opts._frames(),
            Energy(self.use_energy, self.energy_floor, self.raw_energy, self.htk_compat),
            self.mel_opts._bands(),
            n_mfcc=self.num_ceps,
            lifter=self.cepstral_lifter,
        )
