"""Front ends of the C library: the bits of the Python package, and codes where that raises."""

import ctypes
import json
import threading
import warnings
from ctypes import POINTER, byref, c_char_p, c_int, c_int64, c_size_t, c_void_p

import c_library
import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from c_library import INVALID, LIB, NO_MEMORY, NOT_FINITE, OK, message
from fastmel import MelConfig, steps
from fastmel._base.fields import accepted
from fastmel._catalogue.checkpoints import patterns, row_of
from sanitizers import asan

pytestmark = c_library.NEEDED

SAMPLES = {np.dtype(t): i for i, t in enumerate(["f4", "f8", "i2", "i4"])}
FEATURES = {0: np.float32, 1: np.float64, 4: np.float16}


class Shape(ctypes.Structure):
    _fields_ = [("n_axes", c_int), ("axes", c_int64 * 3), ("size", c_int64), ("type", c_int)]


class Clip(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("samples", c_void_p),
        ("sample_type", c_int),
        ("sample_stride", c_int64),
        ("n_samples", c_int64),
        ("features", c_void_p),
        ("size", c_int64),
        ("begin", c_int64),
        ("end", c_int64),
        ("first", c_int64),
        ("n_frames", c_int64),
    ]


if LIB:
    LIB.fastmel_catalogue_size.restype = c_int64
    for name in ("catalogue_name", "catalogue_description"):
        getattr(LIB, f"fastmel_{name}").argtypes = [c_int64]
        getattr(LIB, f"fastmel_{name}").restype = c_char_p
    LIB.fastmel_frontend_create.argtypes = [c_char_p, POINTER(c_void_p)]
    for name in ("name", "json", "free", "sample_rate", "n_features", "runs_parts"):
        getattr(LIB, f"fastmel_frontend_{name}").argtypes = [c_void_p]
    for name in ("name", "json"):
        getattr(LIB, f"fastmel_frontend_{name}").restype = c_char_p
    for name in ("sample_rate", "n_features"):
        getattr(LIB, f"fastmel_frontend_{name}").restype = c_int64
    LIB.fastmel_frontend_n_frames.argtypes = [c_void_p, c_int64, POINTER(c_int64)]
    for name in ("shape", "part_shape"):
        call = getattr(LIB, f"fastmel_frontend_{name}")
        call.argtypes = [c_void_p, c_int64, c_int, POINTER(Shape)]
    LIB.fastmel_frontend_run.argtypes = [c_void_p, c_void_p, c_int, c_int64, c_void_p, c_int64]
    LIB.fastmel_frontend_run_clips.argtypes = [
        c_void_p, POINTER(Clip), c_int64, c_int, c_void_p, c_void_p, POINTER(c_int64),
    ]  # fmt: skip
    LIB.fastmel_frontend_samples_of.argtypes = [
        c_void_p, c_int64, c_int64, c_int64, POINTER(c_int64), POINTER(c_int64),
    ]  # fmt: skip
    LIB.fastmel_clip_init_of_size.argtypes = [POINTER(Clip), c_size_t]


class FrontEnd:
    def __init__(self, spec):
        self.pointer = c_void_p()
        text = spec.encode() if isinstance(spec, str) else spec
        self.status = LIB.fastmel_frontend_create(text, byref(self.pointer))

    def __del__(self):
        LIB.fastmel_frontend_free(self.pointer)

    @property
    def json(self):
        return LIB.fastmel_frontend_json(self.pointer).decode()

    def shape(self, n_samples, dtype=np.float32):
        shape, kind = Shape(), SAMPLES[np.dtype(dtype)]
        assert LIB.fastmel_frontend_shape(self.pointer, n_samples, kind, byref(shape)) == OK
        assert shape.size == np.prod(shape.axes[: shape.n_axes])
        return tuple(shape.axes[: shape.n_axes]), FEATURES[shape.type]

    def room(self, y):
        shape, dtype = self.shape(len(y), y.dtype)
        return np.full(shape, 7, dtype)

    def run(self, y, out):
        """Of adjacent samples."""
        return LIB.fastmel_frontend_run(
            self.pointer, y.ctypes.data, SAMPLES[y.dtype], len(y), out.ctypes.data, out.size
        )

    def run_clips(self, *clips, workers=1):
        bad, array = c_int64(7), (Clip * len(clips))(*clips)
        status = LIB.fastmel_frontend_run_clips(
            self.pointer, array, len(clips), workers, None, None, byref(bad)
        )
        return status, bad.value


def clip(y, out, **members):
    made = Clip()
    LIB.fastmel_clip_init_of_size(byref(made), ctypes.sizeof(Clip))
    given = {
        "samples": y.ctypes.data,
        "sample_type": SAMPLES[y.dtype],
        "sample_stride": y.strides[0],
        "n_samples": len(y),
        "features": out.ctypes.data,
        "size": out.size,
    }
    for name, value in (given | members).items():
        setattr(made, name, value)
    return made


def kinds_of_samples(y):
    return (y, y.astype(np.float64), signals.pcm(y), signals.pcm(y).astype(np.int32) * 65536)


# --- the same bits --------------------------------------------------------------------------------


def test_the_catalogue():
    entries = [
        (LIB.fastmel_catalogue_name(i).decode(), LIB.fastmel_catalogue_description(i).decode())
        for i in range(LIB.fastmel_catalogue_size())
    ]
    assert dict(entries) == fastmel.frontends()
    assert [name for name, _ in entries] == list(fastmel.frontends())
    for i in (-1, len(entries), 2**62):
        assert LIB.fastmel_catalogue_name(i) is None
        assert LIB.fastmel_catalogue_description(i) is None


def test_checkpoints():
    for pattern, _ in patterns():
        for more in ("", "x", "Large-V3-ct2", "a-mel-spec"):
            name = pattern.replace("?", "V").replace("*", more)
            for checkpoint in {name, name.upper(), f"{name}-"}:
                made, row = FrontEnd(checkpoint), row_of(checkpoint)
                assert made.status == (OK if row else INVALID)
                assert LIB.fastmel_frontend_name(made.pointer) == (row.encode() if row else None)


@pytest.mark.parametrize("name", fastmel.frontends())
def test_what_is_known_of_a_front_end(name):
    mine, theirs = fastmel.frontend(name), FrontEnd(name)
    assert theirs.json == mine.to_json()
    assert LIB.fastmel_frontend_name(theirs.pointer).decode() == name
    assert LIB.fastmel_frontend_sample_rate(theirs.pointer) == mine.sample_rate
    assert LIB.fastmel_frontend_n_features(theirs.pointer) == mine.n_features
    for n in (0, 1, 399, 400, 401, 12345, 10**6, 2**40):
        frames = c_int64()
        assert LIB.fastmel_frontend_n_frames(theirs.pointer, n, byref(frames)) == OK
        assert frames.value == mine.num_frames(n)
    again = FrontEnd(theirs.json)
    assert again.json == theirs.json
    assert LIB.fastmel_frontend_name(again.pointer).decode() == name


@pytest.mark.parametrize("name", fastmel.frontends())
def test_whole_signals(name):
    mine, theirs = fastmel.frontend(name), FrontEnd(name)
    rate = mine.sample_rate
    y, short = (signals.speech_like(n, rate, seed=n) for n in (5 * rate // 2, rate // 2 + 7))
    kept, clips, outs, expected = [], [], [], []
    for samples in kinds_of_samples(y):
        one = np.ascontiguousarray(mine(samples))
        assert theirs.shape(len(y), samples.dtype) == (one.shape, one.dtype)
        out = theirs.room(samples)
        assert theirs.run(samples, out) == OK, message()
        tol.assert_same_bits(out, one)
        apart = np.repeat(samples, 2)[::2]
        kept.append(apart)
        for given, result in ((apart, one), (short, np.ascontiguousarray(mine(short)))):
            expected.append(result)
            outs.append(np.full(result.shape, 7, result.dtype))
            clips.append(clip(given, outs[-1]))
    assert theirs.run_clips(*clips, workers=2) == (OK, -1), message()
    for out, one in zip(outs, expected, strict=True):
        tol.assert_same_bits(out, one)


@pytest.mark.parametrize("name", fastmel.frontends())
def test_parts(name):
    mine, theirs = fastmel.frontend(name), FrontEnd(name)
    y = signals.speech_like(mine.sample_rate, mine.sample_rate)
    whole = theirs.room(y)
    assert theirs.run(y, whole) == OK
    time_first = mine.config.layout == "time_mel"
    begin, end, shape = c_int64(), c_int64(), Shape()
    first, n = 3, 5
    status = LIB.fastmel_frontend_samples_of(
        theirs.pointer, len(y), first, n, byref(begin), byref(end)
    )
    if not LIB.fastmel_frontend_runs_parts(theirs.pointer):
        assert status == INVALID
        assert message() == "frontend has stages that need the whole signal"
        assert theirs.run_clips(clip(y, whole, first=first, n_frames=n)) == (INVALID, -1)
        return
    assert status == OK, message()
    kind = SAMPLES[y.dtype]
    assert LIB.fastmel_frontend_part_shape(theirs.pointer, n, kind, byref(shape)) == OK
    out = np.zeros(shape.axes[:2], whole.dtype)
    part = y[begin.value : end.value].copy()
    how = {"n_samples": len(y), "begin": begin.value, "end": end.value}
    assert theirs.run_clips(clip(part, out, first=first, n_frames=n, **how)) == (OK, -1), message()
    frames = slice(first, first + n)
    tol.assert_same_bits(
        out, np.ascontiguousarray(whole[frames] if time_first else whole[:, frames])
    )


# --- configurations -------------------------------------------------------------------------------


def accepted_in_python(text):
    try:
        with warnings.catch_warnings():  # of bands without a bin
            warnings.simplefilter("ignore")
            return fastmel.frontend(text)
    except (ValueError, TypeError, OverflowError) as error:
        return error


BAD = [
    {"n_fft": 0},
    {"n_fft": 2**41},
    {"n_fft": 2**22 + 1},
    {"win_length": 10**9},
    {"frame_length": 10**9},
    {"padding": [2**30 + 1, 0]},
    {"padding": [0, -(2**30) - 1]},
    {"n_mels": 10**8},
    {"n_mels": 2**14, "n_fft": 2**15},
    {"n_mfcc": 2000, "n_mels": 3000},
    {"stack": 10**9},
    {"stack": 2, "stack_left": 10**9},
    {"n_fft": 400.0},
    {"n_fft": None},
    {"hop_length": "160"},
    {"win_length": 4096},
    {"window": "hnan"},
    {"window": 5},
    {"window": ["kaiser"]},
    {"window": [1.0, 2.0]},
    {"window": []},
    {"window": [True, False]},
    {"frame_length": 7},
    {"padding": "centre"},
    {"pad_mode": "wrap"},
    {"pad_mode": "linear_ramp", "padding": "none"},
    {"scale": 0},
    {"scale": "loud"},
    {"dither": -1},
    {"dither_seed": 2**64 - 1, "lifter_offset": 2**41},
    {"dither_seed": -1},
    {"remove_dc_offset": 2},
    {"power": 0.0},
    {"fmin": -1.5},
    {"fmin": 20000},
    {"mel_scale": "mel"},
    {"mel_norm": 0},
    {"mel_norm": "area"},
    {"mel_exclude": "none"},
    {"vtln_warp": 1.1},
    {"mel_scale": "kaldi", "mel_shape": "mel", "vtln_warp": 3.0, "vtln_low": 100, "vtln_high": 200},
    {"mel_scale": "kaldi", "mel_shape": "mel", "vtln_warp": 1.1, "vtln_low": -5},
    {"mel_weights": [[1.0]]},
    {"mel_weights": "identity"},
    {"n_fft": 16, "n_mels": 2, "mel_weights": [[1.0] * 9] * 3},
    {"n_mels": None, "mel_gain": 2},
    {"use_energy": True, "energy_floor": 1e-50, "precision": "single"},
    {"use_energy": True, "log": "ln", "ref": "max"},
    {"use_energy": True, "energy_of": "spectrum", "power": 1},
    {"log": "é€😀"},
    {"log": "ln", "log_floor": 0},
    {"ref": 2},
    {"log": "ln_above_e", "ref": 2.5},
    {"clip": [1, 0]},
    {"clip": 3},
    {"n_mfcc": 200},
    {"n_mfcc": 13, "n_mels": None},
    {"stack_left": 1},
    {"stack": 2**50},
    {"feature_shift": [1.0]},
    {"normalize": "std"},
    {"normalize": "pcen", "log": "ln"},
    {"normalize": "pcen", "n_mfcc": 13},
    {"normalize_window": [3, 3]},
    {"normalize": "mean", "normalize_window": [3, 3], "normalize_min_window": 8},
    {"dtype": "float64", "precision": "single"},
    {"layout": "frames"},
    {"before": 5},
    {"before": {"step": 1}},
    {"before": [{"step": "PadOrTrm"}]},
    {"before": [{"step": "PadOrTrim", "n_samples": 0}]},
    {"before": [{"step": "PadOrTrim", "n_samples": 5, "samples": 3}]},
    {"before": ["PadOrTrim"]},
    {"after": [{"step": "Patches", "frames": 4, "hop": 2}, {"step": "Deltas"}]},
    {"after": [{"step": "Deltas", "window": 2}]},
    {"after": [{"step": "Deltas", "window": 10**9}]},
    {"after": [{"step": "Deltas", "order": 10**9}]},
    {"after": [{"step": "ContextWindow", "before": 10**9, "after": 0}]},
    {"after": [{"step": "AppendFrames", "frames": 10**9}]},
    {"before": [{"step": "PadOrTrim", "n_samples": 10**11}]},
    {"before": [{"step": "RepeatAndPad", "n_samples": 10**11}]},
    {"n_mel": 80},
    {"schema": 2},
    {"schema": 0},
    {"schema": "1"},
]


@pytest.mark.parametrize("parameters", BAD, ids=str)
def test_configurations_that_both_refuse_in_the_same_words(parameters):
    text = json.dumps(parameters)
    error = accepted_in_python(text)
    assert isinstance(error, Exception)
    made = FrontEnd(text)
    assert made.status == INVALID
    assert not made.pointer
    words, brackets = str(error), str.maketrans("()", "[]")  # JSON's arrays are tuples in Python
    assert message().translate(brackets) == words.translate(brackets)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "unknown front end ''"),
        ("whisper ", "did you mean whisper"),
        ("Whispr", "did you mean whisper"),
        ("zzzzzz", "known: librosa, "),
        ("a/whisper.json", "of a file, give the text"),
        ("{", "JSON has no name in double quotes here: line 1, column 2"),
        ("{}x", "JSON has more after its value: line 1, column 3"),
        ("\ufeff{}", "JSON has no value here: line 1, column 1"),
        ('{"n_fft": }', "JSON has no value here: line 1, column 11"),
        ('{"n_fft" 5}', "JSON has no ':' here"),
        ('{"n_fft": 5,}', "JSON has no name in double quotes here"),
        ('{\n "n_fft": 5\n "power": 2}', "JSON has no ',' or '}' here: line 3, column 2"),
        ("{'n_fft': 5}", "JSON has no name in double quotes here"),
        ('{"n_fft": 05}', "JSON has no ',' or '}' here"),
        ('{"n_fft": +5}', "JSON has no value here"),
        ('{"n_fft": 0x5}', "JSON has no ',' or '}' here"),
        ('{"scale": 1.}', "JSON has no digit here"),
        ('{"scale": .5}', "JSON has no value here"),
        ('{"scale": 1e}', "JSON has no digit here"),
        ('{"scale": -}', "JSON has no digit here"),
        ('{"scale": NaN}', "JSON has no value here"),
        ('{"scale": Infinity}', "JSON has no value here"),
        ('{"scale": 1e999}', "scale=inf must be finite"),
        ('{"scale": -1e999}', "scale=-inf must be finite"),
        ('{"scale": 1' + 400 * "0" + "}", " is too large"),
        ('{"log": "' + 50 * "é€😀" + '"}', 6 * "é€😀" + "é€..." + 6 * "é€😀" + "' is unknown"),
        ('{"log": "a\\"\\b\\/c"}', "log='a\" /c' is unknown"),
        ('{"log": "l\nn"}', "JSON has a control character in a string"),
        ('{"log": "\\x"}', "JSON has an unknown escape in a string"),
        ('{"log": "\\u12"}', "JSON has a broken \\u in a string"),
        ('{"log": "\\ud800"}', "JSON has half of a surrogate pair in a string"),
        ('{"log": "ln', "JSON ends within a string"),
        ('{"log": nul}', "JSON has no value here"),
        ('{"window": [1, 2', "JSON has no ',' or ']' here"),
        ('{"window": [1,]}', "JSON has no value here"),
        ('{"window": [1, "x"]}', "window must hold numbers; got 'x'"),
        ('{"window": ["kaiser", {"a": {"b": 1}}]}', "must hold numbers; got {'a': {'b': 1}}"),
        ('{"window": ["general_cosine"]}', "window=general_cosine needs a list of coefficients"),
        ('{"window": ' + 40 * "[" + 40 * "]" + "}", "JSON is nested too deep"),
        (b'{"log": "\xff"}', "JSON is not UTF-8"),
        (b'{"log": "\xc0\xaf"}', "JSON is not UTF-8"),
        (b'{"log": "\xed\xa0\x80"}', "JSON is not UTF-8"),
        (b'{"log": "\xe2\x82"}', "JSON is not UTF-8"),
        (b"\xff\xfe", "unknown front end"),
        (
            "{" + ", ".join(f'"{i}": 1' for i in range(2000)) + "}",
            "JSON has an object of more than 1024 names",
        ),
    ],
    ids=lambda text: str(text)[:30],
)
def test_specs_that_are_broken(text, why):
    assert FrontEnd(text).status == INVALID
    assert why.encode() in LIB.fastmel_message()
    assert len(LIB.fastmel_message()) < 1000


def test_json_of_all_kinds():
    text = """ {"log": "\\u006c\\u006E", "n_fft": 512, "scale": 3.2768e4, "fmin": -0, "fmax": null,
        "use_energy": 0, "n_fft": 400, "name": "whisper", "fastmel": "0.0.1",
        "window": "hann\\u005fsymmetric", "schema": 1}\r\n\t"""
    made, mine = FrontEnd(text), accepted_in_python(text)
    assert made.status == OK, message()
    assert made.json == mine.to_json()
    assert LIB.fastmel_frontend_name(made.pointer) is None  # its row is another


@pytest.mark.parametrize(
    "window",
    [
        [0.5, 1, True, 0.25],
        "hann_symmetric",
        ["kaiser_periodic", 8],
        ["tukey", None],
        ["general_cosine", [0.5, 0.25, 0.25]],
        ["general_cosine_symmetric", [0.5, 0.25, 0.25]],
    ],
    ids=str,
)
def test_windows_of_all_kinds(window):
    text = json.dumps({"n_fft": 16, "win_length": 4, "n_mels": None, "window": window})
    made, mine, y = FrontEnd(text), fastmel.frontend(text), signals.noise(500).astype(np.float32)
    assert made.status == OK, message()
    assert made.json == mine.to_json()
    out = made.room(y)
    assert made.run(y, out) == OK, message()
    tol.assert_same_bits(out, np.ascontiguousarray(mine(y)))


def test_numbers_of_json_are_the_nearest_ones():
    rng = np.random.default_rng(0)
    numbers = rng.integers(0, 2**63, 3000, dtype=np.uint64).view(np.float64)
    numbers = [*numbers[np.isfinite(numbers)].tolist(), 5e-324, 2.0**-24, 1e23, 9007199254740993.0]
    values = [json.dumps(x) for x in numbers] + ["1" + 30 * "0", "0." + 40 * "3", "1E5", "1e+2"]
    values += ["9007199254740993", "123456789012345678901234567890e-25", "1e-400", "-0", "-0.0"]
    for text in (json.dumps({"n_mels": None, "n_fft": 2 * len(values) - 2}), "{}"):
        given = text[:-1] + (", " if len(text) > 2 else "")
        given += f'"feature_shift": [{", ".join(values)}]' if len(text) > 2 else ""
        made = FrontEnd(given + "}")
        assert made.status == OK, message()
        assert made.json == fastmel.frontend(given + "}").to_json()


def mutations(draw, st):
    """Draw some parameters of a configuration, most of them of the right type."""
    fields = accepted(MelConfig)
    anything = st.sampled_from(
        [
            0,
            1,
            2,
            -1,
            0.0,
            0.5,
            1e-320,
            1e300,
            True,
            None,
            "",
            "x",
            [],
            [1, 2],
            {},
            2**40 + 1,
            2**64,
        ]
    )
    own = {
        "window": ["hann", "povey", ["kaiser", 8], ["tukey", None], ["gaussian"], [1, 2, 3, 4.5]],
        "padding": ["center", "none", [3, 4], [-1, 4], [2**41, 0]],
        "pad_mode": ["constant", "reflect", ["edge", "linear_ramp"], "linear_ramp", ["symmetric"]],
        "mel_weights": [None, [[0.5] * 9] * 4, [[1, 2], [3]]],
        "clip": [None, [-1, 1.5], [2, 1]],
        "normalize_window": [None, [3, 2], [0, 0], [-1, 2]],
        "feature_shift": [None, [0.5] * 4, [1, 2, 3, 4]],
        "feature_gain": [None, [0.5] * 4, [1, 2, 3, 1e-3]],
        "before": [[], [{"step": "AppendSamples", "samples": 3, "every": 2}],
                   [{"step": "RepeatAndPad", "n_samples": 300}], [{"step": "Deltas"}]],
        "after": [[], [{"step": "Deltas"}, {"step": "StackFrames", "frames": 2}],
                  [{"step": "ContextWindow", "before": 2, "after": 1}],
                  [{"step": "HalfPrecisionLog", "scale": 1e4}, {"step": "Deltas", "order": 2},
                   {"step": "FloorBelowMaximum", "distance": 1.1}],
                  [{"step": "AppendFrames", "frames": 2, "value": 0.1},
                   {"step": "Patches", "frames": 4, "hop": 3}]],
    }  # fmt: skip
    numbers = [0, 1, 2, 0.5, 0.97, 3.7, 1e-10, 100.0, -500.0, 3000]
    chosen = draw(st.lists(st.sampled_from(list(fields)), max_size=5, unique=True))
    made = {}
    for name in chosen:
        field = fields[name]
        if field.kind is bool:
            likely = [True, False]
        elif field.kind is int:
            likely = [1, 2, 3, 5, 8]
        else:
            likely = [*field.names, *(numbers if field.kind is float else [])]
        likely = own.get(name, [*likely, *([None] if field.none else [])])
        made[name] = draw(st.one_of(*[st.sampled_from(likely)] * 9, anything))
    return made


def test_random_configurations():
    """Both languages accept and refuse the same, write the same JSON, and compute the same bits."""
    hypothesis = pytest.importorskip("hypothesis")
    st = hypothesis.strategies
    y = signals.noise(233)
    counts = {"accepted": 0, "run": 0, "all": 0}

    @hypothesis.settings(max_examples=1500)
    @hypothesis.given(st.data())
    def compare(data):
        small = {"sample_rate": 8000, "n_fft": 16, "hop_length": 8, "n_mels": 4}
        parameters = small | mutations(data.draw, st)
        if any(type(parameters[n]) is int and parameters[n] > 10**6 for n in ("n_fft", "n_mels")):
            return  # accepted, and more than memory has room for
        text = json.dumps(parameters)
        mine, theirs = accepted_in_python(text), FrontEnd(text)
        counts["all"] += 1
        assert (theirs.status == OK) == isinstance(mine, fastmel.FrontEnd), (mine, message())
        if theirs.status != OK:
            return
        counts["accepted"] += 1
        assert theirs.json == mine.to_json()
        for samples in (y, y.astype(np.float64), signals.pcm(y)):
            compare_runs(mine, theirs, samples, counts)

    compare()
    assert counts["accepted"] > counts["all"] / 6
    assert counts["run"] > counts["accepted"]


def compare_runs(mine, theirs, samples, counts):
    try:
        with np.errstate(all="ignore"):
            expected = np.ascontiguousarray(mine(samples))
    except ValueError as error:
        expected = error
    shape = Shape()
    status = LIB.fastmel_frontend_shape(
        theirs.pointer, len(samples), SAMPLES[samples.dtype], byref(shape)
    )
    if "not finite" in str(expected):  # noise of such an amplitude
        assert theirs.run(samples, theirs.room(samples)) == NOT_FINITE
        return
    assert (status == OK) == isinstance(expected, np.ndarray), (expected, message())
    if status != OK:
        return
    out = theirs.room(samples)
    assert (out.shape, out.dtype) == (expected.shape, expected.dtype)
    assert theirs.run(samples, out) == OK, message()
    assert np.array_equal(out, expected, equal_nan=True)
    counts["run"] += 1


# --- what is refused ------------------------------------------------------------------------------


@pytest.fixture
def whisper():
    return FrontEnd("whisper")


def test_null_pointers(whisper):
    y, out, p = np.zeros(400, np.float32), np.zeros((80, 2), np.float32), whisper.pointer
    n, shape, one = c_int64(), Shape(), clip(y, out)
    LIB.fastmel_frontend_free(None)
    LIB.fastmel_clip_init_of_size(None, 8)
    assert LIB.fastmel_frontend_name(None) is None
    assert LIB.fastmel_frontend_json(None) is None
    for known in ("sample_rate", "n_features", "runs_parts"):
        assert getattr(LIB, f"fastmel_frontend_{known}")(None) == 0
    run = (y.ctypes.data, 0, 400, out.ctypes.data, 160)
    for call, arguments, named in (
        ("create", (None, byref(c_void_p())), "spec"),
        ("create", (b"whisper", None), "frontend"),
        ("n_frames", (None, 1, byref(n)), "frontend"),
        ("n_frames", (p, 1, None), "n_frames"),
        ("shape", (None, 1, 0, byref(shape)), "frontend"),
        ("shape", (p, 1, 0, None), "shape"),
        ("part_shape", (None, 1, 0, byref(shape)), "frontend"),
        ("part_shape", (p, 1, 0, None), "shape"),
        ("run", (None, *run), "frontend"),
        ("run", (p, None, *run[1:]), "samples"),
        ("run", (p, *run[:3], None, 160), "features"),
        ("run_clips", (None, byref(one), 1, 1, None, None, None), "frontend"),
        ("run_clips", (p, None, 1, 1, None, None, None), "clips"),
        ("samples_of", (None, 1, 0, 1, byref(n), byref(n)), "frontend"),
        ("samples_of", (FrontEnd("hifi-gan").pointer, 1, 0, 1, None, byref(n)), "begin and end"),
    ):
        assert getattr(LIB, f"fastmel_frontend_{call}")(*arguments) == INVALID, call
        assert message().startswith(f"{named} "), message()
    assert LIB.fastmel_frontend_run_clips(p, None, 0, 1, None, None, None) == OK


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"struct_size": 0}, "struct_size"),
        ({"struct_size": ctypes.sizeof(Clip) + 8}, "struct_size"),
        ({"size": 80 * 2 - 1}, "size"),
        ({"size": -1}, "size"),
        ({"n_samples": -1}, "n_samples"),
        ({"n_samples": 2**41}, "n_samples"),
        ({"n_samples": 0}, "samples are none"),
        ({"n_samples": 150}, "samples are 150; reflection at the edges needs more than 200"),
        ({"begin": -1}, "samples must be all"),
        ({"begin": 5}, "samples must be all"),
        ({"end": 399}, "samples must be all"),
        ({"end": 401}, "samples must be all"),
        ({"first": 1, "n_frames": 1}, "frontend has stages that need the whole signal"),
        ({"sample_type": 4}, "sample_type"),
        ({"sample_type": -1}, "sample_type"),
        ({"sample_stride": 3}, "samples must be aligned"),
        ({"sample_stride": 2**63 - 4}, "samples have a stride beyond"),
        ({"sample_stride": -(2**63)}, "samples have a stride beyond"),
    ],
    ids=str,
)
def test_clips_that_do_not_fit(whisper, members, named):
    y, out = np.ones(400, np.float32), np.full((80, 2), 7, np.float32)
    assert whisper.run_clips(clip(y, out, **members)) == (INVALID, -1)
    assert message().startswith(named), message()
    assert (out == 7).all()


def test_sizes_and_places_of_clips(whisper):
    y, out = np.ones(400, np.float32), np.full((2, 80, 2), 7, np.float32)
    odd = out.view(np.uint8).ravel()[1:].view()
    for clips, why in (
        ([clip(y, out[0], features=odd.ctypes.data)], "features must be aligned"),
        ([clip(y, out[0]), clip(y, out[0])], "features overlap another's"),
        ([clip(y, out[0]), clip(out[0].ravel()[100:], out[1], n_samples=300)],
         "features overlap the samples"),
        ([clip(y, out[0]), clip(y, out[1], size=3)], "item 1: size=3 is less than the 160"),
        ([clip(y, out[0]), clip(y[:100], out[1])], "item 1: samples are 100; reflection"),
        ([clip(y, out[0]), clip(y, out[1], sample_type=9)], "item 1: sample_type"),
        ([clip(y, out[0]), clip(y, out[1], struct_size=8)], "struct_size"),
    ):  # fmt: skip
        assert whisper.run_clips(*clips, workers=2) == (INVALID, -1)
        assert message().startswith(why), message()
    assert whisper.run_clips(clip(y, out[0]), workers=0) == (INVALID, -1)
    assert message().startswith("workers ")
    assert (out == 7).all()
    long = np.ones(600, np.float32)
    assert whisper.run(long[:400], long[300:460]) == INVALID
    assert message() == "features overlap the samples"


def test_clips_of_an_older_header():
    """A struct that ended before the members of parts: its clips are whole signals."""
    y, front_end = signals.noise(8000), FrontEnd("hifi-gan")
    expected, outs = front_end.room(y), [front_end.room(y) for _ in range(2)]
    assert front_end.run(y, expected) == OK
    size = Clip.begin.offset
    old = b"".join(bytes(clip(y, out, struct_size=size))[:size] for out in outs)
    array = ctypes.create_string_buffer(old, len(old))
    status = LIB.fastmel_frontend_run_clips(
        front_end.pointer, ctypes.cast(array, POINTER(Clip)), 2, 1, None, None, None
    )
    assert status == OK, message()
    for out in outs:
        tol.assert_same_bits(out, expected)


def test_lengths_that_no_signal_has(whisper):
    frames, shape = c_int64(), Shape()
    for n in (-1, 2**40 + 1, 2**63 - 1, -(2**63)):
        assert LIB.fastmel_frontend_n_frames(whisper.pointer, n, byref(frames)) == INVALID
        assert message() == "n_samples must be in [0, 2**40]"
        assert LIB.fastmel_frontend_shape(whisper.pointer, n, 0, byref(shape)) == INVALID
        assert message().startswith("n_samples ")
    assert LIB.fastmel_frontend_part_shape(whisper.pointer, -1, 0, byref(shape)) == INVALID
    wide = {"after": [{"step": "ContextWindow", "before": 2**10, "after": 2**10}] * 6}
    assert FrontEnd(json.dumps(wide)).status == INVALID
    assert message() == "after makes a result beyond any memory"


@pytest.mark.parametrize(
    ("parameters", "n", "why"),
    [
        ({}, 0, "samples are none; a front end needs some"),
        ({"padding": "none", "n_fft": 400}, 10, "samples are 10; this front end needs 400"),
        (
            {"before": [{"step": "RepeatAndPad", "n_samples": 300}]},
            0,
            "samples are none; there is nothing to repeat",
        ),
    ],
)
def test_signals_that_are_too_short(parameters, n, why):
    front_end = FrontEnd(json.dumps(parameters))
    assert front_end.status == OK
    assert front_end.run(np.zeros(n, np.float32), np.zeros((200, 200), np.float32)) == INVALID
    assert message() == why


def test_too_short_for_statistics():
    text = json.dumps({"normalize": "mean_std", "normalize_ddof": 3})
    front_end, shape = FrontEnd(text), Shape()
    assert front_end.status == OK
    assert LIB.fastmel_frontend_shape(front_end.pointer, 600, 0, byref(shape)) == INVALID
    assert "standard deviation over 2 frames" in message()


@pytest.mark.skipif(
    asan,
    reason="needs no AddressSanitizer, which ends the process",
)
def test_too_little_memory():
    padded = {
        "n_fft": 4,
        "hop_length": 1,
        "padding": [2**30, 0],
        "n_mels": 2**14,
        "after": [{"step": "PadOrTrimFrames", "n_frames": 1}],
    }
    front_end, y = FrontEnd(json.dumps(padded)), np.ones(4, np.float32)
    out = front_end.room(y)
    assert front_end.run(y, out) == NO_MEMORY
    assert message() == "out of memory"


def test_samples_that_are_not_finite(whisper):
    y, outs = signals.noise(1600), [np.zeros((80, 10), np.float32) for _ in range(3)]
    bad = y.copy()
    bad[700] = np.inf
    assert whisper.run(bad, outs[0]) == NOT_FINITE
    assert message() == "samples are not finite: sample 700 is inf"
    clips = [clip(x, out) for x, out in zip([y, y, bad], outs, strict=True)]
    assert whisper.run_clips(*clips, workers=2) == (NOT_FINITE, 2)
    assert message() == "item 2: samples are not finite: sample 700 is inf"
    # Python computes finite samples whose sums are not, too.
    loud = np.full(1600, 3e38, np.float32)
    assert whisper.run(loud, outs[0]) == OK
    tol.assert_same_bits(outs[0], fastmel.frontend("whisper")(loud))


def test_threads_share_a_front_end():
    front_end, mine = FrontEnd("parakeet"), fastmel.frontend("parakeet")
    clips = [signals.noise(4000 + 300 * i, seed=i) for i in range(8)]
    outs, texts = [front_end.room(y) for y in clips], []

    def work(i):
        for _ in range(5):
            assert front_end.run(clips[i], outs[i]) == OK
            texts.append(front_end.json)
            assert FrontEnd(f"nothing {i}").status == INVALID
            texts.append(message())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(texts) == 80
    assert texts.count(mine.to_json()) == 40
    for y, out in zip(clips, outs, strict=True):
        tol.assert_same_bits(out, np.ascontiguousarray(mine(y)))


def test_every_step_is_in_a_test():
    drawn = {s["step"] for name in ("before", "after") for s in all_steps(name)}
    kinds = {name for name in steps.__all__ if not name.endswith("Step")}
    assert kinds
    assert drawn >= kinds


def all_steps(name):
    for front_end in fastmel.frontends():
        yield from json.loads(fastmel.frontend(front_end).to_json())[name]


@pytest.mark.parametrize("tail", ["drop", "edge", 0.5])
@pytest.mark.parametrize(("size", "stride", "left"), [(7, 6, 3), (2, 2, 0), (1, 3, 0), (5, 2, 4)])
def test_parts_of_stacked_frames(size, stride, left, tail):
    mine = fastmel.frontend("kaldi-fbank").replace(
        n_mels=11, stack=size, stack_stride=stride, stack_left=left, stack_tail=tail
    )
    theirs, y = FrontEnd(mine.to_json()), signals.noise(16000 + 100 * size)
    whole, rng = mine(y), np.random.default_rng(size)
    for first in (0, *rng.integers(0, len(whole), 12), len(whole) - 1):
        n = int(rng.integers(1, len(whole) - first + 1))
        begin, end = c_int64(), c_int64()
        for length in (len(y), 2**60):
            if length > len(y) and first + n > len(whole) - size:
                continue  # they are not there yet
            status = LIB.fastmel_frontend_samples_of(
                theirs.pointer, length, int(first), n, byref(begin), byref(end)
            )
            assert status == OK, message()
            out = np.full((n, 11 * size), 7, np.float32)
            part = y[begin.value : end.value].copy()
            how = {"n_samples": length, "begin": begin.value, "end": end.value}
            made = clip(part, out, first=int(first), n_frames=n, **how)
            assert theirs.run_clips(made) == (OK, -1), message()
            tol.assert_same_bits(out, whole[first : first + n])
    out = np.empty((9, 11 * size), np.float32)
    made = clip(y, out, first=len(whole) - 8, n_frames=9)
    assert theirs.run_clips(made) == (INVALID, -1)
    expected = f"n_frames=9 from first={len(whole) - 8} on are more than the {len(whole)} frames"
    assert message().startswith(expected)


@pytest.mark.parametrize(
    ("first", "n", "why"),
    [
        (90, 9, "n_frames=9 from first=90 on are more than the 98 frames of the signal"),
        (98, 1, "n_frames=1 from first=98 on are more than the 98 frames of the signal"),
        (99, 0, "n_frames=0 from first=99 on are more than the 98 frames of the signal"),
        (-1, 3, "first must not be negative"),
        (3, 2**63 - 1, "n_frames"),
    ],
)
def test_parts_that_a_signal_does_not_have(first, n, why):
    theirs, y = FrontEnd("kaldi-fbank"), signals.noise(16000)
    begin, end = c_int64(7), c_int64(7)
    status = LIB.fastmel_frontend_samples_of(
        theirs.pointer, len(y), first, n, byref(begin), byref(end)
    )
    assert (status, begin.value, end.value) == (INVALID, 7, 7)
    assert message().startswith(why)
    out = np.full((9, 23), 7, np.float32)
    assert theirs.run_clips(clip(y, out, first=first, n_frames=n)) == (INVALID, -1)
    assert message().startswith(why)
    assert (out == 7).all()
    last = clip(y, out, first=89, n_frames=9)
    assert theirs.run_clips(last) == (OK, -1)
    tol.assert_same_bits(out, fastmel.frontend("kaldi-fbank")(y)[89:])
