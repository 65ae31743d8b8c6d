"""`fastmel.whisper` against openai-whisper."""

import sys

import fastmel
import numpy as np
import pytest
from fastmel import whisper
from libraries import required
from originals.compare import assert_as_accurate
from originals.signals import NAMES, as_float, signal

AUDIO = signal("speech", 16000)


@pytest.fixture(scope="module")
def openai():
    return required("whisper").audio


def exact(audio, n_mels=80, padding=0):
    audio = as_float(np.asarray(audio))
    config = fastmel.frontend("whisper").config.replace(n_mels=n_mels, peak="batch")
    widths = [(0, 0)] * (audio.ndim - 1) + [(0, padding)]
    return fastmel.reference.frontend(np.pad(audio, widths), config)


def test_constants(openai):
    names = set(whisper.__all__) - {"log_mel_spectrogram", "pad_or_trim"}
    assert len(names) == 6
    for name in names:
        assert getattr(whisper, name) == getattr(openai, name)


@pytest.mark.parametrize("n_mels", [80, 128])
@pytest.mark.parametrize("name", NAMES)
def test_features(openai, name, n_mels):
    audio = signal(name, 16000)
    if len(audio) <= 200:
        with pytest.raises(ValueError, match="at least 201"):
            whisper.log_mel_spectrogram(audio, n_mels)
        audio = np.pad(audio, (0, 201 - len(audio)))
    result = whisper.log_mel_spectrogram(audio, n_mels)
    expected = openai.log_mel_spectrogram(as_float(audio), n_mels).numpy()
    assert type(result) is np.ndarray
    assert result.dtype == np.float32
    assert_as_accurate(result, expected, exact(audio, n_mels))


@pytest.mark.parametrize("padding", [0, 1, 57, 201, 202, 203, 16000, 480000])
@pytest.mark.parametrize("n_samples", [150, 201, 1600, 8001])
def test_padding(openai, n_samples, padding):
    audio = as_float(AUDIO[4000 : 4000 + n_samples])
    if n_samples + padding <= 200:
        with pytest.raises(ValueError, match="audio has 150 samples"):
            whisper.log_mel_spectrogram(audio, padding=padding)
        return
    result = whisper.log_mel_spectrogram(audio, padding=padding)
    expected = openai.log_mel_spectrogram(audio, padding=padding).numpy()
    assert_as_accurate(result, expected, exact(audio, padding=padding))


@pytest.mark.parametrize("padding", [0, 300])
def test_a_batch_has_one_maximum(openai, padding):
    batch = np.stack([AUDIO[:8000], AUDIO[8000:16000] * np.float32(1e-4)])
    result = whisper.log_mel_spectrogram(batch, padding=padding)
    expected = openai.log_mel_spectrogram(batch, padding=padding).numpy()
    assert_as_accurate(result, expected, exact(batch, padding=padding))
    assert result[1].min() == result[0].min() != whisper.log_mel_spectrogram(batch[1]).min()


def test_tensors_give_tensors(openai):
    torch = required("torch")
    audio = torch.from_numpy(AUDIO.copy())
    expected = whisper.log_mel_spectrogram(AUDIO)
    for arguments in [(audio,), (audio, 80, 0, "cpu"), (AUDIO, 80, 0, torch.device("cpu"))]:
        result = whisper.log_mel_spectrogram(*arguments)
        assert isinstance(result, torch.Tensor)
        assert np.array_equal(result.numpy(), expected)
    strided = whisper.log_mel_spectrogram(audio[::2]).numpy()
    assert np.array_equal(strided, whisper.log_mel_spectrogram(AUDIO[::2].copy()))
    assert whisper.log_mel_spectrogram(audio, device="meta").device.type == "meta"
    with pytest.raises(TypeError, match="gradient"):
        whisper.log_mel_spectrogram(audio.clone().requires_grad_())
    with pytest.raises(TypeError, match="audio"):
        whisper.log_mel_spectrogram(audio.to("meta"))


def test_files(openai, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = str(tmp_path / "speech.wav")
    soundfile.write(path, AUDIO, 16000, subtype="FLOAT")
    result = whisper.log_mel_spectrogram(path)
    assert np.array_equal(result, whisper.log_mel_spectrogram(AUDIO))


def test_bad_arguments():
    for n_mels in (64, 1):
        with pytest.raises(ValueError, match=r"n_mels=.* must be 80 or 128"):
            whisper.log_mel_spectrogram(AUDIO, n_mels)
    for n_mels in ("80", None, np.array([80, 80])):
        with pytest.raises(TypeError, match=r"n_mels=.* must be an integer"):
            whisper.log_mel_spectrogram(AUDIO, n_mels)
    with pytest.raises(ValueError, match="padding=-1"):
        whisper.log_mel_spectrogram(AUDIO, padding=-1)
    with pytest.raises(TypeError, match="padding"):
        whisper.log_mel_spectrogram(AUDIO, padding=0.5)
    with pytest.raises(TypeError, match="audio"):
        whisper.log_mel_spectrogram([0.0] * 400)
    with pytest.raises(TypeError, match=r"audio .* complex"):
        whisper.log_mel_spectrogram(AUDIO + 0j)
    bad = AUDIO[:4000].copy()
    bad[2000] = np.inf
    with pytest.raises(ValueError, match="finite"):
        whisper.log_mel_spectrogram(bad)


@pytest.mark.parametrize("axis", [-1, 0, 1, -2])
@pytest.mark.parametrize("length", [0, 3, 4, 7])
def test_pad_or_trim(openai, length, axis):
    torch = required("torch")
    array = np.arange(20, dtype=np.float32).reshape(4, 5)
    expected = openai.pad_or_trim(array, length, axis=axis)
    result = whisper.pad_or_trim(array, length, axis=axis)
    assert type(result) is np.ndarray
    assert np.array_equal(result, expected)
    assert result.dtype == expected.dtype
    tensor = whisper.pad_or_trim(torch.from_numpy(array), length, axis=axis)
    assert np.array_equal(tensor.numpy(), expected)
    needs_gradient = torch.from_numpy(array).requires_grad_()
    assert whisper.pad_or_trim(needs_gradient, length, axis=axis).requires_grad


def test_pad_or_trim_defaults_and_errors():
    assert whisper.pad_or_trim(AUDIO[:100]).shape == (whisper.N_SAMPLES,)
    assert whisper.pad_or_trim([1, 2, 3], 2).tolist() == [1, 2]
    with pytest.raises(ValueError, match="length=-1"):
        whisper.pad_or_trim(AUDIO, -1)
    with pytest.raises(ValueError, match="axis=2"):
        whisper.pad_or_trim(AUDIO, 5, axis=2)
    with pytest.raises(TypeError, match="length"):
        whisper.pad_or_trim(AUDIO, 5.0)


def test_torch_is_not_imported(run_python):
    run_python(
        """
        import sys
        import numpy as np
        from fastmel import whisper
        whisper.log_mel_spectrogram(whisper.pad_or_trim(np.zeros(400, np.float32), 800))
        assert "torch" not in sys.modules and "fastmel.io" not in sys.modules
        """
    )
    assert "fastmel.whisper" in sys.modules
