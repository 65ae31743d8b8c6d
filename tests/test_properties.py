"""The core against `fastmel.reference` over wide random configurations, and laws that must hold.

`HYPOTHESIS_PROFILE=soak` draws new cases on every run.
"""

import warnings

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from effort import examples
from fastmel import reference

pytest.importorskip("hypothesis")
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

WINDOWS = ["hann", "hamming", "boxcar", "blackman", ("kaiser", 8.0), ("tukey", 0.3), 4.0, "ones"]
PAD_MODES = ["constant", "reflect", "edge", "symmetric", "linear_ramp"]
# Lengths with every kind of factorisation: tiny, powers of two, 5-smooth, and large primes, which
# are transformed as convolutions.
N_FFT = st.one_of(
    st.integers(1, 64),
    st.sampled_from([97, 128, 255, 256, 257, 400, 480, 509, 512, 600, 640, 1000, 1009, 1024]),
    st.sampled_from([1200, 2003, 2047, 2048]),
)
TYPES = [np.float32, np.float64, np.int16, np.int32, np.float16, np.dtype(">f4")]


@st.composite
def samples(draw, max_length=3000, types=tuple(TYPES)):
    """Signals of every type, of any length, shape and memory layout."""
    n = draw(st.one_of(st.integers(1, 80), st.integers(1, max_length)))
    shape = draw(st.sampled_from([(), (), (1,), (3,), (2, 2)]))
    layout = draw(st.sampled_from(["contiguous", "reversed", "every third", "interleaved"]))
    dtype = np.dtype(draw(st.sampled_from(types)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = 0.3 * rng.standard_normal((*shape, n))
    if draw(st.booleans()):
        y += 0.5 * np.sin(0.05 * np.arange(n))
    y = signals.pcm(y, dtype) if dtype.kind == "i" else y.astype(dtype)
    if layout == "reversed":
        y = np.ascontiguousarray(y[..., ::-1])[..., ::-1]
    elif layout == "every third":
        y = np.repeat(y, 3, axis=-1)[..., ::3]
    elif layout == "interleaved":
        y = np.moveaxis(np.ascontiguousarray(np.moveaxis(y, -1, 0)), 0, -1)
    return y


@st.composite
def framings(draw, n_samples, max_frames=400):
    """Arguments of stft that the signal's length allows."""
    n_fft = draw(N_FFT)
    center = draw(st.booleans()) or n_fft > n_samples
    win_length = draw(st.one_of(st.just(n_fft), st.integers(1, n_fft)))
    hop_length = draw(st.one_of(st.integers(1, 64), st.integers(1, 2 * n_fft + 7)))
    hop_length = max(hop_length, n_samples // max_frames)
    window = draw(st.sampled_from([*WINDOWS, "array"]))
    if window == "array":
        window = np.random.default_rng(win_length).uniform(-1, 1, win_length)
    return {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "pad_mode": draw(st.sampled_from(PAD_MODES)),
    }


@st.composite
def cases(draw, **kwargs):
    y = draw(samples(**kwargs))
    return y, draw(framings(y.shape[-1]))


def native(y):
    """The samples as the oracle takes them."""
    return y if y.dtype.kind == "i" else y.astype(np.float64)


def result_type(y):
    return np.dtype(np.float64 if y.dtype == np.float64 else np.float32)


def quietly(function, *args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # short signals, empty filters
        return function(*args, **kwargs)


def spectrum_floor(y, framing, precision):
    """What a transform may add to |X| by rounding: its share of the frame's RMS bin."""
    rms = np.sqrt(np.mean(np.abs(quietly(reference.stft, native(y), **framing)) ** 2, axis=-2))
    return (tol.SPECTRUM_OF_RMS[precision] + ramp_rounding(y, framing)) * rms[..., np.newaxis, :]


def largest_prime_factor(n):
    p = next((p for p in range(2, n) if n % p == 0), n)
    return p if p == n else largest_prime_factor(n // p)


def ramp_rounding(y, framing):
    """The ramp of a padding mode is made in the type of the samples, as NumPy does."""
    ramp = framing.get("pad_mode") == "linear_ramp" and framing.get("center", True)
    return tol.RAMP_OF_RMS if ramp and y.dtype != np.float64 else 0.0


# --- the stated accuracy, on signals like recordings ----------------------------------------------

RECORDINGS = signals.realistic(3 * 22050) | {"tone": signals.tone(3 * 22050)}
CHAINS = [
    {"sr": 22050},
    {"sr": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 80},
    {"sr": 16000, "n_fft": 512, "hop_length": 160, "win_length": 400, "n_mels": 80, "htk": True},
    {"sr": 44100, "n_fft": 1023, "hop_length": 300, "n_mels": 64, "power": 1.0},
]


@pytest.mark.parametrize("name", sorted(RECORDINGS))
@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_accuracy_in_double(name, chain):
    y = RECORDINGS[name]
    exact = reference.melspectrogram(y=y, **chain)
    # A pure tone's distant bands lie below the rounding of complex64, which is part of the formula.
    of_max = 1e-14 if name == "tone" else 0.0
    tol.assert_relative(
        fastmel.melspectrogram(y=y, **chain), exact, tol.DOUBLE_MEL_REL, of_max=of_max
    )
    wide = fastmel.melspectrogram(y=y.astype(np.float64), **chain)
    tol.assert_relative(wide, exact, tol.FLOAT64_MEL_REL, of_max=tol.FLOAT64_OF_MAX)
    for decibels in ({"ref": np.max}, {"ref": 1.0, "top_db": None}):
        level = fastmel.log_melspectrogram(y=y, **chain, **decibels)
        tol.assert_absolute(level, reference.power_to_db(exact, **decibels), tol.DOUBLE_DB)


@pytest.mark.parametrize("name", sorted(RECORDINGS))
@pytest.mark.parametrize("chain", CHAINS, ids=str)
def test_accuracy_in_single(name, chain):
    y, chain = RECORDINGS[name], chain | {"power": 2.0}
    slack = tol.TONE if name == "tone" else 1.0
    exact = reference.melspectrogram(y=y, **chain)
    bands = fastmel.melspectrogram(y=y, precision="single", **chain)
    tol.assert_relative(bands, exact, 0.0, of_max=slack * tol.SINGLE_MEL_OF_MAX)
    decibels = {"ref": np.max, "top_db": None}
    expected = reference.power_to_db(exact, **decibels)
    level = fastmel.log_melspectrogram(y=y, precision="single", **decibels, **chain)
    audible = expected > -tol.SINGLE_DB_RANGE
    tol.assert_absolute(level[audible], expected[audible], slack * tol.SINGLE_DB)


@pytest.mark.parametrize("name", sorted(RECORDINGS))
@pytest.mark.parametrize(("frontend", "n_mels"), [("whisper", 80), ("whisper-large-v3", 128)])
def test_accuracy_of_whisper(name, frontend, n_mels):
    features = fastmel.frontend(frontend)(RECORDINGS[name])
    exact = reference.whisper_log_mel(RECORDINGS[name], n_mels)
    if name == "tone":
        tol.assert_absolute(features, exact, tol.TONE_WHISPER * tol.WHISPER)
    else:
        tol.assert_absolute(features, exact, tol.WHISPER)
        assert np.sqrt(np.mean((features - exact) ** 2)) <= tol.WHISPER_RMS


# --- random configurations ------------------------------------------------------------------------


@settings(max_examples=examples(150))
@given(case=cases(), precision=st.sampled_from(["double", "single"]))
@example(case=(np.ones(1, np.float32), {"n_fft": 1, "hop_length": 1}), precision="double")
@example(case=(np.ones(5, np.float32), {"n_fft": 2, "hop_length": 3}), precision="single")
def test_stft(case, precision):
    y, framing = case
    actual = quietly(fastmel.stft, y, precision=precision, **framing)
    expected = quietly(reference.stft, native(y), **framing)
    assert actual.dtype == np.result_type(result_type(y), np.complex64)
    # float64 samples are transformed in float64 whatever the precision asked for the others.
    computed = "double" if y.dtype == np.float64 else precision
    # A sum of p equal terms, one after the other, may be p halves of an ulp off: pocketfft adds so
    # for prime factors beyond its butterflies.
    p = largest_prime_factor(framing["n_fft"])
    alike = computed == "single" or y.dtype == np.float64
    roundings = 1 + p if p > 11 and alike else 1
    rms = ramp_rounding(y, framing)
    tol.assert_spectrum(actual, expected, computed, roundings=roundings, of_rms=rms)


@settings(max_examples=examples(60))
@given(
    case=cases(),
    power=st.sampled_from([2.0, 1.0, 0.5, 3.0, 1.7]),
    precision=st.sampled_from(["double", "single"]),
)
def test_spectrogram(case, power, precision):
    y, framing = case
    actual = quietly(fastmel.spectrogram, y, power=power, precision=precision, **framing)
    magnitude = np.abs(quietly(reference.stft, native(y), **framing))
    assert actual.dtype == result_type(y)
    computed = "double" if y.dtype == np.float64 else precision
    floor = spectrum_floor(y, framing, computed)
    rel = {"double": 4e-7, "single": 2e-6}[computed]  # complex64 rounding, the power
    if y.dtype == np.float64:
        rel = 1e-14
    above, below = (magnitude + 2 * floor) ** power, np.maximum(magnitude - 2 * floor, 0) ** power
    tiny = np.finfo(actual.dtype).tiny
    assert np.all(actual <= above * (1 + rel) + tiny)
    assert np.all(actual >= below * (1 - rel) - tiny)


@st.composite
def mel_arguments(draw):
    sr = draw(st.sampled_from([8000, 16000, 22050, 44100.0]))
    fmin = draw(st.sampled_from([0.0, 20.0, 133.3]))
    return {
        "sr": sr,
        "n_mels": draw(st.integers(1, 130)),
        "fmin": fmin,
        "fmax": draw(st.sampled_from([None, sr / 2, 0.8 * sr / 2, fmin + 500])),
        "htk": draw(st.booleans()),
        "norm": draw(st.sampled_from(["slaney", None, 1])),
        "power": draw(st.sampled_from([1.0, 2.0])),
    }


@settings(max_examples=examples(120))
@given(case=cases(), mel=mel_arguments(), precision=st.sampled_from(["double", "single"]))
def test_melspectrogram(case, mel, precision):
    y, framing = case
    actual = quietly(fastmel.melspectrogram, y=y, precision=precision, **framing, **mel)
    expected = quietly(reference.melspectrogram, y=native(y), **framing, **mel)
    assert actual.shape == expected.shape
    assert actual.dtype == result_type(y)
    computed = "double" if y.dtype == np.float64 else precision
    # Bands of nearly nothing are bounded by what the transform's rounding puts into a bin.
    floor = spectrum_floor(y, framing, computed)
    weights = {k: v for k, v in mel.items() if k != "power"}
    bins = np.abs(quietly(reference.stft, native(y), **framing))
    spread = (bins + 2 * floor) ** mel["power"] - np.maximum(bins - 2 * floor, 0) ** mel["power"]
    spread = quietly(reference.mel, spread, n_fft=framing["n_fft"], **weights)
    rel = {"double": tol.DOUBLE_MEL_REL, "single": 2e-6}[computed]
    if y.dtype == np.float64:
        rel = tol.FLOAT64_MEL_REL
    tiny = np.finfo(actual.dtype).tiny
    assert np.all(np.abs(actual - expected) <= rel * expected + spread + tiny)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ref", [1.0, 30.0, np.max], ids=["1", "30", "max"])
def test_decibels_are_the_same_bits_whatever_the_way(precision, dtype, ref):
    # Levels on either side of 0 dB, where a decibel has the most digits.
    y = (signals.noise(40000) * np.geomspace(1, 1000, 40000)).astype(dtype).reshape(2, 20000)
    how = {"ref": ref, "precision": precision}
    for power, hop_length in ((1.0, 7), (2.0, 11)):
        mel = {"n_fft": 600, "hop_length": hop_length, "n_mels": 40, "power": power}
        bands = fastmel.melspectrogram(y=y, precision=precision, **mel)
        batch = fastmel.power_to_db(bands, **how)
        tol.assert_same_bits(fastmel.log_melspectrogram(y=y, **how, **mel), batch, "fused")
        items = [fastmel.power_to_db(item, **how) for item in bands]
        tol.assert_same_bits(np.stack(items), batch, "item by item")
        fortran = fastmel.power_to_db(np.asfortranarray(bands), **how)
        tol.assert_same_bits(fortran, batch, "in another layout")


@pytest.mark.parametrize("axes", ["auto", None])
@pytest.mark.parametrize("top_db", [None, 20.0])
def test_the_maximum_is_that_of_each_item_or_of_all(axes, top_db):
    y = np.outer([1.0, 0.1, 3.0], signals.speech_like(4000, 16000)).astype(np.float32)
    decibels = {"ref": np.max, "top_db": top_db, "axes": axes}
    fused = fastmel.log_melspectrogram(y=y, sr=16000, n_fft=512, **decibels)
    power = fastmel.melspectrogram(y=y, sr=16000, n_fft=512)
    tol.assert_same_bits(fused, fastmel.power_to_db(power, **decibels))


@settings(max_examples=examples(60))
@given(
    case=cases(),
    mel=mel_arguments(),
    ref=st.sampled_from([1.0, 0.0, 30.0, np.max, np.median]),
    amin=st.sampled_from([1e-10, 1e-5]),
    top_db=st.sampled_from([None, 0.0, 30.0, 80.0]),
    axes=st.sampled_from(["auto", None]),
    precision=st.sampled_from(["double", "single"]),
)
def test_log_melspectrogram_is_power_to_db_of_melspectrogram(
    case, mel, ref, amin, top_db, axes, precision
):
    y, framing = case
    decibels = {"ref": ref, "amin": amin, "top_db": top_db, "axes": axes, "precision": precision}
    fused = quietly(fastmel.log_melspectrogram, y=y, **framing, **mel, **decibels)
    power = quietly(fastmel.melspectrogram, y=y, precision=precision, **framing, **mel)
    tol.assert_same_bits(fused, fastmel.power_to_db(power, **decibels))
    exact = reference.power_to_db(power, ref=ref, amin=amin, top_db=top_db, axes=axes)
    bound = {"double": tol.DOUBLE_DB, "single": 3e-5}[precision]  # a few ulp of values near 100
    tol.assert_absolute(fused, exact, 1e-12 if y.dtype == np.float64 else bound)


@settings(max_examples=examples(60))
@given(
    case=cases(max_length=1500),
    n_mels=st.integers(2, 80),
    n_mfcc=st.integers(1, 90),
    dct_type=st.sampled_from([1, 2, 3]),
    norm=st.sampled_from(["ortho", None, "backward", "forward"]),
    lifter=st.sampled_from([0, 22, 0.7]),
)
def test_mfcc(case, n_mels, n_mfcc, dct_type, norm, lifter):
    y, framing = case
    assume(lifter == 0 or n_mfcc <= n_mels)
    coefficients = {"n_mfcc": n_mfcc, "dct_type": dct_type, "norm": norm, "lifter": lifter}
    actual = quietly(fastmel.mfcc, y=y, n_mels=n_mels, **coefficients, **framing)
    log_mel = quietly(fastmel.log_melspectrogram, y=y, n_mels=n_mels, **framing)
    expected = reference.mfcc(S=log_mel, **coefficients)
    assert actual.shape == expected.shape
    assert actual.dtype == result_type(y)
    # A float64 sum of n_mels products, then the rounding of the result.
    scale = np.abs(reference.dct_matrix(n_mels, dct_type, norm)[:n_mfcc]).sum(axis=1).max()
    scale *= np.abs(log_mel).max(initial=0) * (1 + lifter / 2)
    eps = np.finfo(actual.dtype).eps + n_mels * np.finfo(np.float64).eps
    tol.assert_absolute(actual, expected, eps * scale + 1e-300)


@settings(max_examples=examples(80))
@given(
    n_fft=st.one_of(st.integers(1, 64), st.sampled_from([97, 128, 400, 512, 1009])),
    n_frames=st.integers(1, 40),
    data=st.data(),
)
def test_istft(n_fft, n_frames, data):
    win_length = data.draw(st.one_of(st.just(n_fft), st.integers(1, n_fft)))
    hop_length = data.draw(st.integers(1, n_fft + 5))
    center = data.draw(st.booleans())
    shape = data.draw(st.sampled_from([(), (2,), (2, 2)]))
    dtype = data.draw(st.sampled_from([np.complex64, np.complex128]))
    length = data.draw(st.sampled_from([None, 0, 1, 17, 1000]))
    window = data.draw(st.sampled_from(["hann", "boxcar", "hamming"]))
    rng = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    spectrum = rng.standard_normal((2, *shape, 1 + n_fft // 2, n_frames))
    spectrum = (spectrum[0] + 1j * spectrum[1]).astype(dtype)
    arguments = {
        "n_fft": n_fft,
        "hop_length": hop_length,
        "win_length": win_length,
        "window": window,
        "center": center,
        "length": length,
    }
    actual = fastmel.istft(spectrum, **arguments)
    expected = reference.istft(spectrum, **arguments)
    assert actual.shape == expected.shape
    assert actual.dtype == spectrum.real.dtype
    # Where few windows overlap, the division magnifies the rounding of sums of order 1.
    error = np.abs(actual - expected)
    squares = window_sum(expected.shape[-1], n_frames, **arguments)
    eps = np.finfo(actual.dtype).eps
    noise = (4 if dtype == np.complex64 else 60) * eps
    ok = error <= noise * (np.abs(expected) + 1 / np.sqrt(np.maximum(squares, 1e-300)) + 1)
    assert np.all(ok | (squares < 1e3 * np.finfo(actual.dtype).tiny))


def window_sum(n_samples, n_frames, *, n_fft, hop_length, win_length, window, center, length):
    weights = reference.window_centered(window, win_length, n_fft) ** 2
    total = np.zeros(n_fft + hop_length * (n_frames - 1))
    for t in range(n_frames):
        total[t * hop_length : t * hop_length + n_fft] += weights
    total = total[n_fft // 2 if center else 0 :][:n_samples]
    return np.pad(total, (0, n_samples - total.size))


@settings(max_examples=examples(60))
@given(
    n_fft=st.sampled_from([16, 31, 64, 400, 509]),
    n_samples=st.integers(1, 3000),
    seed=st.integers(0, 2**32 - 1),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_istft_undoes_stft(n_fft, n_samples, seed, dtype):
    y = np.random.default_rng(seed).uniform(-1, 1, n_samples).astype(dtype)
    spectrum = quietly(fastmel.stft, y, n_fft=n_fft)
    again = fastmel.istft(spectrum, n_fft=n_fft, length=n_samples)
    assert again.dtype == dtype
    tol.assert_absolute(again, y, 20 * np.finfo(dtype).eps)


@settings(max_examples=examples(60))
@given(
    shape=st.sampled_from([(7,), (5, 9), (2, 5, 9), (5, 1)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
    arguments=st.fixed_dictionaries(
        {},
        optional={
            "gain": st.sampled_from([0, 0.5, 0.98, 1.3]),
            "bias": st.sampled_from([0, 0.1, 2, 10]),
            "power": st.sampled_from([0, 0.25, 0.5, 1, 2]),
            "eps": st.sampled_from([1e-9, 1e-6, 1e-3]),
            "time_constant": st.sampled_from([0.01, 0.06, 0.4, 2.0]),
            "b": st.sampled_from([0.01, 0.5, 1]),
        },
    ),
    axis=st.sampled_from([-1, 0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_pcen(shape, dtype, scale, arguments, axis, seed):
    spectrum = (scale * np.random.default_rng(seed).uniform(0.01, 1, shape)).astype(dtype)
    actual, state = fastmel.pcen(spectrum, axis=axis, return_zf=True, **arguments)
    expected, expected_state = reference.pcen(spectrum, axis=axis, return_zf=True, **arguments)
    assert actual.dtype == np.float64
    tol.assert_relative(actual, expected, 1e-11)
    tol.assert_relative(state, expected_state, 1e-13)


@settings(max_examples=examples(100))
@given(
    shape=st.sampled_from([(), (1,), (7,), (5, 9), (2, 5, 9), (3, 1, 1)]),
    dtype=st.sampled_from([np.float32, np.float64]),
    decades=st.sampled_from([0.01, 1, 12, 30]),
    arguments=st.fixed_dictionaries(
        {},
        optional={
            "ref": st.sampled_from([0, 1.0, 5, np.max, np.mean, np.min]),
            "amin": st.sampled_from([1e-30, 1e-10, 1.0]),
            "top_db": st.sampled_from([None, 0, 12.5, 80]),
            "axes": st.sampled_from([None, "auto", -1]),
        },
    ),
    name=st.sampled_from(["power_to_db", "amplitude_to_db"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_to_db(shape, dtype, decades, arguments, name, seed):
    assume(shape or arguments.get("axes") != -1)
    rng = np.random.default_rng(seed)
    spectrum = (10.0 ** (rng.uniform(-decades, decades / 3, shape) / 2)).astype(dtype)
    actual = getattr(fastmel, name)(spectrum, **arguments)
    expected = getattr(reference, name)(spectrum, **arguments)
    assert np.shape(actual) == np.shape(expected)
    # Computed in the input's type, as in librosa: the reference, its square, that of the input.
    # One rounding of the power is 2.6e-7 dB; a mean of float32 has several.
    half_ulp = tol.HALF_ULP[actual.dtype] * np.abs(expected).max(initial=0)
    bound = 3e-6 if actual.dtype == np.float32 else 1e-12
    tol.assert_absolute(actual, expected, 3 * half_ulp + bound)


@settings(max_examples=examples(30))
@given(case=cases(types=(np.float32, np.float64)), gain=st.sampled_from([2.0, 0.5, -1.0, 2.0**-20]))
def test_scaling_by_powers_of_two_is_exact(case, gain):
    y, framing = case
    scaled = quietly(fastmel.stft, (gain * y).astype(y.dtype), **framing)
    tol.assert_same_bits(scaled + 0, gain * quietly(fastmel.stft, y, **framing) + 0)


@settings(max_examples=examples(30))
@given(case=cases(max_length=2000, types=(np.float32, np.int16)))
def test_float64_samples_give_the_unrounded_result(case):
    y, framing = case
    assume(ramp_rounding(y, framing) == 0)
    single = quietly(fastmel.stft, y, **framing)
    double = quietly(fastmel.stft, reference.samples(y), **framing)
    tol.assert_same_bits(double.astype(np.complex64), single)
