"""Extractors on Kaldi's filter bank."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._base.checks import brief
from .._catalogue.huggingface import HUGGING_FACE
from .._frontend.frontend import FrontEnd
from ..steps import StackFrames
from ._base import FeatureExtractor, in_frames
from ._clips import Clips, Features, Floats, Lengths, each_padded, padded
from ._fields import MASK, Call, Given, field, mask_by_name
from ._masks import Mask, second_of_joined

_FRAMES = "Value of frames that are padding."


def _sizes(sampling_rate: int, frame_length: float, frame_shift: float) -> dict[str, int]:
    """Return the sizes in samples that torchaudio makes of milliseconds."""
    win_length = int(sampling_rate * frame_length * 0.001)
    return {
        "n_fft": 1 << (win_length - 1).bit_length(),
        "hop_length": int(sampling_rate * frame_shift * 0.001),
        "win_length": win_length,
    }


class SeamlessM4TFeatureExtractor(FeatureExtractor):
    """SeamlessM4T's features, and w2v-BERT 2.0's.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import SeamlessM4TFeatureExtractor
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> batch = SeamlessM4TFeatureExtractor()(noise, sampling_rate=16000)
    >>> batch.input_features.shape, batch.attention_mask.shape
    ((1, 49, 160), (1, 49))
    """

    feature_size: int = field(80, "Kept as an attribute.")
    sampling_rate: int = 16000
    num_mel_bins: int = 80
    padding_value: float = field(0.0, _FRAMES)
    stride: int = field(2, "Frames that are joined to one.")
    return_attention_mask: bool = mask_by_name(MASK)

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = HUGGING_FACE["seamless-m4t"].config.chain.replace(stack=1, stack_tail="drop")
    _takes = Clips("first")
    _mask = Mask("attention_mask", at=second_of_joined)
    _call = Call(
        "raw_speech, padding=True, pad_to_multiple_of=2, max_length=None, truncation=False, "
        "return_tensors=None, sampling_rate=None, return_attention_mask=None, "
        "do_normalize_per_mel_bins: bool | None = True, **kwargs",
        '"input_features", float32 of shape (clips, frames, bands * stride), and "attention_mask", '
        "int32 of shape (clips, frames).",
        unit="frames before they are joined",
        do_normalize_per_mel_bins="Whether each band of a clip is given mean 0 and variance 1.",
    )

    def _options(self) -> dict[str, Any]:
        return {"fmax": float(self.sampling_rate // 2)}

    def _chain_for(self, given: Given) -> FrontEnd:
        normalized = given.do_normalize_per_mel_bins
        return self._front_end if normalized else self._changed(normalize=None)

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Floats, Lengths]:
        features, lengths = self._framed(clips, given)
        return StackFrames(self.stride)(features), lengths


class Speech2TextFeatureExtractor(FeatureExtractor):
    """Speech2Text's features, as the original computes them with torchaudio."""

    feature_size: int = field(80, "Kept as an attribute.")
    sampling_rate: int = 16000
    num_mel_bins: int = 80
    padding_value: float = field(0.0, _FRAMES)
    dither: float = field(
        0.0,
        "Standard deviation of noise, in 16-bit samples; the same for the same clip.",
        "dither",
    )
    do_ceptral_normalize: bool = field(True, "Whether what follows is done.")
    normalize_means: bool = field(True, "Whether each band of a clip is given mean 0.")
    normalize_vars: bool = field(True, "Whether each band of a clip is given variance 1.")
    return_attention_mask: bool = mask_by_name(
        "Without effect, as in the original: the attribute is True."
    )

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = HUGGING_FACE["speech-to-text"].config.chain
    _mask = Mask("attention_mask", listed=True)
    _pads_right_only = True
    _call = Call(
        "raw_speech, padding=False, max_length=None, truncation=False, pad_to_multiple_of=None, "
        "return_tensors=None, sampling_rate=None, return_attention_mask=None, **kwargs",
        '"input_features", float32 of shape (frames, bands) for each clip, and "attention_mask", '
        "int32 of shape (frames,).",
        unit="frames",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.return_attention_mask = True  # whatever the constructor was told, as the original

    def _options(self) -> dict[str, Any]:
        return _sizes(self.sampling_rate, 25.0, 10.0)

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Features, Lengths]:
        frames = self._num_frames(clips, self._front_end)
        lengths = self._lengths(frames, given)
        made = list(map(self._normalized, clips, lengths.kept, frames))
        features = each_padded(made, lengths, self.padding_value, self.padding_side)
        return list(features) if self.do_ceptral_normalize else features, lengths

    def _normalized(self, clip: Floats, kept: int, n: int) -> Floats:
        """Return `kept` of the `n` frames of a clip, normalised as they are asked for."""
        raw = self._changed(normalize=None)
        if not self.do_ceptral_normalize:
            return raw(clip)[:kept]
        if kept == n and self.normalize_means and self.normalize_vars:
            return self._front_end(clip)
        x: Floats = raw(clip)[:kept]
        std = x.std(axis=0)
        if self.normalize_means:
            x = x - x.mean(axis=0)
        if self.normalize_vars:
            x = np.divide(x, std, out=x.copy(), where=std > 0)
        return x


class ASTFeatureExtractor(FeatureExtractor):
    """The Audio Spectrogram Transformer's features."""

    feature_size: int = field(1, "Kept as an attribute.")
    sampling_rate: int = 16000
    num_mel_bins: int = 128
    max_length: int = field(1024, "Frames that every clip is padded or cut to.")
    padding_value: float = field(
        0.0, "Of `pad`: frames of a call are padded with 0 before they are normalised."
    )
    do_normalize: bool = field(True, "Whether the result is ``(x - mean) / (2 * std)``.")
    mean: float = field(-4.2677393, "Of the data that the model was trained on.")
    std: float = field(4.5689974, "Of the data that the model was trained on.")
    return_attention_mask: bool = field(False, "Of `pad`: a call returns none.")

    model_input_names: ClassVar = ["input_values", "attention_mask"]
    _chain = HUGGING_FACE["ast"].config.chain
    _call = Call(
        "raw_speech, sampling_rate=None, return_tensors=None, **kwargs",
        '"input_values", float32 of shape (max_length, bands) for each clip.',
    )

    def _options(self) -> dict[str, Any]:
        shift, gain = (-self.mean, 1 / (2 * self.std)) if self.do_normalize else (0.0, 1.0)
        return {**_sizes(self.sampling_rate, 25.0, 10.0), "shift": shift, "gain": gain}

    def _laid_out(self, clips: list[Floats], given: Given) -> tuple[Features, Lengths]:
        n, frames = self.max_length, self._num_frames(clips, self._front_end)
        lengths = Lengths([min(kept, n) for kept in frames], [n] * len(clips))
        silence = -self.mean / (2 * self.std) if self.do_normalize else 0.0
        return list(in_frames(clips, self._front_end, lengths, silence)), lengths


_WINDOWS: dict[str, Any] = {
    "hamming": "hamming_symmetric",
    "hanning": "hann_symmetric",
    "povey": "povey",
    "rectangular": "boxcar",
    "blackman": ("blackman_symmetric", 0.42),
}


class FunAsrNanoFeatureExtractor(FeatureExtractor):
    """Fun-ASR-Nano's features."""

    feature_size: int = 80
    sampling_rate: int = 16000
    frame_length: int = field(25, "Of a frame, in milliseconds.")
    frame_shift: int = field(10, "From one frame to the next, in milliseconds.")
    num_frames_lfr: int = field(7, "Frames that are joined to one.", "stack")
    stride_lfr: int = field(6, "Frames from one of those to the next.", "stack_stride")
    window: str = field("hamming", '"hamming", "hanning", "povey", "rectangular" or "blackman".')
    padding_value: float = field(0.0, _FRAMES)
    return_attention_mask: bool = True

    model_input_names: ClassVar = ["input_features", "input_features_mask"]
    _chain = HUGGING_FACE["fun-asr-nano"].config.chain
    _takes = Clips(array="clip", nested=True)
    _laid_out = FeatureExtractor._framed
    _mask = Mask("input_features_mask")
    _trusts_rate = True
    _call = Call(
        "raw_speech, sampling_rate=None, return_tensors='pt', padding=True, max_length=None, "
        "truncation=False, pad_to_multiple_of=None, return_attention_mask=None, **kwargs",
        '"input_features", float32 of shape (clips, frames, 560), and "input_features_mask", int32 '
        "of shape (clips, frames).",
        unit="joined frames",
    )

    def _options(self) -> dict[str, Any]:
        if self.window not in _WINDOWS:
            raise ValueError(f"window={brief(self.window)} must be one of {', '.join(_WINDOWS)}")
        return {
            **_sizes(self.sampling_rate, self.frame_length, self.frame_shift),
            "window": _WINDOWS[self.window],
            "stack_left": (self.num_frames_lfr - 1) // 2,
        }


class Xcodec2FeatureExtractor(FeatureExtractor):
    """X-Codec 2's waveforms and features."""

    feature_size: int = field(80, "Kept as an attribute: there are 80 bands.")
    sampling_rate: int = 16000
    padding_value: float = field(1.0, _FRAMES)
    hop_length: int = field(320, "Samples of which clips become a multiple.")
    return_attention_mask: bool = mask_by_name("Of `pad`: a call returns masks.")

    model_input_names: ClassVar = [
        "input_features",
        "input_values",
        "padding_mask",
        "input_features_mask",
    ]
    _chain = HUGGING_FACE["xcodec2"].config.chain.replace(stack=1, stack_tail="drop")
    _takes = Clips(array="clip", nested=True)
    _mask = Mask("input_features_mask", "always")
    _call = Call(
        "audio, padding=True, max_length=None, truncation=False, return_tensors=None, "
        "sampling_rate=None, device='cpu', **kwargs",
        '"input_values", float32 of shape (clips, 1, samples), with "padding_mask"; and '
        '"input_features", float32 of shape (clips, frames, 160), with "input_features_mask".',
        unit="samples for the waveform and in frames for the features",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.stride = 2
        self.num_mel_bins = 80
        self.frame_length = 400
        self.frame_shift = 160

    def _options(self) -> dict[str, Any]:
        edge = self.hop_length // 2
        return {
            "n_fft": 1 << (self.frame_length - 1).bit_length(),
            "hop_length": self.frame_shift,
            "win_length": self.frame_length,
            "n_mels": self.num_mel_bins,
            "padding": (edge, edge),
        }

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        clips = [np.append(c, np.float32(0)) for c in clips]
        given.pad_to_multiple_of = self.hop_length
        lengths = self._lengths(map(len, clips), given)
        values = padded(clips, lengths)
        given.pad_to_multiple_of = self.stride
        heard = list(map(self._heard, clips, lengths.kept, lengths.padded))
        features, frames = self._framed(heard, given)
        joined, mask = StackFrames(self.stride), self._mask.of(self, frames)
        return {
            "input_values": values[:, np.newaxis],
            "padding_mask": lengths.mask().astype(np.int32),  # on the right, whatever the side
            "input_features": joined(features),
            "input_features_mask": joined(mask[..., np.newaxis]).min(axis=-1),
        }

    def _heard(self, clip: Floats, kept: int, padded: int) -> Floats:
        """Return the samples that features are of: up to a multiple, as far as the batch goes."""
        return np.pad(clip[:kept], (0, min(-kept % self.hop_length, padded - kept)))


class NeuCodecFeatureExtractor(Xcodec2FeatureExtractor):
    """NeuCodec's waveforms and features."""

    _chain = HUGGING_FACE["neucodec"].config.chain.replace(stack=1, stack_tail="drop")

    def _options(self) -> dict[str, Any]:
        return {**super()._options(), "padding": "none"}

    def _heard(self, clip: Floats, kept: int, padded: int) -> Floats:
        return np.pad(clip, (0, -len(clip) % self.hop_length))
