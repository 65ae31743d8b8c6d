"""The command line: what it writes, says and returns."""

import json
import os
import signal
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("click")
pytest.importorskip("soxr")
pytest.importorskip("matplotlib")
pytest.importorskip("soundfile")

import fastmel
import soundfile as sf
from fastmel import steps
from fastmel.catalogue import CATALOGUE, FAMILIES
from fastmel.cli import main
from fastmel.cli.extract import plan, write_npy
from signals import music_like

SUBCOMMANDS = ["demo", "extract", "plot", "run", "bench", "frontends", "info"]


@pytest.fixture
def run(capfd, monkeypatch):
    """Run the command in this process: exit code, stdout, stderr."""
    monkeypatch.delenv("FASTMEL_DEBUG", raising=False)

    def call(*arguments):
        code = main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def make(path, n=12000, sr=16000, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    sf.write(path, music_like(n, sr=sr, seed=seed), sr)
    return path


def one_line(text):
    assert text.count("\n") == 1, text
    return text


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
        ["plot"],
        ["plot", "a.wav", "--frontend", "wisper"],
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


def test_without_click_a_hint(run_python):
    done = run_python(
        """
        import sys
        sys.modules["click"] = None
        from fastmel.cli import main
        sys.exit(main([]))
        """,
        check=False,
    )
    assert done.returncode == 1
    assert 'pip install "fastmel[cli]"' in one_line(done.stderr)


def test_debug_shows_the_traceback(monkeypatch, here):
    monkeypatch.setenv("FASTMEL_DEBUG", "1")
    with pytest.raises(FileNotFoundError):
        main(["plot", "none.wav"])


def test_runs_as_a_module(run_python):
    done = run_python(
        """
        import subprocess, sys
        sys.exit(subprocess.run([sys.executable, "-m", "fastmel", "--version"]).returncode)
        """
    )
    assert done.stdout == f"fastmel {fastmel.__version__}\n"


def test_an_impossible_instruction_set_is_an_error_in_one_line(run_python):
    done = run_python(
        "import sys; from fastmel.cli import main; sys.exit(main(['info']))",
        check=False,
        FASTMEL_SIMD="none-such",
    )
    assert done.returncode == 1
    assert "none-such" in one_line(done.stderr)


# info, frontends ----------------------------------------------------------------------------------


def test_info_names_versions_and_instruction_sets(run):
    code, out, err = run("info")
    assert (code, err) == (0, "")
    simd = fastmel.simd_info()
    for text in (fastmel.__version__, np.__version__, simd["active"], simd["compiler"], "soxr"):
        assert text in out


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


@pytest.mark.parametrize("name", ["whisper", "vggish", "granite-speech-5", "funasr"])
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


@pytest.mark.parametrize("name", CATALOGUE)
def test_axes_are_those_of_the_result(name):
    entry, fe = CATALOGUE[name], fastmel.frontend(name)
    features = fe(music_like(4 * fe.sample_rate, sr=fe.sample_rate))
    sizes = dict(zip(entry.axes, features.shape, strict=True))
    assert sizes["features"] == entry.config.n_features == fe.n_features
    assert sizes.get("patches", sizes["frames"]) == fe.num_frames(4 * fe.sample_rate)


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


def test_demo_may_run_again_but_spares_other_files(run, here):
    assert run("demo", "-o", "d")[0] == 0
    assert run("demo", "-o", "d")[0] == 0
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


@pytest.mark.parametrize("name", KINDS)
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
    from fastmel.cli._picture import picture

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
    from fastmel.cli._picture import picture

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


def test_plot_of_a_long_recording_averages_frames(here):
    from fastmel.cli._picture import picture

    fe = fastmel.frontend("librosa")
    y = np.zeros(22050 * 60, np.float32)
    y[22050 * 30] = 1
    figure = picture(y, fe(y), fe, "long", start=100.0)
    mesh = mesh_of(figure)
    assert mesh.get_array().shape[1] <= 2400
    grid = places(mesh)
    column = int(mesh.get_array().max(axis=0).argmax())
    assert grid[column] == pytest.approx(130, abs=0.1)
    assert figure.axes[0].get_xlim() == figure.axes[1].get_xlim() == (100, 160)


# extract ------------------------------------------------------------------------------------------


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
    return sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.is_file())


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", ["librosa", "funasr", "yamnet"])
def test_extract_mirrors_a_tree(run, corpus, name, workers):
    code, out, err = run("extract", corpus, "-o", "out", "--frontend", name, "--workers", workers)
    assert (code, err) == (0, "")
    assert "5 files" in one_line(out)
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
    code, out, err = run("extract", corpus, "missing.wav", "-o", "out")
    assert (code, out) == (1, "")
    lines = err.splitlines()
    assert len(lines) == 5
    for name in ("empty.wav", "text.wav", "cut.flac", "missing.wav"):
        assert sum(name in line for line in lines[:4]) == 1
    assert "5 files to out" in lines[4]
    assert "4 files failed" in lines[4]
    assert len(outputs("out")) == 5


def test_extract_names_a_file_that_is_too_short(run, here):
    make(Path("short.wav"), n=100)
    code, _, err = run("extract", "short.wav", "-o", "out", "--frontend", "whisper")
    assert code == 1
    assert "short.wav" in err.splitlines()[0]
    assert not Path("out").exists() or not outputs("out")


def test_extract_skips_what_exists(run, corpus):
    run("extract", corpus, "-o", "out")
    before = {p: p.stat().st_mtime_ns for p in Path("out").rglob("*.npy")}
    Path("out/sub/a.npy").unlink()
    code, out, _ = run("extract", corpus, "-o", "out")
    assert code == 0
    assert "1 file to out" in out
    assert "4 files skipped" in out
    unchanged = {p for p, t in before.items() if p.stat().st_mtime_ns == t}
    assert len(unchanged) == 4


def test_extract_overwrites_if_told(run, corpus):
    Path("out").mkdir()
    np.save("out/a.npy", np.zeros((128, 3), np.float32))
    assert run("extract", corpus / "a.wav", "-o", "out", "--overwrite")[0] == 0
    assert np.load("out/a.npy").max() == 0  # dB below the maximum
    assert np.load("out/a.npy").shape[1] > 3


@pytest.mark.parametrize(
    ("first", "second"),
    [("whisper", "librosa"), ("whisper", "parakeet"), ("vggish", "panns"), ("panns", "vggish")],
)
def test_extract_does_not_skip_other_features(run, corpus, first, second):
    run("extract", corpus / "a.wav", "-o", "out", "--frontend", first)
    before = np.load("out/a.npy").shape
    code, _, err = run("extract", corpus / "a.wav", "-o", "out", "--frontend", second)
    assert code == 1
    assert "--overwrite" in err.splitlines()[0]
    assert np.load("out/a.npy").shape == before
    code, out, _ = run("extract", corpus / "a.wav", "-o", "out", "--frontend", first)
    assert code == 0
    assert "1 file skipped" in out


def test_extract_refuses_two_sources_for_one_output(run, corpus):
    make(corpus / "a.flac")
    code, out, err = run("extract", corpus, "-o", "out")
    assert (code, out) == (2, "")
    assert "a.wav" in err
    assert "a.flac" in err
    assert "--keep-suffix" in one_line(err)
    assert not Path("out").exists()
    assert run("extract", corpus, "-o", "out", "--keep-suffix")[0] == 0
    assert {"a.wav.npy", "a.flac.npy"} <= set(outputs("out"))


def test_extract_takes_a_repeated_file_once(run, corpus):
    code, out, _ = run("extract", corpus / "a.wav", corpus / "a.wav", "-o", "out")
    assert code == 0
    assert "1 file " in out


def test_extract_from_an_empty_folder(run, here):
    (here / "void").mkdir()
    code, out, err = run("extract", "void", "-o", "out")
    assert (code, out) == (1, "")
    assert "no audio files in void" in one_line(err)
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


def test_plan_keeps_the_order_and_pairs_names():
    items = list(plan([Path("x/b.wav"), Path("a.tar.flac")], Path("out")))
    assert [i.target.as_posix() for i in items] == ["out/b.npy", "out/a.tar.npy"]


def test_a_failed_write_leaves_nothing(tmp_path):
    class Unsaveable:
        def __reduce__(self):
            raise RuntimeError("cannot be saved")

    np.save(tmp_path / "old.npy", np.arange(3))
    with pytest.raises(RuntimeError, match="cannot be saved"):
        write_npy(tmp_path / "old.npy", np.array([Unsaveable()], dtype=object))
    assert [p.name for p in tmp_path.iterdir()] == ["old.npy"]
    np.testing.assert_array_equal(np.load(tmp_path / "old.npy"), np.arange(3))


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_interrupt_ends_cleanly_and_a_rerun_continues(here):
    # Twenty seconds each, so that the signal comes long before the end.
    first = make(here / "many" / "000.wav", n=882_000, sr=44100)
    for i in range(1, 200):
        os.link(first, here / "many" / f"{i:03}.wav")
    command = [sys.executable, "-m", "fastmel", "extract", "many", "-o", "out", "--workers", "2"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        # Children inherit that it is ignored, as a shell has it for what runs in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list(Path("out").glob("*.npy")) and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "interrupted" in err
    assert "Traceback" not in err
    assert "left" in out + err
    done = outputs("out")
    assert 0 < len(done) < 200
    for name in done:
        assert np.load(Path("out", name)).shape[0] == 128
    again = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 0, again.stderr
    assert f"{len(done)} file" in again.stdout
    assert len(outputs("out")) == 200


# bench --------------------------------------------------------------------------------------------


def test_bench_compares_before_it_measures(run):
    code, out, _ = run("bench", "--rounds", 3, "--seconds", 1)
    assert code == 0, out
    assert "fastmel.reference" in out
    assert "DIFFERS" not in out
    assert out.count("1.0x") >= 2
