"""CLAP's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._base.arrays import resized
from .._base.checks import brief
from .._catalogue.huggingface import HUGGING_FACE
from ..steps import RepeatAndPad
from ._base import FeatureExtractor
from ._clips import Floats
from ._fields import Call, Given, field


class ClapFeatureExtractor(FeatureExtractor):
    """CLAP's log-mel features.

    Notes
    -----
    Random places come from NumPy's global generator, as in the original: ``numpy.random.seed``
    gives both the same.
    """

    feature_size: int = 64
    sampling_rate: int = 48000
    hop_length: int = 480
    max_length_s: int = field(10, "Seconds that clips are padded or cut to.")
    fft_window_size: int = field(1024, "Samples in a frame.", "n_fft")
    padding_value: float = field(0.0, "Kept as an attribute.")
    return_attention_mask: bool = field(False, "Kept as an attribute.")
    frequency_min: float = 0
    frequency_max: float = 14000
    top_db: int | None = field(None, "Kept as an attribute, without effect as in the original.")
    truncation: str = field(
        "fusion",
        'What is taken of longer clips: all of it, shrunk, and three random pieces ("fusion"), or '
        'a random one ("rand_trunc").',
    )
    padding: str = field(
        "repeatpad",
        'What shorter ones are filled with: whole copies and zeros ("repeatpad"), copies '
        '("repeat"), or zeros ("pad").',
    )

    model_input_names: ClassVar = ["input_features", "is_longer"]
    _chain = HUGGING_FACE["clap"].config.chain
    _call = Call(
        "raw_speech, truncation: str | None = None, padding=None, max_length=None, "
        "sampling_rate=None, return_tensors=None, **kwargs",
        '"input_features", float32 of shape (4 or 1, frames, bands) for each clip, and '
        '"is_longer", whether a clip was.',
        truncation="As the constructor's.",
        padding="As the constructor's.",
        max_length="Samples that clips are padded or cut to, instead of `max_length_s` seconds.",
    )

    def _derive(self, others: dict[str, Any]) -> None:
        self.nb_frequency_bins = (self.fft_window_size >> 1) + 1
        self.nb_max_samples = self.max_length_s * self.sampling_rate

    def _computed(self, clips: list[Floats], given: Given) -> dict[str, Any]:
        truncation = self.truncation if given.truncation is None else given.truncation
        padding = self.padding if given.padding in (None, True) else given.padding
        if truncation not in ("fusion", "rand_trunc"):
            raise ValueError(f'truncation={brief(truncation)} must be "fusion" or "rand_trunc"')
        n = given.max_length or self.nb_max_samples
        mels = [self._mel(_filled(c, n, padding), n, truncation) for c in clips]
        longer = [len(c) > n and mel.shape[1] > 0 for c, mel in zip(clips, mels, strict=True)]
        if truncation == "fusion":
            same_frames = 1 + n // self.hop_length
            longer = [len(c) > n and 1 + len(c) // self.hop_length != same_frames for c in clips]
            if not any(longer):  # the model needs one
                longer[_below(len(longer))] = True
        return {"input_features": mels, "is_longer": [[flag] for flag in longer]}

    def _mel(self, clip: Floats, n: int, truncation: str) -> Floats:
        if truncation == "rand_trunc":
            start = _below(len(clip) - n + 1) if len(clip) > n else 0
            slaney = self._changed(
                mel_scale="slaney", mel_norm="slaney", mel_weights=None, n_mels=self.feature_size
            )
            return slaney(clip[start : start + n])[np.newaxis]
        mel = self._front_end(clip)
        frames = n // self.hop_length + 1
        if len(clip) <= n or len(mel) == frames:
            return np.stack([mel] * 4)
        places = np.array_split(np.arange(len(mel) - frames + 1), 3)
        starts = [int(p[_below(len(p))]) if len(p) else _below(1) for p in places]
        return np.stack([_shrunk(mel, frames), *(mel[s : s + frames] for s in starts)])


def _below(n: int) -> int:
    return int(np.random.randint(0, n))  # noqa: NPY002 - the generator of the original


def _filled(clip: Floats, n: int, padding: object) -> Floats:
    """Return the clip, repeated and padded to `n` samples if it is shorter."""
    if len(clip) >= n:
        return clip
    if len(clip) == 0:
        raise ValueError("a clip is empty; there is nothing to repeat")
    if padding == "repeat":
        return np.resize(clip, n)
    if padding == "repeatpad":
        return RepeatAndPad(n)(clip)
    return resized(clip, n)


def _shrunk(mel: Floats, frames: int) -> Floats:
    """Return the picture scaled to fewer frames, linearly between the two nearest."""
    # In float32, as the original: the place decides what the neighbours weigh.
    at = (np.arange(frames, dtype=np.float32) + np.float32(0.5)) * np.float32(len(mel) / frames)
    at = np.maximum(at - np.float32(0.5), 0)
    before = at.astype(int)
    after = np.minimum(before + 1, len(mel) - 1)
    part = (at - before).astype(np.float32)[:, np.newaxis]
    return np.asarray((1 - part) * mel[before] + part * mel[after], np.float32)
