"""Features in pipelines of Ray Data, and whole corpora on a Ray cluster.

:class:`FeatureExtractor` is a callable class for ``map_batches``: a worker makes one, and calls it
on batches. :func:`extract` is :func:`fastmel.extract` on a cluster, as ``fastmel extract --engine
ray`` is.

Examples
--------
>>> import ray  # doctest: +SKIP
>>> from fastmel.ray import FeatureExtractor
>>> data = ray.data.read_audio("s3://bucket/clips/").map_batches(  # doctest: +SKIP
...     FeatureExtractor,
...     fn_constructor_kwargs={"frontend": "whisper", "audio": "amplitude", "rate": "sample_rate"},
...     batch_size=32,
...     concurrency=8,
... )
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ._base.arrays import as_samples
from ._base.text import explain
from ._engine.config import MelConfig
from ._frontend.frontend import FrontEnd
from ._frontend.named import frontend as front_end_of

if TYPE_CHECKING:
    from .corpus import Summary

__all__ = ["FeatureExtractor", "extract"]
__dir__ = __all__.copy


class FeatureExtractor:
    """A callable for ``map_batches`` that adds a column of features.

    Needs no Ray itself. A cell may be samples, (n_samples,) or of several channels, whose mean is
    taken; the path of a file; the bytes of one; or a mapping with "bytes" and "path", as columns of
    Hugging Face datasets have it.

    Parameters
    ----------
    frontend : str, MelConfig or FrontEnd, default "whisper"
        What to compute.
    audio : str, default "audio"
        Column to read.
    features : str, default "features"
        Column to write: arrays of shape (n_features, frames), or as the front end's layout has it.
    rate : str, int or None, default None
        Sample rate of cells that are samples, in Hz, or the column that says it; other rates than
        the front end's are resampled. None takes them at the front end's rate.
    errors : str or None, default None
        Column to write the reason to where audio cannot be read, "" elsewhere; such rows have
        features without frames. None raises.
    keep_audio : bool, default False
        Leave the column of audio in the batch.

    Raises
    ------
    ValueError, TypeError
        As :func:`fastmel.frontend`; and when called, if a column is missing, or, without `errors`,
        for audio that cannot be read, naming the row of the batch.

    Examples
    --------
    >>> import numpy as np
    >>> from fastmel.ray import FeatureExtractor
    >>> add_features = FeatureExtractor("whisper", errors="error")
    >>> batch = add_features({"audio": [np.zeros(16000, np.float32), b"no audio"], "id": [1, 2]})
    >>> [x.shape for x in batch["features"]]
    [(80, 100), (80, 0)]
    >>> list(batch), batch["error"][0]
    (['id', 'features', 'error'], '')
    """

    def __init__(
        self,
        frontend: str | MelConfig | FrontEnd = "whisper",
        *,
        audio: str = "audio",
        features: str = "features",
        rate: str | int | None = None,
        errors: str | None = None,
        keep_audio: bool = False,
    ) -> None:
        self.frontend = frontend if isinstance(frontend, FrontEnd) else front_end_of(frontend)
        self.audio, self.features, self.rate = audio, features, rate
        self.errors, self.keep_audio = errors, keep_audio
        width = self.frontend.n_features
        shape = (0, width) if self.frontend.config.layout == "time_mel" else (width, 0)
        self._nothing = np.zeros(shape, self.frontend.config.dtype or np.float32)

    def __call__(self, batch: Mapping[str, Any]) -> dict[str, Any]:
        """Return a batch with its features."""
        cells = self._column(batch, self.audio)
        rates = self._column(batch, self.rate) if isinstance(self.rate, str) else None
        found, reasons = [], []
        for i, cell in enumerate(cells):
            rate = self.rate if rates is None else int(rates[i])
            try:
                found.append(self._features(cell, rate))
                reasons.append("")
            except (ValueError, TypeError, OSError) as error:
                if self.errors is None:
                    raise ValueError(f"row {i} of the batch: {explain(error)}") from error
                found.append(self._nothing)
                reasons.append(explain(error))
        kept = {k: v for k, v in batch.items() if self.keep_audio or k != self.audio}
        kept[self.features] = _cells(found)
        return kept if self.errors is None else {**kept, self.errors: np.array(reasons, object)}

    def _column(self, batch: Mapping[str, Any], name: str) -> Any:
        if name not in batch:
            raise ValueError(f"no column {name!r} in the batch; there are {', '.join(batch)}")
        return batch[name]

    def _features(self, cell: object, rate: Any) -> NDArray[Any]:
        fe = self.frontend
        samples = self._samples(cell)
        if samples is None:
            from .io import load

            samples, rate = load(_source(cell), sr=fe.sample_rate)
        # One thread: Ray's workers are there to share the CPUs.
        return fe(samples, workers=1, sr=rate, resample=rate is not None)

    def _samples(self, cell: object) -> NDArray[Any] | None:
        """Return samples of one channel, or None where audio is to be decoded."""
        if isinstance(cell, (str, bytes, os.PathLike, Mapping)):
            return None
        samples = as_samples(np.asarray(cell))
        if samples.ndim not in (1, 2):
            raise ValueError(
                f"samples must be (n_samples,) or (channels, n_samples); got shape {samples.shape}"
            )
        mono: NDArray[Any] = samples if samples.ndim == 1 else samples[0]
        if samples.ndim == 1 or len(samples) == 1:
            return mono
        scale = 2.0 ** (8 * samples.itemsize - 1) if samples.dtype.kind == "i" else 1.0
        mixed: NDArray[Any] = (samples.mean(axis=0) / scale).astype(np.float32)
        return mixed


def _source(cell: object) -> Any:
    """Return what :func:`fastmel.load` reads."""
    if isinstance(cell, Mapping):
        cell = cell.get("bytes") or cell.get("path")
        if cell is None:
            raise ValueError('audio must have "bytes" or "path"; got neither')
    return io.BytesIO(cell) if isinstance(cell, bytes) else cell


def _cells(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    """Return a column of arrays, whatever their shapes."""
    column = np.empty(len(arrays), object)
    for i, array in enumerate(arrays):
        column[i] = array
    return column


def extract(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    output: str | os.PathLike[str],
    frontend: str | MelConfig | FrontEnd = "librosa",
    *,
    address: str | None = None,
    progress: bool = False,
    **options: Any,
) -> Summary:
    """Compute the features of a corpus on a Ray cluster.

    All machines of the cluster must see `inputs` and `output` under the same names, and have
    fastmel. Workers write what they compute; what travels is what became of each part of the job. A
    part whose machine is lost goes on elsewhere.

    Parameters
    ----------
    inputs, output, frontend
        As :func:`fastmel.extract`; without "-", and `output` a folder.
    address : str or None, default None
        Of the cluster, as ``ray.init`` takes it; None is the one that this machine is in, else a
        new one on this machine.
    progress : bool, default False
        As :func:`fastmel.extract`; it moves with each part that ends.
    **options
        The other arguments of :func:`fastmel.extract`, without `shard`. `workers` are processes
        with a CPU each, by default all CPUs of the cluster.

    Returns
    -------
    Summary
        What became of the items.

    Raises
    ------
    ModuleNotFoundError
        If Ray is not installed.
    ConnectionError
        If there is no cluster at `address`.
    ValueError, TypeError, OSError
        As :func:`fastmel.extract`; and if the folder is that of a run without Ray.

    Examples
    --------
    >>> import fastmel.ray
    >>> done = fastmel.ray.extract("corpus/", "features/", "whisper")  # doctest: +SKIP
    """
    from .corpus._progress import watch_for
    from .corpus._ray import run_on_ray
    from .corpus._run import Run
    from .corpus._settings import Settings

    run = Run(inputs, output, frontend, Settings(**options))
    return run_on_ray(run, watch_for(progress), address)
