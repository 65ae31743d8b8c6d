"""Store mel spectrograms of speech synthesis whose originals do not install beside newer ones.

Run in `tests` as ``python -m originals.make_speech_synthesis SOURCES``; needs torch, torchaudio and
librosa. SOURCES holds folders with the names of MADE_WITH: checkouts of repositories of GitHub, and
the unpacked wheels f5-tts and coqui-tts.
"""

import sys
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from .definitions import load, mel_by_position, real_stft
from .signals import NAMES, as_float, signal
from .storage import store, versions

MADE_WITH = {
    "NVIDIA/tacotron2": "185cd24",
    "jik876/hifi-gan": "4769534",
    "jaywalnut310/vits": "2e561ba",
    "yl4579/StyleTTS2": "5cedc71",
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI": "4338f12",
    "f5-tts": "1.1.22",
    "coqui-tts": "0.28.0",
}

LINEAR = ("speech", "silence", "short")  # bins are many

# The defaults of Coqui's BaseAudioConfig, as far as a mel spectrogram depends on them.
COQUI = {
    "sample_rate": 22050,
    "fft_size": 1024,
    "win_length": 1024,
    "hop_length": 256,
    "stft_pad_mode": "reflect",
    "preemphasis": 0.0,
    "num_mels": 80,
    "mel_fmin": 0.0,
    "mel_fmax": None,
    "do_amp_to_db_mel": True,
    "spec_gain": 20,
    "log_func": "np.log10",
    "signal_norm": True,
    "ref_level_db": 20,
    "min_level_db": -100,
    "symmetric_norm": True,
    "max_norm": 4.0,
    "clip_norm": True,
    "stats_path": None,
}


def tacotron2(sources):
    module = load(sources / "NVIDIA/tacotron2/layers.py")
    module.librosa_mel_fn = mel_by_position
    stft = sys.modules["stft"]
    center = stft.pad_center
    stft.pad_center = lambda data, size: center(data, size=size)
    front_end = module.TacotronSTFT()
    return lambda y: front_end.mel_spectrogram(y[None])[0]


def hifi_gan(sources):
    module = load(sources / "jik876/hifi-gan/meldataset.py")
    module.librosa_mel_fn = mel_by_position

    def compute(y):
        with real_stft():
            return module.mel_spectrogram(y[None], 1024, 80, 22050, 256, 1024, 0, 8000)[0]

    return compute


def vits(sources, linear):
    module = load(sources / "jaywalnut310/vits/mel_processing.py")
    module.librosa_mel_fn = mel_by_position

    def compute(y):
        with real_stft():
            if linear:
                return module.spectrogram_torch(y[None], 1024, 22050, 256, 1024)[0]
            return module.mel_spectrogram_torch(y[None], 1024, 80, 22050, 256, 1024, 0, None)[0]

    return compute


def f5_tts(sources, kind):
    path = sources / "f5-tts/f5_tts/model/modules.py"
    unused = ("x_transformers.x_transformers", "f5_tts.model.utils", "flash_attn.bert_padding")
    module = load(path, *unused)
    front_end = module.MelSpec(mel_spec_type=kind)
    return lambda y: front_end(y[None])[0]


def styletts2(sources):
    module = load(sources / "yl4579/StyleTTS2/meldataset.py", "pandas", "soundfile")
    return lambda y: module.preprocess(y.numpy())[0]


def coqui_tts(sources):
    root = sources / "coqui-tts"
    unused = ("config.shared_configs", "tts.utils.helpers", "utils.audio.numpy_transforms")
    transforms = load(root / "TTS/utils/audio/numpy_transforms.py")
    module = load(root / "TTS/utils/audio/processor.py", *(f"TTS.{name}" for name in unused))
    for name in ("amp_to_db", "build_mel_basis", "spec_to_mel", "stft"):
        setattr(module, name, getattr(transforms, name))
    processor = module.AudioProcessor(mock.MagicMock(**COQUI))
    return lambda y: torch.from_numpy(processor.melspectrogram(y.numpy()))


def rmvpe(sources):
    repository = sources / "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"
    module = load(repository / "infer/rmvpe.py", "tools.cuda_graph")
    front_end = module.MelSpectrogram(False, 128, 16000, 1024, 160, None, 30, 8000)
    return lambda y: front_end(y[None])[0]


def main(sources):
    sources = Path(sources)
    originals = {
        "tacotron2": (22050, tacotron2(sources)),
        "hifi-gan": (22050, hifi_gan(sources)),
        "vits": (22050, vits(sources, linear=False)),
        "vits-linear": (22050, vits(sources, linear=True)),
        "f5-tts": (24000, f5_tts(sources, "vocos")),
        "f5-tts-bigvgan": (24000, f5_tts(sources, "bigvgan")),
        "styletts2": (24000, styletts2(sources)),
        "coqui-tts": (22050, coqui_tts(sources)),
        "rmvpe": (16000, rmvpe(sources)),
    }
    outputs = {}
    for row, (sample_rate, compute) in originals.items():
        for name in LINEAR if row == "vits-linear" else NAMES:
            y = torch.from_numpy(as_float(signal(name, sample_rate)))
            outputs[row, name] = compute(y).numpy().astype(np.float32)
    made_with = MADE_WITH | versions("torch", "torchaudio", "librosa")
    store("speech_synthesis", outputs, made_with)


if __name__ == "__main__":
    main(*sys.argv[1:])
