"""Some cases of the fuzzer of the Python surface (`nox -s fuzz` runs it for longer)."""

import sys
from pathlib import Path

import effort
import pytest

sys.path.insert(0, str(Path(__file__).parent / "fuzz"))

import surface


@pytest.mark.parametrize("kind", surface.KINDS)
def test_arbitrary_cases(kind):
    if kind == "load":
        pytest.importorskip("soundfile", reason="needs soundfile, which writes the files")
    outcomes = [surface.outcome(kind, number) for number in range(effort.examples(160))]
    assert {"result", "refused"} <= set(outcomes)
