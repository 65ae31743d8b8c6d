"""UnivNet's extractor."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor, our_window
from ._batch import BatchFeature
from ._clips import Floats
from ._fields import bands, field, hop, mask, padding, rate, window

__all__ = ["UnivNetFeatureExtractor"]


class UnivNetFeatureExtractor(FeatureExtractor):
    """UnivNet's log-mel features and noise."""

    feature_size: int = field(1, "Of waveforms.")
    sampling_rate: int = rate(24000)
    padding_value: float = padding(0.0)
    do_normalize: bool = field(False, "Whether ``[normalize_min, normalize_max]`` becomes [-1, 1].")
    num_mel_bins: int = bands(100)
    hop_length: int = hop(256)
    win_length: int = window(1024)
    win_function: str = field("hann_window", 'Window of each frame; "hamming_window", …')
    filter_length: int | None = field(
        1024, "Samples of the transform; None: the power of two that holds the window."
    )
    max_length_s: int = field(10, "Seconds that clips are cut to.")
    fmin: float = field(0.0, "Lowest frequency of the bands in Hz.", "fmin")
    fmax: float | None = field(None, "Highest; half the sample rate by default.", "fmax")
    mel_floor: float = field(1e-9, "Added to the power of the spectrum.", "spectrum_offset")
    center: bool = field(False, "The original's framing, the only one.")
    compression_factor: float = field(1.0, "Factor of the bands.")
    compression_clip_val: float = field(1e-5, "What they are raised to before.", "log_floor")
    normalize_min: float = field(-11.512925148010254, "See `do_normalize`.")
    normalize_max: float = field(2.3143386840820312, "See `do_normalize`.")
    model_in_channels: int = field(64, "Values of the noise for each frame.")
    pad_end_length: int = field(10, "Frames of padding that `pad_end` adds.")
    return_attention_mask: bool = mask(True)

    model_input_names: ClassVar = ["input_features", "noise_sequence", "padding_mask"]
    _chain = HUGGING_FACE["univnet"].config.chain
    _arguments: ClassVar = {
        "return_noise": "Whether the noise is returned.",
        "generator": "What it comes from; by default a new ``numpy.random.default_rng()``.",
        "pad_end": "Whether padding follows each clip.",
        "pad_length": "Frames of that; by default, as the constructor says.",
        "do_normalize": "As the constructor's.",
    }

    def _derive(self, others: dict[str, Any]) -> None:
        self.fmax = self.sampling_rate / 2 if self.fmax is None else self.fmax

    def _options(self) -> dict[str, Any]:
        if self.center:
            raise ValueError("center=True is not supported; the model's frames are not centred")
        n_fft = self.filter_length or 1 << (self.win_length - 1).bit_length()
        pad = (n_fft - self.hop_length) // 2
        return {
            "n_fft": n_fft,
            "window": our_window(self.win_function),
            "padding": (pad, pad),
            "shift": float(np.log(self.compression_factor)),
        }

    def _features(self, clip: Floats) -> Floats:
        """Return the features of a clip; none, where it is shorter than a frame's centre."""
        if len(clip) and not self._front_end.num_frames(len(clip)):
            return np.zeros((0, self.num_mel_bins), np.float32)
        return self._front_end(clip)

    def normalize(self, spectrogram: Any) -> Any:
        """Map features, `spectrogram`, from ``[normalize_min, normalize_max]`` to [-1, 1]."""
        width = self.normalize_max - self.normalize_min
        return 2 * ((spectrogram - self.normalize_min) / width) - 1

    def denormalize(self, spectrogram: Any) -> Any:
        """Return the features of which :meth:`normalize` made `spectrogram`."""
        width = self.normalize_max - self.normalize_min
        return self.normalize_min + width * ((spectrogram + 1) / 2)

    def __call__(
        self,
        raw_speech: Any,
        sampling_rate: int | None = None,
        padding: Any = True,
        max_length: int | None = None,
        truncation: bool = True,
        pad_to_multiple_of: int | None = None,
        return_noise: bool = True,
        generator: np.random.Generator | None = None,
        pad_end: bool = False,
        pad_length: int | None = None,
        do_normalize: bool | None = None,
        return_attention_mask: bool | None = None,
        return_tensors: Any = None,
    ) -> BatchFeature:
        """Compute the features of one clip or a batch.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip; "padding_mask", int32
            of shape (samples,); "noise_sequence", float32 of shape (frames, model_in_channels).
        """
        clips = self._clips(raw_speech, sampling_rate)
        if pad_end:
            more = (self.pad_end_length if pad_length is None else pad_length) * self.hop_length
            clips = [np.pad(c, (0, more), constant_values=self.padding_value) for c in clips]
        lengths = self._lengths(
            clips,
            padding,
            self.max_length_s * self.sampling_rate if max_length is None else max_length,
            truncation,
            pad_to_multiple_of,
        )
        features = [self._features(c) for c in self._padded(clips, lengths)]
        data: dict[str, Any] = {"input_features": features}
        if self._wants_mask(return_attention_mask):
            data["padding_mask"] = list(self._masks(lengths))
        if return_noise:
            generator = np.random.default_rng() if generator is None else generator
            shape = self.model_in_channels
            data["noise_sequence"] = [
                generator.standard_normal((len(f), shape), dtype=np.float32) for f in features
            ]
        if self.do_normalize if do_normalize is None else do_normalize:
            data["input_features"] = [self.normalize(f) for f in features]
        return BatchFeature(data, return_tensors)
