"""The binding on its own: it refuses what would be unsafe, and computes the rest without harm.

The Python layer checks arguments for the user; these calls go past it.
"""

import numpy as np
import pytest
import tolerances as tol
from fastmel import _core

REFUSED = (ValueError, TypeError)
Y = np.random.default_rng(0).standard_normal(100).astype(np.float32)
PAD_MODES = ["constant", "edge", "reflect", "symmetric", "linear_ramp"]


def plan(**changes):
    arguments = {
        "n_fft": 16,
        "hop_length": 4,
        "offset": 8,
        "pad_mode": "constant",
        "window": np.hanning(16),
        "precision": "double",
        "power": 2.0,
    }
    return _core.Plan(**(arguments | changes))


def output(n_frames=26, n_features=9, dtype=np.float32):
    return np.full((n_features, n_frames), 7, dtype)


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"n_fft": 0},
        {"n_fft": -16},
        {"n_fft": 17},
        {"n_fft": 2**62},
        {"n_fft": 2**70},
        {"n_fft": 16.5},
        {"hop_length": 0},
        {"hop_length": -1},
        {"window": np.ones(15)},
        {"window": np.ones((16, 1))},
        {"window": np.ones(16, np.float32)},
        {"window": np.ones(32)[::2]},
        {"window": None},
        {"precision": "half"},
        {"pad_mode": "wrap"},
        {"power": "2"},
        {"filterbank": _core.Filterbank(np.ones((3, 8)), "double")},
        {"filterbank": _core.Filterbank(np.ones((3, 9)), "single")},
        {"filterbank": _core.Filterbank(np.ones((3, 9)), "double"), "power": None},
        {"level": _core.Level(log="ln", floor=1e-10), "power": None},
        {"variant": "bogus"},
        {"bogus": 1},
    ],
    ids=lambda changes: "+".join(changes),
)
def test_plans(changes):
    with pytest.raises(REFUSED):
        plan(**changes)


@pytest.mark.parametrize(
    ("y", "out"),
    [
        (Y.astype(np.float16), output()),
        (Y.astype(complex), output()),
        (Y.astype(">f4"), output()),
        (Y.astype(object), output()),
        (np.float32(1), output()),
        (Y, output(dtype=np.complex64)),
        (Y, output(dtype=np.float16)),
        (Y, output(dtype=">f4")),
        (Y, output(n_features=8)),
        (Y, output(n_features=10)),
        (Y, np.empty(9, np.float32)),
        (np.stack([Y, Y]), output()),
        (Y, np.empty((2, 9, 26), np.float32)),
        (np.zeros(401, np.uint8)[1:].view(np.float32), output()),
        (Y, np.zeros(9 * 26 * 4 + 1, np.uint8)[1:].view(np.float32).reshape(9, 26)),
        (Y, np.broadcast_to(np.float32(0), (9, 26))),
    ],
    ids=lambda a: f"{a.dtype}{a.shape}",
)
def test_arrays(y, out):
    with pytest.raises(REFUSED):
        plan().run(y, out, 1)


def test_read_only_and_wrong_precision():
    out = output()
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        plan().run(Y, out, 1)
    with pytest.raises(ValueError, match="single"):
        plan(precision="single").run(Y, output(dtype=np.float64), 1)
    with pytest.raises(ValueError, match="last_stage"):
        plan().run(Y, output(), 1, "bogus")
    with pytest.raises(ValueError, match="forward"):
        plan(power=None).invert(np.ones((9, 5), complex), np.empty(10), 0.0)
    with pytest.raises(ValueError, match="inverse"):
        plan(power=None, inverse=True).run(Y, output(dtype=np.complex64), 1)


def test_inverse_arrays():
    inverse = plan(power=None, inverse=True)
    spectrum = np.ones((9, 5), complex)
    for wrong, out in (
        (spectrum.real, np.empty(10)),
        (spectrum.astype(np.complex64), np.empty(10)),
        (spectrum, np.empty(10, np.float32)),
        (spectrum[:8], np.empty(10)),
        (spectrum[0], np.empty(10)),
        (spectrum, np.empty((2, 10))),
        (spectrum, np.empty(20)[::2]),
        (spectrum, np.empty(10)[::-1]),
        (spectrum, np.float64(1)),
    ):
        with pytest.raises(REFUSED):
            inverse.invert(wrong, out, 0.0)


def test_filterbanks_and_levels():
    for dense in (np.ones(9), np.ones((3, 9), np.float32), np.ones((3, 9)).T, None, [[1.0]]):
        with pytest.raises(REFUSED):
            _core.Filterbank(dense, "double")
    bank = _core.Filterbank(np.ones((3, 9)), "double")
    for spectrum, out in (
        (np.ones((8, 4)), np.empty((3, 4))),
        (np.ones((9, 4)), np.empty((2, 4))),
        (np.ones((9, 4)), np.empty((3, 5))),
        (np.ones((2, 9, 4)), np.empty((3, 4))),
        (np.ones(9), np.empty(3)),
        (np.ones((9, 4), int), np.empty((3, 4))),
    ):
        with pytest.raises(REFUSED):
            bank.apply(spectrum, out)
    for changes in ({"log": "log3"}, {"scope": "bogus"}, {"floor": None}, {"floor": "a"}):
        with pytest.raises(REFUSED):
            _core.Level(**({"log": "ln", "floor": 1e-10} | changes))
    level = _core.Level(log="ln", floor=1e-10)
    wide = np.ones((4, 6))
    for values, out in (
        (wide, np.empty((4, 5))),
        (wide, np.empty((4, 6), np.float32)),
        (wide, np.asfortranarray(wide)),
        (wide[:, ::2], np.empty((4, 3))),
        (np.ones(9)[::-1], np.empty(9)[::-1]),  # not the memory that lies behind the first element
        (wide.astype(int), np.empty((4, 6), int)),
    ):
        with pytest.raises(REFUSED):
            level.apply(values, out, 1.0, 1.0, "double")


def test_pcen_arrays():
    numbers = {"b": 0.1, "gain": 0.98, "bias": 2.0, "power": 0.5, "eps": 1e-6}
    good = {
        "S": np.ones((3, 4)),
        "ref": np.ones((3, 4)),
        "out": np.empty((3, 4)),
        "state": np.zeros(3),
    }
    _core.pcen(**good, **numbers)
    for name, wrong in (
        ("S", np.ones((3, 5))),
        ("S", np.ones((3, 4), np.float32)),
        ("S", np.ones((4, 3)).T),
        ("ref", np.ones((1, 4))),
        ("out", np.empty((3, 4), np.float32)),
        ("out", np.empty((3, 8))[:, ::2]),
        ("state", np.zeros(2)),
        ("state", np.zeros(3, np.float32)),
        ("state", np.zeros(6)[::2]),
    ):
        with pytest.raises(REFUSED):
            _core.pcen(**(good | {name: wrong}), **numbers)


# --- what is computed, without harm ---------------------------------------------------------------


@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_more_frames_than_the_signal_has(pad_mode):
    out = output(4000)
    plan(pad_mode=pad_mode).run(Y, out, 3)
    few = output(26)
    plan(pad_mode=pad_mode).run(Y, few, 1)
    tol.assert_same_bits(out[:, :26], few)
    assert np.isfinite(out).all()
    if pad_mode == "constant":
        assert not out[:, 30:].any()


@pytest.mark.parametrize("pad_mode", PAD_MODES)
@pytest.mark.parametrize("offset", [0, -100, 1000, 2**40, -(2**40)])
def test_frames_far_outside(pad_mode, offset):
    out = output(5)
    plan(pad_mode=pad_mode, offset=offset).run(Y, out, 1)
    assert np.isfinite(out).all()


@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_no_samples_and_no_frames(pad_mode):
    out = output(3)
    plan(pad_mode=pad_mode).run(Y[:0], out, 1)
    assert not out.any()
    plan(pad_mode=pad_mode).run(Y, output(0), 1)
    plan(pad_mode=pad_mode).run(np.zeros((0, 100), np.float32), np.empty((0, 9, 26), np.float32), 4)


@pytest.mark.parametrize("workers", [-(2**62), -1, 0, 1, 2, 1000, 2**62])
def test_any_number_of_workers(workers):
    expected, out = output(), output()
    plan().run(Y, expected, 1)
    plan().run(Y, out, workers)
    tol.assert_same_bits(out, expected)


@pytest.mark.parametrize("variant", _core.available_variants())
@pytest.mark.parametrize("precision", ["single", "double"])
def test_variants_in_one_process(variant, precision):
    for n_fft in (1, 2, 7, 16, 60, 97, 211, 400, 509):
        results = []
        for name in ("", variant):
            p = plan(
                n_fft=n_fft, offset=n_fft // 2, window=np.ones(n_fft), precision=precision,
                power=None, variant=name,
            )  # fmt: skip
            assert p.n_features == n_fft // 2 + 1
            out = np.empty((p.n_features, 26), np.complex64)
            p.run(Y, out, 1)
            results.append(out)
        tol.assert_same_bits(*results, what=str(n_fft))
    assert _core.lanes(variant, "single") == 2 * _core.lanes(variant, "double")


@pytest.mark.parametrize("shape", [(0, 9), (3, 0), (0, 0), (3, 9), (200, 9)])
def test_filterbanks_of_any_shape(shape):
    dense = np.random.default_rng(1).random(shape)
    spectrum = np.random.default_rng(2).random((shape[1], 11))
    out = np.full((shape[0], 11), 7.0)
    _core.Filterbank(dense, "double").apply(spectrum, out)
    assert np.allclose(out, dense @ spectrum, rtol=1e-13)


def test_the_report_of_what_is_not_finite():
    y = Y.copy()
    assert plan().run(y, output(), 1) is False
    for bad in (np.nan, np.inf, -np.inf):
        y[50] = bad
        assert plan().run(y, output(), 1) is True
        assert plan().run(y, output(), 3) is True


def test_an_exception_leaves_plans_usable():
    p = plan()
    expected, out = output(), output()
    p.run(Y, expected, 1)
    for _ in range(3):
        with pytest.raises(REFUSED):
            p.run(Y, output(n_features=3), 1)
    p.run(Y, out, 1)
    tol.assert_same_bits(out, expected)


def test_references_are_given_back():
    import sys

    y, out, window = Y.copy(), output(), np.hanning(16)
    before = [sys.getrefcount(a) for a in (y, out, window)]
    for _ in range(10):
        plan(window=window).run(y, out, 2)
        with pytest.raises(REFUSED):
            plan(window=window).run(y, out[:3], 2)
    assert [sys.getrefcount(a) for a in (y, out, window)] == before
