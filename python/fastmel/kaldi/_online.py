"""The online classes of ``kaldi_native_fbank``: features of a signal that arrives in pieces."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._base.arrays import as_array, as_floats, check_finite
from .._base.checks import LONGEST, brief, integer, number
from ._chain import front_end
from ._options import FbankOptions, MfccOptions


class _Options(Protocol):
    """Options, ours or kaldi_native_fbank's."""

    def as_dict(self) -> dict[str, Any]: ...


class _Online:
    """Features of a signal that arrives in pieces."""

    _options: type[FbankOptions] | type[MfccOptions]

    def __init__(self, opts: _Options) -> None:
        options = self._own(opts)
        self._frames = options._chain().frames
        self._stream = front_end(options._chain()).stream()
        self._noise = _Noise(options.frame_opts.dither)
        self._features = np.empty((0, self.dim), np.float32)  # those not popped, and room for more
        self._n_popped = 0  # of the frames

    def _own(self, opts: _Options) -> FbankOptions | MfccOptions:
        if isinstance(opts, self._options):
            return opts
        if not hasattr(opts, "as_dict"):
            raise TypeError(f"opts must be {self._options.__name__}; got {type(opts).__name__}")
        return self._options.from_dict(opts.as_dict())

    @property
    def dim(self) -> int:
        """Features per frame."""
        return self._stream.front_end.n_features

    @property
    def frame_shift_in_seconds(self) -> float:
        """Time from one frame to the next."""
        return self._frames.shift / self._frames.sample_rate

    @property
    def num_frames_ready(self) -> int:
        """Frames that the samples so far are enough for; popped ones count."""
        return self._stream.n_frames

    def accept_waveform(self, sampling_rate: float, waveform: ArrayLike) -> None:
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
            For samples after :meth:`input_finished`.
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
        piece = _piece(waveform)
        if self._stream.ended:
            if not piece.size:
                return
            raise RuntimeError("the signal has ended: input_finished() was called before")
        piece = self._noise.added_to(piece)
        try:
            frames = self._stream.push(piece)
        except ValueError:
            check_finite(piece, "waveform")  # which names the argument
            raise
        if len(frames):
            self._take(frames)

    def input_finished(self) -> None:
        """Say that the signal has ended: frames that reach beyond it are ready."""
        if not self._stream.ended:
            self._take(self._stream.flush())

    def is_last_frame(self, frame: int) -> bool:
        """Return whether a frame is the last one of a signal that has ended."""
        last = integer("frame", frame, -LONGEST) == self.num_frames_ready - 1
        return self._stream.ended and last

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
        """
        if not self._n_popped <= integer("frame", frame, -LONGEST) < self.num_frames_ready:
            raise IndexError(
                f"frame={frame} is not there: frames {self._n_popped} to "
                f"{self.num_frames_ready - 1} are"
            )
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
        """
        ready = self.num_frames_ready
        first = self._n_popped if frame is None else integer("frame", frame, -LONGEST)
        end = max(first, ready) if n is None else first + integer("n", n, least=0)
        if not self._n_popped <= first <= end <= ready:
            raise IndexError(
                f"frames {first} to {end - 1} are not all there: "
                f"{self._n_popped} to {ready - 1} are"
            )
        return self._features[first - self._n_popped : end - self._n_popped]

    def pop(self, n: int) -> None:
        """Forget the first `n` frames, or those that are ready if they are fewer."""
        n = min(integer("n", n, least=0), self.num_frames_ready - self._n_popped)
        self._features = self._features[n:]
        self._n_popped += n

    def _take(self, frames: NDArray[np.float32]) -> None:
        """Keep new frames."""
        end = self.num_frames_ready - self._n_popped
        if end > len(self._features):
            # Twice the size, so that a signal in many pieces is not copied for each.
            grown = np.empty((max(end, 2 * (end - len(frames))), self.dim), np.float32)
            grown[: end - len(frames)] = self._features[: end - len(frames)]
            self._features = grown
        self._features[end - len(frames) : end] = frames


def _piece(waveform: ArrayLike) -> NDArray[np.float32]:
    if type(waveform) is np.ndarray and waveform.dtype == np.float32 and waveform.ndim == 1:
        return waveform  # the stream takes a copy, and refuses what is not finite
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
        return samples.astype(np.float32)


class _Noise:
    """Gaussian noise for the samples of a signal, the same for every signal."""

    def __init__(self, deviation: float) -> None:
        self._deviation = number("dither", deviation, least=0)
        self._generator = np.random.Generator(np.random.PCG64(0))

    def added_to(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._deviation:
            check_finite(samples, "waveform")  # what is refused takes no noise with it
            # One value after another: the noise does not depend on how the signal is cut.
            noise = self._generator.standard_normal(samples.size, dtype=np.float32)
            samples = samples + np.float32(self._deviation) * noise
        return samples


class OnlineFbank(_Online):
    """Log mel filter-bank features of a signal in pieces, as ``kaldi_native_fbank.OnlineFbank``.

    Features are computed as soon as their samples are there. They do not depend on how the signal
    was cut into pieces, and are those of the whole.

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
