"""Statistics of features: of an item, of a sliding window, and per-channel energy normalisation."""

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from fastmel import MelConfig, _core, reference
from libraries import required

SPEECH = MelConfig(
    sample_rate=16000, n_fft=400, hop_length=160, n_mels=20, log="ln", layout="time_mel"
)
PLAIN = MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=20, layout="time_mel")
Y = np.stack([signals.speech_like(16000, 16000), signals.noise(16000)])
WINDOWS = [
    # before, after, least
    (150, 149, 300),  # longer than the signal
    (15, 14, 30),
    (15, 14, 1),
    (15, 14, 20),
    (30, 0, 1),
    (30, 0, 11),
    (0, 7, 3),
    (0, 0, 1),
]


@pytest.mark.parametrize("all_features", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_features", [1, 2, 7, 8, 9, 23])
def test_every_layout_and_instruction_set_has_the_same_bits(n_features, dtype, all_features):
    """Numbers of frames around the chunks and partial sums of the core, features around lanes."""
    layouts = [
        lambda x: x.copy(),
        lambda x: x.T.copy().T,
        lambda x: np.repeat(np.repeat(x, 2, 0), 3, 1)[::2, ::3],
        lambda x: x[::-1].copy()[::-1],
    ]
    axes = (0, 1) if all_features else 1
    rng = np.random.default_rng(n_features)
    for n_frames in [1, 2, 7, 8, 9, 15, 16, 63, 64, 65, 72, 131]:
        x = (3 + rng.standard_normal((n_features, n_frames))).astype(dtype)
        wide = x.astype(np.longdouble)
        expected = wide - wide.mean(axis=axes, keepdims=True)
        expected = expected / (np.sqrt((expected**2).mean(axis=axes, keepdims=True)) + 0.1)
        results = []
        for layout in layouts:
            for variant in _core.available_variants():
                y = layout(x)
                _core.normalize(y, divide=True, all=all_features, ddof=0, eps=0.1, variant=variant)
                results.append(np.ascontiguousarray(y))
        for y in results[1:]:
            tol.assert_same_bits(y, results[0])
        # The result is rounded once; the mean before it is a float64 sum of n_frames values near 3.
        eps = np.finfo(dtype).eps
        np.testing.assert_allclose(results[0], expected, rtol=2 * eps, atol=n_frames * 4e-16)


def windowed(before, after, least, **changes):
    return SPEECH.replace(normalize_window=(before, after), normalize_min_window=least, **changes)


def frames_of(x, t, before, after, least):
    """The frames of x (frames, features) that belong to frame t, one added after the other."""
    n = len(x)
    inside = [i for i in range(t - before, t + after + 1) if 0 <= i < n]
    while len(inside) < min(least, n):
        if t - before < 0 and inside[-1] + 1 < n:
            inside.append(inside[-1] + 1)
        else:
            inside.insert(0, inside[0] - 1)
    return x[inside]


@pytest.mark.parametrize("window", WINDOWS, ids=str)
def test_mean_of_a_window(window):
    config = windowed(*window, normalize="mean")
    log_mel = fastmel.frontend(SPEECH)(Y.astype(np.float64))
    features = fastmel.frontend(config)(Y.astype(np.float64))
    for x, item in zip(log_mel, features, strict=True):
        expected = [x[t] - frames_of(x, t, *window).mean(axis=0) for t in range(len(x))]
        np.testing.assert_allclose(item, expected, atol=1e-11)
    np.testing.assert_allclose(reference.frontend(Y, config), features, atol=1e-11)


@pytest.mark.parametrize("eps_to", ["std", "variance", "floor"])
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("window", [w for w in WINDOWS if w[2] > 1], ids=str)
def test_mean_and_deviation_of_a_window(window, ddof, eps_to):
    config = windowed(
        *window,
        normalize="mean_std",
        normalize_ddof=ddof,
        normalize_eps=0.01,
        normalize_eps_to=eps_to,
    )
    expected = reference.frontend(Y, config)
    wide = fastmel.frontend(config)(Y.astype(np.float64))
    np.testing.assert_allclose(wide, expected, atol=1e-10)
    t = 40
    x = fastmel.frontend(SPEECH)(Y[0].astype(np.float64))
    there = frames_of(x, t, *window)
    deviation = there.std(axis=0, ddof=ddof)
    divisor = {
        "std": deviation + 0.01,
        "variance": np.sqrt(deviation**2 + 0.01),
        "floor": np.maximum(deviation, 0.01),
    }[eps_to]
    np.testing.assert_allclose(wide[0, t], (x[t] - there.mean(axis=0)) / divisor, atol=1e-10)
    ours = fastmel.frontend(config)(Y)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, expected, rtol=1e-6, atol=1e-5)
    mel_time = fastmel.frontend(config.replace(layout="mel_time"))(Y)
    np.testing.assert_array_equal(mel_time.swapaxes(-1, -2), ours)


def test_silence_has_no_deviation_in_a_window():
    config = windowed(15, 14, 30, normalize="mean_std")
    assert not fastmel.frontend(config)(np.zeros(16000)).any()
    # Silence within a signal leaves the rounding of running sums.
    y = Y[0].astype(np.float64)
    y[4000:12000] = 0
    features = fastmel.frontend(config.replace(normalize_eps=1e-5))(y)
    assert np.abs(features[45:55]).max() < 1e-6
    expected = reference.frontend(y, config.replace(normalize_eps=1e-5))
    np.testing.assert_allclose(features, expected, atol=1e-6)


def test_a_window_over_everything_is_the_item():
    frames = SPEECH.num_frames(16000)
    for kind in ("mean", "mean_std"):
        config = windowed(frames, frames, 1, normalize=kind)
        expected = fastmel.frontend(SPEECH.replace(normalize=kind))(Y)
        np.testing.assert_allclose(fastmel.frontend(config)(Y), expected, atol=1e-6)


def test_too_few_frames_for_a_deviation():
    fe = fastmel.frontend(windowed(15, 14, 30, normalize="mean_std", normalize_ddof=1))
    with pytest.raises(ValueError, match="too short"):
        fe(Y[0, :100])


@pytest.mark.parametrize("n_samples", [500, 16000, 60000])
@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("norm_vars", [True, False])
def test_sliding_windows_are_kaldis(norm_vars, center, n_samples):
    functional, torch = required("torchaudio.functional"), required("torch")
    # Kaldi's window that ends at a frame has one frame more than its size.
    window = {"normalize_window": (15, 14), "normalize_min_window": 30}
    if not center:
        window = {"normalize_window": (30, 0), "normalize_min_window": 10}
    config = SPEECH.replace(
        normalize="mean_std" if norm_vars else "mean",
        normalize_eps=1e-5,
        normalize_eps_to="floor",
        **window,
    )
    y = signals.noise(n_samples).astype(np.float64)
    log_mel = torch.from_numpy(fastmel.frontend(SPEECH)(y))
    theirs = functional.sliding_window_cmn(log_mel, 30, 10, center=center, norm_vars=norm_vars)
    np.testing.assert_allclose(fastmel.frontend(config)(y), theirs.numpy(), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("span", [0.5, 1.0, 20.0])
def test_fbank_centering_span_of_pyannote(span):
    """Its moving average, of an odd number of frames, over those that there are."""
    torch = required("torch")
    row = fastmel.frontend("pyannote-wespeaker").config
    reach = (1 + (int(span * 16000) - 400) // 160) // 2
    config = row.replace(normalize_window=(reach, reach))
    y = signals.speech_like(48000, 16000)
    fbank = torch.from_numpy(fastmel.frontend(row.replace(normalize=None))(y))[None]
    average = torch.nn.functional.avg_pool1d(
        fbank.transpose(1, 2), 2 * reach + 1, stride=1, padding=reach, count_include_pad=False
    ).transpose(1, 2)
    theirs = (fbank - average)[0].numpy()
    np.testing.assert_allclose(fastmel.frontend(config)(y), theirs, atol=1e-4)


PCEN = [
    {},
    {"pcen_gain": 0.5, "pcen_bias": 0.1, "pcen_power": 0.25, "pcen_time_constant": 0.06},
    {"pcen_bias": 0.0, "pcen_eps": 1e-3},
    {"pcen_power": 0.0},
]


@pytest.mark.parametrize("changes", PCEN, ids=str)
def test_pcen(changes):
    config = PLAIN.replace(power=1.0, mel_gain=2.0**31, normalize="pcen", **changes)
    mel = fastmel.frontend(config.replace(normalize=None))(Y.astype(np.float64))
    options = {name.removeprefix("pcen_"): value for name, value in changes.items()}
    expected = fastmel.pcen(mel.swapaxes(-1, -2), sr=16000, hop_length=160, **options)
    wide = fastmel.frontend(config)(Y.astype(np.float64))
    np.testing.assert_allclose(wide.swapaxes(-1, -2), expected, rtol=1e-12)
    np.testing.assert_allclose(wide, reference.frontend(Y, config), rtol=1e-9, atol=1e-9)
    ours = fastmel.frontend(config)(Y)
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, wide, rtol=1e-5, atol=1e-6)


def test_pcen_is_librosas():
    librosa = required("librosa")
    y = Y[0]
    mel = librosa.feature.melspectrogram(y=y, sr=16000, n_fft=400, hop_length=160, power=1)
    theirs = librosa.pcen(mel * 2**31, sr=16000, hop_length=160)
    config = MelConfig(
        sample_rate=16000, n_fft=400, hop_length=160, power=1.0, mel_gain=2.0**31, normalize="pcen"
    )
    np.testing.assert_allclose(fastmel.frontend(config)(y), theirs, rtol=1e-4, atol=1e-6)
