"""Short-time Fourier transforms of signals that arrive in pieces, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import _core
from .._base.arrays import COMPLEX, REAL, TINY, Array, Memory, is_wide
from .._base.cache import cached
from .._base.checks import brief, choice, compute_precision, flag, integer
from .._base.public import publish
from .._compat.inverse import istft
from .._compat.spectra import stft
from .._engine.framing import pad_mode_name
from .._engine.windows import WindowLike, get_window
from .chain import chunk_samples
from .snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Stft:
    """A short-time Fourier transform and its inverse, of whole signals and of streams.

    Parameters
    ----------
    n_fft, hop_length, win_length, window, center, pad_mode, precision
        As of :func:`fastmel.stft`; `pad_mode` is a name.

    Raises
    ------
    ValueError, TypeError
        As :func:`fastmel.stft`.

    See Also
    --------
    fastmel.stft, fastmel.istft : for whole signals.

    Examples
    --------
    An effect on a stream: each chunk goes through the spectrum and back.

    >>> import numpy as np
    >>> import fastmel
    >>> transform = fastmel.Stft(n_fft=512, hop_length=128)
    >>> analysis, synthesis = transform.stream(), transform.inverse_stream()
    >>> y = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> out = [synthesis.push(analysis.push(y[i : i + 160])) for i in range(0, 16000, 160)]
    >>> out += [synthesis.push(analysis.flush()), synthesis.flush(length=16000)]
    >>> bool(np.array_equal(np.concatenate(out), transform.inverse(transform(y), length=16000)))
    True
    """

    n_fft: int = 2048
    hop_length: int | None = None
    win_length: int | None = None
    window: WindowLike = "hann"
    center: bool = True
    pad_mode: str = "constant"
    precision: str = "double"

    def __post_init__(self) -> None:
        n_fft = integer("n_fft", self.n_fft)
        win_length = n_fft if self.win_length is None else integer("win_length", self.win_length)
        if win_length > n_fft:
            raise ValueError(f"win_length={win_length} exceeds n_fft={n_fft}")
        if self.hop_length is None and win_length < 4:
            raise ValueError(f"hop_length must be given: a quarter of {win_length=} is less than 1")
        hop = win_length // 4 if self.hop_length is None else integer("hop_length", self.hop_length)
        window = self.window
        if not isinstance(window, (str, float, int)):
            plain = isinstance(window, tuple) and len(window) > 0 and isinstance(window[0], str)
            window = window if plain else tuple(get_window(window, win_length).tolist())
        get_window(_of(window), win_length)
        for name, value in {
            "n_fft": n_fft,
            "hop_length": hop,
            "win_length": win_length,
            "window": window,
            "center": flag("center", self.center),
            "pad_mode": pad_mode_name(self.pad_mode),
            "precision": choice("precision", self.precision, ("double", "single")),
        }.items():
            object.__setattr__(self, name, value)

    def __call__(self, y: Memory, **how: Any) -> NDArray[Any]:
        """Return :func:`fastmel.stft` of a whole signal, with its `out` and `workers`."""
        how = {"pad_mode": self.pad_mode, "precision": self.precision, **self._size, **how}
        return stft(y, **how)

    def inverse(
        self, stft_matrix: Memory, *, length: int | None = None, **how: Any
    ) -> NDArray[Any]:
        """Return :func:`fastmel.istft` of a spectrum, with its `out` and `workers`."""
        return istft(stft_matrix, length=length, **self._size, **how)

    @property
    def _size(self) -> dict[str, Any]:
        return {
            "n_fft": self.n_fft,
            "hop_length": self.hop_length,
            "win_length": self.win_length,
            "window": _of(self.window),
            "center": self.center,
        }

    @property
    def _padding(self) -> int:
        return self.n_fft // 2 if self.center else 0

    def stream(self) -> StftStream:
        """Return the transform of a signal that arrives in pieces."""
        return StftStream(self)

    def inverse_stream(self) -> InverseStftStream:
        """Return the inverse of spectra that arrive in pieces."""
        return InverseStftStream(self)


def _of(window: Any) -> Any:
    """Return a window as :func:`fastmel.get_window` takes it."""
    values = isinstance(window, tuple) and len(window) > 0 and not isinstance(window[0], str)
    return np.array(window) if values else window


@cached(maxsize=16)
def _forward(of: Stft, precision: str) -> _core.StreamPlan:
    mode = of.pad_mode if of.center else "constant"
    core = _plan(of, precision, offset=of._padding, pad_mode=mode)
    before = of._padding
    return _core.StreamPlan(
        core, frame_count="whole", frame_length=of.n_fft, before=before, after=before
    )


@cached(maxsize=16)
def _inverse(of: Stft, precision: str) -> _core.Plan:
    return _plan(of, precision, offset=0, pad_mode="constant", inverse=True)


def _plan(of: Stft, precision: str, **how: Any) -> _core.Plan:
    length = of.win_length or of.n_fft
    left = (of.n_fft - length) // 2
    window = np.pad(get_window(_of(of.window), length), (left, of.n_fft - length - left))
    assert of.hop_length is not None
    return _core.Plan(
        n_fft=of.n_fft,
        hop_length=of.hop_length,
        window=window,
        precision=precision,
        power=None,
        **how,
    )


def _checked(transform: object) -> Stft:
    if not isinstance(transform, Stft):
        raise TypeError(f"transform must be a Stft; got {brief(transform)}")
    return transform


class StftStream(Snapshot):
    """Spectra of a signal that arrives in pieces. Made by :meth:`Stft.stream`.

    All that it returns, one after the other, is :func:`fastmel.stft` of the whole signal, bit for
    bit, however it is cut. An empty signal has no frames.

    A stream belongs to one thread at a time. It can be copied and pickled; both are snapshots to go
    back to.

    Attributes
    ----------
    transform : Stft
        What it computes.
    latency : int
        Frame t is returned with sample ``t * hop_length + latency - 1``; the first ones may mirror
        more samples than that.
    n_samples, n_frames : int
        Samples pushed, and frames returned.
    ended : bool
        Whether :meth:`flush` was called.

    See Also
    --------
    InverseStftStream : back to samples.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> transform = fastmel.Stft(n_fft=512, hop_length=128)
    >>> y = np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> s = transform.stream()
    >>> spectra = [s.push(y[i : i + 160]) for i in range(0, len(y), 160)]
    >>> spectra.append(s.flush())
    >>> np.array_equal(np.concatenate(spectra, axis=1), transform(y))
    True
    """

    __slots__ = ("_core", "_how", "_of")

    def __init__(self, transform: Stft) -> None:
        self._of = _checked(transform)
        self._how = (transform,)
        self._core = self._made(wide=False)

    def __repr__(self) -> str:
        return f"<stream of {self._of!r}: {self.n_samples} samples, {self.n_frames} frames>"

    def _made(self, wide: bool) -> _core.Stream:
        plan = _forward(self._of, compute_precision(self._of.precision, wide))
        return _core.Stream(plan, frames_first=True, wide=wide)

    @property
    def transform(self) -> Stft:
        """What it computes."""
        return self._of

    @property
    def latency(self) -> int:
        """Samples after the beginning of a hop with which its frame is returned."""
        return self._of.n_fft - self._of._padding

    @property
    def n_samples(self) -> int:
        """Samples pushed."""
        return self._core.n_samples

    @property
    def n_frames(self) -> int:
        """Frames returned."""
        return self._core.n_frames

    @property
    def ended(self) -> bool:
        """Whether the signal has ended."""
        return self._core.ended

    def push(self, chunk: Memory) -> NDArray[Any]:
        """Take the next samples and return the spectra that are certain with them.

        Parameters
        ----------
        chunk : array, shape (n_samples,)
            Samples, of any dtype and strides that :func:`fastmel.stft` takes; 0 of them or more.
            All chunks of a signal have the dtype of the first one that is not empty. They are
            copied.

        Returns
        -------
        ndarray, shape (1 + n_fft // 2, n_frames)
            Spectra, the bins of each adjacent in memory: complex64, of float64 samples complex128.

        Raises
        ------
        ValueError, TypeError, RuntimeError
            As :meth:`Stream.push`; the stream has taken nothing then.
        """
        samples = chunk_samples(chunk)
        if self._of.pad_mode == "linear_ramp" and samples.dtype not in REAL:
            raise TypeError(
                f'chunk must be float32 or float64, for pad_mode="linear_ramp"; got {samples.dtype}'
            )
        if self._core.n_samples == 0 and samples.size and not self._core.ended:
            self._core = self._made(wide=samples.dtype == REAL[1])
        spectra: Array = self._core.push(samples).T
        return spectra

    def flush(self) -> NDArray[Any]:
        """End the signal and return the spectra that are left.

        Returns
        -------
        ndarray, shape (1 + n_fft // 2, n_frames)
            As :meth:`push` returns them. After this :meth:`reset` begins another signal.

        Raises
        ------
        ValueError
            If the signal is too short to be mirrored at its edges, or has ended already.
        """
        if self._core.ended:
            raise ValueError("the signal has ended: flush() was called before; reset() begins anew")
        spectra: Array = self._core.end().T
        return spectra

    def reset(self) -> None:
        """Begin a new signal, of any dtype."""
        self._core.reset()

    def _state(self) -> tuple[Any, ...]:
        return self._core.dtype == COMPLEX[1], self._core.state()

    def _restore(self, state: tuple[Any, ...]) -> None:
        wide, core = state
        self._core = self._made(wide)
        self._core.restore(core)


class InverseStftStream(Snapshot):
    """Samples of spectra that arrive in pieces: overlap-add. Made by :meth:`Stft.inverse_stream`.

    All that it returns, one after the other, is :func:`fastmel.istft` of all spectra, bit for bit.
    A sample is returned with the last frame that it is in.

    A stream belongs to one thread at a time. It can be copied and pickled; both are snapshots to go
    back to.

    Attributes
    ----------
    transform : Stft
        What it inverts.
    latency : int
        Behind a :class:`StftStream`, samples come back with as many that follow them, once chunks
        are as long as a hop: ``n_fft - hop_length``.
    n_frames, n_samples : int
        Frames pushed, and samples returned.
    ended : bool
        Whether :meth:`flush` was called.

    See Also
    --------
    StftStream : from samples.

    Examples
    --------
    A gate that lets through what is louder than a hiss of amplitude 0.01:

    >>> import numpy as np
    >>> import fastmel
    >>> transform = fastmel.Stft(n_fft=512, hop_length=128)
    >>> hiss = 0.01 * np.random.default_rng(0).standard_normal(16000).astype(np.float32)
    >>> y = hiss + np.sin(np.arange(16000) * 0.2, dtype=np.float32)
    >>> threshold = 3 * np.abs(transform(hiss)).mean()
    >>> analysis, synthesis = transform.stream(), transform.inverse_stream()
    >>> def gate(spectra):
    ...     return np.where(np.abs(spectra) > threshold, spectra, 0)
    >>> out = [synthesis.push(gate(analysis.push(y[i : i + 160]))) for i in range(0, 16000, 160)]
    >>> out += [synthesis.push(gate(analysis.flush())), synthesis.flush(length=16000)]
    >>> cleaned = np.concatenate(out)
    >>> np.array_equal(cleaned, transform.inverse(gate(transform(y)), length=16000))
    True
    """

    __slots__ = ("_ended", "_frames", "_held", "_hop", "_how", "_of", "_padding", "_samples")

    def __init__(self, transform: Stft) -> None:
        self._of = _checked(transform)
        self._how = (transform,)
        assert transform.hop_length is not None
        self._hop, self._padding = transform.hop_length, transform._padding
        self.reset()

    def __repr__(self) -> str:
        return f"<inverse stream of {self._of!r}: {self.n_frames} frames, {self.n_samples} samples>"

    def reset(self) -> None:
        """Begin a new signal, of either dtype."""
        self._frames, self._samples, self._ended = 0, 0, False
        self._held: NDArray[Any] | None = None  # the last spectra, in which samples to come are

    @property
    def transform(self) -> Stft:
        """What it inverts."""
        return self._of

    @property
    def latency(self) -> int:
        """Samples that come back later than they went in, behind a stream of chunks of a hop."""
        return max(0, self._of.n_fft - self._hop)

    @property
    def n_frames(self) -> int:
        """Frames pushed."""
        return self._frames

    @property
    def n_samples(self) -> int:
        """Samples returned."""
        return self._samples

    @property
    def ended(self) -> bool:
        """Whether the signal has ended."""
        return self._ended

    def push(self, spectra: Memory) -> NDArray[Any]:
        """Take the next spectra and return the samples that are certain with them.

        Parameters
        ----------
        spectra : array of complex64 or complex128, shape (1 + n_fft // 2, n_frames)
            All have the dtype of the first.

        Returns
        -------
        ndarray, shape (n_samples,)
            Samples: float32, of complex128 float64.

        Raises
        ------
        ValueError
            For spectra of another shape or dtype, or after :meth:`flush`. The stream has taken
            nothing then.
        TypeError
            If they are not complex.
        """
        spectra = np.asarray(spectra)
        bins = self._of.n_fft // 2 + 1
        if self.ended:
            raise ValueError("spectra come after the end of the signal; reset() begins a new one")
        if spectra.ndim != 2 or spectra.shape[0] != bins:
            raise ValueError(f"spectra must have shape ({bins}, frames); got {spectra.shape}")
        if spectra.dtype not in COMPLEX:
            raise TypeError(f"spectra must be complex64 or complex128; got {spectra.dtype}")
        held: NDArray[Any] = spectra[:, :0].copy() if self._held is None else self._held
        if spectra.dtype != held.dtype and spectra.shape[1]:
            if self.n_frames:
                raise ValueError(
                    f"spectra must have the dtype of those before, {held.dtype}; got "
                    f"{spectra.dtype}"
                )
            held = held.astype(spectra.dtype)
        self._held = held
        if spectra.shape[1] == 0:
            return np.zeros(0, REAL[held.dtype == COMPLEX[1]])
        self._held = np.concatenate([held, spectra], axis=1)
        self._frames += spectra.shape[1]
        # A frame more may add to what follows its beginning, and to nothing before it.
        return self._until(min(self.n_frames * self._hop - self._padding, self._end()))

    def _end(self) -> int:
        """Return the samples of a signal that ends with the last frame."""
        covered = self._of.n_fft + self._hop * (self.n_frames - 1)
        return max(0, covered - 2 * self._padding)

    def flush(self, length: int | None = None) -> NDArray[Any]:
        """End the signal and return the samples that are left.

        Parameters
        ----------
        length : int, optional
            Samples of the signal, at least those that are returned already; zeros complete it. By
            default those that its frames cover, less the padding.

        Raises
        ------
        ValueError
            If the signal has ended already, has no frames and no `length`, or if more samples than
            `length` are returned already.
        """
        if self.ended:
            raise ValueError("the signal has ended: flush() was called before; reset() begins anew")
        if length is not None:
            length = integer("length", length, least=0)
            if length < self.n_samples:
                raise ValueError(
                    f"length={brief(length)}: {self.n_samples} samples are returned already"
                )
        if self._held is None or self.n_frames == 0:
            if length is None:
                raise ValueError("no spectra were pushed; give a length to get silence")
            self._ended, self._samples = True, length
            return np.zeros(length, np.float32)
        self._ended = True
        return self._until(self._end() if length is None else length)

    def _until(self, end: int) -> NDArray[Any]:
        """Return the samples up to `end`, and keep the frames of those that follow."""
        assert self._held is not None
        held, hop, wide = self._held, self._hop, is_wide(self._held)
        n, n_held = max(0, end - self._samples), held.shape[1]
        first = self._frames - n_held  # frame that is held
        at = self._samples + self._padding - first * hop
        out = np.zeros(max(0, at) + n, REAL[wide])
        covered = out[max(0, -at) :]  # frames that do not overlap have gaps
        if n and covered.size and n_held:
            plan = _inverse(self._of, "double" if wide else "single")
            plan.invert(held, covered, TINY[out.dtype])
        self._samples += n
        # The first frame that covers the next sample.
        needed = (self._samples + self._padding - self._of.n_fft) // hop + 1
        self._held = held[:, max(0, min(needed - first, n_held)) :].copy()
        return out[at:].copy() if at > 0 else out

    def _state(self) -> tuple[Any, ...]:
        # arrays that are held are replaced, and never written to
        return self._held, self._frames, self._samples, self._ended

    def _restore(self, state: tuple[Any, ...]) -> None:
        self._held, self._frames, self._samples, self._ended = state


publish("fastmel", [InverseStftStream, Stft, StftStream])
