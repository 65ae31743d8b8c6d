"""Post in the core: what it refuses, and layouts. What it computes is tested with front ends."""

import numpy as np
import pytest
from fastmel import _core

MATRIX = _core.Filterbank(np.arange(12.0).reshape(3, 4), "double")


def features(frames=6, width=4, dtype=np.float32):
    return np.random.default_rng(0).random((width, frames)).astype(dtype)


def test_stages_in_their_order():
    post = _core.Post(
        cepstra=MATRIX, normalize="mean", stack=2, stride=2, shift=[1.0] * 6, gain=[2.0] * 6,
        half=True,
    )  # fmt: skip
    assert post.any
    assert not post.in_place
    assert (post.frames_after(7), post.width_after(4)) == (3, 6)
    x = features()
    cepstra = np.arange(12.0).reshape(3, 4) @ x.astype(np.float64)
    less = cepstra - cepstra.mean(axis=1, keepdims=True)
    expected = 2 * (less.T.reshape(3, 6).T + 1)
    out = np.empty((6, 3), np.float16)
    post.apply(x, out)
    assert np.allclose(out, expected, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "how",
    [
        {"normalize": "mean_std", "eps": 0.1},
        {"normalize": "mean_std", "all": True, "ddof": 1},
        {"normalize": "mean_std", "window": (2, 1, 3), "eps": 1e-3, "eps_to": "floor"},
        {"pcen": {"b": 0.1, "gain": 0.98, "bias": 2.0, "power": 0.5, "eps": 1e-6}},
        {"shift": [1.0, 2.0, 3.0, 4.0], "gain": [0.5] * 4},
        {"cepstra": MATRIX},
        {"stack": 3, "stride": 2, "left": 1, "drop": False},
        {"stack": 3, "stride": 2, "drop": False, "filler": -1.5},
        {"stack": 1, "stride": 2},
    ],
    ids=str,
)
def test_layouts_have_the_same_bits(how, dtype):
    post = _core.Post(**how)
    shape = (2, post.width_after(4), post.frames_after(6))
    results = []
    for make in (
        lambda x: x,
        lambda x: x.swapaxes(-1, -2).copy().swapaxes(-1, -2),
        lambda x: np.repeat(np.repeat(x, 2, -1), 3, -2)[:, ::3, ::2],
    ):
        x = make(np.stack([features(dtype=dtype), 2 * features(dtype=dtype)]))
        if post.in_place:
            post.apply(x, x)
            results.append(np.ascontiguousarray(x))
        else:
            out = make(np.full(shape, 7, dtype))
            post.apply(x, out)
            results.append(np.ascontiguousarray(out))
    assert results[0].shape == shape
    assert np.isfinite(results[0]).all()
    for other in results[1:]:
        assert other.tobytes() == results[0].tobytes()


@pytest.mark.parametrize(
    ("how", "x", "out", "named"),
    [
        ({"cepstra": MATRIX}, features(width=5), np.empty((3, 6), np.float32), "features"),
        ({"cepstra": MATRIX}, features(), np.empty((4, 6), np.float32), "out"),
        ({"cepstra": MATRIX}, features(), np.empty((3, 6)), "out"),
        ({"gain": [1.0] * 3}, features(), np.empty((4, 6), np.float32), "features"),
        ({"half": True}, features(), np.empty((4, 6), np.float32), "out"),
        ({"stack": 2, "stride": 2}, features(), np.empty((8, 6), np.float32), "out"),
        ({"normalize": "mean_std", "ddof": 6}, features(), np.empty((4, 6), np.float32), "y"),
        ({"normalize": "mean"}, features(), np.broadcast_to(np.float32(0), (4, 6)), "out"),
        ({"normalize": "mean"}, features(), np.empty((1, 4, 6), np.float32), "out"),
        ({"normalize": "mean"}, features(frames=1)[:, 0], np.empty(4, np.float32), "features"),
        ({"stack": 0}, features(), np.empty((4, 6), np.float32), "stack"),
        ({"stack": 2**40, "stride": 2**40}, features(), np.empty((4, 0), np.float32), "out"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_refused(how, x, out, named):
    post = _core.Post(**how)
    with pytest.raises((ValueError, TypeError), match=f"^{named} "):
        post.apply(x, out)


def test_features_that_are_read_only():
    x = features()
    x.flags.writeable = False
    with pytest.raises(ValueError, match=r"^features is read-only"):
        _core.Post(normalize="mean").apply(x, np.empty((4, 6), np.float32))


def test_outputs_that_overlap():
    memory = np.zeros(60, np.float32)
    x, out = memory[:24].reshape(4, 6), memory[20:38].reshape(3, 6)
    with pytest.raises(ValueError, match=r"^out overlaps"):
        _core.Post(cepstra=MATRIX).apply(x, out)
    with pytest.raises(ValueError, match=r"^out overlaps"):
        _core.Post(normalize="mean").apply(x, memory[6:30].reshape(4, 6))


@pytest.mark.parametrize("how", [{"normalize": "std"}, {"eps_to": "all", "normalize": "mean"}])
def test_names_that_are_unknown(how):
    with pytest.raises(ValueError, match="accepted: "):
        _core.Post(**how)


@pytest.mark.parametrize(
    "windows",
    [[(0, 1)] * 7, [(0, 1)] * 5 + [(3, 3)], [(0, 1)] * 5 + [(-1, 3)], [(0, 7)] * 6],
    ids=str,
)
def test_windows_that_are_refused(windows):
    with pytest.raises(ValueError, match=r"^windows "):
        _core.normalize_in_windows(features(), windows, size=3, divide=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [("size", 0), ("size", -1), ("first", -1), ("first", 7), ("origin", [0.0])],
)
def test_parts_that_are_refused(name, value):
    how = {"size": 3, "divide": False, name: value}
    with pytest.raises(ValueError, match=rf"^{name} "):
        _core.normalize_in_windows(features(), [], **how)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("divide", [False, True])
def test_a_part_has_the_bits_of_the_whole(divide, dtype):
    size, n = 7, 40
    whole = np.random.default_rng(0).normal(100, 3, (4, n)).astype(dtype)
    windows = _core.windows_of(before=4, after=2, least=1, n_frames=n, first=0, stop=n)
    result, part = whole.copy(), whole[:, 2 * size : 33].copy()
    _core.normalize_in_windows(result, windows, size=size, divide=divide)
    some = [(begin - 2 * size, end - 2 * size) for begin, end in windows[19:30]]
    origin = whole[:, 0].tolist()
    _core.normalize_in_windows(part, some, size=size, divide=divide, first=5, origin=origin)
    np.testing.assert_array_equal(part[:, 5:16], result[:, 19:30])
    np.testing.assert_array_equal(part[:, :5], whole[:, 14:19])
    np.testing.assert_array_equal(part[:, 16:], whole[:, 30:33])
