"""NeMo's front end, and the models in transformers that use it.

Statistics are those of the ``n_samples // 160`` frames that NeMo counts; the transform has one
frame more, which is set to zero.
"""

from __future__ import annotations

from .._engine.config import MelConfig
from ..steps import AppendFrames, PadFramesToMultiple
from .entry import Entry

_80 = MelConfig(
    sample_rate=16000,
    n_fft=512,
    hop_length=160,
    win_length=400,
    window="hann_symmetric",
    pad_mode="constant",
    frame_count="floor",
    preemphasis=0.97,
    preemphasis_scope="signal",
    n_mels=80,
    log="ln",
    log_floor=0.0,
    log_offset=2.0**-24,
    normalize="mean_std",
    normalize_ddof=1,
    normalize_eps=1e-5,
    precision="single",
)
_TIME_MEL = _80.replace(layout="time_mel")

_NEMO = (
    "NVIDIA/NeMo 8cfedd7: nemo/collections/asr/parts/preprocessing/features.py, FilterbankFeatures"
)
_HF = "huggingface/transformers 5.23.0: models"
_QUIET = (
    "Where a band is at the guard of the logarithm throughout, its standard deviation is next to "
    "0, and what is divided by it is rounding: also in the original."
)

NEMO: dict[str, Entry] = {
    "nemo": Entry(
        description="NeMo's log-mel features with the defaults of its class, 64 bands",
        config=_80.replace(
            n_mels=64, win_length=320, after=(AppendFrames(1), PadFramesToMultiple(16))
        ),
        source=_NEMO,
        models=("QuartzNet",),
        notes=f"In evaluation: no dither. {_QUIET}",
    ),
    "nemo-fastconformer": Entry(
        description="NeMo's log-mel features of FastConformer, 80 bands",
        config=_80.replace(after=(AppendFrames(1),)),
        source=f"{_NEMO}(n_window_size=400, nfilt=80, pad_to=0)",
        models=("FastConformer", "Parakeet CTC", "Parakeet RNN-T"),
        notes=_QUIET,
    ),
    "nemo-canary": Entry(
        description="NeMo's log-mel features of Canary, 128 bands",
        config=_80.replace(n_mels=128, after=(AppendFrames(1),)),
        source=f"{_NEMO}(n_window_size=400, nfilt=128, pad_to=0)",
        models=("Canary", "Parakeet TDT v2 and v3"),
        notes=_QUIET,
    ),
    "nemo-streaming": Entry(
        description="NeMo's log-mel features of cache-aware streaming models, 80 bands",
        config=_80.replace(normalize=None, after=(AppendFrames(1),)),
        source=f'{_NEMO}(n_window_size=400, nfilt=80, normalize="NA", pad_to=0)',
        models=("FastConformer streaming",),
    ),
    "parakeet": Entry(
        description="Parakeet's log-mel features in transformers, 80 bands",
        config=_TIME_MEL.replace(after=(AppendFrames(1),)),
        source=f"{_HF}/parakeet/feature_extraction_parakeet.py, ParakeetFeatureExtractor",
        models=("Parakeet CTC in transformers",),
        notes=f"Needs two frames. {_QUIET}",
    ),
    "cohere-asr": Entry(
        description="Cohere ASR's log-mel features, 128 bands",
        config=_TIME_MEL.replace(n_mels=128, after=(AppendFrames(1),)),
        source=f"{_HF}/cohere_asr/feature_extraction_cohere_asr.py, CohereAsrFeatureExtractor",
        models=("Cohere ASR",),
        notes="Without the dither of 1e-5, which the original draws from torch's generator, seeded "
        "with the number of samples. More than 30 s are cut in quiet places.",
    ),
    "nemotron-asr-streaming": Entry(
        description="Nemotron's log-mel features of streaming recognition, 80 bands",
        config=_TIME_MEL.replace(normalize=None, after=(AppendFrames(1),)),
        source=f"{_HF}/nemotron_asr_streaming/feature_extraction_nemotron_asr_streaming.py, "
        "NemotronAsrStreamingFeatureExtractor",
        models=("Nemotron ASR streaming",),
        notes="The first, or only, piece of a stream.",
    ),
}
