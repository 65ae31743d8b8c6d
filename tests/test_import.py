"""`import fastmel` is quick, needs NumPy alone and leaves the process as it was."""

import importlib
import sys

import fastmel
import pytest


def test_import_time_beyond_numpy(run_python, tmp_path):
    script = f"""
        import sys
        import importlib.metadata, json, re, typing, dataclasses  # the standard library's own cost
        from time import thread_time  # that of NumPy's threads, which wait for work, is not ours
        start = thread_time()
        import numpy
        its = thread_time() - start
        # Compiled once, as when a package is installed, whatever the environment forbids.
        sys.pycache_prefix, sys.dont_write_bytecode = {str(tmp_path)!r}, False
        start = thread_time()
        import fastmel
        print((thread_time() - start) / its)
    """
    # 20 ms of processor time beside NumPy's 80, on any machine about as many times as fast or slow;
    # one of several is enough: whatever else the machine does only adds.
    assert any(float(run_python(script).stdout) < 0.5 for _ in range(20))


def test_nothing_but_numpy_is_imported(run_json):
    script = """
        import json, sys
        import numpy, numpy.typing
        before = set(sys.modules)
        import fastmel, numpy as np
        fastmel.melspectrogram(y=np.ones(4096, np.float32))
        fastmel.frontend("whisper")(np.ones(4096, np.float32))
        print(json.dumps(sorted(set(sys.modules) - before)))
    """
    loaded = run_json(script)
    roots = {name.split(".")[0] for name in loaded}
    foreign = roots - set(sys.stdlib_module_names) - {"fastmel", "numpy"}
    assert not foreign
    lazy = {"fastmel.plot", "fastmel.io", "fastmel._audio", "fastmel._cli", "fastmel.reference"}
    assert not lazy & set(loaded)


def test_optional_parts_load_when_used(run_python):
    run_python(
        """
        import sys, fastmel
        assert "fastmel.reference" not in sys.modules
        assert fastmel.reference.stft is not None
        assert "fastmel.reference" in sys.modules
        """
    )


def test_all_names_without_extras(run_python):
    run_python(
        """
        import sys
        sys.modules |= dict.fromkeys(["click", "matplotlib", "soundfile", "soxr", "torch"])
        from fastmel import *
        """
    )


def test_every_public_name_is_there():
    assert len(set(fastmel.__all__)) == len(fastmel.__all__)
    assert set(fastmel.__all__) <= set(dir(fastmel))
    expected = {
        "stft",
        "istft",
        "spectrogram",
        "melspectrogram",
        "log_melspectrogram",
        "mfcc",
        "pcen",
        "power_to_db",
        "amplitude_to_db",
        "db_to_power",
        "db_to_amplitude",
        "mel_filterbank",
        "hz_to_mel",
        "mel_to_hz",
        "mel_frequencies",
        "fft_frequencies",
        "MelConfig",
        "frontend",
        "frontends",
        "load",
        "plot",
        "reference",
        "simd_info",
        "__version__",
    }
    assert expected <= set(dir(fastmel))
    for name in fastmel.__all__:
        assert getattr(fastmel, name) is not None
    with pytest.raises(AttributeError, match="no_such_name"):
        fastmel.no_such_name  # noqa: B018


@pytest.mark.parametrize(
    "name",
    "corpus io kaldi lhotse patching plot ray reference steps torch transformers whisper".split(),
)
def test_modules_list_their_public_names_alone(name):
    if name in ("lhotse", "torch"):
        pytest.importorskip(name)
    module = importlib.import_module(f"fastmel.{name}")
    assert dir(module) == sorted(module.__all__)
    assert not [public for public in dir(module) if not hasattr(module, public)]


def test_the_process_is_left_as_it_was(run_python):
    run_python(
        """
        import locale, os, signal, sys, threading, warnings
        import numpy as np

        def state():
            return (
                dict(os.environ), list(sys.path), list(warnings.filters), np.geterr(),
                np.get_printoptions(), threading.active_count(), locale.setlocale(locale.LC_ALL),
                [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)], os.getcwd(),
                sys.getrecursionlimit(), sys.getswitchinterval(), list(sys.meta_path),
                repr(np.random.get_state()),
            )

        before = state()
        import fastmel
        assert state() == before, "by the import"
        fastmel.log_melspectrogram(y=np.tile(np.linspace(-1, 1, 22050), 60), workers=4)
        assert state() == before, "by a call"
        """
    )


def test_floating_point_modes_are_left_alone(run_python):
    # Flushing denormals to zero, or another rounding mode, would leak into the user's own code.
    run_python(
        """
        import numpy as np
        import fastmel
        y = np.full(22050 * 60, 1e-40, np.float32)
        fastmel.melspectrogram(y=y, workers=1)
        fastmel.melspectrogram(y=y, workers=4)
        tiny = np.array([1e-310, 2.0**-1070]) / 2
        assert np.all(tiny > 0)
        assert np.float64(1) + np.float64(2.0**-53) == 1
        assert np.float64(1) + np.float64(1.5 * 2.0**-53) > 1
        """
    )


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
def test_no_thread_outlives_a_call(run_python):
    run_python(
        """
        import os
        import numpy as np
        import fastmel
        before = len(os.listdir("/proc/self/task"))
        fastmel.melspectrogram(y=np.zeros(22050 * 120, np.float32), workers=4)
        assert len(os.listdir("/proc/self/task")) == before
        """
    )


def test_import_in_two_interpreters_and_twice(run_python):
    run_python(
        """
        import importlib, sys
        import numpy as np
        import fastmel
        a = fastmel.melspectrogram(y=np.ones(4096, np.float32))
        importlib.reload(fastmel)
        assert np.array_equal(a, fastmel.melspectrogram(y=np.ones(4096, np.float32)))
        """
    )


def test_warnings_as_errors_and_optimised_away_asserts(run_python):
    done = run_python(
        """
        import subprocess, sys
        for flags in (["-W", "error", "-X", "dev"], ["-OO"], ["-I"]):
            script = "import numpy as np, fastmel; fastmel.mfcc(y=np.ones(4096, np.float32))"
            subprocess.run([sys.executable, *flags, "-c", script], check=True)
        """
    )
    assert not done.stderr
