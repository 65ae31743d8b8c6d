"""Streams: a signal in any pieces has the bits that it has in one."""

import copy
import itertools
import pickle
import threading

import effort
import fastmel
import numpy as np
import pytest
import signals
from effort import examples
from fastmel import MelConfig, frontend, steps
from heap import allocated, needs_heap

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

TYPES = [np.float32, np.float64, np.int16, np.int32, np.float16, np.dtype(">i2"), np.dtype(">f4")]


def samples(n, dtype=np.float32, seed=0, stride=1):
    """Noise with pauses, of a type, at a distance in memory."""
    rng = np.random.default_rng(seed)
    y = 0.3 * rng.standard_normal(n) * (rng.random(n) < 0.9)
    y = signals.pcm(y, np.dtype(dtype).newbyteorder("=")) if np.dtype(dtype).kind == "i" else y
    y = y.astype(dtype)
    return y if stride == 1 else np.repeat(y, abs(stride))[:: abs(stride)][:: np.sign(stride)]


def time_axis(fe, frames):
    return 0 if fe.config.layout == "time_mel" or frames.ndim == 3 else 1


def joined(fe, parts):
    # a part before the first sample does not know the type yet
    parts = [part for part in parts if part.shape[time_axis(fe, part)]] or parts[-1:]
    return np.concatenate(parts, axis=time_axis(fe, parts[0]))


def streamed(fe, y, cuts, stream=None):
    stream = stream or fe.stream()
    edges = [0, *sorted(min(c, len(y)) for c in cuts), len(y)]
    pairs = itertools.pairwise(edges)
    return joined(fe, [*(stream.push(y[a:b]) for a, b in pairs), stream.flush()])


def assert_same(got, want):
    assert (got.shape, got.dtype) == (want.shape, want.dtype)
    assert got.tobytes() == np.ascontiguousarray(want).tobytes()


def streams(name):
    try:
        frontend(name).stream()
    except ValueError:
        return False
    return True


STREAMING = [name for name in fastmel.frontends() if streams(name)]
OTHERS = [name for name in fastmel.frontends() if name not in STREAMING]


@st.composite
def pieces(draw, n):
    """Where a signal of n samples is cut; cuts in the same place are empty chunks."""
    return draw(st.lists(st.integers(0, n), max_size=12))


@pytest.mark.parametrize("name", STREAMING)
@settings(max_examples=examples(32))
@given(data=st.data())
def test_every_front_end(name, data):
    fe = frontend(name)
    n = data.draw(st.one_of(st.integers(1, 1200), st.integers(1, 30000)))
    stride = data.draw(st.sampled_from([1, 1, 3, -1, -2]))
    y = samples(n, data.draw(st.sampled_from(TYPES)), data.draw(st.integers(0, 99)), stride)
    cuts = data.draw(pieces(n))
    try:
        want = fe(y)
    except ValueError:
        stream = fe.stream()
        assert sum(stream.push(y[i : i + 50]).size for i in range(0, n, 50)) == 0
        try:
            assert stream.flush().size == 0
        except ValueError as error:
            assert "reflection" in str(error)  # noqa: PT017
        return
    assert_same(streamed(fe, y, cuts), want)


PAD_MODES = ["constant", "edge", "reflect", "reflect_repeatedly", "symmetric"]


@st.composite
def configurations(draw):
    """Small front ends of every framing, with what follows the chain."""
    n_fft = draw(st.sampled_from([1, 2, 8, 15, 16, 31, 32, 64]))
    win_length = draw(st.integers(1, n_fft))
    padding = draw(
        st.one_of(
            st.sampled_from(["center", "none"]),
            st.tuples(st.integers(-9, 90), st.integers(-9, 90)),
        )
    )
    scope = draw(st.sampled_from(["none", "frame", "signal", "valid"]))
    modes = st.sampled_from(PAD_MODES)
    after = st.sampled_from(
        [
            steps.AppendFrames(2, 1.0),
            steps.PadOrTrimFrames(20, -1.0),
            steps.PadFramesToMultiple(4),
            steps.CutFramesToMultiple(3),
            steps.Deltas(5, 2),
            steps.Deltas(3, 1),
            steps.ContextWindow(2, 3),
            steps.StackFrames(2),
            steps.HalfPrecisionLog(10.0),
        ]
    )
    before = st.sampled_from(
        [steps.PadOrTrim(300), steps.AppendSamples(17), steps.PadToMultiple(64, 100)]
    )
    stack = draw(st.sampled_from([1, 1, 2, 5]))
    config = {
        "sample_rate": 8000,
        "before": tuple(draw(st.lists(before, max_size=2))),
        "n_fft": n_fft,
        "hop_length": draw(st.integers(1, 2 * n_fft + 3)),
        "win_length": win_length,
        "window": draw(st.sampled_from(["hann", "ones", "hann_symmetric"])),
        "window_position": draw(st.sampled_from(["center", "left"])),
        "padding": padding,
        "pad_mode": draw(st.one_of(modes, st.tuples(modes, modes))),
        "frame_count": draw(st.sampled_from(["whole", "floor", "round", "ceil", "tail"])),
        "dither": draw(st.sampled_from([0.0, 0.0, 0.1])),
        "dither_scope": draw(st.sampled_from(["frame", "signal"])),
        "remove_dc_offset": draw(st.booleans()),
        "preemphasis": 0.0 if scope == "none" else 0.97,
        "preemphasis_scope": "frame" if scope == "none" else scope,
        "n_mels": draw(st.sampled_from([None, 3])),
        "log": draw(st.sampled_from(["none", "ln", "dB"])),
        "normalize": draw(st.sampled_from([None, None, "pcen", "mean", "mean_std"])),
        "stack": stack,
        "stack_stride": draw(st.integers(1, 4)),
        "stack_left": draw(st.integers(0, 3)),
        "stack_tail": draw(st.sampled_from(["drop", "edge", 0.5])),
        "after": tuple(draw(st.lists(after, max_size=2))),
        "layout": draw(st.sampled_from(["mel_time", "time_mel"])),
        "dtype": draw(st.sampled_from([None, "float32", "float16"])),
        "precision": draw(st.sampled_from(["single", "double"])),
    }
    half = [step for step in config["after"] if isinstance(step, steps.HalfPrecisionLog)]
    if half:  # of powers alone
        config |= {"after": tuple(half[:1])}
    if config["normalize"] in ("mean", "mean_std"):
        before, after = draw(st.integers(0, 12)), draw(st.integers(0, 12))
        config |= {"normalize_window": (before, after), "normalize_eps": 1e-3}
        config |= {"normalize_min_window": draw(st.integers(1, before + 1 + after))}
    if half:
        config |= {"normalize": None}
    if half or config["normalize"] == "pcen":
        config |= {"log": "none"}
    return config


def made(config):
    """The front end, or None where parameters contradict each other."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # bands that cover no bin
        try:
            return frontend(MelConfig(**config))
        except (ValueError, TypeError):
            return None


@settings(max_examples=examples(800))
@given(data=st.data())
def test_any_configuration(data):
    fe = made(data.draw(configurations()))
    if fe is None:
        return
    n = data.draw(st.one_of(st.integers(1, 40), st.integers(1, 1500)))
    y = samples(n, data.draw(st.sampled_from(TYPES)), data.draw(st.integers(0, 99)))
    try:
        want = fe(y)
    except ValueError:
        return
    assert_same(streamed(fe, y, data.draw(pieces(n))), want)


@pytest.mark.parametrize("step", [steps.Deltas(5), steps.ContextWindow(2, 1)], ids=repr)
def test_frames_around_in_small_parts(step):
    fe, y = frontend("kaldi-fbank").replace(after=(step,)), samples(8000)
    assert_same(streamed(fe, y, range(0, len(y), 100)), fe(y))


@settings(max_examples=examples(160))
@given(data=st.data())
def test_linear_ramp(data):
    config = MelConfig(n_fft=32, hop_length=8, n_mels=3, pad_mode="linear_ramp", fmax=8000)
    fe = frontend(config.replace(mel_norm=None, n_mels=None))
    n = data.draw(st.integers(1, 300))
    y = samples(n, data.draw(st.sampled_from([np.float32, np.float64])))
    assert_same(streamed(fe, y, data.draw(pieces(n))), fe(y))
    with pytest.raises(TypeError, match="linear_ramp"):
        fe.stream().push(samples(10, np.int16))


SLIDING = frontend("kaldi-fbank").replace(
    normalize="mean_std", normalize_window=(20, 9), normalize_eps=1e-3
)


def test_sliding_statistics_after_an_out_that_does_not_fit():
    y, stream, parts = samples(30000), SLIDING.stream(), []
    many = SLIDING.streams(2)
    for i in range(0, 30000, 1500):
        with pytest.raises(ValueError, match="out"):
            stream.push(y[i : i + 1500], out=np.zeros((99, 22), np.float32))
        with pytest.raises(ValueError, match="out"):
            many.push({1: y[i : i + 1500]}, out=np.zeros((1, 99, 22), np.float32))
        parts.append(stream.push(y[i : i + 1500], out=np.zeros((99, 23), np.float32)))
        assert_same(many.push({1: y[i : i + 1500]})[0][0], parts[-1])
    assert_same(joined(SLIDING, [*parts, stream.flush()]), SLIDING(y))


@pytest.mark.parametrize("normalize", ["mean", "mean_std"])
@pytest.mark.parametrize("window", [(5, 0), (3, 7), (0, 4)], ids=str)
def test_sliding_statistics_in_double(window, normalize):
    config = MelConfig(n_fft=32, hop_length=8, n_mels=3, precision="double", dtype="float64")
    how = {"normalize": normalize, "normalize_window": window, "normalize_min_window": 4}
    fe, y = frontend(config.replace(**how, normalize_eps=1e-3)), samples(5000, np.float64)
    assert_same(streamed(fe, y, range(0, 5000, 30)), fe(y))


@pytest.mark.parametrize(("size", "hop"), [(4, 4), (4, 1), (2, 5), (1, 7)])
@pytest.mark.parametrize("chunk", [50, 500, 6000])
def test_patches_that_overlap_and_that_lie_apart(size, hop, chunk):
    fe = frontend("kaldi-fbank").replace(after=(steps.Patches(frames=size, hop=hop),))
    y = samples(6000)
    assert_same(streamed(fe, y, range(0, 6000, chunk)), fe(y))


@pytest.mark.parametrize("n", [1000, 3000, 5000, 9000])
def test_what_is_cut_and_what_is_filled(n):
    fe = frontend("kaldi-fbank").replace(before=(steps.PadOrTrim(3000),))
    y = samples(n)
    assert_same(streamed(fe, y, range(0, n, 700)), fe(y))


class OwnSamples(steps.SampleStep):
    def _apply(self, array):
        return array * 2


class OwnFrames(steps.FeatureStep):
    def _apply(self, array):
        return array * 2


@pytest.mark.parametrize("own", [{"before": (OwnSamples(),)}, {"after": (OwnFrames(),)}])
def test_a_step_of_ones_own_is_refused(own):
    fe = frontend("kaldi-fbank").replace(**own)
    (name,) = own
    for begin in (fe.stream, lambda: fe.streams(2)):
        with pytest.raises(ValueError, match=rf"^{name}: .* Own.*fe.replace\({name}=\(\)\)"):
            begin()


@pytest.mark.parametrize("name", OTHERS)
def test_what_needs_the_whole_signal_says_so(name):
    says = f"^front end '{name}' needs the whole signal, and cannot stream: "
    with pytest.raises(ValueError, match=says) as error:
        frontend(name).stream()
    assert "stream(" in str(error.value) or "replace(" in str(error.value)
    with pytest.raises(ValueError, match="needs the whole signal"):
        frontend(name).streams(2)


# --- frames come as soon as they can, and not earlier ---------------------------------------------


@pytest.mark.parametrize("name", STREAMING)
def test_latency(name):
    fe = frontend(name)
    if fe.before or any(isinstance(s, steps.PadOrTrimFrames) for s in fe.after):
        pytest.skip("needs frames that the end of the signal does not bound")
    stream, y = fe.stream(), samples(60000)
    latency, context = stream.latency, stream.context
    assert latency.seconds == latency.samples / fe.sample_rate
    assert 0 < latency.samples <= context.samples + fe.config.hop_length * 50
    stride = fe.config.hop_length * (fe.config.stack_stride or fe.config.stack)
    for step in fe.after:
        stride *= getattr(step, "hop", step.frames if isinstance(step, steps.StackFrames) else 1)
    arrivals, chunk = [], 7 if effort.exhaustive else 13
    for i in range(0, 60000, chunk):
        frames = stream.push(y[i : i + chunk])
        arrivals += [min(i + chunk, 60000)] * frames.shape[time_axis(fe, frames)]
    settled = range(len(arrivals) * 3 // 4, len(arrivals))
    assert all(0 <= arrivals[t] - (t * stride + latency.samples) < chunk for t in settled)


@pytest.mark.parametrize("hop", [4, 5])
@pytest.mark.parametrize("count", ["whole", "floor", "round", "ceil", "tail"])
def test_latency_where_frames_wait_for_their_count(count, hop):
    """The window of these frames is complete after two samples of its hop."""
    fe = fastmel.frontend(
        fastmel.MelConfig(
            sample_rate=8000, n_fft=16, hop_length=hop, window="boxcar", padding=(14, 2),
            pad_mode="constant", frame_count=count, n_mels=None,
        )
    )  # fmt: skip
    stream, arrivals = fe.stream(), []
    for i in range(60):
        arrivals += [i + 1] * stream.push(samples(60)[i : i + 1]).shape[-1]
    assert arrivals == [t * hop + stream.latency.samples for t in range(len(arrivals))]
    assert len(arrivals) > 60 // hop - 2


def test_latency_of_known_front_ends():
    def of(name, **how):
        return frontend(name).stream(**how).latency.samples

    assert of("kaldi-fbank") == 400  # a window
    assert of("sherpa-onnx") == 280  # Kaldi's centred frames: (400 + 160) / 2
    assert of("voxtral-realtime") == 200  # half a window, centred
    assert (
        of("nemo-streaming") == 199
    )  # a window of 400 in the middle of 512, whose last value is 0
    assert of("funasr") == 400 + 160 * 3  # three frames to come
    assert of("whisper", peak="running") == 200


def test_context_of_known_front_ends():
    def of(name):
        return frontend(name).stream().context.samples

    assert of("kaldi-fbank") == 400  # a window
    assert of("funasr") == 400 + 160 * 6  # seven frames, joined


def test_context_of_two_steps():
    """Four windows of three frames each reach over six."""
    after = (steps.ContextWindow(1, 1), steps.Patches(frames=4, hop=4))
    fe = frontend("kaldi-fbank").replace(after=after)
    assert fe.stream().context.samples == 400 + 160 * 5
    assert fe.stream().latency.samples == 400 + 160 * (3 + 1)


def test_a_frame_waits_for_its_last_sample():
    fe = frontend("kaldi-fbank")
    stream, y = fe.stream(), samples(561)
    assert stream.push(y[:399]).shape == (0, 23)
    assert stream.push(y[399:400]).shape == (1, 23)
    assert stream.push(y[400:559]).shape == (0, 23)
    assert stream.push(y[559:]).shape == (1, 23)
    assert (stream.n_samples, stream.n_frames, stream.ended) == (561, 2, False)


# --- ends and errors ------------------------------------------------------------------------------


# The end of the second one gives frames that samples to come would not have.
@pytest.mark.parametrize("name", ["kaldi-fbank", "nemo-streaming"])
def test_after_the_end(name):
    stream = frontend(name).stream()
    stream.push(samples(1600))
    stream.flush()
    assert stream.ended
    with pytest.raises(ValueError, match="end of the signal"):
        stream.push(samples(10))
    with pytest.raises(ValueError, match="end of the signal"):
        stream.push(samples(0))
    with pytest.raises(ValueError, match="has ended"):
        stream.flush()
    stream.reset()
    assert_same(
        streamed(frontend(name), samples(1600), [10], stream), frontend(name)(samples(1600))
    )


@pytest.mark.parametrize(
    "name", ["kaldi-fbank", "voxtral-realtime", "nemo-streaming", "funasr", "ast"]
)
def test_signals_without_a_frame(name):
    fe = frontend(name)
    for n in (0, 1):
        stream = fe.stream()
        stream.push(samples(n))
        if fe.config.frame_count == "floor" and n:
            assert (
                stream.flush().shape == fe(np.ones(1000, np.float32))[..., :0].shape
                or name == "nemo-streaming"
            )
        else:
            assert stream.flush().size == 0


def test_too_short_to_reflect():
    stream = frontend("torchaudio").stream()
    stream.push(samples(100))
    with pytest.raises(
        ValueError, match="100 samples; reflection at its edges needs more than 200"
    ):
        stream.flush()
    y = samples(300)
    assert not stream.ended
    parts = [stream.push(y[100:]), stream.flush()]
    y[:100] = samples(100)
    assert_same(joined(frontend("torchaudio"), parts), frontend("torchaudio")(y))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", ["kaldi-fbank", "funasr", "yamnet"])
def test_samples_that_are_not_finite(name, dtype, bad):
    fe, y = frontend(name), samples(9000, dtype)
    stream = fe.stream()
    parts = [stream.push(y[:5000])]
    spoilt = y[5000:].copy()
    spoilt[777] = bad
    with pytest.raises(ValueError, match=r"chunk is not finite: chunk\[777\]"):
        stream.push(spoilt)
    assert stream.n_samples == 5000
    parts += [stream.push(y[5000:]), stream.flush()]  # as if nothing had happened
    assert_same(joined(fe, parts), fe(y))


def test_a_sample_that_no_frame_reads():
    fe = frontend(MelConfig(n_fft=16, hop_length=100, n_mels=None, padding="none"))
    y = samples(90)
    y[50] = np.nan
    with pytest.raises(ValueError, match=r"chunk\[50\]"):
        fe.stream().push(y)


def test_types_of_chunks():
    stream = frontend("kaldi-fbank").stream()
    stream.push(np.zeros(0))  # an empty one has none
    stream.push(samples(500, np.float16))
    stream.push(samples(500, np.float32))  # which the first became
    for dtype in (np.float64, np.int16):
        with pytest.raises(ValueError, match="dtype of the samples before"):
            stream.push(samples(10, dtype))
    assert stream.n_samples == 1000
    stream.reset()
    stream.push(samples(500, np.int16))
    with pytest.raises(TypeError, match="chunk must be audio samples"):
        stream.push(np.zeros(5, np.uint8))
    with pytest.raises(TypeError, match="chunk must be a NumPy array"):
        stream.push([0.0, 1.0])
    with pytest.raises(ValueError, match="chunk must have one axis"):
        stream.push(np.zeros((2, 100), np.int16))
    assert stream.n_samples == 500


def test_another_type_after_reset():
    """What was behind the samples of one type is no number of another: 0 times that is NaN."""
    fe = frontend("kaldi-fbank").replace(n_fft=2048, remove_dc_offset=False, preemphasis=0.0)
    stream, y = fe.stream(), samples(3000)
    stream.push(np.full(9000, -1, np.int16))
    stream.reset()
    assert_same(joined(fe, [stream.push(y), stream.flush()]), fe(y))


@pytest.mark.parametrize("name", ["kaldi-fbank", "voxtral-realtime", "librosa-mel", "funasr"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_out(name, dtype):
    fe, y = frontend(name), samples(20000, dtype)
    want, stream, parts = fe(y), fe.stream(), []
    room = np.empty((300, 600), want.dtype)
    for i in range(0, 20000, 3000):
        shape = (
            (slice(None), slice(fe.n_features))
            if time_axis(fe, want) == 0
            else slice(fe.n_features)
        )
        out = room[shape]
        frames = stream.push(y[i : i + 3000], out=out)
        assert np.shares_memory(frames, out) or not frames.size
        parts.append(frames.copy())
    parts.append(stream.flush(out=out).copy())
    assert_same(joined(fe, parts), want)


def test_out_that_does_not_fit():
    fe = frontend("kaldi-fbank")
    stream = fe.stream()
    for out in (
        np.empty((1, 23), np.float32),
        np.empty((9, 22), np.float32),
        np.empty((9, 23)),
        [],
    ):
        with pytest.raises((ValueError, TypeError), match="out"):
            stream.push(samples(1000), out=out)
    y = np.zeros(1000, np.float32)
    with pytest.raises(ValueError, match="overlaps"):
        stream.push(y, out=y[: 23 * 40].reshape(40, 23))
    assert stream.n_samples == 0
    assert stream.push(samples(1000), out=np.empty((9, 23), np.float32)).shape == (4, 23)


@pytest.mark.parametrize("name", ["kaldi-fbank", "kaldi-xvector", "funasr"])
def test_a_stream_is_as_before_where_out_does_not_fit(name):
    fe = frontend(name)
    y, streams = samples(30000), fe.streams(2)
    stream, twin = fe.stream(), fe.stream()
    for k in (10000, 20000, 30000):
        chunk = y[k - 10000 : k]
        with pytest.raises(ValueError, match="out"):
            stream.push(chunk, out=np.empty((1, 1), np.float32))
        with pytest.raises(ValueError, match="out"):
            streams.push([chunk, chunk], out=np.empty((2, 1, 1), np.float32))
        assert_same(stream.push(chunk), twin.push(chunk))
        assert stream.n_samples == streams.n_samples(0) + 10000 == k
        streams.push([chunk, chunk[:0]])
    with pytest.raises(ValueError, match="out"):
        stream.flush(out=np.empty((1, 1), np.float32))
    assert_same(stream.flush(), twin.flush())


@pytest.mark.parametrize("order", "CF")
@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", ["kaldi-fbank", "librosa-mel", "kaldi-xvector"])
def test_many_streams_write_into_out(name, rows, order):
    fe = frontend(name)
    n, width = 5, fe.n_features
    first = fe.config.layout == "time_mel"
    out = np.full((n, 90, width) if first else (n, width, 90), 7, np.float32, order=order)
    streams, twins = fe.streams(n), fe.streams(n)
    rng = np.random.default_rng(0)
    for _ in range(4):
        lengths = rng.integers(0, 8000, n)
        chunks = [samples(int(m)) for m in lengths]
        if rows:
            table = np.zeros((n, 8000), np.float32)
            for row, chunk in zip(table, chunks, strict=True):
                row[: len(chunk)] = chunk
            got, frames = streams.push(table, lengths=lengths, out=out)
        else:
            got, frames = streams.push(chunks, out=out)
        want, counts = twins.push(chunks)
        assert np.array_equal(frames, counts)
        assert_same(np.ascontiguousarray(got), want)
        assert np.shares_memory(got, out) or not got.size


def test_out_of_many_streams_that_does_not_fit():
    fe = frontend("kaldi-fbank")
    streams, y = fe.streams(2), np.zeros((2, 1000), np.float32)
    read_only = np.empty((2, 9, 23), np.float32)
    read_only.flags.writeable = False
    for out in (
        np.empty((1, 9, 23), np.float32),
        np.empty((2, 3, 23), np.float32),
        np.empty((2, 9, 22), np.float32),
        np.empty((2, 9, 23)),
        np.empty((2, 23), np.float32),
        read_only,
        y[:, : 23 * 40].reshape(2, 40, 23),
        [],
    ):
        for chunks in y, list(y):
            if isinstance(out, np.ndarray) and np.shares_memory(out, y) and chunks is not y:
                continue
            with pytest.raises((ValueError, TypeError), match="out"):
                streams.push(chunks, out=out)
    with pytest.raises(
        ValueError,
        match=r"shape \(2, 4, 23\), or room for more frames, and dtype float32; got \(2, 3, 23\) "
        "and float64",
    ):
        streams.push(y, out=np.empty((2, 3, 23)))
    assert [streams.n_samples(i) for i in range(2)] == [0, 0]
    assert streams.push(y, out=np.empty((2, 9, 23), np.float32))[0].shape == (2, 4, 23)


@pytest.mark.parametrize("many", [False, True])
def test_two_threads_in_one_stream(many):
    fe, y = frontend("librosa-mel"), samples(4_000_000)
    stream = fe.streams(1) if many else fe.stream()
    outcomes = []

    def push():
        try:
            stream.push([y] if many else y)
            outcomes.append("pushed")
        except RuntimeError as error:
            assert "another thread" in str(error)  # noqa: PT017
            outcomes.append("refused")

    threads = [threading.Thread(target=push) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert "pushed" in outcomes
    taken = stream.n_samples(0) if many else stream.n_samples
    assert taken == 4_000_000 * outcomes.count("pushed")


# --- snapshots ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s)), lambda s: s.copy()]
)
@pytest.mark.parametrize(
    "name",
    [
        *("kaldi-fbank", "funasr", "xcodec2", "efficientat", "yamnet", "granite-speech-5"),
        *("pcen", "sliding"),
    ],
)
def test_a_snapshot(name, again):
    made = {"pcen": frontend("librosa-mel").replace(normalize="pcen"), "sliding": SLIDING}
    fe = made.get(name) or frontend(name)
    how = {"xcodec2": {"normalize": "running"}, "granite-speech-5": {"peak": "running"}}.get(
        name, {}
    )
    y, other = samples(30000), samples(7000, seed=5)
    for at in (0, 100, 12345, 30000):
        whole = joined(fe, [(s := fe.stream(**how)).push(y), s.flush()])
        stream = fe.stream(**how)
        parts = [stream.push(y[:at])]
        snapshot = again(stream)
        stream.push(other)
        if at:
            stream.flush()
        assert (snapshot.n_samples, snapshot.ended) == (at, False)
        parts += [snapshot.push(y[at:]), snapshot.flush()]
        assert_same(joined(fe, parts), whole)


def test_state_that_is_no_streams():
    core = frontend("kaldi-fbank").stream()._core
    core.push(samples(1000))
    state = list(core.state())
    for i, value in [
        (0, -1),
        (0, 10**18),
        (1, 3),
        (2, 5),
        (2, 2000),
        (6, b""),
        (4, True),
        (6, state[6][:-4] + b"\xff" * 4),
        (5, "u8"),
    ]:
        wrong = [*state]
        wrong[i] = value
        with pytest.raises(ValueError, match="state"):
            core.restore(tuple(wrong))
    n_samples, _, begin, *_, held = state
    lacking = [*state]  # the first sample that the next frame needs
    lacking[2], lacking[6] = begin + 1, held[len(held) // (n_samples - begin) :]
    with pytest.raises(ValueError, match="state is not that of a stream of this plan"):
        core.restore(tuple(lacking))
    core.restore(tuple(state))


@pytest.mark.parametrize(
    "name", ["kaldi-fbank", "voxtral-realtime", "nemo-streaming", "efficientat", "kaldi-mfcc"]
)
def test_positions_beyond_2_to_the_31(name):
    """What a frame is does not depend on how long ago the signal began."""
    fe, y = frontend(name), samples(20000)
    near, far = fe.stream(), fe.stream()
    for stream in (near, far):
        stream.push(y[:8000])
    hops = 2**33 // fe.config.hop_length
    n, frames, begin, *rest = far._core.state()
    shift = hops * fe.config.hop_length
    far._core.restore((n + shift, frames + hops, begin + shift, *rest))
    for i in range(8000, 20000, 777):
        assert_same(far.push(y[i : i + 777]), near.push(y[i : i + 777]))
    assert_same(far.flush(), near.flush())
    assert far.n_samples == 20000 + shift > 2**33


@pytest.fixture
def hour():
    """A stream of one frame a second, and what pushes an hour of samples to it."""
    stream = frontend("kaldi-fbank").replace(n_fft=512, hop_length=16000).stream()
    y = samples(16000 * 60, np.int16)
    return stream, lambda: [stream.push(y) for _ in range(60)]


def test_a_stream_holds_the_last_samples_alone(hour):
    stream, push = hour
    push()
    assert len(stream._core.state()[6]) < 2 * 16000 * 2


@needs_heap
def test_memory_of_a_day(hour):
    """A call leaves nothing behind."""
    stream, push = hour
    push()
    before = allocated()
    for _ in range(23):
        push()
    assert stream.n_samples == 24 * 3600 * 16000
    assert allocated() - before < 1 << 15


@needs_heap
@pytest.mark.exhaustive
def test_memory_of_a_day_of_pushes(run_python):
    """As it comes, every 10 ms, through the chain and what stacks its frames."""
    run_python(
        """
        import gc, fastmel, numpy as np
        from heap import allocated
        fe = fastmel.frontend("funasr")
        y = (3000 * np.random.default_rng(0).standard_normal(160 * 997)).astype(np.int16)
        stream, n = fe.stream(), len(y) // 160

        def push(count):
            for i in range(count):
                at = i % n * 160
                stream.push(y[at : at + 160])

        def used():
            gc.collect()
            return allocated()

        push(100_000)
        before = used()
        push(24 * 3600 * 100 - 100_000)
        assert stream.n_samples == 24 * 3600 * 16000
        assert used() - before < 1 << 15, used() - before
        """,
        PYTHONMALLOC="malloc",
    )


# --- what does not equal a call -------------------------------------------------------------------


def test_a_given_peak_is_that_configuration():
    fe, y = frontend("whisper"), samples(20000)
    stream = fe.stream(peak=1.25)
    assert_same(joined(fe, [stream.push(y), stream.flush()]), fe.replace(peak=1.25)(y))


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        *((n, {}) for n in ["whisper", "whisper-hf", "speechbrain", "librosa", "granite-speech-5"]),
        ("whisper", {"clip": (-0.5, 1.0)}),
    ],
)
def test_a_running_peak(name, changes):
    fe, y = frontend(name).replace(**changes), samples(30000)
    y[3000:] *= 0.01
    parts = []
    for cuts in ([], [5, 7000, 7001, 20000]):
        parts.append(streamed(fe, y, cuts, fe.stream(peak="running")))
    assert_same(*parts)  # it does not depend on the cuts
    want = fe(y)
    # Once the loudest frame is past, a frame has the values of a call but for a rounding.
    later = (slice(40, None), ...) if time_axis(fe, want) == 0 else (slice(None), slice(40, None))
    np.testing.assert_allclose(parts[0][later], want[later], rtol=2e-6, atol=2e-5)
    assert fe.stream(peak="running").context.samples == np.inf


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        *((name, {}) for name in ["nemo", "wespeaker", "speech-to-text", "seamless-m4t"]),
        *(("nemo", {"normalize_eps": 0.5, "normalize_eps_to": to}) for to in ["variance", "floor"]),
    ],
)
def test_running_normalization(name, changes):
    fe, y = frontend(name).replace(after=(), stack=1, **changes), samples(30000)
    parts = [
        streamed(fe, y, cuts, fe.stream(normalize="running"))
        for cuts in ([], [5, 7000, 7001, 20000])
    ]
    assert_same(*parts)
    # The statistics of all frames are those of the last one.
    last = (-1, ...) if time_axis(fe, parts[0]) == 0 else (slice(None), -1)
    np.testing.assert_allclose(parts[0][last], fe(y)[last], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "how", "message"),
    [
        ("kaldi-fbank", {"peak": 1.0}, "peak=1.0 has no effect"),
        ("kaldi-fbank", {"normalize": "running"}, "normalize='running' has no effect"),
        ("whisper", {"peak": "item"}, "peak"),
        ("whisper", {"peak": np.nan}, "peak"),
        ("nemo", {"normalize": "mean"}, "normalize='mean' must be"),
    ],
)
def test_wrong_ways(name, how, message):
    with pytest.raises((ValueError, TypeError), match=message):
        frontend(name).stream(**how)


# --- many streams ---------------------------------------------------------------------------------


def collected(fe, parts):
    return joined(fe, parts)


@pytest.mark.parametrize(
    "name",
    [
        "kaldi-fbank",
        "voxtral-realtime",
        "librosa-mel",
        "nemo-streaming",
        "efficientat",
        "kaldi-mfcc",
        "funasr",
        "qwen2-audio",
        "yamnet",
        "sherpa-onnx",
        "ast",
    ],
)
@settings(max_examples=examples(40))
@given(data=st.data())
def test_interleaved_streams(name, data):
    fe = frontend(name)
    if name == "qwen2-audio":
        fe = fe.replace(peak=1.0, before=(steps.PadToMultiple(1000),))
    n = data.draw(st.integers(1, 6))
    dtype = data.draw(st.sampled_from([np.float32, np.float64, np.int16]))
    ys = [samples(data.draw(st.integers(600, 9000)), dtype, seed) for seed in range(n)]
    many, parts, at = fe.streams(n), [[] for _ in ys], [0] * n

    def take(which, result):
        features, lengths = result
        for index, frames, length in zip(which, features, lengths, strict=True):
            axis = time_axis(fe, frames)
            rest = frames[length:] if axis == 0 else frames[:, length:]
            assert not rest.any()
            parts[index].append(frames[:length] if axis == 0 else frames[:, :length])

    while any(i < len(y) for i, y in zip(at, ys, strict=True)):
        which = data.draw(st.lists(st.integers(0, n - 1), unique=True, max_size=n))
        if not which:
            which = list(range(n))
        size = data.draw(st.sampled_from([0, 1, 160, 400, 1601, 5000]))
        chunks = {i: ys[i][at[i] : at[i] + size] for i in which}
        way = data.draw(st.sampled_from(["mapping", "list", "rows"]))
        if way == "mapping":
            take(which, many.push(chunks))
        elif way == "list":
            take(range(n), many.push([chunks.get(i) for i in range(n)]))
        else:
            rows = np.zeros((len(which), size), dtype)
            for row, i in zip(rows, which, strict=True):
                row[: len(chunks[i])] = chunks[i]
            lengths = [len(chunks[i]) for i in which]
            take(which, many.push(rows, lengths=lengths, which=which))
        for i in which:
            at[i] += size
        if size == 0:
            size = 3000
            take(range(n), many.push([y[i : i + size] for i, y in zip(at, ys, strict=True)]))
            at = [i + size for i in at]
    take(range(n), many.flush())
    for y, frames in zip(ys, parts, strict=True):
        assert_same(joined(fe, frames), fe(y))


def test_streams_come_and_go():
    fe, y = frontend("kaldi-fbank"), samples(5000)
    many = fe.streams(2)
    many.push([y[:1000], None])
    assert many.add() == 2
    many.remove(1)
    assert (len(many), many.indices) == (2, [0, 2])
    with pytest.raises(IndexError, match="no stream 1"):
        many.push({1: y})
    with pytest.raises(IndexError, match="no stream 1"):
        many.push(np.zeros((2, 10), np.float32))
    with pytest.raises(IndexError):
        many.remove(1)
    assert many.add() == 1
    features, lengths = many.push({1: y, 2: y, 0: y[1000:]})
    assert lengths.tolist() == [29, 29, 25]
    assert_same(features[0], fe(y))
    many.flush([1])
    with pytest.raises(ValueError, match="item 1: chunk comes after the end"):
        many.push({0: y[:160], 1: y})
    assert many.n_samples(0) == 5000  # nothing was taken
    with pytest.raises(ValueError, match="item 1: stream 1 has ended"):
        many.flush([0, 1])
    many.reset([1])
    assert_same(many.push({1: y})[0][0], fe(y))
    again = pickle.loads(pickle.dumps(many))
    assert_same(again.push({0: y, 2: y})[0], many.copy().push({0: y, 2: y})[0])


def test_what_streams_refuse():
    many, y = frontend("kaldi-fbank").streams(3), samples(1000)
    spoilt = np.append(y, np.float32(np.nan))
    with pytest.raises(ValueError, match=r"item 1: chunk is not finite: chunk\[1000\]"):
        many.push({0: y, 2: spoilt})
    with pytest.raises(TypeError, match="item 1: chunk must be"):
        many.push({0: y, 2: "abc"})
    for push in (many.push, lambda y, which: many.push(np.stack(y), which=which)):
        with pytest.raises(ValueError, match="which names stream 2 twice"):
            push([y, y, y], which=[0, 2, 2])
    with pytest.raises(ValueError, match="two axes"):
        many.push(y)
    with pytest.raises(ValueError, match="lengths"):
        many.push(np.zeros((3, 10), np.float32), lengths=[1, 2, 11])
    with pytest.raises(ValueError, match="lengths"):
        many.push([y], lengths=[3])
    with pytest.raises(ValueError, match="which"):
        many.push({0: y}, which=[0])
    with pytest.raises(ValueError, match="lengths has 2 entries; there are 3 chunks"):
        many.push(np.zeros((3, 10), np.float32), lengths=[1, 2])
    with pytest.raises(ValueError, match="which names 2 streams; there are 1 chunks"):
        many.push([y], which=[0, 1])
    with pytest.raises(TypeError, match="which=3 must hold integers"):
        many.push([y], which=3)
    with pytest.raises(ValueError, match="which names stream 1 twice"):
        many.flush([1, 1])
    assert [many.n_samples(i) for i in range(3)] == [0, 0, 0]
    double = frontend("librosa-mel").streams(2)
    with pytest.raises(ValueError, match="float64"):
        double.push([y, y.astype(np.float64)])
    many.push([y.astype(np.int16), y, y.tolist() and y.astype(np.float16)])
    assert [many.n_samples(i) for i in range(3)] == [1000] * 3


def test_what_streams_say_of_themselves():
    fe = frontend("kaldi-fbank")
    many, one = fe.streams(3), fe.stream()
    assert (many.front_end, many.latency, many.context) == (fe, one.latency, one.context)
    many.remove(1)
    assert repr(many) == f"<2 streams of {fe!r}>"
    for again in (copy.copy(many), copy.deepcopy(many), pickle.loads(pickle.dumps(many))):
        assert again.indices == [0, 2]
        again.push({0: samples(1000)})
    assert many.n_samples(0) == 0


def test_streams_and_threads():
    fe = frontend("kaldi-fbank")
    ys = np.stack([samples(40000, seed=i) for i in range(20)])
    for workers in (1, 3):
        features, _ = fe.streams(20).push(ys, workers=workers)
        assert_same(features, fe(ys))


# --- spectra, and back ----------------------------------------------------------------------------


@st.composite
def transforms(draw):
    n_fft = draw(st.sampled_from([1, 2, 5, 16, 31, 64]))
    win_length = draw(st.integers(1, n_fft))
    window = draw(st.sampled_from(["hann", "hamming", "ones", "values"]))
    if window == "values":
        window = np.random.default_rng(win_length).uniform(0.1, 1, win_length)
    return fastmel.Stft(
        n_fft=n_fft,
        hop_length=draw(st.integers(1, n_fft + 5)),
        win_length=win_length,
        window=window,
        center=draw(st.booleans()),
        pad_mode=draw(st.sampled_from(["constant", "edge", "reflect", "symmetric", "linear_ramp"])),
        precision=draw(st.sampled_from(["double", "single"])),
    )


@settings(max_examples=examples(300))
@given(data=st.data())
def test_transform_and_inverse(data):
    transform = data.draw(transforms())
    n = data.draw(st.integers(transform.n_fft, 500))
    ramp = transform.pad_mode == "linear_ramp"
    y = samples(n, data.draw(st.sampled_from(TYPES[:2] if ramp else TYPES)))
    edges = [0, *sorted(data.draw(pieces(n))), n]
    analysis, synthesis = transform.stream(), transform.inverse_stream()
    spectra = [analysis.push(y[a:b]) for a, b in itertools.pairwise(edges)]
    spectra.append(analysis.flush())
    want = transform(y)
    got = np.concatenate([s for s in spectra if s.shape[1]] or spectra[-1:], axis=1)
    assert_same(got, want)
    length = data.draw(st.sampled_from([None, n, n + 70]))
    if want.shape[1] == 0:
        return
    parts = [synthesis.push(s) for s in spectra if s.shape[1]]
    if length is not None and synthesis.n_samples > length:
        return
    again, twin = copy.copy(synthesis), pickle.loads(pickle.dumps(synthesis))
    parts.append(synthesis.flush(length=length))
    assert_same(twin.flush(length=length), parts[-1])
    assert_same(again.flush(length=length), parts[-1])
    assert_same(np.concatenate(parts), transform.inverse(want, length=length))


def test_an_effect_on_a_stream():
    """Chunks come back after n_fft - hop_length samples, and as they were."""
    transform = fastmel.Stft(n_fft=960, hop_length=480, window="hann")
    analysis, synthesis = transform.stream(), transform.inverse_stream()
    y, out, delays = samples(48000), [], []
    for i in range(0, 48000, 480):
        out.append(synthesis.push(analysis.push(y[i : i + 480])))
        delays.append(analysis.n_samples - synthesis.n_samples)
    assert max(delays[5:]) == transform.n_fft - transform.hop_length == analysis.latency
    again = pickle.loads(pickle.dumps(analysis)), pickle.loads(pickle.dumps(synthesis))
    rest = [synthesis.push(analysis.flush()), synthesis.flush(length=48000)]
    assert_same(
        np.concatenate(rest),
        np.concatenate([again[1].push(again[0].flush()), again[1].flush(48000)]),
    )
    np.testing.assert_allclose(np.concatenate([*out, *rest]), y, atol=1e-6)
    assert_same(np.concatenate([*out, *rest]), transform.inverse(transform(y), length=48000))


def test_streams_of_spectra_tell_what_they_are():
    transform = fastmel.Stft(n_fft=16)
    analysis, synthesis = transform.stream(), transform.inverse_stream()
    for stream in analysis, synthesis:
        assert stream.transform == transform
        with pytest.raises(AttributeError):
            stream.n_frames = 3
        with pytest.raises(TypeError, match="transform must be a Stft; got 16"):
            type(stream)(16)
    synthesis.push(analysis.push(np.zeros(24, np.float32)))
    assert repr(analysis) == f"<stream of {transform!r}: 24 samples, 5 frames>"
    assert repr(synthesis) == f"<inverse stream of {transform!r}: 5 frames, 12 samples>"
    assert (analysis.latency, synthesis.latency) == (8, 12)
    for stream in analysis, synthesis:
        for again in stream.copy(), copy.deepcopy(stream), pickle.loads(pickle.dumps(stream)):
            assert repr(again) == repr(stream)
        stream.flush()
        assert stream.ended
        assert stream.copy().ended
        stream.reset()
        assert not stream.ended
        assert (stream.n_frames, stream.n_samples) == (0, 0)


def test_what_transforms_refuse():
    for wrong, message in [
        ({"n_fft": 0}, "n_fft"),
        ({"n_fft": 8, "win_length": 9}, "win_length"),
        ({"n_fft": 3}, "hop_length must be given"),
        ({"window": "no"}, "window"),
        ({"pad_mode": "wrap"}, "pad_mode"),
        ({"pad_mode": np.pad}, "pad_mode"),
        ({"precision": "half"}, "precision"),
        ({"center": 2}, "center"),
    ]:
        with pytest.raises((ValueError, TypeError), match=message):
            fastmel.Stft(**wrong)
    transform = fastmel.Stft(n_fft=16)
    assert transform == fastmel.Stft(n_fft=16, hop_length=4, win_length=16)
    synthesis = transform.inverse_stream()
    with pytest.raises(ValueError, match=r"shape \(9, frames\)"):
        synthesis.push(np.zeros((8, 2), np.complex64))
    with pytest.raises(TypeError, match="complex64 or complex128"):
        synthesis.push(np.zeros((9, 2), np.float32))
    with pytest.raises(ValueError, match="no spectra"):
        synthesis.flush()
    synthesis.push(np.zeros((9, 9), np.complex64))
    with pytest.raises(ValueError, match="dtype of those before"):
        synthesis.push(np.zeros((9, 9), np.complex128))
    with pytest.raises(ValueError, match="length=3: 28 samples are returned"):
        synthesis.flush(length=3)
    synthesis.flush()
    with pytest.raises(ValueError, match="after the end"):
        synthesis.push(np.zeros((9, 9), np.complex64))
    with pytest.raises(ValueError, match="has ended"):
        synthesis.flush()
    ramp = fastmel.Stft(n_fft=16, pad_mode="linear_ramp").stream()
    with pytest.raises(TypeError, match="got int16"):
        ramp.push(np.zeros(40, np.int16))
    ramp.push(np.zeros(40))
    ramp.flush()
    with pytest.raises(ValueError, match="has ended"):
        ramp.flush()


def test_the_inverse_of_no_spectra():
    transform = fastmel.Stft(n_fft=16)
    synthesis = transform.inverse_stream()
    assert_same(synthesis.push(np.zeros((9, 0), np.complex64)), np.zeros(0, np.float32))
    spectra = transform(samples(100, np.float64))
    assert synthesis.push(spectra).dtype == np.float64  # no frame was of another type
    silent = transform.inverse_stream()
    assert_same(silent.flush(length=5), np.zeros(5, np.float32))


# --- what streams elsewhere were reported to do ---------------------------------------------------


@pytest.mark.parametrize(
    ("name", "chunk"),
    [
        ("kaldi-fbank", 2560),  # a frame grid rebuilt in each chunk: MeanVC2, pull request 7
        ("torchaudio-db", 1024),  # spectra of chunks on their own: TensorFlowASR, issue 179
        ("voxtral-realtime", 1280),  # all recomputed at each step: mlx-audio-swift, 230
        ("fsmn-vad", 720),  # chunks of one size alone: silero-vad, issue 582
        ("sherpa-onnx", 3200),  # a last chunk that was dropped: sherpa-onnx, 3282
        ("panns", 100),  # padding within the signal: pytorch/audio, issue 3641
    ],
)
def test_chunks_of_one_size(name, chunk):
    fe, y = frontend(name), samples(48123)
    assert_same(streamed(fe, y, range(0, len(y), chunk)), fe(y))


def test_a_window_that_is_no_multiple_of_the_hop():
    """Espnet, issue 4807: the more frames were trimmed the smaller the chunks."""
    fe = frontend(MelConfig(sample_rate=16000, n_fft=256, hop_length=90, n_mels=40, log="ln"))
    y = samples(20000)
    assert_same(streamed(fe, y, range(0, 20000, 512)), fe(y))


def test_a_step_costs_the_same_after_an_hour():
    """mlx-audio-swift, 230: each step recomputed the whole utterance; kaldi, issue 3258."""
    stream = frontend("voxtral-realtime").stream()
    held, minute = [], samples(16000 * 60, np.int16)
    for _ in range(60):
        stream.push(minute)
        held.append(len(stream._core.state()[6]))
    assert set(held) == {held[0]}
    assert held[0] < 2 * 400 * 2


def test_one_peak_for_all_chunks():
    """mlx.voxtral, pull request 5: each chunk had a floor of its own."""
    fe, y = frontend("qwen3-omni"), samples(48000)
    y[16000:] *= 0.003
    loudest = float(
        frontend("qwen3-omni").replace(dynamic_range=None, gain=1.0, shift=0.0)(y).max()
    )
    parts = [(stream := fe.stream(peak=loudest)).push(y[:16000]), stream.push(y[16000:])]
    np.testing.assert_array_equal(joined(fe, [*parts, stream.flush()]), fe(y))


def test_neighbours_do_not_change_a_stream():
    """NeMo, pull request 16287: statistics ran over the padding to the longest stream."""
    fe, y = frontend("nemo").replace(after=()), samples(5000)
    alone = fe.streams(1, normalize="running").push({0: y})[0][0]
    features, lengths = fe.streams(2, normalize="running").push([y, samples(30000, seed=3)])
    np.testing.assert_array_equal(features[0][:, : lengths[0]], alone)


def test_how_much_silence_ends_a_signal():
    """Sherpa, issue 411: nobody could say how much padding the last frame needs."""
    fe, y = frontend("sherpa-onnx"), samples(16000)
    stream = fe.stream()
    stream.push(y)
    missing = fe.num_frames(16000) - stream.n_frames
    assert missing > 0
    last = (fe.num_frames(16000) - 1) * 160 + stream.latency.samples
    stream.push(np.zeros(last - 16000, np.float32))
    assert stream.n_frames == fe.num_frames(16000)


@pytest.mark.parametrize("frames", [1, 6, 7, 8, 13, 14])
def test_stacked_frames_at_the_end(frames):
    """sherpa-onnx, 3839: seven frames in steps of six made one, and make two."""
    fe = frontend("funasr")
    y = samples(400 + 160 * (frames - 1))
    got = streamed(fe, y, [100, 1000])
    assert len(got) == -(-frames // 6)
    assert_same(got, fe(y))


def test_a_signal_shorter_than_a_chunk():
    """python-soundfile, 446: what was missing in the first block was read from nowhere."""
    fe, y = frontend("nemo-streaming"), samples(100)
    stream = fe.stream()
    assert stream.push(y).shape == (80, 0)
    assert_same(stream.flush(), fe(y))


def test_the_ends_of_an_inverse():
    """pytorch, issue 62323, and tensorflow, issue 16465: windows that begin with zeros."""
    transform = fastmel.Stft(n_fft=400, hop_length=100, center=False)
    y = samples(4000)
    synthesis = transform.inverse_stream()
    spectra = transform(y)
    got = np.concatenate(
        [synthesis.push(spectra[:, :9]), synthesis.push(spectra[:, 9:]), synthesis.flush()]
    )
    assert got.shape == (4000,)
    # The rounding of a sample is divided by the window: by 0.5 at sample 100, by 6e-5 at sample 1.
    assert np.isfinite(got).all()
    np.testing.assert_allclose(got[100:-100], y[100:-100], atol=1e-6)
    np.testing.assert_allclose(got[1:-1], y[1:-1], atol=5e-3)
