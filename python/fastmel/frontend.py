"""Front ends: a configuration, ready to be called on audio."""

from __future__ import annotations

import difflib
import operator
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arrays import Array, as_samples, check_out
from .catalogue import CATALOGUE
from .config import MelConfig
from .plan import Bands, Plan, build, run

__all__ = ["FrontEnd", "frontend", "frontends"]


def _plan_of(config: MelConfig, precision: str) -> Plan:
    bands = Bands(
        config.sample_rate,
        config.n_mels,
        config.fmin,
        config.fmax,
        config.mel_scale == "htk",
        config.mel_norm,
        "float32",
    )
    level: tuple[tuple[str, Any], ...] | None = (
        ("log", "log10" if config.log == "dB" else config.log),
        ("scale", 10.0 if config.log == "dB" else 1.0),
        ("floor", config.log_floor if config.log != "none" else -np.inf),
        ("reference", None if config.ref == "max" else _unlogged(config)),
        ("range", config.dynamic_range),
        ("shift", config.shift),
        ("gain", config.gain),
    )
    if config.log == "none" and (config.shift, config.gain) == (0.0, 1.0):
        level = None
    return build(
        config.n_fft,
        config.hop_length,
        config.win_length,
        config.window,
        config.center,
        config.pad_mode,
        config.power,
        bands,
        level,
        precision,
    )


def _unlogged(config: MelConfig) -> float:
    """Reference as a feature value; without a logarithm nothing is subtracted."""
    return 0.0 if config.log == "none" else float(config.ref)


class FrontEnd:
    """A front end: call it on samples to get features. Made by :func:`frontend`.

    Attributes
    ----------
    config : MelConfig
        What it computes.
    name : str or None
        Its name in the catalogue.
    """

    def __init__(self, config: MelConfig, name: str | None = None) -> None:
        self.config = config
        self.name = name
        self._plan = _plan_of(config, config.precision)

    def __repr__(self) -> str:
        return f"fastmel.frontend({self.name!r})" if self.name else f"FrontEnd({self.config!r})"

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
        ValueError
            If `n_samples` is negative.
        """
        n_samples = operator.index(n_samples)
        if n_samples < 0:
            raise ValueError(f"n_samples must be 0 or greater; got {n_samples}")
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
        n_frames = self.config.num_frames(y.shape[-1])
        wide = y.dtype == np.float64 and self.config.precision == "double"
        dtype = np.float64 if wide else np.float32
        swap = self.config.layout == "time_mel"
        size = (n_frames, self.n_features) if swap else (self.n_features, n_frames)
        shape = (*y.shape[:-1], *size)
        out = np.empty(shape, dtype) if out is None else check_out(out, shape, (dtype,), y)
        run(self._plan, y, out.swapaxes(-1, -2) if swap else out, workers)
        return out

    def _check_length(self, n_samples: int) -> None:
        config = self.config
        if not config.center and n_samples < config.n_fft:
            raise ValueError(f"y has {n_samples} samples; this front end needs n_fft={config.n_fft}")
        if n_samples == 0:
            raise ValueError("y is empty; a front end needs samples")
        if config.center and config.pad_mode == "reflect" and n_samples <= config.n_fft // 2:
            raise ValueError(
                f"y has {n_samples} samples; reflection at the edges needs more than "
                f"n_fft // 2 = {config.n_fft // 2}"
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
            Features of each item, equal to those of a call on it alone; zeros after its last frame.
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
        lengths = np.array([self.config.num_frames(y.size) for y in signals], dtype=np.int64)
        longest = int(lengths.max(initial=0))
        wide = self.config.precision == "double" and any(y.dtype == np.float64 for y in signals)
        size = (self.n_features, longest)
        swap = self.config.layout == "time_mel"
        features: Array = np.zeros(
            (len(signals), *(size[::-1] if swap else size)), np.float64 if wide else np.float32
        )
        for i, (y, n) in enumerate(zip(signals, lengths)):
            target = features[i, :n].T if swap else features[i, :, :n]
            try:
                run(self._plan, y, target, workers)
            except ValueError as error:
                raise ValueError(f"item {i}: {error}") from None
        return features, lengths

    def _item(self, i: int, y: Any) -> Array:
        try:
            y = as_samples(y)
            if y.ndim != 1:
                raise ValueError(f"one axis of samples is expected; got shape {y.shape}")
            self._check_length(y.size)
        except (TypeError, ValueError) as error:
            raise type(error)(f"item {i}: {error}") from None
        return y


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
        near = difflib.get_close_matches(spec, CATALOGUE, n=3, cutoff=0.4)
        hint = f"did you mean {', '.join(near)}?" if near else f"known: {', '.join(CATALOGUE)}"
        raise ValueError(f"unknown front end {spec!r}; {hint}")
    return FrontEnd(CATALOGUE[spec].config, spec)


def frontends() -> dict[str, str]:
    """Return the names of the front ends with one line about each.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.frontends()["whisper"]
    "Whisper's log-mel features, 80 bands"
    """
    return {name: entry.description for name, entry in CATALOGUE.items()}
