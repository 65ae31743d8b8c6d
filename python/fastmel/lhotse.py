"""Every front end as a feature extractor of Lhotse.

Wherever Lhotse takes an extractor, it takes a :class:`FeatureExtractor`: its cuts get features,
frame counts and manifests as with Lhotse's own. Importing this module registers an extractor for
each front end, ``fastmel-whisper`` for example, so that YAML of it is read and its stored features
are mixed.

Lhotse counts the frames of a cut by its duration, rounded to the nearest. A front end that returns
some more or fewer has the last ones cut off, or the last one repeated. Front ends that return other
numbers of frames (all of them 30 s, say), or patches, are refused.

Examples
--------
>>> import numpy as np
>>> from fastmel.lhotse import FeatureExtractor
>>> extractor = FeatureExtractor("whisper")
>>> extractor.name, extractor.frame_shift, extractor.feature_dim(16000)
('fastmel-whisper', 0.01, 80)
>>> extractor.extract(np.zeros((1, 16000), np.float32), 16000).shape
(100, 80)
>>> cuts = cuts.compute_and_store_features(extractor, "features", num_jobs=8)  # doctest: +SKIP
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ._base.checks import brief
from ._base.extras import require
from ._base.text import count
from ._engine.config import MelConfig
from ._frontend.frontend import FrontEnd
from ._frontend.named import frontend, frontends

require("lhotse", extra="lhotse", what="fastmel.lhotse")

import torch  # noqa: E402 - what Lhotse needs, it has
from lhotse.features import base  # noqa: E402
from lhotse.utils import compute_num_frames_from_samples  # noqa: E402

__all__ = ["FeatureExtractor", "FeatureExtractorConfig"]
__dir__ = __all__.copy

DEFAULT = "lhotse-fbank"

_SPARE = 16
"""Frames by which a front end may differ from a cut: NeMo pads to multiples of so many."""

# What a factor of e in the power adds to a logarithm.
_UNITS = {"ln": 1.0, "log10": 1 / math.log(10), "log2": 1 / math.log(2), "dB": 10 / math.log(10)}


@dataclass
class FeatureExtractorConfig:
    """What a :class:`FeatureExtractor` computes.

    Parameters
    ----------
    frontend : str, FrontEnd or MelConfig, default "lhotse-fbank"
        A name that :func:`fastmel.frontends` lists, or a configuration or its JSON. It is kept as
        text.
    workers : int, default 1
        Threads that share a batch; -1 for all CPUs. More than one is of use where no other process
        computes features.
    """

    frontend: str = DEFAULT
    workers: int = 1

    def __post_init__(self) -> None:
        given: Any = self.frontend
        if isinstance(given, (FrontEnd, MelConfig)):
            named = given.name if isinstance(given, FrontEnd) else None
            self.frontend = named or given.to_json()

    def to_dict(self) -> dict[str, Any]:
        """Return the parameters, as Lhotse writes them to YAML."""
        return {"frontend": self.frontend, "workers": self.workers}

    @staticmethod
    def from_dict(data: dict[str, Any]) -> FeatureExtractorConfig:
        """Make one of what :meth:`to_dict` returned."""
        return FeatureExtractorConfig(**data)


class FeatureExtractor(base.FeatureExtractor):  # type: ignore[misc]
    """Lhotse's extractor of the features of a front end.

    Parameters
    ----------
    config : FeatureExtractorConfig, str, FrontEnd or MelConfig, optional
        What to compute; a front end stands for a configuration of it. By default Lhotse's own
        filter bank.

    Attributes
    ----------
    name : str
        What Lhotse's manifests call the features: ``fastmel-`` and the front end's name.
    config : FeatureExtractorConfig
        The configuration.

    Raises
    ------
    ValueError, TypeError
        As :func:`fastmel.frontend`; and if the front end's frames do not follow a cut's duration.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.lhotse import FeatureExtractor
    >>> extractor = FeatureExtractor("kaldi-fbank")
    >>> clips = [np.zeros(16000, np.float32), np.zeros(24000, np.float32)]
    >>> [features.shape for features in extractor.extract_batch(clips, 16000)]
    [(100, 23), (150, 23)]
    """

    name = "fastmel"
    config_type = FeatureExtractorConfig
    _default: str = DEFAULT

    def __init__(
        self, config: FeatureExtractorConfig | str | FrontEnd | MelConfig | None = None
    ) -> None:
        if not isinstance(config, FeatureExtractorConfig):
            given: Any = self._default if config is None else config
            config = FeatureExtractorConfig(given)
        super().__init__(config)
        front_end = frontend(config.frontend)
        _check(front_end)
        self.name = _registered(front_end)
        self._fe = FrontEnd(front_end.config.replace(layout="time_mel", dtype="float32"))
        self._unit: float | None = _unit(front_end.config)

    def __reduce__(self) -> tuple[Any, ...]:
        return FeatureExtractor, (self.config,)

    @property
    def frame_shift(self) -> float:
        """Seconds from one frame to the next."""
        return self._fe.config.finished_hop / self._fe.sample_rate

    def feature_dim(self, sampling_rate: int) -> int:
        """Return the number of features of a frame."""
        return self._fe.n_features

    def extract(self, samples: NDArray[Any] | torch.Tensor, sampling_rate: int) -> Any:
        """Return the features of one recording.

        Parameters
        ----------
        samples : ndarray or torch.Tensor, shape (n_samples,) or (1, n_samples)
            Audio of one channel.
        sampling_rate : int
            Its rate in Hz.

        Returns
        -------
        ndarray or torch.Tensor of float32, shape (frames, features)
            What `samples` were.

        Raises
        ------
        ValueError, TypeError
            If the rate is not the front end's, for several channels, or as a call of the front end.
        """
        (features,) = self._features([samples], sampling_rate)
        return torch.from_numpy(features) if isinstance(samples, torch.Tensor) else features

    def extract_batch(self, samples: Any, sampling_rate: int, lengths: Any = None) -> Any:
        """Return the features of several recordings: those of :meth:`extract` on each.

        Parameters
        ----------
        samples : array or sequence of arrays
            Recordings, as for :meth:`extract`; or as one array, a row each.
        sampling_rate : int
            Their rate in Hz.
        lengths : sequence of int, optional
            Samples of each row that count, of recordings padded to one length.

        Returns
        -------
        list of ndarray or of torch.Tensor
            Of shape (frames, features); one array of all where their shapes are equal, as Lhotse's
            extractors have it.

        Raises
        ------
        ValueError, TypeError
            As :meth:`extract`, naming the item.
        """
        listed = isinstance(samples, (list, tuple))
        clips = list(samples) if listed or samples.ndim > 1 else [samples]
        if lengths is not None:
            clips = [clip[..., : int(n)] for clip, n in zip(clips, lengths, strict=True)]
        features: list[Any] = self._features(clips, sampling_rate)
        tensors = any(isinstance(clip, torch.Tensor) for clip in clips)
        if tensors:
            features = list(map(torch.from_numpy, features))
        if len(features) == 1:
            return features if listed or lengths is not None else features[0]
        if features and all(x.shape == features[0].shape for x in features):
            return torch.stack(features) if tensors else np.stack(features)
        return features

    def _features(self, clips: Sequence[Any], rate: int) -> list[NDArray[np.float32]]:
        if rate != self._fe.sample_rate:
            raise ValueError(
                f"sampling_rate={brief(rate)}: {self.name} expects {self._fe.sample_rate} Hz; "
                f"cuts.resample({self._fe.sample_rate}) resamples"
            )
        signals = [_mono(clip) for clip in clips]
        padded, frames = self._fe.batch(signals, self.config.workers)
        return [
            _fitted(features[:n], compute_num_frames_from_samples(len(y), self.frame_shift, rate))
            for features, n, y in zip(padded, frames, signals, strict=True)
        ]

    # In Lhotse these three are static, and called on an instance: here they depend on the front
    # end. A constant that a logarithm adds to all features changes neither of them.

    def mix(
        self,
        features_a: NDArray[Any],
        features_b: NDArray[Any],
        energy_scaling_factor_b: float,
    ) -> NDArray[Any]:
        """Return the features of a sum of signals, the second scaled, of which powers add."""
        unit, b = self._adding(), self.scale(features_b, energy_scaling_factor_b)
        mixed: NDArray[Any] = (
            np.logaddexp(features_a / unit, b / unit) * unit if unit else features_a + b
        )
        return mixed.astype(features_a.dtype, copy=False)

    def compute_energy(self, features: NDArray[Any]) -> float:
        """Return the sum of the powers, up to a factor."""
        unit = self._adding()
        powers = np.exp(features / unit, dtype=np.float64) if unit else features
        return float(np.sum(powers, dtype=np.float64))

    def scale(self, features: NDArray[Any], energy_scaling_factor: float) -> NDArray[Any]:
        """Return the features of a signal whose power is scaled."""
        unit = self._adding()
        with np.errstate(divide="ignore"):  # of a factor of 0
            more = unit * np.log(energy_scaling_factor)
        scaled: NDArray[Any] = features + more if unit else features * energy_scaling_factor
        return scaled.astype(features.dtype, copy=False)

    def _adding(self) -> float:
        if self._unit is None:
            raise ValueError(
                f"{self.name}: powers cannot be told from these features, so they are not mixed; "
                "mix cuts of audio, and compute the features then"
            )
        return self._unit


def _mono(samples: ArrayLike) -> NDArray[Any]:
    """Return the samples of one channel, without a copy."""
    y = np.asarray(samples)
    if y.ndim == 2 and len(y) == 1:
        y = y[0]
    if y.ndim != 1:
        raise ValueError(
            f"samples must be of one channel, of shape (n_samples,) or (1, n_samples); got shape "
            f"{y.shape}: cuts.to_mono() makes a cut of each"
        )
    return y


def _fitted(features: NDArray[np.float32], n: int) -> NDArray[np.float32]:
    """Return so many frames: the last ones cut off, or the last one repeated."""
    if n > len(features):
        return np.pad(features, ((0, n - len(features)), (0, 0)), mode="edge")
    return np.ascontiguousarray(features[:n])


def _check(fe: FrontEnd) -> None:
    """Refuse a front end whose frames are not those of a cut."""
    hop = fe.config.finished_hop
    for n in (100 * hop, 10_000 * hop):
        frames = fe.num_frames(n)
        if abs(frames - n // hop) > _SPARE:
            raise ValueError(
                f"frontend {brief(fe.name or fe.config)} has {count(frames, 'frame')} for "
                f"{n / fe.sample_rate:g} s, of which Lhotse counts {n // hop}: use it on samples, "
                "or choose a front end without padding to a length and without patches"
            )


def _unit(config: MelConfig) -> float | None:
    """Return what a factor of e in the power adds; 0 for powers; None where powers do not add."""
    if config.n_mfcc is not None or config.normalize or config.clip or config.after:
        return None
    if config.feature_shift or config.feature_gain or config.use_energy or config.ref == "max":
        return None
    if config.log == "none":
        return 0.0 if config.power == 2 and not config.shift and config.gain > 0 else None
    unit = _UNITS.get(config.log)
    return unit and unit * config.gain * config.power / 2


def _registered(fe: FrontEnd) -> str:
    """Return the name of an extractor that Lhotse can look up."""
    if fe.name is not None:
        return f"fastmel-{fe.name}"
    from .corpus._manifest import config_hash

    name = f"fastmel-{config_hash(fe.config)}"
    if name not in base.FEATURE_EXTRACTORS:
        _register(name, fe.to_json())
    return name


def _register(name: str, spec: str) -> None:
    fields = {"name": name, "_default": spec, "__doc__": FeatureExtractor.__doc__}
    base.register_extractor(type("FeatureExtractor", (FeatureExtractor,), fields))


base.register_extractor(FeatureExtractor)
for _name in frontends():
    _register(f"fastmel-{_name}", _name)
