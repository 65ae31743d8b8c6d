"""What the core designs (windows, filters, counts, cepstra) against formulas that are others."""

import contextlib
import math
import warnings

import fastmel
import numpy as np
import pytest
from fastmel import MelConfig, _core, get_window, reference
from fastmel._engine.filterbank import design, filters
from fastmel._engine.post import cepstral_matrix
from tolerances import assert_same_bits

ROWS = {name: fastmel.frontend(name).config for name in fastmel.frontends()}
INF, NAN = math.inf, math.nan


def drawn(seed):
    """Return a function that draws one of its arguments."""
    rng = np.random.default_rng(seed)
    return lambda *choices: choices[rng.integers(len(choices))]


# --- windows --------------------------------------------------------------------------------------

WINDOWS = [
    *("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine"),
    *("exponential", "flattop", "hamming", "hann", "lanczos", "nuttall", "parzen", "povey"),
    *("sine", "triang", "tukey", ("blackman", 0.37), ("exponential", None, 3.0)),
    *(("gaussian", 7.0), ("general_cosine", (0.4, 0.3, 0.2)), ("general_gaussian", 1.5, 3.0)),
    *(("general_hamming", 0.6), ("kaiser", 0.0), ("kaiser", 14.0), ("tukey", 0.9)),
]
SIZES = [1, 2, 3, 4, 5, 8, 25, 64, 399, 400, 401, 1024, 2048]
# The phase of a cosine in the oracle is rounded, and so is the argument of a Bessel function.
CLOSE = 4e-15


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_windows_of_the_oracle(window):
    for n in SIZES:
        for periodic in (True, False):
            actual = get_window(window, n, fftbins=periodic)
            expected = reference.get_window(window, n, fftbins=periodic)
            np.testing.assert_allclose(actual, expected, rtol=0, atol=CLOSE, err_msg=f"{n}")


@pytest.mark.parametrize("n", SIZES[1:])
def test_another_window_is_not_close(n):
    symmetric = get_window("hann_symmetric", n)
    assert abs(symmetric - reference.get_window("hann", n)).max() > 1e10 * CLOSE


@pytest.mark.parametrize("name", ROWS)
def test_windows_of_front_ends(name):
    config = ROWS[name]
    expected = reference.get_window(config.window, config.win_length or config.n_fft)
    np.testing.assert_allclose(config.window_values, expected, rtol=0, atol=CLOSE)


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        (
            "hanning",
            [],
            r"window='hanning' is unknown; did you mean hann.*accepted: barthann, .*tukey",
        ),
        ("x" * 100, [], r"window='x{60}\.\.\.' is unknown"),
        ("é" * 40, [], "window='é{30}...' is unknown"),
        ("a\nb", [], r"window='a\?b' is unknown"),
        ("dpss", [2.5], r"window=\('dpss', 2.5\) is left to SciPy"),
        ("kaiser", [], r"window='kaiser' has 0 parameters, but 'kaiser' takes 1"),
        ("ksr_symmetric", [1, 2], r"\('ksr_symmetric', 1, 2\) has 2 parameters, but 'ksr' takes 1"),
        ("general_cosine", [], "takes 1 or more"),
        ("blackman", [0.4, 0.1], "takes 0 to 1$"),
        ("kaiser", [NAN], "NaN is no number"),
        ("kaiser", [1e4], r"\('kaiser', 10000\) gives values that are not finite"),
        ("exponential_symmetric", [3, 1], "symmetric exponential window has center None"),
    ],
)
def test_windows_that_the_core_refuses(name, parameters, message):
    with pytest.raises(ValueError, match=message):
        _core.window(name, parameters, 16)


def test_a_missing_parameter_is_of_the_wrong_type():
    with pytest.raises(TypeError, match=r"\('general_gaussian', None, 3\) cannot be made"):
        _core.window("general_gaussian", [None, 3.0], 16)


@pytest.mark.parametrize("length", [0, -1, 2**41])
def test_lengths_that_the_core_refuses(length):
    with pytest.raises(ValueError, match="win_length must be in"):
        _core.window("hann", [], length)


# --- mel filters ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in ROWS if ROWS[name].n_mels])
def test_filters_of_front_ends(name):
    assert_same_bits(filters(ROWS[name])[0], reference._filters(ROWS[name]))


def configurations(count, seed, **fixed):
    """Random configurations of filters, with bins at corners of bands, and bands without bins."""
    pick = drawn(seed)
    found = []
    while len(found) < count:
        fmin = pick(0.0, 0.0, 20.0, 133.33, 3999.9, 7999.0)
        parameters = {
            "sample_rate": pick(8000, 11025, 16000, 22050, 48000),
            "n_fft": pick(1, 2, 3, 16, 31, 97, 256, 400, 511, 512),
            "n_mels": pick(1, 2, 3, 23, 40, 80, 200),
            "fmin": fmin,
            "fmax": pick(None, None, 3800.0, 8000.0, math.nextafter(fmin, INF), fmin + 1e-9),
            "mel_scale": pick("slaney", "htk", "kaldi"),
            "mel_shape": pick("hz", "mel", "bins", "symmetric"),
            "mel_norm": pick("slaney", "sum", "max", None, 1.0, 2.0, 0.5),
            "mel_exclude": pick(None, "dc", "nyquist"),
            "mel_sample_rate": pick(None, None, 15999.0, 22050.5),
        }
        with contextlib.suppress(ValueError):  # of an empty range
            found.append(MelConfig(**{**parameters, **fixed}))
    return found


def test_filters_of_configurations():
    for config in configurations(250, 1):
        assert_same_bits(filters(config)[0], reference._filters(config), str(config))


@pytest.mark.parametrize("n_mels", [1, 1000])
@pytest.mark.parametrize("n_fft", [1, 2, 3, 1024])
def test_filters_of_extreme_sizes(n_fft, n_mels):
    for config in configurations(8, n_fft, n_mels=n_mels, n_fft=n_fft):
        assert_same_bits(filters(config)[0], reference._filters(config), str(config))


def test_warped_filters():
    pick = drawn(2)
    kaldi = {"mel_scale": "kaldi", "mel_shape": "mel", "fmax": None, "fmin": 20.0}
    warped = 0
    for config in configurations(60, 3, **kaldi):
        try:
            config = config.replace(
                vtln_warp=pick(0.8, 0.93, 1.1, 1.25),
                vtln_low=pick(60.0, 100.0),
                vtln_high=pick(-500.0, -200.0, 3300.0),
            )
        except ValueError:
            continue
        # NumPy's interpolation is fused on some processors: an ulp of an edge, next to a bin.
        expected = reference._filters(config)
        np.testing.assert_allclose(filters(config)[0], expected, rtol=1e-9, atol=1e-12)
        warped += 1
    assert warped > 30


@pytest.mark.parametrize(("shape", "rtol"), [("hz", 1.2e-7), ("mel", 2e-15)])
def test_other_norms(shape, rtol):
    """The oracle's powers are NumPy's, which may be an ulp off."""
    for p in (1.7, 3.3):
        for config in configurations(40, 4, mel_norm=p, mel_shape=shape):
            np.testing.assert_allclose(filters(config)[0], reference._filters(config), rtol=rtol)


def test_filters_of_functions_named_as_librosas():
    pick = drawn(6)
    for _ in range(200):
        case = {
            "sr": pick(100, 8000, 11025.5, 22050, 48000),
            "n_fft": pick(1, 2, 3, 256, 400, 401),
            "n_mels": pick(1, 2, 40, 128),
            "fmin": pick(0.0, 0.0, -50.0, 20, 133.33),
            "fmax": pick(None, 3800, 30000),
            "htk": pick(False, True),
            "norm": pick("slaney", None, 1, np.float32(2), 0.5, 0, INF, -INF),
            "dtype": pick("float16", "float32", "float64"),
        }
        if case["fmin"] < (case["fmax"] or case["sr"] / 2):
            weights, _ = design(**case)
            assert weights.dtype == case["dtype"]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of half precision
                expected = reference.mel_filterbank(**case)
            assert_same_bits(weights, expected, str(case))


def test_rounding_to_half_precision():
    """Triangles so narrow that weights are subnormal, halfway between two numbers and so on."""
    bins = np.arange(1025.0)
    for shift in (2.0**-24, 3 * 2.0**-25, 2.0**-14, 0.1, 1 / 3):
        edges = np.array([-shift, 1024.0, 2048.0])
        found = _core.mel_triangles(edges, sample_rate=2048, n_fft=2048, rounding="float16")
        assert_same_bits(found[1], np.arange(1025))
        expected = ((bins + shift) / (1024 + shift)).astype(np.float16)
        assert_same_bits(found[2], expected.astype(np.float64))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sample_rate": 0.0}, "sample_rate=0 must be finite and above 0"),
        ({"sample_rate": NAN}, "sample_rate=nan must be"),
        ({"n_fft": 0}, "n_fft must be in"),
        ({"n_fft": 2**41}, "n_fft must be in"),
        ({"n_mels": 0}, "n_mels must be in"),
        ({"fmin": 8000.0}, "fmin=8000 must lie below fmax=8000"),
        ({"fmin": NAN}, "fmin=nan must lie below"),
        ({"fmax": INF}, "fmax=inf, both finite"),
        ({"fmin": -700.0, "scale": "htk"}, "fmin=-700 must lie above -700 Hz"),
        ({"fmin": -701.5, "scale": "kaldi"}, r"fmin=-701\.5 must lie above"),
        ({"norm": -1.0}, "mel_norm=-1 is unknown"),
        ({"norm": NAN}, "mel_norm=nan is unknown"),
        ({"norm": "area"}, "mel_norm='area'; accepted: slaney, sum, max"),
        ({"scale": "bark"}, "mel_scale='bark'; accepted: slaney, htk, kaldi"),
        ({"shape": ""}, "mel_shape=''; accepted: hz, mel, bins, symmetric"),
        ({"exclude": "all"}, "mel_exclude='all'; accepted: none, dc, nyquist"),
        ({"rounding": "float8"}, "rounding='float8'; accepted: float16, float32, float64"),
        ({"vtln_warp": 1.1}, "vtln_warp needs mel_scale"),
        ({"vtln_warp": 0.0}, "vtln_warp=0 must be finite and above 0"),
    ],
)
def test_filters_that_the_core_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        _core.mel_filters(**{"sample_rate": 16000, "n_fft": 512, "n_mels": 40, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vtln_low": 10.0}, r"vtln_low=10 and vtln_high=-500 \(that is, 7500 Hz\) must lie in"),
        ({"vtln_high": 9000.0}, r"vtln_high=9000 \(that is, 9000 Hz\) must lie in this order"),
        ({"vtln_low": 4000.0, "vtln_warp": 3.0}, "vtln_warp=3 leaves nothing between"),
    ],
)
def test_warps_that_the_core_refuses(change, message):
    kaldi = {"sample_rate": 16000, "n_fft": 512, "n_mels": 40, "fmin": 20.0, "norm": None}
    kaldi |= {"scale": "kaldi", "shape": "mel", "vtln_warp": 1.1}
    with pytest.raises(ValueError, match=message):
        _core.mel_filters(**{**kaldi, **change})


def test_filters_that_fit_into_no_memory():
    with pytest.raises(MemoryError):
        _core.mel_filters(sample_rate=16000, n_fft=2**40, n_mels=2**12)


def test_triangles_need_a_band():
    with pytest.raises(ValueError, match="edges must be at least 3"):
        _core.mel_triangles(np.zeros(2), sample_rate=1, n_fft=2, rounding="float64")


# --- counts ---------------------------------------------------------------------------------------


def test_frame_counts():
    pick = drawn(7)
    for _ in range(2000):
        n_fft = pick(1, 2, 3, 10, 25, 400)
        config = MelConfig(
            n_fft=n_fft,
            hop_length=pick(1, 2, 3, 10, 160, 1000),
            frame_length=pick(None, n_fft, n_fft + 1, 2 * n_fft + 3),
            padding=pick("center", "none", (3, 4), (-3, 2), (n_fft, -n_fft)),
            frame_count=pick("whole", "floor", "round", "ceil", "tail"),
            preemphasis_scope=pick("frame", "valid"),
        )
        n = pick(2, 5, 9, 10, 11, 399, 400, 401, 12345)
        left = n - (config.preemphasis_scope == "valid")
        assert config.num_frames(n) == reference._n_frames(left, config), (config, n)


def test_frames_of_no_samples():
    for n_fft in (1, 2, 3, 400, 401):  # centred, an odd frame is a sample short
        assert MelConfig(n_fft=n_fft).num_frames(0) == 1
    for frame_count, expected in {"whole": 0, "floor": 0, "round": 0, "ceil": 0, "tail": 1}.items():
        config = MelConfig(n_fft=400, padding="none", frame_count=frame_count)
        assert config.num_frames(0) == expected


def test_the_shortest_signal_has_the_first_frame():
    pick = drawn(8)
    for _ in range(500):
        length, before, after = pick(1, 2, 25, 400), pick(-5, 0, 3, 200), pick(-5, 0, 12, 200)
        rule = (length, pick(1, 7, 160), (before, after), pick("whole", "tail", "ceil"))
        shortest = _core.shortest_signal(*rule)
        assert shortest >= 1
        assert _core.n_frames(shortest, *rule) >= 1
        assert shortest == 1 or _core.n_frames(shortest - 1, *rule) == 0


@pytest.mark.parametrize("tail", ["drop", "edge"])
def test_stacked_counts(tail):
    for size in (1, 2, 3, 7):
        for stride in (1, 2, 4):
            for left in (0, 1, 3) if (size, stride) != (1, 1) else (0,):
                config = MelConfig(
                    n_mels=1, stack=size, stack_stride=stride, stack_left=left, stack_tail=tail
                )
                for n in range(20):
                    expected = reference._stacked(np.zeros((1, n)), config).shape[-1]
                    assert config.stacked_frames(n) == expected, (config, n)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((-1, 400, 160, (0, 0)), "n_samples must be in"),
        ((2**61, 400, 160, (0, 0)), "n_samples must be in"),
        ((1, 0, 160, (0, 0)), "frame_length must be in"),
        ((1, 400, 0, (0, 0)), "hop_length must be in"),
        ((1, 400, 2**41, (0, 0)), "hop_length must be in"),
        ((1, 400, 160, (0, 2**41)), "padding must be in"),
        ((1, 400, 160, (0, 0), "all"), "frame_count='all'; accepted: whole, floor"),
    ],
)
def test_counts_that_the_core_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        _core.n_frames(*arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_frames": -1}, "n_frames must be in"),
        ({"size": 0}, "stack must be in"),
        ({"stride": 0}, "stack_stride must be in"),
        ({"left": -1}, "stack_left must be in"),
    ],
)
def test_stacks_that_the_core_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        _core.n_stacked(**{"n_frames": 1, "size": 2, "stride": 2, **arguments})


# --- cepstra --------------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["ortho", "forward", None])
@pytest.mark.parametrize("dct_type", [1, 2, 3, 4])
def test_cosine_transforms_of_the_oracle(dct_type, norm):
    for n in (2, 3, 13, 40, 128):
        scale = norm or "backward"
        matrix = _core.cepstral_matrix(n_bands=n, n_mfcc=n, dct_type=dct_type, norm=scale)
        expected = reference.dct_matrix(n, dct_type, norm)
        np.testing.assert_allclose(matrix, expected, rtol=0, atol=2e-15)
        few = _core.cepstral_matrix(n_bands=n, n_mfcc=2, dct_type=dct_type, norm=scale)
        assert_same_bits(few, matrix[:2])


@pytest.mark.parametrize("htk_compat", [False, True])
@pytest.mark.parametrize("use_energy", [False, True])
@pytest.mark.parametrize("lifter", [{}, {"lifter": 22.0}, {"lifter": 7.5, "lifter_offset": 1}])
@pytest.mark.parametrize("scale", ["ortho", "htk"])
def test_cepstra_of_the_oracle(scale, lifter, use_energy, htk_compat):
    config = MelConfig(
        n_mels=23,
        n_mfcc=13,
        mfcc_norm=scale,
        use_energy=use_energy,
        htk_compat=htk_compat,
        **lifter,
    )
    bands, energy = np.random.default_rng(0).standard_normal((23, 5)), np.full((1, 5), 2.0)
    expected = reference._with_energy(reference._cepstra(bands, config), energy, config)
    inputs = [bands] if not use_energy else [bands, np.log(energy)]
    inputs = inputs if htk_compat else inputs[::-1]
    actual = cepstral_matrix(config) @ np.concatenate(inputs)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_bands": 0}, "n_bands must be in"),
        ({"n_mfcc": 24}, "n_mfcc must be in"),
        ({"n_mfcc": -1}, "n_mfcc must be in"),
        ({"dct_type": 5}, "dct_type must be 1, 2, 3 or 4"),
        ({"dct_type": 1, "n_bands": 1, "n_mfcc": 1}, "dct_type=1 needs at least 2 mel bands"),
        ({"norm": "unit"}, "norm='unit'; accepted: backward, ortho, forward, htk"),
        ({"lifter": -1.0}, "lifter must be in"),
        ({"lifter": NAN}, "lifter must be in"),
        ({"lifter_offset": -1}, "lifter_offset must be in"),
        ({"n_bands": 2**40, "n_mfcc": 2**40}, "n_mfcc is too large"),
    ],
)
def test_cepstra_that_the_core_refuses(change, message):
    with pytest.raises(ValueError, match=message):
        _core.cepstral_matrix(**{"n_bands": 23, "n_mfcc": 13, **change})
