"""Mel scales and filter banks: against librosa, live and stored, mpmath, and with bad arguments."""

import importlib.util
import math
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
from data.make_filterbank import CASES, FREQUENCIES
from effort import shown
from fastmel import (
    MelConfig,
    fft_frequencies,
    hz_to_mel,
    mel_filterbank,
    mel_frequencies,
    mel_to_hz,
)
from fastmel._engine.filterbank import filters
from libraries import required, skip
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
    ids=shown,
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


@pytest.mark.parametrize("values", ["a", ["1"], None, 1j, [object()]], ids=shown)
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
        skip("openai-whisper is not installed")
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
    ids=shown,
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
    ids=shown,
)
def test_bad_frequency_arguments(change, error):
    with pytest.raises(error, match=next(iter(change))):
        mel_frequencies(**change)


@pytest.mark.parametrize(
    ("change", "error"), [({"n_fft": 0}, ValueError), ({"sr": 0}, ValueError)], ids=shown
)
def test_bad_bin_arguments(change, error):
    with pytest.raises(error, match=next(iter(change))):
        fft_frequencies(**change)


# --- banks of configurations ----------------------------------------------------------------------

KALDI = {"mel_scale": "kaldi", "mel_shape": "mel", "mel_norm": None, "mel_exclude": "nyquist"}


def bank(**parameters):
    return filters(MelConfig(**{"sample_rate": 16000, "n_fft": 512, "n_mels": 40, **parameters}))[0]


def assert_near(actual, expected, of_peak):
    assert actual.dtype == np.float64
    np.testing.assert_allclose(actual, expected, rtol=0, atol=of_peak * np.abs(expected).max())


@pytest.fixture
def torch_in_double():
    """Torch makes tensors of float64, so that what it computes from Python floats is exact."""
    torch = required("torch")
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(torch.float32)


@SCALES
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("sr", [8000, 16000, 22050, 48000])
def test_bank_of_configuration_is_librosas(sr, norm, htk):
    limits = {"n_mels": 64, "n_fft": 1024, "fmin": 30.0, "fmax": 0.45 * sr}
    expected = mel_filterbank(sr=sr, htk=htk, norm=norm, **limits)
    scale = "htk" if htk else "slaney"
    actual = bank(sample_rate=sr, mel_scale=scale, mel_norm=norm, **limits)
    assert_same_bits(actual, expected.astype(np.float64))


@pytest.mark.parametrize("scale", ["htk", "slaney"])
@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("sr", [11025, 16000, 22255, 44100])
def test_bank_of_torchaudio(sr, norm, scale, torch_in_double):
    torchaudio = required("torchaudio.functional")
    limits = {"n_mels": 32, "f_min": 20.0, "f_max": float(sr // 2)}
    expected = torchaudio.melscale_fbanks(257, sample_rate=sr, norm=norm, mel_scale=scale, **limits)
    # Its bins end at sr // 2, which at odd rates is the bank of another rate.
    rate = None if sr % 2 == 0 else sr - 1
    options = {"fmin": 20.0, "n_mels": 32, "mel_scale": scale, "mel_norm": norm}
    actual = bank(sample_rate=sr, mel_sample_rate=rate, **options)
    assert_near(actual, expected.T.numpy(), of_peak=2**-23)  # ours are rounded to float32, twice
    if rate:
        others = bank(sample_rate=sr, **options)
        assert np.abs(others - expected.T.numpy()).max() > 1e-4 * others.max()


@pytest.mark.parametrize("warp", [1.0, 0.85, 0.97, 1.2])
@pytest.mark.parametrize(
    ("sr", "n_fft", "n_mels", "fmin", "fmax", "low", "high"),
    [
        (16000, 512, 23, 20.0, 8000.0, 100.0, -500.0),
        (16000, 512, 80, 20.0, 7600.0, 60.0, 7000.0),
        (8000, 256, 40, 0.0, 4000.0, 100.0, -500.0),
        (44100, 2048, 64, 50.0, 20000.0, 300.0, -4000.0),
    ],
)
def test_bank_of_kaldi(sr, n_fft, n_mels, fmin, fmax, low, high, warp, torch_in_double):
    kaldi = required("torchaudio.compliance.kaldi")
    expected, _ = kaldi.get_mel_banks(n_mels, n_fft, float(sr), fmin, fmax, low, high, warp)
    limits = {"n_mels": n_mels, "fmin": fmin, "fmax": fmax}
    warping = {"vtln_low": low, "vtln_high": high, "vtln_warp": warp}
    actual = bank(sample_rate=sr, n_fft=n_fft, **limits, **warping, **KALDI)
    assert not actual[:, -1].any()
    assert_near(actual[:, :-1], expected.numpy(), of_peak=1e-11)


def test_warping_moves_the_bands():
    plain = bank(n_mels=23, fmin=20, **KALDI)
    assert_same_bits(bank(n_mels=23, fmin=20, vtln_warp=1, vtln_low=300, **KALDI), plain)
    up = bank(n_mels=23, fmin=20, vtln_warp=0.9, **KALDI)
    down = bank(n_mels=23, fmin=20, vtln_warp=1.1, **KALDI)
    centre = [(b @ np.arange(257)) / b.sum(axis=1) for b in (down, plain, up)]
    assert (np.diff(centre, axis=0)[:, 3:-3] > 0).all()


@pytest.mark.parametrize("norm", ["slaney", None])
@pytest.mark.parametrize("scale", ["htk", "slaney", "kaldi"])
@pytest.mark.parametrize("shape", ["hz", "mel"])
def test_bank_of_transformers(shape, scale, norm):
    utils = required("transformers.audio_utils")
    expected = utils.mel_filter_bank(
        257, 26, 20.0, 7000.0, 16000, None if shape == "mel" else norm, scale, shape == "mel"
    ).T
    if shape == "mel" and norm:  # transformers would divide by widths in mel, as nobody means
        edges = utils.mel_to_hertz(
            np.linspace(*utils.hertz_to_mel(np.array([20.0, 7000.0]), scale), 28), scale
        )
        expected = expected * (2 / (edges[2:] - edges[:-2]))[:, np.newaxis]
    options = {"mel_scale": scale, "mel_shape": shape, "mel_norm": norm}
    actual = bank(n_mels=26, fmin=20, fmax=7000, **options)
    assert_near(actual, expected, of_peak=2**-23 if shape == "hz" else 1e-12)


@pytest.mark.parametrize(
    ("sr", "n_fft", "n_mels", "fmin", "fmax"),
    [
        (16000, 512, 26, 0, None),
        (16000, 512, 80, 20, 7600),
        (8000, 256, 120, 0, None),
        (22050, 1023, 40, 133, 9000),
    ],
)
def test_bank_of_python_speech_features(sr, n_fft, n_mels, fmin, fmax):
    psf = required("python_speech_features")
    expected = psf.get_filterbanks(n_mels, n_fft, sr, fmin, fmax)
    options = {"mel_scale": "htk", "mel_shape": "bins", "mel_norm": None}
    limits = {"n_mels": n_mels, "fmin": fmin, "fmax": fmax}
    actual = bank(sample_rate=sr, n_fft=n_fft, **limits, **options)
    assert_same_bits(actual, expected)


@pytest.mark.parametrize(("n_mels", "fmin", "fmax"), [(40, 0, 8000), (80, 60, 7600)])
def test_bank_of_speechbrain(n_mels, fmin, fmax, torch_in_double):
    features = required("speechbrain.processing.features")
    theirs = features.Filterbank(n_mels=n_mels, f_min=fmin, f_max=fmax, n_fft=400, log_mel=False)
    expected = theirs(torch_in_double.eye(201)[None])[0].T.numpy()
    options = {"mel_scale": "htk", "mel_shape": "symmetric", "mel_norm": None}
    actual = bank(n_fft=400, n_mels=n_mels, fmin=fmin, fmax=fmax, **options)
    assert_near(actual, expected, of_peak=1e-12)


def test_symmetric_triangles():
    actual = bank(mel_scale="htk", mel_shape="symmetric", mel_norm=None)
    edges = mel_frequencies(42, fmax=8000.0, htk=True)
    for band, centre, below in zip(actual, edges[1:], edges, strict=False):
        distance = np.abs(np.arange(257) * 31.25 - centre) / (centre - below)
        np.testing.assert_allclose(band, np.maximum(0, 1 - distance), atol=1e-12)


@pytest.mark.parametrize(
    ("sr", "n_fft", "n_mels", "fmin", "fmax"),
    [(8000, 256, 20, 125, 3800), (16000, 512, 64, 125, 7500), (16000, 512, 64, 0, None)],
)
def test_bank_of_tensorflow(sr, n_fft, n_mels, fmin, fmax):
    """VGGish and YAMNet too: sides linear in mels, and no weight at 0 Hz."""
    options = {"mel_scale": "kaldi", "mel_shape": "mel", "mel_norm": None, "mel_exclude": "dc"}
    limits = {"n_mels": n_mels, "fmin": fmin, "fmax": fmax}
    with np.errstate(all="raise"):
        actual = bank(sample_rate=sr, n_fft=n_fft, **limits, **options)
    edges = np.linspace(
        1127 * math.log1p(fmin / 700), 1127 * math.log1p((fmax or sr / 2) / 700), n_mels + 2
    )
    for m in range(n_mels):
        for k in range(n_fft // 2 + 1):
            mel = 1127 * math.log1p(k * sr / n_fft / 700)
            rising = (mel - edges[m]) / (edges[m + 1] - edges[m])
            falling = (edges[m + 2] - mel) / (edges[m + 2] - edges[m + 1])
            weight = max(0, min(rising, falling)) if k else 0
            assert actual[m, k] == pytest.approx(weight, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("shape", ["hz", "mel", "bins", "symmetric"])
def test_norms_of_configurations(shape):
    options = {"n_mels": 20, "mel_scale": "htk", "mel_shape": shape, "n_fft": 2048}
    plain = bank(mel_norm=None, **options)
    assert 0.8 < plain.max() <= 1
    rounding = 1e-6 if shape == "hz" else 1e-14
    total = bank(mel_norm="sum", **options)
    np.testing.assert_allclose(total.sum(axis=1), 1, rtol=rounding)
    largest = bank(mel_norm="max", **options)
    np.testing.assert_allclose(largest.max(axis=1), 1, rtol=rounding)
    euclidean = bank(mel_norm=2, **options)
    np.testing.assert_allclose(np.sum(euclidean**2, axis=1), 1, rtol=rounding)
    area = bank(mel_norm="slaney", **options).sum(axis=1)
    # A sum over bins for the integral; sides that are straight in mels bend. Corners that are bins
    # make it exact, and the area is that over bins.
    exact = shape == "bins"
    area *= 1 if exact else 16000 / 2048
    np.testing.assert_allclose(area, 1, rtol=1e-14 if exact else 0.05)
    for other in (total, largest):
        ratio = other.max(axis=1, keepdims=True) / plain.max(axis=1, keepdims=True)
        np.testing.assert_allclose(other, plain * ratio, rtol=rounding)


@pytest.mark.parametrize("shape", ["hz", "mel", "bins", "symmetric"])
def test_excluded_bins(shape):
    options = {"n_fft": 64, "n_mels": 6, "mel_shape": shape, "mel_norm": None, "fmax": 9500.0}
    plain = bank(**options)
    assert plain[:, -1].any()
    for name, bin_ in (("dc", 0), ("nyquist", 32)):
        expected = plain.copy()
        expected[:, bin_] = 0
        assert_same_bits(bank(**options, mel_exclude=name), expected)
    # An odd transform has no bin at the Nyquist frequency.
    options["n_fft"] = 65
    assert_same_bits(bank(**options, mel_exclude="nyquist"), bank(**options))


def test_weights_of_your_own():
    weights = np.random.default_rng(0).standard_normal((3, 9))
    given = MelConfig(n_fft=16, n_mels=3, mel_weights=weights)
    assert_same_bits(filters(given)[0], weights)
    assert filters(given)[1] is None


@pytest.mark.parametrize("shape", ["hz", "mel", "bins", "symmetric"])
def test_empty_bands_of_configurations(shape):
    config = MelConfig(sample_rate=16000, n_fft=256, n_mels=150, mel_shape=shape, fmin=20)
    weights, warning = filters(config)
    empty = np.flatnonzero(~weights.any(axis=1))
    assert len(empty) > 3
    assert warning.startswith(f"{len(empty)} of 150 mel bands")
    assert f"first: band {empty[0]})" in warning
    assert filters(config.replace(n_mels=10))[1] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vtln_low": 20.0}, r"vtln_low=20\.0 .* between fmin=20\.0 and fmax=8000"),
        ({"vtln_high": 8000.0}, r"vtln_high=8000\.0 \(that is, 8000\.0 Hz\) must lie"),
        (
            {"vtln_low": 5000.0, "vtln_high": 4000.0},
            r"vtln_low=5000\.0 and vtln_high=4000\.0 .* in this order",
        ),
        ({"vtln_warp": 100.0}, r"vtln_warp=100\.0 leaves nothing"),
        ({"vtln_warp": 0.01}, r"vtln_warp=0\.01 leaves nothing"),
        ({"vtln_warp": -1.0}, r"vtln_warp"),
        ({"vtln_warp": 0.0}, r"vtln_warp"),
    ],
    ids=shown,
)
def test_bad_warping(change, message):
    with pytest.raises(ValueError, match=message):
        bank(**{"fmin": 20.0, "vtln_warp": 1.1, **KALDI, **change})
