"""The command line: what it writes, says and returns; extract has a file of its own."""

import contextlib
import json
import os
import re
import struct
import subprocess
import sys
import wave
from itertools import takewhile
from pathlib import Path

import numpy as np
import pytest
from effort import some

pytest.importorskip("click")
pytest.importorskip("soxr")
pytest.importorskip("matplotlib")
pytest.importorskip("soundfile")

import fastmel
from fastmel import steps
from fastmel._catalogue import CATALOGUE, FAMILIES
from fastmel._cli import main
from recordings import make, one_line
from signals import music_like

SUBCOMMANDS = [
    "demo", "extract", "verify", "merge", "stats", "plot", "run", "bench", "frontends", "info",
]  # fmt: skip


@pytest.fixture
def run(run_command):
    return run_command


# The group ----------------------------------------------------------------------------------------


def test_version(run):
    assert run("--version") == (0, f"fastmel {fastmel.__version__}\n", "")


@pytest.mark.parametrize("command", [None, *SUBCOMMANDS])
def test_help_teaches_with_examples(run, command):
    code, out, err = run(*filter(None, [command]), "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: fastmel")
    assert out.count("fastmel ") >= (2 if command not in (None, "info") else 1)
    assert max(map(len, out.splitlines())) <= 100


def test_without_a_command_the_help_is_shown(run):
    code, out, err = run()
    assert code == 2
    assert all(name in out + err for name in SUBCOMMANDS)


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["--nonsense"],
        ["extract"],
        ["extract", "a.wav"],
        ["extract", "a.wav", "-o", "out", "--workers", "0"],
        ["extract", "a.wav", "-o", "out", "--frontend", "wisper"],
        ["extract", "a.wav", "-o", "out", "--frontend", "none.json"],
        ["plot"],
        ["plot", "a.wav", "--frontend", "wisper"],
        ["plot", "a.wav", "--frontend", "none.json"],
        ["frontends", "wisper"],
        ["bench", "--rounds", "0"],
        ["info", "more"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_2(run, here, arguments):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "--help" in one_line(err)
    assert not list(here.iterdir())


def test_unknown_front_end_suggests_the_nearest(run):
    assert "whisper" in run("frontends", "wisper")[2]
    assert re.search(r"did you mean \S+, \S+, \S+\?", run("frontends", "kaldi-mffc")[2])


@pytest.mark.parametrize(
    ("text", "reason"),
    [(None, "no such file"), (b"{", "line 1"), (b'{"n_fft": 0}', "n_fft"), (b"\xff", "utf-8")],
)
def test_a_front_end_of_a_file_that_is_none_is_wrong_usage(run, here, text, reason):
    if text is not None:
        Path("own.json").write_bytes(text)
    code, out, err = run("extract", "in", "-o", "out", "--frontend", "own.json")
    assert (code, out) == (2, "")
    assert one_line(err).startswith("error: own.json: ")
    assert reason in err


@pytest.mark.parametrize("module", ["click", "rich"])
def test_without_what_it_needs_a_hint(run_python, module):
    done = run_python(
        f"""
        import sys
        sys.modules["{module}"] = None
        from fastmel._cli import main
        sys.exit(main([]))
        """,
        check=False,
    )
    assert done.returncode == 1
    assert f'needs {module}: pip install "fastmel[cli]"' in one_line(done.stderr)


def test_debug_shows_the_traceback(monkeypatch, here):
    monkeypatch.setenv("FASTMEL_DEBUG", "1")
    with pytest.raises(FileNotFoundError):
        main(["plot", "none.wav"])


def test_runs_as_a_module():
    command = [sys.executable, "-m", "fastmel", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"fastmel {fastmel.__version__}\n"


def test_an_impossible_instruction_set_is_an_error_in_one_line(run_python):
    done = run_python(
        "import sys; from fastmel._cli import main; sys.exit(main(['info']))",
        check=False,
        FASTMEL_SIMD="none-such",
    )
    assert done.returncode == 1
    assert "none-such" in one_line(done.stderr)


# On a terminal ------------------------------------------------------------------------------------


@pytest.fixture
def on_terminal():
    """Run the command on a terminal of so many columns; returns exit code and what is on it."""
    pty, termios, fcntl = map(pytest.importorskip, ("pty", "termios", "fcntl"))

    def run(columns, *arguments, before="", **environment):
        script = f"{before}\nimport sys\nfrom fastmel._cli import main\nsys.exit(main())"
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, columns, 0, 0))
        other = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "LINES")
        env = {k: v for k, v in os.environ.items() if k not in other}
        process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            **dict.fromkeys(("stdin", "stdout", "stderr"), theirs),
            env={**env, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
        )
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # how Linux says that the other end is closed
            while part := os.read(ours, 1 << 16):
                shown += part
        os.close(ours)
        return process.wait(), shown.decode().replace("\r\n", "\n")

    return run


def plain(text):
    """What is left without colours and movements."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)


MOVING = """
import warnings
from fastmel.corpus import _progress
from fastmel.corpus._audio import Recording

_progress._MOVES = 0.0
read = Recording.read

def warned(self, item):
    warnings.warn(f"{item.audio}: [red]no end", stacklevel=2)
    return read(self, item)

Recording.read = warned
"""


@pytest.mark.parametrize("quiet", some([False, True], every=2))
def test_a_bar_moves_and_what_is_said_is_above_it(on_terminal, here, quiet):
    make(Path("in/[b]a.wav"))
    Path("in/[red]text.wav").write_text("no sound")
    arguments = ["extract", "in", "-o", "out", *["--quiet"] * quiet]
    code, shown = on_terminal(120, *arguments, before=MOVING)
    assert code == 1
    assert ("2 of 2 files; " in shown) is not quiet
    assert ("\x1b[?25h" in shown) is not quiet
    # A process that is killed leaves a terminal with a cursor.
    assert quiet or shown.index("\x1b[?25h") < shown.index(" of 2 files; ")
    lines = [line.rpartition("\r")[2] for line in plain(shown).splitlines()]
    assert f"warning: {Path('in/[b]a.wav')}: [red]no end" in lines
    (error,) = [line for line in lines if line.startswith("error: ")]
    assert error.startswith(f"error: {Path('in/[red]text.wav')}: cannot be decoded")
    assert any("1 item failed" in line for line in lines)
    code, shown = on_terminal(120, "verify", "out", before="import fastmel.corpus._progress as p\n"
                              "p._MOVES = 0.0")  # fmt: skip
    assert code == 0
    assert "1 of 1 items verified" in shown


def test_without_colours(on_terminal, here):
    make(Path("in/a.wav"))
    Path("in/text.wav").write_text("no sound")
    colour = re.compile(r"\x1b\[[0-9;]*(3|4|9|10)[0-7][;m]")
    for environment, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        arguments = ["extract", "in", "-o", f"out{coloured}"]
        code, shown = on_terminal(80, *arguments, before=MOVING, **environment)
        assert code == 1
        assert "2 of 2 files; " in shown
        assert bool(colour.search(shown)) is coloured


@pytest.mark.parametrize("columns", some([50, 80], every=2))
def test_a_bar_is_one_line(on_terminal, here, columns):
    """What goes beyond a line moves on at every step, instead of being replaced."""
    for name in ("a", "b", "c"):
        make(Path(f"in/{name}.wav"))
    Path("in/text.wav").write_text("no sound")
    code, shown = on_terminal(columns, "extract", "in", "-o", "out", before=MOVING)
    assert code == 1
    steps = [part for part in re.split(r"[\r\n]", plain(shown)) if " of 4 files" in part]
    assert len(steps) >= 2
    assert max(map(len, steps)) <= columns


@pytest.mark.parametrize("columns", some([60, 80, 100, 140], every=2))
def test_tables_fit_their_terminal(on_terminal, columns):
    code, shown = on_terminal(columns, "frontends", "mfcc")
    assert code == 0
    lines = plain(shown).splitlines()
    assert "\N{HORIZONTAL ELLIPSIS}" not in shown
    assert not [line for line in lines if line.endswith(" ")]
    if columns >= 100:
        assert max(map(len, lines)) <= columns
    else:  # too few for the last column: the terminal breaks the lines, of which each is a record
        assert not [line for line in lines if line.startswith(" ")]
    for name in ("librosa-mfcc", "torchaudio-mfcc", "kaldi-mfcc-hires"):
        description = CATALOGUE[name].description
        (first,) = [i for i, line in enumerate(lines) if line.split()[:1] == [name]]
        where = lines[first].rindex(description[:7])
        folded = takewhile(lambda line: line.startswith(" "), lines[first + 1 :])
        cell = [line[where:].strip() for line in (lines[first], *folded)]
        assert " ".join(cell) == description


def test_elsewhere_nothing_is_imported_for_terminals(run_python, here):
    make(Path("in/a.wav"))
    run_python(
        """
        import sys
        from fastmel._cli import main
        assert main(["--help"]) == main(["extract", "in", "-o", "out"]) == 0
        assert main(["verify", "out"]) == 0
        assert "rich" not in sys.modules
        """
    )


def test_without_rich_progress_is_lines(run_python, here):
    make(Path("in/a.wav"))
    done = run_python(
        """
        import sys
        from fastmel import corpus
        from fastmel.corpus import _progress
        sys.modules["rich"] = None
        _progress._EVERY = 0.0
        sys.stderr.isatty = lambda: True
        corpus.extract("in", "out", "librosa", progress=True)
        """
    )
    assert "1 of 1 file; " in done.stderr


# info, frontends ----------------------------------------------------------------------------------


def test_info_names_versions_and_instruction_sets(run):
    code, out, err = run("info")
    assert (code, err) == (0, "")
    simd = fastmel.simd_info()
    for text in (fastmel.__version__, np.__version__, simd["active"], simd["compiler"], "soxr"):
        assert text in out
    for extra in ("io", "av", "plot", "kaldi", "parquet", "lhotse", "ray", "cli"):
        assert f"\n[{extra}] " in out


def test_frontends_lists_the_catalogue_by_family(run):
    code, out, _ = run("frontends")
    assert code == 0
    lines = out.splitlines()
    for family, rows in FAMILIES.items():
        first = lines.index(family) + 1
        assert [line.split()[0] for line in lines[first : first + len(rows)]] == list(rows)
    for name in fastmel.frontends():
        fe = fastmel.frontend(name)
        row = next(line for line in lines if line.split()[:1] == [name])
        assert f"{fe.sample_rate / 1000:g} kHz" in row
        assert row.split()[3:6] == [
            str(fe.config.n_fft),
            str(fe.config.hop_length),
            str(fe.n_features),
        ]
    assert f"{len(CATALOGUE)} front ends" in lines[-1]


@pytest.mark.parametrize(
    ("word", "some", "others"),
    [
        ("mfcc", {"librosa-mfcc", "kaldi-mfcc"}, {"whisper"}),
        ("PARAFORMER", {"funasr"}, {"kaldi-fbank"}),  # a model
        ("feature-fbank.cc", {"kaldi-fbank"}, {"funasr"}),  # a source
        ("speech toolkits", {"espnet", "speechbrain"}, {"librosa"}),  # a family
    ],
)
def test_frontends_with_a_word(run, word, some, others):
    code, out, _ = run("frontends", word)
    assert code == 0
    names = {line.split()[0] for line in out.splitlines() if line}
    assert some <= names
    assert not others & names


@pytest.mark.parametrize("name", ["whisper", "vggish", "granite-speech-5", "funasr", "librosa-mel"])
def test_frontends_describes_one(run, name):
    code, out, _ = run("frontends", name)
    assert code == 0
    entry = CATALOGUE[name]
    words = " ".join(out.split())
    for text in (entry.description, entry.source, entry.notes, ", ".join(entry.models)):
        assert text in words
    for step in (*entry.config.before, *entry.config.after):
        assert type(step).__name__ in words
    assert f"({', '.join(entry.axes)}), {entry.config.n_features} features" in words
    listed = out.partition("otherwise:\n")[2].partition("\n\n")[0].splitlines()
    assert ("fastmel.MelConfig with the defaults\n" in out) is (not listed)
    fields = dict(line.split(maxsplit=1) for line in listed)
    config = {field: eval(value, vars(steps)) for field, value in fields.items()}
    assert fastmel.MelConfig(**config) == entry.config


@pytest.mark.parametrize("name", ["whisper", "yamnet", "funasr", None])
def test_frontends_as_json(run, name):
    code, out, _ = run("frontends", "--json", *filter(None, [name]))
    assert code == 0
    records = json.loads(out)
    assert list(records) == ([name] if name else list(CATALOGUE))
    for key, record in records.items():
        entry = CATALOGUE[key]
        assert fastmel.MelConfig.from_json(json.dumps(record["config"])) == entry.config
        assert (record["source"], record["n_features"]) == (entry.source, entry.config.n_features)


@pytest.mark.parametrize("name", some(CATALOGUE, every=8))
def test_axes_are_those_of_the_result(name):
    entry, fe = CATALOGUE[name], fastmel.frontend(name)
    features = fe(music_like(4 * fe.sample_rate, sr=fe.sample_rate))
    sizes = dict(zip(entry.axes, features.shape, strict=True))
    assert sizes["features"] == entry.config.n_features == fe.n_features
    assert sizes.get("patches", sizes["frames"]) == fe.num_frames(4 * fe.sample_rate)


def test_frontends_by_the_name_of_a_checkpoint(run):
    code, out, _ = run("frontends", "openai/whisper-small")
    assert code == 0
    assert out.startswith("whisper-hf: ")
    code, _, err = run("frontends", "facebook/wav2vec2-base")
    assert code == 2
    assert "takes samples, not features" in err


# demo ---------------------------------------------------------------------------------------------


def test_demo(run, here):
    code, out, err = run("demo", "-o", "d")
    assert (code, err) == (0, "")
    assert sorted(p.name for p in Path("d").iterdir()) == [
        "clip.wav",
        "features.npy",
        "picture.png",
    ]
    with wave.open("d/clip.wav") as clip:
        assert clip.getframerate() == 22050
        assert 3 < clip.getnframes() / 22050 < 10
    y, sr = fastmel.load("d/clip.wav")
    features = np.load("d/features.npy")
    np.testing.assert_array_equal(features, fastmel.log_melspectrogram(y=y, sr=sr, ref=np.max))
    assert Path("d/picture.png").read_bytes().startswith(b"\x89PNG")
    for text in (
        "clip.wav",
        "128 bands",
        "real time",
        fastmel.simd_info()["active"],
        "fastmel plot",
    ):
        assert text in out
    assert run("demo", "-o", "d")[0] == 0  # it may run again


def test_demo_spares_other_files(run, here):
    make(Path("mine/clip.wav"))
    before = Path("mine/clip.wav").read_bytes()
    code, _, err = run("demo", "-o", "mine")
    assert code == 2
    assert "clip.wav" in one_line(err)
    assert Path("mine/clip.wav").read_bytes() == before


# plot ---------------------------------------------------------------------------------------------


# One front end of every kind of features.
KINDS = {
    "librosa": ("mel scale", "128 mel bands", "dB, 0 is the maximum"),
    "wespeaker": ("mel scale", "80 mel bands", "ln of power, less the mean"),
    "hifi-gan": ("mel scale", "80 mel bands", "ln of magnitude"),
    "whisper": ("mel scale", "80 mel bands", "log10 of power, normalised"),
    "torchaudio": ("mel scale", "128 mel bands", "Power"),
    "kaldi-spectrogram": ("Frequency (Hz)", "257 bins", "ln of power"),
    "librosa-mfcc": ("Coefficient", "20 coefficients", "Cepstrum"),
    "funasr": ("Feature (7 times 80)", "560 features", "ln of power"),
    "granite-speech-5": ("Feature (4 times 80)", "320 features", "log10 of power, normalised"),
    "speechbrain-mfcc": ("Feature (60 times 11)", "660 features", "Cepstrum"),
    "yamnet": ("mel scale", "8 patches of 96 frames, 64 mel bands", "ln of magnitude"),
    "musicnn": ("mel scale", "1 patch of 187 frames, 96 mel bands", "Feature"),
}


@pytest.mark.parametrize("name", some(KINDS, every=3))
def test_plot(run, here, name):
    make(Path("a.wav"), n=64000)
    code, out, err = run("plot", "a.wav", "--frontend", name)
    assert (code, err) == (0, "")
    assert "a-mel.png" in one_line(out)
    assert KINDS[name][1] in out
    assert Path("a-mel.png").read_bytes().startswith(b"\x89PNG")


def mesh_of(figure):
    return figure.axes[0].collections[0]


def places(mesh):
    """Edges of the columns in seconds."""
    return np.asarray(mesh.get_coordinates())[0, :, 0]


@pytest.mark.parametrize("name", KINDS)
def test_axes_of_a_picture(name):
    from fastmel._cli._picture import picture

    fe = fastmel.frontend(name)
    y = music_like(4 * fe.sample_rate, sr=fe.sample_rate)
    figure = picture(y, fe(y), fe, "a")
    rows, amounts, unit = KINDS[name]
    below, above, bar = figure.axes
    assert rows in below.get_ylabel()
    assert unit in bar.get_ylabel()
    assert amounts in above.get_title(loc="right")
    assert below.get_xlim() == above.get_xlim() == (0, 4)
    assert mesh_of(figure).get_array().shape[0] == fe.n_features
    low, high = below.get_ylim()
    if rows == "mel scale":
        assert high <= fe.sample_rate / 2
    elif rows.startswith("Frequency"):
        assert (low, high) == (0, fe.sample_rate / 2)
    else:
        assert high - low == fe.n_features


FRAMINGS = ("sherpa-onnx", "fsmn-vad", "seamless-m4t", "gemma-3n", "efficientat", "clap", "inkling")


@pytest.mark.parametrize("name", [*KINDS, *FRAMINGS, "whisper-hf", "whisper-knf", "tf-signal"])
def test_a_click_is_drawn_when_it_is_heard(name):
    """Whatever the framing, the stacking, the layout: at 2 s of 4 s."""
    from fastmel._cli._picture import picture

    fe = fastmel.frontend(name)
    sr = fe.sample_rate
    y = 1e-3 * np.random.default_rng(0).standard_normal(4 * sr).astype(np.float32)
    y[2 * sr : 2 * sr + sr // 200] *= 500  # 5 ms
    mesh = mesh_of(picture(y, fe(y), fe, "click"))
    x, values = places(mesh), np.ma.filled(mesh.get_array(), 0).astype(float)
    off = np.abs(values - np.median(values, axis=1, keepdims=True))
    off = (off / (np.median(off, axis=1, keepdims=True) + 1e-6)).mean(axis=0)
    off[(x[:-1] < 0.2) | (x[1:] > 3.8)] = 0  # the ends are special
    around = off > off.max() / 2
    middle = (x[:-1] + x[1:])[around].mean() / 2
    width = fe.config.counted_length + fe.config.stack * fe.config.hop_length
    assert middle == pytest.approx(2.0025, abs=max(0.015, width / sr / 4))


def test_plot_output_and_part(run, here):
    make(Path("a.wav"), n=16000)
    code, out, _ = run("plot", "a.wav", "-o", "new/b.svg", "--start", 0.25, "--duration", 0.5)
    assert code == 0
    assert "500 ms" in out
    assert "<svg" in Path("new/b.svg").read_text(encoding="utf-8")


def test_plot_asks_before_it_replaces_a_picture(run, here, monkeypatch):
    make(Path("a.wav"), n=16000)
    Path("a-mel.png").write_text("mine")
    code, _, err = run("plot", "a.wav")
    assert code == 2
    assert "a-mel.png exists: choose another name with -o, or give --force" in one_line(err)
    for answer, code in ((False, 2), (True, 0)):
        monkeypatch.setattr("fastmel._cli.plot._replace", lambda path, answer=answer: answer)
        assert Path("a-mel.png").read_text() == "mine"
        assert run("plot", "a.wav")[0] == code
    assert Path("a-mel.png").read_bytes().startswith(b"\x89PNG")
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert run("plot", "a.wav", "--force")[0] == 0


def test_a_picture_names_its_front_end():
    from fastmel._cli._picture import picture

    fe = fastmel.frontend("kaldi-fbank")
    y = music_like(16000, sr=16000)
    above = picture(y, fe(y), fe, "a").axes[1]
    assert above.get_title(loc="right").startswith("kaldi-fbank ")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["none.wav"], 1, "none.wav"),
        (["text.wav"], 1, "cannot be decoded"),
        (["."], 1, "folder"),
        (["a.wav", "--start", "99"], 1, "offset=99"),
        (["a.wav", "--duration", "0"], 2, "duration"),
        (["a.wav", "-o", "a.xyz"], 2, "a.xyz"),
        (["a.wav", "--frontend", "musicnn"], 1, "a.wav: too short"),
    ],
    ids=str,
)
def test_plot_errors(run, here, arguments, code, message):
    make(Path("a.wav"))
    Path("text.wav").write_text("no sound")
    found, out, err = run("plot", *arguments)
    assert (found, out) == (code, "")
    assert message in one_line(err)


def test_plot_of_a_part_has_the_times_of_the_whole(here):
    from fastmel._cli._picture import picture

    fe = fastmel.frontend("librosa")
    y = np.zeros(22050 * 60, np.float32)
    y[22050 * 30] = 1
    figure = picture(y, fe(y), fe, "long", start=100.0)
    mesh = mesh_of(figure)
    grid = places(mesh)
    column = int(mesh.get_array().max(axis=0).argmax())
    assert grid[column] == pytest.approx(130, abs=0.1)
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim() == (100, 160)
