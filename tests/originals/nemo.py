"""Front ends of transformers' models of NeMo's kind."""

import functools

from .huggingface import call, extractor


def cohere_asr(y):
    made = extractor("CohereAsrFeatureExtractor", dither=0.0)
    return made(y, sampling_rate=16000, return_tensors="np")["input_features"][0]


def live(name):
    return functools.partial(call, name, return_tensors="np")


ORIGINALS = {
    "parakeet": live("ParakeetFeatureExtractor"),
    "cohere-asr": cohere_asr,
    "nemotron-asr-streaming": live("NemotronAsrStreamingFeatureExtractor"),
}
