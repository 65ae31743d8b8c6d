"""Spectra: librosa's short-time Fourier transform, and its magnitudes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .._base.arrays import COMPLEX, Memory, Narrow, Wide
from .._base.checks import Precision
from .._engine.windows import WindowLike
from .arguments import COMPLEX_SPECTRUM, dtype_among, spectrum
from .signatures import PadMode

if TYPE_CHECKING:
    from typing_extensions import TypeVar, Unpack

    from .signatures import Framing

    Out = TypeVar("Out", bound=NDArray[Any])
    Complex = TypeVar("Complex", np.complex64, np.complex128)


@overload
def stft(y: Memory, *, out: Out, dtype: DTypeLike | None = ..., **how: Unpack[Framing]) -> Out: ...
@overload
def stft(
    y: Narrow, *, dtype: None = ..., out: None = ..., **how: Unpack[Framing]
) -> NDArray[np.complex64]: ...
@overload
def stft(
    y: Wide, *, dtype: None = ..., out: None = ..., **how: Unpack[Framing]
) -> NDArray[np.complex128]: ...
@overload
def stft(
    y: Memory, *, dtype: type[Complex], out: None = ..., **how: Unpack[Framing]
) -> NDArray[Complex]: ...
@overload
def stft(
    y: Memory, *, dtype: DTypeLike | None = ..., out: None = ..., **how: Unpack[Framing]
) -> NDArray[np.complexfloating[Any, Any]]: ...
def stft(
    y: Memory,
    *,
    n_fft: int = 2048,
    hop_length: int | None = None,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    dtype: DTypeLike | None = None,
    pad_mode: PadMode = "constant",
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Short-time Fourier transform.

    Parameters
    ----------
    y : array, shape (..., n_samples)
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
    n_fft : int, default 2048
        Length of the transform, in samples; any length, odd or prime as well.
    hop_length : int, optional
        Samples between frames; ``win_length // 4`` by default.
    win_length : int, optional
        Length of the window, at most `n_fft` (the default), centred in the frame.
    window : str, tuple, float, array or callable, default "hann"
        Anything that :func:`fastmel.get_window` accepts.
    center : bool, default True
        Centre frame `t` on sample ``t * hop_length`` by padding ``n_fft // 2`` samples on both
        sides; False starts it there.
    dtype : complex dtype, optional
        complex64 for single- and complex128 for double-precision input by default.
    pad_mode : str or callable, default "constant"
        With `center`: "constant" (zeros), "edge", "reflect", "symmetric", "linear_ramp", "empty",
        or a function for :func:`numpy.pad`.
    out : ndarray, optional
        Where to write: complex, of the result's shape, or with more frames than that, of which the
        leading ones are used and returned. `dtype` is ignored then.
    workers : int, optional
        Threads; by default one for short signals. -1 means all CPUs. The result is the same.
    precision : {"double", "single"}, default "double"
        Precision of the computation. librosa's is "double"; "single" is faster.

    Returns
    -------
    ndarray, shape (..., 1 + n_fft // 2, n_frames)
        Complex spectrum, the bins of each frame adjacent in memory. ``n_frames`` is
        ``1 + (n_samples + 2 * (n_fft // 2) - n_fft) // hop_length`` when centred, else
        ``1 + (n_samples - n_fft) // hop_length``.

    Raises
    ------
    ValueError
        For sizes that are not positive, ``win_length > n_fft``, an unknown window or pad mode,
        samples that are not finite, of shape (n_samples, channels) or too few for
        ``center=False``, or an `out` that does not fit.
    TypeError
        For samples that are neither floats nor int16 / int32, or an argument of the wrong type.

    Warns
    -----
    UserWarning
        If `y` is shorter than `n_fft`.

    See Also
    --------
    istft : the inverse.
    spectrogram : magnitudes.

    Notes
    -----
    Equals :func:`librosa.stft`. With ``pad_mode="reflect"`` the padding is that of
    :func:`numpy.pad` on the whole signal; librosa pads a slice, which can differ in the last sample
    of the last frame.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> y = np.sin(2 * np.pi * 440 / 22050 * np.arange(22050, dtype=np.float32))
    >>> D = fastmel.stft(y)
    >>> D.shape, D.dtype
    ((1025, 44), dtype('complex64'))
    >>> int(abs(D[:, 20]).argmax() * 22050 / 2048)
    441
    """
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    asked = None if dtype is None else dtype_among(dtype, *COMPLEX)
    kind = asked if out is None else None
    return spectrum(y, out, workers, framing, COMPLEX_SPECTRUM, precision, dtype=kind)


@overload
def spectrogram(y: Memory, *, out: Out, power: float = ..., **how: Unpack[Framing]) -> Out: ...
@overload
def spectrogram(
    y: Narrow, *, out: None = ..., power: float = ..., **how: Unpack[Framing]
) -> NDArray[np.float32]: ...
@overload
def spectrogram(
    y: Wide, *, out: None = ..., power: float = ..., **how: Unpack[Framing]
) -> NDArray[np.float64]: ...
@overload
def spectrogram(
    y: Memory, *, out: None = ..., power: float = ..., **how: Unpack[Framing]
) -> NDArray[np.floating[Any]]: ...
def spectrogram(
    y: Memory,
    *,
    n_fft: int = 2048,
    hop_length: int | None = 512,
    win_length: int | None = None,
    window: WindowLike = "hann",
    center: bool = True,
    pad_mode: PadMode = "constant",
    power: float = 2.0,
    out: NDArray[Any] | None = None,
    workers: int | None = None,
    precision: Precision = "double",
) -> NDArray[Any]:
    """Magnitude of the short-time Fourier transform, raised to a power.

    Parameters
    ----------
    y : array, shape (..., n_samples)
        Signal: float32, float64, or int16 / int32 PCM, which is scaled to [-1, 1). Any strides.
        What is evidently (n_samples, channels) is refused: 1000 items and more of up to 8 samples.
    n_fft : int, default 2048
        Length of the transform, in samples; any length, odd or prime as well.
    hop_length : int or None, default 512
        Samples between frames; None is ``win_length // 4``.
    win_length : int, optional
        Length of the window, at most `n_fft` (the default), centred in the frame.
    window : str, tuple, float, array or callable, default "hann"
        Anything that :func:`fastmel.get_window` accepts.
    center : bool, default True
        Centre frame `t` on sample ``t * hop_length`` by padding ``n_fft // 2`` samples on both
        sides; False starts it there.
    pad_mode : str or callable, default "constant"
        With `center`: "constant" (zeros), "edge", "reflect", "symmetric", "linear_ramp", "empty",
        or a function for :func:`numpy.pad`.
    power : float, default 2.0
        Exponent of the magnitude: 1 for amplitudes, 2 for power.
    out : ndarray, optional
        Where to write: float32 or float64, of the result's shape or with more frames.
    workers : int, optional
        Threads; by default one for short signals. -1 means all CPUs. The result is the same.
    precision : {"double", "single"}, default "double"
        Precision of the computation. librosa's is "double"; "single" is faster.

    Returns
    -------
    ndarray, shape (..., 1 + n_fft // 2, n_frames)
        ``abs(stft(y)) ** power``, float32 (float64 for float64 input). The complex spectrum is
        never stored.

    Raises
    ------
    ValueError, TypeError
        As :func:`stft`.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> S = fastmel.spectrogram(np.ones(4096, dtype=np.float32), n_fft=1024, power=1)
    >>> S.shape, float(S[0, 4].round(3))
    ((513, 9), 512.0)
    """
    framing = (n_fft, hop_length, win_length, window, center, pad_mode)
    return spectrum(y, out, workers, framing, power, precision)
