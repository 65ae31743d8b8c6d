"""Reading files: librosa's samples, and an error for every damaged file."""

import contextlib
import io
import os
import struct
import sys
import threading
import warnings
import wave
from fractions import Fraction

import numpy as np
import pytest
from effort import examples, some
from sanitizers import asan

sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

from fastmel._audio.headers import _crc  # noqa: E402
from fastmel._audio.loading import load, resampled  # noqa: E402
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
        {"sr": 16000, "res_type": "soxr_qq"},
        {"sr": 16000, "res_type": "soxr_vhq", "dtype": np.float64},
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


@pytest.mark.parametrize("sr", [44100, 16000])
def test_mp3_in_memory_is_what_the_file_is(tmp_path, stereo, sr):
    """libsndfile knows MP3 without a tag by the suffix of its name alone."""
    path = tmp_path / "clip.mp3"
    sf.write(path, stereo, sr)
    assert path.read_bytes()[0] == 0xFF
    for options in ({}, {"offset": 0.3, "duration": 0.2}):
        expected, _ = load(path, sr=None, **options)
        with open(path, "rb") as file:
            np.testing.assert_array_equal(load(file, sr=None, **options)[0], expected)
        in_memory = io.BytesIO(path.read_bytes())
        np.testing.assert_array_equal(load(in_memory, sr=None, **options)[0], expected)


@pytest.mark.parametrize(("kind", "sr"), [("OGG/OPUS", 16000), ("MP3/None", 16000)])
def test_offset_is_exact_where_seeking_is_not(tmp_path, kind, sr):
    form, subtype = kind.split("/")
    path = tmp_path / f"clip.{form.lower()}"
    y = np.tile(speech_like(5 * sr), 4)
    sf.write(path, y, sr, format=form, subtype=None if subtype == "None" else subtype)
    whole, _ = load(path, sr=None)
    for offset in (8.5, 9.1234, 13.77, 17.2, 18.0, 19.5):
        part, _ = load(path, sr=None, offset=offset, duration=0.3)
        np.testing.assert_array_equal(part, whole[int(offset * sr) :][: int(0.3 * sr)])


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


@pytest.mark.parametrize("channels", [3, 9])
def test_mono_of_many_channels_has_numpys_bits(tmp_path, channels):
    y = np.random.default_rng(0).standard_normal((5000, channels)).astype(np.float32)
    sf.write(tmp_path / "many.wav", y, 16000, subtype="FLOAT")
    assert np.array_equal(load(tmp_path / "many.wav", sr=None)[0], y.mean(axis=1))


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


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
@pytest.mark.parametrize("dtype", ["int16", "int32"])
def test_floats_have_no_pcm(tmp_path, subtype, dtype):
    path = tmp_path / "floats.wav"
    sf.write(path, np.linspace(-0.5, 0.5, 1000), 16000, subtype=subtype)
    with pytest.raises(TypeError, match=f"dtype={dtype}: .*floats.wav holds floating-point"):
        load(path, sr=None, dtype=dtype)


def test_missing(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        load(tmp_path / "none.wav")
    assert "none.wav" in str(caught.value)


def test_folder(tmp_path):
    with pytest.raises(IsADirectoryError, match="folder"):
        load(tmp_path)


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0,
    reason="needs a user other than root, who reads anything",
)
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
        pytest.skip(f"needs a libsndfile with {suffix}")
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


@pytest.mark.parametrize("given", [{"sr": 8000, "mono": False}, {"sr": None, "mono": True}])
def test_not_finite_any_more(tmp_path, given):
    """Resampling and mixing sum samples, and the largest floats have no sum."""
    y = np.full((4000, 2), 3e38, np.float32)
    y[::2, :] *= 1 if given["mono"] else -1
    sf.write(tmp_path / "large.wav", y, 16000, subtype="FLOAT")
    assert np.array_equal(load(tmp_path / "large.wav", sr=None, mono=False)[0], y.T)
    with pytest.raises(ValueError, match="holds samples too large to be mixed or res"):
        load(tmp_path / "large.wav", **given)


# Lengths that the file contradicts ----------------------------------------------------------------


def patched(data, at, form, value):
    """The bytes of a file with another number at a position."""
    size = struct.calcsize(form)
    return data[:at] + struct.pack(form, value) + data[at + size :]


def encoded(samples, rate, file_format, subtype=None):
    file = io.BytesIO()
    sf.write(file, samples, rate, format=file_format, subtype=subtype)
    return file.getvalue()


def size_field(data):
    """Where the header has the size of the sound, in which format, and how much that size counts
    besides the samples."""
    kind = data[:4]
    if kind == b".snd":
        return 8, ">I", 0
    if kind == b"RF64":
        return data.index(b"ds64") + 16, "<q", 0
    if kind == b"caff":
        return data.index(b"data") + 4, ">q", 4
    if kind == b"riff":
        return data.index(b"data") + 16, "<q", 24
    if kind == b"FORM":
        return data.index(b"SSND") + 4, ">I", 8
    return data.index(b"data") + 4, "<I", 0


CONTAINERS = ["WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "CAF"]


@pytest.fixture(scope="module")
def short():
    """Half a second of two channels."""
    return np.stack([speech_like(8000), music_like(8000)], axis=1)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x7FFFF000, 0x80000000, 0x80000024, 0xFFFFFFFF, -1])
def test_length_unknown_to_the_writer(short, container, size):
    data = encoded(short, 16000, container, "PCM_16")
    expected, _ = load(io.BytesIO(data), sr=None, mono=False)
    at, form, _more = size_field(data)
    wide = form.endswith("q")
    size = {-1: -1}.get(size, (1 << 63) - 1) if wide else size % (1 << 32)
    y, _ = load(io.BytesIO(patched(data, at, form, size)), sr=None, mono=False)
    np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("container", CONTAINERS)
def test_length_never_written(short, container):
    data = encoded(short, 16000, container, "PCM_16")
    expected, _ = load(io.BytesIO(data), sr=None)
    at, form, more = size_field(data)
    with pytest.warns(UserWarning, match="may be truncated: its header was never completed") as w:
        y, _ = load(io.BytesIO(patched(data, at, form, more)), sr=None)
    assert w[0].filename == __file__
    np.testing.assert_array_equal(y, expected)
    # Who reads a part needs no warning.
    part, _ = load(io.BytesIO(patched(data, at, form, more)), sr=None, duration=0.25)
    np.testing.assert_array_equal(part, expected[:4000])


@pytest.mark.parametrize("container", [*CONTAINERS, "NIST", "SVX"])
def test_length_that_is_not_there(short, container):
    channels = 1 if container == "SVX" else 2
    data = encoded(short[:, :channels], 16000, container, "PCM_16")
    expected, _ = load(io.BytesIO(data), sr=None, mono=False)
    cut = data[: -2 * channels * 1000]
    with pytest.raises(ValueError, match=r"truncated: its header promises \d+ bytes of sound, \d+"):
        load(io.BytesIO(cut), sr=None)
    part, _ = load(io.BytesIO(cut), sr=None, mono=False, duration=7000 / 16000)
    np.testing.assert_array_equal(part, expected[..., :7000])


@pytest.mark.parametrize("riff", [0, 8, 36, 0xFFFFFFFF])
def test_size_of_the_riff_does_not_matter(short, riff):
    data = patched(encoded(short, 16000, "WAV"), 4, "<I", riff)
    assert load(io.BytesIO(data), sr=None)[0].size == 8000
    with pytest.warns(UserWarning, match="never completed"):
        assert load(io.BytesIO(patched(data, 40, "<I", 0)), sr=None)[0].size == 8000


@pytest.mark.parametrize("more", [44, 36])
def test_header_counted_as_sound(short, more):
    data = encoded(short, 16000, "WAV")
    data = patched(data, 40, "<I", len(data) - 44 + more)
    assert load(io.BytesIO(data), sr=None)[0].size == 8000


@pytest.mark.parametrize("size", [31999, 31998, 31997])
def test_size_that_ends_within_a_sample(short, size):
    data = patched(encoded(short, 16000, "WAV"), 40, "<I", size)
    assert load(io.BytesIO(data), sr=None)[0].size == 7999


def test_no_sound_before_another_chunk(short):
    header = patched(encoded(short, 16000, "WAV")[:44], 40, "<I", 0)
    with pytest.raises(ValueError, match="has no samples"):
        load(io.BytesIO(header + b"LIST\x04\0\0\0INFO"))


class Sparse(io.RawIOBase):
    """A file of `length` bytes, of which all after `head` are 0."""

    def __init__(self, head, length):
        self.head, self.length, self.at = head, length, 0

    def seekable(self):
        return True

    def seek(self, offset, whence=os.SEEK_SET):
        self.at = offset + (0, self.at, self.length)[whence]
        return self.at

    def tell(self):
        return self.at

    def read(self, size=-1):
        data = self.head[self.at : self.at + size].ljust(min(size, self.length - self.at), b"\0")
        self.at += len(data)
        return data


@pytest.mark.parametrize("size", [0, 0x40000000, 0xFFFFFFFF])
def test_more_sound_than_the_header_can_count(short, size):
    head = patched(encoded(short, 16000, "WAV")[:44], 40, "<I", size)
    with pytest.raises(ValueError, match="5368709120 bytes of sound are there, its header counts"):
        load(Sparse(head, 44 + 5 * 2**30), sr=None)
    assert load(Sparse(head, 44 + 5 * 2**30), sr=None, duration=1)[0].size == 16000


def ways_in(tmp_path, data):
    """All that `load` takes, for the same bytes."""
    path = write(tmp_path / "file", data)
    yield str(path)
    yield io.BytesIO(data)
    with open(path, "rb") as file:
        yield file
    yield os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    with contextlib.suppress(sf.LibsndfileError):
        yield sf.SoundFile(path)
        yield sf.SoundFile(io.BytesIO(data))


def test_the_same_for_every_way_in(short, tmp_path):
    wav, ogg = encoded(short, 16000, "WAV"), encoded(short, 16000, "OGG")
    expected, _ = load(io.BytesIO(wav), sr=None)
    for path in ways_in(tmp_path, patched(wav, 40, "<I", 0x80000000)):
        np.testing.assert_array_equal(load(path, sr=None)[0], expected)
    for path in ways_in(tmp_path, patched(wav, 40, "<I", 0)):
        with pytest.warns(UserWarning, match="never completed"):
            np.testing.assert_array_equal(load(path, sr=None)[0], expected)
    for path in ways_in(tmp_path, wav[:-100]):
        with pytest.raises(ValueError, match="truncated"):
            load(path, sr=None)
    for path in ways_in(tmp_path, without_end(ogg)):
        with pytest.warns(UserWarning, match="no mark of its end"):
            assert load(path, sr=None)[0].size == 8000
    for path in ways_in(tmp_path, ogg[:-100]):
        with pytest.raises(ValueError, match="last Ogg page is incomplete"):
            load(path, sr=None)


@pytest.mark.parametrize("container", [*CONTAINERS, "NIST", "FLAC", "OGG", "MP3"])
def test_damaged_headers(short, container, tmp_path):
    if container not in sf.available_formats():
        pytest.skip(f"needs a libsndfile with {container}")
    rng = np.random.default_rng(len(container))
    data = encoded(short, 16000, container)
    for _ in range(examples(80)):
        damaged = bytearray(data[: rng.integers(60, len(data))])
        damaged[rng.integers(4, min(200, len(damaged)))] = rng.integers(256)
        outcomes = []
        for path in (write(tmp_path / "file", damaged), io.BytesIO(damaged)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)
                try:
                    outcomes.append(load(path, sr=None, mono=False)[0].tobytes())
                except ValueError:
                    outcomes.append("refused")
        assert outcomes[0] == outcomes[1]


# MP3 without a Xing or Info frame -----------------------------------------------------------------


def without_xing(data):
    return data[data.index(data[:2], 4) :]


@pytest.fixture(scope="module")
def mp3s():
    """Streams of MP3 without a length, whose first bit rate is far from the mean."""
    if "MP3" not in sf.available_formats():
        pytest.skip("needs a libsndfile with MP3")
    rng = np.random.default_rng(5)
    made = {}
    for rate, channels in [(44100, 1), (44100, 2), (22050, 1), (48000, 2), (8000, 1)]:
        n = 2 * 44100
        loud = 0.3 * rng.standard_normal((n, channels)) * (np.arange(n)[:, None] > n // 2)
        for name, y in (("up", loud), ("down", loud[::-1])):
            made[rate, channels, name] = encoded(y, rate, "MP3"), rate, n
    return made


def test_mp3_without_a_length_is_read_to_its_end(mp3s):
    for data, _rate, n in mp3s.values():
        counted, _ = load(io.BytesIO(data), sr=None)
        assert counted.size == n
        stream, _ = load(io.BytesIO(without_xing(data)), sr=None)
        frame = 1152 if data[1] & 8 else 576
        # Without its Info frame, the encoder's delay and padding are sound.
        assert stream.size % frame == 0
        assert n < stream.size < n + 4 * frame
        # 528 + 1 samples are the decoder's own delay, and libmpg123 counts LAME's from there.
        delay = next(d for d in range(4 * frame) if np.array_equal(stream[d : d + n], counted))
        assert delay < 2 * frame


def test_mp3_cbr_without_a_length(tmp_path):
    # The case of a report, where a whole file was refused.
    file = io.BytesIO()
    tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(441000) / 44100)
    sf.write(file, tone, 44100, format="MP3")
    assert load(io.BytesIO(without_xing(file.getvalue())), sr=None)[0].size == 442368


def test_mp3_with_a_length_prints_nothing(mp3s, capfd):
    for data, _rate, n in mp3s.values():
        assert load(io.BytesIO(data), sr=None)[0].size == n
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("options", [{"offset": 1.5}, {"offset": -0.7}, {"duration": 0.6}], ids=str)
def test_parts_of_an_mp3_without_a_length(mp3s, options):
    data, rate, _n = mp3s[22050, 1, "down"]
    whole, _ = load(io.BytesIO(without_xing(data)), sr=None)
    part, _ = load(io.BytesIO(without_xing(data)), sr=None, **options)
    start = int(options.get("offset", 0) * rate) % whole.size
    stop = int(options.get("duration", 1000) * rate)
    np.testing.assert_array_equal(part, whole[start:][:stop])
    with pytest.raises(ValueError, match="no samples after the first 2205000"):
        load(io.BytesIO(without_xing(data)), sr=None, offset=100)


@pytest.mark.parametrize("tag", [b"ID3\4\0\0\0\0\2\0" + bytes(256), b""], ids=["ID3v2", ""])
def test_mp3_without_a_length_and_tags(mp3s, tag):
    data = without_xing(mp3s[44100, 2, "down"][0])
    expected, _ = load(io.BytesIO(data), sr=None)
    tagged = tag + data + b"TAG" + bytes(125)
    np.testing.assert_array_equal(load(io.BytesIO(tagged), sr=None)[0], expected)


@pytest.mark.parametrize("key", [(44100, 2, "up"), (22050, 1, "up")], ids=str)
def test_mp3_that_goes_on_with_something_else(mp3s, key):
    data = without_xing(mp3s[key][0])
    expected, _ = load(io.BytesIO(data), sr=None)
    with pytest.warns(UserWarning, match=f"what follows the first {expected.size} samples is no"):
        y, _ = load(io.BytesIO(data + b"APETAGEX" + bytes(70000)), sr=None)
    np.testing.assert_array_equal(y, expected)


def test_mp3_with_a_length_that_is_not_there(mp3s):
    data = mp3s[44100, 1, "up"][0]
    with pytest.raises(ValueError, match="its header promises 88200 samples per channel"):
        load(io.BytesIO(data[: len(data) * 3 // 4]))


# Ogg and FLAC -------------------------------------------------------------------------------------


def ogg_pages(data):
    pages = []
    while data:
        size = 27 + data[26] + sum(data[27 : 27 + data[26]])
        pages.append(data[:size])
        data = data[size:]
    return pages


def without_end(data):
    """An Ogg file whose last page does not say that it is the last."""
    *pages, last = ogg_pages(data)
    last = bytearray(last)
    last[5] &= ~4
    last[22:26] = bytes(4)
    last[22:26] = struct.pack("<I", _crc(bytes(last)))
    return b"".join([*pages, last])


def test_ogg_checksum(files):
    if "ogg" not in files:
        pytest.skip("needs a libsndfile with Ogg")
    for page in ogg_pages(files["ogg"].read_bytes()):
        assert _crc(page[:22] + bytes(4) + page[26:]) == struct.unpack("<I", page[22:26])[0]


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_without_its_end(stereo, subtype):
    data = encoded(np.tile(stereo, (3, 1)), 48000, "OGG", subtype)
    expected, _ = load(io.BytesIO(data), sr=None)
    with pytest.warns(UserWarning, match="may be truncated: its Ogg stream has no mark of its end"):
        y, _ = load(io.BytesIO(without_end(data)), sr=None)
    np.testing.assert_array_equal(y, expected)
    part, _ = load(io.BytesIO(without_end(data)), sr=None, duration=1)
    np.testing.assert_array_equal(part, expected[:48000])

    pages = ogg_pages(data)
    with pytest.warns(UserWarning, match="no mark of its end"):
        y, _ = load(io.BytesIO(b"".join(pages[:-1])), sr=None)
    np.testing.assert_array_equal(y, expected[: y.size])
    with pytest.raises(ValueError, match="last Ogg page is incomplete"):
        load(io.BytesIO(data[:-10]))
    with pytest.raises(ValueError, match="truncated or damaged: its header promises"):
        load(io.BytesIO(b"".join(pages[:-3] + pages[-2:])))
    np.testing.assert_array_equal(load(io.BytesIO(data + bytes(3000)), sr=None)[0], expected)


@pytest.mark.parametrize("rate", some([32000, 44100, 22050, 8000], every=2))
def test_any_part_of_mp3_is_that_of_the_whole(rate):
    """Of the lowest bit rates too, whose frames begin far before themselves."""
    y = speech_like(6 * rate, sr=rate)
    file = io.BytesIO()
    sf.write(file, y, rate, format="MP3", compression_level=0.99, bitrate_mode="AVERAGE")
    whole, _ = load(io.BytesIO(file.getvalue()), sr=None)
    assert whole.shape == y.shape
    # The sums of MPEG-2, of fewer samples a frame, may have another order.
    atol = 0 if rate >= 32000 else 2**-23
    for start in range(1000, len(y), 7919):
        part, _ = load(
            io.BytesIO(file.getvalue()), sr=None, offset=(start + 0.5) / rate, duration=0.3
        )
        expected = whole[start : start + int(0.3 * rate)]
        np.testing.assert_allclose(part, expected, rtol=0, atol=atol)


def test_a_soundfile_of_ogg_that_was_read(tmp_path, stereo):
    path = tmp_path / "clip.ogg"
    sf.write(path, np.concatenate([stereo] * 3), RATE, format="OGG", subtype="VORBIS")
    whole, _ = load(path, sr=None, mono=False)
    for read in (1, 30_000, 80_000):
        for start in range(1000, 120_000, 9973):
            for opened in (path, io.BytesIO(path.read_bytes())):
                file = sf.SoundFile(opened)
                file.read(read)
                part, _ = load(
                    file, sr=None, mono=False, offset=(start + 0.5) / RATE, duration=0.05
                )
                np.testing.assert_array_equal(part, whole[:, start : start + int(0.05 * RATE)])


@pytest.mark.parametrize("links", [1, 2])
def test_any_part_of_ogg_is_that_of_the_whole(stereo, links):
    file = io.BytesIO()
    sf.write(file, np.concatenate([stereo] * 3), RATE, format="OGG", subtype="VORBIS")
    data = file.getvalue() * links
    whole, _ = load(io.BytesIO(data), sr=None, mono=False)
    n = whole.shape[-1]
    for start in (*range(0, n, 9973), *range(n - 12_000, n, 997)):
        part, _ = load(
            io.BytesIO(data), sr=None, mono=False, offset=(start + 0.5) / RATE, duration=0.05
        )
        np.testing.assert_array_equal(part, whole[:, start : start + int(0.05 * RATE)])


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_chained_ogg_is_read_whole(short, subtype):
    first, second = (encoded(short[:n], 48000, "OGG", subtype) for n in (8000, 3000))
    links = [load(io.BytesIO(link), sr=None)[0] for link in (first, second, second)]
    expected = np.concatenate(links)
    chain = first + second + second
    np.testing.assert_array_equal(load(io.BytesIO(chain), sr=None)[0], expected)
    part, _ = load(io.BytesIO(chain), sr=None, offset=-5000 / 48000, duration=0.05)
    np.testing.assert_array_equal(part, expected[-5000:][:2400])
    with pytest.raises(ValueError, match=r"last Ogg page is incomplete|malformed"):
        load(io.BytesIO(chain[:-10]))
    with pytest.raises(ValueError, match="sample rate or channels change midway"):
        load(io.BytesIO(first + encoded(short[:, 0], 48000, "OGG", subtype)))


def test_joined_mp3_is_read_whole(mp3s):
    data, _rate, n = mp3s[44100, 2, "down"]
    once, _ = load(io.BytesIO(data), sr=None)
    tag = b"ID3\4\0\0\0\0\2\0" + bytes(256)
    for joined in (data + data, tag + data + b"TAG" + bytes(125) + tag + data):
        twice, _ = load(io.BytesIO(joined), sr=None)
        np.testing.assert_array_equal(twice, np.concatenate([once, once]))
        assert twice.size == 2 * n


def test_flac_without_a_length(files, tmp_path):
    data = files["flac"].read_bytes()
    expected, _ = load(files["flac"])
    # STREAMINFO: 36 bits of total samples, of which 4 share a byte with the bits per sample.
    streamed = patched(patched(data, 21, "B", data[21] & 0xF0), 22, ">I", 0)
    np.testing.assert_array_equal(load(io.BytesIO(streamed))[0], expected)
    last, _ = load(io.BytesIO(streamed), sr=None, offset=-0.1)
    np.testing.assert_array_equal(last, load(files["flac"], sr=None, offset=-0.1)[0])
    with pytest.raises(ValueError, match=r"cannot be decoded as audio|its header promises"):
        load(io.BytesIO(data[: len(data) // 2]))
    if tuple(map(int, sf.__libsndfile_version__.split("."))) >= (1, 2, 2):  # 1.2.0 says nothing
        with pytest.raises(ValueError, match="cannot be decoded as audio"):
            load(io.BytesIO(streamed[: len(streamed) // 2]))


def test_flac_that_promises_more_than_memory(files):
    promising = patched(files["flac"].read_bytes(), 22, ">I", 0xFFFFFFFF)
    with pytest.raises(ValueError, match="its header promises 4294967295 samples per channel"):
        load(io.BytesIO(promising))


# Ways in ------------------------------------------------------------------------------------------


@pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="needs names of any bytes, as Linux has"
)
def test_name_that_is_not_utf8(files, tmp_path):
    name = os.path.join(os.fsencode(tmp_path), b"caf\xe9 \xff.wav")
    with open(name, "wb") as file:
        file.write(files["wav"].read_bytes())
    np.testing.assert_array_equal(load(os.fsdecode(name))[0], load(files["wav"])[0])
    with open(name, "wb") as file:
        file.write(b"Dear reader")
    with pytest.raises(ValueError, match=r"caf\\xe9 \\xff\.wav: cannot be decoded") as caught:
        load(os.fsdecode(name))
    str(caught.value).encode()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes(files, tmp_path):
    for suffix in files.keys() & {"wav", "mp3", "ogg"}:
        expected, _ = load(files[suffix])
        fifo = tmp_path / f"pipe.{suffix}"
        os.mkfifo(fifo)
        for path in (fifo, "open"):
            writer = threading.Thread(
                target=lambda to, data: to.write_bytes(data),
                args=(fifo, files[suffix].read_bytes()),
            )
            writer.start()
            with contextlib.nullcontext(path) if path == fifo else open(fifo, "rb") as given:
                np.testing.assert_array_equal(load(given)[0], expected)
            writer.join()


def test_file_object_that_only_reads(files):
    class Response:
        def __init__(self, data):
            self.read = io.BytesIO(data).read

    response = Response(files["flac"].read_bytes())
    np.testing.assert_array_equal(load(response)[0], load(files["flac"])[0])


@pytest.mark.parametrize("after", [1, 60_000])
def test_file_object_that_fails(files, after):
    class Bucket(io.BytesIO):
        def read(self, size=-1):
            if size and self.tell() + size > after:
                raise ConnectionError("the bucket is gone")
            return super().read(size)

    with pytest.raises(
        ValueError, match=r"cannot be read \(ConnectionError: the bucket is gone\)"
    ) as e:
        load(Bucket(files["wav"].read_bytes()))
    assert isinstance(e.value.__cause__, ConnectionError)


def test_file_object_that_was_not_rewound(files):
    file = io.BytesIO()
    file.write(files["wav"].read_bytes())
    with pytest.raises(ValueError, match=r"is at its end; seek\(0\)"):
        load(file)
    with pytest.raises(ValueError, match="is empty"):
        load(io.BytesIO())


def test_file_within_a_file(files):
    file = io.BytesIO(b"header" + files["wav"].read_bytes())
    file.seek(6)
    np.testing.assert_array_equal(load(file)[0], load(files["wav"])[0])
    assert not file.closed


def test_text_is_refused(files):
    with open(files["wav"]) as file, pytest.raises(TypeError, match=r"clip\.wav is open as text"):
        load(file)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_bytes_are_refused_without_their_value(files, kind):
    with pytest.raises(TypeError, match=f"path is {kind.__name__} of .*io.BytesIO") as caught:
        load(kind(files["wav"].read_bytes()))
    assert len(str(caught.value)) < 200


def test_soundfile_is_read_from_where_it_stands(files):
    expected, _ = load(files["wav"], sr=None)
    for source in (files["wav"], io.BytesIO(files["wav"].read_bytes())):
        file = sf.SoundFile(source)
        file.read(1234)
        np.testing.assert_array_equal(load(file, sr=None)[0], expected[1234:])
        assert file.closed
        with pytest.raises(ValueError, match=r"cannot be decoded .*closed"):
            load(file)


@pytest.mark.parametrize("suffix", ["gsm", "vox"])
def test_format_that_only_the_suffix_tells(tmp_path, suffix):
    y, sr = load(write(tmp_path / f"call.{suffix}", b"\xd0" * 3300), sr=None)
    assert sr == 8000
    assert y.size == {"gsm": 16000, "vox": 6600}[suffix]


# Block by block -----------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("channels", some([2, 1, 7, 9], every=3))
@pytest.mark.parametrize(
    "options", some([{"sr": 8000.5, "mono": False}, {"sr": 16000}, {}], every=3), ids=str
)
def test_blocks_have_the_bits_of_the_whole(librosa, tmp_path, suffix, channels, options):
    if suffix.upper() not in sf.available_formats():
        pytest.skip(f"needs a libsndfile with {suffix}")
    if suffix in ("mp3", "flac") and channels > {"mp3": 2, "flac": 8}[suffix]:
        pytest.skip(f"needs {channels} channels: {suffix} has fewer")
    path = tmp_path / f"long.{suffix}"
    rng = np.random.default_rng(channels)
    sf.write(path, 0.1 * rng.standard_normal((300_000, channels)), RATE)
    y, _sr = load(path, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, _ = librosa.load(path, **options)
    np.testing.assert_array_equal(y, expected)


def test_resampling_in_blocks_is_resampling_at_once(tmp_path):
    y = np.random.default_rng(1).standard_normal(200_001)
    for native, target in [(44100, 16000), (48000, 16000), (11025, 44100), (16000, 22050)]:
        sf.write(tmp_path / "y.wav", y, native, subtype="DOUBLE")
        found, _ = load(tmp_path / "y.wav", sr=target, dtype=np.float64)
        np.testing.assert_array_equal(found, resampled(y, native, target))


@pytest.mark.skipif(
    asan,
    reason="needs no AddressSanitizer, which keeps what is freed",
)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_memory_is_that_of_the_result(run_python, tmp_path):
    with sf.SoundFile(tmp_path / "long.wav", "w", 44100, 2) as file:
        for _ in range(3):
            file.write(np.zeros((44100 * 60, 2), np.int16))
    done = run_python(
        f"""
        import re
        import numpy, soundfile, soxr
        from fastmel.io import load

        def peak():
            return int(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1]) * 1024

        before = peak()
        y, _ = load({str(tmp_path / "long.wav")!r}, sr=16000)
        print(y.nbytes, peak() - before)
        """
    )
    result, used = map(int, done.stdout.split())
    assert result == 4 * 180 * 16000
    # Decoded at once, 64 MB; a block of 65 664 samples in a few stages takes 2 MB.
    assert used < result + 16e6


# PyAV ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def av():
    return pytest.importorskip("av")


def av_encoded(av, container, codec, y, rate):
    """Encode (channels, n) with FFmpeg."""
    file = io.BytesIO()
    layout = ("mono", "stereo")[len(y) - 1]
    try:
        with av.open(file, "w", format=container) as out:
            stream = out.add_stream(codec, rate=rate, layout=layout)
            stream.bit_rate = 128_000
            frame = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(y, np.float32), format="fltp", layout=layout
            )
            frame.sample_rate, frame.pts, frame.time_base = rate, 0, Fraction(1, rate)
            for packet in (*stream.encode(frame), *stream.encode(None)):
                out.mux(packet)
    except (av.error.FFmpegError, ValueError) as error:
        pytest.skip(f"needs an FFmpeg that writes {codec}: {error}")
    return file.getvalue()


# container, codec, rate, samples before the sound, most after it, error
AV = [
    ("ipod", "aac", 44100, 0, 1024, 2e-3),
    ("mov", "alac", 44100, 0, 0, 1e-4),
    ("adts", "aac", 44100, 1024, 1024, 2e-3),
    ("matroska", "pcm_s16le", 44100, 0, 0, 2**-15),
    ("webm", "libopus", 48000, 0, 0, 2e-2),
    ("asf", "wmav2", 44100, None, 0, None),
    ("avi", "pcm_s16le", 22050, 0, 0, 2**-15),
]


@pytest.fixture(scope="module")
def tones():
    t = np.arange(2 * 44100 + 321) / 44100
    swell = np.hanning(t.size)
    return swell * np.stack([0.4 * np.sin(2 * np.pi * 440 * t), 0.2 * np.sin(2 * np.pi * 1e3 * t)])


@pytest.mark.parametrize(("container", "codec", "rate", "before", "after", "error"), AV)
def test_av(av, tones, container, codec, rate, before, after, error):
    data = av_encoded(av, container, codec, tones, rate)
    y, sr = load(io.BytesIO(data), sr=None, mono=False)
    assert sr == rate
    assert y.dtype == np.float32
    if before is None:  # FFmpeg's encoder drops what does not fill a packet
        assert abs(y.shape[1] - tones.shape[1]) < 2048
    else:
        assert tones.shape[1] + before <= y.shape[1] <= tones.shape[1] + before + after
        np.testing.assert_allclose(y[:, before:][:, : tones.shape[1]], tones, atol=error)

    mono, _ = load(io.BytesIO(data), sr=None)
    np.testing.assert_array_equal(mono, y.mean(axis=0))
    at_16k, _ = load(io.BytesIO(data), sr=16000)
    np.testing.assert_array_equal(at_16k, resampled(mono, rate, 16000))
    part, _ = load(io.BytesIO(data), sr=None, offset=0.5, duration=0.7)
    np.testing.assert_array_equal(part, mono[rate // 2 :][: int(0.7 * rate)])
    last, _ = load(io.BytesIO(data), sr=None, offset=-0.5)
    np.testing.assert_array_equal(last, mono[-(rate // 2) :])
    wide, _ = load(io.BytesIO(data), sr=None, mono=False, dtype=np.float64)
    np.testing.assert_allclose(wide, y, atol=2**-24)
    pcm, _ = load(io.BytesIO(data), sr=None, mono=False, dtype=np.int16)
    np.testing.assert_allclose(pcm, y * 2**15, atol=1)
    with pytest.raises(ValueError, match="no samples"):
        load(io.BytesIO(data), offset=100)


@pytest.mark.parametrize(("container", "codec", "rate"), [case[:3] for case in AV])
def test_av_truncated(av, tones, container, codec, rate):
    data = av_encoded(av, container, codec, tones, rate)
    with pytest.raises(ValueError, match=r"cannot be decoded|truncated"):
        load(io.BytesIO(data[: len(data) // 2]))


def test_av_by_name_and_object(av, tones, tmp_path):
    data = av_encoded(av, "ipod", "aac", tones, 44100)
    expected, _ = load(io.BytesIO(data))
    for given in ways_in(tmp_path, data):
        np.testing.assert_array_equal(load(given)[0], expected)


def test_av_tags_that_are_no_utf8(av, tones):
    data = av_encoded(av, "ipod", "aac", tones, 44100)
    file = io.BytesIO()
    with av.open(io.BytesIO(data)) as before, av.open(file, "w", format="ipod") as after:
        after.metadata["title"] = "Caf_ Caf_"
        stream = after.add_stream_from_template(before.streams.audio[0])
        for packet in before.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                after.mux(packet)
    tagged = file.getvalue()
    assert b"Caf_ Caf_" in tagged
    y, _ = load(io.BytesIO(tagged.replace(b"Caf_", b"Caf\xe9")))
    np.testing.assert_array_equal(y, load(io.BytesIO(data))[0])


def test_av_without_sound(av, tmp_path):
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        for packet in (*stream.encode(av.VideoFrame(64, 64, "yuv420p")), *stream.encode(None)):
            out.mux(packet)
    path = write(tmp_path / "mute.mp4", file.getvalue())
    with pytest.raises(ValueError, match=r"mute\.mp4: .*no stream of sound"):
        load(path)


def test_without_av_the_error_says_what_would_read_the_file(run_python, av, tones, tmp_path):
    path = write(tmp_path / "clip.m4a", av_encoded(av, "ipod", "aac", tones, 44100))
    done = run_python(
        f"""
        import sys
        sys.modules["av"] = None
        from fastmel.io import load
        try:
            load({str(path)!r})
        except ValueError as error:
            print(error)
        """
    )
    assert "clip.m4a: cannot be decoded as audio (Format not recognised)" in done.stdout
    assert 'M4A, AAC, WMA, WebM, a video or the like, PyAV reads it: pip install "fastmel[av]"' in (
        done.stdout
    )


# Arguments ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"sr": 0}, ValueError, "sr=0"),
        ({"sr": -1.5}, ValueError, r"sr=-1\.5"),
        ({"sr": float("nan")}, ValueError, "sr=nan"),
        ({"duration": 0}, ValueError, "duration=0"),
        ({"duration": -1}, ValueError, "duration=-1"),
        ({"duration": 1e-5}, ValueError, "duration=1e-05 is less than a sample at 44100 Hz"),
        ({"offset": float("inf")}, ValueError, "offset=inf"),
        ({"offset": 100}, ValueError, "offset=100 must lie within"),
        ({"offset": -100}, ValueError, "offset=-100 must lie within"),
        ({"sr": "16k"}, TypeError, "sr='16k' must be a number"),
        ({"duration": "1"}, TypeError, "duration='1' must be a number"),
        ({"offset": None}, TypeError, "offset=None must be a number"),
        ({"mono": "no"}, TypeError, "mono='no' must be True or False"),
        ({"res_type": "kaiser_best"}, ValueError, "res_type='kaiser_best' is unknown; accepted: "),
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


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("a\0b", ValueError, "^path='a.*b' is no name of a file"),
        (-1, ValueError, "^path=-1 is no descriptor"),
        ("a" * 100_000, OSError, "^.{,200}$"),
    ],
    ids=["null", "descriptor", "long"],
)
def test_what_is_no_name(path, error, message):
    with pytest.raises(error, match=message):
        load(path)


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
