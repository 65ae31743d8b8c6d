"""transformers patched: the same features, masks and errors, and nothing that is not covered."""

import functools

import fastmel
import numpy as np
import pytest
from fastmel import transformers as ours
from fastmel.patching._adapters.transformers import TARGETS
from libraries import counted, required
from originals.signals import signal

# Of dependencies, and of what is not finite.
pytestmark = [pytest.mark.usefixtures("unpatched"), pytest.mark.filterwarnings("ignore")]

# --- audio_utils.spectrogram ---
# Wiring is tested here; tests/originals holds the same chains to their originals' accuracy.

SPEECH = signal("speech", 16000)


@pytest.fixture(scope="module")
def audio_utils():
    return required("transformers.audio_utils")


def spectrogram(audio_utils, y=SPEECH, window="hann", n=400, hop_length=160, **arguments):
    """Call transformers' function with defaults like those of its extractors."""
    window = audio_utils.window_function(n, window, periodic=arguments.pop("periodic", True))
    bins = 1 + (arguments.get("fft_length") or n) // 2
    filters = audio_utils.mel_filter_bank(bins, 40, 20.0, 7600.0, 16000, norm="slaney")
    if arguments.pop("mel", True):
        arguments["mel_filters"] = filters
    return audio_utils.spectrogram(y, window, n, hop_length, **arguments)


SPECTROGRAMS = {
    "mel": {"power": 2.0},
    "amplitudes": {"mel": False},
    "power": {"mel": False, "power": 2.0, "y": SPEECH.astype(float)},
    "log10": {"power": 2.0, "log_mel": "log10"},
    "kaldi": {
        "y": SPEECH * 32768,
        "window": "povey",
        "periodic": False,
        "fft_length": 512,
        "power": 2.0,
        "center": False,
        "preemphasis": 0.97,
        "mel_floor": 1.192092955078125e-07,
        "log_mel": "log",
        "remove_dc_offset": True,
    },
    "decibels": {"power": 2.0, "log_mel": "dB", "db_range": 60.0, "reference": 0.5},
    "decibels of amplitudes": {"log_mel": "dB", "db_range": 60.0, "min_value": 1e-4},
    "float64": {"y": SPEECH.astype(float), "log_mel": "log10", "dtype": np.float64},
    "int16": {"y": np.int16(SPEECH * 32767), "log_mel": "log10"},
    "odd": {"n": 401, "hop_length": 133, "window": "hamming", "log_mel": "log10"},
    "short": {"y": SPEECH[:150], "log_mel": "log10"},
    "constant": {"pad_mode": "constant", "log_mel": "log10"},
}


@pytest.mark.parametrize("name", SPECTROGRAMS)
def test_spectrogram_of_transformers(audio_utils, name):
    expected = spectrogram(audio_utils, **SPECTROGRAMS[name])
    with fastmel.patched("transformers"):
        hits, fallbacks = counted("transformers.audio_utils.spectrogram")
        result = spectrogram(audio_utils, **SPECTROGRAMS[name])
        assert counted("transformers.audio_utils.spectrogram") == (hits + 1, fallbacks)
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    # The original rounds the spectrum to float32; near the floor that is seen after the logarithm.
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-5 * np.abs(expected).max())


@pytest.mark.parametrize(
    "arguments",
    [
        {"power": None, "mel": False},
        {"onesided": False, "mel": False},
        {"mel": False, "log_mel": "log"},
        {"log_mel": "log2"},
        {"hop_length": 0},
        {"y": np.stack([SPEECH, SPEECH])},
        {"y": SPEECH + 0j},
        {"log_mel": "dB", "reference": -1.0},
        {"log_mel": "dB", "power": 3.0},
        {"fft_length": 256},
        {"pad_mode": "no such mode"},
        {"y": np.where(SPEECH == SPEECH.max(), np.nan, SPEECH)},
        {"pad_mode": "wrap"},
    ],
)
def test_spectrogram_of_transformers_keeps_the_rest(audio_utils, arguments):
    def call():
        try:
            return spectrogram(audio_utils, **arguments)
        except Exception as error:
            return np.array(f"{type(error)}: {error}")

    expected = call()
    with fastmel.patched("transformers"):
        hits, fallbacks = counted("transformers.audio_utils.spectrogram")
        result = call()
        after = counted("transformers.audio_utils.spectrogram")
    np.testing.assert_array_equal(result, expected)
    assert after in [(hits, fallbacks + 1), (hits, fallbacks)]


# --- extractors: results ---

NAMES = [n for n in ours.__all__ if n.endswith("Extractor") and n != "FeatureExtractor"]
# Those whose own code calls torchaudio, whose functions are that library's to patch.
THROUGH_TORCHAUDIO = ("NeuCodecFeatureExtractor", "Xcodec2FeatureExtractor")


@pytest.fixture(scope="module")
def transformers():
    required("torch")
    library = required("transformers", "5.23")
    library.logging.set_verbosity_error()
    return library


def original(transformers, name, **options):
    """Make an extractor of transformers, or skip the test where it lacks a library."""
    if name == "Pop2PianoFeatureExtractor":
        required("essentia.standard")
    return getattr(transformers, name)(**options)


@functools.cache
def unchanged(transformers, name):
    """Return an extractor that tests leave as it is."""
    return original(transformers, name)


def features(extractor, clips=None, **arguments):
    """Call an extractor on two clips of different lengths, or others."""
    name, rate = type(extractor).__name__, extractor.sampling_rate
    if clips is None:
        clips = [signal("speech", rate), signal("noise", rate)[: 9999 * rate // 16000]]
    np.random.seed(0)  # noqa: NPY002 - what CLAP's chooses by, which clip counts as longer
    if name == "GraniteSpeechFeatureExtractor":
        return extractor(clips, **{k: v for k, v in arguments.items() if k == "device"})
    if not name.startswith("Gemma"):
        arguments.setdefault("sampling_rate", rate)
    if name not in ("ASTFeatureExtractor", "Dots3NoteFeatureExtractor"):
        arguments.setdefault("padding", True)
    if name == "UnivNetFeatureExtractor":
        arguments["return_noise"] = False
    if name == "SpeechT5FeatureExtractor":
        return extractor(audio_target=clips, **arguments)
    if name == "Pop2PianoFeatureExtractor":
        return extractor(clips, [rate] * len(clips), steps_per_beat=1)
    return extractor(clips, **arguments)


def outcome(call):
    """Return what a call returns, or the error that it raises."""
    try:
        return call()
    except Exception as error:
        return error


def assert_same(result, expected):
    """The same error; or the same keys, kinds and dtypes, equal masks, and features close."""
    assert type(result) is type(expected), result
    if isinstance(expected, Exception):
        assert str(result) == str(expected)
        return
    assert list(result) == list(expected)
    for key in expected:
        assert type(result[key]) is type(expected[key]), key
        for mine, theirs in zip(listed(result[key]), listed(expected[key]), strict=True):
            assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape), key
            if theirs.dtype.kind == "f":
                np.testing.assert_allclose(mine, theirs, atol=5e-4, rtol=1e-4, err_msg=key)
            else:
                np.testing.assert_array_equal(mine, theirs, err_msg=key)


def listed(values):
    return [np.asarray(v) for v in values]


def hits():
    return sum(e.hits for e in fastmel.patch_report().values())


def fallbacks():
    return sum(sum(e.fallbacks.values()) for e in fastmel.patch_report().values())


@pytest.mark.parametrize("tensors", [None, "np", "pt"])
@pytest.mark.parametrize("name", NAMES)
def test_extractors(transformers, name, tensors):
    extractor = unchanged(transformers, name)
    if name == "Pop2PianoFeatureExtractor":
        beats = np.arange(0, 0.9, 0.2, np.float32)
        extractor.extract_rhythm = lambda audio: (0.0, beats, 0.0, None, None)

    def call():
        return outcome(lambda: features(extractor, return_tensors=tensors))

    expected = call()
    libraries = ("transformers", "torchaudio")[: 1 + (name in THROUGH_TORCHAUDIO)]
    with fastmel.patched(*libraries):
        before = hits(), fallbacks()
        result = call()
        assert (hits() > before[0], fallbacks()) == (True, before[1]), fastmel.patch_report()
    assert_same(result, expected)


@pytest.mark.parametrize("name", ["VoxtralRealtime", "NemotronAsrStreaming"])
def test_pieces_of_a_stream(transformers, name):
    extractor = original(transformers, f"{name}FeatureExtractor")
    for more in [{"center": False}, {"center": False, "is_last_audio_chunk": True}]:
        expected = features(extractor, return_tensors="pt", **more)
        with fastmel.patched("transformers"):
            before = hits()
            assert_same(features(extractor, return_tensors="pt", **more), expected)
            assert hits() > before


# --- extractors: what is left to the original, and what has been changed ---


def doubled(extractor):
    extractor.mel_filters = extractor.mel_filters * 2


def doubled_of_torchaudio(extractor):
    extractor.mel_filters.mel_scale.fb *= 2


def doubled_window(extractor):
    extractor.window = extractor.window * 2


def longer_hops(extractor):
    extractor.hop_length = 200


def odd(extractor):
    extractor.__init__(n_fft=401)


def noisy(extractor):
    extractor.dither = 1e-9


# Of each extractor: what is changed after it was made, and whether it is computed here still.
CHANGES = [
    *[
        (f"{n}FeatureExtractor", doubled, True)
        for n in (
            *("CohereAsr", "Dots3Note", "Gemma3nAudio", "Gemma4Audio", "Inkling", "Lasr"),
            *("MossTranscribeDiarize", "NemotronAsrStreaming", "Parakeet", "Phi4Multimodal"),
            *("Qwen3ASR", "UnivNet", "VoxtralRealtime", "Whisper"),
        )
    ],
    *[(f"{n}FeatureExtractor", odd, False) for n in ("MossTranscribeDiarize", "Whisper")],
    ("GraniteSpeechFeatureExtractor", doubled_of_torchaudio, True),
    ("GraniteSpeech5FeatureExtractor", doubled_of_torchaudio, True),
    *[
        (f"{n}FeatureExtractor", longer_hops, True)
        for n in (
            *("CohereAsr", "Gemma3nAudio", "Gemma4Audio", "Lasr"),
            *("NemotronAsrStreaming", "Parakeet", "Phi4Multimodal", "UnivNet"),
        )
    ],
    # Where it contradicts another attribute, which the constructor derived from it.
    *[
        (f"{n}FeatureExtractor", longer_hops, False)
        for n in ("GraniteSpeech5", "Inkling", "Whisper")
    ],
    *[
        (f"{n}FeatureExtractor", doubled_window, False)
        for n in ("Gemma3nAudio", "Gemma4Audio", "Inkling", "UnivNet")
    ],
    *[
        (f"{n}FeatureExtractor", noisy, False)
        for n in (
            *("Dots3Note", "Gemma3nAudio", "Gemma4Audio", "MossTranscribeDiarize"),
            *("Qwen3ASR", "Speech2Text", "Whisper"),
        )
    ],
]


@pytest.mark.parametrize(
    ("name", "change", "computed"),
    [pytest.param(*c, id=f"{c[0][: -len('FeatureExtractor')]}-{c[1].__name__}") for c in CHANGES],
)
def test_extractors_that_were_changed(transformers, name, change, computed):
    extractor = original(transformers, name)
    with fastmel.patched("transformers"):
        features(extractor)  # what it was is remembered
    change(extractor)
    expected = outcome(lambda: features(extractor))
    with fastmel.patched("transformers"):
        before = hits(), fallbacks()
        result = outcome(lambda: features(extractor))
        after = hits(), fallbacks()
    assert (after[0] > before[0]) == computed, fastmel.patch_report()
    assert (after[1] > before[1]) != computed or name.startswith("Parakeet")
    assert_same(result, expected)


def changed(value):
    """Return another value of the same kind."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return value + 8
    if isinstance(value, float):
        return value / 2 + 0.01
    if isinstance(value, str):
        return {"hann": "hamming", "hann_window": "povey", "povey": "hann"}.get(value, value + "s")
    return None if isinstance(value, (dict, list, tuple)) else value * 2


def read_by_methods(extractor):
    """Return the attributes that the patched methods of an extractor's class read."""
    names = set()
    for target in TARGETS:
        owner, _, method = target.name.partition(".")
        if owner == type(extractor).__name__:
            names.update(vars(type(extractor))[method].__code__.co_names)
    return sorted(names.intersection(vars(extractor)))


# Those without a method of their own go through transformers' spectrogram.
WITH_METHODS = [n for n in NAMES if any(t.name.startswith(f"{n}.") for t in TARGETS)]


@pytest.mark.parametrize("name", WITH_METHODS)
def test_every_attribute_counts(transformers, name):
    """Whatever an extractor has, and somebody may have changed, the patch does not ignore."""
    torch = required("torch")

    def call(extractor):
        np.random.seed(0)  # noqa: NPY002 - what transformers draws dither from
        torch.manual_seed(0)
        return outcome(lambda: features(extractor))

    for attribute in read_by_methods(original(transformers, name)):
        extractor = original(transformers, name)
        value = getattr(extractor, attribute)
        try:
            value = changed(value)
        except TypeError:  # an object: a transform, a logger
            continue
        with fastmel.patched("transformers", strict=True):
            features(extractor)
        setattr(extractor, attribute, value)
        expected = call(extractor)
        with fastmel.patched("transformers", strict=True):
            result = call(extractor)
        try:
            assert_same(result, expected)
        except AssertionError as error:
            raise AssertionError(f"{attribute} = {value!r}"[:200]) from error


BAD = {
    "another rate": {"sampling_rate": 8000},
    "another device": {"device": "nowhere"},
    "no such padding": {"padding": "shortest"},
    "too short": {"clips": [np.zeros(7, np.float32)]},
    "empty": {"clips": [np.zeros(0, np.float32)]},
    "not finite": {"clips": [np.full(24000, np.nan, np.float32)]},
    "integers": {"clips": [(SPEECH * 32767).astype(np.int16)]},
    "float64": {"clips": [SPEECH.astype(np.float64)]},
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", [n for n in NAMES if not n.startswith("Pop2Piano")])
def test_bad_calls_of_extractors(transformers, name, bad):
    extractor = unchanged(transformers, name)

    def call():
        return outcome(lambda: features(extractor, **BAD[bad]))

    expected = call()
    with fastmel.patched("transformers"):
        assert_same(call(), expected)


def test_gradients_are_the_originals(transformers):
    import torch

    y = torch.from_numpy(signal("speech", 16000).copy())[None].requires_grad_()
    for name in ("CohereAsr", "Inkling", "Lasr", "NemotronAsrStreaming", "Parakeet"):
        extractor = original(transformers, f"{name}FeatureExtractor")
        with fastmel.patched("transformers"):
            assert extractor._torch_extract_fbank_features(y).requires_grad


@pytest.mark.parametrize("name", ["Whisper", "Parakeet", "Lasr"])
def test_methods_of_ones_own_are_called(transformers, name):
    base = getattr(transformers, f"{name}FeatureExtractor")
    calls = []

    class Derived(base):
        def _torch_extract_fbank_features(self, *arguments):
            calls.append(arguments)
            return super()._torch_extract_fbank_features(*arguments) * 0

    with fastmel.patched("transformers"):
        result = features(Derived(), return_tensors="np")
    assert len(calls) == 1
    assert not result["input_features"].any()


def halved(method):
    """Return a method that halves the features that another one returns."""

    def of(self, *arguments, **options):
        return method(self, *arguments, **options) / 2

    return of


# Of each: an extractor, where one of its methods or helpers is replaced, and by what.
REPLACED = {
    "a method of one extractor": (
        "Parakeet",
        lambda m, e, name: m.setattr(
            e, name, halved(type(e)._torch_extract_fbank_features).__get__(e)
        ),
    ),
    "a method of the class": (
        "Parakeet",
        lambda m, e, name: m.setattr(type(e), name, halved(getattr(type(e), name))),
    ),
    "a method of another class": (
        "Whisper",
        lambda m, e, name: m.setattr(type(e), name, halved(getattr(type(e), name))),
    ),
    "a constant": (
        "Parakeet",
        lambda m, e, name: m.setattr(f"{type(e).__module__}.LOG_ZERO_GUARD_VALUE", 0.1),
    ),
    "another constant": (
        "Parakeet",
        lambda m, e, name: m.setattr(f"{type(e).__module__}.EPSILON", 0.1),
    ),
    "torchaudio's filters, which it calls": (
        "AST",
        lambda m, e, name: m.setattr(
            "torchaudio.compliance.kaldi.get_mel_banks",
            lambda n_bins, *arguments: (required("torch").ones(n_bins, 256), None),
        ),
    ),
    "the spectrogram, which it calls": (
        "Clap",
        lambda m, e, name: m.setattr(
            f"{type(e).__module__}.spectrogram", lambda wave, *a, **k: np.ones((64, 1001))
        ),
    ),
    "decibels, which that calls": (
        "Clap",
        lambda m, e, name: m.setattr(
            "transformers.audio_utils.power_to_db", lambda spectrogram, *a, **k: spectrogram
        ),
    ),
}


@pytest.mark.parametrize("when", ["before", "while"])
@pytest.mark.parametrize("case", REPLACED)
def test_what_was_replaced_is_called(transformers, monkeypatch, case, when):
    name, replace = REPLACED[case]
    extractor = original(transformers, f"{name}FeatureExtractor")
    plain = features(extractor)
    if when == "while":
        fastmel.patch("transformers", strict=True)
        features(extractor)
    replace(monkeypatch, extractor, "_torch_extract_fbank_features")
    fastmel.patch("transformers", strict=True)
    result = features(extractor)
    fastmel.unpatch()
    expected = features(extractor)
    assert_same(result, expected)
    if case != "another constant":  # it is added to a deviation
        assert not np.allclose(
            listed(expected["input_features" if "input_features" in expected else "input_values"]),
            listed(plain["input_features" if "input_features" in plain else "input_values"]),
        )


@pytest.mark.parametrize("name", ["Parakeet", "Gemma3nAudio", "Lasr"])
def test_derived_classes(transformers, name):
    base = getattr(transformers, f"{name}FeatureExtractor")

    class Derived(base):
        def pad(self, *arguments, **options):
            batch = super().pad(*arguments, **options)
            self.n_padded = getattr(self, "n_padded", 0) + 1
            return batch

        def __getattribute__(self, attribute):
            value = super().__getattribute__(attribute)
            return value * 2 if attribute == "mel_filters" else value

    expected = features(Derived())
    with fastmel.patched("transformers", strict=True):
        extractor = Derived()
        assert_same(features(extractor), expected)
    assert extractor.n_padded >= 1


def test_transforms_of_torchaudio_that_differ(transformers):
    torch = required("torch")
    torchaudio = required("torchaudio")
    extractor = original(transformers, "GraniteSpeechFeatureExtractor")
    y = torch.from_numpy(signal("speech", 16000))
    extractor.mel_filters = torchaudio.transforms.MelSpectrogram(16000, n_fft=400, n_mels=80)
    expected = extractor(y)
    hooked = original(transformers, "GraniteSpeechFeatureExtractor")
    hooked.mel_filters.register_forward_hook(lambda module, inputs, output: output * 0 + 1)
    with fastmel.patched("transformers"):
        before = hits()
        assert_same(extractor(y), expected)
        assert (hooked(y)["input_features"] == 1).all()
        assert hits() == before


def test_parakeet_keeps_the_rest(transformers):
    torch = required("torch")
    extractor = transformers.ParakeetFeatureExtractor()
    other = transformers.ParakeetFeatureExtractor()
    other.mel_filters = other.mel_filters * 2
    name = "transformers.models.parakeet.feature_extraction_parakeet.ParakeetFeatureExtractor"
    with fastmel.patched("transformers"):
        before, inner = counted(f"{name}.__call__"), f"{name}._torch_extract_fbank_features"
        for arguments in [{"truncation": True, "max_length": 8000}, {}]:
            extractor(torch.from_numpy(SPEECH), sampling_rate=16000, **arguments)
        other(SPEECH, sampling_rate=16000)
        assert counted(f"{name}.__call__") == (before[0], before[1] + 3)
        assert counted(inner)[0] >= 3
        with pytest.raises(ValueError, match="was trained using a sampling rate"):
            extractor(SPEECH, sampling_rate=8000)
