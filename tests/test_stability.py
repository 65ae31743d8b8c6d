"""What docs/stability.md promises: public names, deprecations, corrected rows, short calls."""

import inspect
import io
import pickle
import pickletools
import re
import sys
import types
import typing
from pathlib import Path

import fastmel
import numpy as np
import pytest
from fastmel import _catalogue, corpus, kaldi, steps
from fastmel._base.deprecation import renamed_argument
from fastmel._catalogue.entry import Correction

PAGE = Path(__file__).parents[1] / "docs" / "stability.md"
Y = np.random.default_rng(0).standard_normal(400).astype(np.float32)
VALUES = [
    fastmel.MelConfig(n_fft=400, before=(steps.PadOrTrim(800),)),
    fastmel.frontend("whisper"),
    fastmel.frontend("ast").replace(n_mels=64),
    kaldi.MfccOptions(),
    fastmel.melspectrogram,
    kaldi.fbank,
    fastmel.Stft(n_fft=512),
    corpus.Item("a", corpus.Slice(Path("a.tar"), 512, 44, "a.wav")),
    corpus.Item("b", corpus.Bytes("b.wav", b"")),
    corpus.Summary(),
    corpus.Problem("torn", Path("a.npy"), "", 1),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda v: getattr(v, "__name__", type(v).__name__))
def test_pickles_name_public_places(value):
    data = pickle.dumps(value)
    strings = [arg for _, arg, _ in pickletools.genops(data) if isinstance(arg, str)]
    places = [s for s in strings if s.split(".")[0] == "fastmel"]
    assert places
    assert not [place for place in places if "._" in place]
    assert pickle.loads(data) == value


@pytest.mark.parametrize(
    "cls",
    [fastmel.MelConfig, fastmel.FrontEnd, kaldi.FbankOptions, corpus.Item, corpus.Summary],
)
def test_annotations_are_found_from_the_public_place(cls):
    fields = [name for name in cls.__dataclass_fields__ if not name.startswith("_")]
    assert set(fields) <= typing.get_type_hints(cls).keys()


@pytest.mark.skipif(not PAGE.exists(), reason="needs the documentation")
def test_the_page_names_what_is_public():
    named = set(re.findall(r"^\| `fastmel\.(\w+)`", PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    guests = {"lhotse", "ray", "torch"}  # modules that need packages
    own = {name for name in dir(fastmel) if name not in guests}
    assert guests | {name for name in own if inspect.ismodule(getattr(fastmel, name))} <= named
    assert {"patching"} <= named
    for name in named - guests - {"io", "plot"}:
        assert inspect.ismodule(fastmel.__getattr__(name)), name


def test_the_page_names_all_pictures():
    plot = pytest.importorskip("fastmel.plot", reason="matplotlib")
    (row,) = re.findall(r"^\| `fastmel\.plot` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    assert set(re.findall(r"`(\w+)`", row)) == set(plot.__all__)


@pytest.mark.parametrize("n", [None, 2])
def test_pickles_of_streams_name_public_places(n):
    fe = fastmel.frontend("kaldi-fbank")
    stream = fe.stream() if n is None else fe.streams(n)
    places = [s for _, s, _ in pickletools.genops(pickle.dumps(stream)) if isinstance(s, str)]
    assert not [place for place in places if place.startswith("fastmel.")]


# --- deprecation ----------------------------------------------------------------------------------


@renamed_argument("bands", "n_mels", since="0.2", until="0.4")
def width(n_mels=128):
    return n_mels


def test_a_renamed_argument_is_taken_with_a_warning():
    with pytest.warns(FutureWarning, match=r"bands is called n_mels since fastmel 0\.2"):
        assert width(bands=80) == 80
    assert width(40) == width(n_mels=40) == 40
    assert list(inspect.signature(width).parameters) == ["n_mels"]
    with pytest.raises(TypeError, match="width got n_mels, and bands, its former name"):
        width(bands=80, n_mels=80)
    with pytest.raises(TypeError, match="unexpected keyword"):
        width(band=80)


def test_a_corrected_row_says_so_and_how_to_keep_what_was(monkeypatch):
    import dataclasses

    row = _catalogue.CATALOGUE["whisper"]
    saved = fastmel.frontend("whisper").replace(n_mels=64).to_json()
    correction = Correction("0.2", "80 bands, not 64", {"n_mels": 64})
    monkeypatch.setitem(
        _catalogue.CATALOGUE, "whisper", dataclasses.replace(row, corrected=correction)
    )
    with pytest.warns(FutureWarning, match=r"'whisper' returns other features since fastmel 0\.2"):
        fe = fastmel.frontend("whisper")
    assert fe.config == row.config
    with pytest.warns(FutureWarning) as caught:
        fastmel.frontend("whisper")
    advice = re.search(r"fastmel\.frontend.*$", str(caught[0].message)).group()
    with pytest.warns(FutureWarning):
        earlier = eval(advice)
    # What was written before is what it was, without a warning.
    assert earlier == fastmel.frontend(saved)
    assert earlier.n_features == 64


# --- short calls ----------------------------------------------------------------------------------

MEL = {"sr": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 40}
POWER = np.abs(np.random.default_rng(1).standard_normal((40, 3))).astype(np.float32)
WHISPER = fastmel.frontend("whisper")
# Functions of ours that run in a second call: what checks arguments has to be remembered.
SHORT = {
    "front end": (lambda: WHISPER(Y), 18),
    "batch": (lambda: WHISPER.batch([Y]), 30),
    "stft": (lambda: fastmel.stft(Y, n_fft=400), 12),
    "melspectrogram": (lambda: fastmel.melspectrogram(y=Y, **MEL), 13),
    "log_melspectrogram": (lambda: fastmel.log_melspectrogram(y=Y, ref=np.max, **MEL), 15),
    "mfcc": (lambda: fastmel.mfcc(y=Y, **MEL), 21),
    "power_to_db": (lambda: fastmel.power_to_db(POWER), 18),
    "kaldi.fbank": (lambda: kaldi.fbank(Y[np.newaxis]), 25),
    "kaldi.mfcc": (lambda: kaldi.mfcc(Y[np.newaxis]), 31),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_short_call_runs_few_functions(name):
    call, most = SHORT[name]
    call()
    ran = io.StringIO()
    root = str(Path(fastmel.__file__).parent)

    def watch(frame: types.FrameType, event: str, arg: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(root):
            ran.write(f"{frame.f_code.co_name}\n")

    sys.setprofile(watch)
    try:
        call()
    finally:
        sys.setprofile(None)
    names = ran.getvalue().split()
    assert 0 < len(names) <= most, names
