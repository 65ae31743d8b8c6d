"""Corpora read back: open_features, the manifest, verify and merge."""

import gc
import json
import mmap
import os
import pickle
import threading
from pathlib import Path

import fastmel
import numpy as np
import pytest
from corpora import LENGTHS, features_like, line_of, read_manifest, write
from effort import some
from fastmel.corpus import Item, merge, open_features, verify
from fastmel.corpus._done import Done
from fastmel.corpus._index import Index
from fastmel.corpus._manifest import (
    MANIFEST,
    RECORD,
    Manifest,
    config_hash,
    failed_line,
    part_of,
)
from fastmel.corpus._outputs import FORMATS, Presence
from fastmel.corpus._writing import PlaceError
from libraries import required
from test_corpus_outputs import need

FORMS = list(FORMATS)
WHISPER = fastmel.frontend("whisper")


def equal(features, made, atol=0.0):
    assert len(features) == len(made)
    assert list(features.keys()) == list(made)
    for id, expected in made.items():
        np.testing.assert_allclose(features[id], expected, rtol=0, atol=atol)


# The manifest -----------------------------------------------------------------------------------


def manifest_of(path, lines):
    with Manifest(path) as manifest:
        manifest.append(lines)
    return path


def test_a_line_says_where_an_item_is_from(tmp_path):
    item = Item("a", Path("x.flac"), 1.5, 2.0, 1, extra={"text": "hallo"})
    features = features_like(WHISPER, 200)
    line = line_of(item, features, WHISPER)
    assert line == {
        "id": "a",
        "status": "ok",
        "source": "x.flac",
        "start": 1.5,
        "duration": 2.0,
        "channel": 1,
        "sample_rate": 16000,
        "frames": 200,
        "shape": [80, 200],
        "dtype": "float32",
        "sha256": line["sha256"],
        "config": config_hash(WHISPER.config),
        "fastmel": fastmel.__version__,
        "extra": {"text": "hallo"},
    }
    assert config_hash(WHISPER.config) != config_hash(fastmel.frontend("whisper-large-v3").config)


def test_lines_are_json_whatever_is_in_them(tmp_path):
    extra = {
        "nan": float("nan"),
        "inf": [float("inf"), 1.0],
        "NaN": "Infinity",
        "numpy": np.float32(0.5),
        "array": np.arange(3),
        "path": Path("a"),
        "end": "a\nb\u2028c",
        "no Unicode": "\udcff",
    }
    manifest_of(tmp_path / MANIFEST, [{"id": "ü", "status": "ok", "extra": extra}] * 2)
    text = (tmp_path / MANIFEST).read_bytes()
    assert text.count(b"\n") == 2
    for line in text.decode().splitlines()[:1]:

        def refused(constant):
            raise AssertionError(constant)

        found = json.loads(line, parse_constant=refused)["extra"]
    expected = {**extra, "nan": None, "inf": [None, 1.0], "numpy": 0.5, "array": [0, 1, 2]}
    assert found == {**expected, "path": "a"}


@pytest.mark.parametrize(
    "end", [b'{"id": "c", "st', b"\0" * 4096, b'{"id": "c"}', b"{}}\n", b"[1]\n"]
)
def test_a_torn_end_is_told_and_removed(tmp_path, end):
    path = manifest_of(tmp_path / MANIFEST, [{"id": "a"}, {"id": "b"}])
    whole = path.read_bytes()
    path.write_bytes(whole + end)
    index = Index([path], failed=True)
    assert [line.fields for line in index] == [{"id": "a"}, {"id": "b"}]
    assert (index.size, index.torn) == (len(whole), len(end))
    with Manifest(path, index.size) as manifest:
        manifest.append([{"id": "c"}])
    assert [line["id"] for line in read_manifest(path)] == ["a", "b", "c"]


def test_a_torn_end_is_removed_while_nothing_maps_the_manifest(tmp_path, monkeypatch):
    """Windows refuses to shorten a mapped file."""
    write(tmp_path, WHISPER)
    path = tmp_path / MANIFEST
    opened = []

    class Map(mmap.mmap):
        def __init__(self, *_, **__):
            opened.append(self)

    monkeypatch.setattr("fastmel.corpus._index.mmap.mmap", Map)
    done = Done(path)
    assert done.last["status"] == "ok"
    assert [each.closed for each in opened] == [True]
    assert not done.failed_so(done.last["id"], "")
    assert [each.closed for each in opened] == [True, False]


def test_a_line_without_a_status_is_of_nothing_made(tmp_path):
    write(tmp_path, WHISPER)
    last = Done(tmp_path / MANIFEST).last
    with open(tmp_path / MANIFEST, "a", encoding="utf-8") as file:
        file.write(json.dumps({"id": last["id"]}) + "\n" + json.dumps({"status": "failed"}) + "\n")
    done = Done(tmp_path / MANIFEST)
    for id in (last["id"], "None"):
        assert not done.has(Item(id, Path(last["source"])))
        assert not done.failed_so(id, "")


def test_a_torn_line_may_be_long(tmp_path):
    path = manifest_of(tmp_path / MANIFEST, [{"id": "a", "text": "x" * 200_000}])
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:-9])
    assert Index([path], failed=True).torn == len(whole) - 9
    path.write_bytes(whole[:-1])
    assert Index([path], failed=True).torn == len(whole) - 1


def test_a_line_that_is_damaged_in_the_middle_is_named(tmp_path):
    path = tmp_path / MANIFEST
    path.write_text('{"id": "a", "status": "ok"}\n{"id": "b", "stat\n{"id": "c", "status": "ok"}\n')
    with pytest.raises(ValueError, match=rf"{MANIFEST}:2: no line of a manifest"):
        open_features(path)


def test_what_cannot_be_added_is_not_there_in_part(tmp_path):
    path = tmp_path / MANIFEST

    class Full:
        def __init__(self, file):
            self._file = file

        def write(self, data):
            if self._file.tell() < 100:
                return self._file.write(data[:50])
            raise OSError(28, os.strerror(28))

        def __getattr__(self, name):
            return getattr(self._file, name)

    with Manifest(path) as manifest:
        manifest.append([{"id": "a"}])
        manifest._file = Full(manifest._file)
        with pytest.raises(PlaceError, match=r"manifest.jsonl: no space left"):
            manifest.append([{"id": "b", "text": "x" * 500}])
    assert path.read_text() == '{"id": "a"}\n'


# open_features ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FORMS)
def test_by_id_by_position_and_one_after_another(tmp_path, name):
    need(name)
    made = write(tmp_path, WHISPER, name)
    features, atol = open_features(tmp_path), 1e-3 if name == "lhotse" else 0.0
    equal(features, made, atol)
    equal(open_features(str(tmp_path / MANIFEST)), made, atol)
    for i, (id, expected) in enumerate(made.items()):
        for found in (features[i], features[i - len(made)], features[np.int64(i)]):
            np.testing.assert_allclose(found, expected, rtol=0, atol=atol)
        assert features.row(i) == features.row(id)
        assert features.row(id)["frames"] == expected.shape[1]
        assert id in features
    assert [a.shape for a in features] == [a.shape for a in features.values()]
    assert dict(features.items()).keys() == dict(features).keys() == made.keys()
    assert [row["id"] for row in features.rows()] == list(made)
    assert features.frontend == WHISPER
    assert features.frontend.name == "whisper"
    assert repr(features) == f"<5 features of {tmp_path}>"


def test_what_is_not_there(tmp_path):
    write(tmp_path, WHISPER)
    features = open_features(tmp_path)
    with pytest.raises(KeyError, match="nobody"):
        features["nobody"]
    with pytest.raises(KeyError, match="bad-0-0"):  # it failed
        features.row("bad-0-0")
    assert "bad-0-0" not in features
    assert 0 not in features
    for i in (5, -6):
        with pytest.raises(IndexError, match=f"position {i} is out of range for 5 features"):
            features[i]
    for key in (1.0, None, slice(2)):
        with pytest.raises(TypeError, match="features have an id or a position"):
            features[key]
    (tmp_path / RECORD).unlink()
    with pytest.raises(FileNotFoundError, match=RECORD):
        open_features(tmp_path).frontend  # noqa: B018
    with pytest.raises(FileNotFoundError, match="no such folder or manifest"):
        open_features(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no manifest.jsonl in it"):
        open_features(tmp_path / "empty")


def test_the_last_line_of_an_id_counts(tmp_path):
    made = write(tmp_path, WHISPER)
    rows = list(open_features(tmp_path).rows())
    config = config_hash(WHISPER.config)
    with Manifest(tmp_path / MANIFEST) as manifest:
        manifest.append([{**rows[0], "shape": [1], "take": 1}, {**rows[0], "take": 2}])
        manifest.append([failed_line(Item(rows[1]["id"], "x"), "gone", config=config)])
        manifest.append([failed_line(Item("new", "x"), "no", config=config)])
        manifest.append([{**rows[2], "id": "new"}])
    features = open_features(tmp_path)
    # In the order of the lines that count.
    assert list(features.keys()) == [*[row["id"] for row in rows[2:]], rows[0]["id"], "new"]
    assert features.row(rows[0]["id"])["take"] == 2
    np.testing.assert_array_equal(features["new"], made[rows[2]["id"]])


def test_lines_that_others_wrote(tmp_path):
    made = write(tmp_path, WHISPER)
    lines = read_manifest(tmp_path / MANIFEST)
    text = "".join(json.dumps(dict(reversed(line.items()))) + "\r\n" for line in lines)
    (tmp_path / MANIFEST).write_bytes(text.encode())
    equal(open_features(tmp_path), made)


@pytest.mark.skipif(os.name == "nt", reason="needs a system that shortens mapped files")
def test_a_manifest_that_is_cut_while_it_is_read(tmp_path):
    """As by the next run, after one that was killed while it wrote the lines of a shard."""
    lines = [{"id": str(i), "status": "ok", "text": "x" * 100} for i in range(1000)]
    path = manifest_of(tmp_path / MANIFEST, lines)
    features = open_features(tmp_path)
    assert features.row("999")["id"] == "999"
    with Manifest(path, 5000):
        pass
    with pytest.raises(ValueError, match="cut since it was opened: open it again"):
        features.row("999")
    assert len(open_features(tmp_path)) < 40


def test_an_empty_manifest(tmp_path):
    (tmp_path / MANIFEST).touch()
    features = open_features(tmp_path)
    assert (len(features), list(features), "a" in features) == (0, [], False)


@pytest.mark.parametrize("name", FORMS)
def test_what_is_read_may_be_written_to(tmp_path, name):
    need(name)
    write(tmp_path, WHISPER, name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    features = open_features(tmp_path)
    for array in features:
        array[:] = 7
    assert before == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", ["npy", "tar"])
def test_few_files_are_open_whatever_is_kept(tmp_path, name):
    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc/self/fd")
    made = write(tmp_path, WHISPER, name, shard=1, lengths=[20 + i for i in range(90)])
    gc.collect()  # what others left may be closed at any time
    before = len(os.listdir("/proc/self/fd"))
    features = open_features(tmp_path)
    kept = list(features)
    assert len(os.listdir("/proc/self/fd")) - before <= 66
    for array, expected in zip(kept, made.values(), strict=True):
        np.testing.assert_array_equal(array, expected)
    del kept, array, features
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before


def test_long_arrays_are_mapped(tmp_path):
    write(tmp_path, WHISPER, "npy", lengths=[60_000])
    features = open_features(tmp_path)
    array = features[0]
    assert array.shape == (80, 60_000)
    while isinstance(array, np.ndarray):
        array = array.base
    assert isinstance(memoryview(array).obj, mmap.mmap)


@pytest.mark.parametrize("name", FORMS)
def test_threads_and_pickles(tmp_path, name):
    need(name)
    made = write(tmp_path, WHISPER, name)
    features = open_features(tmp_path)
    features[0]
    again = pickle.loads(pickle.dumps(features))
    equal(again, made, 1e-3)
    wrong = []

    def read(seed):
        for i in np.random.default_rng(seed).integers(len(made), size=40):
            if abs(again[int(i)] - list(made.values())[i]).max() > 1e-3:
                wrong.append(i)

    threads = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("name", some(["tar", *(f for f in FORMS if f != "tar")], every=9))
@pytest.mark.parametrize("context", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_loader_of_torch(tmp_path, name, context):
    need(name)
    data = required("torch.utils.data")
    torch = required("torch")
    made = write(tmp_path, WHISPER, name, lengths=[50] * 6)
    features = open_features(tmp_path)
    features[0]  # what is open here is not shared with the workers
    loader = data.DataLoader(features, batch_size=2, num_workers=2, multiprocessing_context=context)
    found = torch.cat(list(loader)).numpy()
    np.testing.assert_allclose(found, np.stack(list(made.values())), rtol=0, atol=1e-3)


def test_a_loader_tells_what_is_torn(tmp_path):
    data = required("torch.utils.data")
    write(tmp_path, WHISPER, "tar")
    features = open_features(tmp_path)
    path = tmp_path / "features-00001.tar"
    path.write_bytes(path.read_bytes()[:700])
    loader = data.DataLoader(features, batch_size=None, num_workers=1)
    with pytest.raises(ValueError, match=r"features-00001.tar: torn: it has 700 bytes"):
        list(loader)
    with pytest.raises(ValueError, match=r"features-00001.tar: torn: it has 700 bytes") as error:
        list(features)
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)


def test_parts_of_a_job_are_one_corpus(tmp_path):
    made = {}
    for i in range(3):
        made |= write(tmp_path, WHISPER, "tar", part=(i, 3), begin=5 * i)
    equal(open_features(tmp_path), made)


def test_memory_of_a_large_manifest(tmp_path):
    n = 100_000
    line = '{"id": "speaker/utterance-%07d", "status": "ok", "text": "%s"}\n'
    with open(tmp_path / MANIFEST, "w") as file:
        file.writelines(line % (i, "x" * 300) for i in range(n))
    features = open_features(tmp_path)
    assert len(pickle.dumps(features)) < 21 * n
    assert features.row(77_777)["id"] == "speaker/utterance-0077777"
    assert features.row("speaker/utterance-0099999")["status"] == "ok"


# verify -----------------------------------------------------------------------------------------


def kinds(report, folder):
    return sorted((p.kind, p.file.relative_to(folder).as_posix(), p.items) for p in report.problems)


@pytest.mark.parametrize("name", FORMS)
def test_what_is_whole_is_well(tmp_path, name):
    need(name)
    made = write(tmp_path, WHISPER, name)
    seen = []
    report = verify(tmp_path, progress=lambda *at: seen.append(at))
    assert (report.ok, report.problems) == (True, [])
    assert (report.n_items, report.n_failed) == (5, 1)
    assert seen == [(i, 5) for i in range(1, 6)]
    if name != "lhotse":
        assert report.n_bytes == sum(f.nbytes for f in made.values())


@pytest.mark.parametrize("name", FORMS)
def test_a_bit_that_has_changed_is_found(tmp_path, name):
    need(name)
    write(tmp_path, WHISPER, name)
    line = list(open_features(tmp_path).rows())[3]
    path = tmp_path / line["file"]
    data = bytearray(path.read_bytes())
    at = line["offset"] + line["size"] // 2 if "offset" in line else len(data) // 2
    data[at] ^= 4
    path.write_bytes(data)
    report = verify(tmp_path)
    assert not report.ok
    assert {(p.kind, p.file) for p in report.problems} == {("torn", path)}
    assert report.remove() == 1
    assert not path.exists()
    assert {p.kind for p in verify(tmp_path).problems} == {"missing"}


@pytest.mark.parametrize("name", FORMS)
def test_a_bit_anywhere_is_found(tmp_path, name):
    need(name)
    write(tmp_path, WHISPER, name, shard=9, lengths=[1, 2])
    path = tmp_path / open_features(tmp_path).row(0)["file"]
    data = path.read_bytes()
    rng, missed = np.random.default_rng(0), []
    # A header of a tar has 300 bytes and more of zeros, which its sum covers.
    for at in sorted({*rng.integers(len(data), size=150), *rng.integers(600, size=50)}):
        if at >= len(data) or (name == "tar" and not data[at]):
            continue
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        if verify(tmp_path).ok:
            missed.append(at)
    if name == "parquet":
        # In statistics: what is read is as it was. And in the footer, which has no checksum.
        parquet = required("pyarrow.parquet")
        path.write_bytes(data)
        table = parquet.read_table(path)
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        for at in [*missed]:
            if at >= footer:
                missed.remove(at)
                continue
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            if parquet.read_table(path).equals(table):
                missed.remove(at)
    assert not missed
    path.write_bytes(data)
    assert verify(tmp_path).ok


@pytest.mark.parametrize("name", FORMS)
def test_what_is_short_missing_or_unknown_is_listed(tmp_path, name):
    need(name)
    write(tmp_path, WHISPER, name)
    rows = list(open_features(tmp_path).rows())
    short, gone = rows[0]["file"], rows[-1]["file"]
    data = (tmp_path / short).read_bytes()
    (tmp_path / short).write_bytes(data[: len(data) // 3])
    (tmp_path / gone).unlink()
    suffix = FORMATS[name].suffix
    (tmp_path / f"features-00077{suffix}").write_bytes(b"")
    part = ".fastmel-0123456789ab-1-01234567.part"
    (tmp_path / part).write_bytes(b"half")
    (tmp_path / "notes.txt").write_text("not ours to tell")
    report = verify(tmp_path)
    found = {(kind, file) for kind, file, _ in kinds(report, tmp_path)}
    assert found == {
        ("torn", short),
        ("missing", gone),
        ("extra", f"features-00077{suffix}"),
        ("unfinished", part),
    }
    assert report.remove() == 2
    assert {p.kind for p in verify(tmp_path).problems} == {"missing", "unfinished"}


@pytest.mark.parametrize(("name", "sidecar"), [("ark", ".scp"), ("lhotse", ".cuts.jsonl")])
def test_what_stands_beside_a_shard_belongs_to_it(tmp_path, name, sidecar):
    need(name)
    write(tmp_path, WHISPER, name)
    path = tmp_path / f"features-00001{sidecar}"
    data = path.read_bytes()
    here = Presence(tmp_path)
    assert all(map(here, open_features(tmp_path).rows()))
    lines = data.splitlines(keepends=True)
    for broken in (lines[0], lines[0] + lines[1][: len(lines[1]) // 2], data.replace(b"2", b"3")):
        path.write_bytes(broken)
        problem, *more = verify(tmp_path).problems
        assert not more, more
        assert problem.kind == "torn"
        assert problem.file.suffix == FORMATS[name].suffix
        assert path.name in problem.reason
    path.unlink()
    (problem,) = verify(tmp_path).problems
    assert problem.reason == f"its end is missing, or {path.name}"
    rows = list(open_features(tmp_path).rows())
    assert [Presence(tmp_path)(row) for row in rows] == [True, True, False, False, True]


def test_features_of_another_front_end(tmp_path):
    write(tmp_path, WHISPER)
    other = fastmel.frontend("whisper").replace(n_mels=80, fmax=7000.0)
    (tmp_path / RECORD).write_text(other.to_json())
    report = verify(tmp_path)
    assert {p.kind for p in report.problems} == {"other"}
    assert len(report.problems) == 5


def test_nothing_is_removed_while_a_run_is_under_way(tmp_path):
    pytest.importorskip("fcntl")
    from fastmel.corpus._lock import Lock

    write(tmp_path, WHISPER, "tar")
    extra = tmp_path / "features-00009.tar"
    extra.write_bytes(b"of a run that is about to write its line")
    report = verify(tmp_path)
    lock = Lock(tmp_path / MANIFEST)
    with pytest.raises(ValueError, match="another run"):
        report.remove()
    assert extra.exists()
    lock.release()
    assert report.remove() == 1


def test_the_command_verify(tmp_path, run_command):
    pytest.importorskip("click")
    write(tmp_path, WHISPER, "tar")
    code, out, err = run_command("verify", tmp_path)
    assert (code, err) == (0, "")
    assert out == f"{tmp_path}: 5 items, and 1 that failed, 526.7 kB: all as written\n"
    assert run_command("verify", tmp_path, "-q") == (0, "", "")
    path = tmp_path / "features-00001.tar"
    path.write_bytes(path.read_bytes()[:700])
    code, out, err = run_command("verify", tmp_path)
    assert code == 1
    assert out == f"torn        {path}: its end is missing (2 items)\n"
    assert "1 file torn" in err
    assert "--remove" in err
    code, out, err = run_command("verify", tmp_path, "--remove")
    assert (code, path.exists()) == (1, False)
    assert "1 file removed: the same fastmel extract command makes what is missing" in err
    code, out, err = run_command("verify", tmp_path)
    assert code == 1
    assert "missing" in out
    assert "the same fastmel extract command makes what is missing" in err
    code, out, err = run_command("verify", tmp_path / "nowhere")
    assert (code, out) == (2, "")
    assert "no such folder or manifest" in err


# merge ------------------------------------------------------------------------------------------


def jobs(folder, n=3, name="tar", **options):
    made = {}
    for i in range(n):
        made |= write(folder, WHISPER, name, part=(i, n), begin=5 * i, **options)
    return made


@pytest.mark.parametrize("name", FORMS)
def test_merging_the_parts_of_a_job(tmp_path, name):
    need(name)
    made = jobs(tmp_path, name=name)
    assert merge(tmp_path) == tmp_path / MANIFEST
    features = open_features(tmp_path)
    assert features.manifests == (tmp_path / MANIFEST,)
    equal(features, made, 1e-3)
    parts = [(tmp_path / f"manifest-{i:05}-of-00003.jsonl").read_bytes() for i in range(3)]
    assert (tmp_path / MANIFEST).read_bytes() == b"".join(parts)
    assert verify(tmp_path).ok
    assert sum(line["status"] == "failed" for line in read_manifest(tmp_path / MANIFEST)) == 3
    assert merge([tmp_path]) == tmp_path / MANIFEST  # again


def test_merging_takes_the_last_line_of_an_item(tmp_path):
    made = jobs(tmp_path)
    path = tmp_path / "manifest-00001-of-00003.jsonl"
    rows = read_manifest(path)
    with Manifest(path) as manifest:
        manifest.append([{**rows[0], "again": True}])
    features = open_features(merge(tmp_path))
    assert len(features) == len(made)
    assert features.row(rows[0]["id"])["again"]


def test_merging_folders(tmp_path):
    made = write(tmp_path / "a", WHISPER, "tar")
    made |= write(tmp_path / "deep" / "b", WHISPER, "npy", begin=5)
    manifest = merge([tmp_path / "a", tmp_path / "deep" / "b"], tmp_path / "all")
    features = open_features(tmp_path / "all")
    equal(features, made)
    assert features.frontend == WHISPER
    assert features.row(0)["file"] == "../a/features-00000.tar"
    assert verify(manifest).ok
    (tmp_path / "all").rename(tmp_path / "deep" / "all")  # where the features are not
    with pytest.raises(FileNotFoundError):
        open_features(tmp_path / "deep" / "all")[0]


def test_merging_parts_from_folders_of_their_own(tmp_path):
    made = {}
    for i in range(3):
        made |= write(tmp_path / str(i), WHISPER, "tar", part=(i, 3), begin=5 * i)
    merge([tmp_path / str(i) for i in range(3)], tmp_path)
    equal(open_features(tmp_path), made)


def test_what_is_not_merged(tmp_path):
    jobs(tmp_path / "job")
    (tmp_path / "job" / "manifest-00001-of-00003.jsonl").rename(tmp_path / "kept")
    with pytest.raises(ValueError, match=r"1 of 3 parts are missing: 1; run them with --shard 1/3"):
        merge(tmp_path / "job")
    (tmp_path / "kept").rename(tmp_path / "job" / "manifest-00001-of-00004.jsonl")
    with pytest.raises(ValueError, match=r"parts of different jobs: of 3 and of 4 parts"):
        merge(tmp_path / "job")
    write(tmp_path / "a", WHISPER)
    write(tmp_path / "b", WHISPER, begin=4)
    pair = [tmp_path / "a", tmp_path / "b"]
    with pytest.raises(ValueError, match=r"output must be a folder where there are 2 inputs"):
        merge(pair)
    with pytest.raises(ValueError, match=r"id 'spk.0/take-4.ä' is in .*a/manifest.* and .*b/man"):
        merge(pair, tmp_path / "all")
    with pytest.raises(ValueError, match=r"paths must name at least one path; got none"):
        merge([], tmp_path / "all")
    write(tmp_path / "c", fastmel.frontend("kaldi-fbank"), begin=50)
    with pytest.raises(ValueError, match=r"different front ends, see .*a/fastmel-f.* and .*c/fast"):
        merge([tmp_path / "a", tmp_path / "c"], tmp_path / "all")
    (tmp_path / "c" / RECORD).unlink()  # the lines tell as well
    with pytest.raises(ValueError, match=r"has features of different front ends"):
        merge([tmp_path / "a", tmp_path / "c"], tmp_path / "all")
    assert not (tmp_path / "all" / MANIFEST).exists()
    with pytest.raises(FileNotFoundError, match="no such folder"):
        merge([tmp_path / "a", tmp_path / "nowhere"], tmp_path / "all")


def test_a_part_that_has_not_ended_is_not_merged(tmp_path):
    pytest.importorskip("fcntl")
    from fastmel.corpus._lock import Lock

    jobs(tmp_path)
    path = tmp_path / "manifest-00002-of-00003.jsonl"
    lock = Lock(path)
    with pytest.raises(ValueError, match="another run"):
        merge(tmp_path)
    lock.release()
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"id": "torn')
    with pytest.raises(ValueError, match=r"its last 12 bytes are no line: run the command"):
        merge(tmp_path)
    path.write_bytes(whole)
    merge(tmp_path)


def test_a_manifest_that_says_more_is_not_replaced(tmp_path):
    jobs(tmp_path)
    write(tmp_path, WHISPER, "npy", begin=100)
    before = (tmp_path / MANIFEST).read_bytes()
    with pytest.raises(ValueError, match=r"has 6 lines that the others have not"):
        merge(tmp_path)
    assert (tmp_path / MANIFEST).read_bytes() == before


def test_a_merged_corpus_that_has_gone_on_is_not_merged_again(tmp_path, run_command):
    jobs(tmp_path)
    merge(tmp_path)
    rows = read_manifest(tmp_path / MANIFEST)
    with Manifest(tmp_path / MANIFEST) as manifest:
        manifest.append([{**rows[0], "file": "features-00009.tar"}])
    with pytest.raises(ValueError, match=r"has 1 line that the others have not"):
        merge(tmp_path)
    pytest.importorskip("click")
    code, _, err = run_command("verify", tmp_path)
    assert code == 1
    assert "the same fastmel extract command, without --shard, makes what is missing" in err


def test_paths_are_paths(tmp_path):
    write(tmp_path, WHISPER)
    for call in (open_features, verify):
        with pytest.raises(TypeError, match="path=3 must be a path"):
            call(3)
    for paths, message in ((3, "paths=3 must be a path, or"), ([3], "paths=3 must be a path: ")):
        with pytest.raises(TypeError, match=message):
            merge(paths)
    with pytest.raises(TypeError, match=r"output=3 must be a path"):
        merge(tmp_path, 3)


def test_public_names_say_where_they_are():
    assert open_features.__module__ == "fastmel"
    for thing in (fastmel.corpus.Features, fastmel.corpus.Report, merge, verify):
        assert thing.__module__ == "fastmel.corpus"


def test_public_names_are_where_they_say_they_are():
    """So that what a worker sends can be read where it was sent to."""
    things = [getattr(fastmel.corpus, name) for name in fastmel.corpus.__all__ if name != "Audio"]
    for thing in things:  # once all modules are loaded
        assert pickle.loads(pickle.dumps(thing)) is thing


def test_the_command_merge(tmp_path, run_command):
    pytest.importorskip("click")
    jobs(tmp_path / "job")
    code, out, err = run_command("merge", tmp_path / "job")
    assert (code, out, err) == (0, f"{tmp_path / 'job' / MANIFEST}: 15 items\n", "")
    (tmp_path / "job" / "manifest-00001-of-00003.jsonl").unlink()
    code, out, err = run_command("merge", tmp_path / "job", "-q")
    assert (code, out) == (2, "")
    assert err.startswith("error: 1 of 3 parts are missing: 1")


def test_names_of_manifests():
    assert part_of("manifest.jsonl") == (0, 1)
    assert part_of("manifest-00012-of-00100.jsonl") == (12, 100)
    for name in ("manifest-1-of-2.jsonl", "cuts.jsonl", "manifest.jsonl.gz", "xmanifest.jsonl"):
        assert part_of(name) is None
    assert len(LENGTHS) == 5
