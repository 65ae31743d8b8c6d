"""Mel scales and filter banks: against librosa, live and stored, mpmath, and with bad arguments."""

import importlib.util
import math
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from data.make_filterbank import CASES, FREQUENCIES
from fastmel import fft_frequencies, hz_to_mel, mel_filterbank, mel_frequencies, mel_to_hz
from tolerances import assert_same_bits

SCALES = pytest.mark.parametrize("htk", [False, True], ids=["slaney", "htk"])


@pytest.fixture(scope="module")
def stored():
    with np.load(Path(__file__).parent / "data" / "filterbank.npz") as archive:
        return dict(archive)


def random_cases(count):
    """Arguments that a bank must accept, some of which leave bands empty."""
    rng = np.random.default_rng(5)

    def pick(*choices):
        return choices[rng.integers(len(choices))]

    cases = []
    while len(cases) < count:
        case = {
            "sr": pick(100, 8000, 11025.5, 16000, 22050, 44100, 48000),
            "n_fft": pick(1, 2, 3, 256, 400, 401, 512, 1024, 2048),
            "n_mels": pick(1, 2, 10, 40, 80, 128, 200),
            "htk": pick(False, True),
            "norm": pick("slaney", "slaney", None, 1, 2, 0.5, 3.3, 0, np.inf, -np.inf),
            "dtype": pick(np.float16, np.float32, np.float64, "f4"),
            "fmin": pick(0.0, 0.0, -50.0, 20, 133.33),
            "fmax": pick(None, None, 3800, 7600.0, 8000, 30000),
        }
        if case["fmin"] < (case["sr"] / 2 if case["fmax"] is None else case["fmax"]):
            cases.append(case)
    return cases


def with_warnings(function, **arguments):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = function(**arguments)
    return result, [w for w in caught if w.category is UserWarning]


# --- scales ---------------------------------------------------------------------------------------


@SCALES
def test_scales_as_stored(htk, stored):
    scale = "htk" if htk else "slaney"
    # Logarithms may differ in the last place between platforms.
    np.testing.assert_allclose(hz_to_mel(FREQUENCIES, htk=htk), stored[f"mels/{scale}"], rtol=4e-16)
    np.testing.assert_allclose(
        mel_to_hz(stored[f"mels/{scale}"], htk=htk), stored[f"hertz/{scale}"], rtol=2e-15
    )
    np.testing.assert_allclose(
        mel_frequencies(42, fmin=20, fmax=7600, htk=htk), stored[f"edges/{scale}"], rtol=2e-15
    )


@SCALES
@pytest.mark.parametrize(
    "values",
    [
        *(0, 999, 1000, 1500, 15, 16.5, -3.0, -0.0, True, np.nan, np.inf),
        *(np.float32(1500), np.float32(3), np.float16(20), np.int16(2000), np.array(2000.0)),
        *([1, 2000], [], [[1.0, 5000.0]], np.array([1, 20, 5000], np.float32)),
        *(np.arange(3000).reshape(10, 300)[:, ::7], np.array([5, 30], np.uint8)),
    ],
    ids=repr,
)
def test_scales_equal_librosa(values, htk, librosa):
    for name, function in (("hz_to_mel", hz_to_mel), ("mel_to_hz", mel_to_hz)):
        with np.errstate(all="ignore"):
            expected = getattr(librosa, name)(values, htk=htk)
            actual = function(values, htk=htk)
        assert type(actual) is type(expected)
        assert actual.dtype == expected.dtype
        assert_same_bits(actual, expected)


@SCALES
def test_scales_against_mpmath(htk):
    mp = pytest.importorskip("mpmath")
    for hz in FREQUENCIES:
        with mp.workdps(50):
            if htk:
                exact = 2595 * mp.log10(1 + mp.mpf(hz) / 700)
            elif hz < 1000:
                exact = 3 * mp.mpf(hz) / 200
            else:
                exact = 15 + 27 * mp.log(mp.mpf(hz) / 1000) / mp.log(mp.mpf("6.4"))
        # 1 + f / 700 rounds to half an ulp of 1, which is 1.3e-13 mel.
        assert float(hz_to_mel(hz, htk=htk)) == pytest.approx(float(exact), rel=4e-16, abs=3e-13)


@SCALES
def test_scales_are_inverse_and_rise(htk):
    hz = np.linspace(0, 24000, 2001)
    mels = hz_to_mel(hz, htk=htk)
    assert (np.diff(mels) > 0).all()
    np.testing.assert_allclose(mel_to_hz(mels, htk=htk), hz, rtol=1e-14, atol=1e-12)


def test_known_mels():
    assert float(hz_to_mel(1000.0)) == pytest.approx(15, rel=1e-15)
    assert float(mel_to_hz(15)) == pytest.approx(1000, rel=1e-15)
    assert float(hz_to_mel(6400)) == pytest.approx(42, rel=1e-15)
    assert float(hz_to_mel(1000, htk=True)) == pytest.approx(999.98553, rel=1e-8)
    hz = np.array([2000.0, 3000.0])
    hz_to_mel(hz)
    np.testing.assert_array_equal(hz, [2000, 3000])  # the argument is left alone


@pytest.mark.parametrize("values", ["a", ["1"], None, 1j, [object()]], ids=repr)
def test_scales_refuse_what_is_not_real(values):
    with pytest.raises(TypeError, match="frequencies must be real numbers"):
        hz_to_mel(values)
    with pytest.raises(TypeError, match="mels must be real numbers"):
        mel_to_hz(values)


@SCALES
@pytest.mark.parametrize("n", [1, 2, 7, 128])
def test_mel_frequencies_equal_librosa(n, htk, librosa):
    for limits in ({}, {"fmin": 60.0, "fmax": 7600.0}, {"fmin": 8000, "fmax": 20}):
        assert_same_bits(
            mel_frequencies(n, htk=htk, **limits),
            librosa.mel_frequencies(n, htk=htk, **limits),
        )


@pytest.mark.parametrize("n_fft", [1, 2, 3, 400, 401, 2048])
@pytest.mark.parametrize("sr", [100, 11025.5, 16000, 22050, 44100])
def test_fft_frequencies_equal_librosa(sr, n_fft, librosa):
    expected = librosa.fft_frequencies(sr=sr, n_fft=n_fft)
    assert_same_bits(fft_frequencies(sr=sr, n_fft=n_fft), expected)


# --- filter banks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_bank_as_stored(name, stored):
    bank = mel_filterbank(**CASES[name])
    expected = np.zeros(stored[f"{name}/shape"], stored[f"{name}/weights"].dtype)
    expected.ravel()[stored[f"{name}/positions"]] = stored[f"{name}/weights"]
    assert bank.dtype == expected.dtype
    # Another platform's logarithm may move an edge by an ulp, which is 1e-14 of a band's width;
    # that can turn the rounding of a float32 weight, or of both of its roundings.
    ulps = 2 * np.finfo(bank.dtype).eps
    np.testing.assert_allclose(bank, expected, rtol=ulps, atol=1e-12 * expected.max())


@pytest.mark.parametrize("n_mels", [80, 128])
def test_bank_of_whisper(n_mels):
    spec = importlib.util.find_spec("whisper")
    if spec is None or spec.origin is None:
        pytest.skip("openai-whisper is not installed")
    with np.load(Path(spec.origin).parent / "assets" / "mel_filters.npz") as assets:
        expected = assets[f"mel_{n_mels}"]
    bank = mel_filterbank(sr=16000, n_fft=400, n_mels=n_mels)
    # Its authors' platform: see test_bank_as_stored.
    np.testing.assert_allclose(bank, expected, rtol=2**-22, atol=1e-12)
    assert bank.shape == expected.shape
    assert bank.dtype == expected.dtype


def test_bank_equals_librosa(librosa):
    some_warn = some_do_not = 0
    for case in random_cases(300):
        expected, expected_warnings = with_warnings(librosa.filters.mel, **case)
        actual, actual_warnings = with_warnings(mel_filterbank, **case)
        # librosa has a few negative zeros, which adding zero removes.
        assert_same_bits(actual, expected + 0.0, what=str(case))
        assert len(actual_warnings) == len(expected_warnings), case
        some_warn += len(actual_warnings)
        some_do_not += not actual_warnings
    assert min(some_warn, some_do_not) > 50


def test_no_negative_zeros():
    for case in random_cases(100):
        bank, _ = with_warnings(mel_filterbank, **case)
        assert not np.signbit(bank).any(), case


def test_triangles_partition_the_spectrum():
    bank = mel_filterbank(sr=16000, n_fft=512, n_mels=40, norm=None, dtype=np.float64)
    edges = mel_frequencies(42, fmax=8000.0)
    inside = fft_frequencies(sr=16000, n_fft=512)
    inside = (inside >= edges[1]) & (inside <= edges[-2])
    np.testing.assert_allclose(bank[:, inside].sum(axis=0), 1, rtol=1e-13)


def test_slaney_bands_have_unit_area():
    # So finely sampled that the sum over bins is the integral.
    bank = mel_filterbank(sr=16000, n_fft=1 << 16, n_mels=20, dtype=np.float64)
    np.testing.assert_allclose(bank.sum(axis=1) * 16000 / (1 << 16), 1, rtol=1e-4)


@pytest.mark.parametrize("p", [0.5, 1, 2, 3.3, np.inf])
def test_norms(p):
    bank = mel_filterbank(sr=16000, n_fft=512, n_mels=20, norm=p, dtype=np.float64)
    lengths = bank.max(axis=1) if p == np.inf else (bank**p).sum(axis=1) ** (1 / p)
    np.testing.assert_allclose(lengths, 1, rtol=1e-14)


def test_empty_bands_warn_here():
    with pytest.warns(UserWarning, match=r"\d+ of 200 mel bands .*first: band \d+") as caught:
        mel_filterbank(sr=16000, n_fft=256, n_mels=200)
    assert caught[0].filename == __file__
    with pytest.warns(UserWarning, match="mel bands"):
        bank = mel_filterbank(sr=16000, n_fft=512, n_mels=40, fmax=30000)
    assert bank.any(axis=1).sum() < 40


def test_half_of_sr_is_the_default_fmax():
    np.testing.assert_array_equal(
        mel_filterbank(sr=8000, n_fft=512, n_mels=20),
        mel_filterbank(sr=8000, n_fft=512, n_mels=20, fmax=4000),
    )


def test_bank_is_fast():
    best = math.inf
    for _ in range(20):
        start = time.perf_counter()
        mel_filterbank(sr=22050, n_fft=2048)
        best = min(best, time.perf_counter() - start)
    assert best < 1e-3  # 0.09 ms; librosa takes 1 ms


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"sr": 0}, ValueError, "sr=0 must be above 0"),
        ({"sr": -16000}, ValueError, "sr=-16000 must be above 0"),
        ({"sr": np.nan}, ValueError, "sr=nan must be finite"),
        ({"sr": None}, TypeError, "sr=None must be a number"),
        ({"n_fft": 0}, ValueError, "n_fft=0 must be at least 1"),
        ({"n_fft": -2}, ValueError, "n_fft=-2 must be at least 1"),
        ({"n_fft": 400.0}, TypeError, r"n_fft=400\.0 must be an integer"),
        ({"n_mels": 0}, ValueError, "n_mels=0 must be at least 1"),
        ({"n_mels": "80"}, TypeError, "n_mels='80' must be an integer"),
        ({"fmin": 8000}, ValueError, r"fmin=8000 must lie below fmax=8000\.0 \(half of sr\)"),
        ({"fmin": 4000, "fmax": 300}, ValueError, r"fmin=4000 must lie below fmax=300\.0"),
        ({"fmin": np.inf}, ValueError, "fmin=inf must be finite"),
        ({"fmin": -800, "htk": True}, ValueError, "above -700 Hz"),
        ({"fmin": "low"}, TypeError, "fmin='low' must be a number"),
        ({"fmax": np.nan}, ValueError, "fmax=nan must be finite"),
        ({"fmax": [1, 2]}, TypeError, "fmax"),
        ({"norm": "area"}, ValueError, "norm='area' is unknown: give 'slaney', None or a number"),
        ({"norm": -1}, ValueError, "norm=-1 is unknown"),
        ({"norm": np.nan}, ValueError, "norm=nan is unknown"),
        ({"norm": True}, ValueError, "norm=True is unknown"),
        ({"norm": [1, 2]}, ValueError, "norm"),
        ({"norm": 2j}, ValueError, "norm"),
        ({"dtype": np.int16}, TypeError, "dtype.*must be a floating-point type"),
        ({"dtype": complex}, TypeError, "dtype.*must be a floating-point type"),
        ({"dtype": "wide"}, TypeError, "dtype='wide' must be"),
    ],
    ids=repr,
)
def test_bad_bank_arguments(change, error, message):
    with pytest.raises(error, match=message):
        mel_filterbank(**{"sr": 16000, "n_fft": 400, **change})


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"n_mels": 0}, ValueError),
        ({"n_mels": 1.5}, TypeError),
        ({"fmin": np.nan}, ValueError),
        ({"fmax": None}, TypeError),
        ({"fmin": -700.0, "htk": True}, ValueError),
    ],
    ids=repr,
)
def test_bad_frequency_arguments(change, error):
    with pytest.raises(error, match=next(iter(change))):
        mel_frequencies(**change)


@pytest.mark.parametrize(
    ("change", "error"), [({"n_fft": 0}, ValueError), ({"sr": 0}, ValueError)], ids=repr
)
def test_bad_bin_arguments(change, error):
    with pytest.raises(error, match=next(iter(change))):
        fft_frequencies(**change)
