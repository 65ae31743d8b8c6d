"""``fastmel extract``: whole outputs of one front end, whatever happens on the way."""

import errno
import importlib
import json
import os
import signal
import struct
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from effort import some

pytest.importorskip("click")
pytest.importorskip("soxr")
pytest.importorskip("matplotlib")
pytest.importorskip("soundfile")

import fastmel
import soundfile as sf
from corpora import read_manifest
from fastmel._base.text import printable
from fastmel._cli._printing import say
from fastmel.corpus import _progress, _writing
from fastmel.corpus._audio import Recording
from fastmel.corpus._manifest import MANIFEST
from fastmel.corpus._manifest import RECORD as NAME
from fastmel.corpus._record import OPTIONS, JobError, Record
from recordings import make, one_line
from signals import music_like


@pytest.fixture
def run(run_command, monkeypatch):
    """Run the command, which says one line on a busy machine as well: no run is a long one."""
    monkeypatch.setattr(importlib.import_module("fastmel._cli.extract"), "_LONG", 600.0)
    return run_command


# What it makes ------------------------------------------------------------------------------------


@pytest.fixture
def corpus(here):
    """Six files in a tree, of several kinds; one name is not ASCII."""
    for i, name in enumerate(["a.wav", "b.flac", "sub/a.wav", "sub/deep/c.ogg", "sub/dü.wav"]):
        make(here / "corpus" / name, seed=i, sr=(16000, 44100)[i % 2], n=9000 + 999 * i)
    (here / "corpus" / "notes.txt").write_text("not for us")
    make(here / "corpus" / ".hidden.wav")
    make(here / "corpus" / ".cache" / "x.wav")
    return here / "corpus"


def outputs(folder):
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*.npy"))


def parts(folder):
    """Files under way."""
    return sorted(Path(folder).rglob(".*"))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", ["librosa", "funasr", "yamnet"])
def test_extract_mirrors_a_tree(run, corpus, name, workers):
    code, out, err = run("extract", corpus, "-o", "out", "--frontend", name, "--workers", workers)
    assert (code, err) == (0, "")
    assert "5 items" in one_line(out)
    assert outputs("out") == ["a.npy", "b.npy", "sub/a.npy", "sub/deep/c.npy", "sub/dü.npy"]
    fe = fastmel.frontend(name)
    for source in ("a.wav", "b.flac", "sub/deep/c.ogg"):
        y, _ = fastmel.load(corpus / source, sr=fe.sample_rate)
        found = np.load(Path("out", source).with_suffix(".npy"))
        assert found.dtype == np.float32
        np.testing.assert_array_equal(found, fe(y))


def test_extract_not_recursive(run, corpus):
    assert run("extract", corpus, "-o", "out", "--no-recursive")[0] == 0
    assert outputs("out") == ["a.npy", "b.npy"]


def test_extract_single_file_to_a_name(run, corpus):
    assert run("extract", corpus / "a.wav", "-o", "new/one.npy")[0] == 0
    assert outputs("new") == ["one.npy"]


def test_extract_at_another_rate(run, corpus):
    assert run("extract", corpus / "a.wav", "-o", "one.npy", "--sr", 16000)[0] == 0
    y, sr = fastmel.load(corpus / "a.wav", sr=16000)
    expected = fastmel.log_melspectrogram(y=y, sr=sr, ref=np.max)
    np.testing.assert_array_equal(np.load("one.npy"), expected)


def test_extract_at_another_rate_keeps_the_steps(run, corpus):
    options = ("--sr", 8000, "--frontend", "whisper-hf")
    assert run("extract", corpus / "a.wav", "-o", "one.npy", *options)[0] == 0
    assert np.load("one.npy").shape == (80, 3000)


def test_extract_reports_bad_files_and_does_the_rest(run, corpus):
    (corpus / "empty.wav").write_bytes(b"")
    (corpus / "text.wav").write_text("no sound")
    data = (corpus / "b.flac").read_bytes()
    (corpus / "cut.flac").write_bytes(data[: len(data) // 2])
    code, out, err = run("extract", corpus, "missing.wav", "-o", "out", "--keep-going")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    for name in ("empty.wav", "text.wav", "cut.flac", "missing.wav"):
        assert sum(name in line for line in lines[:4]) == 1
    assert "5 items to out" in lines[4]
    assert "4 items failed" in lines[4]
    assert len(outputs("out")) == 5
    said = {line["source"]: line.get("error") for line in read_manifest(Path("out", MANIFEST))}
    assert {Path(name).name for name, error in said.items() if error} == {
        "empty.wav",
        "text.wav",
        "cut.flac",
        "missing.wav",
    }


def test_a_missing_input_is_told_before_anything_is_written(run, corpus):
    code, out, err = run("extract", corpus, "missing.wav", "-o", "out")
    assert (code, out) == (2, "")
    assert "missing.wav: no such file or folder (nothing was written" in one_line(err)
    assert "--keep-going" in err
    assert not Path("out").exists()


def test_extract_names_a_file_that_is_too_short(run, here):
    make(Path("short.wav"), n=100)
    code, _, err = run("extract", "short.wav", "-o", "out", "--frontend", "whisper")
    assert code == 1
    assert "short.wav" in err.splitlines()[0]
    assert not Path("out").exists()


def test_extract_skips_what_exists(run, corpus):
    run("extract", corpus, "-o", "out")
    before = {p: p.stat().st_mtime_ns for p in Path("out").rglob("*.npy")}
    Path("out/sub/a.npy").unlink()
    code, out, _ = run("extract", corpus, "-o", "out")
    assert code == 0
    assert "1 item to out" in out
    assert "4 items skipped" in out
    unchanged = {p for p, t in before.items() if p.stat().st_mtime_ns == t}
    assert len(unchanged) == 4


def test_extract_overwrites_if_told(run, corpus):
    Path("out").mkdir()
    np.save("out/a.npy", np.zeros((128, 3), np.float32))
    assert run("extract", corpus / "a.wav", "-o", "out", "--overwrite")[0] == 0
    assert np.load("out/a.npy").max() == 0  # dB below the maximum
    assert np.load("out/a.npy").shape[1] > 3


@pytest.mark.parametrize("content", [b"", b"no array", "cut", "other"], ids=str)
def test_extract_makes_again_what_is_torn(run, corpus, content):
    run("extract", corpus / "a.wav", "-o", "out")
    target = Path("out/a.npy")
    whole = target.read_bytes()
    if content == "cut":
        target.write_bytes(whole[:-100])
    elif content == "other":
        np.save(target, np.zeros((80, 7)))
    else:
        target.write_bytes(content)
    code, out, _ = run("extract", corpus / "a.wav", "-o", "out")
    assert code == 0
    assert "1 item to out" in out
    assert target.read_bytes() == whole
    assert "1 item skipped" in run("extract", corpus / "a.wav", "-o", "out")[1]


@pytest.mark.parametrize("content", [b"", b"no array", "other"], ids=str)
def test_one_array_is_not_skipped_if_it_is_none_of_its_own(run, corpus, content):
    run("extract", corpus / "a.wav", "-o", "a.npy")
    whole = Path("a.npy").read_bytes()
    if content == "other":
        np.save("a.npy", np.zeros((80, 7)))
    else:
        Path("a.npy").write_bytes(content)
    code, _, err = run("extract", corpus / "a.wav", "-o", "a.npy")
    assert (code, "--overwrite" in one_line(err)) == (2, True)
    assert run("extract", corpus / "a.wav", "-o", "a.npy", "--overwrite")[0] == 0
    assert Path("a.npy").read_bytes() == whole
    code, out, _ = run("extract", corpus / "a.wav", "-o", "a.npy")
    assert (code, "1 item skipped" in out) == (0, True)


def test_extract_refuses_two_sources_for_one_output(run, corpus):
    make(corpus / "a.flac")
    code, out, err = run("extract", corpus, "-o", "out")
    assert (code, out) == (2, "")
    assert "a.wav" in err
    assert "the id 'a' came before" in one_line(err)
    assert "ids='suffix', --ids suffix, " in err
    assert "prefix" not in err
    assert not Path("out").exists()
    assert run("extract", corpus, "-o", "out", "--keep-suffix")[0] == 0
    assert {"a.wav.npy", "a.flac.npy"} <= set(outputs("out"))


def test_extract_takes_a_repeated_file_once(run, corpus):
    code, out, _ = run("extract", corpus / "a.wav", corpus / "a.wav", "-o", "out")
    assert code == 0
    assert "1 item " in out


def test_one_item_is_one(run, corpus):
    assert run("extract", corpus / "a.wav", "-o", "out")[0] == 0
    code, out, _ = run("merge", "out", "-o", "all")
    assert code == 0
    assert out.endswith(": 1 item\n")


def test_extract_from_an_empty_folder(run, here):
    (here / "void").mkdir()
    code, out, err = run("extract", "void", "-o", "out")
    assert (code, out) == (2, "")
    assert "void: no audio files in it" in one_line(err)
    assert not Path("out").exists()


def test_extract_into_a_file(run, corpus):
    Path("taken").write_text("mine")
    code, _, err = run("extract", corpus, "-o", "taken")
    assert code == 2
    assert "taken" in one_line(err)
    assert Path("taken").read_text() == "mine"


@pytest.mark.parametrize("inputs", [["."], ["a.wav", "sub/a.wav"]], ids=str)
def test_extract_of_several_into_one_array(run, corpus, inputs):
    code, _, err = run("extract", *(corpus / name for name in inputs), "-o", "all.npy")
    assert code == 2
    assert "all.npy would be one file" in one_line(err)
    assert not Path("all.npy").exists()


# The record of what computed the features ---------------------------------------------------------


def record_in(folder):
    return Path(folder, NAME)


def save_as(name, *arguments, sr=None):
    """Return the options of a run with a front end."""
    return [*arguments, "--frontend", name, *(["--sr", sr] if sr else [])]


@pytest.mark.parametrize("name", ["whisper", "whisper-hf", "vggish", "ast", "hifi-gan"])
def test_a_folder_says_what_computed_it(run, corpus, name):
    assert run("extract", *save_as(name, corpus / "a.wav", "-o", "out"))[0] == 0
    text = record_in("out").read_text()
    fe = fastmel.frontend(text)
    assert (fe, fe.name) == (fastmel.frontend(name), name)
    assert json.loads(text)["fastmel"] == fastmel.__version__
    y, _ = fastmel.load(corpus / "a.wav", sr=fe.sample_rate)
    np.testing.assert_array_equal(np.load("out/a.npy"), fe(y))


def test_the_record_has_the_rate_of_the_run(run, corpus):
    run("extract", *save_as("whisper", corpus / "a.wav", "-o", "out", sr=8000))
    assert fastmel.frontend(record_in("out").read_text()).sample_rate == 8000


@pytest.mark.parametrize(
    ("first", "second", "sr", "difference"),
    [
        ("whisper", "hifi-gan", None, "sample_rate 16000, not 22050"),
        ("whisper", "parakeet", None, "n_fft 400, not 512"),
        ("whisper", "whisper", 8000, "sample_rate 16000, not 8000"),
        ("whisper", "faster-whisper", None, "before (), not (AppendSamples("),  # of one shape
        ("whisper-hf", "whisper", None, "before (PadOrTrim(n_samples=480000),), not ()"),
        ("vggish", "panns", None, "n_fft"),
        ("panns", "vggish", None, "n_fft"),
    ],
)
def test_a_folder_takes_features_of_one_front_end(run, corpus, first, second, sr, difference):
    run("extract", *save_as(first, corpus, "-o", "out"))
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    make(Path("new.wav"))
    for source in (corpus, "new.wav"):
        code, out, err = run("extract", *save_as(second, source, "-o", "out", sr=sr))
        assert (code, out) == (2, "")
        assert difference in one_line(err)
        assert f"features of {first}" in err
        assert "choose another -o" in err
    assert {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()} == before
    code, out, _ = run("extract", *save_as(first, corpus, "-o", "out"))
    assert code == 0
    assert "5 items skipped" in out


def test_all_of_a_folder_can_be_made_anew_by_another(run, corpus):
    run("extract", *save_as("whisper", corpus, "-o", "out"))
    assert run("extract", *save_as("hifi-gan", corpus, "-o", "out"), "--overwrite")[0] == 0
    fe = fastmel.frontend("hifi-gan")
    assert fastmel.frontend(record_in("out").read_text()) == fe
    for source in ("a.wav", "sub/deep/c.ogg"):
        y, _ = fastmel.load(corpus / source, sr=fe.sample_rate)
        np.testing.assert_array_equal(np.load(Path("out", source).with_suffix(".npy")), fe(y))


def test_a_part_of_a_folder_cannot(run, corpus):
    run("extract", *save_as("whisper", corpus, "-o", "out"))
    before = np.load("out/a.npy")
    arguments = save_as("faster-whisper", corpus / "a.wav", "-o", "out")
    code, _, err = run("extract", *arguments, "--overwrite")
    assert code == 2
    assert "--overwrite would leave 4 arrays" in one_line(err)
    np.testing.assert_array_equal(np.load("out/a.npy"), before)
    assert fastmel.frontend(record_in("out").read_text()).name == "whisper"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (None, f"no {NAME}"),
        (b"", "cannot be read as a front end"),
        (b'{"schema": 1, "n_ff', "cannot be read as a front end"),
        (b"\xff\xfe", "cannot be read as a front end"),
        (b"[]", "must be a JSON object"),
        (b'{"schema": 99, "n_ears": 2}', "newer fastmel"),
    ],
    ids=str,
)
def test_features_of_unknown_origin_are_not_taken_for_ones_own(run, corpus, record, reason):
    run("extract", corpus / "a.wav", "-o", "out")
    if record is None:
        record_in("out").unlink()
    else:
        record_in("out").write_bytes(record)
    for source in ("a.wav", "b.flac"):
        code, out, err = run("extract", corpus / source, "-o", "out")
        assert (code, out) == (2, "")
        assert reason in one_line(err)
        assert NAME in err
        assert outputs("out") == ["a.npy"]
    assert run("extract", corpus / "a.wav", "-o", "out", "--overwrite")[0] == 0
    assert fastmel.frontend(record_in("out").read_text()).name == "librosa"


def test_how_features_are_written_cannot_be_read(run, corpus):
    run("extract", corpus / "a.wav", "-o", "out")
    Path("out", OPTIONS).write_text("[")
    code, _, err = run("extract", corpus / "a.wav", "-o", "out")
    assert code == 2
    assert f"{OPTIONS}: cannot be read" in one_line(err)
    assert run("extract", corpus / "a.wav", "-o", "out", "--overwrite")[0] == 0
    assert run("extract", corpus / "a.wav", "-o", "out")[0] == 0


def test_a_record_that_features_were_removed_from(run, corpus):
    run("extract", *save_as("whisper", corpus / "a.wav", "-o", "out"))
    for name in ("a.npy", MANIFEST):
        Path("out", name).unlink()
    other = ["extract", *save_as("hifi-gan", corpus / "a.wav", "-o", "out")]
    code, _, err = run(*other)
    assert code == 2
    assert f"out is for features of whisper (--frontend {record_in('out')})" in one_line(err)
    assert run(*other, "--overwrite")[0] == 0
    assert fastmel.frontend(record_in("out").read_text()).name == "hifi-gan"


def test_another_version_is_no_reason_to_refuse(run, corpus):
    run("extract", corpus / "a.wav", "-o", "out")
    values = json.loads(record_in("out").read_text())
    record_in("out").write_text(json.dumps({**values, "fastmel": "0.0.1"}))
    code, out, _ = run("extract", corpus / "a.wav", "-o", "out")
    assert code == 0
    assert "1 item skipped" in out


def test_one_array_has_a_record_of_its_own(run, corpus):
    source = corpus / "a.wav"
    assert run("extract", *save_as("whisper", source, "-o", "w.npy"))[0] == 0
    assert run("extract", *save_as("hifi-gan", source, "-o", "h.npy"))[0] == 0
    assert fastmel.frontend(Path(f"w.{NAME}").read_text()).name == "whisper"
    code, _, err = run("extract", *save_as("hifi-gan", source, "-o", "w.npy"))
    assert code == 2
    assert "w.npy is for features of whisper" in one_line(err)
    assert run("extract", *save_as("hifi-gan", source, "-o", "w.npy"), "--overwrite")[0] == 0
    np.testing.assert_array_equal(np.load("w.npy"), np.load("h.npy"))


def test_one_array_in_a_folder_with_a_record_belongs_to_it(run, corpus):
    run("extract", *save_as("whisper", corpus, "-o", "out"))
    one = ["extract", corpus / "a.wav", "-o", "out/new.npy"]
    assert run(*save_as("hifi-gan", *one))[0] == 2
    assert run(*save_as("whisper", *one))[0] == 0
    np.testing.assert_array_equal(np.load("out/new.npy"), np.load("out/a.npy"))
    assert sorted(path.name for path in Path("out").glob("*.json")) == [OPTIONS, NAME]


@pytest.mark.parametrize("name", ["EPERM", "EOPNOTSUPP", "ENOSYS"])
def test_a_file_system_may_be_without_links(run, corpus, monkeypatch, name):
    number = getattr(errno, name)

    def link(source, target):
        raise OSError(number, os.strerror(number), source, None, target)

    monkeypatch.setattr(_writing.os, "link", link)
    assert run("extract", corpus / "a.wav", "-o", "out")[0] == 0
    assert fastmel.frontend(record_in("out").read_text()).name == "librosa"
    assert run("extract", *save_as("whisper", corpus / "b.flac", "-o", "out"))[0] == 2
    assert not parts("out")


@pytest.mark.parametrize("links", [True, False])
def test_a_disk_that_is_full_for_the_record(run, tiny_disk, monkeypatch, links):
    disk = tiny_disk(200)
    if not links:
        monkeypatch.setattr(_writing.os, "link", lambda *_: os.lstat("no links"))
    make(Path("a.wav"))
    fill = disk / "fill"
    with suppress(OSError), open(fill, "wb", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    assert run("extract", "a.wav", "-o", disk / "out")[0] == 2
    assert [path for path in disk.rglob("*") if path.is_file()] == [fill]
    fill.unlink()
    assert run("extract", "a.wav", "-o", disk / "out")[0] == 0


def test_a_folder_within_may_be_of_another_front_end(run, corpus):
    assert run("extract", *save_as("whisper", corpus, "-o", "out", "--no-recursive"))[0] == 0
    assert run("extract", *save_as("hifi-gan", corpus / "sub", "-o", "out/sub"))[0] == 0
    before = outputs("out")
    for option in ("--skip-existing", "--overwrite"):
        code, out, err = run("extract", *save_as("whisper", corpus, "-o", "out", option))
        assert (code, out) == (2, "")
        assert f"{Path('out/sub')} is for features of hifi-gan" in one_line(err)
        assert outputs("out") == before
    assert run("extract", *save_as("whisper", corpus / "a.wav", "-o", "out"))[0] == 0


def test_a_record_is_a_front_end(run, corpus):
    assert run("extract", *save_as("whisper", corpus / "a.wav", "-o", "one", sr=8000))[0] == 0
    assert run("extract", *save_as(f"one/{NAME}", corpus, "-o", "all"))[0] == 0
    assert record_in("all").read_text() == record_in("one").read_text()
    np.testing.assert_array_equal(np.load("all/a.npy"), np.load("one/a.npy"))
    Path("bad.json").write_text('{"n_mels": "80"}')
    code, _, err = run("extract", *save_as("bad.json", corpus, "-o", "bad"))
    assert (code, "n_mels='80' must be an integer" in one_line(err)) == (2, True)
    code, _, err = run("extract", *save_as("missing.json", corpus, "-o", "bad"))
    assert (code, "missing.json: no such file" in one_line(err)) == (2, True)


def test_nothing_computed_is_nothing_recorded(run, here):
    Path("text.wav").write_text("no sound")
    assert run("extract", "text.wav", "-o", "out")[0] == 1
    assert run("extract", "missing.wav", "-o", "out")[0] == 2
    assert not Path("out").exists()


def test_of_runs_that_begin_together_one_front_end_wins(tmp_path):
    """None sees another's record at its check; all write theirs at the same moment."""
    front_ends = [fastmel.frontend(name) for name in ("whisper", "hifi-gan")] * 4
    barrier = threading.Barrier(len(front_ends))
    record = Record.of(tmp_path / "out")

    def begin(fe):
        record.check(fe, {})
        barrier.wait()
        try:
            record.write(fe, {})
        except JobError:
            return None
        return fe

    with ThreadPoolExecutor(len(front_ends)) as pool:
        won = set(pool.map(begin, front_ends)) - {None}
    assert won == {fastmel.frontend(record.path.read_text())}
    assert not parts(tmp_path)


# Output files: whole or not at all ----------------------------------------------------------------


def test_a_failed_write_leaves_nothing(tmp_path):
    def fail():
        with _writing.replacing(tmp_path / "old.npy") as file:
            file.write(b"some of it")
            raise RuntimeError("cannot be saved")

    np.save(tmp_path / "old.npy", np.arange(3))
    with pytest.raises(RuntimeError, match="cannot be saved"):
        fail()
    assert [p.name for p in tmp_path.iterdir()] == ["old.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "old.npy"), np.arange(3))


@pytest.mark.skipif(os.name == "nt", reason="needs long paths, which Windows does not have")
def test_a_name_may_be_as_long_as_names_can_be(run, here):
    make(Path("in", f"{'x' * 251}.wav"))
    code, _, err = run("extract", "in", "-o", "out")
    assert (code, err) == (0, "")
    assert outputs("out") == [f"{'x' * 251}.npy"]


@pytest.mark.skipif(os.name == "nt", reason="needs to remove an open file, as Windows does not")
def test_files_under_way_are_removed_when_nobody_will_finish_them(run, corpus, monkeypatch):
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    folder = Path("out/sub")
    folder.mkdir(parents=True)

    def under_way(where, process, age=0.0):
        path = folder / f".fastmel-{where}-{process}-0123abcd.part"
        path.write_bytes(b"half")
        os.utime(path, (time.time() - age,) * 2)
        return path

    here, there = _writing._here(), "0" * 12
    # One of our own number: a container's processes have the same ones after a restart.
    dead = [under_way(here, child.pid), under_way(here, os.getpid())]
    dead += [under_way(there, 1, 7200), under_way(here, 1, 7200)]
    alive = [under_way(here, living.pid), under_way(there, child.pid)]
    others = [folder / ".x.npy.part", folder / ".fastmel-notes.part"]
    for path in others:
        path.write_text("not ours")
    assert run("extract", corpus, "-o", "out")[0] == 0
    living.communicate(b"\n")
    assert not any(path.exists() for path in dead)
    assert all(path.exists() for path in (*alive, *others))


# A place that cannot be written to ----------------------------------------------------------------


@pytest.fixture
def loads(monkeypatch):
    """The files that were decoded."""
    sources, read, load = [], Recording.read, fastmel.load

    def counted(self, item):
        sources.append(item.audio)
        return read(self, item)

    def loaded(path, **options):
        sources.append(path)
        return load(path, **options)

    monkeypatch.setattr(Recording, "read", counted)
    monkeypatch.setattr(fastmel, "load", loaded)
    return sources


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", some(["ENOSPC", "EDQUOT", "EROFS", "EACCES", "EIO"], every=2))
def test_a_place_that_takes_no_more_ends_the_run_at_once(run, here, monkeypatch, name, workers):
    for i in range(20):
        make(Path("many", f"{i:02}.wav"))
    replace, number, first = os.replace, getattr(errno, name), threading.Lock()

    def full(source, target):
        if not first.acquire(blocking=False):
            raise OSError(number, os.strerror(number), source, None, target)
        replace(source, target)

    monkeypatch.setattr(_writing.os, "replace", full)
    code, out, err = run("extract", "many", "-o", "out", "--workers", workers)
    assert code == 2
    assert "1 item to out" in one_line(out)
    assert "19 items left (the same command continues)" in out
    assert os.strerror(number).lower() in one_line(err).lower()
    assert err.startswith(f"error: {Path('out')}{os.sep}")
    assert ".npy: " in err
    assert "-o" in err
    assert ".part" not in err
    assert not parts("out")
    monkeypatch.undo()
    assert run("extract", here / "many", "-o", here / "out")[0] == 0


def test_an_output_that_cannot_be_made_is_one_failure(run, corpus):
    Path("out/b.npy").mkdir(parents=True)
    Path("out/sub").write_text("a file")
    code, _, err = run("extract", corpus, "-o", "out")
    assert code == 1
    lines = err.splitlines()
    assert len(lines) == 5
    assert sum(f"{Path('out/b.npy')}: " in line for line in lines) == 1
    assert "1 item to out" in lines[-1]
    assert "4 items failed" in lines[-1]


@pytest.mark.exhaustive
def test_a_full_disk(run, tiny_disk):
    disk = tiny_disk(200)
    for i in range(20):
        make(Path("many", f"{i:02}.wav"), n=8 * 16000)
    code, out, err = run("extract", "many", "-o", disk / "out", "--workers", 1)
    assert code == 2
    assert "no space left on device" in one_line(err)
    assert "df" in err
    assert "1 item to" in out
    assert "19 items left" in one_line(out)
    assert not parts(disk)
    for command, file in (
        (["plot", "many/00.wav", "-o", disk / "p.png"], "p.png"),
        (["demo", "-o", disk / "demo"], "clip.wav"),
        (["extract", "many/00.wav", "-o", disk / "one.npy"], "one."),
    ):
        code, out, err = run(*command)
        assert (code, "no space left on device" in one_line(err)) == (
            1 + (command[0] == "extract"),
            True,
        )
        assert str(disk) in err
        assert file in err
    assert not parts(disk)
    assert not list(disk.rglob("*.png"))


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX limits")
def test_a_file_that_is_too_large_is_one_failure(run_python, here):
    make(Path("in/a.wav"), n=160_000)
    make(Path("in/b.wav"), n=8000)
    done = run_python(
        """
        import resource, sys
        from fastmel._cli import main
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        sys.exit(main(["extract", "in", "-o", "out"]))
        """,
        check=False,
    )
    assert done.returncode == 1
    assert "out/a.npy: file too large" in done.stderr
    assert "1 item to out" in done.stderr
    assert outputs(here / "out") == ["b.npy"]
    assert not parts(here / "out")


# Packages that are missing ------------------------------------------------------------------------


@pytest.mark.parametrize("package", ["soundfile", "soxr"])
def test_a_missing_package_is_told_once(run, corpus, monkeypatch, package):
    monkeypatch.setitem(sys.modules, package, None)
    code, _, err = run("extract", corpus, "-o", "out")
    assert code == 2
    assert package in one_line(err)
    assert 'pip install "fastmel[io]"' in err
    assert not Path("out").exists()


def test_what_is_not_needed_is_not_missed(run, here, monkeypatch):
    make(Path("a.wav"), sr=16000)
    monkeypatch.setitem(sys.modules, "soxr", None)
    assert run("extract", "a.wav", "-o", "out", "--frontend", "whisper")[0] == 0


@pytest.mark.parametrize("command", [["demo", "-o", "out"], ["plot", "a.wav", "-o", "out/a.png"]])
def test_without_matplotlib_nothing_is_begun(run, here, monkeypatch, loads, command):
    make(Path("a.wav"))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, out, err = run(*command)
    assert (code, out) == (1, "")
    assert 'pip install "fastmel[plot]"' in one_line(err)
    assert not loads
    assert not Path("out").exists()


# What is in the folders ---------------------------------------------------------------------------


def test_files_that_only_an_extra_reads_are_told(run, corpus, monkeypatch):
    for name in ("x.m4a", "sub/y.M4A", "z.webm", "film.mp4", ".hidden.m4a"):
        (corpus / name).write_bytes(b"\0" * 99)
    monkeypatch.setitem(sys.modules, "av", None)
    code, out, err = run("extract", corpus, "-o", "out")
    assert (code, err) == (0, "")
    assert "5 items to out" in out
    assert '2 .m4a, 1 .mp4, 1 .webm left out: pip install "fastmel[av]" reads them' in one_line(out)
    (corpus / "only").mkdir()
    (corpus / "x.m4a").rename(corpus / "only" / "x.m4a")
    code, _, err = run("extract", corpus / "only", "-o", "out")
    assert code == 2
    assert "no audio files in" in one_line(err)
    assert "1 .m4a left out" in err


def test_they_count_as_audio_with_it(corpus, monkeypatch):
    (corpus / "x.m4a").write_bytes(b"\0" * 99)
    monkeypatch.setitem(sys.modules, "av", type(sys)("av"))
    monkeypatch.setattr(sys.modules["av"], "__spec__", object())
    items = fastmel.corpus.read_items(corpus)
    assert "x" in [item.id for item in items]
    assert not items.left_out()


def test_a_folder_that_cannot_be_listed_is_told(run, corpus, monkeypatch):
    scandir = os.scandir

    def closed(path="."):
        if str(path).endswith("deep"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", closed)
    code, _, err = run("extract", corpus, "-o", "out")
    assert code == 2
    assert "deep: cannot be listed" in one_line(err)
    assert not Path("out").exists()
    code, _, err = run("extract", corpus, "-o", "out", "--keep-going")
    assert code == 1
    first, last = err.splitlines()
    assert "deep: cannot be listed" in first
    assert "4 items to out" in last
    assert "1 item failed" in last


@pytest.mark.skipif(os.name == "nt", reason="needs links, for which Windows wants a privilege")
def test_linked_folders_are_told(run, corpus, here):
    make(here / "elsewhere" / "x.wav")
    (corpus / "train").symlink_to(here / "elsewhere")
    (corpus / "sub" / "loop").symlink_to(corpus)
    code, out, _ = run("extract", corpus, "-o", "out")
    assert code == 0
    assert "5 items to out" in one_line(out)
    assert "2 folders left out: links; name them to have them" in out
    assert run("extract", corpus / "train", "-o", "out")[0] == 0


def test_suffixes_may_be_in_capitals(run, here):
    make(Path("in/a.wav")).rename("in/A.WAV")
    assert run("extract", "in", "-o", "out")[0] == 0
    assert outputs("out") == ["A.npy"]


ESCAPED = {
    b"\xff\xe9t\xe9": b"%FF%E9t%E9",
    b"two\nlines": b"two%0Alines",
    b"\x1b[31mred": b"%1B[31mred",
    "dü".encode(): "dü".encode(),
}


@pytest.mark.parametrize("name", some(ESCAPED, every=2))
@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes, as Linux has")
def test_any_name(run, here, name):
    make(Path("a.wav"))
    Path("in").mkdir()
    source = os.fsdecode(b"in/" + name + b".wav")
    os.rename("a.wav", source)
    code, out, err = run("extract", "in", "-o", "out")
    assert (code, err) == (0, "")
    assert ESCAPED[name] + b".npy" in os.listdir(b"out")
    code, out, err = run("plot", source, "-o", os.fsdecode(b"out/" + name + b".png"))
    assert (code, err) == (0, "")
    assert printable(os.fsdecode(name)) in one_line(out)
    Path(source).write_text("no sound")
    for command in (["extract", "in", "-o", "out", "--overwrite"], ["plot", source]):
        code, _, err = run(*command)
        assert code == 1
        first = err.splitlines()[0]
        assert first.startswith(f"error: {printable(source)}: ")
        assert first.isprintable()


def test_what_acts_on_a_terminal_is_shown():
    text = "a\nb\r\x1b[31m\x85\u202e\u2028 ü 日本　語\udcff\ud800"
    assert printable(text) == r"a\nb\r\x1b[31m\x85\u202e\u2028 ü 日本　語\xff\ud800"


# What a run says while it works -------------------------------------------------------------------


def test_in_a_log_a_line_now_and_then(run, corpus, monkeypatch):
    monkeypatch.setattr(_progress, "_EVERY", 0.0)
    (corpus / "text.wav").write_text("no sound")
    code, _, err = run("extract", corpus, "-o", "out")
    assert code == 1
    *_, line, error, summary = err.splitlines()
    assert "text.wav" in error
    assert "6 of 6 files; " in line
    assert "s of audio, " in line
    assert line.endswith("x real time")
    assert "; 1 failed; " in line
    assert " left" not in line
    assert "5 items to out" in summary


def test_a_short_run_says_one_line(run, corpus):
    code, out, err = run("extract", corpus, "-o", "out")
    assert (code, err) == (0, "")
    assert one_line(out)


def test_quiet_says_errors_alone(run, corpus, monkeypatch):
    monkeypatch.setattr(_progress, "_EVERY", 0.0)
    assert run("extract", corpus, "-o", "out", "--quiet") == (0, "", "")
    (corpus / "text.wav").write_text("no sound")
    code, out, err = run("extract", corpus, "-o", "out", "-q")
    assert (code, out) == (1, "")
    assert "text.wav" in err.splitlines()[0]


@pytest.mark.filterwarnings("default")
def test_warnings_name_their_file_once(run, here, monkeypatch):
    for name in ("a.wav", "b.wav"):
        make(Path("in", name))
    read = Recording.read

    def warned(self, item):
        warnings.warn(f"{item.audio}: its end may be missing", stacklevel=2)
        return read(self, item)

    monkeypatch.setattr(Recording, "read", warned)
    code, _, err = run("extract", "in", "-o", "out", "--quiet")
    assert code == 0
    expected = [f"warning: {Path('in', n)}: its end may be missing" for n in ("a.wav", "b.wav")]
    assert sorted(err.splitlines()) == expected


def test_warnings_of_threads_are_lines(capfd):
    lines = [f"{i}" * 50 for i in range(8)]

    def warn(line):
        for _ in range(200):
            say("warning", line)

    threads = [threading.Thread(target=warn, args=(line,)) for line in lines]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    said = sorted(capfd.readouterr().err.splitlines())
    assert said == sorted(f"warning: {line}" for line in lines * 200)


# Options ------------------------------------------------------------------------------------------


def test_lines_of_json(run, corpus, monkeypatch):
    (corpus / "text.wav").write_text("no sound")
    code, out, err = run("extract", corpus, "-o", "out", "--log-json")
    assert (code, err) == (1, "")
    begin, *progress, end = map(json.loads, out.splitlines())
    assert (begin["event"], begin["items"]) == ("begin", 6)
    (error,) = [line for line in progress if line["event"] == "error"]
    assert (error["id"], "text.wav" in error["error"]) == ("text", True)
    assert (end["event"], end["done"], end["failed"], end["items"]) == ("end", 5, 1, 6)
    assert set(end["seconds"]) == {"decode", "resample", "features", "write"}


def test_a_dry_run_writes_nothing(run, corpus):
    run("extract", corpus / "a.wav", "-o", "out", "--frontend", "whisper")
    before = {path: path.read_bytes() for path in Path("out").iterdir()}
    options = ("--frontend", "whisper", "--dry-run")
    code, out, err = run("extract", corpus, "-o", "out", *options)
    assert (code, err) == (0, "")
    assert "4 items to do, 1 there already" in out
    code, out, err = run("extract", corpus, "-o", "out", *options, "--estimate", "--log-json")
    assert (code, err) == (0, "")
    found = json.loads(one_line(out))
    sources = [*corpus.glob("*.flac"), *corpus.glob("sub/**/*.*")]
    lengths = [len(fastmel.load(source, sr=16000)[0]) for source in sources]
    assert (found["left"], found["skipped"], found["sampled"]) == (4, 1, 4)
    assert found["audio"] == pytest.approx(sum(lengths) / 16000)
    fe = fastmel.frontend("whisper")
    assert found["n_bytes"] == sum(fe.num_frames(n) for n in lengths) * 80 * 4
    assert found["took"] > 0
    assert {path: path.read_bytes() for path in Path("out").iterdir()} == before
    assert run("extract", corpus, "-o", "out", "--estimate")[0] == 2
    assert run("extract", corpus, "-o", "new", "--dry-run")[0] == 0
    assert not Path("new").exists()


def test_an_estimate_tells_of_files_that_are_none(run, corpus):
    (corpus / "text.wav").write_text("no sound")
    code, out, _ = run("extract", corpus, "-o", "out", "--dry-run", "--estimate")
    assert code == 0
    assert "6 items to do" in out
    assert "as measured with 5 items" in out
    assert "text.wav" in out


def test_where_the_time_went(run, corpus, monkeypatch):
    monkeypatch.setattr(sys.modules["fastmel._cli.extract"], "_LONG", 0.0)
    code, out, _ = run("extract", corpus, "-o", "out")
    assert code == 0
    first, *table = out.splitlines()
    assert "5 items to out" in first
    assert [line.split()[0] for line in table] == ["decode", "resample", "features", "write"]
    shares = [int(line.split()[-2]) for line in table]
    assert 97 <= sum(shares) <= 103


def test_a_list_on_standard_input(run_python, corpus, here):
    names = "\n".join(str(path) for path in (corpus / "a.wav", corpus / "b.flac"))
    done = run_python(
        f"""
        import io, sys
        from fastmel._cli import main
        sys.stdin = io.TextIOWrapper(io.BytesIO({names.encode()!r}))
        sys.exit(main(["extract", "-", "-o", "out", "--format", "tar", "--shard-bytes", "5k"]))
        """
    )
    assert "2 items to out" in done.stdout
    assert [path.name for path in sorted(Path("out").glob("*.tar"))] == [
        "features-00000.tar",
        "features-00001.tar",
    ]


@pytest.mark.parametrize("value", ["1", "2/2", "a/2", "-1/2", "1/0"])
def test_parts_that_are_none(run, corpus, value):
    code, _, err = run("extract", corpus, "-o", "out", "--shard", value)
    assert (code, "--shard" in one_line(err)) == (2, True)


def test_strict_stops_at_the_first(run, corpus):
    (corpus / "aa.wav").write_text("no sound")
    code, _, err = run("extract", corpus, "-o", "out", "--strict")
    assert code == 1
    error, summary = err.splitlines()
    assert "aa.wav" in error
    assert "1 item to out" in summary
    assert "4 items left" in summary
    assert outputs("out") == ["a.npy"]


# Signals ------------------------------------------------------------------------------------------

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")

# The command with writing that takes its time: half, a pause, the other half.
SLOW = """
import io, sys, time
import numpy as np
from fastmel._cli import main
from fastmel.corpus import _writing
from fastmel.corpus._outputs import npy

class Slow:
    def __init__(self, file):
        self.file = file
    def write(self, data):
        half = len(data) // 2
        self.file.write(data[:half])
        self.file.flush()
        time.sleep({pause})
        return half + self.file.write(data[half:])
    def tell(self):
        return self.file.tell()

opened = open
_writing.open = npy.open = lambda path, mode: Opened(path, mode)

class Opened:
    def __init__(self, *arguments):
        self.file = opened(*arguments)
    def __enter__(self):
        return Slow(self.file)
    def __exit__(self, *_):
        self.file.close()

sys.exit(main())
"""


@pytest.fixture
def start():
    """Start the command in a process, with signals as they are by default."""
    started = []

    def begin(*arguments, slow=None, ignored=()):
        program = ["-c", SLOW.replace("{pause}", str(slow))] if slow else ["-m", "fastmel"]

        def default():
            # Children inherit what is ignored, as a shell has it for what runs in the background.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)

        started.append(
            subprocess.Popen(
                [sys.executable, *program, *map(str, arguments)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                preexec_fn=default,
            )
        )
        return started[-1]

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition, process):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)


def many(folder, count, seconds=20):
    """Return a folder with one recording under many names."""
    folder.mkdir()
    first = folder / "000.wav"
    sf.write(first, np.tile(music_like(44100, sr=44100), seconds), 44100)
    for i in range(1, count):
        os.link(first, folder / f"{i:03}.wav")
    return folder


@posix
@pytest.mark.parametrize("name", some(["SIGINT", "SIGTERM", "SIGHUP"], every=3))
def test_a_signal_ends_cleanly_and_a_rerun_continues(run, here, start, name):
    # Twenty seconds each, so that the signal comes long before the end.
    number = getattr(signal, name)
    source = many(here / "many", 100)
    process = start("extract", source, "-o", "out", "--workers", 2)
    wait_for(lambda: list(Path("out").glob("*.npy")), process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number, err
    assert one_line(err) == f"error: stopped by {name}\n"
    done = outputs("out")
    assert 0 < len(done) < 100
    assert f"{len(done)} item" in out.splitlines()[0]  # a table follows where it took long
    assert f"{100 - len(done)} items left (the same command continues)" in out
    assert not parts("out")
    for array in done:
        assert np.load(Path("out", array)).shape[0] == 128
    code, out, _ = run("extract", source, "-o", "out")
    assert code == 0
    assert f"{len(done)} item" in out
    assert len(outputs("out")) == 100


@posix
@pytest.mark.parametrize("signals", some([3, 1], every=2))
def test_what_is_being_written_is_finished(here, start, signals):
    """Signals that come together are one: a launcher passes on what the group also gets."""
    process = start("extract", many(here / "many", 9), "-o", "out", "--workers", 2, slow=1)
    wait_for(lambda: parts("out"), process)
    for _ in range(signals):
        process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert "1 item to out" in out
    assert outputs("out") == ["000.npy"]
    assert np.load("out/000.npy").shape[0] == 128
    assert not parts("out")


@pytest.mark.exhaustive
@posix
def test_a_second_signal_ends_at_once(run, here, start):
    source = many(here / "many", 3)
    process = start("extract", source, "-o", "out", "--workers", 1, slow=300)
    wait_for(lambda: parts("out"), process)
    process.send_signal(signal.SIGTERM)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=100)
    assert process.returncode == -signal.SIGTERM  # a shell says 143
    assert len(parts("out")) == 1
    assert run("extract", source, "-o", "out")[0] == 0
    assert not parts("out")


@pytest.mark.exhaustive
@posix
def test_killed_in_the_middle_nothing_is_taken_for_whole(run, here, start):
    source = many(here / "many", 3)
    process = start("extract", source, "-o", "out", "--workers", 3, slow=300)
    wait_for(lambda: parts("out"), process)
    process.kill()
    process.communicate(timeout=100)
    assert not outputs("out")
    code, out, _ = run("extract", source, "-o", "out")
    assert code == 0
    assert "3 items to out" in out
    assert not parts("out")


@pytest.mark.exhaustive
@posix
def test_a_run_beside_a_live_one_leaves_its_files_alone(run, here, start):
    source = many(here / "many", 2)
    process = start("extract", source, "-o", "out", "--workers", 2, slow=1)
    wait_for(lambda: parts("out"), process)
    code, _, err = run("extract", source, "-o", "out")
    assert code == 2
    assert "another run" in one_line(err)
    assert sys.platform != "linux" or f"(process {process.pid})" in err
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "2 items to out" in out
    assert not parts("out")


@posix
@pytest.mark.parametrize(
    "command", some([["demo", "-o", "out"], ["plot", "a.wav", "-o", "out/a.png"]], every=2)
)
def test_pictures_are_whole_or_not_there(here, start, command):
    make(Path("a.wav"))
    process = start(*command, slow=300)
    wait_for(lambda: parts("out"), process)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=100)
    assert process.returncode == 143
    assert one_line(err) == "error: stopped by SIGTERM\n"
    assert not list(Path("out").iterdir())


@pytest.mark.exhaustive
@posix
def test_what_is_ignored_stays_ignored(here, start):
    """As under nohup."""
    source = many(here / "many", 2)
    process = start("extract", source, "-o", "out", slow=1, ignored=[signal.SIGHUP])
    wait_for(lambda: parts("out"), process)
    process.send_signal(signal.SIGHUP)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "2 items to out" in out


@pytest.mark.exhaustive
@posix
def test_a_terminal_that_goes_away(here, start):
    source = many(here / "many", 100)
    fcntl, pty, termios = map(pytest.importorskip, ("fcntl", "pty", "termios"))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))

    def in_terminal():
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    command = [sys.executable, "-m", "fastmel", "extract", str(source), "-o", "out"]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, preexec_fn=in_terminal
    )
    os.close(theirs)
    wait_for(lambda: list(Path("out").glob("*.npy")), process)
    os.close(ours)
    assert process.wait(timeout=60) == 128 + signal.SIGHUP
    assert not parts("out")


def test_signals_are_as_before_afterwards(run, here):
    before = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    make(Path("a.wav"))
    assert run("extract", "a.wav", "-o", "out")[0] == 0
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == before
