"""Messages carry no large value: every argument of the public API is tried with several.

A traceback with a recording in it fills a log, and one with a megabyte of bytes hangs a terminal.
"""

import inspect
import warnings

import fastmel
import numpy as np
import pytest
import signals
from effort import some
from fastmel import kaldi, steps, whisper

LONGEST = 800  # characters of a message, whatever has come

Y = signals.noise(4096)
S = np.abs(fastmel.stft(Y, n_fft=512)) ** 2
LARGE = {
    "str": "\N{MUSICAL SYMBOL G CLEF}" * 20_000,
    "bytes": b"\xff" * 20_000,
    "list": [0.5, "a"] * 10_000,
    "tuple": (0.5, 1) * 10_000,
    "dict": dict.fromkeys(range(5_000), "value"),
    "set": set(range(5_000)),
    "int": 10**4000,
    "negative int": -(10**4000),
    "more digits than Python prints": 10**5000,
    "array": np.arange(20_000.0),
    "strings": np.array(["a" * 1000] * 20),
    "objects": np.array([{"a": "b" * 1000}] * 20, dtype=object),
    "nested": [[["x" * 1000] * 5] * 5] * 5,
}
# Functions, and arguments with which a call succeeds.
FUNCTIONS = {
    "stft": {"y": Y},
    "spectrogram": {"y": Y},
    "melspectrogram": {"y": Y},
    "log_melspectrogram": {"y": Y},
    "mfcc": {"y": Y},
    "istft": {"stft_matrix": fastmel.stft(Y, n_fft=64)},
    "power_to_db": {"S": S},
    "amplitude_to_db": {"S": S},
    "db_to_power": {"S_db": S},
    "db_to_amplitude": {"S_db": S},
    "pcen": {"S": S},
    "hz_to_mel": {"frequencies": 440.0},
    "mel_to_hz": {"mels": 10.0},
    "mel_frequencies": {},
    "fft_frequencies": {},
    "mel_filterbank": {"sr": 22050, "n_fft": 512},
    "get_window": {"window": "hann", "win_length": 9},
    "frontend": {"spec": "whisper"},
    "FrontEnd": {"config": fastmel.MelConfig()},
    "MelConfig": {},
    "Stft": {},
    "StftStream": {"transform": fastmel.Stft(n_fft=64)},
    "InverseStftStream": {"transform": fastmel.Stft(n_fft=64)},
    "Stream": {"front_end": fastmel.frontend("kaldi-fbank")},
    "Streams": {"front_end": fastmel.frontend("kaldi-fbank"), "n": 2},
    "open_features": {"path": "."},
    "patch": {},
    "unpatch": {},
}
# These take no values, are tested with their extra, or are modules.
OTHERS = {"extract", "frontends", "load", "patch_report", "patched", "simd_info", "__version__"}
OPTIONS = ("FbankOptions", "FrameOptions", "MelBanksOptions", "MfccOptions")


def online():
    features = kaldi.OnlineFbank(kaldi.FbankOptions())
    features.accept_waveform(16000, Y)
    return features


def calls():
    for name, arguments in FUNCTIONS.items():
        yield name, getattr(fastmel, name), arguments
    for name in ("melspectrogram", "log_melspectrogram", "mfcc"):
        yield f"{name} of S", getattr(fastmel, name), {"S": S}
    yield "FrontEnd()", fastmel.frontend("whisper").__call__, {"y": Y}
    yield "FrontEnd.batch", fastmel.frontend("whisper").batch, {"items": [Y]}
    yield "FrontEnd.num_frames", fastmel.frontend("whisper").num_frames, {"n_samples": 400}
    yield "FrontEnd.stream", fastmel.frontend("whisper").stream, {"peak": 1.0}
    yield "FrontEnd.streams", fastmel.frontend("nemo").streams, {"n": 2, "normalize": "running"}
    live = fastmel.frontend("kaldi-fbank")
    yield "Stream.push", live.stream().push, {"chunk": Y}
    yield "Stream.flush", live.stream().flush, {}
    yield "Streams.push", live.streams(2).push, {"chunks": np.stack([Y, Y])}
    yield "Streams.remove", live.streams(2).remove, {"index": 1}
    transform = fastmel.Stft(n_fft=64)
    yield "StftStream.push", transform.stream().push, {"chunk": Y}
    yield "InverseStftStream.push", transform.inverse_stream().push, {"spectra": transform(Y)}
    yield "InverseStftStream.flush", transform.inverse_stream().flush, {"length": 0}
    yield "MelConfig.replace", fastmel.MelConfig().replace, {}
    yield "whisper.log_mel_spectrogram", whisper.log_mel_spectrogram, {"audio": Y}
    yield "whisper.pad_or_trim", whisper.pad_or_trim, {"array": Y}
    for name in ("fbank", "mfcc", "spectrogram"):
        yield f"kaldi.{name}", getattr(kaldi, name), {"waveform": Y[np.newaxis]}
    for name in OPTIONS:
        yield f"kaldi.{name}", getattr(kaldi, name), {}
        yield f"kaldi.{name}.from_dict", getattr(kaldi, name).from_dict, {"values": {}}
    yield "kaldi.OnlineFbank", kaldi.OnlineFbank, {"opts": kaldi.FbankOptions()}
    arguments = {"sampling_rate": 16000, "waveform": Y}
    yield "OnlineFbank.accept_waveform", online().accept_waveform, arguments
    yield "OnlineFbank.get_frame", online().get_frame, {"frame": 0}
    yield "OnlineFbank.get_frames", online().get_frames, {}
    yield "OnlineFbank.pop", online().pop, {"n": 1}
    yield "kaldi.sliding_window_cmn", kaldi.sliding_window_cmn, {"features": S.T}
    yield "kaldi.wav_frontend", kaldi.wav_frontend, {}
    for name in sorted(set(steps.__all__) - {"Step"}):
        step = getattr(steps, name)
        required = {
            p.name: 5 for p in inspect.signature(step).parameters.values() if p.default is p.empty
        }
        yield f"steps.{name}", step, required


CALLS = {name: (function, arguments) for name, function, arguments in calls()}
# The system's errors have a file's name in them.
PATHS = {("kaldi.wav_frontend", "cmvn_file"), ("open_features", "path")}
# An item, an option, another function's argument or the value itself is spoken of.
SPOKEN_OF_OTHERWISE = {
    ("whisper.log_mel_spectrogram", "device"),  # where torch is not installed
    ("load", "path"),
    ("whisper.log_mel_spectrogram", "audio"),
    ("kaldi.wav_frontend", "cmvn_file"),
    ("frontend", "spec"),
    ("FrontEnd.batch", "items"),
    ("Streams.push", "chunks"),
    ("Stream.flush", "out"),  # of a signal that has ended
    *((f"kaldi.{name}.from_dict", "values") for name in OPTIONS),
}


def messages(error):
    """What a traceback shows of an error."""
    while error is not None:
        yield str(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def parameters(function):
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name != "libraries" and parameter.kind != parameter.VAR_KEYWORD:
            yield parameter.name


def test_all_of_the_public_api_is_here():
    modules = {n for n in fastmel.__all__ if inspect.ismodule(getattr(fastmel, n))}
    assert set(fastmel.__all__) == set(FUNCTIONS) | OTHERS | modules


@pytest.mark.parametrize("large", some(LARGE, every=3))
@pytest.mark.parametrize("call", CALLS)
def test_large_values(call, large):
    value = LARGE[large]
    function, arguments = CALLS[call]
    for name in parameters(function):
        _try(function, {**arguments, name: value}, (call, name))
    if call in ("patch", "unpatch"):
        with pytest.raises((ValueError, TypeError)) as error:
            function(value)
        assert max(map(len, messages(error.value))) <= LONGEST


def _try(function, arguments, of):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        error = _error_of(function, arguments)
    assert all(len(str(warning.message)) <= LONGEST for warning in caught), of
    a_name = isinstance(arguments.get(of[1]), str) and of in PATHS
    if error is not None and not a_name:
        assert max(map(len, messages(error))) <= LONGEST, of
        assert of in SPOKEN_OF_OTHERWISE or of[1] in str(error), (of, str(error))


def _error_of(function, arguments):
    try:
        function(**arguments)
    except (ValueError, TypeError, OSError, ModuleNotFoundError) as error:
        return error
    return None


@pytest.mark.parametrize("large", some(LARGE, every=4))
@pytest.mark.parametrize("name", ["specshow", "waveshow", "spectrum"])
def test_large_values_in_pictures(name, large):
    pytest.importorskip("matplotlib")
    from fastmel import plot
    from matplotlib.figure import Figure

    value = LARGE[large]
    first = {"data": S} if name == "specshow" else {"y": Y}
    function = getattr(plot, name)
    for argument in parameters(function):
        axes = Figure().add_subplot()
        _try(function, {**first, "ax": axes, argument: value}, (name, argument))
    with pytest.raises(TypeError, match="has no keyword") as error:
        function(**first, **{"x" * 20_000: value})
    assert len(str(error.value)) <= LONGEST


@pytest.mark.parametrize("value", LARGE.values(), ids=LARGE)
def test_large_values_in_reading(tmp_path, value):
    soundfile = pytest.importorskip("soundfile")
    soundfile.write(tmp_path / "clip.wav", Y, 16000)
    for argument in parameters(fastmel.load):
        arguments = {"path": tmp_path / "clip.wav", argument: value}
        _try(fastmel.load, arguments, ("load", argument))


def test_values_are_cut_where_they_are_long():
    for arguments, text in (
        ({"n_fft": np.ones((2, 3))}, "n_fft=an array of shape (2, 3) and dtype float64 must be"),
        ({"hop_length": b"\0" * 21}, "hop_length=21 bytes must be"),
        ({"hop_length": b"abc"}, "hop_length=b'abc' must be"),
        ({"n_fft": 10**5000}, "n_fft=an integer of 16610 bits must be at most"),
        ({"pad_mode": "a" * 100}, f"pad_mode='{'a' * 27}...{'a' * 28}' is unknown"),
        ({"precision": "half"}, "precision='half' is unknown"),
    ):
        with pytest.raises((ValueError, TypeError)) as error:
            fastmel.stft(Y, **arguments)
        assert text in str(error.value)
        assert "\n" not in str(error.value)
