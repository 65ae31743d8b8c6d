"""Feature extractors with the interface of Hugging Face transformers', without transformers.

Each class has the name, the constructor and the call of the one that it stands for, and returns
what that returns: features, attention masks, lengths; it pads, saves and loads as that does.
Neither transformers nor torch is imported, but for ``return_tensors="pt"``. Where transformers is
imported, its processors, pipelines and trainers take them for its own: ``isinstance(extractor,
transformers.FeatureExtractionMixin)`` holds.

Where they differ: audio that is not finite is refused, and so are recordings of which a channel, or
a sample, would count as a clip; masks, sizes and statistics of a clip that is cut are those of what
is left; dither is the same for the same clip; features are computed on the CPU; classes that return
torch tensors in any case return NumPy arrays for ``return_tensors=None``; lists of numbers, tensors
and integers go into all.

Examples
--------
>>> import numpy as np
>>> from fastmel.transformers import FeatureExtractor
>>> config = {"feature_extractor_type": "WhisperFeatureExtractor", "feature_size": 128}
>>> extractor = FeatureExtractor.from_dict(config)
>>> batch = extractor(np.zeros(16000, np.float32), sampling_rate=16000, return_tensors="np")
>>> batch.input_features.shape
(1, 128, 3000)
"""

from __future__ import annotations

from ._base import FeatureExtractor
from ._batch import BatchFeature
from ._clap import ClapFeatureExtractor
from ._kaldi import (
    ASTFeatureExtractor,
    FunAsrNanoFeatureExtractor,
    NeuCodecFeatureExtractor,
    SeamlessM4TFeatureExtractor,
    Speech2TextFeatureExtractor,
    Xcodec2FeatureExtractor,
)
from ._language_models import (
    Gemma3nAudioFeatureExtractor,
    Gemma4AudioFeatureExtractor,
    GraniteSpeech5FeatureExtractor,
    GraniteSpeechFeatureExtractor,
    InklingFeatureExtractor,
    Phi4MultimodalFeatureExtractor,
)
from ._nemo import (
    CohereAsrFeatureExtractor,
    LasrFeatureExtractor,
    NemotronAsrStreamingFeatureExtractor,
    ParakeetFeatureExtractor,
)
from ._original import accelerate
from ._pop2piano import Pop2PianoFeatureExtractor
from ._synthesis import ClvpFeatureExtractor, SpeechT5FeatureExtractor, UnivNetFeatureExtractor
from ._whisper import (
    Dots3NoteFeatureExtractor,
    MossTranscribeDiarizeFeatureExtractor,
    Qwen3ASRFeatureExtractor,
    VoxtralRealtimeFeatureExtractor,
    WhisperFeatureExtractor,
)

__all__ = [
    "ASTFeatureExtractor",
    "BatchFeature",
    "ClapFeatureExtractor",
    "ClvpFeatureExtractor",
    "CohereAsrFeatureExtractor",
    "Dots3NoteFeatureExtractor",
    "FeatureExtractor",
    "FunAsrNanoFeatureExtractor",
    "Gemma3nAudioFeatureExtractor",
    "Gemma4AudioFeatureExtractor",
    "GraniteSpeech5FeatureExtractor",
    "GraniteSpeechFeatureExtractor",
    "InklingFeatureExtractor",
    "LasrFeatureExtractor",
    "MossTranscribeDiarizeFeatureExtractor",
    "NemotronAsrStreamingFeatureExtractor",
    "NeuCodecFeatureExtractor",
    "ParakeetFeatureExtractor",
    "Phi4MultimodalFeatureExtractor",
    "Pop2PianoFeatureExtractor",
    "Qwen3ASRFeatureExtractor",
    "SeamlessM4TFeatureExtractor",
    "Speech2TextFeatureExtractor",
    "SpeechT5FeatureExtractor",
    "UnivNetFeatureExtractor",
    "VoxtralRealtimeFeatureExtractor",
    "WhisperFeatureExtractor",
    "Xcodec2FeatureExtractor",
    "accelerate",
]
__dir__ = __all__.copy
