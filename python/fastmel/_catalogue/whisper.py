"""Whisper's log-mel features, and what others made of them.

All share the transform, the bands and the formula of the level; they differ in what is done to the
length and the ends of the signal, and in what the maximum, to which the floor refers, is taken of.
"""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import AppendSamples, PadFramesToMultiple, PadOrTrim, PadToMultiple
from .entry import Entry

_80 = MelConfig(
    sample_rate=16000,
    n_fft=400,
    hop_length=160,
    pad_mode="reflect",
    frame_count="floor",
    n_mels=80,
    log="log10",
    log_floor=1e-10,
    dynamic_range=8.0,
    shift=4.0,
    gain=0.25,
    precision="single",
)
_128 = _80.replace(n_mels=128)

_OPENAI = "openai/whisper 20250625: whisper/audio.py, log_mel_spectrogram"
_FASTER = "SYSTRAN/faster-whisper 1.2.1: faster_whisper/feature_extractor.py, FeatureExtractor"
_HF = "huggingface/transformers 5.23.0: models"

_30_S = PadOrTrim(480000)

WHISPER: dict[str, Entry] = {
    "whisper": Entry(
        description="Whisper's log-mel features, 80 bands",
        config=_80,
        source=_OPENAI,
        models=("Whisper tiny to large-v2", "Distil-Whisper v2", "whisperX"),
        notes="A batch has one maximum for each item here; for the whole tensor in the original: "
        'peak="batch". A reflection needs more than 200 samples.',
    ),
    "whisper-large-v3": Entry(
        description="Whisper's log-mel features, 128 bands",
        config=_128,
        source=f"{_OPENAI}(n_mels=128)",
        models=(
            "Whisper large-v3",
            "Whisper large-v3-turbo",
            "Distil-Whisper large-v3",
            "CosyVoice speech tokens",
        ),
        notes='As "whisper".',
    ),
    "faster-whisper": Entry(
        description="Whisper's log-mel features as faster-whisper has them, 80 bands",
        config=_80.replace(
            pad_mode="reflect_repeatedly", precision="double", before=(AppendSamples(160),)
        ),
        source=_FASTER,
        models=("faster-whisper tiny to large-v2",),
        notes="A hop of zeros is appended; a reflection goes back and forth in short signals. The "
        "original is single, by NumPy's transform, which is more accurate than ours in single.",
    ),
    "faster-whisper-large-v3": Entry(
        description="Whisper's log-mel features as faster-whisper has them, 128 bands",
        config=_128.replace(
            pad_mode="reflect_repeatedly", precision="double", before=(AppendSamples(160),)
        ),
        source=f"{_FASTER}(feature_size=128)",
        models=("faster-whisper large-v3", "faster-whisper large-v3-turbo"),
        notes='As "faster-whisper".',
    ),
    "whisper-cpp": Entry(
        description="Whisper's log-mel features as whisper.cpp has them, 80 bands",
        config=_80.replace(pad_mode=("reflect", "constant"), before=(AppendSamples(480000),)),
        source="ggml-org/whisper.cpp 233fe1f: src/whisper.cpp, log_mel_spectrogram",
        models=("whisper.cpp tiny to large-v2",),
        notes="30 s of zeros are appended; only the beginning is reflected.",
    ),
    "whisper-cpp-large-v3": Entry(
        description="Whisper's log-mel features as whisper.cpp has them, 128 bands",
        config=_128.replace(pad_mode=("reflect", "constant"), before=(AppendSamples(480000),)),
        source="ggml-org/whisper.cpp 233fe1f: src/whisper.cpp, log_mel_spectrogram",
        models=("whisper.cpp large-v3", "whisper.cpp large-v3-turbo"),
        notes='As "whisper-cpp".',
    ),
    "whisper-hf": Entry(
        description="Whisper's log-mel features of exactly 30 s, 80 bands",
        config=_80.replace(before=(_30_S,)),
        source=f"{_HF}/whisper/feature_extraction_whisper.py, WhisperFeatureExtractor",
        models=("Whisper tiny to large-v2 in transformers", "MOSS-Transcribe-Diarize"),
    ),
    "whisper-large-v3-hf": Entry(
        description="Whisper's log-mel features of exactly 30 s, 128 bands",
        config=_128.replace(before=(_30_S,)),
        source=f"{_HF}/whisper/feature_extraction_whisper.py, "
        "WhisperFeatureExtractor(feature_size=128)",
        models=("Whisper large-v3 in transformers",),
    ),
    "qwen2-audio": Entry(
        description="Qwen2-Audio's and Qwen2.5-Omni's log-mel features: Whisper's of exactly 30 s",
        config=_128.replace(before=(_30_S,)),
        source=f"{_HF}/qwen2_audio/processing_qwen2_audio.py and "
        "qwen2_5_omni/processing_qwen2_5_omni.py: WhisperFeatureExtractor(feature_size=128)",
        models=("Qwen2-Audio", "Qwen2.5-Omni"),
        notes="Qwen2.5-Omni then takes the frames that its attention mask names.",
    ),
    "qwen3-omni": Entry(
        description="Qwen3-Omni's log-mel features: Whisper's, of the whole clip",
        config=_128,
        source=f"{_HF}/qwen3_omni_moe/processing_qwen3_omni_moe.py: "
        "WhisperFeatureExtractor(feature_size=128), padding=True, truncation=False",
        models=("Qwen3-Omni",),
    ),
    "qwen3-asr": Entry(
        description="Qwen3-ASR's log-mel features: Whisper's, 0.5 s at least, whole seconds",
        config=_128.replace(
            before=(PadToMultiple(1, least=8000),), after=(PadFramesToMultiple(100, 0.0),)
        ),
        source=f"{_HF}/qwen3_asr/feature_extraction_qwen3_asr.py, "
        'Qwen3ASRFeatureExtractor, padding="longest"',
        models=("Qwen3-ASR",),
        notes='Frames up to a multiple of 100 are 0, not silence. With padding="max_length", the '
        "default, clips are 30 s at least.",
    ),
    "voxtral": Entry(
        description="Voxtral's log-mel features: Whisper's, of a clip of multiples of 30 s",
        config=_128.replace(before=(PadToMultiple(480000),)),
        source=f"{_HF}/voxtral/processing_voxtral.py: WhisperFeatureExtractor(feature_size=128), "
        "pad_to_multiple_of=480000, truncation=False",
        models=("Voxtral Mini", "Voxtral Small"),
        notes="One transform and one maximum for the whole clip, which the model takes in pieces "
        "of 3000 frames.",
    ),
    "voxtral-realtime": Entry(
        description="Voxtral-Realtime's log-mel features: Whisper's, with a fixed floor",
        config=_128.replace(peak=1.5),
        source=f"{_HF}/voxtral_realtime/feature_extraction_voxtral_realtime.py, "
        "VoxtralRealtimeFeatureExtractor",
        models=("Voxtral-Realtime",),
        notes="The maximum is taken to be 1.5, whatever the signal.",
    ),
    "audio-flamingo-3": Entry(
        description="Audio Flamingo 3's log-mel features: Whisper's of each 30 s",
        config=_128.replace(before=(_30_S,)),
        source=f"{_HF}/audioflamingo3/processing_audioflamingo3.py, "
        "musicflamingo/processing_musicflamingo.py, glmasr/processing_glmasr.py: "
        "WhisperFeatureExtractor(feature_size=128)",
        models=("Audio Flamingo 3", "Music Flamingo", "GLM-ASR"),
        notes="Longer clips are cut in pieces of 30 s first; each has its own maximum.",
    ),
    "whisper-knf": Entry(
        description="kaldi-native-fbank's bands for Whisper, without logarithm",
        config=_80.replace(
            padding=(120, 0),
            pad_mode="symmetric",
            frame_count="round",
            log="none",
            dynamic_range=None,
            shift=0.0,
            gain=1.0,
            layout="time_mel",
        ),
        source="csukuangfj/kaldi-native-fbank 1.22.5: whisper-feature.h, OnlineWhisperFbank",
        models=("Whisper in sherpa-onnx",),
        notes="Kaldi's framing: half a hop later than Whisper's, and mirrored with the edge "
        "sample. Logarithm and floor are the caller's.",
    ),
}
