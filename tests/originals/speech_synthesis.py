"""Mel spectrograms of speech synthesis."""

import functools
import importlib.metadata
import importlib.util

from libraries import required, skip


@functools.cache
def matcha(*geometry):
    """Return Matcha-TTS' own file alone: its package imports all of a trainer.

    A copy for each geometry, since it keeps bank and window by fmax alone.
    """
    required("torch")
    required("librosa")
    try:
        distribution = importlib.metadata.distribution("matcha-tts")
    except importlib.metadata.PackageNotFoundError:
        skip("matcha-tts is not installed")
    path = distribution.locate_file("matcha/utils/audio.py")
    spec = importlib.util.spec_from_file_location("matcha_audio", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def matcha_mel(y, *, sample_rate=22050, n_fft=1024, hop_length=256, fmax=8000):
    torch, module = required("torch"), matcha(sample_rate, n_fft, hop_length, fmax)
    y = torch.from_numpy(y)[None]
    arguments = (y, n_fft, 80, sample_rate, hop_length, n_fft, 0, fmax)
    return module.mel_spectrogram(*arguments, center=False)[0]


def matcha_ljspeech(y):
    mean, std = required("torch").tensor([-5.536622, 2.116101])
    return ((matcha_mel(y) - mean) / std).numpy()


def cosyvoice_2(y, fmax):
    return matcha_mel(y, sample_rate=24000, n_fft=1920, hop_length=480, fmax=fmax).numpy()


def bigvgan(y, n_mels, sample_rate, fmax, n_fft=1024):
    torch, module = required("torch"), required("bigvgan.meldataset")
    y = torch.from_numpy(y)[None]
    return module.mel_spectrogram(
        y, n_fft, n_mels, sample_rate, n_fft // 4, n_fft, 0, fmax, center=False
    )[0].numpy()


@functools.cache
def vocos_module(padding):
    return required("vocos.feature_extractors").MelSpectrogramFeatures(padding=padding)


def vocos(padding, y):
    torch = required("torch")
    return vocos_module(padding)(torch.from_numpy(y)[None])[0].numpy()


ORIGINALS = {
    "bigvgan-22khz-80band": lambda y: bigvgan(y, 80, 22050, 8000),
    "bigvgan-24khz-100band": lambda y: bigvgan(y, 100, 24000, None),
    "bigvgan-v2-22khz-80band": lambda y: bigvgan(y, 80, 22050, None),
    "bigvgan-v2-44khz-128band-256x": lambda y: bigvgan(y, 128, 44100, None),
    "bigvgan-v2-44khz-128band-512x": lambda y: bigvgan(y, 128, 44100, None, 2048),
    "vocos": functools.partial(vocos, "center"),
    "vocos-same": functools.partial(vocos, "same"),
    "matcha-tts": lambda y: matcha_mel(y).numpy(),
    "matcha-tts-ljspeech": matcha_ljspeech,
    "cosyvoice": lambda y: matcha_mel(y).numpy(),  # its configuration names Matcha-TTS' function
    "cosyvoice2": lambda y: cosyvoice_2(y, 8000),
    "cosyvoice3": lambda y: cosyvoice_2(y, None),
}
