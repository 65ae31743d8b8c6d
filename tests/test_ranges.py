"""The core on parts: frames of a signal that is partly in memory, and items of many lengths."""

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from fastmel import _core

NOISE = signals.noise(140000)
PAD_MODES = ["constant", "edge", "reflect", "symmetric", "linear_ramp"]


def plan(rng, **changes):
    """A plan of random framing, with what reaches beyond a frame."""
    n_fft = int(rng.choice([1, 2, 16, 31, 64, 100, 128]))
    mode = PAD_MODES[rng.integers(5)]
    scope = ["none", "signal", "valid"][rng.integers(3)] if mode != "linear_ramp" else "none"
    preparation = _core.Preparation(begin=0, length=n_fft, dither=0.1, remove_mean=True)
    arguments = {
        "n_fft": n_fft,
        "hop_length": int(rng.integers(1, 2 * n_fft + 3)),
        "offset": int(rng.choice([0, n_fft // 2, n_fft, 3 * n_fft, -5])),
        "pad_mode": mode,
        "pad_mode_after": mode if mode == "linear_ramp" else PAD_MODES[rng.integers(4)],
        "window": rng.random(n_fft),
        "precision": ["single", "double"][rng.integers(2)],
        "power": [None, 2.0][rng.integers(2)],
        "preemphasis": 0.0 if scope == "none" else 0.97,
        "first_has_previous": scope == "valid",
        "preparation": [None, preparation][rng.integers(2)],
    }
    return _core.Plan(**(arguments | changes)), arguments | changes


def plain(n_fft=64, hop_length=16, level=None):
    return _core.Plan(
        n_fft=n_fft,
        hop_length=hop_length,
        offset=n_fft // 2,
        pad_mode="reflect",
        window=np.hanning(n_fft),
        precision="double",
        power=2.0,
        level=level,
    )


def output(p, complex_values, n_frames):
    return np.full((p.n_features, n_frames), 7, np.complex64 if complex_values else np.float32)


def whole(p, arguments, y, n_frames):
    out = output(p, arguments["power"] is None, n_frames)
    p.run(y, out)
    return out


def random_signal(rng):
    dtype = [np.float32, np.float64, np.int16][rng.integers(3)]
    n = int(rng.choice([1, 2, 5, 40, 300, 2000]))
    return (
        signals.pcm(signals.noise(n), dtype)
        if dtype is np.int16
        else signals.noise(n).astype(dtype)
    )


@pytest.mark.parametrize("seed", range(300))
def test_frames_of_a_piece_have_the_bits_of_the_whole(seed):
    rng = np.random.default_rng(seed)
    p, arguments = plan(rng)
    y = random_signal(rng)
    n_frames = 1 + (len(y) + 4 * arguments["n_fft"]) // arguments["hop_length"]
    expected = whole(p, arguments, y, n_frames)
    for _ in range(10):
        first = int(rng.integers(0, n_frames))
        n = int(rng.integers(1, n_frames - first + 1))
        begin, end = p.samples_of(n, first=first, n_samples=len(y))
        assert 0 <= begin <= end <= len(y)
        more = rng.integers(0, 4, 2)
        begin, end = max(0, begin - int(more[0])), min(len(y), end + int(more[1]))
        piece = y[begin:end].copy()
        out = output(p, arguments["power"] is None, n)
        p.run_range(piece, out, first=first, begin=begin, n_samples=len(y), workers=1 + seed % 3)
        tol.assert_same_bits(out, expected[:, first : first + n])


@pytest.mark.parametrize("seed", range(100))
def test_samples_of_frames_are_those_that_matter(seed):
    # A frame that reads a sample that is not a number is none itself.
    rng = np.random.default_rng(seed)
    p, arguments = plan(rng, power=2.0, preparation=None)
    y = signals.noise(int(rng.choice([1, 7, 60, 400])))
    n_frames = 1 + (len(y) + 4 * arguments["n_fft"]) // arguments["hop_length"]
    first = int(rng.integers(0, n_frames))
    n = int(rng.integers(1, n_frames - first + 1))
    begin, end = p.samples_of(n, first=first, n_samples=len(y))
    y[:begin] = y[end:] = np.nan
    assert np.isfinite(whole(p, arguments, y, n_frames)[:, first : first + n]).all()


@pytest.mark.parametrize("seed", range(60))
def test_a_piece_that_is_too_short_is_refused(seed):
    rng = np.random.default_rng(seed)
    p, arguments = plan(rng)
    y = signals.noise(400)
    n_frames = 1 + 400 // arguments["hop_length"]
    first = int(rng.integers(0, n_frames))
    begin, end = p.samples_of(1, first=first, n_samples=400)
    out = output(p, arguments["power"] is None, 1)
    for lack_before, lack_after in ((1, 0), (0, 1)):
        b, e = begin + lack_before, end - lack_after
        if b > e:
            continue
        with pytest.raises(ValueError, match="y lacks samples that the frames are made of"):
            p.run_range(y[b:e], out, first=first, begin=b, n_samples=400)
    assert (out == 7).all()


def test_a_signal_that_has_not_ended():
    # Its last frames wait for samples, never for padding.
    p = plain()
    y = signals.noise(1000)
    expected = np.zeros((33, 63), np.float32)
    p.run(y, expected)
    assert p.samples_of(1, first=0) == (0, 33)
    assert p.samples_of(3, first=2) == (0, 96)
    held, begin, done = y[:0], 0, 0
    for chunk in np.split(y, np.arange(37, 1000, 37)):
        held = np.concatenate([held, chunk])
        n = 0
        while p.samples_of(n + 1, first=done)[1] <= begin + len(held):
            n += 1
        out = np.zeros((33, n), np.float32)
        p.run_range(held, out, first=done, begin=begin)
        tol.assert_same_bits(out, expected[:, done : done + n])
        done += n
        keep = p.samples_of(1, first=done)[0]
        held, begin = held[keep - begin :], keep
    with pytest.raises(ValueError, match="y lacks samples"):
        p.run_range(held, np.zeros((33, 1), np.float32), first=done, begin=begin)
    out = np.zeros((33, 63 - done), np.float32)
    p.run_range(held, out, first=done, begin=begin, n_samples=1000)
    tol.assert_same_bits(out, expected[:, done:])


def test_ranges_that_are_none():
    p = plain(n_fft=16, hop_length=4)
    y, out = signals.noise(100), np.zeros((9, 2), np.float32)
    for changes in (
        {"first": -1}, {"first": 2**63 - 1}, {"begin": -1}, {"begin": 2**62}, {"n_samples": -1},
        {"n_samples": 2**63 - 1}, {"n_samples": 99}, {"begin": 1, "n_samples": 100},
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"^(first|begin|n_samples|y|out) "):
            p.run_range(y, out, **({"first": 0, "begin": 0, "n_samples": 100} | changes))
    with pytest.raises(ValueError, match="y must have one axis"):
        p.run_range(y[None], out, first=0, begin=0)


def test_a_level_of_the_maximum_needs_the_whole():
    level = _core.Level(log="log10", floor=1e-10, range=8.0, reference=1.0)
    p = plain(n_fft=16, hop_length=4, level=level)
    y = signals.noise(100)
    expected, out = np.zeros((9, 26), np.float32), np.zeros((9, 26), np.float32)
    p.run(y, expected)
    p.run_range(y, out, first=0, begin=0, n_samples=100)
    tol.assert_same_bits(out, expected)
    for changes in ({"first": 1}, {"n_samples": 1000}):
        with pytest.raises(ValueError, match="y must be the whole signal"):
            p.run_range(y, out[:, :20], **({"first": 0, "begin": 0, "n_samples": 100} | changes))


# --- items ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("scope", ["item", "batch", None])
def test_items_of_many_lengths_types_and_layouts(workers, scope):
    level = _core.Level(log="log10", floor=1e-10, range=2.0, scope=scope) if scope else None
    p = plain(level=level)
    items, expected, outs = [], [], []
    for i, n in enumerate([100, 1, 0, 30_000, 5000, 64, 7]):
        y = signals.noise(n, seed=i, level=10.0**-i)
        y = [y.astype(np.float32), y, signals.pcm(y, np.int16), np.repeat(y, 2)[::2]][i % 4]
        own = np.zeros((33, 1 + n // 16), [np.float32, np.float64][i % 2])
        p.run(y, own)
        items.append(y)
        expected.append(own)
        outs.append(np.full(own.shape[:: 1 if i % 3 else -1], 7, own.dtype))
    outs = [out if out.shape[0] == 33 else out.T for out in outs]
    assert p.run_items(items, outs, workers) == -1
    for out, own in zip(outs, expected, strict=True):
        tol.assert_same_bits(out, own)
    assert p.run_items([], [], workers) == -1


def test_items_that_are_not_finite():
    p = plain(n_fft=16, hop_length=4)
    for bad in range(4):
        items = [signals.noise(100, seed=i) for i in range(4)]
        items[bad][50] = np.inf
        items[3][:] = np.nan
        for workers in (1, 3):
            outs = [np.zeros((9, 26), np.float32) for _ in range(4)]
            assert p.run_items(items, outs, workers) == bad


def test_items_that_do_not_fit():
    p = plain(n_fft=16, hop_length=4)
    y, out = signals.noise(100), np.full((9, 26), 7, np.float32)
    for items, outs, match in (
        ([y, y], [out], "out must have as many arrays as y"),
        ([y, y[None]], [out, out.copy()], "y must have one axis"),
        ([y, y], [out, out[None].copy()], "out must have two axes"),
        ([y, y], [out, out[:8].copy()], "out must have as many rows"),
    ):
        with pytest.raises(ValueError, match=match):
            p.run_items(items, outs)
    assert (out == 7).all()


# Lengths of the fused transform: every radix of its first pass, and sub-transforms that fill no
# whole vectors.
FUSED = [32, 36, 48, 54, 60, 80, 90, 96, 100, 128, 150, 240, 250, 320, 400, 512, 600, 1024]


def chain_of_few_frames(rng, variant):
    """A plan with bands, energy, powers and levels, as they come."""
    n_fft, precision = int(rng.choice(FUSED)), ["single", "double"][rng.integers(2)]
    n_bins = n_fft // 2 + 1
    bands = rng.standard_normal((int(rng.integers(1, 30)), n_bins)) ** 2
    first, width = rng.integers(0, n_bins, len(bands)), rng.integers(0, n_bins, len(bands))
    k = np.arange(n_bins)
    bands *= (k >= first[:, None]) & (k < (first + width)[:, None])
    energy = ["none", "raw", "windowed", "spectrum"][rng.integers(4)]
    length = int(rng.integers(1, n_fft + 1))
    preparation = _core.Preparation(
        begin=int(rng.integers(0, n_fft - length + 1)),
        length=length,
        dither=[0.0, 0.1][rng.integers(2)],
        dither_seed=5,
        remove_mean=bool(rng.integers(2)),
        preemphasis=[0.0, 0.97][rng.integers(2)],
        energy=energy,
        energy_last=bool(rng.integers(2)),
    )
    level = _core.Level(
        log=["none", "ln", "log10", "log2", "ln_above_e"][rng.integers(5)],
        floor=1e-10,
        reference=1.0,
        shift=0.5,
        low=[-3.0, -np.inf][rng.integers(2)],
    )
    return _core.Plan(
        n_fft=n_fft,
        hop_length=int(rng.integers(1, 2 * n_fft)),
        offset=int(rng.choice([0, n_fft // 2])),
        pad_mode=PAD_MODES[rng.integers(4)],
        window=rng.random(n_fft) * (rng.random(n_fft) > 0.1),
        precision=precision,
        power=[2.0, 1.0, 0.7][rng.integers(3)],
        scale=[1.0, 32768.0][rng.integers(2)],
        preemphasis=[0.0, 0.9][rng.integers(2)],
        preparation=[None, preparation][rng.integers(2)],
        spectrum_floor=[0.0, 1e-3][rng.integers(2)],
        filterbank=[None, _core.Filterbank(bands, precision)][rng.integers(2)],
        level=[None, level][rng.integers(2)],
        variant=variant,
    ), precision


@pytest.mark.parametrize("variant", fastmel.simd_info()["available"])
@pytest.mark.parametrize("seed", range(100))
def test_frames_computed_one_by_one_have_the_bits_of_a_block(seed, variant):
    # Runs of few frames are not computed in lanes of frames; long ones are, but for their end.
    rng = np.random.default_rng(seed)
    p, precision = chain_of_few_frames(rng, variant)
    sample = [np.float32, np.float64, np.int16, np.int32][rng.integers(4)]
    y = signals.pcm(NOISE, sample) if np.dtype(sample).kind == "i" else NOISE.astype(sample)
    dtype = np.float64 if precision == "double" and rng.integers(2) else np.float32
    n_frames = 64
    expected = np.empty((p.n_features, n_frames), dtype)
    p.run(y, expected)
    assert not np.isnan(expected).any()
    for first in rng.integers(0, n_frames - 6, 8):
        n = int(rng.integers(1, 6))
        begin, end = p.samples_of(n, first=int(first), n_samples=len(y))
        for out in np.empty((p.n_features, n), dtype), np.empty((n, p.n_features), dtype).T:
            p.run_range(y[begin:end], out, first=int(first), begin=begin, n_samples=len(y))
            tol.assert_same_bits(out, expected[:, first : first + n], f"{n} from {first}")
