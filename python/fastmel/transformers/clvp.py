"""CLVP's extractor."""

from __future__ import annotations

from typing import Any

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Lengths

__all__ = ["ClvpFeatureExtractor"]


class ClvpFeatureExtractor(FeatureExtractor):
    """CLVP's log-mel features; ``transformers.ClvpFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Mel bands.
    sampling_rate : int, default=22050
        Sample rate in Hz.
    default_audio_length : int, default=6
        Seconds that clips are padded and cut to.
    hop_length, n_fft : int, default=256, 1024
        Samples between frames, and in a frame.
    chunk_length : int, default=30
        Kept as an attribute.
    padding_value : float, default=0.0
        Samples of the padding.
    mel_norms : list of float, optional
        What each band is divided by.
    return_attention_mask : bool, default=False
        Kept as an attribute; a call has its own.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 22050,
        default_audio_length: int = 6,
        hop_length: int = 256,
        chunk_length: int = 30,
        n_fft: int = 1024,
        padding_value: float = 0.0,
        mel_norms: Any = None,
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
        self.default_audio_length = default_audio_length
        self.mel_norms = mel_norms

    def _config(self) -> MelConfig:
        gain = None if self.mel_norms is None else tuple(1 / float(n) for n in self.mel_norms)
        return HUGGING_FACE["clvp"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=self.n_fft,
            hop_length=self.hop_length,
            n_mels=self.feature_size,
            feature_gain=gain,
        )

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_tensors: Any = None,
        return_attention_mask: bool | None = True,
        padding: Any = "max_length",
        max_length: int | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        $clips
        $rate
        truncation, padding, max_length, pad_to_multiple_of
            Lengths in samples: "max_length" (6 s by default), "longest" or "do_not_pad".
        $list_tensors
        $mask
        $others

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (bands, frames) for each clip, and
            "attention_mask", int32 of shape (clips, samples).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate)
        lengths = Lengths.of_clips(
            clips,
            padding,
            self.default_audio_length * self.sampling_rate if max_length is None else max_length,
            truncation,
            pad_to_multiple_of,
        )
        data: dict[str, Any] = {
            "input_features": list(self._front_end(self._stacked(clips, lengths)))
        }
        if self._wants_mask(return_attention_mask):
            data["attention_mask"] = self._masks(lengths)
        return BatchFeature(data).convert_to_tensors(return_tensors)
