"""Pop2Piano's extractor: log-mel features of the bars between beats."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping
from enum import Enum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from .._base.arrays import Array
from .._base.checks import brief
from .._base.extras import require
from .._catalogue.huggingface import HUGGING_FACE
from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clips import Clips, Floats, waveforms
from ._fields import Call, Given, field, mask_by_name


class Pop2PianoFeatureExtractor(FeatureExtractor):
    """Pop2Piano's log-mel features of bars.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.transformers import Pop2PianoFeatureExtractor
    >>> noise = np.random.default_rng(0).standard_normal(110250).astype(np.float32)
    >>> batch = Pop2PianoFeatureExtractor()(noise, 22050, beat_times=np.arange(0.5, 4.5, 0.5))
    >>> batch.input_features.shape, batch.beatsteps.shape
    ((3, 44, 512), (1, 17))
    """

    sampling_rate: int = 22050
    padding_value: float = field(0, "Of what is padding, also in masks, as in the original.")
    window_size: int = field(4096, "Samples of a frame.", "n_fft")
    hop_length: int = 1024
    min_frequency: float = 10.0
    feature_size: int = 512
    num_bars: int = field(2, "Bars of four steps in a segment.")
    return_attention_mask: bool = mask_by_name("Kept as an attribute; a call has its own.")

    model_input_names: ClassVar = ["input_features", "beatsteps", "extrapolated_beatstep"]
    _chain = HUGGING_FACE["pop2piano"].config.chain
    _takes = Clips(array="clip")
    _call = Call(
        "audio, sampling_rate: int | list[int], steps_per_beat: int = 2, "
        "resample: bool | None = True, return_attention_mask=False, return_tensors=None, *, "
        "beat_times: Any = None, **kwargs",
        '"input_features", float32 of shape (segments, frames, feature_size), those of all clips '
        "with one of zeros after each (but not after a single clip without masks); "
        '"beatsteps" and "extrapolated_beatstep", float32 of shape (clips, steps), in seconds; and '
        'the masks of each, int64: "attention_mask", "attention_mask_beatsteps" and '
        '"attention_mask_extrapolated_beatstep".',
        raises="""\
Raises
------
ValueError
    If several clips have one sample rate; for less than two beats, clips that are empty or
    not finite.
ImportError
    If Essentia or librosa is needed and not installed.""",
        sampling_rate="Sample rate of the clip, or of each of several (a list), in Hz.",
        steps_per_beat="Steps that a beat is divided into.",
        resample="Whether clips of another rate are resampled, with librosa; they are taken as "
        "they are with a warning otherwise.",
        return_attention_mask="Whether masks are returned; None means for several clips.",
        beat_times="Times of the beats of the clip, or of each of several (a list), in seconds; "
        "two or more. By default :meth:`extract_rhythm` finds them.",
    )

    def _options(self) -> dict[str, Any]:
        return {"fmax": float(self.sampling_rate // 2)}

    def _called(self, given: Given) -> BatchFeature:
        audio, rates, beats = given.audio, given.sampling_rate, given.beat_times
        clips = waveforms(audio, self._takes, "audio")
        several = isinstance(audio, (list, tuple)) and np.ndim(audio[0]) > 0
        if several and not isinstance(rates, list):
            raise ValueError(f"sampling_rate={brief(rates)} must be a list, one for each clip")
        if 0 in map(len, clips):
            raise ValueError("audio has a clip without samples")
        rates = rates if isinstance(rates, list) else [rates]
        beats = beats if several and beats is not None else [beats] * len(clips)
        for name, values in {"sampling_rate": rates, "beat_times": beats}.items():
            if len(values) != len(clips):
                raise ValueError(f"{name}={brief(values)} must be a list, one for each clip")
        parts = [
            self._bars(clip, rate, times, given.steps_per_beat, bool(given.resample))
            for clip, rate, times in zip(clips, rates, beats, strict=True)
        ]
        asked = given.return_attention_mask
        columns = map(list, zip(*parts, strict=True))
        data = dict(zip(self.model_input_names, columns, strict=True))
        with_mask = several if asked is None else bool(asked)
        return self.pad(data, several, with_mask, given.return_tensors)

    def pad(  # type: ignore[override]
        self,
        inputs: Mapping[str, Any],
        is_batched: bool,
        return_attention_mask: bool,
        return_tensors: str | Enum | None = None,
    ) -> BatchFeature:
        """Join what several clips have come to.

        Parameters
        ----------
        inputs : mapping
            "input_features", "beatsteps" and "extrapolated_beatstep", lists of arrays of each clip.
        is_batched : bool
            Whether there were several.
        return_attention_mask : bool
            Whether masks are returned.
        return_tensors : {None, "np", "pt"}
            As in a call.

        Returns
        -------
        BatchFeature
            As a call.
        """
        gap = int(bool(is_batched or return_attention_mask))
        data = {}
        for name in self.model_input_names:
            main = name == self.model_input_names[0]
            mask = "attention_mask" if main else f"attention_mask_{name}"
            data[name], data[mask] = self._joined(inputs[name], gap * main)
        if not return_attention_mask:
            data = {name: data[name] for name in self.model_input_names}
        return BatchFeature(data, return_tensors)

    def extract_rhythm(self, audio: ArrayLike) -> tuple[Any, ...]:
        """Return tempo, beat times in seconds, confidence, estimates and intervals of `audio`.

        As Essentia's ``RhythmExtractor2013(method="multifeature")`` finds them.

        Raises
        ------
        ImportError
            If Essentia is not installed.
        """
        essentia = require("essentia.standard", what="a call without beat_times")
        found: tuple[Any, ...] = essentia.RhythmExtractor2013(method="multifeature")(audio)
        return found

    def _bars(
        self, clip: Floats, rate: int, beats: ArrayLike | None, steps_per_beat: int, resample: bool
    ) -> tuple[Floats, Array, Array]:
        """Return the features of a clip, (segments, frames, bands), its steps, and more of them."""
        beats = np.asarray(self.extract_rhythm(clip)[1] if beats is None else beats)
        if beats.ndim != 1 or len(beats) < 2:
            raise ValueError(f"two beats or more are needed; got beat_times of {beats.shape}")
        steps = _interpolated(beats, steps_per_beat, 1)
        clip = self._at_rate(clip, rate, resample)
        begin, end = (int(t * self.sampling_rate) for t in (steps[0], steps[-1]))
        more = _interpolated(steps - steps[0], 1, (self.num_bars + 1) * 4 + 1)
        places = [*range(0, len(steps), self.num_bars * 4), len(steps)]
        cuts = [int(t * self.sampling_rate) for t in more[places]]
        pieces = [clip[begin:end][a:b] for a, b in itertools.pairwise(cuts)]
        segments = np.zeros((len(pieces), max(np.diff(cuts))), np.float32)
        for segment, piece in zip(segments, pieces, strict=True):
            segment[: len(piece)] = piece
        return self._front_end(segments), steps, more

    def _at_rate(self, clip: Floats, rate: int, resample: bool) -> Floats:
        if rate == self.sampling_rate:
            return clip
        if not resample:
            warnings.warn(
                f"audio of {rate} Hz is taken as of {self.sampling_rate} Hz; resample=True "
                "resamples it",
                stacklevel=4,
            )
            return clip
        librosa = require("librosa", what=f"resampling from {rate} to {self.sampling_rate} Hz")
        resampled: Floats = librosa.resample(
            clip, orig_sr=rate, target_sr=self.sampling_rate, res_type="kaiser_best"
        )
        return resampled

    def _joined(self, of_clips: list[Array], gap: int) -> list[Array]:
        """Return what clips have, padded to the longest, and masks of what is no padding.

        A clip's rows are so many rows of zeros apart from the next one's.
        """
        rows = [np.atleast_2d(x) for x in of_clips]
        longest = max(x.shape[1] for x in rows)
        parts = []
        for x in rows:
            more = [(0, 0), (0, longest - x.shape[1]), *[(0, 0)] * (x.ndim - 2)]
            pair = (x.astype(np.float32), more), (np.ones(x.shape[:2], np.int64), more[:2])
            filled = [np.pad(v, w, constant_values=self.padding_value) for v, w in pair]
            parts.append([np.pad(v, [(0, gap), *[(0, 0)] * (v.ndim - 1)]) for v in filled])
        return [np.concatenate(x) for x in zip(*parts, strict=True)]


def _interpolated(times: Array, steps: int, more: int) -> Array:
    """Return `steps` times for each one, and `more` that follow, on lines through neighbours."""
    n = len(times)
    at = np.linspace(0, n + more - 1, n * steps + more)
    # A time that is given is the end of the line before it.
    after = np.clip(np.ceil(at).astype(int), 1, n - 1)
    slopes = np.float64(times[after] - times[after - 1])
    interpolated: Array = slopes * (at - (after - 1)) + times[after - 1]
    return interpolated
