"""Files of statistics: JSON, Kaldi's matrix, FunASR's am.mvn, ESPnet's npz."""

from __future__ import annotations

import io
import json
import math
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .._base.checks import brief
from .._version import __version__
from . import _writing

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd
    from ._stats import Statistics


class Numbers(NamedTuple):
    """What a file says."""

    frames: int
    mean: NDArray[np.float64]
    deviations: NDArray[np.float64]
    frontend: FrontEnd | None = None


def write(statistics: Statistics, path: str | os.PathLike[str]) -> None:
    if not statistics.frames:
        raise ValueError("there are no frames to have statistics of")
    target = Path(path)
    forms = {".json": _json, ".mvn": _am_mvn, ".txt": _kaldi_text, ".npz": _espnet}
    _writing.write(target, forms.get(target.suffix.lower(), _kaldi)(statistics))


def read(path: str | os.PathLike[str]) -> Numbers:
    source = Path(path)
    data = source.read_bytes()
    try:
        if data.startswith(b"\0B"):
            return _of_sums(_matrix(data))
        if data.startswith(b"PK"):
            return _of_espnet(data)
        text = data.decode()
        if text.lstrip().startswith("{"):
            return _of_json(json.loads(text))
        if text.lstrip().startswith("["):
            return _of_sums(_matrix_of_text(text))
        if text.lstrip().startswith("<Nnet>"):
            raise ValueError("an am.mvn has no number of frames, and cannot be merged")
        raise ValueError("neither JSON nor a matrix of Kaldi")
    except (ValueError, KeyError, TypeError, struct.error, BadZipFile) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise ValueError(f"{source}: holds no statistics: {reason}") from None


# JSON ---------------------------------------------------------------------------------------------


def _json(statistics: Statistics) -> bytes:
    sums = _sums(statistics)
    fe = statistics.frontend
    values = {
        "fastmel": __version__,
        "frames": statistics.frames,
        "mean": statistics.mean.tolist(),
        "variance": statistics.variance.tolist(),
        "deviations": statistics.deviations.tolist(),
        "mean_stat": sums[0, :-1].tolist(),
        "var_stat": sums[1, :-1].tolist(),
        "frame_num": statistics.frames,
        "frontend": None if fe is None else json.loads(fe.to_json()),
    }
    return (json.dumps(values, indent=1) + "\n").encode()


def _of_json(values: Mapping[str, Any]) -> Numbers:
    from .._frontend.named import frontend

    if "deviations" not in values:  # WeNet's, or another's like them
        sums = np.array([values["mean_stat"], values["var_stat"]], np.float64)
        return _of_sums(np.column_stack([sums, [values["frame_num"], 0]]))
    text = values.get("frontend")
    fe = None if text is None else frontend(json.dumps(text))
    return _checked(values["frames"], values["mean"], values["deviations"], fe)


def _checked(
    frames: object, mean: ArrayLike, deviations: ArrayLike, fe: FrontEnd | None = None
) -> Numbers:
    """Return numbers that came from a file, if they can be statistics."""
    mean, deviations = np.array(mean, np.float64), np.array(deviations, np.float64)
    if isinstance(frames, float) and frames.is_integer():
        frames = int(frames)
    if not isinstance(frames, int) or frames < 1:
        raise ValueError(f"the number of frames is {brief(frames)}")
    if mean.ndim != 1 or not mean.size or mean.shape != deviations.shape:
        raise ValueError("means and variances are not as many")
    if not (np.isfinite(mean).all() and np.isfinite(deviations).all()):
        raise ValueError("a number is not finite")
    if (deviations < 0).any():
        raise ValueError("a variance is negative")
    return Numbers(frames, mean, deviations, fe)


# Kaldi --------------------------------------------------------------------------------------------


def _sums(statistics: Statistics) -> NDArray[np.float64]:
    """Return Kaldi's matrix: sums and the number of frames; sums of squares and 0."""
    n, mean = statistics.frames, statistics.mean
    return np.array([[*(n * mean), n], [*(statistics.deviations + n * mean**2), 0]])


def _of_sums(matrix: NDArray[np.float64]) -> Numbers:
    if matrix.ndim != 2 or len(matrix) != 2 or matrix.shape[1] < 2:
        raise ValueError(f"a matrix of shape {matrix.shape}, not (2, features + 1)")
    n = float(matrix[0, -1])
    if not 1 <= n < math.inf:
        raise ValueError(f"the number of frames is {n:g}")
    mean = matrix[0, :-1] / n
    squares = matrix[1, :-1]
    deviations = squares - n * mean**2
    # Where all cancelled, rounding is left, of sums that others may have made in float32.
    rounding = 1e-4 * n * mean**2
    deviations = np.where((deviations < 0) & (deviations >= -rounding), 0.0, deviations)
    return _checked(round(n), mean, deviations)


def _kaldi(statistics: Statistics) -> bytes:
    """Return a matrix of doubles in Kaldi's binary form."""
    sums = _sums(statistics).astype("<f8")
    return b"\0BDM " + struct.pack("<bibi", 4, sums.shape[0], 4, sums.shape[1]) + sums.tobytes()


def _kaldi_text(statistics: Statistics) -> bytes:
    rows = (" ".join(map(repr, row)) for row in _sums(statistics).tolist())
    return (" [\n  " + " \n  ".join(rows) + " ]\n").encode()


def _matrix(data: bytes) -> NDArray[np.float64]:
    """Read a matrix in Kaldi's binary form."""
    kinds = {b"DM ": "<f8", b"FM ": "<f4"}
    if data[2:5] not in kinds:
        raise ValueError(f"a {brief(data[2:5])} of Kaldi, not a matrix")
    _, rows, _, columns = struct.unpack_from("<bibi", data, 5)
    values = np.frombuffer(data, kinds[data[2:5]], offset=15)
    if values.size != rows * columns:
        raise ValueError(f"it has {values.size} numbers, and should have {rows} x {columns}")
    return values.reshape(rows, columns).astype(np.float64)


def _matrix_of_text(text: str) -> NDArray[np.float64]:
    inside = text[text.index("[") + 1 : text.index("]")]
    return np.array([line.split() for line in inside.strip().splitlines()], np.float64)


# FunASR -------------------------------------------------------------------------------------------


def _am_mvn(statistics: Statistics) -> bytes:
    """Return the network of FunASR's am.mvn: shifts and scales."""
    n = statistics.n_features
    lines = ["<Nnet>", f"<Splice> {n} {n}", "[ 0 ]"]
    for name, values in (("AddShift", statistics.shift), ("Rescale", statistics.gain)):
        numbers = " ".join(map(repr, values.tolist()))
        lines += [f"<{name}> {n} {n}", f"<LearnRateCoef> 0 [ {numbers} ]"]
    return ("\n".join([*lines, "</Nnet>"]) + "\n").encode()


# ESPnet -------------------------------------------------------------------------------------------


def _espnet(statistics: Statistics) -> bytes:
    """Return ESPnet's feats_stats.npz."""
    sums, file = _sums(statistics), io.BytesIO()
    np.savez(file, count=statistics.frames, sum=sums[0, :-1], sum_square=sums[1, :-1])
    return file.getvalue()


def _of_espnet(data: bytes) -> Numbers:
    with np.load(io.BytesIO(data)) as file:
        sums = np.array([file["sum"], file["sum_square"]], np.float64)
        return _of_sums(np.column_stack([sums, [file["count"], 0]]))
