"""Front ends of general libraries and toolkits."""

import functools
import warnings

import numpy as np
from libraries import required


def of_tensor(module, y):
    """Return what a torch module makes of one signal, without the axis of the batch."""
    torch = required("torch")
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # bands that cover no bin
        return module(torch.from_numpy(y)[None])[0].numpy()


# --- librosa --------------------------------------------------------------------------------------


def librosa_feature(kind, y):
    feature = required("librosa").feature
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of signals shorter than a frame
        return getattr(feature, kind)(y=y)


def librosa_db(y):
    return required("librosa").power_to_db(librosa_feature("melspectrogram", y), ref=np.max)


def lhotse(y):
    module = required("lhotse.features.librosa_fbank")
    return module.LibrosaFbank().extract(y, 22050)


# --- torchaudio and those that do as it does ------------------------------------------------------


@functools.cache
def torchaudio_module(row):
    torch, transforms = required("torch"), required("torchaudio").transforms
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if row == "torchaudio-mfcc":
            return transforms.MFCC()
        if row == "torchaudio-rnnt":
            pipeline = required("torchaudio.pipelines.rnnt_pipeline")
            return torch.nn.Sequential(
                transforms.MelSpectrogram(sample_rate=16000, n_fft=400, n_mels=80, hop_length=160),
                pipeline._FunctionalModule(lambda x: x.transpose(-1, -2)),
                pipeline._FunctionalModule(
                    lambda x: pipeline._piecewise_linear_log(x * pipeline._gain)
                ),
            )
        mel = transforms.MelSpectrogram()
        return mel if row == "torchaudio" else torch.nn.Sequential(mel, transforms.AmplitudeToDB())


def torchaudio(row, y):
    return of_tensor(torchaudio_module(row), y)


@functools.cache
def torchlibrosa_module():
    torch, module = required("torch"), required("torchlibrosa")
    return torch.nn.Sequential(module.Spectrogram(), module.LogmelFilterBank())


def torchlibrosa(y):
    return of_tensor(torchlibrosa_module(), y)[0]


@functools.cache
def nnaudio_module():
    return required("nnAudio.features").MelSpectrogram(verbose=False)


# --- others ---------------------------------------------------------------------------------------


def python_speech_features(kind, y):
    module = required("python_speech_features")
    pcm = y.astype(np.float64) * 32768  # a float32 signal is emphasised in float32
    features = getattr(module, kind)(pcm)
    return features[0] if kind == "fbank" else features


def essentia_frames(y, frame_size, hop_size):
    return required("essentia.standard").FrameGenerator(y, frameSize=frame_size, hopSize=hop_size)


def essentia_melbands(y):
    standard = required("essentia.standard")
    window, spectrum = standard.Windowing(), standard.Spectrum()
    bands = standard.MelBands()
    return np.array([bands(spectrum(window(f))) for f in essentia_frames(y, 2048, 1024)])


# --- toolkits -------------------------------------------------------------------------------------


@functools.cache
def espnet_module(row):
    required("librosa")
    if row == "espnet-tts":
        return required("espnet2.tts.feats_extract.log_mel_fbank").LogMelFbank()
    return required("espnet2.asr.frontend.default").DefaultFrontend()


def espnet(row, y):
    torch, module = required("torch"), espnet_module(row)
    length = torch.tensor([len(y)])
    features, lengths = module(torch.from_numpy(y)[None], length)
    if row == "espnet-utterance-mvn":
        features, _ = required("espnet2.layers.utterance_mvn").UtteranceMVN()(features, lengths)
    return features[0].numpy()


@functools.cache
def speechbrain_module(row):
    features = required("speechbrain.lobes.features")
    if row == "speechbrain-mfcc":
        return features.MFCC()
    return features.Fbank(n_mels=80 if row == "speechbrain-80" else 40)


def speechbrain(row, y):
    return of_tensor(speechbrain_module(row), y)


def speechbrain_tts(y):
    torch = required("torch")
    return (
        required("speechbrain.lobes.models.HifiGAN")
        .mel_spectrogram(
            sample_rate=22050,
            hop_length=256,
            win_length=1024,
            n_fft=1024,
            n_mels=80,
            f_min=0.0,
            f_max=8000.0,
            power=1,
            normalized=False,
            norm="slaney",
            mel_scale="slaney",
            compression=True,
            audio=torch.from_numpy(y),
        )
        .numpy()
    )


ORIGINALS = {
    "librosa": librosa_db,
    "librosa-mel": functools.partial(librosa_feature, "melspectrogram"),
    "librosa-mfcc": functools.partial(librosa_feature, "mfcc"),
    "lhotse-librosa": lhotse,
    "torchlibrosa": torchlibrosa,
    "nnaudio": lambda y: of_tensor(nnaudio_module(), y),
    "python-speech-features": functools.partial(python_speech_features, "logfbank"),
    "python-speech-features-fbank": functools.partial(python_speech_features, "fbank"),
    "python-speech-features-mfcc": functools.partial(python_speech_features, "mfcc"),
    "essentia-melbands": essentia_melbands,
    "speechbrain-tts": speechbrain_tts,
}
for row in ("torchaudio", "torchaudio-db", "torchaudio-mfcc", "torchaudio-rnnt"):
    ORIGINALS[row] = functools.partial(torchaudio, row)
for row in ("speechbrain", "speechbrain-80", "speechbrain-mfcc"):
    ORIGINALS[row] = functools.partial(speechbrain, row)
for row in ("espnet", "espnet-utterance-mvn", "espnet-tts"):
    ORIGINALS[row] = functools.partial(espnet, row)
