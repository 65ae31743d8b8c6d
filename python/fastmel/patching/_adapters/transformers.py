"""Hugging Face's transformers: its feature extractors, and the spectrogram that some stand on.

What is replaced is the method of an extractor that computes features. The call around it, with its
padding, masks, containers, warnings and errors, remains the original's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..._base.arrays import Array, resized
from ..._base.cache import cached
from ..._base.tensors import Tensor
from ..._engine.config import MelConfig
from ...transformers import FeatureExtractor, ParakeetFeatureExtractor
from ...transformers._fields import Given
from ...transformers._original import counterpart, parameters_of
from .._given import Filters, Remembered, bands, check_tensor, frozen, window_named
from .._targets import NotCovered, Target
from .audio_utils import spectrogram

if TYPE_CHECKING:
    from transformers import BatchFeature
    from transformers import FeatureExtractionMixin as Extractor

# What makes an extractor of ours, as a cache can look it up.
_Parameters: TypeAlias = tuple[tuple[str, object], ...]

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


def _twin(extractor: Extractor) -> FeatureExtractor:
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


def _same(extractor: Extractor, filters: Array | None) -> FeatureExtractor:
    """Return our extractor, if all that both have is the same, also what was derived."""
    arrays = [] if filters is None else [filters]
    twin = _made_of(extractor, (type(extractor), _parameters(extractor)), *arrays)
    for name, value in vars(twin).items():
        if not name.startswith("_") and hasattr(extractor, name):
            if _hashable(getattr(extractor, name)) != _hashable(value):
                raise NotCovered(f"{name} of its own")
    return twin


@Remembered
def _made_of(original: type, parameters: _Parameters, *filters: Array) -> FeatureExtractor:
    return _made(original, parameters, frozen(*filters) if filters else None)


@cached(maxsize=32)
def _made(original: type, parameters: _Parameters, filters: Filters | None) -> FeatureExtractor:
    twin: Any = counterpart(original)(**dict(parameters))
    without = {n: getattr(_DEFAULTS, n) for n in _NOT_IN_METHOD.get(type(twin).__name__, ())}
    weights = {} if filters is None else bands(filters)
    config = twin._config().replace(**without, **weights)
    # All front ends that it makes are made of this.
    twin._config = lambda: config
    made: FeatureExtractor = twin
    return made


def _parameters(extractor: Extractor) -> _Parameters:
    return tuple((name, _hashable(value)) for name, value in parameters_of(extractor).items())


def _hashable(value: object) -> object:
    if isinstance(value, dict):
        return tuple(value.items())
    if not isinstance(value, np.ndarray):
        return tuple(value) if isinstance(value, list) else value
    return tuple(np.ravel(value).tolist()) if value.ndim else value.item()


def _filters(extractor: Extractor) -> Array | None:
    """Return the filters (bands, bins) that an extractor has, an array or tensor; or None."""
    filters = getattr(extractor, "mel_filters", None)
    if filters is None or hasattr(filters, "mel_scale"):
        return None
    values = np.asarray(filters)
    n_rows, n_columns = values.shape
    if n_rows == n_columns:
        raise NotCovered("as many bands as bins")
    return values if n_columns == 1 + _n_fft(extractor) // 2 else values.T


def _n_fft(extractor: Extractor) -> int:
    n_fft: int = extractor.fft_length if hasattr(extractor, "fft_length") else extractor.n_fft
    return n_fft


def _tensor(features: Array) -> Tensor:
    import torch

    return torch.from_numpy(features)


# --- their methods ---


def _module(model: str) -> str:
    return f"transformers.models.{model}.feature_extraction_{model}"


def _check(waveform: Tensor, device: object, n_axes: int) -> None:
    import torch

    check_tensor(waveform, torch.float32)
    if waveform.ndim != n_axes or str(device) != "cpu":
        raise NotCovered("another number of axes, or another device than the CPU")


def _check_array(waveform: object, *n_axes: int) -> None:
    if type(waveform) is not np.ndarray or waveform.dtype != np.float32:
        raise NotCovered("waveform is no float32 array")
    if waveform.ndim not in n_axes:
        raise NotCovered("another number of axes")


def arrays(self: Extractor, waveform: Array, device: object = "cpu") -> Array:
    """``_torch_extract_fbank_features`` of Whisper and its kin, from array to array."""
    if str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    if getattr(waveform, "dtype", None) == np.float64:
        waveform = waveform.astype(np.float32)
    _check_array(waveform, 1, 2)
    features: Array = _twin(self)._front_end(waveform)
    return features


def tensors(self: Extractor, waveform: Tensor, device: object = "cpu") -> Tensor:
    """``_torch_extract_fbank_features``, from tensor to tensor."""
    _check(waveform, device, 2)
    return _tensor(_twin(self)._front_end(waveform.numpy()))


def double_tensors(self: Extractor, waveform: Tensor, device: object = "cpu") -> Tensor:
    """``_torch_extract_fbank_features`` of LASR, whose result is float64."""
    _check(waveform, device, 2)
    return _tensor(_twin(self)._front_end(waveform.numpy().astype(np.float64)))


def streamed(
    self: Extractor, waveform: Tensor, device: object = "cpu", center: object = True
) -> Tensor:
    """``_torch_extract_fbank_features`` of models that hear a stream in pieces."""
    _check(waveform, device, 2)
    given = Given(center=center, is_last_audio_chunk=False)
    return _tensor(_twin(self)._features(waveform.numpy(), given))


def phi4(
    self: Extractor, waveform: Tensor, audio_lengths: Tensor, device: object = "cpu"
) -> Tensor:
    """``Phi4MultimodalFeatureExtractor._torch_extract_fbank_features``."""
    _check(waveform, device, 2)
    lengths = audio_lengths.numpy()
    if lengths.min() < self.win_length:
        raise NotCovered("a clip of less than a frame")
    return _tensor(_twin(self)._hidden(waveform.numpy(), lengths))


def gemma(self: Extractor, waveform: Array, attention_mask: Array) -> tuple[Array, Array]:
    """``_extract_spectrogram``, of one clip, (n,) or (1, n)."""
    _check_array(waveform, 1, 2)
    (clip,) = np.atleast_2d(waveform)
    twin = _twin(self)
    features = twin._front_end(clip).astype(np.float64)
    return features, twin._frame_mask(attention_mask, len(features))


def univnet(self: Extractor, waveform: Array) -> Array:
    """``UnivNetFeatureExtractor.mel_spectrogram``."""
    _check_array(waveform, 1)
    features: Array = _twin(self)._front_end(waveform)
    return features.astype(np.float64)


def granite(self: Extractor, audio: Tensor, device: object = "cpu") -> Tensor:
    """``GraniteSpeechFeatureExtractor._extract_mel_spectrograms``."""
    return _tensor(_granite(self, device)._front_end(_floats(audio)))


def granite5(self: Extractor, audio: Tensor, device: object = "cpu") -> Tensor:
    """``GraniteSpeech5FeatureExtractor._extract_features``."""
    return _tensor(_granite(self, device)._features(_floats(audio), Given()))


def _floats(audio: Tensor) -> Array:
    import torch

    check_tensor(audio, torch.float32, torch.float64)
    if audio.ndim != 2:
        raise NotCovered("another number of axes")
    samples: Array = audio.float().numpy()
    return samples


def _granite(extractor: Extractor, device: object) -> FeatureExtractor:
    """Return our extractor for one that has a transform of torchaudio's."""
    from .torchaudio import check_module, mel_parts

    if device is not None and str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    transform = extractor.mel_filters
    check_module(transform, "MelSpectrogram")
    options, window, filters = mel_parts(transform)
    twin = _same(extractor, filters.T)
    config = twin._config()
    if any(getattr(config, name) != value for name, value in options):
        raise NotCovered("a transform of its own")
    if window_named(window) != config.window:
        raise NotCovered("a window of its own")
    return twin


def speech_to_text(self: Extractor, waveform: Array) -> Array:
    """``Speech2TextFeatureExtractor._extract_fbank_features``."""
    _check_array(waveform, 1)
    if hasattr(self, "mel_filters"):
        raise NotCovered("torchaudio is missing: audio_utils.spectrogram computes it")
    features: Array = _twin(self)._front_end(waveform)
    return features


def ast(self: Extractor, waveform: Array, max_length: int) -> Array:
    """``ASTFeatureExtractor._extract_fbank_features``: zeros follow what there is."""
    return resized(speech_to_text(self, waveform), max_length, axis=-2)


def fun_asr(self: Extractor, waveform: Tensor) -> Tensor:
    """``FunAsrNanoFeatureExtractor._extract_fbank_features``, of one clip."""
    _check(waveform, "cpu", 1)
    return _tensor(_twin(self)._front_end(waveform.numpy()))


# --- a call of which the method is but a third ---


def parakeet_call(
    self: Extractor,
    raw_speech: Array | Sequence[Array],
    truncation: bool = False,
    pad_to_multiple_of: int | None = None,
    return_tensors: str | Enum | None = None,
    return_attention_mask: bool | None = None,
    padding: bool | str | Enum | None = "longest",
    max_length: int | None = None,
    sampling_rate: int | None = None,
    do_normalize: bool | None = None,
    device: object = "cpu",
    return_token_timestamps: bool | None = None,
    **kwargs: object,
) -> BatchFeature:
    """``ParakeetFeatureExtractor.__call__``."""
    from transformers.feature_extraction_utils import BatchFeature

    if type(self) is not sys.modules[_module("parakeet")].ParakeetFeatureExtractor:
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
def _parakeet(original: type[Extractor], *sizes: Any) -> tuple[ParakeetFeatureExtractor, Tensor]:
    """Return an extractor of ours, and the filters that the original has by itself."""
    return ParakeetFeatureExtractor(*sizes), original(*sizes).mel_filters


_EXTRACT = "_torch_extract_fbank_features"
_CONSTANTS = {"EPSILON": 1e-5, "LOG_ZERO_GUARD_VALUE": 2.0**-24}

# Of each model: its extractor, the method of that, and what computes it here.
_METHODS: tuple[tuple[str, str, str, Callable[..., object]], ...] = (
    ("audio_spectrogram_transformer", "AST", "_extract_fbank_features", ast),
    ("cohere_asr", "CohereAsr", _EXTRACT, tensors),
    ("dots3_note", "Dots3Note", _EXTRACT, arrays),
    ("fun_asr_nano", "FunAsrNano", "_extract_fbank_features", fun_asr),
    ("gemma3n", "Gemma3nAudio", "_extract_spectrogram", gemma),
    ("gemma4", "Gemma4Audio", "_extract_spectrogram", gemma),
    ("granite_speech", "GraniteSpeech", "_extract_mel_spectrograms", granite),
    ("granite_speech5", "GraniteSpeech5", "_extract_features", granite5),
    ("inkling", "Inkling", _EXTRACT, tensors),
    ("lasr", "Lasr", _EXTRACT, double_tensors),
    ("moss_transcribe_diarize", "MossTranscribeDiarize", _EXTRACT, arrays),
    ("nemotron_asr_streaming", "NemotronAsrStreaming", _EXTRACT, streamed),
    ("parakeet", "Parakeet", "__call__", parakeet_call),
    ("parakeet", "Parakeet", _EXTRACT, tensors),
    ("phi4_multimodal", "Phi4Multimodal", _EXTRACT, phi4),
    ("qwen3_asr", "Qwen3ASR", _EXTRACT, arrays),
    ("speech_to_text", "Speech2Text", "_extract_fbank_features", speech_to_text),
    ("univnet", "UnivNet", "mel_spectrogram", univnet),
    ("voxtral_realtime", "VoxtralRealtime", _EXTRACT, streamed),
    ("whisper", "Whisper", _EXTRACT, arrays),
)

TARGETS = (
    Target("transformers.audio_utils", "spectrogram", (spectrogram,)),
    *(
        Target(_module(model), f"{name}FeatureExtractor.{method}", (adapter,), _CONSTANTS)
        for model, name, method, adapter in _METHODS
    ),
)
