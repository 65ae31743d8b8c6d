"""A front end: a configuration, ready to be called on audio."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import Memory
from .._base.checks import warn
from .._base.step import FeatureStep, SampleStep
from .._engine.batch import compute_batch
from .._engine.compute import Computation
from .._engine.config import MelConfig
from .._engine.expected import check

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    from .._catalogue.entry import Entry
    from .._streaming.stream import Stream
    from .._streaming.streams import Streams

    Out = TypeVar("Out", bound=NDArray[Any])


@dataclass(frozen=True, repr=False)
class FrontEnd(Computation):
    """A front end: call it on samples to get features. Made by :func:`frontend`.

    It is a value: it does not change, and front ends of equal configurations are equal.

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
    fastmel.frontend('whisper')  # 16000 Hz to (80, frames), every 10 ms
    >>> fe(np.zeros(16000, dtype=np.float32)).shape == (fe.n_features, fe.num_frames(16000))
    True
    >>> fastmel.frontend(fe.to_json()) == fe == fastmel.frontend(fe.config)
    True
    """

    config: MelConfig
    name: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.config, MelConfig):
            raise TypeError(
                f"config must be a MelConfig; got {type(self.config).__name__}: fastmel.frontend "
                "takes a name"
            )
        row = None if self.name is None else row_of(self.name)
        self._make_ready(row is not None and row.unit_range)

    def __reduce__(self) -> tuple[Any, ...]:
        # The plan stays behind: another process makes its own.
        return type(self), (self.config, self.name)

    def __repr__(self) -> str:
        from .display import summary

        return f"fastmel.frontend({self.name or self.config!r})  # {summary(self)}"

    def _repr_html_(self) -> str:
        from .display import front_end_html

        return front_end_html(self, row_of(self.name))

    def check(self, y: Memory) -> None:
        """Look at all samples of a signal, and warn of what a model would not expect.

        A call looks at one sample only, and warns if that is far beyond [-1, 1].

        Parameters
        ----------
        y : array, shape (..., n_samples)
            Audio, as for a call.

        Raises
        ------
        ValueError, TypeError
            If `y` is empty, or not an array of samples.

        Warns
        -----
        UserWarning
            If floats reach beyond [-2, 2] where the original was trained on [-1, 1], or the signal
            or one of its items is silent.

        Examples
        --------
        >>> import warnings
        >>> import numpy as np
        >>> import fastmel
        >>> fe = fastmel.frontend("whisper")
        >>> with warnings.catch_warnings(record=True) as told:
        ...     warnings.simplefilter("always")
        ...     fe.check(1000 * np.sin(np.arange(16000.0)))
        ...     fe.check(np.zeros(16000))
        >>> [str(warning.message)[:20] for warning in told]
        ['y has the value -999', 'y is silent: all sam']
        """
        check(y, self.name, self._unit)

    def replace(self, **changes: Any) -> FrontEnd:
        """Return a front end with some parameters of the configuration changed.

        Parameters
        ----------
        **changes
            Parameters of :class:`MelConfig`.

        Returns
        -------
        FrontEnd
            As :func:`frontend` makes it of the changed configuration.

        Raises
        ------
        ValueError, TypeError
            As :meth:`MelConfig.replace`.

        Examples
        --------
        >>> import fastmel
        >>> fastmel.frontend("whisper-hf").replace(n_mels=64).num_frames(16000)
        3000
        """
        return made_of(self.config.replace(**changes))

    def to_json(self, *, indent: int | None = None) -> str:
        """Return all that defines the front end as JSON, which :func:`frontend` takes.

        It is :meth:`MelConfig.to_json` with the name. Features of a front end that is made of it
        are the same in every version of fastmel that reads it, also where a row of the catalogue is
        corrected.

        Parameters
        ----------
        indent : int, optional
            Spaces by which lines are indented; one line by default.

        Returns
        -------
        str
            A JSON object.

        Examples
        --------
        >>> import fastmel
        >>> text = fastmel.frontend("ast").to_json(indent=2)
        >>> fastmel.frontend(text).name
        'ast'
        """
        values = json.loads(self.config.to_json())
        schema = values.pop("schema")
        return json.dumps({"schema": schema, "name": self.name, **values}, indent=indent)

    @property
    def sample_rate(self) -> int:
        """Sample rate that the front end expects, in Hz."""
        return self.config.sample_rate

    @property
    def before(self) -> tuple[SampleStep, ...]:
        """What happens to the samples first."""
        return self.config.before

    @property
    def after(self) -> tuple[FeatureStep, ...]:
        """What happens to the features last."""
        return self.config.after

    @property
    def n_features(self) -> int:
        """Features per frame."""
        return self.config.n_features

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

    @overload
    def __call__(
        self,
        y: Memory,
        out: Out,
        workers: int | None = ...,
        *,
        sr: float | None = ...,
        resample: bool = ...,
    ) -> Out: ...
    @overload
    def __call__(
        self,
        y: Memory,
        out: None = ...,
        workers: int | None = ...,
        *,
        sr: float | None = ...,
        resample: bool = ...,
    ) -> NDArray[np.floating[Any]]: ...
    def __call__(
        self,
        y: Memory,
        out: NDArray[Any] | None = None,
        workers: int | None = None,
        *,
        sr: float | None = None,
        resample: bool = False,
    ) -> NDArray[Any]:
        """Compute features.

        Parameters
        ----------
        y : array, shape (..., n_samples)
            Audio at :attr:`sample_rate`: float32, float64, or int16 / int32 PCM. Leading axes are
            items: each channel of a stereo signal, shape (2, n_samples), has features of its own,
            and ``y.mean(axis=0)``, of int16 ``(y / 32768).mean(axis=0)``, is what a front end of
            mono audio wants.
        out : ndarray, optional
            Where to write, of the result's shape and dtype.
        workers : int, optional
            Threads; by default one for short signals, -1 for all CPUs.
        sr : float, optional
            Sample rate of `y` in Hz: any but the front end's own is refused. Not checked by
            default.
        resample : bool, default False
            Resample `y` from `sr` instead, with soxr at high quality as :func:`fastmel.load` does;
            it is in the extra ``fastmel[io]``.

        Returns
        -------
        ndarray, shape (..., n_features, num_frames(n_samples))
            Features, of the configuration's `dtype` if it has one, else float32 (float64 for
            float64 input where the front end computes in double); the last two axes are swapped
            for ``layout="time_mel"``.

        Raises
        ------
        ValueError
            For audio that is too short, not finite, at another rate, or of shape (n_samples,
            channels); or an `out` that does not fit.
        TypeError
            For audio that is not an array of samples.
        ModuleNotFoundError
            If soxr is needed and not installed.

        Examples
        --------
        >>> import numpy as np
        >>> import fastmel
        >>> fe = fastmel.frontend("whisper")
        >>> fe(np.zeros(44100, dtype=np.float32), sr=44100)
        Traceback (most recent call last):
            ...
        ValueError: sr=44100: this front end expects 16000 Hz; resample=True resamples
        """
        return self._compute(y, out, workers, sr, resample)

    def batch(
        self,
        items: Iterable[Memory],
        workers: int | None = None,
        *,
        sr: float | None = None,
        resample: bool = False,
    ) -> tuple[NDArray[np.floating[Any]], NDArray[np.int64]]:
        """Compute the features of several signals, padded to the longest.

        Parameters
        ----------
        items : iterable of array, each of shape (n_samples,)
            Signals, of any lengths.
        workers : int, optional
            Threads, among which the items, and pieces of them, are shared; by default one for short
            signals, -1 for all CPUs.
        sr, resample
            The sample rate of all items, and whether to resample them, as in a call.

        Returns
        -------
        features : ndarray, shape (n_items, n_features, max_frames)
            Features of each item, those of a call on it alone; zeros after its last frame. Of the
            configuration's `dtype` if it has one, else float64 if one of the items is, where the
            front end computes in double.
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
        return compute_batch(self, items, workers, sr, resample)

    def stream(
        self,
        *,
        peak: Literal["running"] | float | None = None,
        normalize: Literal["running"] | None = None,
    ) -> Stream:
        """Return a stream: features of a signal that arrives in pieces.

        What it returns, one after the other, is what a call returns for the whole signal, bit for
        bit, unless `peak` or `normalize` are given.

        Parameters
        ----------
        peak : "running" or float, optional
            For front ends whose level refers to the maximum of the whole signal, which a stream
            does not know: the maximum of the frames so far, or this value, in units of the
            logarithm. It does not equal a call; a number is what
            ``fe.replace(peak=number)`` computes.
        normalize : "running", optional
            For front ends that are normalised by statistics of the whole signal: those of the
            frames so far. It does not equal a call.

        Returns
        -------
        Stream
            With :meth:`Stream.push`, :meth:`Stream.flush` and :meth:`Stream.reset`.

        Raises
        ------
        ValueError
            If the front end needs the whole signal, with what to do instead; or if `peak` or
            `normalize` have no effect.

        Examples
        --------
        >>> import numpy as np
        >>> import fastmel
        >>> s = fastmel.frontend("whisper").stream(peak=1.5)
        >>> s.push(np.zeros(480, np.float32)).shape, s.flush().shape
        ((80, 2), (80, 1))
        """
        from .._streaming.stream import Stream

        return Stream(self, peak, normalize)

    def streams(
        self,
        n: int,
        *,
        peak: Literal["running"] | float | None = None,
        normalize: Literal["running"] | None = None,
    ) -> Streams:
        """Return streams that go on together, of as many signals at once: a server's callers.

        Parameters
        ----------
        n : int
            How many; they come and go later.
        peak, normalize
            As in :meth:`stream`.

        Returns
        -------
        Streams
            With :meth:`Streams.push` and :meth:`Streams.flush` for several of them at once.

        Raises
        ------
        ValueError, TypeError
            As :meth:`stream`.

        Examples
        --------
        >>> import numpy as np
        >>> import fastmel
        >>> streams = fastmel.frontend("nemo-streaming").streams(256)
        >>> features, lengths = streams.push(np.zeros((256, 800), np.float32))
        >>> features.shape, int(lengths.max())
        ((256, 80, 4), 4)
        """
        from .._streaming.streams import Streams

        return Streams(self, n, peak, normalize)


def made_of(config: MelConfig) -> FrontEnd:
    """Return the front end of a configuration of one's own; empty bands are warned about."""
    made = FrontEnd(config)
    if made._plan.warning:  # a model's are as they are
        warn(made._plan.warning)
    return made


def row_of(name: str | None) -> Entry | None:
    """Return the row of the catalogue that has this name, if there is one."""
    from .._catalogue import CATALOGUE  # takes a while to make

    return CATALOGUE.get(name) if isinstance(name, str) else None
