"""Whisper's features and their variants."""

import functools

import numpy as np
from libraries import required

from .huggingface import call, extractor


def openai(y, n_mels=80):
    whisper, torch = required("whisper"), required("torch")
    return whisper.audio.log_mel_spectrogram(torch.from_numpy(y), n_mels=n_mels).numpy()


@functools.cache
def _faster_whisper(n_mels):
    return required("faster_whisper.feature_extractor").FeatureExtractor(feature_size=n_mels)


def faster_whisper(y, n_mels=80):
    return _faster_whisper(n_mels)(y)


def hugging_face(y, n_mels=128, **arguments):
    return call("WhisperFeatureExtractor", y, options={"feature_size": n_mels}.items(), **arguments)


def qwen3_asr(y):
    return call("Qwen3ASRFeatureExtractor", y, padding="longest", return_attention_mask=True)


def voxtral_realtime(y):
    return extractor("VoxtralRealtimeFeatureExtractor")(
        y, sampling_rate=16000, return_tensors="np"
    )["input_features"][0]


def kaldi_native_fbank(y):
    knf = required("kaldi_native_fbank")
    options = knf.WhisperFeatureOptions()
    options.dim = 80
    fbank = knf.OnlineWhisperFbank(options)
    fbank.accept_waveform(16000, y.tolist())
    fbank.input_finished()
    return np.stack([fbank.get_frame(i) for i in range(fbank.num_frames_ready)])


_OF_30_S = hugging_face
_OF_ANY_LENGTH = functools.partial(hugging_face, padding="longest", truncation=False)

ORIGINALS = {
    "whisper": openai,
    "whisper-large-v3": functools.partial(openai, n_mels=128),
    "faster-whisper": faster_whisper,
    "faster-whisper-large-v3": functools.partial(faster_whisper, n_mels=128),
    "whisper-hf": functools.partial(hugging_face, n_mels=80),
    "whisper-large-v3-hf": _OF_30_S,
    "qwen2-audio": _OF_30_S,
    "qwen3-omni": _OF_ANY_LENGTH,
    "qwen3-asr": qwen3_asr,
    "voxtral": functools.partial(
        hugging_face, padding=True, truncation=False, pad_to_multiple_of=480000
    ),
    "voxtral-realtime": voxtral_realtime,
    "audio-flamingo-3": _OF_30_S,
    "whisper-knf": kaldi_native_fbank,
}
