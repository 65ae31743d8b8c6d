"""fastmel.kaldi: arguments, bad values, pieces of a signal, am.mvn."""

import inspect
import pickle

import numpy as np
import pytest
from fastmel import MelConfig, kaldi, reference
from libraries import required
from signals import noise, speech_like

RATE = 16000


@pytest.fixture(scope="module")
def y():
    return (32768 * speech_like(RATE, RATE)).astype(np.float32)


def fbank_of(y, **options):
    return kaldi.fbank(y[np.newaxis], **options)


# --- functions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("function", ["fbank", "mfcc", "spectrogram"])
def test_signature_is_torchaudios(function):
    compliance = required("torchaudio.compliance.kaldi")
    ours = inspect.signature(getattr(kaldi, function)).parameters
    theirs = inspect.signature(getattr(compliance, function)).parameters
    assert list(ours) == list(theirs)
    assert [p.default for p in ours.values()] == [p.default for p in theirs.values()]


@pytest.mark.parametrize("function", [kaldi.fbank, kaldi.mfcc, kaldi.spectrogram])
def test_dtype_and_layout(y, function):
    single, double = function(y[np.newaxis]), function(y[np.newaxis].astype(np.float64))
    assert (single.dtype, double.dtype) == (np.float32, np.float64)
    assert single.shape == double.shape
    assert len(single) == 98
    np.testing.assert_allclose(single, double, atol=2e-2)


def test_channels_are_read_in_place(y):
    stereo = np.stack([y, y[::-1]], axis=1).T  # channels side by side in memory
    np.testing.assert_array_equal(kaldi.fbank(stereo), fbank_of(y))
    np.testing.assert_array_equal(kaldi.fbank(stereo, channel=0), fbank_of(y))
    np.testing.assert_array_equal(kaldi.fbank(stereo, channel=1), fbank_of(y[::-1].copy()))
    with pytest.raises(ValueError, match="channel=2 does not exist: waveform has 2 channels"):
        kaldi.fbank(stereo, channel=2)


def test_other_channels_may_hold_anything(y):
    stereo = np.stack([y, np.full_like(y, np.nan)])
    np.testing.assert_array_equal(kaldi.fbank(stereo), fbank_of(y))


def test_energy_is_first_or_last(y):
    plain = fbank_of(y)
    first, last = fbank_of(y, use_energy=True), fbank_of(y, use_energy=True, htk_compat=True)
    assert first.shape == last.shape == (98, 24)
    np.testing.assert_array_equal(first[:, 1:], plain)
    np.testing.assert_array_equal(last[:, :-1], plain)
    np.testing.assert_array_equal(first[:, 0], last[:, -1])
    frame = y[1600:2000].astype(np.float64)
    energy = np.log(np.sum((frame - frame.mean()) ** 2))
    assert first[10, 0] == pytest.approx(energy, rel=1e-6)


def test_energy_floor():
    quiet = np.zeros((1, 800), np.float32)
    assert kaldi.fbank(quiet, use_energy=True)[:, 0].tolist() == [0, 0, 0]
    floors = {0.0: np.log(2.0**-23), 10.0: np.log(10)}
    for floor, expected in floors.items():
        energy = kaldi.mfcc(quiet, use_energy=True, energy_floor=floor)[:, 0]
        np.testing.assert_allclose(energy, expected, rtol=1e-6)


def test_linear_bands_beside_a_logarithmic_energy(y):
    both = fbank_of(y, use_log_fbank=False, use_energy=True)
    np.testing.assert_array_equal(both[:, 1:], fbank_of(y, use_log_fbank=False))
    np.testing.assert_array_equal(both[:, 0], fbank_of(y, use_energy=True)[:, 0])


def test_high_freq_counts_from_half_the_rate(y):
    np.testing.assert_array_equal(fbank_of(y, high_freq=-400.0), fbank_of(y, high_freq=7600.0))
    np.testing.assert_array_equal(fbank_of(y, high_freq=0.0), fbank_of(y, high_freq=8000.0))


def test_mirrored_ends(y):
    """snip_edges=False is snip_edges=True of the signal with its mirror images on both sides."""
    mirrored = np.concatenate([y[119::-1], y, y[: -RATE - 1 : -1]])
    expected = fbank_of(mirrored)[:100]
    np.testing.assert_array_equal(fbank_of(y, snip_edges=False), expected)


def test_min_duration(y):
    for function in (kaldi.fbank, kaldi.mfcc, kaldi.spectrogram):
        assert function(y[np.newaxis], min_duration=1.1).shape == (0,)
        assert len(function(y[np.newaxis], min_duration=1.0)) == 98


def test_dither_is_seeded(y):
    dithered = fbank_of(y, dither=1.0)
    np.testing.assert_array_equal(dithered, fbank_of(y, dither=1.0))
    assert np.abs(dithered - fbank_of(y)).max() > 0.01
    # Of silence it is the spectrum of the noise, whose level is known.
    noise_alone = kaldi.spectrogram(np.zeros((1, RATE), np.float32), dither=100.0)
    energy = np.exp(noise_alone[:, 0].astype(np.float64)).mean() / 400
    assert energy == pytest.approx(100.0**2, rel=0.05)


BAD = [
    ({"frame_length": 0.05}, "frame_length is shorter than two samples"),
    ({"frame_shift": 0.05}, "frame_shift is shorter than a sample"),
    ({"frame_length": 2000.0}, "waveform has 16000 samples; a frame needs 32000"),
    ({"frame_length": 2000.0, "snip_edges": False}, "a frame needs 32000"),
    ({"round_to_power_of_two": False, "frame_length": 25.1}, "no even transform"),
    ({"preemphasis_coefficient": 1.1}, "must lie in \\[0, 1\\]"),
    ({"sample_frequency": 0}, "sample_frequency=0 must be above 0"),
    ({"window_type": "kaiser"}, "window_type='kaiser' is unknown; accepted: "),
    ({"channel": 1}, "channel=1 does not exist"),
    ({"channel": -2}, "channel=-2 must be at least -1"),
    ({"dither": -1.0}, "dither=-1.0 must be at least 0"),
    ({"energy_floor": -1.0}, "energy_floor=-1.0 must be at least 0"),
    ({"num_mel_bins": 3}, "num_mel_bins=3 must be at least 4"),
    ({"low_freq": -1.0}, "low_freq=-1.0 and high_freq=0.0"),
    ({"low_freq": 5000.0, "high_freq": 4000.0}, "must lie in this order"),
    ({"high_freq": 8001.0}, "8000.0 Hz"),
    ({"high_freq": -8000.0}, "that is, 0.0 Hz"),
    ({"vtln_warp": 0.9, "vtln_low": 10.0}, "vtln_low=10.0 and vtln_high=-500.0"),
    ({"vtln_warp": 0.9, "high_freq": 7000.0}, "that is, 7500.0 Hz"),
    ({"vtln_warp": 0.0}, "vtln_warp=0.0 must be above 0"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=str)
def test_bad_values(y, options, message):
    with pytest.raises(ValueError, match=message):
        fbank_of(y, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"num_mel_bins": 23.5},
        {"snip_edges": "no"},
        {"high_freq": None},
        {"vtln_warp": "1"},
        {"window_type": None},
        {"low_freq": [20.0]},
        {"use_energy": 2},
    ],
    ids=str,
)
def test_wrong_types(y, options):
    name = next(iter(options))
    with pytest.raises((TypeError, ValueError), match=name):
        fbank_of(y, **options)


def test_more_cepstra_than_bands(y):
    with pytest.raises(ValueError, match="num_ceps=24 exceeds the 23 mel bands"):
        kaldi.mfcc(y[np.newaxis], num_ceps=24)


@pytest.mark.parametrize("function", [kaldi.fbank, kaldi.mfcc, kaldi.spectrogram])
def test_bad_waveforms(y, function):
    with pytest.raises(TypeError, match=r"got int16: waveform / 32768 is in \[-1, 1\), and 32768"):
        function(y[np.newaxis].astype(np.int16))
    with pytest.raises(ValueError, match=r"shape \(channels, samples\); got \(16000,\)"):
        function(y)
    with pytest.raises(ValueError, match="waveform has 399 samples; a frame needs 400"):
        function(y[np.newaxis, :399])
    with pytest.raises(TypeError, match="waveform must be a NumPy array"):
        function("speech.wav")
    for bad in (np.nan, np.inf):
        broken = y[np.newaxis].copy()
        broken[0, 777] = bad
        with pytest.raises(ValueError, match="finite"):
            function(broken)


def test_empty_bands_are_silent(y):
    """Nothing warns in the original, where they hold the logarithm of the epsilon."""
    features = fbank_of(y, num_mel_bins=200)
    assert (features == np.float32(np.log(2.0**-23))).all(axis=0).any()


# --- options --------------------------------------------------------------------------------------

OPTIONS = [
    kaldi.FrameExtractionOptions,
    kaldi.MelBanksOptions,
    kaldi.FbankOptions,
    kaldi.MfccOptions,
]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_in_dictionaries_and_pickles(options):
    default = options()
    assert options.from_dict({}) == default
    assert options.from_dict(default.as_dict()) == default
    assert pickle.loads(pickle.dumps(default)) == default
    assert str(default) == str(options())
    with pytest.raises(ValueError, match=f"{options.__name__} has no options a, b"):
        options.from_dict({"b": 1, "a": 2})
    with pytest.raises(AttributeError, match="has no option 'colour'; it has "):
        default.colour = "red"


def test_options_by_position():
    """In the order of kaldi_native_fbank's constructors."""
    frames = kaldi.FrameExtractionOptions(8000, 5)
    bands = kaldi.MelBanksOptions(80, 30.0, -400.0)
    assert (frames.samp_freq, frames.frame_shift_ms) == (8000, 5)
    assert (bands.num_bins, bands.low_freq, bands.high_freq) == (80, 30, -400)
    options = kaldi.FbankOptions(frames, bands, True)
    assert (options.frame_opts, options.mel_opts, options.use_energy) == (frames, bands, True)
    options = kaldi.MfccOptions(frames, bands, 20)
    assert (options.frame_opts, options.mel_opts, options.num_ceps) == (frames, bands, 20)


def test_part_of_a_dictionary():
    options = kaldi.FbankOptions.from_dict(
        {"htk_compat": True, "mel_opts": {"num_bins": 80}, "frame_opts": {"window_type": "hanning"}}
    )
    assert options.htk_compat is True
    assert (options.mel_opts.num_bins, options.mel_opts.low_freq) == (80, 20.0)
    assert options.frame_opts.window_type == "hanning"
    # What is left out has the default of the group, not of the class that the group is of.
    assert kaldi.MfccOptions.from_dict({"mel_opts": {"low_freq": 0}}).mel_opts.num_bins == 23


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("use_energy", "yes"),
        ("energy_floor", None),
        ("frame_opts", {"dither": 0}),
        ("mel_opts", kaldi.FrameExtractionOptions()),
    ],
)
def test_values_of_the_wrong_type(name, value):
    options = kaldi.FbankOptions()
    with pytest.raises(TypeError, match=name):
        setattr(options, name, value)
    with pytest.raises(ValueError, match="finite"):
        options.energy_floor = float("nan")


# --- pieces of a signal ---------------------------------------------------------------------------


def options_of(kind="Fbank", *, snip_edges=True, dither=0.0, **mel):
    options = getattr(kaldi, f"{kind}Options")()
    options.frame_opts.snip_edges = snip_edges
    options.frame_opts.dither = dither
    for name, value in mel.items():
        setattr(options.mel_opts, name, value)
    return options


def online(options, pieces, finish=True):
    kind = kaldi.OnlineMfcc if isinstance(options, kaldi.MfccOptions) else kaldi.OnlineFbank
    features = kind(options)
    for piece in pieces:
        features.accept_waveform(RATE, piece)
    if finish:
        features.input_finished()
    return features


@pytest.mark.parametrize("kind", ["Fbank", "Mfcc"])
@pytest.mark.parametrize("snip_edges", [True, False])
def test_online_is_the_function(y, kind, snip_edges):
    function, energy = (kaldi.fbank, False) if kind == "Fbank" else (kaldi.mfcc, True)
    expected = function(
        y[np.newaxis], snip_edges=snip_edges, use_energy=energy, energy_floor=0.0, num_mel_bins=40
    )
    features = online(options_of(kind, snip_edges=snip_edges, num_bins=40), [y])
    assert features.dim == expected.shape[1]
    assert features.num_frames_ready == len(expected)
    np.testing.assert_array_equal(features.get_frames(), expected)


def pieces_of(y, rng, largest):
    cuts = np.cumsum(rng.integers(0, largest, 2 * y.size // largest + 2))
    return np.split(y, cuts[cuts < y.size])


@pytest.mark.parametrize("largest", [7, 161, 1000, 9000])
@pytest.mark.parametrize("dither", [0.0, 1.0])
@pytest.mark.parametrize("snip_edges", [True, False])
def test_pieces_make_no_difference(y, snip_edges, dither, largest):
    rng = np.random.default_rng(largest)
    options = options_of(snip_edges=snip_edges, dither=dither)
    whole = online(options, [y]).get_frames()
    np.testing.assert_array_equal(online(options, pieces_of(y, rng, largest)).get_frames(), whole)
    # The same with every frame asked for, and popped, as soon as it is ready.
    features, rows = kaldi.OnlineFbank(options), []
    for piece in pieces_of(y, rng, largest):
        features.accept_waveform(RATE, piece)
        while len(rows) < features.num_frames_ready:
            rows.append(features.get_frame(len(rows)).copy())
            features.pop(1)
    features.input_finished()
    rows.extend(features.get_frames())
    np.testing.assert_array_equal(rows, whole)


@pytest.mark.parametrize("n", [1, 79, 80, 100, 399, 401])
def test_signals_shorter_than_a_frame(n):
    """With snip_edges=False they have frames, mirrored as often as needed."""
    y = noise(RATE)[:n]
    assert online(options_of(), [y]).num_frames_ready == int(n >= 400)
    expected = (n + 80) // 160
    for pieces in ([y], [y[: n // 2], y[n // 2 :]]):
        features = online(options_of(snip_edges=False), pieces)
        assert features.num_frames_ready == expected
        rows = features.get_frames()
        assert rows.shape == (expected, 23)
        for t, row in enumerate(rows):
            at = np.arange(160 * t - 120, 160 * t + 280) % (2 * n)
            frame = y[np.minimum(at, 2 * n - 1 - at)]
            whole = kaldi.fbank(frame[np.newaxis])
            np.testing.assert_array_equal(row, whole[0])


def test_frames_are_ready_when_complete(y):
    features = kaldi.OnlineFbank(options_of(snip_edges=False))
    # Frame t ends at sample 160 t + 280.
    for n, ready in [(0, 0), (279, 0), (280, 1), (439, 1), (440, 2)]:
        features.accept_waveform(RATE, y[features._stream.n_samples : n])
        assert features.num_frames_ready == ready
    features.input_finished()
    assert features.num_frames_ready == 3


def test_last_frame(y):
    features = online(options_of(), [y], finish=False)
    assert not features.is_last_frame(97)
    features.input_finished()
    assert features.is_last_frame(97)
    assert not features.is_last_frame(96)


def test_pop_and_ranges(y):
    features = online(options_of(), [y])
    everything = features.get_frames().copy()
    features.pop(10)
    assert features.num_frames_ready == 98
    np.testing.assert_array_equal(features.get_frames(), everything[10:])
    np.testing.assert_array_equal(features.get_frames(20, 5), everything[20:25])
    np.testing.assert_array_equal(features.get_frame(10), everything[10])
    assert features.get_frames(20, 0).shape == (0, 23)
    for frame in (-1, 9, 98):
        with pytest.raises(IndexError, match=f"frame={frame} is not there: frames 10 to 97 are"):
            features.get_frame(frame)
    for first, n in [(9, 1), (97, 2), (98, 1)]:
        with pytest.raises(IndexError, match="are not all there: 10 to 97 are"):
            features.get_frames(first, n)
    features.pop(1000)
    assert features.get_frames().shape == (0, 23)


def test_bad_pieces(y):
    features = kaldi.OnlineFbank(options_of())
    with pytest.raises(ValueError, match=r"sampling_rate=8000, and samp_freq=16000.0"):
        features.accept_waveform(8000, y)
    with pytest.raises(ValueError, match=r"must have one axis; got shape \(1, 16000\)"):
        features.accept_waveform(RATE, y[np.newaxis])
    with pytest.raises(TypeError, match="real numbers"):
        features.accept_waveform(RATE, ["a"])
    for bad in (np.nan, np.inf, 1e39):
        with pytest.raises(ValueError, match="waveform is not finite"):
            features.accept_waveform(RATE, [0.0, bad])
    assert features.num_frames_ready == 0
    # What was refused left nothing behind.
    features.accept_waveform(RATE, y)
    features.input_finished()
    np.testing.assert_array_equal(features.get_frames(), online(options_of(), [y]).get_frames())
    with pytest.raises(RuntimeError, match="the signal has ended"):
        features.accept_waveform(RATE, y)
    features.accept_waveform(RATE, [])  # which the original takes too
    with pytest.raises(TypeError, match=r"^frame=1\.0 must be an integer$"):
        features.get_frame(1.0)


def test_values_are_taken_as_they_are(y):
    whole = np.round(y)
    expected = online(options_of(), [whole]).get_frames()
    for same in (whole.astype(np.int16), whole.astype(np.float64), whole.tolist()):
        np.testing.assert_array_equal(online(options_of(), [same]).get_frames(), expected)
    features = online(options_of(), [[], np.zeros(0), whole])
    np.testing.assert_array_equal(features.get_frames(), expected)


def test_pieces_are_copied(y):
    features = kaldi.OnlineFbank(options_of())
    buffer = y.copy()
    features.accept_waveform(RATE, buffer)
    buffer[:] = 0
    np.testing.assert_array_equal(features.get_frames(), fbank_of(y))


def test_later_changes_of_options_have_no_effect(y):
    options = options_of()
    features = kaldi.OnlineFbank(options)
    options.mel_opts.num_bins = 80
    assert features.dim == 23


@pytest.mark.parametrize(
    ("mel", "message"),
    [
        ({"num_bins": 2}, "num_bins=2 must be at least 3"),
        ({"high_freq": 9000.0}, "high_freq=9000.0"),
        ({"is_librosa": True, "norm": "max"}, "norm='max' is unknown"),
    ],
)
def test_options_out_of_range(mel, message):
    with pytest.raises(ValueError, match=message):
        kaldi.OnlineFbank(options_of(**mel))


def test_other_options():
    with pytest.raises(TypeError, match="opts must be FbankOptions; got NoneType"):
        kaldi.OnlineFbank(None)
    with pytest.raises(ValueError, match="FbankOptions has no options cepstral_lifter, num_ceps"):
        kaldi.OnlineFbank(kaldi.MfccOptions())


def test_htk_mode(y):
    quiet = online(options_of(htk_mode=True), [np.zeros(800)]).get_frames()
    assert (quiet == 0).all()  # ln 1
    options = options_of(htk_mode=True)
    options.use_log_fbank = False
    options.use_energy = True
    bands = online(options, [0.01 * y]).get_frames()
    np.testing.assert_allclose(
        np.log(bands[:, 1:]), online(options_of(htk_mode=True), [0.01 * y]).get_frames(), atol=1e-5
    )
    assert bands[:, 1:].min() == 1
    assert bands[:, 0].min() < 0, "the energy has a floor of its own"


@pytest.mark.parametrize("changes", [{"eps": 1e-3}, {"eps": 3.0, "use_log_floor": False}])
def test_the_floor_of_bands_is_not_that_of_the_energy(y, changes):
    options = options_of()
    options.use_energy = True
    expected = online(options, [1e-4 * y]).get_frames()[:, 0]
    for name, value in changes.items():
        setattr(options, name, value)
    np.testing.assert_array_equal(online(options, [1e-4 * y]).get_frames()[:, 0], expected)


# --- sliding window -------------------------------------------------------------------------------


def test_sliding_window_is_the_mean_of_its_frames():
    x = np.random.default_rng(0).normal(15, 3, (50, 4))
    for center, norm_vars in [(False, False), (True, False), (True, True)]:
        ours = kaldi.sliding_window_cmn(x, 10, 5, center=center, norm_vars=norm_vars)
        for t in range(50):
            start = min(max(t - 5, 0), 40) if center else max(t - 10, 0)
            end = start + 10 if center else max(t + 1, min(5, 50))
            window = x[start:end]
            expected = (x[t] - window.mean(0)) / (window.std(0) if norm_vars else 1)
            np.testing.assert_allclose(ours[t], expected, rtol=1e-9, atol=1e-12)


def test_sliding_window_that_is_shorter_than_its_least():
    x = np.random.default_rng(1).normal(15, 3, (100, 4))
    ours = kaldi.sliding_window_cmn(x, 10, 35, norm_vars=True)
    for t in range(100):
        window = x[max(t - 10, 0) : max(t + 1, 35)]
        np.testing.assert_allclose(ours[t], (x[t] - window.mean(0)) / window.std(0), rtol=1e-9)


@pytest.mark.parametrize(("n", "size"), [(10, 3), (10, 5), (10, 12), (19, 4), (21, 4)])
def test_sliding_window_over_fewer_frames_than_its_least(n, size):
    """A window that would end behind the last frame is moved to the left, as in Kaldi."""
    x, least = np.random.default_rng(2).normal(15, 3, (n, 4)), 20
    ours = kaldi.sliding_window_cmn(x, size, least)
    for t in range(n):
        start, end = max(t - size, 0), max(t + 1, least)
        start, end = max(start - max(end - n, 0), 0), min(end, n)
        np.testing.assert_allclose(ours[t], x[t] - x[start:end].mean(0), rtol=1e-9, atol=1e-12)


def test_sliding_window_of_constants_and_nothing():
    flat = np.full((2, 30, 3), 7, np.float32)
    result = kaldi.sliding_window_cmn(flat, 10, norm_vars=True)
    assert result.dtype == np.float32
    assert (result == 0).all()
    assert kaldi.sliding_window_cmn(np.zeros((0, 3))).shape == (0, 3)


def test_sliding_window_bad_values():
    with pytest.raises(ValueError, match="cmn_window=0"):
        kaldi.sliding_window_cmn(np.zeros((3, 3)), 0)
    with pytest.raises(ValueError, match=r"\(..., n_frames, n_features\); got \(3,\)"):
        kaldi.sliding_window_cmn(np.zeros(3))
    with pytest.raises(TypeError, match="floating-point dtype; got int64"):
        kaldi.sliding_window_cmn(np.zeros((3, 3), np.int64))


# --- FunASR ---------------------------------------------------------------------------------------


def am_mvn(path, shift, scale):
    n = len(shift)
    shift, scale = (" ".join(f"{v:.6g}" for v in x) for x in (shift, scale))
    path.write_text(
        f"<Nnet> \n<Splice> {n} {n}\n[ 0 ]\n<AddShift> {n} {n} \n<LearnRateCoef> 0 [ {shift} ]\n"
        f"<Rescale> {n} {n} \n<LearnRateCoef> 0 [ {scale} ]\n</Nnet> \n"
    )
    return path


def test_am_mvn(tmp_path):
    path = am_mvn(tmp_path / "am.mvn", [-8.5, -9.25, 1e-3], [0.25, 0.5, 2])
    for given in (path, str(path)):
        shift, scale = kaldi.read_am_mvn(given)
        assert shift.tolist() == [-8.5, -9.25, np.float32(1e-3)]
        assert scale.tolist() == [0.25, 0.5, 2]
        assert shift.dtype == scale.dtype == np.float32


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "<AddShift> with its"),
        ("<AddShift> 2 2\n<LearnRateCoef> 0 [ 1 2 ]\n", "<Rescale> with its"),
        ("<AddShift> 2 2\n<LearnRateCoef> 0 [ 1 2\n", "<AddShift> with its"),
        ("<AddShift> 1 1 [ one ] <Rescale> 1 1 [ 1 ]", "<AddShift> with its"),
        ("<AddShift> 1 1 [ 1 2 ] <Rescale> 1 1 [ 1 ]", "2 shifts, and 1 scales"),
        ("<AddShift> 1 1 [ nan ] <Rescale> 1 1 [ 1 ]", "no finite numbers"),
        ("<AddShift> 1 1 [ ] <Rescale> 1 1 [ ]", "no finite numbers"),
    ],
)
def test_no_am_mvn(tmp_path, text, message):
    path = tmp_path / "am.mvn"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        kaldi.read_am_mvn(path)


def test_am_mvn_of_bytes(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"PK\x03\x04\xff\xfe")
    with pytest.raises(ValueError, match=r"is no am\.mvn: it is not a text file"):
        kaldi.read_am_mvn(path)
    with pytest.raises(FileNotFoundError):
        kaldi.read_am_mvn(tmp_path / "absent")


def test_wav_frontend(tmp_path, y):
    rng = np.random.default_rng(0)
    shift, scale = rng.normal(-12, 2, 560), rng.uniform(0.1, 0.3, 560)
    path = am_mvn(tmp_path / "am.mvn", shift, scale)
    shift, scale = kaldi.read_am_mvn(path)  # as rounded in the text
    conf = {"fs": RATE, "lfr_m": 7, "lfr_n": 6, "filter_length_max": -1}
    plain, fe = kaldi.wav_frontend(**conf), kaldi.wav_frontend(path, **conf)
    samples = y / 32768
    expected = (plain(samples) + shift) * scale
    assert expected.shape == (17, 560)
    np.testing.assert_allclose(fe(samples), expected, atol=2e-6)
    # Joined frame 0 holds three copies of the first frame, and then it and the next ones.
    frames = kaldi.fbank(y[np.newaxis], num_mel_bins=80, window_type="hamming")
    joined = np.concatenate([frames[[0, 0, 0]], frames[:4]]).ravel()
    np.testing.assert_array_equal(plain(samples)[0], joined)


def test_wav_frontend_bad_values(tmp_path):
    path = am_mvn(tmp_path / "am.mvn", [0.0] * 400, [1.0] * 400)
    with pytest.raises(ValueError, match=r"is for 400 features, and lfr_m=7 .* n_mels=80 .* 560"):
        kaldi.wav_frontend(path, lfr_m=7, lfr_n=6)
    assert kaldi.wav_frontend(path, lfr_m=5, lfr_n=1).n_features == 400
    with pytest.raises(TypeError, match="no parameters lfr_k"):
        kaldi.wav_frontend(lfr_k=3)
    with pytest.raises(ValueError, match="lfr_m=0 must be at least 1"):
        kaldi.wav_frontend(lfr_m=0)


# --- configurations -------------------------------------------------------------------------------


def test_configurations_are_plain_data():
    """What the options mean is a configuration that prints, compares and goes through JSON."""
    options = options_of(num_bins=80, high_freq=-400)
    config = options._chain().config()
    assert MelConfig.from_json(config.to_json()) == config
    assert (config.n_fft, config.win_length, config.fmax) == (512, 400, 7600.0)


def test_reference_agrees(y):
    config = options_of("Mfcc", snip_edges=False)._chain().config()
    ours = online(options_of("Mfcc", snip_edges=False), [y]).get_frames()
    np.testing.assert_allclose(ours, reference.frontend(y, config), atol=2e-2)
