"""Features in the workers of a torch DataLoader, one call a batch.

    python examples/torch_dataloader.py [AUDIO ...]

A front end is pickled as its configuration, so it goes to workers that are forked and to such as
are spawned. For features that `fastmel extract` has stored, `fastmel.open_features(FOLDER)` is the
dataset.
"""

from pathlib import Path

import fastmel
import torch
from clips import given_or_made
from torch.utils.data import DataLoader, Dataset


class Recordings(Dataset):
    """Samples of audio files, at the front end's rate."""

    def __init__(self, paths: list[Path], rate: int) -> None:
        self.paths, self.rate = paths, rate

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, i: int):
        samples, _ = fastmel.load(self.paths[i], sr=self.rate)
        return samples


class Collate:
    """Make a batch of samples one of features, zeros after each item's end, and its lengths."""

    def __init__(self, frontend: fastmel.FrontEnd) -> None:
        self.frontend = frontend

    def __call__(self, samples):
        # One thread: the loader's workers are there to share the CPUs.
        features, frames = self.frontend.batch(samples, workers=1)
        return torch.from_numpy(features), torch.from_numpy(frames)


def loader(paths: list[Path], name: str = "whisper", **how) -> DataLoader:
    """Return batches of (items, bands, frames), and the frames of each item."""
    frontend = fastmel.frontend(name)
    data = Recordings(paths, frontend.sample_rate)
    return DataLoader(data, collate_fn=Collate(frontend), **how)


if __name__ == "__main__":
    paths = given_or_made()
    for start in ("fork", "spawn"):
        batches = loader(paths, batch_size=2, num_workers=2, multiprocessing_context=start)
        for features, frames in batches:
            print(f"{start}: {tuple(features.shape)}, frames {frames.tolist()}")
