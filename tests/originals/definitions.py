"""How the scripts that store outputs run an original's own definition.

Such a definition is one function in a file that imports all of a training environment, and some
call librosa or torch in ways that these no longer accept.
"""

import importlib.util
import sys
from pathlib import Path
from unittest import mock


def load(path, *unused):
    """Return the module in a file; of its imports, those named `unused` are put in as dummies."""
    path = Path(path)
    parents = {".".join(u.split(".")[:i]) for u in unused for i in range(1, u.count(".") + 1)}
    dummies = {*unused, *parents} - {*sys.modules}
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules |= {name: mock.MagicMock() for name in dummies}
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
        for name in dummies:
            del sys.modules[name]
    return module


def mel_by_position(sr, n_fft, n_mels, fmin, fmax):
    """librosa.filters.mel, which took arguments by position before 0.10."""
    import librosa

    return librosa.filters.mel(sr=sr, n_fft=n_fft, n_mels=n_mels, fmin=fmin, fmax=fmax)


def real_stft():
    """Within this context torch.stft returns real and imaginary parts, as it did before 2.0."""
    import torch

    def stft(*args, _stft=torch.stft, **kwargs):
        return torch.view_as_real(_stft(*args, **(kwargs | {"return_complex": True})))

    return mock.patch.object(torch, "stft", stft)
