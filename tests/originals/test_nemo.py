"""NeMo's features, stored, and those of transformers' models of NeMo's kind, live."""

import functools

import pytest

from .compare import check_row, stored
from .signals import NAMES
from .test_huggingface import call, extractor


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


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", ORIGINALS)
def test_row(row, name):
    check_row(row, name, ORIGINALS[row])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("row", ["nemo", "nemo-fastconformer", "nemo-canary", "nemo-streaming"])
def test_nemo(row, name):
    check_row(row, name, stored("nemo", row, name))
