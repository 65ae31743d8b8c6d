"""UnivNet's extractor."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ._base import FeatureExtractor, our_window
from ._batch import BatchFeature
from ._clips import Floats, Lengths

__all__ = ["UnivNetFeatureExtractor"]


class UnivNetFeatureExtractor(FeatureExtractor):
    """UnivNet's log-mel features and noise; ``transformers.UnivNetFeatureExtractor`` (5.23).

    Parameters
    ----------
    feature_size : int, default=1
        Of waveforms.
    sampling_rate : int, default=24000
        Sample rate in Hz.
    padding_value : float, default=0.0
        Samples of the padding.
    do_normalize : bool, default=False
        Whether ``[normalize_min, normalize_max]`` becomes [-1, 1].
    num_mel_bins : int, default=100
        Mel bands.
    hop_length, win_length, filter_length : int, default=256, 1024, 1024
        Samples between frames, of the window, and of the transform.
    win_function : {"hann_window", "hamming_window", ...}
        Window of each frame.
    max_length_s : int, default=10
        Seconds that clips are cut to.
    fmin, fmax : float, default=0, half the sample rate
        Range of the bands in Hz.
    mel_floor : float, default=1e-9
        Added to the power of the spectrum.
    center : {False}
        The original's framing.
    compression_factor, compression_clip_val : float, default=1.0, 1e-5
        Factor of the bands, and what they are raised to before.
    normalize_min, normalize_max : float
        See `do_normalize`.
    model_in_channels : int, default=64
        Values of the noise for each frame.
    pad_end_length : int, default=10
        Frames of padding that `pad_end` adds.
    return_attention_mask : bool, default=True
        Default of the argument of a call.
    **kwargs
        Other entries of ``preprocessor_config.json``.
    """

    model_input_names = ("input_features", "noise_sequence", "padding_mask")

    def __init__(
        self,
        feature_size: int = 1,
        sampling_rate: int = 24000,
        padding_value: float = 0.0,
        do_normalize: bool = False,
        num_mel_bins: int = 100,
        hop_length: int = 256,
        win_length: int = 1024,
        win_function: str = "hann_window",
        filter_length: int | None = 1024,
        max_length_s: int = 10,
        fmin: float = 0.0,
        fmax: float | None = None,
        mel_floor: float = 1e-9,
        center: bool = False,
        compression_factor: float = 1.0,
        compression_clip_val: float = 1e-5,
        normalize_min: float = -11.512925148010254,
        normalize_max: float = 2.3143386840820312,
        model_in_channels: int = 64,
        pad_end_length: int = 10,
        return_attention_mask: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            feature_size, sampling_rate, padding_value, return_attention_mask, **kwargs
        )
        if center:
            raise ValueError("center=True is not supported; the model's frames are not centred")
        self.do_normalize = do_normalize
        self.num_mel_bins = num_mel_bins
        self.hop_length = hop_length
        self.win_length = win_length
        self.win_function = win_function
        self.filter_length = filter_length
        self.fmin = fmin
        self.fmax = sampling_rate / 2 if fmax is None else fmax
        self.mel_floor = mel_floor
        self.max_length_s = max_length_s
        self.center = center
        self.compression_factor = compression_factor
        self.compression_clip_val = compression_clip_val
        self.normalize_min = normalize_min
        self.normalize_max = normalize_max
        self.model_in_channels = model_in_channels
        self.pad_end_length = pad_end_length

    def _config(self) -> MelConfig:
        n_fft = self.filter_length or 1 << (self.win_length - 1).bit_length()
        pad = (n_fft - self.hop_length) // 2
        return HUGGING_FACE["univnet"].config.chain.replace(
            sample_rate=self.sampling_rate,
            n_fft=n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            window=our_window(self.win_function),
            padding=(pad, pad),
            spectrum_offset=self.mel_floor,
            n_mels=self.num_mel_bins,
            fmin=self.fmin,
            fmax=self.fmax,
            log_floor=self.compression_clip_val,
            shift=float(np.log(self.compression_factor)),
        )

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

        Parameters
        ----------
        $clips
        $rate
        $lengths
        return_noise : bool
            Whether "noise_sequence" is returned, from `generator`.
        generator : numpy.random.Generator, optional
            By default a new one.
        pad_end, pad_length : bool, int
            Whether `pad_length` frames of padding follow each clip.
        do_normalize, return_attention_mask : bool, optional
            As the constructor's.
        $list_tensors

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip; "padding_mask", int32
            of shape (samples,); "noise_sequence", float32 of shape (frames, model_in_channels).

        $raises
        """
        clips = self._clips(raw_speech, sampling_rate)
        if pad_end:
            more = (self.pad_end_length if pad_length is None else pad_length) * self.hop_length
            clips = [np.pad(c, (0, more), constant_values=self.padding_value) for c in clips]
        lengths = Lengths.of_clips(
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
        return BatchFeature(data).convert_to_tensors(return_tensors)
