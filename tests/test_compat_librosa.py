"""fastmel against the installed librosa: numbers, shapes, types, warnings, errors, signatures."""

import inspect
import warnings

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from effort import shown

SR = 22050
SIGNALS = signals.realistic(3 * SR)

pytestmark = pytest.mark.usefixtures("librosa")


def quietly(function, *args, **kwargs):
    """Call with every warning ignored: for originals whose warnings are not under test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


def user_warnings(function, *args, **kwargs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        function(*args, **kwargs)
    return [str(w.message) for w in caught if w.category is UserWarning]


@pytest.fixture(params=sorted(SIGNALS))
def y(request):
    return SIGNALS[request.param]


@pytest.fixture(scope="session")
def per_item(librosa):
    """Whether this librosa takes decibel maxima per item (1.0) or over all channels (0.11)."""
    return "axes" in inspect.signature(librosa.power_to_db).parameters


# --- defaults, with np.allclose's own tolerances ---------------------------------------------


def test_stft_defaults(librosa, y):
    ours, theirs = fastmel.stft(y), librosa.stft(y)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs)


def test_istft_defaults(librosa, y):
    spectrum = librosa.stft(y)
    ours, theirs = fastmel.istft(spectrum), librosa.istft(spectrum)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs)


def test_melspectrogram_defaults(librosa, y):
    ours, theirs = fastmel.melspectrogram(y=y), librosa.feature.melspectrogram(y=y)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs)
    tol.assert_relative(ours, theirs, 5e-7 + tol.DOUBLE_MEL_REL)  # librosa's own error is 5e-7


def test_spectrogram_is_the_power_of_librosas_stft(librosa, y):
    ours, theirs = fastmel.spectrogram(y), np.abs(librosa.stft(y)) ** 2
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs)


def test_log_melspectrogram_with_ref_max(librosa, y):
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=np.max)
    ours = fastmel.log_melspectrogram(y=y, ref=np.max)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, atol=tol.LIBROSA_DB)


def test_log_melspectrogram_defaults(librosa, y):
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=y))
    assert np.allclose(fastmel.log_melspectrogram(y=y), theirs, atol=tol.LIBROSA_DB)


@pytest.mark.parametrize("ref", [1e-20, 0.5, 30])
def test_log_melspectrogram_with_a_reference(librosa, y, ref):
    # one below amin counts as amin
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=ref)
    assert np.allclose(fastmel.log_melspectrogram(y=y, ref=ref), theirs, atol=tol.LIBROSA_DB)


def test_single_precision_within_the_range_that_matters(librosa, y):
    theirs = librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=np.max, top_db=None)
    ours = fastmel.log_melspectrogram(y=y, ref=np.max, top_db=None, precision="single")
    audible = theirs > -tol.SINGLE_DB_RANGE
    assert np.abs(ours - theirs)[audible].max() <= tol.SINGLE_DB + tol.LIBROSA_DB


def test_mfcc_defaults(librosa, y):
    ours, theirs = fastmel.mfcc(y=y), librosa.feature.mfcc(y=y)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, atol=tol.MFCC_ABS)


def test_mfcc_is_closer_to_float64_than_librosas(librosa, y):
    exact = librosa.feature.mfcc(y=y.astype(np.float64), dtype=np.float64)
    error = np.abs(fastmel.mfcc(y=y) - exact).max()
    assert error <= np.abs(librosa.feature.mfcc(y=y) - exact).max()


def test_pcen_defaults(librosa, y):
    spectrum = librosa.feature.melspectrogram(y=y, power=1) * 2**31
    ours, theirs = fastmel.pcen(spectrum), librosa.pcen(spectrum)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype == np.float64
    assert np.allclose(ours, theirs)
    tol.assert_relative(ours, theirs, 1e-11)  # float64 on both sides, exp of sums of logs


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("ref", [1.0, np.max], ids=["one", "max"])
def test_to_db_defaults(librosa, y, name, ref):
    spectrum = np.abs(librosa.stft(y)) ** (2 if name == "power_to_db" else 1)
    ours = getattr(fastmel, name)(spectrum, ref=ref)
    theirs = getattr(librosa, name)(spectrum, ref=ref)
    assert ours.dtype == theirs.dtype
    # The same float32 input: only dB values made small by a subtraction differ beyond the default.
    assert np.allclose(ours, theirs, atol=1e-8 if ref == 1.0 else tol.LIBROSA_DB)


@pytest.mark.parametrize("name", ["db_to_power", "db_to_amplitude"])
def test_from_db_defaults(librosa, y, name):
    decibels = librosa.power_to_db(librosa.feature.melspectrogram(y=y))
    ours, theirs = getattr(fastmel, name)(decibels), getattr(librosa, name)(decibels)
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs)


@pytest.mark.parametrize(
    "arguments",
    [
        {"sr": 22050, "n_fft": 2048},
        {"sr": 16000, "n_fft": 400, "n_mels": 80},
        {"sr": 16000, "n_fft": 512, "n_mels": 80, "htk": True, "norm": None},
        {"sr": 44100, "n_fft": 2049, "fmin": 30.0, "fmax": 16000.0},
        {"sr": 22050, "n_fft": 1024, "norm": 1},
        {"sr": 22050, "n_fft": 1024, "norm": np.inf},
        {"sr": 22050, "n_fft": 1024, "dtype": np.float64},
    ],
    ids=shown,
)
def test_filters_are_equal(librosa, arguments):
    ours, theirs = fastmel.mel_filterbank(**arguments), librosa.filters.mel(**arguments)
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)  # but for the sign of a zero, every bit


@pytest.mark.parametrize("htk", [False, True])
def test_mel_scale_helpers(librosa, htk):
    hertz = np.linspace(0, 12000, 500)
    mels = librosa.hz_to_mel(hertz, htk=htk)
    assert np.array_equal(fastmel.hz_to_mel(hertz, htk=htk), mels)
    assert np.array_equal(fastmel.mel_to_hz(mels, htk=htk), librosa.mel_to_hz(mels, htk=htk))
    assert np.array_equal(
        fastmel.mel_frequencies(40, htk=htk), librosa.mel_frequencies(40, htk=htk)
    )
    assert np.array_equal(
        fastmel.fft_frequencies(sr=16000, n_fft=400), librosa.fft_frequencies(sr=16000, n_fft=400)
    )


# --- arguments other than the defaults ------------------------------------------------------------


def steps_at_the_edges(vector, width, axis, arguments):
    """Pad with another value at each end, as numpy.pad calls it."""
    vector[: width[0]] = 0.5
    vector[len(vector) - width[1] :] = -0.25


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_fft": 512, "hop_length": 160},
        {"n_fft": 400, "hop_length": 160, "pad_mode": "reflect"},
        {"n_fft": 1023, "hop_length": 100, "pad_mode": "edge"},
        {"n_fft": 31, "hop_length": 7, "pad_mode": "symmetric"},
        {"n_fft": 31, "hop_length": 7, "pad_mode": steps_at_the_edges},
        {"n_fft": 512, "win_length": 400, "hop_length": 160, "window": "hamming"},
        {"n_fft": 512, "win_length": 401, "window": ("kaiser", 8.0)},
        {"n_fft": 512, "window": 4.0, "pad_mode": "linear_ramp"},
        {"n_fft": 512, "window": np.hanning(512)},
        {"n_fft": 512, "win_length": 100, "window": np.bartlett},
        {"n_fft": 512, "center": False},
        {"n_fft": 512, "hop_length": 2000},
        {"n_fft": 512, "hop_length": np.int64(128)},
        {"n_fft": 512, "dtype": np.complex128},
        {"n_fft": 2, "hop_length": 1},
        {"n_fft": 3, "hop_length": 1},
    ],
    ids=shown,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_stft_arguments(librosa, arguments, dtype):
    y = signals.noise(4000, seed=1).astype(dtype)
    ours, theirs = fastmel.stft(y, **arguments), librosa.stft(y, **arguments)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert_same_spectrum(ours, theirs, arguments.get("pad_mode"))


def assert_same_spectrum(ours, theirs, pad_mode=None):
    of_rms = tol.RAMP_OF_RMS if pad_mode == "linear_ramp" else 0.0
    tol.assert_spectrum(ours, theirs, roundings=2, of_rms=of_rms)


@pytest.mark.parametrize("n_samples", [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65])
@pytest.mark.parametrize("pad_mode", ["constant", "reflect", "edge", "symmetric", "linear_ramp"])
@pytest.mark.parametrize("n_fft", [32, 33])
def test_signals_shorter_than_their_padding(librosa, n_samples, pad_mode, n_fft):
    y = signals.noise(n_samples, seed=2)
    ours = quietly(fastmel.stft, y, n_fft=n_fft, hop_length=8, pad_mode=pad_mode)
    theirs = quietly(librosa.stft, y, n_fft=n_fft, hop_length=8, pad_mode=pad_mode)
    assert_same_spectrum(ours, theirs, pad_mode)


def test_empty_signal_centred_on_zeros(librosa):
    empty = np.zeros((3, 0), np.float32)
    ours, theirs = quietly(fastmel.stft, empty), quietly(librosa.stft, empty)
    assert ours.shape == theirs.shape
    assert not ours.any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, ">f4", ">f8"], ids=shown)
def test_sample_types(librosa, dtype):
    y = signals.noise(4096, seed=3).astype(dtype)
    ours, theirs = fastmel.stft(y, n_fft=256), librosa.stft(y, n_fft=256)
    if np.dtype(dtype) == np.dtype(">f8"):
        # librosa forgets the precision of swapped bytes.
        assert ours.dtype == np.complex128
        ours = ours.astype(np.complex64)
    assert ours.dtype == theirs.dtype
    assert_same_spectrum(ours, theirs)


def test_memory_order_of_stft(librosa):
    y = signals.noise(4096)
    assert fastmel.stft(y).strides == librosa.stft(y).strides
    # Of several channels librosa interleaves the bins; a channel is kept together here.
    assert fastmel.stft(np.stack([y, y])).strides[-2] == np.dtype(np.complex64).itemsize


@pytest.mark.parametrize("shape", [(1,), (2,), (2, 3), (2, 1, 2)], ids=shown)
def test_leading_axes(librosa, per_item, shape):
    rng = np.random.default_rng(4)
    y = (0.1 * rng.standard_normal((*shape, 9000)) * rng.uniform(1e-3, 1, (*shape, 1))).astype("f4")
    assert np.allclose(fastmel.stft(y), librosa.stft(y))
    assert np.allclose(fastmel.melspectrogram(y=y), librosa.feature.melspectrogram(y=y))
    theirs = librosa.feature.mfcc(y=y)
    if per_item:
        ours = fastmel.mfcc(y=y)
    else:
        power = fastmel.melspectrogram(y=y)
        ours = fastmel.mfcc(S=fastmel.power_to_db(power, axes=None))
    assert ours.shape == theirs.shape
    assert np.allclose(ours, theirs, atol=tol.MFCC_ABS)


@pytest.mark.parametrize(
    "arguments",
    [
        {"power": 1.0},
        {"power": 0.5},
        {"power": 3.0},
        {"power": 0},
        {"n_mels": 40},
        {"n_mels": 1},
        {"htk": True},
        {"norm": None},
        {"norm": 1},
        {"norm": 2},
        {"fmin": 300.0, "fmax": 8000.0},
        {"fmin": -5.0},
        {"sr": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 80},
        {"sr": 8000.5, "n_fft": 512},
        {"n_fft": 1024, "hop_length": None},
        {"n_fft": 1024, "win_length": 500, "window": "blackman", "center": False},
        {"dtype": np.float64},
    ],
    ids=shown,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_melspectrogram_arguments(librosa, arguments, dtype):
    y = signals.speech_like(9000, seed=5).astype(dtype)
    ours = fastmel.melspectrogram(y=y, **arguments)
    theirs = librosa.feature.melspectrogram(y=y, **arguments)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, atol=0)


@pytest.mark.parametrize(
    "arguments", [{}, {"n_fft": None}, {"n_fft": 513}, {"n_fft": 4096}, {"power": 9.0}], ids=shown
)
def test_melspectrogram_of_a_spectrogram(librosa, arguments):
    power = np.abs(librosa.stft(signals.noise(9000), n_fft=512)) ** 2
    for spectrum in (power, power.astype(np.float64), np.asfortranarray(power), power[:, :0]):
        ours = fastmel.melspectrogram(S=spectrum, n_mels=20, **arguments)
        theirs = librosa.feature.melspectrogram(S=spectrum, n_mels=20, **arguments)
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        assert np.allclose(ours, theirs, atol=0)


def test_a_spectrogram_wins_over_samples(librosa):
    power = np.abs(librosa.stft(signals.noise(9000))) ** 2
    y = signals.tone(5000)
    assert np.array_equal(fastmel.melspectrogram(y=y, S=power), fastmel.melspectrogram(S=power))
    decibels = librosa.power_to_db(librosa.feature.melspectrogram(S=power))
    assert np.array_equal(fastmel.mfcc(y=y, S=decibels), fastmel.mfcc(S=decibels))


@pytest.mark.parametrize(
    "arguments",
    [
        {"n_mfcc": 13},
        {"n_mfcc": 0},
        {"n_mfcc": 200},
        {"dct_type": 1},
        {"dct_type": 3},
        {"dct_type": 4},
        {"norm": None},
        {"norm": "backward"},
        {"norm": "forward"},
        {"dct_type": 1, "norm": None},
        {"dct_type": 3, "norm": None},
        {"dct_type": 4, "norm": "forward"},
        {"lifter": 22},
        {"lifter": 0.5},
        {"mel_norm": None},
        {"n_mels": 40, "htk": True, "fmax": 8000},
        {"n_mels": 10},
    ],
    ids=shown,
)
def test_mfcc_arguments(librosa, arguments):
    y = signals.speech_like(9000, seed=6)
    ours, theirs = fastmel.mfcc(y=y, **arguments), librosa.feature.mfcc(y=y, **arguments)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    scale = max(1.0, np.abs(theirs).max(initial=0) / 1000)
    assert np.allclose(ours, theirs, atol=tol.MFCC_ABS * scale)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
def test_mfcc_of_decibels(librosa, dtype):
    decibels = (60 * np.random.default_rng(7).random((2, 40, 30)) - 30).astype(dtype)
    ours, theirs = fastmel.mfcc(S=decibels), librosa.feature.mfcc(S=decibels)
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, atol=tol.MFCC_ABS if dtype == np.float32 else 1e-11)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"hop_length": 16},
        {"hop_length": 100},
        {"win_length": 48},
        {"window": "hamming"},
        {"window": np.hanning(64)},
        {"length": 500},
        {"length": 3000},
        {"length": 0},
        {"length": 4000},
        {"n_fft": 65},
        {"n_fft": 63},
        {"n_fft": 128},
        {"n_fft": 32},
        {"dtype": np.float64},
    ],
    ids=shown,
)
@pytest.mark.parametrize("dtype", [np.complex64, np.complex128, np.float32])
def test_istft_arguments(librosa, arguments, dtype):
    if dtype == np.float32:
        spectrum = np.random.default_rng(8).standard_normal((33, 150)).astype(dtype)
    else:
        spectrum = librosa.stft(signals.noise(3000, seed=8), n_fft=64).astype(dtype)
    ours, theirs = fastmel.istft(spectrum, **arguments), librosa.istft(spectrum, **arguments)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    of_max = 1e-13 if ours.dtype == dtype == np.complex128 else tol.ISTFT_OF_MAX
    # A spectrum that is no signal's is divided by small window sums, which magnify the rounding.
    of_max *= 1 if dtype != np.float32 and not arguments else 100
    tol.assert_relative(ours, theirs, 1e-5, of_max)


@pytest.mark.parametrize("n_fft", [64, 65, 400])
def test_istft_inverts_without_centring_where_windows_overlap(librosa, n_fft):
    y = signals.noise(5000, seed=9).astype(np.float64)
    spectrum = librosa.stft(y, n_fft=n_fft, center=False)
    ours = fastmel.istft(spectrum, n_fft=n_fft, center=False)
    theirs = librosa.istft(spectrum, n_fft=n_fft, center=False)
    assert ours.shape == theirs.shape
    inside = slice(n_fft, -n_fft)  # nearer to the ends both divide by next to nothing
    assert np.allclose(ours[inside], theirs[inside], rtol=1e-12, atol=1e-14)


def test_istft_of_leading_axes(librosa):
    spectrum = librosa.stft(np.stack([signals.noise(3000, seed=s) for s in range(4)]), n_fft=64)
    ours = fastmel.istft(spectrum.reshape(2, 2, *spectrum.shape[1:]))
    # One by one: librosa compiles for each number of axes, which takes seconds.
    theirs = np.stack([librosa.istft(item) for item in spectrum])
    assert ours.shape == (2, 2, *theirs.shape[1:])
    assert np.allclose(ours.reshape(theirs.shape), theirs, atol=tol.ISTFT_OF_MAX)


@pytest.mark.parametrize(
    "arguments",
    [
        {"power": 0},
        {"bias": 0},
        {"gain": 0},
        {"power": 0.25, "bias": 10, "gain": 0.8},
        {"b": 1},
        {"b": 0.5},
        {"time_constant": 0.06, "sr": 16000, "hop_length": 160},
        {"eps": 1e-3},
        {"max_size": 3},
        {"max_size": 4},
        {"max_size": 300},
        {"max_size": 3, "max_axis": 1},
        {"max_size": np.int64(3), "axis": 0},
        {"axis": 0},
        {"axis": -2, "max_size": 3},
    ],
    ids=shown,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_pcen_arguments(librosa, arguments, dtype):
    spectrum = (1e3 * np.random.default_rng(10).random((20, 33)) + 1).astype(dtype)
    ours, ours_end = fastmel.pcen(spectrum, return_zf=True, **arguments)
    theirs, theirs_end = librosa.pcen(spectrum, return_zf=True, **arguments)
    assert ours.dtype == theirs.dtype
    assert ours_end.shape == theirs_end.shape
    # With no bias librosa takes the logarithm in the type of its input.
    in_float32 = dtype == np.float32 and arguments.get("bias") == 0
    tol.assert_relative(ours, theirs, 1e-6 if in_float32 else 1e-11)
    tol.assert_relative(ours_end, theirs_end, 1e-12)


def test_pcen_in_pieces_and_shapes(librosa):
    spectrum = 1e3 * np.random.default_rng(11).random((2, 20, 33)) + 1
    first, state = fastmel.pcen(spectrum[..., :10], return_zf=True)
    second = fastmel.pcen(spectrum[..., 10:], zi=state)
    whole = fastmel.pcen(spectrum)
    assert np.array_equal(np.concatenate([first, second], axis=-1), whole)
    tol.assert_relative(whole, librosa.pcen(spectrum), 1e-11)
    for part in (spectrum[0, 0], spectrum[0, :, :0], spectrum[:, :0]):
        assert np.allclose(fastmel.pcen(part), librosa.pcen(part), rtol=1e-11, atol=0)
    row = spectrum[0]
    for ref in (2 * row, row[:1], row[0]):
        tol.assert_relative(fastmel.pcen(row, ref=ref), librosa.pcen(row, ref=ref), 1e-11)
    start = np.full((1, 1), 0.3)
    tol.assert_relative(fastmel.pcen(row, zi=start), librosa.pcen(row, zi=start), 1e-11)


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize(
    "arguments",
    [
        {"ref": 0},
        {"ref": -3.0},
        {"ref": np.median},
        {"ref": np.mean},
        {"ref": np.linspace(1, 2, 20, dtype=np.float32)[:, np.newaxis]},
        {"amin": 1e-3},
        {"top_db": None},
        {"top_db": 0},
        {"top_db": 20.5},
    ],
    ids=shown,
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_to_db_arguments(librosa, name, arguments, dtype):
    spectrum = (np.random.default_rng(12).random((20, 30)) ** 8).astype(dtype)
    ours = getattr(fastmel, name)(spectrum, **arguments)
    theirs = getattr(librosa, name)(spectrum, **arguments)
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    assert np.allclose(ours, theirs, atol=tol.LIBROSA_DB if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_to_db_of_scalars_lists_and_integers(librosa, name):
    ours, theirs = getattr(fastmel, name), getattr(librosa, name)
    for value in (2.0, 2, 0, np.float32(2), np.array(2.0), [1.0, 2.0], np.arange(9), [[1], [3]]):
        a, b = ours(value), theirs(value)
        assert type(a) is type(b)
        assert a.dtype == b.dtype
        # librosa computes scalars of float32 in float32, and returns float64.
        rtol = 1e-6 if isinstance(value, np.float32) else 1e-12
        assert np.allclose(a, b, rtol=rtol, atol=1e-12)
    for value in (np.array([1, np.nan, 2.0]), np.array([1, np.inf, 2.0]), np.array([-1, 2.0])):
        assert np.array_equal(ours(value), theirs(value), equal_nan=True)
        assert np.allclose(
            ours(value, top_db=None), theirs(value, top_db=None), atol=1e-12, equal_nan=True
        )


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("ref", [1.0, np.max], ids=["one", "max"])
def test_decibels_per_item_or_over_all(librosa, per_item, name, ref):
    spectrum = np.random.default_rng(13).random((3, 20, 30))
    spectrum *= np.array([1, 1e-4, 1e-9])[:, np.newaxis, np.newaxis]
    ours, theirs = getattr(fastmel, name), getattr(librosa, name)
    axes = "auto" if per_item else None
    assert np.allclose(ours(spectrum, ref=ref, axes=axes), theirs(spectrum, ref=ref), rtol=1e-12)
    items = np.stack([theirs(item, ref=ref) for item in spectrum])
    assert np.allclose(ours(spectrum, ref=ref), items, rtol=1e-12)
    if per_item:
        for axes in (None, 0, -1, (0, 2), (0, 1, 2)):
            assert np.allclose(
                ours(spectrum, ref=ref, axes=axes), theirs(spectrum, ref=ref, axes=axes), rtol=1e-12
            )


SIGNED = {
    "signed": np.random.default_rng(14).standard_normal((3, 20, 30)),
    "float32": np.random.default_rng(15).standard_normal((20, 30)).astype(np.float32),
    "negative": -1 - np.random.default_rng(16).random((20, 30)),
    "complex": np.random.default_rng(17).standard_normal((2, 20, 30)) * (0.8 - 0.6j),
    "integers": np.random.default_rng(18).integers(-99, 99, (20, 30)),
    "one axis": np.array([1.0, -10.0, 0.0, 3.0]),
    "scalar": -3.0,
    "0-d": np.array(-3.0),
    "list": [[-3, 2], [1, 0]],
}
REFERENCES = {
    "max": np.max,
    "amax": np.amax,
    "min": np.min,
    "median": np.median,
    "least": lambda m, axis=None, keepdims=False: -np.max(m, axis=axis, keepdims=keepdims),
    "quantile": lambda m, axis=None, keepdims=False: np.quantile(
        m, 0.9, axis=axis, keepdims=keepdims
    ),
}


@pytest.mark.parametrize("top_db", [None, 80.0])
@pytest.mark.parametrize("ref", REFERENCES.values(), ids=REFERENCES)
@pytest.mark.parametrize("spectrum", SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_callable_references(librosa, per_item, name, spectrum, ref, top_db):
    """They see magnitudes of amplitudes, and powers as they are; the sign of a result counts."""
    for axes in ["auto", None, -1, (-2, -1)] if per_item and np.ndim(spectrum) > 1 else [None]:
        theirs = {"axes": axes} if per_item else {}
        a = quietly(getattr(fastmel, name), spectrum, ref=ref, top_db=top_db, axes=axes)
        b = quietly(getattr(librosa, name), spectrum, ref=ref, top_db=top_db, **theirs)
        assert np.shape(a) == np.shape(b)
        atol = tol.LIBROSA_DB if np.asarray(b).dtype == np.float32 else 1e-12
        assert np.allclose(a, b, atol=atol)


@pytest.mark.parametrize("spectrum", SIGNED.values(), ids=SIGNED)
@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
def test_what_a_callable_reference_is_called_with(librosa, per_item, name, spectrum):
    seen = []

    def spy(magnitudes, **arguments):
        seen.append((np.array(magnitudes), arguments))  # librosa squares them in place
        return 1.0

    for axes in ["auto", None, *([-1, (-2, -1), (0, 1)] if np.ndim(spectrum) > 1 else [])]:
        quietly(getattr(fastmel, name), spectrum, ref=spy, axes=axes)
        theirs = {"axes": axes} if per_item else {}
        quietly(getattr(librosa, name), spectrum, ref=spy, **theirs)
        (ours, arguments), (original, expected) = seen[-2:]
        assert np.array_equal(ours, original)
        assert arguments == expected if per_item else {"axis", "keepdims"} == set(arguments)


def test_references_of_a_level():
    signed = np.array([[1.0, -10.0]])
    assert fastmel.amplitude_to_db(signed, ref=np.max).tolist() == [[-20.0, 0.0]]
    assert fastmel.amplitude_to_db(signed, ref=lambda m: m.max()).tolist() == [[-20.0, 0.0]]
    assert fastmel.power_to_db(-signed, ref=np.max).tolist() == [[-80.0, 0.0]]
    # A reference that is below amin is amin, as in librosa: 10 * log10(1e-10) is -100.
    assert fastmel.power_to_db(np.array([-1.0, -2.0]), ref=np.max).tolist() == [0.0, 0.0]
    assert fastmel.power_to_db(np.array([1.0]), ref=-1.0).tolist() == [0.0]  # a number's magnitude
    for ref in (lambda m, **kw: 1j, lambda m, **kw: "loud", lambda m, **kw: None):
        with pytest.raises(TypeError, match="ref must return real numbers; it returned"):
            fastmel.power_to_db(signed, ref=ref)
    with pytest.raises(ValueError, match="ref must accept axis= and keepdims=") as error:
        fastmel.power_to_db(np.ones((2, 3, 4)), ref=lambda m: m.max())
    assert isinstance(error.value.__cause__, TypeError)


def test_integer_magnitudes_do_not_overflow():
    # librosa squares in the type of its input, in which 200 * 200 of uint8 is 64.
    levels = fastmel.amplitude_to_db(np.array([200, 1], np.uint8))
    assert np.allclose(levels, [20 * np.log10(200), 0.0])


@pytest.mark.parametrize("name", ["power_to_db", "amplitude_to_db"])
@pytest.mark.parametrize("shape", [(0,), (2, 0, 5)])
def test_an_empty_reference_of_nothing(librosa, name, shape):
    empty = np.empty(shape, np.float32)
    found = [getattr(of, name)(empty, ref=empty, top_db=None) for of in (fastmel, librosa)]
    assert [(levels.shape, levels.dtype) for levels in found] == [(shape, np.float32)] * 2


def test_to_db_keeps_its_input(librosa):
    spectrum = np.array([[1.0, 4.0]])
    fastmel.amplitude_to_db(spectrum)
    fastmel.power_to_db(spectrum, ref=np.max)
    assert np.array_equal(spectrum, [[1.0, 4.0]])


@pytest.mark.parametrize("name", ["db_to_power", "db_to_amplitude"])
def test_from_db_arguments(librosa, name):
    ours, theirs = getattr(fastmel, name), getattr(librosa, name)
    decibels = np.linspace(-100, 40, 60).reshape(3, 20)
    for value in (decibels, decibels.astype(np.float32), np.arange(4), 3.0, 3, np.array(3.0)):
        for ref in (1.0, 2.0):
            a, b = ours(value, ref=ref), theirs(value, ref=ref)
            assert np.asarray(a).dtype == np.asarray(b).dtype
            assert np.shape(a) == np.shape(b)
            # librosa rounds the exponent, which for -100 dB is 23, to float32.
            rtol = 3e-6 if np.asarray(b).dtype == np.float32 else 1e-13
            assert np.allclose(a, b, rtol=rtol, atol=0)


def test_bands_without_a_bin_are_told_of_a_spectrogram_too():
    with pytest.warns(UserWarning, match="18 of 60 mel bands cover no FFT bin"):
        bands = fastmel.melspectrogram(S=np.ones((33, 4)), sr=16000, n_fft=64, n_mels=60)
    # As in librosa the first, which begins at 0 Hz, is not counted.
    assert np.count_nonzero(bands[1:].sum(axis=1) == 0) == 18


@pytest.mark.parametrize("name", ["db_to_power", "db_to_amplitude"])
def test_from_db_with_a_reference_for_each_band(librosa, name):
    decibels, ref = np.linspace(-100, 40, 60).reshape(3, 20), np.array([[1.0], [2.0], [0.5]])
    ours, theirs = (getattr(module, name)(decibels, ref=ref) for module in (fastmel, librosa))
    assert np.allclose(ours, theirs, rtol=1e-13, atol=0)
    with pytest.raises(ValueError, match=r"ref must broadcast to the shape of S_db, \(3, 20\)"):
        getattr(fastmel, name)(decibels, ref=np.ones(3))


# --- warnings, errors, signatures -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("stft", {"y": np.zeros(100, np.float32)}),
        ("stft", {"y": np.zeros(2047, np.float32)}),
        ("stft", {"y": np.zeros(2048, np.float32)}),
        ("stft", {"y": np.zeros(0, np.float32)}),
        ("melspectrogram", {"y": signals.noise(500)}),
        ("melspectrogram", {"y": signals.noise(4000), "n_mels": 1000}),
        ("melspectrogram", {"y": signals.noise(4000), "fmax": 20000}),
        ("melspectrogram", {"y": signals.noise(4000), "fmin": 12000, "fmax": 13000}),
        ("melspectrogram", {"y": signals.noise(4000)}),
        ("mfcc", {"y": signals.noise(4000), "n_mels": 1000}),
        ("power_to_db", {"S": np.ones(3, complex)}),
        ("amplitude_to_db", {"S": np.ones(3, complex)}),
        ("pcen", {"S": np.ones((3, 4), complex)}),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_warns_where_librosa_warns(librosa, name, arguments):
    theirs = getattr(librosa, name, None) or getattr(librosa.feature, name)
    ours = getattr(fastmel, name)
    arguments = dict(arguments)
    first = [arguments.pop("y")] if name == "stft" else []
    expected = len(user_warnings(theirs, *first, **arguments))
    assert len(user_warnings(ours, *first, **arguments)) == expected
    # A plan that is found in the cache warns again.
    assert len(user_warnings(ours, *first, **arguments)) == expected


def test_warnings_point_at_the_caller():
    for call in (
        lambda: fastmel.stft(np.zeros(100, np.float32)),
        lambda: fastmel.melspectrogram(y=signals.noise(4000), n_mels=1000),
        lambda: fastmel.power_to_db(np.ones(3, complex)),
    ):
        with pytest.warns(UserWarning) as caught:  # noqa: PT030, the place is under test
            call()
        assert caught[0].filename == __file__


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("stft", {"y": np.array(1.0)}),
        ("stft", {"y": np.full(4000, np.nan)}),
        ("stft", {"y": np.zeros(4000), "hop_length": 0}),
        ("stft", {"y": np.zeros(4000), "hop_length": -1}),
        ("stft", {"y": np.zeros(4000), "hop_length": 10.0}),
        ("stft", {"y": np.zeros(4000), "n_fft": 0}),
        ("stft", {"y": np.zeros(4000), "n_fft": 512, "win_length": 513}),
        ("stft", {"y": np.zeros(4000), "win_length": 0}),
        ("stft", {"y": np.zeros(4000), "window": "bogus"}),
        ("stft", {"y": np.zeros(4000), "window": None}),
        ("stft", {"y": np.zeros(4000), "n_fft": 64, "window": np.ones(63)}),
        ("stft", {"y": np.zeros(4000), "n_fft": 64, "win_length": 32, "window": np.ones(64)}),
        ("stft", {"y": np.zeros(4000), "pad_mode": "wrap"}),
        ("stft", {"y": np.zeros(4000), "pad_mode": "mean"}),
        ("stft", {"y": np.zeros(4000), "pad_mode": "bogus"}),
        ("stft", {"y": np.zeros(100), "center": False}),
        ("stft", {"y": np.zeros(0), "pad_mode": "reflect"}),
        ("istft", {"stft_matrix": np.zeros((33, 0), np.complex64)}),
        ("istft", {"stft_matrix": np.zeros((33, 9), np.complex64), "win_length": 65}),
        ("istft", {"stft_matrix": np.zeros((33, 9), np.complex64), "length": -5}),
        ("melspectrogram", {}),
        ("melspectrogram", {"y": np.zeros(4000), "n_fft": None}),
        ("melspectrogram", {"y": np.zeros(4000), "norm": "bogus"}),
        ("melspectrogram", {"y": np.zeros(4000), "n_mels": -1}),
        ("mfcc", {}),
        ("mfcc", {"S": np.zeros((40, 9)), "dct_type": 5}),
        ("mfcc", {"S": np.zeros((40, 9)), "norm": "bogus"}),
        ("mfcc", {"S": np.zeros((40, 9)), "lifter": -1}),
        ("power_to_db", {"S": np.ones(3), "amin": 0}),
        ("power_to_db", {"S": np.ones(3), "top_db": -1}),
        ("power_to_db", {"S": np.ones(0)}),
        ("power_to_db", {"S": np.ones((4, 5)), "ref": np.ones(3)}),
        ("amplitude_to_db", {"S": np.ones(3), "amin": 0}),
        ("pcen", {"S": np.ones((4, 5)), "power": -1}),
        ("pcen", {"S": np.ones((4, 5)), "gain": -1}),
        ("pcen", {"S": np.ones((4, 5)), "bias": -1}),
        ("pcen", {"S": np.ones((4, 5)), "eps": 0}),
        ("pcen", {"S": np.ones((4, 5)), "time_constant": 0}),
        ("pcen", {"S": np.ones((4, 5)), "b": 1.5}),
        ("pcen", {"S": np.ones((4, 5)), "max_size": 0}),
        ("pcen", {"S": np.ones((4, 5)), "max_size": 3.0}),
        ("pcen", {"S": np.ones(5), "max_size": 3}),
        ("pcen", {"S": np.ones((2, 4, 5)), "max_size": 3}),
        ("pcen", {"S": np.ones((4, 5)), "zi": np.ones((5, 1))}),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_refuses_what_librosa_refuses(librosa, name, arguments):
    theirs = getattr(librosa, name, None) or getattr(librosa.feature, name)
    arguments = dict(arguments)
    first = [
        arguments.pop(n) for n in ("y", "stft_matrix") if name.endswith("stft") and n in arguments
    ]
    # SciPy 1.15 makes windows of no points; librosa then divides by its hop of none.
    with pytest.raises((ValueError, librosa.ParameterError, ZeroDivisionError)):
        quietly(theirs, *first, **arguments)
    with pytest.raises((ValueError, TypeError)):
        quietly(getattr(fastmel, name), *first, **arguments)


OUR_EXTRAS = {"workers", "precision", "out", "axes"}


@pytest.mark.parametrize(
    "name",
    [
        "stft",
        "istft",
        "feature.melspectrogram",
        "feature.mfcc",
        "pcen",
        "power_to_db",
        "amplitude_to_db",
        "db_to_power",
        "db_to_amplitude",
        "filters.mel",
        "hz_to_mel",
        "mel_to_hz",
        "mel_frequencies",
        "fft_frequencies",
    ],
)
def test_signatures_take_librosas_arguments(librosa, name):
    theirs = librosa
    for part in name.split("."):
        theirs = getattr(theirs, part)
    ours = getattr(fastmel, {"filters.mel": "mel_filterbank"}.get(name, name.split(".")[-1]))
    expected = inspect.signature(theirs).parameters
    actual = inspect.signature(ours).parameters
    for parameter in expected.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            continue  # ours are spelt out
        assert parameter.name in actual
        assert actual[parameter.name].kind == parameter.kind
        assert actual[parameter.name].default == parameter.default
    kinds = {p.kind for p in actual.values()}
    assert inspect.Parameter.VAR_POSITIONAL not in kinds
    if name == "feature.melspectrogram":
        mel = inspect.signature(librosa.filters.mel).parameters
        for extra in ("n_mels", "fmin", "fmax", "htk", "norm", "dtype"):
            assert actual[extra].default == mel[extra].default
    elif inspect.Parameter.VAR_KEYWORD not in {p.kind for p in expected.values()}:
        assert set(actual) - set(expected) <= OUR_EXTRAS
