"""Whisper's extractor, and those of models that changed it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.whisper import WHISPER
from ..config import MelConfig
from ..frontend import FrontEnd
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, zero_mean_unit_variance

__all__ = [
    "Dots3NoteFeatureExtractor",
    "MossTranscribeDiarizeFeatureExtractor",
    "Qwen3ASRFeatureExtractor",
    "VoxtralRealtimeFeatureExtractor",
    "WhisperFeatureExtractor",
]


class _WhisperLike(FeatureExtractor):
    """Log-mel features of Whisper's formula."""

    dither: float = 0.0

    def _config(self) -> MelConfig:
        self._check_even()
        return WHISPER["whisper"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.feature_size,
            fmax=8000.0,
            dither=self.dither,
        )

    def _frame_masks(self, masks: Any) -> Any:
        """Return the mask of every hop's first sample, for the frames that there are."""
        return masks[:, : masks.shape[1] // self.hop_length * self.hop_length : self.hop_length]


class _Chunked(_WhisperLike):
    """Features of clips that are padded, or cut, to 30 s."""

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        chunk_length: int = 30,
        n_fft: int = 400,
        padding_value: float = 0.0,
        dither: float = 0.0,
        return_attention_mask: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.n_fft = n_fft
        self.hop_length = hop_length
        self.chunk_length = chunk_length
        self.n_samples = chunk_length * sampling_rate
        self.nb_max_frames = self.n_samples // hop_length
        self.dither = dither

    def _chunks(
        self,
        clips: list[Floats],
        padding: Any,
        max_length: int | None,
        truncation: Any = False,
        pad_to_multiple_of: int | None = None,
    ) -> tuple[Floats, Any]:
        """Return the clips as one array, and which of its samples are no padding."""
        max_length = max_length or self.n_samples
        samples, lengths = self._batch(clips, padding, max_length, truncation, pad_to_multiple_of)
        return samples, self._masks(lengths)


class WhisperFeatureExtractor(_Chunked):
    """Whisper's log-mel features; ``transformers.WhisperFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands; 128 for large-v3.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft : int, default=160, 400
        Samples between frames, and in a frame.
    chunk_length : int, default=30
        Seconds that clips are padded and cut to.
    padding_value : float, default=0.0
        Samples of the padding.
    dither : float, default=0.0
        Standard deviation of noise that is added to the samples; the same for the same clip.
    return_attention_mask : bool, default=False
        Default of the argument of a call.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import WhisperFeatureExtractor
    >>> extractor = WhisperFeatureExtractor(feature_size=128)
    >>> batch = extractor(np.zeros(16000, np.float32), sampling_rate=16000)
    >>> batch.input_features.shape
    (1, 128, 3000)
    """

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = None,
        padding: Any = "max_length",
        max_length: int | None = None,
        sampling_rate: int | None = None,
        do_normalize: bool | None = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        $lengths_or_30_s
        $tensors
        return_attention_mask : bool, optional
            Whether "attention_mask" is returned, 1 for frames that are no padding.
        $rate
        do_normalize : bool, optional
            Whether the samples are given mean 0 and variance 1 first.
        $device

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, feature_size, frames), and
            "attention_mask", int32 of shape (clips, frames).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        samples, masks = self._chunks(clips, padding, max_length, truncation, pad_to_multiple_of)
        with_mask = return_attention_mask or do_normalize
        if do_normalize:
            samples = zero_mean_unit_variance(samples, masks, self.padding_value)
        data: dict[str, Any] = {"input_features": self._front_end(samples)}
        if return_attention_mask:
            data["attention_mask"] = self._frame_masks(masks)
        elif self.return_attention_mask if with_mask is None else with_mask:
            data["attention_mask"] = masks  # of samples: as the original leaves it
        return BatchFeature(data).convert_to_tensors(return_tensors)


class Qwen3ASRFeatureExtractor(_Chunked):
    """Qwen3-ASR's log-mel features; ``transformers.Qwen3ASRFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, hop_length, chunk_length, n_fft, padding_value, dither
        As :class:`WhisperFeatureExtractor`.
    return_attention_mask : bool, default=True
        Kept as an attribute; a call has its own.
    n_window : int, default=50
        Frames are padded with zeros to a multiple of twice this.
    min_length : int, default=8000
        Samples that a clip is padded to at least.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        chunk_length: int = 30,
        n_fft: int = 400,
        padding_value: float = 0.0,
        dither: float = 0.0,
        return_attention_mask: bool = True,
        n_window: int = 50,
        min_length: int = 8000,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(feature_size, sampling_rate, hop_length, chunk_length, n_fft),
            *(padding_value, dither, return_attention_mask),
            **kwargs,
        )
        self.min_length = min_length
        self.n_window = n_window

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = "pt",
        return_attention_mask: bool | None = None,
        padding: Any = "max_length",
        max_length: int | None = None,
        sampling_rate: int | None = None,
        n_window: int | None = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch; see :class:`WhisperFeatureExtractor`.

        Parameters
        ----------
        raw_speech, truncation, padding, max_length, pad_to_multiple_of, return_tensors, \
        return_attention_mask, sampling_rate, device, **kwargs
            As there.
        n_window : int, optional
            As the constructor's.

        Returns
        -------
        BatchFeature
            "input_features", (clips, feature_size, frames), and "attention_mask" if it is asked
            for.
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        clips = [np.pad(c, (0, max(0, self.min_length - len(c)))) for c in clips]
        samples, masks = self._chunks(clips, padding, max_length, truncation, pad_to_multiple_of)
        features = self._front_end(samples)
        multiple = 2 * (self.n_window if n_window is None else n_window)
        more = -features.shape[-1] % multiple if multiple else 0
        data = {"input_features": np.pad(features, [(0, 0), (0, 0), (0, more)])}
        if return_attention_mask:
            masks = np.pad(self._frame_masks(masks), [(0, 0), (0, more)])
            data["attention_mask"] = masks
        return BatchFeature(data).convert_to_tensors(return_tensors)


class MossTranscribeDiarizeFeatureExtractor(_Chunked):
    """MOSS-Transcribe-Diarize's log-mel features, of pieces of 30 s.

    ``transformers.MossTranscribeDiarizeFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, hop_length, chunk_length, n_fft, padding_value, dither, \
    return_attention_mask, **kwargs
        As :class:`WhisperFeatureExtractor`.
    """

    model_input_names = ("input_features", "input_features_mask", "padding_mask")
    _clip_rule = Clips("squeeze")

    def __call__(
        self,
        raw_speech: Any,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch, cut into pieces.

        Parameters
        ----------
        $clips
        truncation : bool
            Without effect: no piece is longer than `chunk_length`.
        pad_to_multiple_of : int, optional
            Of samples, for each piece.
        $tensors
        $rate
        $device

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (pieces, feature_size, frames);
            "input_features_mask", int32 of shape (pieces, frames); and "padding_mask", int64 of
            shape (clips, samples), 1 for the samples of each clip.

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        pieces = [p for clip in clips for p in _cut(clip, self.n_samples)]
        samples, masks = self._chunks(pieces, "max_length", None, truncation, pad_to_multiple_of)
        lengths = np.array([len(clip) for clip in clips])
        data = {
            "input_features": self._front_end(samples),
            "input_features_mask": self._frame_masks(masks),
            "padding_mask": np.int64(np.arange(lengths.max()) < lengths[:, np.newaxis]),
        }
        return BatchFeature(data).convert_to_tensors(return_tensors)


class Dots3NoteFeatureExtractor(_Chunked):
    """Dots 3 Note's log-mel features, of pieces of 60 s; ``Dots3NoteFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, padding_value, n_fft, hop_length
        As :class:`WhisperFeatureExtractor`; 128 bands.
    chunk_length : int, default=60
        Seconds of a piece.
    chunk_seconds : int, optional
        The same, if it is given.
    return_attention_mask, dither, **kwargs
        As :class:`WhisperFeatureExtractor`.
    """

    model_input_names = ("input_features", "chunk_sample_lengths")
    _clip_rule = Clips(array="clip", nested=True)

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        n_fft: int = 400,
        hop_length: int = 160,
        chunk_length: int = 60,
        chunk_seconds: int | None = None,
        return_attention_mask: bool = False,
        dither: float = 0.0,
        **kwargs: Any,
    ) -> None:
        seconds = chunk_length if chunk_seconds is None else chunk_seconds
        super().__init__(
            *(feature_size, sampling_rate, hop_length, seconds, n_fft),
            *(padding_value, dither, return_attention_mask),
            **kwargs,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = "pt",
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch, cut into pieces.

        Parameters
        ----------
        $clips
        $rate
        $tensors
        $device

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (pieces, feature_size, frames), with as many frames
            as the longest piece needs; "chunk_sample_lengths", int64 of shape (pieces,); and
            "num_audio_tokens", int64 of shape (clips,).

        $raises
        """
        rate = self.sampling_rate if sampling_rate is None else sampling_rate
        pieces = [_cut(clip, self.n_samples) for clip in self._clips(raw_speech, rate, device)]
        lengths = [np.array([len(piece) for piece in of_clip]) for of_clip in pieces]
        # The model makes a token of eight frames.
        tokens = [-(-n // (8 * self.hop_length)) for n in lengths]
        samples, _ = self._chunks([p for of_clip in pieces for p in of_clip], "max_length", None)
        data = {
            "input_features": self._front_end(samples)[..., : 8 * int(max(map(np.max, tokens)))],
            "chunk_sample_lengths": np.concatenate(lengths).astype(np.int64),
            "num_audio_tokens": np.array([n.sum() for n in tokens], np.int64),
        }
        return BatchFeature(data).convert_to_tensors(return_tensors)


def _cut(clip: Floats, n: int) -> list[Floats]:
    """Return the pieces of `n` samples, and what is left; an empty clip is one piece."""
    return [clip[i : i + n] for i in range(0, max(1, len(clip)), n)]


class VoxtralRealtimeFeatureExtractor(_WhisperLike):
    """Voxtral-Realtime's log-mel features; ``transformers.VoxtralRealtimeFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, hop_length, n_fft, padding_value
        As :class:`WhisperFeatureExtractor`.
    win_length : int, default=400
        Of the attention mask alone, as in the original.
    global_log_mel_max : float or None, default=1.5
        What the floor is 8 decades below; None means the maximum of the batch.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")
    _clip_rule = Clips("mean", where="arrays")

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 400,
        win_length: int = 400,
        padding_value: float = 0.0,
        global_log_mel_max: float | None = 1.5,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length, self.n_fft, self.win_length = hop_length, n_fft, win_length
        self.global_log_mel_max = global_log_mel_max

    def _config(self) -> MelConfig:
        peak = self.global_log_mel_max
        return super()._config().replace(peak="batch" if peak is None else peak)

    @cached_property
    def _uncentred(self) -> FrontEnd:
        return FrontEnd(self._config().replace(padding="none", frame_count="whole"))

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
        center: bool = True,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch; see :class:`WhisperFeatureExtractor`.

        Parameters
        ----------
        raw_speech, truncation, padding, max_length, pad_to_multiple_of, return_tensors, \
        return_attention_mask, sampling_rate, device
            As there.
        $center
        do_normalize, return_token_timestamps, **kwargs
            Without effect, as in the original.

        Returns
        -------
        BatchFeature
            "input_features", (clips, feature_size, frames), and "attention_mask", bool.
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        samples, lengths = self._batch(clips, padding, max_length, truncation, pad_to_multiple_of)
        data: dict[str, Any] = {"input_features": self._features(samples, center)}
        if return_attention_mask:
            data["attention_mask"] = self._mask_of_last_samples(lengths)
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _features(self, samples: Floats, center: bool) -> Floats:
        if center:
            return self._front_end(samples)
        # The original leaves the last frame out.
        return self._uncentred(samples[:, : samples.shape[1] - self.hop_length])
