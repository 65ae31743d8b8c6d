"""``fastmel extract``: files and folders to arrays of features."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from ._text import count, explain, seconds

if TYPE_CHECKING:
    from ..frontend import FrontEnd

# What libsndfile reads; only in folders does the suffix decide.
SUFFIXES = frozenset(
    ".aif .aifc .aiff .au .caf .flac .mp3 .nist .oga .ogg .opus .rf64 .snd .sph .w64 .wav".split()
)


@dataclass(frozen=True)
class Item:
    """A recording and where its features go."""

    source: Path
    target: Path


@dataclass
class Tally:
    """What became of the items."""

    done: int = 0
    skipped: int = 0
    failed: int = 0
    audio: float = 0.0
    stop: threading.Event = field(default_factory=threading.Event)


@click.command(
    short_help="Files and folders to arrays of features.",
    epilog="""\b
Examples:
  fastmel extract talk.flac -o features/                     features/talk.npy
  fastmel extract corpus/ -o features/ --frontend whisper    the folder's tree, mirrored
  fastmel extract a.wav b.mp3 corpus/ -o out/ --workers 4    several at once

\b
Every .npy holds an array of the axes that "fastmel frontends NAME" shows, such as
(features, frames), float32 but where a model has it otherwise: numpy.load reads it.
A file that cannot be read is reported, and the others are done; the exit code is
then 1. What exists is skipped, so an interrupted run continues where it was.""",
)
@click.argument("inputs", metavar="IN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder for the features; for a single input file also the name of one .npy.",
)
@click.option("--frontend", default="librosa", show_default=True, help="See fastmel frontends.")
@click.option(
    "--sr",
    type=click.IntRange(min=1),
    help="Compute at this sample rate in Hz.  [default: the front end's]",
)
@click.option(
    "--recursive/--no-recursive", default=True, show_default=True, help="Descend into subfolders."
)
@click.option(
    "--overwrite/--skip-existing",
    default=False,
    help="Make outputs that exist anew, or leave them.  [default: skip-existing]",
)
@click.option(
    "--keep-suffix", is_flag=True, help="Write a.wav.npy, not a.npy: for folders with a.flac too."
)
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Files at a time.  [default: the CPUs that this process may use]",
)
def extract(
    inputs: tuple[Path, ...],
    output: Path,
    frontend: str,
    sr: int | None,
    recursive: bool,
    overwrite: bool,
    keep_suffix: bool,
    workers: int | None,
) -> int:
    """Compute the features of audio files and of all audio files in folders.

    Files are decoded, mixed to mono, resampled to the front end's rate, and their features
    written as .npy. Folders keep their structure.
    """
    from ..threads import default_workers
    from ._options import frontend_named

    fe = frontend_named(frontend, sr)
    items = list(_unique(plan(inputs, output, recursive=recursive, keep_suffix=keep_suffix)))
    if not items:
        places = ", ".join(map(str, inputs))
        raise click.ClickException(f"no audio files in {places} ({' '.join(sorted(SUFFIXES))})")
    workers = min(workers or default_workers(), len(items))
    # One file at a time may use all threads; several at a time one each.
    compute = partial(fe, workers=None if workers == 1 else 1)

    tally = Tally()
    started = time.perf_counter()
    try:
        _run(items, partial(_extract, fe=fe, compute=compute, overwrite=overwrite), workers, tally)
    finally:
        took = time.perf_counter() - started
        click.echo(_summary(tally, len(items), output, took), err=tally.failed > 0)
    return 1 if tally.failed else 0


def plan(
    inputs: Iterable[Path], output: Path, *, recursive: bool = True, keep_suffix: bool = False
) -> Iterator[Item]:
    """Pair every input file with its output.

    Parameters
    ----------
    inputs : iterable of Path
        Files (of any name) and folders (searched for the suffixes of audio files).
    output : Path
        Folder, or, for one input that is not a folder, a name that ends in ``.npy``.
    recursive : bool, default True
        Descend into subfolders.
    keep_suffix : bool, default False
        Append ``.npy`` to the whole name instead of replacing the suffix.

    Yields
    ------
    Item
        In the order of `inputs`, sorted inside folders.
    """
    inputs = list(inputs)
    if output.suffix == ".npy" and len(inputs) == 1 and not inputs[0].is_dir():
        yield Item(inputs[0], output)
        return
    if output.exists() and not output.is_dir():
        raise click.UsageError(f"{output} exists and is not a folder")
    if output.suffix == ".npy" and not output.exists():
        raise click.UsageError(
            f"{output} would be one file: folders and several inputs need a folder"
        )
    for place in inputs:
        found: Iterator[tuple[Path, Path]]
        if place.is_dir():
            found = ((path, path.relative_to(place)) for path in _audio_files(place, recursive))
        else:
            found = iter([(place, Path(place.name))])
        for path, relative in found:
            name = f"{relative.name if keep_suffix else relative.stem}.npy"
            yield Item(path, output / relative.with_name(name))


def _audio_files(folder: Path, recursive: bool) -> Iterator[Path]:
    """Walk a folder in sorted order, past hidden files and folders."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if recursive and not f.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(parent, name)


def _unique(items: Iterable[Item]) -> Iterator[Item]:
    """Drop repeated items; two sources with one target are an error."""
    sources: dict[Path, Path] = {}
    for item in items:
        other = sources.setdefault(item.target, item.source)
        if other is item.source:
            yield item
        elif other.resolve() != item.source.resolve():
            same_folder = other.parent.resolve() == item.source.parent.resolve()
            advice = "--keep-suffix tells" if same_folder else "separate -o folders tell"
            raise click.UsageError(
                f"{other} and {item.source} would both become {item.target}: {advice} them apart"
            )


def _extract(
    item: Item,
    stop: threading.Event,
    *,
    fe: FrontEnd,
    compute: Callable[[np.ndarray], np.ndarray],
    overwrite: bool,
) -> float | None:
    """Make one output; return the seconds of audio, or None if it was there already."""
    import fastmel

    if not overwrite and item.target.exists():
        _check_existing(item.target, fe)
        return None
    y, _ = fastmel.load(item.source, sr=fe.sample_rate)
    _go_on(stop)
    features = compute(y)
    _go_on(stop)
    write_npy(item.target, features)
    return float(y.shape[-1] / fe.sample_rate)


class _Stopped(Exception):
    """The run was interrupted before this item was written."""


def _go_on(stop: threading.Event) -> None:
    if stop.is_set():
        raise _Stopped


def _check_existing(target: Path, fe: FrontEnd) -> None:
    """Raise if a file that would be skipped cannot be what this run makes."""
    from ..steps import Patches

    try:
        shape = np.load(target, mmap_mode="r").shape
    except (ValueError, EOFError):
        shape = None
    axis = -1 if fe.config.layout == "time_mel" else -2
    axes = 2 + any(isinstance(step, Patches) for step in fe.after)
    if shape is None or len(shape) != axes or shape[axis] != fe.n_features:
        what = "no array" if shape is None else f"an array of shape {shape}"
        raise ValueError(
            f"{target}: exists with {what}, not with {fe.n_features} features per frame "
            "(--overwrite replaces it)"
        )


def write_npy(path: Path, array: np.ndarray) -> None:
    """Write an array under a temporary name beside `path` and rename it: whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        with open(part, "xb") as file:
            np.save(file, array)
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _run(
    items: list[Item],
    work: Callable[[Item, threading.Event], float | None],
    workers: int,
    tally: Tally,
) -> None:
    """Work on the items in threads, with a progress bar; errors are reported, not raised."""
    with _Progress(len(items)) as bar, ThreadPoolExecutor(workers) as pool:
        waiting = iter(items)
        running: dict[Future[float | None], Item] = {}
        try:
            while True:
                # A short queue: a million files must not become a million futures.
                while len(running) < 2 * workers and (item := next(waiting, None)):
                    running[pool.submit(work, item, tally.stop)] = item
                if not running:
                    return
                # With a time limit, since Windows does not interrupt a wait without one.
                for future in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
                    _count(future, running.pop(future), tally, bar)
        except BaseException:
            tally.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            for future, item in running.items():
                if not future.cancelled():
                    _count(future, item, tally, bar)
            raise


def _count(future: Future[float | None], item: Item, tally: Tally, bar: _Progress) -> None:
    try:
        audio = future.result()
    except _Stopped:
        return
    except Exception as error:
        if os.environ.get("FASTMEL_DEBUG"):
            raise
        tally.failed += 1
        text = explain(error)
        named = str(item.source) in text or str(item.target) in text
        bar.report(text if named else f"{item.source}: {text}")
    else:
        tally.done += audio is not None
        tally.skipped += audio is None
        tally.audio += audio or 0.0
    bar.advance(tally)


class _Progress:
    """A progress bar on a terminal's stderr, and error lines that do not tear it."""

    def __init__(self, items: int) -> None:
        self.started = time.perf_counter()
        try:
            from tqdm import tqdm
        except ModuleNotFoundError:
            self.bar = None
        else:
            self.bar = tqdm(total=items, unit=" file", disable=None, dynamic_ncols=True)

    def __enter__(self) -> _Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()

    def advance(self, tally: Tally) -> None:
        if self.bar is not None:
            speed = tally.audio / (time.perf_counter() - self.started)
            self.bar.set_postfix_str(f"{speed:,.0f}x real time", refresh=False)
            self.bar.update()

    def report(self, text: str) -> None:
        line = f"{click.style('error:', fg='red', bold=True)} {text}"
        if self.bar is not None:
            self.bar.clear()
        click.echo(line, err=True)
        if self.bar is not None:
            self.bar.refresh()


def _summary(tally: Tally, items: int, output: Path, took: float) -> str:
    parts = []
    if tally.done:
        parts.append(
            f"{count(tally.done, 'file')} to {output}, {seconds(tally.audio)} of audio in "
            f"{seconds(took)} ({tally.audio / took:,.0f} times real time)"
        )
    if tally.skipped:
        parts.append(f"{count(tally.skipped, 'file')} skipped: there already")
    if tally.failed:
        parts.append(f"{count(tally.failed, 'file')} failed")
    if left := items - tally.done - tally.skipped - tally.failed:
        parts.append(f"{count(left, 'file')} left (the same command continues)")
    return "; ".join(parts)
