"""Plans of the C library: the bits of the Python package, and codes where that raises."""

import ctypes
import re
import shutil
import subprocess
import threading
from ctypes import POINTER, byref, c_double, c_int, c_int64, c_size_t, c_uint64, c_void_p
from pathlib import Path

import c_library
import fastmel
import numpy as np
import pytest
import signals
import tolerances as tol
from c_library import INTERRUPTED, INVALID, LIB, NOT_FINITE, OK, message
from fastmel._engine.filterbank import filters
from fastmel._engine.plan import build_configured

pytestmark = c_library.NEEDED

PADS = ["constant", "edge", "reflect", "symmetric", "linear_ramp"]
ENERGIES = ["none", "raw", "windowed", "spectrum"]
LOGS = ["none", "ln", "log10", "log2", "ln_above_e"]
SCOPES = ["item", "batch", "fixed"]
TYPES = ["f4", "f8", "i2", "i4"]


class Spec(ctypes.Structure):
    _fields_ = [
        ("struct_size", c_size_t),
        ("precision", c_int),
        ("n_fft", c_int64),
        ("hop_length", c_int64),
        ("offset", c_int64),
        ("pad_before", c_int),
        ("pad_after", c_int),
        ("scale", c_double),
        ("preemphasis", c_double),
        ("first_has_previous", c_int),
        ("prepare", c_int),
        ("window_begin", c_int64),
        ("window_length", c_int64),
        ("dither", c_double),
        ("dither_seed", c_uint64),
        ("remove_mean", c_int),
        ("frame_preemphasis", c_double),
        ("energy", c_int),
        ("energy_gain", c_double),
        ("energy_floor", c_double),
        ("energy_last", c_int),
        ("window", c_void_p),
        ("spectrum", c_int),
        ("power", c_double),
        ("spectrum_floor", c_double),
        ("spectrum_add", c_double),
        ("n_bands", c_int64),
        ("bands", c_void_p),
        ("leveled", c_int),
        ("log", c_int),
        ("log_scale", c_double),
        ("log_floor", c_double),
        ("log_add", c_double),
        ("reference_is_peak", c_int),
        ("reference", c_double),
        ("has_range", c_int),
        ("range", c_double),
        ("peak", c_int),
        ("fixed_peak", c_double),
        ("shift", c_double),
        ("gain", c_double),
        ("low", c_double),
        ("high", c_double),
    ]


class Item(ctypes.Structure):
    _fields_ = [
        ("samples", c_void_p),
        ("sample_type", c_int),
        ("sample_stride", c_int64),
        ("n_samples", c_int64),
        ("begin", c_int64),
        ("end", c_int64),
        ("features", c_void_p),
        ("feature_type", c_int),
        ("feature_stride", c_int64),
        ("frame_stride", c_int64),
        ("first", c_int64),
        ("n_frames", c_int64),
    ]


if LIB:
    LIB.fastmel_spec_init_of_size.argtypes = [POINTER(Spec), c_size_t]
    LIB.fastmel_plan_create.argtypes = [POINTER(Spec), POINTER(c_void_p)]
    LIB.fastmel_plan_free.argtypes = [c_void_p]
    LIB.fastmel_n_features.argtypes = [c_void_p]
    LIB.fastmel_n_features.restype = c_int64
    LIB.fastmel_run.argtypes = [c_void_p, c_void_p, c_int64, c_void_p, c_int64, c_int64]
    LIB.fastmel_run_items.argtypes = [
        c_void_p, POINTER(Item), c_int64, c_int, c_void_p, c_void_p, POINTER(c_int64),
    ]  # fmt: skip
    LIB.fastmel_samples_of.argtypes = [c_void_p, c_int64, c_int64, c_int64] + [POINTER(c_int64)] * 2


def new_spec(**members):
    spec = Spec()
    LIB.fastmel_spec_init_of_size(byref(spec), ctypes.sizeof(Spec))
    for name, value in members.items():
        if isinstance(value, np.ndarray):
            spec.kept = [*getattr(spec, "kept", []), value]
            value = value.ctypes.data
        setattr(spec, name, value)
    return spec


class Plan:
    def __init__(self, spec):
        self.pointer = c_void_p()
        self.status = LIB.fastmel_plan_create(byref(spec), byref(self.pointer))
        self.n_features = LIB.fastmel_n_features(self.pointer)

    def __del__(self):
        LIB.fastmel_plan_free(self.pointer)

    def run_items(self, *items, workers=1, interrupt=None):
        bad = c_int64(7)
        array = (Item * len(items))(*items)
        status = LIB.fastmel_run_items(
            self.pointer, array, len(items), workers, interrupt, None, byref(bad)
        )
        return status, bad.value


def item(y, out, **members):
    """Samples (n,) and features (n_features, n_frames)."""
    made = Item(
        samples=y.ctypes.data,
        sample_type=TYPES.index(y.dtype.str[1:]),
        sample_stride=y.strides[0],
        n_samples=len(y),
        end=len(y),
        features=out.ctypes.data,
        feature_type=int(out.real.itemsize == 8),
        feature_stride=out.strides[0],
        frame_stride=out.strides[1],
        n_frames=out.shape[1],
    )
    for name, value in members.items():
        setattr(made, name, value)
    return made


def spec_of(config):
    """A configuration as the C interface of plans has it: what plan_of.cpp must say."""
    window = np.array(config.window_values)
    beside = config.n_fft - len(window)
    begin = beside // 2 if config.window_position == "center" else 0
    modes = config.pad_mode if isinstance(config.pad_mode, tuple) else (config.pad_mode,) * 2
    pads = [PADS.index(mode.removesuffix("_repeatedly")) for mode in modes]
    of_frame = config.preemphasis_scope == "frame"
    spec = new_spec(
        precision=int(config.precision == "double"),
        n_fft=config.n_fft,
        hop_length=config.hop_length,
        offset=config.padding_lengths[0],
        pad_before=pads[0],
        pad_after=pads[1],
        window=np.pad(window, (begin, beside - begin)),
        scale=config.scale,
        preemphasis=0.0 if of_frame else config.preemphasis,
        first_has_previous=config.preemphasis_scope == "valid",
        power=config.power,
        spectrum_floor=config.spectrum_floor,
        spectrum_add=config.spectrum_offset,
        window_begin=begin,
        window_length=len(window),
        dither=config.dither if config.dither_scope == "frame" else 0.0,
        dither_seed=config.dither_seed,
        remove_mean=config.remove_dc_offset,
        frame_preemphasis=config.preemphasis if of_frame else 0.0,
        energy=ENERGIES.index(config.energy_of) if config.use_energy else 0,
        energy_gain=config.mel_gain if config.energy_of == "spectrum" else 1.0,
        energy_floor=config.energy_floor,
        energy_last=config.htk_compat,
    )
    prepares = (spec.dither, spec.remove_mean, spec.frame_preemphasis, spec.energy)
    spec.prepare = any(prepares)
    if config.n_mels is not None:
        bands = np.ascontiguousarray(filters(config)[0] * config.mel_gain)
        spec.kept.append(bands)
        spec.n_bands, spec.bands = len(bands), bands.ctypes.data
    spec.leveled = (
        config.log != "none" or config.shift != 0 or config.gain != 1 or bool(config.clip)
    )
    if spec.leveled:
        spec.shift, spec.gain = config.shift, config.gain
        spec.low, spec.high = config.clip or (-np.inf, np.inf)
    if config.log != "none":
        set_logarithm(spec, config)
    return spec


def set_logarithm(spec, config):
    decibels = config.log == "dB"
    spec.log = LOGS.index("log10" if decibels else config.log)
    spec.log_scale = 10.0 if decibels else 1.0
    spec.log_floor, spec.log_add = config.log_floor, config.log_offset
    spec.reference_is_peak = config.ref == "max"
    spec.reference = 0.0 if config.ref == "max" else config.ref
    spec.has_range, spec.range = config.dynamic_range is not None, config.dynamic_range or 0.0
    if isinstance(config.peak, str):
        # With its maximum as reference every item has the peak 0.
        spec.peak = SCOPES.index("item" if config.ref == "max" else config.peak)
    else:
        spec.peak, spec.fixed_peak = SCOPES.index("fixed"), config.peak


@pytest.fixture
def spec():
    return new_spec(n_fft=16, hop_length=4, offset=8, window=np.hanning(16))


@pytest.fixture
def plan(spec):
    return Plan(spec)


# --- the same bits --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", fastmel.frontends())
def test_chains_of_every_front_end(name):
    config = fastmel.frontend(name).config
    mine, theirs = build_configured(config), Plan(spec_of(config))
    assert theirs.status == OK, message()
    assert theirs.n_features == mine.n_features
    y = signals.noise(2 * config.sample_rate).astype(np.float32)
    for samples in (y, y.astype(np.float64), signals.pcm(y), np.repeat(y, 2)[::2]):
        for dtype in (np.float32, np.float64)[: 1 + (config.precision == "double")]:
            expected = np.zeros((mine.n_features, mine.n_frames(len(y) - 1)), dtype)
            out = np.zeros_like(expected)
            mine.core.run(samples, expected)
            assert theirs.run_items(item(samples, out), workers=2) == (OK, -1)
            tol.assert_same_bits(out, expected)
    expected, out = expected.astype(np.float32), out.astype(np.float32)
    mine.core.run(y, expected)
    status = LIB.fastmel_run(
        theirs.pointer, y.ctypes.data, len(y), out.ctypes.data, out.size, out.shape[1]
    )
    assert status == OK, message()
    tol.assert_same_bits(out, expected)


def test_parts_and_items(plan):
    y, expected = signals.noise(300).astype(np.float32), np.zeros((9, 76), np.float32)
    assert plan.run_items(item(y, expected)) == (OK, -1)
    begin, end = c_int64(), c_int64()
    samples_of = LIB.fastmel_samples_of
    assert samples_of(plan.pointer, 300, 10, 5, byref(begin), byref(end)) == OK
    assert (begin.value, end.value) == (32, 64)
    part, out, other = y[32:64].copy(), np.zeros((9, 5), np.float32), np.zeros((9, 76), np.float32)
    items = (
        item(y, other),
        item(part, out, first=10, n_samples=300, begin=32, end=64),
    )
    assert plan.run_items(*items, workers=3) == (OK, -1)
    tol.assert_same_bits(other, expected)
    tol.assert_same_bits(out, expected[:, 10:15])


def test_version_and_instruction_set():
    assert LIB.fastmel_version().decode() == fastmel.__version__
    assert LIB.fastmel_instruction_set().decode() in (
        "avx512", "avx2", "baseline", "neon", "scalar",
    )  # fmt: skip


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"n_fft": 0}, "n_fft"),
        ({"n_fft": -(2**63)}, "n_fft"),
        ({"n_fft": 2**62}, "n_fft"),
        ({"hop_length": 0}, "hop_length"),
        ({"hop_length": 2**62}, "hop_length"),
        ({"offset": -(2**62)}, "offset"),
        ({"window": None}, "window"),
        ({"precision": 2}, "precision"),
        ({"pad_before": -1}, "pad_before"),
        ({"pad_after": 5}, "pad_after"),
        ({"spectrum": 2}, "spectrum"),
        ({"energy": 1}, "energy"),
        ({"prepare": 1, "window_length": 17}, "length"),
        ({"prepare": 1, "window_length": 0}, "length"),
        ({"prepare": 1, "window_length": 16, "energy": 1, "spectrum": 0}, "energy"),
        ({"leveled": 1, "log": 5}, "log"),
        ({"leveled": 1, "peak": 3}, "peak"),
        ({"leveled": 1, "spectrum": 0}, "level"),
        ({"bands": np.ones(9), "n_bands": -1}, "n_bands"),
        ({"bands": np.ones(9), "n_bands": 1, "spectrum": 0}, "filterbank"),
        ({"preemphasis": 0.5, "pad_before": 4}, "preemphasis"),
        *(({name: np.nan}, name) for name, kind in Spec._fields_ if kind is c_double),
        ({"struct_size": 0}, "struct_size"),
        ({"struct_size": ctypes.sizeof(Spec) + 8}, "struct_size"),
    ],
    ids=str,
)
def test_specs(spec, members, named):
    for name, value in members.items():
        setattr(spec, name, value.ctypes.data if isinstance(value, np.ndarray) else value)
    plan = Plan(spec)
    assert plan.status == INVALID
    assert not plan.pointer
    assert message().startswith(f"{named} ")


def test_specs_of_an_older_header(spec):
    # It ended before the level, whose defaults hold.
    spec.struct_size = Spec.leveled.offset
    spec.leveled = 99
    plan, y, out = Plan(spec), np.ones(100, np.float32), np.zeros((9, 26), np.float32)
    assert plan.status == OK
    expected = np.zeros_like(out)
    assert plan.run_items(item(y, out)) == (OK, -1)
    spec.leveled, spec.struct_size = 0, ctypes.sizeof(Spec)
    assert Plan(spec).run_items(item(y, expected)) == (OK, -1)
    tol.assert_same_bits(out, expected)


def test_null_pointers(spec, plan):
    y, out, end = np.ones(100, np.float32), np.zeros((9, 26), np.float32), c_int64()
    LIB.fastmel_spec_init_of_size(None, 8)
    LIB.fastmel_plan_free(None)
    assert LIB.fastmel_n_features(None) == 0
    p = plan.pointer
    for call, arguments, named in (
        (LIB.fastmel_plan_create, (None, byref(c_void_p())), "spec"),
        (LIB.fastmel_plan_create, (byref(spec), None), "plan"),
        (LIB.fastmel_run, (None, y.ctypes.data, 100, out.ctypes.data, 234, 26), "plan"),
        (LIB.fastmel_run, (p, None, 100, out.ctypes.data, 234, 26), "samples"),
        (LIB.fastmel_run, (p, y.ctypes.data, 100, None, 234, 26), "features"),
        (LIB.fastmel_run_items, (None, None, 0, 1, None, None, None), "plan"),
        (LIB.fastmel_run_items, (p, None, 1, 1, None, None, None), "items"),
        (LIB.fastmel_samples_of, (None, 1, 0, 1, byref(end), byref(end)), "plan"),
        (LIB.fastmel_samples_of, (p, 1, 0, 1, None, byref(end)), "begin and end"),
    ):
        assert call(*arguments) == INVALID
        assert message().startswith(f"{named} "), message()
    assert LIB.fastmel_run_items(plan.pointer, None, 0, 1, None, None, None) == OK
    assert LIB.fastmel_run(plan.pointer, None, 0, None, 0, 0) == OK


@pytest.mark.parametrize(
    ("n_bands", "bad", "why"),
    [
        (-1, 0.0, "n_bands must not be negative"),
        (2**63 - 1, 0.0, "n_bands must not be negative, nor make more than 2**40 weights"),
        (2**38, 0.0, "n_bands must not be negative, nor make more than 2**40 weights"),
        (3, np.nan, "bands must be finite"),
        (3, np.inf, "bands must be finite"),
    ],
)
def test_bands_that_are_none(n_bands, bad, why):
    spec, window, bands = Spec(), np.ones(16), np.ones((3, 9))
    LIB.fastmel_spec_init_of_size(byref(spec), ctypes.sizeof(Spec))
    spec.n_fft, spec.hop_length, spec.window = 16, 4, window.ctypes.data
    spec.n_bands = n_bands
    plan = c_void_p()
    assert LIB.fastmel_plan_create(byref(spec), byref(plan)) == INVALID
    assert message() == "bands is null, and n_bands is not 0"
    spec.bands, bands[-1, -1] = bands.ctypes.data, bad
    assert LIB.fastmel_plan_create(byref(spec), byref(plan)) == INVALID
    assert message().startswith(why)
    assert plan.value is None
    spec.n_bands, spec.bands, window[3] = 0, None, np.nan
    assert LIB.fastmel_plan_create(byref(spec), byref(plan)) == INVALID
    assert message() == "window must be finite"


@pytest.mark.skipif(not shutil.which("nm"), reason="needs binutils")
def test_the_library_exports_its_functions_alone():
    """Not instances of the standard library's templates, which a program may have too."""
    (header,) = Path(c_library.PREFIX).rglob("fastmel.h")
    declared = re.findall(r"FASTMEL_API[^;]*?\b(fastmel_\w+)\(", header.read_text(), re.DOTALL)
    done = subprocess.run(
        ["nm", "-D", "--defined-only", "--format=posix", LIB._name],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == set(declared)


@pytest.mark.parametrize(
    ("n_samples", "size", "n_frames", "named"),
    [
        (-1, 234, 26, "n_samples"),
        (100, 233, 26, "size"),
        (100, -1, 26, "size"),
        (100, 234, -1, "n_frames"),
        (100, 234, 2**62, "size"),
        (100, 2**63 - 1, 2**59, "out"),
    ],
)
def test_sizes(plan, n_samples, size, n_frames, named):
    y, out = np.ones(100, np.float32), np.full(234, 7, np.float32)
    status = LIB.fastmel_run(
        plan.pointer, y.ctypes.data, n_samples, out.ctypes.data, size, n_frames
    )
    assert status == INVALID
    assert message().startswith(f"{named} "), message()
    assert (out == 7).all()


@pytest.mark.parametrize(
    ("members", "named"),
    [
        ({"begin": 1}, "y"),
        ({"end": 99}, "y"),
        ({"end": 101}, "y"),
        ({"begin": -1}, "y"),
        ({"n_samples": -1}, "n_samples"),
        ({"n_samples": 2**62}, "n_samples"),
        ({"first": -1}, "out"),
        ({"first": 2**62}, "out"),
        ({"n_frames": -1}, "out"),
        ({"sample_type": 4}, "sample_type"),
        ({"feature_type": 2}, "feature_type"),
        ({"sample_stride": 3}, "y"),
        ({"frame_stride": 6}, "out"),
        ({"sample_stride": 2**63 - 4}, "y"),
        ({"sample_stride": -(2**63)}, "y"),
        ({"feature_stride": 2**60}, "out"),
        ({"frame_stride": -(2**63)}, "out"),
        ({"frame_stride": 8, "feature_stride": 64}, "out"),
    ],
    ids=str,
)
def test_items_that_do_not_fit(plan, members, named):
    y, out = np.ones(100, np.float32), np.full((9, 26), 7, np.float32)
    assert plan.run_items(item(y, out.copy()), item(y, out, **members)) == (INVALID, -1)
    assert message().startswith(f"{named} "), message()
    assert (out == 7).all()
    assert plan.run_items(item(y, out), workers=0) == (INVALID, -1)
    assert plan.run_items(item(y, y[:18].reshape(9, 2))) == (INVALID, -1)
    assert message() == "out overlaps y"


def test_items_whose_outputs_overlap(plan):
    y, memory = np.ones(100, np.float32), np.full((9, 60), 7, np.float32)
    items = [item(y, memory[:, :26]), item(y, memory[:, 25:51])]
    assert plan.run_items(*items, workers=2) == (INVALID, -1)
    assert message() == "out is the same for two items, or a part of it is"
    assert (memory == 7).all()
    assert plan.run_items(items[0], item(y, memory[:, 26:52])) == (OK, -1)
    assert plan.run_items(item(y, memory[:, :52:2]), item(y, memory[:, 1:53:2])) == (OK, -1)


def test_double_results_of_single_precision(spec):
    spec.precision = 0
    y, out = np.ones(100, np.float32), np.zeros((9, 26))
    assert Plan(spec).run_items(item(y, out)) == (INVALID, -1)
    assert message().startswith("out must be float32")


def test_samples_that_are_not_finite(plan):
    y = np.ones(100, np.float32)
    bad, outs = y.copy(), [np.zeros((9, 26), np.float32) for _ in range(3)]
    bad[50] = np.nan
    items = [item(x, out) for x, out in zip([y, bad, bad], outs, strict=True)]
    assert plan.run_items(*items, workers=2) == (NOT_FINITE, 1)
    assert outs[0].any()
    out = outs[0]
    assert (
        LIB.fastmel_run(plan.pointer, bad.ctypes.data, 100, out.ctypes.data, 234, 26) == NOT_FINITE
    )


def test_interrupts(spec):
    spec.hop_length = 1
    y, out = np.ones(1000, np.float32), np.zeros((9, 3_000_000), np.float32)
    asked = []

    @ctypes.CFUNCTYPE(c_int, c_void_p)
    def interrupt(_):
        asked.append(threading.get_ident())
        return len(asked) == 2

    status, _ = Plan(spec).run_items(item(y, out), interrupt=ctypes.cast(interrupt, c_void_p))
    if asked == []:
        pytest.skip("needs a machine on which this call takes longer")
    assert set(asked) == {threading.get_ident()}
    assert status == (INTERRUPTED if len(asked) == 2 else OK)


def test_messages_are_those_of_the_thread(spec):
    spec.n_fft = 0
    assert Plan(spec).status == INVALID
    found = []

    def work():
        found.append(message())
        spec.n_fft, spec.hop_length = 16, 0
        Plan(spec)
        found.append(message())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found[0] == ""
    assert found[1].startswith("hop_length")
    assert message().startswith("n_fft")
