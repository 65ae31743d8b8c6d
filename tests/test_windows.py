"""Windows against SciPy, against their defining properties, and with bad arguments."""

import math
import warnings

import numpy as np
import pytest
from effort import shown
from fastmel._engine.windows import get_window
from libraries import required
from tolerances import assert_same_bits

# Even, odd, tiny, powers of two, and the usual frame lengths.
SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 31, 64, 100, 101, 400, 401, 512, 1000, 1024, 2048]

# SciPy rounds the phases of its cosines to half an ulp of pi and more, which is 4e-16; its other
# functions are those of the C library.
CLOSE = [
    *("barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine"),
    *("exponential", "flattop", "hamming", "hann", "lanczos", "nuttall", "parzen"),
    *("triang", "tukey"),
    ("exponential", None, 3.0),
    ("gaussian", 7),
    ("gaussian", 0.4),
    ("general_cosine", [0.4, 0.3, 0.2, 0.1]),
    ("general_cosine", (1,)),
    ("general_gaussian", 1.5, 3),
    ("general_hamming", 0.6),
    ("tukey", -1),
    ("tukey", 0.0),
    ("tukey", 0.1),
    ("tukey", 0.9),
    ("tukey", 1.0),
    ("tukey", 3),
]
# The argument of the Bessel function is rounded, which changes it by `beta` times as much.
KAISER = [
    *(0, 0.5, 8.6, 14, 50.0, np.float32(6.5), np.int64(3)),
    ("kaiser", 8.6),
    ("kaiser", -3),
    ("kaiser", 700),
]
ALL = [*CLOSE, *KAISER]
OF_SCIPY = [
    *(("chebwin", 60), ("cheb", 100.5), ("dpss", 2.5), ("dpss", 4), "taylor", ("taylor", 6, 40)),
    *(("taylorwin", 4, 35, False), ("kaiser_bessel_derived_symmetric", 4), ("kbd_symmetric", 6.5)),
]

ALIASES = {
    "barthann": ["brthan", "bth"],
    "bartlett": ["bart", "brt"],
    "blackman": ["black", "blk"],
    "blackmanharris": ["blackharr", "bkh"],
    "bohman": ["bman", "bmn"],
    "boxcar": ["box", "ones", "rect", "rectangular"],
    "cosine": ["halfcosine"],
    "exponential": ["poisson"],
    "flattop": ["flat", "flt"],
    ("gaussian", 3): ["gauss", "gss"],
    ("general_cosine", (0.5, 0.5)): ["general cosine"],
    ("general_gaussian", 1, 3): ["general gaussian", "general_gauss", "general gauss", "ggs"],
    ("general_hamming", 0.6): ["general hamming"],
    "hamming": ["hamm", "ham"],
    "hann": ["han"],
    ("kaiser", 4): ["ksr"],
    "lanczos": ["sinc"],
    "nuttall": ["nutl", "nut"],
    "parzen": ["parz", "par"],
    "triang": ["triangle", "tri"],
    "tukey": ["tuk"],
}


@pytest.fixture(scope="module")
def scipy_window():
    scipy_signal = pytest.importorskip("scipy.signal")

    def call(window, n, fftbins):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return scipy_signal.get_window(window, n, fftbins=fftbins)

    return call


def ours(window, n, fftbins=True):
    return get_window(window, n, fftbins=fftbins)


def test_a_window_is_the_callers_own_whoever_else_asked():
    for window in ("hann", ("tukey", 0.25), 8.0):
        first = get_window(window, 16)
        expected = first.copy()
        first[:] = 7
        assert_same_bits(get_window(window, 16), expected)
    assert not np.array_equal(get_window("hann", 16, fftbins=False), get_window("hann", 16))


@pytest.mark.parametrize("fftbins", [True, False])
@pytest.mark.parametrize("window", CLOSE, ids=str)
def test_close_to_scipy(window, fftbins, scipy_window):
    # tukey's phases in SciPy are multiples of 2 / alpha less what the window's length makes of it.
    atol = 4e-15 if window == ("tukey", 0.1) else 1e-15
    for n in SIZES:
        expected = scipy_window(window, n, fftbins)
        if not np.isfinite(expected).all():
            with pytest.raises(ValueError, match="not finite"):
                ours(window, n, fftbins)
            continue
        actual = ours(window, n, fftbins)
        assert actual.dtype == np.float64
        np.testing.assert_allclose(actual, expected, rtol=0, atol=atol, err_msg=f"{n}")


@pytest.mark.parametrize("fftbins", [True, False])
@pytest.mark.parametrize("window", KAISER, ids=str)
def test_kaiser_near_scipy(window, fftbins, scipy_window):
    beta = abs(window[1] if isinstance(window, tuple) else window)
    for n in SIZES:
        expected = scipy_window(window, n, fftbins)
        bound = 1e-15 + 2.5e-16 * beta
        np.testing.assert_allclose(ours(window, n, fftbins), expected, rtol=0, atol=bound)


@pytest.mark.parametrize("window", OF_SCIPY, ids=str)
def test_windows_of_scipy(window):
    windows = pytest.importorskip("scipy.signal.windows")
    given, *parameters = (window,) if isinstance(window, str) else window
    name = given.removesuffix("_symmetric")
    full = {"cheb": "chebwin", "kbd": "kaiser_bessel_derived", "taylorwin": "taylor"}
    function = getattr(windows, full.get(name, name))
    for n in (16, 400):
        assert_same_bits(ours(window, n, False), function(n, *parameters))
        if name == given:
            expected = function(n, *parameters, sym=False)
            assert_same_bits(ours(window, n), expected)
            assert_same_bits(ours((name + "_periodic", *parameters), n, False), expected)


def test_windows_of_scipy_without_it(run_python):
    done = run_python(
        """
        import sys
        import fastmel

        class Missing:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "scipy":
                    raise ModuleNotFoundError(name, name=name)

        sys.meta_path.insert(0, Missing())
        for make in (
            lambda: fastmel.get_window(("dpss", 2.5), 16),
            lambda: fastmel.MelConfig(window="taylor"),
        ):
            try:
                make()
            except ModuleNotFoundError as error:
                print(error)
        """
    )
    assert (
        "window=('dpss', 2.5) needs scipy, which is not installed: pip install scipy" in done.stdout
    )
    assert "window='taylor' needs scipy" in done.stdout


@pytest.mark.parametrize("n", [6, 9])
def test_exponential_off_centre(n, scipy_window):
    window = ("exponential", 2.5, 2.0)
    np.testing.assert_array_equal(ours(window, n), scipy_window(window, n, True))


@pytest.mark.parametrize(("spec", "names"), list(ALIASES.items()), ids=str)
def test_aliases(spec, names):
    full = (spec,) if isinstance(spec, str) else spec
    expected = ours(full, 16)
    for name in names:
        np.testing.assert_array_equal(ours((name, *full[1:]), 16), expected)
        if len(full) == 1:
            np.testing.assert_array_equal(ours(name, 16), expected)


def test_knows_every_name_of_scipy():
    windows = pytest.importorskip("scipy.signal.windows")
    listed = getattr(windows._windows, "_WIN_FUNCS", None) or windows._windows._win_equiv
    known = {name for spec in ALIASES for name in ([spec] if isinstance(spec, str) else spec[:1])}
    known |= {name for names in ALIASES.values() for name in names}
    known |= {"chebwin", "cheb", "dpss", "kaiser_bessel_derived", "kaiser bessel derived", "kbd"}
    known |= {"taylor", "taylorwin"}
    assert {name.removesuffix("_symmetric") for name in known} >= set(listed)


@pytest.mark.parametrize("window", ALL, ids=str)
def test_periodic_is_symmetric_of_one_more_point(window):
    for n in (16, 17):
        assert_same_bits(ours(window, n, True), ours(window, n + 1, False)[:-1])


@pytest.mark.parametrize("window", ALL, ids=str)
def test_mirrored(window):
    for n in (16, 17):
        w = ours(window, n, False)
        np.testing.assert_allclose(w, w[::-1], rtol=0, atol=1e-15)


# --- the exact values -----------------------------------------------------------------------------

COSINE_SUMS = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 1.0 - 0.54),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "flattop": (0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368),
}


@pytest.mark.parametrize("n", [3, 16, 400, 551, 1025])
def test_sines_are_rounded_correctly(n):
    mp = pytest.importorskip("mpmath")
    with mp.workdps(40):
        cosine = [float(mp.sinpi((i + mp.mpf(0.5)) / n)) for i in range(n)]
        sine = [float(mp.sinpi(mp.mpf(i) / (n - 1))) for i in range(n)]
    assert_same_bits(ours("cosine", n, False), np.array(cosine))
    assert_same_bits(ours("sine", n), np.array(sine))


@pytest.mark.parametrize("window", COSINE_SUMS)
def test_cosine_sums_against_mpmath(window):
    mp = pytest.importorskip("mpmath")
    a = COSINE_SUMS[window]
    for n in (16, 400, 401):
        with mp.workdps(40):
            phase = [mp.mpf(2 * i) / n - 1 for i in range(n)]
            exact = [float(sum(c * mp.cospi(k * x) for k, c in enumerate(a))) for x in phase]
        # A cosine, its product and the sum are rounded, by half an ulp of 1 each at most.
        bound = 1.2e-16 * len(a)
        np.testing.assert_allclose(ours(window, n), exact, rtol=0, atol=bound, err_msg=f"{n}")


@pytest.mark.parametrize("beta", [0.5, 8.6, 700])
@pytest.mark.parametrize("n", [31, 64])
def test_kaiser_against_mpmath(n, beta):
    mp = pytest.importorskip("mpmath")
    with mp.workdps(40):
        at = [mp.sqrt(1 - (mp.mpf(2 * i) / (n - 1) - 1) ** 2) for i in range(n)]
        exact = [float(mp.besseli(0, beta * x) / mp.besseli(0, beta)) for x in at]
    bound = 4e-16 + 2.5e-16 * beta  # two roundings of an argument as large as beta
    np.testing.assert_allclose(ours(("kaiser", beta), n, False), exact, rtol=0, atol=bound)


@pytest.mark.parametrize(("suffix", "fftbins"), [("_periodic", True), ("_symmetric", False)])
def test_suffix_overrides_fftbins(suffix, fftbins):
    for flag in (True, False):
        assert_same_bits(ours("hann" + suffix, 9, flag), ours("hann", 9, fftbins))
        assert_same_bits(ours(("kaiser" + suffix, 5.0), 9, flag), ours(("kaiser", 5.0), 9, fftbins))


# --- Kaldi's and those of others ------------------------------------------------------------------

KALDI = {
    "povey": lambda x: (0.5 - 0.5 * np.cos(x)) ** 0.85,
    "sine": lambda x: np.sin(x / 2),
    "hann_symmetric": lambda x: 0.5 - 0.5 * np.cos(x),
    "hamming_symmetric": lambda x: 0.54 - 0.46 * np.cos(x),
    "rectangular": np.ones_like,
    ("blackman_symmetric", 0.42): lambda x: 0.42 - 0.5 * np.cos(x) + 0.08 * np.cos(2 * x),
    ("blackman_symmetric", 0.3): lambda x: 0.3 - 0.5 * np.cos(x) + 0.2 * np.cos(2 * x),
}


@pytest.mark.parametrize("name", KALDI, ids=str)
def test_windows_of_kaldi(name):
    for n in (2, 3, 25, 400, 401):
        expected = KALDI[name](2 * np.pi * np.arange(n) / (n - 1))
        np.testing.assert_allclose(get_window(name, n), expected, rtol=0, atol=5e-14)
    assert_same_bits(get_window(name, 1), np.ones(1))


def test_windows_of_torchaudio():
    kaldi = required("torchaudio.compliance.kaldi")
    torch = required("torch")
    for theirs, ours_ in [
        *(("povey", "povey"), ("hanning", "hann_symmetric"), ("hamming", "hamming_symmetric")),
        *(("rectangular", "rectangular"), ("blackman", ("blackman_symmetric", 0.37))),
    ]:
        expected = kaldi._feature_window_function(theirs, 400, 0.37, "cpu", torch.float64)
        # Its phases of up to 800 are rounded to 1e-13 before the cosine.
        np.testing.assert_allclose(get_window(ours_, 400), expected.numpy(), rtol=0, atol=1e-13)


def test_povey_of_transformers():
    utils = required("transformers.audio_utils")
    for name, periodic in (("povey", False), ("povey_periodic", True)):
        expected = utils.window_function(400, "povey", periodic=periodic)
        np.testing.assert_allclose(get_window(name, 400), expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("name", ["povey", "sine"])
def test_symmetric_by_definition(name):
    for n in (3, 25, 400):
        symmetric = get_window(name, n)
        for other in (name, name + "_symmetric"):
            for fftbins in (True, False):
                assert_same_bits(get_window(other, n, fftbins=fftbins), symmetric)
        assert_same_bits(get_window(name + "_periodic", n - 1), symmetric[:-1])
        np.testing.assert_allclose(symmetric, symmetric[::-1], rtol=0, atol=1e-15)
        assert symmetric[0] == symmetric[-1] == 0


@pytest.mark.parametrize("window", [w for w in CLOSE if w != ("exponential", None, 3.0)], ids=str)
def test_suffixes_of_every_window(window):
    name, *parameters = (window,) if isinstance(window, str) else window
    for suffix, fftbins in (("_periodic", True), ("_symmetric", False)):
        expected = ours(window, 16, fftbins)
        for flag in (True, False):
            assert_same_bits(ours((name + suffix, *parameters), 16, flag), expected)


@pytest.mark.parametrize("n", [2, 7, 8, 25, 400, 401])
def test_hann_of_tensorflow(n):
    """Periodic only for even lengths: tf.signal.hann_window divides by n - 1 for odd ones."""
    expected = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / (n - n % 2))
    name = "hann_symmetric" if n % 2 else "hann"
    np.testing.assert_allclose(get_window(name, n), expected, rtol=0, atol=1e-14)


def test_known_values():
    np.testing.assert_array_equal(get_window("boxcar", 3), [1, 1, 1])
    np.testing.assert_allclose(get_window("hann", 4), [0, 0.5, 1, 0.5], atol=1e-16)
    assert_same_bits(get_window("bartlett", 5, fftbins=False), np.array([0, 0.5, 1, 0.5, 0]))
    assert_same_bits(get_window("triang", 4, fftbins=False), np.array([0.25, 0.75, 0.75, 0.25]))


@pytest.mark.parametrize("n", [1, 2, 100])
@pytest.mark.parametrize("kind", [list, np.array, np.float32, "strided"], ids=str)
def test_array_is_taken_as_it_is(n, kind):
    values = np.random.default_rng(n).standard_normal(n).astype(np.float32)
    if kind == "strided":
        given = np.repeat(values, 2)[::2]
    else:
        given = values.tolist() if kind is list else values.copy()
    w = get_window(given, n)
    assert_same_bits(w, values.astype(np.float64))
    w[0] = 99
    assert given[0] == values[0]


def test_other_libraries_arrays():
    class Tensor:
        def __array__(self, dtype=None, copy=None):
            return np.arange(4, dtype=np.float32)

    assert_same_bits(get_window(Tensor(), 4), np.arange(4.0))


def test_function_is_called_with_the_length():
    seen = []

    def window(n):
        seen.append(n)
        return [1] * n

    assert_same_bits(get_window(window, 5), np.ones(5))
    assert seen == [5]
    assert_same_bits(get_window(np.hanning, 8), np.hanning(8))


@pytest.mark.parametrize("fftbins", [np.True_, np.False_])
def test_numpy_flag_and_length(fftbins):
    np.testing.assert_array_equal(
        get_window("hann", np.int64(7), fftbins=fftbins), ours("hann", 7, bool(fftbins))
    )


@pytest.mark.parametrize(
    ("window", "error", "message"),
    [
        ("hanning", ValueError, "'hanning' is unknown.*hann"),
        ("", ValueError, "unknown"),
        ("Hann", ValueError, "unknown"),
        ("8.6", ValueError, "unknown"),
        (("nothing", 1), ValueError, "unknown"),
        ((), ValueError, "first entry"),
        ((8.6,), ValueError, "first entry"),
        ("kaiser", ValueError, r"0 parameters, but 'kaiser' takes 1: give a tuple"),
        (("kaiser", 1, 2), ValueError, "2 parameters"),
        (("hann", 1), ValueError, "takes 0"),
        (("povey", 0.85), ValueError, "takes 0"),
        (("blackman", 0.4, 0.1), ValueError, "takes 0 to 1"),
        ("povey_", ValueError, "unknown"),
        ("_symmetric", ValueError, "unknown"),
        ("sine_symmetric_periodic", ValueError, "unknown"),
        (("general_gaussian", 1), ValueError, "takes 2"),
        (("tukey", 1, 2), ValueError, "takes 0 to 1"),
        (("kaiser", "x"), TypeError, "cannot be made"),
        (("kaiser", None), TypeError, "cannot be made"),
        (("kaiser", 1j), TypeError, "cannot be made|real numbers"),
        (("gaussian", 1j), TypeError, "parameter=1j must be a number"),
        (("gaussian", 10**400), ValueError, "too large"),
        (("kaiser", 1e4), ValueError, "not finite"),
        (("kaiser", math.nan), ValueError, "must be finite"),
        (math.inf, ValueError, "not finite"),
        (("general_cosine", 3), ValueError, "sequence"),
        (("general_cosine", []), ValueError, "sequence"),
        (("general_cosine", 0.5, 0.5), ValueError, "cannot be made.*sequence"),
        (("general_cosine", [[0.5]]), ValueError, "sequence"),
        (("general_cosine", ["a"]), TypeError, "parameter='a' must be a number"),
        (("kaiser_bessel_derived", 4), ValueError, "fftbins=False"),
        (("kbd_periodic", 4), ValueError, "fftbins=False"),
        (("exponential_symmetric", 3, 1), ValueError, "center None"),
        (np.ones(15), ValueError, r"shape \(15,\).*win_length=16"),
        (np.ones((16, 1)), ValueError, "shape"),
        ([1.0] * 17, ValueError, "shape"),
        ([], ValueError, "shape"),
        (np.full(16, np.nan), ValueError, "not finite"),
        (np.ones(16, complex), TypeError, "real numbers"),
        (np.ones(16, object), TypeError, "real numbers"),
        (np.ones(16, bool), TypeError, "real numbers"),
        (["a"] * 16, TypeError, "real numbers"),
        (lambda n: np.ones(n + 1), ValueError, "shape"),
        (lambda n: None, TypeError, "real numbers"),
        (None, TypeError, "not understood; accepted"),
        (True, TypeError, "not understood"),
        (b"hann", TypeError, "not understood"),
        (1j, TypeError, "not understood"),
        ({"name": "hann"}, TypeError, "not understood"),
        (np.array(3.0), TypeError, "not understood"),
    ],
    ids=shown,
)
def test_bad_windows(window, error, message):
    with pytest.raises(error, match=message) as raised:
        get_window(window, 16)
    assert "window" in str(raised.value)


@pytest.mark.parametrize(
    ("window", "error", "message"),
    [
        (("taylor", 2.5), TypeError, "cannot be made"),
        (("dpss", 8.5), ValueError, "cannot be made"),
        (("dpss", 2.5, 3), ValueError, "shape"),
        ("chebwin", TypeError, "cannot be made"),
    ],
    ids=shown,
)
def test_bad_windows_of_scipy(window, error, message):
    pytest.importorskip("scipy.signal")
    with pytest.raises(error, match=message) as raised:
        get_window(window, 16)
    assert "window" in str(raised.value)


def test_kaiser_bessel_derived_needs_an_even_number():
    pytest.importorskip("scipy.signal")
    for n in (1, 7):
        with pytest.raises(ValueError, match="even number"):
            get_window(("kaiser_bessel_derived", 4), n, fftbins=False)


@pytest.mark.parametrize(
    ("length", "error"), [(0, ValueError), (-3, ValueError), (2.5, TypeError), ("8", TypeError)]
)
def test_bad_lengths(length, error):
    with pytest.raises(error, match=r"win_length.*at least 1"):
        get_window("hann", length)


def test_bad_flag():
    with pytest.raises(TypeError, match="fftbins"):
        get_window("hann", 8, fftbins="no")
