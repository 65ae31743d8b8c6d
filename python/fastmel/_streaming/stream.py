"""A stream: the features of one signal that arrives in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import Array, check_out
from .._base.public import publish
from .chain import Chain, OfFrontEnd, Samples, chain_of, chunk_samples

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


class Stream(OfFrontEnd):
    """Features of a signal that arrives in pieces. Made by :meth:`FrontEnd.stream`.

    All frames that :meth:`push` and :meth:`flush` return, one after the other, are those of a call
    of the front end on the whole signal: bit for bit, however it is cut. A frame is returned by the
    push that makes it certain. Only the samples that later frames are made of are kept.

    A stream belongs to one thread at a time. It can be copied and pickled; both are snapshots to go
    back to.

    Attributes
    ----------
    latency : Delay
        How far a frame reaches ahead, as ``latency.samples`` and ``latency.seconds``: frame t,
        which begins at sample ``t * hop_length``, or stride of stacked frames, is returned with
        sample ``t * hop_length + latency.samples - 1``. The first frames may mirror more samples
        than that, and steps that wait for a multiple of frames hold up to as many back.
    context : Delay
        The stretch of the signal that a frame is made of; infinite where each depends on all
        before it (PCEN, ``peak="running"``, ``normalize="running"``).
    n_samples, n_frames : int
        Samples pushed, and frames returned.
    ended : bool
        Whether :meth:`flush` was called.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fe = fastmel.frontend("kaldi-fbank")
    >>> y = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> s = fe.stream()
    >>> frames = [s.push(y[i : i + 160]) for i in range(0, len(y), 160)]
    >>> frames.append(s.flush())
    >>> np.array_equal(np.concatenate(frames), fe(y))
    True
    >>> s.latency
    Delay(samples=400, seconds=0.025)
    """

    __slots__ = ("_chain", "_core", "_given", "_how", "_plain", "_samples", "_states")

    def __init__(
        self,
        front_end: FrontEnd,
        peak: Literal["running"] | float | None = None,
        normalize: Literal["running"] | None = None,
    ) -> None:
        self._how = (front_end, peak, normalize)
        self._chain: Chain = chain_of(front_end, peak, normalize)
        chain = self._chain
        self._core = _core.Stream(chain.core, frames_first=chain.frames_first, wide=chain.wide)
        # Whether the core's result is that of a push.
        self._plain = chain.takes_samples and not chain.stages
        self._begin()

    def _begin(self) -> None:
        self._samples, self._states = Samples(), self._chain.start()
        self._given = 0  # frames, where the core does not count them

    def __repr__(self) -> str:
        return f"<stream of {self.front_end!r}: {self.n_samples} samples, {self.n_frames} frames>"

    @property
    def n_samples(self) -> int:
        """Samples pushed."""
        return self._core.n_samples if self._chain.takes_samples else self._samples.taken

    @property
    def n_frames(self) -> int:
        """Frames returned."""
        return self._core.n_frames if self._plain else self._given

    @property
    def ended(self) -> bool:
        """Whether the signal has ended."""
        return self._core.ended

    def push(self, chunk: Any, out: Array | None = None) -> NDArray[Any]:
        """Take the next samples and return the frames that are certain with them.

        Parameters
        ----------
        chunk : array, shape (n_samples,)
            Samples, of any dtype and strides that a call takes; 0 of them or more. All chunks of a
            signal have the dtype of the first one that is not empty. They are copied.
        out : ndarray, optional
            Where to write, of the dtype of the result and with room for its frames or for more; a
            view of the part that is used is returned.

        Returns
        -------
        ndarray, shape (n_features, n_frames) or (n_frames, n_features)
            Frames, of the layout and dtype of a call; there may be none. Until the first sample,
            float32 unless the configuration has a `dtype`.

        Raises
        ------
        ValueError
            If samples are not finite, of another dtype than before, or have several axes; if the
            signal has ended; or for an `out` that does not fit. The stream has taken nothing then,
            and goes on with the next chunk.
        TypeError
            If `chunk` is no array of samples.
        RuntimeError
            If another thread uses the stream.
        """
        if out is None and self._plain:
            try:
                return self._core.push(chunk)
            except TypeError:  # it is no array that the core reads in place
                return self._core.push(chunk_samples(chunk))
        samples = chunk_samples(chunk)
        if self._plain:
            room, used = self._room(out, self._core.frames_of(samples.shape[0]), samples)
            self._core.push(samples, room)
            return used
        if self._core.ended:
            self._core.push(samples)  # which says so
        before = None if out is None else self._state()
        passed, after = self._chain.prepared(samples, self._samples)
        frames = self._core.push(passed)
        self._samples = after
        return self._returned(self._finished(frames, last=False), out, before, samples)

    def flush(self, out: Array | None = None) -> NDArray[Any]:
        """End the signal and return the frames that are left.

        A signal without a frame, which a call refuses, has none here.

        Parameters
        ----------
        out : ndarray, optional
            As in :meth:`push`.

        Returns
        -------
        ndarray
            Frames, as :meth:`push` returns them. After this :meth:`reset` begins another signal.

        Raises
        ------
        ValueError
            If the signal is too short to be reflected at its edges, or has ended already.
        """
        chain = self._chain
        if self._core.ended:
            raise ValueError("the signal has ended: flush() was called before; reset() begins anew")
        last = chain.has_frames(self.n_samples)
        if self._plain:
            if out is None:
                return self._core.end()
            room, used = self._room(out, self._core.frames_left())
            self._core.end(room)
            return used
        before = None if out is None else self._state()
        zeros, self._samples = (
            chain.completed(self._samples) if chain.before else (None, self._samples)
        )
        parts = [] if zeros is None else [self._core.push(zeros)]
        parts.append(self._core.end())
        frames = np.concatenate(parts, axis=0 if chain.frames_first else 1)
        return self._returned(self._finished(frames, last), out, before)

    def _finished(self, frames: Array, last: bool) -> Array:
        self._states, frames = self._chain.finished(self._states, frames, last)
        frames = self._chain.in_layout(frames)
        self._given += frames.shape[self._axis(frames)]
        return frames

    def _axis(self, frames: Array) -> int:
        """Return the axis of time: patches have one more, before it."""
        if self._chain.config.layout == "time_mel":
            return 0
        return 0 if frames.ndim == 3 else 1

    def _returned(self, frames: Array, out: Any, before: Any, *inputs: Array) -> Array:
        """Return the frames, in `out`; if it does not fit, go back to the state before them."""
        if out is None:
            return frames
        used: Array = _part(out, frames.shape[self._axis(frames)], self._axis(frames))
        try:
            check_out(used, frames.shape, (frames.dtype,), *inputs)[...] = frames
        except (ValueError, TypeError):
            self._restore(before)
            raise
        return used

    def _room(self, out: Any, n: int, *inputs: Array) -> tuple[Array, Array]:
        """Return the part of `out` for n frames, as the core and as the caller see it."""
        axis = 0 if self._chain.frames_first else 1
        shape = (self._chain.n_features, n) if axis else (n, self._chain.n_features)
        dtype = inputs[0].dtype if inputs and not self._core.n_samples else None
        used = _part(out, n, axis)
        expected = self._core.dtype_for(dtype) if dtype is not None else self._core.dtype
        return check_out(used, shape, (expected,), *inputs), used

    def reset(self) -> None:
        """Begin a new signal, of any dtype."""
        self._core.reset()
        self._begin()

    def _state(self) -> tuple[Any, ...]:
        states = self._chain.saved(self._states)
        return self._core.state(), tuple(self._samples), states, self._given

    def _restore(self, state: tuple[Any, ...]) -> None:
        core, samples, states, self._given = state
        self._core.restore(core)
        self._samples, self._states = Samples(*samples), self._chain.resumed(states)


def _part(out: Any, n: int, axis: int) -> Any:
    """Return the first n entries of an array along an axis, if it has more."""
    if not isinstance(out, np.ndarray) or out.ndim <= axis or out.shape[axis] < n:
        return out  # which is refused, with the shape that it must have
    return out[:n] if axis == 0 else out[:, :n]


publish("fastmel", [Stream])
