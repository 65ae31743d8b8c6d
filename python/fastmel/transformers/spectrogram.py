"""Extractors on transformers' own spectrogram: CLAP, SpeechT5, UnivNet, CLVP."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ..catalogue.huggingface import HUGGING_FACE
from ..config import MelConfig
from ..frontend import FrontEnd
from ..steps import RepeatAndPad
from ._base import (
    BatchFeature,
    FeatureExtractor,
    Floats,
    Lengths,
    waveforms,
    zero_mean_unit_variance,
)

__all__ = [
    "ClapFeatureExtractor",
    "ClvpFeatureExtractor",
    "SpeechT5FeatureExtractor",
    "UnivNetFeatureExtractor",
]


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
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
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
        return HUGGING_FACE[row].config.replace(
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
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several.
        truncation, padding : str, optional
            As the constructor's.
        max_length : int, optional
            Samples that clips are padded or cut to, instead of `max_length_s` seconds.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        return_tensors : {None, "np", "pt"}
            Lists of NumPy arrays, arrays, or torch tensors.
        **kwargs
            Without effect.

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
        self._check_call(sampling_rate)
        truncation = self.truncation if truncation is None else truncation
        padding = self.padding if padding is None or padding is True else padding
        if truncation not in ("fusion", "rand_trunc"):
            raise ValueError(f'truncation={truncation!r} must be "fusion" or "rand_trunc"')
        n = max_length or self.nb_max_samples
        clips = waveforms(raw_speech)
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
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
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
        return HUGGING_FACE["speecht5"].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=1 << (size - 1).bit_length(),
            hop_length=self.hop_length * self.sampling_rate // 1000,
            win_length=size,
            window=_window(self.win_function),
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
        return_tensors : {None, "np", "pt"}
            NumPy arrays (lists, where lengths differ), or torch tensors.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        **kwargs
            Without effect.

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
        self._check_call(sampling_rate)
        arguments = (padding, max_length, truncation, pad_to_multiple_of)
        with_mask = self._wants_mask(return_attention_mask)
        result: dict[str, Any] = {}
        if audio is not None:
            result = self._prepared(
                waveforms(audio, name="audio"), arguments, with_mask, is_target=False
            )
        if audio_target is not None:
            clips = [self._front_end(c) for c in waveforms(audio_target, name="audio_target")]
            target = self._prepared(clips, arguments, with_mask, is_target=True)
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
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
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
        return HUGGING_FACE["univnet"].config.replace(
            sample_rate=self.sampling_rate,
            n_fft=n_fft,
            hop_length=self.hop_length,
            win_length=self.win_length,
            window=_window(self.win_function),
            padding=(pad, pad),
            spectrum_offset=self.mel_floor,
            n_mels=self.num_mel_bins,
            fmin=self.fmin,
            fmax=self.fmax,
            log_floor=self.compression_clip_val,
            shift=float(np.log(self.compression_factor)),
        )

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
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        padding, max_length, truncation, pad_to_multiple_of
            Lengths in samples.
        return_noise : bool
            Whether "noise_sequence" is returned, from `generator`.
        generator : numpy.random.Generator, optional
            By default a new one.
        pad_end, pad_length : bool, int
            Whether `pad_length` frames of padding follow each clip.
        do_normalize, return_attention_mask : bool, optional
            As the constructor's.
        return_tensors : {None, "np", "pt"}
            Lists of NumPy arrays, arrays, or torch tensors.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (frames, bands) for each clip; "padding_mask", int32
            of shape (samples,); "noise_sequence", float32 of shape (frames, model_in_channels).

        Raises
        ------
        ValueError
            For another sample rate, clips too short for the reflection, or not finite.
        """
        self._check_call(sampling_rate)
        clips = waveforms(raw_speech)
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
        features = [self._front_end(c) for c in self._padded(clips, lengths)]
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
            feature_size,
            sampling_rate,
            padding_value,
            return_attention_mask=return_attention_mask,
            **kwargs,
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
        return HUGGING_FACE["clvp"].config.replace(
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
        raw_speech : array or list
            A clip (one axis, or a list of numbers), or several.
        sampling_rate : int, optional
            Sample rate of the clips; an error if the model needs another.
        truncation, padding, max_length, pad_to_multiple_of
            Lengths in samples: "max_length" (6 s by default), "longest" or "do_not_pad".
        return_tensors : {None, "np", "pt"}
            A list of NumPy arrays, an array, or a torch tensor.
        return_attention_mask : bool, optional
            Whether "attention_mask" is returned, of samples.
        **kwargs
            Without effect.

        Returns
        -------
        BatchFeature
            "input_features", float32 of shape (bands, frames) for each clip, and
            "attention_mask", int32 of shape (clips, samples).

        Raises
        ------
        ValueError
            For another sample rate, clips that make no batch, or that are not finite.
        """
        self._check_call(sampling_rate)
        clips = waveforms(raw_speech)
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


def _window(name: str) -> str:
    """Return our name of transformers' window."""
    known = {
        "boxcar": "boxcar",
        "hamming": "hamming",
        "hamming_window": "hamming",
        "hann": "hann",
        "hann_window": "hann",
        "povey": "povey_periodic",
    }
    if name not in known:
        raise ValueError(f"win_function={name!r} must be one of {', '.join(known)}")
    return known[name]
