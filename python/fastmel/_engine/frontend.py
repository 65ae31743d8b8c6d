"""Front ends: a configuration, ready to be called on audio."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import REAL, Array, Dtype, as_samples, check_out, is_wide, pcm_to_float
from .._base.checks import brief, flag, naming_item, number, warn
from .._base.threads import resolve_workers
from .config import MelConfig, json_object
from .dither import dithered
from .framing import shortest_signal
from .plan import Plan, build_configured, run, run_items
from .post import post_stages

if TYPE_CHECKING:
    from .._catalogue import Entry
    from ..steps import FeatureStep, SampleStep

__all__ = ["FrontEnd", "frontend", "frontends"]


@dataclass(frozen=True, repr=False)
class FrontEnd:
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
    fastmel.frontend('whisper')
    >>> fe(np.zeros(16000, dtype=np.float32)).shape == (fe.n_features, fe.num_frames(16000))
    True
    >>> fastmel.frontend(fe.to_json()) == fe == fastmel.frontend(fe.config)
    True
    """

    config: MelConfig
    name: str | None = field(default=None, compare=False)
    _plan: Plan = field(init=False, compare=False)
    _post: tuple[Callable[[Array], Array], ...] = field(init=False, compare=False)
    # Least samples of a signal, and how many it must exceed for its reflection.
    _needs: int = field(init=False, compare=False)
    _reflects: int = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.config, MelConfig):
            raise TypeError(
                f"config must be a MelConfig; got {type(self.config).__name__}: fastmel.frontend "
                "takes a name"
            )
        needs, reflects = _shortest(self.config)
        made = {
            "_plan": build_configured(self.config),
            "_post": (*post_stages(self.config), *self.config.after),
            "_needs": needs,
            "_reflects": reflects,
        }
        for name, value in made.items():
            object.__setattr__(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        # The plan stays behind: another process makes its own.
        return type(self), (self.config, self.name)

    def __repr__(self) -> str:
        return f"fastmel.frontend({self.name or self.config!r})"

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
        return frontend(self.config.replace(**changes))

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
        >>> fastmel.frontend(text)
        fastmel.frontend('ast')
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

    def __call__(
        self,
        y: Any,
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
        given = as_samples(y)
        y = self._prepared(self._at_rate(given, sr, resample))
        if not self._post:
            shape, dtype = self._shape(y), self._dtype(y)
            target = (
                np.empty(shape, dtype) if out is None else check_out(out, shape, (dtype,), given)
            )
            self._run(y, target, workers)
            return target if out is None else out
        result = self._in_layout(self._finished(y, workers))
        if out is None:
            return result
        check_out(out, result.shape, (result.dtype,), given)[...] = result
        return out

    def _at_rate(self, y: Array, sr: float | None, resample: bool) -> Array:
        """Return samples at the front end's rate; those at another are refused or resampled."""
        resample = flag("resample", resample)
        if sr is None:
            if resample:
                raise ValueError("resample=True needs sr, the sample rate of y")
            return y
        if number("sr", sr, above=0) == self.sample_rate:
            return y
        if not resample:
            raise ValueError(
                f"sr={sr:g}: this front end expects {self.sample_rate} Hz; resample=True resamples"
            )
        from .._audio.loading import resampled

        # PCM becomes float32, in which load reads it from a file: the same bits either way.
        y = y if y.dtype in REAL else pcm_to_float(y).astype(np.float32)
        return resampled(y, sr, self.sample_rate)

    def _prepared(self, y: Array) -> Array:
        """Return the samples after what precedes the core's chain, checked for their length."""
        for step in self.before:
            y = step(y)
        self._check_length(y.shape[-1])
        return dithered(y, self.config) if self.config.dither_scope == "signal" else y

    def _dtype(self, y: Array) -> Dtype:
        """Return the type that the chain writes."""
        if self.config.dtype is not None:
            return REAL[self.config.dtype == "float64"]
        return REAL[is_wide(y) and self.config.precision == "double"]

    def _shape(self, y: Array) -> tuple[int, ...]:
        """Return the shape of the chain's result."""
        shape = [self._plan.n_frames(self._n_emphasized(y)), self._plan.n_features]
        return (*y.shape[:-1], *(shape if self.config.layout == "time_mel" else shape[::-1]))

    def _n_emphasized(self, y: Array) -> int:
        return int(y.shape[-1]) - (self.config.preemphasis_scope == "valid")

    def _in_layout(self, features: Array) -> Array:
        """Return features (..., frames, features) in the layout, or the other way round."""
        return features if self.config.layout == "time_mel" else features.swapaxes(-1, -2)

    def _run(self, y: Array, out: Array, workers: int | None) -> None:
        """Write what the chain makes of prepared samples."""
        run(self._plan, y, self._in_layout(out).swapaxes(-1, -2), workers)

    def _finished(self, y: Array, workers: int | None) -> Array:
        """Return the features of prepared samples, (..., frames, features)."""
        chained = np.empty(self._shape(y), self._dtype(y))
        self._run(y, chained, workers)
        return self._after(self._in_layout(chained))

    def _after(self, features: Array) -> Array:
        """Return features (..., frames, features) after what follows the core's chain."""
        for stage in self._post:
            features = stage(features)
        return features

    def _nothing(self) -> Array:
        """Return the features of no signals."""
        shape = (0, 0, self.config.n_chained)
        features: Array = np.zeros(shape, self.config.dtype or np.float32)
        for step in self.after:
            features = step(features)
        return features[:, :0]

    def _check_length(self, n_samples: int) -> None:
        """Refuse a signal without a frame, or one that the original refuses."""
        if n_samples == 0:
            raise ValueError("y is empty; a front end needs samples")
        if n_samples < self._needs:
            raise ValueError(f"y has {n_samples} samples; this front end needs {self._needs}")
        if n_samples <= self._reflects:
            raise ValueError(
                f"y has {n_samples} samples; reflection at the edges needs more than "
                f"{self._reflects}"
            )

    def batch(
        self,
        items: Iterable[Any],
        workers: int | None = None,
        *,
        sr: float | None = None,
        resample: bool = False,
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
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
        given = _each(_single, list(items), 1)
        if not given:
            return self._in_layout(self._nothing()), np.zeros(0, np.int64)
        samples = sum(y.shape[0] for y in given)
        threads = resolve_workers(workers, samples // self.config.hop_length * self.config.n_fft)

        def prepare(y: Array) -> Array:
            return self._prepared(self._at_rate(y, sr, resample))

        slow = self.before or resample is not False or self.config.dither_scope == "signal"
        signals = _each(prepare, given, threads if slow else 1)
        padded, chained = self._room(signals)
        run_items(self._plan, signals, [x.swapaxes(-1, -2) for x in chained], threads)
        finished = _each(self._after, chained, threads if self._post else 1)
        lengths = [len(features) for features in finished]
        in_place = all(
            x.shape == y.shape and x.dtype == y.dtype
            for x, y in zip(finished, chained, strict=True)
        )
        if not in_place:
            shape = (len(finished), max(lengths), *finished[0].shape[1:])
            padded = self._zeros(shape, np.result_type(*(x.dtype for x in finished)))
        for features, item, room in zip(finished, chained, padded, strict=True):
            if not (in_place and features is item and item.dtype == padded.dtype):
                room[: len(features)] = features
        return self._in_layout(padded), np.array(lengths, dtype=np.int64)

    def _room(self, signals: list[Array]) -> tuple[Array, list[Array]]:
        """Return zeros for the chain's padded result, and the part of it that is each signal's.

        An item of a narrower type than the whole has an array of its own.
        """
        frames = [self._plan.n_frames(self._n_emphasized(y)) for y in signals]
        dtypes = [self._dtype(y) for y in signals]
        width, dtype = self._plan.n_features, np.result_type(*dtypes)
        padded = self._zeros((len(signals), max(frames), width), dtype)
        parts = [
            part[:n] if own == dtype else np.empty((n, width), own)
            for part, n, own in zip(padded, frames, dtypes, strict=True)
        ]
        return padded, parts

    def _zeros(self, shape: tuple[int, ...], dtype: Dtype) -> Array:
        """Return zeros (..., frames, features), in memory in the order of the layout."""
        *leading, frames, width = shape
        swapped = (frames, width) if self.config.layout == "time_mel" else (width, frames)
        return self._in_layout(np.zeros((*leading, *swapped), dtype))


def _single(y: Any) -> Array:
    """Return the samples of an item of a batch."""
    samples = as_samples(y)
    if samples.ndim != 1:
        raise ValueError(
            f"y must have one axis; got shape {samples.shape}: mix the channels, or make each an "
            "item"
        )
    return samples


def _each(function: Callable[[Any], Array], items: list[Any], threads: int) -> list[Array]:
    """Return the function of each item, computed on so many threads; errors name the item."""
    results: dict[int, Array] = {}
    errors: dict[int, BaseException] = {}
    todo = deque(range(len(items)))

    def work() -> None:
        while todo:
            try:
                i = todo.popleft()
            except IndexError:  # another thread took the last one
                return
            try:
                results[i] = function(items[i])
            except BaseException as error:
                errors[i] = error
                todo.clear()

    if threads == 1 or len(items) == 1:
        work()
    else:
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(threads) as pool:
            try:
                for done in [pool.submit(work) for _ in range(min(threads, len(items)))]:
                    done.result()
            finally:
                todo.clear()
    for i in sorted(errors):
        with naming_item(i):
            raise errors[i]
    return [results[i] for i in range(len(items))]


def _shortest(config: MelConfig) -> tuple[int, int]:
    """Return how many samples a signal needs, and more than how many its reflection needs."""
    lost = int(config.preemphasis_scope == "valid")  # the first sample
    padding = config.padding_lengths
    needed = shortest_signal(config.counted_length, config.hop_length, padding, config.frame_count)
    modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,) * 2
    reflected = [n for mode, n in zip(modes, padding, strict=True) if mode == "reflect"]
    return needed + lost, max([0, *reflected]) + lost


def frontend(spec: str | MelConfig) -> FrontEnd:
    """Return a front end by name, or of a configuration.

    Parameters
    ----------
    spec : str or MelConfig
        A name that :func:`frontends` lists; or a configuration, as a value or as the JSON that
        :meth:`FrontEnd.to_json` and :meth:`MelConfig.to_json` return.

    Returns
    -------
    FrontEnd
        A callable; keep it, or call this again: plans are cached.

    Raises
    ------
    ValueError
        For an unknown name, where the nearest ones are suggested; for JSON that is broken, of a
        newer schema or of no valid configuration.
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
        made = FrontEnd(spec)
        if made._plan.warning:  # of bands of one's own: a model's are as they are
            warn(made._plan.warning)
        return made
    if not isinstance(spec, str):
        raise TypeError(
            f"spec must be a name, a MelConfig, or the text of its JSON; got {type(spec).__name__}"
        )
    if spec.lstrip("\ufeff \t\r\n").startswith("{"):
        return _of_json(spec)
    catalogue = _catalogue()
    if spec not in catalogue:
        raise ValueError(unknown(spec, list(catalogue)))
    return FrontEnd(catalogue[spec].config, spec)


def _of_json(text: str) -> FrontEnd:
    """Return the front end of a JSON object; it has a name where the row of that name is equal."""
    name, config = json_object(text).get("name"), MelConfig.from_json(text)
    row = _catalogue().get(name) if isinstance(name, str) else None
    return FrontEnd(config, name) if row is not None and row.config == config else frontend(config)


def _catalogue() -> dict[str, Entry]:
    """Return the rows, which take a while to make, and so are made when first asked for."""
    from .._catalogue import CATALOGUE

    return CATALOGUE


def unknown(name: str, names: list[str]) -> str:
    """Say that there is no such name, and which are like it, or the first of all."""
    from difflib import get_close_matches

    near = get_close_matches(name.strip().lower(), names, n=5)
    if name.endswith(".json"):
        advice = "of a file, give the text: pathlib.Path(...).read_text()"
    elif near:
        advice = f"did you mean {' or '.join(near)}? fastmel.frontends() lists all"
    else:
        advice = f"known: {', '.join(names[:10])}, ...; fastmel.frontends() lists all {len(names)}"
    return f"unknown front end {brief(name)}; {advice}"


def frontends() -> dict[str, str]:
    """Return the names of the front ends with one line about each.

    Returns
    -------
    dict of str to str
        By name, in the order of the catalogue, what it computes.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.frontends()["whisper"]
    "Whisper's log-mel features, 80 bands"
    """
    return {name: entry.description for name, entry in _catalogue().items()}
