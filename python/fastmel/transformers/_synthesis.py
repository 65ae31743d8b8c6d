"""Extractors of models that speak: CLVP, SpeechT5, UnivNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from .._base.checks import choice
from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Features, Floats, Lengths, each_padded, zero_mean_unit_variance
from ._fields import Call, Given, field
from ._masks import Mask

# Our names of windows of transformers.audio_utils.
_WINDOWS = {
    "boxcar": "boxcar",
    "hamming": "hamming",
    "hamming_window": "hamming",
    "hann": "hann",
    "hann_window": "hann",
    "povey": "povey_periodic",
}
_WINDOW = 'Window of each frame; "hamming_window", …'


def _our_window(name: str) -> str:
    return _WINDOWS[choice("win_function", name, tuple(_WINDOWS))]


class ClvpFeatureExtractor(FeatureExtractor):
    """CLVP's log-mel features."""

    feature_size: int = 80
    sampling_rate: int = 22050
    default_audio_length: int = field(6, "Seconds that clips are padded and cut to.")
    hop_length: int = 256
    chunk_length: int = field(30, "Kept as an attribute.")
    n_fft: int = 1024
    padding_value: float = 0.0
    mel_norms: Sequence[float] | None = field(None, "What each band is divided by.")
    return_attention_mask: bool = field(False, "Kept as an attribute; a call has its own.")

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = HUGGING_FACE["clvp"].config.chain
    _mask = Mask("attention_mask")
    _call = Call(
        "raw_speech, sampling_rate=None, truncation=True, pad_to_multiple_of=None, "
        "return_tensors=None, return_attention_mask=True, padding='max_length', max_length=None, "
        "**kwargs",
        '"input_features", float32 of shape (bands, frames) for each clip, and "attention_mask", '
        "int32 of shape (clips, samples).",
        max_length="Instead of `default_audio_length`, in samples.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.n_samples = self.chunk_length * self.sampling_rate
        self.nb_max_frames = self.n_samples // self.hop_length

    def _options(self) -> dict[str, Any]:
        norms = self.mel_norms
        return {"feature_gain": None if norms is None else tuple(1 / float(n) for n in norms)}

    def _longest(self, given: Given) -> int:
        default = self.default_audio_length * self.sampling_rate
        return default if given.max_length is None else given.max_length

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[list[Floats], Lengths]:
        features, lengths = super()._laid_out(clips, given)
        return list(features), lengths


class SpeechT5FeatureExtractor(FeatureExtractor):
    """SpeechT5's waveforms and log-mel targets."""

    feature_size: int = field(1, "Of waveforms.")
    sampling_rate: int = 16000
    padding_value: float = field(0.0, "Value of the padding, of samples and of frames.")
    do_normalize: bool = field(False, "Whether waveforms are given mean 0 and variance 1.")
    num_mel_bins: int = field(80, "Mel bands of the targets.", "n_mels")
    hop_length: int = field(16, "From one frame to the next, in milliseconds.")
    win_length: int = field(64, "Of the window, in milliseconds.")
    win_function: str = field("hann_window", _WINDOW)
    fmin: float = 80
    fmax: float = 7600
    mel_floor: float = field(1e-10, "What bands are raised to before the logarithm.", "log_floor")
    return_attention_mask: bool = True

    model_input_names: ClassVar = ["input_values", "attention_mask"]
    _chain = HUGGING_FACE["speecht5"].config.chain.replace(window_position="left")
    _mask = Mask("attention_mask", listed=True)
    _call = Call(
        "audio=None, audio_target: Any = None, padding=False, max_length=None, truncation=False, "
        "pad_to_multiple_of=None, return_attention_mask=None, return_tensors=None, "
        "sampling_rate=None, **kwargs",
        '"input_values" (samples of `audio`, else features of `audio_target`) and '
        '"attention_mask"; with both, "labels" and "decoder_attention_mask" of the target.',
        what="Prepare waveforms, and compute the features of targets.",
        unit="samples for `audio`, in frames for `audio_target`",
        audio="A clip (one axis, or a list of numbers), or several; this or `audio_target` is "
        "needed.",
        audio_target="As `audio`.",
    )

    def _options(self) -> dict[str, Any]:
        size = self.win_length * self.sampling_rate // 1000
        return {
            "n_fft": 1 << (size - 1).bit_length(),
            "hop_length": self.hop_length * self.sampling_rate // 1000,
            "win_length": size,
            "window": _our_window(self.win_function),
        }

    def _called(self, given: Given) -> BatchFeature:
        if given.audio is None and given.audio_target is None:
            raise ValueError("audio or audio_target is needed")
        data: dict[str, Any] = {}
        if given.audio is not None:
            data = self._computed(self._clips("audio", given), given)
        if given.audio_target is not None:
            clips = self._clips("audio_target", given)
            target = self._computed([self._front_end(c) for c in clips], given)
            names = {"input_values": "labels", "attention_mask": "decoder_attention_mask"}
            data |= {names[k]: v for k, v in target.items()} if data else target
        return BatchFeature(data, given.return_tensors)

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Features, Lengths]:
        """Return waveforms, or the frames of targets, as they are padded."""
        lengths = self._lengths(map(len, clips), given)
        values = each_padded(clips, lengths, self.padding_value, self.padding_side)
        if self.do_normalize and values[0].ndim == 1:
            values = [
                zero_mean_unit_variance(v[np.newaxis], [kept], self.padding_value)[0]
                for v, kept in zip(values, lengths.kept, strict=True)
            ]
        return values, lengths


class UnivNetFeatureExtractor(FeatureExtractor):
    """UnivNet's log-mel features and noise."""

    feature_size: int = field(1, "Of waveforms.")
    sampling_rate: int = 24000
    padding_value: float = 0.0
    do_normalize: bool = field(False, "Whether ``[normalize_min, normalize_max]`` becomes [-1, 1].")
    num_mel_bins: int = 100
    hop_length: int = 256
    win_length: int = 1024
    win_function: str = field("hann_window", _WINDOW)
    filter_length: int | None = field(
        1024, "Samples of the transform; None: the power of two that holds the window."
    )
    max_length_s: int = field(10, "Seconds that clips are cut to.")
    fmin: float = 0.0
    fmax: float | None = field(None, "Highest; half the sample rate by default.", "fmax")
    mel_floor: float = field(1e-9, "Added to the power of the spectrum.", "spectrum_offset")
    center: bool = field(False, "The original's framing, the only one.")
    compression_factor: float = field(1.0, "Factor of the bands.")
    compression_clip_val: float = field(1e-5, "What they are raised to before.", "log_floor")
    normalize_min: float = field(-11.512925148010254, "See `do_normalize`.")
    normalize_max: float = field(2.3143386840820312, "See `do_normalize`.")
    model_in_channels: int = field(64, "Values of the noise for each frame.")
    pad_end_length: int = field(10, "Frames of padding that `pad_end` adds.")
    return_attention_mask: bool = True

    model_input_names: ClassVar = ["input_features", "noise_sequence", "padding_mask"]
    _chain = HUGGING_FACE["univnet"].config.chain
    _mask = Mask("padding_mask", listed=True)
    _call = Call(
        "raw_speech, sampling_rate=None, padding=True, max_length=None, truncation=True, "
        "pad_to_multiple_of=None, return_noise: bool = True, "
        "generator: np.random.Generator | None = None, pad_end: bool = False, "
        "pad_length: int | None = None, do_normalize=None, return_attention_mask=None, "
        "return_tensors=None",
        '"input_features", float32 of shape (frames, bands) for each clip; "padding_mask", int32 '
        'of shape (samples,); "noise_sequence", float32 of shape (frames, model_in_channels).',
        return_noise="Whether the noise is returned.",
        generator="What it comes from; by default a new ``numpy.random.default_rng()``.",
        pad_end="Whether padding follows each clip.",
        pad_length="Frames of that; by default, as the constructor says.",
        do_normalize="As the constructor's.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.fmax = self.sampling_rate / 2 if self.fmax is None else self.fmax

    def _options(self) -> dict[str, Any]:
        if self.center:
            raise ValueError("center=True is not supported; the model's frames are not centred")
        n_fft = self.filter_length or 1 << (self.win_length - 1).bit_length()
        pad = (n_fft - self.hop_length) // 2
        return {
            "n_fft": n_fft,
            "window": _our_window(self.win_function),
            "padding": (pad, pad),
            "shift": float(np.log(self.compression_factor)),
        }

    def normalize(self, spectrogram: Any) -> Any:
        """Map features, `spectrogram`, from ``[normalize_min, normalize_max]`` to [-1, 1]."""
        width = self.normalize_max - self.normalize_min
        return 2 * ((spectrogram - self.normalize_min) / width) - 1

    def denormalize(self, spectrogram: Any) -> Any:
        """Return the features of which :meth:`normalize` made `spectrogram`."""
        width = self.normalize_max - self.normalize_min
        return self.normalize_min + width * ((spectrogram + 1) / 2)

    def _longest(self, given: Given) -> int:
        default = self.max_length_s * self.sampling_rate
        return default if given.max_length is None else given.max_length

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        if given.pad_end:
            frames = self.pad_end_length if given.pad_length is None else given.pad_length
            more = (0, frames * self.hop_length)
            clips = [np.pad(c, more, constant_values=self.padding_value) for c in clips]
        data = super()._computed(clips, given)
        if given.return_noise:
            generator = given.generator or np.random.default_rng()
            data["noise_sequence"] = [
                generator.standard_normal((len(f), self.model_in_channels), dtype=np.float32)
                for f in data["input_features"]
            ]
        return data

    def _features(self, samples: Floats, given: Given) -> Floats:
        """Return the features of a clip; none, where it is shorter than a frame's centre."""
        if len(samples) and not self._front_end.num_frames(len(samples)):
            return np.zeros((0, self.num_mel_bins), np.float32)
        return self._front_end(samples)

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[list[Floats], Lengths]:
        features, lengths = self._each(clips, given)
        normalized = self.do_normalize if given.do_normalize is None else given.do_normalize
        return [self.normalize(x) for x in features] if normalized else features, lengths
