"""transformers' own spectrogram, which many of its feature extractors stand on."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from ..._base.arrays import Array
from ..._engine.parameters import PadMode
from .._given import front_end_of, frozen, window_named
from .._targets import NotCovered

_PAD_MODES: dict[str, PadMode] = {
    "reflect": "reflect_repeatedly",
    "symmetric": "symmetric",
    "constant": "constant",
    "edge": "edge",
}


def spectrogram(
    waveform: Array,
    window: Array,
    frame_length: int,
    hop_length: int,
    fft_length: int | None = None,
    power: float | None = 1.0,
    center: bool = True,
    pad_mode: str = "reflect",
    onesided: bool = True,
    dither: float = 0.0,
    preemphasis: float | None = None,
    mel_filters: Array | None = None,
    mel_floor: float = 1e-10,
    log_mel: str | None = None,
    reference: float = 1.0,
    min_value: float = 1e-10,
    db_range: float | None = None,
    remove_dc_offset: bool = False,
    dtype: DTypeLike = np.float32,
) -> Array:
    """``audio_utils.spectrogram``."""
    if type(waveform) is not np.ndarray or waveform.ndim != 1 or waveform.dtype.kind not in "fiu":
        raise NotCovered("waveform is no array of one axis")
    if power is None or not onesided or dither != 0:
        raise NotCovered("complex or two-sided spectra, or dither")
    if mel_filters is None:
        if log_mel is not None:
            raise NotCovered("a logarithm of the spectrum, not of bands, has no floor")
    elif type(mel_filters) is not np.ndarray or mel_filters.ndim != 2:
        raise NotCovered("mel_filters is no array of two axes")
    if preemphasis is not None and type(preemphasis) not in (int, float):
        raise NotCovered("preemphasis is no number")
    if pad_mode not in _PAD_MODES:
        raise NotCovered("an unknown padding mode")
    if len(window) != frame_length:
        raise NotCovered("the window is not as long as the frame")
    half = frame_length // 2 if center else 0
    options = {
        "n_fft": frame_length if fft_length is None else fft_length,
        "hop_length": hop_length,
        "win_length": frame_length,
        "window": window_named(np.asarray(window, np.float64)),
        "window_position": "left",
        "padding": (half, half),
        "pad_mode": _PAD_MODES[pad_mode] if center else "constant",
        "preemphasis": float(preemphasis or 0.0),
        "remove_dc_offset": bool(remove_dc_offset),
        "power": float(power),
        **_level(log_mel, power, mel_floor, reference, min_value, db_range),
    }
    filters = None if mel_filters is None else frozen(mel_filters.T)
    front_end = front_end_of(tuple(options.items()), filters)
    wide = log_mel is None or np.dtype(dtype) != np.float32 or waveform.dtype != np.float32
    features = front_end(waveform.astype(np.float64) if wide else waveform)
    if log_mel is not None:
        return features.astype(dtype, copy=False)
    return features if mel_filters is None else np.maximum(mel_floor, features)


def _level(
    log_mel: str | None,
    power: float,
    mel_floor: float,
    reference: float,
    min_value: float,
    db_range: float | None,
) -> dict[str, object]:
    """Return the options of what follows the spectrum, or the bands."""
    if log_mel is None:
        return {}
    if log_mel in ("log", "log10"):
        return {"log": "ln" if log_mel == "log" else "log10", "log_floor": float(mel_floor)}
    if log_mel != "dB" or power not in (1.0, 2.0):
        raise NotCovered("an unknown logarithm")
    if not (reference > 0 and min_value > 0 and (db_range is None or db_range > 0)):
        raise NotCovered("a reference, least value or range that is not positive")
    # Decibels of amplitudes are twice those of the same numbers as powers.
    gain = 2.0 / float(power)
    return {
        "log": "dB",
        "log_floor": max(float(mel_floor), float(min_value)),
        "ref": float(max(min_value, reference)),
        "dynamic_range": None if db_range is None else float(db_range) / gain,
        "gain": gain,
    }
