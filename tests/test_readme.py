"""The README: examples and commands run, links lead somewhere, figures are the measured ones."""

import importlib.util
import re
import shlex
from pathlib import Path

import fastmel
import numpy as np
import pytest
from blocks import ROOT, of

README = ROOT / "README.md"

pytestmark = pytest.mark.skipif(not README.exists(), reason="needs the sources")


def text():
    return README.read_text(encoding="utf-8")


@pytest.fixture
def clip(tmp_path, monkeypatch):
    """A folder of one's own with the demo's clip where the demo puts it; returns the clip."""
    pytest.importorskip("click")
    pytest.importorskip("soundfile")
    pytest.importorskip("soxr")
    pytest.importorskip("matplotlib")
    from fastmel._cli import _clip

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    y = _clip.synthesize()
    Path("fastmel-demo").mkdir()
    Path("fastmel-demo/clip.wav").write_bytes(_clip.wav_bytes(y))
    return y


def test_python_examples(clip, librosa):
    scope = {}
    for block in of("python"):
        exec(compile(block, str(README), "exec"), scope)
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=clip), ref=np.max)
    assert np.allclose(scope["S"], theirs, atol=1.5e-5)
    assert scope["features"].shape == (80, 600)
    assert scope["batch"].shape == (2, 80, 600)
    assert scope["lengths"].tolist() == [600, 100]
    assert Path("clip.png").stat().st_size > 10_000


def test_python_example_of_the_performance_page():
    (block,) = of("python", "docs/performance.md")
    exec(compile(block.replace("range(100)", "range(2)"), "performance.md", "exec"), {})


def test_commands(clip):
    from fastmel import _cli as cli

    Path("recordings").mkdir()
    Path("recordings/one.wav").write_bytes(Path("fastmel-demo/clip.wav").read_bytes())
    lines = [
        line for block in of("bash") for line in re.split(r"\n|&&", re.sub("  #.*", "", block))
    ]
    commands = [shlex.split(line)[1:] for line in lines if line.strip().startswith("fastmel ")]
    assert len(commands) >= 4
    for command in commands:
        assert cli.main(command) == 0, command
    assert Path("fastmel-demo/picture.png").exists()
    assert Path("clip-mel.png").exists()
    assert Path("clip-mel.html").exists()
    assert np.load("features/one.npy").shape == (80, 600)


@pytest.mark.parametrize(
    "command", ['pip install ".[cli]" && fastmel demo', 'pip install ".[test]" && pytest']
)
def test_the_two_commands_stand_alone(command):
    assert f"{command}\n" in of("bash")


@pytest.mark.skipif(
    not (ROOT / ".github").exists(), reason="needs the files of the repository that no archive has"
)
@pytest.mark.parametrize(
    "page",
    ["README.md", "docs/design.md", "docs/performance.md", "docs/index.md", "docs/migrating.md"],
)
def test_links(page):
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / page).read_text(encoding="utf-8"))
    assert links
    for link in links:
        if not link.startswith(("http://", "https://", "#")):
            assert ((ROOT / page).parent / link.partition("#")[0]).exists(), link


def test_every_name_exists():
    first_column = re.findall(r"^\| (`[^|]*`) \|", text(), re.MULTILINE)
    names = [name for cell in first_column for name in re.findall(r"`([a-z_A-Z.]+)`", cell)]
    assert len(names) > 20
    for name in names:
        room = name.removeprefix("fastmel.").split(".")[0]
        if room in ("lhotse", "ray", "torch") and importlib.util.find_spec(room) is None:
            continue
        found = fastmel
        for part in name.removeprefix("fastmel.").split("."):
            found = getattr(found, part)


def tables(page):
    """Return {heading of the section, or "": {row: cells}} of a page's tables."""
    found, heading = {}, ""
    for line in page.splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.startswith("|") and "---" not in line:
            row, *cells = (cell.strip(" *") for cell in line.strip("|").split("|"))
            if row:
                found.setdefault(heading, {})[row] = cells
    return found


def test_accuracy_is_that_of_its_page():
    measured = tables((ROOT / "docs/accuracy.md").read_text(encoding="utf-8"))
    columns = [
        measured["Mel power: largest relative error of any band"],
        measured["Decibels: largest error of any band, dB"],
        measured["Decibels: largest error within 80 dB of the maximum"],
    ]
    whisper = measured["Whisper's features: largest error"]
    section = text().partition("## The same numbers")[2].partition("\n## ")[0]
    librosa_part, _, whisper_part = section.partition("Whisper's features of")
    shown = tables(librosa_part)[""]
    assert shown == {row: [column[row][0] for column in columns] for row in columns[0]}
    assert {row: cells[0] for row, cells in tables(whisper_part)[""].items()} == {
        row: cells[0] for row, cells in whisper.items()
    }


def test_every_page_is_in_the_sites_contents():
    docs = ROOT / "docs"
    pages = {str(page.relative_to(docs).with_suffix("")) for page in docs.rglob("*.md")}
    index = (docs / "index.md").read_text(encoding="utf-8")
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
    entries = {line.split("<")[-1].rstrip(">") for tree in trees for line in tree.splitlines()}
    assert pages - entries == {"index"}
