"""The vector functions of the core: how accurate they are, their special values, and equal bits."""

import math

import numpy as np
import pytest
import tolerances as tol
from fastmel import _core

LOGS = ("ln", "log10", "log2")
FUNCTIONS = [(name, dtype) for name in LOGS for dtype in (np.float32, np.float64)] + [
    (name, np.float64) for name in ("exp", "log1p", "expm1")
]
IDS = [f"{name}-{np.dtype(dtype)}" for name, dtype in FUNCTIONS]
NUMPY = {name: getattr(np, {"ln": "log"}.get(name, name)) for name, _ in FUNCTIONS}

# Largest errors in ulp (0.5: correctly rounded), a little above what was found: for logarithms of
# float32 over all numbers from 1/2 to 2, where they err most, for the others over some ten million.
#   ln 0.96 (float32), 0.74; log10 2.04, 0.73; log2 1.87, 0.87; exp 0.92; log1p 2.38; expm1 2.36
# The short logarithm of float32 errs by more than 0.52 only for arguments next to 1.
ULP = {"ln": 0.75, "log10": 0.75, "log2": 0.9, "exp": 0.95, "log1p": 2.5, "expm1": 2.5}
ULP_FLOAT32 = {"ln": 1.0, "log10": 2.1, "log2": 1.9}


def bound(name, dtype):
    return ULP_FLOAT32[name] if dtype == np.float32 else ULP[name]


wide_longdouble = pytest.mark.skipif(
    np.finfo(np.longdouble).nmant < 63, reason="needs a long double wider than double"
)


def call(name, x, variant=""):
    x = np.ascontiguousarray(x)
    out = np.empty_like(x)
    _core.function(name, x, out, variant)
    return out


def arguments(name, dtype, count):
    """Finite arguments all over the domain, half of them where the function is least accurate."""
    rng = np.random.default_rng(3)
    info = np.finfo(dtype)
    if name == "exp":
        k = rng.integers(-1000, 1000, count)  # between two powers of two
        between = (k + 0.5 + rng.standard_normal(count) * 10.0 ** rng.uniform(-8, -2, count)) * (
            math.log(2)
        )
        x = [between, rng.uniform(-745, 709.7, count), rng.uniform(-1, 1, count)]
    elif name == "expm1":
        x = [rng.uniform(-2, 2, count), rng.uniform(-50, 709, count), small(rng, count)]
    elif name == "log1p":
        x = [
            rng.uniform(-1, 10, count),
            np.exp2(rng.uniform(-1070, 1020, count)),
            small(rng, count),
        ]
    else:
        # Powers of two times [1/sqrt(2), sqrt(2)) are reduced to that interval; the ends are worst.
        lowest = math.log2(info.smallest_subnormal)
        x = [
            rng.uniform(1.3, math.sqrt(2), count),
            rng.uniform(0.5, 2, count),
            np.exp2(rng.uniform(lowest, info.maxexp, count)),
            rng.uniform(0, 2 * float(info.tiny), count),
            1 + small(rng, count),
        ]
    x = np.concatenate(x).astype(dtype)
    return x[np.isfinite(x) & ((x > 0) | (name not in LOGS))]


def small(rng, count):
    return rng.standard_normal(count) * 10.0 ** rng.uniform(-17, -1, count)


@wide_longdouble
@pytest.mark.parametrize(("name", "dtype"), FUNCTIONS, ids=IDS)
def test_accuracy(name, dtype):
    x = arguments(name, dtype, 40_000)
    exact = NUMPY[name](x.astype(np.longdouble))
    error = np.abs(call(name, x) - exact) / np.spacing(np.abs(exact.astype(dtype)))
    assert error.max() < bound(name, dtype), f"at {x[error.argmax()]!r}"
    assert error.max() > 0.5, "too good to be a measurement"


@pytest.mark.parametrize(("name", "dtype"), FUNCTIONS, ids=IDS)
def test_accuracy_against_many_digits(name, dtype):
    mpmath = pytest.importorskip("mpmath")
    function = {
        "ln": mpmath.log,
        "log10": lambda v: mpmath.log(v) / mpmath.log(10),
        "log2": lambda v: mpmath.log(v) / mpmath.log(2),
    }.get(name) or getattr(mpmath, name)
    x = arguments(name, dtype, 400)
    with mpmath.workprec(200):
        for value, result in zip(x.tolist(), call(name, x), strict=True):
            error = abs(mpmath.mpf(float(result)) - function(mpmath.mpf(value)))
            assert error < bound(name, dtype) * float(np.spacing(np.abs(result))), f"at {value!r}"


@pytest.mark.parametrize("name", ["ln", "log10", "log2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_of_special_values(name, dtype):
    x = np.array([0, -0.0, np.inf, np.nan, -np.inf, -1, -np.finfo(dtype).tiny, 1], dtype)
    x = np.concatenate([x, -np.ones(1, dtype) * np.finfo(dtype).smallest_subnormal])
    expected = [-np.inf, -np.inf, np.inf, *[np.nan] * 4, 0, np.nan]
    result = call(name, x)
    np.testing.assert_array_equal(result, np.array(expected, dtype))
    assert not np.signbit(result[7])


def test_exponentials_of_special_values():
    x = np.array([0, -0.0, np.inf, -np.inf, np.nan, 1e300, -1e300, 709.79, -745.2, 5e-324])
    np.testing.assert_array_equal(
        call("exp", x), [1, 1, np.inf, 0, np.nan, np.inf, 0, np.inf, 0, 1]
    )
    result = call("expm1", x)
    np.testing.assert_array_equal(
        result, [0, 0, np.inf, -1, np.nan, np.inf, -1, np.inf, -1, 5e-324]
    )
    assert np.signbit(result[1])
    limits = np.array([709.78, -745.1])
    assert np.isfinite(call("exp", limits)).all()
    assert call("exp", limits)[1] == 5e-324


def test_log1p_of_special_values():
    x = np.array([0, -0.0, -1, -1.5, np.inf, -np.inf, np.nan, 1e-300, 5e-324, -5e-324])
    expected = [0, 0, -np.inf, np.nan, np.inf, np.nan, np.nan, 1e-300, 5e-324, -5e-324]
    result = call("log1p", x)
    np.testing.assert_array_equal(result, expected)
    assert np.signbit(result[1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers_are_exact(dtype):
    info = np.finfo(dtype)
    k = np.arange(round(math.log2(info.smallest_subnormal)), info.maxexp)
    np.testing.assert_array_equal(call("log2", np.ldexp(dtype(1), k)), k.astype(dtype))
    # Beyond 10^22 (10^10) the powers of ten are rounded, by too little to be seen in the logarithm.
    k = np.arange(int(math.log10(info.tiny)), int(math.log10(info.max)) + 1)
    powers = np.array([f"1e{n}" for n in k]).astype(dtype)
    np.testing.assert_array_equal(call("log10", powers), k.astype(dtype))


@pytest.mark.parametrize("name", ["ln", "log10", "log2"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logarithms_do_not_decrease_where_the_reduction_changes(name, dtype):
    # Neighbouring numbers around the ends of each reduced interval, and around 1.
    ends = np.ldexp(np.sqrt(0.5), np.arange(-100, 100)).astype(dtype)
    bits = np.dtype(f"i{np.dtype(dtype).itemsize}")
    neighbours = np.concatenate([ends, [1]]).astype(dtype).view(bits)[:, None] + np.arange(-50, 51)
    results = call(name, neighbours.astype(bits).view(dtype))
    assert (np.diff(results, axis=1) >= 0).all()


@pytest.mark.parametrize(("name", "dtype"), FUNCTIONS, ids=IDS)
def test_variants_agree_in_every_bit(name, dtype):
    special = [0, -0.0, np.inf, -np.inf, np.nan, 1, -1, 2, np.finfo(dtype).max, -1e300, 1e-40]
    with np.errstate(over="ignore"):
        x = np.concatenate([arguments(name, dtype, 2001), np.array(special).astype(dtype)])
    expected = call(name, x, _core.active_variant())
    for variant in _core.available_variants():
        # The sign and the payload of NaN are the processor's.
        result = call(name, x, variant)
        tol.assert_same_bits(np.isnan(result), np.isnan(expected), variant)
        tol.assert_same_bits(np.nan_to_num(result), np.nan_to_num(expected), variant)
        for count in (0, 1, 3, 15, 17):
            tol.assert_same_bits(call(name, x[:count], variant), expected[:count], variant)


# --- the shorter logarithm of features that are stored as float32 ---------------------------------


def level_apply(log, x, *, variant="", precision="double", **changes):
    level = _core.Level(log=log, floor=0.0, reference=1.0, **changes)
    out = np.empty_like(x)
    level.apply(x, out, 1.0, 1.0, precision, variant)
    return out


@pytest.mark.parametrize("name", LOGS)
def test_the_logarithm_for_float32_features(name):
    # float32 cannot show an error of 1e-10, but the difference from the exact value can: `shift` is
    # added in double before the result is rounded.
    mpmath = pytest.importorskip("mpmath")
    base = {"ln": mpmath.e, "log10": 10, "log2": 2}[name]
    x = arguments(name, np.float32, 300)
    with mpmath.workprec(150):
        for value in x:
            exact = mpmath.log(mpmath.mpf(float(value))) / mpmath.log(base)
            near = float(exact)
            difference = float(level_apply(name, np.array([value]), shift=-near)[0])
            error = abs(difference - float(exact - near))
            assert error < 1e-10 * max(1.0, abs(near)), f"at {value!r}"


@pytest.mark.parametrize("name", LOGS)
def test_float32_features_are_rounded_from_it(name):
    x = np.concatenate([arguments(name, np.float32, 20_000), np.array([0, np.inf], np.float32)])
    with np.errstate(divide="ignore"):
        exact = NUMPY[name](x.astype(np.float64))
    expected = level_apply(name, x)
    # Half an ulp, as if rounded once; the 1e-10 matters next to 0, where float32 is finer.
    finite = np.isfinite(exact)
    bound = 0.501 * np.spacing(np.abs(expected[finite])) + 1e-10
    assert (np.abs(expected[finite] - exact[finite]) <= bound).all()
    np.testing.assert_array_equal(expected[~finite], exact[~finite])
    for variant in _core.available_variants():
        tol.assert_same_bits(level_apply(name, x, variant=variant), expected, variant)


@pytest.mark.parametrize("name", LOGS)
def test_other_features_get_the_full_logarithm(name):
    for dtype, precision in ((np.float64, "double"), (np.float32, "single")):
        x = arguments(name, dtype, 2000)
        tol.assert_same_bits(level_apply(name, x, precision=precision), call(name, x))


def test_nan_stays_nan_in_a_level():
    x = np.array([1, np.nan, 2, -1], np.float32)
    for name in (*LOGS, "none"):
        for precision in ("single", "double"):
            result = level_apply(name, x, precision=precision)
            assert np.isnan(result).tolist() == [False, True, False, False]
