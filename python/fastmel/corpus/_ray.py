"""The same job on the machines of a Ray cluster: parts of it, by Ray Data.

A part is what ``--shard i/N`` makes: its worker writes features and a manifest of its own, so that
nothing but what became of it travels, and a part whose machine is lost goes on elsewhere, where its
manifest ends. At the end the manifests are joined.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._base.extras import require
from .._frontend.frontend import FrontEnd
from ._manifest import MANIFEST, end_of, manifest_name, parts_in
from ._merge import join, merge
from ._overwriting import clear_for
from ._progress import Silent, Summary, Watch, watched
from ._record import JobError
from ._run import Run
from ._settings import Settings
from ._writing import naming, prepare

# Parts a worker. Each reads the list of the inputs, some 7 µs an item: of a job that is small there
# are many, so that progress is seen and nobody waits for long at the end.
_MANY, _FEW = 8, 2


def run_on_ray(run: Run, watch: Watch, address: str | None = None) -> Summary:
    """Do a run on a Ray cluster, whose machines see inputs and output under the same names.

    Its `workers` are processes of the cluster with a CPU each, by default all CPUs. `address` is
    the cluster's, as ``ray.init`` takes it; None is the one that this machine is in, else a new one
    on this machine. It returns and raises what :meth:`Run.go` does.
    """
    _check(run)
    n = _parts_there(run.output)
    with _cluster(address) as cpus:
        workers = run.settings.workers or cpus
        n = n or (min(_MANY * workers, run.total) if run.total else _FEW * workers)
        run.summary = Summary(run.total)
        _begin(run, n)
        with watched(watch, run.summary):
            if _follow(run, watch, _summaries(run, n, min(workers, n))):
                join(_manifests(run, n), run.output)
    return run.summary


def _check(run: Run) -> None:
    """Raise a JobError for what only one process can do."""
    if run.reads_stdin:
        raise JobError(
            "engine 'ray' reads the inputs on every machine: write '-' into a file first"
        )
    if run.is_one_array:
        raise JobError(f"{run.output} is one array, which engine 'ray' does not make")
    if run.settings.shard != (0, 1):
        raise JobError("engine 'ray' cuts the job itself: leave --shard to others")


def _parts_there(folder: Path) -> int:
    """Return in how many parts a folder's job is cut, 0 if there is none."""
    counts = {n for _, n in parts_in(folder).values()}
    if not counts and (folder / MANIFEST).exists():
        raise JobError(
            f"{folder} has {MANIFEST} of a run without engine 'ray': go on without it, or choose "
            "another -o"
        )
    if len(counts) > 1:
        raise JobError(f"{folder} has manifests of jobs in {sorted(counts)} parts")
    return max(counts, default=0)


def _begin(run: Run, n: int) -> None:
    """Make the folder, with its record and a manifest for each part."""
    if run.settings.overwrite:
        clear_for(run)
    prepare(run.output)
    run.record.write(run.fe, run.options)
    manifests = _manifests(run, n)
    for path in manifests:
        with naming(path):
            path.touch()
    # Each part goes on where its own manifest ends. The one that an earlier run has joined of them
    # is made again, unless it says more than they do.
    if (run.output / MANIFEST).exists():
        joined = merge(run.output)
        with naming(joined):
            joined.unlink()
    for path in manifests:
        with naming(path):
            end_of(path).unlink(missing_ok=True)


def _manifests(run: Run, n: int) -> list[Path]:
    return [run.output / manifest_name((i, n)) for i in range(n)]


def _follow(run: Run, watch: Watch, summaries: Iterator[Summary]) -> bool:
    """Count what becomes of the parts; return whether all are done."""
    whole = run.summary
    for part in summaries:
        for id, reason in part.errors:
            watch.failed(id, reason)
        whole.merge(part)
        watch.tick(whole)
        if part.failed and run.settings.strict:
            return False
    return True


# --- Ray ------------------------------------------------------------------------------------------


@contextmanager
def _cluster(address: str | None) -> Iterator[int]:
    """Connect to a cluster, unless this process is; yield its CPUs."""
    ray = require("ray", extra="ray", what="engine 'ray'")
    require("ray.data", extra="ray", what="engine 'ray'")
    connected = ray.is_initialized()
    if not connected:
        ray.init(address=address, log_to_driver=False, logging_level=logging.WARNING)
    try:
        yield max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        if not connected:
            ray.shutdown()


def _summaries(run: Run, n: int, workers: int) -> Iterator[Summary]:
    """Yield what became of the parts, as they end; raise what ended one that could not go on."""
    data = require("ray.data", extra="ray", what="engine 'ray'")
    data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    # Items, not a range, which is read by tasks that wait for the CPUs that the workers hold.
    parts = data.from_items(list(range(n)), override_num_blocks=n).map_batches(
        Parts,
        fn_constructor_args=(run.inputs, run.output, run.fe, run.settings, n, os.getcwd()),
        batch_size=1,
        compute=data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
        num_cpus=1,
    )
    gone = require("ray.exceptions", extra="ray", what="engine 'ray'").RayError
    try:
        for row in parts.iter_rows():
            became = pickle.loads(row["became"])
            if isinstance(became, Exception):
                raise became
            yield became
    except gone as error:
        reason = str(error).strip().splitlines()[-1]
        raise JobError(f"Ray gave up: {reason} (the same command continues)") from error


class Parts:
    """What a worker does: parts of a job. It has the front end's plan, once for all of them."""

    def __init__(
        self, inputs: list[Any], output: Path, fe: FrontEnd, settings: Settings, n: int, here: str
    ) -> None:
        with suppress(OSError):  # where there is no such folder, paths may yet be absolute
            os.chdir(here)
        self._run = (inputs, output, fe)
        self._settings = replace(settings, workers=1)
        self._n = n

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        """Do the parts of a batch; return what became of each."""
        return {"became": [pickle.dumps(self._became(int(i))) for i in batch["item"]]}

    def _became(self, i: int) -> Summary | Exception:
        try:
            return Run(*self._run, replace(self._settings, shard=(i, self._n))).go(Silent())
        except (ValueError, OSError, ImportError) as error:
            return error
