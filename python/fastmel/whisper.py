"""Whisper's audio functions, with openai-whisper's names, on arrays and tensors.

Examples
--------
>>> import numpy as np
>>> import fastmel
>>> audio = np.zeros(5 * fastmel.whisper.SAMPLE_RATE, dtype=np.float32)
>>> fastmel.whisper.log_mel_spectrogram(audio).shape
(80, 500)
"""

from __future__ import annotations

import functools
import os
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from ._base.arrays import Array, as_samples, check_time_last, resized
from ._base.checks import Precision, axis_index, brief, integer
from ._base.tensors import is_tensor
from ._frontend.frontend import FrontEnd
from ._frontend.named import frontend

__all__ = [
    "CHUNK_LENGTH",
    "HOP_LENGTH",
    "N_FFT",
    "N_FRAMES",
    "N_SAMPLES",
    "SAMPLE_RATE",
    "log_mel_spectrogram",
    "pad_or_trim",
]
__dir__ = __all__.copy

Number = TypeVar("Number", bound=np.generic)

SAMPLE_RATE = 16000
N_FFT = 400
HOP_LENGTH = 160
CHUNK_LENGTH = 30
"""Seconds that the encoder takes at a time."""
N_SAMPLES = CHUNK_LENGTH * SAMPLE_RATE
N_FRAMES = N_SAMPLES // HOP_LENGTH


@overload
def log_mel_spectrogram(
    audio: str | os.PathLike[str] | NDArray[Any],
    n_mels: int = ...,
    padding: int = ...,
    device: None = ...,
) -> NDArray[np.float32]: ...
@overload
def log_mel_spectrogram(
    audio: Any, n_mels: int = ..., padding: int = ..., device: object = ...
) -> Any: ...
def log_mel_spectrogram(
    audio: Any, n_mels: int = 80, padding: int = 0, device: object = None
) -> Any:
    """Compute Whisper's log-mel features.

    Parameters
    ----------
    audio : str, path, array or torch.Tensor, shape (..., n_samples)
        Samples at 16 kHz: float32 in [-1, 1], or int16 PCM, which is scaled to it; or the path of
        an audio file, which is mixed and resampled (extra ``fastmel[io]``).
    n_mels : {80, 128}, default 80
        Mel bands: 80 for models up to large-v2, 128 for large-v3.
    padding : int, default 0
        Zeros to append, in samples.
    device : torch device, optional
        If given, the result is a tensor there. The computation is the CPU's in any case.

    Returns
    -------
    ndarray or torch.Tensor, shape (..., n_mels, n_frames), float32
        ``(max(x, max(x) - 8) + 4) / 4`` of the decadic logarithm ``x`` of the mel energies, with
        one maximum for the whole array. ``n_frames`` is ``(n_samples + padding) // 160``. A tensor
        for a tensor.

    Raises
    ------
    ValueError
        For another `n_mels`, samples that are not finite, or fewer than 201 of them, which the
        first frame needs to mirror.
    TypeError
        If `audio` is no samples, or a tensor that is not on the CPU or needs a gradient.

    See Also
    --------
    fastmel.frontend : the same features, and those of other models.

    Notes
    -----
    Equals ``whisper.log_mel_spectrogram`` of openai-whisper.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import whisper
    >>> audio = np.zeros(16000, dtype=np.float32)
    >>> whisper.log_mel_spectrogram(whisper.pad_or_trim(audio), n_mels=128).shape
    (128, 3000)
    """
    if integer("n_mels", n_mels) not in (80, 128):
        raise ValueError(f"n_mels={brief(n_mels)} must be 80 or 128, as Whisper's models take them")
    if isinstance(audio, (str, os.PathLike)):
        from ._audio.loading import load

        audio, _ = load(audio, sr=SAMPLE_RATE)
    result = features(as_samples(audio, "audio"), n_mels, padding)
    if device is None and not is_tensor(audio):
        return result
    import torch

    tensor = torch.from_numpy(result)
    return tensor if device is None else tensor.to(_device(device))


def _device(device: object) -> Any:
    import torch

    try:
        return torch.device(device)
    except (RuntimeError, TypeError, ValueError):
        raise ValueError(f"device={brief(device)} is none that torch knows") from None


def features(audio: Array, n_mels: int, padding: int, precision: Precision = "single") -> Array:
    """Whisper's features of samples with zeros appended, for any number of mel bands."""
    n_samples = audio.shape[-1]
    padding = integer("padding", padding, least=0)
    if n_samples + padding <= N_FFT // 2:
        raise ValueError(
            f"audio has {n_samples} samples (and {padding} zeros); at least {N_FFT // 2 + 1} are "
            "needed, as the edges are mirrored"
        )
    if padding and min(padding, n_samples) <= N_FFT // 2:  # zeros and samples are mirrored
        audio = resized(audio, n_samples + padding)
        padding = 0
    return _frontend(n_mels, padding, precision)(audio)


@functools.lru_cache(maxsize=16)
def _frontend(n_mels: int, padding: int, precision: Precision) -> FrontEnd:
    config = frontend("whisper").config.replace(n_mels=n_mels, peak="batch", precision=precision)
    if padding:
        # The zeros, and their mirror image, which is zeros, are padding: no copy is needed.
        config = config.replace(
            padding=(N_FFT // 2, N_FFT // 2 + padding - HOP_LENGTH),
            pad_mode=("reflect", "constant"),
            frame_count="whole",
        )
    return FrontEnd(config)


@overload
def pad_or_trim(
    array: NDArray[Number], length: int = ..., *, axis: int = ...
) -> NDArray[Number]: ...
@overload
def pad_or_trim(array: Any, length: int = ..., *, axis: int = ...) -> Any: ...
def pad_or_trim(array: Any, length: int = N_SAMPLES, *, axis: int = -1) -> Any:
    """Cut an array, or append zeros, so that an axis has a length.

    Parameters
    ----------
    array : array or torch.Tensor
        Samples, or features.
    length : int, default 480000
        Length of the result: by default the 30 seconds that Whisper's encoder takes.
    axis : int, default -1
        The axis.

    Returns
    -------
    ndarray or torch.Tensor
        What came in, if it has this length; a view of it, if it is longer; else a new array.

    Raises
    ------
    ValueError
        If `length` is negative, there is no such axis, or `axis` is the channels' of an array of
        shape (n_samples, channels).
    TypeError
        If `length` or `axis` is no integer.

    Notes
    -----
    Equals ``whisper.pad_or_trim`` of openai-whisper. Tensors keep their device and their gradient.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel import whisper
    >>> whisper.pad_or_trim(np.arange(3), 5)
    array([0, 1, 2, 0, 0])
    >>> whisper.pad_or_trim(np.ones((2, 3)), 1).shape
    (2, 1)
    """
    if not (tensor := is_tensor(array)):
        array = np.asarray(array)
    axis = axis_index("axis", axis, array.ndim)
    length = integer("length", length, least=0)
    if not tensor and array.dtype.kind not in "fciub":
        raise TypeError(f"array must hold numbers; got dtype {array.dtype}")
    if 0 < axis == array.ndim - 1:
        check_time_last(array, "array")
    missing = length - array.shape[axis]
    if missing == 0:
        return array
    if missing < 0:
        return array[(slice(None),) * axis + (slice(length),)]
    if not tensor:
        return resized(array, length, axis=axis - array.ndim)
    import torch

    widths = [(0, 0)] * array.ndim
    widths[axis] = (0, missing)
    return torch.nn.functional.pad(array, [n for pair in widths[::-1] for n in pair])
