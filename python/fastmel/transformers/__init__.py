"""Feature extractors with the interface of Hugging Face transformers', without transformers.

Each class has the name, the constructor and the call of the one that it stands for, and returns
what that returns: features, attention masks, lengths. Neither transformers nor torch is imported,
but for ``return_tensors="pt"``.

Where they differ: audio that is not finite is refused; dither is the same for the same clip;
features are computed on the CPU; classes that return torch tensors in any case return NumPy arrays
for ``return_tensors=None``.

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

from typing import Any

from ..plan import cached
from ._base import FeatureExtractor, parameters, subclasses
from ._batch import BatchFeature
from .clap import ClapFeatureExtractor
from .clvp import ClvpFeatureExtractor
from .gemma import Gemma3nAudioFeatureExtractor, Gemma4AudioFeatureExtractor
from .granite import GraniteSpeech5FeatureExtractor, GraniteSpeechFeatureExtractor
from .inkling import InklingFeatureExtractor
from .kaldi import (
    ASTFeatureExtractor,
    FunAsrNanoFeatureExtractor,
    SeamlessM4TFeatureExtractor,
    Speech2TextFeatureExtractor,
)
from .lasr import LasrFeatureExtractor
from .nemo import (
    CohereAsrFeatureExtractor,
    NemotronAsrStreamingFeatureExtractor,
    ParakeetFeatureExtractor,
)
from .phi4 import Phi4MultimodalFeatureExtractor
from .pop2piano import Pop2PianoFeatureExtractor
from .speecht5 import SpeechT5FeatureExtractor
from .univnet import UnivNetFeatureExtractor
from .whisper import (
    Dots3NoteFeatureExtractor,
    MossTranscribeDiarizeFeatureExtractor,
    Qwen3ASRFeatureExtractor,
    VoxtralRealtimeFeatureExtractor,
    WhisperFeatureExtractor,
)
from .xcodec2 import NeuCodecFeatureExtractor, Xcodec2FeatureExtractor

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


def accelerate(extractor: Any) -> FeatureExtractor:
    """Return our extractor that does what one of transformers does.

    Parameters
    ----------
    extractor : transformers.FeatureExtractionMixin
        An extractor of a class of the names above, as ``AutoFeatureExtractor`` makes it; or a
        processor that has one.

    Returns
    -------
    FeatureExtractor
        With the same parameters.

    Raises
    ------
    TypeError
        If there is none of its class here.

    Examples
    --------
    >>> import transformers                                              # doctest: +SKIP
    >>> original = transformers.AutoFeatureExtractor.from_pretrained(…)  # doctest: +SKIP
    >>> extractor = fastmel.transformers.accelerate(original)            # doctest: +SKIP
    """
    extractor = getattr(extractor, "feature_extractor", extractor)
    return counterpart(type(extractor))(**parameters_of(extractor))


def parameters_of(extractor: Any) -> dict[str, Any]:
    """Return the parameters that one of transformers' has, of those that ours would take."""
    # Gemma's are in samples, where the constructor has milliseconds.
    known = sorted(parameters(counterpart(type(extractor))) | {"frame_length", "hop_length"})
    return {name: getattr(extractor, name) for name in known if hasattr(extractor, name)}


@cached(maxsize=64)
def counterpart(original: type) -> type[FeatureExtractor]:
    """Return our class of the name of one of transformers', or of one above it."""
    ours = {c.__name__: c for c in subclasses(FeatureExtractor) if c.__name__ in __all__}
    name = next((c.__name__ for c in original.__mro__ if c.__name__ in ours), None)
    if name is None:
        raise TypeError(f"there is no {original.__name__} in fastmel.transformers")
    return ours[name]
