"""Arrays next to pages that must not be touched: an access beyond them kills the process."""

import ctypes
import itertools
import mmap

import numpy as np
from fastmel import _core

PAGE = mmap.PAGESIZE
LENGTHS = (
    1,
    2,
    3,
    5,
    7,
    8,
    15,
    16,
    17,
    31,
    32,
    33,
    48,
    60,
    64,
    90,
    97,
    100,
    128,
    144,
    162,
    211,
    256,
)
SAMPLES = (np.float32, np.float64, np.int16, np.int32)


class Guarded:
    """Memory for one array at a time, with a forbidden page before its start and after its end."""

    def __init__(self, pages):
        self.size = pages * PAGE
        self.map = mmap.mmap(-1, self.size + 2 * PAGE)
        self.bytes = np.frombuffer(self.map, np.uint8)
        libc = ctypes.CDLL(None, use_errno=True)
        for start in (0, PAGE + self.size):
            address = ctypes.c_void_p(self.bytes.ctypes.data + start)
            if libc.mprotect(address, ctypes.c_size_t(PAGE), 0) != 0:
                raise OSError(ctypes.get_errno(), "mprotect")

    def array(self, shape, dtype, *, at_end):
        n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
        assert n_bytes <= self.size
        start = PAGE + (self.size - n_bytes if at_end else 0)
        return self.bytes[start : start + n_bytes].view(dtype).reshape(shape)

    def copy(self, values, *, at_end):
        out = self.array(values.shape, values.dtype, at_end=at_end)
        out[...] = values
        return out


def check(n_cases=1500, seed=0):
    """Run all of the core between forbidden pages, and compare with ordinary memory."""
    rng = np.random.default_rng(seed)
    inputs, outputs = Guarded(64), Guarded(256)
    for _ in range(n_cases):
        at_end = bool(rng.integers(2))
        check_run(rng, inputs, outputs, at_end)
        check_invert(rng, inputs, outputs, at_end)
    for at_end, n in itertools.product((False, True), range(1, 70)):
        check_elementwise(rng, inputs, outputs, at_end, n)


def framing(rng):
    n_fft = int(rng.choice(LENGTHS))
    hop = int(rng.choice([1, 2, n_fft // 4, n_fft // 2, n_fft, n_fft + 3, 3 * n_fft]))
    n_frames = int(rng.choice([1, 2, 3, 5, 8, 15, 16, 17, 33, 35]))
    return n_fft, max(1, hop), n_frames


def layout(rng, memory, shape, dtype, at_end):
    """(features, frames), either of which are adjacent."""
    if rng.integers(2):
        return memory.array(shape, dtype, at_end=at_end)
    return memory.array(shape[::-1], dtype, at_end=at_end).T


def check_run(rng, inputs, outputs, at_end):
    n_fft, hop, n_frames = framing(rng)
    precision = str(rng.choice(["single", "double"]))
    # The last frame ends where the signal does, or some samples of it are padding.
    short = int(rng.choice([0, 0, 0, 1, n_fft // 2, n_fft]))
    n_samples = max(1, (n_frames - 1) * hop + n_fft - short)
    kind = SAMPLES[rng.integers(len(SAMPLES))]
    values = (1000 * rng.standard_normal(n_samples)).astype(kind)
    power = [None, 1.0, 2.0, 1.5][rng.integers(4)]
    bank = None
    if power is not None and rng.integers(2):
        bank = _core.Filterbank(rng.random((int(rng.integers(0, 20)), n_fft // 2 + 1)), precision)
    level = None
    if power is not None and rng.integers(2):
        level = _core.Level(log="log10", floor=1e-10, range=[None, 8.0][rng.integers(2)])
    plan = _core.Plan(
        n_fft=n_fft,
        hop_length=hop,
        offset=int(rng.choice([0, 0, n_fft // 2])),
        pad_mode=str(rng.choice(["constant", "reflect", "edge"])),
        window=rng.random(n_fft),
        precision=precision,
        power=power,
        filterbank=bank,
        level=level,
    )
    wide = precision == "double" and rng.integers(2)
    dtype = (np.complex128 if wide else np.complex64) if power is None else "f8" if wide else "f4"
    expected = np.zeros((plan.n_features, n_frames), dtype)
    plan.run(values, expected, 1)
    out = layout(rng, outputs, expected.shape, dtype, at_end)
    plan.run(inputs.copy(values, at_end=at_end), out, int(rng.integers(1, 3)))
    assert out.tobytes() == expected.tobytes()
    reverse = inputs.copy(values[::-1].copy(), at_end=at_end)[::-1]
    plan.run(reverse, out, 1)
    assert out.tobytes() == expected.tobytes()


def check_invert(rng, inputs, outputs, at_end):
    n_fft, hop, n_frames = framing(rng)
    precision = str(rng.choice(["single", "double"]))
    dtype, real = (np.complex128, "f8") if precision == "double" else (np.complex64, "f4")
    values = rng.standard_normal((n_fft // 2 + 1, n_frames, 2)).view(complex)[..., 0].astype(dtype)
    plan = _core.Plan(
        n_fft=n_fft,
        hop_length=hop,
        offset=int(rng.choice([0, n_fft // 2])),
        pad_mode="constant",
        window=rng.random(n_fft),
        precision=precision,
        power=None,
        inverse=True,
    )
    n_out = int(rng.integers(0, (n_frames - 1) * hop + n_fft + 20))
    expected = np.zeros(n_out, real)
    plan.invert(values, expected, 0.0)
    spectrum = layout(rng, inputs, values.shape, dtype, at_end)
    spectrum[...] = values
    out = outputs.array(n_out, real, at_end=at_end)
    out[...] = 0
    plan.invert(spectrum, out, 0.0)
    assert out.tobytes() == expected.tobytes()


def check_elementwise(rng, inputs, outputs, at_end, n):
    x = inputs.copy(rng.random(n), at_end=at_end)
    out = outputs.array(n, np.float64, at_end=at_end)
    for name in ("ln", "log10", "log2", "exp", "log1p", "expm1"):
        _core.function(name, x, out)
    _core.noise(n, out)
    level = _core.Level(log="log10", floor=1e-10, range=8.0)
    for dtype in (np.float32, np.float64):
        x = inputs.copy(rng.random(n).astype(dtype), at_end=at_end)
        out = outputs.array(n, dtype, at_end=at_end)
        level.apply(x, out, 1.0, 1.0, "double")
        expected = np.empty_like(x)
        level.apply(x.copy(), expected, 1.0, 1.0, "double")
        assert out.tobytes() == expected.tobytes()
    for shape in ((n, 9), (9, n)):
        x = layout(rng, inputs, shape, np.float32, at_end)
        x[...] = rng.random(shape)
        bank = _core.Filterbank(np.diag(rng.random(shape[0])), "double")
        bank.apply(x, layout(rng, outputs, shape, np.float32, at_end))
        rows = inputs.copy(rng.random(shape), at_end=at_end)
        smoothed = outputs.array(shape, np.float64, at_end=at_end)
        numbers = {"b": 0.1, "gain": 0.98, "bias": 2.0, "power": 0.5, "eps": 1e-6}
        _core.pcen(S=rows, ref=rows, out=smoothed, state=np.zeros(shape[0]), **numbers)
