"""fastmel.transformers against transformers itself, argument by argument."""

import copy
import functools
import inspect
import pickle

import numpy as np
import pytest
from fastmel import transformers as ours
from libraries import required
from signals import music_like, noise, pcm, speech_like

hf = pytest.importorskip("transformers", minversion="5.23")
torch = pytest.importorskip("torch")
hf.logging.set_verbosity_error()

pytestmark = pytest.mark.filterwarnings("ignore")  # what transformers' dependencies deprecate


@functools.cache
def pair(name, options=()):
    """Return ours and the original, made with the same options."""
    return getattr(ours, name)(**dict(options)), getattr(hf, name)(**dict(options))


def clips(sample_rate):
    """Return three clips of awkward and different lengths.

    All have a floor of noise: where there is next to nothing, the originals return the rounding of
    float32, which tests/originals weighs.
    """
    y = [
        speech_like(sample_rate + 311, sample_rate),
        music_like(sample_rate // 2 + 57, sample_rate),
        noise(sample_rate),
    ]
    return [clip + noise(len(clip), seed=9, level=1e-3) for clip in y]


def arrays(value):
    """Return a value as a list of arrays, one for each clip."""
    return [np.asarray(v) for v in value]


def assert_same(mine, original, *, atol, names=None):
    """The same keys, shapes, dtypes, masks and kinds of container; features close."""
    assert set(mine) == set(names or original)
    for key in mine:
        got, expected = arrays(mine[key]), arrays(original[key])
        assert [g.shape for g in got] == [e.shape for e in expected], key
        for g, e in zip(got, expected, strict=True):
            if np.issubdtype(e.dtype, np.floating):
                assert g.dtype == np.float32, key
                np.testing.assert_allclose(g, e, rtol=1e-4, atol=atol, err_msg=key)
            else:
                np.testing.assert_array_equal(g, e, err_msg=key)


def compare(name, call, *, options=(), atol=5e-4, names=None):
    """Call both with the same arguments."""
    mine, original = pair(name, options)
    with np.errstate(all="ignore"):
        assert_same(call(mine), call(original), atol=atol, names=names)


BATCHED = {
    # class: (its sample rate, arguments to vary)
    "WhisperFeatureExtractor": [
        {},
        {"return_attention_mask": True},
        {"padding": "longest", "return_attention_mask": True},
        {"padding": "longest", "pad_to_multiple_of": 4000, "return_attention_mask": True},
        {"max_length": 9999, "return_attention_mask": True},
        {"max_length": 9999, "pad_to_multiple_of": 1000, "return_attention_mask": True},
        {"do_normalize": True},
        {"do_normalize": True, "return_attention_mask": True},
        {"padding": "max_length", "max_length": 20000, "truncation": False},
    ],
    "SeamlessM4TFeatureExtractor": [
        {},
        {"return_attention_mask": False},
        {"pad_to_multiple_of": 16},
        {"pad_to_multiple_of": None},
        {"padding": "max_length", "max_length": 121},
        {"padding": "max_length", "max_length": 61, "truncation": True},
        {"do_normalize_per_mel_bins": False},
    ],
    "ParakeetFeatureExtractor": [
        {},
        {"pad_to_multiple_of": 5000},
        {"padding": "max_length", "max_length": 20000},
    ],
    "NemotronAsrStreamingFeatureExtractor": [
        {},
        {"center": False},
        {"center": False, "is_last_audio_chunk": True},
    ],
    "VoxtralRealtimeFeatureExtractor": [
        {"return_attention_mask": True},
        {"center": False, "return_attention_mask": True},
        {},
    ],
    "Qwen3ASRFeatureExtractor": [
        {"return_attention_mask": True},
        {"padding": "longest", "return_attention_mask": True},
        {"padding": "longest", "n_window": 30},
        {"max_length": 9000, "truncation": True, "return_attention_mask": True},
    ],
    "Dots3NoteFeatureExtractor": [{}],
    "MossTranscribeDiarizeFeatureExtractor": [{}, {"pad_to_multiple_of": 7000}],
    "Speech2TextFeatureExtractor": [
        {"padding": True},
        {"padding": "max_length", "max_length": 40, "truncation": True},
        {"padding": True, "pad_to_multiple_of": 16},
    ],
    "ASTFeatureExtractor": [{}],
    "Phi4MultimodalFeatureExtractor": [{}, {"pad_to_multiple_of": 7000}],
    "LasrFeatureExtractor": [{}, {"return_attention_mask": True}],
    "Xcodec2FeatureExtractor": [{}],
    "NeuCodecFeatureExtractor": [{}],
    "FunAsrNanoFeatureExtractor": [{}, {"pad_to_multiple_of": 8}, {"return_attention_mask": False}],
    "UnivNetFeatureExtractor": [
        {"return_noise": False},
        {"return_noise": False, "do_normalize": True, "pad_end": True},
        {"return_noise": False, "max_length": 9000, "return_attention_mask": False},
    ],
    "ClvpFeatureExtractor": [
        {},
        {"padding": "longest"},
        {"max_length": 9000, "return_attention_mask": False},
    ],
    "GraniteSpeech5FeatureExtractor": [
        {},
        {"max_length": 8000, "truncation": True},
        {"pad_to_multiple_of": 480, "return_attention_mask": False},
    ],
    "InklingFeatureExtractor": [{}, {"pad_to_multiple_of": 9000}, {"return_attention_mask": False}],
}
CASES = [
    pytest.param(name, arguments, id=f"{name[: -len('FeatureExtractor')]}-{i}")
    for name, cases in BATCHED.items()
    for i, arguments in enumerate(cases)
]


@pytest.mark.parametrize("tensors", ["np", "pt"])
@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_batches(name, arguments, tensors):
    rate = pair(name)[1].sampling_rate
    compare(
        name,
        lambda made: made(clips(rate), sampling_rate=rate, return_tensors=tensors, **arguments),
    )


@pytest.mark.parametrize("name", BATCHED)
def test_one_clip(name):
    rate = pair(name)[1].sampling_rate
    more = {"return_noise": False} if "UnivNet" in name else {}
    for y in (clips(rate)[0], clips(rate)[0].astype(np.float64)):
        compare(name, lambda made, y=y: made(y, sampling_rate=rate, return_tensors="np", **more))


@pytest.mark.parametrize("name", ["WhisperFeatureExtractor", "SeamlessM4TFeatureExtractor"])
def test_lists_and_integers(name):
    y = clips(16000)[0]
    compare(name, lambda made: made(y.tolist(), sampling_rate=16000))
    compare(name, lambda made: made([y.tolist(), y[:8000].tolist()], sampling_rate=16000))
    compare(name, lambda made: made(np.stack([y, y[::-1]]), sampling_rate=16000))
    # PCM is taken as it is: the numbers of the original, which scales nothing either.
    compare(name, lambda made: made([pcm(y), pcm(y[:8000])], sampling_rate=16000))


@pytest.mark.parametrize("name", ["ParakeetFeatureExtractor", "SeamlessM4TFeatureExtractor"])
def test_tensors_go_in(name):
    y = torch.from_numpy(clips(16000)[0])
    compare(name, lambda made: made([y, y[:8000]], sampling_rate=16000, return_tensors="pt"))


def test_stereo():
    left, right = clips(16000)[2], clips(16000)[2][::-1].copy()
    stereo = np.stack([left, right])
    compare("SeamlessM4TFeatureExtractor", lambda made: made([stereo], sampling_rate=16000))
    compare(
        "ParakeetFeatureExtractor",
        lambda made: made(stereo.T[np.newaxis], sampling_rate=16000, return_tensors="np"),
    )
    compare(
        "InklingFeatureExtractor",
        lambda made: made(stereo.T, sampling_rate=16000, return_tensors="np"),
    )


Y = noise(24000, seed=3)
TWO = np.stack([Y, Y[::-1]])
SHAPES = {
    "(2, n)": TWO,
    "(1, n)": Y[np.newaxis],
    "(40, 2)": TWO[:, :40].T,
    "(2, n, 2)": np.stack([TWO.T, TWO.T]),
    "(2, 2, n)": np.stack([TWO, TWO]),
    "(1, 1, n)": Y[np.newaxis, np.newaxis],
    "(1, n, 1)": Y[np.newaxis, :, np.newaxis],
    "(1, 1, 1, n)": Y[np.newaxis, np.newaxis, np.newaxis],
    "()": Y[0],
    "(0, n)": TWO[:0],
    "[]": [],
    "[n, m]": [Y, Y[:9000]],
    "[(n, 2)]": [TWO.T],
    "[(2, n)]": [TWO],
    "[(1, n)]": [Y[np.newaxis]],
    "[n, (n, 2)]": [Y, TWO.T],
    "[[n, m]]": [[Y, Y[:9000]]],
}
# Of these the originals make what has no meaning: features of two samples, of channels that are
# mixed with frames, or of no clip.
REFUSED = {
    *(
        (name, shape)
        for name in ("Cohere", "Parakeet", "Nemotron")
        for shape in ("(2, 2, n)", "(1, 1, n)")
    ),
    *(("Inkling", shape) for shape in ("(2, n)", "(1, n)", "[(2, n)]", "[(1, n)]")),
    *(("GraniteSpeech", shape) for shape in ("(2, 2, n)", "(1, 1, n)", "(1, 1, 1, n)", "[(2, n)]")),
    *(("Lasr", shape) for shape in ("[(2, n)]", "[(1, n)]")),
    *((name, "(0, n)") for name in ("Gemma3n", "Gemma4")),
    ("FunAsrNano", "[]"),
}
# Clips of two samples have no variance: NaN there, 0 here.
NOT_FINITE = {(name, "(40, 2)") for name in ("Cohere", "Parakeet")}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    "name",
    [
        *BATCHED,
        "ClapFeatureExtractor",
        "Gemma3nAudioFeatureExtractor",
        "Gemma4AudioFeatureExtractor",
        "GraniteSpeechFeatureExtractor",
        "CohereAsrFeatureExtractor",
    ],
)
def test_shapes(name, shape):
    """What the original takes we take, with its results; what it does not, we refuse at once."""
    short = (("chunk_length", 2),) if name.startswith(("Whisper", "Moss", "Dots", "Qwen")) else ()
    if name.startswith("Cohere"):
        short = (("dither", 0.0),)
    mine, original = pair(name, short)
    arguments = {"sampling_rate": mine.sampling_rate, "padding": True, "return_noise": False}
    accepted = inspect.signature(original.__call__).parameters
    arguments = {n: v for n, v in arguments.items() if n in accepted and name[:4] != "Clap"}

    def call(made):
        np.random.seed(5)  # noqa: NPY002 - what CLAP's draws from
        with np.errstate(all="ignore"):
            return made(copy.deepcopy(SHAPES[shape]), **arguments)

    try:
        expected = call(original)
    except Exception:
        expected = None
    if expected is None or any(name.startswith(m) and s == shape for m, s in REFUSED):
        with pytest.raises((ValueError, TypeError)):
            call(mine)
    elif any(name.startswith(m) and s == shape for m, s in NOT_FINITE):
        assert not call(mine)["attention_mask"].any()
    else:
        got = call(mine)
        got.pop("audio_chunk_index", None), expected.pop("audio_chunk_index", None)
        assert_same(got, expected, atol=2e-3)


def test_padding_of_a_kind():
    """Granite Speech 5 pads to the multiple in any case, X-Codec 2 no clip that stays as it is."""
    for arguments in (
        {"padding": False, "pad_to_multiple_of": 7000},
        {"padding": "longest", "max_length": 9001, "truncation": True, "pad_to_multiple_of": 7},
        {"padding": "max_length", "max_length": 30000, "pad_to_multiple_of": 7000},
    ):
        name = "GraniteSpeech5FeatureExtractor"
        compare(name, lambda made, a=arguments: made(Y, sampling_rate=16000, **a))
    with pytest.raises(ValueError, match="more than max_length=9000"):
        pair(name)[0](Y, sampling_rate=16000, padding="max_length", max_length=9000)
    for name in ("Xcodec2FeatureExtractor", "NeuCodecFeatureExtractor"):
        compare(name, lambda made: made([Y], sampling_rate=16000, padding="do_not_pad"))
        compare(
            name,
            lambda made: made([Y], sampling_rate=16000, truncation=True, max_length=9000),
        )


def test_ragged_lists():
    three = clips(16000)
    mine, original = pair("Speech2TextFeatureExtractor")
    got, expected = mine(three, sampling_rate=16000), original(three, sampling_rate=16000)
    assert isinstance(got.input_features, list)
    assert_same(got, expected, atol=5e-4)


@pytest.mark.parametrize("option", ["do_ceptral_normalize", "normalize_means", "normalize_vars"])
def test_speech_to_text_normalises_as_asked(option):
    compare(
        "Speech2TextFeatureExtractor",
        lambda made: made(clips(16000), sampling_rate=16000, padding=True),
        options=((option, False),),
    )


@pytest.mark.parametrize("truncation", ["fusion", "rand_trunc"])
@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
def test_clap(truncation, padding):
    batch = [noise(48000 * 3), noise(48000 * 11, seed=1), noise(48000 * 10 + 300, seed=2)]

    def call(made):
        np.random.seed(5)  # noqa: NPY002 - what the original draws from
        return made(batch, sampling_rate=48000, truncation=truncation, padding=padding)

    compare("ClapFeatureExtractor", call)
    compare("ClapFeatureExtractor", lambda made: made(batch[0], sampling_rate=48000))


def test_speecht5():
    three = clips(16000)
    name = "SpeechT5FeatureExtractor"
    compare(name, lambda made: made(audio_target=three, sampling_rate=16000, padding=True))
    compare(name, lambda made: made(three, sampling_rate=16000, padding=True), atol=0)
    compare(name, lambda made: made(three[0], three[1], sampling_rate=16000, return_tensors="np"))
    compare(
        name,
        lambda made: made(three, sampling_rate=16000, padding="longest", return_tensors="pt"),
        options=(("do_normalize", True),),
        atol=1e-6,
    )


@pytest.mark.parametrize("name", ["Gemma3nAudioFeatureExtractor", "Gemma4AudioFeatureExtractor"])
@pytest.mark.parametrize(
    "options",
    [
        (),
        (("preemphasis", 0.9), ("preemphasis_htk_flavor", False)),
        (("per_bin_mean", (0.5,) * 128), ("per_bin_stddev", (2.0,) * 128)),
        (("input_scale_factor", 3.0), ("fft_overdrive", True)),
    ],
)
def test_gemma(name, options):
    three = clips(16000)
    compare(name, lambda made: made(three, return_tensors="np"), options=options)
    compare(name, lambda made: made(three, padding=False), options=options)


def test_granite_speech():
    three = clips(16000)
    name = "GraniteSpeechFeatureExtractor"
    compare(name, lambda made: made(three))
    compare(name, lambda made: made(torch.from_numpy(three[0])))
    with pytest.raises(ValueError, match="floating point"):
        pair(name)[0](pcm(three[0]))


def test_cohere_asr_pieces_and_dither():
    long = np.concatenate([speech_like(16000 * 20, 16000, seed=s) for s in (0, 1)])
    name = "CohereAsrFeatureExtractor"
    batch = [long, clips(16000)[0]]
    call = functools.partial(_call_cohere, batch)
    mine, original = pair(name)
    got, expected = call(mine), call(original)
    assert got["audio_chunk_index"] == expected["audio_chunk_index"]
    assert got["audio_chunk_index"][:2] == [(0, 0), (0, 1)]
    del got["audio_chunk_index"], expected["audio_chunk_index"]
    # Pre-emphasis leaves next to nothing in band 0, where each is up to 5e-4 from float64, in
    # frames of its own. A frame or a sample out of place would show in all bands.
    assert_same(got, expected, atol=1e-3)
    features, theirs = got["input_features"], expected["input_features"]
    assert np.mean(np.abs(features - theirs)) < 1e-6


def _call_cohere(batch, made):
    return made(batch, sampling_rate=16000, return_tensors="np")


@pytest.mark.parametrize("name", ["Dots3Note", "MossTranscribeDiarize"])
def test_long_clips_in_pieces(name):
    rate = 1000
    options = (("sampling_rate", rate), ("hop_length", 10), ("n_fft", 26), ("chunk_length", 2))
    batch = [noise(5 * rate + 3), noise(2 * rate, seed=1), noise(3, seed=2)]
    compare(
        f"{name}FeatureExtractor",
        lambda made: made(batch, sampling_rate=rate, return_tensors="np"),
        options=options,
    )
    compare(f"{name}FeatureExtractor", lambda made: made(batch[0]), options=options)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"return_attention_mask": True},
        {"return_attention_mask": None},
        {"steps_per_beat": 3, "return_tensors": "pt"},
    ],
)
def test_pop2piano(arguments):
    required("essentia.standard")
    name, rate = "Pop2PianoFeatureExtractor", 22050
    beats = [np.arange(0.3, 4, 0.47, np.float32), np.array([0.1, 0.9, 2.0], np.float32)]
    two = [music_like(rate * 4, rate), music_like(rate * 3 + 77, rate, seed=1)]
    mine, original = pair(name)
    queue = list(beats)
    original.extract_rhythm = lambda audio: (None, queue.pop(0), None, None, None)
    expected = original(two, [rate] * 2, **arguments)
    assert_same(mine(two, [rate] * 2, beat_times=beats, **arguments), expected, atol=5e-4)
    queue = [beats[0]]
    expected = original(two[0], rate, **arguments)
    assert_same(mine(two[0], rate, beat_times=beats[0], **arguments), expected, atol=5e-4)


def test_pop2piano_finds_beats_and_resamples():
    required("essentia.standard")
    required("resampy")
    y = music_like(22050 * 5, 22050)
    mine, original = (module.Pop2PianoFeatureExtractor() for module in (ours, hf))
    assert_same(mine(y, 44100), original(y, 44100), atol=5e-4)
    with pytest.warns(UserWarning, match="44100 Hz"):
        got = mine(y, 44100, resample=False)
    assert_same(got, original(y, 44100, resample=False), atol=5e-4)


def test_mel_norms_of_clvp():
    options = (("mel_norms", tuple(np.linspace(1, 3, 80))),)
    y = clips(22050)[0]
    compare("ClvpFeatureExtractor", lambda made: made(y, sampling_rate=22050), options=options)


ALL = [name for name in ours.__all__ if name.endswith("FeatureExtractor") and len(name) > 16]


@pytest.mark.parametrize("name", ALL)
def test_configuration_files(name, tmp_path):
    if name == "Pop2PianoFeatureExtractor":
        required("essentia.standard")
    original = getattr(hf, name)()
    original.save_pretrained(tmp_path)
    made = ours.FeatureExtractor.from_pretrained(tmp_path)
    assert type(made) is getattr(ours, name)
    y = noise(original.sampling_rate)
    fast = ours.accelerate(original)
    assert type(fast) is type(made)
    assert vars(fast).keys() == vars(made).keys()
    again = pickle.loads(pickle.dumps(made))
    key = made.model_input_names[0]
    call = {"audio_target": y} if name == "SpeechT5FeatureExtractor" else {"raw_speech": y}
    if name in ("GraniteSpeechFeatureExtractor",):
        call = {"audios": y}
    if name in ("Xcodec2FeatureExtractor", "NeuCodecFeatureExtractor"):
        call = {"audio": y}
    if name == "Pop2PianoFeatureExtractor":
        call = {"audio": y, "sampling_rate": 22050, "beat_times": [0.1, 0.5, 0.8]}
    if name == "CohereAsrFeatureExtractor":
        call["sampling_rate"] = 16000
    first, second, third = (np.asarray(m(**call)[key][0]) for m in (made, fast, again))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(first, third)


def test_parameters_are_taken_over():
    original = hf.WhisperFeatureExtractor(feature_size=128, chunk_length=20)
    made = ours.accelerate(original)
    assert (made.feature_size, made.n_samples, made.nb_max_frames) == (128, 320000, 2000)
    # Sizes that only the instance has.
    gemma = ours.accelerate(hf.Gemma3nAudioFeatureExtractor(frame_length_ms=20, hop_length_ms=20))
    assert (gemma.frame_length, gemma.hop_length) == (320, 320)
    granite = ours.accelerate(hf.GraniteSpeechFeatureExtractor(n_mels=64))
    assert granite._config().n_mels == 64
    with pytest.raises(TypeError, match="Wav2Vec2FeatureExtractor"):
        ours.accelerate(hf.Wav2Vec2FeatureExtractor())


def test_batch_feature():
    batch = ours.WhisperFeatureExtractor()(noise(16000), sampling_rate=16000, return_tensors="pt")
    half = batch.to(torch.float16)
    assert half["input_features"].dtype == torch.float16
    assert dict(**batch).keys() == {"input_features"}
    assert pickle.loads(pickle.dumps(batch)).input_features.shape == (1, 80, 3000)
    with pytest.raises(KeyError):
        batch[0]
    with pytest.raises(AttributeError):
        _ = batch.labels
