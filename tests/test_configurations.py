"""Front ends of random configurations against `fastmel.reference`, which is another program.

How close the two must be follows from one idea: rounding is noise. The oracle is run again with
noise of the size of one rounding in the windowed frames, in the bands, in the logarithms and in the
features, and what this changes in its result, a value at a time, is what rounding may change in
ours. So one bound does for float32 and float64, behind any logarithm, normalisation or cosine
transform, and it is tight: a bin far below the others may be off, its loud neighbour may not.
"""

import contextlib
import re
import warnings
from unittest import mock

import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from effort import examples, some
from fastmel import MelConfig, reference

pytest.importorskip("hypothesis")
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

# --- random configurations ------------------------------------------------------------------------

N_FFT = st.sampled_from([1, 2, 3, 16, 31, 60, 64, 97, 100, 128, 131, 255, 256, 400, 512])
WINDOWS = ["hann", "povey", "hamming_symmetric", "boxcar", "sine", ("kaiser", 6.0), ("gaussian", 9)]
DTYPES = [None, None, "float16", "float32", "float64"]
PAD_MODES = ["constant", "edge", "reflect", "reflect_repeatedly", "symmetric"]


def one_of(*values):
    return st.sampled_from(values)


@st.composite
def framing(draw):
    n_fft = draw(N_FFT)
    found = {
        "n_fft": n_fft,
        "hop_length": draw(st.integers(1, 2 * n_fft + 3)),
        "window": draw(st.sampled_from(WINDOWS)),
        "window_position": draw(one_of("center", "left")),
        "padding": draw(one_of("center", "none", (n_fft // 3, 2), (-3, 5), (n_fft, -1))),
        "pad_mode": draw(st.one_of(st.sampled_from(PAD_MODES), one_of(("edge", "constant")))),
        "frame_count": draw(one_of("whole", "whole", "floor", "round", "ceil", "tail")),
    }
    if draw(st.booleans()):
        found["win_length"] = draw(st.integers(1, n_fft))
    if draw(one_of(False, False, True)):
        found["frame_length"] = n_fft + draw(one_of(0, 1, 30))
    if found["padding"] == "center" and draw(one_of(*[False] * 9, True)):
        found["pad_mode"] = "linear_ramp"
    return found


SAMPLES = {
    "scale": one_of(1.0, 32768.0, -0.5),
    "remove_dc_offset": st.booleans(),
    "preemphasis": one_of(0.97, -0.5),
    "preemphasis_scope": one_of("frame", "signal", "valid"),
    "power": one_of(1.0, 1.3, 0.5, 3.0),
    "spectrum_floor": one_of(1e-3, 1e-6),
    "spectrum_offset": one_of(1e-9, 1e-2),
}
BANDS = {
    "fmin": one_of(20.0, 700.0),
    "fmax": one_of(3800.0, 8000.0),
    "mel_scale": one_of("slaney", "htk", "kaldi"),
    "mel_norm": one_of("slaney", "sum", "max", None, 2.0, 0.5),
    "mel_shape": one_of("hz", "mel", "bins", "symmetric"),
    "mel_exclude": one_of("dc", "nyquist"),
    "mel_sample_rate": one_of(15999.0, 22050.0),
    "mel_gain": one_of(3.0, 1e-4),
}
ENERGY = {
    "energy_of": one_of("raw", "windowed", "spectrum"),
    "energy_floor": one_of(1e-9, 1.0),
    "htk_compat": st.booleans(),
}
LOG = {
    "log_floor": one_of(1e-10, 1e-5, 1.0, 3.0),
    "log_offset": one_of(1e-6, 0.01),
    "ref": one_of(2.0, 0.1, "max"),
    "dynamic_range": one_of(1.0, 8.0),
    "peak": one_of("batch", "item", 1.5),
}
AFFINE = {
    "shift": one_of(4.0, -0.5),
    "gain": one_of(0.25, -3.0),
    "clip": one_of((-2.0, 3.0), (-1e9, 0.5)),
}
NORMALIZE = {
    "normalize": one_of("mean", "mean_std"),
    "normalize_axis": one_of("time", "all"),
    "normalize_ddof": one_of(0, 1),
    "normalize_eps": one_of(1e-2, 1e-5),
    "normalize_eps_to": one_of("std", "variance", "floor"),
}
STACK = {
    "stack": st.integers(2, 7),
    "stack_stride": st.integers(1, 8),
    "stack_left": st.integers(0, 4),
    "stack_tail": one_of("drop", "edge", -3.0),
}


@st.composite
def parameters(draw):
    """Keyword arguments of MelConfig, most of which it accepts."""

    def some(choices):
        return draw(st.fixed_dictionaries({}, optional=choices))

    found = {"sample_rate": 16000, **draw(framing()), **some(SAMPLES)}
    found["n_mels"] = draw(st.one_of(st.none(), st.integers(1, 24)))
    if found["n_mels"]:
        found |= some(BANDS)
        found["n_mfcc"] = draw(st.one_of(st.none(), st.none(), st.integers(1, found["n_mels"])))
        if found["n_mfcc"]:
            lifters = {
                "mfcc_norm": one_of("ortho", "htk"),
                "lifter": one_of(22.0, 5.0),
                "lifter_offset": one_of(0, 1),
            }
            found |= some(lifters)
    if draw(one_of(False, False, True)):
        found |= {"use_energy": True, **some(ENERGY)}
    found["log"] = draw(one_of("none", "ln", "log10", "log2", "dB", "ln_above_e"))
    if found["log"] != "none":
        found |= some(LOG)
    found |= some(AFFINE)
    if draw(st.booleans()):
        found |= {"normalize": "mean", **some(NORMALIZE)}
    if draw(one_of(False, False, True)):
        found |= some(STACK)
    found["layout"] = draw(one_of("mel_time", "time_mel"))
    found["dtype"] = draw(st.sampled_from(DTYPES))
    return found


@st.composite
def configurations(draw):
    arguments = draw(parameters())
    try:
        config = MelConfig(**arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # empty bands
            fastmel.frontend(config)
    except ValueError as refusal:
        # What is refused is a contradiction between arguments, and the error names one of them.
        message = str(refusal)
        assert any(re.search(rf"\b{name}\b", message) for name in arguments), message
        assume(False)
    return config


@st.composite
def samples(draw, types):
    """Noise around a constant: any length, leading axes, type and memory layout."""
    n = draw(st.one_of(st.integers(1, 40), st.integers(40, 700), st.integers(700, 3000)))
    shape = draw(one_of((), (), (3,), (2, 1), (1, 2, 2)))
    dtype = np.dtype(draw(st.sampled_from(types)))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    y = 0.2 * rng.standard_normal((*shape, n)) + draw(one_of(0.0, 0.0, 0.3))
    y = signals.pcm(y, dtype) if dtype.kind == "i" else y.astype(dtype)
    return draw(st.sampled_from(LAYOUTS))(y)


def unaligned(y):
    memory = np.empty(y.nbytes + 1, np.uint8)[1:]
    there = memory.view(y.dtype).reshape(y.shape)
    there[...] = y
    return there


LAYOUTS = [
    lambda y: y,
    lambda y: np.ascontiguousarray(y[..., ::-1])[..., ::-1],
    lambda y: np.repeat(y, 3, axis=-1)[..., ::3],
    lambda y: np.repeat(y[..., ::-1], 2, axis=-1)[..., ::-2],
    lambda y: np.moveaxis(np.ascontiguousarray(np.moveaxis(y, -1, 0)), 0, -1),
    unaligned,
]

# --- rounding as noise ----------------------------------------------------------------------------

DRAWS = 6  # of noise; their root mean square is rarely a tenth of what it estimates
# The noise in roundings, so many because what a floor hides of one it may show of the largest, and
# how many times its effect an error may be. Of one rounding's effect the largest error of all was
# 1.5 in 99 of 100 of ten thousand examples, and up to 20: in single at bins that are 0 but for
# rounding, and in float64 where the oracle sums a long constant.
ROUNDINGS = 8.0
MARGIN = 3.0


@contextlib.contextmanager
def noisy(config, y, eps, rng):
    """Within this context the oracle has noise of `eps` at each of its stages.

    `y` is as the front end gets it: a ramp that pads it is made in its type, as NumPy does.
    """
    ramp = "linear_ramp" in config.pad_mode and y.dtype != np.float64
    gathering = max(eps, ROUNDINGS * np.finfo(np.float32).eps) if ramp else eps
    peak = abs(config.scale) * np.abs(reference.samples(exact(y))).max()

    def relative(stage):
        original = getattr(reference, stage)

        def noise(x):
            return x * (1 + eps * rng.standard_normal(x.shape))

        def noisy_stage(x, *args):
            return noise(original(noise(x) if np.ndim(x) else x, *args))

        return mock.patch.object(reference, stage, noisy_stage)

    gather, prepare = reference._frames, reference._prepared

    def noisy_frames(*args):
        frames = gather(*args)
        return frames + gathering * peak * rng.standard_normal(frames.shape)

    def noisy_preparation(frames, config):
        # The mean that each frame lost is rounded too, and its energy.
        mean = config.remove_dc_offset * rng.standard_normal((1, frames.shape[-1]))
        where, window = reference._window(config)
        windowed, energy = prepare(frames, config)
        noise = rng.standard_normal(windowed.shape)
        noise[..., where, :] += mean * window[:, np.newaxis]
        return windowed + eps * peak * noise, energy * (1 + eps * rng.standard_normal(energy.shape))

    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(reference, "_frames", noisy_frames))
        stack.enter_context(mock.patch.object(reference, "_prepared", noisy_preparation))
        for stage in ("_bands", "_logarithm", "_leveled", "_with_energy"):
            stack.enter_context(relative(stage))
        yield


def exact(y):
    return y if y.dtype.kind == "i" else y.astype(np.float64)


def rounding(config, y, expected, eps):
    """What `ROUNDINGS` of `eps` typically do to each value of the result."""
    squares = np.zeros(expected.shape)
    for seed in range(DRAWS):
        with noisy(config, y, ROUNDINGS * eps, np.random.default_rng(seed)):
            squares += (reference.frontend(exact(y), config) - expected) ** 2
    # A mean is that of a float64 sum, which is rounded as often as it has terms.
    sums = max(expected.shape[-2:]) * 2.0**-52 if config.normalize else 0.0
    largest = np.max(np.abs(expected), initial=0.0)
    return np.sqrt(squares / DRAWS) + ROUNDINGS * (eps * np.abs(expected) + sums * largest)


def compare(config, y):
    """Assert that the front end gives what the oracle gives, within rounding."""
    if config.dtype == "float16":
        config = check_half(config, y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # empty bands
        fe = fastmel.frontend(config)
    try:
        features = fe(y)
    except ValueError as refusal:
        message = str(refusal)
        assert re.search(r"\by\b", message), message
        refused_rightly(config, y)
        return
    expected = reference.frontend(exact(y), config)
    assert features.shape == expected.shape
    frames, width = features.shape[-2:][:: 1 if config.layout == "time_mel" else -1]
    assert (frames, width) == (fe.num_frames(y.shape[-1]), fe.n_features)
    wide = y.dtype == np.float64 and config.precision == "double"
    assert features.dtype == (config.dtype or (np.float64 if wide else np.float32))
    eps = np.finfo(features.dtype).eps
    bound = MARGIN * rounding(config, y, expected, eps)
    error = np.abs(features - expected)
    wrong = ~(error <= bound + np.finfo(features.dtype).tiny)
    assert not wrong.any(), (
        f"{np.count_nonzero(wrong)} of {wrong.size}: {features[wrong][0]}, "
        f"expected {expected[wrong][0]} within {bound[wrong][0]:.3g}"
    )


def check_half(config, y):
    """Assert that float16 is float32, rounded; return the configuration of that."""
    narrow = config.replace(dtype="float32")
    with contextlib.suppress(ValueError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # empty bands, and overflow
        expected = fastmel.frontend(narrow)(y).astype(np.float16)
        tol.assert_same_bits(fastmel.frontend(config)(y), expected)
    return narrow


def refused_rightly(config, y):
    """Assert that the signal has no frame, or too few for what the configuration asks of it."""
    frames = config.replace(stack=1, stack_stride=1, stack_left=0).num_frames(y.shape[-1])
    try:
        reference.frontend(y, config)
    except ValueError:
        return
    assert y.shape[-1] <= (config.preemphasis_scope == "valid") or frames <= config.normalize_ddof


@settings(max_examples=examples(200))
@given(config=configurations(), y=samples([np.float64]))
def test_float64(config, y):
    compare(config, y)


@settings(max_examples=examples(200))
@given(config=configurations(), y=samples([np.float32, np.float16, np.int16, np.int32]))
def test_double(config, y):
    compare(config, y)


@settings(max_examples=examples(300))
@given(config=configurations(), y=samples([np.float32, np.float64, np.int16, np.int32]))
@example(
    # The mean of a loud constant is all that the frames hold.
    config=MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=20, log="ln"),
    y=np.full(2000, 0.9, np.float32),
)
def test_single(config, y):
    dtype = None if config.dtype == "float64" else config.dtype
    compare(config.replace(precision="single", dtype=dtype), y)


SPEECH = MelConfig(sample_rate=16000, n_fft=400, hop_length=160, n_mels=40, log="ln")


@pytest.mark.parametrize("precision", some(["double", "single"], every=2))
@pytest.mark.parametrize(
    "changes",
    [
        {"padding": "none", "remove_dc_offset": True, "preemphasis": 0.97, "use_energy": True},
        {"preemphasis": 0.97, "preemphasis_scope": "signal", "pad_mode": "reflect"},
        {"normalize": "mean_std", "normalize_axis": "all", "normalize_eps": 1e-5},
        {"log": "dB", "ref": "max", "dynamic_range": 80.0, "n_mfcc": 13, "stack": 3},
    ],
    ids=lambda changes: "+".join(changes),
)
def test_long_signals(precision, changes):
    # Many runs of blocks, whose ends must meet.
    y = np.stack([signals.noise(60_001), signals.noise(60_001, seed=1, level=1e-3)])
    compare(SPEECH.replace(precision=precision, **changes), y)


@pytest.mark.parametrize("precision", ["double", "single"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("axis", ["time", "all"])
def test_values_that_are_all_equal_have_no_deviation(precision, dtype, axis):
    # Silence is at the floor everywhere: its features are 0, not rounding divided by rounding.
    config = SPEECH.replace(
        normalize="mean_std", normalize_axis=axis, precision=precision, log_floor=1e-7
    )
    assert not fastmel.frontend(config)(np.zeros((2, 48001), dtype)).any()


def test_with_the_own_maximum_as_reference_every_item_has_the_peak_0():
    config = SPEECH.replace(log="dB", ref="max", dynamic_range=20.0, peak="batch")
    y = np.stack([signals.noise(8000), signals.noise(8000, seed=1, level=1e-3)])
    compare(config, y)
    for item in fastmel.frontend(config)(y):
        assert (item.min(), item.max()) == (-20.0, 0.0)
