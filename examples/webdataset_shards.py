"""Features of WebDataset shards: tars of audio in, tars of audio's features out.

    python examples/webdataset_shards.py [AUDIO ...]

A sample keeps its key and its other fields; the audio is replaced by `features.npy`. For a whole
corpus, `fastmel extract "shards-{00..99}.tar" -o OUT --format tar` does this in parallel, and goes
on where it was stopped.
"""

import io
import tempfile
from collections.abc import Iterable
from pathlib import Path

import fastmel
import numpy as np
import webdataset as wds
from clips import given_or_made

AUDIO = ("flac", "mp3", "ogg", "opus", "wav")


class AddFeatures:
    """Replace the audio of a sample by its features."""

    def __init__(self, name: str = "whisper") -> None:
        self.frontend = fastmel.frontend(name)

    def __call__(self, sample: dict) -> dict:
        (kind,) = [kind for kind in AUDIO if kind in sample]
        samples, _ = fastmel.load(io.BytesIO(sample.pop(kind)), sr=self.frontend.sample_rate)
        return sample | {"features.npy": self.frontend(samples, workers=1)}


def with_features(shards: list[str], name: str = "whisper") -> Iterable[dict]:
    """Yield the samples of tars with their features: a dataset for `wds.WebLoader`."""
    return wds.WebDataset(shards, shardshuffle=False).map(AddFeatures(name))


def write(path: Path, samples: Iterable[dict]) -> None:
    """Write samples to a tar, without what WebDataset notes of where they were."""
    with wds.TarWriter(str(path)) as tar:
        for sample in samples:
            tar.write({k: v for k, v in sample.items() if k == "__key__" or k[:2] != "__"})


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp())
    write(
        folder / "audio-00000.tar",
        [
            {"__key__": path.stem, path.suffix[1:]: path.read_bytes(), "txt": "some words"}
            for path in given_or_made()
        ],
    )
    write(folder / "features-00000.tar", with_features([str(folder / "audio-00000.tar")]))
    for sample in wds.WebDataset(str(folder / "features-00000.tar"), shardshuffle=False).decode():
        features = sample["features.npy"]
        print(sample["__key__"], features.shape, features.dtype, np.isfinite(features).all())
