"""Extractors of NeMo's kind: Parakeet, Cohere ASR, Nemotron; and LASR, with Parakeet's call."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._base.checks import brief
from .._base.extras import require
from .._catalogue.huggingface import HUGGING_FACE
from .._catalogue.nemo import NEMO
from .._frontend.frontend import FrontEnd
from ._base import FeatureExtractor
from ._clips import Clips, Floats
from ._fields import Call, Given, field, mask_by_name
from ._masks import Mask, last_of_window

_TAKES = Clips("mean", where="arrays")
_RETURNS = (
    '"input_features", float32 of shape (clips, frames, feature_size), and "attention_mask", bool '
    "of shape (clips, frames)."
)
_PARAKEET = (
    "raw_speech, truncation=False, pad_to_multiple_of=None, return_tensors=None, "
    "return_attention_mask=None, padding='longest', max_length=None, sampling_rate=None, "
    "do_normalize=None, device='cpu', return_token_timestamps=None, **kwargs"
)


class _NemoLike(FeatureExtractor):
    """Log-mel features of NeMo's formula; frames past the end of a clip are zero."""

    feature_size: int = 80
    sampling_rate: int = 16000
    hop_length: int = 160
    n_fft: int = 512
    win_length: int = 400
    preemphasis: float | None = field(0.97, "Coefficient, for the whole signal.", "preemphasis")
    padding_value: float = field(0.0, "Of `pad`: what follows a clip is silence in a call.")
    return_attention_mask: bool = mask_by_name("Of `pad`: a call returns the mask.")

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _takes = _TAKES
    _laid_out = FeatureExtractor._alone
    _mask = Mask("attention_mask", "always", np.bool_)
    _pads_right_only = True
    _even_n_fft = True

    def _options(self) -> dict[str, Any]:
        return {"preemphasis": self.preemphasis or 0.0}

    def _check_padding(self) -> None:
        super()._check_padding()
        if self.preemphasis is None and self.padding_value:
            raise ValueError(
                f"padding_value={brief(self.padding_value)} must be 0.0 without pre-emphasis"
            )

    def _frames(self, n: int, given: Given) -> int:
        return 1 + n // self.hop_length


class ParakeetFeatureExtractor(_NemoLike):
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
    _call = Call(_PARAKEET, _RETURNS)


class CohereAsrFeatureExtractor(_NemoLike):
    """Cohere ASR's log-mel features."""

    feature_size: int = 128
    dither: float = field(
        1e-5,
        "Standard deviation of noise, from torch's generator seeded with the number of samples: "
        "needs torch if it is not 0.",
    )
    max_audio_clip_s: float = field(35.0, "Seconds of the longest piece of a clip.")
    overlap_chunk_second: float = field(
        5.0, "Seconds before its end in which a piece may be cut, where it is quiet."
    )
    min_energy_window_samples: int = field(1600, "Samples over which energy is measured.")

    _chain = NEMO["cohere-asr"].config.chain
    _lists = ("audio_chunk_index",)
    _call = Call(
        _PARAKEET,
        f'{_RETURNS} They are those of all pieces, with "audio_chunk_index", a list of (clip, '
        "piece or None).",
    )

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        pieces, index = self._pieces(clips)
        kept = self._lengths(map(len, pieces), given).kept
        dithered = [self._dithered(p[:n]) for p, n in zip(pieces, kept, strict=True)]
        return {**super()._computed(dithered, given), "audio_chunk_index": index}

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
        torch = require("torch", what=f"noise of dither={self.dither} (0.0 makes none)")
        generator = torch.Generator().manual_seed(len(clip))
        noise = torch.randn(len(clip), generator=generator).numpy()
        dithered: Floats = clip + np.float32(self.dither) * noise
        return dithered


class NemotronAsrStreamingFeatureExtractor(_NemoLike):
    """Nemotron's log-mel features."""

    mel_filters_dtype: str = field("float32", "Precision of filters and window, the only one.")

    _chain = NEMO["nemotron-asr-streaming"].config.chain
    _call = Call(
        "raw_speech, truncation=False, pad_to_multiple_of=None, return_tensors=None, "
        "return_attention_mask=None, padding='longest', max_length=None, sampling_rate=None, "
        "device='cpu', return_token_timestamps=None, center=True, "
        "is_last_audio_chunk: bool = False, **kwargs",
        _RETURNS,
        is_last_audio_chunk="Whether a later piece is the last, which ends in silence.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        if self.mel_filters_dtype != "float32":
            raise ValueError(f"mel_filters_dtype={brief(self.mel_filters_dtype)} must be 'float32'")

    def _chain_for(self, given: Given) -> FrontEnd:
        """Return the front end of a first piece of a stream, of later ones, or of its last."""
        if given.center:
            return self._front_end
        last = given.is_last_audio_chunk
        after = (0, self.n_fft // 2 - self.hop_length) if last else "none"
        return self._changed(padding=after, frame_count="whole")

    def _frames(self, n: int, given: Given) -> int:
        return super()._frames(n, given) if given.center else self._chain_for(given).num_frames(n)


class LasrFeatureExtractor(FeatureExtractor):
    """LASR's log-mel features."""

    feature_size: int = 128
    sampling_rate: int = 16000
    hop_length: int = 160
    n_fft: int = 512
    win_length: int = 400
    padding_value: float = 0.0
    return_attention_mask: bool = mask_by_name()

    model_input_names: ClassVar = ["input_features", "attention_mask"]
    _chain = HUGGING_FACE["lasr"].config.chain
    _takes = _TAKES
    _call = Call(_PARAKEET, _RETURNS)
    _mask = Mask("attention_mask", "asked", np.bool_, at=last_of_window)
