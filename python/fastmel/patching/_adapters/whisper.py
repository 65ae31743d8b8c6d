"""OpenAI's whisper."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from ... import whisper as fast
from .._given import check_tensor
from .._targets import NotCovered, Target

__all__ = ["TARGETS"]


def log_mel_spectrogram(audio: Any, n_mels: Any = 80, padding: Any = 0, device: Any = None) -> Any:
    """``whisper.audio.log_mel_spectrogram``: always a tensor, of float32."""
    import torch

    if isinstance(audio, str):
        audio = sys.modules["whisper.audio"].load_audio(audio)
    if isinstance(audio, np.ndarray):
        audio = torch.from_numpy(audio)
    check_tensor(audio, torch.float32)
    if device is not None and str(device) != "cpu":
        raise NotCovered("another device than the CPU")
    if type(n_mels) is not int or type(padding) is not int:
        raise NotCovered("n_mels or padding is no int")
    return torch.from_numpy(fast.log_mel_spectrogram(audio.detach().numpy(), n_mels, padding))


_CONSTANTS = {"N_FFT": fast.N_FFT, "HOP_LENGTH": fast.HOP_LENGTH}

TARGETS = (Target("whisper.audio", "log_mel_spectrogram", (log_mel_spectrogram,), _CONSTANTS),)
