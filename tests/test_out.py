"""`out=`: written in place, in any layout, and refused when it cannot hold the result."""

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol

Y = signals.speech_like(9000)
Y2 = np.stack([Y, signals.noise(9000)])
DECIBELS = fastmel.log_melspectrogram(y=Y)


def whisper(y, out=None, workers=None):
    return fastmel.frontend("whisper")(y, out=out, workers=workers)


CALLS = {
    "stft": lambda y, **kw: fastmel.stft(y, n_fft=512, **kw),
    "spectrogram": lambda y, **kw: fastmel.spectrogram(y, n_fft=512, **kw),
    "melspectrogram": lambda y, **kw: fastmel.melspectrogram(y=y, n_fft=512, n_mels=40, **kw),
    "log_melspectrogram": lambda y, **kw: fastmel.log_melspectrogram(
        y=y, n_fft=512, n_mels=40, ref=np.max, **kw
    ),
    "istft": lambda y, **kw: fastmel.istft(fastmel.stft(y, n_fft=512), **kw),
    "frontend": whisper,
}


@pytest.fixture(params=sorted(CALLS))
def call(request):
    return CALLS[request.param]


@pytest.mark.parametrize("y", [Y, Y2, Y.astype(np.float64)], ids=["mono", "two", "float64"])
@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("workers", [1, 3])
def test_the_result_is_the_array_given(call, y, order, workers):
    expected = call(y)
    out = np.full(expected.shape, np.nan, expected.dtype, order=order)
    result = call(y, out=out, workers=workers)
    assert result is out
    tol.assert_same_bits(out, expected)


def test_strided_out(call):
    expected = call(Y2)
    for stride in ((1, 1), (2, 1), (1, 3), (2, 3), (-1, 1), (1, -1)):
        steps = (slice(None),) * (expected.ndim - 2) + tuple(slice(None, None, s) for s in stride)
        shape = list(expected.shape)
        shape[-2] *= abs(stride[0])
        shape[-1] *= abs(stride[1])
        whole = np.full(shape, 7, expected.dtype)
        out = whole[steps]
        assert call(Y2, out=out) is out
        tol.assert_same_bits(out, expected)
        out[...] = 7
        assert np.all(whole == 7), "written outside of out"


def test_out_is_filled_again_on_reuse(call):
    out = np.empty_like(call(Y))
    for gain in (1.0, 0.25, 1.0):
        y = (gain * Y).astype(np.float32)
        tol.assert_same_bits(call(y, out=out), call(y))


@pytest.mark.parametrize("extra", [1, 7])
def test_stft_out_may_have_more_frames(extra):
    expected = fastmel.stft(Y, n_fft=512)
    bins, frames = expected.shape
    for order in "CF":
        out = np.full((bins, frames + extra), 7, np.complex64, order=order)
        result = fastmel.stft(Y, n_fft=512, out=out)
        assert result.base is out
        tol.assert_same_bits(result, expected)
        assert np.all(out[:, frames:] == 7)


def test_stft_out_of_the_other_precision():
    single, double = fastmel.stft(Y), fastmel.stft(Y.astype(np.float64))
    tol.assert_same_bits(fastmel.stft(Y, out=np.empty_like(double)), double)
    tol.assert_same_bits(fastmel.stft(Y.astype(np.float64), out=np.empty_like(single)), single)


def test_istft_out_of_the_other_precision():
    spectrum = fastmel.stft(Y, n_fft=512)
    double = fastmel.istft(spectrum, out=np.empty(fastmel.istft(spectrum).shape))
    assert np.allclose(double, fastmel.istft(spectrum), atol=1e-7)


REFUSED = {
    "too few frames": lambda a: np.empty((*a.shape[:-1], a.shape[-1] - 1), a.dtype),
    "too many rows": lambda a: np.empty((*a.shape[:-2], a.shape[-2] + 1, a.shape[-1]), a.dtype),
    "an axis too many": lambda a: np.empty((1, *a.shape), a.dtype),
    "an axis too few": lambda a: np.empty(a.shape[1:], a.dtype),
    "integers": lambda a: np.empty(a.shape, np.int32),
    "objects": lambda a: np.empty(a.shape, object),
    "not an array": lambda a: a.tolist(),
    "swapped bytes": lambda a: np.empty(a.shape, a.dtype.newbyteorder(">")),
}


@pytest.mark.parametrize("kind", sorted(REFUSED))
@pytest.mark.parametrize("name", sorted(set(CALLS) - {"istft"}))
def test_refused_out(name, kind):
    out = REFUSED[kind](CALLS[name](Y2))
    with pytest.raises((ValueError, TypeError), match=r"\bout\b"):
        CALLS[name](Y2, out=out)


@pytest.mark.parametrize("kind", sorted(set(REFUSED) - {"too many rows", "an axis too few"}))
def test_refused_out_of_istft(kind):
    out = REFUSED[kind](CALLS["istft"](Y2))
    with pytest.raises((ValueError, TypeError), match=r"\bout\b"):
        CALLS["istft"](Y2, out=out)


def test_real_out_for_complex_and_the_reverse():
    with pytest.raises((ValueError, TypeError), match=r"\bout\b"):
        fastmel.stft(Y, out=np.empty((1025, 18), np.float32))
    with pytest.raises((ValueError, TypeError), match=r"\bout\b"):
        fastmel.spectrogram(Y, out=np.empty((1025, 18), np.complex64))


def test_read_only_out(call):
    out = np.empty_like(call(Y))
    out.flags.writeable = False
    with pytest.raises(ValueError, match=r"\bout\b"):
        call(Y, out=out)


def test_out_that_overlaps_the_input():
    memory = np.zeros(400_000, np.float32)
    memory[:9000] = Y
    y = memory[:9000]
    frames = 1 + 9000 // 128
    inside = memory[100 : 100 + 40 * frames].reshape(40, frames)
    with pytest.raises(ValueError, match=r"\bout\b.*overlap|overlap.*\bout\b"):
        fastmel.melspectrogram(y=y, n_fft=512, hop_length=128, n_mels=40, out=inside)
    beside = memory[9000 : 9000 + 40 * frames].reshape(40, frames)
    expected = fastmel.melspectrogram(y=Y, n_fft=512, hop_length=128, n_mels=40)
    fastmel.melspectrogram(y=y, n_fft=512, hop_length=128, n_mels=40, out=beside)
    tol.assert_same_bits(beside, expected)


def test_out_that_overlaps_itself():
    shape = fastmel.melspectrogram(y=Y, n_fft=512, n_mels=40).shape
    out = np.lib.stride_tricks.as_strided(np.zeros(shape[1], np.float32), shape, (0, 4))
    with pytest.raises(ValueError, match=r"\bout\b"):
        fastmel.melspectrogram(y=Y, n_fft=512, n_mels=40, out=out)


def test_the_input_is_never_written(call):
    y = Y2.copy()
    y.flags.writeable = False
    call(y)
    assert np.array_equal(y, Y2)


def test_guard_bytes_around_out(call):
    expected = call(Y)
    itemsize, n = expected.dtype.itemsize, expected.size
    for offset in (0, itemsize, 3 * itemsize):
        memory = np.full((n + 64) * itemsize, 0xA5, np.uint8)
        start = 16 * itemsize + offset
        out = memory[start : start + n * itemsize].view(expected.dtype).reshape(expected.shape)
        tol.assert_same_bits(call(Y, out=out), expected)
        assert np.all(memory[:start] == 0xA5)
        assert np.all(memory[start + n * itemsize :] == 0xA5)


def test_decibels_of_a_spectrogram_in_place():
    power = fastmel.melspectrogram(y=Y, n_fft=512, n_mels=40)
    expected = fastmel.log_melspectrogram(S=power, n_fft=512, n_mels=20)
    out = np.empty_like(expected)
    assert fastmel.log_melspectrogram(S=power, n_fft=512, n_mels=20, out=out) is out
    tol.assert_same_bits(out, expected)
