"""fastmel.ray: a callable for map_batches, and a job on the machines of a cluster."""

import importlib.util
import io
import json
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import fastmel
import numpy as np
import pytest
from fastmel.corpus import verify
from fastmel.corpus._ray import Parts, run_on_ray
from fastmel.corpus._run import Run, Settings
from fastmel.ray import FeatureExtractor
from signals import noise, pcm, speech_like

soundfile = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

RATE = 16000


# --- the callable ---------------------------------------------------------------------------------


def flac(y, rate=RATE):
    file = io.BytesIO()
    soundfile.write(file, y, rate, format="FLAC")
    return file.getvalue()


def test_cells_of_all_kinds(tmp_path):
    y = pcm(speech_like(9000, RATE))
    (tmp_path / "a.flac").write_bytes(flac(y))
    whisper = fastmel.frontend("whisper")
    cells = [
        y,
        (y / 32768).astype(np.float32),
        y[None],
        np.stack([y, y]),
        list(y / 32768),
        flac(y),
        str(tmp_path / "a.flac"),
        tmp_path / "a.flac",
        {"bytes": flac(y), "path": None},
        {"bytes": None, "path": str(tmp_path / "a.flac")},
    ]
    batch = FeatureExtractor("whisper")({"audio": cells, "id": np.arange(len(cells))})
    assert list(batch) == ["id", "features"]
    for cell, found in zip(cells, batch["features"], strict=True):
        # A list is of float64, of which Whisper's precision makes other last bits.
        bound = 1e-5 if isinstance(cell, list) else 0
        np.testing.assert_allclose(found, whisper(y), rtol=0, atol=bound)


def test_rates_by_number_and_by_column():
    y = speech_like(44100, 44100)
    expected = fastmel.frontend("whisper")(y, sr=44100, resample=True)
    by_number = FeatureExtractor("whisper", rate=44100)({"audio": [y, y]})["features"]
    by_column = FeatureExtractor("whisper", audio="amplitude", rate="sample_rate")(
        {"amplitude": [y[None], y[None, :RATE]], "sample_rate": np.array([44100, RATE])}
    )["features"]
    for found in (*by_number, by_column[0]):
        np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(by_column[1], fastmel.frontend("whisper")(y[:RATE]))


def test_bad_rows_are_told_in_a_column_or_raise():
    cells = [noise(RATE), b"no audio", noise(RATE) * np.float32(np.nan), "nowhere.wav"]
    batch = FeatureExtractor("kaldi-fbank", errors="why", keep_audio=True)({"audio": cells})
    assert [x.shape for x in batch["features"]] == [(98, 23), (0, 23), (0, 23), (0, 23)]
    assert batch["why"][0] == ""
    assert "nan" in batch["why"][2].lower()
    assert "nowhere.wav" in batch["why"][3]
    assert all(batch["why"][1:])
    assert batch["audio"] is cells
    with pytest.raises(ValueError, match="row 1 of the batch"):
        FeatureExtractor("kaldi-fbank")({"audio": cells})


def test_wrong_columns_and_shapes():
    with pytest.raises(ValueError, match=r"no column 'audio' in the batch; there are bytes, id"):
        FeatureExtractor()({"bytes": [b""], "id": [1]})
    with pytest.raises(ValueError, match=r"row 0 .* \(9000, 2\), and time must be the last axis"):
        FeatureExtractor()({"audio": [np.zeros((9000, 2), np.float32)]})
    with pytest.raises(ValueError, match=r"row 0 .*neither"):
        FeatureExtractor()({"audio": [{"bytes": None, "path": None}]})
    with pytest.raises(ValueError, match="unknown front end"):
        FeatureExtractor("wisper")


def test_the_callable_is_sent_to_workers():
    sent = pickle.loads(pickle.dumps(FeatureExtractor("whisper", errors="why")))
    y = noise(RATE)
    np.testing.assert_array_equal(
        sent({"audio": [y]})["features"][0], fastmel.frontend("whisper")(y)
    )


# --- parts of a job, without Ray ------------------------------------------------------------------


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    """Eleven recordings, of which one is no audio."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    for i in range(10):
        y = speech_like(8000 + 3000 * i, 44100 if i % 3 == 0 else RATE, seed=i)
        soundfile.write(tmp_path / "clips" / f"{i}.flac", y, 44100 if i % 3 == 0 else RATE)
    (tmp_path / "clips" / "bad.flac").write_bytes(b"no audio at all")
    return tmp_path


def test_workers_do_parts_and_say_what_became_of_them(corpus):
    run = Run("clips", "out", "whisper", Settings(format="tar"))
    parts = Parts(run.inputs, run.output, run.fe, run.settings, 3, os.getcwd())
    parts = pickle.loads(pickle.dumps(parts))
    became = [pickle.loads(b) for b in parts({"item": [0, 1, 2]})["became"]]
    assert sum(summary.done for summary in became) == 10
    assert [id for summary in became for id, _ in summary.errors] == ["bad"]
    again = [pickle.loads(b) for b in parts({"item": [0, 1, 2]})["became"]]
    assert sum(summary.skipped for summary in again) == 10
    fastmel.extract("clips", "local", "whisper", format="tar")
    assert_same("out", "local")
    # What ends a part comes back too: the driver raises it.
    other = Parts(run.inputs, run.output, fastmel.frontend("ast"), run.settings, 3, os.getcwd())
    (error,) = (pickle.loads(b) for b in other({"item": [0]})["became"])
    with pytest.raises(ValueError, match="is for features of whisper"):
        raise error


def assert_same(found, expected):
    found, expected = fastmel.open_features(found), fastmel.open_features(expected)
    assert len(found) == len(expected) > 0
    for line in expected.rows():
        np.testing.assert_array_equal(found[line["id"]], expected[line["id"]])


def test_what_ray_cannot_do_is_refused_before_anything_is_written(corpus, run_command):
    if importlib.util.find_spec("ray") is None:
        with pytest.raises(ModuleNotFoundError, match=r"fastmel\[ray\]"):
            run_on_ray(Run("clips", "out", "whisper", Settings()), None)
    for options, reason in (
        (["clips", "-o", "out", "--shard", "0/2"], "cuts the job itself"),
        (["clips/1.flac", "-o", "one.npy"], "one array"),
    ):
        code, _, err = run_command("extract", *options, "--engine", "ray")
        assert code == 2
        assert reason in err
    assert run_command("extract", "clips", "-o", "out", "--address", "x")[0] == 2
    assert sorted(os.listdir(corpus)) == ["clips"]
    fastmel.extract("clips", "out", "whisper", format="tar")
    code, _, err = run_command(
        "extract", "clips", "-o", "out", "--frontend", "whisper", "--engine", "ray"
    )
    assert code == 2
    assert "run without engine 'ray'" in err


# --- with Ray -------------------------------------------------------------------------------------

needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None or sys.platform != "linux",
    reason="ray is not installed",
)

# A process of its own: what Ray leaves behind ends with it.
_HEAD = """
import json, os, sys, threading, time, warnings
warnings.simplefilter("ignore")
import numpy as np, ray, fastmel, fastmel.ray
SMALL = {"object_store_memory": 80 * 2**20}

def tell(found):
    print("\\nfound", json.dumps(found), flush=True)
"""


def with_ray(script, timeout=240):
    env = {
        **os.environ,
        "PYTHONPATH": str(Path(fastmel.__file__).parent.parent),
        "RAY_ADDRESS": "local",  # no cluster that happens to be here
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + textwrap.dedent(script)],
        env=env,
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    # Ray's threads may print too, before and after.
    (found,) = (line[6:] for line in done.stdout.splitlines() if line.startswith("found "))
    return json.loads(found)


@needs_ray
@pytest.mark.exhaustive
def test_two_workers_make_what_one_machine_makes(corpus):
    found = with_ray("""
    ray.init(num_cpus=2, include_dashboard=False, **SMALL)
    once = fastmel.ray.extract("clips", "out", "whisper", format="tar", shard_items=2)
    again = fastmel.ray.extract("clips", "out", "whisper")
    npy = fastmel.ray.extract(["clips/1.flac", "clips/2.flac"], "npy", "whisper")
    tell([once.as_dict(), once.errors, again.as_dict(), npy.as_dict()])
    """)
    once, errors, again, npy = found
    assert (once["done"], once["failed"], once["items"]) == (10, 1, 11)
    assert (again["done"], again["skipped"], again["failed"]) == (0, 10, 1)
    assert npy["done"] == 2
    local = fastmel.extract("clips", "local", "whisper", format="tar")
    assert [tuple(error) for error in errors] == local.errors
    assert_same("out", "local")
    np.testing.assert_array_equal(np.load("npy/1.npy"), fastmel.open_features("local")["1"])
    lines = {path: by_id(path) for path in ("out", "local")}
    assert lines["out"].keys() == lines["local"].keys()
    for id, line in lines["local"].items():
        moved = {"file", "offset"}
        assert {k: v for k, v in line.items() if k not in moved} == {
            k: v for k, v in lines["out"][id].items() if k not in moved
        }
    assert verify("out").ok


def by_id(folder):
    lines = map(json.loads, Path(folder, "manifest.jsonl").read_text().splitlines())
    return {line["id"]: line for line in lines}


@needs_ray
@pytest.mark.exhaustive
def test_map_batches(corpus):
    found = with_ray("""
    ray.init(num_cpus=2, include_dashboard=False, **SMALL)
    rows = [{"path": f"{os.getcwd()}/clips/{i}.flac", "id": str(i)} for i in range(10)]
    rows.append({"path": "nowhere.flac", "id": "x"})
    data = ray.data.from_items(rows, override_num_blocks=3).map_batches(
        fastmel.ray.FeatureExtractor,
        fn_constructor_kwargs={"frontend": "whisper", "audio": "path", "errors": "error"},
        batch_size=4,
        concurrency=1,
    )
    whisper, same = fastmel.frontend("whisper"), 0
    for row in data.iter_rows():
        if row["error"]:
            assert row["id"] == "x" and row["features"].shape == (80, 0)
            continue
        samples, _ = fastmel.load(f"clips/{row['id']}.flac", sr=16000)
        assert row["features"].dtype == np.float32
        same += np.array_equal(row["features"], whisper(samples))
    tell(same)
    """)
    assert found == 10


@needs_ray
@pytest.mark.exhaustive
def test_a_machine_is_lost_half_way(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "clips").mkdir()
    for i in range(32):  # of which each takes a while to resample
        y = noise(44100 * 20, seed=i)
        soundfile.write(tmp_path / "clips" / f"{i}.flac", y, 44100)
    found = with_ray("""
    from ray.cluster_utils import Cluster
    from pathlib import Path
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False, **SMALL}
    )
    other = cluster.add_node(num_cpus=1, **SMALL)
    ray.init(address=cluster.address)
    lost = []

    def lose():
        out = Path("out")
        while sum(p.stat().st_size > 0 for p in out.glob("manifest-*")) < 2:
            time.sleep(0.001)
        lost.append(sum(len(p.read_text().splitlines()) for p in out.glob("manifest-*")))
        cluster.remove_node(other, allow_graceful=False)

    losing = threading.Thread(target=lose, daemon=True)
    losing.start()
    done = fastmel.ray.extract("clips", "out", "whisper", format="tar", shard_items=1)
    losing.join()
    for _ in range(300):  # Ray takes a while to notice
        if (alive := sum(node["Alive"] for node in ray.nodes())) == 1:
            break
        time.sleep(0.1)
    tell([done.as_dict(), lost, alive])
    ray.shutdown()
    cluster.shutdown()
    os._exit(0)  # Ray's own threads may still look for the machine that is lost
    """)
    done, lost, alive = found
    assert alive == 1
    assert 0 < lost[0] < 32
    assert done["failed"] == 0
    assert done["done"] + done["skipped"] == 32
    fastmel.extract("clips", "local", "whisper")
    assert_same("out", "local")
    assert verify("out").ok
