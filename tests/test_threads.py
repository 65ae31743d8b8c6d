"""How many threads: the environment, the machine, the container, and the argument."""

import math
import os

import numpy as np
import pytest
from fastmel._base import threads

CPUS = threads.available_cpus()


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    """Write files of a container; returns the quota that is read from them."""

    def quota(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
        threads._cgroup_quota.cache_clear()
        return threads._cgroup_quota()

    monkeypatch.setattr(threads, "_CGROUP", str(tmp_path))
    yield quota
    threads._cgroup_quota.cache_clear()


# --- environment ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fastmel", "openmp", "expected"),
    [
        ("3", None, 3),
        (None, "5", 5),
        ("3", "5", 3),
        (" 7 ", "5", 7),
        ("", "5", 5),
        (None, "4,2", 4),
        (None, "0", CPUS),
        (None, "all", CPUS),
        (None, None, CPUS),
    ],
)
def test_environment(monkeypatch, fastmel, openmp, expected):
    for name, value in (("FASTMEL_NUM_THREADS", fastmel), ("OMP_NUM_THREADS", openmp)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert threads.default_workers() == expected


@pytest.mark.parametrize("value", ["0", "-2", "many", "2.5", "0x4"])
def test_a_wrong_number_in_the_environment_is_an_error(monkeypatch, value):
    monkeypatch.setenv("FASTMEL_NUM_THREADS", value)
    with pytest.raises(ValueError, match=f"FASTMEL_NUM_THREADS='{value}' must be an integer"):
        threads.default_workers()


def test_the_environment_decides_where_a_call_leaves_it_open(run_python):
    script = """
        import numpy as np, fastmel
        long = np.zeros(1 << 23, np.float32)
        assert fastmel.stft(long[:22050]).any() == False, "short signals do not ask"
        assert fastmel.spectrogram(long, hop_length=2048, workers=2).any() == False, "nor this"
        try:
            fastmel.spectrogram(long, hop_length=2048)
        except ValueError as error:
            assert "FASTMEL_NUM_THREADS='none'" in str(error)
        else:
            raise AssertionError("no error")
    """
    run_python(script, FASTMEL_NUM_THREADS="none")


# --- machine and container ------------------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
def test_affinity(run_json):
    script = """
        import os
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        from fastmel._base.threads import available_cpus
        print(available_cpus())
    """
    assert run_json(script) == 1


def test_no_affinity_call(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(threads, "_cgroup_quota", lambda: math.inf)
    assert threads.available_cpus() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads.available_cpus() == 1


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("max 100000\n", math.inf),
        ("150000 100000\n", 1.5),
        ("50000 100000\n", 0.5),
        ("200000 100000\n", 2.0),
        ("100000 0\n", math.inf),
        ("", math.inf),
        ("nonsense\n", math.inf),
        ("a b\n", math.inf),
    ],
)
def test_cgroup_v2(cgroup, text, quota):
    assert cgroup({"cpu.max": text}) == quota


@pytest.mark.parametrize(
    ("quota", "period", "cpus"),
    [
        ("-1\n", "100000\n", math.inf),
        ("250000\n", "100000\n", 2.5),
        ("x\n", "100000\n", math.inf),
        ("1000\n", "0\n", math.inf),
    ],
)
def test_cgroup_v1(cgroup, quota, period, cpus):
    files = {"cpu/cpu.cfs_quota_us": quota, "cpu/cpu.cfs_period_us": period}
    assert cgroup(files) == cpus


def test_no_cgroup(cgroup):
    assert cgroup({}) == math.inf


@pytest.mark.parametrize(("quota", "cpus"), [(math.inf, 8), (9.0, 8), (2.5, 3), (1.0, 1), (0.1, 1)])
def test_the_quota_bounds_the_cpus(monkeypatch, quota, cpus):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(threads, "_cgroup_quota", lambda: quota)
    assert threads.available_cpus() == cpus


# --- the argument ---------------------------------------------------------------------------------


@pytest.fixture
def four_cpus(monkeypatch):
    monkeypatch.setattr(threads, "available_cpus", lambda: 4)
    for name in ("FASTMEL_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("four_cpus")
def test_workers():
    long, short = 1 << 40, 1000
    assert threads.resolve_workers(None, short) == 1
    assert threads.resolve_workers(None, long) == 4
    for work in (short, long):
        for given, expected in ((1, 1), (3, 3), (9, 9), (-1, 4), (-2, 3), (-4, 1)):
            assert threads.resolve_workers(given, work) == expected
            assert threads.resolve_workers(np.int64(given), work) == expected
    assert threads.resolve_workers(10**30, short) == threads.resolve_workers(10**6, long) < 10**5


@pytest.mark.usefixtures("four_cpus")
@pytest.mark.parametrize("workers", [0, -5, -(10**30)])
def test_workers_out_of_range(workers):
    with pytest.raises(ValueError, match=rf"workers={workers} .* -1 \(all CPUs\) down to -4"):
        threads.resolve_workers(workers, 1)


@pytest.mark.parametrize("workers", [2.0, "2", [1], np.nan])
def test_workers_of_another_type(workers):
    with pytest.raises(TypeError, match=r"workers=.* must be an integer or None"):
        threads.resolve_workers(workers, 1)
