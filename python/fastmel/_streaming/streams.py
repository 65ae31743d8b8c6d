"""Many streams of one front end, which go on together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array, Memory, as_samples, check_out
from .._base.checks import LONGEST, brief, integer, naming_item
from .._base.public import publish
from .._base.threads import resolve_workers
from .chain import Chain, OfFrontEnd, Samples, chain_of, chunk_samples

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


class Streams(OfFrontEnd):
    """Streams of one front end that go on together. Made by :meth:`FrontEnd.streams`.

    Each is what :meth:`FrontEnd.stream` makes, with the same bits; one call computes what is new in
    many of them, and so costs a fraction of as many calls. They are numbered from 0. Signals end,
    begin again, come and go one by one.

    The features of a call are padded to the most frames that one of its streams has, with their
    numbers, as of :meth:`FrontEnd.batch`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> streams = fastmel.frontend("kaldi-fbank").streams(3)
    >>> streams.push(np.zeros((3, 400), np.float32))[0].shape
    (3, 1, 23)
    >>> some = {2: np.zeros(320, np.float32), 0: np.zeros(80, np.float32)}
    >>> features, lengths = streams.push(some)
    >>> features.shape, lengths
    ((2, 2, 23), array([2, 0]))
    >>> new = streams.add()
    >>> streams.remove(1)
    >>> new, len(streams)
    (3, 3)
    """

    def __init__(
        self,
        front_end: FrontEnd,
        n: int,
        peak: Literal["running"] | float | None = None,
        normalize: Literal["running"] | None = None,
    ) -> None:
        self._how = (front_end, n, peak, normalize)
        chain = self._chain = chain_of(front_end, peak, normalize)
        n = integer("n", n, least=0, most=_MOST_STREAMS)
        self._core = _core.Streams(chain.core, n, frames_first=chain.frames_first, wide=chain.wide)
        self._plain = chain.takes_samples and not chain.stages
        self._samples = [Samples()] * n
        self._states = [chain.start()] * n

    def __len__(self) -> int:
        return len(self.indices)

    def __repr__(self) -> str:
        return f"<{len(self)} streams of {self.front_end!r}>"

    @property
    def indices(self) -> list[int]:
        """Numbers of the streams that there are."""
        return [i for i in range(self._core.size) if self._core.has(i)]

    def push(
        self,
        chunks: Mapping[int, Memory] | Sequence[Memory | None] | Array,
        *,
        lengths: Sequence[int] | NDArray[np.integer[Any]] | None = None,
        which: Iterable[int] | None = None,
        workers: int | None = None,
        out: Array | None = None,
    ) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Take the next samples of several streams and return the frames that are certain.

        Parameters
        ----------
        chunks : mapping of int to array, sequence of arrays, or array of shape (n, n_samples)
            Chunks by the number of their stream; or one for each stream from 0 on, of which None is
            an empty one. Those of one array are the cheapest.
        lengths : sequence of int, optional
            How many samples of each row of an array count.
        which : iterable of int, optional
            The streams that a sequence or the rows of an array belong to.
        workers : int, optional
            Threads, as in a call.
        out : ndarray, optional
            Where to write `features`, of their dtype, with room for their frames or for more; a
            view of the part that is used is returned.

        Returns
        -------
        features : ndarray, shape (n_items, n_features, max_frames)
            Frames of each chunk's stream, in the order of the chunks; zeros after its last one.
            The last two axes are in the layout of a call.
        lengths : ndarray of int64, shape (n_items,)
            Frames of each.

        Raises
        ------
        ValueError, TypeError
            As :meth:`Stream.push`, naming the item; for a stream that is named twice, or an `out`
            that does not fit. No stream has taken anything then.
        IndexError
            If there is no such stream.
        """
        if isinstance(chunks, Mapping):
            if which is not None:
                raise ValueError("which must be None with chunks by number")
            which, chunks = _named_once("chunks", chunks), list(chunks.values())
        elif which is not None:
            which = _named_once("which", which)
        if isinstance(chunks, (list, tuple)):
            if lengths is not None:
                raise ValueError(
                    "lengths are of the rows of an array; chunks in a list have theirs"
                )
            which = list(range(len(chunks))) if which is None else which
            items = [_EMPTY if chunk is None else chunk for chunk in chunks]
        else:
            chunks = as_samples(chunks, "chunks")
            if chunks.ndim != 2:
                raise ValueError(f"chunks must have two axes; got shape {chunks.shape}")
            lengths = None if lengths is None else _indices("lengths", lengths)
            for name, of in (("lengths", lengths), ("which", which)):
                if of is not None and len(of) != len(chunks):
                    raise ValueError(
                        f"{name} has {len(of)} entries; there are {len(chunks)} chunks"
                    )
            if self._plain:
                threads = self._threads(workers, chunks.size)
                _check_apart(out, [chunks])
                return self._core.push_rows(which, chunks, lengths, threads, out)
            n = len(chunks)
            which = list(range(n)) if which is None else which
            items = (
                list(chunks)
                if lengths is None
                else [row[:m] for row, m in zip(chunks, lengths, strict=True)]
            )
        if len(which) != len(items):
            raise ValueError(f"which names {len(which)} streams; there are {len(items)} chunks")
        if self._plain and out is None:
            try:
                return self._core.push(which, items, self._threads(workers, 0, items))
            except TypeError:  # some are no arrays that the core reads in place
                pass
        items = _each_samples(items)
        _check_apart(out, items)
        if self._plain:
            return self._core.push(which, items, self._threads(workers, 0, items), out)
        if out is None:
            return self._pushed(which, items, workers)
        before = {i: self._one(i) for i in set(which) if self._core.has(i)}
        try:
            features, lengths = self._pushed(which, items, workers)
            return _written(features, out), lengths
        except ValueError:  # where `out` does not fit, which is known last
            for i, state in before.items():
                self._resume(i, *state)
            raise

    def _threads(self, workers: int | None, samples: int, items: Sequence[Any] = ()) -> int:
        if workers is None and samples < 1 << 16 and len(items) < 1 << 10:
            return 1
        samples = samples or sum(len(item) for item in items)
        config = self._chain.config
        return resolve_workers(workers, samples // config.hop_length * config.n_fft)

    def _pushed(
        self, which: Sequence[int], items: list[Array], workers: int | None
    ) -> tuple[Array, NDArray[np.int64]]:
        """Push with what precedes and follows the core."""
        chain = self._chain
        prepared = []
        for i, (index, samples) in enumerate(zip(which, items, strict=True)):
            if self._core.ended(index):
                raise ValueError(f"item {i}: chunk comes after the end of the signal")
            with naming_item(i):
                prepared.append(chain.prepared(samples, self._samples[index]))
        passed = [samples for samples, _ in prepared]
        features, lengths = self._core.push(which, passed, self._threads(workers, 0, passed))
        for index, (_, after) in zip(which, prepared, strict=True):
            self._samples[index] = after
        return self._finished(which, features, lengths, [False] * len(lengths))

    def _finished(
        self, which: Sequence[int], features: Array, lengths: NDArray[np.int64], last: list[bool]
    ) -> tuple[Array, NDArray[np.int64]]:
        chain = self._chain
        if not chain.stages:
            return features, lengths
        if all(stage.frame_by_frame for stage in chain.stages):
            _, features = chain.finished(chain.start(), features, False)
            features[np.arange(features.shape[1]) >= lengths[:, np.newaxis]] = 0
            return chain.in_layout(features), lengths
        finished = []
        for index, frames, n, end in zip(which, features, lengths, last, strict=True):
            self._states[index], frames = chain.finished(self._states[index], frames[:n], end)
            finished.append(frames)
        return _padded(finished, chain)

    def flush(self, which: Iterable[int] | None = None) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """End signals, all by default, and return the frames that are left.

        Parameters
        ----------
        which : iterable of int, optional
            Numbers of streams.

        Returns
        -------
        features, lengths : ndarray
            As :meth:`push` returns them, in the order of `which`.

        Raises
        ------
        ValueError
            As :meth:`Stream.flush`, naming the item, or for a stream that is named twice; none has
            ended then.
        IndexError
            If there is no such stream.
        """
        which = self.indices if which is None else _named_once("which", which)
        chain, whole = self._chain, []
        for i, index in enumerate(which):
            if self._core.ended(index):
                raise ValueError(f"item {i}: stream {index} has ended; reset() begins anew")
            with naming_item(i):
                whole.append(chain.has_frames(self.n_samples(index)))
        if not chain.before:
            return self._finished(which, *self._core.end(which), whole)
        finished = []
        for index, last in zip(which, whole, strict=True):
            zeros, self._samples[index] = chain.completed(self._samples[index])
            chunk = _EMPTY if zeros is None else zeros
            parts = [
                part[0] for part, _ in (self._core.push([index], [chunk]), self._core.end([index]))
            ]
            frames = np.concatenate(parts, axis=0 if chain.frames_first else 1)
            self._states[index], frames = chain.finished(self._states[index], frames, last)
            finished.append(frames if chain.frames_first else frames.T)
        return _padded(finished, chain)

    def reset(self, which: Iterable[int] | None = None) -> None:
        """Begin new signals in streams, all by default."""
        for index in self.indices if which is None else _indices("which", which):
            self._core.reset(index)
            self._samples[index], self._states[index] = Samples(), self._chain.start()

    def add(self) -> int:
        """Return the number of a new stream; that of one that was removed comes first."""
        index = self._core.add()
        if index == len(self._samples):
            self._samples.append(Samples())
            self._states.append(self._chain.start())
        self._samples[index], self._states[index] = Samples(), self._chain.start()
        return index

    def remove(self, index: int) -> None:
        """Forget a stream; the others keep their numbers."""
        self._core.remove(integer("index", index, 0))

    def n_samples(self, index: int) -> int:
        """Return how many samples a stream has taken."""
        index = integer("index", index, 0)
        taken = self._core.n_samples(index)
        return taken if self._chain.takes_samples else self._samples[index].taken

    def _one(self, index: int) -> tuple[Any, ...]:
        states = self._chain.saved(self._states[index])
        return self._core.state(index), tuple(self._samples[index]), states

    def _resume(self, index: int, core: Any, samples: Any, states: Any) -> None:
        self._core.restore(index, core)
        self._samples[index] = Samples(*samples)
        self._states[index] = self._chain.resumed(states)

    def _state(self) -> tuple[Any, ...]:
        return ([self._one(i) if self._core.has(i) else None for i in range(self._core.size)],)

    def _restore(self, state: tuple[Any, ...]) -> None:
        (streams,) = state
        while self._core.size < len(streams):
            self.add()
        for i, one in enumerate(streams):
            if one is None:
                self._core.remove(i)
            else:
                self._resume(i, *one)


_EMPTY = np.zeros(0, np.float32)
_MOST_STREAMS = 2**24


def _indices(name: str, values: Iterable[int]) -> list[int]:
    """Return integers from 0 up, of which there may be many."""
    try:
        found = list(values)
    except TypeError:
        raise TypeError(f"{name}={brief(values)} must hold integers") from None
    if set(map(type, found)) == {int} and 0 <= min(found) <= max(found) < LONGEST:
        return found
    return [integer(name, i, 0) for i in found]


def _named_once(name: str, values: Iterable[int]) -> list[int]:
    """Return numbers of streams, of which none may come twice."""
    which = _indices(name, values)
    if len(set(which)) < len(which):
        twice = next(i for i in which if which.count(i) > 1)
        raise ValueError(f"{name} names stream {twice} twice")
    return which


def _each_samples(items: Iterable[Memory]) -> list[Array]:
    samples = []
    for i, item in enumerate(items):
        with naming_item(i):
            samples.append(chunk_samples(item))
    return samples


def _check_apart(out: object, inputs: list[Array]) -> None:
    """Refuse an `out` that is no array to write to, or shares memory with the chunks."""
    if isinstance(out, np.ndarray):
        check_out(out, out.shape, (out.dtype,), *inputs)
    elif out is not None:
        raise TypeError(f"out must be a NumPy array; got {type(out).__name__}")


def _written(features: Array, out: Array) -> Array:
    """Return the part of `out` with room for the features of a call, which it gets."""
    shape = features.shape
    if out.ndim == len(shape):
        out = out[tuple(slice(n if axis else None) for axis, n in enumerate(shape))]
    written: Array = out
    check_out(written, shape, (features.dtype,))[...] = features
    return written


def _padded(finished: list[Array], chain: Chain) -> tuple[Array, NDArray[np.int64]]:
    """Return frames (n, ...) of several streams as one array, with their numbers."""
    lengths = np.array([len(frames) for frames in finished], np.int64)
    most = int(lengths.max(initial=0))
    shape = finished[0].shape[1:] if finished else (chain.n_features,)
    dtype = np.result_type(*finished) if finished else np.dtype(np.float32)
    padded = np.zeros((len(finished), most, *shape), dtype)
    for room, frames in zip(padded, finished, strict=True):
        room[: len(frames)] = frames
    layout = padded if chain.config.layout == "time_mel" else padded.swapaxes(-1, -2)
    return np.ascontiguousarray(layout), lengths


publish("fastmel", [Streams])
