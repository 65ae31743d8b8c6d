"""OpenAI's whisper."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

from ... import whisper as fast
from ..._base.arrays import Array
from ..._base.tensors import Tensor, memory
from .._given import check_tensor
from .._targets import NotCovered, Target

if TYPE_CHECKING:
    import torch


def log_mel_spectrogram(
    audio: Tensor | Array | str,
    n_mels: int = 80,
    padding: int = 0,
    device: str | torch.device | None = None,
) -> Tensor:
    """``whisper.audio.log_mel_spectrogram``: always a tensor, of float32."""
    import torch

    if isinstance(audio, str):
        audio = sys.modules["whisper.audio"].load_audio(audio)
    tensor: Tensor = torch.from_numpy(audio) if isinstance(audio, np.ndarray) else audio
    check_tensor(tensor, torch.float32)
    if device is not None and str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    if type(n_mels) is not int or type(padding) is not int:
        raise NotCovered("n_mels or padding is no int")
    return torch.from_numpy(fast.log_mel_spectrogram(memory(tensor), n_mels, padding))


_CONSTANTS = {"N_FFT": fast.N_FFT, "HOP_LENGTH": fast.HOP_LENGTH}

TARGETS = (Target("whisper.audio", "log_mel_spectrogram", (log_mel_spectrogram,), _CONSTANTS),)
