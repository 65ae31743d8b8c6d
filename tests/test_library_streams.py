"""Streams of the C library: the bits of a call in Python, and codes where that raises."""

import ctypes
import threading
from ctypes import POINTER, byref, c_int, c_int64, c_size_t, c_void_p

import c_library
import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from c_library import INVALID, LIB, NOT_FINITE, OK, message
from fastmel import steps
from test_library_frontends import FEATURES, SAMPLES, FrontEnd, Shape, kinds_of_samples

pytestmark = c_library.NEEDED


class Chunk(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("stream", c_void_p),
        ("samples", c_void_p),
        ("sample_stride", c_int64),
        ("n_samples", c_int64),
        ("features", c_void_p),
        ("size", c_int64),
        ("n_frames", c_int64),
    ]


if LIB:
    LIB.fastmel_stream_create.argtypes = [c_void_p, c_int, POINTER(c_void_p)]
    LIB.fastmel_stream_copy.argtypes = [c_void_p, POINTER(c_void_p)]
    LIB.fastmel_stream_frames_of.argtypes = [c_void_p, c_int64]
    LIB.fastmel_stream_push.argtypes = [
        c_void_p, c_void_p, c_int64, c_void_p, c_int64, POINTER(c_int64),
    ]  # fmt: skip
    LIB.fastmel_stream_flush.argtypes = [c_void_p, c_void_p, c_int64, POINTER(c_int64)]
    for name in ("free", "frames_left", "n_samples", "n_frames", "latency", "reset"):
        getattr(LIB, f"fastmel_stream_{name}").argtypes = [c_void_p]
    for name in ("frames_of", "frames_left", "n_samples", "n_frames", "latency"):
        getattr(LIB, f"fastmel_stream_{name}").restype = c_int64
    LIB.fastmel_chunk_init_of_size.argtypes = [POINTER(Chunk), c_size_t]
    LIB.fastmel_streams_push.argtypes = [POINTER(Chunk), c_int64, c_int, POINTER(c_int64)]

NAMES = list(fastmel.frontends())


class Stream:
    def __init__(self, name, dtype=np.float32, pointer=None):
        self.name, self.dtype = name, np.dtype(dtype)
        self.pointer, self.status = pointer or c_void_p(), OK
        if pointer is None:
            front_end = FrontEnd(name)  # which is freed before the stream
            kind = SAMPLES[self.dtype]
            self.status = LIB.fastmel_stream_create(front_end.pointer, kind, byref(self.pointer))

    def __del__(self):
        LIB.fastmel_stream_free(self.pointer)

    def room(self, n_frames):
        front_end, shape = FrontEnd(self.name), Shape()
        kind = SAMPLES[self.dtype]
        LIB.fastmel_frontend_part_shape(front_end.pointer, n_frames, kind, byref(shape))
        return np.full(tuple(shape.axes[: shape.n_axes]), 7, FEATURES[shape.type])

    def push(self, y, out=None):
        out = self.room(LIB.fastmel_stream_frames_of(self.pointer, len(y))) if out is None else out
        n = c_int64(-1)
        y = np.ascontiguousarray(y)
        status = LIB.fastmel_stream_push(
            self.pointer, y.ctypes.data, len(y), out.ctypes.data, out.size, byref(n)
        )
        return status, out, n.value

    def flush(self):
        out, n = self.room(LIB.fastmel_stream_frames_left(self.pointer)), c_int64(-1)
        status = LIB.fastmel_stream_flush(self.pointer, out.ctypes.data, out.size, byref(n))
        return status, out, n.value

    def copy(self):
        pointer = c_void_p()
        assert LIB.fastmel_stream_copy(self.pointer, byref(pointer)) == OK
        return Stream(self.name, self.dtype, pointer)


def streams(name):
    return Stream(name).status == OK


def time_axis(fe, frames):
    return 0 if fe.config.layout == "time_mel" or frames.ndim == 3 else 1


def joined(fe, parts):
    return np.concatenate(parts, axis=time_axis(fe, parts[0]))


def streamed(fe, y, rng, sizes=(0, 1, 57, 160, 1000, 9000)):
    """What a stream gives of a signal in random pieces, beside that of Python."""
    stream, mine, parts, at = Stream(fe.to_json(), y.dtype), fe.stream(), [], 0
    while at < len(y):
        n = int(rng.choice(sizes))
        expected = LIB.fastmel_stream_frames_of(stream.pointer, len(y[at : at + n]))
        status, out, frames = stream.push(y[at : at + n])
        assert (status, frames) == (OK, expected), message()
        theirs = mine.push(y[at : at + n])
        if out.size:  # until the first sample Python does not know the type
            tol.assert_same_bits(out, theirs)
        parts.append(out)
        at += n
        if rng.random() < 0.2:
            stream = stream.copy()
    assert LIB.fastmel_stream_n_samples(stream.pointer) == len(y)
    status, out, frames = stream.flush()
    assert status == OK, message()
    tol.assert_same_bits(out, mine.flush())
    assert LIB.fastmel_stream_n_frames(stream.pointer) == mine.n_frames
    assert LIB.fastmel_stream_latency(stream.pointer) == mine.latency.samples
    return joined(fe, [*parts, out])


@pytest.mark.parametrize("name", NAMES)
def test_every_front_end(name):
    fe = fastmel.frontend(name)
    if not streams(name):
        assert Stream(name).status == INVALID
        assert message().startswith(
            "frontend cannot stream in C: a step, a maximum, statistics or dither"
        )
        assert not LIB.fastmel_frontend_runs_parts(FrontEnd(name).pointer)
        return
    rng = np.random.default_rng(0)
    for y in kinds_of_samples(signals.speech_like(2 * fe.sample_rate + 77, fe.sample_rate)):
        tol.assert_same_bits(streamed(fe, y, rng), fe(y))


def test_those_that_stream():
    """Those that stream in Python with nothing else said."""

    def in_python(name):
        try:
            fastmel.frontend(name).stream()
        except ValueError:
            return False
        return True

    assert [name for name in NAMES if streams(name)] == list(filter(in_python, NAMES))


def test_a_given_peak():
    """It is a parameter in JSON."""
    whisper, rng = fastmel.frontend("whisper"), np.random.default_rng(0)
    y = signals.speech_like(20000, 16000)
    mine = whisper.stream(peak=1.25)
    expected = joined(whisper, [mine.push(y), mine.flush()])
    tol.assert_same_bits(streamed(whisper.replace(peak=1.25), y, rng), expected)


AFTER = [
    (),
    (steps.AppendFrames(2, 1.0),),
    (steps.PadOrTrimFrames(20, -1.0),),
    (steps.PadFramesToMultiple(4), steps.Deltas(3, 1)),
    (steps.CutFramesToMultiple(3), steps.AppendFrames(1, 2.0)),
    (steps.Deltas(5, 2), steps.StackFrames(2)),
    (steps.ContextWindow(2, 3), steps.CutFramesToMultiple(5)),
    (steps.ContextWindow(0, 4),),
    (steps.StackFrames(3), steps.Deltas(3, 1), steps.Patches(2, 1)),
    (steps.Patches(4, 9),),
    (steps.Patches(9, 4),),
]
BEFORE = [
    (),
    (steps.PadOrTrim(3000),),
    (steps.AppendSamples(17), steps.PadOrTrim(6000)),
    (steps.PadToMultiple(640, 5000),),
    (steps.PadToPatches(first=4000, hop=1500),),
]
BETWEEN = [
    {},
    {"normalize": "mean", "normalize_window": (6, 3), "normalize_min_window": 10},
    {"normalize": "mean_std", "normalize_window": (9, 0), "normalize_eps": 1e-3},
    {"normalize": "mean", "normalize_window": (2, 7), "stack": 3, "stack_stride": 2},
    {"stack": 2, "stack_stride": 5, "stack_tail": "edge", "dtype": "float16"},
    {"normalize": "pcen", "log": "none"},
    {"feature_shift": (1.0,) * 5, "feature_gain": (0.5,) * 5},
]


@pytest.mark.parametrize("after", AFTER, ids=str)
@pytest.mark.parametrize("layout", ["mel_time", "time_mel"])
def test_steps_and_stages(after, layout):
    rng = np.random.default_rng(len(after))
    tried = 0
    for before in BEFORE:
        for between in BETWEEN:
            try:
                fe = fastmel.frontend("kaldi-fbank").replace(
                    n_mels=5, layout=layout, before=before, after=after, **between
                )
            except ValueError:
                continue
            for n in (700, 2900, 4100, 9000):
                y = signals.noise(n, seed=n)
                got = streamed(fe, y, rng, (0, 1, 160, 500, 4000))
                tol.assert_same_bits(got, fe(y))
                tried += 1
    assert tried > 60


@pytest.mark.parametrize("n", [0, 1, 399])
def test_signals_without_a_frame(n):
    """Those that a call refuses have none, also where a step would add some."""
    for name in ("ast", "kaldi-fbank", "vggish"):
        mine, stream, y = fastmel.frontend(name).stream(), Stream(name), signals.noise(n)
        tol.assert_same_bits(stream.push(y)[1], mine.push(y))
        status, out, frames = stream.flush()
        assert (status, frames) == (OK, 0)
        tol.assert_same_bits(out, mine.flush())


@pytest.mark.parametrize("name", ["kaldi-fbank", "librosa-mel", "vits"])
@pytest.mark.parametrize("workers", [1, 3])
def test_many(name, workers):
    fe, rng = fastmel.frontend(name), np.random.default_rng(1)
    signals_, n = [signals.noise(int(m)) for m in rng.integers(2000, 30000, 9)], 9
    front_end, pointers = FrontEnd(name), [c_void_p() for _ in range(n)]
    for pointer in pointers:
        assert LIB.fastmel_stream_create(front_end.pointer, 0, byref(pointer)) == OK
    these = [Stream(name, pointer=pointer) for pointer in pointers]
    parts, at = [[] for _ in range(n)], np.zeros(n, int)
    while any(at < [len(y) for y in signals_]):
        some = rng.permutation(n)[: rng.integers(1, n + 1)]
        chunks, rooms, kept = (Chunk * len(some))(), [], []
        for chunk, i in zip(chunks, some, strict=True):
            step = int(rng.choice([0, 160, 4000]))
            y = np.repeat(signals_[i][at[i] : at[i] + step], 2)[::2]
            at[i] += len(y)
            rooms.append(these[i].room(LIB.fastmel_stream_frames_of(pointers[i], len(y))))
            kept.append(y)
            LIB.fastmel_chunk_init_of_size(byref(chunk), ctypes.sizeof(Chunk))
            chunk.stream, chunk.samples = pointers[i], y.ctypes.data
            chunk.sample_stride, chunk.n_samples = 8, len(y)
            chunk.features, chunk.size = rooms[-1].ctypes.data, rooms[-1].size
        bad = c_int64(7)
        assert LIB.fastmel_streams_push(chunks, len(some), workers, byref(bad)) == OK, message()
        assert bad.value == -1
        axis = 0 if fe.config.layout == "time_mel" else 1
        assert [chunk.n_frames for chunk in chunks] == [room.shape[axis] for room in rooms]
        for i, room in zip(some, rooms, strict=True):
            parts[i].append(room)
    for stream, part, y in zip(these, parts, signals_, strict=True):
        part.append(stream.flush()[1])
        tol.assert_same_bits(joined(fe, part), fe(y))


def test_what_many_refuse():
    front_end, other = FrontEnd("kaldi-fbank"), Stream("kaldi-fbank")
    pointers = [c_void_p(), c_void_p()]
    for pointer in pointers:
        LIB.fastmel_stream_create(front_end.pointer, 0, byref(pointer))
    these = [Stream("kaldi-fbank", pointer=pointer) for pointer in pointers]
    y, out = signals.noise(1000), np.empty((2, 4, 23), np.float32)
    y_bad = y.copy()
    y_bad[700] = np.nan

    def push(changes, workers=1, n=2):
        chunks, bad = (Chunk * 2)(), c_int64(7)
        for i, chunk in enumerate(chunks):
            LIB.fastmel_chunk_init_of_size(byref(chunk), ctypes.sizeof(Chunk))
            chunk.stream, chunk.samples, chunk.n_samples = pointers[i], y.ctypes.data, len(y)
            chunk.features, chunk.size = out[i].ctypes.data, out[i].size
        for member, value in changes.items():
            setattr(chunks[1], member, value)
        return LIB.fastmel_streams_push(chunks, n, workers, byref(bad)), bad.value

    for changes, text in (
        ({"size": 91}, "item 1: size=91 is less than the 92 values of the features"),
        ({"features": None}, "item 1: features is null"),
        ({"features": out.ctypes.data + 1}, "item 1: features must be aligned"),
        ({"features": out[0, 3:].ctypes.data}, "features overlap another's"),
        ({"features": y[500:].ctypes.data}, "features overlap the samples"),
        ({"samples": None}, "item 1: samples is null"),
        ({"samples": y.ctypes.data + 2, "n_samples": 9}, "item 1: samples must be aligned"),
        ({"sample_stride": 3}, "item 1: samples must be aligned"),
        ({"sample_stride": 2**63 - 4}, "item 1: samples have a stride beyond"),
        ({"n_samples": -1}, "item 1: n_samples"),
        ({"stream": None}, "item 1: stream is null"),
        ({"stream": other.pointer}, "one front end"),
        ({"struct_size": 8}, "item 1: struct_size"),
    ):
        assert push(changes) == (INVALID, -1), changes
        assert text in message(), (changes, message())
    assert push({"stream": pointers[0]})[0] not in (OK, INVALID)
    assert "named twice" in message()
    assert push({"samples": y_bad.ctypes.data}) == (NOT_FINITE, 1)
    assert "item 1: chunk is not finite: chunk[700]" in message()
    assert push({}, workers=0) == (INVALID, -1)
    assert push({}, n=-1) == (INVALID, -1)
    assert [LIB.fastmel_stream_n_samples(s.pointer) for s in these] == [0, 0]
    assert push({}) == (OK, -1)
    assert push({}, n=0) == (OK, -1)


def test_what_a_stream_refuses():
    stream, y = Stream("kaldi-fbank"), signals.noise(1000)
    wrong = y.copy()
    wrong[3] = np.inf
    assert stream.push(wrong)[0] == NOT_FINITE
    assert message().startswith("chunk is not finite: chunk[3]")
    assert stream.push(y, np.empty((3, 23), np.float32))[0] == INVALID
    assert message() == "size=69 is less than the 92 values of the features"
    assert stream.push(y, y[900:])[0] == INVALID
    assert message() == "features overlap the samples"
    n, p = c_int64(), stream.pointer
    room = np.empty(1000, np.float32)
    for arguments, text in (
        ((None, y.ctypes.data, 1, room.ctypes.data, 1000, byref(n)), "stream"),
        ((p, None, 1, room.ctypes.data, 1000, byref(n)), "samples"),
        ((p, y.ctypes.data, -1, room.ctypes.data, 1000, byref(n)), "n_samples"),
        ((p, y.ctypes.data, 2**62, room.ctypes.data, 1000, byref(n)), "n_samples"),
        ((p, y.ctypes.data + 2, 9, room.ctypes.data, 1000, byref(n)), "samples must be aligned"),
        ((p, y.ctypes.data, 1000, None, 1000, byref(n)), "features"),
        ((p, y.ctypes.data, 1, room.ctypes.data, 1000, None), "n_frames"),
    ):
        assert LIB.fastmel_stream_push(*arguments) == INVALID
        assert text in message()
    assert LIB.fastmel_stream_n_samples(p) == 0
    assert stream.push(y)[::2] == (OK, 4)
    assert stream.flush()[0] == OK
    assert stream.flush()[0] == INVALID
    assert "ended already" in message()
    assert stream.push(y)[0] == INVALID
    assert "after the end" in message()
    assert LIB.fastmel_stream_reset(p) == OK
    tol.assert_same_bits(stream.push(y)[1], fastmel.frontend("kaldi-fbank")(y))
    pointer = c_void_p(7)
    assert LIB.fastmel_stream_create(None, 0, byref(pointer)) == INVALID
    assert pointer.value is None
    front_end = FrontEnd("kaldi-fbank")
    assert LIB.fastmel_stream_create(front_end.pointer, 4, byref(pointer)) == INVALID
    assert LIB.fastmel_stream_create(front_end.pointer, 0, None) == INVALID
    assert LIB.fastmel_stream_copy(None, byref(pointer)) == INVALID
    assert LIB.fastmel_stream_copy(p, None) == INVALID
    for name in ("frames_left", "n_samples", "n_frames", "latency"):
        assert getattr(LIB, f"fastmel_stream_{name}")(None) == 0
    assert LIB.fastmel_stream_frames_of(None, 4) == LIB.fastmel_stream_frames_of(p, -4) == 0
    assert LIB.fastmel_stream_reset(None) == INVALID
    LIB.fastmel_stream_free(None)


def test_a_signal_that_is_too_short_to_be_reflected():
    stream, y = Stream("vits"), signals.noise(9000)
    assert stream.push(y[:300])[0] == OK
    assert stream.flush()[0] == INVALID
    assert "reflection" in message()
    parts = [stream.push(y[300:])[1], stream.flush()[1]]
    fe = fastmel.frontend("vits")
    tol.assert_same_bits(joined(fe, parts), fe(y))


def test_two_threads():
    stream, y = Stream("librosa-mel"), signals.noise(3_000_000)
    found = []
    threads = [threading.Thread(target=lambda: found.append(stream.push(y)[0])) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found)[0] == OK
    assert LIB.fastmel_stream_n_samples(stream.pointer) == found.count(OK) * len(y)


@pytest.mark.parametrize("tail", ["drop", "edge", 0.5])
@pytest.mark.parametrize("layout", ["mel_time", "time_mel"])
@pytest.mark.parametrize(("size", "stride", "left"), [(7, 6, 3), (2, 2, 0), (1, 3, 0), (5, 9, 4)])
def test_stacked_frames(size, stride, left, tail, layout):
    fe = fastmel.frontend("kaldi-fbank").replace(
        n_mels=11, stack=size, stack_stride=stride, stack_left=left, stack_tail=tail, layout=layout
    )
    rng = np.random.default_rng(size)
    for n in (400, 401, 1000, 2000, 16001):
        y = signals.noise(n)
        stream, mine = Stream(fe.to_json()), fe.stream()
        parts, at = [], 0
        while at < n:
            step = int(rng.choice([0, 1, 160, 500, 4000]))
            status, out, _ = stream.push(y[at : at + step])
            assert status == OK, message()
            tol.assert_same_bits(out, mine.push(y[at : at + step]))
            parts.append(out)
            at += step
            stream = stream.copy()
        parts.append(stream.flush()[1])
        tol.assert_same_bits(parts[-1], mine.flush())
        assert LIB.fastmel_stream_n_frames(stream.pointer) == mine.n_frames
        assert LIB.fastmel_stream_latency(stream.pointer) == mine.latency.samples
        assert LIB.fastmel_stream_reset(stream.pointer) == OK
        if fe.num_frames(n) > 0:
            again = [stream.push(y)[1], stream.flush()[1]]
            tol.assert_same_bits(joined(fe, again), fe(y))
