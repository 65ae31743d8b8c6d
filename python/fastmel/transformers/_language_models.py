"""Extractors of language models that hear: Phi-4, Granite Speech, Gemma, Inkling."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._base.arrays import Array
from .._base.checks import brief
from .._catalogue.huggingface import HUGGING_FACE
from ..steps import CutFramesToMultiple, Deltas, FloorBelowMaximum, StackFrames
from ._base import FeatureExtractor
from ._clips import Clips, Floats, Lengths, padded
from ._fields import Call, Given, field, mask_by_name
from ._masks import Mask


class Phi4MultimodalFeatureExtractor(FeatureExtractor):
    """Phi-4-multimodal's features.

    Notes
    -----
    As in the original, frames that reach over the end of a shorter clip of a batch are 0, but the
    last two that touch it. Where a clip is cut (``truncation=True``), sizes and masks are those of
    what is left; the original's are those before the cut.
    """

    feature_size: int = 80
    sampling_rate: int = 16000
    hop_length: int = 160
    n_fft: int = 512
    win_length: int = 400
    preemphasis: float = 0.97
    padding_value: float = 0.0
    audio_compression_rate: int = field(8, "How many frames the model makes a token of.")
    audio_downsample_rate: int = field(1, "How many of those tokens it makes one of.")
    audio_feat_stride: int = field(1, "Factor of the number of frames.")
    mel_min_frequency: float = 0
    mel_max_frequency: float = 7690
    return_attention_mask: bool = mask_by_name()

    model_input_names: ClassVar = [
        "audio_input_features",
        "audio_embed_sizes",
        "audio_attention_mask",
    ]
    _chain = HUGGING_FACE["phi4-multimodal"].config.chain
    _takes = Clips("mean", where="arrays")
    _call = Call(
        "raw_speech, sampling_rate=None, pad_to_multiple_of=None, padding='longest', "
        "max_length=None, truncation=False, return_tensors=None, return_attention_mask=True, "
        "device='cpu', **kwargs",
        '"audio_input_features", float32 of shape (clips, frames, bands); "audio_embed_sizes", '
        'int64 of shape (clips,); "audio_attention_mask", bool of shape (clips, frames).',
        return_attention_mask="Whether the mask is returned, where there are several clips.",
    )

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        samples, lengths = self._batch(clips, given)
        kept = np.array(lengths.kept)
        frames = ((kept - self.win_length) // self.hop_length + 1) * self.audio_feat_stride
        tokens = np.ceil(np.ceil(frames / self.audio_compression_rate) / self.audio_downsample_rate)
        data = {
            "audio_input_features": self._hidden(samples, kept),
            "audio_embed_sizes": tokens.astype(np.int64),
        }
        if len(clips) > 1 and given.return_attention_mask:
            data["audio_attention_mask"] = Lengths.of(frames.tolist()).mask()
        return data

    def _hidden(self, samples: Floats, lengths: Array) -> Floats:
        """Return the features of clips of these lengths, with what their padding hides at 0."""
        features = self._front_end(samples)
        frames = (lengths - self.win_length) // self.hop_length + 1
        for row, n, whole in zip(features, lengths, frames, strict=True):
            if n < lengths.max():
                row[max(0, whole) : max(0, n // self.hop_length - 1)] = 0
        return features


class GraniteSpeechFeatureExtractor(FeatureExtractor):
    """Granite Speech's log-mel features."""

    sampling_rate: int = field(16000, "Sample rate in Hz.")
    n_fft: int = field(512, "Samples of the transform.")
    win_length: int = field(400, "Samples of the window.")
    hop_length: int = field(160, "Samples from one frame to the next.")
    n_mels: int = field(80, "Mel bands.")
    projector_window_size: int = field(15, "Frames that the model makes some tokens of.")
    projector_downsample_rate: int = field(5, "How many of those it makes a token of.")
    padding_value: float = field(0.0, "Of `pad`: clips of a call are padded with zeros.")
    melspec_kwargs: dict[str, int] | None = field(None, "Sizes and bands, if they are given so.")
    return_attention_mask: bool = mask_by_name("Of `pad`: a call returns the mask.")

    _chain = HUGGING_FACE["granite-speech"].config.chain
    _takes = Clips("one", where="lists")
    _lists = ("audio_embed_sizes",)
    _call = Call(
        "audios, device='cpu', *, return_tensors='pt'",
        '"input_features", float32 of shape (clips, frames, 2 * bands); "audio_embed_sizes", a '
        'list of int; "input_features_mask", bool of shape (clips, largest size).',
    )

    def _derive(self, others: dict[str, Any]) -> None:
        # Only in what the original keeps them in.
        sizes = {n: vars(self).pop(n) for n in ("n_fft", "win_length", "hop_length", "n_mels")}
        self.melspec_kwargs = self.melspec_kwargs or {"sample_rate": self.sampling_rate, **sizes}
        self.feature_size = others.get("feature_size") or sizes["n_mels"]

    def _options(self) -> dict[str, Any]:
        return {**dict(self.melspec_kwargs or {}), "sample_rate": self.sampling_rate}

    def _constructor(self) -> dict[str, Any]:
        # The original's constructor knows the sizes by their names.
        sizes = {k: v for k, v in (self.melspec_kwargs or {}).items() if k != "sample_rate"}
        return {**super()._constructor(), **sizes}

    def _called(self, given: Given) -> Any:
        first = given.audios
        first = first[0] if isinstance(first, (list, tuple)) and first else first
        if "int" in str(getattr(first, "dtype", "")):
            raise ValueError("audio must be of floating point, in [-1, 1]; got integers")
        return super()._called(given)

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        lengths = self._lengths(map(len, clips), given)
        sizes = [self._tokens(n) for n in lengths.kept]
        return {
            "input_features": self._front_end(padded(clips, lengths)),
            "input_features_mask": Lengths.of(sizes).mask(),
            "audio_embed_sizes": sizes,
        }

    def _tokens(self, n_samples: int) -> int:
        frames = (n_samples // self._front_end.config.hop_length + 1) // 2
        blocks = math.ceil(frames / self.projector_window_size)
        return blocks * (self.projector_window_size // self.projector_downsample_rate)


class GraniteSpeech5FeatureExtractor(FeatureExtractor):
    """Granite Speech 5's log-mel features."""

    num_mel_bins: int = 80
    sampling_rate: int = 16000
    n_fft: int = 512
    win_length: int = 400
    hop_length: int = 160
    delta_win_length: int = field(3, "Frames of the slopes that are appended.")
    logmel_floor_db: float = field(8.0, "Decades below the maximum that power is raised to.")
    padding_value: float = 0.0
    return_attention_mask: bool = mask_by_name()

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    delta_expansion = 2
    frame_stacking = 2
    _chain = HUGGING_FACE["granite-speech-5"].config.chain
    _takes = Clips("mean")
    _mask = Mask("attention_mask", "asked", np.int64)
    _pads_right_only = True
    _call = Call(
        "raw_speech, truncation=False, pad_to_multiple_of=None, return_tensors=None, "
        "padding='longest', max_length=None, sampling_rate=None, "
        "return_attention_mask: bool = True, device='cpu', **kwargs",
        '"input_features", float32 of shape (clips, frames, 4 * bands), and "attention_mask", '
        "int64 of shape (clips, frames).",
        raw_speech="A clip, of one axis, or several; of channels on the last axis of one of "
        "several the mean is taken.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.feature_size = self.num_mel_bins * self.delta_expansion * self.frame_stacking

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Floats, Lengths]:
        longest = given.max_length
        if given.truncation and longest is not None:
            clips = [clip[:longest] for clip in clips]
        lengths = Lengths.of([len(c) for c in clips], given.padding, longest)
        n = lengths.common()
        if longest is not None and n > longest and given.padding == "max_length":
            raise ValueError(f"a clip has {n} samples, more than max_length={longest}")
        # To the multiple even without padding, and on the right, whatever the side.
        n += -n % (given.pad_to_multiple_of or 1)
        batch = padded(clips, Lengths(lengths.kept, [n] * len(clips)), self.padding_value)
        features = self._features(batch, given)
        pairs = [-(-(n // self.hop_length) // 2) for n in lengths.kept]
        return features, Lengths(pairs, [features.shape[1]] * len(pairs))

    def _features(self, samples: Floats, given: Given) -> Floats:
        """Return the features of samples, (clips, n), with slopes and in pairs."""
        hop = self.hop_length
        # An odd number of hops needs a sample more for its last frame.
        more = int(samples.shape[1] % (2 * hop) == hop)
        features = self._front_end(np.pad(samples, [(0, 0), (0, more)]))
        features = FloorBelowMaximum(self.logmel_floor_db / 4)(CutFramesToMultiple(2)(features))
        return StackFrames(2)(Deltas(self.delta_win_length)(features))


class Gemma3nAudioFeatureExtractor(FeatureExtractor):
    """Gemma 3n's log-mel features."""

    feature_size: int = 128
    sampling_rate: int = 16000
    padding_value: float = 0.0
    return_attention_mask: bool = field(True, "Kept as an attribute: a call returns the mask.")
    frame_length_ms: float = field(32.0, "Of a frame, in milliseconds.")
    hop_length_ms: float = field(10.0, "From one frame to the next, in milliseconds.")
    min_frequency: float = 125.0
    max_frequency: float = 7600.0
    preemphasis: float = 0.97
    preemphasis_htk_flavor: bool = field(True, "As in HTK: a frame's first sample precedes itself.")
    fft_overdrive: bool = True
    dither: float = 0.0
    input_scale_factor: float = field(1.0, "Factor of the samples.", "scale")
    mel_floor: float = field(1e-5, "What bands are raised to before the logarithm.")
    per_bin_mean: Sequence[float] | None = field(None, "What is subtracted from each band.")
    per_bin_stddev: Sequence[float] | None = field(None, "What each band is divided by then.")

    model_input_names: ClassVar = ["input_features", "input_features_mask"]
    _chain = HUGGING_FACE["gemma-3n"].config.chain
    # Whether frame 0 is centred on the first sample; which option `mel_floor` is.
    _centred: ClassVar = False
    _floor_option: ClassVar = "log_floor"
    _laid_out = FeatureExtractor._each
    _mask = Mask("input_features_mask", "always")
    _call = Call(
        "raw_speech, padding='longest', max_length=480000, truncation=True, "
        "pad_to_multiple_of=128, return_tensors=None, return_attention_mask=True, **kwargs",
        '"input_features", float32 of shape (frames, bands) for each clip, and '
        '"input_features_mask", bool of shape (frames,).',
    )

    def _derive(self, others: dict[str, Any]) -> None:
        # In samples, as the original stores them; its files hold these instead of milliseconds.
        milliseconds = vars(self).pop("frame_length_ms"), vars(self).pop("hop_length_ms")
        frame, hop = (round(self.sampling_rate * ms / 1000) for ms in milliseconds)
        self.frame_length: int = others.get("frame_length") or frame
        self.hop_length = others.get("hop_length") or hop
        self.fft_length = (1 << (self.frame_length - 1).bit_length()) << bool(self.fft_overdrive)
        self.mel_floor = float(self.mel_floor)
        self.per_bin_mean = _vector(self.per_bin_mean)
        self.per_bin_stddev = _vector(self.per_bin_stddev)

    def _constructor(self) -> dict[str, Any]:
        # The original's constructor knows the milliseconds only.
        ms = 1000 / self.sampling_rate
        return {
            **super()._constructor(),
            "frame_length_ms": self.frame_length * ms,
            "hop_length_ms": self.hop_length * ms,
        }

    def _options(self) -> dict[str, Any]:
        mean, std = _vector(self.per_bin_mean), _vector(self.per_bin_stddev)
        # A frame has a sample more, which only follows it; or which only precedes it.
        precedes = bool(self.preemphasis) and not self.preemphasis_htk_flavor
        return {
            "n_fft": self.fft_length,
            "hop_length": self.hop_length,
            "win_length": self.frame_length,
            "frame_length": self.frame_length + (not precedes),
            "padding": ((self.frame_length // 2 if self._centred else 0) - precedes, 0),
            "feature_shift": None if mean is None else tuple(-m for m in mean),
            "feature_gain": None if std is None else tuple(1 / s for s in std),
            **({"preemphasis_scope": "signal"} if precedes else {}),
            self._floor_option: self.mel_floor,
        }

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        features, lengths = self._each(clips, given)
        masks = map(self._frame_mask, self._mask.of(self, lengths), map(len, features))
        return {"input_features": features, self._mask.name: list(masks)}

    def _features(self, samples: Floats, given: Given) -> Floats:
        if not self._front_end.num_frames(len(samples)):
            return np.zeros((0, self.feature_size), np.float32)
        return self._front_end(samples)

    def _frame_mask(self, mask: Array, frames: int) -> Array:
        return mask[:: self.hop_length][:frames].astype(bool)


class Gemma4AudioFeatureExtractor(Gemma3nAudioFeatureExtractor):
    """Gemma 4's log-mel features.

    Notes
    -----
    A single array is one clip here; the original fails on it.
    """

    frame_length_ms: float = field(20.0, "Of a frame, in milliseconds.")
    min_frequency: float = 0.0
    max_frequency: float = 8000.0
    preemphasis: float = 0.0
    fft_overdrive: bool = False
    mel_floor: float = field(1e-3, "Added to the bands before the logarithm.")

    _chain = HUGGING_FACE["gemma-4"].config.chain
    _centred = True
    _floor_option = "log_offset"

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        data = super()._computed(clips, given)
        pairs = zip(*data.values(), strict=True)
        return {**data, "input_features": [x * mask[:, np.newaxis] for x, mask in pairs]}

    def _frame_mask(self, mask: Array, frames: int) -> Array:
        """Keep the frames whose last sample, the one after the window, is no padding."""
        last = np.arange(frames) * self.hop_length + (self.frame_length + 1) // 2
        return mask[last].astype(bool)


def _vector(values: ArrayLike | None) -> list[float] | None:
    return None if values is None else [float(v) for v in np.ravel(values)]


class InklingFeatureExtractor(FeatureExtractor):
    """Inkling's log-mel features."""

    feature_size: int = 80
    sampling_rate: int = 16000
    padding_value: float = field(0.0, "Of `pad`: what follows a clip is silence in a call.")
    audio_token_duration_s: float = field(0.05, "Seconds from one frame to the next.")
    window_size_multiplier: float = field(2.0, "Length of a frame, in those.")
    n_fft: int | None = field(None, "Samples of the transform; those of a frame by default.")
    return_attention_mask: bool = mask_by_name()

    model_input_names: ClassVar = ["input_features", "input_features_mask"]
    _chain = HUGGING_FACE["inkling"].config.chain
    _takes = Clips("mean", array="clip")
    _laid_out = FeatureExtractor._alone
    _mask = Mask("input_features_mask", "asked", np.bool_)
    _pads_right_only = True
    _call = Call(
        "raw_speech, sampling_rate=None, padding=True, max_length=None, truncation=False, "
        "pad_to_multiple_of=None, return_attention_mask=True, return_tensors=None, device='cpu', "
        "**kwargs",
        '"input_features", float32 of shape (clips, frames, bands), and "input_features_mask", '
        "bool of shape (clips, frames).",
        raw_speech="An array is one clip, of shape (n,) or (n, channels), of which the mean is "
        "taken; a list is a clip of numbers, or several clips.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        hop = self.audio_token_duration_s * self.sampling_rate
        self.hop_length = _whole("audio_token_duration_s * sampling_rate", hop)
        self.window_size = _whole(
            "audio_token_duration_s * window_size_multiplier * sampling_rate",
            hop * self.window_size_multiplier,
        )
        self.n_fft = self.n_fft or self.window_size

    def _options(self) -> dict[str, Any]:
        n_fft = self.n_fft or self.window_size
        return {
            "n_fft": n_fft,
            "win_length": self.window_size,
            "hop_length": self.hop_length,
            "padding": (max(n_fft - self.hop_length, 0), 0),
        }

    def _check_padding(self) -> None:
        super()._check_padding()
        if self.padding_value:
            raise ValueError(
                f"padding_value={brief(self.padding_value)} must be 0.0: silence follows"
            )

    def _frames(self, n: int, given: Given) -> int:
        if not n:
            raise ValueError("raw_speech has no samples")
        return -(-n // self.hop_length)


def _whole(name: str, value: float) -> int:
    rounded = round(value)
    if abs(value - rounded) > 1e-6 or rounded <= 0:
        raise ValueError(f"{name} is {value}, which is no number of samples")
    return rounded
