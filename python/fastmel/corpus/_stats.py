"""Mean and variance of features over a corpus: streaming, stable, merged in a known order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import as_array
from .._base.public import publish

if TYPE_CHECKING:
    import os

    from .._frontend.frontend import FrontEnd

BLOCK = 4096
"""Frames that are summed at once."""

# A feature whose deviation is less of its mean than float32 can tell is constant.
_CONSTANT = 4 * float(np.finfo(np.float32).eps)


class Statistics:
    """Mean and variance of every feature, over all frames that were counted.

    Nothing cancels: the mean and the squared deviations from it are kept, in float64, not sums of
    squares. Two of them are joined by the formula of Chan, Golub and LeVeque. The result depends on
    the order, in the last digits: frames of an item are taken in blocks of 4096 from its first, the
    blocks are joined to the item's statistics one after another, and those to what there is, item
    after item. In this order it has the same bits on every machine, however many threads worked.

    Attributes
    ----------
    frames : int
        Frames that were counted.
    mean : ndarray of float64, shape (n_features,)
        Means.
    deviations : ndarray of float64, shape (n_features,)
        Sums of squared deviations from the mean.
    frontend : FrontEnd or None
        What computed the features, if that is known.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.corpus import Statistics
    >>> statistics = Statistics()
    >>> statistics.update(np.array([[1.0, 0.0], [3.0, 0.0]]))
    >>> statistics.update(np.array([[5.0, 6.0]]))
    >>> statistics.frames, statistics.mean, statistics.variance.round(3)
    (3, array([3., 2.]), array([2.667, 8.   ]))
    """

    def __init__(self, frontend: FrontEnd | None = None) -> None:
        self.frontend = frontend
        self.frames = 0
        self.mean = self.deviations = np.empty(0)

    def __repr__(self) -> str:
        return f"<statistics of {self.frames:,} frames of {self.n_features} features>"

    @property
    def n_features(self) -> int:
        """Features of a frame; 0 as long as there was none."""
        return int(self.mean.size)

    @property
    def variance(self) -> NDArray[np.float64]:
        """Variances, of which the divisor is the number of frames."""
        return self.deviations / max(1, self.frames)

    @property
    def shift(self) -> NDArray[np.float64]:
        """What is added to normalise, the negative mean."""
        return -self.mean

    @property
    def gain(self) -> NDArray[np.float64]:
        """What then multiplies, one over the standard deviation; 1 for features that are constant.

        A deviation that is less of the mean than float32 can tell, 5e-7, is none.
        """
        deviation = np.sqrt(self.variance)
        constant = deviation <= _CONSTANT * np.abs(self.mean)
        return 1 / np.where(constant, 1.0, deviation)

    def update(self, features: NDArray[Any]) -> None:
        """Count the frames of an item.

        Parameters
        ----------
        features : array of floats, shape (..., n_frames, n_features)
            Features, time before features: of a front end with ``layout="mel_time"`` they are
            ``features.T``. Without a frame, nothing changes.

        Raises
        ------
        ValueError
            If a value is NaN or infinite, or the number of features is another than before.
        TypeError
            If `features` is no array of floats.
        """
        x = as_array(features, "features")
        if x.dtype.kind != "f":
            raise TypeError(f"features must have a floating-point dtype; got {x.dtype}")
        if x.ndim < 2 or not x.shape[-1]:
            raise ValueError(f"features must have shape (..., n_frames, n_features); got {x.shape}")
        self.merge(of_pieces([x.reshape(-1, x.shape[-1])]))

    def merge(self, other: Statistics) -> None:
        """Count what `other` has counted too.

        Raises
        ------
        ValueError
            If the two are of different front ends, or of different numbers of features.
        """
        if self.frontend != other.frontend and self.frontend and other.frontend:
            raise ValueError("statistics are of different front ends, which do not go together")
        if not other.frames:
            return
        if self.frames and self.n_features != other.n_features:
            raise ValueError(
                f"statistics are of {self.n_features} features, and others of {other.n_features}"
            )
        self.frontend = self.frontend or other.frontend
        self._add(other.frames, other.mean, other.deviations)

    def _add(self, frames: int, mean: NDArray[np.float64], deviations: NDArray[np.float64]) -> None:
        if not self.frames:
            self.frames, self.mean, self.deviations = frames, mean.copy(), deviations.copy()
            return
        total = self.frames + frames
        apart = mean - self.mean
        self.deviations = self.deviations + deviations + apart**2 * (self.frames * frames / total)
        self.mean = self.mean + apart * (frames / total)
        self.frames = total

    def normalizing(self, fe: FrontEnd | None = None, *, variance: bool = True) -> FrontEnd:
        """Return a front end that also normalises by these: ``(x - mean) / deviation``.

        Parameters
        ----------
        fe : FrontEnd, optional
            The front end; by default the one of these statistics.
        variance : bool, default True
            Divide by the standard deviation as well.

        Returns
        -------
        FrontEnd
            With ``feature_shift`` and ``feature_gain``.

        Raises
        ------
        ValueError
            If no front end is known; if it normalises by fixed statistics already; if it has steps
            after the place where that is done, whose result these statistics are of; or another
            number of features.

        Examples
        --------
        >>> import numpy as np
        >>> import fastmel
        >>> from fastmel.corpus import Statistics
        >>> fe = fastmel.frontend("kaldi-fbank")
        >>> y = np.random.default_rng(0).standard_normal(16000)
        >>> statistics = Statistics(fe)
        >>> statistics.update(fe(y))
        >>> normalised = statistics.normalizing()(y)
        >>> bool(abs(normalised.mean()) < 1e-5), bool(abs(normalised.std() - 1) < 1e-5)
        (True, True)
        """
        fe = fe or self.frontend
        if fe is None:
            raise ValueError("fe is needed: these statistics do not say what they are of")
        config = fe.config
        if config.feature_shift or config.feature_gain:
            raise ValueError("fe has feature_shift or feature_gain already: it is normalised")
        if config.after:
            steps = ", ".join(type(step).__name__ for step in config.after)
            raise ValueError(
                f"fe has steps after the normalisation ({steps}); take the statistics of "
                "fe.replace(after=()), and add the steps again with replace"
            )
        if config.n_features != self.n_features:
            raise ValueError(
                f"fe has {config.n_features} features, and the statistics are of {self.n_features}"
            )
        gain = tuple(self.gain.tolist()) if variance else None
        return fe.replace(feature_shift=tuple(self.shift.tolist()), feature_gain=gain)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the statistics, in the form that the name asks for.

        Parameters
        ----------
        path : str or path
            ``.json``: all that there is, which :meth:`read` returns; also ``mean_stat``,
            ``var_stat`` and ``frame_num``, as WeNet reads them. ``.mvn``: FunASR's ``am.mvn``.
            ``.npz``: ESPnet's ``feats_stats.npz``. ``.txt``: Kaldi's matrix as text. Any other:
            Kaldi's matrix, as ``compute-cmvn-stats`` writes it into a file and ``apply-cmvn`` reads
            it.

        Raises
        ------
        ValueError
            If no frame was counted.
        OSError
            If the file cannot be written.
        """
        from ._stats_files import write

        write(self, path)

    @staticmethod
    def read(path: str | os.PathLike[str]) -> Statistics:
        """Read statistics from a file that :meth:`write`, Kaldi, WeNet or ESPnet wrote.

        Those of others are sums of squares, of which features that hardly vary have lost digits.

        Raises
        ------
        ValueError
            If it is no such file. An ``am.mvn`` does not have the number of frames.
        OSError
            If it cannot be read.
        """
        from ._stats_files import read

        found = read(path)
        made = Statistics(found.frontend)
        made.frames, made.mean, made.deviations = found[:3]
        return made


def of_pieces(pieces: Iterable[NDArray[Any]]) -> Statistics:
    """Return the statistics of an item whose frames (n_frames, n_features) come in pieces."""
    item = Statistics()
    for block in _in_blocks(pieces):
        x = np.array(block, np.float64, order="C")  # rows are summed one after another
        if not np.isfinite(x).all():
            raise ValueError("features hold NaN or infinite values")
        mean = x.sum(axis=0) / len(x)
        x -= mean
        item._add(len(x), mean, (x * x).sum(axis=0))
    return item


def _in_blocks(pieces: Iterable[NDArray[Any]]) -> Iterable[NDArray[Any]]:
    """Yield the rows of pieces, as many at a time as are summed at once."""
    held: NDArray[Any] | None = None
    for piece in pieces:
        held = piece if held is None or not len(held) else np.concatenate([held, piece])
        whole = len(held) // BLOCK * BLOCK
        for begin in range(0, whole, BLOCK):
            yield held[begin : begin + BLOCK]
        held = held[whole:]
    if held is not None and len(held):
        yield held


publish("fastmel.corpus", [Statistics])
