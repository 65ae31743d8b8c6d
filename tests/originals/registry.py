"""All originals, by the row of the catalogue: those that run here, and those that are stored."""

import importlib
from pathlib import Path

import numpy as np
from fastmel.catalogue import CATALOGUE

from . import compare

# The tables of the test modules: {row: function of float32 samples}.
TABLES = ("ORIGINALS", "ESPNET", "IN_DOUBLE")


def live():
    """Return what runs an original, by row; it skips, as a test, where a library is missing."""
    found = {}
    for path in sorted(Path(__file__).parent.glob("test_*.py")):
        module = importlib.import_module(f"{__package__}.{path.stem}")
        for table in TABLES:
            found |= getattr(module, table, {})
    return _in_order(found)


def stored(signal):
    """Return what gives an original's stored output for a signal of the tests, by row."""
    found = {}
    for path in sorted(compare.DATA.glob("*.npz")):
        with np.load(path) as arrays:
            keys = [key.split("/") for key in arrays.files]
        rows = {key[0] for key in keys if key[1:] == [signal, "values"]}
        found |= {row: compare.stored(path.stem, row, signal) for row in rows}
    return _in_order(found)


def _in_order(found):
    return {row: found[row] for row in CATALOGUE if row in found}
