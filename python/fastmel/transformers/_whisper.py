"""Whisper's extractor, and those of models that changed it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._catalogue.whisper import WHISPER
from ._base import FeatureExtractor
from ._clips import Clips, Floats, Lengths, zero_mean_unit_variance
from ._fields import Call, Given, field, mask_by_name
from ._masks import Mask, first_of_hop, last_of_window

_CHAIN = WHISPER["whisper"].config.chain.replace(fmax=8000.0)
_OF_30_S = "Compute the features of one clip or a batch, of 30 s by default."
_IN_PIECES = "Compute the features of one clip or a batch, cut into pieces."


class _Chunked(FeatureExtractor):
    """Features of clips that are padded, or cut, to 30 s."""

    _chain = _CHAIN
    _even_n_fft = True

    def _derive(self, others: dict[str, Any]) -> None:
        self.n_samples = self.chunk_length * self.sampling_rate
        self.nb_max_frames = self.n_samples // self.hop_length

    def _longest(self, given: Given) -> int:
        return given.max_length or self.n_samples

    def _cut(self, clip: Floats) -> list[Floats]:
        """Return the pieces of a clip, and what is left; an empty clip is one piece."""
        starts = range(0, max(1, len(clip)), self.n_samples)
        return [clip[i : i + self.n_samples] for i in starts]


class _AsWhisper(_Chunked):
    """Extractors with Whisper's parameters."""

    feature_size: int = 80
    sampling_rate: int = 16000
    hop_length: int = 160
    chunk_length: int = field(30, "Seconds that clips are padded and cut to.")
    n_fft: int = 400
    padding_value: float = 0.0
    dither: float = 0.0
    return_attention_mask: bool = False

    _mask = Mask("attention_mask", "asked", at=first_of_hop)


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

    _call = Call(
        "raw_speech, truncation=True, pad_to_multiple_of=None, return_tensors=None, "
        "return_attention_mask=None, padding='max_length', max_length=None, sampling_rate=None, "
        "do_normalize=None, device='cpu', **kwargs",
        '"input_features", float32 of shape (clips, feature_size, frames), and "attention_mask", '
        "int32 of shape (clips, frames).",
        what=_OF_30_S,
        do_normalize="Whether the samples are given mean 0 and variance 1 first.",
    )

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        samples, lengths = self._batch(clips, given)
        if given.do_normalize:
            samples = zero_mean_unit_variance(samples, lengths.kept, self.padding_value)
        data = {"input_features": self._front_end(samples)}
        if given.return_attention_mask:
            data["attention_mask"] = self._mask.of(self, lengths)
        elif Mask().wanted(self, given.do_normalize):  # of samples, as the original leaves it
            data["attention_mask"] = Mask().of(self, lengths)
        return data


class Qwen3ASRFeatureExtractor(_AsWhisper):
    """Qwen3-ASR's log-mel features."""

    feature_size: int = 128
    return_attention_mask: bool = field(True, "Kept as an attribute; a call has its own.")
    n_window: int = field(50, "Frames are padded with zeros to a multiple of twice this.")
    min_length: int = field(8000, "Samples that a clip is padded to at least.")

    _call = Call(
        "raw_speech, truncation=False, pad_to_multiple_of=None, return_tensors='pt', "
        "return_attention_mask=None, padding='max_length', max_length=None, sampling_rate=None, "
        "n_window: int | None = None, device='cpu', **kwargs",
        '"input_features", (clips, feature_size, frames), and "attention_mask", (clips, frames).',
        what=_OF_30_S,
        n_window="As the constructor's.",
    )

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        long = [np.pad(c, (0, max(0, self.min_length - len(c)))) for c in clips]
        multiple = 2 * (self.n_window if given.n_window is None else given.n_window)
        data = super()._computed(long, given)
        frames = data["input_features"].shape[-1]
        more = -frames % multiple if multiple else 0
        return {k: np.pad(x, [*[(0, 0)] * (x.ndim - 1), (0, more)]) for k, x in data.items()}


class MossTranscribeDiarizeFeatureExtractor(_AsWhisper):
    """MOSS-Transcribe-Diarize's log-mel features, of pieces of 30 s."""

    model_input_names: ClassVar = ["input_features", "input_features_mask", "padding_mask"]
    _takes = Clips("squeeze")
    _mask = Mask("input_features_mask", "always", at=first_of_hop)
    _call = Call(
        "raw_speech, truncation=True, pad_to_multiple_of=None, return_tensors=None, "
        "sampling_rate=None, device='cpu', **kwargs",
        '"input_features", float32 of shape (pieces, feature_size, frames); "input_features_mask", '
        'int32 of shape (pieces, frames); and "padding_mask", int64 of shape (clips, samples), 1 '
        "for the samples of each clip.",
        what=_IN_PIECES,
        truncation="Without effect: no piece is longer than `chunk_length`.",
        pad_to_multiple_of="Of samples, for each piece.",
    )

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        given.padding = "max_length"
        data = super()._computed([piece for clip in clips for piece in self._cut(clip)], given)
        whole = Lengths.of([len(clip) for clip in clips])
        return {**data, "padding_mask": whole.mask().astype(np.int64)}


class Dots3NoteFeatureExtractor(_Chunked):
    """Dots 3 Note's log-mel features, of pieces of 60 s."""

    feature_size: int = 128
    sampling_rate: int = 16000
    padding_value: float = 0.0
    n_fft: int = 400
    hop_length: int = 160
    chunk_length: int = field(60, "Seconds of a piece.")
    chunk_seconds: int | None = field(None, "The same, if it is given.")
    return_attention_mask: bool = field(False, "Kept as an attribute.")
    dither: float = 0.0

    model_input_names: ClassVar = ["input_features", "chunk_sample_lengths"]
    _takes = Clips(array="clip", nested=True)
    _trusts_rate = True
    _call = Call(
        "raw_speech, sampling_rate=None, return_tensors='pt', device='cpu', **kwargs",
        '"input_features", float32 of shape (pieces, feature_size, frames), with as many frames as '
        'the longest piece needs; "chunk_sample_lengths", int64 of shape (pieces,); and '
        '"num_audio_tokens", int64 of shape (clips,).',
        what=_IN_PIECES,
    )

    def _derive(self, others: dict[str, Any]) -> None:
        seconds = vars(self).pop("chunk_seconds")
        self.chunk_length = self.chunk_length if seconds is None else seconds
        super()._derive(others)

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        given.padding = "max_length"
        pieces = [self._cut(clip) for clip in clips]
        lengths = [np.array([len(piece) for piece in of_clip]) for of_clip in pieces]
        # The model makes a token of eight frames.
        tokens = [-(-n // (8 * self.hop_length)) for n in lengths]
        samples, _ = self._batch([piece for of_clip in pieces for piece in of_clip], given)
        return {
            "input_features": self._front_end(samples)[..., : 8 * int(max(map(np.max, tokens)))],
            "chunk_sample_lengths": np.concatenate(lengths).astype(np.int64),
            "num_audio_tokens": np.array([n.sum() for n in tokens], np.int64),
        }


class VoxtralRealtimeFeatureExtractor(FeatureExtractor):
    """Voxtral-Realtime's log-mel features."""

    feature_size: int = 128
    sampling_rate: int = 16000
    hop_length: int = 160
    n_fft: int = 400
    win_length: int = field(400, "Of the attention mask alone, as in the original.")
    padding_value: float = 0.0
    global_log_mel_max: float | None = field(
        1.5, "What the floor is 8 decades below; None means the maximum of the batch."
    )
    return_attention_mask: bool = mask_by_name()

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = _CHAIN
    _even_n_fft = True
    _takes = Clips("mean", where="arrays")
    _mask = Mask("attention_mask", "asked", np.bool_, at=last_of_window)
    _call = Call(
        "raw_speech, truncation=False, pad_to_multiple_of=None, return_tensors=None, "
        "return_attention_mask=None, padding='longest', max_length=None, sampling_rate=None, "
        "do_normalize=None, device='cpu', return_token_timestamps=None, center=True, **kwargs",
        '"input_features", (clips, feature_size, frames), and "attention_mask", bool.',
    )

    def _options(self) -> dict[str, Any]:
        peak = self.global_log_mel_max
        return {"peak": "batch" if peak is None else peak}

    def _features(self, samples: Floats, given: Given) -> Floats:
        if given.center:
            return self._front_end(samples)
        # The original leaves the last frame out.
        front_end = self._changed(padding="none", frame_count="whole")
        return front_end(samples[:, : samples.shape[1] - self.hop_length])
