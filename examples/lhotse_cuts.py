"""Features of Lhotse's cuts: stored beside their manifest, or computed in a training loop.

python examples/lhotse_cuts.py [AUDIO ...]
"""

import tempfile
from pathlib import Path

from clips import given_or_made
from fastmel.lhotse import FeatureExtractor
from lhotse import CutSet, NumpyFilesWriter, Recording
from lhotse.dataset import OnTheFlyFeatures


def cuts_of(paths: list[Path]) -> CutSet:
    """Return a cut of each file."""
    return CutSet.from_cuts(Recording.from_file(path).to_cut() for path in paths).to_eager()


def stored(cuts: CutSet, folder: Path, name: str = "lhotse-fbank", jobs: int = 1) -> CutSet:
    """Return the cuts with features, in files that every NumPy reads."""
    return cuts.compute_and_store_features(
        FeatureExtractor(name), folder / "features", num_jobs=jobs, storage_type=NumpyFilesWriter
    )


if __name__ == "__main__":
    cuts = cuts_of(given_or_made())
    for cut in stored(cuts, Path(tempfile.mkdtemp()), jobs=2):
        print(f"{cut.duration:.2f} s: {cut.load_features().shape}, {cut.features.type}")
    features, frames = OnTheFlyFeatures(FeatureExtractor("whisper"))(cuts)
    print(f"on the fly: {tuple(features.shape)}, frames {frames.tolist()}")
