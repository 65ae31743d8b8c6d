"""OpenAI's whisper."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .. import whisper as fast
from .targets import NotCovered, Target

__all__ = ["TARGETS"]


def log_mel_spectrogram(audio: Any, n_mels: Any = 80, padding: Any = 0, device: Any = None) -> Any:
    """``whisper.audio.log_mel_spectrogram``: always a tensor, of float32."""
    import torch

    if device is not None and torch.device(device).type != "cpu":
        raise NotCovered("another device than the CPU")
    if isinstance(audio, str):
        audio = sys.modules["whisper.audio"].load_audio(audio)
    if isinstance(audio, np.ndarray):
        audio = torch.from_numpy(audio)
    if type(audio) is not torch.Tensor or audio.dtype != torch.float32:
        raise NotCovered("audio is no float32 tensor or array")
    if audio.device.type != "cpu" or audio.requires_grad:
        raise NotCovered("a tensor on another device, or with a gradient")
    return fast.log_mel_spectrogram(audio, n_mels, padding)


TARGETS = (Target("whisper.audio", "log_mel_spectrogram", (log_mel_spectrogram,)),)
