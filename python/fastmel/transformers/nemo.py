"""Extractors of NeMo's kind: Parakeet, Cohere ASR, Nemotron."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..catalogue.nemo import NEMO
from ..config import MelConfig
from ..frontend import FrontEnd
from ._base import BatchFeature, FeatureExtractor, Floats, Lengths, waveforms

__all__ = [
    "CohereAsrFeatureExtractor",
    "NemotronAsrStreamingFeatureExtractor",
    "ParakeetFeatureExtractor",
]


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
        if n_fft % 2:
            raise ValueError(f"n_fft={n_fft} must be even")
        self.hop_length = hop_length
        self.n_fft = n_fft
        self.win_length = win_length
        self.preemphasis = preemphasis

    def _config(self) -> MelConfig:
        return NEMO[self.row].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            preemphasis=self.preemphasis or 0.0,
            n_mels=self.feature_size,
        )

    def _centred(
        self, clips: Sequence[Floats], lengths: Lengths
    ) -> tuple[Floats, NDArray[np.bool_]]:
        return self._each_alone(
            clips, lengths, self._front_end, 1 + lengths.common() // self.hop_length
        )


class ParakeetFeatureExtractor(_NemoLike):
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
        raw_speech : array or list
            A clip (one axis), or several; of channels on the last axis the mean is taken.
        truncation, padding, max_length, pad_to_multiple_of
            Lengths in samples.
        return_tensors : {None, "np", "pt"}
            NumPy arrays (None too), or torch tensors.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        device : {"cpu"}
            For compatibility.
        return_attention_mask, do_normalize, return_token_timestamps, **kwargs
            Without effect, as in the original.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (clips, frames, feature_size), and
            "attention_mask", bool of shape (clips, frames).

        Raises
        ------
        ValueError
            For another sample rate, clips that make no batch, have less than two frames, or are
            not finite.
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(raw_speech, channels="mean")
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        features, mask = self._centred(clips, lengths)
        data = {"input_features": features, "attention_mask": mask}
        return BatchFeature(data).convert_to_tensors(return_tensors)


class CohereAsrFeatureExtractor(_NemoLike):
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
            feature_size,
            sampling_rate,
            hop_length,
            n_fft,
            win_length,
            preemphasis,
            padding_value,
            **kwargs,
        )
        self.dither = dither
        self.max_audio_clip_s = max_audio_clip_s
        self.overlap_chunk_second = overlap_chunk_second
        self.min_energy_window_samples = min_energy_window_samples

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
            As there.

        Returns
        -------
        BatchFeature
            "input_features" and "attention_mask" of all pieces, and "audio_chunk_index", a list of
            (clip, piece or None).
        """
        self._check_call(sampling_rate, device)
        pieces, index = self._pieces(waveforms(raw_speech, channels="mean"))
        lengths = Lengths.of_clips(pieces, padding, max_length, truncation, pad_to_multiple_of)
        pieces = [self._dithered(p[:n]) for p, n in zip(pieces, lengths.kept, strict=True)]
        features, mask = self._centred(pieces, lengths)
        result = BatchFeature({"input_features": features, "attention_mask": mask})
        result.convert_to_tensors(return_tensors)
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
            feature_size,
            sampling_rate,
            hop_length,
            n_fft,
            win_length,
            preemphasis,
            padding_value,
            **kwargs,
        )
        if mel_filters_dtype != "float32":
            raise ValueError(f"mel_filters_dtype={mel_filters_dtype!r} must be 'float32'")
        self.mel_filters_dtype = mel_filters_dtype

    @cached_property
    def _later(self) -> FrontEnd:
        return FrontEnd(self._config().replace(padding="none", frame_count="whole"))

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
        """Compute the features of one clip or a batch; see :class:`ParakeetFeatureExtractor`.

        Parameters
        ----------
        raw_speech, truncation, padding, max_length, pad_to_multiple_of, return_tensors, \
        return_attention_mask, sampling_rate, device, return_token_timestamps, **kwargs
            As there.
        center : bool
            Whether frames are centred, for the first piece of a stream, or begin at their first
            sample, for later ones.
        is_last_audio_chunk : bool
            Whether a later piece is the last, which ends in silence.

        Returns
        -------
        BatchFeature
            "input_features" and "attention_mask".
        """
        self._check_call(sampling_rate, device)
        clips = waveforms(raw_speech, channels="mean")
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, pad_to_multiple_of)
        if center:
            features, mask = self._centred(clips, lengths)
        else:
            front_end = self._last if is_last_audio_chunk else self._later
            frames = front_end.num_frames(lengths.common())
            features, mask = self._each_alone(clips, lengths, front_end, frames)
        data = {"input_features": features, "attention_mask": mask}
        return BatchFeature(data).convert_to_tensors(return_tensors)
