"""Our extractors in the hands of transformers: processors, files, collators; and theirs in ours."""

import copy
import json
import pickle
import sys
import types

import numpy as np
import pytest
from fastmel import transformers as ours
from libraries import required
from signals import noise

hf = pytest.importorskip("transformers", minversion="5.23")
torch = pytest.importorskip("torch")
hf.logging.set_verbosity_error()

pytestmark = pytest.mark.filterwarnings("ignore")  # what transformers' dependencies deprecate

NAMES = [n for n in ours.__all__ if n.endswith("Extractor") and n != "FeatureExtractor"]

# Of each class, parameters that are not the defaults.
OPTIONS = {
    "ASTFeatureExtractor": {"num_mel_bins": 64, "max_length": 300, "mean": -3.0},
    "ClapFeatureExtractor": {"truncation": "rand_trunc", "padding": "pad", "frequency_max": 9000},
    "ClvpFeatureExtractor": {"default_audio_length": 3, "mel_norms": [2.0] * 80},
    "CohereAsrFeatureExtractor": {"feature_size": 80, "dither": 0.0, "preemphasis": 0.9},
    "Dots3NoteFeatureExtractor": {"chunk_seconds": 2, "feature_size": 80},
    "FunAsrNanoFeatureExtractor": {"num_frames_lfr": 5, "stride_lfr": 2, "frame_length": 32},
    "Gemma3nAudioFeatureExtractor": {"frame_length_ms": 20.0, "hop_length_ms": 12.5},
    "Gemma4AudioFeatureExtractor": {
        "frame_length_ms": 25.0,
        "per_bin_mean": [0.5] * 128,
        "per_bin_stddev": [2.0] * 128,
    },
    "GraniteSpeechFeatureExtractor": {"n_mels": 64, "hop_length": 200},
    "GraniteSpeech5FeatureExtractor": {"num_mel_bins": 64, "logmel_floor_db": 6.0},
    "InklingFeatureExtractor": {"audio_token_duration_s": 0.02, "feature_size": 64},
    "LasrFeatureExtractor": {"feature_size": 80, "hop_length": 200},
    "MossTranscribeDiarizeFeatureExtractor": {"chunk_length": 1, "feature_size": 128},
    "NemotronAsrStreamingFeatureExtractor": {"feature_size": 128, "preemphasis": None},
    "NeuCodecFeatureExtractor": {"padding_value": 0.5},
    "ParakeetFeatureExtractor": {"feature_size": 128, "win_length": 320},
    "Phi4MultimodalFeatureExtractor": {"mel_max_frequency": 7000, "preemphasis": 0.9},
    "Pop2PianoFeatureExtractor": {"num_bars": 1, "feature_size": 256},
    "Qwen3ASRFeatureExtractor": {"n_window": 30, "chunk_length": 10},
    "SeamlessM4TFeatureExtractor": {"num_mel_bins": 64, "stride": 3, "padding_value": 1.0},
    "Speech2TextFeatureExtractor": {"num_mel_bins": 64, "normalize_vars": False},
    "SpeechT5FeatureExtractor": {"hop_length": 10, "win_length": 25, "fmax": 7000},
    "UnivNetFeatureExtractor": {"num_mel_bins": 80, "do_normalize": True, "max_length_s": 1},
    "VoxtralRealtimeFeatureExtractor": {"feature_size": 80, "global_log_mel_max": None},
    "WhisperFeatureExtractor": {"feature_size": 128, "chunk_length": 2, "padding_side": "left"},
    "Xcodec2FeatureExtractor": {"hop_length": 640},
}


def original(name, **options):
    """Make an extractor of transformers, or skip the test where it lacks a library."""
    if name == "Pop2PianoFeatureExtractor":
        required("essentia.standard")
    return getattr(hf, name)(**options)


def features(extractor, y=None, **arguments):
    """Return what ours or theirs makes of a clip: all of it, without noise."""
    name = extractor.feature_extractor_type if hasattr(extractor, "_clips") else None
    name = name or type(extractor).__name__
    y = noise(extractor.sampling_rate + 77) if y is None else y
    if name != "GraniteSpeechFeatureExtractor":
        arguments["return_tensors"] = "np"
    if name not in ("GraniteSpeechFeatureExtractor",) and not name.startswith("Gemma"):
        arguments["sampling_rate"] = extractor.sampling_rate
    if name == "UnivNetFeatureExtractor":
        arguments["return_noise"] = False
    if name == "Pop2PianoFeatureExtractor":
        beats = np.array([0.1, 0.3, 0.6], np.float32)
        if hasattr(extractor, "_clips"):
            arguments["beat_times"] = beats
        else:
            extractor.extract_rhythm = lambda audio: (None, beats, None, None, None)
    if name == "SpeechT5FeatureExtractor":
        arguments, y = {**arguments, "audio_target": y}, None
    if name == "Gemma4AudioFeatureExtractor":
        y = [y]
    np.random.seed(0)  # noqa: NPY002 - what CLAP's draws from
    return extractor(y, **arguments)


def assert_close(got, expected):
    assert set(got) == set(expected)
    for key in expected:
        if key == "audio_chunk_index":
            assert got[key] == expected[key]
            continue
        for g, e in zip(got[key], expected[key], strict=True):
            np.testing.assert_allclose(g, e, rtol=1e-3, atol=2e-3, err_msg=key)


def assert_same_bits(got, expected):
    assert set(got) == set(expected)
    for key in expected:
        for g, e in zip(got[key], expected[key], strict=True):
            np.testing.assert_array_equal(g, e, err_msg=key)


@pytest.fixture(scope="module")
def tokenizer():
    return hf.WhisperTokenizer(vocab={"a": 0, "<|endoftext|>": 1}, merges=[])


# --- taken for theirs -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_isinstance(name):
    if name == "Pop2PianoFeatureExtractor":
        required("essentia.standard")  # without it, theirs is none
    made = getattr(ours, name)()
    assert isinstance(made, getattr(hf, name))
    assert isinstance(made, hf.FeatureExtractionMixin)
    assert isinstance(made, hf.SequenceFeatureExtractor)
    assert isinstance(made, getattr(ours, name))
    assert type(made) is getattr(ours, name)
    assert issubclass(made.__class__, (getattr(ours, name), getattr(hf, name)))
    assert made.__class__.__name__ == name
    assert not isinstance(made, hf.BertConfig)
    # What the class below both is has no part in looking for a class by its name.
    assert type(ours.FeatureExtractor.from_dict(made.to_dict())) is getattr(ours, name)
    for other in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made)):
        assert type(other) is type(made)
        assert other.to_dict() == made.to_dict()


@pytest.mark.parametrize("placeholder", [False, True])
def test_of_a_class_that_transformers_lacks(placeholder, monkeypatch):
    class Placeholder(metaclass=hf.utils.import_utils.DummyObject):
        """In the place of one that needs a library which is not installed."""

    its = {"WhisperFeatureExtractor": Placeholder} if placeholder else {}
    older = types.SimpleNamespace(SequenceFeatureExtractor=hf.SequenceFeatureExtractor, **its)
    monkeypatch.setitem(sys.modules, "transformers", older)
    made = ours.WhisperFeatureExtractor()
    assert isinstance(made, hf.FeatureExtractionMixin)
    assert not isinstance(made, hf.WhisperFeatureExtractor)
    assert made.fetch_audio([0.5, 0.25]) == [0.5, 0.25]
    with pytest.raises(AttributeError, match="mel_filters"):
        _ = made.mel_filters


def test_one_that_was_made_before_transformers_was_imported(run_python):
    run_python(
        """
        import sys
        from fastmel.transformers import FeatureExtractor, WhisperFeatureExtractor
        made = WhisperFeatureExtractor()
        assert isinstance(made, FeatureExtractor) and not hasattr(made, "fetch_audio")
        made.pad([{"input_features": [[0.5]]}])
        made.to_json_string()
        assert not {"torch", "transformers"} & sys.modules.keys()
        import transformers
        assert isinstance(made, transformers.WhisperFeatureExtractor)
        assert made.fetch_audio([0.5]) is not None
        """
    )


def test_of_a_users_own_class():
    class Mine(ours.WhisperFeatureExtractor):
        def __call__(self, raw_speech, **anything):
            return super().__call__(raw_speech, sampling_rate=16000, **anything)

    made = Mine(feature_size=128)
    assert isinstance(made, hf.WhisperFeatureExtractor)
    assert made(noise(16000)).input_features.shape == (1, 128, 3000)
    assert made.to_dict()["feature_extractor_type"] == "Mine"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_not_here_is_theirs(name):
    its, made = original(name), getattr(ours, name)()
    for attribute in ("mel_filters", "window"):
        if attribute in vars(its) and not isinstance(vars(its)[attribute], torch.nn.Module):
            np.testing.assert_array_equal(getattr(made, attribute), getattr(its, attribute))
    assert made.fetch_audio([0.5, 0.25]) == [0.5, 0.25]
    for missing in ("no_such_thing", "__bool__"):
        with pytest.raises(AttributeError, match=missing):
            getattr(made, missing)


def test_what_is_theirs_follows_parameters():
    made = ours.WhisperFeatureExtractor()
    assert made.mel_filters.shape == (201, 80)
    made.feature_size = 128
    assert made.mel_filters.shape == (201, 128)


def test_processors_take_ours(tokenizer, tmp_path):
    made = ours.WhisperFeatureExtractor(feature_size=128)
    processor = hf.WhisperProcessor(made, tokenizer)
    assert processor.feature_extractor is made
    y = noise(16000)
    batch = processor(y, sampling_rate=16000, return_tensors="pt")
    assert batch["input_features"].shape == (1, 128, 3000)
    batch = processor(audio=[y, y], text=["a", "a"], sampling_rate=16000)
    assert set(batch) == {"input_features", "labels"}
    assert processor.model_input_names[0] == "input_features"
    assert "128" in repr(processor)
    processor.save_pretrained(tmp_path)
    again = hf.WhisperProcessor.from_pretrained(tmp_path)
    assert type(again.feature_extractor) is hf.WhisperFeatureExtractor
    assert again.feature_extractor.feature_size == 128
    assert ours.FeatureExtractor.from_pretrained(tmp_path).to_dict() == made.to_dict()
    processor.feature_extractor = ours.accelerate(again)
    assert copy.deepcopy(processor).feature_extractor.feature_size == 128


def test_a_trainer_saves_ours(tmp_path):
    """As ``Trainer(processing_class=processor.feature_extractor)`` does."""
    required("accelerate")
    arguments = hf.TrainingArguments(output_dir=str(tmp_path), report_to="none", use_cpu=True)
    made = ours.ASTFeatureExtractor(num_mel_bins=64)
    trainer = hf.Trainer(torch.nn.Linear(1, 1), arguments, processing_class=made)
    trainer.save_model(str(tmp_path))
    assert hf.AutoFeatureExtractor.from_pretrained(tmp_path).num_mel_bins == 64


def test_pipelines_take_ours(tokenizer):
    y = {"raw": noise(16000), "sampling_rate": 16000}
    sizes = {"num_hidden_layers": 1, "hidden_size": 16, "num_attention_heads": 1}
    torch.manual_seed(0)
    config = hf.ASTConfig(intermediate_size=16, max_length=64, num_mel_bins=32, **sizes)
    model = hf.ASTForAudioClassification(config)
    scores = [
        hf.pipeline(
            "audio-classification",
            model=model,
            feature_extractor=module.ASTFeatureExtractor(num_mel_bins=32, max_length=64),
        )(dict(y))
        for module in (ours, hf)
    ]
    assert [s["label"] for s in scores[0]] == [s["label"] for s in scores[1]]
    np.testing.assert_allclose(*([s["score"] for s in x] for x in scores), rtol=1e-3)

    config = hf.WhisperConfig(
        vocab_size=2,
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=1,
        decoder_attention_heads=1,
        num_mel_bins=80,
        max_source_positions=50,
        decoder_start_token_id=0,
        bos_token_id=1,
        eos_token_id=1,
        pad_token_id=1,
    )
    model = hf.WhisperForConditionalGeneration(config)
    texts = [
        hf.pipeline(
            "automatic-speech-recognition",
            model=model,
            tokenizer=tokenizer,
            feature_extractor=module.WhisperFeatureExtractor(chunk_length=1),
        )(dict(y), generate_kwargs={"max_new_tokens": 3, "do_sample": False})["text"]
        for module in (ours, hf)
    ]
    assert texts[0] == texts[1]


def test_batches_are_theirs_too():
    batch = ours.ASTFeatureExtractor()(noise(16000), sampling_rate=16000)
    assert isinstance(batch, hf.BatchFeature)
    assert type(batch) is ours.BatchFeature
    for other in (pickle.loads(pickle.dumps(batch)), copy.copy(batch), copy.deepcopy(batch)):
        assert type(other) is ours.BatchFeature
        np.testing.assert_array_equal(other.input_values, batch.input_values)
    # Collated by one of theirs.
    got = hf.ASTFeatureExtractor().pad([ours.BatchFeature({"input_values": np.ones(3)})])
    np.testing.assert_array_equal(got.input_values, [[1, 1, 1]])
    values = ours.BatchFeature({"x": [[1.0]], "text": ["a"], "nothing": None}, tensor_type="pt")
    assert values["text"] == ["a"]
    assert values["nothing"] is None
    assert values["x"].dtype == torch.float32


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [False, True], ids=["defaults", "options"])
@pytest.mark.parametrize("name", NAMES)
def test_files_go_both_ways(name, options, tmp_path):
    options = OPTIONS[name] if options else {}
    its, made = original(name, **options), getattr(ours, name)(**options)
    assert made.save_pretrained(tmp_path / "ours") == [
        str(tmp_path / "ours" / "preprocessor_config.json")
    ]
    loaded = hf.AutoFeatureExtractor.from_pretrained(tmp_path / "ours")
    assert type(loaded) is getattr(hf, name)
    y = noise(made.sampling_rate + 77)
    assert_same_bits(features(loaded, y), features(its, y))
    again = getattr(ours, name).from_pretrained(tmp_path / "ours")
    assert again.to_dict() == made.to_dict()
    assert_same_bits(features(again, y), features(made, y))
    assert_close(features(made, y), features(its, y))

    vars(its).pop("extract_rhythm", None)
    its.save_pretrained(tmp_path / "theirs")
    read = ours.FeatureExtractor.from_pretrained(tmp_path / "theirs")
    assert type(read) is getattr(ours, name)
    # The originals of these forget milliseconds, and frequencies.
    if not options or not name.startswith(("Gemma", "Phi4")):
        assert_same_bits(features(read, y), features(made, y))
    # What theirs writes, ours does, and what it wrote is JSON.
    text = json.loads((tmp_path / "ours" / "preprocessor_config.json").read_text())
    assert text == json.loads(made.to_json_string())
    missing = set(json.loads(its.to_json_string())) - set(text)
    assert missing <= {"n_fft", "n_freqs", "sample_size", "sample_stride", "num_max_samples"}


def test_from_pretrained_takes_what_theirs_takes(tmp_path):
    ours.WhisperFeatureExtractor().save_pretrained(tmp_path)
    cls = ours.WhisperFeatureExtractor
    made, unused = cls.from_pretrained(
        tmp_path,
        cache_dir=tmp_path,
        token=None,
        revision="main",
        feature_size=128,
        return_unused_kwargs=True,
        foo=1,
    )
    assert (made.feature_size, unused) == (128, {"foo": 1})
    with pytest.raises(ValueError, match="nothing is uploaded"):
        made.save_pretrained(tmp_path, push_to_hub=True)
    (tmp_path / "processor_config.json").write_text(
        json.dumps({"audio_processor": {**made.to_dict(), "n_fft": 512}, "processor_class": "P"})
    )
    assert cls.from_pretrained(tmp_path).n_fft == 512  # as transformers chooses
    made.to_json_file(tmp_path / "one.json")
    assert cls.from_json_file(tmp_path / "one.json").to_dict() == made.to_dict()


# --- collators ------------------------------------------------------------------------------------

PADDED = [
    ("WhisperFeatureExtractor", (80,), {}),
    ("SeamlessM4TFeatureExtractor", (80,), {}),
    ("SeamlessM4TFeatureExtractor", (80,), {"padding_side": "left", "padding_value": 0.5}),
    ("SpeechT5FeatureExtractor", (), {}),
    ("ClapFeatureExtractor", (64,), {}),
    ("ASTFeatureExtractor", (), {"return_attention_mask": True}),
]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"padding": "longest", "return_tensors": "pt"},
        {"padding": "max_length", "max_length": 9},
        {"padding": "max_length", "max_length": 4, "truncation": True, "return_tensors": "np"},
        {"pad_to_multiple_of": 4},
        {"padding": False, "truncation": True, "max_length": 4},
        {"return_attention_mask": True},
        {"return_attention_mask": False, "return_tensors": "pt"},
    ],
    ids=repr,
)
@pytest.mark.parametrize(("name", "width", "options"), PADDED, ids=repr)
def test_pad(name, width, options, arguments):
    made, its = getattr(ours, name)(**options), getattr(hf, name)(**options)
    key = made.model_input_names[0]
    clips = [noise(n * max(1, *width, 1)).reshape(n, *width) for n in (5, 7)]
    masks = [np.array([1] * len(c), np.int32) for c in clips]
    given = [
        {key: clips},
        {key: [c.astype(np.float64) for c in clips]},
        {key: [c.tolist() for c in clips]},
        {key: [torch.from_numpy(c) for c in clips]},
        {key: clips, "attention_mask": masks},
        [{key: c, "length": len(c)} for c in clips],
        [hf.BatchFeature({key: c}) for c in clips],
        {key: np.stack([clips[0], clips[0]])},
        {key: []},
    ]
    for features in given:
        try:
            expected = its.pad(copy.deepcopy(features), **arguments)
        except ValueError:  # masks that are not padded, because none was asked for
            with pytest.raises(ValueError, match="different lengths"):
                made.pad(copy.deepcopy(features), **arguments)
            continue
        got = made.pad(copy.deepcopy(features), **arguments)
        assert set(got) == set(expected)
        for name, values in expected.items():
            assert type(got[name]) is type(values), name
            assert len(got[name]) == len(values)
            for g, e in zip(got[name], values, strict=True):
                assert np.asarray(g).dtype == np.asarray(e).dtype, name
                np.testing.assert_array_equal(g, e, err_msg=name)


def test_pad_refuses():
    made = ours.SeamlessM4TFeatureExtractor()
    y = np.ones((3, 80), np.float32)
    with pytest.raises(ValueError, match=r"'input_features' is missing; got \['labels'\]"):
        made.pad({"labels": [1]})
    with pytest.raises(ValueError, match="2 of input_features, 1 of labels"):
        made.pad({"input_features": [y, y], "labels": [1]})
    with pytest.raises(ValueError, match="max_length"):
        made.pad({"input_features": [y]}, padding="max_length")
    with pytest.raises(ValueError, match="different lengths"):
        made.pad({"input_features": [y, y[:2]]}, padding=False, return_tensors="pt")
    with pytest.raises(ValueError, match="an array for each clip"):
        made.pad({"input_features": [1.0, 2.0]})
    with pytest.raises(TypeError, match="mapping"):
        made.pad(3)


def test_speecht5_pads_targets_as_its_processor_asks():
    """The processor sets another feature_size for a moment."""
    made, its = ours.SpeechT5FeatureExtractor(), hf.SpeechT5FeatureExtractor()
    labels = [{"input_values": np.ones((n, 80), np.float32)} for n in (4, 6)]
    for extractor in (made, its):
        extractor.feature_size = extractor.num_mel_bins
    got, expected = made.pad(labels, return_tensors="pt"), its.pad(labels, return_tensors="pt")
    assert torch.equal(got["input_values"], expected["input_values"])
    assert torch.equal(got["attention_mask"], expected["attention_mask"])


# --- accelerate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [False, True], ids=["defaults", "options"])
@pytest.mark.parametrize("name", NAMES)
def test_accelerated(name, options):
    options = OPTIONS[name] if options else {}
    its = original(name, **options)
    made = ours.accelerate(its)
    assert type(made) is getattr(ours, name)
    assert_same_bits(features(made), features(getattr(ours, name)(**options)))
    assert_close(features(made), features(its))
    assert ours.accelerate(made) is made


CHANGED = {
    "WhisperFeatureExtractor": {"n_samples": 32000, "dither": 0.0, "hop_length": 200},
    "Qwen3ASRFeatureExtractor": {"min_length": 20000, "n_samples": 24000},
    "SeamlessM4TFeatureExtractor": {"stride": 4, "padding_value": 2.0},
    "ASTFeatureExtractor": {"max_length": 70, "mean": -1.0, "do_normalize": False},
    "Gemma3nAudioFeatureExtractor": {"hop_length": 100, "mel_floor": np.array(1e-2)},
    "Gemma4AudioFeatureExtractor": {"per_bin_mean": np.linspace(0, 1, 128).reshape(1, 1, 128)},
    "NeuCodecFeatureExtractor": {"num_mel_bins": 64, "frame_length": 500},
    "Xcodec2FeatureExtractor": {"num_mel_bins": 64, "frame_shift": 200},
    "LasrFeatureExtractor": {"win_length": 300},
    "ParakeetFeatureExtractor": {"preemphasis": 0.5, "hop_length": 200},
    "UnivNetFeatureExtractor": {"compression_clip_val": 1.0},
    "SpeechT5FeatureExtractor": {"mel_floor": 1.0},
    "ClapFeatureExtractor": {"padding": "pad", "nb_max_samples": 96000},
    "InklingFeatureExtractor": {"hop_length": 400},
    "Speech2TextFeatureExtractor": {"normalize_means": False},
    "GraniteSpeech5FeatureExtractor": {"logmel_floor_db": 3.0},
    "VoxtralRealtimeFeatureExtractor": {"global_log_mel_max": 9.0},
}


def test_a_rate_that_the_original_only_remembers():
    its = original("GraniteSpeechFeatureExtractor")
    its.melspec_kwargs = {**its.melspec_kwargs, "sample_rate": 32000}
    assert_close(features(ours.accelerate(its)), features(its))


@pytest.mark.parametrize("stride", [3, 4])
def test_frames_of_a_codec_that_join_others_than_pairs(stride):
    its = original("Xcodec2FeatureExtractor")
    its.stride = stride
    assert_close(features(ours.accelerate(its)), features(its))


@pytest.mark.parametrize("name", CHANGED)
def test_attributes_that_were_changed_are_taken_over(name):
    its = original(name)
    for attribute, value in CHANGED[name].items():
        setattr(its, attribute, value)
    its.of_a_user = "kept"
    made = ours.accelerate(its)
    assert made.of_a_user == "kept"
    assert_close(features(made), features(its))
    with pytest.raises(AssertionError):
        assert_close(features(getattr(ours, name)()), features(made))


@pytest.mark.parametrize(
    "name",
    [
        "WhisperFeatureExtractor",
        "CohereAsrFeatureExtractor",
        "Gemma4AudioFeatureExtractor",
        "InklingFeatureExtractor",
        "LasrFeatureExtractor",
        "ParakeetFeatureExtractor",
        "Phi4MultimodalFeatureExtractor",
        "Pop2PianoFeatureExtractor",
        "SpeechT5FeatureExtractor",
        "UnivNetFeatureExtractor",
        "VoxtralRealtimeFeatureExtractor",
    ],
)
def test_filters_of_a_user_are_taken_over(name):
    its = original(name)
    filters = np.asarray(its.mel_filters)
    mine = np.roll(filters, 7, axis=int(filters.shape[0] < filters.shape[1])) * 3
    its.mel_filters = torch.from_numpy(mine) if isinstance(its.mel_filters, torch.Tensor) else mine
    made = ours.accelerate(its)
    assert_close(features(made), features(its))
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert_same_bits(features(other), features(made))
    assert "mel_filters" not in made.to_dict()
    with pytest.raises(AssertionError):
        assert_close(features(getattr(ours, name)()), features(made))
    its.mel_filters = its.mel_filters[:-1, :-1]
    vars(its).pop("extract_rhythm", None)
    with pytest.raises(ValueError, match="mel_filters must have shape"):
        ours.accelerate(its)


def test_filters_of_claps_two_kinds():
    its = hf.ClapFeatureExtractor()
    its.mel_filters = its.mel_filters[:, ::-1]
    made = ours.accelerate(its)
    for truncation in ("fusion", "rand_trunc"):
        its.truncation = made.truncation = truncation
        assert_close(features(made), features(its))


@pytest.mark.parametrize(
    ("name", "attribute", "value", "match"),
    [
        # What was derived from it remained what it was, and the original computes with that.
        ("SpeechT5FeatureExtractor", "win_length", 32, "sample_size of this"),
        ("SpeechT5FeatureExtractor", "hop_length", 8, "sample_stride of this"),
        ("UnivNetFeatureExtractor", "filter_length", 2048, "n_fft|window|mel_filters"),
        ("UnivNetFeatureExtractor", "max_length_s", 3, "num_max_samples of this"),
        ("Gemma3nAudioFeatureExtractor", "frame_length", 400, "window of this"),
        ("WhisperFeatureExtractor", "n_fft", 512, "mel_filters must have shape"),
        ("GraniteSpeech5FeatureExtractor", "n_fft", 1024, "mel_filters of this"),
        ("ClapFeatureExtractor", "frequency_max", 9000, "mel_filters_slaney of this"),
        ("NemotronAsrStreamingFeatureExtractor", "mel_filters_dtype", "float64", "'float32'"),
        ("Gemma3nAudioFeatureExtractor", "fft_length", 2048, "mel_filters must have shape"),
        ("InklingFeatureExtractor", "window_size", 800, r"of shape \(1600,\), and"),
    ],
)
def test_half_of_a_change_is_refused(name, attribute, value, match):
    its = original(name)
    setattr(its, attribute, value)
    with pytest.raises(ValueError, match=match):
        ours.accelerate(its)


def test_a_framing_that_ours_does_not_have_is_refused():
    its = hf.UnivNetFeatureExtractor()
    its.center = True
    with pytest.raises(ValueError, match="center=True"):
        ours.accelerate(its)(noise(24000), sampling_rate=24000)


@pytest.mark.parametrize("name", ["WhisperFeatureExtractor", "ParakeetFeatureExtractor"])
def test_parameters_of_filters_that_did_not_change_with_them(name):
    """The original goes on with the filters that it has."""
    its = original(name)
    its.feature_size = 40
    its.sampling_rate = 8000
    made = ours.accelerate(its)
    assert_close(features(made), features(its))


def test_what_ours_would_not_do_is_refused():
    its = hf.SpeechT5FeatureExtractor()
    its.window = its.window**2
    with pytest.raises(ValueError, match="window of this SpeechT5FeatureExtractor"):
        ours.accelerate(its)
    its = hf.ClapFeatureExtractor()
    its.mel_filters_slaney = its.mel_filters_slaney * 2
    with pytest.raises(ValueError, match="mel_filters_slaney"):
        ours.accelerate(its)
    its = hf.GraniteSpeechFeatureExtractor()
    its.mel_filters.spectrogram.window.mul_(0.5)
    with pytest.raises(ValueError, match="mel_filters of this GraniteSpeech"):
        ours.accelerate(its)
    its = hf.GraniteSpeech5FeatureExtractor()
    its.mel_filters.register_forward_hook(lambda *a: None)
    with pytest.raises(ValueError, match="mel_filters of this GraniteSpeech5"):
        ours.accelerate(its)
    its = hf.WhisperFeatureExtractor()
    its._torch_extract_fbank_features = lambda waveform, device: waveform
    with pytest.raises(TypeError, match="_torch_extract_fbank_features of this Whisper"):
        ours.accelerate(its)


def test_classes_of_a_user_are_refused(monkeypatch):
    class Louder(hf.WhisperFeatureExtractor):
        def __call__(self, raw_speech, **arguments):
            return super().__call__(np.asarray(raw_speech) * 2, **arguments)

    with pytest.raises(TypeError, match=r"Louder\.__call__ is no method of transformers"):
        ours.accelerate(Louder())

    class Renamed(hf.WhisperFeatureExtractor):
        model_input_names = ["mels"]  # noqa: RUF012 - as theirs has it

    with pytest.raises(TypeError, match="Renamed has model_input_names of its own"):
        ours.accelerate(Renamed())

    class Plain(hf.WhisperFeatureExtractor):
        """Another name, and nothing else."""

    assert type(ours.accelerate(Plain(feature_size=128))) is ours.WhisperFeatureExtractor

    class WhisperFeatureExtractor:
        """Not transformers'."""

    with pytest.raises(TypeError, match="there is no WhisperFeatureExtractor"):
        ours.accelerate(WhisperFeatureExtractor())
    monkeypatch.setattr(
        hf.WhisperFeatureExtractor, "zero_mean_unit_var_norm", staticmethod(lambda *a: a)
    )
    with pytest.raises(TypeError, match="zero_mean_unit_var_norm is no method of transformers"):
        ours.accelerate(hf.WhisperFeatureExtractor())


def test_accelerated_with_the_patch_on():
    import fastmel

    with fastmel.patched("transformers"):
        made = ours.accelerate(hf.WhisperFeatureExtractor())
    assert_same_bits(features(made), features(ours.WhisperFeatureExtractor()))
