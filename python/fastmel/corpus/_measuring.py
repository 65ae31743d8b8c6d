"""Statistics of a corpus: of audio, whose features nobody keeps, or of features that are there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from .._base.public import publish
from .._base.text import explain
from .._base.threads import default_workers
from .._frontend.frontend import FrontEnd
from .._frontend.named import frontend
from ._item import Item, listed, time_axis
from ._making import LONG, why_whole
from ._manifest import MANIFEST, RECORD
from ._pipeline import Pipeline
from ._progress import Summary, Watch, watch_for, watched
from ._settings import Settings
from ._stats import Statistics, of_pieces
from ._store import Features, open_features
from ._tasks import each_item, ordered_tasks

if TYPE_CHECKING:
    from .._engine.config import MelConfig
    from ._audio import Recording

_SHOWN_EVERY = 0.2  # seconds


def statistics(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    frontend: str | MelConfig | FrontEnd | None = None,
    *,
    channel: int | None = None,
    resample_quality: str | None = None,
    kind: str | None = None,
    segments: str | os.PathLike[str] | None = None,
    recursive: bool = True,
    root: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: bool | Watch = False,
) -> Statistics:
    """Return mean and variance of the features of a corpus, over all of its frames.

    Parameters
    ----------
    inputs : str, path, or iterable of them
        Recordings, manifests and archives, as for :func:`fastmel.extract`; or folders of features
        that it wrote, or their manifests.
    frontend : str, MelConfig or FrontEnd, optional
        What computes the features of recordings: what :func:`fastmel.frontend` takes or returns.
        Features that are there were computed already, and must be of it if it is given.
    channel, resample_quality, kind, segments, recursive, root, workers
        Of recordings, as for :func:`fastmel.extract`.
    progress : bool or Watch, default False
        Show how far it is.

    Returns
    -------
    Statistics
        The same bits for any number of workers; of features that are there, of what is stored.

    Raises
    ------
    ValueError
        If an item cannot be computed or read: its reason, and the number of others. If there are
        no frames, or an argument is not acceptable.
    OSError
        If an input cannot be opened.
    ModuleNotFoundError
        If what reads an input is not installed.

    Examples
    --------
    >>> import tempfile, wave
    >>> from pathlib import Path
    >>> from fastmel import corpus
    >>> folder = Path(tempfile.mkdtemp())
    >>> with wave.open(str(folder / "clip.wav"), "wb") as clip:
    ...     clip.setparams((1, 2, 16000, 0, "NONE", ""))
    ...     clip.writeframes(bytes(32000))
    >>> corpus.statistics(folder, "kaldi-fbank")
    <statistics of 98 frames of 23 features>
    """
    settings = Settings(
        channel=channel,
        resample_quality=resample_quality,
        kind=kind,
        segments=segments,
        recursive=recursive,
        root=root,
        workers=workers,
    )
    found, summary = measure(inputs, frontend, settings, watch_for(progress))
    if summary.errors:
        others = f" ({summary.failed - 1:,} more failed)" if summary.failed > 1 else ""
        raise ValueError(summary.errors[0][1] + others)
    return found


def measure(
    inputs: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    spec: str | MelConfig | FrontEnd | None,
    settings: Settings,
    watch: Watch,
) -> tuple[Statistics, Summary]:
    """Return the statistics of what can be computed and read, and what became of all items."""
    names = listed("inputs", inputs)
    stored = [Path(name) for name in names if _has_features(Path(name))]
    if stored and len(stored) < len(names):
        raise ValueError("inputs are recordings and folders of features: name one kind at a time")
    fe = spec if isinstance(spec, FrontEnd) or spec is None else frontend(spec)
    if stored:
        all_features = [open_features(path) for path in stored]
        total, results = sum(map(len, all_features)), _of_features(all_features, fe)
        counted = fe or all_features[0].frontend
    elif fe is None:
        raise ValueError(
            "frontend is needed for statistics of recordings (--frontend; --merge joins files of "
            "statistics)"
        )
    else:
        total, results, counted = None, _of_recordings(names, fe, settings), fe
    summary = Summary(total)
    found = Statistics(counted)
    with watched(watch, summary):
        _collect(results, found, summary, watch)
    if not found.frames and not summary.failed:
        raise ValueError("there are no frames to have statistics of")
    return found, summary


def _collect(
    results: Iterator[Measured], found: Statistics, summary: Summary, watch: Watch
) -> None:
    """Join the statistics of items, in their order."""
    shown = monotonic()
    for item in results:
        if not item.error:
            found.merge(item.statistics)
        else:
            watch.failed(item.id, item.error)
        summary.add(item.id, item.audio, item.seconds, item.error)
        if monotonic() - shown > _SHOWN_EVERY:
            shown = monotonic()
            watch.tick(summary)


@dataclass
class Measured:
    """What became of an item."""

    id: str
    statistics: Statistics = field(default_factory=Statistics)
    error: str = ""
    audio: float = 0.0
    seconds: dict[str, float] = field(default_factory=dict)

    # Bytes that it holds, roughly, for the pipeline.
    n_bytes: int = 4000


# Features that are there --------------------------------------------------------------------------


def _has_features(path: Path) -> bool:
    """Whether a path is a folder of features, or the manifest of one."""
    if not path.is_dir():
        return path.name.startswith("manifest") and (path.parent / RECORD).exists()
    return (path / RECORD).exists() or (path / MANIFEST).exists()


def _of_features(folders: Sequence[Features], fe: FrontEnd | None) -> Iterator[Measured]:
    for features in folders:
        own = features.frontend
        if own != (fe or folders[0].frontend):
            other = "frontend" if fe else str(folders[0].manifests[0].parent)
            raise ValueError(f"{features.manifests[0].parent} has features of another than {other}")
        for row in features.rows():
            begun = perf_counter()
            made = Measured(row["id"], audio=row.get("duration") or 0.0)
            try:
                made.statistics.update(_time_first(features[row["id"]], own))
            except (ValueError, OSError) as error:
                made.error = f"{row['id']}: {explain(error)}"
            made.seconds = {"features": perf_counter() - begun}
            yield made


def _time_first(features: NDArray[Any], fe: FrontEnd) -> NDArray[Any]:
    """Return features as (..., frames, features)."""
    return features.T if time_axis(fe, features) else features


# Recordings ---------------------------------------------------------------------------------------


def _of_recordings(
    names: Sequence[str | os.PathLike[str]], fe: FrontEnd, settings: Settings
) -> Iterator[Measured]:
    """Yield what becomes of items, which threads measure, in their order."""
    items = settings.items(names)
    workers = settings.workers or default_workers()
    pipeline: Pipeline[list[Item], Measured] = Pipeline(
        ordered_tasks(items), _Measurer(fe, settings), workers=workers
    )
    yield from pipeline.results()


class _Measurer:
    """Computes the features of the items of a task, and their statistics."""

    def __init__(self, fe: FrontEnd, settings: Settings) -> None:
        self._fe = fe
        self._channel = settings.channel
        self._quality = settings.resample_quality or "hq"
        self._streams = not why_whole(fe)

    def __call__(self, task: list[Item]) -> Iterator[Measured]:
        return each_item(
            task, self._fe, self._measured, _failed, channel=self._channel, quality=self._quality
        )

    def _measured(self, recording: Recording, item: Item) -> Measured:
        made = Measured(item.id)
        begun, before = perf_counter(), sum(recording.seconds.values())
        made.statistics = of_pieces(map(self._rows, self._features(recording, item, made)))
        reading = sum(recording.seconds.values()) - before
        made.seconds = {"features": perf_counter() - begun - reading}
        return made

    def _features(self, recording: Recording, item: Item, made: Measured) -> Iterator[NDArray[Any]]:
        """Yield the features of an item, in pieces if it is long."""
        n = recording.expected(item)
        if not self._streams or (n is not None and n <= LONG):
            samples = recording.read(item)
            made.audio = len(samples) / self._fe.sample_rate
            yield self._fe(samples, workers=1)
            return
        stream = self._fe.stream()
        for block in recording.blocks(item):
            made.audio += len(block) / self._fe.sample_rate
            yield stream.push(block)
        yield stream.flush()

    def _rows(self, features: NDArray[Any]) -> NDArray[Any]:
        rows = _time_first(features, self._fe)
        flat: NDArray[Any] = rows.reshape(-1, rows.shape[-1])
        return flat


def _failed(item: Item, reason: str) -> Measured:
    return Measured(item.id, error=reason)


publish("fastmel.corpus", [statistics])
