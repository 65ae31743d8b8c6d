"""``fastmel extract``: recordings to features, in the front of :mod:`fastmel.corpus`."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from .._base.text import count, printable, seconds, size
from ..corpus._estimate import Estimate, estimate_of
from ..corpus._outputs import FORMATS
from ..corpus._progress import Bar, JsonLines, Silent, Summary, Watch
from ..corpus._ray import run_on_ray
from ..corpus._run import Run
from ..corpus._settings import Settings
from ._manifests import refusing
from ._options import COUNT, FRONTEND_HELP, PATH, frontend_named, reading, together
from ._printing import say
from ._signals import stoppable

_SHOWN = 100  # failures that are listed at the end
_LONG = 1.0  # seconds of a run that is worth a table

_BYTES = {"k": 10**3, "m": 10**6, "g": 10**9, "ki": 1 << 10, "mi": 1 << 20, "gi": 1 << 30}


_COMPRESSIONS = "; ".join(
    f"of {name}: {', '.join(form.compressions)}"
    for name, form in sorted(FORMATS.items())
    if form.compressions
).capitalize()


def _part(text: str) -> tuple[int, int]:
    """Return i/N as a pair."""
    i, slash, n = text.partition("/")
    if not (slash and i.isdecimal() and n.isdecimal() and int(i) < int(n)):
        raise click.BadParameter(f"{text!r} is not I/N, such as 0/100 up to 99/100")
    return int(i), int(n)


def _size(text: str) -> int:
    """Return bytes, also of 256M or 1Gi."""
    written = text.lower().rstrip("b")
    digits = written.rstrip("kmgi")
    unit = written[len(digits) :]
    if not digits.isdecimal() or int(digits) < 1 or (unit and unit not in _BYTES):
        raise click.BadParameter(f"{text!r} is not a number of bytes, such as 256M or 1Gi")
    return int(digits) * _BYTES.get(unit, 1)


_options = together(
    click.argument("inputs", metavar="IN...", nargs=-1, required=True),
    click.option("-o", "--output", metavar="OUT", required=True, type=PATH,
        help="Folder for the features; for a single input file also the name of one .npy."),
    click.option("--frontend", metavar="NAME", default="librosa", show_default=True,
        help=FRONTEND_HELP),
    click.option("--sr", type=click.IntRange(min=1), metavar="HZ",
        help="Compute at this sample rate in Hz.  [default: the front end's]"),
    click.option("--format", type=click.Choice(sorted(FORMATS)),
        help="How features are written: npy, a file for each item; tar (WebDataset), ark (Kaldi), "
        "parquet and lhotse, many items to a file.  [default: npy for up to 10,000 files; tar for "
        "more and for archives]"),
    click.option("--compression", metavar="NAME", help=f"{_COMPRESSIONS}.  [default: none]"),
    click.option("--dtype", type=click.Choice(["float32", "float16", "float64"]),
        help="Type of the features.  [default: the front end's]"),
    click.option("--resample-quality", type=click.Choice(["hq", "vhq", "mq", "lq", "qq"]),
        help="Of soxr, from qq (quick) to vhq (very high).  [default: hq]"),
    click.option("--max-duration", type=click.FloatRange(min=0, min_open=True), metavar="SECONDS",
        help="Longer items fail.  [default: none; 7200 for front ends that need the whole signal]"),
    reading,
    click.option("--ids", type=click.Choice(["auto", "suffix", "prefix"]), default="auto",
        help="The id of in/a.wav, found in the folder in/: a (auto), a.wav (suffix) or in/a "
        "(prefix).  [default: auto]"),
    click.option("--keep-suffix", is_flag=True,
        help="The same as --ids suffix, for folders with a.wav and a.flac."),
    click.option("--overwrite/--skip-existing", default=False,
        help="Make again what is there, or leave it.  [default: skip-existing]"),
    click.option("--strict", is_flag=True, help="Stop at the first item that fails."),
    click.option("--keep-going", is_flag=True,
        help="Count inputs that are missing or wrong as failed items, and do the rest."),
    click.option("--engine", type=click.Choice(["local", "ray"]), default="local",
        show_default=True,
        help="ray: on the machines of a Ray cluster, which see IN and OUT as this one does."),
    click.option("--address", metavar="HOST:PORT",
        help="The Ray cluster.  [default: the one of this machine, else a new one]"),
    click.option("--shard", type=_part, metavar="I/N", default="0/1",
        help="Do part I of N, where I begins at 0."),
    click.option("--shard-items", **COUNT,
        help="Items to a file; with npy, to a subfolder.  [default: 10,000; npy: no subfolders]"),
    click.option("--shard-bytes", type=_size, metavar="SIZE",
        help="Bytes after which the next file begins.  [default: 256Mi]"),
    click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing."),
    click.option("--estimate", is_flag=True,
        help="With --dry-run: measure a sample, and say hours of audio, bytes and time."),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but warnings and errors."),
    click.option("--log-json", is_flag=True,
        help="Say all on stdout as lines of JSON, for machines."),
)  # fmt: skip


@click.command(
    short_help="Compute the features of files, folders, manifests.",
    epilog="""\b
Examples:
  fastmel extract talk.flac -o features/                     features/talk.npy
  fastmel extract corpus/ -o features/ --frontend whisper    the folder's tree, mirrored
  fastmel extract train.jsonl -o features/ --format tar      shards of many items each
  fastmel extract data/train/wav.scp -o exp/ --format ark    Kaldi, with segments if there are
  find . -name "*.opus" | fastmel extract - -o features/     a list
  fastmel extract cuts.jsonl.gz -o features/ --dry-run --estimate

\b
Inputs: audio files, folders, "patterns/*.wav", lists of paths (.txt), tables (.tsv, .csv)
and JSON lines with id, path, start, end or duration, channel; wav.scp with segments;
manifests of NeMo and Lhotse (.jsonl, .jsonl.gz); WebDataset's .tar; .parquet.

\b
Outputs: manifest.jsonl has a line for each item: where its features are, their shape and
checksum, or why it failed. fastmel.open_features(OUT) reads all formats, fastmel verify OUT
checks them. fastmel-frontend.json says what computed them: --frontend takes it. Features of
another front end or format do not go into the folder.

\b
A run that was stopped, however that was, continues with the same command: what is there
and whole is skipped, what is torn is made again. A signal (Ctrl-C, SIGTERM) ends it when
what is being written is written, a second one at once.
On several machines: --shard 0/8 to 7/8 into one folder (Slurm: --shard
$SLURM_ARRAY_TASK_ID/8), then fastmel merge OUT.

\b
Exit codes: 0 all done, 1 some items failed, 2 the run could not begin or go on,
128 + N stopped by signal N.""",
)
@_options
@stoppable()
def extract(
    inputs: tuple[str, ...],
    output: Path,
    frontend: str,
    ids: str,
    keep_suffix: bool,
    dry_run: bool,
    estimate: bool,
    quiet: bool,
    log_json: bool,
    engine: str,
    address: str | None,
    **options: Any,
) -> int:
    """Compute the features of recordings, or of parts of them.

    They are decoded, mixed to mono, resampled to the front end's rate, and their features are
    written: an array for each item, which is a recording, or a part of one that a manifest names.
    On a terminal a bar shows the progress, in a log a line every half minute.
    """
    if estimate and not dry_run:
        raise click.UsageError("--estimate goes with --dry-run")
    if address is not None and engine != "ray":
        raise click.UsageError("--address goes with --engine ray")
    fe = frontend_named(frontend)
    with refusing():
        settings = Settings(ids="suffix" if keep_suffix else ids, **options)
        run = Run(inputs, output, fe, settings)
        if dry_run:
            return _dry(run, estimate, log_json)
        go = run.go if engine == "local" else partial(run_on_ray, run, address=address)
        return _do(run, go, quiet, log_json)


def _do(run: Run, go: Callable[[Watch], Summary], quiet: bool, log_json: bool) -> int:
    try:
        go(JsonLines() if log_json else Silent() if quiet else Bar())
    except BaseException:
        if not log_json:
            with suppress(OSError):  # where the terminal has gone, nobody reads it
                _sum_up(run, quiet)
        raise
    if not log_json:
        _sum_up(run, quiet)
    return int(run.summary.failed > 0)


def _sum_up(run: Run, quiet: bool) -> None:
    """Say what became of the items: which failed, how many were made, where the time went."""
    summary = run.summary
    if not summary.begun:
        return
    for _, reason in summary.errors[:_SHOWN]:
        say("error", reason)
    if summary.failed > _SHOWN:
        rest = count(summary.failed - _SHOWN, "more failure")
        say("error", f"{rest}: the manifest has them all")
    if summary.failed or not quiet:
        words = _became(summary, run.output) or ["nothing to do"]
        lines = [printable("; ".join(words + run.items.left_out()))]
        if not quiet and summary.took > _LONG:
            lines += summary.table().splitlines()
        click.echo("\n".join(lines), err=summary.failed > 0)


def _became(summary: Summary, output: Path) -> list[str]:
    parts = []
    if summary.done:
        parts.append(
            f"{count(summary.done, 'item')} to {output}, {seconds(summary.audio)} of audio in "
            f"{seconds(summary.took)} ({summary.audio / summary.took:,.0f} times real time)"
        )
    if summary.skipped:
        parts.append(f"{count(summary.skipped, 'item')} skipped: there already")
    if summary.failed:
        parts.append(f"{count(summary.failed, 'item')} failed")
    if summary.left:
        parts.append(f"{count(summary.left, 'item')} left (the same command continues)")
    return parts


def _dry(run: Run, estimate: bool, log_json: bool) -> int:
    found = estimate_of(run, measured=estimate)
    if log_json:
        click.echo(json.dumps({"event": "estimate", **dataclasses.asdict(found)}))
    else:
        click.echo("\n".join(map(printable, _plan(run, found))))
    return 0


def _plan(run: Run, found: Estimate) -> list[str]:
    name = run.fe.name or "a front end of its own"
    lines = [
        f"{count(found.left, 'item')} to do, {found.skipped:,} there already",
        f"{name}, {run.form.name} of {run.form.dtype}, to {run.output}",
        *run.items.left_out(),
    ]
    if found.audio is not None and found.n_bytes is not None:
        lines.append(f"{seconds(found.audio)} of audio, {size(found.n_bytes)} of features")
    if found.took is not None:
        sample = f"as measured with {count(found.sampled, 'item')}"
        lines.append(f"about {seconds(found.took)} with {count(found.workers, 'worker')}, {sample}")
    lines += [f"error: {reason}" for reason in found.errors]
    return lines
