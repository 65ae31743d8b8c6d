"""The binding on its own: it refuses what would be unsafe, and computes the rest without harm.

The Python layer checks arguments for the user; these calls go past it.
"""

import contextlib
import itertools

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
        {"offset": 2**62},
        {"offset": -(2**62)},
        {"hop_length": 2**62},
        {"pad_mode_after": "wrap"},
        {"pad_mode_after": 3},
        {"scale": None},
        {"scale": "1"},
        {"preemphasis": None},
        {"preemphasis": 0.97, "pad_mode": "linear_ramp"},
        {"preemphasis": 0.97, "pad_mode_after": "linear_ramp"},
        {"first_has_previous": "yes"},
        {"spectrum_floor": None},
        {"spectrum_offset": 1j},
        {"preparation": 3},
        {"preparation": {"begin": 0, "length": 16}},
        {"preparation": _core.Preparation(begin=0, length=17)},
        {"preparation": _core.Preparation(begin=1, length=16)},
        {"preparation": _core.Preparation(begin=16, length=1)},
        {"preparation": _core.Preparation(begin=2**62, length=2**62)},
        {"preparation": _core.Preparation(begin=2**63 - 1, length=2**63 - 1)},
        {"preparation": _core.Preparation(begin=0, length=16, energy="raw"), "power": None},
        {"preparation": _core.Preparation(begin=0, length=16, energy="spectrum"), "power": None},
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


@pytest.mark.parametrize("stage", ["window", "spectrum", "mel", "log"])
def test_what_ends_at_a_stage_stores_nothing(stage):
    out = output()
    plan().run(Y, out, 1, stage)
    assert np.all(out == 7)
    plan().run(Y, out, 1, "store")
    assert not np.any(out == 7)


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


@pytest.mark.parametrize(
    "changes",
    [
        {"begin": -1},
        {"begin": -(2**63)},
        {"begin": 2**63},
        {"begin": 0.0},
        {"length": 0},
        {"length": -1},
        {"length": 2**64},
        {"length": None},
        {"dither": None},
        {"dither": "loud"},
        {"remove_mean": "yes"},
        {"preemphasis": 1j},
        {"energy": "bogus"},
        {"energy": None},
        {"energy": True},
        {"energy_floor": "0"},
        {"energy_last": "yes"},
        {"energy_gain": None},
        {"bogus": 1},
    ],
    ids=str,
)
def test_frame_preparation(changes):
    with pytest.raises(REFUSED):
        _core.Preparation(**({"begin": 0, "length": 16} | changes))


@pytest.mark.parametrize(
    "features",
    [
        np.ones(9, np.float32),
        np.ones((9, 4), np.float16),
        np.ones((9, 4), ">f4"),
        np.ones((9, 4), int),
        np.ones((9, 4), complex),
        np.ones((9, 4), object),
        np.zeros(9 * 4 * 4 + 1, np.uint8)[1:].view(np.float32).reshape(9, 4),
        np.broadcast_to(np.float32(1), (9, 4)),
        np.float32(1),
        None,
        "features",
    ],
    ids=lambda f: f"{getattr(f, 'dtype', f)}{np.shape(f)}",
)
def test_features_to_normalize(features):
    with pytest.raises(REFUSED):
        _core.normalize(features, divide=True)


def test_ways_to_normalize():
    features = np.ones((9, 4), np.float32)
    for changes in (
        {"divide": "yes"},
        {"all": "yes"},
        {"ddof": -1},
        {"ddof": -(2**63)},
        {"ddof": 0.5},
        {"ddof": 2**64},
        {"eps": None},
        {"eps": "0"},
        {"eps_to": "bogus"},
        {"eps_to": None},
        {"variant": "bogus"},
        {"bogus": 1},
    ):
        with pytest.raises(REFUSED):
            _core.normalize(features, **({"divide": True} | changes))
    with pytest.raises(TypeError):
        _core.normalize(features)
    assert (features == 1).all()


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
    out = output(60)
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


# Bands are summed in fours, as wide as the widest of them where little is lost by it: the others
# have zeros behind their weights or, at the end of the spectrum, before them.
ALIKE = [(0, 3), (2, 6), (5, 9), (8, 12), (12, 16), (15, 18), (17, 20), (19, 20), (18, 20)]
UNLIKE = [(0, 1), (1, 2), (2, 3), (3, 19), (0, 20), (5, 5), (19, 20), (18, 19), (7, 13)]
AT_THE_END = [(0, 20), (1, 20), (0, 20), (19, 20)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "bands", [ALIKE, UNLIKE, AT_THE_END], ids=["alike", "unlike", "at the end"]
)
@pytest.mark.parametrize("value", [1.0, np.inf, np.nan])
def test_bands_see_their_own_bins_alone(bands, value, dtype):
    dense = np.zeros((len(bands), 20))
    for m, (begin, end) in enumerate(bands):
        dense[m, begin:end] = 1 + np.arange(begin, end)
    bank = _core.Filterbank(dense, "single" if dtype is np.float32 else "double")
    for loud in range(20):
        spectrum = np.full((20, 11), 3, dtype)
        spectrum[loud] = value
        out = np.full((len(bands), 11), 7, dtype)
        bank.apply(spectrum, out)
        for row, weights, (begin, end) in zip(out, dense, bands, strict=True):
            assert np.array_equal(row, weights[begin:end] @ spectrum[begin:end], equal_nan=True)


@pytest.mark.parametrize("high", [np.inf, 5.0], ids=["usual", "any"])
def test_the_order_within_a_level(high):
    level = _core.Level(log="log2", floor=1.0, add=1.0, shift=2.0, gain=0.5, high=high)
    out = np.empty(3)
    level.apply(np.array([0.25, 1.0, 3.0]), out, 1.0, 1.0, "double")
    assert out.tolist() == [1.5, 1.5, 2.0]


@pytest.mark.parametrize("variant", _core.available_variants())
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_level_without_a_reference_has_the_maximum(dtype, variant):
    level = _core.Level(log="log10", scale=10.0, floor=1e-10, range=30.0)
    rng = np.random.default_rng(0)
    for n in (*range(1, 70), 1000):
        values = rng.random(n).astype(dtype)
        for value in (0.5, np.inf, np.nan):
            values[rng.integers(n)] = value
            top = float(np.max(values))
            for given in ((None, None), (1.0, None), (None, 1.0)):
                found, expected = np.empty_like(values), np.empty_like(values)
                level.apply(values, found, *given, "double", variant)
                whole = (top if of is None else of for of in given)
                level.apply(values, expected, *whole, "double", variant)
                np.testing.assert_array_equal(found, expected)


PREPARATIONS = {
    "mean": {"remove_mean": True, "preemphasis": 0.97},
    "dither": {"dither": 1.0},
    "raw energy": {"energy": "raw"},
    "energy last": {"energy": "windowed", "energy_last": True},
    "energy of the spectrum": {"energy": "spectrum", "energy_gain": 2.0},
    "nothing": {},
}


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("banded", [True, False])
@pytest.mark.parametrize("preparation", PREPARATIONS)
@pytest.mark.parametrize(("begin", "length"), [(0, 16), (0, 1), (15, 1), (5, 7)])
def test_windows_anywhere_in_the_frame(preparation, begin, length, banded, precision):
    bank = _core.Filterbank(np.ones((3, 9)), precision) if banded else None
    for n_frames in (0, 1, 15, 16, 17, 200):
        p = plan(
            preparation=_core.Preparation(
                begin=begin, length=length, energy_floor=1e-9, **PREPARATIONS[preparation]
            ),
            filterbank=bank,
            precision=precision,
        )
        assert p.n_features == (
            3 + (PREPARATIONS[preparation].get("energy") is not None) if banded else 9
        )
        for order in "CF":
            out = np.full((p.n_features + 2, n_frames + 2), 7, np.float32, order=order)
            p.run(Y, out[1:-1, 1:-1], 3)
            assert np.isfinite(out).all()
            inside = out[1:-1, 1:-1].copy()
            out[1:-1, 1:-1] = 7
            assert (out == 7).all(), "written outside of out"
            again = np.empty_like(inside)
            p.run(Y, again, 1)
            tol.assert_same_bits(again, inside)


@pytest.mark.parametrize("energy", ["raw", "windowed", "spectrum"])
@pytest.mark.parametrize("n_frames", [1, 26])
def test_the_energy_has_a_floor(energy, n_frames):
    preparation = _core.Preparation(begin=0, length=16, energy=energy, energy_floor=0.25)
    out = output(n_frames)
    plan(preparation=preparation).run(np.zeros(100, np.float32), out, 1)
    assert np.allclose(out[0], np.log(0.25), rtol=1e-6)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize(
    "changes",
    [
        {"scale": np.nan},
        {"scale": np.inf},
        {"scale": 0.0},
        {"preemphasis": np.nan},
        {"preemphasis": np.inf},
        {"spectrum_floor": np.nan},
        {"spectrum_floor": np.inf},
        {"spectrum_offset": -np.inf},
        {"power": np.nan},
        {"power": np.inf},
        {"power": -1.5},
        {"power": 0.0},
        {"window": np.full(16, np.nan)},
        {"preparation": {"dither": np.nan}},
        {"preparation": {"dither": np.inf}},
        {"preparation": {"dither": -1e308}},
        {"preparation": {"preemphasis": np.nan}},
        {"preparation": {"energy": "raw", "energy_floor": np.nan}},
        {"preparation": {"energy": "raw", "energy_floor": -np.inf}},
        {"preparation": {"energy": "windowed", "energy_gain": np.nan}},
        {"preparation": {"energy": "spectrum", "energy_gain": -np.inf}},
        {"level": {"log": "ln", "floor": np.nan}},
        {"level": {"log": "log2", "floor": -np.inf, "add": np.nan}},
        {"level": {"log": "ln_above_e", "floor": 0.0, "scale": np.nan}},
        {"level": {"log": "none", "floor": 0.0, "low": np.nan, "high": np.nan}},
        {"level": {"log": "none", "floor": 0.0, "low": 1.0, "high": -1.0}},
        {"level": {"log": "ln", "floor": 0.0, "range": np.nan, "scope": "batch"}},
        {
            "level": {
                "log": "ln",
                "floor": 0.0,
                "range": 1.0,
                "scope": "fixed",
                "fixed_peak": np.inf,
            }
        },
    ],
    ids=str,
)
def test_numbers_that_are_none(precision, changes):
    """They go through the arithmetic as they may: no crash, and nothing but the result changes."""
    changes = dict(changes)
    if "preparation" in changes:
        changes["preparation"] = _core.Preparation(begin=0, length=16, **changes["preparation"])
    if "level" in changes:
        changes["level"] = _core.Level(**changes["level"])
    p = plan(precision=precision, **changes)
    y = np.stack([Y, Y])
    outs = []
    for workers in (1, 3):
        whole = np.full((2, 11, 26), 7, np.float32)
        p.run(y, whole[:, 1:-1], workers)
        assert (whole[:, [0, -1]] == 7).all()
        outs.append(whole)
    assert np.array_equal(*outs, equal_nan=True)
    good = output()
    plan(precision=precision).run(Y, good, 1)
    assert np.isfinite(good).all()


@pytest.mark.parametrize("pad_mode", ["constant", "edge", "reflect", "symmetric"])
@pytest.mark.parametrize("offset", [0, 8, -100, 1000, 2**40, -(2**40)])
@pytest.mark.parametrize("first", [True, False])
def test_pre_emphasis_of_signals_of_any_length(pad_mode, offset, first):
    for n_samples in (0, 1, 2, 3, 100):
        for y in (Y[:n_samples], Y[:n_samples][::-1], np.repeat(Y[:n_samples], 2)[::2]):
            out = output(60)
            p = plan(pad_mode=pad_mode, offset=offset, preemphasis=0.97, first_has_previous=first)
            p.run(y, out, 2)
            assert np.isfinite(out).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("every", [True, False])
@pytest.mark.parametrize("shape", [(1, 1), (1, 70), (9, 1), (7, 64), (8, 65), (17, 200), (600, 3)])
@pytest.mark.parametrize("order", ["C", "F", "apart"])
def test_normalize_of_any_shape(shape, dtype, every, order):
    x = np.random.default_rng(1).standard_normal((2, *shape)).astype(dtype)
    axes = (1, 2) if every else 2
    expected = x - x.mean(axis=axes, keepdims=True, dtype=float)
    expected /= np.sqrt((expected**2).mean(axis=axes, keepdims=True)) + 0.5
    whole = np.full(
        (2, shape[0] + 2, 2 * shape[1] + 2), 7, dtype, order="C" if order == "C" else "F"
    )
    features = whole[:, 1:-1, 1:-1:2] if order == "apart" else whole[:, 1:-1, 1 : shape[1] + 1]
    features[...] = x
    _core.normalize(features, divide=True, all=every, eps=0.5)
    assert np.allclose(features, expected, rtol=0, atol=1e-6 if dtype == np.float32 else 1e-13)
    features[...] = 7
    assert (whole == 7).all(), "written outside of the features"


@pytest.mark.parametrize("shape", [(0, 9), (9, 0), (0, 0), (0, 9, 4), (3, 9, 0), (3, 0, 4)])
@pytest.mark.parametrize("every", [True, False])
def test_normalize_of_nothing(shape, every):
    memory = np.full(100, 7, np.float32)
    nothing = np.lib.stride_tricks.as_strided(memory[40:], shape, (0,) * (len(shape) - 2) + (36, 4))
    _core.normalize(nothing, divide=True, all=every)
    assert (memory == 7).all()


@pytest.mark.parametrize("ddof", [0, 4, 5, 2**62, 2**63 - 1])
@pytest.mark.parametrize("eps", [0.0, np.nan, np.inf, -1.0])
@pytest.mark.parametrize("eps_to", ["std", "variance", "floor"])
def test_normalize_with_any_numbers(ddof, eps, eps_to):
    # As many values as ddof leave nothing to divide by; the caller has to see to that.
    for x in (np.random.default_rng(1).standard_normal((9, 4)), np.full((9, 4), np.nan)):
        for every in (True, False):
            _core.normalize(x, divide=True, all=every, ddof=ddof, eps=eps, eps_to=eps_to)
    same = np.full((9, 4), 0.1)
    _core.normalize(same, divide=True)
    assert not same.any()


# --- memory that is shared, and positions that overflow -------------------------------------------


def strided(memory, shape, strides):
    return np.lib.stride_tricks.as_strided(memory, shape, strides)


@pytest.mark.parametrize("strides", [(0, 104, 4), (936, 0, 4), (936, 104, 0)])
def test_outputs_whose_elements_share_memory(strides):
    out = strided(np.zeros(4 * 9 * 26, np.float32), (4, 9, 26), strides)
    with pytest.raises(ValueError, match="out must not be a broadcast array"):
        plan().run(np.stack([Y] * 4), out, 3)


# Of each pair of axes; along two of them elements of several steps meet: 3 * 72 = 2 * 108.
@pytest.mark.parametrize("strides", [(936, 100, 4), (936, 72, 108), (104, 104, 4), (8, 416, 16)])
def test_outputs_that_overlap_themselves(strides):
    memory = np.zeros(4 * 9 * 26 * 4, np.float32)
    out = strided(memory, (4, 9, 26), strides)
    with pytest.raises(ValueError, match="out overlaps itself"):
        plan().run(np.stack([Y] * 4), out, 3)
    with pytest.raises(ValueError, match="features overlaps itself"):
        _core.normalize(out, divide=True)
    assert not memory.any()


@pytest.mark.parametrize("strides", [(936, 104, 4), (4, 416, 16), (-936, 4, -36), (8, 64, 576)])
def test_outputs_of_any_order(strides):
    memory = np.zeros(4 * 9 * 26 * 8, np.float32)
    out, expected = strided(memory[memory.size // 2 :], (4, 9, 26), strides), output()
    plan().run(Y, expected)
    plan().run(np.stack([Y] * 4), out, 3)
    np.testing.assert_array_equal(out, np.stack([expected] * 4))


def test_items_with_the_same_output():
    with pytest.raises(ValueError, match="out is the same for two items"):
        plan().run_items([Y, Y], [out := output(), out])


@pytest.mark.parametrize("begin", [(1, 0), (0, 25), (8, 25)])
def test_items_whose_outputs_overlap_in_part(begin):
    memory = np.full((17, 52), 7, np.float32)
    f, t = begin
    outs = [memory[:9, :26], memory[f : f + 9, t : t + 26]]
    for items in (outs, outs[::-1], [out[::-1] for out in outs]):
        with pytest.raises(ValueError, match="out is the same for two items, or a part of it is"):
            plan().run_items([Y, Y], items)
    assert (memory == 7).all()


# Axes of one array: A and B count items, F features and T frames.
@pytest.mark.parametrize("axes", list(map("".join, itertools.permutations("ABFT"))))
def test_items_are_views_of_one_array(axes):
    sizes = {"A": 3, "B": 2, "F": 9, "T": 26}
    memory = np.full([sizes[axis] for axis in axes], 7, np.float32)
    views = memory.transpose([axes.index(axis) for axis in "ABFT"])
    expected = output()
    plan().run(Y, expected)
    outs = [views[a, b] for a in range(3) for b in range(2)]
    plan().run_items([Y] * 6, outs)
    np.testing.assert_array_equal(views, np.broadcast_to(expected, views.shape))
    with pytest.raises(ValueError, match="out is the same for two items"):
        plan().run_items([Y] * 7, [*outs, outs[3]])
    with pytest.raises(ValueError, match="out overlaps y"):
        plan().run_items([Y[:5]] * 6 + [outs[4][3, :5]], [*outs[:5], outs[5], output()[:, :2]])


@pytest.mark.parametrize("seed", range(300))
def test_outputs_that_share_bytes_are_refused(seed):
    rng = np.random.default_rng(seed)
    p = plan(n_fft=4, window=np.ones(4), offset=0)  # 3 features
    memory, outs = np.zeros(600, np.float32), []
    while len(outs) < rng.integers(2, 6):
        strides = rng.choice([-9, -6, -2, 1, 2, 3, 4, 6, 7, 9, 18, 20, 40], 2)
        view = strided(memory[rng.integers(150, 400) :], (3, int(rng.integers(1, 5))), 4 * strides)
        if len(set(places(view, memory))) == view.size:
            outs.append(view)
    written = [place for out in outs for place in places(out, memory)]
    if len(set(written)) == len(written):
        with contextlib.suppress(ValueError):  # where it is irregular
            p.run_items([Y[:20]] * len(outs), outs)
    else:
        with pytest.raises(ValueError, match="out is the same for two items, or a part of it is"):
            p.run_items([Y[:20]] * len(outs), outs)


def places(view, memory):
    offsets = np.add.outer(
        *(np.arange(n) * s for n, s in zip(view.shape, view.strides, strict=True))
    )
    return (offsets + view.ctypes.data - memory.ctypes.data).ravel().tolist()


def test_three_axes_meet_where_no_two_do():
    memory = np.zeros(100, np.float32)  # (1, 0, 0) and (0, 1, 1) are one place
    with pytest.raises(ValueError, match="features overlaps itself"):
        _core.normalize(strided(memory, (2, 2, 2), (12, 8, 4)), divide=True)


def test_outputs_that_overlap_the_samples():
    memory = np.zeros(1000, np.float32)
    y = memory[:100]
    y[:] = Y
    for start in (0, 50, 99):
        out = memory[start : start + 9 * 26].reshape(9, 26)
        with pytest.raises(ValueError, match="out overlaps y"):
            plan().run(y, out)
        with pytest.raises(ValueError, match="out overlaps y"):
            plan().run_items([Y, y], [output(), out])
    with pytest.raises(ValueError, match="out overlaps y"):
        plan().run(memory[1::2][:100], strided(memory[:1], (9, 26), (104, 4)))
    assert (memory[100:] == 0).all()


def test_outputs_beside_the_samples():
    expected = output()
    plan().run(Y, expected)
    memory = np.zeros(1000, np.float32)
    memory[:200:2] = Y  # interleaved, and one after the other
    for y, out in (
        (memory[:200:2], strided(memory[1:], (9, 26), (208, 8))),
        (memory[:200:2], memory[199 : 199 + 9 * 26].reshape(9, 26)),
    ):
        out[...] = 7
        plan().run(y, out)
        tol.assert_same_bits(out, expected)
    rows = np.zeros((3, 100 + 9 * 26), np.float32)
    rows[:, :100] = Y
    outs = rows[:, 100:].reshape(3, 9, 26)
    assert np.shares_memory(outs, rows)
    plan().run(rows[:, :100], outs)
    for out in outs:
        tol.assert_same_bits(out, expected)


def test_other_calls_whose_output_overlaps_the_input():
    x = np.ones(1000)
    square, spectrum = x[:81].reshape(9, 9), x[:90].view(complex).reshape(9, 5)
    rows = {"S": np.ones((3, 4)), "ref": np.ones((3, 4)), "out": np.ones((3, 4))}
    numbers = {"b": 0.1, "gain": 0.98, "bias": 2.0, "power": 0.5, "eps": 1e-6}
    for call in (
        lambda: _core.Filterbank(np.eye(9), "double").apply(square, x[80:161].reshape(9, 9)),
        lambda: _core.Level(log="ln", floor=1.0).apply(x[:10], x[5:15], 1.0, 1.0, "double"),
        lambda: plan(power=None, inverse=True).invert(spectrum, x[89:99], 0.0),
        lambda: _core.pcen(**(rows | {"out": rows["S"]}), state=np.ones(3), **numbers),
        lambda: _core.pcen(**(rows | {"ref": rows["out"]}), state=np.ones(3), **numbers),
        lambda: _core.pcen(**rows, state=rows["out"].ravel()[:3], **numbers),
    ):
        with pytest.raises(ValueError, match="out overlaps"):
            call()
    _core.Level(log="ln", floor=1.0).apply(x, x, 1.0, 1.0, "double")  # in place
    assert not x.any()


@pytest.mark.parametrize("offset", [0, -(2**40), 2**40])
def test_more_frames_than_positions(offset):
    # The last frames would begin beyond 2^63 samples.
    far = plan(n_fft=1, window=np.ones(1), hop_length=2**40, offset=offset)
    out = np.zeros((1, 2**23 + 64), np.float32)
    with pytest.raises(ValueError, match="out has more frames than positions in a signal"):
        far.run(Y, out)
    far.run(Y, out[:, : 2**21])
    with pytest.raises(ValueError, match="more frames than positions"):
        far.run_range(Y, out[:, :1], first=2**62, begin=0)
    inverse = plan(power=None, inverse=True, hop_length=2**40)
    with pytest.raises(ValueError, match="spectrum has more frames"):
        inverse.invert(strided(np.ones(9, complex), (9, 2**23), (16, 0)), np.empty(10), 0.0)


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
