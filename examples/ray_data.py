"""Features in a Ray Data pipeline: files in, a row of features each.

    python examples/ray_data.py [AUDIO ...]

A worker makes one `FeatureExtractor` and calls it on batches; a file that cannot be read is a row
with its reason, and stops nobody. To write the features of a corpus into a folder take
`fastmel extract --engine ray`, whose workers write what they compute.
"""

import ray
from clips import given_or_made
from fastmel.ray import FeatureExtractor


def with_features(files: list[str], name: str = "whisper", workers: int = 1):
    """Return a dataset with columns `path`, `features` and `error`."""
    return ray.data.from_items([{"path": file} for file in files]).map_batches(
        FeatureExtractor,
        fn_constructor_kwargs={
            "frontend": name,
            "audio": "path",
            "errors": "error",
            "keep_audio": True,
        },
        batch_size=16,
        concurrency=workers,
    )


if __name__ == "__main__":
    ray.init(log_to_driver=False)
    files = [str(path.resolve()) for path in given_or_made()]
    for row in with_features([*files, "nowhere.wav"]).iter_rows():
        print(row["path"], row["features"].shape, row["error"])
