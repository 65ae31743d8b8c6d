"""Features as a column of a Hugging Face dataset, by `map` in batches.

    python examples/huggingface_datasets.py [AUDIO ...]

The audio column is left undecoded (`Audio(decode=False)`): fastmel decodes, mixes and resamples.
`map` caches by the function and its arguments; a front end has the same fingerprint in every run.
"""

import io

import clips
import fastmel
from datasets import Array2D, Audio, Dataset, Features, Value


def add_features(batch: dict, frontend: fastmel.FrontEnd) -> dict:
    """Return the features of a batch of rows, each (frames, bands)."""
    samples = []
    for audio in batch["audio"]:
        source = io.BytesIO(audio["bytes"]) if audio["bytes"] else audio["path"]
        samples.append(fastmel.load(source, sr=frontend.sample_rate)[0])
    features, frames = frontend.batch(samples)
    return {
        "features": [x[:, :n].T for x, n in zip(features, frames, strict=True)],
        "frames": frames,
    }


def with_features(data: Dataset, name: str = "whisper", **how) -> Dataset:
    """Return the dataset with columns `features` and `frames`."""
    frontend = fastmel.frontend(name)
    columns = Features(
        {
            **data.features,
            "features": Array2D(shape=(None, frontend.n_features), dtype="float32"),
            "frames": Value("int64"),
        }
    )
    return data.map(
        add_features,
        batched=True,
        batch_size=32,
        fn_kwargs={"frontend": frontend},
        features=columns,
        **how,
    )


if __name__ == "__main__":
    files = [str(path) for path in clips.given_or_made()]
    data = Dataset.from_dict({"audio": files}).cast_column("audio", Audio(decode=False))
    for row in with_features(data).with_format("numpy", columns=["features", "frames"]):
        print(row["features"].shape, row["features"].dtype, int(row["frames"]))
