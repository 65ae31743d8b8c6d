"""Kaldi's features under the names that people call them by.

:func:`fbank`, :func:`mfcc` and :func:`spectrogram` take the arguments of
``torchaudio.compliance.kaldi``, and arrays. :class:`OnlineFbank` and :class:`OnlineMfcc`, with
their options, are the classes of ``kaldi_native_fbank``. :func:`wav_frontend` is FunASR's front
end with the ``am.mvn`` of a model. All of them translate their arguments to a
:class:`~fastmel.MelConfig`; the catalogue has the common ones by name.

Samples are taken as they are: floats in [-1, 1] and floats in the range of 16-bit numbers give
features that differ by 20.8 (the logarithm of 2 to the 30th), and only with the latter does quiet
audio stay above the floor of the logarithm. Know which of the two your model was trained on.

Examples
--------
>>> import numpy as np
>>> from fastmel import kaldi
>>> kaldi.fbank(np.zeros((1, 16000), np.float32), num_mel_bins=80).shape
(98, 80)
"""

from __future__ import annotations

from .._base.public import publish as _publish
from ._cmvn import sliding_window_cmn
from ._compliance import fbank, mfcc, spectrogram
from ._funasr import read_am_mvn, wav_frontend
from ._online import OnlineFbank, OnlineMfcc
from ._options import (
    FbankOptions,
    FrameExtractionOptions,
    FrameOptions,
    MelBanksOptions,
    MfccOptions,
)

__all__ = [
    "FbankOptions",
    "FrameExtractionOptions",
    "FrameOptions",
    "MelBanksOptions",
    "MfccOptions",
    "OnlineFbank",
    "OnlineMfcc",
    "fbank",
    "mfcc",
    "read_am_mvn",
    "sliding_window_cmn",
    "spectrogram",
    "wav_frontend",
]
__dir__ = __all__.copy

_publish(__name__, map(globals().__getitem__, __all__))
