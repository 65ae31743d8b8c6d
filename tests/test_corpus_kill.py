"""A run may end anywhere: what is whole stays, and what goes on makes the rest, the same bytes."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from effort import some

pytest.importorskip("soundfile")

import effort
import fastmel
import soundfile as sf
from fastmel.corpus import _run
from fastmel.corpus._job import Job
from fastmel.corpus._manifest import Manifest
from fastmel.corpus._progress import Silent
from fastmel.corpus._run import Run
from fastmel.corpus._settings import Settings
from recordings import make
from signals import music_like
from test_corpus_engine import content, packaged

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")

FORMATS = ["npy", "tar", "parquet", "ark", "lhotse"]

# Small shards and long items of a few seconds, so that there is much to be killed in.
RUN = """
import sys
import fastmel
from fastmel.corpus import _long, _making

_making.LONG, _long._CHUNK = 30_000, 10_000
print("begins", flush=True)
fastmel.extract(
    "in", sys.argv[1], "kaldi-fbank", format=sys.argv[2], workers=3, shard_items=7, keep_going=True
)
"""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """A folder with short and long recordings, and some that are none."""
    folder = tmp_path_factory.mktemp("kill")
    for i in range(120):
        n = 40_000 if i % 17 == 3 else 1500 + 97 * (i % 29)
        make(folder / "in" / f"s{i % 3}" / f"{i:03}.{('wav', 'flac')[i % 2]}", n=n, seed=i)
    for i in (0, 40, 41, 119):
        (folder / "in" / f"s{i % 3}" / f"{i:03}.bad.wav").write_text("no sound")
    return folder


def start(folder, output, form):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, output, form],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    _, err = process.communicate(timeout=600)
    assert process.returncode == 0, err


def no_parts(folder):
    return not [path for path in Path(folder).rglob(".*") if ".part" in path.name]


def shown(files):
    """The state of a folder: what is where, and which items lines are of."""
    lines = files.get("manifest.jsonl", b"").splitlines(keepends=True)
    said = [re.sub(rb'.*?"id": "(.*?)".*?("file": ".*?"|"error"|$).*', rb"\1 \2", x) for x in lines]
    sizes = [f"{name}: {len(data):,} bytes" for name, data in files.items()]
    return "\n".join([*sizes, *(f"{i}: {line[:99]!r}" for i, line in enumerate(said))])


def assert_same(found, expected, before):
    """Compare all files; say where they differ, and what a run found that went on."""
    for name in sorted(found.keys() | expected):
        a, b = found.get(name, b""), expected.get(name, b"")
        if name not in found or a != b:
            pairs = enumerate(zip(a, b, strict=False))
            at = next((i for i, (x, y) in pairs if x != y), min(len(a), len(b)))
            around = slice(max(0, at - 100), at + 100)
            pytest.fail(
                f"{name}: from byte {at} of {len(b)} on it is {a[around]!r}, not {b[around]!r}\n\n"
                f"before it went on:\n{before}\n\nnow:\n{shown(found)}"
            )
    assert found.keys() == expected.keys()


@posix
@pytest.mark.parametrize("form", some(FORMATS, every=2))
def test_killed_at_random_points_and_continued(corpus, form):
    """Three times, or twenty, at moments that are spread over the work of a run."""
    packaged(form)
    whole, output = f"whole-{form}", f"killed-{form}"
    process = start(corpus, whole, form)
    process.stdout.readline()
    working = time.monotonic()
    finish(process)
    took = time.monotonic() - working
    expected = {
        name: data.replace(f"{whole}/".encode(), f"{output}/".encode())
        for name, data in content(corpus / whole).items()
    }

    draw = np.random.default_rng(0)
    kills = 0
    goal = 20 if effort.exhaustive else 3
    while kills < goal:
        # Begun anew when it is complete: kills are of runs in all states.
        shutil.rmtree(corpus / output, ignore_errors=True)
        for _ in range(goal):
            process = start(corpus, output, form)
            process.stdout.readline()
            time.sleep(draw.uniform(0, took))
            process.kill()
            process.communicate()
            if process.returncode == 0:
                break
            kills += 1
            before = f"after kill {kills}:\n{shown(content(corpus / output))}"
            said = corpus / output / "manifest.jsonl"
            if said.exists():  # what is said to be there is there
                lines, _, _ = said.read_bytes().rpartition(b"\n")
                assert expected["manifest.jsonl"].startswith(lines), before
                problems = fastmel.corpus.verify(corpus / output).problems
                # A shard that no line names yet, and what was being written, remain.
                assert {problem.kind for problem in problems} <= {"extra", "unfinished"}, before
        before = shown(content(corpus / output))
        finish(start(corpus, output, form))
        assert_same(content(corpus / output), expected, before)
        assert no_parts(corpus / output)


# What a run does between two steps that a kill can fall between.
BETWEEN = """
import os, sys
import fastmel
from fastmel.corpus import _long, _making, _manifest, _writing
from fastmel.corpus._manifest import Manifest

_making.LONG, _long._CHUNK = 30_000, 10_000
where, count = sys.argv[3], int(sys.argv[4])

def dying(function, before):
    def call(*arguments, **named):
        global count
        count -= 1
        if count == 0 and before:
            os._exit(9)
        result = function(*arguments, **named)
        if count == 0:
            os._exit(9)
        return result
    return call

def torn(self, lines):
    global count
    count -= 1
    if count == 0:
        data = b"".join(_manifest.encoded(line) + b"\\n" for line in lines)
        self._file.write(data[: 2 * len(data) // 3])
        os._exit(9)
    return append(self, lines)

append = Manifest.append
if where == "torn":
    Manifest.append = torn
elif where == "record":
    _writing.create = dying(_writing.create, False)
    from fastmel.corpus import _record
    _record.create = _writing.create
else:
    owner, name = {"append": (Manifest, "append"), "sync": (Manifest, "sync"),
                   "finish": (_writing.Part, "finish")}[where.removeprefix("before-")]
    setattr(owner, name, dying(getattr(owner, name), where.startswith("before-")))
fastmel.extract(
    "in", sys.argv[1], "kaldi-fbank", format=sys.argv[2], workers=3, shard_items=7, keep_going=True
)
"""


@pytest.mark.parametrize("form", some(FORMATS, every=3))
@pytest.mark.parametrize(
    "where",
    some(["append", "torn", "record", "before-append", "finish", "sync", "before-finish"], every=4),
)
def test_killed_between_two_steps(corpus, form, where):
    packaged(form)
    whole, output = f"whole-{form}", f"steps-{form}-{where}"
    if not (corpus / whole).exists():
        finish(start(corpus, whole, form))
    for count in (1, 2, 5) if effort.exhaustive else (1,):
        shutil.rmtree(corpus / output, ignore_errors=True)
        command = [sys.executable, "-c", BETWEEN, output, form, where, str(count)]
        died = subprocess.run(command, cwd=corpus, capture_output=True, text=True)
        # All come to the first of these steps; to the fifth of each only some.
        assert died.returncode in ((9,) if count == 1 else (0, 9)), died.stderr
        before = shown(content(corpus / output))
        finish(start(corpus, output, form))
        expected = {
            name: data.replace(f"{whole}/".encode(), f"{output}/".encode())
            for name, data in content(corpus / whole).items()
        }
        assert_same(content(corpus / output), expected, before)
        assert no_parts(corpus / output)


@pytest.mark.parametrize("form", some(FORMATS[1:], every=4))
def test_lines_of_a_shard_count_together(tmp_path, form):
    """A kill may fall between two pages of a write, and these between two lines."""
    packaged(form)
    for i in range(11):
        make(tmp_path / "in" / f"{i:02}.wav", n=1500, seed=i)
    for name in ("04.bad.wav", "06.bad.wav"):  # between two shards, and within one
        (tmp_path / "in" / name).write_text("no sound")
    out = tmp_path / "out"

    def run():
        return fastmel.extract(
            tmp_path / "in", out, "kaldi-fbank", format=form, shard_items=4, keep_going=True
        )

    run()
    whole = content(out)
    lines = whole["manifest.jsonl"].splitlines(keepends=True)
    assert len(lines) == 13
    for n in range(14):
        (out / "manifest.jsonl").write_bytes(b"".join(lines[:n]))
        done = run().done
        assert content(out) == whole, n
        assert done in (0, 3, 7, 11), n
        assert run().done == 0


def test_nothing_is_cut_from_a_manifest_that_is_mapped(tmp_path, monkeypatch):
    """Windows refuses that; a run has asked what is made before it makes the first item."""
    for i in range(5):
        make(tmp_path / "in" / f"{i}.wav", n=1500, seed=i)
    given = Settings(format="tar", shard_items=2)
    Run(tmp_path / "in", tmp_path / "out", "kaldi-fbank", given).go(Silent())
    whole = content(tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.jsonl"
    manifest.write_bytes(b"".join(whole["manifest.jsonl"].splitlines(keepends=True)[:3]) + b"{")
    opened, cuts = [], []

    class Noting(Job):
        def __init__(self, *arguments, **named):
            super().__init__(*arguments, **named)
            opened.append(self)

    def noting(self, size):
        cuts.append((size, dict(opened[0].done._index._maps)))
        cut(self, size)

    cut = Manifest.cut
    monkeypatch.setattr(Manifest, "cut", noting)
    monkeypatch.setattr(_run, "Job", Noting)
    Run(tmp_path / "in", tmp_path / "out", "kaldi-fbank", given).go(Silent())
    assert [maps for _, maps in cuts] == [{}, {}]  # of the torn end, and of a shard's first line
    assert content(tmp_path / "out") == whole


def test_lines_stay_that_a_run_does_not_make_again(tmp_path):
    """Of a shard that is not all there: the inputs are others, or the manifest is a merged one."""
    given = {"frontend": "kaldi-fbank", "format": "tar", "shard_items": 4}
    for i in range(6):
        make(tmp_path / "in" / f"{i:02}.wav", n=1500, seed=i)
        make(tmp_path / "more" / f"{i:02}x.wav", n=1500, seed=10 + i)
    out = tmp_path / "out"
    fastmel.extract(tmp_path / "in", out, **given)
    manifest = out / "manifest.jsonl"
    manifest.write_bytes(b"".join(manifest.read_bytes().splitlines(keepends=True)[:-1]))
    before = content(out)
    assert fastmel.extract(tmp_path / "more", out, **given).done == 6
    after = content(out)
    assert [name for name in before if before[name] != after[name]] == ["manifest.jsonl"]
    assert after["manifest.jsonl"].startswith(before["manifest.jsonl"])
    assert fastmel.extract(tmp_path / "in", out, **given).done == 1
    assert fastmel.corpus.verify(out).ok

    # "p" moves to the other part, and is the last of its shard there.
    parts = tmp_path / "parts"
    make(tmp_path / "grows" / "p.wav")
    fastmel.extract(tmp_path / "grows", parts, shard=(0, 2), **given)
    for id in "abc":
        make(tmp_path / "grows" / f"{id}.wav")
    for i in range(2):
        fastmel.extract(tmp_path / "grows", parts, shard=(i, 2), **given)
    fastmel.corpus.merge(parts)
    before = content(parts)
    assert fastmel.extract(tmp_path / "grows", parts, **given).done == 0
    make(tmp_path / "grows" / "q.wav")
    assert fastmel.extract(tmp_path / "grows", parts, **given).done == 1
    assert content(parts)["manifest.jsonl"].startswith(before["manifest.jsonl"])


@pytest.mark.parametrize("form", some(FORMATS, every=9))
def test_a_full_disk_loses_nothing_that_was_whole(tiny_disk, form):
    packaged(form)
    disk = tiny_disk(600)
    y = music_like(48_040)
    Path("in").mkdir()
    for i in range(40):
        sf.write(Path("in", f"{i:02}.wav"), y[: 48_000 + i], 16000)
    output = disk / "out"
    filler = disk / "filler"
    filler.write_bytes(bytes(150_000))
    given = {"frontend": "kaldi-fbank", "format": form, "shard_items": 2}
    with pytest.raises(OSError, match=r"no space left on device.*df"):
        fastmel.extract("in", output, **given)
    assert no_parts(output)
    problems = fastmel.corpus.verify(output).problems
    # A shard whose line, or what stands beside it, had no room: the next run writes it again.
    assert {problem.kind for problem in problems} <= {"extra"}
    kept = len(fastmel.open_features(output))
    assert kept >= 2
    with pytest.raises(OSError, match="no space left"):
        fastmel.extract("in", output, **given)
    assert len(fastmel.open_features(output)) >= kept
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,size=8M", str(disk)], check=True)
    done = fastmel.extract("in", output, **given)
    assert (done.skipped >= kept, done.failed) == (True, 0)
    fastmel.extract("in", "fresh", **given)
    made = {
        name: data.replace(b"fresh/", f"{output}/".encode())
        for name, data in content("fresh").items()
    }
    assert content(output) == made


# Long items are slow, so that their files are under way when the signal comes.
INTERRUPTED = """
import os, signal, threading, time
from fastmel.corpus import _audio

def slowly(recording, item, blocks=_audio.Recording.blocks):
    for block in blocks(recording, item):
        time.sleep(0.3)
        yield block

_audio.Recording.blocks = slowly
threading.Thread(target=lambda: (time.sleep(0.4), os.kill(os.getpid(), signal.SIGINT))).start()
"""


@posix
@pytest.mark.parametrize("form", some(FORMATS, every=2))
def test_interrupted_in_python(corpus, form):
    """Ctrl-C in a notebook: what is being written is finished, and nothing else remains."""
    packaged(form)
    script = RUN.replace('print("begins", flush=True)', INTERRUPTED)
    output = f"interrupted-{form}"
    command = [sys.executable, "-c", script, output, form]
    done = subprocess.run(command, cwd=corpus, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 or "KeyboardInterrupt" in done.stderr
    if (corpus / output).exists():
        assert no_parts(corpus / output)
        if (corpus / output / "manifest.jsonl").exists():
            assert fastmel.corpus.verify(corpus / output).ok
    finish(start(corpus, output, form))
    assert fastmel.corpus.verify(corpus / output).ok
    assert len(fastmel.open_features(corpus / output)) == 120
