"""SpeechT5's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor, our_window
from ._batch import BatchFeature
from ._clips import Floats, zero_mean_unit_variance
from ._fields import bands, field, mask, padding, rate

__all__ = ["SpeechT5FeatureExtractor"]


class SpeechT5FeatureExtractor(FeatureExtractor):
    """SpeechT5's waveforms and log-mel targets."""

    feature_size: int = field(1, "Of waveforms.")
    sampling_rate: int = rate()
    padding_value: float = padding(0.0, "Value of the padding, of samples and of frames.")
    do_normalize: bool = field(False, "Whether waveforms are given mean 0 and variance 1.")
    num_mel_bins: int = bands(80, "Mel bands of the targets.")
    hop_length: int = field(16, "From one frame to the next, in milliseconds.")
    win_length: int = field(64, "Of the window, in milliseconds.")
    win_function: str = field("hann_window", 'Window of each frame; "hamming_window", …')
    fmin: float = field(80, "Lowest frequency of the bands in Hz.", "fmin")
    fmax: float = field(7600, "Highest frequency of the bands in Hz.", "fmax")
    mel_floor: float = field(1e-10, "What bands are raised to before the logarithm.", "log_floor")
    return_attention_mask: bool = mask(True)

    model_input_names: ClassVar = ["input_values", "attention_mask"]
    _chain = HUGGING_FACE["speecht5"].config.chain.replace(window_position="left")
    _unit = "samples for `audio`, in frames for `audio_target`"
    _arguments: ClassVar = {
        "audio": "A clip (one axis, or a list of numbers), or several; this or `audio_target` is "
        "needed.",
        "audio_target": "As `audio`.",
    }

    def _options(self) -> dict[str, Any]:
        size = self.win_length * self.sampling_rate // 1000
        return {
            "n_fft": 1 << (size - 1).bit_length(),
            "hop_length": self.hop_length * self.sampling_rate // 1000,
            "win_length": size,
            "window": our_window(self.win_function),
        }

    def __call__(
        self,
        audio: Any = None,
        audio_target: Any = None,
        padding: Any = False,
        max_length: int | None = None,
        truncation: bool = False,
        pad_to_multiple_of: int | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: Any = None,
        sampling_rate: int | None = None,
        **kwargs: Any,
    ) -> BatchFeature:
        """Prepare waveforms, and compute the features of targets.

        Returns
        -------
        BatchFeature
            "input_values" (samples of `audio`, else features of `audio_target`) and
            "attention_mask"; with both, "labels" and "decoder_attention_mask" of the target.
        """
        if audio is None and audio_target is None:
            raise ValueError("audio or audio_target is needed")
        arguments = (padding, max_length, truncation, pad_to_multiple_of)
        with_mask = self._wants_mask(return_attention_mask)
        result: dict[str, Any] = {}
        if audio is not None:
            clips = self._clips(audio, sampling_rate, name="audio")
            result = self._prepared(clips, arguments, with_mask, is_target=False)
        if audio_target is not None:
            clips = self._clips(audio_target, sampling_rate, name="audio_target")
            mels = [self._front_end(c) for c in clips]
            target = self._prepared(mels, arguments, with_mask, is_target=True)
            if audio is None:
                result = target
            else:
                result["labels"] = target["input_values"]
                if with_mask:
                    result["decoder_attention_mask"] = target["attention_mask"]
        return BatchFeature(result, return_tensors)

    def _prepared(
        self, clips: list[Floats], arguments: Any, with_mask: bool, is_target: bool
    ) -> dict[str, Any]:
        lengths = self._lengths(clips, *arguments)
        values = self._padded(clips, lengths)
        if self.do_normalize and not is_target:
            values = [
                zero_mean_unit_variance(v[np.newaxis], [kept], self.padding_value)[0]
                for v, kept in zip(values, lengths.kept, strict=True)
            ]
        masks = {"attention_mask": list(self._masks(lengths))} if with_mask else {}
        return {"input_values": values, **masks}
