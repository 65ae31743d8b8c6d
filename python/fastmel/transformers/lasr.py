"""LASR's extractor."""

from __future__ import annotations

from typing import Any

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._batch import BatchFeature
from ._clips import Floats
from .nemo import _ParakeetCall

__all__ = ["LasrFeatureExtractor"]


class LasrFeatureExtractor(_ParakeetCall):
    """LASR's log-mel features; ``transformers.LasrFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=128
        Mel bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    hop_length, n_fft, win_length : int, default=160, 512, 400
        Samples between frames, of the transform, and of the window.
    padding_value : float, default=0.0
        Samples of the padding.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "attention_mask")

    def __init__(
        self,
        feature_size: int = 128,
        sampling_rate: int = 16000,
        hop_length: int = 160,
        n_fft: int = 512,
        win_length: int = 400,
        padding_value: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length, self.n_fft, self.win_length = hop_length, n_fft, win_length

    def _config(self) -> MelConfig:
        return HUGGING_FACE["lasr"].config.chain.replace(
            **self._sizes(),
            n_mels=self.feature_size,
        )

    def _result(
        self, clips: list[Floats], lengths: tuple[Any, ...], tensors: Any, with_mask: bool
    ) -> BatchFeature:
        samples, kept = self._batch(clips, *lengths)
        data: dict[str, Any] = {"input_features": self._front_end(samples)}
        if with_mask:
            data["attention_mask"] = self._mask_of_last_samples(kept)
        return BatchFeature(data).convert_to_tensors(tensors)
