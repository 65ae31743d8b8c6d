"""Hugging Face's transformers: the functions that its feature extractors stand on."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from ..arrays import Array
from ..config import MelConfig
from ..frontend import FrontEnd, frontend
from ..plan import cached
from ..windows import get_window
from .targets import NotCovered, Target

__all__ = ["TARGETS"]

# What `audio_utils.window_function` makes.
_WINDOWS = ("hann", "hann_symmetric", "povey", "hamming", "hamming_symmetric", "boxcar")
_PAD_MODES = {
    "reflect": "reflect_repeatedly",
    "symmetric": "symmetric",
    "constant": "constant",
    "edge": "edge",
}


def spectrogram(
    waveform: Any,
    window: Any,
    frame_length: Any,
    hop_length: Any,
    fft_length: Any = None,
    power: Any = 1.0,
    center: Any = True,
    pad_mode: Any = "reflect",
    onesided: Any = True,
    dither: Any = 0.0,
    preemphasis: Any = None,
    mel_filters: Any = None,
    mel_floor: Any = 1e-10,
    log_mel: Any = None,
    reference: Any = 1.0,
    min_value: Any = 1e-10,
    db_range: Any = None,
    remove_dc_offset: Any = False,
    dtype: Any = np.float32,
) -> Array:
    """``audio_utils.spectrogram``."""
    if type(waveform) is not np.ndarray or waveform.ndim != 1 or waveform.dtype.kind not in "fiu":
        raise NotCovered("waveform is no array of one axis")
    if power is None or not onesided or dither:
        raise NotCovered("complex or two-sided spectra, or dither")
    if mel_filters is None and log_mel is not None:
        raise NotCovered("a logarithm of the spectrum, not of bands, has no floor")
    if len(window) != frame_length:
        raise NotCovered("the window is not as long as the frame")
    front_end = _front_end(
        _name_of(np.asarray(window, np.float64).tobytes()),
        *(frame_length, hop_length, fft_length or frame_length, float(power)),
        _PAD_MODES[pad_mode] if center else None,
        *(float(preemphasis or 0.0), bool(remove_dc_offset)),
        None if mel_filters is None else _frozen(mel_filters.T),
        *_level(log_mel, power, mel_floor, reference, min_value, db_range),
    )
    wide = log_mel is None or np.dtype(dtype) != np.float32 or waveform.dtype != np.float32
    features = front_end(waveform.astype(np.float64) if wide else waveform)
    if log_mel is not None:
        return features.astype(dtype, copy=False)
    return features if mel_filters is None else np.maximum(mel_floor, features)


def _level(
    log_mel: Any, power: Any, mel_floor: Any, reference: Any, min_value: Any, db_range: Any
) -> tuple[str, float, float, float | None, float]:
    """Return logarithm, floor, reference, range and gain."""
    if log_mel is None:
        return "none", 1e-10, 1.0, None, 1.0
    if log_mel in ("log", "log10"):
        return "ln" if log_mel == "log" else "log10", float(mel_floor), 1.0, None, 1.0
    if log_mel != "dB" or power not in (1.0, 2.0):
        raise NotCovered("an unknown logarithm")
    if not (reference > 0 and min_value > 0 and (db_range is None or db_range > 0)):
        raise NotCovered("a reference, least value or range that is not positive")
    # Decibels of amplitudes are twice those of the same numbers as powers.
    gain = 2.0 / float(power)
    dynamic_range = None if db_range is None else float(db_range) / gain
    floor = max(float(mel_floor), float(min_value))
    return "dB", floor, float(max(min_value, reference)), dynamic_range, gain


@functools.lru_cache(maxsize=16)
def _front_end(
    window: str,
    frame_length: int,
    hop_length: int,
    n_fft: int,
    power: float,
    pad_mode: str | None,
    preemphasis: float,
    remove_dc_offset: bool,
    filters: tuple[tuple[int, int], bytes] | None,
    log: Any,
    floor: float,
    reference: float,
    dynamic_range: float | None,
    gain: float,
) -> FrontEnd:
    half = 0 if pad_mode is None else frame_length // 2
    config = MelConfig(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=frame_length,
        window=window,
        window_position="left",
        padding=(half, half),
        pad_mode=pad_mode or "constant",
        preemphasis=preemphasis,
        remove_dc_offset=remove_dc_offset,
        power=power,
        **_bands(filters),
        log=log,
        log_floor=floor,
        ref=reference,
        dynamic_range=dynamic_range,
        gain=gain,
    )
    return FrontEnd(config)


@functools.lru_cache(maxsize=64)
def _name_of(window: bytes) -> str:
    """Return the name of a window that is given by its values."""
    values = np.frombuffer(window)
    for name in _WINDOWS:
        # The last bits of a cosine differ from one library to the next.
        if np.allclose(values, get_window(name, len(values)), rtol=0, atol=1e-14):
            return name
    raise NotCovered("a window of its own")


def _frozen(filters: Any) -> tuple[tuple[int, int], bytes]:
    """Return the filters (bands, bins) as something that a cache can look up."""
    n_bands, n_bins = filters.shape
    return (n_bands, n_bins), np.ascontiguousarray(filters, np.float64).tobytes()


def _bands(filters: tuple[tuple[int, int], bytes] | None) -> dict[str, Any]:
    if filters is None:
        return {"n_mels": None}
    shape, data = filters
    return {"n_mels": shape[0], "mel_weights": np.frombuffer(data).reshape(shape)}


# --- extractors that compute with torch ---


def whisper(self: Any, waveform: Any, device: Any = "cpu") -> Array:
    """``WhisperFeatureExtractor._torch_extract_fbank_features``: one maximum for each clip."""
    if type(waveform) is not np.ndarray or waveform.dtype.kind != "f" or waveform.ndim > 2:
        raise NotCovered("waveform is no array of one or two axes")
    if str(device) != "cpu" or self.dither:
        raise NotCovered("another device than the CPU, or dither")
    front_end = _whisper(self.n_fft, self.hop_length, _frozen(self.mel_filters.T))
    return front_end(waveform.astype(np.float32, copy=False))


@functools.lru_cache(maxsize=16)
def _whisper(n_fft: int, hop_length: int, filters: tuple[tuple[int, int], bytes]) -> FrontEnd:
    config = frontend("whisper").config
    config = config.replace(n_fft=n_fft, hop_length=hop_length, **_bands(filters))
    return FrontEnd(config)


def parakeet(self: Any, waveform: Any, device: Any = "cpu") -> Any:
    """``ParakeetFeatureExtractor._torch_extract_fbank_features``."""
    import torch

    if type(waveform) is not torch.Tensor or waveform.dtype != torch.float32 or waveform.ndim != 2:
        raise NotCovered("waveform is no float32 tensor of two axes")
    if str(device) != "cpu" or waveform.device.type != "cpu" or waveform.requires_grad:
        raise NotCovered("another device than the CPU, or a gradient")
    filters = _frozen(self.mel_filters.numpy())
    front_end = _parakeet(self.n_fft, self.hop_length, self.win_length, filters)
    return torch.from_numpy(front_end(waveform))


@functools.lru_cache(maxsize=16)
def _parakeet(
    n_fft: int, hop_length: int, win_length: int, filters: tuple[tuple[int, int], bytes]
) -> FrontEnd:
    config = MelConfig(
        n_fft=n_fft,
        hop_length=hop_length,
        win_length=win_length,
        window="hann_symmetric",
        **_bands(filters),
        log="ln",
        log_floor=0.0,
        log_offset=2.0**-24,
        layout="time_mel",
        precision="single",
    )
    return FrontEnd(config)


def parakeet_call(
    self: Any,
    raw_speech: Any,
    truncation: Any = False,
    pad_to_multiple_of: Any = None,
    return_tensors: Any = None,
    return_attention_mask: Any = None,
    padding: Any = "longest",
    max_length: Any = None,
    sampling_rate: Any = None,
    do_normalize: Any = None,
    device: Any = "cpu",
    return_token_timestamps: Any = None,
    **kwargs: Any,
) -> Any:
    """``ParakeetFeatureExtractor.__call__``, of which the transform is but a third."""
    from transformers.feature_extraction_utils import BatchFeature

    clips = raw_speech if isinstance(raw_speech, (list, tuple)) else [raw_speech]
    if any(type(c) is not np.ndarray or c.ndim != 1 or c.dtype.kind != "f" for c in clips):
        raise NotCovered("raw_speech is no array of one axis, or list of them")
    if sampling_rate is None or truncation:
        raise NotCovered("a warning of transformers, or clips that are cut")
    sizes = ("feature_size", "sampling_rate", "hop_length", "n_fft", "win_length", "preemphasis")
    extractor, filters = _parakeet_extractor(type(self), *(getattr(self, name) for name in sizes))
    if self.padding_side != "right" or not self.mel_filters.equal(filters):
        raise NotCovered("padding on the left, or mel_filters of its own")
    batch = extractor(
        raw_speech,
        padding=padding,
        max_length=max_length,
        pad_to_multiple_of=pad_to_multiple_of,
        sampling_rate=sampling_rate,
        device=device,
        return_tensors="pt",
    )
    return BatchFeature(data=dict(batch), tensor_type=return_tensors)


@cached(maxsize=16)
def _parakeet_extractor(original: Any, *sizes: Any) -> tuple[Any, Any]:
    """Return an extractor of ours, and the filters that the original has by itself."""
    from ..transformers import ParakeetFeatureExtractor

    return ParakeetFeatureExtractor(*sizes), original(*sizes).mel_filters


_MODELS = "transformers.models"

TARGETS = (
    Target("transformers.audio_utils", "spectrogram", (spectrogram,)),
    Target(
        f"{_MODELS}.whisper.feature_extraction_whisper",
        "WhisperFeatureExtractor._torch_extract_fbank_features",
        (whisper,),
    ),
    Target(
        f"{_MODELS}.parakeet.feature_extraction_parakeet",
        "ParakeetFeatureExtractor._torch_extract_fbank_features",
        (parakeet,),
    ),
    Target(
        f"{_MODELS}.parakeet.feature_extraction_parakeet",
        "ParakeetFeatureExtractor.__call__",
        (parakeet_call,),
    ),
)
