"""Every public argument with bad values: an error at once that says what to change.

Each error names the argument and, where it is short, the value given. Never a crash, never a
result made of garbage.
"""

import copy
import dataclasses
import io
import itertools
import pickle
import re
import reprlib
import sys
from functools import partial
from pathlib import Path

import chains
import fastmel
import numpy as np
import pytest
import signals
from effort import shown, some
from fastmel import MelConfig, steps
from sanitizers import asan

Y = signals.noise(4096)
S = np.abs(fastmel.stft(Y, n_fft=512)) ** 2
SPECTRUM = fastmel.stft(Y, n_fft=64)
REFUSED = (ValueError, TypeError)

SIGNAL_FUNCTIONS = {
    "stft": fastmel.stft,
    "spectrogram": fastmel.spectrogram,
    "melspectrogram": lambda y, **kw: fastmel.melspectrogram(y=y, **kw),
    "log_melspectrogram": lambda y, **kw: fastmel.log_melspectrogram(y=y, **kw),
    "mfcc": lambda y, **kw: fastmel.mfcc(y=y, **kw),
}
FRONTENDS = {n: fastmel.frontend(n) for n in ("librosa", "whisper", "whisper-large-v3")}
HUGE = 2**62

pytestmark = pytest.mark.filterwarnings("ignore:.*n_fft:UserWarning")


@pytest.fixture(params=sorted(SIGNAL_FUNCTIONS))
def function(request):
    return SIGNAL_FUNCTIONS[request.param]


@pytest.fixture(params=sorted({**SIGNAL_FUNCTIONS, **FRONTENDS}))
def anything(request):
    return {**SIGNAL_FUNCTIONS, **FRONTENDS}[request.param]


# --- samples --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("y", "advice"),
    [
        ("speech.wav", "got str: fastmel.load reads a file"),
        (Path("speech.wav"), "fastmel.load reads a file"),
        (io.BytesIO(), "got BytesIO: fastmel.load reads a file"),
        (b"RIFF", "got bytes: numpy.frombuffer(y, dtype=...) reads samples, fastmel.load a file"),
        ([0.0] * 4096, "numpy.array(y"),
    ],
    ids=["path", "pathlib", "file", "bytes", "list"],
)
def test_what_to_do_about_it(anything, y, advice):
    with pytest.raises(TypeError, match=re.escape(advice)):
        anything(y)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.uint16, np.int64, np.uint32, ">i8"])
def test_integers_without_a_full_scale(takes_samples, dtype):
    # Their scale would be a guess; the error tells what makes floats of them.
    function, name = takes_samples
    advice = rf"\({name} - 128.0\) / 128" if dtype is np.uint8 else f"{name} / the value of full"
    with pytest.raises(TypeError, match=rf"{name} must .* {np.dtype(dtype)}: {advice}.* \[-1, 1\)"):
        function(np.zeros((1, 4096), dtype))


def test_8_bit_pcm_as_advised():
    y = np.round(Y / abs(Y).max() * 127) / 128
    pcm = (y * 128 + 128).astype(np.uint8)
    assert np.array_equal(fastmel.stft((pcm - 128.0) / 128), fastmel.stft(y.astype(float)))


@pytest.mark.parametrize("bad", some([np.nan, np.inf, -np.inf], every=2), ids=shown)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4"], ids=shown)
@pytest.mark.parametrize("where", some([0, 1, 2000, 4094, 4095], every=2))
def test_not_finite(anything, bad, dtype, where):
    y = Y.astype(dtype)
    y[where] = bad
    with pytest.raises(ValueError, match="finite"):
        anything(y)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize(
    "framing",
    [
        {"n_fft": 64, "hop_length": 500, "center": False},  # gaps between the frames
        {"n_fft": 512, "win_length": 64, "hop_length": 512},  # gaps between the windows
        {"n_fft": 1024, "hop_length": 1024, "center": False},  # a tail that fills no frame
        {"n_fft": 64, "hop_length": 16, "window": np.zeros(64)},
        {"n_fft": 64, "hop_length": 16, "window": np.r_[np.zeros(63), 1]},
        {"n_fft": 8192, "pad_mode": "reflect"},
    ],
    ids=shown,
)
def test_not_finite_where_no_frame_looks(precision, framing):
    # Whether the call succeeds must not depend on the framing.
    for where in (63, 64, 300, 499, 4095):
        for bad in (np.nan, np.inf):
            y = signals.noise(4096 + 700)[: 4096 + 100]
            y[where] = bad
            with pytest.raises(ValueError, match="finite"):
                fastmel.stft(y, precision=precision, **framing)


def test_not_finite_in_one_item_of_a_batch(function):
    y = np.stack([Y, Y, Y])
    y[1, 77] = np.nan
    with pytest.raises(ValueError, match="finite"):
        function(y)
    with pytest.raises(ValueError, match="finite"):
        function(y[:, 1::2], workers=3)


def test_finite_samples_with_infinite_sums_are_no_error():
    # 1e38 is an honest float32, though a float32 transform overflows on it.
    y = np.full(4096, 3e38, np.float32)
    assert fastmel.stft(y, precision="double").shape == (1025, 9)
    assert fastmel.stft(y, precision="single").shape == (1025, 9)
    alternating = np.tile(np.array([3e38, -3e38], np.float32), 2048)
    assert fastmel.stft(alternating, precision="single").shape == (1025, 9)
    large = np.full(4096, 1e200)
    assert np.isfinite(fastmel.stft(large)).all()


def test_batch_members_are_checked():
    frontend = FRONTENDS["librosa"]
    for items in ([Y, None], [Y, Y * np.nan], [Y, Y.astype(complex)], [Y, np.float32(1)]):
        with pytest.raises(REFUSED):
            frontend.batch(items)
    for items in (None, 3, Y[0]):
        with pytest.raises(REFUSED):
            frontend.batch(items)
    with pytest.raises(TypeError, match="items must hold signals; got NoneType"):
        frontend.batch(None)
    features, lengths = frontend.batch([])
    assert features.shape[0] == len(lengths) == 0


# Everything that takes samples, by the name that it has for them.
TAKES_SAMPLES = {
    **{name: (function, "y") for name, function in SIGNAL_FUNCTIONS.items()},
    **{
        name: (fastmel.frontend(name), "y") for name in ("librosa", "nemo", "kaldi-fbank", "vggish")
    },
    "stft padded by a function": (lambda y: fastmel.stft(y, pad_mode=np.pad), "y"),
    "whisper": (fastmel.whisper.log_mel_spectrogram, "audio"),
    "kaldi.fbank": (fastmel.kaldi.fbank, "waveform"),
    "kaldi.mfcc": (fastmel.kaldi.mfcc, "waveform"),
    "kaldi.spectrogram": (fastmel.kaldi.spectrogram, "waveform"),
    "reference.stft": (lambda y: fastmel.reference.stft(y), "y"),
    "reference.frontend": (lambda y: fastmel.reference.frontend(y, MelConfig()), "y"),
    "melspectrogram beside S": (lambda y: fastmel.melspectrogram(y=y, S=S), "y"),
    "mfcc beside S": (lambda y: fastmel.mfcc(y=y, S=S), "y"),
    "FrontEnd.batch": (lambda y: FRONTENDS["librosa"].batch([y]), "y"),
}


@pytest.fixture(params=TAKES_SAMPLES)
def takes_samples(request):
    return TAKES_SAMPLES[request.param]


@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16])
def test_channels_in_the_last_axis(takes_samples, channels, dtype):
    """As scipy and soundfile read files, and sounddevice records."""
    function, name = takes_samples
    y = np.zeros((4096, channels), dtype)
    advice = (
        rf"{name} has shape \(4096, {channels}\), and time must be the last axis: "
        rf"{name}.swapaxes\(-1, -2\) keeps the channels apart, {name}.mean\(axis=-1\) mixes them"
    )
    with pytest.raises(ValueError, match=advice):
        function(y)


def test_channels_in_the_last_axis_of_pcm(takes_samples):
    # The mean of integers is a float in the range of those integers: full scale has to go first.
    function, name = takes_samples
    with pytest.raises((ValueError, TypeError), match=rf"\(?{name} / 32768"):
        function(np.zeros((4096, 2), np.int16))
    with pytest.raises((ValueError, TypeError), match=rf"\(?{name} / 2147483648"):
        function(np.zeros((4096, 2), np.int32))


def test_channels_in_the_last_axis_of_other_integers(takes_samples):
    # Their mean is a float too, which would be taken for samples: the type comes first.
    function, _name = takes_samples
    with pytest.raises(TypeError, match=r"- 128.0\) / 128 is in \[-1, 1\)"):
        function(np.full((4096, 2), 128, np.uint8))


def test_steps_on_channels_in_the_last_axis():
    for step in (steps.PadOrTrim(480_000), steps.AppendSamples(160), steps.RepeatAndPad(480_000)):
        with pytest.raises(ValueError, match=r"array has shape \(44100, 2\), and time must be"):
            step(np.zeros((44100, 2), np.float32))


@pytest.mark.parametrize("array", [[0.0, 1.0], "clip.wav", None, np.float64(1), np.ones(4)])
def test_steps_on_what_is_no_array(array):
    of_samples, of_features = steps.PadOrTrim(3), steps.Deltas(3)
    if not isinstance(array, np.ndarray):
        with pytest.raises(REFUSED, match=r"^array must"):
            of_samples(array)
    with pytest.raises(REFUSED, match=r"^array must"):
        of_features(array)


def test_what_channels_in_the_last_axis_are():
    fe, stereo = FRONTENDS["librosa"], np.stack([Y, Y])
    assert fe(stereo).shape == fastmel.melspectrogram(y=stereo).shape == (2, 128, 9)
    for function in (fe, fastmel.stft):
        for given in (stereo.T, stereo.T[np.newaxis], stereo.T.copy(), stereo.T[::2]):
            with pytest.raises(ValueError, match="time must be the last axis"):
                function(given)
    # A batch of short signals, whose transforms are short too, is meant.
    tiny = fastmel.frontend(MelConfig(n_fft=4, hop_length=2, n_mels=None))
    assert tiny(np.ones((999, 8), np.float32)).shape == (999, 3, 5)
    assert fastmel.stft(np.ones((999, 8)), n_fft=4).shape == (999, 3, 9)
    assert fastmel.stft(np.ones((2000, 9)), n_fft=4).shape == (2000, 3, 10)
    assert fastmel.stft(np.ones((2000, 0)), n_fft=4).shape == (2000, 3, 1)
    with pytest.raises(
        ValueError, match=r"item 0: y must have one axis; got shape \(2, 4096\): mix"
    ):
        fe.batch([stereo])


def test_advice_about_channels_gives_what_was_meant():
    stereo = np.stack([Y, signals.noise(4096, seed=1)])
    pcm = np.round(stereo * 32767).astype(np.int16)
    fe, mono = FRONTENDS["whisper"], (pcm / 32768).mean(axis=0)
    assert np.array_equal(fe(pcm.T.swapaxes(-1, -2)), fe(pcm))
    assert np.array_equal(fe((pcm.T / 32768).mean(axis=-1)), fe(mono))


def test_padding_of_channels_in_the_last_axis_takes_no_memory():
    # 480000 samples of each of 480000 "signals" would be 900 GB.
    with pytest.raises(
        ValueError, match=r"array has shape \(480000, 2\), and time must be the last"
    ):
        fastmel.whisper.pad_or_trim(np.zeros((480000, 2), np.float32))
    padded = fastmel.whisper.pad_or_trim(np.zeros((400, 2), np.float32), 500, axis=0)
    assert padded.shape == (500, 2)


def test_too_short_for_a_frame():
    with pytest.raises(ValueError, match=r"n_fft.*2048.*100|100.*n_fft.*2048"):
        fastmel.stft(Y[:100], center=False)
    for pad_mode in ("reflect", "edge", "symmetric", "linear_ramp"):
        with pytest.raises(ValueError, match=r"empty|\by\b|pad_mode"):
            fastmel.stft(Y[:0], pad_mode=pad_mode)
    with pytest.raises(ValueError, match=r"\by\b|empty|short|samples"):
        FRONTENDS["whisper"](Y[:0])


# --- single arguments -----------------------------------------------------------------------------


def of(*given, **functions):
    """Return functions by name, called with what is given and an argument more."""
    return {name: partial(function, *given) for name, function in functions.items()}


def sizes(n):
    """Return what is no size, though `n` would be."""
    return [0, -1, -HUGE, 2.5, float(n), str(n), [n], np.nan, (), 1j]


MEL_FUNCTIONS = [fastmel.melspectrogram, fastmel.log_melspectrogram, fastmel.mfcc]
OF_Y = {f"{mel.__name__} of y": partial(mel, y=Y) for mel in MEL_FUNCTIONS}
OF_S = {f"{mel.__name__} of S": partial(mel, S=S) for mel in MEL_FUNCTIONS}
TO_DB = {"power_to_db": fastmel.power_to_db, "amplitude_to_db": fastmel.amplitude_to_db}
FROM_DB = {"db_to_power": fastmel.db_to_power, "db_to_amplitude": fastmel.db_to_amplitude}
NORMS = ["bogus", -1, [1], 1j, np.nan]
FRAMING = ("n_fft", "hop_length", "win_length")

# Calls, and values that they refuse, by argument.
ARGUMENTS = [
    (of(**SIGNAL_FUNCTIONS, **FRONTENDS), {
        "y": [
            np.zeros(4096, complex), np.zeros(4096, object), np.array(["a"] * 4096),
            np.zeros(4096, bool), np.zeros(4096, "M8[s]"), np.zeros(4096, "S4"),
            np.zeros(4096, [("a", "f4")]), None, "speech.wav", b"speech.wav", {"y": 1}, {1.0, 2.0},
            object(), iter([1.0, 2.0]), np.float32(1), np.array(1.0), 3.0,
        ],
    }),
    (of(Y, **SIGNAL_FUNCTIONS), {
        **dict.fromkeys(FRAMING, sizes(512)),
        "window": [
            "bogus", "", None, (), ("kaiser",), ("bogus", 3.0), ("hann", 1, 2, 3), np.ones(2047),
            np.ones((2048, 1)), np.ones(2048, complex), np.array(["a"] * 2048), np.array(1.0),
            [1.0, 2.0], {"hann": 1}, lambda n: np.ones(n - 1), lambda n: "hann",
            lambda n: np.ones((n, 2)), lambda n: None, 1j,
        ],
        "pad_mode": ["bogus", "wrap", "mean", "", None, 3, ["reflect"], b"edge"],
        "precision": ["half", "", None, 64, np.float32, "DOUBLE"],
    }),
    (of(Y, **SIGNAL_FUNCTIONS, **FRONTENDS), {"workers": [0, -(10**6), 2.0, "2", [], np.nan]}),
    (of(Y, stft=fastmel.stft), {"dtype": [np.float32, int, "bogus", object, "U3"]}),
    (OF_Y, {
        "sr": [0, -1, np.nan, np.inf, "22050", None],
        "n_mels": [-1, None, "40", np.nan],
        "fmin": [np.nan, "0", None],
        "fmax": [np.nan, 0.0, -1.0, "8000", np.inf],
        "htk": ["yes"],
        "power": ["2", None, np.nan, 1j],
        "dtype": [int, "bogus"],
    }),
    # What is refused of samples is refused beside a spectrogram too, where it has no effect.
    (OF_S, {
        "hop_length": [-3, "512"],
        "win_length": [0],
        "window": ["bogus", np.ones((3, 3)), [1.0, np.nan]],
        "center": ["yes"],
        "pad_mode": ["bogus"],
        "power": ["2", None],
        "n_fft": [0],
        "workers": [0],
        "y": ["speech.wav"],
        "bogus": [3],
    }),
    (of(melspectrogram=fastmel.melspectrogram, log_melspectrogram=fastmel.log_melspectrogram), {
        "S": [
            np.float32(1), np.ones(257, np.float32), np.ones((257, 3), object), np.array([["a"]]),
            "S", np.ones((0, 3), np.float32), np.ones((1, 3), np.float32),
        ],
    }),
    ({"melspectrogram": partial(fastmel.melspectrogram, y=Y)}, {"norm": NORMS}),
    (of(mfcc=fastmel.mfcc), {
        "S": [np.zeros(40), np.float64(1), np.zeros((40, 9), object), "S"],
    }),
    ({"mfcc of S": partial(fastmel.mfcc, S=S)}, {
        "sr": [0, None],
        "n_mels": [0],
        "fmin": [9e4],
        "fmax": ["8000"],
        "htk": ["yes"],
        "dtype": [int],
        "ref": ["max"],
        "amin": [0],
        "top_db": [-1],
        "axes": ["bogus"],
        "hop_size": [160],
    }),
    ({"mfcc of S": partial(fastmel.mfcc, S=S), "mfcc of y": partial(fastmel.mfcc, y=Y)}, {
        "n_mfcc": [13.0, "13"],
        "dct_type": [0, 5, "2", None],
        "norm": ["bogus", "slaney", 1],
        "mel_norm": NORMS,
        "lifter": [-1, np.nan, "22", None],
    }),
    (of(SPECTRUM, istft=fastmel.istft), {
        **dict.fromkeys(FRAMING, sizes(64)),
        "length": [-1, 100.0, "100", [], np.nan],
        "window": ["bogus", np.ones(63)],
        "win_length": [*sizes(64), 65],
        "dtype": [int, "bogus"],
        "workers": [0],
    }),
    (of(istft=fastmel.istft), {
        "stft_matrix": [
            SPECTRUM[:, 0], np.complex64(1), SPECTRUM.astype(object), "spectrum", None,
            SPECTRUM[:, :0], SPECTRUM[:0], SPECTRUM[:1],
        ],
    }),
    (of(**TO_DB), {"S": ["a", None, np.array([1.0], object), np.array(["a"]), {"S": 1}]}),
    (of(np.ones((4, 5)), **TO_DB), {
        "amin": [0, -1, None, "a", np.nan],
        "top_db": [-1, "a", np.nan],
        "ref": [None, "max", np.ones(3), lambda x, **kw: "loud"],
        "axes": [5, "bogus", 1.0, (0, 0)],
        "precision": ["half"],
    }),
    (of(**FROM_DB), {"S_db": ["a", None, np.array(["a"])]}),
    (of(np.ones(3), **FROM_DB), {"ref": [np.max, "a", None]}),
    (of(pcen=fastmel.pcen), {"S": [np.float64(1), "a", None, np.ones((4, 5), object)]}),
    (of(np.ones((4, 5)), pcen=fastmel.pcen), {
        "sr": [0, -1, np.nan],
        "hop_length": [0, -512],
        "gain": [-1, None, np.nan],
        "bias": [-1, np.nan],
        "power": [-1, "a"],
        "time_constant": [0, -1],
        "eps": [0, -1, np.nan],
        "b": [0, 1.5, -0.1, np.nan],
        "max_size": [0, 3.0, "3"],
        "axis": [5, -3, 1.0],
        "ref": [np.ones((4, 3)), "max"],
        "zi": [0.5, np.ones(4), np.ones((3, 1)), np.ones((4, 2)), "a"],
    }),
    (of(num_frames=FRONTENDS["librosa"].num_frames), {"n_samples": [-1, 2.0, "3", None]}),
    (of(replace=FRONTENDS["librosa"].config.replace), {
        "n_fft": [0, 512.0],
        "hop_length": [0],
        "win_length": [10**6],
        "n_mels": [-1],
        "precision": ["half"],
        "pad_mode": ["bogus"],
        "window": ["bogus"],
        "bogus": [1],
    }),
    ({"mel_filterbank": partial(fastmel.mel_filterbank, sr=22050, n_fft=512)}, {
        "sr": [0, "a"],
        "n_fft": [0, -4, 512.5],
        "n_mels": [-1],
        "fmin": [np.nan],
        "fmax": [np.nan],
        "norm": ["bogus"],
        "dtype": ["bogus"],
    }),
]  # fmt: skip


def in_short(value):
    if isinstance(value, (list, tuple)):
        return reprlib.repr([in_short(v) for v in value])
    simple = isinstance(value, (str, bytes, int, float, type(None)))
    return reprlib.repr(value) if simple else type(value).__name__


def bad_arguments():
    for calls, arguments in ARGUMENTS:
        for (label, call), (name, values) in itertools.product(calls.items(), arguments.items()):
            for value in values:
                yield pytest.param(call, name, value, id=f"{label}-{name}={in_short(value)}")


@pytest.mark.parametrize(("call", "name", "value"), list(bad_arguments()))
def test_arguments(call, name, value):
    with pytest.raises(REFUSED, match=rf"\b{name}\b"):
        call(**{name: value})


# --- framing --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's setrlimit")
@pytest.mark.skipif(asan, reason="AddressSanitizer needs the address space")
def test_sizes_beyond_memory(run_python):
    # With the address space limited, an allocation that the system would grant and not keep fails.
    run_python(
        """
        import resource
        import numpy as np
        import fastmel
        y = np.zeros(4096, np.float32)
        fastmel.stft(y)
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        _, limit = resource.getrlimit(resource.RLIMIT_AS)
        resource.setrlimit(resource.RLIMIT_AS, (used + 2**32, limit))
        spectrum = np.zeros((33, 9), np.complex64)
        calls = [
            lambda: fastmel.stft(y, n_fft=size, hop_length=1000, window="boxcar"),
            lambda: fastmel.stft(y, n_fft=size, hop_length=1000, win_length=16),
            lambda: fastmel.stft(y, win_length=size),
            lambda: fastmel.melspectrogram(y=y, n_fft=size),
            lambda: fastmel.melspectrogram(y=y, n_mels=size),
            lambda: fastmel.istft(spectrum, n_fft=size),
            lambda: fastmel.istft(spectrum, length=size),
            lambda: fastmel.istft(spectrum, hop_length=size),
            lambda: fastmel.mel_filterbank(sr=22050, n_fft=size),
        ]
        for size in (2**31, 2**33, 2**40, 2**62, 2**63 - 1, 2**63, 2**70):
            for number, call in enumerate(calls):
                try:
                    call()
                except (ValueError, TypeError, MemoryError, OverflowError):
                    continue
                raise AssertionError((size, number))
        assert fastmel.stft(y).shape == (1025, 9)
        """
    )


def test_large_hops_are_one_frame(function):
    assert function(Y, hop_length=HUGE).shape[-1] == 1


def test_window_longer_than_the_frame(function):
    with pytest.raises(ValueError, match=r"win_length.*513|513.*win_length"):
        function(Y, n_fft=512, win_length=513)


@pytest.mark.parametrize("n_fft", [1, 2, 3])
def test_a_default_hop_of_nothing(n_fft):
    with pytest.raises(ValueError, match="hop_length"):
        fastmel.stft(Y, n_fft=n_fft)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_windows_that_are_not_finite(bad):
    with pytest.raises(ValueError, match=r"window.*finite"):
        fastmel.stft(Y, window=np.r_[bad, np.ones(2047)])


def test_errors_of_a_window_function_pass_through():
    def window(n):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        fastmel.stft(Y, window=window)


# --- how to compute -------------------------------------------------------------------------------


def test_more_workers_than_work(anything):
    assert np.array_equal(anything(Y, workers=1000), anything(Y, workers=1))


# --- mel ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mel", MEL_FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(("fmin", "fmax"), [(5000, 4000), (5000, 5000), (0, 0)])
def test_no_band_between(mel, fmin, fmax):
    with pytest.raises(ValueError, match=r"fmin.*fmax|fmax.*fmin"):
        mel(y=Y, fmin=fmin, fmax=fmax)


@pytest.mark.parametrize("mel", MEL_FUNCTIONS, ids=lambda f: f.__name__)
def test_neither_samples_nor_spectrogram(mel):
    with pytest.raises(REFUSED, match=r"\by\b.*\bS\b"):
        mel()
    with pytest.raises(TypeError):
        mel(Y)
    with pytest.raises(TypeError, match="bogus"):
        mel(y=Y, bogus=1)


def test_an_argument_of_another_name():
    for of in ({"S": S}, {"y": Y}):
        with pytest.raises(TypeError, match=r"mfcc has no argument 'hop_size'; .* mean hop_length"):
            fastmel.mfcc(**of, hop_size=160)


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_fft": 512, "hop_length": 160, "win_length": 400, "sr": 16000},
        {"n_fft": None, "hop_length": None},
        {"window": np.hanning(512)},
        {"window": np.hanning},
        {"window": ("kaiser", 4.0), "center": False, "pad_mode": "edge"},
        {"win_length": 4096},
        {"center": False, "pad_mode": np.pad},
        {"y": Y, "power": 0.5, "workers": 2},
    ],
    ids=shown,
)
def test_arguments_beside_a_spectrogram_have_no_effect(arguments):
    for mel in MEL_FUNCTIONS:
        expected = mel(S=S, sr=arguments.get("sr", 22050))
        assert np.array_equal(mel(S=S, **arguments), expected)


def test_arguments_that_another_makes_superfluous():
    spectrum = fastmel.stft(Y)
    for call, name in (
        (lambda: fastmel.stft(Y, center=False, pad_mode="bogus"), "pad_mode"),
        (lambda: fastmel.stft(Y, dtype="bogus", out=spectrum.copy()), "dtype"),
        (lambda: fastmel.istft(spectrum, dtype=int, out=np.empty(4096)), "dtype"),
        (lambda: fastmel.log_melspectrogram(y=Y, ref=np.median, amin=0), "amin"),
        (lambda: fastmel.pcen(S, max_axis="bands"), "max_axis"),
        (lambda: fastmel.pcen(S, return_zf="yes"), "return_zf"),
        (lambda: fastmel.kaldi.fbank(Y[np.newaxis], vtln_low="low"), "vtln_low"),
        (lambda: fastmel.kaldi.fbank(Y[np.newaxis], min_duration=9.0, use_power=3), "use_power"),
    ):
        with pytest.raises(REFUSED, match=name):
            call()
    assert fastmel.stft(Y, center=False, pad_mode=np.pad).shape == (1025, 5)


# --- cepstra --------------------------------------------------------------------------------------


def test_mfcc_shapes():
    with pytest.raises(ValueError, match=r"dct_type|n_mels|\bS\b"):
        fastmel.mfcc(S=np.zeros((1, 9)), dct_type=1)


def test_mfcc_takes_no_out():
    # It would be taken for that of the mel spectrogram and filled with something else.
    out = np.empty((128, 9), np.float32)
    with pytest.raises(TypeError, match=r"\bout\b"):
        fastmel.mfcc(y=Y, out=out)


# --- inverse --------------------------------------------------------------------------------------


def test_istft_passes_nan_on():
    # librosa does not look at spectra, and neither do we: what comes out says what went in.
    spectrum = SPECTRUM.copy()
    spectrum[3, 20] = np.nan
    y = fastmel.istft(spectrum)
    assert np.isnan(y).any()
    assert np.isfinite(y[:200]).all()


# --- decibels, pcen -------------------------------------------------------------------------------


@pytest.mark.parametrize("to_db", [fastmel.power_to_db, fastmel.amplitude_to_db])
def test_decibels_of_nothing(to_db):
    for empty in (np.zeros(0), np.zeros((5, 0))):
        with pytest.raises(ValueError, match=r"\bS\b|empty"):
            to_db(empty)
        assert to_db(empty, top_db=None).shape == empty.shape


def test_amplitudes_have_an_amin_whose_square_is_finite():
    assert np.isfinite(fastmel.amplitude_to_db(np.ones((2, 2)), amin=1e154)).all()
    with pytest.raises(ValueError, match=r"amin=1e\+155 must be at most 1e154: it is squared"):
        fastmel.amplitude_to_db(np.ones((2, 2)), amin=1e155)


def test_from_db_of_a_reference_whose_square_is_infinite():
    for ref in (1e200, np.float64(1e200), -1e200):
        assert np.array_equal(fastmel.db_to_amplitude([-20.0, 0.0], ref=ref), [np.inf, np.inf])


def test_pcen_over_an_axis_that_is_not_there():
    with pytest.raises(ValueError, match=r"max_size|max_axis"):
        fastmel.pcen(np.ones(5), max_size=3)
    with pytest.raises(ValueError, match="max_axis"):
        fastmel.pcen(np.ones((2, 4, 5)), max_size=3)
    with pytest.raises(REFUSED, match="max_axis"):
        fastmel.pcen(np.ones((4, 5)), max_size=3, max_axis=5)


# --- front ends, configurations, filters ----------------------------------------------------------


@pytest.mark.parametrize("name", ["bogus", "", None, 3, "Whisper ", ["whisper"]])
def test_front_end_names(name):
    with pytest.raises((*REFUSED, KeyError)) as error:
        fastmel.frontend(name)
    if isinstance(name, str):
        assert "fastmel.frontends() lists all" in str(error.value)


def test_front_ends_of_files():
    with pytest.raises(ValueError, match=r"give the text: pathlib.Path\(...\).read_text"):
        fastmel.frontend("out/fastmel-frontend.json")
    with pytest.raises(TypeError, match=r"the text of its JSON; got .*Path"):
        fastmel.frontend(Path("out/fastmel-frontend.json"))


def test_front_ends_of_no_configuration():
    with pytest.raises(TypeError, match="config must be a MelConfig; got str"):
        fastmel.FrontEnd("whisper")


NO_NUMBERS = ["1", None, 1j, [], [1.0], (1.0, 2.0), {}, object(), b"1", np.ones(2),
              np.timedelta64(1, "s")]  # fmt: skip
NOT_FINITE = [np.nan, np.inf, -np.inf, 10**400, -(10**400), np.float32("nan")]
NO_SIZES = [0, -1, 2.0, np.nan, 2**62, 10**400, "1", 1j, [], {}, np.ones(2), np.float32(3)]
NO_CHOICES = ["bogus", "", "MEAN", 3, 1.5, True, b"mean", [], (), ("mean",), {}, object()]
NO_PAIRS = [(), (1,), (1, 2, 3), [1], 5, {1: 2}, ((1, 2), (3, 4)), (None, None), ("a", "b"),
            (1j, 2)]  # fmt: skip

SIZES = ("sample_rate", "n_fft", "hop_length", "win_length", "frame_length", "n_mels", "n_mfcc",
         "stack", "stack_stride", "normalize_min_window")  # fmt: skip
NUMBERS = {  # and values that are numbers, but no good
    "scale": [0, 0.0],
    "dither": [-1.0],
    "preemphasis": [],
    "power": [0, -1.0],
    "spectrum_floor": [-1e-9],
    "spectrum_offset": [-1e-9],
    "fmin": [-1.0, 11025.0, 1e9],
    "fmax": [0.0, -1.0],
    "mel_sample_rate": [0, -16000],
    "vtln_warp": [0, -1.0],
    "vtln_low": [],
    "vtln_high": [],
    "mel_gain": [],
    "energy_floor": [0.0, -1.0],
    "log_floor": [-1e-10],
    "log_offset": [-1e-10],
    "ref": [0, -1.0],
    "dynamic_range": [-80.0],
    "peak": [],
    "shift": [],
    "gain": [],
    "lifter": [-22.0],
    "normalize_eps": [-1e-5],
    "pcen_time_constant": [0.0, -0.4],
    "pcen_gain": [-1.0],
    "pcen_bias": [-1.0],
    "pcen_power": [-1.0],
    "pcen_eps": [0.0, -1e-6],
    "stack_tail": [],
}
CHOICES = ("window_position", "frame_count", "preemphasis_scope", "mel_scale",
           "mel_shape", "mel_exclude", "energy_of", "log", "mfcc_norm", "normalize",
           "normalize_axis", "normalize_eps_to", "layout", "dtype", "precision",
           "dither_scope")  # fmt: skip
OTHERS = {
    "window": [
        "bogus", "", None, 3.0, (), ("kaiser",), np.ones(2047), np.ones((2, 1024)), {}, b"hann",
        np.full(2048, np.nan), [1.0] * 2047 + ["1"], lambda n: n,
    ],
    "mel_norm": ["bogus", "", 0, -1.0, np.nan, np.inf, [], ["slaney"], {}, b"sum", 1j],
    "dither_seed": [-1, 0.5, "1", None, 2**64, 10**400, []],
    "lifter_offset": [-1, 0.5, "1", None, 2**62],
    "normalize_window": [*NO_PAIRS, "all", (-1, 2), (0.5, 1), (2**62, 0), (150, 149)],
    "padding": [*NO_PAIRS, "same", None, 2.5, (1.0, 2.0), (2**62, 0), (0, 10**400)],
    "pad_mode": [*NO_CHOICES, ("edge", "wrap"), ("edge", "edge", "edge"), (("edge",), "edge")],
    "remove_dc_offset": ["yes", None, 2, 1.0, [], np.nan],
    "use_energy": ["yes", None, 2, 1.0, [], np.nan],
    "htk_compat": ["yes", None, 2, 1.0, [], np.nan],
    "mel_weights": [
        [], 3.0, "weights", [[1, 2], [3]], np.ones((128, 1024)), np.ones((127, 1025)),
        np.ones(1025), np.full((128, 1025), np.nan), np.ones((128, 1025), complex), [["1"]],
        [[1j]], 10**400,
    ],
    "before": [
        3.0, "PadOrTrim", None, {}, [3], ["PadOrTrim"], [{"step": "PadOrTrim", "n_samples": 3}],
        steps.PadOrTrim(3), [steps.PadOrTrimFrames(3)], [steps.PadOrTrim], [steps.Step()],
    ],
    "after": [
        3.0, "Deltas", None, {}, [3], [steps.PadOrTrim(3)], steps.Deltas(3),
        (steps.Patches(2, 2), steps.AppendFrames(1)),
    ],
    "clip": [*NO_PAIRS, "low", (1, 1), (2, 1), (np.nan, 1), (0, np.inf), (-(10**400), 0)],
    "normalize_ddof": [-1, 0.5, "1", None, 2**62],
    "stack_left": [-1, 0.5, "1", None, 2**62, 1],
    "feature_shift": [3.0, "a", [], [1.0], np.zeros(127), np.full(128, np.nan), ["a"] * 128],
    "feature_gain": [3.0, "a", [], [1.0], np.zeros(127), np.full(128, np.inf), [[1.0]] * 128],
}  # fmt: skip


def bad_values():
    """Every parameter of a configuration with values that it refuses."""
    defaults = {f.name: f.default for f in dataclasses.fields(MelConfig)}
    names = {*SIZES, *NUMBERS, *CHOICES, *OTHERS}
    assert names == defaults.keys(), "a parameter without bad values"
    for name in defaults:
        values = (
            NO_SIZES if name in SIZES
            else NO_CHOICES if name in CHOICES
            else [*NO_NUMBERS, *NOT_FINITE, *NUMBERS[name]] if name in NUMBERS
            else OTHERS[name]
        )  # fmt: skip
        for value in values:
            if not (value is None and defaults[name] is None):
                yield pytest.param(name, value, id=f"{name}={in_short(value)}")


@pytest.mark.parametrize(("name", "value"), list(bad_values()))
def test_every_parameter_of_a_configuration(name, value):
    log = "ln" if name in ("ref", "dynamic_range") else "none"
    with pytest.raises(REFUSED, match=rf"\b{name}\b") as error:
        MelConfig(**({"log": log} | {name: value}))
    message = str(error.value)
    assert "\n" not in message
    # Those of names list what is accepted.
    assert len(message) < (700 if name == "window" else 200)


@pytest.mark.parametrize(
    "changes",
    [
        {"n_fft": 2**22 + 1},
        {"n_fft": 10**9},
        {"n_fft": 2**22},  # with 128 bands
        {"win_length": 10**9},
        {"frame_length": 10**9},
        {"padding": (10**10, 0)},
        {"padding": (0, -(10**10))},
        {"n_mels": 10**8},
        {"n_mels": 2**14, "n_fft": 2**15},
        {"n_mfcc": 2000, "n_mels": 3000},
        {"stack": 10**9},
        {"stack": 2, "stack_left": 10**9},
    ],
    ids=shown,
)
def test_sizes_that_nobody_means(changes):
    with pytest.raises(ValueError, match=r"must be at (most|least)|make filters of more than"):
        MelConfig(**changes)


@pytest.mark.parametrize(
    "step",
    [
        lambda n: steps.PadOrTrim(n),
        lambda n: steps.AppendSamples(n),
        lambda n: steps.PadToMultiple(n),
        lambda n: steps.PadToMultiple(4, least=n),
        lambda n: steps.PadToPatches(n, 4),
        lambda n: steps.PadToPatches(4, n),
        lambda n: steps.RepeatAndPad(n),
        lambda n: steps.AppendFrames(n),
        lambda n: steps.PadOrTrimFrames(n),
        lambda n: steps.PadFramesToMultiple(n),
        lambda n: steps.Deltas(n),
        lambda n: steps.Deltas(5, n),
        lambda n: steps.ContextWindow(n, 0),
        lambda n: steps.ContextWindow(0, n),
        lambda n: steps.Patches(n, 1),
        lambda n: steps.StackFrames(n),
    ],
)
def test_steps_of_sizes_that_nobody_means(step):
    with pytest.raises(ValueError, match="must be at most"):
        step(2**30 + 1)


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"win_length": 513, "n_fft": 512}, ["win_length=513", "n_fft=512"]),
        ({"frame_length": 2047}, ["frame_length=2047"]),
        ({"pad_mode": "linear_ramp", "padding": "none"}, ["linear_ramp", "padding"]),
        ({"pad_mode": "linear_ramp", "preemphasis_scope": "signal"}, ["linear_ramp", "emphasis"]),
        ({"fmin": 4000, "fmax": 4000}, ["fmin=4000.0", "fmax=4000.0"]),
        ({"fmin": 9000, "mel_sample_rate": 16000}, ["fmin=9000.0", "fmax=8000.0"]),
        ({"n_mels": 3, "mel_weights": np.ones((2, 1025))}, ["mel_weights", "2 rows", "n_mels=3"]),
        ({"n_mels": None, "mel_weights": np.ones((2, 1025))}, ["mel_weights", "n_mels=None"]),
        ({"n_mels": None, "mel_gain": 2.0}, ["mel_gain", "n_mels is None"]),
        ({"vtln_warp": 1.1}, ["vtln_warp", "mel_scale", "mel_shape"]),
        ({"use_energy": True, "energy_of": "spectrum", "power": 1.0}, ["energy_of", "power=2"]),
        (
            {"use_energy": True, "energy_of": "spectrum", "spectrum_floor": 1e-3},
            ["energy_of", "spectrum_floor=0"],
        ),
        (
            {"use_energy": True, "energy_floor": 1e-60, "precision": "single"},
            ["energy_floor=1e-60", "single"],
        ),
        ({"use_energy": True, "log": "ln", "ref": "max"}, ["use_energy", "ref"]),
        ({"use_energy": True, "log": "ln", "dynamic_range": 8.0}, ["use_energy", "dynamic_range"]),
        ({"log": "ln", "log_floor": 0.0}, ["log_floor=0.0", "log_offset=0.0"]),
        ({"log": "ln", "log_floor": 1e-60, "precision": "single"}, ["log_floor", "single"]),
        ({"ref": 2.0}, ["ref", 'log="none"']),
        ({"ref": "max"}, ["ref", 'log="none"']),
        ({"dynamic_range": 8.0}, ["dynamic_range", 'log="none"']),
        ({"log": "ln_above_e", "ref": 2.0}, ["ref=2.0", "ln_above_e"]),
        ({"n_mfcc": 14, "n_mels": 13}, ["n_mfcc=14", "n_mels=13"]),
        ({"n_mfcc": 14, "n_mels": None}, ["n_mfcc=14", "n_mels is None"]),
        ({"dtype": "float64", "precision": "single"}, ['dtype="float64"', 'precision="single"']),
        ({"normalize": "pcen", "log": "ln"}, ['normalize="pcen"', "log='none'; got 'ln'"]),
        ({"normalize": "pcen", "use_energy": True}, ['normalize="pcen"', "use_energy=False"]),
        ({"normalize": "pcen", "n_mfcc": 13}, ['normalize="pcen"', "n_mfcc=None; got 13"]),
        ({"normalize_window": (9, 9)}, ["normalize_window=(9, 9)", 'normalize="mean"']),
        (
            {"normalize_window": (9, 9), "normalize": "mean", "normalize_axis": "all"},
            ["normalize_window=(9, 9)", 'normalize_axis="time"'],
        ),
        (
            {"normalize_window": (9, 9), "normalize": "mean", "normalize_min_window": 20},
            ["normalize_min_window=20", "19 frames", "normalize_window=(9, 9)"],
        ),
        (
            {"normalize_window": (9, 9), "normalize": "mean_std", "normalize_ddof": 1},
            ["normalize_min_window=1", "normalize_ddof=1"],
        ),
        ({"stack_left": 2}, ["stack_left=2", "stack=1"]),
        ({"n_mels": 4, "stack": 2, "feature_shift": np.ones(4)}, ["feature_shift", "8 values"]),
        (
            {"n_mels": 4, "use_energy": True, "feature_gain": np.ones(4)},
            ["feature_gain", "5 values"],
        ),
    ],
    ids=shown,
)
def test_contradictions_in_a_configuration(changes, names):
    with pytest.raises(ValueError, match=re.escape(names[0])) as error:
        MelConfig(**changes)
    for name in names:
        assert name in str(error.value)


def test_contradictory_warps():
    kaldi = {"mel_scale": "kaldi", "mel_shape": "mel", "fmin": 20.0}
    for limits in ({"vtln_low": 10.0}, {"vtln_high": 50.0}, {"vtln_low": 1e9}):
        with pytest.raises(ValueError, match="vtln_"):
            MelConfig(vtln_warp=1.1, **kaldi, **limits)


@pytest.fixture(params=chains.CHAINS)
def chain(request):
    return fastmel.frontend(chains.CHAINS[request.param])


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf], ids=shown)
def test_not_finite_in_any_chain(chain, bad):
    for where in (0, 1, 777, 3998, 3999):
        for dtype in (np.float32, np.float64):
            y = signals.noise(4000).astype(dtype)
            y[where] = bad
            with pytest.raises(ValueError, match=r"\by\b.*finite"):
                chain(y)
            with pytest.raises(ValueError, match=r"item 1: .*\by\b.*finite"):
                chain.batch([Y, y])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_samples", [3000, 3120, 3121, 4079])
@pytest.mark.parametrize(
    "changes",
    [
        {"padding": (-30, -30)},
        {"padding": "none", "win_length": 100, "remove_dc_offset": True},
        {"padding": "none", "win_length": 100, "preemphasis": 0.97, "window_position": "left"},
        {"padding": "none", "win_length": 100, "hop_length": 101, "dither": 1.0},
        {"padding": (-30, -30), "preemphasis_scope": "valid"},
        {"padding": (-30, -30), "preemphasis_scope": "valid", "preemphasis": 0.97},
        {"padding": "none", "frame_count": "floor"},
        {"hop_length": 100_000, "frame_count": "floor"},
    ],
    ids=shown,
)
def test_not_finite_where_no_frame_of_a_chain_looks(changes, n_samples, dtype):
    fe = fastmel.frontend(chains.SPEECH.replace(**changes))
    for where in (0, 1, 2, 29, 30, 31, 101, 1000, n_samples - 30, n_samples - 2, n_samples - 1):
        y = signals.noise(n_samples).astype(dtype)
        y[where] = np.nan
        with pytest.raises(ValueError, match=rf"\by\[{where}\] is nan"):
            fe(y)
        with pytest.raises(ValueError, match=rf"\by\[1, {where}\] is nan"):
            fe(np.stack([np.zeros_like(y), y])[:, ::1])


@pytest.mark.parametrize(
    "y",
    [None, "y", 3.0, np.float32(3), np.zeros(4000, complex), np.zeros(4000, object),
     np.zeros(4000, bool), np.zeros(4000, np.uint8), np.array(["a"] * 4000), object()],
    ids=lambda y: str(getattr(y, "dtype", type(y).__name__)),
)  # fmt: skip
def test_what_is_no_audio_in_any_chain(chain, y):
    with pytest.raises(REFUSED, match=r"\by\b"):
        chain(y)
    with pytest.raises(REFUSED, match=r"item 0: .*\by\b"):
        chain.batch([y])


def test_signals_of_any_length_have_frames_or_an_error(chain):
    for n_samples in (*range(12), 199, 200, 201, 399, 400, 401, 402, 560, 561):
        frames = chain.num_frames(n_samples)
        shape = (frames, chain.n_features)
        if chain.config.layout == "mel_time":
            shape = shape[::-1]
        try:
            features = chain(Y[:n_samples])
        except ValueError as refusal:
            message = str(refusal)
            assert message.startswith("y is ") or f"y has {n_samples} samples" in message
            with pytest.raises(ValueError, match="item 0: y "):
                chain.batch([Y[:n_samples]])
        else:
            assert features.shape == shape
            assert np.isfinite(features).all()


def test_no_items(chain):
    for shape in ((0, 4000), (3, 0, 4000)):
        features = chain(np.zeros(shape, np.float32))
        assert features.shape[:-2] == shape[:-1]
        assert features.shape[-2:] == chain(Y[:4000]).shape
    features, lengths = chain.batch([])
    assert len(features) == len(lengths) == 0


def test_samples_that_padding_takes_away_are_needed():
    """Negative padding cuts the signal: what is left has to hold a frame."""
    fe = fastmel.frontend(MelConfig(n_fft=400, padding=(-3, -5), n_mels=20))
    assert fe(Y[:408]).shape == (20, 1)
    for n_samples in (400, 407):
        with pytest.raises(ValueError, match=f"y has {n_samples} samples; .* needs 408"):
            fe(Y[:n_samples])
    padded = fastmel.frontend(MelConfig(n_fft=400, padding=(100, 100), n_mels=20))
    assert padded(Y[:200]).shape == (20, 1)
    with pytest.raises(ValueError, match=r"y has 199 samples; .* needs 200"):
        padded(Y[:199])
    emphasized = fastmel.frontend(padded.config.replace(preemphasis_scope="valid"))
    with pytest.raises(ValueError, match=r"y has 200 samples; .* needs 201"):
        emphasized(Y[:200])


def test_out_that_does_not_fit(chain):
    expected = chain(Y)
    other = np.float64 if expected.dtype == np.float32 else np.float32
    read_only = np.empty_like(expected)
    read_only.flags.writeable = False
    for wrong in (
        expected[1:],
        expected[:, 1:],
        expected[np.newaxis],
        expected.T,
        expected.astype(other),
        expected.astype(complex),
        expected.astype(expected.dtype.newbyteorder()),
        np.broadcast_to(expected[:1], expected.shape),
        read_only,
        expected.tolist(),
        "out",
        3,
    ):
        with pytest.raises(REFUSED, match=r"\bout\b"):
            chain(Y, out=wrong)
    samples = np.resize(Y, 4 * expected.size + Y.size)
    y, out = samples[: Y.size], samples[: expected.size].reshape(expected.shape)
    if out.dtype == expected.dtype and expected.size <= Y.size:
        with pytest.raises(ValueError, match=r"\bout\b.*overlaps"):
            chain(y, out=out)


def test_front_ends_and_configurations_travel(chain):
    for twin in (pickle.loads(pickle.dumps(chain)), copy.deepcopy(chain), copy.copy(chain)):
        assert twin.config == chain.config
        assert np.array_equal(twin(Y), chain(Y))
    config = pickle.loads(pickle.dumps(chain.config))
    assert config == chain.config
    assert hash(config) == hash(chain.config)


def test_configurations_of_rows_go_through_json_and_repr():
    for name in fastmel.frontends():
        config = fastmel.frontend(name).config
        text = config.to_json()
        assert "NaN" not in text
        assert "Infinity" not in text
        for again in (
            MelConfig.from_json(text),
            eval(repr(config), {**vars(steps), "MelConfig": MelConfig}),
            config.replace(),
        ):
            assert again == config, name
            assert hash(again) == hash(config)
            assert again.to_json() == text
            assert repr(again) == repr(config)


def test_configurations_are_frozen():
    with pytest.raises(AttributeError):
        FRONTENDS["librosa"].config.n_fft = 3


# --- after an error -------------------------------------------------------------------------------


def test_an_error_leaves_the_next_call_right(function):
    expected = function(Y)
    for bad in ({"window": "bogus"}, {"hop_length": 0}, {"precision": "half"}):
        with pytest.raises(REFUSED):
            function(Y, **bad)
    with pytest.raises(ValueError, match="finite"):
        function(Y * np.nan)
    assert np.array_equal(function(Y), expected)


def test_errors_have_one_readable_line():
    for call in (
        lambda: fastmel.stft(Y, hop_length=-3),
        lambda: fastmel.stft(Y, pad_mode="bogus"),
        lambda: fastmel.stft(np.zeros(4096, complex)),
        lambda: fastmel.melspectrogram(y=Y, fmin=9.0, fmax=8.0),
        lambda: fastmel.frontend("bogus"),
    ):
        with pytest.raises(REFUSED) as error:
            call()
        message = str(error.value)
        assert "\n" not in message
        assert 10 < len(message) < 300
        assert "0x" not in message
