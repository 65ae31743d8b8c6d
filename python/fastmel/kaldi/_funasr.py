"""FunASR's front end, and the file that normalises its features."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .._base.checks import flag, integer, number
from .._frontend.frontend import FrontEnd
from ._chain import Bands, Chain, Energy, Frames


def read_am_mvn(
    path: str | os.PathLike[str],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    r"""Read the normalisation of a FunASR model from its ``am.mvn``.

    Parameters
    ----------
    path : str or path-like
        The file: Kaldi's text form of a network, with the components AddShift and Rescale.

    Returns
    -------
    shift, scale : ndarray of float32, shape (n_features,)
        Features become ``(features + shift) * scale``.

    Raises
    ------
    ValueError
        If it is no such file, or the two have different lengths.
    OSError
        If it cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> import fastmel.kaldi
    >>> _ = Path("am.mvn").write_text(
    ...     "<Nnet>\n<AddShift> 2 2\n<LearnRateCoef> 0 [ -8.5 -9 ]\n"
    ...     "<Rescale> 2 2\n<LearnRateCoef> 0 [ 0.25 0.5 ]\n</Nnet>\n"
    ... )
    >>> fastmel.kaldi.read_am_mvn("am.mvn")
    (array([-8.5, -9. ], dtype=float32), array([0.25, 0.5 ], dtype=float32))
    """
    try:
        words = Path(path).read_text(encoding="utf-8").split()
    except UnicodeDecodeError:
        raise ValueError(f"{path} is no am.mvn: it is not a text file") from None
    shift, scale = (_component(words, name, path) for name in ("<AddShift>", "<Rescale>"))
    if shift.size != scale.size:
        raise ValueError(f"{path} has {shift.size} shifts, and {scale.size} scales")
    return shift, scale


def _component(words: list[str], name: str, path: object) -> NDArray[np.float32]:
    """Return the vector of a component: what its brackets hold."""
    try:
        begin = words.index("[", words.index(name)) + 1
        values = np.array(words[begin : words.index("]", begin)], dtype=np.float32)
    except ValueError:
        raise ValueError(f"{path} is no am.mvn: {name} with its [ numbers ] is missing") from None
    if not (values.size and np.isfinite(values).all()):
        raise ValueError(f"{path}: {name} holds no finite numbers")
    return values


def wav_frontend(
    cmvn_file: str | os.PathLike[str] | None = None,
    *,
    fs: int = 16000,
    window: str = "hamming",
    n_mels: int = 80,
    frame_length: float = 25.0,
    frame_shift: float = 10.0,
    lfr_m: int = 1,
    lfr_n: int = 1,
    dither: float = 0.0,
    snip_edges: bool = True,
    upsacle_samples: bool = True,
    **unused: object,
) -> FrontEnd:
    """Make the front end of a FunASR model: Paraformer, SenseVoice, FSMN-VAD.

    The parameters are those of FunASR's ``WavFrontend``, so that the ``frontend_conf`` of a
    model's ``config.yaml`` can be passed on.

    Parameters
    ----------
    cmvn_file : str or path-like, optional
        The model's ``am.mvn``; by default features are not normalised.
    fs : int
        Sample rate in Hz.
    window : str
        Window, as `window_type` of :func:`fbank`.
    n_mels : int
        Mel bands.
    frame_length, frame_shift : float
        Length of a frame, and time from one frame to the next, in milliseconds.
    lfr_m, lfr_n : int
        Frames that are joined to one, and frames from one joined frame to the next: 7 and 6 for
        recognition, 5 and 1 for FSMN-VAD.
    dither : float
        Standard deviation of noise in 16-bit steps. FunASR's default is 1, with which no two calls
        of it give the same features.
    snip_edges : bool
        Only frames that fit into the signal. If False, the signal is mirrored at its ends, and the
        number of frames is that of frame shifts, to the nearest.
    upsacle_samples : bool
        Multiply samples by 32768, so that audio in [-1, 1] has the range that Kaldi expects.
    **unused
        ``filter_length_min`` and ``filter_length_max``, which FunASR does not use either.

    Returns
    -------
    FrontEnd
        A callable: samples in [-1, 1], or 16-bit ones, to (n_frames, lfr_m * n_mels) features.

    Raises
    ------
    ValueError
        If the file is not an ``am.mvn``, or has another number of features than the parameters.
    TypeError
        For an unknown parameter, or a value of the wrong type.

    Notes
    -----
    Where audio is shorter than a frame, FunASR takes all of it as one shorter frame, which has
    other bands; this front end refuses it.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel.kaldi
    >>> fe = fastmel.kaldi.wav_frontend(lfr_m=7, lfr_n=6)
    >>> fe(np.zeros(16000, np.float32)).shape
    (17, 560)
    """
    unknown = unused.keys() - {"filter_length_min", "filter_length_max"}
    if unknown:
        raise TypeError(f"wav_frontend() has no parameters {', '.join(sorted(unknown))}")
    rate = number("fs", fs, above=0)
    frames = Frames(
        rate,
        int(rate * number("frame_length", frame_length) * 0.001),
        int(rate * number("frame_shift", frame_shift) * 0.001),
        window,
        0.42,
        0.97,
        True,
        True,
        flag("snip_edges", snip_edges),
        number("dither", dither, least=0),
    )
    bands = Bands(integer("n_mels", n_mels, least=4), 20.0, 0.0)
    joined = {
        "stack": integer("lfr_m", lfr_m),
        "stack_stride": integer("lfr_n", lfr_n),
        "stack_left": (lfr_m - 1) // 2,
        "stack_tail": "edge",
    }
    config = Chain(frames, Energy(False, 0.0, True, False), bands).config()
    config = config.replace(
        scale=32768.0 if flag("upsacle_samples", upsacle_samples) else 1.0, **joined
    )
    if cmvn_file is not None:
        shift, scale = read_am_mvn(cmvn_file)
        if shift.size != config.n_features:
            raise ValueError(
                f"{cmvn_file} is for {shift.size} features, and lfr_m={lfr_m} frames of "
                f"n_mels={n_mels} bands make {config.n_features}"
            )
        config = config.replace(feature_shift=tuple(shift), feature_gain=tuple(scale))
    return FrontEnd(config)
