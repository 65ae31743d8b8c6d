"""Dither: noise with the statistics that it should have, and the same bits for the same frame."""

import math

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from fastmel import MelConfig, _core, reference

N_FFT, LENGTH, FRAMES = 64, 50, 4000
BEGIN = 7  # of the window


def noise(
    *, dither=1.0, seed=0, length=LENGTH, frames=FRAMES, begin=BEGIN, samples=np.float64, **plan
):
    """The noise that frames of silence get, (length, frames): what their spectra are made of."""
    preparation = _core.Preparation(begin=begin, length=length, dither=dither, dither_seed=seed)
    core = _core.Plan(
        n_fft=N_FFT,
        hop_length=10,
        offset=0,
        pad_mode="constant",
        window=np.ones(N_FFT),
        precision="double",
        power=None,
        preparation=preparation,
        **plan,
    )
    spectrum = np.empty((1 + N_FFT // 2, frames), complex)
    core.run(np.zeros(100, samples), spectrum, 1)
    there = np.fft.irfft(spectrum, n=N_FFT, axis=0)
    assert np.abs(np.delete(there, slice(begin, begin + length), axis=0)).max() < 1e-14 * dither
    return there[begin : begin + length]


X = noise()


def test_moments():
    # Five standard errors of each: a generator that is right passes, whatever its seed.
    n = X.size
    assert abs(X.mean()) < 5 / np.sqrt(n)
    assert abs((X**2).mean() - 1) < 5 * np.sqrt(2 / n)
    assert abs((X**3).mean()) < 5 * np.sqrt(15 / n)
    assert abs((X**4).mean() - 3) < 5 * np.sqrt(96 / n)


def test_distribution():
    stats = pytest.importorskip("scipy.stats")
    assert stats.kstest(X.ravel(), "norm").pvalue > 1e-3
    # The tails, where a sum of few uniform numbers would have nothing.
    for level in (2.0, 3.0, 4.0):
        expected = 2 * stats.norm.sf(level) * X.size
        assert abs((np.abs(X) > level).sum() - expected) < 5 * np.sqrt(expected)


def test_every_frame_and_every_sample_has_the_same_variance():
    for axis, n in ((0, LENGTH), (1, FRAMES)):
        deviation = ((X**2).mean(axis=axis) - 1) / np.sqrt(2 / n)
        assert np.abs(deviation).max() < 6.5  # a chi-square of 50 has a long tail
        assert 0.7 < deviation.std() < 1.4


@pytest.mark.parametrize("frame_lag", [0, 1, 2, 3, 4, 8, 16, 31])
@pytest.mark.parametrize("sample_lag", [0, 1, 2, 10, 49])
def test_frames_and_samples_are_independent(frame_lag, sample_lag):
    if (frame_lag, sample_lag) == (0, 0):
        return
    a = X[: LENGTH - sample_lag, : FRAMES - frame_lag]
    b = X[sample_lag:, frame_lag:]
    for f in (np.positive, np.abs):
        u, v = f(a) - f(a).mean(), f(b) - f(b).mean()
        correlation = (u * v).mean() / (u.std() * v.std())
        assert abs(correlation) < 5 / np.sqrt(a.size)


def test_overlapping_frames_do_not_share_noise():
    # What frame t has at sample 10, frame t + 1 would have at 0 if it were noise of the signal.
    assert abs(np.corrcoef(X[10:, :-1].ravel(), X[:-10, 1:].ravel())[0, 1]) < 0.02


def test_the_noise_is_white():
    power = (np.abs(np.fft.rfft(X, axis=0)) ** 2).mean(axis=1)[1:-1] / LENGTH
    assert np.abs(power - 1).max() < 5 / np.sqrt(FRAMES)


def test_no_value_comes_twice():
    assert np.unique(np.round(X, 9)).size > 0.999 * X.size


def test_noise_depends_on_the_frame_and_the_sample_alone():
    few = noise(frames=37)
    assert np.abs(few - X[:, :37]).max() < 1e-13
    elsewhere = noise(begin=0, frames=37)
    assert np.abs(elsewhere - few).max() < 1e-13


@pytest.mark.parametrize("samples", [np.float32, np.float64, np.int16, np.int32])
@pytest.mark.parametrize("scale", [1.0, 32768.0, -0.5])
def test_the_amplitude_is_that_of_scaled_samples(samples, scale):
    found = noise(dither=3.0, frames=100, samples=samples, scale=scale)
    assert np.allclose(found, 3.0 * X[:, :100], rtol=1e-12, atol=1e-12)


# --- seeds ----------------------------------------------------------------------------------------

SEEDS = [0, 1, 2, 3, 480_000, 2**32, 2**63, 2**64 - 1]


def mixed(z):
    """Steele, Lea, Flood (2014): the output function of SplitMix64."""
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
    return z ^ (z >> 31)


def deviate(seed, counter):
    """Box and Muller's cosine of two halves of 64 random bits."""
    bits = mixed((mixed(seed) + (counter + 1) * 0x9E3779B97F4A7C15) % 2**64)
    u, v = ((bits >> 32) + 0.5) * 2**-32, (bits % 2**32) * 2**-32
    # cos(pi (2 v - 1)): half a turn on
    return -math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)


def deviates(seed, n, variant=""):
    out = np.empty(n)
    _core.noise(seed, out, variant)
    return out


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_is_that_of_the_published_generator(seed):
    expected = [deviate(seed, i) for i in range(1001)]
    np.testing.assert_allclose(deviates(seed, 1001), expected, rtol=1e-12, atol=1e-14)
    # Frame t begins at the counter t * length.
    in_frames = noise(seed=seed, frames=20).T.ravel()
    np.testing.assert_allclose(in_frames, expected[: 20 * LENGTH], rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("variant", _core.available_variants())
def test_equal_seeds_give_equal_bits_on_every_instruction_set(variant):
    for seed in SEEDS:
        tol.assert_same_bits(deviates(seed, 1001, variant), deviates(seed, 1001))
        tol.assert_same_bits(deviates(seed, 7, variant), deviates(seed, 1001)[:7])
    x = noise(seed=5, frames=50, variant=variant)
    tol.assert_same_bits(x, noise(seed=5, frames=50))


def test_seeds_are_independent():
    streams = np.stack([deviates(seed, 50_000) for seed in SEEDS])
    assert np.unique(streams.round(9)).size > 0.999 * streams.size, "no value comes twice"
    n = streams.shape[1]
    assert np.abs(streams.mean(axis=1)).max() < 5 / np.sqrt(n)
    assert np.abs((streams**2).mean(axis=1) - 1).max() < 5 * np.sqrt(2 / n)
    for lag in (0, 1, 50, 400):
        a, b = streams[:, : n - lag], streams[:, lag:]
        correlation = a @ b.T / (n - lag)
        np.fill_diagonal(correlation, 0)
        assert np.abs(correlation).max() < 5 / np.sqrt(n)


# --- in a front end -------------------------------------------------------------------------------

KALDI = MelConfig(
    sample_rate=16000,
    n_fft=512,
    win_length=400,
    hop_length=160,
    window="povey",
    window_position="left",
    padding="none",
    scale=32768.0,
    dither=1.0,
    n_mels=40,
    mel_norm=None,
    log="ln",
    layout="time_mel",
)
Y = signals.speech_like(30011, 16000)


def test_the_oracle_with_the_same_noise():
    """Dither comes before all that Kaldi does to a frame, energy included."""
    frames = KALDI.num_frames(Y.size)
    preparation = _core.Preparation(begin=0, length=400, dither=1.0)
    core = _core.Plan(
        n_fft=512, hop_length=160, offset=0, pad_mode="constant", window=np.ones(512),
        precision="double", power=None, preparation=preparation,
    )  # fmt: skip
    spectrum = np.empty((257, frames), complex)
    core.run(np.zeros(Y.size), spectrum, 1)
    deviates = np.fft.irfft(spectrum, axis=0)[:400]
    for changes in (
        {},
        {"remove_dc_offset": True, "preemphasis": 0.97, "use_energy": True, "energy_floor": 1.0},
        {"preemphasis": 0.97, "preemphasis_scope": "signal"},
    ):
        config = KALDI.replace(**changes)
        expected = reference.frontend(Y, config, noise=deviates)
        found = fastmel.frontend(config)(Y.astype(np.float64))
        assert np.allclose(found, expected, rtol=1e-11, atol=1e-11)
        single = fastmel.frontend(config.replace(precision="single"))(Y)
        assert np.allclose(single, expected, rtol=1e-4, atol=1e-3)
        assert not np.allclose(single, fastmel.frontend(config.replace(dither=0.0))(Y), atol=1e-3)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_frames_have_their_noise_wherever_the_signal_ends(precision):
    fe = fastmel.frontend(KALDI.replace(precision=precision))
    whole = fe(Y)
    for n_samples in (400, 560, 5000, 20001):
        part = fe(Y[:n_samples])
        tol.assert_same_bits(part, whole[: len(part)])
    tol.assert_same_bits(fe(Y), whole, "called again")
    twice = fe(np.stack([Y, Y]))
    tol.assert_same_bits(twice[0], twice[1], "each item has the same noise")


def test_digital_silence_has_the_level_of_the_noise():
    silent = np.zeros(160_000, np.int16)
    config = KALDI.replace(use_energy=True, energy_floor=1e-10)
    energies = np.exp(fastmel.frontend(config)(silent)[:, 0])
    assert abs(energies.mean() / 400 - 1) < 5 * np.sqrt(2 / (400 * energies.size))
    tol.assert_same_bits(
        fastmel.frontend(config)(silent), fastmel.frontend(config)(silent.astype(np.float32))
    )
    louder = fastmel.frontend(config.replace(dither=4.0))(silent)
    assert np.allclose(louder[:, 0], np.log(16 * energies), atol=1e-5)


def test_seeds_of_a_configuration():
    config = KALDI.replace(dither_seed=7)
    assert MelConfig.from_json(config.to_json()) == config
    assert config != KALDI
    seeded = fastmel.frontend(config)(Y)
    tol.assert_same_bits(seeded, fastmel.frontend(config)(Y))
    assert np.abs(seeded - fastmel.frontend(KALDI)(Y)).max() > 0.01
    without = config.replace(dither=0.0)
    tol.assert_same_bits(
        fastmel.frontend(without)(Y), fastmel.frontend(without.replace(dither_seed=0))(Y)
    )


SIGNAL = MelConfig(
    sample_rate=16000, n_fft=400, hop_length=160, n_mels=40, log="ln", dither=0.01,
    dither_scope="signal", dither_seed=3,
)  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scale": 32768.0, "dither": 3.0},
        {"preemphasis": 0.97, "preemphasis_scope": "signal", "pad_mode": "reflect"},
        {"preemphasis": 0.97, "preemphasis_scope": "valid", "padding": "none"},
        {"preemphasis": 0.97, "use_energy": True},
    ],
    ids=str,
)
def test_dither_of_the_signal(changes):
    config = SIGNAL.replace(**changes)
    expected = reference.frontend(Y, config, noise=deviates(3, Y.size))
    wide = Y.astype(np.float64)
    assert np.allclose(fastmel.frontend(config)(wide), expected, rtol=1e-11, atol=1e-11)
    ours = fastmel.frontend(config)(Y)
    assert ours.dtype == np.float32
    assert np.allclose(ours, expected, rtol=1e-5, atol=1e-4)
    single = fastmel.frontend(config.replace(precision="single"))(np.stack([Y, Y]))
    assert np.allclose(single, expected, rtol=1e-4, atol=1e-3)
    tol.assert_same_bits(*single)


def test_dither_of_the_signal_is_that_of_its_samples():
    fe = fastmel.frontend(SIGNAL.replace(padding="none", dtype="float64"))
    silent = np.zeros(4000, np.int16)
    noise_alone = fastmel.frontend(fe.config.replace(dither=0.0))(0.01 * deviates(3, 4000))
    assert np.allclose(fe(silent), noise_alone, atol=1e-5)  # which is rounded to float32
    tol.assert_same_bits(fe(silent[:2000]), fe(silent)[:, : fe.num_frames(2000)])
    features, lengths = fe.batch([silent, silent[:2000]])
    tol.assert_same_bits(features[1, :, : lengths[1]], fe(silent[:2000]))
    assert not silent.any()
    with pytest.raises(ValueError, match="finite"):
        fe(np.full(4000, np.nan))


def test_the_oracle_wants_noise():
    for config in (KALDI, SIGNAL):
        with pytest.raises(ValueError, match="needs noise"):
            reference.frontend(Y, config)


@pytest.mark.parametrize("seed", [-1, 2**64, 0.5, "1", None])
def test_seeds_that_are_none(seed):
    out = np.empty(5)
    for call in (
        lambda: _core.noise(seed, out),
        lambda: _core.Preparation(begin=0, length=5, dither=1.0, dither_seed=seed),
    ):
        with pytest.raises((TypeError, ValueError, OverflowError)):
            call()
    for wrong in (np.empty(5, np.float32), np.empty(10)[::2]):
        with pytest.raises((TypeError, ValueError)):
            _core.noise(0, wrong)
