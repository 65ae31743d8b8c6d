"""SpeechT5's extractor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor, our_window
from ._batch import BatchFeature
from ._clips import Floats, Lengths, zero_mean_unit_variance

__all__ = ["SpeechT5FeatureExtractor"]


class SpeechT5FeatureExtractor(FeatureExtractor):
    """SpeechT5's waveforms and log-mel targets; ``transformers.SpeechT5FeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=1
        Of waveforms.
    sampling_rate : int, default=16000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Value of the padding, of samples and of frames.
    do_normalize : bool, default=False
        Whether waveforms are given mean 0 and variance 1.
    num_mel_bins : int, default=80
        Mel bands of the targets.
    hop_length, win_length : int, default=16, 64
        In milliseconds.
    win_function : {"hann_window", "hamming_window", ...}
        Window of each frame.
    fmin, fmax : float, default=80, 7600
        Range of the bands in Hz.
    mel_floor : float, default=1e-10
        What bands are raised to before the logarithm.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_values", "attention_mask")

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 16000,
        padding_value: float = 0.0,
        do_normalize: bool = False,
        num_mel_bins: int = 80,
        hop_length: int = 16,
        win_length: int = 64,
        win_function: str = "hann_window",
        fmin: float = 80,
        fmax: float = 7600,
        mel_floor: float = 1e-10,
        return_attention_mask: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        self.do_normalize = do_normalize
        self.num_mel_bins = num_mel_bins
        self.hop_length = hop_length
        self.win_length = win_length
        self.win_function = win_function
        self.fmin = fmin
        self.fmax = fmax
        self.mel_floor = mel_floor

    def _config(self) -> MelConfig:
        size = self.win_length * self.sampling_rate // 1000
        return HUGGING_FACE["speecht5"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=1 << (size - 1).bit_length(),
            hop_length=self.hop_length * self.sampling_rate // 1000,
            win_length=size,
            window=our_window(self.win_function),
            window_position="left",
            n_mels=self.num_mel_bins,
            fmin=self.fmin,
            fmax=self.fmax,
            log_floor=self.mel_floor,
        )

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

        Parameters
        ----------
        audio, audio_target : array or list, optional
            A clip (one axis, or a list of numbers), or several; one of the two is needed.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in samples for `audio`, in frames for `audio_target`.
        return_attention_mask : bool, optional
            Whether masks are returned.
        $list_tensors
        $rate
        $others

        Returns
        -------
        BatchFeature
            "input_values" (samples of `audio`, else features of `audio_target`) and
            "attention_mask"; with both, "labels" and "decoder_attention_mask" of the target.

        Raises
        ------
        ValueError
            If neither is given; for another sample rate, or clips that are not finite.
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
        return BatchFeature(result).convert_to_tensors(return_tensors)

    def _prepared(
        self, clips: list[Floats], arguments: Any, with_mask: bool, is_target: bool
    ) -> dict[str, Any]:
        lengths = Lengths.of_clips(clips, *arguments)
        values, masks = self._padded(clips, lengths), self._masks(lengths)
        if self.do_normalize and not is_target:
            values = [
                zero_mean_unit_variance(v[np.newaxis], [m], self.padding_value)[0]
                for v, m in zip(values, masks, strict=True)
            ]
        return {"input_values": values, **({"attention_mask": list(masks)} if with_mask else {})}
