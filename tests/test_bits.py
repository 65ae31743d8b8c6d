"""One build, one result: instruction set, threads, batch, alignment and strides change no bit."""

import json
import sys

import bits
import chains
import effort
import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from effort import some
from libraries import required

Y = signals.speech_like(30011)

CALLS = {
    "stft": lambda y, **kw: fastmel.stft(y, n_fft=512, hop_length=160, **kw),
    "stft 600": lambda y, **kw: fastmel.stft(y, n_fft=600, pad_mode="reflect", **kw),
    "uncentred": lambda y, **kw: fastmel.stft(y, n_fft=509, center=False, **kw),
    "spectrogram": lambda y, **kw: fastmel.spectrogram(y, n_fft=400, hop_length=160, **kw),
    "mel": lambda y, **kw: fastmel.melspectrogram(y=y, n_fft=1024, n_mels=80, **kw),
    "log mel": lambda y, **kw: fastmel.log_melspectrogram(y=y, n_mels=80, ref=np.max, **kw),
    "mfcc": lambda y, **kw: fastmel.mfcc(y=y, n_fft=400, hop_length=160, n_mels=40, **kw),
}


@pytest.fixture(params=sorted(CALLS))
def call(request):
    return CALLS[request.param]


@pytest.fixture(params=["double", "single"])
def precision(request):
    return request.param


@pytest.fixture(params=chains.CHAINS)
def chain(request, precision):
    """A front end of each chain in each precision."""
    return fastmel.frontend(chains.CHAINS[request.param].replace(precision=precision))


@pytest.mark.parametrize("variant", fastmel.simd_info()["available"])
def test_instruction_sets(digests, digests_of_variants, variant):
    there = digests_of_variants[variant]
    assert {k for k in digests if digests[k] != there[k]} == set()


@pytest.mark.parametrize("workers", some([1, 5, 2, -1], every=2))
def test_threads(digests, workers):
    there = bits.results(workers)
    assert {k for k in digests if digests[k] != there[k]} == set()


@pytest.mark.parametrize("workers", [2, 3, 16])
def test_threads_over_a_long_signal(call, precision, workers):
    y = np.tile(Y, 20)
    expected = call(y, workers=1, precision=precision)
    tol.assert_same_bits(call(y, workers=workers, precision=precision), expected)


@pytest.mark.parametrize("n_samples", [1, 15, 511, 2048, 9001, 30011])
@pytest.mark.filterwarnings("ignore:n_fft")
def test_frames_do_not_depend_on_how_many_there_are(precision, n_samples):
    # The same frames, whichever lane and block they fall into.
    framing = {"n_fft": 512, "hop_length": 160, "center": False, "precision": precision}
    y = np.concatenate([Y[:n_samples], np.zeros(512, np.float32)])
    whole = fastmel.stft(y, **framing)
    for t in range(0, whole.shape[-1], max(1, whole.shape[-1] // 7)):
        alone = fastmel.stft(y[160 * t : 160 * t + 512], **framing)
        tol.assert_same_bits(alone[:, 0], whole[:, t], f"frame {t}")


@pytest.mark.parametrize("n_items", [2, 3, 17])
def test_batches(call, precision, n_items):
    rng = np.random.default_rng(n_items)
    batch = (rng.uniform(1e-3, 1, (n_items, 1)) * rng.standard_normal((n_items, 5000))).astype("f4")
    together = call(batch, precision=precision)
    for item, expected in zip(batch, together, strict=True):
        tol.assert_same_bits(call(item, precision=precision), expected)
    cube = call(batch.reshape(n_items, 1, 5000), precision=precision)
    tol.assert_same_bits(cube[:, 0], together)
    threads = call(batch, precision=precision, workers=4)
    tol.assert_same_bits(threads, together)


def test_chains_do_not_depend_on_threads(chain):
    y = np.stack([np.tile(Y, 2), signals.music_like(2 * Y.size)])
    expected = chain(y, workers=1)
    for workers in (2, 3, 7) if effort.exhaustive else (3,):
        tol.assert_same_bits(chain(y, workers=workers), expected, f"{workers} workers")


def test_chains_do_not_depend_on_the_batch(chain):
    y = np.stack([Y, 0.01 * signals.noise(Y.size), np.zeros_like(Y)])
    together = chain(y)
    tol.assert_same_bits(chain(y.reshape(3, 1, -1), workers=2)[:, 0], together)
    apart, lengths = chain.batch([*y, Y[:9000]])
    time_first = chain.config.layout == "time_mel"
    if not time_first:
        apart = apart.swapaxes(-1, -2)
    for i, samples in enumerate([*y, Y[:9000]]):
        alone = chain(samples)
        if i < 3:
            tol.assert_same_bits(together[i], alone, f"item {i} of an array")
        frames = alone if time_first else alone.T
        tol.assert_same_bits(apart[i, : lengths[i]], frames, f"item {i} of a batch")
        assert not apart[i, lengths[i] :].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32])
def test_chains_do_not_depend_on_the_memory(chain, dtype):
    y = signals.pcm(Y[:6000], dtype) if np.dtype(dtype).kind == "i" else Y[:6000].astype(dtype)
    expected = chain(y)
    memory = np.empty(y.nbytes + 1, np.uint8)[1:]
    views = {
        "every third": np.repeat(y, 3)[::3],
        "reversed": np.ascontiguousarray(y[::-1])[::-1],
        "right of an interleaved pair": np.stack([y[::-1], y], axis=1)[:, 1],
        "a field of records": as_field(y),
        "unaligned": memory.view(dtype),
    }
    views["unaligned"][...] = y
    for name, view in views.items():
        tol.assert_same_bits(chain(view), expected, name)


def test_chains_write_the_same_into_any_out(chain):
    y = np.stack([Y[:6000], Y[6000:12000]])
    expected = chain(y)
    for order in ("C", "F"):
        out = np.full_like(expected, 7, order=order)
        tol.assert_same_bits(chain(y, out=out), expected, order)
    apart = np.full((*expected.shape[:-1], 3 * expected.shape[-1]), 7, expected.dtype)
    tol.assert_same_bits(chain(y, out=apart[..., ::3]), expected)
    assert np.all(apart[..., 1::3] == 7)


def test_chains_take_int16_as_its_value_over_full_scale(chain):
    pcm = signals.pcm(Y)
    tol.assert_same_bits(chain(pcm), chain((pcm / 2.0**15).astype(np.float32)))
    scaled = fastmel.frontend(
        chain.config.replace(scale=chain.config.scale / 2**15)
    )  # dither is of scaled samples: as much as before
    tol.assert_same_bits(scaled(pcm.astype(np.float32)), chain(pcm), "integers as floats")


@pytest.mark.parametrize("name", ["librosa", "whisper", "whisper-large-v3"])
@pytest.mark.parametrize("workers", [1, 3])
def test_batches_of_a_front_end(name, workers):
    frontend = fastmel.frontend(name)
    items = [Y[:n] for n in (30011, 16000, 4000, 12345, 16000)]
    features, lengths = frontend.batch(items, workers=workers)
    assert features.shape[0] == len(items)
    for item, row, length in zip(items, features, lengths, strict=True):
        expected = frontend(item)
        assert length == expected.shape[-1] == frontend.num_frames(item.size)
        tol.assert_same_bits(row[:, :length], expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32])
def test_alignment(call, precision, dtype):
    y = signals.pcm(Y[:6000], dtype) if np.dtype(dtype).kind == "i" else Y[:6000].astype(dtype)
    expected = call(y, precision=precision)
    memory = np.empty(y.nbytes + 64, np.uint8)
    for offset in (0, 1, 2, 3, 4, 8, 12, 20, 31, 36, 60):
        shifted = memory[offset : offset + y.nbytes].view(dtype)
        shifted[...] = y
        tol.assert_same_bits(call(shifted, precision=precision), expected, f"offset {offset}")


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32])
def test_strides(call, precision, dtype):
    y = signals.pcm(Y[:6000], dtype) if np.dtype(dtype).kind == "i" else Y[:6000].astype(dtype)
    expected = call(y, precision=precision)
    views = {
        "every second": np.repeat(y, 2)[::2],
        "every 17th": np.repeat(y, 17)[::17],
        "reversed": np.ascontiguousarray(y[::-1])[::-1],
        "reversed, every second": np.repeat(y[::-1], 2)[::-2],
        "left of an interleaved pair": np.stack([y, y[::-1]], axis=1)[:, 0],
        "right of an interleaved pair": np.stack([y[::-1], y], axis=1)[:, 1],
        "a field of records": as_field(y),
        "read-only": read_only(y),
        "swapped bytes": y.astype(y.dtype.newbyteorder()),
    }
    if dtype == np.float64:
        del views["swapped bytes"]  # tested for the value in test_compat_librosa
    for name, view in views.items():
        tol.assert_same_bits(call(view, precision=precision), expected, name)


def as_field(y):
    """Elements 5 bytes further apart than their size: neither aligned nor whole steps."""
    records = np.zeros(y.size, np.dtype([("pad", "u1", 5), ("y", y.dtype)]))
    records["y"] = y
    return records["y"]


def read_only(y):
    y = y.copy()
    y.flags.writeable = False
    return y


def test_layouts_of_several_axes(call, precision):
    y = np.random.default_rng(5).standard_normal((2, 3, 4000)).astype(np.float32)
    expected = call(y, precision=precision)
    for axes in ((2, 0, 1), (1, 2, 0), (2, 1, 0), (1, 0, 2)):
        back = np.argsort(axes)
        view = np.ascontiguousarray(y.transpose(axes)).transpose(back)
        tol.assert_same_bits(call(view, precision=precision), expected, str(axes))
    repeated = np.broadcast_to(y[0, 0], (2, 3, 4000))
    for row in call(repeated, precision=precision).reshape(6, *expected.shape[2:]):
        tol.assert_same_bits(row, expected[0, 0])


@pytest.mark.parametrize("dtype", [np.int16, np.int32])
def test_pcm_is_its_value_over_full_scale(call, precision, dtype):
    y = signals.pcm(Y, dtype)
    scaled = y / 2.0 ** (8 * y.dtype.itemsize - 1)
    if dtype == np.int16 or precision == "single":
        tol.assert_same_bits(
            call(y, precision=precision), call(scaled.astype(np.float32), precision=precision)
        )
    elif call not in (CALLS["log mel"], CALLS["mfcc"]):  # those round to float32 halfway
        # 31 bits are more than float32 holds, and float64 keeps them.
        exact = call(scaled, precision=precision)
        tol.assert_same_bits(call(y, precision=precision), exact.astype(call(y).dtype))


def test_buffers_of_other_libraries(call):
    expected = call(Y)
    import array

    class Wrapped:
        def __array__(self, dtype=None, copy=None):
            return Y

    for y in (array.array("f", Y), memoryview(Y), Wrapped()):
        tol.assert_same_bits(call(y), expected)


def test_tensors_come_in_through_dlpack(call):
    torch = required("torch")
    tol.assert_same_bits(call(torch.from_numpy(Y)), call(Y))


def test_repeated_calls_and_warm_plans(call, precision):
    first = call(Y, precision=precision)
    for _ in range(3):
        tol.assert_same_bits(call(Y, precision=precision), first)


def test_many_threads_of_python_share_a_plan():
    from concurrent.futures import ThreadPoolExecutor

    expected = fastmel.log_melspectrogram(y=Y)
    with ThreadPoolExecutor(8) as pool:
        for result in pool.map(lambda _: fastmel.log_melspectrogram(y=Y, workers=2), range(40)):
            tol.assert_same_bits(result, expected)


@pytest.mark.skipif(not hasattr(__import__("os"), "fork"), reason="needs fork")
def test_a_forked_child_computes_the_same(run_python):
    script = """
        import os, signals, numpy as np, fastmel
        y = np.tile(signals.noise(22050), 30)
        first = fastmel.melspectrogram(y=y, workers=4)
        child = os.fork()
        if child == 0:
            again = fastmel.melspectrogram(y=y, workers=4)
            os._exit(0 if again.tobytes() == first.tobytes() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    """
    run_python(script)


def test_digests_are_of_more_than_zeros(digests):
    # Guards the guards: equal digests of empty or constant results would prove nothing.
    assert len(set(digests.values())) > 0.8 * len(digests)
    assert json.loads(json.dumps(digests)) == digests
    assert sys.byteorder == "little" or "x86" not in str(fastmel.simd_info())
