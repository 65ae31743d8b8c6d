"""Whisper's extractor, and those of models that changed it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._catalogue.whisper import WHISPER
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths, zero_mean_unit_variance
from ._fields import bands, field, hop, mask, mask_by_name, padding, rate, transform

__all__ = [
    "Dots3NoteFeatureExtractor",
    "MossTranscribeDiarizeFeatureExtractor",
    "Qwen3ASRFeatureExtractor",
    "VoxtralRealtimeFeatureExtractor",
    "WhisperFeatureExtractor",
]

_CHUNK = "Seconds that clips are padded and cut to."
_DITHER = "Standard deviation of noise that is added to the samples; the same for the same clip."


class _WhisperLike(FeatureExtractor):
    """Log-mel features of Whisper's formula."""

    _chain = WHISPER["whisper"].config.chain.replace(fmax=8000.0)

    def _options(self) -> dict[str, Any]:
        return {"n_fft": self._even(self.n_fft)}

    def _frame_mask(self, lengths: Lengths) -> Any:
        """Return the mask of every hop's first sample, for the frames that there are."""
        whole = lengths.common() // self.hop_length * self.hop_length
        return self._mask(lengths, slice(0, whole, self.hop_length))


class _Chunked(_WhisperLike):
    """Features of clips that are padded, or cut, to 30 s."""

    def _derive(self, others: dict[str, Any]) -> None:
        self.n_samples = self.chunk_length * self.sampling_rate
        self.nb_max_frames = self.n_samples // self.hop_length


class _AsWhisper(_Chunked):
    """Extractors with Whisper's parameters."""

    feature_size: int = bands(80)
    sampling_rate: int = rate()
    hop_length: int = hop(160)
    chunk_length: int = field(30, _CHUNK)
    n_fft: int = transform(400)
    padding_value: float = padding(0.0)
    dither: float = field(0.0, _DITHER, "dither")
    return_attention_mask: bool = mask(False)


class WhisperFeatureExtractor(_AsWhisper):
    """Whisper's log-mel features; 128 bands for large-v3.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import WhisperFeatureExtractor
    >>> extractor = WhisperFeatureExtractor(feature_size=128)
    >>> batch = extractor(np.zeros(16000, np.float32), sampling_rate=16000)
    >>> batch.input_features.shape
    (1, 128, 3000)
    """

    _arguments: ClassVar = {
        "return_attention_mask": "Whether the mask is returned, of 1 for frames that are no "
        "padding.",
        "do_normalize": "Whether the samples are given mean 0 and variance 1 first.",
    }

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
        """Compute the features of one clip or a batch, of 30 s by default.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, feature_size, frames), and
            "attention_mask", int32 of shape (clips, frames).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        arguments = (padding, max_length or self.n_samples, truncation, pad_to_multiple_of)
        samples, lengths = self._batch(clips, *arguments)
        if do_normalize:
            samples = zero_mean_unit_variance(samples, lengths.kept, self.padding_value)
        data: dict[str, Any] = {"input_features": self._front_end(samples)}
        if return_attention_mask:
            data["attention_mask"] = self._frame_mask(lengths)
        elif self._wants_mask(do_normalize):
            data["attention_mask"] = self._mask(lengths)  # of samples: as the original leaves it
        return BatchFeature(data, return_tensors)


class Qwen3ASRFeatureExtractor(_AsWhisper):
    """Qwen3-ASR's log-mel features."""

    feature_size: int = bands(128)
    return_attention_mask: bool = mask(True, "Kept as an attribute; a call has its own.")
    n_window: int = field(50, "Frames are padded with zeros to a multiple of twice this.")
    min_length: int = field(8000, "Samples that a clip is padded to at least.")

    _arguments: ClassVar = {
        "return_attention_mask": "Whether the mask is returned.",
        "n_window": "As the constructor's.",
    }

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
        """Compute the features of one clip or a batch, of 30 s by default.

        Returns
        -------
        BatchFeature
            "input_features", (clips, feature_size, frames), and "attention_mask", (clips, frames).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        clips = [np.pad(c, (0, max(0, self.min_length - len(c)))) for c in clips]
        arguments = (padding, max_length or self.n_samples, truncation, pad_to_multiple_of)
        samples, lengths = self._batch(clips, *arguments)
        features = self._front_end(samples)
        multiple = 2 * (self.n_window if n_window is None else n_window)
        more = -features.shape[-1] % multiple if multiple else 0
        data = {"input_features": np.pad(features, [(0, 0), (0, 0), (0, more)])}
        if return_attention_mask:
            data["attention_mask"] = np.pad(self._frame_mask(lengths), [(0, 0), (0, more)])
        return BatchFeature(data, return_tensors)


class MossTranscribeDiarizeFeatureExtractor(_AsWhisper):
    """MOSS-Transcribe-Diarize's log-mel features, of pieces of 30 s."""

    model_input_names: ClassVar = ["input_features", "input_features_mask", "padding_mask"]
    _clip_rule = Clips("squeeze")
    _arguments: ClassVar = {
        "truncation": "Without effect: no piece is longer than `chunk_length`.",
        "pad_to_multiple_of": "Of samples, for each piece.",
    }

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

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (pieces, feature_size, frames);
            "input_features_mask", int32 of shape (pieces, frames); and "padding_mask", int64 of
            shape (clips, samples), 1 for the samples of each clip.
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        pieces = [p for clip in clips for p in _cut(clip, self.n_samples)]
        arguments = ("max_length", self.n_samples, truncation, pad_to_multiple_of)
        samples, kept = self._batch(pieces, *arguments)
        lengths = np.array([len(clip) for clip in clips])
        data = {
            "input_features": self._front_end(samples),
            "input_features_mask": self._frame_mask(kept),
            "padding_mask": np.int64(np.arange(lengths.max()) < lengths[:, np.newaxis]),
        }
        return BatchFeature(data, return_tensors)


class Dots3NoteFeatureExtractor(_Chunked):
    """Dots 3 Note's log-mel features, of pieces of 60 s."""

    feature_size: int = bands(128)
    sampling_rate: int = rate()
    padding_value: float = padding(0.0)
    n_fft: int = transform(400)
    hop_length: int = hop(160)
    chunk_length: int = field(60, "Seconds of a piece.")
    chunk_seconds: int | None = field(None, "The same, if it is given.")
    return_attention_mask: bool = mask(False, "Kept as an attribute.")
    dither: float = field(0.0, _DITHER, "dither")

    model_input_names: ClassVar = ["input_features", "chunk_sample_lengths"]
    _clip_rule = Clips(array="clip", nested=True)

    def _derive(self, others: dict[str, Any]) -> None:
        seconds = vars(self).pop("chunk_seconds")
        self.chunk_length = self.chunk_length if seconds is None else seconds
        super()._derive(others)

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        return_tensors: Any = "pt",
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch, cut into pieces.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (pieces, feature_size, frames), with as many frames
            as the longest piece needs; "chunk_sample_lengths", int64 of shape (pieces,); and
            "num_audio_tokens", int64 of shape (clips,).
        """
        rate = self.sampling_rate if sampling_rate is None else sampling_rate
        pieces = [_cut(clip, self.n_samples) for clip in self._clips(raw_speech, rate, device)]
        lengths = [np.array([len(piece) for piece in of_clip]) for of_clip in pieces]
        # The model makes a token of eight frames.
        tokens = [-(-n // (8 * self.hop_length)) for n in lengths]
        flat = [p for of_clip in pieces for p in of_clip]
        samples, _ = self._batch(flat, "max_length", self.n_samples, False, None)
        data = {
            "input_features": self._front_end(samples)[..., : 8 * int(max(map(np.max, tokens)))],
            "chunk_sample_lengths": np.concatenate(lengths).astype(np.int64),
            "num_audio_tokens": np.array([n.sum() for n in tokens], np.int64),
        }
        return BatchFeature(data, return_tensors)


def _cut(clip: Floats, n: int) -> list[Floats]:
    """Return the pieces of `n` samples, and what is left; an empty clip is one piece."""
    return [clip[i : i + n] for i in range(0, max(1, len(clip)), n)]


class VoxtralRealtimeFeatureExtractor(_WhisperLike):
    """Voxtral-Realtime's log-mel features."""

    feature_size: int = bands(128)
    sampling_rate: int = rate()
    hop_length: int = hop(160)
    n_fft: int = transform(400)
    win_length: int = field(400, "Of the attention mask alone, as in the original.")
    padding_value: float = padding(0.0)
    global_log_mel_max: float | None = field(
        1.5, "What the floor is 8 decades below; None means the maximum of the batch."
    )
    return_attention_mask: bool = mask_by_name("Of `pad`; a call has its own.")

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _clip_rule = Clips("mean", where="arrays")
    _arguments: ClassVar = {"return_attention_mask": "Whether the mask is returned."}

    def _options(self) -> dict[str, Any]:
        peak = self.global_log_mel_max
        return {**super()._options(), "peak": "batch" if peak is None else peak}

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
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", (clips, feature_size, frames), and "attention_mask", bool.
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        samples, lengths = self._batch(clips, padding, max_length, truncation, pad_to_multiple_of)
        data: dict[str, Any] = {"input_features": self._features(samples, center)}
        if return_attention_mask:
            last = slice(self.win_length - 1, None, self.hop_length)
            data["attention_mask"] = self._mask(lengths, last).astype(np.bool_)
        return BatchFeature(data, return_tensors)

    def _features(self, samples: Floats, center: bool) -> Floats:
        if center:
            return self._front_end(samples)
        # The original leaves the last frame out.
        front_end = self._changed(padding="none", frame_count="whole")
        return front_end(samples[:, : samples.shape[1] - self.hop_length])
