"""Signals at the ends of what numbers can hold: silence, subnormals, full scale, 1e±30, NaN."""

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol

RATE, N = 16000, 8000
NOISE = signals.noise(N, seed=9).astype(np.float64)
SQUARE = np.where(np.arange(N) // 20 % 2, 1.0, -1.0)
MEL = {"sr": RATE, "n_fft": 512, "hop_length": 160, "n_mels": 40}

# One of each kind of chain, and all of them beyond the quick part.
SOME = ("whisper", "kaldi-fbank", "kaldi-mfcc", "hifi-gan", "yamnet", "librosa-pcen", "gemma-3n")
FRONTENDS = [
    pytest.param(name, marks=() if name in SOME else pytest.mark.exhaustive)
    for name in sorted(fastmel.frontends())
]


@pytest.mark.parametrize("gain", [1e30, 1e-30, 2.0**500, 2.0**-500])
def test_amplitudes_scale_the_features(gain):
    """Power is quadratic as long as a double holds it, to the last bit for powers of two."""
    plain = fastmel.melspectrogram(y=NOISE, **MEL)
    scaled = fastmel.melspectrogram(y=NOISE * gain, **MEL)
    np.testing.assert_allclose(scaled / gain / gain, plain, rtol=1e-12)
    if gain in (2.0**500, 2.0**-500):
        tol.assert_same_bits(scaled / gain / gain, plain)


def test_subnormal_samples_are_not_flushed():
    """Samples of float32 below its least normal number: exact in double, where power is formed."""
    least = 2.0**-149
    steps = np.round(NOISE * 1000)
    faint = (steps * least).astype(np.float32)
    assert np.abs(faint).max() < np.finfo(np.float32).tiny
    mel = fastmel.melspectrogram(y=faint.astype(np.float64), **MEL)
    tol.assert_same_bits(mel, fastmel.melspectrogram(y=steps, **MEL) * least**2)
    # librosa's decibels of the same in float32: 10 log10(2**-298) is -897 dB.
    spectrum = fastmel.stft(faint, n_fft=512)
    expected = fastmel.stft(steps.astype(np.float32), n_fft=512)
    np.testing.assert_allclose(
        spectrum.astype(complex) / least, expected.astype(complex), rtol=1e-2, atol=2
    )
    assert np.abs(spectrum).max() > 0


def test_amplitudes_whose_power_is_too_large_are_infinite_or_refused():
    """1e30 squared is beyond float32: the result is infinite, as NumPy's, and no NaN."""
    loud = (NOISE * 1e30).astype(np.float32)
    power = fastmel.spectrogram(loud, n_fft=512, hop_length=512)
    assert not np.isnan(power).any()
    exact = np.abs(fastmel.stft(loud.astype(np.float64), n_fft=512, hop_length=512)) ** 2
    with np.errstate(over="ignore"):
        expected = exact.astype(np.float32)
    np.testing.assert_allclose(power, expected, rtol=1e-6)
    assert np.isinf(power).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_sign_of_zero_has_no_effect(dtype):
    plus, minus = np.zeros(N, dtype), np.full(N, -0.0, dtype)
    assert np.signbit(minus).all()
    for call in (
        lambda y: fastmel.melspectrogram(y=y, **MEL),
        lambda y: fastmel.log_melspectrogram(y=y, **MEL),
        fastmel.frontend("whisper"),
        fastmel.frontend("kaldi-fbank"),
    ):
        tol.assert_same_bits(call(minus), call(plus))


@pytest.mark.parametrize("at", [0, 137, N - 1])
@pytest.mark.parametrize(
    "bits", [0x7FC00000, 0xFFC00000, 0x7FC12345, 0x7F800001, 0xFFBFFFFF, 0x7F800000, 0xFF800000]
)
def test_any_nan_and_infinity_is_refused_wherever_it_is(bits, at):
    """Quiet and signalling ones, of either sign, with and without payload; the place is named."""
    y = NOISE.astype(np.float32)
    y.view(np.uint32)[at] = bits
    for call in (
        lambda y: fastmel.melspectrogram(y=y, **MEL),
        lambda y: fastmel.stft(y, n_fft=512),
        fastmel.frontend("whisper"),
    ):
        with pytest.raises(ValueError, match=rf"y\[{at}\] is "):
            call(y)
    assert y.view(np.uint32)[at] == bits  # and it stays what it was


@pytest.mark.parametrize("name", FRONTENDS)
def test_front_ends_of_extremes(name):
    """Silence, the least numbers, and full scale give numbers."""
    fe = fastmel.frontend(name)
    square = np.resize(SQUARE, 4 * fe.sample_rate).astype(np.float32)
    least = np.full(square.size, 2.0**-149, np.float32)
    silence = np.zeros_like(square)
    pcm = np.where(square > 0, 32767, -32768).astype(np.int16)
    for y in (silence, least, square, pcm):
        features = fe(y)
        assert features.size
        assert not np.isnan(features).any()
        # Half precision has no numbers beyond 65504.
        assert np.isfinite(features).all() or features.dtype == np.float16
        tol.assert_same_bits(fe(y, workers=3), features)
    # The least number that there is sounds like silence wherever there is a floor of a logarithm.
    if fe.config.log != "none" and fe.config.normalize is None and fe.config.dynamic_range is None:
        np.testing.assert_allclose(fe(least), fe(silence), rtol=1e-4, atol=1e-4)
