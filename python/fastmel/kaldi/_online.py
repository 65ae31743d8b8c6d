"""The online classes of ``kaldi_native_fbank``: features of a signal that arrives in pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._base.arrays import as_array, as_floats, check_finite
from .._base.checks import LONGEST, brief, integer, number
from ._chain import front_end
from ._options import FbankOptions, MfccOptions

__all__ = ["OnlineFbank", "OnlineMfcc"]


class _Online:
    """Features of a signal that arrives in pieces."""

    _options: type[FbankOptions] | type[MfccOptions]

    def __init__(self, opts: Any) -> None:
        options = self._own(opts)
        chain = options._chain()
        self._frames = chain.frames
        # Frames are cut here, where their number in the whole signal is known; those that reach
        # beyond the signal are gathered one by one.
        cut = chain.frames._replace(snip_edges=True)
        self._front_end = front_end(chain._replace(frames=cut))
        self._noise = _Noise(options.frame_opts.dither)
        self._finished = False
        self._pieces: list[NDArray[np.float32]] = []
        self._n_samples = 0  # of the signal
        self._n_forgotten = 0  # of its samples
        self._n_popped = 0  # of its frames
        self._features = np.empty((0, self.dim), np.float32)  # computed frames, and room for more
        self._n_computed = 0  # frames, with those that are popped

    def _own(self, opts: Any) -> FbankOptions | MfccOptions:
        if isinstance(opts, self._options):
            return opts
        if not hasattr(opts, "as_dict"):
            raise TypeError(f"opts must be {self._options.__name__}; got {type(opts).__name__}")
        return self._options.from_dict(opts.as_dict())

    @property
    def dim(self) -> int:
        """Features per frame."""
        return self._front_end.n_features

    @property
    def frame_shift_in_seconds(self) -> float:
        """Time from one frame to the next."""
        return self._frames.shift / self._frames.sample_rate

    @property
    def num_frames_ready(self) -> int:
        """Frames that the samples so far are enough for; popped ones count."""
        n, frames = self._n_samples, self._frames
        if frames.snip_edges:
            return 0 if n < frames.length else 1 + (n - frames.length) // frames.shift
        if self._finished:
            return (n + frames.shift // 2) // frames.shift
        complete = 1 + (n + frames.before - frames.length) // frames.shift
        return max(0, min(complete, (n + frames.shift // 2) // frames.shift))

    def accept_waveform(self, sampling_rate: float, waveform: Any) -> None:
        """Take the next samples of the signal.

        Parameters
        ----------
        sampling_rate : float
            Their rate, which must be that of the options.
        waveform : array or sequence of numbers, shape (n_samples,)
            Samples, whose values are taken as they are, integers too, but for unsigned ones, which
            are refused. They are copied.

        Raises
        ------
        ValueError
            If the rate is another one, or the samples have several axes or are not finite.
        RuntimeError
            After :meth:`input_finished`.
        TypeError
            If the samples are no real numbers, or unsigned.
        """
        if type(sampling_rate) is not int:
            sampling_rate = number("sampling_rate", sampling_rate)
        if sampling_rate != self._frames.sample_rate:
            raise ValueError(
                f"sampling_rate={brief(sampling_rate)}, and samp_freq={self._frames.sample_rate}; "
                "resample the waveform, or change the options"
            )
        if self._finished:
            raise RuntimeError("the signal has ended: input_finished() was called before")
        piece = self._noise.added_to(_piece(waveform))
        if piece.size:
            self._pieces.append(piece)
            self._n_samples += piece.size

    def input_finished(self) -> None:
        """Say that the signal has ended: frames that reach beyond it are ready."""
        self._finished = True

    def is_last_frame(self, frame: int) -> bool:
        """Return whether a frame is the last one of a signal that has ended."""
        last = integer("frame", frame, -LONGEST) == self.num_frames_ready - 1
        return self._finished and last

    def get_frame(self, frame: int) -> NDArray[np.float32]:
        """Return the features of a frame.

        Parameters
        ----------
        frame : int
            Its number in the whole signal.

        Returns
        -------
        ndarray of float32, shape (dim,)
            Features.

        Raises
        ------
        IndexError
            If it is not ready, or popped.
        ValueError
            If its samples are not finite.
        """
        if not self._n_popped <= integer("frame", frame, -LONGEST) < self.num_frames_ready:
            raise IndexError(
                f"frame={frame} is not there: frames {self._n_popped} to "
                f"{self.num_frames_ready - 1} are"
            )
        self._compute()
        features: NDArray[np.float32] = self._features[frame - self._n_popped]
        return features

    def get_frames(self, frame: int | None = None, n: int | None = None) -> NDArray[np.float32]:
        """Return the features of several frames at once.

        Parameters
        ----------
        frame : int, optional
            Number of the first one in the whole signal; by default the first that is not popped.
        n : int, optional
            How many; by default all that are ready.

        Returns
        -------
        ndarray of float32, shape (n, dim)
            Features.

        Raises
        ------
        IndexError
            If one of them is not ready, or popped.
        ValueError
            If samples are not finite.
        """
        ready = self.num_frames_ready
        first = self._n_popped if frame is None else integer("frame", frame, -LONGEST)
        end = max(first, ready) if n is None else first + integer("n", n, least=0)
        if not self._n_popped <= first <= end <= ready:
            raise IndexError(
                f"frames {first} to {end - 1} are not all there: "
                f"{self._n_popped} to {ready - 1} are"
            )
        self._compute()
        return self._features[first - self._n_popped : end - self._n_popped]

    def pop(self, n: int) -> None:
        """Forget the first `n` frames, or those that are ready if they are fewer."""
        self._compute()
        n = min(integer("n", n, least=0), self._n_computed - self._n_popped)
        self._features = self._features[n:]
        self._n_popped += n

    def _compute(self) -> None:
        """Compute the frames that are ready and not computed yet."""
        first, end = self._n_computed, self.num_frames_ready
        if first >= end:
            return
        rows = self._room_for(end)
        y = self._signal()
        start, length, shift = self._start, self._frames.length, self._frames.shift
        # Frames from `inside` up to `beyond` lie in the signal.
        inside = next((t for t in range(first, end) if start(t) >= 0), end)
        beyond = 1 + (self._n_samples - length - start(0)) // shift
        beyond = max(inside, min(end, beyond))
        if inside < beyond:
            stretch = slice(start(inside), start(beyond - 1) + length)
            at = slice(stretch.start - self._n_forgotten, stretch.stop - self._n_forgotten)
            self._front_end(y[at], out=rows[inside - first : beyond - first])
        for t in (*range(first, inside), *range(beyond, end)):
            frame = y[self._mirrored(start(t)) - self._n_forgotten]
            self._front_end(frame, out=rows[t - first : t - first + 1])
        self._n_computed = end
        self._forget(y)

    def _start(self, frame: int) -> int:
        return frame * self._frames.shift - self._frames.before

    def _mirrored(self, start: int) -> NDArray[np.int64]:
        """Return the numbers of a frame's samples, mirrored at both ends of the signal."""
        n = self._n_samples
        at = np.arange(start, start + self._frames.length) % (2 * n)
        return np.minimum(at, 2 * n - 1 - at)

    def _signal(self) -> NDArray[np.float32]:
        if len(self._pieces) > 1:
            self._pieces = [np.concatenate(self._pieces)]
        return self._pieces[0]

    def _forget(self, y: NDArray[np.float32]) -> None:
        """Let go of the samples that no later frame reads, mirrored ones included."""
        needed = self._start(self._n_computed) - self._frames.length
        n = min(max(needed - self._n_forgotten, 0), y.size)
        self._pieces = [y[n:].copy() if n else y]
        self._n_forgotten += n

    def _room_for(self, end: int) -> NDArray[np.float32]:
        """Return the rows of the frames from the first that is not computed up to `end`."""
        first, last = self._n_computed - self._n_popped, end - self._n_popped
        if last > len(self._features):
            # Twice the size, so that a signal in many pieces is not copied for each.
            grown = np.empty((max(last, 2 * first), self.dim), np.float32)
            grown[:first] = self._features[:first]
            self._features = grown
        return self._features[first:last]


def _piece(waveform: Any) -> NDArray[np.float32]:
    plain = isinstance(waveform, (list, tuple))
    samples = np.asarray(waveform) if plain else as_array(waveform, "waveform")
    if samples.dtype.kind not in "fi":  # unsigned samples are around the middle of their range
        raise TypeError(
            f"waveform must hold real numbers, with silence at 0; got dtype {samples.dtype}"
            f"{as_floats(samples.dtype, 'waveform')}"
        )
    if samples.ndim != 1:
        raise ValueError(
            f"waveform must have one axis; got shape {samples.shape}: mix the channels"
        )
    with np.errstate(over="ignore"):
        piece = samples.astype(np.float32)
    check_finite(piece, "waveform")
    return piece


class _Noise:
    """Gaussian noise for the samples of a signal, the same for every signal."""

    def __init__(self, deviation: float) -> None:
        self._deviation = number("dither", deviation, least=0)
        self._generator = np.random.Generator(np.random.PCG64(0))

    def added_to(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._deviation:
            # One value after another: the noise does not depend on how the signal is cut.
            noise = self._generator.standard_normal(samples.size, dtype=np.float32)
            samples += np.float32(self._deviation) * noise
        return samples


class OnlineFbank(_Online):
    """Log mel filter-bank features of a signal in pieces, as ``kaldi_native_fbank.OnlineFbank``.

    Features are computed when they are asked for, all that are ready at once. They do not depend
    on how the signal was cut into pieces.

    Parameters
    ----------
    opts : FbankOptions
        What to compute; kaldi_native_fbank's own will do. Later changes to it have no effect.

    Raises
    ------
    ValueError
        If options are out of range, or contradict each other.
    TypeError
        If `opts` are no such options.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.kaldi import FbankOptions, OnlineFbank
    >>> options = FbankOptions()
    >>> options.mel_opts.num_bins = 80
    >>> features = OnlineFbank(options)
    >>> features.accept_waveform(16000, np.zeros(8000, np.float32))
    >>> features.accept_waveform(16000, np.zeros(8000, np.float32))
    >>> features.input_finished()
    >>> features.num_frames_ready, features.get_frame(0).shape, features.get_frames().shape
    (98, (80,), (98, 80))
    """

    _options = FbankOptions


class OnlineMfcc(_Online):
    """Cepstral coefficients of a signal in pieces, as ``kaldi_native_fbank.OnlineMfcc``.

    Parameters
    ----------
    opts : MfccOptions
        What to compute; kaldi_native_fbank's own will do. Later changes to it have no effect.

    Raises
    ------
    ValueError
        If options are out of range, or contradict each other.
    TypeError
        If `opts` are no such options.

    See Also
    --------
    OnlineFbank : The same interface, described there.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.kaldi import MfccOptions, OnlineMfcc
    >>> coefficients = OnlineMfcc(MfccOptions())
    >>> coefficients.accept_waveform(16000, np.zeros(16000, np.float32))
    >>> coefficients.get_frames().shape
    (98, 13)
    """

    _options = MfccOptions
