"""The cosine transform that makes cepstra of log bands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .._base.checks import choice, integer
from .._base.numerics import cos_sin, defined

__all__ = ["dct_matrix"]


@defined
def dct_matrix(n: int, dct_type: Any, norm: Any) -> NDArray[np.float64]:
    """Return the discrete cosine transform of `n` points as a matrix, in SciPy's conventions."""
    choice("norm", norm, ("ortho", "forward", "backward", None))
    dct_type = integer("dct_type", dct_type, most=4)
    if dct_type == 1 and n < 2:
        raise ValueError("dct_type=1 needs at least 2 mel bands")
    # Samples are multiplied by cos(pi * row * column / period).
    row, column = np.ogrid[:n, :n]
    row = row + (0.5 if dct_type in (3, 4) else 0.0)
    column = column + (0.5 if dct_type in (2, 4) else 0.0)
    period = n - 1 if dct_type == 1 else n
    turns = row * column % (2 * period)  # while it is exact
    basis: NDArray[np.float64] = 2 * cos_sin(4 * turns, 8 * period)[0]
    # The cosines mirror a sample that lies on the period's ends onto itself: it counts once. To be
    # orthogonal, such columns and rows need the square root of that factor instead.
    ends = {1: [0, n - 1], 2: [0], 3: [0], 4: []}[dct_type]
    half = math.sqrt(0.5) if norm == "ortho" else 0.5
    if dct_type in (1, 3):
        basis[:, ends] *= half
    if dct_type in (1, 2) and norm == "ortho":
        basis[ends] *= half
    return basis * {"ortho": 1 / math.sqrt(2 * period), "forward": 0.5 / period}.get(norm, 1.0)
