"""X-Codec 2's extractor, and NeuCodec's."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, Lengths, zero_padded

__all__ = ["NeuCodecFeatureExtractor", "Xcodec2FeatureExtractor"]


class Xcodec2FeatureExtractor(FeatureExtractor):
    """X-Codec 2's inputs; ``transformers.Xcodec2FeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=80
        Kept as an attribute: there are 80 bands.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=1.0
        Value of frames that are padding.
    hop_length : int, default=320
        Samples of which clips become a multiple.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "input_values", "padding_mask", "input_features_mask")
    row = "xcodec2"
    _clip_rule = Clips(array="clip", nested=True)

    def __init__(
        self,
        feature_size: int = 80,
        sampling_rate: int = 16000,
        padding_value: float = 1.0,
        hop_length: int = 320,
        **kwargs: Any,
    ) -> None:
        super().__init__(feature_size, sampling_rate, padding_value, **kwargs)
        self.hop_length = hop_length
        self.stride = 2
        self.num_mel_bins = 80
        self.frame_length = 400
        self.frame_shift = 160

    def _config(self) -> MelConfig:
        config = HUGGING_FACE[self.row].config.chain.replace(
            sample_rate=self.sampling_rate, stack=1, stack_tail="drop"
        )
        if config.padding == "none":
            return config
        return config.replace(padding=(self.hop_length // 2, self.hop_length // 2))

    def __call__(
        self,
        audio: Any,
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = False,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        device: Any = "cpu",
        **kwargs: Any,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Parameters
        ----------
        audio : array or list
            A clip (one axis), or several.
        padding, max_length, truncation
            Lengths, in samples for the waveform and in frames for the features.
        $tensors
        $rate
        $device

        Returns
        -------
        BatchFeature
            "input_values", float32 of shape (clips, 1, samples), with "padding_mask"; and
            "input_features", float32 of shape (clips, frames, 160), with "input_features_mask".
        """
        clips = self._clips(audio, sampling_rate, device, name="audio")
        clips = [np.append(c, np.float32(0)) for c in clips]
        lengths = Lengths.of_clips(clips, padding, max_length, truncation, self.hop_length)
        values = zero_padded(clips, lengths)
        features, frames = self._padded_features(
            [self._whole(c[:n]) for c, n in zip(clips, lengths.kept, strict=True)],
            self._front_end,
            *(padding, max_length, truncation, self.stride),
        )
        n = frames.common() // self.stride
        whole = features[:, : n * self.stride]
        data = {
            "input_values": values[:, np.newaxis],
            "padding_mask": self._masks(lengths),
            "input_features": whole.reshape(len(clips), n, -1),
            "input_features_mask": np.asarray(self._masks(frames))[:, 1 :: self.stride][:, :n],
        }
        return BatchFeature(data).convert_to_tensors(return_tensors)

    def _whole(self, clip: Floats) -> Floats:
        return np.pad(clip, (0, -len(clip) % self.hop_length))


class NeuCodecFeatureExtractor(Xcodec2FeatureExtractor):
    """NeuCodec's inputs; ``transformers.NeuCodecFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size, sampling_rate, padding_value, hop_length, **kwargs
        As :class:`Xcodec2FeatureExtractor`.
    """

    row = "neucodec"
