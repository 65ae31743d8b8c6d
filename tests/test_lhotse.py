"""fastmel.lhotse beside Lhotse's own extractors, and in Lhotse's pipelines."""

import pickle
import warnings

import numpy as np
import pytest
from effort import some
from libraries import required
from signals import music_like, noise, speech_like

lhotse = required("lhotse")
torch = required("torch")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import lhotse.features as theirs
    import lhotse.qa
    import lhotse.utils
    from lhotse.dataset import OnTheFlyFeatures
    from lhotse.features.fbank import TorchaudioFbank
    from lhotse.features.librosa_fbank import LibrosaFbank
    from lhotse.features.whisper_fbank import WhisperFbank

import fastmel  # noqa: E402
from fastmel.lhotse import FeatureExtractor, FeatureExtractorConfig  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning:lhotse"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

RATE = 16000
FIXED = (
    *("ast", "ast-original", "ast-speech-commands", "audiomae", "audio-flamingo-3", "clap"),
    *("clap-rand-trunc", "clvp", "musicnn", "qwen2-audio", "vggish", "voxtral", "whisper-cpp"),
    *("whisper-cpp-large-v3", "whisper-hf", "whisper-large-v3-hf", "yamnet"),
)
"""Front ends whose frames do not follow the duration of a cut."""


def extractor_of(name):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return FeatureExtractor(name)


# --- numbers --------------------------------------------------------------------------------------


# Bounds: Lhotse computes in float32; the largest difference is in bands far below the loudest.
SAME = {
    "kaldi-fbank": ("lhotse-fbank", theirs.Fbank, 1e-3, 1e-5),
    "torchaudio": ("lhotse-fbank", TorchaudioFbank, 1e-3, 1e-5),
    "whisper": ("whisper", WhisperFbank, 1e-4, 1e-6),
    "librosa": ("lhotse-librosa", LibrosaFbank, 1e-5, 1e-6),
}


@pytest.mark.parametrize("which", SAME)
def test_numbers_are_those_of_lhotse(which):
    name, theirs_, most, mean = SAME[which]
    if which in ("whisper", "librosa"):
        required("librosa")
    if which == "torchaudio":
        required("torchaudio")
    original, ours = theirs_(), FeatureExtractor(name)
    rate = fastmel.frontend(name).sample_rate
    assert ours.frame_shift == original.frame_shift
    assert ours.feature_dim(rate) == original.feature_dim(rate)
    for n, signal in ((rate, speech_like), (2 * rate + 77, music_like), (rate // 3, noise)):
        y = signal(n)[None]
        expected, found = original.extract(y, rate), ours.extract(y, rate)
        assert found.shape == expected.shape
        assert found.dtype == expected.dtype
        difference = np.abs(found - expected)
        assert difference.max() < most
        assert difference.mean() < mean


@pytest.mark.parametrize("name", some(list(fastmel.frontends()), every=5))
def test_frames_are_as_many_as_lhotse_counts(name):
    if name in FIXED:
        with pytest.raises(ValueError, match=f"frontend '{name}' has .* frames? for .* s"):
            extractor_of(name)
        return
    extractor = extractor_of(name)
    rate = fastmel.frontend(name).sample_rate
    shift = extractor.frame_shift
    assert round(shift * rate, 12) == int(round(shift * rate, 12))  # Lhotse validates this
    for n in (rate, rate + round(shift * rate / 2), 2 * rate + 1, 31 * rate // 10 - 1):
        features = extractor.extract(noise(n), rate)
        expected = lhotse.utils.compute_num_frames(n / rate, shift, rate)
        assert features.shape == (expected, extractor.feature_dim(rate))
        assert features.dtype == np.float32
        assert features.flags.c_contiguous


def test_features_are_those_of_the_front_end_and_ends_are_cut_or_repeated():
    y = speech_like(RATE + 80, RATE)
    whisper = fastmel.frontend("whisper")(y).T  # has 100 frames, of 100.5
    found = FeatureExtractor("whisper").extract(y, RATE)
    np.testing.assert_array_equal(found[:100], whisper)
    np.testing.assert_array_equal(found[100:], whisper[-1:])
    nemo = fastmel.frontend("nemo-canary")(y[:RATE]).T  # has 101
    found = FeatureExtractor("nemo-canary").extract(y[:RATE], RATE)
    np.testing.assert_array_equal(found, nemo[:100])


# --- batches --------------------------------------------------------------------------------------


def forms(lengths):
    """Ways to hand a batch over: name, samples, lengths."""
    clips = [noise(n, seed=n) for n in lengths]
    tensors = list(map(torch.from_numpy, clips))
    yield "arrays", clips, None
    yield "rows", [clip[None] for clip in clips], None
    yield "tensors", tensors, None
    yield "rows of tensors", [t[None] for t in tensors], None
    padded = torch.nn.utils.rnn.pad_sequence(tensors, batch_first=True)
    yield "padded", padded, torch.tensor(lengths)
    if len(set(lengths)) == 1:
        yield "array", np.stack(clips), None
        yield "tensor", torch.stack(tensors), None


@pytest.mark.parametrize("lengths", [(9000,), (9000, 9000), (9000, 16000, 8111)], ids=str)
@pytest.mark.parametrize("name", ["lhotse-fbank", "whisper"])
def test_a_batch_is_what_lhotse_would_return(name, lengths):
    ours = FeatureExtractor(name)
    expected = [ours.extract(noise(n, seed=n), RATE) for n in lengths]
    for what, samples, given in forms(lengths):
        if name == "lhotse-fbank":
            original = theirs.Fbank().extract_batch(samples, RATE, lengths=given)
            found = ours.extract_batch(samples, RATE, lengths=given)
            if what != "padded":  # of which Lhotse's kind depends on its rows
                assert type(found) is type(original), what
                assert type(found[0]) is type(original[0]), what
        found = ours.extract_batch(samples, RATE, lengths=given)
        found = found if isinstance(found, list) or found.ndim == 3 else [found]
        assert len(found) == len(expected)
        for f, e in zip(found, expected, strict=True):
            np.testing.assert_array_equal(np.asarray(f), e, err_msg=what)


def test_workers_change_no_bit():
    clips = [speech_like(RATE * 3, RATE, seed=i) for i in range(5)]
    one = FeatureExtractor(FeatureExtractorConfig("whisper", workers=1))
    two = FeatureExtractor(FeatureExtractorConfig("whisper", workers=2))
    np.testing.assert_array_equal(one.extract_batch(clips, RATE), two.extract_batch(clips, RATE))


# --- pipelines ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cuts(tmp_path_factory):
    """Six cuts of three recordings, of lengths that are no multiples of a frame."""
    soundfile = pytest.importorskip("soundfile")
    folder = tmp_path_factory.mktemp("recordings")
    recordings = []
    for i, n in enumerate((20000, 33333, 16080)):
        soundfile.write(folder / f"{i}.wav", speech_like(n, RATE, seed=i), RATE)
        recordings.append(lhotse.Recording.from_file(folder / f"{i}.wav"))
    whole = lhotse.CutSet.from_manifests(lhotse.RecordingSet.from_recordings(recordings))
    parts = [cut.truncate(offset=0.25, duration=0.51, preserve_id=False) for cut in whole]
    return lhotse.CutSet.from_cuts([*whole, *parts]).to_eager()


@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("name", ["lhotse-fbank", "whisper", "kaldi-mfcc"])
def test_stored_cuts_load_what_was_computed(name, jobs, cuts, tmp_path):
    extractor = FeatureExtractor(name)
    done = cuts.compute_and_store_features(
        extractor, tmp_path / "features", num_jobs=jobs, storage_type=lhotse.NumpyFilesWriter
    )
    check(extractor, done, cuts)


@pytest.mark.parametrize("collate", [False, True])
def test_batches_of_cuts(collate, cuts, tmp_path):
    extractor = FeatureExtractor("lhotse-fbank")
    done = cuts.compute_and_store_features_batch(
        extractor,
        tmp_path / "features",
        tmp_path / "cuts.jsonl.gz",
        batch_duration=3,
        num_workers=1,
        collate=collate,
        storage_type=lhotse.NumpyFilesWriter,
    )
    check(extractor, done, cuts)


def check(extractor, done, cuts):
    lhotse.qa.validate(done, read_data=True)
    by_id = {cut.id: cut for cut in done}
    assert len(by_id) == len(cuts) == 6
    for cut in cuts:
        stored = by_id[cut.id]
        assert stored.features.type == extractor.name
        expected = extractor.extract(cut.load_audio(), RATE)
        np.testing.assert_array_equal(stored.load_features(), expected)


def test_lilcom_storage(cuts, tmp_path):
    required("lilcom")
    extractor = FeatureExtractor("lhotse-fbank")
    done = cuts.compute_and_store_features(
        extractor, tmp_path / "features", storage_type=lhotse.LilcomChunkyWriter
    )
    lhotse.qa.validate(done, read_data=True)
    for cut in done:
        expected = extractor.extract(cut.load_audio(), RATE)
        assert np.abs(cut.load_features() - expected).max() <= 2**-6  # lilcom's rounding


def test_on_the_fly(cuts):
    extractor = FeatureExtractor("lhotse-fbank")
    features, lengths = OnTheFlyFeatures(extractor)(cuts)
    single, _ = OnTheFlyFeatures(extractor, use_batch_extract=False)(cuts)
    assert features.equal(single)
    for i, cut in enumerate(cuts):
        expected = extractor.extract(cut.load_audio(), RATE)
        assert (
            lengths[i] == len(expected) == lhotse.utils.compute_num_frames(cut.duration, 0.01, RATE)
        )
        np.testing.assert_array_equal(features[i, : lengths[i]].numpy(), expected)


def test_in_the_workers_of_a_loader(cuts):
    from lhotse.dataset import K2SpeechRecognitionDataset, SimpleCutSampler

    spoken = lhotse.CutSet.from_cuts(
        cut.with_features_path_prefix("") if cut.has_features else supervised(cut) for cut in cuts
    ).to_eager()
    dataset = K2SpeechRecognitionDataset(input_strategy=OnTheFlyFeatures(FeatureExtractor()))
    sampler = SimpleCutSampler(spoken, max_duration=3)
    loader = torch.utils.data.DataLoader(dataset, batch_size=None, sampler=sampler, num_workers=1)
    shapes = [batch["inputs"].shape for batch in loader]
    assert sum(shape[0] for shape in shapes) == 6
    assert {shape[2] for shape in shapes} == {80}


def supervised(cut):
    segment = lhotse.SupervisionSegment(cut.id, cut.recording_id, 0, cut.duration, text="words")
    return lhotse.utils.fastcopy(cut, supervisions=[segment])


# --- mixing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lhotse-fbank", "torchaudio", "torchaudio-db", "espnet"])
def test_mixed_features_are_those_of_powers_that_add(name):
    """Of two tones, so that no band has much of both."""
    rate = fastmel.frontend(name).sample_rate
    t = np.arange(rate) / rate
    low, high = (np.sin(2 * np.pi * f * t).astype(np.float32) / 4 for f in (500, 3000))
    extractor = extractor_of(name)
    mixed = extractor.mix(extractor.extract(low, rate), extractor.extract(high, rate), 0.25)
    expected = extractor.extract(low + high / 2, rate)
    mixed, expected = mixed[9:-9], expected[9:-9]  # the ends have products of both
    unit = extractor._unit or expected.max()
    strong = expected > np.quantile(expected, 0.9)
    assert np.abs(mixed - expected)[strong].max() < 0.02 * unit
    scaled = extractor.scale(extractor.extract(high, rate), 0.25)
    found = extractor.extract(high / 2, rate)
    assert np.abs(scaled - found)[found > np.quantile(found, 0.9)].max() < 1e-3 * unit
    whole = extractor.compute_energy(extractor.extract(high, rate))
    assert extractor.compute_energy(scaled) == pytest.approx(0.25 * whole, rel=1e-3)


def test_stored_features_are_mixed_by_the_rule_of_their_front_end(cuts, tmp_path):
    """Lhotse finds it by the type that the manifest says."""
    extractor = FeatureExtractor("torchaudio-db")
    done = cuts.compute_and_store_features(
        extractor, tmp_path / "features", storage_type=lhotse.NumpyFilesWriter
    ).to_eager()
    first, second = done[0], done[1]
    mixed = first.mix(second, snr=10).load_features(mixed=True)
    a, b = first.load_features(), second.load_features()[: len(mixed)]
    k = extractor.compute_energy(a) / 10 / extractor.compute_energy(second.load_features())
    both = min(len(a), len(b))
    expected = 10 * np.log10(10 ** (a[:both] / 10) + k * 10 ** (b[:both] / 10))
    np.testing.assert_allclose(mixed[:both], expected, atol=1e-3)


def test_what_does_not_add_is_not_mixed():
    a = np.zeros((3, 13), np.float32)
    for name in ("kaldi-mfcc", "wespeaker", "nemo-canary", "librosa"):
        extractor = FeatureExtractor(name)
        for call in (lambda e=extractor: e.mix(a, a, 1.0), lambda e=extractor: e.scale(a, 1.0)):
            with pytest.raises(ValueError, match="are not mixed; mix cuts of audio"):
                call()


# --- written, sent --------------------------------------------------------------------------------


def test_yaml_and_pickle(tmp_path):
    own = fastmel.frontend("whisper").replace(n_mels=64)
    for spec in ("whisper", "nvidia/canary-1b", own, own.config, own.to_json()):
        extractor = FeatureExtractor(FeatureExtractorConfig(spec, workers=2))
        extractor.to_yaml(tmp_path / "extractor.yaml")
        read = theirs.FeatureExtractor.from_yaml(tmp_path / "extractor.yaml")
        sent = pickle.loads(pickle.dumps(extractor))
        for other in (read, sent):
            assert isinstance(other, FeatureExtractor)
            assert other.config == extractor.config
            assert other.name == extractor.name
        y = noise(8000)
        np.testing.assert_array_equal(read.extract(y, RATE), extractor.extract(y, RATE))
    default = theirs.create_default_feature_extractor("fastmel-whisper")
    assert default.config == FeatureExtractorConfig("whisper")
    assert FeatureExtractor().config == FeatureExtractorConfig("lhotse-fbank")
    assert FeatureExtractor("nvidia/canary-1b").name == "fastmel-nemo-canary"


# --- bad input ------------------------------------------------------------------------------------


def test_what_is_refused():
    extractor = FeatureExtractor("lhotse-fbank")
    with pytest.raises(ValueError, match=r"8000: fastmel-lhotse-fbank expects 16000 Hz; cuts\.res"):
        extractor.extract(noise(8000), 8000)
    with pytest.raises(ValueError, match=r"one channel.*\(2, 8000\): cuts\.to_mono"):
        extractor.extract(np.zeros((2, 8000), np.float32), RATE)
    with pytest.raises(ValueError, match=r"item 1"):
        extractor.extract_batch([noise(8000), noise(8000) * np.float32(np.nan)], RATE)
    with pytest.raises(ValueError, match="unknown front end"):
        FeatureExtractor("wisper")
    with pytest.raises(TypeError, match="spec must be a name"):
        FeatureExtractor(7)
