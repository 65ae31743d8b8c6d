"""Functions of tables: correctly rounded, whatever the C library, NumPy and the thread would do."""

import math

import numpy as np
import pytest
from fastmel import _core
from tolerances import assert_same_bits


def exact(name, x, exponent=0.0):
    out = np.empty(np.shape(x))
    _core.exact(name, np.array(x, np.float64), out, exponent)
    return out


def circle(x, n):
    cos, sin = np.empty(np.size(x)), np.empty(np.size(x))
    _core.circle(np.array(x, np.float64), n, cos, sin)
    return cos, sin


RNG = np.random.default_rng(0)
NORMAL = RNG.standard_normal(300)
TINY = 10.0 ** RNG.uniform(-30, 0, 300)
WIDE = 10.0 ** RNG.uniform(-300, 300, 300)

CASES = {
    "exp": (lambda mp: mp.exp, [NORMAL, TINY, RNG.uniform(-700, 700, 300)]),
    "exp10": (lambda mp: lambda x: mp.mpf(10) ** x, [NORMAL, RNG.uniform(-300, 300, 300)]),
    "log": (lambda mp: mp.log, [abs(NORMAL), 1 + 1e-3 * NORMAL, WIDE, [5e-324, 1.0]]),
    "log10": (lambda mp: mp.log10, [abs(NORMAL), WIDE, 10.0 ** np.arange(-20, 21)]),
    "bessel_i0": (lambda mp: lambda x: mp.besseli(0, x), [9 * NORMAL[:50], [0.0, 30.0, 700.0]]),
}


def exactly(mp, function, values):
    with mp.workprec(200):
        return np.array([float(function(mp.mpf(float(x)))) for x in values])


@pytest.mark.parametrize("name", CASES)
def test_rounded_correctly(name):
    mp = pytest.importorskip("mpmath")
    function, parts = CASES[name]
    x = np.concatenate(parts)
    assert_same_bits(exact(name, x), exactly(mp, function(mp), x))


@pytest.mark.parametrize("exponent", [0.85, 0.5, 3, -2.5, 40])
def test_powers_are_rounded_correctly(exponent):
    mp = pytest.importorskip("mpmath")
    x = np.concatenate([abs(NORMAL), TINY[TINY > 1e-7]])
    expected = exactly(mp, lambda v: v ** mp.mpf(exponent), x)
    assert_same_bits(exact("power", x, exponent), expected)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 400, 465, 2048, 10007, 65536, 1 << 20])
def test_circle_of_integers_is_rounded_correctly(n):
    mp = pytest.importorskip("mpmath")
    x = np.unique(np.concatenate([RNG.integers(-3 * n, 3 * n, 200), np.arange(-4, 5) * n // 4]))
    cos, sin = circle(x, n)
    assert_same_bits(cos + 0.0, exactly(mp, lambda v: mp.cospi(2 * v / n), x) + 0.0)
    assert_same_bits(sin + 0.0, exactly(mp, lambda v: mp.sinpi(2 * v / n), x) + 0.0)


def test_circle_of_other_numbers():
    mp = pytest.importorskip("mpmath")
    x, n = RNG.uniform(-9, 9, 300), 7.3
    cos, sin = circle(x, n)
    assert_same_bits(cos, exactly(mp, lambda v: mp.cospi(2 * v / mp.mpf(n)), x))
    assert_same_bits(sin, exactly(mp, lambda v: mp.sinpi(2 * v / mp.mpf(n)), x))


def test_unusual_values():
    inf, nan = math.inf, math.nan
    np.testing.assert_array_equal(exact("exp", [nan, inf, -inf, 800, -800]), [nan, inf, 0, inf, 0])
    np.testing.assert_array_equal(exact("exp10", [nan, inf, -inf, 400]), [nan, inf, 0, inf])
    np.testing.assert_array_equal(exact("log", [0, -1, inf, nan]), [-inf, nan, inf, nan])
    np.testing.assert_array_equal(exact("log10", [0, -1, inf, nan]), [-inf, nan, inf, nan])
    np.testing.assert_array_equal(exact("power", [0, 1, inf, nan], 2.5), [0, 1, inf, nan])
    np.testing.assert_array_equal(exact("power", [0, inf], -1), [inf, 0])
    np.testing.assert_array_equal(exact("power", [0, 2], 0), [1, 1])
    np.testing.assert_array_equal(exact("power", [0, 0.5, 1, 1.5], 1e308), [0, 0, 1, inf])
    np.testing.assert_array_equal(exact("power", [0.5, 1, 1.5], -1e22), [inf, 1, 0])
    np.testing.assert_array_equal(exact("bessel_i0", [720, -inf, nan]), [inf, inf, nan])


@pytest.mark.parametrize("n", [0.0, -1.0, math.nan, math.inf, 2.0**51])
def test_circle_refuses_a_bad_period(n):
    with pytest.raises(ValueError, match="n must be positive"):
        circle([1.0], n)


@pytest.mark.parametrize("x", [math.nan, math.inf, -(2.0**51)])
def test_circle_refuses_a_bad_point(x):
    with pytest.raises(ValueError, match="x must lie within"):
        circle([x], 8)


def test_the_binding_refuses_what_does_not_fit():
    x, out = np.zeros(4), np.zeros(3)
    with pytest.raises(ValueError, match="size of x"):
        _core.exact("exp", x, out)
    with pytest.raises(ValueError, match="one axis, and the size of x"):
        _core.circle(x, 8.0, np.zeros(4), out)
    with pytest.raises(ValueError, match=r"accepted: .*power"):
        _core.exact("tan", x, np.zeros(4))
    x.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        _core.exact("exp", x, x)
