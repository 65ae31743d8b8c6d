"""The float64 oracle, checked from below (formulas, SciPy, mpmath) and from above (librosa)."""

import warnings

import numpy as np
import pytest
from fastmel import MelConfig, mel_filterbank, reference
from fastmel._engine.filterbank import filters
from fastmel._engine.windows import get_window
from libraries import required
from signals import noise, pcm, speech_like
from tolerances import assert_same_bits

PAD_MODES = ["constant", "edge", "reflect", "symmetric", "linear_ramp"]


def direct_dft(frames):
    """The one-sided DFT of the columns by its definition, O(n^2), with exactly reduced phases."""
    n = frames.shape[-2]
    k, i = np.arange(n // 2 + 1)[:, np.newaxis], np.arange(n)
    return np.matmul(np.exp(-2j * np.pi * (k * i % n) / n), frames)


def random_signal(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


# --- samples, framing, window ---------------------------------------------------------------------


def test_samples_scale_pcm():
    for dtype, full in ((np.int16, 2**15), (np.int32, 2**31)):
        ends = np.iinfo(dtype)
        given = np.array([ends.min, -1, 0, 1, ends.max], dtype)
        expected = np.array([-1, -1 / full, 0, 1 / full, (full - 1) / full])
        assert_same_bits(reference.samples(given), expected)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_samples_are_the_values_of_floats(dtype):
    y = random_signal(50).astype(dtype)
    assert_same_bits(reference.samples(y), y.astype(np.float64))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("constant", [0, 0, 1, 2, 4, 0, 0]),
        ("edge", [1, 1, 1, 2, 4, 4, 4]),
        ("reflect", [4, 2, 1, 2, 4, 2, 1]),
        ("symmetric", [2, 1, 1, 2, 4, 4, 2]),
        ("linear_ramp", [0, 0.5, 1, 2, 4, 2, 0]),
    ],
)
def test_padding_by_hand(mode, expected):
    for n_fft in (4, 5):
        padded = reference.pad_centered(np.array([1.0, 2.0, 4.0]), n_fft, mode)
        np.testing.assert_array_equal(padded, expected)


@pytest.mark.parametrize("hop", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("n_fft", [1, 2, 5, 8])
def test_frames_by_slicing(n_fft, hop):
    y = random_signal(2, 23)
    frames = reference.frame(y, n_fft, hop)
    count = 1 + (23 - n_fft) // hop
    assert frames.shape == (2, n_fft, count)
    for t in range(count):
        np.testing.assert_array_equal(frames[..., t], y[:, t * hop : t * hop + n_fft])


@pytest.mark.parametrize(("win_length", "n_fft"), [(4, 4), (3, 8), (4, 7), (5, 8), (1, 2)])
def test_window_is_centred(win_length, n_fft):
    w = reference.window_centered("hamming", win_length, n_fft)
    start = (n_fft - win_length) // 2
    assert w.shape == (n_fft,)
    expected = get_window("hamming", win_length)
    np.testing.assert_allclose(w[start : start + win_length], expected, rtol=0, atol=1e-15)
    assert np.count_nonzero(w) == win_length


# --- transform and spectrum -----------------------------------------------------------------------


@pytest.mark.parametrize("n_fft", [1, 2, 3, 16, 31, 60, 127, 400, 512])
def test_stft_is_the_direct_dft(n_fft):
    y = random_signal(3 * n_fft + 5)
    hop = max(1, n_fft // 3)
    actual = reference.stft(y, n_fft=n_fft, hop_length=hop, window="boxcar", center=False)
    frames = np.stack(
        [y[t : t + n_fft] for t in range(0, len(y) - n_fft + 1, hop)],
        axis=-1,
    )
    assert actual.dtype == np.complex128
    bound = 1e-15 * n_fft  # both sides round each of n terms of size 1
    np.testing.assert_allclose(actual, direct_dft(frames), rtol=0, atol=bound)


@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_stft_of_leading_axes_and_padding(pad_mode):
    y = random_signal(2, 3, 100)
    options = {"n_fft": 24, "hop_length": 7, "win_length": 19, "pad_mode": pad_mode}
    actual = reference.stft(y, window=("tukey", 0.3), **options)
    window = np.zeros(24)
    window[2:21] = get_window(("tukey", 0.3), 19)
    padded = np.pad(y, [(0, 0), (0, 0), (12, 12)], mode=pad_mode)
    frames = np.stack([padded[..., t : t + 24] for t in range(0, 101, 7)], axis=-1)
    expected = direct_dft(frames * window[:, np.newaxis])
    np.testing.assert_allclose(actual, expected, rtol=0, atol=2e-14)


@pytest.mark.parametrize("power", [0.5, 1, 1.7, 2, 3])
def test_spectrogram_powers(power):
    y = random_signal(400)
    z = reference.stft(y, n_fft=64)
    expected = (z.real**2 + z.imag**2) ** (power / 2)
    np.testing.assert_allclose(
        reference.spectrogram(y, n_fft=64, power=power), expected, rtol=4e-15
    )


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_pcm_is_the_scaled_signal(dtype):
    y = pcm(speech_like(4000), dtype)
    scaled = y.astype(np.float64) / 2.0 ** (8 * y.itemsize - 1)
    for function in (reference.stft, reference.spectrogram, reference.whisper_log_mel):
        assert_same_bits(function(y), function(scaled))


@pytest.mark.parametrize("length", [None, 1, 100, 999, 1000, 1003, 1500])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize(
    ("n_fft", "hop", "win_length", "window"),
    [(64, 16, 64, "hann"), (64, 20, 50, "hamming"), (33, 11, 33, ("kaiser", 4.0)), (8, 8, 8, 2.0)],
)
def test_istft_inverts(n_fft, hop, win_length, window, center, length):
    y = random_signal(2, 1000)
    options = {"hop_length": hop, "win_length": win_length, "window": window, "center": center}
    z = reference.stft(y, n_fft=n_fft, **options)
    back = reference.istft(z, n_fft=n_fft, length=length, **options)
    frames = n_fft + hop * (z.shape[-1] - 1) - (2 * (n_fft // 2) if center else 0)
    assert back.shape == (2, length or frames)
    weights = reference.window_centered(window, win_length, n_fft)
    # Samples that no frame sees, or only through a window near zero, cannot come back.
    seen = np.zeros(2000)
    offset = n_fft // 2 if center else 0
    for t in range(z.shape[-1]):
        seen[t * hop : t * hop + n_fft] += weights**2
    seen = seen[offset:]
    common = min(1000, back.shape[-1])
    known = seen[:common] > 1e-3
    assert known.sum() > 0.85 * common - n_fft or not center
    np.testing.assert_allclose(back[:, :common][:, known], y[:, :common][:, known], atol=1e-12)
    if length and length > frames:
        assert not back[:, frames + n_fft :].any()


def test_istft_is_the_least_squares_signal():
    """For an array that is no signal's STFT, nothing nearby has a closer STFT."""
    rng = np.random.default_rng(3)
    options = {"hop_length": 8, "center": False}
    z = rng.standard_normal((17, 9)) + 1j * rng.standard_normal((17, 9))
    z[[0, -1]] = z[[0, -1]].real

    def distance(y):
        difference = np.abs(reference.stft(y, n_fft=32, **options) - z) ** 2
        difference[1:-1] *= 2  # the other half of the bins
        return difference.sum()

    best = reference.istft(z, **options)
    for i in range(len(best)):
        step = np.zeros(len(best))
        step[i] = 1e-3
        assert distance(best) <= min(distance(best + step), distance(best - step))


# --- mel, dB --------------------------------------------------------------------------------------


def test_mel_rounds_its_weights_only():
    S = reference.spectrogram(random_signal(3, 4000), n_fft=512)
    options = {"sr": 16000, "n_fft": 512, "n_mels": 40}
    for dtype in (np.float32, np.float64):
        weights = mel_filterbank(**options, dtype=dtype)
        actual = reference.mel(S, **options, dtype=dtype)
        expected = np.array([[np.sum(w * s.T, axis=1) for w in weights.astype(float)] for s in S])
        assert actual.dtype == np.float64
        np.testing.assert_allclose(actual, expected, rtol=1e-13)
    exact = reference.mel(S, **options, dtype=np.float64)
    assert 1e-9 < np.abs(reference.mel(S, **options) / exact - 1).max() < 2e-7


def test_melspectrogram_of_a_spectrogram():
    y = noise(5000)
    S = reference.spectrogram(y, n_fft=1024, hop_length=512, power=1)
    expected = reference.melspectrogram(y=y, n_fft=1024, power=1)
    assert_same_bits(reference.melspectrogram(S=S), expected)
    with pytest.raises(ValueError, match="y=None and S=None"):
        reference.melspectrogram()


def test_decibels_by_hand():
    S = np.array([[1.0, 10.0], [1e-3, 1e-20]])
    np.testing.assert_allclose(reference.power_to_db(S), [[0, 10], [-30, -70]], atol=1e-13)
    np.testing.assert_allclose(
        reference.power_to_db(S, top_db=None), [[0, 10], [-30, -100]], atol=1e-13
    )
    np.testing.assert_allclose(
        reference.power_to_db(S, ref=np.max, amin=1e-5, top_db=45), [[-10, 0], [-40, -45]]
    )
    np.testing.assert_allclose(reference.power_to_db(S, ref=-10.0)[0], [-10, 0], atol=1e-13)
    np.testing.assert_allclose(
        reference.amplitude_to_db(S, top_db=None), [[0, 20], [-60, -100]], atol=1e-13
    )
    np.testing.assert_allclose(reference.amplitude_to_db(-3 * S, ref=3.0)[0], [0, 20], atol=1e-13)
    np.testing.assert_allclose(
        reference.amplitude_to_db(1j * S, ref=np.max)[0], [-20, 0], atol=1e-13
    )
    assert reference.power_to_db(100.0) == 20


def test_decibels_over_axes():
    S = np.stack(
        [np.geomspace(1, 1e-12, 12).reshape(3, 4), np.geomspace(1e3, 1e-9, 12).reshape(3, 4)]
    )
    each = np.stack([reference.power_to_db(s, ref=np.max, top_db=30) for s in S])
    np.testing.assert_array_equal(reference.power_to_db(S, ref=np.max, top_db=30), each)
    whole = reference.power_to_db(S, ref=np.max, top_db=30, axes=None)
    assert whole.max() == 0
    assert np.count_nonzero(whole > -30) < np.count_nonzero(each > -30)
    rows = reference.power_to_db(S, ref=np.max, top_db=30, axes=-1)
    np.testing.assert_array_equal(rows.max(axis=-1), 0)


def test_decibels_invert():
    S = np.random.default_rng(0).uniform(1e-3, 10, (4, 5))
    db = reference.power_to_db(S, ref=2.0, top_db=None)
    np.testing.assert_allclose(reference.db_to_power(db, ref=2.0), S, rtol=1e-14)
    db = reference.amplitude_to_db(S, ref=2.0, top_db=None)
    np.testing.assert_allclose(reference.db_to_amplitude(db, ref=2.0), S, rtol=1e-14)


# --- after the log --------------------------------------------------------------------------------


@pytest.mark.parametrize("norm", ["ortho", "forward", "backward", None])
@pytest.mark.parametrize("dct_type", [1, 2, 3, 4])
def test_dct_is_scipys(dct_type, norm):
    fft = pytest.importorskip("scipy.fft")
    for n in (2, 5, 40, 128):
        x = random_signal(n, 3)
        expected = fft.dct(x, type=dct_type, norm=norm, axis=0)
        actual = reference.dct_matrix(n, dct_type, norm) @ x
        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-14 * np.abs(expected).max())


def test_dct_arguments():
    with pytest.raises(ValueError, match="dct_type=5 must be 1, 2, 3 or 4"):
        reference.dct_matrix(8, 5)
    with pytest.raises(ValueError, match="norm='unit' must be"):
        reference.dct_matrix(8, 2, "unit")


def test_pcen_step_by_step():
    S = np.random.default_rng(1).uniform(0, 1, (2, 5))
    options = {"gain": 0.9, "bias": 1.5, "power": 0.4, "eps": 1e-3, "b": 0.2}
    expected = np.zeros_like(S)
    for row, energies in zip(expected, S, strict=True):
        m = 1.0
        for t, energy in enumerate(energies):
            m = 0.8 * m + 0.2 * energy
            row[t] = (energy / (1e-3 + m) ** 0.9 + 1.5) ** 0.4 - 1.5**0.4
    actual, zf = reference.pcen(S, **options, return_zf=True)
    np.testing.assert_allclose(actual, expected, rtol=1e-13)
    first = reference.pcen(S[:, :2], **options, return_zf=True)
    second = reference.pcen(S[:, 2:], **options, zi=first[1], return_zf=True)
    np.testing.assert_array_equal(np.hstack([first[0], second[0]]), actual)
    np.testing.assert_array_equal(second[1], zf)


# --- whole chains against 50 digits ---------------------------------------------------------------


class Exact:
    """The chain in mpmath, from its definition: one frame, one bin, one band at a time."""

    def __init__(self, mp, y, n_fft, hop, pad_mode):
        self.mp, self.n_fft, self.hop = mp, n_fft, hop
        self.y = [mp.mpf(float(v)) for v in np.pad(y, n_fft // 2, mode=pad_mode)]
        turn = [2 * mp.pi * i / n_fft for i in range(n_fft)]
        self.cos, self.sin = [mp.cos(a) for a in turn], [mp.sin(a) for a in turn]
        self.window = [(1 - c) / 2 for c in self.cos]
        self.known = {}

    def power(self, k, t):
        if (k, t) not in self.known:
            n = self.n_fft
            frame = [w * v for w, v in zip(self.window, self.y[t * self.hop :], strict=False)]
            real = self.mp.fdot((self.cos[k * i % n], v) for i, v in enumerate(frame))
            imaginary = self.mp.fdot((self.sin[k * i % n], v) for i, v in enumerate(frame))
            self.known[k, t] = real**2 + imaginary**2
        return self.known[k, t]

    def band(self, weights, t):
        return self.mp.fsum(
            self.mp.mpf(float(w)) * self.power(k, t) for k, w in enumerate(weights) if w
        )


@pytest.fixture(scope="module")
def mp():
    module = pytest.importorskip("mpmath")
    with module.workdps(50):
        yield module


def test_log_mel_to_50_digits(mp):
    y = speech_like(4000, sr=8000)[3000:3800]
    options = {"sr": 8000, "n_fft": 64, "n_mels": 10}
    exact = Exact(mp, y.astype(np.float64), 64, 20, "reflect")
    weights = mel_filterbank(**options)
    power = reference.melspectrogram(y=y, hop_length=20, pad_mode="reflect", **options)
    db = reference.log_melspectrogram(y=y, hop_length=20, pad_mode="reflect", **options)
    for band, t in [(0, 0), (3, 1), (9, 7), (5, 20), (2, 39), (9, 40)]:
        value = exact.band(weights[band], t)
        assert power[band, t] == pytest.approx(float(value), rel=1e-13)
        assert db[band, t] == pytest.approx(float(10 * mp.log10(value)), abs=1e-12)


def test_mel_weights_to_50_digits(mp):
    bank = mel_filterbank(sr=8000, n_fft=64, n_mels=10, dtype=np.float64)
    step = mp.log(mp.mpf("6.4")) / 27
    top = 15 + mp.log(4) / step
    mels = [top * i / 11 for i in range(12)]
    edges = [m * 200 / 3 if m < 15 else 1000 * mp.exp(step * (m - 15)) for m in mels]
    for i in range(10):
        for k in range(33):
            f = mp.mpf(8000) * k / 64
            rising = (f - edges[i]) / (edges[i + 1] - edges[i])
            falling = (edges[i + 2] - f) / (edges[i + 2] - edges[i + 1])
            exact = max(0, min(rising, falling)) * 2 / (edges[i + 2] - edges[i])
            # An edge's error of an ulp counts by the slope of the triangle.
            assert bank[i, k] == pytest.approx(float(exact), rel=1e-15, abs=1e-16)


def test_mfcc_to_50_digits(mp):
    y = speech_like(4000, sr=8000)[3000:3300]
    exact = Exact(mp, y.astype(np.float64), 64, 64, "constant")
    weights = mel_filterbank(sr=8000, n_fft=64, n_mels=10)
    options = {"n_fft": 64, "hop_length": 64, "n_mels": 10, "lifter": 6, "n_mfcc": 8}
    actual = reference.mfcc(y=y, sr=8000, **options)
    t = 2
    db = [10 * mp.log10(exact.band(w, t)) for w in weights]
    for k in range(8):
        total = mp.fsum(v * mp.cos(mp.pi * k * (2 * i + 1) / 20) for i, v in enumerate(db))
        value = total * mp.sqrt(mp.mpf(1 if k == 0 else 2) / 10)
        value *= 1 + 3 * mp.sin(mp.pi * (k + 1) / 6)
        assert actual[k, t] == pytest.approx(float(value), abs=1e-12)


def test_whisper_to_50_digits(mp):
    y = speech_like(8000, sr=16000)[6000:6480]
    y[:250] *= 1e-4  # a first frame far below the maximum
    exact = Exact(mp, y.astype(np.float64), 400, 160, "reflect")
    weights = mel_filterbank(sr=16000, n_fft=400, n_mels=80)
    actual = reference.whisper_log_mel(y)
    assert actual.shape == (80, 3)
    log = np.array(
        [[mp.log10(max(exact.band(w, t), mp.mpf(1e-10))) for t in range(3)] for w in weights]
    )
    expected = (np.maximum(log, log.max() - 8) + 4) / 4
    np.testing.assert_allclose(actual, expected.astype(np.float64), rtol=0, atol=1e-13)


def test_istft_to_50_digits(mp):
    z = random_signal(9, 4, seed=1) + 1j * random_signal(9, 4, seed=2)
    actual = reference.istft(z, hop_length=5)
    window = [(1 - mp.cos(2 * mp.pi * i / 16)) / 2 for i in range(16)]
    for n in (8, 15, 20):
        top = bottom = mp.mpf(0)
        for t in range(4):
            i = n - 5 * t
            if 0 <= i < 16:
                terms = [
                    (1 if k in (0, 8) else 2)
                    * mp.re(mp.mpc(complex(z[k, t])) * mp.expjpi(mp.mpf(2 * k * i) / 16))
                    for k in range(9)
                ]
                top += window[i] * mp.fsum(terms) / 16
                bottom += window[i] ** 2
        assert actual[n - 8] == pytest.approx(float(top / bottom), rel=1e-13)


def test_pcen_to_50_digits(mp):
    S = np.random.default_rng(4).uniform(0, 2.0**31, (1, 30))
    actual = reference.pcen(S)
    t_frames = mp.mpf(0.4) * 22050 / 512
    b = (mp.sqrt(1 + 4 * t_frames**2) - 1) / (2 * t_frames**2)
    m = mp.mpf(1)
    for t, energy in enumerate(S[0]):
        m = (1 - b) * m + b * mp.mpf(float(energy))
        gained = mp.mpf(float(energy)) / (mp.mpf(1e-6) + m) ** mp.mpf(0.98)
        value = mp.sqrt(gained + 2) - mp.sqrt(2)
        assert actual[0, t] == pytest.approx(float(value), rel=1e-13)


# --- librosa --------------------------------------------------------------------------------------
# It computes in float64 for float64 input, so only rounding is left between the two.


def silently(function, *args, **kwargs):
    """Call with warnings off: what librosa warns of is not the subject here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


@pytest.mark.parametrize("pad_mode", PAD_MODES)
def test_stft_equals_librosa(pad_mode, librosa):
    rng = np.random.default_rng(7)
    for _ in range(60):
        n_fft = int(rng.choice([2, 3, 8, 31, 64, 100, 128]))
        options = {
            "n_fft": n_fft,
            "win_length": int(rng.integers((n_fft + 3) // 4, n_fft + 1)),
            "hop_length": int(rng.integers(1, max(2, n_fft // 2))),
            "window": ["hann", "hamming", 8.0, ("tukey", 0.3)][rng.integers(4)],
        }
        y = rng.standard_normal((*rng.integers(1, 3, rng.integers(0, 3)), rng.integers(1, 400)))
        for center in (True, False):
            if not center and y.shape[-1] < n_fft:
                continue
            expected = silently(librosa.stft, y, center=center, pad_mode=pad_mode, **options)
            actual = reference.stft(y, center=center, pad_mode=pad_mode, **options)
            if center and pad_mode == "reflect" and n_fft == 2:
                # See test_where_librosa_pads_a_slice.
                actual, expected = actual[..., :-1], expected[..., :-1]
            np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-13, err_msg=str(options))


def test_where_librosa_pads_a_slice(librosa):
    """librosa reflects the last frames' samples alone, which are one short for some hops.

    With an even n_fft and a hop of half of it or more, the slice that it pads at the end can have
    exactly n_fft / 2 samples; the reflection's last sample then comes from within the slice. The
    oracle reflects the signal, as NumPy, torch and librosa's documentation have it.
    """
    y = random_signal(40)
    options = {"n_fft": 8, "hop_length": 4, "window": "boxcar", "pad_mode": "reflect"}
    actual, expected = reference.stft(y, **options), librosa.stft(y, **options)
    np.testing.assert_allclose(actual[:, :-1], expected[:, :-1], atol=1e-14)
    frame = np.concatenate([y[36:40], y[[38, 37, 36, 35]]])
    np.testing.assert_allclose(actual[:, -1], np.fft.rfft(frame), atol=1e-14)
    frame[-1] = y[37]
    np.testing.assert_allclose(expected[:, -1], np.fft.rfft(frame), atol=1e-14)


@pytest.mark.parametrize("center", [True, False])
def test_istft_equals_librosa(center, librosa):
    rng = np.random.default_rng(8)
    for _ in range(60):
        n_fft = int(rng.choice([4, 9, 16, 63, 64, 100]))
        win_length = int(rng.integers((n_fft + 1) // 2, n_fft + 1))
        shape = (*rng.integers(1, 3, rng.integers(0, 2)), 1 + n_fft // 2, rng.integers(1, 30))
        z = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
        options = {
            "n_fft": n_fft,
            "win_length": win_length,
            "hop_length": int(rng.integers(1, win_length)),
            "window": ["hamming", "boxcar", 8.0][rng.integers(3)],
            "length": [None, None, int(rng.integers(1, 900))][rng.integers(3)],
            "center": center,
        }
        if options["length"] is None and center:
            count = (shape[-1] - 1) * options["hop_length"] + n_fft - 2 * (n_fft // 2)
            if count < 1:
                continue
        expected = librosa.istft(z, **options)
        actual = reference.istft(z, **options)
        scale = np.abs(expected).max(initial=1.0)
        np.testing.assert_allclose(
            actual, expected, rtol=0, atol=1e-12 * scale, err_msg=str(options)
        )


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"n_fft": 512, "hop_length": 100, "win_length": 400, "n_mels": 40, "power": 1.0},
        {"htk": True, "norm": None, "fmin": 50, "fmax": 8000, "n_mels": 64, "power": 1.3},
        {"window": "hamming", "center": False, "norm": 2, "dtype": np.float64},
        {"n_fft": 401, "pad_mode": "reflect", "n_mels": 30},
    ],
    ids=str,
)
def test_mel_chain_equals_librosa(options, librosa):
    y = np.stack([speech_like(22050), noise(22050)]).astype(np.float64)
    expected = librosa.feature.melspectrogram(y=y, **options)
    actual = reference.melspectrogram(y=y, **options)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-15 * expected.max())
    for channel in range(2):
        db = librosa.power_to_db(expected[channel], ref=np.max)
        ours = reference.log_melspectrogram(y=y[channel], ref=np.max, **options)
        np.testing.assert_allclose(ours, db, rtol=0, atol=1e-9)


def test_float32_chain_is_close_to_librosa(librosa):
    y = speech_like(22050)
    expected = librosa.power_to_db(librosa.feature.melspectrogram(y=y), ref=np.max)
    np.testing.assert_allclose(reference.log_melspectrogram(y=y, ref=np.max), expected, atol=2e-5)


@pytest.mark.parametrize("complex_", [False, True], ids=["real", "complex"])
def test_decibels_equal_librosa(complex_, librosa):
    rng = np.random.default_rng(9)
    axes_known = int(librosa.__version__.split(".")[0]) >= 1
    for shape in [(), (5,), (6, 7), (2, 6, 7)]:
        S = np.exp(rng.uniform(-20, 5, shape)) * (1j if complex_ else 1)
        for options in (
            {},
            {"ref": 0.3, "amin": 1e-3, "top_db": None},
            {"ref": np.max, "top_db": 20.0},
            {"ref": np.median, "top_db": 0},
        ):
            for name in ("power_to_db", "amplitude_to_db"):
                function = getattr(reference, name)
                expected = silently(getattr(librosa, name), S, **options)
                actual = function(S, **options, axes="auto" if axes_known else None)
                np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)
                if axes_known and len(shape) == 3:
                    for axes in (None, -1, (0, 2)):
                        expected = silently(getattr(librosa, name), S, **options, axes=axes)
                        actual = function(S, **options, axes=axes)
                        np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12)


def test_inverse_decibels_equal_librosa(librosa):
    db = np.linspace(-80, 20, 30)
    for ref in (1.0, 0.25):
        np.testing.assert_allclose(
            reference.db_to_power(db, ref=ref), librosa.db_to_power(db, ref=ref), rtol=1e-14
        )
        np.testing.assert_allclose(
            reference.db_to_amplitude(db, ref=ref), librosa.db_to_amplitude(db, ref=ref), rtol=1e-14
        )


@pytest.mark.parametrize("lifter", [0, 22, 7.5])
@pytest.mark.parametrize("norm", ["ortho", None])
@pytest.mark.parametrize("dct_type", [1, 2, 3, 4])
def test_mfcc_equals_librosa(dct_type, norm, lifter, librosa):
    y = speech_like(11025).astype(np.float64)
    options = {"dct_type": dct_type, "norm": norm, "lifter": lifter, "n_mfcc": 13, "n_mels": 40}
    expected = librosa.feature.mfcc(y=y, **options)
    actual = reference.mfcc(y=y, **options)
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-12 * np.abs(expected).max())
    S = random_signal(2, 40, 9)
    del options["n_mels"]
    expected = librosa.feature.mfcc(S=S, **options)
    np.testing.assert_allclose(reference.mfcc(S=S, **options), expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"gain": 0.8, "bias": 0, "power": 0.25},
        {"power": 0, "time_constant": 0.06, "eps": 1e-3},
        {"b": 1.0},
        {"b": 0.1, "axis": 0},
        {"max_size": 3},
        {"max_size": 4, "axis": -2},
        {"max_size": 30, "max_axis": 1},
        {"sr": 16000, "hop_length": 160},
        {"zi": np.full((1, 1), 0.3)},
        {"zi": np.linspace(0, 1, 12)[:, np.newaxis]},
        {"ref": np.random.default_rng(3).uniform(0, 5, (12, 20))},
    ],
    ids=str,
)
def test_pcen_equals_librosa(options, librosa):
    S = np.random.default_rng(2).uniform(0.01, 100, (12, 20))
    expected, expected_zf = librosa.pcen(S, return_zf=True, **options)
    actual, zf = reference.pcen(S, return_zf=True, **options)
    np.testing.assert_allclose(actual, expected, rtol=1e-11)
    np.testing.assert_allclose(zf, expected_zf, rtol=1e-12, atol=1e-15)
    assert zf.shape == expected_zf.shape


def test_pcen_of_channels_equals_librosa(librosa):
    S = np.random.default_rng(2).uniform(0.01, 100, (2, 12, 20))
    for options in ({}, {"max_size": 3, "max_axis": -2}, {"axis": 1}):
        expected = librosa.pcen(S, **options)
        np.testing.assert_allclose(reference.pcen(S, **options), expected, rtol=1e-12)


@pytest.mark.parametrize("n_mels", [80, 128])
def test_whisper_is_close_to_its_original(n_mels):
    whisper = required("whisper.audio")
    y = speech_like(16000, sr=16000)
    expected = whisper.log_mel_spectrogram(y, n_mels=n_mels).numpy()
    actual = reference.whisper_log_mel(y, n_mels=n_mels)
    # The original is float32 throughout and errs by 1.6e-5.
    np.testing.assert_allclose(actual, expected, rtol=0, atol=3e-5)
    two = reference.whisper_log_mel(np.stack([y, 0.01 * y]), n_mels)
    np.testing.assert_array_equal(two[0], actual)


# --- the chain of a configuration: framing --------------------------------------------------------

MODES = [*PAD_MODES, "reflect_repeatedly"]
COUNTS = ["whole", "floor", "round", "ceil", "tail"]


def spectrum_of(**parameters):
    """A configuration whose features are the power spectrum, one per bin."""
    return MelConfig(**{"sample_rate": 8000, "n_mels": None, **parameters})


def frames_of(y, **parameters):
    return reference._frames(y, spectrum_of(**parameters))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("n", [1, 2, 3, 9, 10, 40])
def test_frames_are_those_of_numpys_padding(n, mode):
    y = random_signal(2, n)
    for padding in [(9, 9), (5, 9), (0, 8), (23, 0)]:
        options = {"n_fft": 6, "hop_length": 2, "padding": padding}
        if mode == "linear_ramp":
            if padding != (9, 9):
                continue
            options.update(n_fft=18, padding="center")
        if mode == "reflect" and n <= max(padding):
            with pytest.raises(ValueError, match=rf"y has {n} samples; pad_mode=\"reflect\" needs"):
                frames_of(y, pad_mode=mode, **options)
            continue
        # One side after the other: NumPy before 1.25 repeats two-sided reflections differently.
        padded = y
        for side in ((padding[0], 0), (0, padding[1])):
            padded = np.pad(padded, [(0, 0), side], mode=mode.removesuffix("_repeatedly"))
            if mode in ("reflect_repeatedly", "symmetric"):
                break
        if mode in ("reflect_repeatedly", "symmetric"):
            right = np.pad(y, [(0, 0), (0, padding[1])], mode=mode.removesuffix("_repeatedly"))
            padded = np.concatenate([padded, right[:, n:]], axis=1)
        expected = reference.frame(padded, options["n_fft"], 2)
        np.testing.assert_allclose(frames_of(y, pad_mode=mode, **options), expected, atol=1e-15)


def test_two_pad_modes_and_negative_padding():
    y = np.arange(1.0, 7.0)
    options = {"n_fft": 3, "hop_length": 1}
    frames = frames_of(y, padding=(2, 3), pad_mode=("symmetric", "constant"), **options)
    np.testing.assert_array_equal(frames[0], [2, 1, 1, 2, 3, 4, 5, 6, 0])
    np.testing.assert_array_equal(frames[-1, -3:], [0, 0, 0])
    frames = frames_of(y, padding=(2, 3), pad_mode=("constant", "edge"), **options)
    np.testing.assert_array_equal(frames[0], [0, 0, 1, 2, 3, 4, 5, 6, 6])
    frames = frames_of(y, padding=(-1, -2), **options)
    np.testing.assert_array_equal(frames, [[2], [3], [4]])


@pytest.mark.parametrize("n_fft", [8, 9])
@pytest.mark.parametrize("frame_count", COUNTS)
@pytest.mark.parametrize("padding", ["center", "none", (3, 2), (-2, 0)])
def test_counts(padding, frame_count, n_fft):
    for n in (0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 30, 31, 32, 33):
        for position in ("center", "left"):
            config = spectrum_of(
                **{"n_fft": n_fft, "win_length": 5, "hop_length": 3, "padding": padding},
                **{"frame_count": frame_count, "window_position": position},
            )
            actual = reference.frontend(random_signal(n), config)
            assert actual.shape == (1 + n_fft // 2, config.num_frames(n))
            # How many frames begin early enough, one after the other.
            length = 5 if position == "left" else n_fft
            before, after = {"center": (length // 2,) * 2, "none": (0, 0)}.get(padding, padding)
            starts = range(-before, n + after + 100, 3)
            expected = {
                "whole": sum(s + length <= n + after for s in starts),
                "floor": n // 3,
                "round": int(n / 3 + 0.5),
                "ceil": sum(3 * t < n for t in range(100)),
                "tail": 1 + sum(s + length < n + after for s in starts),
            }[frame_count]
            if n == 0 and padding == "center":
                expected = max(expected, {"whole": 1}.get(frame_count, 0))
            assert actual.shape[-1] == expected


def test_frame_length_counts_and_centres():
    y = random_signal(60)
    options = {"n_fft": 16, "win_length": 10, "hop_length": 4, "window_position": "left"}
    assert frames_of(y, padding="none", **options).shape == (16, 13)
    assert frames_of(y, padding="none", frame_length=11, **options).shape == (16, 13)
    assert frames_of(y, padding="none", frame_length=13, **options).shape == (16, 12)
    for length, before in ((None, 5), (12, 6)):
        frames = frames_of(y, frame_length=length, **options)
        np.testing.assert_array_equal(frames[:10, 2], y[8 - before : 18 - before])


def test_frames_of_python_speech_features():
    sigproc = required("python_speech_features.sigproc")
    options = {"n_fft": 32, "win_length": 25, "hop_length": 10, "window_position": "left"}
    for n in (1, 24, 25, 26, 35, 36, 100):
        y = random_signal(n)
        expected = sigproc.framesig(y, 25, 10)
        actual = frames_of(y, padding="none", frame_count="tail", **options)
        np.testing.assert_array_equal(actual[:25].T, expected)


@pytest.mark.parametrize("position", ["center", "left"])
def test_place_of_the_window(position):
    y = random_signal(16)
    options = {"n_fft": 16, "win_length": 9, "padding": "none", "window_position": position}
    actual = reference.frontend(y, spectrum_of(window="hamming", frame_length=16, **options))
    window = np.zeros(16)
    begin = 3 if position == "center" else 0
    window[begin : begin + 9] = get_window("hamming", 9)
    expected = np.abs(direct_dft((y * window)[:, np.newaxis])) ** 2
    np.testing.assert_allclose(actual, expected, atol=1e-13)


# --- from samples to bands ------------------------------------------------------------------------


@pytest.mark.parametrize("scope", ["frame", "signal", "valid"])
def test_preemphasis(scope):
    y = random_signal(2, 20)
    options = {"n_fft": 8, "hop_length": 4, "padding": "none", "window": "boxcar"}
    config = spectrum_of(preemphasis=0.9, preemphasis_scope=scope, **options)
    if scope == "frame":
        frames = reference.frame(y, 8, 4).copy()
        for i in range(7, -1, -1):
            frames[:, i] -= 0.9 * frames[:, max(i - 1, 0)]
    else:
        emphasized = np.stack([np.convolve(row, [1, -0.9])[:20] for row in y])
        frames = reference.frame(emphasized[:, 1 if scope == "valid" else 0 :], 8, 4)
    expected = np.abs(direct_dft(frames)) ** 2
    np.testing.assert_allclose(reference.frontend(y, config), expected, atol=1e-12)


def test_order_of_the_steps_in_a_frame():
    y = random_signal(30)
    noise = random_signal(10, 3, seed=1)
    options = {"n_fft": 16, "win_length": 10, "hop_length": 8, "padding": "none"}
    config = spectrum_of(
        **{"scale": 3.0, "dither": 0.5, "remove_dc_offset": True, "preemphasis": 0.97},
        **{"window_position": "left", "window": "povey", **options},
    )
    columns = []
    for t in range(3):
        x = 3 * y[8 * t : 8 * t + 10] + 0.5 * noise[:, t]
        x = x - sum(x) / 10
        x = np.array([x[0] - 0.97 * x[0], *(x[i] - 0.97 * x[i - 1] for i in range(1, 10))])
        columns.append(np.append(x * get_window("povey", 10), np.zeros(6)))
    expected = np.abs(direct_dft(np.stack(columns, axis=1))) ** 2
    np.testing.assert_allclose(reference.frontend(y, config, noise=noise), expected, atol=1e-12)
    with pytest.raises(ValueError, match=r"dither=0\.5 needs noise"):
        reference.frontend(y, config)


@pytest.mark.parametrize("power", [1.0, 2.0, 0.6])
def test_spectrum_floor_and_offset(power):
    y = random_signal(400)
    base = {"n_fft": 64, "hop_length": 16}
    squared = reference.spectrogram(y, n_fft=64, hop_length=16)
    config = spectrum_of(power=power, spectrum_offset=0.7, **base)
    expected = (squared + 0.7) ** (power / 2)
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=1e-13)
    config = spectrum_of(power=power, spectrum_floor=0.7, spectrum_offset=0.1, **base)
    expected = (np.where(squared < 0.7, 0.7, squared) + 0.1) ** (power / 2)
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=1e-13)


def test_bands_are_weights_times_spectrum():
    y = random_signal(400)
    config = spectrum_of(n_fft=128, hop_length=50).replace(n_mels=7, mel_scale="htk", mel_gain=3.0)
    spectrum = reference.spectrogram(y, n_fft=128, hop_length=50)
    expected = [
        sum(3 * w * s for w, s in zip(row, spectrum, strict=True)) for row in filters(config)[0]
    ]
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=1e-13)
    own = random_signal(2, 65)
    config = config.replace(n_mels=2, mel_weights=own, mel_gain=1.0)
    np.testing.assert_allclose(
        reference.frontend(y, config), own @ spectrum, rtol=1e-11, atol=1e-11
    )


# --- from the logarithm on ------------------------------------------------------------------------

X = np.array([[1e-12, 0.5, 7.0], [1.0, 100.0, 0.02]])


def leveled(x=X, **parameters):
    return reference._leveled(x, MelConfig(n_mels=2, **parameters))


def test_logarithms():
    floored = np.maximum(X, 1e-3)
    expected = {
        "none": X,
        "ln": np.log(floored),
        "log10": np.log(floored) / np.log(10),
        "log2": np.log(floored) / np.log(2),
        "dB": 10 * np.log10(floored),
        "ln_above_e": [
            [1e-3 / np.e, 0.5 / np.e, np.log(7) / np.e],
            [1 / np.e, np.log(100), 0.02 / np.e],
        ],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(leveled(log=name, log_floor=1e-3), values, rtol=1e-14)
    actual = leveled(log="ln", log_floor=0, log_offset=0.01)
    np.testing.assert_allclose(actual, np.log(X + 0.01), rtol=1e-14)
    actual = leveled(log="log2", log_floor=0.1, log_offset=1)
    np.testing.assert_allclose(actual, np.log2(np.where(X < 0.1, 0.1, X) + 1), rtol=1e-14)


def test_piecewise_logarithm_of_torchaudio():
    torch = required("torch")
    pipeline = required("torchaudio.pipelines.rnnt_pipeline")
    x = np.append(np.geomspace(1e-9, 1e9, 2000), [0, 1, np.e, np.e**np.e]).reshape(2, -1)
    expected = pipeline._piecewise_linear_log(torch.from_numpy(x.copy())).numpy()
    np.testing.assert_allclose(reference._logarithm(x, "ln_above_e"), expected, rtol=1e-15)


def test_reference_levels():
    np.testing.assert_allclose(
        leveled(log="dB", ref=4.0), 10 * np.log10(np.maximum(X, 1e-10) / 4), rtol=1e-14
    )
    actual = leveled(log="log10", ref="max", log_offset=1.0)
    np.testing.assert_allclose(actual, np.log10((X + 1) / 101), atol=1e-10)
    assert actual.max() == 0
    assert not leveled(np.zeros((2, 3)), log="dB", ref="max").any()
    # The reference is what becomes 0, also where no value is as small.
    below = leveled(log="log10", ref=0.5, log_floor=3.0)
    np.testing.assert_allclose(below, np.log10(np.maximum(X, 3.0) / 0.5), rtol=1e-14)
    two = leveled(np.stack([X, 5 * X]), log="ln", ref="max")
    assert (two.max(axis=(1, 2)) == 0).all()


def test_ranges_and_peaks():
    two = np.stack([X, 1000 * X])
    levels = np.log10(np.maximum(two, 1e-10))
    for peak, top in (("item", np.array([2, 5])[:, None, None]), ("batch", 5), (1.5, 1.5)):
        actual = leveled(two, log="log10", dynamic_range=2.5, peak=peak)
        np.testing.assert_allclose(actual, np.maximum(levels, top - 2.5), rtol=1e-14)
    # The peak is that of the levels, after the reference.
    actual = leveled(two, log="log10", ref=10.0, dynamic_range=2.5, peak="batch")
    np.testing.assert_allclose(actual, np.maximum(levels - 1, 1.5), rtol=1e-14)


def test_affine_map_and_limits():
    np.testing.assert_allclose(leveled(shift=4.0, gain=0.25), (X + 4) / 4, rtol=1e-15)
    actual = leveled(log="log10", shift=4.0, gain=0.25, clip=(-1, 1.2))
    np.testing.assert_allclose(actual, [[-1, 0.924742, 1.2], [1, 1.2, 0.575257]], atol=1e-6)


@pytest.mark.parametrize("lifter", [0, 22, 7.5])
def test_cepstra(lifter):
    fft = pytest.importorskip("scipy.fft")
    x = random_signal(2, 26, 5)
    expected = fft.dct(x, axis=-2, norm="ortho")[:, :13]
    if lifter:
        rank = np.arange(13)[:, np.newaxis]
        expected = expected * (1 + lifter / 2 * np.sin(np.pi * rank / lifter))
    config = MelConfig(n_mels=26, n_mfcc=13, lifter=lifter)
    np.testing.assert_allclose(reference._cepstra(x, config), expected, atol=1e-13)
    if lifter == 22:
        psf = required("python_speech_features.base")
        theirs = psf.lifter(fft.dct(x[0], axis=0, norm="ortho")[:13].T, 22).T
        np.testing.assert_allclose(reference._cepstra(x[0], config), theirs, atol=1e-13)
    scaled = reference._cepstra(x, config.replace(mfcc_norm="htk"))
    np.testing.assert_allclose(scaled[:, 0], np.sqrt(2 / 26) * x.sum(axis=-2), atol=1e-13)
    np.testing.assert_array_equal(scaled[:, 1:], reference._cepstra(x, config)[:, 1:])


@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("eps_to", ["std", "variance", "floor"])
@pytest.mark.parametrize("axis", ["time", "all"])
def test_normalization(axis, eps_to, ddof):
    x = 3 + random_signal(2, 4, 9) * np.array([[1.0], [2.0], [0.1], [0.001]])
    options = {"normalize_axis": axis, "normalize_ddof": ddof, "normalize_eps_to": eps_to}
    config = MelConfig(n_mels=4, normalize="mean_std", normalize_eps=0.05, **options)
    actual = reference._normalized(x, config)
    for item, values in zip(x, actual, strict=True):
        parts = item if axis == "time" else [item.ravel()]
        expected = []
        for part in parts:
            variance = np.var(part, ddof=ddof)
            divisor = {
                "std": np.sqrt(variance) + 0.05,
                "variance": np.sqrt(variance + 0.05),
                "floor": max(np.sqrt(variance), 0.05),
            }[eps_to]
            expected.append((part - np.mean(part)) / divisor)
        np.testing.assert_allclose(values.ravel(), np.ravel(expected), rtol=1e-12, atol=1e-13)
    centred = reference._normalized(x, config.replace(normalize="mean"))
    mean = x.mean(axis=-1 if axis == "time" else (-2, -1), keepdims=True)
    np.testing.assert_allclose(centred, x - mean, atol=1e-15)


def test_normalization_without_enough_frames():
    config = MelConfig(n_mels=2, normalize="mean_std", normalize_ddof=1)
    assert np.isnan(reference._normalized(np.ones((2, 1)), config)).all()
    config = config.replace(normalize_ddof=0, normalize_eps=1e-5)
    np.testing.assert_array_equal(reference._normalized(np.ones((2, 1)), config), 0)


@pytest.mark.parametrize("tail", ["drop", "edge", -7.0])
@pytest.mark.parametrize(
    ("size", "stride", "left"),
    [(7, 6, 3), (2, None, 0), (5, 1, 2), (1, 3, 0), (3, 5, 1), (4, 4, 3)],
)
def test_stacks(size, stride, left, tail):
    config = MelConfig(
        **{"n_mels": 2, "n_fft": 2, "hop_length": 1, "padding": "none", "stack": size},
        **{"stack_stride": stride, "stack_left": left, "stack_tail": tail},
    )
    step = stride or size
    for n in (1, 2, 5, 6, 7, 12, 13, 20):
        x = random_signal(2, n, seed=n)
        frames = [x[:, 0]] * left + list(x.T)
        expected = []
        for begin in range(0, n + left, step):
            joined = frames[begin : begin + size]
            missing = size - len(joined)
            if (tail == "drop" and missing) or (tail != "drop" and begin >= n):
                break
            fill = frames[-1] if tail == "edge" else np.full(2, tail if missing else 0)
            expected.append(np.concatenate([*joined, *[fill] * missing]))
        actual = reference._stacked(x, config)
        assert actual.shape == (config.n_features, config.num_frames(n + 1))
        np.testing.assert_array_equal(actual.T, np.reshape(expected, (-1, 2 * size)))


def test_low_frame_rate_of_funasr():
    """Frames 0 0 0 0 1 2 3, then 3 ... 9, and the last one repeated: 7 by 6, as Paraformer's."""
    config = MelConfig(n_mels=1, stack=7, stack_stride=6, stack_left=3, stack_tail="edge")
    x = np.arange(14.0)[np.newaxis]
    expected = [[0, 0, 0, 0, 1, 2, 3], [3, 4, 5, 6, 7, 8, 9], [9, 10, 11, 12, 13, 13, 13]]
    np.testing.assert_array_equal(reference._stacked(x, config).T, expected)


def test_shift_and_gain_per_feature_and_layout():
    y = random_signal(2, 300)
    plain = MelConfig(sample_rate=8000, n_fft=64, hop_length=20, n_mels=3, stack=2)
    shift, gain = tuple(range(6)), (1.0, -1.0, 2.0, 0.5, 0.0, 3.0)
    x = reference.frontend(y, plain)
    expected = (x + np.array(shift)[:, np.newaxis]) * np.array(gain)[:, np.newaxis]
    config = plain.replace(feature_shift=shift, feature_gain=gain)
    np.testing.assert_array_equal(reference.frontend(y, config), expected)
    swapped = reference.frontend(y, config.replace(layout="time_mel"))
    np.testing.assert_array_equal(swapped, np.swapaxes(expected, -1, -2))


# --- whole configurations -------------------------------------------------------------------------


@pytest.mark.parametrize("pad_mode", [*PAD_MODES, None])
@pytest.mark.parametrize("n_fft", [64, 65, 100])
def test_configuration_is_log_melspectrogram(n_fft, pad_mode):
    y = random_signal(2, 500)
    options = {"n_fft": n_fft, "hop_length": 21, "win_length": 50, "window": "hamming"}
    padding = "none" if pad_mode is None else "center"
    pad_mode = pad_mode or "constant"
    config = MelConfig(
        **{"sample_rate": 8000, "n_mels": 10, "mel_scale": "htk", "power": 1.5, **options},
        **{"log": "dB", "ref": "max", "dynamic_range": 30.0, "log_floor": 1e-5},
        **{"padding": padding, "pad_mode": pad_mode},
    )
    expected = reference.log_melspectrogram(
        **{"y": y, "sr": 8000, "n_mels": 10, "htk": True, "power": 1.5, **options},
        **{"ref": np.max, "top_db": 30.0, "amin": 1e-5},
        **{"center": padding == "center", "pad_mode": pad_mode},
    )
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=0, atol=1e-11)


def test_configuration_of_whisper():
    config = MelConfig(
        **{"sample_rate": 16000, "n_fft": 400, "hop_length": 160, "pad_mode": "reflect"},
        **{"frame_count": "floor", "n_mels": 80, "log": "log10", "dynamic_range": 8.0},
        **{"shift": 4.0, "gain": 0.25},
    )
    for n in (1600, 1601, 16000, 4799):
        y = pcm(speech_like(16000, sr=16000)[:n])
        expected = reference.whisper_log_mel(y)
        np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=0, atol=1e-13)


def kaldi_config(**changes):
    return MelConfig(
        **{
            **{"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160},
            **{"window": "povey", "window_position": "left", "padding": "none"},
            **{"remove_dc_offset": True, "preemphasis": 0.97, "layout": "time_mel"},
            **{"n_mels": 23, "fmin": 20.0, "mel_scale": "kaldi", "mel_shape": "mel"},
            **{"mel_norm": None, "mel_exclude": "nyquist", "log": "ln"},
            # torchaudio's floor is float32's epsilon in every precision.
            **{"log_floor": float(np.finfo(np.float32).eps)},
        }
        | changes
    )


MIRROR = {"padding": (120, 0), "pad_mode": "symmetric", "frame_count": "round"}
KALDI = {
    "fbank": [
        ({}, {}),
        (MIRROR, {"snip_edges": False}),
        (
            {"window": "hamming_symmetric", "n_mels": 80},
            {"window_type": "hamming", "num_mel_bins": 80},
        ),
        (
            {"window": ("blackman_symmetric", 0.3)},
            {"window_type": "blackman", "blackman_coeff": 0.3},
        ),
        ({"remove_dc_offset": False}, {"remove_dc_offset": False}),
        ({"preemphasis": 0.0}, {"preemphasis_coefficient": 0.0}),
        ({"power": 1.0}, {"use_power": False}),
        ({"log": "none"}, {"use_log_fbank": False}),
        ({"fmin": 100.0, "fmax": 7600.0}, {"low_freq": 100.0, "high_freq": -400.0}),
        ({"vtln_warp": 0.9}, {"vtln_warp": 0.9}),
        (
            {"vtln_warp": 1.15, "vtln_low": 200.0, "vtln_high": 7000.0},
            {"vtln_warp": 1.15, "vtln_low": 200.0, "vtln_high": 7000.0},
        ),
        ({"use_energy": True}, {"use_energy": True}),
        (
            {
                "use_energy": True,
                "energy_floor": 1e9,
                "energy_of": "windowed",
                "htk_compat": True,
            },
            {"use_energy": True, "energy_floor": 1e9, "raw_energy": False, "htk_compat": True},
        ),
        ({"normalize": "mean"}, {"subtract_mean": True}),
        ({"n_fft": 400}, {"round_to_power_of_two": False}),
        ({"win_length": 320, "hop_length": 200}, {"frame_length": 20.0, "frame_shift": 12.5}),
    ],
    "spectrogram": [
        ({}, {}),
        (MIRROR, {"snip_edges": False}),
        (
            {"energy_of": "windowed", "energy_floor": 1e9},
            {"raw_energy": False, "energy_floor": 1e9},
        ),
        ({"normalize": "mean"}, {"subtract_mean": True}),
    ],
    "mfcc": [
        ({}, {}),
        (MIRROR, {"snip_edges": False}),
        ({"htk_compat": True}, {"htk_compat": True}),
        ({"use_energy": True}, {"use_energy": True}),
        ({"use_energy": True, "htk_compat": True}, {"use_energy": True, "htk_compat": True}),
        ({"n_mfcc": 23, "lifter": 0.0}, {"num_ceps": 23, "cepstral_lifter": 0.0}),
    ],
}


@pytest.mark.parametrize(
    ("kind", "ours", "theirs"),
    [(kind, *case) for kind, cases in KALDI.items() for case in cases],
    ids=str,
)
def test_configurations_of_kaldi(kind, ours, theirs):
    """Torchaudio computes in float64 what it is given in float64, but for its banks."""
    torch = required("torch")
    kaldi = required("torchaudio.compliance.kaldi")
    base = {
        "spectrogram": {"n_mels": None, "use_energy": True},
        "mfcc": {"n_mfcc": 13, "lifter": 22.0},
    }
    config = kaldi_config(**{**base.get(kind, {}), **ours})
    theirs = {"energy_floor": config.energy_floor, **theirs}
    for n in (400, 1000, 4321):
        y = pcm(speech_like(9000, sr=16000)[4000 : 4000 + n]).astype(np.float64)
        torch.set_default_dtype(torch.float64)
        try:
            expected = getattr(kaldi, kind)(torch.from_numpy(y)[None], **theirs).numpy()
        finally:
            torch.set_default_dtype(torch.float32)
        actual = reference.frontend(y, config)
        # Bins near zero lose digits in the transform, and their logarithm shows it.
        np.testing.assert_allclose(actual, expected, rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("n", [1, 24, 400, 401, 3000])
def test_configuration_of_python_speech_features(n):
    psf = required("python_speech_features")
    config = MelConfig(
        **{"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160},
        **{"window": "rectangular", "window_position": "left", "padding": "none"},
        **{"frame_count": "tail", "preemphasis": 0.97, "preemphasis_scope": "signal"},
        **{"n_mels": 26, "mel_scale": "htk", "mel_shape": "bins", "mel_norm": None},
        **{"mel_gain": 1 / 512, "log": "ln", "log_floor": 1e-300, "layout": "time_mel"},
    )
    y = pcm(speech_like(3000, sr=16000))[:n].astype(np.float64)
    np.testing.assert_allclose(reference.frontend(y, config), psf.logfbank(y), rtol=1e-11)
    cepstra = config.replace(n_mfcc=13, lifter=22.0)
    expected = psf.mfcc(y, appendEnergy=False)
    np.testing.assert_allclose(reference.frontend(y, cepstra), expected, atol=1e-11)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({"n_mels": None, "power": 1.0}, {}),
        ({"log": "log10"}, {"log_mel": "log10"}),
        (
            {"log": "dB", "dynamic_range": 30.0, "remove_dc_offset": True, "preemphasis": 0.9},
            {"log_mel": "dB", "db_range": 30.0, "remove_dc_offset": True, "preemphasis": 0.9},
        ),
        ({"log": "ln", "padding": "none"}, {"log_mel": "log", "center": False}),
    ],
    ids=str,
)
def test_configurations_of_transformers(ours, theirs):
    utils = required("transformers.audio_utils")
    config = MelConfig(
        **{
            **{"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160},
            **{"window_position": "left", "pad_mode": "reflect", "n_mels": 40},
            **{"mel_scale": "kaldi", "mel_shape": "mel", "mel_norm": None, **ours},
        }
    )
    if config.n_mels:
        bank = utils.mel_filter_bank(257, 40, 0, 8000, 16000, None, "kaldi", True)
        theirs = {"mel_filters": bank, "power": 2.0, **theirs}
    y = speech_like(5000, sr=16000)
    window = utils.window_function(400, "hann")
    expected = utils.spectrogram(y, window, 400, 160, fft_length=512, **theirs)
    # It keeps its spectrum as complex64, which is 6e-8 of each bin and 5e-7 dB, and rounds
    # logarithms of up to 100 dB to float32.
    bound = 1e-7 * np.abs(expected).max() + (5e-6 if config.log == "dB" else 5e-7)
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=0, atol=bound)


def test_configuration_of_vocoders():
    torch = required("torch")
    y = speech_like(5000)
    config = MelConfig(
        **{"n_fft": 1024, "hop_length": 256, "padding": (384, 384), "pad_mode": "reflect"},
        **{"power": 1.0, "spectrum_offset": 1e-9, "n_mels": 80, "fmax": 8000.0},
        **{"log": "ln", "log_floor": 1e-5},
    )
    padded = torch.from_numpy(np.pad(y.astype(np.float64), 384, mode="reflect"))
    window = torch.hann_window(1024, dtype=torch.float64)
    z = torch.stft(padded, 1024, 256, window=window, center=False, return_complex=True)
    magnitude = torch.sqrt(z.real**2 + z.imag**2 + 1e-9).numpy()
    bands = mel_filterbank(sr=22050, n_fft=1024, n_mels=80, fmax=8000) @ magnitude
    expected = np.log(np.clip(bands, 1e-5, None))
    np.testing.assert_allclose(reference.frontend(y, config), expected, rtol=0, atol=1e-10)


def test_configuration_of_nemo():
    torch = required("torch")
    y = torch.from_numpy(speech_like(8000, sr=16000).astype(np.float64))
    config = MelConfig(
        **{"sample_rate": 16000, "n_fft": 512, "win_length": 400, "hop_length": 160},
        **{"window": "hann_symmetric", "frame_count": "floor", "preemphasis": 0.97},
        **{"preemphasis_scope": "signal", "n_mels": 80, "log": "ln", "log_floor": 0.0},
        **{"log_offset": 2.0**-24, "normalize": "mean_std", "normalize_ddof": 1},
        **{"normalize_eps": 1e-5},
    )
    emphasized = torch.cat([y[:1], y[1:] - 0.97 * y[:-1]])
    window = torch.hann_window(400, periodic=False, dtype=torch.float64)
    z = torch.stft(
        emphasized, 512, 160, 400, window, center=True, pad_mode="constant", return_complex=True
    )[:, :50]
    bank = torch.from_numpy(mel_filterbank(sr=16000, n_fft=512, n_mels=80).astype(np.float64))
    x = torch.log(bank @ z.abs().square() + 2.0**-24)
    expected = (x - x.mean(dim=1, keepdim=True)) / (x.std(dim=1, keepdim=True) + 1e-5)
    np.testing.assert_allclose(reference.frontend(y.numpy(), config), expected.numpy(), atol=1e-9)


def test_configurations_of_nothing():
    """No frames: an array with the right number of features, and no warning."""
    for changes in (
        *({}, {"log": "dB", "ref": "max", "dynamic_range": 80.0}, {"normalize": "mean_std"}),
        *({"stack": 3, "stack_tail": "edge"}, {"stack": 3, "stack_left": 2}, {"n_mfcc": 5}),
        *({"log": "ln", "use_energy": True}, {"feature_shift": tuple(range(10))}),
        {"log": "ln", "dynamic_range": 1.0, "peak": "batch"},
    ):
        config = MelConfig(sample_rate=8000, n_fft=128, n_mels=10, padding="none").replace(
            **changes
        )
        for n in (0, 1, 127):
            actual = reference.frontend(np.ones((2, n)), config)
            assert actual.shape == (2, config.n_features, 0)


def test_configurations_in_batches_and_pcm():
    config = kaldi_config(scale=32768.0, **MIRROR, normalize="mean", stack=2)
    y = pcm(np.stack([speech_like(3000, seed=i) for i in range(3)]))
    together = reference.frontend(y, config)
    for item, expected in zip(y, together, strict=True):
        np.testing.assert_allclose(reference.frontend(item, config), expected, rtol=1e-13)
    unscaled = reference.frontend(y.astype(np.float64), config.replace(scale=1.0))
    np.testing.assert_array_equal(unscaled, together)
