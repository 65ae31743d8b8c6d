"""fastmel.transformers by itself, where neither transformers nor torch need be installed."""

import copy
import inspect
import json
import pickle
import re
import tracemalloc

import fastmel
import numpy as np
import pytest
from fastmel import transformers as ours
from fastmel.transformers._clips import Lengths
from signals import noise

EXTRACTORS = [n for n in ours.__all__ if n.endswith("Extractor") and n != "FeatureExtractor"]


def called(extractor, y, **arguments):
    """Call an extractor on a clip, without its random parts."""
    name = type(extractor).__name__
    if name not in ("GraniteSpeechFeatureExtractor", "Gemma3nAudioFeatureExtractor"):
        arguments["sampling_rate"] = extractor.sampling_rate
    if name == "Pop2PianoFeatureExtractor":
        arguments.setdefault("beat_times", [0.1, 0.3, 0.6])
    if name == "UnivNetFeatureExtractor":
        arguments["return_noise"] = False
    if name == "SpeechT5FeatureExtractor":
        arguments, y = {**arguments, "audio_target": y}, None
    return extractor(y, return_tensors="np", **arguments)


def features(extractor, y, **arguments):
    """Return the features of a clip."""
    return called(extractor, y, **arguments)[extractor.model_input_names[0]]


def made(name):
    options = {"dither": 0.0} if name == "CohereAsrFeatureExtractor" else {}  # torch's noise
    return getattr(ours, name)(**options)


@pytest.mark.parametrize("name", EXTRACTORS)
def test_copies_are_the_same(name):
    extractor, y = made(name), noise(16000)
    y.flags.writeable = False
    before = copy.deepcopy(extractor)
    expected = features(extractor, y)
    assert np.isfinite(expected).all()
    copies = [
        before,
        copy.copy(extractor),
        copy.deepcopy(extractor),
        pickle.loads(pickle.dumps(extractor)),
        ours.FeatureExtractor.from_dict(extractor.to_dict()),
        eval(repr(extractor), vars(ours)),
    ]
    for other in copies:
        assert other.to_dict() == extractor.to_dict()
        np.testing.assert_array_equal(features(other, y), expected)


def test_parameters_that_are_changed_count():
    y = noise(16000)
    extractor = ours.ASTFeatureExtractor()
    features(extractor, y)
    extractor.do_normalize = False
    expected = features(ours.ASTFeatureExtractor(do_normalize=False), y)
    np.testing.assert_array_equal(features(extractor, y), expected)

    extractor = ours.VoxtralRealtimeFeatureExtractor()
    features(extractor, y, center=False)
    extractor.feature_size = 80
    expected = features(ours.VoxtralRealtimeFeatureExtractor(feature_size=80), y, center=False)
    np.testing.assert_array_equal(features(extractor, y, center=False), expected)


def test_unknown_and_missing_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"preprocessor_config\.json"):
        ours.FeatureExtractor.from_pretrained(tmp_path)
    values = {"feature_extractor_type": "Wav2Vec2FeatureExtractor"}
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(values))
    with pytest.raises(ValueError, match="WhisperFeatureExtractor"):
        ours.FeatureExtractor.from_pretrained(tmp_path)
    nested = {"feature_extractor": {"feature_extractor_type": "ASTFeatureExtractor"}}
    (tmp_path / "processor_config.json").write_text(json.dumps(nested))
    path = tmp_path / "processor_config.json"
    made = ours.FeatureExtractor.from_pretrained(path, num_mel_bins=64)
    assert made.num_mel_bins == 64


def test_parameters_of_no_class():
    for values in ({}, {"feature_extractor_type": "Wav2Vec2FeatureExtractor"}):
        with pytest.raises(
            ValueError, match=r"feature_extractor_type=.* is unknown; accepted: AST"
        ):
            ours.FeatureExtractor.from_dict(values)
    assert ours.ASTFeatureExtractor.from_dict({}).to_dict() == ours.ASTFeatureExtractor().to_dict()


def test_bad_calls():
    whisper, parakeet = ours.WhisperFeatureExtractor(), ours.ParakeetFeatureExtractor()
    y = noise(16000)
    with pytest.raises(ValueError, match="sampling_rate=8000"):
        whisper(y, sampling_rate=8000)
    with pytest.raises(ValueError, match="one axis"):
        whisper(np.zeros((1, 2, 16000), np.float32), sampling_rate=16000)
    with pytest.raises(ValueError, match="padding"):
        whisper([y, y[:9000]], padding=False, sampling_rate=16000)
    with pytest.raises(ValueError, match="max_length"):
        parakeet(y, padding="max_length", sampling_rate=16000)
    with pytest.raises(ValueError, match="padding"):
        whisper(y, padding="shortest", sampling_rate=16000)
    with pytest.raises(ValueError, match="return_tensors"):
        whisper(y, return_tensors="tf", sampling_rate=16000)
    with pytest.raises(ValueError, match="cuda"):
        whisper(y, device="cuda", sampling_rate=16000)
    with pytest.raises(ValueError, match=r"raw_speech\[1\] is not finite: raw_speech\[1\]\[7\] is"):
        whisper([y, np.where(np.arange(16000) == 7, np.nan, y)], sampling_rate=16000)
    with pytest.raises(ValueError, match="raw_speech is not finite"):
        whisper(np.full(16000, 1e300), sampling_rate=16000)
    with pytest.raises(ValueError, match="empty"):
        whisper([], sampling_rate=16000)
    with pytest.raises(ValueError, match="n_fft=401 must be even"):
        ours.WhisperFeatureExtractor(n_fft=401)(y, sampling_rate=16000)
    piano = ours.Pop2PianoFeatureExtractor()
    with pytest.raises(ValueError, match="two beats or more are needed"):
        piano(y, 22050, beat_times=[0.5])
    with pytest.raises(ValueError, match="a list, one for each clip"):
        piano([y, y], 22050, beat_times=[[0.1, 0.2]] * 2)
    with pytest.raises(ValueError, match=r"beat_times=.* must be a list, one for each clip"):
        piano([y, y], [22050, 22050], beat_times=[[0.1, 0.2]])
    with pytest.raises(ValueError, match=r"sampling_rate=.* must be a list, one for each clip"):
        piano([y, y], [22050], beat_times=[[0.1, 0.2]] * 2)
    with pytest.raises(ValueError, match="stride=1 must be 2 or more"):
        ours.SeamlessM4TFeatureExtractor(stride=1)(y, sampling_rate=16000)
    with pytest.raises(TypeError, match="got str"):
        ours.GraniteSpeechFeatureExtractor()("clip.wav")
    with pytest.raises(ValueError, match="different lengths"):
        ours.Speech2TextFeatureExtractor()([y, y[:9000]], sampling_rate=16000, return_tensors="pt")


def test_the_same_rate_is_not_asked_twice(caplog):
    ours.WhisperFeatureExtractor()(noise(16000))
    assert "sampling_rate was not passed" in caplog.text


def test_imports_neither_transformers_nor_torch(run_python):
    run_python(
        """
        import sys
        import numpy as np
        import fastmel.transformers
        fastmel.transformers.WhisperFeatureExtractor()(np.zeros(16000, np.float32))
        assert not {"torch", "transformers"} & sys.modules.keys()
        """
    )


@pytest.mark.parametrize("name", EXTRACTORS)
def test_calls_describe_their_arguments(name):
    call = getattr(ours, name).__call__
    assert "$" not in call.__doc__  # a part that is shared was not put in
    for parameter in list(inspect.signature(call).parameters)[1:]:
        assert re.search(rf"\b{parameter}\b", call.__doc__), parameter


@pytest.mark.parametrize("name", EXTRACTORS)
def test_a_recording_with_channels_last_is_refused_at_once(name):
    """(n_samples, channels) are not n clips of two samples, each padded to what a model takes."""
    call = {"beat_times": [0.1, 0.3]} if name == "Pop2PianoFeatureExtractor" else {}
    stereo = np.zeros((160_000, 2), np.float32)
    tracemalloc.start()
    if name == "InklingFeatureExtractor":  # which mixes channels
        assert features(made(name), stereo).shape == (1, 200, 80)
    else:
        for given in (stereo, stereo[:2000].tolist()):
            with pytest.raises(ValueError, match=r"one axis|time must be the last axis"):
                called(made(name), given, **call)
    assert tracemalloc.get_traced_memory()[1] < 50e6
    tracemalloc.stop()


@pytest.mark.parametrize("name", EXTRACTORS)
@pytest.mark.parametrize(
    "given",
    [
        np.float32(1),
        np.zeros((), np.float32),
        np.zeros((1, 2, 1, 2, 8), np.float32),
        [],
        np.zeros((0, 16000), np.float32),
        np.zeros(16000, complex),
        ["clip.wav"],
        [0.5, np.zeros(16000)],
        np.array(["a", "b"]),
        [[np.zeros(16000), np.zeros((2, 16000))]],
    ],
    ids=repr,
)
def test_what_is_no_clip_is_refused(name, given):
    with pytest.raises(ValueError, match=r"raw_speech|audio"):
        called(made(name), given)


# Of each class, the argument with which its original makes no mask.
WITHOUT_MASK = {
    "ASTFeatureExtractor": {},
    "ClapFeatureExtractor": {},
    "ClvpFeatureExtractor": {"return_attention_mask": False},
    "FunAsrNanoFeatureExtractor": {"return_attention_mask": False},
    "GraniteSpeech5FeatureExtractor": {"return_attention_mask": False},
    "InklingFeatureExtractor": {"return_attention_mask": False},
    "LasrFeatureExtractor": {},
    "Qwen3ASRFeatureExtractor": {},
    "SeamlessM4TFeatureExtractor": {"return_attention_mask": False},
    "Speech2TextFeatureExtractor": {"return_attention_mask": False},
    "SpeechT5FeatureExtractor": {"return_attention_mask": False},
    "UnivNetFeatureExtractor": {"return_attention_mask": False},
    "VoxtralRealtimeFeatureExtractor": {},
    "WhisperFeatureExtractor": {},
}


@pytest.mark.parametrize("name", WITHOUT_MASK)
def test_masks_are_made_when_they_are_asked_for(name, monkeypatch):
    def mask(*arguments):
        raise AssertionError("a mask was made")

    monkeypatch.setattr(Lengths, "mask", mask)
    batch = called(made(name), noise(24000), **WITHOUT_MASK[name])
    assert not [key for key in batch if "mask" in key]


@pytest.mark.parametrize("name", EXTRACTORS)
def test_constructors_describe_their_parameters(name):
    cls = getattr(ours, name)
    for parameter, field in inspect.signature(cls).parameters.items():
        assert re.search(rf"^(\*\*)?{parameter}( : |$)", cls.__doc__, re.MULTILINE), parameter
        if parameter not in ("kwargs", "chunk_seconds", "melspec_kwargs", "n_fft", "fmax"):
            value = getattr(cls(), parameter, field.default)
            assert value == field.default, parameter
    assert cls.__doc__.index("Parameters\n---") > 0


def test_constructors_refuse_what_a_function_would():
    cls = ours.WhisperFeatureExtractor
    assert cls(128, 16000, 160).hop_length == 160
    with pytest.raises(TypeError, match="multiple values for argument 'feature_size'"):
        cls(128, feature_size=80)
    with pytest.raises(TypeError, match="too many positional arguments"):
        cls(80, 16000, 160, 30, 400, 0.0, 0.0, False, "right")
    with pytest.raises(ValueError, match="padding_side='up' is unknown"):
        cls(padding_side="up")


@pytest.mark.parametrize("name", ["Parakeet", "CohereAsr", "NemotronAsrStreaming", "Inkling"])
def test_padding_that_the_model_does_not_know_is_refused(name):
    """Padding before a clip: the originals take it for the clip."""
    extractor = made(f"{name}FeatureExtractor")
    extractor.padding_side = "left"
    y, rate = noise(16000), extractor.sampling_rate
    extractor([y, y], sampling_rate=rate)
    with pytest.raises(ValueError, match="padding_side='left'"):
        extractor([y, y[:9000]], sampling_rate=rate)
    extractor.padding_side, extractor.padding_value, extractor.preemphasis = "right", 0.5, None
    with pytest.raises(ValueError, match=r"padding_value=0\.5 must be 0\.0"):
        extractor([y, y[:9000]], sampling_rate=rate)


def test_filters_of_ones_own_count():
    y = noise(16000)
    extractor = ours.WhisperFeatureExtractor(feature_size=40)
    before = features(extractor, y)
    filters = fastmel.mel_filterbank(
        sr=16000, n_fft=400, n_mels=40, fmax=8000.0, dtype=np.float64
    ).T
    extractor.mel_filters = filters
    np.testing.assert_allclose(features(extractor, y), before, atol=1e-5)
    extractor.mel_filters = filters[:, ::-1]
    np.testing.assert_allclose(features(extractor, y), before[:, ::-1], atol=1e-5)
    extractor.mel_filters = filters[1:]
    with pytest.raises(ValueError, match=r"mel_filters must have shape \(201, bands\)"):
        features(extractor, y)
    del extractor.mel_filters
    np.testing.assert_array_equal(features(extractor, y), before)


@pytest.mark.parametrize("large", ["x" * 10**6, list(range(10**5)), b"x" * 10**6], ids=type)
def test_messages_carry_no_large_value(large):
    whisper, y = ours.WhisperFeatureExtractor(), noise(16000)
    for call in (
        lambda: whisper([str(large)], sampling_rate=16000),
        lambda: whisper([large, [[1]]], sampling_rate=16000),
        lambda: whisper(y, sampling_rate=large),
        lambda: whisper(y, sampling_rate=16000, device=large),
        lambda: whisper(y, sampling_rate=16000, padding=large),
        lambda: whisper(y, sampling_rate=16000, return_tensors=large),
        lambda: whisper.pad({str(large): []}),
        lambda: whisper.pad(large),
        lambda: ours.FeatureExtractor.from_dict({"feature_extractor_type": str(large)}),
        lambda: ours.WhisperFeatureExtractor(padding_side=large),
        lambda: ours.FunAsrNanoFeatureExtractor(window=large)(y),
        lambda: ours.NemotronAsrStreamingFeatureExtractor(mel_filters_dtype=large),
        lambda: ours.ClapFeatureExtractor()(y, sampling_rate=48000, truncation=large),
        lambda: ours.Pop2PianoFeatureExtractor()([y, y], large if isinstance(large, str) else "x"),
        lambda: ours.accelerate(large),
    ):
        with pytest.raises((ValueError, TypeError)) as raised:
            call()
        assert len(str(raised.value)) < 1500
