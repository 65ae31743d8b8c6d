"""The recipes of examples/: each runs as it stands, and its features are those of a call."""

import importlib
import os
import subprocess
import sys
import warnings
from pathlib import Path

import fastmel
import numpy as np
import pytest
from libraries import required
from signals import speech_like

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

EXAMPLES = Path(__file__).parent.parent / "examples"
RATE = 16000
NEEDS = {
    "huggingface_datasets": ["datasets", "pyarrow"],
    "joblib_processes": ["joblib"],
    "lhotse_cuts": ["lhotse", "torch"],
    "ray_data": ["ray", "pyarrow"],
    "torch_dataloader": ["torch"],
    "webdataset_shards": ["webdataset"],
}


def test_every_recipe_is_tested():
    recipes = {path.stem for path in EXAMPLES.glob("*.py")} - {"clips"}
    assert recipes == NEEDS.keys()


@pytest.fixture
def recipe(monkeypatch):
    """Import a recipe, if what it needs is here; what others' imports warn of is theirs."""
    monkeypatch.syspath_prepend(str(EXAMPLES))

    def load(name):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for library in NEEDS[name]:
                required(library)
            return importlib.import_module(name)

    yield load
    for name in (*NEEDS, "clips"):
        sys.modules.pop(name, None)


@pytest.fixture
def recordings(tmp_path):
    """Files at two rates, and the features that each should get."""
    paths, expected = [], []
    for i, (n, rate) in enumerate([(20000, RATE), (44100, 44100), (8123, RATE)]):
        paths.append(tmp_path / f"clip{i}.flac")
        soundfile.write(paths[-1], speech_like(n, rate, seed=i), rate)
        samples, _ = fastmel.load(paths[-1], sr=RATE)
        expected.append(fastmel.frontend("whisper")(samples))
    return paths, expected


SLOW = pytest.mark.exhaustive


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=SLOW) if name == "ray_data" else name for name in NEEDS]
)
@pytest.mark.parametrize("files", [False, pytest.param(True, marks=SLOW)])
def test_recipes_run(name, files, recordings):
    """With files, and with the clips that they make."""
    for library in NEEDS[name]:
        required(library)
    if name == "torch_dataloader" and os.name == "nt":
        pytest.skip("needs fork")
    paths, _ = recordings
    if name == "lhotse_cuts":
        del paths[1]  # a batch of Lhotse's is of one rate
    done = subprocess.run(
        [sys.executable, EXAMPLES / f"{name}.py", *(paths if files else [])],
        env={**os.environ, "HF_HUB_OFFLINE": "1", "RAY_ADDRESS": "local"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) >= len(paths)


@pytest.mark.parametrize("start", [None, "fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_torch_dataloader(recipe, recordings, start):
    made, (paths, expected) = recipe("torch_dataloader"), recordings
    if start == "fork" and os.name == "nt":
        pytest.skip("needs fork")
    workers = {"num_workers": 1, "multiprocessing_context": start} if start else {}
    found = []
    for features, frames in made.loader(paths, batch_size=2, **workers):
        found += [x[:, :n] for x, n in zip(features.numpy(), frames.numpy(), strict=True)]
        assert all(
            not x[:, n:].any() for x, n in zip(features.numpy(), frames.numpy(), strict=True)
        )
    assert_same(found, expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_huggingface_datasets(recipe, recordings):
    made, (paths, expected) = recipe("huggingface_datasets"), recordings
    import datasets

    # Files by their paths, and by their bytes.
    cells = [{"path": str(paths[0]), "bytes": None}]
    cells += [{"path": None, "bytes": path.read_bytes()} for path in paths[1:]]
    data = datasets.Dataset.from_dict({"audio": cells, "text": ["a", "b", "c"]})
    data = data.cast_column("audio", datasets.Audio(decode=False))
    done = made.with_features(data)
    assert_same([x.T for x in done.with_format("numpy")["features"]], expected)
    assert done["frames"] == [x.shape[1] for x in expected]
    assert done["text"] == ["a", "b", "c"]
    again = made.with_features(data)
    assert again._fingerprint == done._fingerprint  # so that `map` takes what it has


# WebDataset leaves the tars that it has read to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_shards(recipe, recordings, tmp_path):
    made, (paths, expected) = recipe("webdataset_shards"), recordings
    shards = [str(tmp_path / f"audio-{i}.tar") for i in range(2)]
    for shard, some in zip(shards, (paths[:2], paths[2:]), strict=True):
        made.write(
            Path(shard),
            [{"__key__": f"a/{p.stem}", "flac": p.read_bytes(), "json": {"n": 1}} for p in some],
        )
    made.write(tmp_path / "features.tar", made.with_features(shards))
    read = made.wds.WebDataset(str(tmp_path / "features.tar"), shardshuffle=False).decode()
    samples = list(read)
    assert [s["__key__"] for s in samples] == ["a/clip0", "a/clip1", "a/clip2"]
    assert [s["json"] for s in samples] == [{"n": 1}] * 3
    assert_same([s["features.npy"] for s in samples], expected)


@pytest.mark.parametrize("how", [{"n_jobs": 2}, {"n_jobs": 2, "prefer": "threads"}], ids=str)
def test_joblib_processes(recipe, recordings, tmp_path, how):
    made, (paths, expected) = recipe("joblib_processes"), recordings
    # Workers import the module of a function by its name.
    made.features_of.__module__ = "__main__"
    targets = made.extract(paths, tmp_path, **how)
    assert_same(list(map(np.load, targets)), expected)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_lhotse_cuts(recipe, recordings, tmp_path):
    made, (paths, expected) = recipe("lhotse_cuts"), recordings
    cuts = made.stored(made.cuts_of([paths[0], paths[2]]), tmp_path, "whisper")
    for cut, whole in zip(cuts, (expected[0], expected[2]), strict=True):
        n = min(cut.num_frames, whole.shape[1])  # Lhotse may count one more: the last, repeated
        np.testing.assert_array_equal(cut.load_features()[:n], whole.T[:n])


def assert_same(found, expected):
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        np.testing.assert_array_equal(x, y)
