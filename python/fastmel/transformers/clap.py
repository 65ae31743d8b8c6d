"""CLAP's extractor."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..frontend import FrontEnd
from ..steps import RepeatAndPad
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Floats

__all__ = ["ClapFeatureExtractor"]


class ClapFeatureExtractor(FeatureExtractor):
    """CLAP's log-mel features; ``transformers.ClapFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=64
        Mel bands.
    sampling_rate : int, default=48000
        Sample rate in Hz.
    hop_length, fft_window_size : int, default=480, 1024
        Samples between frames, and in a frame.
    max_length_s : int, default=10
        Seconds that clips are padded or cut to.
    padding_value : float, default=0.0
        Kept as an attribute.
    return_attention_mask : bool, default=False
        Kept as an attribute.
    frequency_min, frequency_max : float, default=0, 14000
        Range of the bands in Hz.
    top_db : optional
        Kept as an attribute, without effect as in the original.
    truncation : {"fusion", "rand_trunc"}
        What is taken of longer clips: all of it, shrunk, and three random pieces; or a random one.
    padding : {"repeatpad", "repeat", "pad"}
        What shorter ones are filled with: whole copies and zeros, copies, or zeros.
    **kwargs
        Other entries of ``preprocessor_config.json``.

    Notes
    -----
    Random places come from NumPy's global generator, as in the original: ``numpy.random.seed``
    gives both the same.
    """

    model_input_names = ("input_features", "is_longer")

    def __init__(
        self,
        feature_size: int = 64,
        sampling_rate: int = 48000,
        hop_length: int = 480,
        max_length_s: int = 10,
        fft_window_size: int = 1024,
        padding_value: float = 0.0,
        return_attention_mask: bool = False,
        frequency_min: float = 0,
        frequency_max: float = 14000,
        top_db: int | None = None,
        truncation: str = "fusion",
        padding: str = "repeatpad",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.top_db = top_db
        self.truncation = truncation
        self.padding = padding
        self.fft_window_size = fft_window_size
        self.nb_frequency_bins = (fft_window_size >> 1) + 1
        self.hop_length = hop_length
        self.max_length_s = max_length_s
        self.nb_max_samples = max_length_s * sampling_rate
        self.frequency_min = frequency_min
        self.frequency_max = frequency_max

    def _of(self, row: str) -> MelConfig:
        return HUGGING_FACE[row].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.fft_window_size,
            hop_length=self.hop_length,
            n_mels=self.feature_size,
            fmin=self.frequency_min,
            fmax=self.frequency_max,
        )

    def _config(self) -> MelConfig:
        return self._of("clap")

    @cached_property
    def _truncated(self) -> FrontEnd:
        return FrontEnd(self._of("clap-rand-trunc"))

    def __call__(
        self,
        raw_speech: Any,
        truncation: str | None = None,
        padding: Any = None,
        max_length: int | None = None,
        sampling_rate: int | None = None,
        return_tensors: Any = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        truncation, padding : str, optional
            As the constructor's.
        max_length : int, optional
            Samples that clips are padded or cut to, instead of `max_length_s` seconds.
        $rate
        $list_tensors
        $others

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (4 or 1, frames, bands) for each clip, and
            "is_longer", whether a clip was.

        Raises
        ------
        ValueError
            For another sample rate, an unknown truncation, clips that are empty or not finite.
        """
        clips = self._clips(raw_speech, sampling_rate)
        truncation = self.truncation if truncation is None else truncation
        padding = self.padding if padding is None or padding is True else padding
        if truncation not in ("fusion", "rand_trunc"):
            raise ValueError(f'truncation={truncation!r} must be "fusion" or "rand_trunc"')
        n = max_length or self.nb_max_samples
        mels = [self._mel(_filled(c, n, padding), n, truncation) for c in clips]
        longer = [len(c) > n and mel.shape[1] > 0 for c, mel in zip(clips, mels, strict=True)]
        if truncation == "fusion":
            same_frames = 1 + n // self.hop_length
            longer = [len(c) > n and 1 + len(c) // self.hop_length != same_frames for c in clips]
            if not any(longer):  # the model needs one
                longer[_below(len(longer))] = True
        data = {"input_features": mels, "is_longer": [[flag] for flag in longer]}
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _mel(self, clip: Floats, n: int, truncation: str) -> Floats:
        if truncation == "rand_trunc":
            start = _below(len(clip) - n + 1) if len(clip) > n else 0
            return self._truncated(clip[start : start + n])[np.newaxis]
        mel = self._front_end(clip)
        frames = n // self.hop_length + 1
        if len(clip) <= n or len(mel) == frames:
            return np.stack([mel] * 4)
        places = np.array_split(np.arange(len(mel) - frames + 1), 3)
        starts = [int(_choice(p if len(p) else np.zeros(1, int))) for p in places]
        return np.stack([_shrunk(mel, frames), *(mel[s : s + frames] for s in starts)])


def _below(n: int) -> int:
    return int(np.random.randint(0, n))  # noqa: NPY002 - the generator of the original


def _choice(values: Any) -> Any:
    return np.random.choice(values)  # noqa: NPY002 - the generator of the original


def _filled(clip: Floats, n: int, padding: Any) -> Floats:
    """Return the clip, repeated and padded to `n` samples if it is shorter."""
    if len(clip) >= n:
        return clip
    if len(clip) == 0:
        raise ValueError("a clip is empty; there is nothing to repeat")
    if padding == "repeat":
        return np.resize(clip, n)
    if padding == "repeatpad":
        return RepeatAndPad(n)(clip)
    return np.pad(clip, (0, n - len(clip)))


def _shrunk(mel: Floats, frames: int) -> Floats:
    """Return the picture scaled to fewer frames, linearly between the two nearest."""
    # In float32, as the original: the place decides what the neighbours weigh.
    at = (np.arange(frames, dtype=np.float32) + np.float32(0.5)) * np.float32(len(mel) / frames)
    at = np.maximum(at - np.float32(0.5), 0)
    before = at.astype(int)
    after = np.minimum(before + 1, len(mel) - 1)
    part = (at - before).astype(np.float32)[:, np.newaxis]
    shrunk: Floats = (1 - part) * mel[before] + part * mel[after]
    return shrunk
