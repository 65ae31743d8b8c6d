"""The catalogue: named front ends as data, with the source of each.

A row is a configuration. Where two rows share most of it, one is derived from the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from .config import MelConfig

__all__ = ["CATALOGUE", "Entry"]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A named front end: what it computes, where that is defined, and who uses it."""

    description: str
    config: MelConfig
    source: str
    models: tuple[str, ...] = ()


_WHISPER = MelConfig(
    sample_rate=16000,
    n_fft=400,
    hop_length=160,
    pad_mode="reflect",
    drop_last_frame=True,
    n_mels=80,
    log="log10",
    log_floor=1e-10,
    dynamic_range=8.0,
    shift=4.0,
    gain=0.25,
    precision="single",
)

CATALOGUE: dict[str, Entry] = {
    "librosa": Entry(
        description="librosa's mel spectrogram in dB below its maximum, 128 bands",
        config=MelConfig(log="dB", ref="max", dynamic_range=80.0),
        source="librosa/librosa 0.11 and 1.0: feature.melspectrogram, power_to_db(ref=np.max)",
    ),
    "whisper": Entry(
        description="Whisper's log-mel features, 80 bands",
        config=_WHISPER,
        source="openai/whisper 20250625: whisper/audio.py, log_mel_spectrogram",
        models=("Whisper tiny to large-v2", "Distil-Whisper v2"),
    ),
    "whisper-large-v3": Entry(
        description="Whisper's log-mel features, 128 bands",
        config=_WHISPER.replace(n_mels=128),
        source="openai/whisper 20250625: whisper/audio.py, log_mel_spectrogram(n_mels=128)",
        models=("Whisper large-v3", "Whisper large-v3-turbo", "Qwen2-Audio"),
    ),
}
