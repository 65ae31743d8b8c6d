"""Post in the core: what it refuses, and layouts. What it computes is tested with front ends."""

import numpy as np
import pytest
from effort import shown
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
    ids=shown,
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
    ids=lambda value: str(getattr(value, "shape", value))[:40],
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


@pytest.mark.parametrize("size", [0, -1])
def test_sizes_that_are_refused(size):
    with pytest.raises(ValueError, match=r"^size "):
        _core.normalize_in_windows(features(), [], size=size, divide=False)


WINDOWS = [
    {"before": 4, "after": 2, "least": 1},
    {"before": 4, "after": 2, "least": 7},
    {"before": 3, "after": 0, "least": 2},
    {"before": 0, "after": 5, "least": 6},
    {"before": 0, "after": 0, "least": 1},
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("divide", [False, True])
@pytest.mark.parametrize("window", WINDOWS, ids=str)
@pytest.mark.parametrize("n", [0, 1, 3, 6, 7, 8, 40])
def test_frames_that_come_one_after_the_other(window, divide, dtype, n):
    """The bits of all of them at once, wherever they are cut, and after a state was saved."""
    size = window["before"] + 1 + window["after"]
    whole = np.random.default_rng(n).normal(100, 3, (n, 4)).astype(dtype)
    windows = _core.windows_of(**window, n_frames=n)
    expected = whole.copy()
    _core.normalize_in_windows(expected.T, windows, size=size, divide=divide)
    for cuts in ([], range(n), [5, 5, 29], [2, 3, 20]):
        sliding = _core.SlidingNormalizer(width=4, divide=divide, **window)
        parts, at = [], 0
        for cut in [*(cut for cut in cuts if cut <= n), n]:
            parts.append(sliding.push(whole[at:cut]))
            at = cut
            other = _core.SlidingNormalizer(width=4, divide=divide, **window)
            other.restore(sliding.state())
            sliding = other
        given = sum(map(len, parts))
        assert given == max(0, n - window["after"] if n >= window["least"] else 0)
        parts.append(sliding.push(whole[:0], True))
        got = np.concatenate(parts)
        assert got.tobytes() == expected.tobytes()


def test_what_is_held_of_frames_is_bounded():
    sliding = _core.SlidingNormalizer(width=2, divide=True, before=6, after=3, least=10)
    x = np.random.default_rng(0).random((1000, 2)).astype(np.float32)
    held = [len(sliding.push(x[t : t + 1])) and len(sliding.state()[4]) for t in range(1000)]
    assert max(held) <= 2 * 2 * 10


def test_sliding_frames_and_states_that_are_refused():
    how = {"width": 2, "divide": False, "before": 1, "after": 1, "least": 2}
    for wrong in ({"least": 0}, {"least": 4}, {"before": -1}, {"after": -1}, {"width": -1}):
        with pytest.raises(ValueError, match=r"^(least|width) "):
            _core.SlidingNormalizer(**how | wrong)
    sliding = _core.SlidingNormalizer(**how)
    for wrong in (np.zeros((3, 3), np.float32), np.zeros(3, np.float32)):
        with pytest.raises(ValueError, match=r"^frames "):
            sliding.push(wrong)
    with pytest.raises(TypeError, match=r"^frames "):
        sliding.push(np.zeros((3, 2), np.int16))
    sliding.push(np.ones((5, 2), np.float32))
    n_frames, given, held_from, origins, differences = sliding.state()
    assert (n_frames, given, held_from, origins) == (5, 4, 3, [1.0, 1.0])
    assert differences.tolist() == [0.0] * 4
    for wrong in (
        (6, given, held_from, origins, differences),
        (n_frames, 3, held_from, origins, differences),
        (n_frames, given, 0, origins, differences),
        (n_frames, given, 4, origins, differences),
        (n_frames, given, held_from, origins[:1], differences),
        (n_frames, given, held_from, origins, differences[:3]),
        (-1, 0, 0, origins, differences),
        (2**62, 0, 0, origins, differences),
        (n_frames, given),
    ):
        with pytest.raises(ValueError, match=r"^state "):
            sliding.restore(wrong)
