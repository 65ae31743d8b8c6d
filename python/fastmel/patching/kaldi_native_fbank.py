"""kaldi-native-fbank: the classes that compute Kaldi's features."""

from __future__ import annotations

from typing import Any

from .. import kaldi
from .targets import NotCovered, Target

__all__ = ["TARGETS"]

# The default, which keeps digital silence from having no logarithm. More is augmentation.
_DITHER = 3e-5


def online_fbank(opts: Any) -> kaldi.OnlineFbank:
    """``OnlineFbank``."""
    _check_dither(opts)
    return kaldi.OnlineFbank(opts)


def online_mfcc(opts: Any) -> kaldi.OnlineMfcc:
    """``OnlineMfcc``."""
    _check_dither(opts)
    return kaldi.OnlineMfcc(opts)


def _check_dither(opts: Any) -> None:
    """Refuse noise that must be another with each object: ours is the same."""
    if opts.frame_opts.dither > _DITHER * 1.001:
        raise NotCovered("dither above the default, for which the noise must be random")


TARGETS = (
    Target("kaldi_native_fbank", "OnlineFbank", (online_fbank,)),
    Target("kaldi_native_fbank", "OnlineMfcc", (online_mfcc,)),
)
