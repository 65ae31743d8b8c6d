"""What people see and type: reprs, tables, names from elsewhere, warnings about samples."""

import html.parser
import timeit
import warnings

import fastmel
import numpy as np
import pytest
from fastmel._catalogue import CATALOGUE
from fastmel._catalogue.checkpoints import patterns, row_of
from fastmel._engine.display import sentence
from fastmel._frontend.display import summary
from signals import noise


class Tags(html.parser.HTMLParser):
    """Every tag is closed in its order; the texts of the cells."""

    def __init__(self, text):
        super().__init__()
        self.open, self.cells, self.tags = [], [], []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "td":
            self.cells.append(data)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_front_end_presents_itself(name):
    fe = fastmel.frontend(name)
    text = repr(fe)
    assert text.startswith(f"fastmel.frontend({name!r})  # {fe.sample_rate} Hz to (")
    assert eval(text, {"fastmel": fastmel}) == fe
    for step in (*fe.before, *fe.after):
        assert repr(step) in text
    cells = Tags(fe._repr_html_()).cells
    assert sentence(fe.config) in cells
    assert CATALOGUE[name].source in cells
    assert any(cell.startswith(f"samples at {fe.sample_rate} Hz: floats") for cell in cells)
    assert "n_fft" in cells or fe.config.n_fft == 2048


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("librosa", "22050 Hz to (128, frames), every 23.22 ms"),
        ("funasr", "16000 Hz to (frames, 560), every 60 ms"),
        ("granite-speech", "16000 Hz to (frames, 160), every 20 ms"),
        ("yamnet", "16000 Hz to (patches, frames, 64), every 10 ms, after PadToPatches"),
    ],
)
def test_summaries(name, text):
    assert summary(fastmel.frontend(name)).startswith(text)


def test_the_hop_is_that_of_the_result():
    fixed = 0
    for name in CATALOGUE:
        fe = fastmel.frontend(name)
        every = float(summary(fe).partition("every ")[2].partition(" ms")[0])
        longer = fe.num_frames(180 * fe.sample_rate) - fe.num_frames(60 * fe.sample_rate)
        if longer in (0, 120) or summary(fe).startswith(f"{fe.sample_rate} Hz to (patches"):
            fixed += 1  # of one length, or counted otherwise
        else:
            assert longer == pytest.approx(120_000 / every, rel=0.01), name
    assert fixed < 30


def test_a_configuration_presents_itself():
    config = fastmel.MelConfig(
        n_fft=512, window=("kaiser", 8.0), n_mels=3, mel_weights=np.eye(3, 257)
    )
    page = Tags(config._repr_html_())
    assert "('kaiser', 8.0)" in page.cells
    assert all(len(cell) <= 100 for cell in page.cells)
    assert fastmel.frontend(config)._repr_html_().startswith("<strong>fastmel front end")


def test_the_list_is_a_table_that_filters():
    every = fastmel.frontends()
    assert isinstance(every, dict)
    assert list(every) == list(CATALOGUE)
    assert Tags(every._repr_html_()).tags.count("tr") == len(CATALOGUE) + 1
    for name in fastmel.frontends(sample_rate=24000, n_mels=100):
        config = CATALOGUE[name].config
        assert (config.sample_rate, config.n_mels) == (24000, 100)
    assert "bigvgan-24khz-100band" in fastmel.frontends(sample_rate=24000, n_mels=100)
    assert list(fastmel.frontends("PARAFORMER")) == ["funasr"]
    assert fastmel.frontends("no such model") == {}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"model": 3}, "model must be a string; got int"),
        ({"n_mels": "80"}, "n_mels='80' must be an integer"),
        ({"sample_rate": 16e3}, r"sample_rate=16000.0 must be an integer"),
    ],
)
def test_filters_are_checked(arguments, message):
    with pytest.raises(TypeError, match=message):
        fastmel.frontends(**arguments)


def test_checkpoints_find_their_rows():
    assert all(row_of(row) is None for row in CATALOGUE)
    assert {row for _, row in patterns()} <= {*CATALOGUE, ""}
    for name, row in {
        "openai/whisper-small": "whisper-hf",
        "openai/whisper-large-v2": "whisper-hf",
        "openai/whisper-large-v3-turbo": "whisper-large-v3-hf",
        "OpenAI/Whisper-Tiny.en": "whisper-hf",
        "Systran/faster-whisper-large-v3": "faster-whisper-large-v3",
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo": "faster-whisper-large-v3",
        "distil-whisper/distil-large-v3-ct2": "faster-whisper-large-v3",
        "distil-whisper/distil-large-v3-openai": "whisper-large-v3-hf",
        "distil-whisper/distil-large-v2": "whisper-hf",
        "mistralai/Voxtral-Mini-3B-2507": "voxtral",
        "mistralai/Voxtral-Mini-4B-Realtime-2602": "voxtral-realtime",
        "facebook/s2t-small-librispeech-asr": "speech-to-text",
        "microsoft/speecht5_tts": "speecht5",
        "speechbrain/spkrec-ecapa-voxceleb": "speechbrain-80",
        "nvidia/bigvgan_v2_44khz_128band_512x": "bigvgan-v2-44khz-128band-512x",
        "nvidia/parakeet-ctc-1.1b": "nemo-fastconformer",
        "nvidia/parakeet-tdt-0.6b-v3": "nemo-canary",
        "MIT/ast-finetuned-audioset-10-10-0.4593": "ast",
        "MIT/ast-finetuned-speech-commands-v2": "ast-speech-commands",
        "facebook/w2v-bert-2.0": "seamless-m4t",
        "Google/YAMNet": "yamnet",
    }.items():
        assert fastmel.frontend(name).name == row


@pytest.mark.parametrize(
    "name",
    [
        "facebook/wav2vec2-base",
        "wav2vec2",
        "microsoft/wavlm-large",
        "facebook/hubert-base",
        "ntu-spml/distilhubert",
        "facebook/s2t-wav2vec2-large-en-de",
        "speechbrain/asr-wav2vec2-commonvoice-en",
        "microsoft/speecht5_asr",
        "facebook/encodec_24khz",
        "descript/dac_16khz",
        "UsefulSensors/moonshine-tiny",
    ],
)
def test_models_of_samples_are_told(name):
    with pytest.raises(ValueError, match="takes samples, not features"):
        fastmel.frontend(name)


@pytest.mark.parametrize(
    "name",
    [
        "speechbrain/spkrec-ecapa-voxceleb-mel-spec",
        "ylacombe/wav2vec2-bert-CV16-en",
    ],
)
def test_relatives_with_other_features_are_unknown(name):
    with pytest.raises(ValueError, match="unknown front end"):
        fastmel.frontend(name)


@pytest.mark.parametrize(
    ("name", "place"),
    [("hanning", "get_window"), ("mel", "mel_filterbank"), ("logmel", "log_melspectrogram")],
)
def test_words_for_what_is_here(name, place):
    with pytest.raises(
        AttributeError, match=rf"has no attribute '{name}'; there is fastmel\.{place}$"
    ):
        getattr(fastmel, name)


def test_names_of_elsewhere():
    with pytest.raises(AttributeError, match=r"; there is fastmel\.whisper\.log_mel_spectrogram"):
        fastmel.log_mel_spectrogram  # noqa: B018
    with pytest.raises(AttributeError, match=r"did you mean melspectrogram or \w+\?$"):
        fastmel.melspectogram  # noqa: B018
    with pytest.raises(ValueError, match="window='hanning' is unknown; did you mean hann or hamm"):
        fastmel.get_window("hanning", 9)
    for place, names in fastmel._PLACES.items():
        room, _, every = place.partition(".")
        if room != "torch":
            there = getattr(fastmel, room)
            assert not every or all(hasattr(there, name) for name in names.split())
    assert not hasattr(fastmel, "__wrapped__")


# Samples that a model does not expect -------------------------------------------------------------

PCM = (8000 * noise(16000)).astype(np.float32)
PCM[8000] = 8000


def test_floats_in_the_range_of_pcm_are_told():
    with pytest.warns(UserWarning, match=r"y has the value 8000: .*whisper expects .*y / 32768"):
        fastmel.frontend("whisper")(PCM)
    with pytest.warns(UserWarning, match="y has the value 8000"):
        fastmel.frontend("kaldi-fbank").batch([PCM / 32768, PCM])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("whisper", "kaldi-fbank", "ast"):
            fe = fastmel.frontend(name)
            fe(PCM.astype(np.int16))
            fe(PCM / 32768)
            fe(PCM / 2000)  # of a deviation of about 1, as some normalise
        for name in ("librosa", "torchaudio-kaldi-fbank", "kaldi-native-fbank"):
            fastmel.frontend(name)(PCM)  # a library's functions take all ranges
        fastmel.frontend(fastmel.frontend("whisper").config)(PCM)  # whose range is not known


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_refused_is_not_told_twice(value):
    y = np.zeros(16000)
    y[8000] = value
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="not finite"):
            fastmel.frontend("whisper")(y)
        with pytest.raises(ValueError, match="empty"):
            fastmel.frontend("whisper")(np.zeros(0))


def test_check_looks_at_all_samples():
    fe = fastmel.frontend("whisper")
    quiet = PCM.copy()
    quiet[8000] = 0
    quiet[5] = -9000
    with pytest.warns(UserWarning, match="y has the value -9000"):
        fe.check(quiet)
    with pytest.warns(UserWarning, match="y is silent: all samples are 0"):
        fe.check(np.zeros(100, np.int16))
    with pytest.warns(UserWarning, match="y is silent in item 1 of 3"):
        fe.check(np.stack([PCM, 0 * PCM, PCM]) / 32768)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fe.check(PCM / 32768)
        fe.check(PCM.astype(np.int16))
        fastmel.frontend("torchaudio-kaldi-fbank").check(PCM)
    with pytest.raises(ValueError, match="empty"):
        fe.check(np.zeros(0))
    with pytest.raises(TypeError, match="dtype"):
        fe.check(np.zeros(9, bool))


def test_the_look_at_a_sample_takes_no_time():
    y = np.zeros(400, np.float32)
    look = min(timeit.repeat(lambda: type(x := y.item(y.size >> 1)) is float and abs(x) > 100,
                             number=2000, repeat=9))  # fmt: skip
    assert look / 2000 < 1e-6  # of some 5; measured 0.15
