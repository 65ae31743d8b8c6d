"""Store what NeMo's own FilterbankFeatures returns.

Run in `tests` as ``python -m originals.make_nemo PATH_OF_NEMO`` with a checkout of
https://github.com/NVIDIA/NeMo at COMMIT; needs torch and librosa.
"""

import sys
import types
from pathlib import Path
from unittest import mock

import torch

from .signals import NAMES, as_float, signal
from .storage import store, versions

COMMIT = "8cfedd7203462cb251a914e700e5605444277561"  # of 2025-09-20

ROWS = {
    "nemo": {},
    "nemo-fastconformer": {"n_window_size": 400, "nfilt": 80, "pad_to": 0},
    "nemo-canary": {"n_window_size": 400, "nfilt": 128, "pad_to": 0},
    "nemo-streaming": {"n_window_size": 400, "nfilt": 80, "pad_to": 0, "normalize": "NA"},
}


def definition(nemo):
    """Return the class, from its own file; what that imports for training is not needed."""
    path = Path(nemo) / "nemo/collections/asr/parts/preprocessing/features.py"
    module = types.ModuleType("features")
    unused = ("perturb", "segment")
    names = [f"nemo.collections.asr.parts.preprocessing.{name}" for name in unused] + ["nemo.utils"]
    parents = {".".join(n.split(".")[:i]) for n in names for i in range(1, n.count(".") + 1)}
    with mock.patch.dict(sys.modules, {name: mock.MagicMock() for name in [*parents, *names]}):
        exec(compile(path.read_text(), path, "exec"), module.__dict__)
    return module.FilterbankFeatures


def main(nemo):
    make = definition(nemo)
    outputs = {}
    for row, options in ROWS.items():
        front_end = make(**options).eval()
        for name in NAMES:
            y = torch.from_numpy(as_float(signal(name, 16000)))[None]
            features, _ = front_end(y, torch.tensor([y.shape[1]]))
            outputs[row, name] = features[0].numpy()
    store("nemo", outputs, {"NeMo": COMMIT} | versions("torch", "librosa"))


if __name__ == "__main__":
    main(*sys.argv[1:])
