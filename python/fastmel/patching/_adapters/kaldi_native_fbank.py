"""kaldi-native-fbank: the classes that compute Kaldi's features."""

from __future__ import annotations

import ast
import functools
import sys
from typing import Any

from ... import kaldi
from .._targets import NotCovered, Target

# The default, which keeps digital silence from having no logarithm. More is augmentation.
_DITHER = 3e-5


def online_fbank(opts: Any) -> tuple[kaldi.OnlineFbank, tuple[object]]:
    """``OnlineFbank``."""
    return kaldi.OnlineFbank(_own("FbankOptions", opts)), (_least("FbankOptions"),)


def online_mfcc(opts: Any) -> tuple[kaldi.OnlineMfcc, tuple[object]]:
    """``OnlineMfcc``."""
    return kaldi.OnlineMfcc(_own("MfccOptions", opts)), (_least("MfccOptions"),)


def _own(name: str, opts: Any) -> Any:
    """Return our options with the values of theirs."""
    if type(opts) is not getattr(sys.modules["kaldi_native_fbank"], name):
        raise NotCovered("options of another type")
    # Noise that must be another with each object is the original's: ours is the same.
    if opts.frame_opts.dither > _DITHER * 1.001:
        raise NotCovered("dither above the default, for which the noise must be random")
    return _read(name, repr(opts.as_dict()))


@functools.lru_cache(maxsize=16)
def _read(name: str, text: str) -> Any:
    return getattr(kaldi, name).from_dict(ast.literal_eval(text))


@functools.cache
def _least(name: str) -> Any:
    """Return options of features that take next to nothing to prepare: 10 samples, 3 bands."""
    options = getattr(sys.modules["kaldi_native_fbank"], name)()
    options.frame_opts.samp_freq = 1000.0
    options.frame_opts.frame_length_ms = 10.0
    options.mel_opts.num_bins = 3
    if name == "MfccOptions":
        options.num_ceps = 3
    return options


TARGETS = (
    Target("kaldi_native_fbank", "OnlineFbank", (online_fbank,)),
    Target("kaldi_native_fbank", "OnlineMfcc", (online_mfcc,)),
)
