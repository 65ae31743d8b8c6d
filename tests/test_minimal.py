"""What every wheel must pass, with nothing but NumPy and pytest beside it."""

import fastmel
import numpy as np
import pytest
import signals


def direct_stft(y, n_fft, hop_length):
    """The definition, as a matrix of exponentials."""
    y = np.pad(y.astype(np.float64), n_fft // 2)
    n = np.arange(n_fft)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * n / n_fft)
    frames = [y[s : s + n_fft] * window for s in range(0, y.size - n_fft + 1, hop_length)]
    k = np.arange(n_fft // 2 + 1)[:, np.newaxis]
    return np.exp(-2j * np.pi * k * n / n_fft) @ np.stack(frames, axis=1)


@pytest.mark.parametrize("n_fft", [2, 3, 32, 97, 400, 512])
def test_stft_is_the_definition(n_fft):
    y = signals.noise(2000)
    hop_length = 1 + n_fft // 4
    expected = direct_stft(y, n_fft, hop_length)
    for precision, bound in (("double", 2e-7), ("single", 2e-6)):
        actual = fastmel.stft(y, n_fft=n_fft, hop_length=hop_length, precision=precision)
        assert actual.dtype == np.complex64
        assert np.abs(actual - expected).max() <= bound * np.abs(expected).max()
    double = fastmel.stft(y.astype(np.float64), n_fft=n_fft, hop_length=hop_length)
    assert np.abs(double - expected).max() <= 1e-12 * np.abs(expected).max()


def test_istft_inverts():
    y = signals.speech_like(9000)
    assert np.abs(fastmel.istft(fastmel.stft(y), length=9000) - y).max() < 1e-6


def test_log_mel_is_the_composition_of_its_stages():
    y = signals.music_like(9000)
    power = np.abs(direct_stft(y, 512, 160)) ** 2
    weights = fastmel.mel_filterbank(sr=22050, n_fft=512, n_mels=40)
    decibels = 10 * np.log10(np.maximum(weights.astype(np.float64) @ power, 1e-10))
    expected = np.maximum(decibels - decibels.max(), -80)
    actual = fastmel.log_melspectrogram(y=y, n_fft=512, hop_length=160, n_mels=40, ref=np.max)
    assert np.abs(actual - expected).max() < 1e-5
    mfcc = fastmel.mfcc(S=actual, n_mfcc=13)
    k, i = np.arange(13)[:, np.newaxis], np.arange(40)
    basis = np.cos(np.pi * k * (2 * i + 1) / 80) * np.where(k == 0, 40**-0.5, 20**-0.5)
    assert np.abs(mfcc - basis @ actual).max() < 1e-4


def test_a_tone_is_in_its_band():
    levels = fastmel.log_melspectrogram(y=signals.tone(22050, frequency=1000.0)).mean(axis=-1)
    centres = fastmel.mel_frequencies(130, fmin=0, fmax=11025)[1:-1]
    assert abs(centres[levels.argmax()] - 1000.0) < 20


@pytest.mark.parametrize("name", list(fastmel.frontends()))
def test_front_ends(name):
    frontend = fastmel.frontend(name)
    y = signals.speech_like(2 * frontend.sample_rate, frontend.sample_rate)
    features = frontend(y)
    batch, lengths = frontend.batch([y, y[: y.size // 2]])
    first = batch[0]
    if frontend.config.layout == "mel_time":
        features, first = features.swapaxes(-1, -2), first.swapaxes(-1, -2)
    shape = features.shape[0], features.shape[-1]
    assert shape == (frontend.num_frames(y.size), frontend.n_features)
    assert np.isfinite(features).all()
    assert np.array_equal(first[: lengths[0]], features)


def test_pcen_settles_on_a_constant():
    out = fastmel.pcen(np.full((3, 2000), 10.0))
    settled = np.sqrt(10.0 / (1e-6 + 10.0) ** 0.98 + 2) - np.sqrt(2)
    assert np.allclose(out[:, -1], settled, rtol=1e-6)


def test_decibels_there_and_back():
    power = np.logspace(-9, 3, 50)
    assert np.allclose(fastmel.db_to_power(fastmel.power_to_db(power, top_db=None)), power)
    amplitude = np.sqrt(power)
    levels = fastmel.amplitude_to_db(amplitude, top_db=None)
    assert np.allclose(fastmel.db_to_amplitude(levels), amplitude)


def test_every_instruction_set_gives_the_same_bits(digests, digests_of_variants):
    for found in digests_of_variants.values():
        assert found == digests


def test_threads_give_the_same_bits():
    y = np.tile(signals.speech_like(22050), 30)
    expected = fastmel.melspectrogram(y=y, workers=1)
    assert np.array_equal(fastmel.melspectrogram(y=y, workers=4), expected)


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="finite"):
        fastmel.stft(np.full(4096, np.nan, np.float32))
    with pytest.raises(ValueError, match="hop_length"):
        fastmel.stft(np.zeros(4096, np.float32), hop_length=0)
    with pytest.raises(TypeError, match="y"):
        fastmel.stft(np.zeros(4096, complex))


def test_missing_extras_say_how_to_install_them():
    for module, use in (
        ("soundfile", lambda: fastmel.load("missing.wav")),
        ("matplotlib", lambda: fastmel.plot.specshow(np.zeros((4, 4)))),
    ):
        try:
            __import__(module)
        except ImportError:
            with pytest.raises(ImportError, match=r"pip install .*fastmel\["):
                use()
