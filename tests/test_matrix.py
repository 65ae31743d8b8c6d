"""Instruction sets x threads x shapes of batches x choppings x types, of every front end."""

import fastmel
import matrix
import pytest
from effort import some

# All take minutes for each instruction set: `python -m matrix` in this folder.
NAMES = list(dict.fromkeys(["kaldi-fbank", *list(fastmel.frontends())[::8]]))


@pytest.mark.parametrize("name", some(NAMES, every=len(NAMES)))
def test_every_way_to_the_same_bits(run_json, name):
    script = (
        "import runpy, sys; sys.argv[1:] = [{!r}]; runpy.run_module('matrix', run_name='__main__')"
    )
    found = {
        variant: run_json(script.format(name), FASTMEL_SIMD=variant)
        for variant in fastmel.simd_info()["available"]
    }
    digests, counts = zip(*found.values(), strict=True)
    assert all(of == digests[0] for of in digests), found
    assert set(counts) == {counts[0]}
    ways = len(matrix.CHOPPINGS) + 1 if matrix.streams(fastmel.frontend(name)) else 1
    assert counts[0] == (len(matrix.DTYPES) * len(matrix.WORKERS) * sum(matrix.BATCHES) * ways)
