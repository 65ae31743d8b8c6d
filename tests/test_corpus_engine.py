"""The engine of a corpus: what it makes, in which order and memory, and what it refuses."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from sanitizers import sanitized

pytest.importorskip("soundfile")
pytest.importorskip("soxr")

import effort
import fastmel
import soundfile as sf
from corpora import read_manifest
from effort import some
from fastmel.corpus import _making, _run
from fastmel.corpus._manifest import MANIFEST
from fastmel.corpus._pipeline import Pipeline
from fastmel.corpus._run import Run, Settings
from recordings import make
from signals import music_like

FORMATS = ["npy", "tar"]


def packaged(name):
    """Skip where the package of a format is missing."""
    for package in {"parquet": ["pyarrow"], "ark": ["kaldiio"], "lhotse": ["lhotse"]}.get(name, []):
        pytest.importorskip(package)
    return name


@pytest.fixture(params=["npy", "tar", "parquet", "ark", "lhotse"])
def form(request):
    """Every format that can be written here."""
    return packaged(request.param)


@pytest.fixture
def clips(here):
    """Eleven recordings, of several rates and formats."""
    for i in range(11):
        suffix = ("wav", "flac", "ogg")[i % 3]
        make(here / "in" / f"{i:02}.{suffix}", n=4000 + 700 * i, sr=(16000, 22050)[i % 2], seed=i)
    return here / "in"


def lines_of(folder):
    return read_manifest(Path(folder, MANIFEST))


def content(folder):
    """Return all files of a folder with their bytes."""
    paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


# The pipeline ------------------------------------------------------------------------------------


class Piece:
    def __init__(self, value, n_bytes=1):
        self.value, self.n_bytes = value, n_bytes


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_have_the_order_of_the_tasks(workers):
    draw = np.random.default_rng(workers)
    pauses = draw.uniform(0, 0.003, 60)

    def made(task):
        for part in range(task % 4):  # some tasks have none
            time.sleep(pauses[task])
            yield Piece((task, part))

    pipeline = Pipeline(iter(range(60)), made, workers=workers, ahead=10)
    found = [piece.value for piece in pipeline.results()]
    assert found == [(task, part) for task in range(60) for part in range(task % 4)]


def test_no_more_bytes_wait_than_are_allowed():
    """However slowly results are taken, and even if each is larger than all that may wait."""
    lock = threading.Lock()
    # Ten wait, or one if it is larger than allowed; one is in the hands of each worker and of who
    # takes them, and one may come in the place of that.
    for n_bytes, most in ((10, 10 + 3 + 2), (1000, 1 + 3 + 1)):
        alive = peak = 0

        def made(task, n_bytes=n_bytes):
            nonlocal alive, peak
            for _ in range(3):
                with lock:
                    alive += 1
                    peak = max(peak, alive)
                yield Piece(task, n_bytes)

        pipeline = Pipeline(iter(range(40)), made, workers=3, ahead=100)
        for _ in pipeline.results():
            with lock:
                alive -= 1
            time.sleep(0.0005)
        assert peak <= most


@pytest.mark.parametrize("where", ["tasks", "make"])
def test_an_error_of_the_pipeline_ends_it(where):
    def tasks():
        yield from range(5)
        if where == "tasks":
            raise KeyError("tasks")

    def made(task):
        if where == "make" and task == 3:
            raise KeyError("make")
        yield Piece(task)

    pipeline = Pipeline(tasks(), made, workers=2)
    with pytest.raises(KeyError, match=where):
        list(pipeline.results())
    assert pipeline.stopped


def test_a_pipeline_that_is_left_ends_its_threads():
    pipeline = Pipeline(iter(range(1000)), lambda task: iter([Piece(task)]), workers=3, ahead=5)
    results = pipeline.results()
    assert next(results).value == 0
    results.close()
    deadline = time.monotonic() + 10
    while any(thread.is_alive() for thread in pipeline._threads):
        assert time.monotonic() < deadline
        time.sleep(0.01)


# What it makes -----------------------------------------------------------------------------------


def test_features_and_manifest(clips, form):
    done = fastmel.extract(clips, "out", "whisper", format=form)
    assert (done.done, done.failed, done.skipped, done.ok) == (11, 0, 0, True)
    assert set(done.seconds) == {"decode", "resample", "features", "write"}
    fe = fastmel.frontend("whisper")
    features = fastmel.open_features("out")
    assert features.frontend == fe
    said = {line["id"]: line for line in lines_of("out")}
    assert list(said) == [f"{i:02}" for i in range(11)]
    for path in sorted(clips.iterdir()):
        y, _ = fastmel.load(path, sr=16000)
        expected = fe(y)
        line = said[path.stem]
        assert line["source"] == str(path)
        assert (line["frames"], line["sample_rate"]) == (expected.shape[1], 16000)
        assert line["duration"] == pytest.approx(sf.info(path).duration, abs=1e-9)
        if form == "lhotse":  # which rounds
            np.testing.assert_allclose(features[path.stem], expected, atol=0.02)
        else:
            np.testing.assert_array_equal(features[path.stem], expected)
    assert done.audio == pytest.approx(sum(line["duration"] for line in said.values()))
    assert fastmel.corpus.verify("out").ok


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_files_do_not_depend_on_the_number_of_workers(clips, form, workers):
    fastmel.extract(clips, "one", "kaldi-fbank", format=form, workers=1, shard_items=4)
    fastmel.extract(clips, "other", "kaldi-fbank", format=form, workers=workers, shard_items=4)
    other = {name: data.replace(b"other/", b"one/") for name, data in content("other").items()}
    assert other == content("one")


def test_where_shards_end(clips):
    fastmel.extract(clips, "items", "kaldi-fbank", format="tar", shard_items=4)
    files = [line["file"] for line in lines_of("items")]
    assert files == [f"features-{i // 4:05}.tar" for i in range(11)]
    fastmel.extract(clips, "bytes", "kaldi-fbank", format="tar", shard_bytes=20_000)
    sizes = [path.stat().st_size for path in sorted(Path("bytes").glob("*.tar"))]
    assert len(sizes) > 2
    assert all(20_000 <= size < 60_000 for size in sizes[:-1])
    fastmel.extract(clips, "folders", "kaldi-fbank", format="npy", shard_items=4)
    files = [line["file"] for line in lines_of("folders")]
    assert files == [f"{i // 4:05}/{i:02}.npy" for i in range(11)]


def test_the_format_by_default(clips, monkeypatch):
    fastmel.extract(clips, "few", "kaldi-fbank")
    assert {Path(line["file"]).suffix for line in lines_of("few")} == {".npy"}
    monkeypatch.setattr(_run, "_FIRST_LOOK", 5)
    fastmel.extract(clips, "many", "kaldi-fbank")
    assert {Path(line["file"]).suffix for line in lines_of("many")} == {".tar"}
    # As what is there, whatever there is to do.
    done = fastmel.extract(clips, "few", "kaldi-fbank")
    assert (done.skipped, done.done) == (11, 0)


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_types_of_features(clips, dtype):
    fastmel.extract(clips / "00.wav", "out", "kaldi-fbank", dtype=dtype)
    y, _ = fastmel.load(clips / "00.wav", sr=16000)
    expected = fastmel.frontend("kaldi-fbank")(y).astype(dtype)
    found = np.load("out/00.npy")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, expected)
    assert lines_of("out")[0]["dtype"] == dtype


def test_a_channel(here):
    left, right = music_like(9000, seed=1), music_like(9000, seed=2)
    sf.write("a.flac", np.stack([left, right], 1), 16000)
    fe = fastmel.frontend("kaldi-fbank")
    y, _ = fastmel.load("a.flac", sr=None, mono=False)
    for channel in (0, 1):
        fastmel.extract("a.flac", f"out{channel}", "kaldi-fbank", channel=channel)
        np.testing.assert_array_equal(np.load(f"out{channel}/a.npy"), fe(y[channel]))
    done = fastmel.extract("a.flac", "out2", "kaldi-fbank", channel=2)
    assert (done.failed, "channel 2" in done.errors[0][1]) == (1, True)


def test_parts_of_recordings(here):
    """A channel, a stretch; and what the input says of them is in the manifest."""
    make(Path("long.wav"), n=80_000)
    rows = [
        {"id": "b", "path": "long.wav", "start": 2.0, "duration": 1.0, "text": "two"},
        {"id": "a", "path": "long.wav", "start": 0.5, "end": 1.25, "speaker": "x"},
    ]
    Path("list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert fastmel.extract("list.jsonl", "out", "kaldi-fbank").ok
    y, _ = fastmel.load("long.wav", sr=16000)
    fe = fastmel.frontend("kaldi-fbank")
    features = fastmel.open_features("out")
    np.testing.assert_array_equal(features["a"], fe(y[8000:20000]))
    np.testing.assert_array_equal(features["b"], fe(y[32000:48000]))
    lines = {line["id"]: line for line in lines_of("out")}
    assert (lines["a"]["start"], lines["a"]["duration"]) == (0.5, 0.75)
    assert lines["a"]["extra"] == {"speaker": "x"}
    assert lines["b"]["extra"] == {"text": "two"}


@pytest.mark.parametrize("pieces", [False, True])
def test_kaldi_segments_are_cut_at_the_end_as_kaldi_cuts_them(here, monkeypatch, pieces):
    """By half a second, also where only decoding tells the length; other items by 25 ms."""
    if pieces:
        monkeypatch.setattr(_making, "LONG", 3000)
    make(Path("a.wav"), n=16000)
    make(Path("b.mp3"), n=16000)
    tagless = Path("b.mp3").read_bytes().replace(b"Info", b"none").replace(b"Xing", b"none")
    Path("b.mp3").write_bytes(tagless)
    length = {file: fastmel.load(file, sr=None)[0].size / 16000 for file in ("a.wav", "b.mp3")}
    Path("wav.scp").write_text("a a.wav\nb b.mp3\n")
    Path("segments").write_text(
        "".join(
            f"{file[0]}-{name} {file[0]} 0.25 {length[file] + over}\n"
            for file in length
            for name, over in (("less", -0.1), ("cut", 0.49), ("beyond", 0.51))
        )
    )
    done = fastmel.extract("wav.scp", "out", "kaldi-fbank")
    assert done.done == 4
    assert sorted(id for id, _ in done.errors) == ["a-beyond", "b-beyond"]
    features = fastmel.open_features("out")
    for file in length:
        y, _ = fastmel.load(file, sr=16000)
        expected = fastmel.frontend("kaldi-fbank")(y[4000:])
        np.testing.assert_array_equal(features[f"{file[0]}-cut"], expected)
        line = features.row(f"{file[0]}-cut")
        assert line["duration"] == pytest.approx(length[file] - 0.25, abs=1e-9)
        assert features.row(f"{file[0]}-less")["duration"] == length[file] - 0.1 - 0.25
    row = {"id": "x", "path": "a.wav", "start": 0.25, "end": 1.03}
    Path("list.jsonl").write_text(json.dumps(row))
    assert fastmel.extract("list.jsonl", "out", "kaldi-fbank").failed == 1


# Long recordings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", some(["kaldi-fbank", "vggish", "hifi-gan", "funasr"], every=2))
@pytest.mark.parametrize("suffix", some(["wav", "flac", "ogg"], every=2))
@pytest.mark.parametrize("dtype", some(["float32", "float16"], every=2))
def test_in_pieces_the_same_bytes(here, monkeypatch, name, suffix, dtype):
    fe = fastmel.frontend(name)
    make(Path(f"a.{suffix}"), n=400_000, sr=16000)
    fastmel.extract(f"a.{suffix}", "whole", name, dtype=dtype)
    monkeypatch.setattr(_making, "LONG", 30_000)
    monkeypatch.setattr("fastmel.corpus._long._CHUNK", 50_000)
    fastmel.extract(f"a.{suffix}", "pieces", name, dtype=dtype)
    assert content("pieces") == content("whole")
    y, _ = fastmel.load(f"a.{suffix}", sr=fe.sample_rate)
    np.testing.assert_array_equal(np.load("pieces/a.npy"), fe(y).astype(dtype))


def test_in_pieces_into_every_format(here, form, monkeypatch):
    for i in range(4):
        make(Path("in", f"{i}.flac"), n=50_000 + i)
    fastmel.extract("in", "whole", "kaldi-fbank", format=form)
    monkeypatch.setattr(_making, "LONG", 30_000)
    fastmel.extract("in", "pieces", "kaldi-fbank", format=form)
    pieces = {name: data.replace(b"pieces/", b"whole/") for name, data in content("pieces").items()}
    assert pieces == content("whole")


def test_what_has_no_length_before_it_is_decoded(here, monkeypatch):
    """An MP3 without a count is decoded to tell, and then in pieces."""
    y = music_like(160_000)
    sf.write("a.mp3", y, 16000)
    with open("b.mp3", "wb") as file:  # two files joined: no count is true of them
        file.write(Path("a.mp3").read_bytes() * 2)
    fastmel.extract(["a.mp3", "b.mp3"], "whole", "kaldi-fbank")
    monkeypatch.setattr(_making, "LONG", 30_000)
    fastmel.extract(["a.mp3", "b.mp3"], "pieces", "kaldi-fbank")
    assert content("pieces") == content("whole")


def test_what_needs_the_whole_signal_has_a_limit(here):
    make(Path("a.wav"), n=5 * 16000)
    done = fastmel.extract("a.wav", "out", "whisper", max_duration=4.0)
    ((_, reason),) = done.errors
    assert "5 s are longer than 4 s (--max-duration)" in reason
    assert "needs the whole signal" in reason
    assert fastmel.extract("a.wav", "out", "whisper", max_duration=6.0).ok
    done = fastmel.extract("a.wav", "other", "kaldi-fbank", max_duration=4.0)
    assert "needs the whole" not in done.errors[0][1]


PEAK = """
import sys
import fastmel
done = fastmel.extract(sys.argv[1], sys.argv[2], "kaldi-fbank", workers=2)
assert done.ok
# Unlike ru_maxrss, without what the parent had.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or sanitized,
    reason="needs /proc, and no sanitizer, whose own memory is beyond the limit",
)
@pytest.mark.parametrize("suffix", some(["wav", "flac"], every=2))
def test_memory_does_not_grow_with_the_length(here, suffix):
    peaks = []
    longest = 60 if effort.exhaustive else 20
    for minutes in (5, longest):
        path = Path(f"{minutes}.{suffix}")
        with sf.SoundFile(path, "w", 16000, 1, subtype="PCM_16") as file:
            minute = np.tile(music_like(5 * 16000), 12)
            for _ in range(minutes):
                file.write(minute)
        command = [sys.executable, "-c", PEAK, str(path), f"out{minutes}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        peaks.append(int(done.stdout) / 1024)
    # 48 MB, Python and its libraries included, and 0.5 MB more than of five minutes.
    assert peaks[1] < 200
    # A minute of samples is 1.9 MB of int16, its features another 1.9 MB.
    assert peaks[1] - peaks[0] < 0.7 * (longest - 5)


# What goes wrong with items ----------------------------------------------------------------------


@pytest.fixture
def bad(clips):
    """Recordings of which some are none."""
    (clips / "empty.wav").write_bytes(b"")
    (clips / "text.flac").write_text("no sound")
    data = (clips / "01.flac").read_bytes()
    (clips / "cut.flac").write_bytes(data[: len(data) // 2])
    nan = music_like(8000)
    nan[4000] = np.nan
    sf.write(clips / "nan.wav", nan, 16000, subtype="FLOAT")
    sf.write(clips / "none.wav", np.zeros(0), 16000)
    make(clips / "short.wav", n=50)
    return clips


BAD = ["cut", "empty", "nan", "none", "short", "text"]


def test_bad_items_are_in_the_summary_and_in_the_manifest(bad, form):
    done = fastmel.extract(bad, "out", "kaldi-fbank", format=form)
    assert (done.done, done.failed, done.ok) == (11, len(BAD), False)
    assert [id for id, _ in done.errors] == BAD
    failed = {line["id"]: line["error"] for line in lines_of("out") if line["status"] == "failed"}
    assert failed == dict(done.errors)
    assert all(f"{id}." in reason for id, reason in failed.items())
    assert len(fastmel.open_features("out")) == 11


def test_what_failed_is_tried_again(bad, form):
    fastmel.extract(bad, "out", "kaldi-fbank", format=form)
    before = content("out")
    done = fastmel.extract(bad, "out", "kaldi-fbank", format=form)
    assert (done.done, done.skipped, done.failed) == (0, 11, len(BAD))
    assert content("out") == before  # the same failures, said once
    make(bad / "empty.wav", n=8000)
    done = fastmel.extract(bad, "out", "kaldi-fbank", format=form)
    assert (done.done, done.skipped, done.failed) == (1, 11, len(BAD) - 1)
    assert len(fastmel.open_features("out")) == 12
    done = fastmel.extract(bad, "out", "kaldi-fbank", format=form)
    assert (done.done, done.skipped) == (0, 12)
    assert fastmel.corpus.verify("out").ok


def test_what_an_item_brought_along_says_nothing_of_its_features(clips, form):
    rows = [
        {"id": id, "path": "in/00.wav", "start": start, "end": start + 0.1, "text": "t"}
        | {"status": status, "file": "x.tar", "n": 1}
        for id, start, status in [("good", 0, "failed"), ("late", 99, "ok")]
    ]
    Path("list.jsonl").write_text("\n".join(map(json.dumps, rows)))
    fastmel.extract("list.jsonl", "out", "kaldi-fbank", format=form)
    before = content("out")
    done = fastmel.extract("list.jsonl", "out", "kaldi-fbank", format=form)
    assert (done.done, done.skipped, done.failed) == (0, 1, 1)
    assert content("out") == before


@pytest.mark.parametrize(
    "changed", [{"path": "in/03.wav"}, {"start": 0.05}, {"end": 0.15}, {"channel": 0}]
)
def test_an_id_of_other_audio_is_made_again(clips, form, changed):
    rows = [{"id": str(i), "path": "in/00.wav", "start": 0.0, "end": 0.2} for i in range(2)]

    def extract(folder):
        Path("list.jsonl").write_text("\n".join(map(json.dumps, rows)))
        return fastmel.extract("list.jsonl", folder, "kaldi-fbank", format=form)

    extract("out")
    rows[1] |= changed
    done = extract("out")
    assert (done.done, done.skipped) == (1, 1)
    assert extract("out").skipped == 2
    extract("fresh")
    found, expected = fastmel.open_features("out"), fastmel.open_features("fresh")
    for id in ("0", "1"):
        np.testing.assert_array_equal(found[id], expected[id], strict=True)


def test_a_corpus_that_was_moved_is_not_made_again(clips, form):
    fastmel.extract(clips, "out", "kaldi-fbank", format=form)
    clips.rename("moved")
    assert fastmel.extract("moved", "out", "kaldi-fbank", format=form).skipped == 11


def test_strict_stops_at_the_first(bad, form):
    (bad / "05.ogg").write_bytes(b"")
    done = fastmel.extract(bad, "out", "kaldi-fbank", format=form, strict=True, shard_items=2)
    assert (done.failed, done.errors[0][0]) == (1, "05")
    assert not [t for t in threading.enumerate() if re.fullmatch(r"fastmel-\d+", t.name)]
    whole = 5 if form == "npy" else 4  # the fifth is in a shard that is given up
    assert (done.done, done.left) == (whole, 11 + len(BAD) - whole - 1)
    assert set(fastmel.open_features("out").keys()) >= {"00", "01", "02", "03"}
    make(bad / "05.ogg", n=8000)
    fastmel.extract(bad, "out", "kaldi-fbank", format=form, shard_items=2)
    fastmel.extract(bad, "fresh", "kaldi-fbank", format=form, shard_items=2)
    made = {name: data.replace(b"fresh/", b"out/") for name, data in content("fresh").items()}
    if form != "npy":  # of which the line of the failure stays
        assert content("out") == made


def test_lines_that_cannot_be_understood(clips):
    rows = [f'{{"id": "{i:02}", "path": "in/{i:02}.wav"}}' for i in (0, 3, 6)]
    Path("list.jsonl").write_text("\n".join([rows[0], "{no json", rows[1], '{"id": "x"}', rows[2]]))
    with pytest.raises(ValueError, match=r"list.jsonl:2: .*; list.jsonl:4: .*nothing was written"):
        fastmel.extract("list.jsonl", "out", "kaldi-fbank")
    assert not Path("out").exists()
    done = fastmel.extract("list.jsonl", "out", "kaldi-fbank", keep_going=True)
    assert (done.done, done.failed) == (3, 2)
    assert all("list.jsonl:" in reason for _, reason in done.errors)
    assert len(lines_of("out")) == 5
    done = fastmel.extract("list.jsonl", "out", "kaldi-fbank", keep_going=True)
    assert (done.skipped, done.failed, len(lines_of("out"))) == (3, 2, 5)


@pytest.mark.parametrize("name", ["list.txt", "list.jsonl", "list.csv"])
def test_inputs_that_are_all_wrong_are_not_read_to_their_end(clips, name):
    row = {"txt": "nowhere/{}.wav\n", "csv": "{},nowhere/{}.wav\n"}.get(name[5:])
    row = row or '{{"id": "{}", "path": "nowhere/{}.wav"}}\n'
    lines = ["id,path\n"] * name.endswith("csv") + [row.format(i, i) for i in range(10**5)]
    Path(name).write_text("".join(lines))
    began = time.process_time()
    with pytest.raises(ValueError, match=r"nowhere.*; at least 10 more \(.*--keep-going"):
        fastmel.extract(name, "out", "kaldi-fbank")
    # Some milliseconds; all of them take more than one second.
    assert time.process_time() - began < 0.5
    assert not Path("out").exists()
    Path(name).write_text("".join(lines[:15]))
    wrong = 14 if name.endswith("csv") else 15
    with pytest.raises(ValueError, match=rf"; {wrong - 10} more$"):
        fastmel.extract(name, "out", "kaldi-fbank")


def test_lines_beyond_the_first_look_are_failed_items(clips, monkeypatch):
    monkeypatch.setattr(_run, "_FIRST_LOOK", 2)
    rows = [f'{{"id": "{i:02}", "path": "in/{i:02}.wav"}}' for i in (0, 3, 6, 9)]
    Path("list.jsonl").write_text("\n".join([*rows[:3], "{no json", rows[3]]))
    done = fastmel.extract("list.jsonl", "out", "kaldi-fbank")
    assert (done.done, done.failed) == (4, 1)
    assert [line["status"] for line in lines_of("out")] == ["ok", "ok", "ok", "failed", "ok"]


def test_items_are_counted_by_reading_the_inputs(clips, monkeypatch):
    def run(**settings):
        return Run("list.jsonl", "out", "kaldi-fbank", Settings(**settings))

    rows = [f'{{"id": "{i}", "path": "in/0{i % 2 * 3}.wav"}}' for i in range(250)]
    Path("list.jsonl").write_text("\n".join(rows))
    monkeypatch.setattr(_run, "_FIRST_LOOK", 2)
    assert run().total is None
    assert run().counted(pause=lambda: False) == 250
    assert run().counted(pause=lambda: True) is None  # nobody wants to know
    assert run(shard=(0, 3)).counted(pause=lambda: False) == 84
    monkeypatch.setattr(_run, "_COUNTED", 200)
    assert run().counted(pause=lambda: False) is None  # too many


def test_several_inputs_make_no_single_file(clips):
    Path("list.txt").write_text("in/00.wav\nin/01.flac\n")
    with pytest.raises(ValueError, match=r"one.npy would be one file: folders and several inputs"):
        fastmel.extract("list.txt", "one.npy", "kaldi-fbank")
    assert not Path("one.npy").exists()


# What goes wrong with the place ------------------------------------------------------------------


def test_another_format_is_refused(clips):
    fastmel.extract(clips, "out", "kaldi-fbank", format="tar")
    before = content("out")
    for given, differs in (
        ({"format": "npy"}, "format 'tar', not 'npy'"),
        ({"dtype": "float16"}, "dtype 'float32', not 'float16'"),
        ({"channel": 0}, "channel None, not 0"),
        ({"resample_quality": "lq"}, "resample_quality 'hq', not 'lq'"),
        ({"shard_items": 3}, "shard_items None, not 3"),
    ):
        with pytest.raises(ValueError, match=differs):
            fastmel.extract(clips, "out", "kaldi-fbank", **given)
    with pytest.raises(ValueError, match=r"features of kaldi-fbank.*n_fft"):
        fastmel.extract(clips, "out", "whisper")
    assert content("out") == before
    assert fastmel.extract(clips, "out", "kaldi-fbank").skipped == 11


def test_overwriting(clips, form):
    fastmel.extract(clips, "out", "kaldi-fbank", format="tar", shard_items=3)
    with pytest.raises(ValueError, match="would leave"):
        fastmel.extract(clips / "00.wav", "out", "whisper", format=form, overwrite=True)
    assert fastmel.extract(clips, "out", "whisper", format=form, overwrite=True).done == 11
    fastmel.extract(clips, "fresh", "whisper", format=form)
    made = {name: data.replace(b"fresh/", b"out/") for name, data in content("fresh").items()}
    assert content("out") == made
    # Some of them by the same front end: the others stay.
    make(clips / "00.wav", n=8000, seed=99)
    assert (
        fastmel.extract(clips / "00.wav", "out", "whisper", overwrite=True, format=form).done == 1
    )
    features = fastmel.open_features("out")
    assert len(features) == 11
    y, _ = fastmel.load(clips / "00.wav", sr=16000)
    tolerance = 0.02 if form == "lhotse" else 0
    np.testing.assert_allclose(features["00"], fastmel.frontend("whisper")(y), atol=tolerance)


def test_a_lost_shard_is_made_again(clips, form):
    fastmel.extract(clips, "out", "kaldi-fbank", format=form, shard_items=4)
    expected = {id: np.array(array) for id, array in fastmel.open_features("out").items()}
    lost = Path("out", lines_of("out")[5]["file"])
    lost.write_bytes(lost.read_bytes()[:100])
    done = fastmel.extract(clips, "out", "kaldi-fbank", format=form)
    assert done.done == (1 if form == "npy" else 4)
    found = fastmel.open_features("out")
    assert len(found) == 11
    for id, array in expected.items():
        np.testing.assert_array_equal(found[id], array)
    assert fastmel.extract(clips, "out", "kaldi-fbank", format=form).done == 0


def test_a_lost_array_is_made_again_in_its_place(clips):
    """Arrays are not synced, and may be empty after a power failure; others are asked for again."""
    given = {"frontend": "kaldi-fbank", "format": "npy", "shard_items": 4}
    fastmel.extract(clips, "out", **given)
    before = content("out")
    for name in ("00000/02.npy", "00001/05.npy"):
        Path("out", name).write_bytes(b"")
    assert fastmel.extract(clips, "out", **given).done == 2
    assert fastmel.extract(clips / "03.wav", "out", overwrite=True, **given).done == 1
    after = content("out")
    assert after.keys() == before.keys()
    assert [name for name in before if before[name] != after[name]] == [MANIFEST]
    assert fastmel.corpus.verify("out").ok


@pytest.mark.parametrize("form", some(["tar", "parquet", "ark", "lhotse"], every=3))
def test_no_shard_is_written_over_that_a_line_names(clips, form):
    """The last line of a manifest need not name the last shard: it was merged, or edited."""
    packaged(form)
    given = {"frontend": "kaldi-fbank", "format": form, "shard_items": 2}
    fastmel.extract(clips, "out", **given)
    for i in range(3):
        make(Path("more", f"more{i}.wav"), seed=20 + i)
        make(Path("again", f"again{i}.wav"), seed=30 + i)
    fastmel.extract("more", "more-out", **given)
    fastmel.corpus.merge(["out", "more-out"], "out")
    assert lines_of("out")[-1]["file"].startswith("../more-out/features-00001")
    before = content("out")
    fastmel.extract("again", "out", **given)
    after = content("out")
    assert [name for name in before if before[name] != after[name]] == [MANIFEST]
    assert fastmel.corpus.verify("out").ok
    assert len(fastmel.open_features("out")) == 17


def test_two_runs_cannot_both_write(clips, form):
    first = Run(clips, "out", "kaldi-fbank", Settings(format=form))
    second = Run(clips, "out", "kaldi-fbank", Settings(format=form))
    one, other = first._opened(), second._opened()
    one.begin()
    with pytest.raises(ValueError, match="another run"):
        other.begin()
    other.close()
    with pytest.raises(ValueError, match=f"another run.*{os.getpid() if os.name != 'nt' else ''}"):
        second._opened()
    anew = Run(clips, "out", "kaldi-fbank", Settings(format=form, overwrite=True))
    with pytest.raises(ValueError, match="another run"):
        anew._opened()  # which would remove what the first has made
    assert Path("out", MANIFEST).exists()
    one.close()
    second._opened().close()  # the lock went with the first


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_keep_the_lock(clips):
    job = Run(clips, "out", "kaldi-fbank", Settings())._opened()
    job.begin()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.read(read, 1)
        os._exit(0)
    job.close()
    try:
        assert fastmel.extract(clips, "out", "kaldi-fbank").done == 11
    finally:
        os.write(write, b".")
        os.waitpid(child, 0)
        os.close(read)
        os.close(write)


def test_what_has_grown_meanwhile_is_left_alone(clips):
    late = Run(clips, "out", "kaldi-fbank", Settings())._opened()
    fastmel.extract(clips, "out", "kaldi-fbank")
    with pytest.raises(ValueError, match="has grown meanwhile"):
        late.begin()
    late.close()


# Parts of a job ----------------------------------------------------------------------------------


def test_parts_are_the_whole(clips, form):
    rows = [
        {"id": f"s{i}", "path": "in/00.wav", "start": i / 50, "end": (i + 1) / 50 + 0.1}
        for i in range(4)
    ]
    Path("list.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    inputs = [clips, "list.jsonl"]
    fastmel.extract(inputs, "whole", "kaldi-fbank", format=form)
    total = 0
    for i in range(3):
        done = fastmel.extract(inputs, "parts", "kaldi-fbank", format=form, shard=(i, 3))
        assert done.ok
        total += done.done
    assert total == 15
    parts, whole = fastmel.open_features("parts"), fastmel.open_features("whole")
    assert set(parts.keys()) == set(whole.keys())
    for id, array in whole.items():
        np.testing.assert_array_equal(parts[id], array)
    assert fastmel.extract(inputs, "parts", "kaldi-fbank", format=form, shard=(1, 3)).done == 0
    for shard in ((0, 1), (0, 2)):
        with pytest.raises(ValueError, match="in 3 parts"):
            fastmel.extract(inputs, "parts", "kaldi-fbank", format=form, shard=shard)
    fastmel.corpus.merge("parts")
    assert set(fastmel.open_features("parts").keys()) == set(whole.keys())
    done = fastmel.extract(inputs, "parts", "kaldi-fbank", format=form)
    assert (done.done, done.skipped) == (0, 15)


def test_after_the_merge_parts_say_how_to_go_on(clips):
    for i in range(3):
        fastmel.extract(clips, "out", "kaldi-fbank", shard=(i, 3))
    fastmel.corpus.merge("out")
    before = content("out")
    merged = r"manifest\.jsonl, which fastmel merge has made of 3 parts: .* without --shard makes"
    with pytest.raises(ValueError, match=merged):
        fastmel.extract(clips, "out", "kaldi-fbank", shard=(1, 3))
    assert content("out") == before
    fastmel.extract(clips, "whole", "kaldi-fbank")
    with pytest.raises(
        ValueError, match=r"manifest\.jsonl, of a job in 1 part: .* without --shard"
    ):
        fastmel.extract(clips, "whole", "kaldi-fbank", shard=(1, 3))


# Killed when its second shard is written.
KILLED = """
import os, sys
import fastmel
from fastmel.corpus._manifest import Manifest

append, count = Manifest.append, 0

def dying(self, lines):
    global count
    count += 1
    append(self, lines)
    if count == 2:
        os._exit(9)

Manifest.append = dying
fastmel.extract("in", "parts", "kaldi-fbank", format=sys.argv[1], shard=(1, 2), shard_items=1)
"""


def test_a_part_that_was_killed_between_two_shards_is_not_merged(clips, form):
    given = {"format": form, "shard_items": 1}
    fastmel.extract("in", "parts", "kaldi-fbank", shard=(0, 2), **given)
    assert subprocess.run([sys.executable, "-c", KILLED, form]).returncode == 9
    assert len(fastmel.open_features("parts")) == 8
    for _ in range(2):
        with pytest.raises(ValueError, match=r"1 of 2 parts .* their end: 1; .* \(--shard 1/2\)"):
            fastmel.corpus.merge("parts")
    assert fastmel.extract("in", "parts", "kaldi-fbank", shard=(1, 2), **given).done == 3
    fastmel.corpus.merge("parts")
    assert len(fastmel.open_features("parts")) == 11
    for i in range(2):
        fastmel.extract("in", "fresh", "kaldi-fbank", shard=(i, 2), **given)
    fastmel.corpus.merge("fresh")
    assert content("parts") == {
        name: data.replace(b"fresh/", b"parts/") for name, data in content("fresh").items()
    }


def test_a_part_is_at_its_end_only_while_its_inputs_are_those(clips):
    """What a longer list adds is not lost where that run is stopped before its first item."""
    for i in range(2):
        fastmel.extract(clips, "out", "kaldi-fbank", shard=(i, 2))
    run = Run(clips, "out", "kaldi-fbank", Settings(shard=(1, 2)))
    run._opened().close()
    with pytest.raises(ValueError, match=r"1 of 2 parts .* their end: 1"):
        fastmel.corpus.merge("out")
    make(clips / "99.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"1 of 2 parts .* their end: 1"):
        fastmel.corpus.merge("out")
    assert fastmel.extract(clips, "out", "kaldi-fbank", shard=(1, 2), strict=True).failed == 1
    with pytest.raises(ValueError, match=r"1 of 2 parts .* their end: 1"):
        fastmel.corpus.merge("out")
    assert fastmel.extract(clips, "out", "kaldi-fbank", shard=(1, 2)).failed == 1
    fastmel.corpus.merge("out")


def test_parts_without_features_are_merged_too(clips):
    """Of more parts than recordings, and where all of a part failed."""
    (clips / "00.wav").write_text("no sound")
    for i in range(12):
        fastmel.extract(clips, "out", "kaldi-fbank", shard=(i, 12))
    fastmel.corpus.merge("out")
    assert len(fastmel.open_features("out")) == 10
    assert [line["id"] for line in lines_of("out") if line["status"] == "failed"] == ["00"]
    assert fastmel.corpus.verify("out").ok


def test_parts_of_inputs_that_have_grown_are_merged(clips, form):
    def parts(of):
        for i in range(2):
            fastmel.extract(clips, of, "kaldi-fbank", format=form, shard=(i, 2))
        return fastmel.open_features(of)

    (clips / "10.flac").write_bytes(b"")
    assert len(parts("parts")) == 10
    make(clips / "0.wav", n=5000)  # those after it move to the other part
    make(clips / "10.flac", n=5000)
    fresh = parts("fresh")
    parts("parts")
    fastmel.corpus.merge("parts")
    grown = fastmel.open_features("parts")
    assert sorted(grown.keys()) == sorted(fresh.keys())
    assert len(grown) == 12
    for id, array in fresh.items():
        np.testing.assert_array_equal(grown[id], array, strict=True)
    ids = [line["id"] for line in lines_of("parts")]
    assert len(ids) == len(set(ids)) == 12


def test_parts_with_other_features_of_one_id_are_not_merged(clips):
    for i in range(2):
        fastmel.extract(clips, "parts", "kaldi-fbank", format="tar", shard=(i, 2))
    make(clips / "0.wav", n=5000)
    make(clips / "05.ogg", n=5000, seed=99)
    for i in range(2):
        fastmel.extract(clips, "parts", "kaldi-fbank", format="tar", shard=(i, 2))
    with pytest.raises(ValueError, match=r"id '05' is in .*00000-of-00002.* and .*00001-of"):
        fastmel.corpus.merge("parts")


@pytest.mark.parametrize(
    ("shard", "error"),
    [((2, 2), ValueError), ((-1, 2), ValueError), ((0, 0), ValueError), (3, TypeError)],
)
def test_parts_that_are_none(clips, shard, error):
    with pytest.raises(error, match="shard"):
        fastmel.extract(clips, "out", shard=shard)
    assert not Path("out").exists()


@pytest.mark.parametrize(
    "given",
    [
        {"format": "zip"},
        {"dtype": "int8"},
        {"workers": 0},
        {"channel": -1},
        {"resample_quality": "best"},
        {"max_duration": 0},
        {"kind": "tape"},
        {"ids": "numbers"},
        {"shard_items": 0},
        {"frontend": "no-such"},
        {"sr": -1},
    ],
    ids=str,
)
def test_arguments_that_are_refused(clips, given):
    (name,) = given
    with pytest.raises(
        ValueError, match={"frontend": "no-such", "sr": "sample_rate"}.get(name, name)
    ):
        fastmel.extract(clips, "out", **given)
    assert not Path("out").exists()


def test_ids_lead_nowhere_else(clips):
    for id in ("../x", "/x", "a/../../x", "a\nb", "."):
        Path("list.jsonl").write_text(json.dumps({"id": id, "path": "in/00.wav"}) + "\n")
        with pytest.raises(ValueError, match=r"list.jsonl:1: the id"):
            fastmel.extract("list.jsonl", "out/deep", "kaldi-fbank")
    assert not Path("out").exists()
