"""Front ends of the speech toolkits ESPnet and SpeechBrain, with the defaults of each class."""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import ContextWindow, Deltas
from .entry import Entry

_ESPNET = MelConfig(
    sample_rate=16000,
    n_fft=512,
    hop_length=128,
    pad_mode="reflect",
    n_mels=80,
    log="ln",
    log_floor=1e-10,
    layout="time_mel",
    precision="single",
)

_SPEECHBRAIN = MelConfig(
    sample_rate=16000,
    n_fft=400,
    hop_length=160,
    window="hamming",
    n_mels=40,
    mel_scale="htk",
    mel_shape="symmetric",
    mel_norm=None,
    log="dB",
    log_floor=1e-10,
    dynamic_range=80.0,
    layout="time_mel",
    precision="single",
)

_BATCHES = (
    "In a batch the original mirrors at the end of the longest item, and a shorter one meets the "
    "zeros that fill it up; here each item is computed as if it were alone."
)

TOOLKITS: dict[str, Entry] = {
    "espnet": Entry(
        description="ESPnet's default front end for speech recognition, 80 bands",
        config=_ESPNET,
        source="ESPnet 202511: espnet2/asr/frontend/default.py, DefaultFrontend; "
        "espnet2/layers/log_mel.py, LogMel",
        models=("ESPnet recognition models with frontend: default", "OWSM 1 to 3"),
        notes=_BATCHES,
    ),
    "espnet-utterance-mvn": Entry(
        description="ESPnet's default front end less the mean of each band, 80 bands",
        config=_ESPNET.replace(normalize="mean"),
        source="ESPnet 202511: espnet2/asr/frontend/default.py, DefaultFrontend; "
        "espnet2/layers/utterance_mvn.py, UtteranceMVN",
        models=("ESPnet recognition models with normalize: utterance_mvn",),
        notes=_BATCHES,
    ),
    "espnet-tts": Entry(
        description="ESPnet's log-mel features for speech synthesis, 80 bands",
        config=_ESPNET.replace(
            n_fft=1024,
            hop_length=256,
            spectrum_floor=1e-10,
            power=1.0,
            fmin=80.0,
            fmax=7600.0,
            log="log10",
        ),
        source="ESPnet 202511: espnet2/tts/feats_extract/log_mel_fbank.py, LogMelFbank",
        notes=_BATCHES,
    ),
    "speechbrain": Entry(
        description="SpeechBrain's Fbank, 40 bands",
        config=_SPEECHBRAIN,
        source="SpeechBrain 1.1.2: lobes/features.py, Fbank; processing/features.py, Filterbank",
        notes="Most recipes ask for n_mels=80; InputNormalization is a step of its own.",
    ),
    "speechbrain-80": Entry(
        description="SpeechBrain's Fbank, 80 bands",
        config=_SPEECHBRAIN.replace(n_mels=80),
        source="SpeechBrain 1.1.2: lobes/features.py, Fbank(n_mels=80)",
        models=("SpeechBrain ECAPA-TDNN", "SpeechBrain Conformer and Transformer ASR"),
        notes="InputNormalization, which follows in the recipes, is a step of its own.",
    ),
    "speechbrain-mfcc": Entry(
        description="SpeechBrain's 20 MFCC with deltas and a context of 11 frames",
        config=_SPEECHBRAIN.replace(
            n_mels=23, n_mfcc=20, after=(Deltas(5, order=2), ContextWindow(5, 5))
        ),
        source="SpeechBrain 1.1.2: lobes/features.py, MFCC",
    ),
    "speechbrain-tts": Entry(
        description="SpeechBrain's mel spectrogram for speech synthesis, 80 bands",
        config=MelConfig(
            sample_rate=22050,
            n_fft=1024,
            hop_length=256,
            pad_mode="reflect",
            power=1.0,
            n_mels=80,
            fmax=8000.0,
            log="ln",
            log_floor=1e-5,
            precision="single",
        ),
        source="SpeechBrain 1.1.2: lobes/models/HifiGAN.py, mel_spectrogram, with the arguments of "
        "the LJSpeech recipes",
        models=("SpeechBrain HiFi-GAN", "SpeechBrain Tacotron 2", "SpeechBrain FastSpeech 2"),
    ),
}
