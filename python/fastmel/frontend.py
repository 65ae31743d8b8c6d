"""Front ends: a configuration, ready to be called on audio."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import REAL, Array, Dtype, as_samples, check_out, is_wide
from .catalogue import CATALOGUE
from .checks import warn
from .config import MelConfig
from .plan import Plan, build, run

__all__ = ["FrontEnd", "frontend", "frontends"]


def _plan_of(config: MelConfig) -> Plan:
    mel = (
        config.sample_rate,
        config.n_mels,
        config.fmin,
        config.fmax,
        config.mel_scale == "htk",
        config.mel_norm,
        np.float32,
    )
    return build(
        False,
        config.n_fft,
        config.hop_length,
        config.win_length,
        config.window,
        config.center,
        config.pad_mode,
        config.power,
        config.precision,
        _level_of(config),
        *mel,
    )


def _level_of(config: MelConfig) -> tuple[tuple[str, Any], ...] | None:
    """Return what follows the mel bands, as the keyword arguments of the core's level."""
    affine = (("shift", config.shift), ("gain", config.gain))
    if config.log == "none":
        if (config.shift, config.gain) == (0.0, 1.0):
            return None
        return ("log", "none"), ("floor", -math.inf), ("reference", 0.0), *affine
    decibels = config.log == "dB"
    return (
        ("log", "log10" if decibels else config.log),
        ("scale", 10.0 if decibels else 1.0),
        ("floor", config.log_floor),
        ("reference", None if config.ref == "max" else config.ref),
        ("range", config.dynamic_range),
        *affine,
    )


class FrontEnd:
    """A front end: call it on samples to get features. Made by :func:`frontend`.

    Attributes
    ----------
    config : MelConfig
        What it computes.
    name : str or None
        Its name in the catalogue.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fe = fastmel.frontend("whisper")
    >>> fe
    fastmel.frontend('whisper')
    >>> fe(np.zeros(16000, dtype=np.float32)).shape == (fe.n_features, fe.num_frames(16000))
    True
    """

    def __init__(self, config: MelConfig, name: str | None = None) -> None:
        self.config = config
        self.name = name
        self._plan = _plan_of(config)
        if self._plan.warning and name is None:  # a model's own bands are as they are
            warn(self._plan.warning)

    def __reduce__(self) -> tuple[Any, ...]:
        # The plan stays behind: another process makes its own.
        return FrontEnd, (self.config, self.name)

    def __repr__(self) -> str:
        return f"fastmel.frontend({self.name or self.config!r})"

    @property
    def sample_rate(self) -> int:
        """Sample rate that the front end expects, in Hz."""
        return self.config.sample_rate

    @property
    def n_features(self) -> int:
        """Features per frame."""
        return self.config.n_mels

    def num_frames(self, n_samples: int) -> int:
        """Return the number of frames of a signal.

        Parameters
        ----------
        n_samples : int
            Samples of the signal; 0 or more.

        Returns
        -------
        int
            Frames that a call returns for it.

        Raises
        ------
        ValueError, TypeError
            If `n_samples` is negative, or no integer.
        """
        return self.config.num_frames(n_samples)

    def __call__(
        self, y: Any, out: NDArray[Any] | None = None, workers: int | None = None
    ) -> NDArray[Any]:
        """Compute features.

        Parameters
        ----------
        y : array, shape (..., n_samples)
            Audio at :attr:`sample_rate`: float32, float64, or int16 / int32 PCM.
        out : ndarray, optional
            Where to write, of the result's shape and dtype.
        workers : int, optional
            Threads; by default one for short signals, -1 for all CPUs.

        Returns
        -------
        ndarray, shape (..., n_features, num_frames(n_samples))
            Features, float32 (float64 for float64 input where the front end computes in double);
            the last two axes are swapped for ``layout="time_mel"``.

        Raises
        ------
        ValueError
            For audio that is too short, or not finite, or an `out` that does not fit.
        TypeError
            For audio that is not an array of samples.
        """
        y = as_samples(y)
        self._check_length(y.shape[-1])
        dtype = self._dtype(y)
        shape = self._shape(y.shape[:-1], self._n_frames(y.shape[-1]))
        target = np.empty(shape, dtype) if out is None else check_out(out, shape, (dtype,), y)
        self._run(y, target, workers)
        return target if out is None else out

    def _dtype(self, y: Array) -> Dtype:
        return REAL[is_wide(y) and self.config.precision == "double"]

    def _n_frames(self, n_samples: int) -> int:
        return max(0, self._plan.n_frames(n_samples) - self.config.drop_last_frame)

    def _shape(self, leading: tuple[int, ...], n_frames: int) -> tuple[int, ...]:
        if self.config.layout == "time_mel":
            return (*leading, n_frames, self._plan.n_features)
        return (*leading, self._plan.n_features, n_frames)

    def _run(self, y: Array, out: Array, workers: int | None) -> None:
        mel_time = out.swapaxes(-1, -2) if self.config.layout == "time_mel" else out
        run(self._plan, y, mel_time, workers)

    def _check_length(self, n_samples: int) -> None:
        """Refuse a signal without a frame, or one that the original refuses."""
        plan = self._plan
        if n_samples > plan.n_fft:
            return
        if not plan.center and n_samples < plan.n_fft:
            raise ValueError(f"y has {n_samples} samples; this front end needs n_fft={plan.n_fft}")
        if n_samples == 0:
            raise ValueError("y is empty; a front end needs samples")
        if plan.pad_mode == "reflect" and n_samples <= plan.n_fft // 2:
            raise ValueError(
                f"y has {n_samples} samples; reflection at the edges needs more than "
                f"n_fft // 2 = {plan.n_fft // 2}"
            )

    def batch(
        self, items: Iterable[Any], workers: int | None = None
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Compute the features of several signals, padded to the longest.

        Parameters
        ----------
        items : iterable of array, each of shape (n_samples,)
            Signals, of any lengths.
        workers : int, optional
            Threads, as in a call.

        Returns
        -------
        features : ndarray, shape (n_items, n_features, max_frames)
            Features of each item, those of a call on it alone; zeros after its last frame. float64
            if one of the items is, where the front end computes in double.
        lengths : ndarray of int64, shape (n_items,)
            Frames of each item.

        Raises
        ------
        ValueError, TypeError
            As a call, naming the item.

        Examples
        --------
        >>> import numpy as np
        >>> import fastmel
        >>> fe = fastmel.frontend("whisper")
        >>> features, lengths = fe.batch([np.zeros(16000, np.float32), np.zeros(8000, np.float32)])
        >>> features.shape, lengths
        ((2, 80, 100), array([100,  50]))
        """
        signals = [self._item(i, y) for i, y in enumerate(items)]
        lengths = [self._n_frames(y.size) for y in signals]
        dtype = np.result_type(np.float32, *map(self._dtype, signals))
        features = np.zeros(self._shape((len(signals),), max(lengths, default=0)), dtype)
        for i, (y, n) in enumerate(zip(signals, lengths, strict=True)):
            part = features[i, :n] if self.config.layout == "time_mel" else features[i, :, :n]
            try:
                self._run(y, part, workers)
            except ValueError as error:
                raise ValueError(f"item {i}: {error}") from None
        return features, np.array(lengths, dtype=np.int64)

    def _item(self, i: int, y: Any) -> Array:
        try:
            samples = as_samples(y)
            if samples.ndim != 1:
                raise ValueError(f"y must have one axis; got shape {samples.shape}")
            self._check_length(samples.size)
        except (TypeError, ValueError) as error:
            raise type(error)(f"item {i}: {error}") from None
        return samples


def frontend(spec: str | MelConfig) -> FrontEnd:
    """Return a front end by name, or of a configuration.

    Parameters
    ----------
    spec : str or MelConfig
        A name that :func:`frontends` lists, or a configuration of your own.

    Returns
    -------
    FrontEnd
        A callable; keep it, or call this again: plans are cached.

    Raises
    ------
    ValueError
        For an unknown name; the nearest ones are suggested.
    TypeError
        For anything else.

    Warns
    -----
    UserWarning
        If some mel bands of a configuration cover no FFT bin.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fe = fastmel.frontend("whisper-large-v3")
    >>> fe.sample_rate, fe.n_features, fe(np.zeros(16000, dtype=np.float32)).shape
    (16000, 128, (128, 100))
    """
    if isinstance(spec, MelConfig):
        return FrontEnd(spec)
    if not isinstance(spec, str):
        raise TypeError(f"a name or a MelConfig is needed; got {type(spec).__name__}")
    if spec not in CATALOGUE:
        raise ValueError(f"unknown front end {spec!r}; {_suggestion(spec)}")
    return FrontEnd(CATALOGUE[spec].config, spec)


def _suggestion(name: str) -> str:
    """Return the names like this one, or the first of all."""
    from difflib import get_close_matches

    near = get_close_matches(name.strip().lower(), CATALOGUE, n=5)
    if near:
        return f"did you mean {' or '.join(near)}? fastmel.frontends() lists all"
    names = list(CATALOGUE)
    return f"known: {', '.join(names[:10])}{', ...' if len(names) > 10 else ''}"


def frontends() -> dict[str, str]:
    """Return the names of the front ends with one line about each.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.frontends()["whisper"]
    "Whisper's log-mel features, 80 bands"
    """
    return {name: entry.description for name, entry in CATALOGUE.items()}
