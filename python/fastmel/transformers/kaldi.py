"""Extractors on Kaldi's filter banks, and on frames cut like Kaldi's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..frontend import FrontEnd
from ._base import (
    BatchFeature,
    FeatureExtractor,
    Floats,
    Lengths,
    waveforms,
    zero_padded,
)

__all__ = [
    "ASTFeatureExtractor",
    "FunAsrNanoFeatureExtractor",
    "LasrFeatureExtractor",
    "NeuCodecFeatureExtractor",
    "Phi4MultimodalFeatureExtractor",
    "SeamlessM4TFeatureExtractor",
    "Speech2TextFeatureExtractor",
    "Xcodec2FeatureExtractor",
]


class _Frames(FeatureExtractor):
    """Features of each clip alone, which are then padded."""

    def _padded_features(
        self, clips: Sequence[Floats], front_end: FrontEnd, arguments: tuple[Any, ...]
    ) -> tuple[Floats, Lengths]:
        """Return features, (clips, frames, bands), written where they belong in the batch."""
        frames = [front_end.num_frames(len(c)) for c in clips]
        lengths = Lengths.of(frames, *arguments)
        shape = (len(clips), lengths.common(), front_end.n_features)
        features = np.full(shape, self.padding_value, np.float32)
        for row, clip, n, kept in zip(features, clips, frames, lengths.kept, strict=True):
            part = row[self._part(kept, len(row))]
            if n == kept:
                front_end(clip, out=part)
            else:
                part[:] = front_end(clip)[:kept]
        return features, lengths


class SeamlessM4TFeatureExtractor(_Frames):
    """SeamlessM4T's features, and w2v-BERT 2.0's.

    ``transformers.SeamlessM4TFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, num_mel_bins : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Value of frames that are padding.
    stride : int, default=2
        Frames that are joined to one.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import SeamlessM4TFeatureExtractor
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> batch = SeamlessM4TFeatureExtractor()(noise, sampling_rate=16000)
    >>> batch.input_features.shape, batch.attention_mask.shape
    ((1, 49, 160), (1, 49))
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        num_mel_bins: int = 80,
        padding_value: float = 0.0,
        stride: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.stride = stride

    def _config(self) -> MelConfig:
        return HUGGING_FACE["seamless-m4t"].config.replace(
            sample_rate=self.sampling_rate,
            n_mels=self.num_mel_bins,
            fmax=float(self.sampling_rate // 2),
            stack=1,
            stack_tail="drop",
        )

    @cached_property
    def _raw(self) -> FrontEnd:
        return FrontEnd(self._config().replace(normalize=None))

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = True,
        pad_to_multiple_of: int | None = 2,
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool | None = None,
        do_normalize_per_mel_bins: bool | None = True,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several; of a clip of shape (channels, n)
            the first channel is taken.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in frames before they are joined.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_attention_mask : bool, optional
            Whether "attention_mask" is returned.
        do_normalize_per_mel_bins : bool
            Whether each band of a clip is given mean 0 and variance 1.
        **kwargs
            Without effect.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands * stride), and
            "attention_mask", int32 of shape (clips, frames).

        Raises
        ------
        ValueError
            For another sample rate, clips that make no batch, are too short, or not finite.
        """
        self._check_call(sampling_rate)
        front_end = self._front_end if do_normalize_per_mel_bins else self._raw
        features, lengths = self._padded_features(
            waveforms(raw_speech, channels="first"),
            front_end,
            (padding, max_length, truncation, pad_to_multiple_of),
        )
        clips, frames, bands = features.shape
        whole = frames - frames % self.stride
        joined = features[:, :whole].reshape(clips, whole // self.stride, bands * self.stride)
        data: dict[str, Any] = {"input_features": joined}
        if self._wants_mask(return_attention_mask):
            masks = np.asarray(self._masks(lengths))
            data["attention_mask"] = masks[:, 1 : whole : self.stride]
        return BatchFeature(data).convert_to_tensors(return_tensors)


class Speech2TextFeatureExtractor(_Frames):
    """Speech2Text's features; ``transformers.Speech2TextFeatureExtractor`` (5.23) with torchaudio.

    Parameters
    ----------
    feature_size, num_mel_bins : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Value of frames that are padding.
    dither : float, default=0.0
        Standard deviation of noise, in 16-bit samples; the same for the same clip.
    do_ceptral_normalize, normalize_means, normalize_vars : bool, default=True
        Whether each band of a clip is given mean 0, and variance 1.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        num_mel_bins: int = 80,
        padding_value: float = 0.0,
        dither: float = 0.0,
        do_ceptral_normalize: bool = True,
        normalize_means: bool = True,
        normalize_vars: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.num_mel_bins = num_mel_bins
        self.dither = dither
        self.do_ceptral_normalize = do_ceptral_normalize
        self.normalize_means = normalize_means
        self.normalize_vars = normalize_vars

    def _config(self) -> MelConfig:
        return HUGGING_FACE["speech-to-text"].config.replace(
            **_kaldi_sizes(self.sampling_rate, 25.0, 10.0),
            n_mels=self.num_mel_bins,
            dither=self.dither,
        )

    @cached_property
    def _raw(self) -> FrontEnd:
        return FrontEnd(self._config().replace(normalize=None))

    def __call__(
        self,
        raw_speech: Any,
        padding: Any = False,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        return_attention_mask: bool | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in frames.
        return_tensors : {None, "np", "pt"}
            Lists of NumPy arrays, an array, or a torch tensor.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_attention_mask : bool, optional
            Whether "attention_mask" is returned.
        **kwargs
            Without effect.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip, and
            "attention_mask", int32 of shape (frames,).

        Raises
        ------
        ValueError
            For another sample rate, clips that are too short, or not finite.
        """
        self._check_call(sampling_rate)
        clips = waveforms(raw_speech)
        frames = [self._front_end.num_frames(len(c)) for c in clips]
        lengths = Lengths.of(frames, padding, max_length, truncation, pad_to_multiple_of)
        made = [
            self._features(c, kept, n)
            for c, n, kept in zip(clips, frames, lengths.kept, strict=True)
        ]
        features = self._padded(made, lengths)
        data: dict[str, Any] = {"input_features": features}
        if self.do_ceptral_normalize:
            data["input_features"] = list(features)
        if self._wants_mask(return_attention_mask):
            data["attention_mask"] = list(self._masks(lengths))
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _features(self, clip: Floats, kept: int, n: int) -> Floats:
        """Return `kept` of the `n` frames of a clip, normalised as they are asked for."""
        if not self.do_ceptral_normalize:
            return self._raw(clip)[:kept]
        if kept == n and self.normalize_means and self.normalize_vars:
            return self._front_end(clip)
        x = self._raw(clip)[:kept]
        std = x.std(axis=0)
        if self.normalize_means:
            x = x - x.mean(axis=0)
        if self.normalize_vars:
            x = x / np.where(std > 0, std, np.float32(1))
        features: Floats = x
        return features


class ASTFeatureExtractor(FeatureExtractor):
    """The Audio Spectrogram Transformer's features; ``transformers.ASTFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=1
        Kept as an attribute.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    num_mel_bins : int, default=128
        Mel bands.
    max_length : int, default=1024
        Frames that every clip is padded or cut to.
    padding_value : float, default=0.0
        Kept as an attribute: frames are padded with 0 before they are normalised.
    do_normalize : bool, default=True
        Whether the result is ``(x - mean) / (2 * std)``.
    mean, std : float
        Of the data that the model was trained on.
    return_attention_mask : bool, default=False
        Kept as an attribute.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_values", "attention_mask")

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        num_mel_bins: int = 128,
        max_length: int = 1024,
        padding_value: float = 0.0,
        do_normalize: bool = True,
        mean: float = -4.2677393,
        std: float = 4.5689974,
        return_attention_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
        )
        self.num_mel_bins = num_mel_bins
        self.max_length = max_length
        self.do_normalize = do_normalize
        self.mean = mean
        self.std = std

    def _config(self) -> MelConfig:
        config = HUGGING_FACE["ast"].config.replace(
            **_kaldi_sizes(self.sampling_rate, 25.0, 10.0),
            n_mels=self.num_mel_bins,
            shift=0.0,
            gain=1.0,
        )
        if not self.do_normalize:
            return config
        return config.replace(shift=-self.mean, gain=1 / (2 * self.std))

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_tensors : {None, "np", "pt"}
            A list of NumPy arrays, an array, or a torch tensor.
        **kwargs
            Without effect.

        Returns
        -------
        BatchFeature
            "input_values", float32 of shape (max_length, bands) for each clip.

        Raises
        ------
        ValueError
            For another sample rate, clips of less than a frame, or not finite.
        """
        self._check_call(sampling_rate)
        clips = waveforms(raw_speech)
        silence = -self.mean / (2 * self.std) if self.do_normalize else 0.0
        values = np.full((len(clips), self.max_length, self.num_mel_bins), silence, np.float32)
        for row, clip in zip(values, clips, strict=True):
            features = self._front_end(clip)[: self.max_length]
            row[: len(features)] = features
        return BatchFeature({"input_values": list(values)}).convert_to_tensors(return_tensors)


class Phi4MultimodalFeatureExtractor(FeatureExtractor):
    """Phi-4-multimodal's features; ``transformers.Phi4MultimodalFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft, win_length : int, default=160, 512, 400
        Samples between frames, of the transform, and of the window.
    preemphasis : float, default=0.97
        Coefficient of the pre-emphasis of each frame.
    padding_value : float, default=0.0
        Samples of the padding.
    audio_compression_rate, audio_downsample_rate, audio_feat_stride : int, default=8, 1, 1
        How many tokens the model makes of the frames.
    mel_min_frequency, mel_max_frequency : float, default=0, 7690
        Range of the bands in Hz.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Notes
    -----
    As in the original, frames that reach over the end of a shorter clip of a batch are 0, but the
    last two that touch it.
    """

    model_input_names = ("audio_input_features", "audio_embed_sizes", "audio_attention_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        preemphasis: float = 0.97,
        padding_value: float = 0.0,
        audio_compression_rate: int = 8,
        audio_downsample_rate: int = 1,
        audio_feat_stride: int = 1,
        mel_min_frequency: float = 0,
        mel_max_frequency: float = 7690,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length = hop_length
        self.n_fft = n_fft
        self.win_length = win_length
        self.preemphasis = preemphasis
        self.audio_compression_rate = audio_compression_rate
        self.audio_downsample_rate = audio_downsample_rate
        self.audio_feat_stride = audio_feat_stride
        self.mel_min_frequency = mel_min_frequency
        self.mel_max_frequency = mel_max_frequency

    def _config(self) -> MelConfig:
        return HUGGING_FACE["phi4-multimodal"].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            preemphasis=self.preemphasis,
            n_mels=self.feature_size,
            fmin=self.mel_min_frequency,
            fmax=self.mel_max_frequency,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        pad_to_multiple_of: int | None = None,
        padding: Any = "longest",
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        return_attention_mask: bool | None = True,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis), or several; of channels on the last axis the mean is taken.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in samples.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        return_attention_mask : bool
            Whether "audio_attention_mask" is returned, where there are several clips.
        device, **kwargs
            For compatibility: "cpu".

        Returns
        -------
        BatchFeature
            "audio_input_features", float32 of shape (clips, frames, bands); "audio_embed_sizes",
            int64 of shape (clips,); "audio_attention_mask", bool of shape (clips, frames).

        Raises
        ------
        ValueError
            For another sample rate, clips of less than a frame, or not finite.
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(raw_speech, channels="mean")
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        features = self._front_end(self._stacked(clips, lengths))
        kept = np.array(lengths.kept)
        frames = (kept - self.win_length) // self.hop_length + 1
        for row, n, whole in zip(features, kept, frames, strict=True):
            if n < kept.max():
                row[max(0, whole) : max(0, n // self.hop_length - 1)] = 0
        frames = frames * self.audio_feat_stride
        data = {
            "audio_input_features": features,
            "audio_embed_sizes": self._embed_sizes(frames),
        }
        if len(clips) > 1 and return_attention_mask:
            data["audio_attention_mask"] = np.arange(frames.max()) < frames[:, np.newaxis]
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _embed_sizes(self, frames: Any) -> Any:
        tokens = np.ceil(frames / self.audio_compression_rate)
        return np.ceil(tokens / self.audio_downsample_rate).astype(np.int64)


class LasrFeatureExtractor(FeatureExtractor):
    """LASR's log-mel features; ``transformers.LasrFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=128
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft, win_length : int, default=160, 512, 400
        Samples between frames, of the transform, and of the window.
    padding_value : float, default=0.0
        Samples of the padding.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        padding_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length = hop_length
        self.n_fft = n_fft
        self.win_length = win_length

    def _config(self) -> MelConfig:
        return HUGGING_FACE["lasr"].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            n_mels=self.feature_size,
        )

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = None,
        padding: Any = "longest",
        max_length: int | None = None,
        sampling_rate: int | None = None,
        do_normalize: bool | None = None,
        device: Any = "cpu",
        return_token_timestamps: bool | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch; see :class:`ParakeetFeatureExtractor`.

        Parameters
        ----------
        raw_speech, truncation, padding, max_length, pad_to_multiple_of, return_tensors, \
        return_attention_mask, sampling_rate, device, do_normalize, return_token_timestamps, \
        **kwargs
            As there. The mask is only returned if it is asked for.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, bands), and, if it is asked for,
            "attention_mask", bool of shape (clips, frames).
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(raw_speech, channels="mean")
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        data: dict[str, Any] = {"input_features": self._front_end(self._stacked(clips, lengths))}
        if return_attention_mask:
            masks = np.asarray(self._masks(lengths))
            data["attention_mask"] = masks[:, self.win_length - 1 :: self.hop_length].astype(bool)
        return BatchFeature(data).convert_to_tensors(return_tensors)


class Xcodec2FeatureExtractor(_Frames):
    """X-Codec 2's inputs; ``transformers.Xcodec2FeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Kept as an attribute: there are 80 bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=1.0
        Value of frames that are padding.
    hop_length : int, default=320
        Samples of which clips become a multiple.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_values", "padding_mask", "input_features_mask")
    row = "xcodec2"

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        padding_value: float = 1.0,
        hop_length: int = 320,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length = hop_length
        self.stride = 2
        self.num_mel_bins = 80
        self.frame_length = 400
        self.frame_shift = 160

    def _config(self) -> MelConfig:
        config = HUGGING_FACE[self.row].config.replace(
            sample_rate=self.sampling_rate, stack=1, stack_tail="drop"
        )
        if config.padding == "none":
            return config
        return config.replace(padding=(self.hop_length // 2, self.hop_length // 2))

    def __call__(
        self,
        audio: Any,
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        audio : array or list
            A clip (one axis), or several.
        padding, max_length, truncation
            Lengths, in samples for the waveform and in frames for the features.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        device, **kwargs
            For compatibility: "cpu".

        Returns
        -------
        BatchFeature
            "input_values", float32 of shape (clips, 1, samples), with "padding_mask"; and
            "input_features", float32 of shape (clips, frames, 160), with "input_features_mask".
        """
        self._check_call(sampling_rate, device)
        clips = [np.append(c, np.float32(0)) for c in waveforms(audio, name="audio")]
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, self.hop_length)
        values = zero_padded(clips, lengths)
        features, frames = self._padded_features(
            [self._whole(c[:n]) for c, n in zip(clips, lengths.kept, strict=True)],
            self._front_end,
            (padding, max_length, truncation, self.stride),
        )
        n = frames.common() // self.stride
        whole = features[:, : n * self.stride]
        data = {
            "input_values": values[:, np.newaxis],
            "padding_mask": self._masks(lengths),
            "input_features": whole.reshape(len(clips), n, -1),
            "input_features_mask": np.asarray(self._masks(frames))[:, 1 :: self.stride][:, :n],
        }
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _whole(self, clip: Floats) -> Floats:
        return np.pad(clip, (0, -len(clip) % self.hop_length))


class NeuCodecFeatureExtractor(Xcodec2FeatureExtractor):
    """NeuCodec's inputs; ``transformers.NeuCodecFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, padding_value, hop_length, **kwargs
        As :class:`Xcodec2FeatureExtractor`.
    """

    row = "neucodec"


class FunAsrNanoFeatureExtractor(_Frames):
    """Fun-ASR-Nano's features; ``transformers.FunAsrNanoFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    frame_length, frame_shift : int, default=25, 10
        In milliseconds.
    num_frames_lfr, stride_lfr : int, default=7, 6
        Frames that are joined to one, and from one of those to the next.
    window : {"hamming", "hanning", "povey", "rectangular", "blackman"}
        Window of each frame.
    padding_value : float, default=0.0
        Value of frames that are padding.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_features_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        frame_length: int = 25,
        frame_shift: int = 10,
        num_frames_lfr: int = 7,
        stride_lfr: int = 6,
        window: str = "hamming",
        padding_value: float = 0.0,
        return_attention_mask: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
        )
        self.frame_length = frame_length
        self.frame_shift = frame_shift
        self.num_frames_lfr = num_frames_lfr
        self.stride_lfr = stride_lfr
        self.window = window

    def _config(self) -> MelConfig:
        names: dict[str, Any] = {
            "hamming": "hamming_symmetric",
            "hanning": "hann_symmetric",
            "povey": "povey",
            "rectangular": "boxcar",
            "blackman": ("blackman_symmetric", 0.42),
        }
        if self.window not in names:
            raise ValueError(f"window={self.window!r} must be one of {', '.join(names)}")
        return HUGGING_FACE["fun-asr-nano"].config.replace(
            **_kaldi_sizes(self.sampling_rate, self.frame_length, self.frame_shift),
            window=names[self.window],
            n_mels=self.feature_size,
            stack=self.num_frames_lfr,
            stack_stride=self.stride_lfr,
            stack_left=(self.num_frames_lfr - 1) // 2,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = "pt",
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        raw_speech : array or list
            A clip (one axis), or several.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in joined frames.
        return_attention_mask : bool, optional
            Whether "input_features_mask" is returned.
        **kwargs
            Without effect.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, 560), and "input_features_mask",
            int32 of shape (clips, frames).
        """
        self._check_call(self.sampling_rate if sampling_rate is None else sampling_rate)
        features, lengths = self._padded_features(
            waveforms(raw_speech),
            self._front_end,
            (padding, max_length, truncation, pad_to_multiple_of),
        )
        data: dict[str, Any] = {"input_features": features}
        if self._wants_mask(return_attention_mask):
            data["input_features_mask"] = self._masks(lengths)
        return BatchFeature(data).convert_to_tensors(return_tensors)


def _kaldi_sizes(sampling_rate: int, frame_length: float, frame_shift: float) -> dict[str, int]:
    """Return the sizes in samples that torchaudio makes of milliseconds."""
    win_length = int(sampling_rate * frame_length * 0.001)
    return {
        "sample_rate": sampling_rate,
        "n_fft": 1 << (win_length - 1).bit_length(),
        "hop_length": int(sampling_rate * frame_shift * 0.001),
        "win_length": win_length,
    }
