"""The instruction set is chosen at run time, and `FASTMEL_SIMD` forces one."""

import platform

import fastmel
import numpy as np
import pytest
import signals
from effort import some

ALL = ("avx512", "avx2", "baseline", "neon", "scalar")  # best first
ASK = """
    import json, numpy as np, fastmel
    fastmel.stft(np.ones(4096, np.float32))
    print(json.dumps(fastmel.simd_info()))
"""


def test_simd_info_describes_the_build():
    info = fastmel.simd_info()
    assert set(info) >= {
        "compiled",
        "available",
        "active",
        "forced",
        "lanes",
        "compiler",
        "flags",
        "version",
    }
    assert set(info["available"]) <= set(info["compiled"]) <= set(ALL)
    assert info["active"] in info["available"]
    assert {"baseline", "neon", "scalar"} & set(info["compiled"])
    assert info["version"] == fastmel.__version__
    assert "-ffast-math" not in str(info["flags"])


def test_the_best_is_active_unless_forced(run_json):
    info = run_json(ASK)
    assert info["forced"] is None
    best = [name for name in ALL if name in info["available"]]
    assert info["active"] == best[0]


@pytest.mark.parametrize("variant", fastmel.simd_info()["available"])
def test_forcing_an_available_one(run_json, variant):
    info = run_json(ASK, FASTMEL_SIMD=variant)
    assert info["active"] == variant
    assert info["forced"] == variant


@pytest.mark.parametrize("value", some(["sse9", "AVX512F", "avx2 ", "0", "auto,avx2"], every=2))
def test_an_unknown_name_is_an_error_that_lists_the_choices(run_python, value):
    done = run_python(ASK, check=False, FASTMEL_SIMD=value)
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert "FASTMEL_SIMD" in last
    assert value.strip() in last
    for name in fastmel.simd_info()["available"]:
        assert name in last
    assert "Error" in last
    assert done.returncode > 0, "died by a signal"


def test_one_of_another_processor_is_an_error(run_python):
    foreign = "avx2" if platform.machine().lower() in ("arm64", "aarch64") else "neon"
    done = run_python(ASK, check=False, FASTMEL_SIMD=foreign)
    assert done.returncode > 0
    last = done.stderr.strip().splitlines()[-1]
    assert "FASTMEL_SIMD" in last
    assert foreign in last


def test_an_empty_value_is_none(run_json):
    assert run_json(ASK, FASTMEL_SIMD="")["forced"] is None


def test_changing_the_environment_later_changes_nothing(monkeypatch):
    before = fastmel.simd_info()["active"]
    monkeypatch.setenv("FASTMEL_SIMD", "bogus")
    fastmel.stft(np.ones(4096, np.float32))
    assert fastmel.simd_info()["active"] == before


@pytest.mark.parametrize("name", ["FASTMEL_NUM_THREADS", "OMP_NUM_THREADS"])
@pytest.mark.parametrize("value", ["1", "3"])
def test_numbers_of_threads_from_the_environment(monkeypatch, name, value):
    y = signals.noise(22050 * 100)  # worth threads
    expected = fastmel.melspectrogram(y=y, workers=1)
    monkeypatch.setenv(name, value)
    assert np.array_equal(fastmel.melspectrogram(y=y), expected)


@pytest.mark.parametrize("value", ["zero", "-2", "1.5"])
def test_a_wrong_number_of_threads_is_named(monkeypatch, value):
    monkeypatch.setenv("FASTMEL_NUM_THREADS", value)
    with pytest.raises(ValueError, match=f"FASTMEL_NUM_THREADS='{value}'"):
        fastmel.melspectrogram(y=np.zeros(22050 * 100, np.float32))
