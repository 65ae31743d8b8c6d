"""Store front ends of audio tagging whose originals do not install beside newer ones.

Run in `tests` as ``python -m originals.make_tagging SOURCES``; needs torch, torchaudio and librosa.
SOURCES holds folders with the names of MADE_WITH: a checkout of a repository of GitHub, and the
unpacked wheels laion-clap and musicnn.
"""

import json
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import torch

from .definitions import load, real_stft
from .signals import NAMES, as_float, signal
from .storage import store, versions

MADE_WITH = {"fschmid56/EfficientAT": "a425fdc", "laion-clap": "1.1.7", "musicnn": "0.1.0"}

# What LAION-CLAP's file imports for training.
LAION_CLAP_UNUSED = (
    "PIL",
    "braceexpand",
    "clap_module.utils",
    "h5py",
    "pandas",
    "torchvision.datasets",
    "torchvision.transforms",
    "transformers",
    "webdataset",
    "wget",
)


def efficientat(sources):
    front_end = load(sources / "fschmid56/EfficientAT/models/preprocess.py").AugmentMelSTFT().eval()

    def compute(y):
        with real_stft():
            return front_end(torch.from_numpy(y)[None])[0].numpy()

    return compute


def laion_clap(sources):
    package = sources / "laion-clap/laion_clap"
    module = load(package / "training/data.py", *LAION_CLAP_UNUSED)
    config = json.loads((package / "clap_module/model_configs/HTSAT-tiny.json").read_text())
    return lambda y: module.get_mel(torch.from_numpy(y), config["audio_cfg"]).numpy()


def musicnn(sources):
    package = sources / "musicnn/musicnn"
    unused = ("tensorflow", "musicnn.models", "musicnn.configuration")
    module = load(package / "extractor.py", *unused)
    module.config = load(package / "configuration.py")

    def compute(y):
        clip = np.tile(y, 4)  # 3 s make one patch
        with mock.patch.object(module.librosa, "load", return_value=(clip, 16000)):
            return module.batch_data("", n_frames=187, overlap=187)[0]

    return compute


def main(sources):
    sources = Path(sources)
    originals = {
        "efficientat": (32000, efficientat(sources), NAMES),
        "laion-clap": (48000, laion_clap(sources), NAMES),
        "musicnn": (16000, musicnn(sources), ("speech", "music", "silence", "clipped")),
    }
    outputs = {}
    for row, (sample_rate, compute, names) in originals.items():
        for name in names:
            outputs[row, name] = compute(as_float(signal(name, sample_rate)))
    store("tagging", outputs, MADE_WITH | versions("torch", "torchaudio", "librosa"))


if __name__ == "__main__":
    main(*sys.argv[1:])
