"""The C library's example on another processor, emulated: this machine's bits, in its byte order.

Set FASTMEL_HOST and FASTMEL_CROSS to the commands that run it (`nox -s cross`).
"""

import os
import shlex
import subprocess

import numpy as np
import pytest
import signals

HOST, CROSS = (os.environ.get(f"FASTMEL_{name}", "") for name in ("HOST", "CROSS"))

pytestmark = pytest.mark.skipif(
    not (HOST and CROSS),
    reason="needs programs in FASTMEL_HOST and FASTMEL_CROSS, as of nox -s cross",
)


def features(command, y, order):
    samples = y.astype(f"{order}f4").tobytes()
    done = subprocess.run(shlex.split(command), input=samples, capture_output=True, check=True)
    return np.frombuffer(done.stdout, f"{order}f4").astype("=f4")


@pytest.mark.parametrize("make", [signals.speech_like, signals.tone, signals.clicks])
def test_bits(make):
    y = make(40_000)
    order = ">" if "s390x" in CROSS else "<"
    here, there = features(HOST, y, "<"), features(CROSS, y, order)
    assert here.size == 201 * (1 + y.size // 160)
    assert np.isfinite(here).all()
    assert np.array_equal(here.view("i4"), there.view("i4"))
