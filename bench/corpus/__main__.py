"""Features of a whole corpus, beside careful scripts of others: `python -m bench.corpus FOLDER`.

FOLDER is what `python -m bench.corpus.make FOLDER --hours 10` made. Each run is a process of its
own; runs take turns, in a new order in each round. A ratio is taken inside a round, before the
median over the rounds.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import soundfile
from fastmel._bench import machine

from .cost import files
from .runs import KINDS, RUNS

# (what, beside what, at least this many times as fast)
GOALS = [
    ("fastmel", "librosa + joblib", 6.0),
    ("fastmel, 80 bands", "lhotse + torchaudio", 1.5),
    ("fastmel, 80 bands", "lhotse + knf", 1.5),
    ("fastmel, lilcom", "lhotse + torchaudio, lilcom", 1.5),
    ("fastmel, segments", "one decode", 1 / 1.3),
    ("fastmel", "decoding and resampling alone", 0.85),
]
MEMORY = {"fastmel, all defaults": 400, "fastmel, the long WAV": 250}  # MB


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.corpus", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=RUNS, metavar="RUN", help="; ".join(RUNS))
    parser.add_argument("--workers", type=int, default=2, help="[%(default)s]")
    parser.add_argument("--rounds", type=int, default=3, help="[%(default)s]")
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall", help="[%(default)s]")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    args = parser.parse_args()
    seconds = sum(soundfile.info(path).duration for path in files(args.folder))
    found = measured(args.only or list(RUNS), args.folder, args.workers, args.rounds)
    print(f"{machine.describe()['cpu']}, {args.workers} workers; load {machine.load():.1f}")
    print(f"{len(files(args.folder))} clips, {seconds / 3600:.2f} h\n")
    print("\n".join([*table(found, seconds), "", *goals(found, args.clock)]))
    if args.json:
        facts = {"machine": machine.describe(), "seconds": seconds, "runs": found}
        args.json.write_text(json.dumps(facts, indent=1) + "\n")


def measured(names: list[str], folder: Path, workers: int, rounds: int) -> dict[str, list[dict]]:
    """Return the costs of each run, round by round; what cannot run is said, and left out."""
    found: dict[str, list[dict]] = {name: [] for name in names}
    order = np.random.default_rng(1)
    for path in files(folder):
        path.read_bytes()  # so that the first finds the files in memory as the others do
    for _ in range(rounds):
        for name in order.permutation(list(found)):
            try:
                found[str(name)].append(once(str(name), folder, workers))
            except subprocess.CalledProcessError as error:
                print(f"{name}: {error.stderr.strip().splitlines()[-1]}", file=sys.stderr)
                del found[str(name)]
    return found


def once(name: str, folder: Path, workers: int) -> dict:
    """Run one of them in a new process."""
    out = Path(tempfile.mkdtemp(dir=folder))
    command = [sys.executable, "-W", "ignore", "-m", "bench.corpus.runs", name, folder]
    try:
        with machine.one_thread():
            done = subprocess.run(
                [*command, out / "features", str(workers)],
                capture_output=True,
                text=True,
                check=True,
            )
    finally:
        shutil.rmtree(out)
    return json.loads(done.stdout.splitlines()[-1])


def table(found: dict[str, list[dict]], seconds: float) -> Iterator[str]:
    for kind, runs in KINDS.items():
        if not found.keys() & runs.keys():
            continue
        yield f"{kind:44}    wall, s     CPU, s    x real time   peak, MB    of a worker"
        for name in (name for name in runs if name in found):
            cost = {key: median(run[key] for run in found[name]) for key in found[name][0]}
            speed = f"{seconds / cost['wall']:,.0f}" if "long" not in kind + name else ""
            yield (
                f"  {name:42}{cost['wall']:11.2f}{cost['cpu']:11.2f}{speed:>15}"
                f"{cost['peak']:11.0f}{cost['worker_peak']:15.0f}"
            )


def goals(found: dict[str, list[dict]], clock: str) -> Iterator[str]:
    for name, peer, least in GOALS:
        if found.get(name) and found.get(peer):
            ratio = median(
                b[clock] / a[clock] for a, b in zip(found[name], found[peer], strict=False)
            )
            met = "met" if ratio >= least else "missed"
            yield f"{name} / {peer}: {ratio:.2f} times as fast ({clock}), goal {least:.2f}: {met}"
    for name, most in MEMORY.items():
        if found.get(name):
            held = max(run["peak"] for run in found[name])
            yield f"{name}: {held:.0f} MB, goal {most}: {'met' if held <= most else 'missed'}"


if __name__ == "__main__":
    main()
