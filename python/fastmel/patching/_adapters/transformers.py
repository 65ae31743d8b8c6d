"""Hugging Face's transformers: its feature extractors, and the spectrogram that some stand on.

What is replaced is the method of an extractor that computes features. The call around it, with its
padding, masks, containers, warnings and errors, remains the original's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from ..._base.arrays import Array
from ..._base.cache import cached
from ..._engine.config import MelConfig
from ...transformers import ParakeetFeatureExtractor
from ...transformers._fields import Given
from ...transformers._original import counterpart, parameters_of
from .._given import Filters, Remembered, bands, check_tensor, frozen, window_named
from .._targets import NotCovered, Target
from .audio_utils import spectrogram

__all__ = ["TARGETS"]

# --- our extractor in the place of one of theirs ---

# Options of our configuration, of a whole call, that the method leaves to its caller.
_SIGNAL = ("preemphasis", "preemphasis_scope", "frame_count", "normalize")
_NOT_IN_METHOD: dict[str, tuple[str, ...]] = {
    "ASTFeatureExtractor": ("shift", "gain"),
    "CohereAsrFeatureExtractor": _SIGNAL,
    "FunAsrNanoFeatureExtractor": ("stack", "stack_stride", "stack_left", "stack_tail"),
    "NemotronAsrStreamingFeatureExtractor": _SIGNAL,
    "ParakeetFeatureExtractor": _SIGNAL,
    "Speech2TextFeatureExtractor": ("normalize",),
}
_DEFAULTS = MelConfig()


def _twin(extractor: Any) -> Any:
    """Return our extractor with the parameters and the filters that one of theirs has now."""
    filters = _filters(extractor)
    twin = _same(extractor, filters)
    config = twin._config()
    if config.dither:
        raise NotCovered("dither, which must be random")
    if filters is not None and config.n_fft != _n_fft(extractor):
        raise NotCovered("a transform of its own")
    window = getattr(extractor, "window", None)
    if window is not None and not isinstance(window, str):
        values = np.asarray(window)
        name, size = window_named(values), len(values)
        if (name, size) != (config.window, config.win_length or config.n_fft):
            raise NotCovered("a window of its own")
    return twin


def _same(extractor: Any, filters: Array | None) -> Any:
    """Return our extractor, if all that both have is the same, also what was derived."""
    arrays = [] if filters is None else [filters]
    twin = _made_of(extractor, (type(extractor), _parameters(extractor)), *arrays)
    for name, value in vars(twin).items():
        if not name.startswith("_") and hasattr(extractor, name):
            if _hashable(getattr(extractor, name)) != _hashable(value):
                raise NotCovered(f"{name} of its own")
    return twin


@Remembered
def _made_of(original: type, parameters: tuple[tuple[str, Any], ...], *filters: Array) -> Any:
    return _made(original, parameters, frozen(*filters) if filters else None)


@cached(maxsize=32)
def _made(original: type, parameters: tuple[tuple[str, Any], ...], filters: Filters | None) -> Any:
    twin: Any = counterpart(original)(**dict(parameters))
    without = {n: getattr(_DEFAULTS, n) for n in _NOT_IN_METHOD.get(type(twin).__name__, ())}
    weights = {} if filters is None else bands(filters)
    config = twin._config().replace(**without, **weights)
    # All front ends that it makes are made of this.
    twin._config = lambda: config
    return twin


def _parameters(extractor: Any) -> tuple[tuple[str, Any], ...]:
    return tuple((name, _hashable(value)) for name, value in parameters_of(extractor).items())


def _hashable(value: Any) -> Any:
    if isinstance(value, dict):
        return tuple(value.items())
    if not isinstance(value, np.ndarray):
        return tuple(value) if isinstance(value, list) else value
    return tuple(np.ravel(value).tolist()) if value.ndim else value.item()


def _filters(extractor: Any) -> Array | None:
    """Return the filters (bands, bins) that an extractor has, an array or tensor; or None."""
    filters = getattr(extractor, "mel_filters", None)
    if filters is None or hasattr(filters, "mel_scale"):
        return None
    values = np.asarray(filters)
    n_rows, n_columns = values.shape
    if n_rows == n_columns:
        raise NotCovered("as many bands as bins")
    return values if n_columns == 1 + _n_fft(extractor) // 2 else values.T


def _n_fft(extractor: Any) -> int:
    n_fft: int = extractor.fft_length if hasattr(extractor, "fft_length") else extractor.n_fft
    return n_fft


def _tensor(features: Array) -> Any:
    import torch

    return torch.from_numpy(features)


# --- their methods ---


def _check(waveform: Any, device: Any, n_axes: int) -> None:
    import torch

    check_tensor(waveform, torch.float32)
    if waveform.ndim != n_axes or str(device) != "cpu":
        raise NotCovered("another number of axes, or another device than the CPU")


def _check_array(waveform: Any, *n_axes: int) -> None:
    if type(waveform) is not np.ndarray or waveform.dtype != np.float32:
        raise NotCovered("waveform is no float32 array")
    if waveform.ndim not in n_axes:
        raise NotCovered("another number of axes")


def arrays(self: Any, waveform: Any, device: Any = "cpu") -> Array:
    """``_torch_extract_fbank_features`` of Whisper and its kin, from array to array."""
    if str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    if isinstance(waveform, np.ndarray) and waveform.dtype == np.float64:
        waveform = waveform.astype(np.float32)
    _check_array(waveform, 1, 2)
    features: Array = _twin(self)._front_end(waveform)
    return features


def tensors(self: Any, waveform: Any, device: Any = "cpu") -> Any:
    """``_torch_extract_fbank_features``, from tensor to tensor."""
    _check(waveform, device, 2)
    return _tensor(_twin(self)._front_end(waveform.numpy()))


def double_tensors(self: Any, waveform: Any, device: Any = "cpu") -> Any:
    """``_torch_extract_fbank_features`` of LASR, whose result is float64."""
    _check(waveform, device, 2)
    return _tensor(_twin(self)._front_end(waveform.numpy().astype(np.float64)))


def streamed(self: Any, waveform: Any, device: Any = "cpu", center: Any = True) -> Any:
    """``_torch_extract_fbank_features`` of models that hear a stream in pieces."""
    _check(waveform, device, 2)
    given = Given(center=center, is_last_audio_chunk=False)
    return _tensor(_twin(self)._features(waveform.numpy(), given))


def phi4(self: Any, waveform: Any, audio_lengths: Any, device: Any = "cpu") -> Any:
    """``Phi4MultimodalFeatureExtractor._torch_extract_fbank_features``."""
    _check(waveform, device, 2)
    lengths = audio_lengths.numpy()
    if lengths.min() < self.win_length:
        raise NotCovered("a clip of less than a frame")
    return _tensor(_twin(self)._hidden(waveform.numpy(), lengths))


def gemma(self: Any, waveform: Any, attention_mask: Any) -> tuple[Array, Array]:
    """``_extract_spectrogram``, of one clip, (n,) or (1, n)."""
    _check_array(waveform, 1, 2)
    (clip,) = np.atleast_2d(waveform)
    twin = _twin(self)
    features = twin._front_end(clip).astype(np.float64)
    return features, twin._frame_mask(attention_mask, len(features))


def univnet(self: Any, waveform: Any) -> Array:
    """``UnivNetFeatureExtractor.mel_spectrogram``."""
    _check_array(waveform, 1)
    features: Array = _twin(self)._front_end(waveform)
    return features.astype(np.float64)


def granite(self: Any, audio: Any, device: Any = "cpu") -> Any:
    """``GraniteSpeechFeatureExtractor._extract_mel_spectrograms``."""
    return _tensor(_granite(self, device)._front_end(_floats(audio)))


def granite5(self: Any, audio: Any, device: Any = "cpu") -> Any:
    """``GraniteSpeech5FeatureExtractor._extract_features``."""
    return _tensor(_granite(self, device)._features(_floats(audio), Given()))


def _floats(audio: Any) -> Array:
    import torch

    check_tensor(audio, torch.float32, torch.float64)
    if audio.ndim != 2:
        raise NotCovered("another number of axes")
    samples: Array = audio.float().numpy()
    return samples


def _granite(extractor: Any, device: Any) -> Any:
    """Return our extractor for one that has a transform of torchaudio's."""
    from .torchaudio import check_module, mel_parts

    if device is not None and str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    transform = extractor.mel_filters
    check_module(transform, "MelSpectrogram")
    sizes, window, filters = mel_parts(transform)
    twin = _same(extractor, filters.T)
    c = twin._config()
    if sizes != (c.n_fft, c.win_length, c.hop_length, c.power, c.pad_mode):
        raise NotCovered("a transform of its own")
    if window_named(window) != c.window:
        raise NotCovered("a window of its own")
    return twin


def speech_to_text(self: Any, waveform: Any) -> Array:
    """``Speech2TextFeatureExtractor._extract_fbank_features``."""
    return _kaldi(self, waveform)


def ast(self: Any, waveform: Any, max_length: Any) -> Array:
    """``ASTFeatureExtractor._extract_fbank_features``: zeros follow what there is."""
    features = _kaldi(self, waveform)[:max_length]
    return np.pad(features, [(0, max_length - len(features)), (0, 0)])


def _kaldi(extractor: Any, waveform: Any) -> Array:
    _check_array(waveform, 1)
    if hasattr(extractor, "mel_filters"):
        raise NotCovered("torchaudio is missing: audio_utils.spectrogram computes it")
    features: Array = _twin(extractor)._front_end(waveform)
    return features


def fun_asr(self: Any, waveform: Any) -> Any:
    """``FunAsrNanoFeatureExtractor._extract_fbank_features``, of one clip."""
    _check(waveform, "cpu", 1)
    return _tensor(_twin(self)._front_end(waveform.numpy()))


# --- a call of which the method is but a third ---


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
    """``ParakeetFeatureExtractor.__call__``."""
    from transformers.feature_extraction_utils import BatchFeature

    if type(self) is not sys.modules[_PARAKEET].ParakeetFeatureExtractor:
        raise NotCovered("a class of its own, whose methods may be")
    clips = raw_speech if isinstance(raw_speech, (list, tuple)) else [raw_speech]
    if any(type(c) is not np.ndarray or c.ndim != 1 or c.dtype.kind != "f" for c in clips):
        raise NotCovered("raw_speech is no array of one axis, or list of them")
    if sampling_rate is None or truncation:
        raise NotCovered("a warning of transformers, or clips that are cut")
    sizes = ("feature_size", "sampling_rate", "hop_length", "n_fft", "win_length", "preemphasis")
    extractor, filters = _parakeet(type(self), *(getattr(self, name) for name in sizes))
    if self.padding_side != "right" or not self.mel_filters.equal(filters):
        raise NotCovered("padding on the left, or mel_filters of its own")
    if min(map(len, clips)) < 2 * self.hop_length:
        raise NotCovered("a clip without a variance")
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
def _parakeet(original: Any, *sizes: Any) -> tuple[Any, Any]:
    """Return an extractor of ours, and the filters that the original has by itself."""
    return ParakeetFeatureExtractor(*sizes), original(*sizes).mel_filters


_PARAKEET = "transformers.models.parakeet.feature_extraction_parakeet"

# Of each model: a method of its extractor, and what computes it here.
_METHODS: dict[str, tuple[str, Callable[..., Any]]] = {
    "audio_spectrogram_transformer": ("ASTFeatureExtractor._extract_fbank_features", ast),
    "cohere_asr": ("CohereAsrFeatureExtractor._torch_extract_fbank_features", tensors),
    "dots3_note": ("Dots3NoteFeatureExtractor._torch_extract_fbank_features", arrays),
    "fun_asr_nano": ("FunAsrNanoFeatureExtractor._extract_fbank_features", fun_asr),
    "gemma3n": ("Gemma3nAudioFeatureExtractor._extract_spectrogram", gemma),
    "gemma4": ("Gemma4AudioFeatureExtractor._extract_spectrogram", gemma),
    "granite_speech": ("GraniteSpeechFeatureExtractor._extract_mel_spectrograms", granite),
    "granite_speech5": ("GraniteSpeech5FeatureExtractor._extract_features", granite5),
    "inkling": ("InklingFeatureExtractor._torch_extract_fbank_features", tensors),
    "lasr": ("LasrFeatureExtractor._torch_extract_fbank_features", double_tensors),
    "moss_transcribe_diarize": (
        "MossTranscribeDiarizeFeatureExtractor._torch_extract_fbank_features",
        arrays,
    ),
    "nemotron_asr_streaming": (
        "NemotronAsrStreamingFeatureExtractor._torch_extract_fbank_features",
        streamed,
    ),
    "parakeet": ("ParakeetFeatureExtractor._torch_extract_fbank_features", tensors),
    "phi4_multimodal": ("Phi4MultimodalFeatureExtractor._torch_extract_fbank_features", phi4),
    "qwen3_asr": ("Qwen3ASRFeatureExtractor._torch_extract_fbank_features", arrays),
    "speech_to_text": ("Speech2TextFeatureExtractor._extract_fbank_features", speech_to_text),
    "univnet": ("UnivNetFeatureExtractor.mel_spectrogram", univnet),
    "voxtral_realtime": (
        "VoxtralRealtimeFeatureExtractor._torch_extract_fbank_features",
        streamed,
    ),
    "whisper": ("WhisperFeatureExtractor._torch_extract_fbank_features", arrays),
}

_CONSTANTS = {"EPSILON": 1e-5, "LOG_ZERO_GUARD_VALUE": 2.0**-24}

TARGETS = (
    Target("transformers.audio_utils", "spectrogram", (spectrogram,)),
    Target(_PARAKEET, "ParakeetFeatureExtractor.__call__", (parakeet_call,), _CONSTANTS),
    *(
        Target(
            f"transformers.models.{model}.feature_extraction_{model}",
            method,
            (adapter,),
            _CONSTANTS,
        )
        for model, (method, adapter) in _METHODS.items()
    ),
)
