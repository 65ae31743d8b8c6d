"""torchaudio's transforms of CPU tensors.

:class:`Spectrogram`, :class:`MelSpectrogram`, :class:`AmplitudeToDB` and :class:`MFCC` have the
arguments and the results of :mod:`torchaudio.transforms`. They read the memory of a float32 or
float64 tensor as it is, and return a tensor.

What they do not cover goes to torchaudio's own transform, where that is installed, and is an error
where it is not: tensors that require grad, so that no gradient is lost; tensors elsewhere than in
the memory of the CPU, of other types, under autocast, a transform of ``torch.func`` or a mode of
torch's, or in the hands of ``torch.jit.trace``, ``torch.compile`` and their like; complex spectra;
windows that are no function of torch's; zeros before the padding. They are modules without
parameters and buffers, so a checkpoint of torchaudio's loads with ``strict=False``.

Examples
--------
>>> import torch
>>> import fastmel.torch
>>> to_mel = fastmel.torch.MelSpectrogram(sample_rate=16000, n_fft=400, hop_length=160, n_mels=80)
>>> to_mel(torch.zeros(2, 16000)).shape
torch.Size([2, 80, 101])
"""

from .._base.public import publish as _publish
from ._transforms import MFCC, AmplitudeToDB, MelSpectrogram, Spectrogram

__all__ = ["MFCC", "AmplitudeToDB", "MelSpectrogram", "Spectrogram"]
__dir__ = __all__.copy

_publish(__name__, map(globals().get, __all__))
