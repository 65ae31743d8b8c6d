"""Reading files: librosa's samples, and an error for every damaged file."""

import io
import os
import struct
import warnings
import wave

import numpy as np
import pytest

sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

from fastmel.io import load  # noqa: E402
from signals import music_like, speech_like  # noqa: E402

RATE = 44100


@pytest.fixture(scope="module")
def stereo():
    """Two unlike channels, a little over a second."""
    n = RATE + 4321
    return np.stack([speech_like(n, sr=RATE), music_like(n, sr=RATE)], axis=1)


@pytest.fixture(scope="module")
def files(tmp_path_factory, stereo):
    """Undamaged files by suffix."""
    folder = tmp_path_factory.mktemp("audio")
    made = {}
    for suffix in ("wav", "flac", "ogg", "mp3", "aiff", "au"):
        if suffix.upper() in sf.available_formats():
            made[suffix] = folder / f"clip.{suffix}"
            sf.write(made[suffix], stereo, RATE)
    return made


def write(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sr": 16000},
        {"sr": None},
        {"sr": 48000, "dtype": np.float64},
        {"sr": 8000.5},
        {"mono": False},
        {"mono": False, "sr": None, "dtype": "float64"},
        {"offset": 0.12345, "duration": 0.54321},
        {"offset": 1, "duration": 10, "sr": 22050},
        {"mono": False, "sr": None, "dtype": "int16", "duration": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
def test_equals_librosa(librosa, files, suffix, options):
    ours, our_rate = load(files[suffix], **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # audioread, which librosa 0.11 imports here, is old
        theirs, their_rate = librosa.load(files[suffix], **options)
    assert our_rate == their_rate
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


def test_negative_offset_counts_from_the_end(files):
    whole, _ = load(files["wav"], sr=None)
    tail, _ = load(files["wav"], sr=None, offset=-0.25)
    np.testing.assert_array_equal(tail, whole[-int(0.25 * RATE) :])


def test_default_is_mono_float32_at_22050(files, stereo):
    y, sr = load(files["wav"])
    assert (y.dtype, y.ndim, sr) == (np.float32, 1, 22050)
    assert y.size == -(-len(stereo) // 2)


def test_mono_is_the_mean_of_the_channels(files, stereo):
    y, sr = load(files["wav"], sr=None)
    assert sr == RATE
    # The file has 16 bits: half a step in each channel, and their rounded mean.
    np.testing.assert_allclose(y, stereo.mean(axis=1), atol=2**-15)


def test_resampling_keeps_a_tone(tmp_path):
    t = np.arange(RATE) / RATE
    sf.write(tmp_path / "tone.wav", 0.5 * np.sin(2 * np.pi * 1000 * t), RATE, subtype="FLOAT")
    y, sr = load(tmp_path / "tone.wav", sr=16000)
    assert y.size == 16000
    expected = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(16000) / sr)
    # soxr's high quality is 20 bits; its filter's ends are left out.
    np.testing.assert_allclose(y[800:-800], expected[800:-800], atol=2e-6)


def test_same_from_name_path_file_descriptor_and_soundfile(files):
    path = files["flac"]
    expected, _ = load(path)
    with open(path, "rb") as file:
        np.testing.assert_array_equal(load(file)[0], expected)
    np.testing.assert_array_equal(load(str(path))[0], expected)
    np.testing.assert_array_equal(load(io.BytesIO(path.read_bytes()))[0], expected)
    np.testing.assert_array_equal(load(sf.SoundFile(path))[0], expected)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    np.testing.assert_array_equal(load(descriptor)[0], expected)


def test_int16_is_the_pcm_of_the_file(tmp_path):
    pcm = np.arange(-500, 500, dtype=np.int16)
    sf.write(tmp_path / "pcm.wav", pcm, 16000)
    y, _sr = load(tmp_path / "pcm.wav", sr=16000, dtype=np.int16)
    assert y.dtype == np.int16
    np.testing.assert_array_equal(y, pcm)


# Damaged files ------------------------------------------------------------------------------------


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        load(tmp_path / "none.wav")
    assert "none.wav" in str(caught.value)


def test_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads anything")
def test_no_permission(files, tmp_path):
    path = write(tmp_path / "mine.wav", files["wav"].read_bytes())
    path.chmod(0)
    with pytest.raises(PermissionError):
        load(path)


def test_empty(tmp_path):
    with pytest.raises(ValueError, match=r"empty\.wav: is empty"):
        load(write(tmp_path / "empty.wav", b""))


@pytest.mark.parametrize("suffix", ["wav", "mp3", "txt"])
def test_not_audio(tmp_path, suffix):
    path = write(tmp_path / f"letter.{suffix}", b"Dear reader, this is not a sound.\n" * 50)
    with pytest.raises(ValueError, match=r"letter\..*cannot be decoded as audio"):
        load(path)


def test_headerless_raw(tmp_path):
    with pytest.raises(ValueError, match="no header"):
        load(write(tmp_path / "samples.raw", bytes(1000)))


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "aiff", "au"])
@pytest.mark.parametrize("kept", [0.3, 0.9])
def test_truncated(files, tmp_path, suffix, kept):
    if suffix not in files:
        pytest.skip(f"this libsndfile has no {suffix}")
    data = files[suffix].read_bytes()
    path = write(tmp_path / f"cut.{suffix}", data[: int(kept * len(data))])
    with pytest.raises(ValueError, match=r"cut\..*(is truncated|cannot be decoded)"):
        load(path)


def test_truncated_after_the_header(files, tmp_path):
    path = write(tmp_path / "cut.wav", files["wav"].read_bytes()[:44])
    with pytest.raises(ValueError, match=r"cut\.wav: is truncated"):
        load(path)


def test_the_whole_part_of_a_truncated_file_can_be_read(files, tmp_path):
    data = files["wav"].read_bytes()
    path = write(tmp_path / "cut.wav", data[: len(data) // 2])
    expected, _ = load(files["wav"], sr=None, duration=0.4)
    np.testing.assert_array_equal(load(path, sr=None, duration=0.4)[0], expected)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF - 36])
def test_length_unknown_to_the_writer(files, tmp_path, size):
    data = bytearray(files["wav"].read_bytes())
    assert data[36:40] == b"data"
    data[4:8], data[40:44] = struct.pack("<I", 0xFFFFFFFF), struct.pack("<I", size)
    y, _ = load(write(tmp_path / "piped.wav", data), sr=None)
    np.testing.assert_array_equal(y, load(files["wav"], sr=None)[0])


def test_zero_channels(files, tmp_path):
    data = bytearray(files["wav"].read_bytes())
    data[22:24] = b"\0\0"
    with pytest.raises(ValueError, match=r"mute\.wav: .*[Cc]hannel"):
        load(write(tmp_path / "mute.wav", data))


def test_no_samples(tmp_path):
    with wave.open(str(tmp_path / "none.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
    with pytest.raises(ValueError, match="has no samples"):
        load(tmp_path / "none.wav")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_not_finite(tmp_path, value):
    y = np.zeros(1000, np.float32)
    y[500] = value
    sf.write(tmp_path / "bad.wav", y, 16000, subtype="FLOAT")
    with pytest.raises(ValueError, match="NaN or infinite"):
        load(tmp_path / "bad.wav", sr=None)


# Arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sr": 0}, ValueError, "sr=0"),
        ({"sr": -1.5}, ValueError, r"sr=-1\.5"),
        ({"sr": float("nan")}, ValueError, "sr=nan"),
        ({"duration": 0}, ValueError, "duration=0"),
        ({"duration": -1}, ValueError, "duration=-1"),
        ({"offset": float("inf")}, ValueError, "offset=inf"),
        ({"offset": 100}, ValueError, "offset=100 must lie within"),
        ({"offset": -100}, ValueError, "offset=-100 must lie within"),
        ({"sr": "16k"}, TypeError, "sr='16k' must be a number"),
        ({"duration": "1"}, TypeError, "duration='1' must be a number"),
        ({"offset": None}, TypeError, "offset=None must be a number"),
        ({"mono": "no"}, TypeError, "mono='no' must be True or False"),
        ({"dtype": np.int8}, TypeError, "dtype"),
        ({"dtype": np.complex64}, TypeError, "dtype"),
        ({"dtype": np.int16}, TypeError, "mixed"),
        ({"dtype": np.int16, "mono": False}, TypeError, "resampled"),
    ],
    ids=str,
)
def test_bad_arguments(files, options, error, message):
    with pytest.raises(error, match=message):
        load(files["wav"], **options)


@pytest.mark.parametrize("path", [None, 3.5, np.zeros(3)])
def test_bad_path(path):
    with pytest.raises(TypeError, match="path="):
        load(path)


@pytest.mark.parametrize("missing", ["soundfile", "soxr"])
def test_missing_extra_says_how_to_get_it(run_python, files, missing):
    done = run_python(
        f"""
        import sys
        sys.modules[{missing!r}] = None
        from fastmel.io import load
        try:
            load({str(files["wav"])!r})
        except ModuleNotFoundError as error:
            print(error)
        """
    )
    assert missing in done.stdout
    assert 'pip install "fastmel[io]"' in done.stdout
