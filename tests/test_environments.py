"""The same bits with every variant of the C library and of NumPy, whatever a thread rounds to."""

import platform
import signal
import sys

import environments
import numpy as np
import pytest
from fastmel import _core
from sanitizers import sanitized

try:
    from numpy._core import _multiarray_umath as umath
except ImportError:  # NumPy 1
    from numpy.core import _multiarray_umath as umath

SCRIPT = (
    "import runpy, sys; sys.argv[1:] = {}; runpy.run_module('environments', run_name='__main__')"
)
HERE = platform.machine()


@pytest.fixture(scope="module")
def here():
    return environments.results()


def differing(here, there):
    assert here.keys() == there.keys()
    return {key for key in here if here[key] != there[key]}


def of_numpy(run_json, **environment):
    script = """
        import json, numpy as np
        x = np.linspace(0.001, 7, 100001)
        print(json.dumps([f(x).tobytes().hex() for f in (np.cos, np.exp)]))
    """
    return run_json(script, **environment)


@pytest.mark.skipif(sys.platform != "linux" or HERE != "x86_64", reason="needs glibc on x86-64")
def test_variants_of_the_c_library(run_json, here):
    other = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA4"}
    if of_numpy(run_json)[0] == of_numpy(run_json, **other)[0]:
        pytest.skip("needs a CPU and a C library of several cosines")
    assert differing(here, run_json(SCRIPT.format([]), **other)) == set()


def test_variants_of_numpy(run_json, here):
    active = [name for name in umath.__cpu_dispatch__ if umath.__cpu_features__[name]]
    other = {"NPY_DISABLE_CPU_FEATURES": " ".join(active)}
    if of_numpy(run_json)[1] == of_numpy(run_json, **other)[1]:
        pytest.skip("needs a CPU and a NumPy of several exponential functions")
    assert differing(here, run_json(SCRIPT.format([]), **other)) == set()


needs_layout = pytest.mark.skipif(not environments.KNOWN, reason="glibc's fenv_t")


modes = pytest.mark.parametrize(
    "how",
    [
        how
        if how in ("upward", "flush", "trap")
        else pytest.param(how, marks=pytest.mark.exhaustive)
        for how in environments.MODES
    ],
)


@needs_layout
@pytest.mark.parametrize("how", sorted(environments.MODES.keys() - {"trap"}))
def test_environment_changes_arithmetic(how):
    def arithmetic():
        # two fractions of which one is rounded up
        one, least = np.float64(1), np.float32(1e-40)
        return one / np.float64(3), one / np.float64(5), least * np.float32(1)

    plain = arithmetic()
    with environments.unusual(how):
        changed = arithmetic()
    assert changed != plain


@needs_layout
@pytest.mark.skipif(sanitized, reason="needs no sanitizer, which takes the signal")
@pytest.mark.skipif(
    "trap" not in environments.MODES, reason="needs a processor whose traps are known"
)
def test_environment_traps(run_python):
    done = run_python(
        """
        import environments, numpy as np
        with environments.unusual("trap"):
            np.float64(1e300) * np.float64(1e300)
        """,
        check=False,
    )
    assert done.returncode == -signal.SIGFPE


@needs_layout
@modes
def test_results_and_the_callers_environment_stay(how, here):
    before, _ = environments.control()
    with environments.unusual(how):
        set_by_caller, _ = environments.control()
        there = environments.results()
        after, _ = environments.control()
    flags = environments.FLAGS  # which arithmetic raises
    assert after & ~flags == set_by_caller & ~flags
    assert set_by_caller & ~flags != before & ~flags
    assert differing(here, there) == set()


@needs_layout
@modes
def test_plans_made_in_an_unusual_environment(how, run_json, here):
    assert differing(here, run_json(SCRIPT.format([how]))) == set()


@needs_layout
@pytest.mark.skipif(
    environments.KNOWN and not environments.FLAGS,
    reason="needs flags in the control word, as on x86-64",
)
@pytest.mark.parametrize("flags", [0, environments.FLAGS])
def test_the_core_leaves_the_callers_flags(flags):
    y, out = np.array([1e15, 1e-40, 0, 0.1] * 25, np.float32), np.empty((9, 26), np.float32)
    plan = _core.Plan(
        n_fft=16,
        hop_length=4,
        offset=8,
        pad_mode="constant",
        window=np.hanning(16),
        precision="single",
        power=2.0,
        level=_core.Level(log="ln", floor=0.0),
    )
    plan.run(y, out)
    assert np.isfinite(out).all()

    def after():
        with environments.raised(flags):
            plan.run(y, out)
            word, _ = environments.control()
        return word & environments.FLAGS

    # What Python does besides, as when it collects garbage, may raise some; the core would always.
    assert flags in [after() for _ in range(5)]
