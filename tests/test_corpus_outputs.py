"""Formats of features: whole shards, the same bytes in every run, read by us and by others."""

import errno
import hashlib
import json
import os
import stat
import tarfile
import warnings
from io import BytesIO
from pathlib import Path

import fastmel
import numpy as np
import pytest
from corpora import LENGTHS, features_like, items, line_of, read_manifest, write
from effort import some
from fastmel.corpus import Item, _writing
from fastmel.corpus._manifest import MANIFEST
from fastmel.corpus._outputs import FORMATS, Files, Presence, format_of, make_format
from fastmel.corpus._writing import PlaceError
from libraries import required

NEEDS = {"parquet": "pyarrow", "lhotse": "lhotse"}

# Half a step of a compression: of two bytes and one over the range of a matrix, of the four ranges
# of a column that "speech" has, of 2⁻⁹ for Whisper's log10 / 4, of 2⁻⁵ for natural logarithms.
ERRORS = {"two_byte": 2e-3, "one_byte": 0.1, "speech": 0.1, "lhotse": 2.0**-6}

CASES = [
    (name, dtype, compression)
    for name, form in FORMATS.items()
    for dtype in form.dtypes
    for compression in (None, *form.compressions)
]


def need(name, compression=None):
    if name in NEEDS:
        required(NEEDS[name])
    if name == "ark" and compression:
        required("kaldiio")


def lines(folder):
    return [line for line in read_manifest(folder / MANIFEST) if line["status"] == "ok"]


def read(folder, line, files=None):
    return format_of(line["file"]).read(folder, line, files or Files())


def contents(folder):
    """The bytes of all files, but for the folder's own name."""
    own = str(folder).encode()
    return {
        path.relative_to(folder).as_posix(): path.read_bytes().replace(own, b"HERE")
        for path in folder.rglob("*")
        if path.is_file()
    }


# Every format --------------------------------------------------------------------------------


@pytest.mark.parametrize("frontend", ["whisper", "kaldi-fbank"])
@pytest.mark.parametrize(("name", "dtype", "compression"), CASES)
def test_what_is_written_is_read_back(tmp_path, name, dtype, compression, frontend):
    need(name, compression)
    fe = fastmel.frontend(frontend)
    made = write(tmp_path, fe, name, dtype=dtype, compression=compression)
    files, there = Files(), Presence(tmp_path)
    assert [line["id"] for line in lines(tmp_path)] == list(made)
    for line in lines(tmp_path):
        found, expected = read(tmp_path, line, files), made[line["id"]]
        assert there(line)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
        assert found.flags.c_contiguous
        assert found.flags.aligned
        assert found.flags.writeable
        if error := ERRORS.get(compression or name):
            assert np.abs(found - expected).max() <= error
        else:
            np.testing.assert_array_equal(found, expected)
            assert line["sha256"] == hashlib.sha256(expected.tobytes()).hexdigest()
        stored = b"".join(format_of(line["file"]).stored(tmp_path, line, files))
        assert line["sha256"] == hashlib.sha256(stored).hexdigest()


@pytest.mark.parametrize(("name", "dtype", "compression"), CASES)
def test_two_runs_write_the_same_bytes(tmp_path, name, dtype, compression):
    need(name, compression)
    fe = fastmel.frontend("whisper")
    for run in ("one", "other"):
        write(tmp_path / run, fe, name, dtype=dtype, compression=compression)
    one, other = contents(tmp_path / "one"), contents(tmp_path / "other")
    assert one.keys() == other.keys()
    assert one == other


@pytest.mark.parametrize("name", FORMATS)
def test_features_are_not_changed_by_being_written(tmp_path, name):
    # lilcom rounds in place what it compresses.
    need(name)
    fe = fastmel.frontend("kaldi-fbank")
    features = features_like(fe, 200)
    before = features.copy()
    item = next(items())
    shard = make_format(name, fe).open_shard(tmp_path, "x", item.id)
    shard.add(item.id, features, line_of(item, features, fe))
    shard.close()
    np.testing.assert_array_equal(features, before)


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_added_may_change_afterwards(tmp_path, name):
    need(name)
    fe = fastmel.frontend("kaldi-fbank")
    reused = np.empty((50, fe.n_features), np.float32)
    form, done = make_format(name, fe), []
    shard = None
    for i, item in enumerate(items(3)):
        reused[:] = i
        if shard is None or form.one_item_a_shard:
            shard = form.open_shard(tmp_path, "x", item.id)
        line = line_of(item, reused, fe)
        done.append({**line, **shard.add(item.id, reused, line)})
        if form.one_item_a_shard:
            shard.close()
    if not form.one_item_a_shard:
        shard.close()
    for i, line in enumerate(done):
        assert np.ptp(read(tmp_path, line)) == 0
        assert read(tmp_path, line)[0, 0] == i


@pytest.mark.parametrize("name", FORMATS)
def test_an_abandoned_shard_leaves_nothing(tmp_path, name):
    need(name)
    fe = fastmel.frontend("whisper")
    item, features = next(items()), features_like(fe, 100)
    shard = make_format(name, fe).open_shard(tmp_path, "features-00000", item.id)
    shard.add(item.id, features, line_of(item, features, fe))
    assert not [p for p in tmp_path.rglob("*") if p.is_file() and not p.name.startswith(".")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shard.abandon()
        del shard
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("name", FORMATS)
def test_a_shard_is_on_the_disk_before_it_has_its_name(tmp_path, name, monkeypatch):
    need(name)
    fe, events = fastmel.frontend("whisper"), []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("sync"), fsync(file))[1])
    monkeypatch.setattr(
        os, "replace", lambda a, b: (events.append(Path(b).suffix), replace(a, b))[1]
    )
    write(tmp_path, fe, name, shard=9)
    if FORMATS[name].one_item_a_shard:
        assert events == [*[".npy"] * len(LENGTHS), "sync"]  # the last is the manifest's
        return
    for i, event in enumerate(events):
        if event != "sync":
            assert events[i - 1] == "sync"
    assert FORMATS[name].suffix in events


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("writes", ["write", "create"])
def test_any_other_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch, writes, links):
    """A record that is empty after a power failure would make its whole corpus unreadable."""
    events, path = [], tmp_path / "a.json"
    fsync, replace, link = os.fsync, os.replace, os.link

    def linked(a, b):
        if not links:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))
        events.append("name")
        link(a, b)

    def synced(file):
        size = os.fstat(file).st_size if stat.S_ISREG(os.fstat(file).st_mode) else "folder"
        events.append(size)
        fsync(file)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "link", linked)
    monkeypatch.setattr(os, "replace", lambda a, b: (events.append("name"), replace(a, b)))
    if writes == "write":
        _writing.write(path, b"whole")
    else:
        _writing.create(path, "whole")
    named = "name" if links or writes == "write" else 5
    assert events == [5, named, *(["folder"] if os.name != "nt" else [])]
    assert path.read_text() == "whole"
    assert os.listdir(tmp_path) == ["a.json"]


@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_leaves_what_was_whole(tiny_disk, name):
    need(name)
    disk = tiny_disk(300)
    fe = fastmel.frontend("whisper")
    with pytest.raises(PlaceError, match=r"no space left on device: free some space"):
        write(disk, fe, name, shard=1, lengths=[200, *[900 + i for i in range(20)]])
    whole = lines(disk)
    assert whole
    for line in whole:
        stored = b"".join(format_of(line["file"]).stored(disk, line, Files()))
        assert line["sha256"] == hashlib.sha256(stored).hexdigest()
    assert not [p for p in disk.rglob("*") if p.name.endswith(".part")]


@pytest.mark.parametrize("when", ["write", "sync", "rename"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_error_leaves_no_file_of_the_final_name(tmp_path, monkeypatch, name, when):
    need(name)
    if name == "npy" and when == "sync":
        pytest.skip("needs a format that is synced")
    fe, item = fastmel.frontend("whisper"), next(items())
    features = features_like(fe, 100)

    def fails(*_, **__):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    shard = make_format(name, fe).open_shard(tmp_path, "features-00000", item.id)
    if when == "write":
        monkeypatch.setattr("fastmel.corpus._outputs.npy.pieces", fails)
        monkeypatch.setattr("fastmel.corpus._outputs.base.FileShard._write", fails)
        if name == "parquet":
            shard._writer.write_table = fails
    else:
        monkeypatch.setattr(os, {"sync": "fsync", "rename": "replace"}[when], fails)
    with pytest.raises(OSError, match=r"(?i)input/output error"):  # noqa: PT012
        shard.add(item.id, features, line_of(item, features, fe))
        shard.close()
    if when == "write":
        shard.abandon()  # else it was closed
    monkeypatch.undo()
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.parametrize("name", ["tar", "parquet"])
def test_an_error_at_the_end_of_a_shard_leaves_no_file(tmp_path, monkeypatch, name):
    """The disk is full when what comes after the last item is written."""
    need(name)
    fe, item = fastmel.frontend("whisper"), next(items())
    features = features_like(fe, 100)

    def fails(*_, **__):
        raise PlaceError(os.strerror(errno.ENOSPC))

    shard = make_format(name, fe).open_shard(tmp_path, "features-00000", item.id)
    shard.add(item.id, features, line_of(item, features, fe))
    if name == "tar":
        monkeypatch.setattr(shard, "_write", fails)
    else:
        monkeypatch.setattr(shard._writer, "write_table", fails)
    with pytest.raises(PlaceError):
        shard.close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_was_cut_short_is_found(tmp_path, name):
    need(name)
    write(tmp_path, fastmel.frontend("whisper"), name, shard=9)
    line = lines(tmp_path)[-1]
    path = tmp_path / line["file"]
    whole = path.read_bytes()
    for size in (0, 10, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:size])
        assert not Presence(tmp_path)(line)
        if name == "tar" and size == len(whole) - 1:
            continue  # it is the end of the tar, not the item
        with pytest.raises(ValueError, match=r"(features-00000|take-4).*torn"):
            read(tmp_path, line)
    path.unlink()
    assert not Presence(tmp_path)(line)
    with pytest.raises(FileNotFoundError):
        read(tmp_path, line)


def test_a_format_says_what_it_cannot_hold():
    fe = fastmel.frontend("whisper")
    with pytest.raises(ValueError, match=r"format='zarr' is unknown; accepted: \"npy\", \"tar\""):
        make_format("zarr", fe)
    with pytest.raises(ValueError, match=r"dtype='float16' is unknown; accepted: \"float32\""):
        make_format("ark", fe, dtype="float16")
    with pytest.raises(ValueError, match=r"compression='zstd' is unknown; accepted: None"):
        make_format("tar", fe, compression="zstd")
    with pytest.raises(ValueError, match=r"'ark' holds matrices, and vggish returns patches"):
        make_format("ark", fastmel.frontend("vggish"))
    with pytest.raises(ValueError, match=r"takes logarithms; the front end has log='none'"):
        make_format("lhotse", fastmel.frontend("librosa-mel"))


@pytest.mark.parametrize("name", ["npy", "tar"])
def test_patches(tmp_path, name):
    fe = fastmel.frontend("vggish")
    features = np.random.default_rng(0).standard_normal((3, 96, 64)).astype(np.float32)
    item = next(items())
    shard = make_format(name, fe).open_shard(tmp_path, "x", item.id)
    line = line_of(item, features, fe)
    line |= shard.add(item.id, features, line)
    shard.close()
    assert line["frames"] == 3
    np.testing.assert_array_equal(read(tmp_path, line), features)


@pytest.mark.parametrize("name", FORMATS)
def test_features_without_frames(tmp_path, name):
    need(name)
    fe = fastmel.frontend("whisper")
    write(tmp_path, fe, name, shard=9, lengths=[3])  # what the shard of an error would replace
    item, empty, full = Item("empty", "e.wav"), features_like(fe, 0), features_like(fe, 9)
    form = make_format(name, fe)
    shard = form.open_shard(tmp_path, "more", item.id)
    if name == "lhotse":
        with pytest.raises(ValueError, match=r"shape \(80, 0\): format 'lhotse' needs a frame"):
            shard.add("empty", empty, line_of(item, empty, fe))
        line = line_of(item, full, fe)  # the shard is as before
        line |= shard.add("empty", full, line)
        shard.close()
        assert read(tmp_path, line).shape == (80, 9)
        return
    line = line_of(item, empty, fe)
    line |= shard.add("empty", empty, line)
    shard.close()
    assert read(tmp_path, line).shape == (80, 0)


def test_features_may_be_a_file_already(tmp_path):
    fe = fastmel.frontend("whisper")
    item = next(items())
    for name in ("npy", "tar"):
        spooled = tmp_path / "spooled.npy"
        np.save(spooled, features_like(fe, 500))
        mapped = np.load(spooled, mmap_mode="r")
        line = line_of(item, mapped, fe)
        shard = make_format(name, fe).open_shard(tmp_path, "x", item.id)
        line |= shard.add(item.id, mapped, line, spooled)
        shard.close()
        assert spooled.exists() == (name == "tar")
        found = read(tmp_path, line)
        np.testing.assert_array_equal(found, features_like(fe, 500))


# npy ------------------------------------------------------------------------------------------


def test_npy_is_what_numpy_writes(tmp_path):
    fe = fastmel.frontend("whisper")
    made = write(tmp_path, fe, "npy")
    for id, features in made.items():
        np.save(tmp_path / "theirs.npy", features)
        path = tmp_path / f"{id}.npy"
        assert path.read_bytes() == (tmp_path / "theirs.npy").read_bytes()
        np.testing.assert_array_equal(np.load(path), features)


def test_npy_in_subfolders(tmp_path):
    fe, item = fastmel.frontend("whisper"), next(items())
    features = features_like(fe, 9)
    shard = make_format("npy", fe).open_shard(tmp_path, "00012", item.id)
    where = shard.add(item.id, features, {})
    shard.close()
    assert where["file"] == f"00012/{item.id}.npy"
    np.testing.assert_array_equal(np.load(tmp_path / where["file"]), features)


@pytest.mark.skipif(os.name == "nt", reason="needs long paths, which Windows does not have")
def test_an_id_that_is_too_long_for_a_file_is_an_error_of_its_own(tmp_path):
    fe = fastmel.frontend("whisper")
    shard = make_format("npy", fe).open_shard(tmp_path, "", "x" * 300)
    shard.add("x" * 300, features_like(fe, 3), {})
    with pytest.raises(OSError, match="xxx") as error:
        shard.close()
    assert not isinstance(error.value, PlaceError)
    assert not list(tmp_path.iterdir())


# tar --------------------------------------------------------------------------------------------


def test_nothing_in_a_tar_depends_on_when_and_by_whom_it_is_written(tmp_path):
    write(tmp_path, fastmel.frontend("whisper"), "tar")
    with tarfile.open(tmp_path / "features-00000.tar") as tar:
        for member in tar:
            assert (member.mtime, member.uid, member.gid) == (0, 0, 0)
            assert (member.uname, member.gname, member.mode) == ("", "", 0o444)
    assert (tmp_path / "features-00000.tar").stat().st_size % tarfile.RECORDSIZE == 0


def test_a_tar_is_read_by_tarfile_and_numpy(tmp_path):
    made = write(tmp_path, fastmel.frontend("whisper"), "tar", dtype="float16")
    found = {}
    for path in sorted(tmp_path.glob("*.tar")):
        with tarfile.open(path) as tar:
            names = tar.getnames()
            assert names[1::2] == [name.replace(".npy", ".json") for name in names[::2]]
            for array, about in zip(names[::2], names[1::2], strict=True):
                fields = json.load(tar.extractfile(about))
                found[fields["id"]] = np.lib.format.read_array(
                    BytesIO(tar.extractfile(array).read())
                )
    assert found.keys() == made.keys()
    for id, features in made.items():
        np.testing.assert_array_equal(found[id], features)


@pytest.mark.filterwarnings("ignore:.*unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # its own
@pytest.mark.parametrize(
    "id", ["a.b", "a%2Eb", ".x", "a/../b", "x" * 300, "ü/" + "é" * 60, "__a__/b"]
)
def test_webdataset_takes_ids_of_all_kinds(tmp_path, id):
    # Its keys end at the first dot (webdataset 237, datasets 7150), and __this__ is meta.
    webdataset = required("webdataset")
    fe = fastmel.frontend("whisper")
    shard, expected = make_format("tar", fe).open_shard(tmp_path, "x"), {}
    for i, name in enumerate([id, f"{id}.{id}", "other"]):
        features = expected[name] = features_like(fe, 20 + i)
        item = Item(name, "a.wav", extra={"text": "ü", "file": "\udcff"})
        shard.add(name, features, line_of(item, features, fe))
    shard.close()
    samples = list(webdataset.WebDataset(str(tmp_path / "x.tar"), shardshuffle=False).decode())
    assert [sample["json"]["id"] for sample in samples] == list(expected)
    assert len({sample["__key__"] for sample in samples}) == 3
    for sample in samples:
        np.testing.assert_array_equal(sample["npy"], expected[sample["json"]["id"]])
        assert sample["json"]["extra"]["text"] == "ü"


# ark --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", [None, "speech", "two_byte", "one_byte"])
@pytest.mark.parametrize("frontend", ["whisper", "kaldi-fbank"])
def test_kaldiio_reads_archives(tmp_path, frontend, compression):
    kaldiio = required("kaldiio")
    fe = fastmel.frontend(frontend)
    made = write(tmp_path, fe, "ark", compression=compression)
    ours = fastmel.open_features(tmp_path)
    by_scp, by_ark = {}, {}
    for path in sorted(tmp_path.glob("*.scp")):
        by_scp |= dict(kaldiio.load_scp(str(path)).items())
        by_ark |= dict(kaldiio.load_ark(str(path.with_suffix(".ark"))))
    assert by_scp.keys() == by_ark.keys() == made.keys()
    for id, features in made.items():
        time_first = features if fe.config.layout == "time_mel" else features.T
        if compression is None:
            np.testing.assert_array_equal(by_scp[id], time_first)
        expected = ours[id] if fe.config.layout == "time_mel" else ours[id].T
        np.testing.assert_array_equal(by_scp[id], expected)
        np.testing.assert_array_equal(by_ark[id], expected)


def test_an_archive_is_kaldis_form_to_the_byte(tmp_path):
    fe = fastmel.frontend("kaldi-fbank")
    features = features_like(fe, 2)
    shard = make_format("ark", fe).open_shard(tmp_path, "x")
    shard.add("utt", features, {})
    shard.close()
    header = b"utt \0BFM \x04\x02\0\0\0\x04\x17\0\0\0"
    assert (tmp_path / "x.ark").read_bytes() == header + features.astype("<f4").tobytes()
    assert (tmp_path / "x.scp").read_text() == f"utt {tmp_path / 'x.ark'}:4\n"


def test_an_archive_takes_no_ids_with_spaces(tmp_path):
    fe = fastmel.frontend("kaldi-fbank")
    shard = make_format("ark", fe).open_shard(tmp_path, "x")
    for id in ("a b", "a\tb", " a", "", "a\u2028b"):
        with pytest.raises(ValueError, match="id of an archive must be without spaces"):
            shard.add(id, features_like(fe, 2), {})
    assert shard.n_bytes == 0
    shard.abandon()


@pytest.mark.parametrize("compression", ["speech", "two_byte", "one_byte"])
def test_compression_of_constant_and_nearly_constant_features(tmp_path, compression):
    required("kaldiio")
    fe = fastmel.frontend("kaldi-fbank")
    near = np.full((100, fe.n_features), -15.942385, np.float32)
    near[50] = np.nextafter(near[50], np.float32(0))
    form = make_format("ark", fe, compression=compression)
    for features in (np.full_like(near, -15.942385), near, np.zeros_like(near), near[:3]):
        item = Item("utt", "a.wav")
        shard = form.open_shard(tmp_path, "x")
        line = line_of(item, features, fe)
        line |= shard.add("utt", features, line)
        shard.close()
        np.testing.assert_allclose(read(tmp_path, line), features, atol=2e-4)
    shard = form.open_shard(tmp_path, "y")
    with pytest.raises(ValueError, match="too few to be compressed"):
        shard.add("utt", near[:0], {})
    shard.abandon()


# Parquet ----------------------------------------------------------------------------------------


def table_of(tmp_path, dtype="float32", frontend="whisper", compression=None):
    required("pyarrow")
    fe = fastmel.frontend(frontend)
    made = write(tmp_path, fe, "parquet", dtype=dtype, compression=compression)
    return {id: f if fe.config.layout == "time_mel" else f.T for id, f in made.items()}


def compare(found, expected, dtype="float32"):
    assert found.keys() == expected.keys()
    for id, features in expected.items():
        np.testing.assert_array_equal(np.array(found[id], dtype).reshape(features.shape), features)


def test_the_schema_of_a_table(tmp_path):
    parquet = required("pyarrow.parquet")
    table_of(tmp_path)
    schema = parquet.read_schema(tmp_path / "features-00000.parquet")
    assert str(schema.field("features").type).startswith(
        "list<element: fixed_size_list<element: float not null>[80]>"
    )
    known = fastmel.frontend(schema.metadata[b"fastmel"].decode())
    assert known == fastmel.frontend("whisper")
    rows = parquet.read_table(tmp_path / "features-00000.parquet").to_pylist()
    assert [row["id"] for row in rows] == ["spk.0/take-0.ä", "spk.1/take-1.ä"]
    assert rows[0]["extra"] is None
    assert json.loads(rows[1]["extra"]) == {"text": "sentence 1", "speaker": "a", "take": 1}
    fields = ("source", "start", "duration", "channel", "sample_rate", "frames")
    assert [rows[1][f] for f in fields] == ["audio/1.wav", 1.5, 0.8, None, 16000, 80]


def test_row_groups_are_small(tmp_path):
    # Who reads one item reads its whole row group: groups of 1000 images ran others out of memory.
    parquet = required("pyarrow.parquet")
    fe = fastmel.frontend("whisper")
    made = write(tmp_path, fe, "parquet", shard=99, lengths=[3000 + i for i in range(12)])
    groups = parquet.ParquetFile(tmp_path / "features-00000.parquet").metadata
    assert groups.num_row_groups == 4
    features = fastmel.open_features(tmp_path)
    for i in np.random.default_rng(0).permutation(len(made)):
        id = list(made)[i]
        np.testing.assert_array_equal(features[id], made[id])


@pytest.mark.parametrize("compression", [None, "zstd"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_polars_duckdb_and_pandas_read_tables(tmp_path, dtype, compression):
    expected = table_of(tmp_path, dtype, compression=compression)
    pattern = str(tmp_path / "*.parquet")
    polars = required("polars")
    table = polars.scan_parquet(pattern).filter(polars.col("duration") > 0).collect()
    columns = table["id"].to_list(), table["features"].to_list()
    compare(dict(zip(*columns, strict=True)), expected, dtype)
    rows = required("duckdb").sql(f"select id, features from '{pattern}'").fetchall()
    compare(dict(rows), expected, dtype)
    pandas = required("pandas").read_parquet(tmp_path / "features-00000.parquet")
    found = {id: np.stack(f) for id, f in zip(pandas["id"], pandas["features"], strict=True)}
    compare(found, {id: expected[id] for id in found}, dtype)


@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_tables(tmp_path, streaming, dtype):
    datasets = required("datasets")
    expected = table_of(tmp_path / "here", dtype)
    rows = datasets.load_dataset(
        "parquet",
        data_files=str(tmp_path / "here" / "*.parquet"),
        split="train",
        streaming=streaming,
        cache_dir=str(tmp_path / "cache"),
    )
    compare({row["id"]: row["features"] for row in rows}, expected, dtype)


def test_a_table_takes_texts_that_are_no_unicode(tmp_path):
    required("pyarrow")
    fe, features = fastmel.frontend("whisper"), features_like(fastmel.frontend("whisper"), 9)
    shard = make_format("parquet", fe).open_shard(tmp_path, "x")
    with pytest.raises(ValueError, match="id of format 'parquet' must be Unicode"):
        shard.add("\udcff", features, {})
    with pytest.raises(ValueError, match="features must be 80; got 79"):
        shard.add("a", features[:79], {})
    item = Item("a", "\udcff.wav", extra={"text": "\udcff"})
    line = line_of(item, features, fe)
    line |= shard.add("a", features, line)
    shard.close()
    np.testing.assert_array_equal(read(tmp_path, line), features)


# Lhotse -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "frontend",
    ["whisper", *some(["kaldi-fbank", "whisper-hf", "librosa", "funasr", "nemo"], every=2)],
)
def test_lhotse_reads_cuts(tmp_path, frontend):
    lhotse = required("lhotse")
    validate = required("lhotse.qa").validate
    fe = fastmel.frontend(frontend)
    form, made = make_format("lhotse", fe), {}
    shard = form.open_shard(tmp_path, "features-00000")
    for i, n in enumerate([8000, 16000, 48000, 200000]):
        features = fe(np.random.default_rng(i).standard_normal(n).astype(np.float32))
        item = Item(f"spk.1/{i}", "a.wav", start=0.5 * i, extra={"text": "hallo", "take": i})
        duration = n / fe.sample_rate
        line = {**line_of(item, features, fe), "duration": duration}
        line |= shard.add(item.id, features, line)
        made[item.id] = features if fe.config.layout == "time_mel" else features.T
    shard.close()
    cuts = lhotse.CutSet.from_file(tmp_path / "features-00000.cuts.jsonl")
    assert [cut.id for cut in cuts] == list(made)
    for cut in cuts:
        validate(cut, read_data=True)
        features, found = made[cut.id], cut.load_features()
        assert len(features) - len(found) in (0, 1)  # one centred beyond the end
        assert np.abs(found - features[: len(found)]).max() <= 1.001 * 2.0 ** (form.step - 1)
        assert cut.supervisions[0].text == "hallo"
        assert cut.custom == {"take": int(cut.id[-1])}
        part = cut.truncate(duration=cut.duration / 2)
        np.testing.assert_array_equal(part.load_features(), found[: part.num_frames])


@pytest.mark.parametrize(
    ("frontend", "step"),
    [("kaldi-fbank", -5), ("whisper", -9), ("librosa", -3), ("parakeet", -8), ("hifi-gan", -6)],
)
def test_the_step_of_lilcom_is_lhotses_in_units_of_the_features(frontend, step):
    assert make_format("lhotse", fastmel.frontend(frontend)).step == step


def test_lilcom_archives_are_lhotses_own(tmp_path):
    io = required("lhotse.features.io")
    fe = fastmel.frontend("kaldi-fbank")
    made = write(tmp_path, fe, "lhotse", shard=9)
    with io.LilcomChunkyWriter(tmp_path / "theirs.lca") as theirs:
        keys = [theirs.write(id, features.copy()) for id, features in made.items()]
    assert keys == [line["key"] for line in lines(tmp_path)]
    ours = (tmp_path / "features-00000.lca").read_bytes()
    assert ours == (tmp_path / "theirs.lca").read_bytes()
