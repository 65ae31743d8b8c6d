"""Fixtures shared by the tests."""

import gc
import json
import os
import shutil
import subprocess
import sys
import textwrap
import warnings
from pathlib import Path

import pytest

# The oracles multiply small matrices, which is faster on one thread than on several that wait for
# each other. OpenBLAS asks once, when NumPy is imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# The helpers beside this file import by name whatever pytest's import mode.
sys.path.insert(0, str(Path(__file__).parent))

import effort


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Run the whole suite on up to four processors, with pytest-xdist; `-n 0` and files on one."""
    option = config.option
    whole = config.args_source is config.ArgsSource.TESTPATHS and not hasattr(config, "workerinput")
    if whole and getattr(option, "numprocesses", 0) is None and option.capture != "no":
        option.numprocesses = 0 if option.usepdb else min(4, os.cpu_count() or 1)
        option.dist = "loadfile"  # with the fixtures of a module, which are made once


def pytest_configure(config):
    """Without a choice of marks, `pytest -m ""`, everything runs, and properties try more."""
    effort.exhaustive = "not exhaustive" not in config.option.markexpr


def pytest_collection_finish():
    """Thousands of tests that stay: the collector of garbage need not look at them each time."""
    gc.freeze()


try:
    from hypothesis import HealthCheck, settings
except ImportError:  # a wheel is tested with NumPy and pytest alone
    pass
else:
    settings.register_profile(
        "default",
        deadline=None,
        derandomize=True,  # the same cases on every machine; `soak` looks for new ones
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.register_profile("soak", parent=settings.get_profile("default"), derandomize=False)
    settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


@pytest.fixture(scope="session")
def librosa():
    """librosa, 0.11 or later, with its lazily imported parts loaded."""
    from libraries import required

    module = required("librosa", minversion="0.11")
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its dependencies' deprecations are not ours to fix
        # Touch what compiles or imports on first use.
        module.istft(module.stft(np.zeros(4096, np.float32)))
        module.pcen(module.feature.mfcc(y=np.ones(4096, np.float32)) ** 2)
    return module


@pytest.fixture(scope="session")
def run_python():
    """Run a script in a fresh interpreter; returns the completed process."""

    def run(script, *, check=True, **environment):
        # Scripts assert, which PYTHONOPTIMIZE would leave out.
        other = ("FASTMEL_", "PYTHONOPTIMIZE")
        env = {k: v for k, v in os.environ.items() if not k.startswith(other)}
        for name, value in environment.items():
            if value is None:
                env.pop(name, None)
            else:
                env[name] = str(value)
        env["PYTHONPATH"] = os.pathsep.join(
            [str(Path(__file__).parent), *filter(None, [env.get("PYTHONPATH")])]
        )
        done = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script)],
            env=env,
            capture_output=True,
            text=True,
            timeout=600,  # an emulated CPU takes minutes for what takes seconds here
            check=False,
        )
        if check:
            assert done.returncode == 0, done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def run_json(run_python):
    """Run a script in a fresh interpreter and parse the last line that it prints."""

    def run(script, **environment):
        return json.loads(run_python(script, **environment).stdout.splitlines()[-1])

    return run


@pytest.fixture(scope="session")
def digests():
    """What bits.py makes here."""
    import bits

    return bits.results()


@pytest.fixture(scope="session")
def digests_of_variants(run_json):
    """What bits.py makes with each instruction set that is forced, by its name."""
    import fastmel

    script = "import runpy; runpy.run_module('bits', run_name='__main__')"
    variants = fastmel.simd_info()["available"]
    return {variant: run_json(script, FASTMEL_SIMD=variant) for variant in variants}


@pytest.fixture
def unpatched():
    """No test begins or ends with a patched library, and no patched call fails here."""
    import fastmel

    def failures():
        return {n: e.failures for n, e in fastmel.patch_report().items() if e.failures}

    fastmel.unpatch()
    before = failures()
    yield
    fastmel.unpatch()
    assert failures() == before


@pytest.fixture
def run_command(capfd, monkeypatch):
    """Run the command ``fastmel`` in this process; returns exit code, stdout, stderr."""
    from fastmel._cli import main

    monkeypatch.delenv("FASTMEL_DEBUG", raising=False)

    def call(*arguments):
        code = main([str(a) for a in arguments])
        out, err = capfd.readouterr()
        assert "Traceback" not in out + err
        return code, out, err

    return call


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def tiny_disk(here):
    """Mount a file system of so many kB, where that is allowed; returns its folder."""
    disk = here / "disk"
    disk.mkdir()
    mounted = []

    def mount(kilobytes):
        command = ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(disk)]
        if not shutil.which("mount") or subprocess.run(command, capture_output=True).returncode:
            pytest.skip("needs a tmpfs, which root mounts on Linux")
        mounted.append(disk)
        return disk

    yield mount
    for folder in mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # maps may be open
