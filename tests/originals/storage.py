"""What originals returned once, for where they are not installed.

A family of them is one run of a script `make_*.py`. Beside its arrays lies a text that names the
originals with their versions, and tells the shape of every output and how many of its values are
left: one in so many, in the order of memory.
"""

import functools
import importlib.metadata
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
# Steps from value to value. They have no factor in common with a number of bands or coefficients,
# so that all of these are met.
STEPS = (31, 17, 7, 3, 1)
ENOUGH = 300  # values of an output: means of fewer are a matter of luck


@dataclass(frozen=True)
class Stored:
    """An output, of which some values are kept."""

    shape: tuple[int, ...]
    step: int
    values: np.ndarray

    def same(self, array):
        """Return those values of another array of this shape."""
        return array.ravel()[:: self.step]


def store(family, outputs, made_with):
    """Write outputs, as {(row, name of the signal): array}, and the versions of what made them."""
    arrays, rows = {}, {}
    for (row, name), output in outputs.items():
        step = next((s for s in STEPS if output.size >= s * ENOUGH), 1)
        arrays.setdefault(row, []).append(output.ravel()[::step])
        rows.setdefault(row, {})[name] = [list(output.shape), step]
    np.savez_compressed(
        DATA / f"{family}.npz", **{row: np.concatenate(parts) for row, parts in arrays.items()}
    )
    versions = json.dumps(dict(sorted(made_with.items())), indent=1)
    lines = ",\n".join(f"  {json.dumps(row)}: {json.dumps(rows[row])}" for row in rows)
    text = f'{{"made_with": {versions},\n"outputs": {{\n{lines}\n}}}}\n'
    (DATA / f"{family}.json").write_text(text)


@functools.cache
def families():
    """Return {row: name of its family}."""
    return {
        row: path.stem
        for path in sorted(DATA.glob("*.json"))
        for row in _read(path.stem)["outputs"]
    }


def stored(row):
    """Return functions that give what the original returned, by the name of the signal."""
    family, start = families()[row], 0
    values, found = _arrays(family)[row], {}
    for name, (shape, step) in _read(family)["outputs"][row].items():
        stop = start - (-int(np.prod(shape)) // step)
        found[name] = functools.partial(_give, Stored(tuple(shape), step, values[start:stop]))
        start = stop
    assert start == len(values), f"{family}.npz and {family}.json differ in {row}"
    return found


def _give(output, y):
    return output


def made_with(family):
    """Return the versions of what made a family's outputs."""
    return _read(family)["made_with"]


@functools.cache
def _read(family):
    return json.loads((DATA / f"{family}.json").read_text())


@functools.cache
def _arrays(family):
    return np.load(DATA / f"{family}.npz")


def versions(*distributions):
    """Return the installed version of each."""
    return {name: importlib.metadata.version(name) for name in distributions}
