"""Extractors of NeMo's kind: Parakeet, Cohere ASR, Nemotron; and LASR, with Parakeet's call."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._base.checks import brief
from .._catalogue.huggingface import HUGGING_FACE
from .._catalogue.nemo import NEMO
from .._engine.frontend import FrontEnd
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths
from ._fields import (
    bands,
    field,
    hop,
    keyword_field,
    mask_by_name,
    padding,
    rate,
    transform,
    window,
)

__all__ = [
    "CohereAsrFeatureExtractor",
    "LasrFeatureExtractor",
    "NemotronAsrStreamingFeatureExtractor",
    "ParakeetFeatureExtractor",
]


class _ParakeetCall(FeatureExtractor):
    """Extractors with the call of Parakeet's."""

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _clip_rule = Clips("mean", where="arrays")
    _arguments: ClassVar = {
        "raw_speech": "A clip, of one axis, or several: of an array of shape (clips, n, channels) "
        "the mean of the channels is taken.",
        "return_attention_mask": "Whether LASR's mask is returned; the others' always is, as in "
        "the originals.",
    }

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
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, feature_size), and
            "attention_mask", bool of shape (clips, frames). Cohere ASR's are those of all pieces,
            with "audio_chunk_index", a list of (clip, piece or None).
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        arguments = (padding, max_length, truncation, pad_to_multiple_of)
        return self._result(clips, arguments, return_tensors, bool(return_attention_mask))

    def _result(
        self, clips: list[Floats], arguments: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        raise NotImplementedError


class _NemoLike(FeatureExtractor):
    """Log-mel features of NeMo's formula; frames past the end of a clip are zero."""

    feature_size: int = bands(80)
    sampling_rate: int = rate()
    hop_length: int = hop(160)
    n_fft: int = transform(512)
    win_length: int = window(400)
    preemphasis: float | None = field(
        0.97, "Coefficient of the pre-emphasis of the signal.", "preemphasis"
    )
    padding_value: float = padding(0.0, "Of `pad`: what follows a clip is silence in a call.")
    return_attention_mask: bool = keyword_field(
        default=True, text="Of `pad`: a call returns the mask.", kw_only=True
    )

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _pads_right_only = True

    def _options(self) -> dict[str, Any]:
        return {"n_fft": self._even(self.n_fft), "preemphasis": self.preemphasis or 0.0}

    def _lengths(self, clips: Any, *arguments: Any) -> Lengths:
        lengths = super()._lengths(clips, *arguments)
        if self.preemphasis is None and self.padding_value and lengths.kept != lengths.padded:
            raise ValueError(
                f"padding_value={brief(self.padding_value)} must be 0.0 without pre-emphasis"
            )
        return lengths

    def _result(
        self, clips: list[Floats], arguments: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        lengths = self._lengths(clips, *arguments)
        frames = 1 + lengths.common() // self.hop_length
        return self._masked_batch(clips, lengths, self._front_end, frames, tensors)

    def _masked_batch(
        self, clips: list[Floats], lengths: Lengths, front_end: FrontEnd, frames: int, tensors: Any
    ) -> BatchFeature:
        features, kept = self._each_alone(clips, lengths, front_end, frames)
        return BatchFeature({"input_features": features, "attention_mask": kept.mask()}, tensors)


class ParakeetFeatureExtractor(_NemoLike, _ParakeetCall):
    """Parakeet's log-mel features.

    Notes
    -----
    Where a clip is cut (``truncation=True``), the statistics are those of what is left; the
    original divides by the number of frames before the cut.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import ParakeetFeatureExtractor
    >>> noise = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> batch = ParakeetFeatureExtractor()([noise, noise[:8000]], sampling_rate=16000)
    >>> batch.input_features.shape, batch.attention_mask.sum(axis=1)
    ((2, 101, 80), array([100,  50]))
    """

    _chain = NEMO["parakeet"].config.chain


class CohereAsrFeatureExtractor(_NemoLike, _ParakeetCall):
    """Cohere ASR's log-mel features."""

    feature_size: int = bands(128)
    dither: float = field(
        1e-5,
        "Standard deviation of noise, from torch's generator seeded with the number of samples: "
        "needs torch if it is not 0.",
    )
    max_audio_clip_s: float = field(35.0, "Seconds of the longest piece of a clip.")
    overlap_chunk_second: float = field(
        5.0, "Seconds before its end in which a piece may be cut, where it is quiet."
    )
    min_energy_window_samples: int = field(
        1600, "Samples over which the energy is measured for that."
    )

    _chain = NEMO["cohere-asr"].config.chain

    def _result(
        self, clips: list[Floats], arguments: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        pieces, index = self._pieces(clips)
        kept = self._lengths(pieces, *arguments).kept
        dithered = [self._dithered(p[:n]) for p, n in zip(pieces, kept, strict=True)]
        result = super()._result(dithered, arguments, tensors, with_mask)
        result["audio_chunk_index"] = index
        return result

    def _pieces(self, clips: list[Floats]) -> tuple[list[Floats], list[tuple[int, int | None]]]:
        short = max(0.0, self.max_audio_clip_s - self.overlap_chunk_second) * self.sampling_rate
        pieces: list[Floats] = []
        index: list[tuple[int, int | None]] = []
        for i, clip in enumerate(clips):
            parts = [clip] if len(clip) <= short else self._split(clip)
            pieces += parts
            index += [(i, None if len(clip) <= short else k) for k in range(len(parts))]
        return pieces, index

    def _split(self, clip: Floats) -> list[Floats]:
        """Cut a clip into pieces of at most `max_audio_clip_s`, each in the quietest place."""
        longest = max(1, round(self.max_audio_clip_s * self.sampling_rate))
        search = max(1, round(self.overlap_chunk_second * self.sampling_rate))
        parts, start = [], 0
        while start + longest < len(clip):
            end = start + longest
            at = max(start + 1, self._quietest(clip, max(start, end - search), end))
            parts.append(clip[start:at])
            start = at
        return [*parts, clip[start:]]

    def _quietest(self, clip: Floats, start: int, end: int) -> int:
        n = self.min_energy_window_samples
        if end - start <= n:
            return (start + end) // 2
        places = range(start, end - n, n)
        return min(places, key=lambda i: float(np.mean(np.square(clip[i : i + n]))))

    def _dithered(self, clip: Floats) -> Floats:
        if self.dither <= 0 or not len(clip):
            return clip
        try:
            import torch
        except ImportError:
            raise ImportError(
                f"dither={self.dither} is noise from torch's generator, and torch is not "
                "installed; pass dither=0.0"
            ) from None
        generator = torch.Generator().manual_seed(len(clip))
        noise = torch.randn(len(clip), generator=generator).numpy()
        dithered: Floats = clip + np.float32(self.dither) * noise
        return dithered


class NemotronAsrStreamingFeatureExtractor(_NemoLike):
    """Nemotron's log-mel features."""

    mel_filters_dtype: str = field("float32", "Precision of filters and window, the only one.")

    _chain = NEMO["nemotron-asr-streaming"].config.chain
    _clip_rule = _ParakeetCall._clip_rule
    _arguments: ClassVar = {
        **_ParakeetCall._arguments,
        "return_attention_mask": "Without effect, as in the original: the mask is returned.",
        "is_last_audio_chunk": "Whether a later piece is the last, which ends in silence.",
    }

    def _derive(self, others: dict[str, Any]) -> None:
        if self.mel_filters_dtype != "float32":
            raise ValueError(f"mel_filters_dtype={brief(self.mel_filters_dtype)} must be 'float32'")

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
        device: Any = "cpu",
        return_token_timestamps: bool | None = None,
        center: bool = True,
        is_last_audio_chunk: bool = False,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features" and "attention_mask".
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        arguments = (padding, max_length, truncation, pad_to_multiple_of)
        if center:
            return self._result(clips, arguments, return_tensors, True)
        lengths = self._lengths(clips, *arguments)
        front_end = self._later(is_last_audio_chunk)
        frames = front_end.num_frames(lengths.common())
        return self._masked_batch(clips, lengths, front_end, frames, return_tensors)

    def _later(self, last: bool = False) -> FrontEnd:
        """Return the front end of later pieces of a stream, or of its last."""
        after: Any = (0, self.n_fft // 2 - self.hop_length) if last else "none"
        return self._changed(padding=after, frame_count="whole")

    def _features(self, samples: Floats, center: bool) -> Floats:
        """Return the features of samples that end with the last frame, (clips, n)."""
        return (self._front_end if center else self._later())(samples)


class LasrFeatureExtractor(_ParakeetCall):
    """LASR's log-mel features."""

    feature_size: int = bands(128)
    sampling_rate: int = rate()
    hop_length: int = hop(160)
    n_fft: int = transform(512)
    win_length: int = window(400)
    padding_value: float = padding(0.0)
    return_attention_mask: bool = mask_by_name("Of `pad`; a call has its own.")

    _chain = HUGGING_FACE["lasr"].config.chain

    def _result(
        self, clips: list[Floats], arguments: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        samples, kept = self._batch(clips, *arguments)
        data: dict[str, Any] = {"input_features": self._front_end(samples)}
        if with_mask:
            last = slice(self.win_length - 1, None, self.hop_length)
            data["attention_mask"] = self._mask(kept, last).astype(np.bool_)
        return BatchFeature(data, tensors)
