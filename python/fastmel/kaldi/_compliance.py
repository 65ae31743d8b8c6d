"""The functions of ``torchaudio.compliance.kaldi``, on arrays."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import REAL, Array, as_array, as_floats, check_finite, check_time_last
from .._base.cache import cached
from .._base.checks import flag, integer, number
from .._frontend.frontend import FrontEnd
from ._chain import Bands, Chain, Energy, Frames

T = TypeVar("T")
Float = TypeVar("Float", bound=np.floating[Any])


def _samples(waveform: object, channel: object) -> Array:
    """Return one channel of (channels, samples), as floats."""
    y = as_array(waveform, "waveform")
    if y.dtype.kind != "f":
        advice = as_floats(y.dtype, "waveform")
        if advice:
            advice += ", and 32768 times that is what models of Kaldi's own range expect"
        raise TypeError(f"waveform must have a floating-point dtype; got {y.dtype}{advice}")
    check_time_last(y, "waveform")
    if y.ndim != 2:
        hint = ": waveform[numpy.newaxis] is one channel" if y.ndim == 1 else ""
        raise ValueError(f"waveform must have shape (channels, samples); got {y.shape}{hint}")
    index = max(integer("channel", channel, least=-1), 0)
    if index >= y.shape[0]:
        raise ValueError(f"channel={channel} does not exist: waveform has {y.shape[0]} channels")
    samples: Array = y[index]
    return samples


def _features(name: str, waveform: object, channel: object, *values: object) -> NDArray[Any]:
    """Compute what the function of this name does, of its other arguments in their order."""
    y = _samples(waveform, channel)
    wide = y.dtype.itemsize >= 8
    compute, length, least = _front_end(name, wide, *values)
    if y.size < length:
        raise ValueError(f"waveform has {y.size} samples; a frame needs {length}")
    if y.size < least:
        return np.empty(0, REAL[wide])
    try:
        return compute(y)
    except ValueError:
        check_finite(y, "waveform")  # by the name that it has here
        raise


@cached(maxsize=64)
def _front_end(name: str, wide: bool, *values: object) -> tuple[FrontEnd, int, float]:
    """Return a function's front end, and how many samples a frame and a waveform need.

    `values` are the function's arguments after the waveform, without the channel, as they came.
    """
    names = [n for n in signature(globals()[name]).parameters if n not in ("waveform", "channel")]
    given: dict[str, Any] = dict(zip(names, values, strict=True))
    others: dict[str, Any] = {}
    if name != "spectrogram":
        bands = ("low_freq", "high_freq", "vtln_low", "vtln_high", "vtln_warp")
        n_mels = integer("num_mel_bins", given["num_mel_bins"], least=4)
        others["bands"] = Bands(n_mels, *(given[option] for option in bands))
    if name == "fbank":
        others["use_power"] = flag("use_power", given["use_power"])
        others["log"] = flag("use_log_fbank", given["use_log_fbank"])
    if name == "mfcc":
        others["n_mfcc"] = integer("num_ceps", given["num_ceps"])
        others["lifter"] = number("cepstral_lifter", given["cepstral_lifter"])
    frames = _frames(given)
    chain = Chain(
        frames,
        Energy(
            given.get("use_energy", True),
            given["energy_floor"],
            given["raw_energy"],
            given.get("htk_compat", False),
        ),
        subtract_mean=flag("subtract_mean", given["subtract_mean"]),
        precision="double" if wide else "single",
        **others,
    )
    made = FrontEnd(chain.config())
    least = number("min_duration", given["min_duration"]) * frames.sample_rate
    return made, frames.length, least


def _frames(given: dict[str, Any]) -> Frames:
    """Return the framing that torchaudio's arguments mean."""

    def checked(check: Callable[..., T], name: str, **limits: float) -> T:
        return check(name, given[name], **limits)

    rate = checked(number, "sample_frequency", above=0)
    frames = Frames(
        rate,
        int(rate * checked(number, "frame_length") * 0.001),
        int(rate * checked(number, "frame_shift") * 0.001),
        given["window_type"],
        checked(number, "blackman_coeff"),
        checked(number, "preemphasis_coefficient"),
        checked(flag, "remove_dc_offset"),
        checked(flag, "round_to_power_of_two"),
        checked(flag, "snip_edges"),
        checked(number, "dither", least=0),
    )
    frames.check()
    return frames


def fbank(
    waveform: NDArray[Float],
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    use_log_fbank: bool = True,
    use_power: bool = True,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
) -> NDArray[Float]:
    """Compute log mel filter-bank features as Kaldi's ``compute-fbank-feats``.

    A drop-in replacement of ``torchaudio.compliance.kaldi.fbank`` for arrays.

    Parameters
    ----------
    waveform : array, shape (channels, n_samples)
        Audio as float32 or float64, with values as the model expects them: see the note at the top
        of :mod:`fastmel.kaldi`. Integers are refused, because their range would be a guess.
    blackman_coeff : float, default 0.42
        Coefficient of the window "blackman"; 0.42 is the usual one.
    channel : int, default -1
        Which channel; -1 means the first.
    dither : float, default 0.0
        Standard deviation of Gaussian noise that is added to the samples of each frame; 0 is none.
        Unlike the original's it is seeded: the same call returns the same features.
    energy_floor : float, default 1.0
        Least energy of a frame, of which the logarithm is taken with `use_energy`.
    frame_length, frame_shift : float, default 25.0 and 10.0
        Length of a frame, and time from one frame to the next, in milliseconds.
    high_freq, low_freq : float, default 0.0 and 20.0
        Range of the mel bands in Hz. A `high_freq` of 0 or below counts from half the sample rate:
        -400 means 7600 Hz at 16 kHz.
    htk_compat : bool, default False
        Put the energy last instead of first.
    min_duration : float, default 0.0
        Seconds; a shorter waveform gives an empty array.
    num_mel_bins : int, default 23
        Mel bands; at least 4.
    preemphasis_coefficient : float, default 0.97
        Coefficient of the pre-emphasis in each frame, from 0 (none) to 1.
    raw_energy : bool, default True
        Measure the energy before pre-emphasis and window, not after.
    remove_dc_offset : bool, default True
        Subtract the mean of each frame.
    round_to_power_of_two : bool, default True
        Pad frames with zeros to the next power of two for the transform.
    sample_frequency : float, default 16000.0
        Sample rate in Hz.
    snip_edges : bool, default True
        Only frames that fit into the signal. If False, the signal is mirrored at its ends, and the
        number of frames is that of frame shifts, to the nearest.
    subtract_mean : bool, default False
        Subtract the mean of each feature over time.
    use_energy : bool, default False
        Add the log energy of the frame as a feature.
    use_log_fbank : bool, default True
        Take the logarithm of the bands.
    use_power : bool, default True
        Sum the power spectrum, not the magnitudes.
    vtln_high, vtln_low : float, default -500.0 and 100.0
        Where the warping of frequencies bends, in Hz; a negative `vtln_high` counts from half the
        sample rate.
    vtln_warp : float, default 1.0
        Factor of the warping for vocal tract length; 1 warps nothing.
    window_type : {"povey", "hamming", "hanning", "rectangular", "blackman"}, default "povey"
        Window; also "sine" and "hann" (periodic).

    Returns
    -------
    ndarray, shape (n_frames, num_mel_bins + use_energy)
        Features: float64 for float64 input, else float32.

    Raises
    ------
    ValueError
        If the waveform is shorter than a frame, or not finite, or a parameter is out of range.
    TypeError
        If the waveform is no array of floats.

    Notes
    -----
    The original returns NaN for samples that are not finite.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel.kaldi
    >>> y = 32768 * np.sin(np.arange(16000, dtype=np.float32))
    >>> fastmel.kaldi.fbank(y[np.newaxis], num_mel_bins=80).shape
    (98, 80)
    """
    return _features(
        "fbank", waveform, channel, blackman_coeff, dither, energy_floor, frame_length, frame_shift,
        high_freq, htk_compat, low_freq, min_duration, num_mel_bins, preemphasis_coefficient,
        raw_energy, remove_dc_offset, round_to_power_of_two, sample_frequency, snip_edges,
        subtract_mean, use_energy, use_log_fbank, use_power, vtln_high, vtln_low, vtln_warp,
        window_type,
    )  # fmt: skip


def mfcc(
    waveform: NDArray[Float],
    blackman_coeff: float = 0.42,
    cepstral_lifter: float = 22.0,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    high_freq: float = 0.0,
    htk_compat: bool = False,
    low_freq: float = 20.0,
    num_ceps: int = 13,
    min_duration: float = 0.0,
    num_mel_bins: int = 23,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    use_energy: bool = False,
    vtln_high: float = -500.0,
    vtln_low: float = 100.0,
    vtln_warp: float = 1.0,
    window_type: str = "povey",
) -> NDArray[Float]:
    """Compute cepstral coefficients as Kaldi's ``compute-mfcc-feats``.

    A drop-in replacement of ``torchaudio.compliance.kaldi.mfcc`` for arrays. Kaldi itself has
    ``use_energy=True`` and ``energy_floor=0`` by default.

    Parameters
    ----------
    waveform : array, shape (channels, n_samples)
        Audio as float32 or float64, with values as the model expects them: see the note at the top
        of :mod:`fastmel.kaldi`. Integers are refused, because their range would be a guess.
    blackman_coeff : float, default 0.42
        Coefficient of the window "blackman"; 0.42 is the usual one.
    channel : int, default -1
        Which channel; -1 means the first.
    dither : float, default 0.0
        Standard deviation of Gaussian noise that is added to the samples of each frame; 0 is none.
        Unlike the original's it is seeded: the same call returns the same features.
    energy_floor : float, default 1.0
        Least energy of a frame, of which the logarithm is taken with `use_energy`.
    frame_length, frame_shift : float, default 25.0 and 10.0
        Length of a frame, and time from one frame to the next, in milliseconds.
    cepstral_lifter : float, default 22.0
        Coefficient i is multiplied by ``1 + cepstral_lifter / 2 * sin(pi * i / cepstral_lifter)``;
        0 multiplies nothing.
    high_freq, low_freq : float, default 0.0 and 20.0
        Range of the mel bands in Hz. A `high_freq` of 0 or below counts from half the sample rate:
        -400 means 7600 Hz at 16 kHz.
    min_duration : float, default 0.0
        Seconds; a shorter waveform gives an empty array.
    num_mel_bins : int, default 23
        Mel bands; at least 4.
    preemphasis_coefficient : float, default 0.97
        Coefficient of the pre-emphasis in each frame, from 0 (none) to 1.
    raw_energy : bool, default True
        Measure the energy before pre-emphasis and window, not after.
    htk_compat : bool, default False
        Put coefficient 0 last, and, without `use_energy`, multiply it by the square root of 2.
    num_ceps : int, default 13
        Coefficients, with coefficient 0; at most `num_mel_bins`.
    remove_dc_offset : bool, default True
        Subtract the mean of each frame.
    round_to_power_of_two : bool, default True
        Pad frames with zeros to the next power of two for the transform.
    sample_frequency : float, default 16000.0
        Sample rate in Hz.
    snip_edges : bool, default True
        Only frames that fit into the signal. If False, the signal is mirrored at its ends, and the
        number of frames is that of frame shifts, to the nearest.
    subtract_mean : bool, default False
        Subtract the mean of each feature over time.
    use_energy : bool, default False
        Put the log energy of the frame in the place of coefficient 0.
    vtln_high, vtln_low : float, default -500.0 and 100.0
        Where the warping of frequencies bends, in Hz; a negative `vtln_high` counts from half the
        sample rate.
    vtln_warp : float, default 1.0
        Factor of the warping for vocal tract length; 1 warps nothing.
    window_type : {"povey", "hamming", "hanning", "rectangular", "blackman"}, default "povey"
        Window; also "sine" and "hann" (periodic).

    Returns
    -------
    ndarray, shape (n_frames, num_ceps)
        Coefficients: float64 for float64 input, else float32.

    Raises
    ------
    ValueError, TypeError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel.kaldi
    >>> y = 32768 * np.sin(np.arange(16000, dtype=np.float32))
    >>> fastmel.kaldi.mfcc(y[np.newaxis], use_energy=True).shape
    (98, 13)
    """
    return _features(
        "mfcc", waveform, channel, blackman_coeff, cepstral_lifter, dither, energy_floor,
        frame_length, frame_shift, high_freq, htk_compat, low_freq, num_ceps, min_duration,
        num_mel_bins, preemphasis_coefficient, raw_energy, remove_dc_offset, round_to_power_of_two,
        sample_frequency, snip_edges, subtract_mean, use_energy, vtln_high, vtln_low, vtln_warp,
        window_type,
    )  # fmt: skip


def spectrogram(
    waveform: NDArray[Float],
    blackman_coeff: float = 0.42,
    channel: int = -1,
    dither: float = 0.0,
    energy_floor: float = 1.0,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    min_duration: float = 0.0,
    preemphasis_coefficient: float = 0.97,
    raw_energy: bool = True,
    remove_dc_offset: bool = True,
    round_to_power_of_two: bool = True,
    sample_frequency: float = 16000.0,
    snip_edges: bool = True,
    subtract_mean: bool = False,
    window_type: str = "povey",
) -> NDArray[Float]:
    """Compute the log power spectrum as Kaldi's ``compute-spectrogram-feats``.

    A drop-in replacement of ``torchaudio.compliance.kaldi.spectrogram`` for arrays. The log energy
    of the frame is in the place of bin 0.

    Parameters
    ----------
    waveform : array, shape (channels, n_samples)
        Audio as float32 or float64, with values as the model expects them: see the note at the top
        of :mod:`fastmel.kaldi`. Integers are refused, because their range would be a guess.
    blackman_coeff : float, default 0.42
        Coefficient of the window "blackman"; 0.42 is the usual one.
    channel : int, default -1
        Which channel; -1 means the first.
    dither : float, default 0.0
        Standard deviation of Gaussian noise that is added to the samples of each frame; 0 is none.
        Unlike the original's it is seeded: the same call returns the same features.
    energy_floor : float, default 1.0
        Least energy of a frame, of which the logarithm is taken with `use_energy`.
    frame_length, frame_shift : float, default 25.0 and 10.0
        Length of a frame, and time from one frame to the next, in milliseconds.
    min_duration : float, default 0.0
        Seconds; a shorter waveform gives an empty array.
    preemphasis_coefficient : float, default 0.97
        Coefficient of the pre-emphasis in each frame, from 0 (none) to 1.
    raw_energy : bool, default True
        Measure the energy before pre-emphasis and window, not after.
    remove_dc_offset : bool, default True
        Subtract the mean of each frame.
    round_to_power_of_two : bool, default True
        Pad frames with zeros to the next power of two for the transform.
    sample_frequency : float, default 16000.0
        Sample rate in Hz.
    snip_edges : bool, default True
        Only frames that fit into the signal. If False, the signal is mirrored at its ends, and the
        number of frames is that of frame shifts, to the nearest.
    subtract_mean : bool, default False
        Subtract the mean of each feature over time.
    window_type : {"povey", "hamming", "hanning", "rectangular", "blackman"}, default "povey"
        Window; also "sine" and "hann" (periodic).

    Returns
    -------
    ndarray, shape (n_frames, 1 + n_fft // 2)
        Logarithms: float64 for float64 input, else float32.

    Raises
    ------
    ValueError, TypeError
        As :func:`fbank`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel.kaldi
    >>> y = 32768 * np.sin(np.arange(16000, dtype=np.float32))
    >>> fastmel.kaldi.spectrogram(y[np.newaxis]).shape
    (98, 257)
    """
    return _features(
        "spectrogram", waveform, channel, blackman_coeff, dither, energy_floor, frame_length,
        frame_shift, min_duration, preemphasis_coefficient, raw_energy, remove_dc_offset,
        round_to_power_of_two, sample_frequency, snip_edges, subtract_mean, window_type,
    )  # fmt: skip
