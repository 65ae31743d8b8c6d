"""Extractors of NeMo's kind: Parakeet, Cohere ASR, Nemotron."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.nemo import NEMO
from ..config import MelConfig
from ..frontend import FrontEnd
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths

__all__ = [
    "CohereAsrFeatureExtractor",
    "NemotronAsrStreamingFeatureExtractor",
    "ParakeetFeatureExtractor",
]


class _ParakeetCall(FeatureExtractor):
    """Extractors with the call of Parakeet's."""

    _clip_rule = Clips("mean", where="arrays")

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

        Parameters
        ----------
        $clips_mixed
        $lengths
        $tensors
        $rate
        device : {"cpu"}
            For compatibility.
        return_attention_mask : bool, optional
            Whether LASR's mask is returned; the others' always is.
        do_normalize, return_token_timestamps, **kwargs
            Without effect, as in the original.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, feature_size), and
            "attention_mask", bool of shape (clips, frames). Cohere ASR's are those of all pieces,
            with "audio_chunk_index", a list of (clip, piece or None).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        lengths = (padding, max_length, truncation, pad_to_multiple_of)
        return self._result(clips, lengths, return_tensors, bool(return_attention_mask))

    def _result(
        self, clips: list[Floats], lengths: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        raise NotImplementedError


class _NemoLike(FeatureExtractor):
    """Log-mel features of NeMo's formula; frames past the end of a clip are zero."""

    model_input_names = ("input_features", "attention_mask")
    row = "parakeet"

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        preemphasis: float | None = 0.97,
        padding_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length, self.n_fft, self.win_length = hop_length, n_fft, win_length
        self.preemphasis = preemphasis

    def _config(self) -> MelConfig:
        self._check_even()
        return NEMO[self.row].config.chain.replace(
            **self._sizes(),
            preemphasis=self.preemphasis or 0.0,
            n_mels=self.feature_size,
        )

    def _result(
        self, clips: list[Floats], lengths: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        kept = Lengths.of_clips(clips, *lengths)
        frames = 1 + kept.common() // self.hop_length
        return self._masked_batch(clips, kept, self._front_end, frames, tensors)

    def _masked_batch(
        self, clips: list[Floats], lengths: Lengths, front_end: FrontEnd, frames: int, tensors: Any
    ) -> BatchFeature:
        features, mask = self._each_alone(clips, lengths, front_end, frames)
        data = {"input_features": features, "attention_mask": mask}
        return BatchFeature(data).convert_to_tensors(tensors)


class ParakeetFeatureExtractor(_NemoLike, _ParakeetCall):
    """Parakeet's log-mel features; ``transformers.ParakeetFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft, win_length : int, default=160, 512, 400
        Samples between frames, of the transform, and of the window.
    preemphasis : float or None, default=0.97
        Coefficient of the pre-emphasis of the signal.
    padding_value : float, default=0.0
        Kept as an attribute: what follows a clip is silence here.
    **kwargs
        Other entries of ``preprocessor_config.json``.

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


class CohereAsrFeatureExtractor(_NemoLike, _ParakeetCall):
    """Cohere ASR's log-mel features; ``transformers.CohereAsrFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, hop_length, n_fft, win_length, preemphasis, padding_value
        As :class:`ParakeetFeatureExtractor`; 128 bands.
    dither : float, default=1e-5
        Standard deviation of noise, from torch's generator seeded with the number of samples:
        needs torch if it is not 0.
    max_audio_clip_s, overlap_chunk_second : float, default=35.0, 5.0
        Clips longer than their difference are cut, where they are quiet.
    min_energy_window_samples : int, default=1600
        Samples over which the energy is measured for that.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    row = "cohere-asr"

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        preemphasis: float | None = 0.97,
        padding_value: float = 0.0,
        dither: float = 1e-5,
        max_audio_clip_s: float = 35.0,
        overlap_chunk_second: float = 5.0,
        min_energy_window_samples: int = 1600,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(feature_size, sampling_rate, hop_length, n_fft, win_length),
            *(preemphasis, padding_value),
            **kwargs,
        )
        self.dither = dither
        self.max_audio_clip_s = max_audio_clip_s
        self.overlap_chunk_second = overlap_chunk_second
        self.min_energy_window_samples = min_energy_window_samples

    def _result(
        self, clips: list[Floats], lengths: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        pieces, index = self._pieces(clips)
        kept = Lengths.of_clips(pieces, *lengths).kept
        dithered = [self._dithered(p[:n]) for p, n in zip(pieces, kept, strict=True)]
        result = super()._result(dithered, lengths, tensors, with_mask)
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
    """Nemotron's log-mel features; ``transformers.NemotronAsrStreamingFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, hop_length, n_fft, win_length, preemphasis, padding_value
        As :class:`ParakeetFeatureExtractor`.
    mel_filters_dtype : {"float32"}
        Precision of filters and window.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    row = "nemotron-asr-streaming"
    _clip_rule = Clips("mean", where="arrays")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        preemphasis: float | None = 0.97,
        padding_value: float = 0.0,
        mel_filters_dtype: str = "float32",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            *(feature_size, sampling_rate, hop_length, n_fft, win_length),
            *(preemphasis, padding_value),
            **kwargs,
        )
        if mel_filters_dtype != "float32":
            raise ValueError(f"mel_filters_dtype={mel_filters_dtype!r} must be 'float32'")
        self.mel_filters_dtype = mel_filters_dtype

    @cached_property
    def _later(self) -> FrontEnd:
        return FrontEnd(self._config().replace(padding="none", frame_count="whole"))

    def _features(self, samples: Floats, center: bool) -> Floats:
        """Return the features of samples that end with the last frame, (clips, n)."""
        return (self._front_end if center else self._later)(samples)

    @cached_property
    def _last(self) -> FrontEnd:
        after = (0, self.n_fft // 2 - self.hop_length)
        return FrontEnd(self._config().replace(padding=after, frame_count="whole"))

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

        Parameters
        ----------
        $clips_mixed
        $lengths
        $tensors
        $rate
        return_attention_mask, return_token_timestamps
            Without effect, as in the original.
        $device
        $center
        is_last_audio_chunk : bool
            Whether a later piece is the last, which ends in silence.

        Returns
        -------
        BatchFeature
            "input_features" and "attention_mask".
        """
        clips = self._clips(raw_speech, sampling_rate, device)
        arguments = (padding, max_length, truncation, pad_to_multiple_of)
        if center:
            return self._result(clips, arguments, return_tensors, True)
        front_end = self._last if is_last_audio_chunk else self._later
        lengths = Lengths.of_clips(clips, *arguments)
        frames = front_end.num_frames(lengths.common())
        return self._masked_batch(clips, lengths, front_end, frames, return_tensors)
