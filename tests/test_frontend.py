"""Front ends and their configurations: values, data, and what is refused."""

import copy
import dataclasses
import json
import pickle
import re
import warnings

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from effort import shown, some
from fastmel import MelConfig, reference, steps
from fastmel._catalogue import CATALOGUE, FAMILIES
from libraries import required

NAMES = list(fastmel.frontends())
Y = signals.speech_like(16000, 16000)
Y2 = np.stack([Y, 0.01 * signals.music_like(16000, 16000)])

SPEECH = MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=40)
KALDI = SPEECH.replace(
    n_fft=512,
    win_length=400,
    window="povey",
    window_position="left",
    padding="none",
    remove_dc_offset=True,
    preemphasis=0.97,
    scale=32768.0,
    mel_scale="kaldi",
    mel_shape="mel",
    mel_norm=None,
    mel_exclude="nyquist",
    fmin=20.0,
    log="ln",
    log_floor=2.0**-23,
    layout="time_mel",
)
CONFIGS = {
    "mel": SPEECH,
    "amplitude": SPEECH.replace(power=1.0, mel_norm=None, mel_scale="htk", fmin=20, fmax=7600),
    "affine": SPEECH.replace(shift=-0.5, gain=3.0),
    "ln": SPEECH.replace(log="ln", log_floor=1e-5, n_fft=512, win_length=400, window="hamming"),
    "log2 of max": SPEECH.replace(log="log2", ref="max", padding="none"),
    "dB of 0.1": SPEECH.replace(log="dB", ref=0.1, dynamic_range=60, pad_mode="reflect"),
    "log10, scaled": SPEECH.replace(log="log10", dynamic_range=8, shift=4, gain=0.25),
    "time first": SPEECH.replace(log="dB", ref="max", layout="time_mel", frame_count="floor"),
    "kaiser": SPEECH.replace(window=("kaiser", 8.5), n_fft=401, pad_mode="edge"),
    "single": SPEECH.replace(log="ln", precision="single"),
    "kaldi": KALDI,
    "kaldi, mirrored": KALDI.replace(
        padding=(120, 0), pad_mode="symmetric", frame_count="round", window="hamming_symmetric"
    ),
    "kaldi, energy": KALDI.replace(use_energy=True, energy_floor=1.0),
    "kaldi, energy of the window": KALDI.replace(use_energy=True, energy_of="windowed"),
    "python_speech_features": SPEECH.replace(
        use_energy=True, energy_of="spectrum", mel_gain=1 / 400, n_mfcc=13, log="ln", lifter=22.0
    ),
    "kaldi, mfcc": KALDI.replace(n_mfcc=13, lifter=22.0, use_energy=True),
    "kaldi, htk": KALDI.replace(n_mfcc=13, lifter=22.0, htk_compat=True),
    "kaldi, spectrogram": KALDI.replace(n_mels=None, use_energy=True, fmin=0.0, mel_exclude=None),
    "vocoder": SPEECH.replace(
        n_fft=1024,
        hop_length=256,
        padding=(384, 384),
        pad_mode="reflect",
        power=1.0,
        spectrum_offset=1e-9,
        log="ln",
        log_floor=1e-5,
    ),
    "floor of the spectrum": SPEECH.replace(power=1.0, spectrum_floor=1e-4, log="log10"),
    "floor of the spectrum, and more": SPEECH.replace(
        power=1.0, spectrum_floor=1e-2, spectrum_offset=1e-3, log="log10"
    ),
    "pre-emphasis": SPEECH.replace(
        preemphasis=0.97, preemphasis_scope="signal", log="ln", log_floor=0.0, log_offset=2.0**-24
    ),
    "pre-emphasis, valid": SPEECH.replace(
        preemphasis=0.97, preemphasis_scope="valid", pad_mode="reflect"
    ),
    "other ends": SPEECH.replace(padding=(37, 11), pad_mode=("reflect", "constant")),
    "to the end": SPEECH.replace(padding="none", frame_count="ceil"),
    "tail": SPEECH.replace(padding="none", frame_count="tail", win_length=300),
    "piecewise": SPEECH.replace(mel_gain=1e4, log="ln_above_e"),
    "clipped": SPEECH.replace(log="dB", shift=20.0, gain=0.025, clip=(-1.0, 1.0)),
    "above a fixed peak": SPEECH.replace(log="log10", dynamic_range=3.0, peak=-1.0),
    "one peak": SPEECH.replace(log="dB", dynamic_range=20.0, peak="batch"),
    "mean": SPEECH.replace(log="ln", normalize="mean"),
    "mean and std": SPEECH.replace(
        log="ln", normalize="mean_std", normalize_ddof=1, normalize_eps=1e-5, layout="time_mel"
    ),
    "variance": SPEECH.replace(
        log="ln", normalize="mean_std", normalize_eps=1e-7, normalize_eps_to="variance"
    ),
    "of all": SPEECH.replace(
        log="ln",
        normalize="mean_std",
        normalize_axis="all",
        normalize_eps=1e-10,
        normalize_eps_to="floor",
    ),
    "low frame rate": SPEECH.replace(
        log="ln",
        layout="time_mel",
        stack=7,
        stack_stride=6,
        stack_left=3,
        stack_tail="edge",
        feature_shift=tuple(np.linspace(-1, 1, 280)),
        feature_gain=tuple(np.linspace(0.5, 2, 280)),
    ),
    "pairs": SPEECH.replace(log="ln", stack=2, stack_tail=0.0),
    "mfcc": SPEECH.replace(log="dB", dynamic_range=80.0, n_mfcc=20, mfcc_norm="htk"),
    "window of values": SPEECH.replace(win_length=301, window=np.hanning(301)),
    "lifter from 1": SPEECH.replace(log="ln", n_mfcc=13, lifter=22.0, lifter_offset=1),
    "norm of 2": SPEECH.replace(mel_norm=2.0),
    "floor above the reference": SPEECH.replace(
        log="dB", log_floor=30.0, ref=3.0, dynamic_range=15.0, peak=20.0, gain=0.5
    ),
    "pcen": SPEECH.replace(mel_gain=2.0**31, normalize="pcen"),
    "mean of a window": SPEECH.replace(
        log="ln", normalize="mean", normalize_window=(30, 29), normalize_min_window=60
    ),
    "double": SPEECH.replace(log="ln", dtype="float64"),
    "half": SPEECH.replace(log="ln", dtype="float16", n_mfcc=13),
    "own filters": SPEECH.replace(n_mels=2, mel_weights=np.linspace(0, 1, 402).reshape(2, 201)),
}
ROWS = {name: CATALOGUE[name].config for name in NAMES}


@pytest.fixture(params=CONFIGS)
def config(request):
    return CONFIGS[request.param]


# --- values ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", some([2, 1], every=2))
@pytest.mark.parametrize("name", CONFIGS)
def test_a_front_end_is_its_stages(name, channels):
    y = {1: Y, 2: Y2}[channels]
    config = CONFIGS[name]
    features = fastmel.frontend(config)(y)
    expected = reference.frontend(y, config)
    assert features.dtype == (config.dtype or np.float32)
    assert features.shape == expected.shape
    # In double only the result is rounded; a single-precision transform errs by 1e-7 of the
    # strongest bin, which the logarithm magnifies in the weakest bands.
    rel, absolute = (1e-6, 2e-5) if config.precision == "double" else (1e-4, 1e-3)
    if config.log == "none":
        absolute = 1e-6 * np.abs(expected).max()
    if config.dtype == "float16":
        rel = 2**-11  # half a unit in the last place
    assert np.allclose(features, expected, rtol=rel, atol=absolute)


@pytest.mark.parametrize("name", some(ROWS, every=8))
def test_a_row_is_its_stages(name):
    y = signals.realistic(48123, ROWS[name].sample_rate)["noise"]
    features = fastmel.FrontEnd(ROWS[name], name)(y)
    expected = reference.frontend(y, ROWS[name])
    assert features.shape == expected.shape
    rounding = 1e-4 if features.dtype != np.float16 else 2**-11
    assert np.abs(features - expected).max() < rounding * max(1, np.abs(expected).max())


@pytest.mark.parametrize("name", CONFIGS)
def test_float64_stays_float64_in_double(name):
    config = CONFIGS[name]
    features = fastmel.frontend(config)(Y2.astype(np.float64))
    if config.precision == "single" or config.dtype == "float16":
        assert features.dtype == (config.dtype or np.float32)
        return
    assert features.dtype == np.float64
    expected = reference.frontend(Y2.astype(np.float64), config)
    assert np.allclose(features, expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())


def test_pcm_means_fractions_of_full_scale(config):
    pcm = signals.pcm(Y)
    fe = fastmel.frontend(config)
    tol.assert_same_bits(fe(pcm), fe((pcm / 2**15).astype(np.float32)))


LOG = SPEECH.replace(log="ln", log_floor=1e-6)


@pytest.mark.parametrize("samples", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("changes", [{}, {"n_mfcc": 13}, {"layout": "time_mel"}], ids=shown)
def test_the_type_of_the_result(samples, precision, changes):
    config = LOG.replace(precision=precision, **changes)
    y = signals.pcm(Y2) if samples == np.int16 else Y2.astype(samples)
    follows = np.float64 if (samples, precision) == (np.float64, "double") else np.float32
    assert fastmel.frontend(config)(y).dtype == follows
    narrow = fastmel.frontend(config.replace(dtype="float32"))(y)
    assert narrow.dtype == np.float32
    if follows == np.float32:
        tol.assert_same_bits(narrow, fastmel.frontend(config)(y))
    half = fastmel.frontend(config.replace(dtype="float16"))
    tol.assert_same_bits(half(y), narrow.astype(np.float16))
    if precision == "double":
        wide = fastmel.frontend(config.replace(dtype="float64"))(y)
        tol.assert_same_bits(wide, fastmel.frontend(config)(reference.samples(y)))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_out_and_batches_of_a_type(dtype):
    fe = fastmel.frontend(LOG.replace(dtype=dtype))
    expected = fe(Y2)
    for order in "CF":
        out = np.empty(expected.shape, dtype, order=order)
        assert fe(Y2, out=out) is out
        tol.assert_same_bits(out, expected)
    for other in {"float16", "float32", "float64"} - {dtype}:
        with pytest.raises(ValueError, match=f"out .*{dtype}"):
            fe(Y2, out=np.empty(expected.shape, other))
    features, lengths = fe.batch([Y, Y[:8000].astype(np.float64), signals.pcm(Y[:4000])])
    assert features.dtype == dtype
    tol.assert_same_bits(features[0], fe(Y))
    tol.assert_same_bits(features[1, :, : lengths[1]], fe(Y[:8000].astype(np.float64)))
    assert not features[2, :, lengths[2] :].any()
    assert list(lengths) == [fe.num_frames(n) for n in (16000, 8000, 4000)]
    assert fe.batch([])[0].dtype == dtype
    again = pickle.loads(pickle.dumps(fe))
    assert again.config == fe.config
    tol.assert_same_bits(again(Y2), expected)


def test_half_precision_overflows_quietly():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        features = fastmel.frontend(SPEECH.replace(mel_gain=1e9, dtype="float16"))(Y)
    assert np.isposinf(features).any()
    assert not np.isnan(features).any()


def test_a_window_by_its_values():
    values = np.hanning(400)
    config = SPEECH.replace(window=values)
    assert config == SPEECH.replace(window=values.tolist())
    assert config.window == tuple(values)
    tol.assert_same_bits(
        fastmel.frontend(config)(Y), fastmel.frontend(SPEECH.replace(window="hann_symmetric"))(Y)
    )
    assert MelConfig.from_json(config.to_json()) == config
    # A frame of more samples than the transform, of which it takes the first: the window is cut.
    psf = SPEECH.replace(
        n_fft=256, hop_length=160, window=np.hamming(400)[:256], padding="none", frame_length=400
    )
    frames = np.lib.stride_tricks.sliding_window_view(Y, 400)[::160] * np.hamming(400)
    power = np.abs(np.fft.rfft(frames, 256)) ** 2
    features = fastmel.frontend(psf.replace(n_mels=None))(Y)
    np.testing.assert_allclose(features.T, power, rtol=1e-6, atol=1e-9)


def test_the_librosa_front_end_is_log_melspectrogram():
    tol.assert_same_bits(
        fastmel.frontend("librosa")(Y2), fastmel.log_melspectrogram(y=Y2, ref=np.max)
    )


@pytest.mark.parametrize(("name", "n_mels"), [("whisper", 80), ("whisper-large-v3", 128)])
@pytest.mark.parametrize("kind", ["speech", "music", "noise"])
def test_whisper_is_its_formula(name, n_mels, kind):
    y = signals.realistic(48000, 16000)[kind]
    features = fastmel.frontend(name)(y)
    exact = reference.whisper_log_mel(y, n_mels)
    tol.assert_absolute(features, exact, tol.WHISPER)
    assert np.sqrt(np.mean((features - exact) ** 2)) < tol.WHISPER_RMS


@pytest.mark.parametrize(("name", "n_mels"), [("whisper", 80), ("whisper-large-v3", 128)])
@pytest.mark.parametrize("n_samples", [48000, 16001, 15999, 401, 201])
def test_whisper_is_openais(name, n_mels, n_samples):
    y = signals.speech_like(48000, 16000)[:n_samples]
    expected = required("whisper").log_mel_spectrogram(y, n_mels).numpy()
    features = fastmel.frontend(name)(y)
    assert features.dtype == expected.dtype
    tol.assert_absolute(features, expected, 2e-5)


# --- a configuration is data ----------------------------------------------------------------------


def test_equality_hash_and_repr(config):
    same = eval(repr(config), {"MelConfig": MelConfig})
    assert same == config
    assert hash(same) == hash(config)
    assert {config: 1}[same] == 1
    assert config.replace(hop_length=config.hop_length + 1) != config
    assert repr(MelConfig(n_fft=512)) == "MelConfig(n_fft=512)"


def test_json(config):
    text = config.to_json()
    assert MelConfig.from_json(text) == config
    assert json.loads(text) == json.loads(config.to_json(indent=2))
    names = [field.name for field in dataclasses.fields(config)]
    assert list(json.loads(text)) == ["schema", *names]


def test_json_of_defaults_and_of_nonsense():
    assert MelConfig.from_json("{}") == MelConfig()
    assert MelConfig.from_json('{"window": ["kaiser", 8.0]}').window == ("kaiser", 8.0)
    with pytest.raises(ValueError, match=r"mels, nfft; did you mean n_mels, n_fft\?"):
        MelConfig.from_json('{"nfft": 400, "mels": 80}')
    with pytest.raises(TypeError, match=r"unknown parameters: hop_len; did you mean hop_length\?"):
        MelConfig().replace(hop_len=160)
    with pytest.raises(TypeError, match=r"^MelConfig.* unexpected keyword argument 'hop_len'"):
        MelConfig(hop_len=160)
    with pytest.raises(ValueError, match="JSON object"):
        MelConfig.from_json("[1, 2]")
    with pytest.raises(ValueError, match=r"n_fft=-4"):
        MelConfig.from_json('{"n_fft": -4}')
    with pytest.raises(json.JSONDecodeError, match="text is no JSON: Expecting value: line 1"):
        MelConfig.from_json("n_fft: 4")
    with pytest.raises(ValueError, match="text is no JSON: it is nested too deep"):
        MelConfig.from_json('{"before": ' + "[" * 100_000)


def test_numpy_numbers_become_plain_ones():
    plain = MelConfig(n_fft=512, fmin=20, use_energy=True, window=("kaiser", 8.0), power=1)
    numpy = MelConfig(
        n_fft=np.int64(512),
        fmin=np.float32(20),
        use_energy=np.True_,
        window=["kaiser", np.float64(8)],
        power=np.int8(1),
    )
    assert numpy == plain
    assert repr(numpy) == repr(plain)
    assert numpy.to_json() == plain.to_json()


def test_replace_keeps_the_rest():
    changed = SPEECH.replace(n_mels=64, log="dB")
    assert dataclasses.asdict(changed) == dataclasses.asdict(SPEECH) | {"n_mels": 64, "log": "dB"}
    with pytest.raises(TypeError, match="bogus"):
        SPEECH.replace(bogus=1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"sample_rate": 0}, ValueError, "sample_rate=0"),
        ({"sample_rate": 16000.0}, TypeError, "sample_rate=16000.0"),
        ({"n_fft": 2.5}, TypeError, "n_fft=2.5"),
        ({"hop_length": None}, TypeError, "hop_length=None"),
        ({"win_length": 2049}, ValueError, "win_length=2049 exceeds n_fft=2048"),
        ({"window": "bogus"}, ValueError, "window='bogus' is unknown"),
        ({"window": ("kaiser",)}, ValueError, "window"),
        ({"window": ("kaiser", "wide")}, TypeError, "window"),
        ({"window": None}, TypeError, "window=None"),
        ({"window": 8.0}, TypeError, "window=8.0"),
        ({"window": np.hanning}, TypeError, "window"),
        ({"use_energy": "yes"}, TypeError, "use_energy='yes'"),
        ({"padding": "same"}, ValueError, "padding='same'"),
        ({"padding": (1, 2, 3)}, TypeError, "padding=.* pair"),
        ({"pad_mode": "wrap"}, ValueError, "pad_mode='wrap'"),
        ({"pad_mode": ("edge", "wrap")}, ValueError, "pad_mode='wrap'"),
        ({"frame_count": "all"}, ValueError, "frame_count='all'"),
        ({"frame_length": 100}, ValueError, "frame_length=100 is shorter than the window"),
        ({"power": "2"}, TypeError, "power='2'"),
        ({"power": np.nan}, ValueError, "power=nan"),
        ({"n_mels": 0}, ValueError, "n_mels=0"),
        ({"fmin": -1}, ValueError, "fmin=-1"),
        ({"fmin": 12000}, ValueError, r"fmin=12000\.0 must lie below fmax=11025\.0"),
        ({"fmax": 0}, ValueError, "fmax=0"),
        ({"fmax": "8000"}, TypeError, "fmax='8000'"),
        ({"mel_scale": "bark"}, ValueError, '"slaney", "htk", "kaldi"'),
        ({"mel_norm": "area"}, ValueError, '"slaney", "sum", "max", None'),
        ({"log": None}, ValueError, "log=None"),
        ({"log": ["dB"]}, ValueError, "log="),
        (
            {"log": "dB", "log_floor": 0},
            ValueError,
            "log_floor=0.0 and log_offset=0.0 .* more than 0",
        ),
        ({"log": "dB", "ref": 0}, ValueError, "ref=0"),
        ({"log": "dB", "ref": "min"}, ValueError, "ref='min'"),
        ({"log": "dB", "dynamic_range": -1}, ValueError, "dynamic_range=-1"),
        ({"ref": 2.0}, ValueError, "ref .* need a logarithm"),
        ({"dynamic_range": 80.0}, ValueError, "dynamic_range need a logarithm"),
        ({"gain": np.inf}, ValueError, "gain=inf"),
        ({"clip": (1, -1)}, ValueError, "clip=.* below"),
        ({"n_mfcc": 129}, ValueError, "n_mfcc=129 needs as many bands, and n_mels=128"),
        ({"vtln_warp": 1.1}, ValueError, "vtln_warp needs"),
        ({"mel_weights": np.ones((3, 3))}, ValueError, r"shape \(3, 3\)"),
        ({"stack_left": 1}, ValueError, "stack_left=1 needs stack"),
        ({"feature_shift": (1.0,)}, ValueError, "feature_shift needs 128 values"),
        ({"use_energy": True, "log": "dB", "ref": "max"}, ValueError, "use_energy goes with"),
        ({"n_mels": None, "mel_gain": 2.0}, ValueError, "mel_gain .* need bands"),
        ({"layout": "mel"}, ValueError, '"mel_time", "time_mel"'),
        ({"dtype": "float8"}, ValueError, '"float16", "float32", "float64", None'),
        ({"dtype": np.float16}, ValueError, "dtype="),
        (
            {"dtype": "float64", "precision": "single"},
            ValueError,
            'dtype="float64" needs precision="double"',
        ),
        ({"dither_seed": -1}, ValueError, "dither_seed=-1"),
        (
            {"vtln_warp": 1.1, "mel_scale": "kaldi", "mel_shape": "mel", "vtln_low": -1},
            ValueError,
            r"vtln_low=-1\.0 and vtln_high=-500\.0 \(that is, 10525\.0 Hz\) must lie in this order",
        ),
        ({"precision": "half"}, ValueError, "precision='half'"),
    ],
    ids=shown,
)
def test_what_is_no_configuration(changes, error, message):
    with pytest.raises(error, match=message):
        MelConfig(**changes)
    with pytest.raises(error, match=message):
        MelConfig().replace(**changes)


def test_parameters_are_named_and_fixed():
    with pytest.raises(TypeError):
        MelConfig(16000)
    with pytest.raises(dataclasses.FrozenInstanceError):
        SPEECH.n_fft = 512


# --- the catalogue --------------------------------------------------------------------------------


def test_the_catalogue_says_what_and_where_from():
    assert sum(map(len, FAMILIES.values())) == len(CATALOGUE), "no name twice"
    assert fastmel.frontends() == {name: CATALOGUE[name].description for name in NAMES}
    for name, entry in CATALOGUE.items():
        assert name == name.lower().strip()
        assert 10 < len(entry.description) < 80
        assert "\n" not in entry.description
        assert re.search(r"\d.*: ", entry.source), "the project, its version, and the place"
        assert fastmel.frontend(name).config is entry.config


def test_names_like_the_one_given_are_suggested():
    with pytest.raises(ValueError, match=r"'wisper'; did you mean whisper"):
        fastmel.frontend("wisper")
    with pytest.raises(ValueError, match=r"whisper, whisper-hf, "):
        fastmel.frontend(" WHISPER")
    with pytest.raises(ValueError, match=r"known: librosa, "):
        fastmel.frontend("mp3")
    with pytest.raises(TypeError, match=r"MelConfig.*got dict"):
        fastmel.frontend({"n_fft": 400})


# --- a front end ----------------------------------------------------------------------------------


def test_attributes_and_repr(config):
    fe = fastmel.frontend(config)
    assert fe.name is None
    assert (fe.config, fe.sample_rate) == (config, config.sample_rate)
    assert fe.n_features == fe(Y).shape[1 if config.layout == "time_mel" else 0]
    again = eval(repr(fe), {"fastmel": fastmel, "MelConfig": MelConfig})
    assert again.config == config
    named = fastmel.frontend("whisper")
    assert repr(named) == "fastmel.frontend('whisper')  # 16000 Hz to (80, frames), every 10 ms"
    assert named.name == "whisper"


def test_front_ends_travel_to_other_processes(config):
    fe = fastmel.frontend(config)
    for twin in (pickle.loads(pickle.dumps(fe)), copy.deepcopy(fe)):
        assert twin.config == config
        tol.assert_same_bits(twin(Y), fe(Y))
    assert pickle.loads(pickle.dumps(fastmel.frontend("whisper"))).name == "whisper"


def test_samples_from_another_process():
    # Their dtype equals NumPy's own instance of it, and is another object.
    y = pickle.loads(pickle.dumps(Y))
    tol.assert_same_bits(fastmel.frontend("whisper")(y), fastmel.frontend("whisper")(Y))
    out = pickle.loads(pickle.dumps(np.empty((80, 100), np.float32)))
    assert fastmel.frontend("whisper")(y, out=out) is out


def test_num_frames(config):
    fe = fastmel.frontend(config)
    needed = config.counted_length - sum(config.padding_lengths)
    if "reflect" in config.pad_mode:
        needed = max(needed, *(n + 1 for n in config.padding_lengths))
    for n_samples in (*range(399, 405), 511, 512, 513, 640, 1000, 1599, 1600):
        n_samples += max(0, needed - 399)
        shape = fe(Y[:n_samples]).shape
        assert fe.num_frames(n_samples) == shape[0 if config.layout == "time_mel" else 1]
        assert config.num_frames(np.int32(n_samples)) == fe.num_frames(n_samples)


@pytest.mark.parametrize("name", NAMES)
def test_num_frames_of_rows(name):
    fe = fastmel.frontend(name)
    for n_samples in (16000, 16001, 47999):
        y = np.resize(Y, n_samples)
        features = fe(y) if fe.config.layout == "time_mel" else fe(y).swapaxes(-1, -2)
        assert (features.shape[0], features.shape[-1]) == (fe.num_frames(n_samples), fe.n_features)


def test_num_frames_of_no_length():
    fe = fastmel.frontend("whisper")
    assert fe.num_frames(0) == 0
    assert fe.num_frames(480000) == 3000
    for wrong, error in ((-1, ValueError), (2.0, TypeError), ("3", TypeError)):
        with pytest.raises(error, match="n_samples"):
            fe.num_frames(wrong)


def test_empty_bands_are_warned_of():
    crowded = SPEECH.replace(n_mels=200)
    with pytest.warns(UserWarning, match="mel bands cover no FFT bin") as caught:
        fe = fastmel.frontend(crowded)
    assert caught[0].filename == __file__
    assert fe(Y).shape == (200, 101)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.loads(pickle.dumps(fe))  # a worker says nothing again


def test_layouts_are_transposes():
    first, last = (fastmel.frontend(SPEECH.replace(layout=x)) for x in ("time_mel", "mel_time"))
    tol.assert_same_bits(first(Y2), np.swapaxes(last(Y2), -1, -2))
    assert first(Y2).flags.c_contiguous


@pytest.mark.parametrize(
    ("changes", "n_samples", "message"),
    [
        ({"pad_mode": "reflect"}, 200, r"200 samples; reflection .* more than 200"),
        ({"padding": "none"}, 399, r"399 samples; .* needs 400"),
        ({}, 0, "y is empty"),
        ({"pad_mode": "edge"}, 0, "y is empty"),
    ],
)
def test_too_short(changes, n_samples, message):
    fe = fastmel.frontend(SPEECH.replace(**changes))
    with pytest.raises(ValueError, match=message):
        fe(Y[:n_samples])
    with pytest.raises(ValueError, match=rf"item 1: .*{message}"):
        fe.batch([Y, Y[:n_samples]])
    assert fe(Y[: n_samples + 1]).size > 0


def test_a_signal_shorter_than_a_hop_without_its_last_frame():
    fe = fastmel.frontend(SPEECH.replace(log="dB", ref="max", frame_count="floor"))
    assert fe(Y[:100]).shape == (40, 0)
    with pytest.raises(ValueError, match="finite"):
        fe(np.full(100, np.nan, np.float32))


def test_items_of_an_array_are_on_their_own(config):
    config = config.replace(peak="item") if config.peak == "batch" else config
    fe = fastmel.frontend(config)
    together = fe(Y2.reshape(2, 1, -1))
    for item, y in zip(together[:, 0], Y2, strict=True):
        tol.assert_same_bits(item, fe(y))


def test_out(config):
    fe = fastmel.frontend(config)
    expected = fe(Y2)
    out = np.full_like(expected, np.nan)
    assert fe(Y2, out=out, workers=2) is out
    tol.assert_same_bits(out, expected)
    for wrong in (out[:1], out[..., :-1], out.astype(np.longdouble), out.swapaxes(-1, -2)):
        with pytest.raises(ValueError, match="out must have"):
            fe(Y2, out=wrong)


# --- the sample rate ------------------------------------------------------------------------------


def test_the_own_rate_is_accepted(config):
    fe = fastmel.frontend(config)
    for sr in (config.sample_rate, float(config.sample_rate), np.int32(config.sample_rate)):
        tol.assert_same_bits(fe(Y, sr=sr), fe(Y))
    tol.assert_same_bits(fe(Y, sr=config.sample_rate, resample=True), fe(Y))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sr": 44100}, ValueError, "sr=44100: this front end expects 16000 Hz; resample=True"),
        ({"sr": 8000.5}, ValueError, "sr=8000.5: this front end expects 16000 Hz"),
        ({"sr": 0}, ValueError, "sr=0 must be above 0"),
        ({"sr": -16000, "resample": True}, ValueError, "sr=-16000 must be above 0"),
        ({"sr": np.nan, "resample": True}, ValueError, "sr=nan"),
        ({"sr": "16k"}, TypeError, "sr='16k' must be a number"),
        ({"resample": True}, ValueError, "resample=True needs sr"),
        ({"sr": 44100, "resample": np.ones(3)}, TypeError, "resample=an array of .* must be True"),
        ({"resample": "yes"}, TypeError, "resample='yes' must be True or False"),
    ],
    ids=shown,
)
def test_another_rate_is_refused(options, error, message):
    fe = fastmel.frontend("whisper")
    with pytest.raises(error, match=message):
        fe(Y, **options)
    with pytest.raises(error, match=f"item 0: {message}"):
        fe.batch([Y], **options)


@pytest.mark.parametrize("sr", [8000, 22050, 44100])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32])
def test_another_rate_is_resampled_if_wanted(sr, dtype):
    soxr = pytest.importorskip("soxr")
    y = signals.speech_like(20000, sr)
    full = np.iinfo(dtype).max if np.issubdtype(dtype, np.integer) else None
    samples = (y * (full or 1)).astype(dtype)
    floats = (samples / (full + 1.0)).astype(np.float32) if full else samples
    at_16k = soxr.resample(floats, sr, 16000, quality="soxr_hq")
    n = int(np.ceil(20000 * 16000 / sr))
    at_16k = np.pad(at_16k, (0, max(0, n - at_16k.size)))[:n]
    fe = fastmel.frontend(SPEECH)
    found = fe(samples, sr=sr, resample=True)
    tol.assert_same_bits(found, fe(at_16k))
    assert found.dtype == (np.float64 if dtype is np.float64 else np.float32)
    stereo = np.stack([samples, samples[::-1]])
    tol.assert_same_bits(fe(stereo, sr=sr, resample=True)[0], found)
    tol.assert_same_bits(fe.batch([samples], sr=sr, resample=True)[0][0], found)


def test_what_a_file_holds_is_what_its_samples_are(tmp_path):
    sf = pytest.importorskip("soundfile")
    pytest.importorskip("soxr")
    pcm = signals.pcm(signals.speech_like(44100, 44100))
    sf.write(tmp_path / "a.wav", pcm, 44100, subtype="PCM_16")
    fe = fastmel.frontend("whisper")
    loaded, _ = fastmel.load(tmp_path / "a.wav", sr=16000)
    tol.assert_same_bits(fe(pcm, sr=44100, resample=True), fe(loaded))


def test_resampling_of_bad_audio_is_refused():
    pytest.importorskip("soxr")
    fe = fastmel.frontend("whisper")
    with pytest.raises(ValueError, match="y is empty"):
        fe(Y[:0], sr=44100, resample=True)
    with pytest.raises(ValueError, match="finite"):
        fe(np.full(44100, np.nan, np.float32), sr=44100, resample=True)


def test_resampling_without_soxr_says_how_to_get_it(run_python):
    done = run_python(
        """
        import sys
        sys.modules["soxr"] = None
        import fastmel, numpy as np
        try:
            fastmel.frontend("whisper")(np.zeros(8000, np.float32), sr=8000, resample=True)
        except ModuleNotFoundError as error:
            print(error)
        """
    )
    assert 'pip install "fastmel[io]"' in done.stdout


# --- batches --------------------------------------------------------------------------------------


def test_a_batch_is_its_items(config):
    fe = fastmel.frontend(config)
    items = [Y[:n] for n in (16000, 1601, 4000, 4000)]
    features, lengths = fe.batch(iter(items), workers=2)
    assert lengths.dtype == np.int64
    assert lengths.tolist() == [fe.num_frames(y.size) for y in items]
    if config.layout == "time_mel":
        features = features.swapaxes(-1, -2)
    assert features.shape == (4, fe.n_features, max(lengths))
    for y, row, n in zip(items, features, lengths, strict=True):
        single = fe(y)
        if config.layout == "time_mel":
            single = single.T
        tol.assert_same_bits(row[:, :n], single)
        assert not row[:, n:].any()


def test_a_batch_of_pcm_between_ramps():
    """Samples are made fractions before ramps, which are no whole numbers, begin at them."""
    fe = fastmel.frontend("librosa-mel").replace(pad_mode="linear_ramp")
    items = [np.round(Y[:n] * 32767).astype(np.int16) for n in (16000, 4000)]
    features, lengths = fe.batch(items)
    for y, row, n in zip(items, features, lengths, strict=True):
        tol.assert_same_bits(row[:, :n], fe(y))
        tol.assert_same_bits(row[:, :n], fe(y / np.float32(32768)))


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("name", fastmel.frontends())
def test_batches_of_every_row(name, workers):
    fe = fastmel.frontend(name)
    items = [
        signals.noise(int(seconds * fe.sample_rate), seed=i).astype(kind)
        for i, (seconds, kind) in enumerate([(1.5, np.float32), (0.7, np.float64), (1.5, "f4")])
    ]
    items[0] = signals.pcm(items[0])
    features, lengths = fe.batch(items, workers=workers)
    assert features.flags.c_contiguous
    time = {"mel_time": -1, "time_mel": -2}[fe.config.layout]
    for y, row, n in zip(items, features, lengths, strict=True):
        single = fe(y)
        axis = 0 if single.ndim > 2 else time
        assert single.shape[axis] == n
        if single.dtype == row.dtype:
            tol.assert_same_bits(np.take(row, range(n), axis), single)
        else:
            assert np.array_equal(np.take(row, range(n), axis), single)
        assert not np.take(row, range(n, row.shape[axis]), axis).any()


def test_batches_of_nothing_of_rows_and_of_mixed_types():
    fe = fastmel.frontend("librosa")
    features, lengths = fe.batch([])
    assert features.shape == (0, 128, 0)
    assert features.dtype == np.float32
    assert lengths.shape == (0,)
    tol.assert_same_bits(fe.batch(Y2)[0], fe(Y2))
    mixed, _ = fe.batch([Y, Y.astype(np.float64), signals.pcm(Y)])
    assert mixed.dtype == np.float64
    tol.assert_same_bits(mixed[1], fe(Y.astype(np.float64)))
    assert fastmel.frontend("whisper").batch([Y.astype(np.float64)])[0].dtype == np.float32


@pytest.mark.parametrize("name", ["funasr", "granite-speech-5", "musicnn", "vggish", "whisper-hf"])
def test_steps_go_with_out_and_batches(name):
    fe = fastmel.frontend(name)
    short, long = (np.tile(Y, n)[: 16000 * n - 300] for n in (4, 7))
    expected = fe(short)
    out = np.empty_like(expected)
    assert fe(short, out=out) is out
    tol.assert_same_bits(out, expected)
    time = -1 if fe.config.layout == "mel_time" else 0
    features, lengths = fe.batch([short, long])
    assert (features.dtype, lengths[0]) == (expected.dtype, expected.shape[time])
    padded = np.moveaxis(features[0], time, 0)
    tol.assert_same_bits(padded[: lengths[0]], np.moveaxis(expected, time, 0))
    assert not padded[lengths[0] :].any()
    nothing, lengths = fe.batch([])
    assert (nothing.dtype, lengths.shape) == (expected.dtype, (0,))
    shape = list(expected.shape)
    shape[time] = 0
    assert nothing.shape == (0, *shape)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (Y2, ValueError, r"item 1: y must have one axis; got shape \(2, 16000\)"),
        (Y.astype(complex), TypeError, "item 1: y must be audio samples"),
        (Y * np.inf, ValueError, "item 1: y is not finite"),
        (None, TypeError, "item 1: y must be a NumPy array"),
        (Y[0], ValueError, r"item 1: y must have one axis; got a scalar: .* is \[y\]"),
    ],
    ids=["two axes", "complex", "infinite", "None", "scalar"],
)
def test_the_bad_item_of_a_batch_is_named(bad, error, message):
    with np.errstate(invalid="ignore"), pytest.raises(error, match=message):
        fastmel.frontend("librosa").batch([Y, bad, Y])


# --- one value describes the whole front end ------------------------------------------------------


# Of bands that cover no bin, a configuration warns, and a row does not.
EMPTY_BANDS = pytest.mark.filterwarnings("ignore:[0-9]+ of [0-9]+ mel bands cover no FFT bin")


@EMPTY_BANDS
@pytest.mark.parametrize("name", NAMES)
def test_a_front_end_is_its_configuration(name):
    fe = fastmel.frontend(name)
    y = signals.noise(fe.sample_rate)
    expected = fe(y)
    twins = {
        "its JSON": fastmel.frontend(fe.to_json()),
        "its configuration": fastmel.frontend(fe.config),
        "JSON of its configuration": fastmel.frontend(fe.config.to_json(indent=1)),
        "no changes": fe.replace(),
        "a copy": copy.deepcopy(fe),
        "a pickle": pickle.loads(pickle.dumps(fe)),
    }
    for how, twin in twins.items():
        assert twin == fe, how
        assert hash(twin) == hash(fe), how
        tol.assert_same_bits(twin(y), expected)


@EMPTY_BANDS
def test_steps_survive_a_change():
    y = np.zeros(16000, np.float32)
    for name, changes, shape in (
        ("whisper-hf", {"n_mels": 64}, (64, 3000)),
        ("ast", {"fmax": 7000.0}, (1024, 128)),
        ("vggish", {"log_offset": 0.02}, (1, 96, 64)),
    ):
        fe = fastmel.frontend(name)
        for changed in (fe.replace(**changes), fastmel.frontend(fe.config.replace(**changes))):
            assert changed(y).shape == shape
            assert changed.name is None
            assert changed != fe
    bare = fastmel.frontend("whisper-hf").replace(before=())
    assert bare(y).shape == (80, 100)
    assert bare.config == fastmel.frontend("whisper-hf").config.chain


def test_a_name_in_json_is_that_of_an_equal_row():
    fe = fastmel.frontend("whisper")
    assert fastmel.frontend(fe.to_json()).name == "whisper"
    assert json.loads(fe.to_json())["name"] == "whisper"
    for name in ("hifi-gan", "no-such-row", None, 3):
        text = json.dumps({**json.loads(fe.to_json()), "name": name})
        assert fastmel.frontend(text).name is None
        assert fastmel.frontend(text) == fe
    assert MelConfig.from_json(fe.to_json()) == fe.config


def test_front_ends_are_values():
    fe = fastmel.frontend("whisper")
    assert fe == fastmel.frontend("whisper") == fastmel.FrontEnd(fe.config, "another name")
    assert len({fe, fastmel.frontend("whisper"), fastmel.frontend("whisper-hf")}) == 2
    assert fe != fastmel.frontend("whisper-hf")
    assert fe != fe.config
    for name in ("config", "name", "before", "_plan", "anything"):
        with pytest.raises(AttributeError):
            setattr(fe, name, None)


def test_json_of_the_first_schema():
    # As written by 0.1.0; what was added later has defaults that change nothing.
    text = """{"schema": 1, "name": null, "sample_rate": 16000,
        "before": [{"step": "PadOrTrim", "n_samples": 480000}],
        "n_fft": 400, "hop_length": 160, "window": ["kaiser", 8.0], "n_mels": 80,
        "after": [{"step": "Deltas", "window": 3, "order": 1},
                  {"step": "AppendFrames", "frames": 1, "value": -1.5}]}"""
    expected = MelConfig(
        sample_rate=16000,
        before=(steps.PadOrTrim(480000),),
        n_fft=400,
        hop_length=160,
        window=("kaiser", 8.0),
        n_mels=80,
        after=(steps.Deltas(3), steps.AppendFrames(1, -1.5)),
    )
    assert fastmel.frontend(text).config == expected
    assert (expected.n_features, expected.num_frames(5)) == (160, 3002)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 2}', "schema=2: a newer fastmel wrote this; fastmel .* reads schema 1"),
        ('{"schema": 0}', "schema=0 must be a number from 1"),
        ('{"schema": "1"}', "schema='1' must be a number from 1"),
        ('{"mels": 3}', "unknown parameters: mels; did you mean .*newer fastmel"),
        ('{"after": 3}', "after must be a list of steps; got 3"),
        ('{"after": [3]}', 'a step must be an object with its name as "step"; got 3'),
        ('{"after": [{"window": 3}]}', "a step must be an object with its name"),
        ('{"after": [{"step": "Delta"}]}', "unknown step 'Delta'; did you mean Deltas"),
        ('{"after": [{"step": "Step"}]}', "unknown step 'Step'"),
        ('{"after": [{"step": "Deltas", "windows": 3}]}', "'windows'; did you mean window.*newer"),
        ('{"after": [{"step": "Deltas", "window": 2}]}', "window=2 must be at least 3"),
        ('{"before": [{"step": "Deltas"}]}', "before must hold .* SampleStep; got Deltas"),
        ('{"n_fft": 400', "delimiter"),
        ('\ufeff{"n_fft": 400}', "utf-8-sig"),
    ],
)
def test_json_that_is_refused(text, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fastmel.frontend(text)


def test_numbers_of_steps_are_plain():
    step = steps.AppendFrames(np.int64(2), np.float32(0.5))
    assert (type(step.frames), type(step.value)) == (int, float)
    assert step == steps.AppendFrames(2, 0.5)
    assert steps.Step.from_dict(step.to_dict()) == step
