"""The benchmark: what it compares, what it leaves out, what it writes."""

import contextlib
import functools
import importlib.util
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path

import fastmel
import numpy as np
import pytest
from effort import some
from fastmel._bench import cases, html, machine, measure, text
from fastmel._bench import run as engine
from fastmel._bench.case import Case, Contender, lib
from libraries import required

ROOT = Path(__file__).parent.parent
ONES = np.ones(3)
QUICK = measure.Pace(0, (3, 3))
# Git and the metadata of packages, which say the same each time.
DESCRIBED = functools.cache(machine.describe)


def case(contenders, **kwargs):
    return Case("made_up", "Made up, for a test", "call", 1, ONES, 0.1, contenders, **kwargs)


def gives(result, **kwargs):
    return Contender(lambda: lambda: result, **kwargs)


def found(monkeypatch, *made):
    """Run cases; return what was found and what was said."""
    monkeypatch.setattr(engine, "CASES", {str(i): lambda c=c: c for i, c in enumerate(made)})
    monkeypatch.setattr(machine, "describe", DESCRIBED)
    said = []
    names = [str(i) for i in range(len(made))]
    return engine.record(engine.results(names, QUICK, said.append), QUICK), said


# --- measuring ------------------------------------------------------------------------------------


def test_everyone_takes_turns_and_ratios_are_of_rounds():
    calls = []
    pace = measure.Pace(0, (5, 5))
    times = measure.interleaved(
        {name: lambda name=name: calls.append(name) for name in "abc"}, pace
    )
    assert times.seconds.shape == (5, 3)
    ratio = np.median(times["a"] / times["b"])
    assert times.ratio("a", "b").median == ratio
    spread = times.spread("c")
    assert 0 < spread.minimum <= spread.lower <= spread.median <= spread.upper <= spread.maximum
    # In the rounds nobody is called again before all have been: blocks of the repeats of each.
    blocks = [name for i, name in enumerate(calls) if i == 0 or calls[i - 1] != name][-15:]
    assert len(blocks) >= 11  # two of a kind meet where one round ends and the next begins


def test_what_is_around_a_call_is_not_timed(monkeypatch):
    now = [0.0]
    monkeypatch.setitem(measure.CLOCKS, "wall", lambda: now[0])

    def takes(seconds):
        now[0] += seconds

    @contextlib.contextmanager
    def slowly():
        takes(100)
        yield
        takes(100)

    times = measure.interleaved({"a": lambda: takes(3)}, QUICK, around={"a": slowly})
    assert times["a"].tolist() == [3, 3, 3]


def test_short_calls_are_repeated():
    assert measure.interleaved({"a": lambda: None}, QUICK).repeats[0] > 100


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's affinity")
def test_pinned_to_a_cpu_and_free_again():
    before = os.sched_getaffinity(0)
    with machine.pinned(min(before)):
        assert os.sched_getaffinity(0) == {min(before)}
    assert os.sched_getaffinity(0) == before


def test_one_thread_for_everyone_and_back(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    with machine.one_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


# --- who is measured ------------------------------------------------------------------------------


def test_other_work_is_not_timed(monkeypatch):
    contenders = {
        "fastmel": gives(ONES),
        "wrong": gives(ONES + 1),
        "nan": gives(ONES * np.nan),
        "shape": gives(np.ones(4)),
        "nearest": gives(ONES * 5, expected=ONES * 5),
    }
    facts, said = found(monkeypatch, case(contenders))
    made_up = facts["cases"]["made_up"]
    assert list(made_up["contenders"]) == ["fastmel", "nearest"]
    assert list(made_up["left_out"]) == ["wrong", "nan", "shape"]
    assert len(said) == 3
    assert "1 off, accepted 0.1" in said[0]


def test_a_missing_library_is_said_once(monkeypatch):
    def missing():
        lib("no_such_library.part")

    contenders = {"fastmel": gives(ONES), "a": Contender(missing), "b": Contender(missing)}
    facts, said = found(monkeypatch, case(contenders), case(contenders))
    assert said == ["not installed, and left out: no_such_library"]
    assert facts["cases"]["made_up"]["left_out"]["b"] == "no_such_library is not installed"


@pytest.mark.parametrize("peers", [True, False])
def test_plain_numpy_stands_in_for_peers(monkeypatch, peers):
    contenders = {"fastmel": gives(ONES), "NumPy": gives(ONES, alone=True)}
    if peers:
        contenders = {"peer": gives(ONES)} | contenders
    facts, _ = found(monkeypatch, case(contenders))
    assert ("NumPy" in facts["cases"]["made_up"]["contenders"]) is not peers


def test_patched_calls_are_inside_of_the_patch(monkeypatch):
    opened = []

    @contextlib.contextmanager
    def patch():
        opened.append(True)
        yield
        opened.clear()

    contenders = {
        "not patched": Contender(lambda: lambda: ONES * (not opened)),
        "patched": Contender(lambda: lambda: ONES * bool(opened), ours=True, around=patch),
    }
    facts, said = found(monkeypatch, case(contenders, kind="patched"))
    assert not said
    assert list(facts["cases"]["made_up"]["contenders"]) == ["not patched", "patched"]


@pytest.mark.parametrize(
    "name", some(["one_second", "file", "log_mel", "batch", "patched"], every=5)
)
def test_cases_do_the_same_work(name, monkeypatch):
    """Of the libraries that are installed."""
    for needed in {"file": ["soundfile", "soxr"], "patched": ["librosa"]}.get(name, []):
        required(needed)
    said = []
    if name == "patched":  # one library is enough
        from fastmel._bench.cases import patched

        monkeypatch.setattr(patched, "_LIBRARIES", {"librosa": patched._librosa})
    results = list(engine.results([name], QUICK, said.append))
    assert results
    for result in results:
        other = [why for why in result.left_out.values() if why.startswith(engine.OTHER_WORK)]
        assert not other
        assert any(map(result.case.ours, result.times.names))
    assert len(said) == len(set(said))


# --- what it writes -------------------------------------------------------------------------------


@pytest.fixture
def facts(monkeypatch):
    slow = Contender(lambda: lambda: ONES, note="with <marks> & such")
    made = case({"fastmel": gives(ONES), "peer's": slow}, audio=30.0)
    return found(monkeypatch, made)[0]


def test_facts_say_what_was_measured_on_what(facts):
    facts = json.loads(json.dumps(facts))
    assert facts["schema"] == engine.SCHEMA
    where = facts["machine"]
    assert {"commit", "cpu", "cpu_flags", "affinity", "governor", "simd", "packages"} <= set(where)
    assert {"compiler", "flags", "active"} <= set(where["simd"])
    assert facts["pace"]["rounds"] == [3, 3]
    peer = facts["cases"]["made_up"]["contenders"]["peer's"]
    assert set(peer["seconds"]) == {"minimum", "lower", "median", "upper", "maximum"}
    assert set(peer["times"]) == {"fastmel"}
    assert peer["off_by"] == 0


def test_commit_is_that_of_this_checkout_or_none(monkeypatch, tmp_path):
    commit = machine.describe()["commit"]
    assert commit is None or re.fullmatch(r"[0-9a-f]{40}(-dirty)?", commit)
    monkeypatch.setattr(machine, "__file__", str(tmp_path / "machine.py"))
    assert machine.describe()["commit"] is None


def test_the_legend_says_how_many_rounds_there_were(facts):
    made = facts["cases"]["made_up"]
    for rounds, said in (
        ((), "0 rounds"),
        ((1,), "1 round"),
        ((3, 3), "3 rounds"),
        ((3, 5), "3 to 5 rounds"),
    ):
        cases = {i: {**made, "rounds": n} for i, n in enumerate(rounds)}
        assert text.legend({**facts, "cases": cases}).startswith(f"Medians of {said}, taken")


def test_text(facts):
    lines = list(text.lines(facts["cases"], blocks=False))
    assert lines[0] == "Made up, for a test"
    rows = [line for line in lines if line.lstrip().startswith(("fastmel", "peer's"))]
    assert rows[0].endswith("#")
    assert "0e+00" in rows[0]
    assert all(line.isascii() for line in lines if "µ" not in line)


def test_html_needs_nothing_else(facts, tmp_path):
    html.write(facts, tmp_path / "bench.html")
    page = (tmp_path / "bench.html").read_text("utf-8")
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)
    assert "peer&#x27;s" in page
    assert "with &lt;marks&gt; &amp; such" in page
    assert page.count("class=bar") == 2


def test_patched_calls_share_a_table(monkeypatch, tmp_path):
    pair = {"not patched": gives(ONES), "patched": gives(ONES, ours=True)}
    made = [replace(case(pair, kind="patched"), key=key) for key in ("a", "b")]
    facts, said = found(monkeypatch, *made, case({"fastmel": gives(ONES)}))
    assert not said
    lines = list(text.lines(facts["cases"]))
    assert sum(line == "Calls, not patched and patched" for line in lines) == 1
    html.write(facts, tmp_path / "bench.html")
    page = (tmp_path / "bench.html").read_text("utf-8")
    assert page.count("<tr class=ours>") == 3
    assert page.count("<table>") == 2


def test_chart(facts, tmp_path):
    pytest.importorskip("matplotlib")
    from fastmel._bench import chart

    chart.draw(facts, tmp_path / "bench.svg")
    again = tmp_path / "again.svg"
    chart.draw(facts, again)
    assert (tmp_path / "bench.svg").read_bytes() == again.read_bytes()


# --- commands -------------------------------------------------------------------------------------


def test_command(tmp_path, capsys):
    pytest.importorskip("click")
    from fastmel import _cli

    quick = ["one_second", "--rounds", "3", "--seconds", "0"]
    files = ["--json", tmp_path / "a.json", "--html", tmp_path / "new/a.html"]
    assert _cli.main(["bench", *quick, *map(str, files)]) == 0
    out, err = capsys.readouterr()
    assert "Whisper's log-mel, one second" in out
    assert not re.search("target|goal|missed|≥", out + err, re.IGNORECASE)
    assert "one_second" in json.loads((tmp_path / "a.json").read_text())["cases"]
    assert (tmp_path / "new/a.html").exists()
    assert _cli.main(["bench", "no_such_case"]) == 2
    assert "log_mel" in capsys.readouterr().err


def test_help_names_every_case(capsys):
    pytest.importorskip("click")
    from fastmel import _cli

    _cli.main(["bench", "--help"])
    words = re.findall(r"\w+", capsys.readouterr().out)
    assert set(cases.CASES) <= set(words)
    assert set(cases.SHORT) <= set(cases.CASES)


@pytest.mark.skipif(not (ROOT / "bench").exists(), reason="needs the sources")
def test_targets_are_developers_business(monkeypatch):
    pytest.importorskip("click")
    monkeypatch.syspath_prepend(ROOT)
    from bench import pages, targets

    runs = targets.all_stored()
    assert {f"{pages.CPU}, avx512", f"{pages.CPU}, avx2"} <= set(runs)
    for name, run in runs.items():
        assert run["machine"]["simd"]["active"] == name.rpartition(", ")[2]
    assert len(targets.table(runs)[0]) == 3 + len(runs)
    for page in ("README.md", "docs/speed.md", "docs/accuracy.md"):
        assert "(≥" not in (ROOT / page).read_text("utf-8"), page
    known = {*cases.CASES, "bare_fft"}
    assert {target.case for target in targets.TARGETS} <= known


def test_no_private_function_of_a_peer_is_called():
    folder = Path(importlib.util.find_spec("fastmel._bench").origin).parent / "cases"
    for source in folder.glob("*.py"):
        attributes = re.findall(r"(?<!self)\.(_[a-z]\w*)", source.read_text("utf-8"))
        assert not attributes, source


@pytest.mark.skipif(not (ROOT / "bench").exists(), reason="needs the sources")
def test_developers_measurements_run(monkeypatch):
    monkeypatch.syspath_prepend(ROOT)
    pytest.importorskip("scipy")
    from bench import fft, stages, streaming

    times = streaming.measured(seconds=0.5, rounds=1)
    assert all(time > 0 for [time] in times.values())
    assert {"stream, 10 ms", "256 streams of 10 ms, one call"} <= times.keys()
    result = fft.measure(256, "single", QUICK, peers=False)
    assert result.engine == "fused"
    assert all(rate.minimum > 0 for rate in map(result.gflops, result.times.names))
    limits = stages.Limits({"single": 1e11, "double": 1e11}, 1e10)
    config = fastmel.frontend("whisper").config
    rows = stages.measure(config, limits, seconds=0, rounds=3)
    assert [row["stage"] for row in rows] == [*stages.STAGES, "all"]
    assert rows[-1]["us"] > 0
