"""Recordings of a corpus: the samples of items, from whatever file and in however many pieces."""

import gc
import io
import os
import re
import struct
import sys
import tarfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import fastmel
import numpy as np
import pytest
from effort import some

sf = pytest.importorskip("soundfile")
pytest.importorskip("soxr")

from fastmel._audio import decoding  # noqa: E402
from fastmel.corpus import Bytes, Item, Slice  # noqa: E402
from fastmel.corpus._audio import _KEPT, Recording, takes_integers  # noqa: E402
from signals import music_like, speech_like  # noqa: E402

KINDS = "wav wavfloat rf64 flac ogg opus mp3 mp3_16k m4a".split()
# Whose samples come as those of FLAC do; of their headers are tests below, and in test_io.py.
MORE_KINDS = "wav24 aiff caf w64".split()
SECONDS = 9  # more than two blocks at the lowest rate


def rate_of(kind):
    return 16000 if kind in ("opus", "mp3_16k") else 44100


def write(path, y, sr, kind="wav"):
    """Write samples (n, channels) as one of the kinds."""
    forms = {
        "wav24": ("WAV", "PCM_24"),
        "wavfloat": ("WAV", "FLOAT"),
        "ogg": ("OGG", "VORBIS"),
        "opus": ("OGG", "OPUS"),
        "mp3_16k": ("MP3", None),
    }
    if kind == "m4a":
        return write_m4a(path, y, sr)
    form, subtype = forms.get(kind, (kind.upper(), None))
    if form not in sf.available_formats():
        pytest.skip(f"needs a libsndfile that writes {form}")
    sf.write(path, y, sr, format=form, subtype=subtype)
    return path


def write_m4a(path, y, sr):
    """Write what libsndfile does not read, but FFmpeg."""
    av = pytest.importorskip("av", reason="av is not installed")
    with av.open(str(path), "w", format="ipod") as out:
        stream = out.add_stream("aac", rate=sr, layout="stereo")
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(y.T, np.float32), format="fltp", layout="stereo"
        )
        frame.sample_rate, frame.pts, frame.time_base = sr, 0, Fraction(1, sr)
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)
    return path


@cache
def stereo(sr):
    n = SECONDS * sr + 321
    # Some seconds of each again and again, and softer: no two stretches are the same.
    y = np.stack([speech_like(3 * sr, sr=sr), music_like(3 * sr, sr=sr)], axis=1)
    return np.resize(y, (n, 2)) * np.linspace(1, 0.5, n, dtype=np.float32)[:, np.newaxis]


@pytest.fixture(
    scope="module",
    params=[*KINDS, *(pytest.param(kind, marks=pytest.mark.exhaustive) for kind in MORE_KINDS)],
)
def file(request, tmp_path_factory):
    """A recording of two unlike channels, one of each kind."""
    sr = rate_of(request.param)
    suffix = request.param[:3] if request.param.startswith(("wav", "mp3")) else request.param
    folder = tmp_path_factory.mktemp("recording")
    return write(folder / f"clip.{suffix}", stereo(sr), sr, request.param)


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """One second of 16-bit samples at 16 kHz, and their WAV file."""
    y = (3000 * np.sin(np.arange(16000) / 7)).astype(np.int16)
    path = tmp_path_factory.mktemp("tone") / "tone.wav"
    sf.write(path, y, 16000)
    return y, path


def within_a_tar(path, folder):
    """Put a file into a tar, between others; return where it lies."""
    archive = folder / "clips.tar"
    with tarfile.open(archive, "w") as tar:
        for name, data in (("a.txt", b"before"), ("b", path.read_bytes()), ("c.txt", b"after")):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    with tarfile.open(archive) as tar:
        member = tar.getmember("b")
    return Slice(archive, member.offset_data, member.size, "b")


def as_floats(y):
    return y / np.float32(2**15) if y.dtype == np.int16 else y


def read(audio, rate=None, item=None, **options):
    with Recording(audio, rate, **options) as recording:
        return recording.read(item or Item("clip", audio))


# --- whole recordings -----------------------------------------------------------------------------


@pytest.mark.parametrize("rate", some([None, 8000.5, 16000, 48000], every=2))
def test_samples_are_those_of_load(file, rate, tmp_path):
    expected, sr = fastmel.load(file, sr=rate)
    for audio in (file, Bytes("clip", file.read_bytes()), within_a_tar(file, tmp_path)):
        item = Item("clip", audio)
        with Recording(audio, rate) as recording:
            y = recording.read(item)
            assert recording.channels == 2
            assert recording.native_rate == sr or rate is not None
            assert recording.expected(item) in (len(y), None)
            assert (recording.expected(item) is None) == (file.suffix == ".m4a")
            assert recording.seconds["decode"] > 0
            assert (recording.seconds["resample"] > 0) == (recording.native_rate != sr)
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y, expected, strict=True)


@pytest.mark.parametrize("rate", [None, 16000])
@pytest.mark.parametrize("channel", some([None, 1, 0], every=2))
def test_blocks_are_the_whole(file, rate, channel):
    item = Item("clip", file, channel=channel)
    whole = read(file, rate, item)
    with Recording(file, rate) as recording:
        blocks = list(recording.blocks(item))
    assert len(blocks) > 2
    assert {block.ndim for block in blocks} == {1}
    np.testing.assert_array_equal(np.concatenate(blocks), whole, strict=True)


def test_channels(file):
    native = rate_of("opus") if file.suffix == ".opus" else None
    both, sr = fastmel.load(file, sr=None, mono=False)
    resampled, _ = fastmel.load(file, sr=12000, mono=False)
    assert native in (None, sr)
    for channel in (0, 1):
        y = read(file, None, Item("clip", file, channel=channel))
        np.testing.assert_array_equal(as_floats(y), both[channel], strict=True)
        y = read(file, 12000, Item("clip", file, channel=channel))
        np.testing.assert_array_equal(y, resampled[channel], strict=True)


def test_quality_of_resampling(tmp_path):
    soxr = pytest.importorskip("soxr")
    file = write(tmp_path / "clip.wav", stereo(44100), 44100)
    y, sr = fastmel.load(file, sr=None)
    made = {}
    for quality in ("qq", "lq", "mq", "hq", "vhq"):
        made[quality] = read(file, 11025, quality=quality)
        theirs = soxr.resample(y, sr, 11025, quality=f"soxr_{quality}")
        n = min(len(theirs), len(made[quality]))
        np.testing.assert_array_equal(made[quality][:n], theirs[:n])
    assert not np.array_equal(made["hq"], made["lq"])


# --- integers -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["wav", "rf64", "aiff", "caf", "w64", "flac"])
def test_pcm_stays_as_it_is(tmp_path, kind):
    y = (3e4 * np.stack([speech_like(30000), music_like(30000)], axis=1)).astype(np.int16)
    path = write(tmp_path / "clip", y, 16000, kind)
    for channel in (0, 1):
        ours = read(path, 16000, Item("clip", path, channel=channel))
        np.testing.assert_array_equal(ours, y[:, channel], strict=True)
        floats = read(path, 16000, Item("clip", path, channel=channel), integers=False)
        np.testing.assert_array_equal(floats, y[:, channel] / np.float32(2**15), strict=True)
    assert read(path, 16000).dtype == np.float32  # the mean of the channels


@pytest.mark.parametrize(
    "frontend", ["whisper", "librosa", "kaldi-fbank", "nemo", "ast", "speechbrain"]
)
def test_integers_give_the_features_of_floats(tone, frontend):
    fe = fastmel.frontend(frontend)
    integers = read(tone[1])
    floats = read(tone[1], integers=False)
    assert (integers.dtype, floats.dtype) == (np.int16, np.float32)
    np.testing.assert_array_equal(fe(integers), fe(floats), strict=True)


def test_front_ends_that_take_integers(run_json):
    assert all(takes_integers(fastmel.frontend(name)) for name in fastmel.frontends())
    # In a process of its own: there is no way to take a step back.
    assert run_json("""
        import dataclasses, json
        import fastmel
        from fastmel.corpus._audio import takes_integers
        from fastmel.steps import SampleStep

        @dataclasses.dataclass(frozen=True)
        class Half(SampleStep):
            def _apply(self, array):
                return array / 2

        fe = fastmel.frontend("whisper")
        print(json.dumps([takes_integers(fe), takes_integers(fe.replace(before=(Half(),)))]))
    """) == [True, False]


def test_wav_is_a_view_of_the_file(tone, tmp_path):
    y, path = tone
    stereo = tmp_path / "stereo.wav"
    sf.write(stereo, np.stack([y, -y], axis=1), 16000)
    for audio in (path, stereo, within_a_tar(stereo, tmp_path)):
        view = read(audio, 16000, Item("clip", audio, channel=0))
        assert not view.flags.owndata
        assert not view.flags.writeable
        np.testing.assert_array_equal(view, y)  # after the file is closed
    assert view.strides == (4,)
    data = path.read_bytes()
    assert np.shares_memory(read(Bytes("tone", data)), np.frombuffer(data, np.uint8))


def test_wav_needs_no_library(tone, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    np.testing.assert_array_equal(read(tone[1], 16000), tone[0])
    with pytest.raises(ModuleNotFoundError, match=r"needs soundfile.*fastmel\[io\]"):
        read(Path(__file__), 16000)


def chunk(tag, data, size=None):
    return (
        tag + struct.pack("<I", len(data) if size is None else size) + data + bytes(len(data) % 2)
    )


FORMAT = struct.pack("<HHIIHH", 1, 1, 16000, 32000, 2, 16)
EXTENSIBLE = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 16000, 32000, 2, 16, 22, 16, 4) + bytes.fromhex(
    "0100000000001000800000aa00389b71"
)


def riff(*chunks, size=None):
    body = b"WAVE" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


PCM = np.arange(-500, 501, dtype="<i2").tobytes()
WAVS = {
    "plain": riff(chunk(b"fmt ", FORMAT), chunk(b"data", PCM)),
    "longer format": riff(chunk(b"fmt ", FORMAT + bytes(2)), chunk(b"data", PCM)),
    "extensible": riff(chunk(b"fmt ", EXTENSIBLE), chunk(b"data", PCM)),
    "chunks before": riff(
        chunk(b"JUNK", bytes(28)),
        chunk(b"fmt ", FORMAT),
        chunk(b"LIST", b"odd"),
        chunk(b"data", PCM),
    ),
    "chunks after": riff(
        chunk(b"fmt ", FORMAT), chunk(b"data", PCM), chunk(b"LIST", b"INFOISFT\x04\0\0\0Lavf")
    ),
    "from a pipe": riff(chunk(b"fmt ", FORMAT), chunk(b"data", PCM, 0xFFFFFFFF), size=0xFFFFFFFF),
    "half a sample more": riff(chunk(b"fmt ", FORMAT), chunk(b"data", PCM + b"\1", len(PCM) + 1)),
    "24-bit": riff(
        chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 16000, 48000, 3, 24)), chunk(b"data", PCM)
    ),
    "mu-law": riff(
        chunk(b"fmt ", struct.pack("<HHIIHH", 7, 1, 16000, 16000, 1, 8)), chunk(b"data", PCM)
    ),
    "float": riff(
        chunk(b"fmt ", struct.pack("<HHIIHH", 3, 1, 16000, 64000, 4, 32)),
        chunk(b"data", np.linspace(-1, 1, 500, dtype="<f4").tobytes()),
    ),
}


@pytest.mark.parametrize("name", WAVS)
def test_headers_are_read_as_libsndfile_reads_them(name):
    expected, _ = fastmel.load(io.BytesIO(WAVS[name]), sr=None)
    item = Item("clip", Bytes("clip", WAVS[name]))
    with Recording(item.audio) as recording:
        assert (recording.native_rate, recording.channels) == (16000, 1)
        assert recording.n_samples == len(expected)
        y = recording.read(item)
    np.testing.assert_array_equal(as_floats(y), expected, strict=True)


# --- parts ----------------------------------------------------------------------------------------


def parts_of(file, n=40, seed=0, overlap=True):
    """Draw parts of a recording, sorted, of which some overlap, some follow and some lie apart."""
    rng = np.random.default_rng(seed)
    begins = np.sort(np.round(rng.uniform(0, SECONDS - 2, n), 4))
    lengths = np.round(rng.uniform(0.05, 2, n) if overlap else np.diff(begins, append=SECONDS), 4)
    rows = [*zip(begins, lengths, strict=True), (SECONDS - 0.5, None)]
    return [
        Item(f"part-{i}", file, float(begin), None if length is None else float(length))
        for i, (begin, length) in enumerate(rows)
        if length is None or length > 0
    ]


@pytest.mark.parametrize("seed", some(range(6), every=3))
def test_parts_are_those_of_the_whole(file, seed):
    whole, sr = fastmel.load(file, sr=None)
    items = parts_of(file, seed=seed)
    with Recording(file) as recording:
        for item in items:
            begin = int(np.floor(item.start * sr + 0.5))
            end = None if item.duration is None else begin + int(np.floor(item.duration * sr + 0.5))
            y = recording.read(item)
            assert recording.expected(item) in (len(y), None)
            np.testing.assert_array_equal(y, whole[begin:end], strict=True)


def test_parts_go_back_too(file):
    """Not in order is dear, and right."""
    whole, sr = fastmel.load(file, sr=None)
    with Recording(file) as recording:
        for start in (7, 1, 4, 0, 8):
            y = recording.read(Item("part", file, start, 0.5))
            np.testing.assert_array_equal(y, whole[start * sr :][: sr // 2])


def test_parts_of_channels_of_one_time(file):
    both, sr = fastmel.load(file, sr=None, mono=False)
    with Recording(file) as recording:
        for start in (1, 2, 3):
            for channel in (0, 1):
                y = recording.read(Item("part", file, start, 1.5, channel))
                expected = both[channel, start * sr : start * sr + round(1.5 * sr)]
                np.testing.assert_array_equal(as_floats(y), expected, strict=True)


def test_parts_are_resampled_alone(file):
    item = Item("part", file, 3.0, 1.5)
    expected, _ = fastmel.load(file, sr=16000, offset=3.0, duration=1.5)
    np.testing.assert_array_equal(read(file, 16000, item), expected)


@pytest.mark.parametrize("kind", ["flac", "ogg", "opus", "mp3", "mp3_16k"])
def test_what_is_decoded(tmp_path, kind, monkeypatch):
    """Every sample once, whatever overlaps, and no more of a gap than seeking there costs."""
    sr = rate_of(kind)
    path = write(tmp_path / f"clip.{kind[:3]}", stereo(sr)[: SECONDS * sr], sr, kind)
    decoded = []
    monkeypatch.setattr(
        sf.SoundFile, "_array_io", counting(sf.SoundFile._array_io, decoded), raising=True
    )
    with Recording(path) as recording:
        for item in parts_of(path):
            recording.read(item)
    assert sum(decoded) <= SECONDS * sr + 10
    decoded.clear()
    with Recording(path) as recording:
        for start in range(0, 8, 2):
            recording.read(Item("part", path, start, 0.25))
    if kind == "flac":
        assert sum(decoded) == 4 * sr // 4


def counting(method, counts):
    def call(self, action, array, frames):
        done = method(self, action, array, frames)
        counts.append(done)
        return done

    return call


def test_what_is_kept_is_bounded(tmp_path):
    n = _KEPT // 4 + 4 * decoding.BLOCK
    path = tmp_path / "long.flac"
    y = np.zeros(n, np.int16)
    y[::1000] = np.arange(len(y[::1000]))
    sf.write(path, y, 16000)
    seconds = n / 16000
    with Recording(path) as recording:
        recording.read(Item("all", path))
        assert recording._kept._size <= _KEPT
        y2 = recording.read(Item("later", path, seconds - 20, 10.0))
        y1 = recording.read(Item("before what is kept", path, 1.0, 2.0))
    np.testing.assert_array_equal(y2, y[n - 320000 :][:160000])
    np.testing.assert_array_equal(y1, y[16000:48000])


@pytest.mark.exhaustive
@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="needs /proc/self/fd")
@pytest.mark.parametrize("memory", some([False, True], every=2))
def test_many_parts_take_few_descriptors(file, memory):
    audio = Bytes("clip", file.read_bytes()) if memory else file
    gc.collect()
    gc.collect()  # what others left may be closed at any time
    before = len(os.listdir("/proc/self/fd"))
    with Recording(audio, 16000) as recording:
        for start in (7, 1, 4, 0, 8) * 3:
            recording.read(Item("part", audio, start, 0.1))
            assert len(os.listdir("/proc/self/fd")) <= before + 3
    assert len(os.listdir("/proc/self/fd")) <= before


@pytest.mark.parametrize(
    ("start", "duration", "first", "n"),
    [
        (0.0, 0.5, 0, 8000),
        (0.12345, 0.1, 1975, 1600),  # 1975.2
        (0.10003125, 0.1, 1601, 1600),  # 1600.5
        (0.1, 0.10003125, 1600, 1601),
        (0.29, 0.57, 4640, 9120),  # 4640 and 9119.999… in floating point
        (1 / 3, 1 / 3, 5333, 5333),
    ],
)
def test_seconds_become_the_nearest_sample(tone, start, duration, first, n):
    y, path = tone
    ours = read(path, None, Item("part", path, start, duration))
    np.testing.assert_array_equal(ours, y[first : first + n])


def test_rounding_is_lhotses(tone):
    utils = pytest.importorskip("lhotse.utils", reason="lhotse is not installed")
    rng = np.random.default_rng(3)
    with Recording(tone[1]) as recording:
        for duration in (*rng.uniform(1e-4, 1, 300), *(np.arange(1, 300) + 0.5) / 16000):
            n = utils.compute_num_samples(float(duration), 16000)
            assert recording.expected(Item("part", tone[1], 0, float(duration))) == n


def test_an_end_that_was_rounded_up_is_cut(tone):
    _, path = tone
    assert len(read(path, None, Item("part", path, 0.5, 0.52))) == 8000
    with pytest.raises(ValueError, match=r"^part: 0\.5 s to 1\.03 s lies beyond the 1 s of .*tone"):
        read(path, None, Item("part", path, 0.5, 0.53))


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"start": 1.0}, r"clip: 1 s lies beyond the 1 s of .*tone\.wav"),
        ({"start": 3.25, "duration": 1}, r"clip: 3\.25 s to 4\.25 s lies beyond the 1 s of"),
        ({"start": -1.0}, r"start=-1\.0 must be at least 0"),
        ({"start": float("nan")}, "start=nan must be finite"),
        ({"duration": -1.0}, r"duration=-1\.0 must be at least 0"),
        ({"duration": 0.0}, "clip: 0 s are no sample at 16000 Hz"),
        ({"channel": 1}, r"clip: channel 1 must be one of the 1 of .*tone\.wav, from 0"),
        ({"channel": -1}, "clip: channel -1 must be"),
    ],
)
def test_no_part_of_the_recording(tone, changes, message):
    item = Item("clip", tone[1], **changes)
    with Recording(item.audio) as recording:
        for call in (recording.read, recording.expected, lambda i: list(recording.blocks(i))):
            with pytest.raises(ValueError, match=message):
                call(item)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rate": 0}, "rate=0 must be above 0"),
        ({"rate": float("inf")}, "rate=inf must be finite"),
        ({"rate": 16}, None),
        ({"rate": 15}, r"tone\.wav: samples at 16000 Hz are not resampled to 15 Hz"),
        (
            {"quality": "best"},
            'quality=\'best\' is unknown; accepted: "qq", "lq", "mq", "hq", "vhq"',
        ),
    ],
)
def test_options(tone, options, message):
    if message is None:
        return Recording(tone[1], **options).close()
    with pytest.raises(ValueError, match=message):
        Recording(tone[1], **options)
    return None


def test_beyond_a_length_that_only_decoding_tells(tmp_path):
    path = write(tmp_path / "clip.mp3", music_like(44100 * 3, sr=44100), 44100, "mp3")
    data = path.read_bytes()
    data = data.replace(b"Info", b"none").replace(b"Xing", b"none")
    with Recording(Bytes("clip", data)) as recording:
        assert recording.n_samples is None
        assert recording.expected(Item("all", None)) is None
        assert recording.expected(Item("part", None, 1.0, 0.5)) == 22050
        whole = recording.read(Item("all", None))
        np.testing.assert_array_equal(
            recording.read(Item("part", None, 1.0, 0.5)), whole[44100:66150]
        )
        later = recording.read(Item("later", None, 2.0))
        np.testing.assert_array_equal(later, whole[88200:])
        with pytest.raises(ValueError, match=r"part: 2 s to 4 s lies beyond the 3\.\d* s of clip"):
            recording.read(Item("part", None, 2.0, 2.0))
        with pytest.raises(ValueError, match="clip: has no samples after the first 220500"):
            recording.read(Item("part", None, 5.0, 1.0))


def test_truncated(tone, tmp_path):
    whole = tone[1].read_bytes()
    short = tmp_path / "short.wav"
    short.write_bytes(whole[:20044])
    assert len(read(short, None, Item("there", short, 0.1, 0.5))) == 8000
    for item in (Item("all", short), Item("end", short, 0.5)):
        with pytest.raises(
            ValueError, match=r"short\.wav: is truncated: its header promises 32000 "
        ):
            read(short, None, item)
    with pytest.raises(ValueError, match=r"0\.625 s of .*short\.wav \(it is truncated: its header"):
        read(short, None, Item("part", short, 0.5, 0.5))


def test_cut_archive(tone, tmp_path):
    part = within_a_tar(tone[1], tmp_path)
    part.path.write_bytes(part.path.read_bytes()[: part.offset + 1000])
    with pytest.raises(
        ValueError, match=r"clips\.tar: b: is cut short: it should end at byte \d+ of"
    ):
        Recording(part)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", r"clip: is empty \(0 bytes\)"),
        (b"no audio at all, but some text", "clip: cannot be decoded as audio"),
        (riff(chunk(b"fmt ", FORMAT), chunk(b"data", b"")), "clip: has no samples"),
        (riff(chunk(b"fmt ", FORMAT)), "clip: "),
        (riff(chunk(b"fmt ", FORMAT[:8])), "clip: "),
        (b"RIFF", "clip: "),
        (
            riff(
                chunk(b"fmt ", struct.pack("<HHIIHH", 3, 1, 16000, 64000, 4, 32)),
                chunk(b"data", struct.pack("<3f", 0, float("nan"), 0)),
            ),
            "clip: holds NaN or infinite samples",
        ),
    ],
    ids=["empty", "text", "no samples", "no data", "half a format", "magic", "NaN"],
)
def test_no_audio(data, message, tmp_path):
    path = tmp_path / "clip"
    path.write_bytes(data)
    for audio, name in ((Bytes("clip", data), "^clip"), (path, re.escape(str(path)))):
        with pytest.raises(ValueError, match=message.replace("clip", name, 1)):
            read(audio, 16000)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Recording(tmp_path / "absent.wav")
    with pytest.raises(IsADirectoryError):
        Recording(tmp_path)


def test_a_failure_leaves_nothing_open(tmp_path):
    path = tmp_path / "clip.wav"
    path.write_bytes(b"no audio")
    with pytest.raises(ValueError, match="cannot be decoded"):
        Recording(path)
    path.unlink()  # which Windows refuses of an open file


# --- long files -----------------------------------------------------------------------------------


@pytest.mark.exhaustive
@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_long_files_take_no_memory(tmp_path, run_json):
    """1.2 GB of samples, ten hours, of which the file system keeps zeros."""
    path = tmp_path / "long.wav"
    n = 600_000_000
    with open(path, "wb") as file:
        file.write(riff(chunk(b"fmt ", FORMAT)))
        file.write(b"data" + struct.pack("<I", 2 * n))
        file.truncate(44 + 2 * n)
    used, read_samples, dtype = run_json(rf"""
        import json, re
        from pathlib import Path
        from fastmel.corpus import Item
        from fastmel.corpus._audio import Recording
        path = Path({str(path)!r})
        def peak():
            return int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1])

        before = peak()
        with Recording(path, 16000) as recording:
            n = 0
            for block in recording.blocks(Item("all", path)):
                n += len(block)
                assert block.max() == 0
        print(json.dumps([peak() - before, n, str(block.dtype)]))
    """)
    assert (read_samples, dtype) == (n, "int16")
    assert used < 50_000  # KiB
