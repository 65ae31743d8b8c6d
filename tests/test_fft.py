"""The transform alone, at every kind of length: no window, no padding, one frame after another.

The exact value is a transform in `numpy.longdouble` (80 bits on x86) that shares no code with the
core. Lengths differ in the engine and in the radices that serve them; `RADICES` names them.
"""

import functools
import itertools

import numpy as np
import pytest
import tolerances as tol
from effort import some
from fastmel import _core

LARGE = (
    # what is used
    *(320, 400, 480, 512, 640, 800, 960, 1000, 1024, 1280, 1536, 1600, 1920, 2048, 2400, 3072),
    *(4096, 8192),
    # powers of a prime, primes, and products of several
    *(289, 343, 361, 529, 625, 729, 961, 1331, 2187, 2209, 3125),
    *(307, 401, 509, 521, 769, 1009, 1021),
    *(441, 882, 896, 1001, 1018, 1102, 1323, 1764, 2016, 2205, 4410),
)
# Lengths for each radix of the fused transform (that of the first pass, then those of the stages
# after it; a last stage of 16 has code of its own), and for each kind of the general one.
RADICES = {
    "first 2, then 8": 32,
    "first 3, then 8": 48,
    "first 4, then 8": 64,
    "first 5, then 8": 80,
    "first 8, then 8": 128,
    "first 8, then 16": 256,
    "first 2, then 3 3": 36,
    "first 2, then 5 2": 40,
    "first 4, then 5 5": 200,
    "first 3, then 8 3": 144,
    "first 5, then 8 5": 400,
    "first 5, then 5 3 2": 300,
    "first 3, then 3 16": 288,
    "first 8, then 2 16": 512,
    "first 8, then 4 16": 1024,
    "first 8, then 8 16": 2048,
    "first 8, then 3 2 16": 1536,
    "first 8, then 8 4 16": 8192,
    "first 3, then 3 3 3, all odd": 162,
    "first 5, then 5 3, all odd": 150,
    # what the general transform takes
    "general 1": 1,
    "general 2": 2,
    "general 3": 3,
    "general 4": 4,
    "general 5": 5,
    "general 7": 7,
    "general 11": 11,
    "general 13, a radix without code of its own": 13,
    "general, even but too short to be cut": 16,
    "general, odd": 675,
    "convolution": 509,
}

LENGTHS = sorted({*range(1, 261), *LARGE, *RADICES.values()})
# The quick part has the lengths that are named above, but for the primes whose exact transform is
# the slowest, and of those that are not every third.
NAMED = {*LARGE, *RADICES.values()} - {521, 769, 1009, 1018, 1021}
lengths = pytest.mark.parametrize(
    "n_fft",
    [*(n for n in LENGTHS if n in NAMED), *some([n for n in LENGTHS if n not in NAMED], every=3)],
)

PRECISIONS = {
    "single": (np.float32, np.complex64),
    "double": (np.float64, np.complex128),
}

# Error of a transform over its root-mean-square bin, in units of eps * sqrt(log2(n)): the root mean
# square of the error, and its maximum. Errors grow like sqrt(log2 n) (Gentleman and Sande, 1966),
# with a constant for each engine, the same in both precisions: radices up to 11 have code of their
# own, larger ones are summed directly or, where that is cheaper, become a convolution of three
# longer transforms. Found over these very lengths and frames: at most 0.36, 1.8; 0.51, 2.2; and
# 0.80, 3.3.
ERROR = {
    "fused": (0.4, 2.0),
    "small radices": (0.55, 2.5),
    "large primes": (0.85, 3.5),
}

N_FRAMES = 19  # more than any vector has lanes, and not a multiple of them


def largest_prime_factor(n):
    largest, p = 1, 2
    while n > 1:
        while n % p == 0:
            largest, n = p, n // p
        p += 1
    return largest


def engine(n_fft):
    largest = largest_prime_factor(n_fft)
    half = n_fft // 2
    if n_fft % 2 == 0 and largest <= 5 and any(half % r == 0 and half // r >= 8 for r in (2, 3, 5)):
        return "fused"
    return "small radices" if largest <= 11 else "large primes"


def plan(
    n_fft, precision, *, hop_length=None, power=None, inverse=False, engine="rule", variant=""
):
    return _core.Plan(
        n_fft=n_fft,
        hop_length=hop_length or n_fft,
        offset=0,
        pad_mode="constant",
        window=np.ones(n_fft),
        precision=precision,
        power=power,
        inverse=inverse,
        engine=engine,
        variant=variant,
    )


def transform(frames, precision, *, dtype=None, power=None, engine="rule", variant=""):
    """The spectra of `frames`, one a row."""
    real, complex_type = PRECISIONS[precision]
    dtype = dtype or (complex_type if power is None else real)
    n_frames, n_fft = frames.shape
    out = np.empty((n_frames, n_fft // 2 + 1), dtype)
    samples = frames if frames.dtype.kind == "i" else frames.astype(real)
    p = plan(n_fft, precision, power=power, engine=engine, variant=variant)
    p.run(samples.ravel(), out.T, 1)
    return out


@functools.lru_cache
def noise(n_fft):
    """Frames that float32 holds exactly."""
    values = np.random.default_rng(n_fft).standard_normal((N_FRAMES, n_fft))
    return values.astype(np.float32).astype(np.float64)


@functools.lru_cache
def roots(n):
    """exp(-2 pi i k / n) for 0 <= k < n."""
    angle = np.arange(n, dtype=np.longdouble) * (8 * np.arctan(np.longdouble(1)) / n)
    return np.cos(angle) - 1j * np.sin(angle)


def exact(frames):
    """All bins of each row, by decimation in time over the prime factors."""
    n = frames.shape[-1]
    p = next((p for p in range(2, n) if n % p == 0), n)
    w = roots(n)
    if p == n:
        return frames @ w[np.outer(np.arange(n), np.arange(n)) % n]
    parts = [np.tile(exact(frames[..., r::p]), p) for r in range(p)]
    return sum(part * w[np.arange(n) * r % n] for r, part in enumerate(parts))


def exact_noise(n_fft):
    return exact(noise(n_fft).astype(np.clongdouble))[:, : n_fft // 2 + 1]


@pytest.fixture(params=sorted(PRECISIONS))
def precision(request):
    return request.param


def unit(n_fft, precision):
    """What `ERROR` counts in."""
    return np.finfo(PRECISIONS[precision][0]).eps * np.sqrt(max(1, np.log2(n_fft)))


@lengths
def test_accuracy(n_fft):
    expected = exact_noise(n_fft)
    rms = np.sqrt(np.mean(np.abs(expected) ** 2))
    served = {"rule": engine(n_fft), "pocketfft": engine(n_fft)}
    if engine(n_fft) == "fused":  # on request pocketfft takes these lengths too
        served["pocketfft"] = "small radices"
    for (precision, (real, _)), asked in itertools.product(PRECISIONS.items(), served):
        mean, largest = ERROR[served[asked]]
        if np.finfo(np.longdouble).eps == np.finfo(real).eps:  # the other side rounds as well
            mean, largest = 2 * mean, 2 * largest
        error = np.abs(transform(noise(n_fft), precision, engine=asked) - expected) / rms
        assert np.sqrt(np.mean(error**2)) < mean * unit(n_fft, precision)
        assert error.max() < largest * unit(n_fft, precision)


@lengths
def test_variants_agree_in_every_bit(n_fft):
    for precision in PRECISIONS:
        expected = transform(noise(n_fft), precision, variant=_core.active_variant())
        for variant in _core.available_variants():
            result = transform(noise(n_fft), precision, variant=variant)
            tol.assert_same_bits(result, expected, f"{variant}, {precision}")


@lengths
def test_the_inverse_returns_the_samples(n_fft):
    for precision, (real, _) in PRECISIONS.items():
        frames = noise(n_fft).astype(real)
        spectrum = np.ascontiguousarray(transform(frames, precision).T)
        results = []
        for variant in _core.available_variants():
            back = np.zeros(frames.size, real)
            plan(n_fft, precision, inverse=True, variant=variant).invert(spectrum, back, 0.0)
            results.append(back)
            tol.assert_same_bits(back, results[0], f"{variant}, {precision}")
        error = np.sqrt(np.mean((results[0] - frames.ravel()) ** 2))
        bound = 2 * ERROR[engine(n_fft)][0] * unit(n_fft, precision)  # for two transforms
        assert error < bound * np.sqrt(np.mean(frames**2))


@pytest.mark.parametrize("base", some([2, 3, 5], every=3))
def test_errors_grow_no_faster_than_the_root_of_the_logarithm(base):
    # Lengths from tens to ten thousands, each a stage of one radix longer than the one before: the
    # square of the error grows by the same with each. Faster growth would show as a steeper line
    # through the longer half.
    longer = [n for e in range(1, 15) if 32 <= (n := 2 * base**e) <= 2**15]
    squares = {precision: [] for precision in PRECISIONS}
    for n_fft in longer:
        expected = exact(noise(n_fft)[:3].astype(np.clongdouble))[:, : n_fft // 2 + 1]
        for precision, found in squares.items():
            error = np.abs(transform(noise(n_fft)[:3], precision) - expected)
            found.append(float(np.mean(error**2) / np.mean(np.abs(expected) ** 2)))
    half, at = (len(longer) + 1) // 2, np.log2(longer)
    for precision, found in squares.items():
        values = np.array(found) / np.finfo(PRECISIONS[precision][0]).eps ** 2
        (short, _), (long, _) = (
            np.polyfit(at[s], values[s], 1) for s in (slice(half), slice(-half, None))
        )
        assert 0 < long < 1.15 * short, precision


@pytest.mark.parametrize("n_fft", RADICES.values(), ids=RADICES)
class TestEachRadix:
    def test_impulses(self, n_fft, precision):
        # All frames with one sample of 1: the matrix of the transform itself.
        n_frames = min(n_fft, 40)
        at = np.unique(np.linspace(0, n_fft - 1, n_frames).astype(int))
        frames = np.zeros((at.size, n_fft))
        frames[np.arange(at.size), at] = 1
        expected = roots(n_fft)[np.outer(at, np.arange(n_fft // 2 + 1)) % n_fft]
        error = np.abs(transform(frames, precision) - expected).max()
        # About a rounding for each twiddle factor on the way, of which convolutions have more.
        roundings = 8 if engine(n_fft) == "large primes" else 4
        assert error < roundings * np.finfo(PRECISIONS[precision][0]).eps

    def test_constant_and_alternating_frames(self, n_fft, precision):
        ones = np.ones(n_fft)
        alternating = np.where(np.arange(n_fft) % 2, -1.0, 1.0)
        spectra = transform(np.stack([ones, alternating]), precision)
        expected = exact(np.stack([ones, alternating]).astype(np.clongdouble))
        bound = 2 * ERROR[engine(n_fft)][1] * np.finfo(PRECISIONS[precision][0]).eps * n_fft
        assert np.abs(spectra - expected[:, : n_fft // 2 + 1]).max() < bound
        assert abs(spectra[0, 0] - n_fft) <= bound
        if n_fft % 2 == 0:
            assert abs(spectra[1, -1] - n_fft) <= bound

    def test_linearity(self, n_fft, precision):
        real, _ = PRECISIONS[precision]
        a = noise(n_fft).astype(real)
        b = a[::-1].copy()
        of_a, of_b = transform(a, precision), transform(b, precision)
        # By powers of two every operation scales exactly, and rounding has no sign.
        for factor in (2.0**-20, -1.0, -(2.0**30)):
            assert np.array_equal(transform(factor * a, precision), factor * of_a)
        together = transform(a + b, precision)
        rms = np.sqrt(np.mean(np.abs(together) ** 2))
        bound = 3 * ERROR[engine(n_fft)][1] * unit(n_fft, precision)  # for three transforms
        assert np.abs(together - (of_a + of_b)).max() < bound * rms

    def test_parseval(self, n_fft, precision):
        frames = noise(n_fft).astype(PRECISIONS[precision][0])
        power = np.abs(transform(frames, precision).astype(np.clongdouble)) ** 2
        twice = np.full(n_fft // 2 + 1, 2)
        twice[0] = 1
        if n_fft % 2 == 0:
            twice[-1] = 1
        energy = np.sum(np.square(frames, dtype=np.longdouble), axis=1)
        error = np.abs(power @ twice / n_fft / energy - 1)
        assert error.max() < 2 * ERROR[engine(n_fft)][1] * unit(n_fft, precision)

    def test_bins_that_are_real(self, n_fft, precision):
        spectra = transform(noise(n_fft), precision)
        assert not spectra[:, 0].imag.any()
        if n_fft % 2 == 0:
            assert not spectra[:, -1].imag.any()

    def test_every_lane_computes_the_same(self, n_fft, precision):
        frames = np.repeat(noise(n_fft)[:1], 35, axis=0)
        spectra = transform(frames, precision)
        tol.assert_same_bits(spectra, np.repeat(spectra[:1], 35, axis=0))
        for lane in (0, 1, 7, 8, 15, 16, 34):  # and none looks at its neighbours
            frames = np.full((35, n_fft), np.nan)
            frames[lane] = noise(n_fft)[0]
            tol.assert_same_bits(transform(frames, precision)[lane], spectra[0], f"lane {lane}")

    def test_frames_that_overlap(self, n_fft, precision):
        # Frames that share samples may share work, if the hop divides what lies between them.
        real, complex_type = PRECISIONS[precision]
        for share in (1, 2, 3, 4, 5, 6, 8, 10, 16, 40):
            hop_length = max(1, n_fft // share)
            y = np.resize(noise(n_fft), 36 * hop_length + n_fft).astype(real)
            frames = np.lib.stride_tricks.sliding_window_view(y, n_fft)[::hop_length]
            expected = transform(frames, precision)
            for variant in _core.available_variants():
                out = np.empty(expected.shape, complex_type)
                p = plan(n_fft, precision, hop_length=hop_length, variant=variant)
                p.run(y, out.T, 1)
                tol.assert_same_bits(out, expected, f"{variant}, hop {hop_length}")

    def test_squared_magnitudes(self, n_fft, precision):
        frames = noise(n_fft)
        spectra = transform(frames, precision)
        power = spectra.real * spectra.real + spectra.imag * spectra.imag
        tol.assert_same_bits(transform(frames, precision, power=2.0), power)
        tol.assert_same_bits(transform(frames, precision, power=1.0), np.sqrt(power))

    def test_double_is_rounded_once(self, n_fft):
        exact_type = transform(noise(n_fft), "double")
        rounded = transform(noise(n_fft), "double", dtype=np.complex64)
        tol.assert_same_bits(rounded, exact_type.astype(np.complex64))

    @pytest.mark.parametrize("kind", ["i2", "i4"])
    def test_integers_are_shares_of_full_scale(self, n_fft, precision, kind):
        limits = np.iinfo(kind)
        rng = np.random.default_rng(n_fft)
        pcm = rng.integers(limits.min, limits.max, (N_FRAMES, n_fft), endpoint=True).astype(kind)
        pcm[0], pcm[1] = limits.min, limits.max
        real, _ = PRECISIONS[precision]
        frames = pcm.astype(real) / -real(limits.min)
        tol.assert_same_bits(transform(pcm, precision), transform(frames, precision))


def test_the_rule_of_lengths():
    for n_fft in range(1, 1025):
        name = "fused" if engine(n_fft) == "fused" else "pocketfft"
        assert plan(n_fft, "single").engine == name
        assert plan(n_fft, "single", engine="pocketfft").engine == "pocketfft"
        assert plan(n_fft, "single", inverse=True).engine == "pocketfft"
    with pytest.raises(ValueError, match=r"engine='fftw'; accepted: pocketfft, rule"):
        plan(512, "single", engine="fftw")


def test_the_table_covers_every_engine():
    assert {engine(n) for n in RADICES.values()} == set(ERROR)
    assert {engine(n) for n in LENGTHS} == set(ERROR)
