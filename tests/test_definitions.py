"""Definitions written down a second time: what judges here shares no code with the package.

`fastmel.reference` uses the package's windows, filters and lengths; the originals, which do not,
are installed in few places. So what a slip could change unseen stands here once more, in plain
NumPy, or as numbers worked out by hand.
"""

import fastmel
import numpy as np
import pytest
from fastmel import steps, transformers
from fastmel._catalogue import CATALOGUE
from fastmel.patching._given import window_named
from fastmel.patching._targets import NotCovered
from fastmel.transformers._clips import Lengths, zero_mean_unit_variance
from signals import noise

# --- Kaldi's bank ---------------------------------------------------------------------------------


def kaldi_mel(hz):
    return 1127.0 * np.log(1.0 + hz / 700.0)


def kaldi_warped(hz, fmin, fmax, low, high, warp):
    """VtlnWarpFreq of Kaldi's mel-computations: three straight pieces."""
    left, right = low * max(1.0, warp), high * min(1.0, warp)
    slope_left = (left / warp - fmin) / (left - fmin)
    slope_right = (fmax - right / warp) / (fmax - right)
    return np.where(
        hz < left,
        fmin + slope_left * (hz - fmin),
        np.where(hz < right, hz / warp, fmax + slope_right * (hz - fmax)),
    )


@pytest.mark.parametrize(
    ("warp", "hz", "expected"),
    [
        # fmin 20, fmax 8000, from 100 to 7500: the bends are at 110 and 7500, or at 100 and 6750.
        (1.1, [20, 65, 110, 1100, 7500, 7750, 8000], [20, 60, 100, 1000, 7500 / 1.1, None, 8000]),
        (0.9, [20, 60, 100, 900, 6750, 7375, 8000], [20, None, 100 / 0.9, 1000, 7500, 7750, 8000]),
    ],
)
def test_the_bends_by_hand(warp, hz, expected):
    known = np.array([e is not None for e in expected])
    ours = kaldi_warped(np.array(hz, float), 20.0, 8000.0, 100.0, 7500.0, warp)
    by_hand = np.array([e for e in expected if e is not None])
    np.testing.assert_allclose(ours[known], by_hand, rtol=1e-13)


@pytest.mark.parametrize("warp", [1.0, 0.85, 0.97, 1.2])
@pytest.mark.parametrize(
    ("sr", "n_fft", "n_mels", "fmin", "fmax", "low", "high"),
    [
        (16000, 512, 23, 20.0, 8000.0, 100.0, 7500.0),
        (16000, 512, 80, 20.0, 7600.0, 60.0, 7000.0),
        (44100, 2048, 64, 50.0, 20000.0, 300.0, 18050.0),
    ],
)
def test_kaldi_bank(sr, n_fft, n_mels, fmin, fmax, low, high, warp):
    step = (kaldi_mel(fmax) - kaldi_mel(fmin)) / (n_mels + 1)
    corners = kaldi_mel(fmin) + step * np.arange(n_mels + 2)
    if warp != 1:
        hz = 700.0 * np.expm1(corners / 1127.0)
        corners = kaldi_mel(kaldi_warped(hz, fmin, fmax, low, high, warp))
    left, centre, right = corners[:-2, None], corners[1:-1, None], corners[2:, None]
    bins = kaldi_mel(np.arange(n_fft // 2) * sr / n_fft)  # not that of half the rate
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    weights = np.where((bins > left) & (bins < right), np.minimum(rising, falling), 0.0)

    config = fastmel.MelConfig(
        sample_rate=sr,
        n_fft=n_fft,
        n_mels=n_mels,
        fmin=fmin,
        fmax=fmax,
        vtln_low=low,
        vtln_high=high,
        vtln_warp=warp,
        mel_scale="kaldi",
        mel_shape="mel",
        mel_norm=None,
        mel_exclude="nyquist",
        padding="none",
        hop_length=n_fft,
        window="boxcar",
    )
    # What the bank makes of an impulse, whose spectrum is flat, is the sum of each band's weights;
    # of a cosine in bin k, the weights of that bin alone.
    impulse = np.eye(1, n_fft)[0]
    sums = fastmel.frontend(config)(impulse)[:, 0]
    np.testing.assert_allclose(sums, weights.sum(axis=1), rtol=1e-10, atol=1e-12)
    for k in (3, n_fft // 16, n_fft // 5, n_fft // 3):
        tone = np.cos(2 * np.pi * k * np.arange(n_fft) / n_fft) * 2 / n_fft
        np.testing.assert_allclose(
            fastmel.frontend(config)(tone)[:, 0], weights[:, k], rtol=1e-9, atol=1e-11
        )


@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # of bands without a bin
@pytest.mark.parametrize(("sr", "n_fft", "n_mels"), [(16000, 512, 26), (8000, 256, 60)])
def test_bank_between_whole_bins(sr, n_fft, n_mels):
    """As python_speech_features: of the second bank some bands have no rising side."""
    mels = np.linspace(0, 2595 * np.log10(1 + sr / 2 / 700), n_mels + 2)
    corners = np.floor((n_fft + 1) * 700 * (10 ** (mels / 2595) - 1) / sr).astype(int)
    weights = np.zeros((n_mels, n_fft // 2 + 1))
    for row, left, centre, right in zip(
        weights, corners[:-2], corners[1:-1], corners[2:], strict=True
    ):
        row[left:centre] = np.arange(centre - left) / max(1, centre - left)
        row[centre:right] = np.arange(right - centre, 0, -1) / max(1, right - centre)

    config = fastmel.MelConfig(
        sample_rate=sr,
        n_fft=n_fft,
        n_mels=n_mels,
        mel_scale="htk",
        mel_shape="bins",
        mel_norm=None,
        padding="none",
        hop_length=n_fft,
        window="boxcar",
    )
    k = np.arange(1, n_fft // 2)
    tones = np.cos(2 * np.pi * np.outer(k, np.arange(n_fft)) / n_fft) * 2 / n_fft
    features = fastmel.frontend(config)(tones)[:, :, 0]
    np.testing.assert_allclose(features.T, weights[:, k], rtol=1e-9, atol=1e-11)


# --- lengths --------------------------------------------------------------------------------------


def test_reflection_of_a_signal_that_loses_its_first_sample():
    """With "valid" pre-emphasis 101 of 102 samples are left, and 100 are reflected: the least."""
    config = fastmel.MelConfig(
        sample_rate=16000,
        n_fft=200,
        hop_length=50,
        n_mels=4,
        pad_mode="reflect",
        preemphasis=0.97,
        preemphasis_scope="valid",
    )
    fe, y = fastmel.frontend(config), noise(300).astype(np.float64)
    with pytest.raises(ValueError, match=r"y has 101 samples; reflection .* more than 101"):
        fe(y[:101])
    emphasised = y[1:102] - 0.97 * y[:101]
    padded = np.pad(emphasised, 100, mode="reflect")
    plain = config.replace(padding="none", preemphasis=0.0, preemphasis_scope="frame")
    np.testing.assert_allclose(fe(y[:102]), fastmel.frontend(plain)(padded), rtol=1e-10)


def test_the_maximum_as_reference_is_that_of_each_item():
    """Whatever the dynamic range refers to: an item becomes 0 at its own maximum."""
    config = fastmel.MelConfig(log="dB", ref="max", peak="batch", dynamic_range=60.0)
    batch = np.stack([noise(9000), 1e-3 * noise(9000, seed=5)])
    together = fastmel.frontend(config)(batch)
    np.testing.assert_allclose(together.max(axis=(-2, -1)), 0.0, atol=1e-6)
    for item, alone in zip(together, batch, strict=True):
        np.testing.assert_array_equal(item, fastmel.frontend(config)(alone))


# --- steps ----------------------------------------------------------------------------------------


def test_slopes_of_an_even_window_are_those_of_the_odd_one_below():
    features = noise(60).reshape(20, 3)
    even, odd = steps.Deltas(window=6)(features), steps.Deltas(window=5)(features)
    np.testing.assert_array_equal(even, odd)
    padded = np.pad(features, [(2, 2), (0, 0)], mode="edge")
    slope = ((padded[3:-1] - padded[1:-3]) + 2 * (padded[4:] - padded[:-4])) / 10
    np.testing.assert_allclose(odd[:, 3:], slope, rtol=1e-5, atol=1e-6)


def test_repetitions_are_whole_and_zeros_follow():
    y = noise(7)
    expected = np.concatenate([y, y, np.zeros(3, np.float32)])
    np.testing.assert_array_equal(steps.RepeatAndPad(17)(y), expected)


# --- extractors, without their originals ----------------------------------------------------------


def cohere(**options):
    return transformers.CohereAsrFeatureExtractor(
        dither=0.0,
        max_audio_clip_s=1.0,
        overlap_chunk_second=0.5,
        min_energy_window_samples=800,
        **options,
    )


def test_cohere_cuts_where_it_is_quiet():
    y = noise(24000)
    y[12000:12800] *= 1e-4  # in the second half of the first second, and a multiple of 800 from it
    result = cohere()(y, sampling_rate=16000, return_tensors="np")
    assert result["audio_chunk_index"] == [(0, 0), (0, 1)]
    frames = np.asarray(result["attention_mask"]).sum(axis=-1)
    assert frames.tolist() == [12000 // 160, 12000 // 160]
    features = np.asarray(result["input_features"])
    for row, part in zip(features, (y[:12000], y[12000:]), strict=True):
        alone = cohere()(part, sampling_rate=16000, return_tensors="np")["input_features"][0]
        np.testing.assert_array_equal(row[: len(alone)], alone)


def batch_of(name, clips, **options):
    """Return the features of clips that are padded to one length, and the mask if there is one."""
    extractor = getattr(transformers, name)(**options)
    by_target = name.startswith("SpeechT5")
    arguments = {"audio_target" if by_target else "raw_speech": clips}
    if not name.startswith("Gemma3n"):
        arguments["sampling_rate"] = extractor.sampling_rate
    if name.startswith("UnivNet"):
        arguments["return_noise"] = False
    first = arguments.pop("raw_speech", None)
    result = extractor(first, padding=True, return_tensors="np", **arguments)
    features, *others = extractor.model_input_names
    mask = [result[key] for key in others if "mask" in key and key in result]
    return np.asarray(result[features]), np.asarray(mask[0]) if mask else None


SAMPLES_BEFORE = ["Clvp", "Gemma4Audio", "Qwen3ASR", "UnivNet", "VoxtralRealtime", "Whisper"]
FRAMES_BEFORE = ["SeamlessM4T", "SpeechT5", "FunAsrNano"]


@pytest.mark.parametrize("kind", SAMPLES_BEFORE)
def test_silence_before_the_clips(kind):
    """`padding_side="left"`: the features are those of a clip that begins with silence."""
    name, clips = f"{kind}FeatureExtractor", [noise(16000), noise(9000, seed=5)]
    of_left, _ = batch_of(name, clips, padding_side="left")
    by_hand, _ = batch_of(name, [clips[0], np.pad(clips[1], (7000, 0))])
    of_right, _ = batch_of(name, clips)
    frames_axis = 1 if kind in ("Gemma4Audio", "UnivNet") else 2
    n = of_left.shape[frames_axis] - 8
    last = np.arange(-n // 3, 0)  # which silence and masks at the beginning do not reach
    actual, expected = (np.take(x[1], last, frames_axis - 1) for x in (of_left, by_hand))
    np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-5)
    assert not np.array_equal(of_left[1], of_right[1])


@pytest.mark.parametrize("kind", FRAMES_BEFORE)
def test_frames_before_the_clips(kind):
    """`padding_side="left"`: the features of a clip stand at the end, those before are padding."""
    name, clips = f"{kind}FeatureExtractor", [noise(16000), noise(9000, seed=5)]
    of_right, right = batch_of(name, clips)
    of_left, left = batch_of(name, clips, padding_side="left")
    np.testing.assert_array_equal(left, right[:, ::-1])
    kept = int(right[1].sum())
    assert 0 < kept < right.shape[1]
    np.testing.assert_array_equal(of_left[0], of_right[0])
    np.testing.assert_array_equal(of_left[1, -kept:], of_right[1, :kept])
    assert not np.array_equal(of_left[1], of_right[1])


# The values that these models' own files and constructors have.
DEFAULTS = {
    "Gemma3nAudioFeatureExtractor": {"min_frequency": 125.0, "max_frequency": 7600.0},
    "Gemma4AudioFeatureExtractor": {"min_frequency": 0.0, "max_frequency": 8000.0},
    "SpeechT5FeatureExtractor": {"fmin": 80, "fmax": 7600, "hop_length": 16, "win_length": 64},
    "WhisperFeatureExtractor": {"feature_size": 80, "hop_length": 160, "n_fft": 400},
    "ASTFeatureExtractor": {"num_mel_bins": 128, "max_length": 1024, "mean": -4.2677393},
    "ClapFeatureExtractor": {"feature_size": 64, "sampling_rate": 48000, "frequency_max": 14000},
    "UnivNetFeatureExtractor": {"num_mel_bins": 100, "fmax": 12000.0},
}


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_defaults_of_constructors(name):
    made = getattr(transformers, name)()
    assert {key: getattr(made, key) for key in DEFAULTS[name]} == DEFAULTS[name]


@pytest.mark.parametrize("name", ["Gemma3nAudioFeatureExtractor", "Gemma4AudioFeatureExtractor"])
def test_constructors_agree_with_the_catalogue(name):
    """The extractor's parameters and the row are written down apart, and make the same filters."""
    row = {"Gemma3nAudioFeatureExtractor": "gemma-3n", "Gemma4AudioFeatureExtractor": "gemma-4"}
    y = noise(12800)  # a multiple of the 128 samples that the call pads to
    mine = getattr(transformers, name)()(y[np.newaxis])["input_features"][0]
    expected = fastmel.frontend(CATALOGUE[row[name]].config)(y)
    np.testing.assert_array_equal(mine[: len(expected)], expected[: len(mine)])


# --- what a patch takes for a window --------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n", [64, 400, 1024])
def test_windows_by_their_values(n, dtype):
    turns = 2 * np.pi * np.arange(n)
    assert window_named((0.5 - 0.5 * np.cos(turns / n)).astype(dtype)) == "hann"
    assert window_named((0.5 - 0.5 * np.cos(turns / (n - 1))).astype(dtype)) == "hann_symmetric"
    assert window_named((0.54 - 0.46 * np.cos(turns / n)).astype(dtype)) == "hamming"
    assert window_named(np.ones(n, dtype)) == "boxcar"
    near = (0.5 - 0.5 * np.cos(turns / n)).astype(dtype)
    near[n // 3] += 1e-4
    with pytest.raises(NotCovered):
        window_named(near)


# --- the arithmetic of batches and levels ---------------------------------------------------------


def test_truncation_keeps_up_to_the_multiple():
    """As transformers: `max_length` is first rounded up to a multiple of `pad_to_multiple_of`."""
    lengths = Lengths.of([500, 120, 20], True, 100, True, 64)
    assert (lengths.kept, lengths.padded) == ([128, 120, 20], [128, 128, 128])


def test_statistics_are_those_of_what_is_no_padding():
    rows = np.array([[1.0, 3.0, 100.0], [5.0, 5.0, 8.0]], np.float32)
    expected = np.array([[-1, 1, -2], [-1, -1, 2]]) / np.sqrt([[1 + 1e-7], [2 + 1e-7]])
    expected[0, 2] = -9.0
    normalised = zero_mean_unit_variance(rows, [2, 3], -9.0)
    np.testing.assert_allclose(normalised, expected, rtol=1e-6)


def test_a_reference_below_the_floor_counts_as_the_floor():
    y = noise(4000)
    at_floor = fastmel.log_melspectrogram(y=y, sr=16000, ref=1e-4, amin=1e-4, top_db=None)
    below = fastmel.log_melspectrogram(y=y, sr=16000, ref=1e-9, amin=1e-4, top_db=None)
    np.testing.assert_array_equal(below, at_floor)


@pytest.mark.parametrize(
    ("hop", "n_samples", "frames"),
    [(160, 79, 0), (160, 80, 1), (160, 239, 1), (160, 240, 2), (5, 2, 0), (5, 3, 1), (5, 7, 1)],
)
def test_frames_are_rounded_half_up(hop, n_samples, frames):
    """Kaldi without snip_edges: (n + hop // 2) // hop."""
    config = fastmel.MelConfig(sample_rate=16000, hop_length=hop, frame_count="round")
    assert config.num_frames(n_samples) == frames


@pytest.mark.parametrize(
    ("count", "n_samples", "frames"),
    [
        *[("whole", 16, 1), ("whole", 20, 1), ("whole", 21, 2)],
        *[("floor", 10, 2), ("floor", 14, 2), ("floor", 15, 3)],
        *[("ceil", 1, 1), ("ceil", 10, 2), ("ceil", 11, 3)],
        *[("tail", 1, 1), ("tail", 16, 1), ("tail", 17, 2), ("tail", 21, 2), ("tail", 22, 3)],
    ],
)
def test_frames_by_hand(count, n_samples, frames):
    config = fastmel.MelConfig(
        sample_rate=16000, n_fft=16, hop_length=5, padding="none", frame_count=count, n_mels=None
    )
    assert config.num_frames(n_samples) == frames
    assert fastmel.frontend(config)(noise(n_samples)).shape == (9, frames)
