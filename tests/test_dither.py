"""Dither: noise with the statistics that it should have, and the same bits for the same frame."""

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from fastmel import MelConfig, _core, reference

N_FFT, LENGTH, FRAMES = 64, 50, 4000
BEGIN = 7  # of the window


def noise(*, dither=1.0, length=LENGTH, frames=FRAMES, begin=BEGIN, samples=np.float64, **plan):
    """The noise that frames of silence get, (length, frames): what their spectra are made of."""
    steps = _core.FrameSteps(begin=begin, length=length, dither=dither)
    core = _core.Plan(
        n_fft=N_FFT,
        hop_length=10,
        offset=0,
        pad_mode="constant",
        window=np.ones(N_FFT),
        precision="double",
        power=None,
        steps=steps,
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
    steps = _core.FrameSteps(begin=0, length=400, dither=1.0)
    core = _core.Plan(
        n_fft=512, hop_length=160, offset=0, pad_mode="constant", window=np.ones(512),
        precision="double", power=None, steps=steps,
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
