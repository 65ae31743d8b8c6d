"""Front ends of audio tagging and embeddings."""

import functools
import warnings

import numpy as np
from libraries import required

from .general import essentia_frames


def vggish(y):
    """TensorFlow's own file, as torchvggish carries it."""
    module = required("torchvggish.vggish_input")
    if len(y) < 15600:
        return np.zeros((0, 96, 64))  # the original divides by the length of no patch
    return module.waveform_to_examples(y.astype(np.float64), 16000, return_tensor=False)


@functools.cache
def torchlibrosa_module(sample_rate, n_fft, hop_length, fmax):
    torch, module = required("torch"), required("torchlibrosa")
    return torch.nn.Sequential(
        module.Spectrogram(n_fft=n_fft, hop_length=hop_length),
        module.LogmelFilterBank(
            sr=sample_rate, n_fft=n_fft, n_mels=64, fmin=50, fmax=fmax, top_db=None
        ),
    )


def torchlibrosa(y, *arguments):
    torch = required("torch")
    with torch.no_grad():
        return torchlibrosa_module(*arguments)(torch.from_numpy(y)[None])[0, 0].numpy()


@functools.cache
def passt_module(fmax_aug_range):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = required("hear21passt.models.preprocess")
    return module.AugmentMelSTFT(fmax_aug_range=fmax_aug_range).eval()


def passt(y, fmax_aug_range):
    torch = required("torch")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # autocast's name; a filter without a bin
        return passt_module(fmax_aug_range)(torch.from_numpy(y)[None])[0].numpy()


def essentia(algorithm, frame_size, hop_size, y):
    compute = getattr(required("essentia.standard"), algorithm)()
    return np.array([compute(frame) for frame in essentia_frames(y, frame_size, hop_size)])


def resemblyzer(y):
    return required("resemblyzer.audio").wav_to_mel_spectrogram(y)


ORIGINALS = {
    "vggish": vggish,
    "panns": lambda y: torchlibrosa(y, 32000, 1024, 320, 14000),
    "panns-16k": lambda y: torchlibrosa(y, 16000, 512, 160, 8000),
    "panns-8k": lambda y: torchlibrosa(y, 8000, 256, 80, 4000),
    "laion-clap-unfused": lambda y: torchlibrosa(y, 48000, 1024, 480, 14000),
    "efficientat": lambda y: passt(y, 2000),
    "passt": lambda y: passt(y, 1000),
    "essentia-musicnn": functools.partial(essentia, "TensorflowInputMusiCNN", 512, 256),
    "essentia-vggish": functools.partial(essentia, "TensorflowInputVGGish", 400, 160),
    "essentia-tempocnn": functools.partial(essentia, "TensorflowInputTempoCNN", 1024, 512),
    "essentia-fsdsinet": functools.partial(essentia, "TensorflowInputFSDSINet", 660, 220),
    "resemblyzer": resemblyzer,
}
