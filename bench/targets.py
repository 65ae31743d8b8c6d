"""What we ask of ourselves: developers' business, shown in docs/performance.md and nowhere else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"

# Every front end beside its original: less is marked where `bench.frontends` prints it.
FRONT_END = 3.0


@dataclass(frozen=True)
class Target:
    """In `case`, `ours` at least so many times as fast as `peer`, on these instruction sets.

    Without a peer: a call in at most so many microseconds.
    """

    case: str
    ours: str
    peer: str | None
    avx512: float
    avx2: float | None = None


TARGETS = [
    Target("log_mel", "fastmel, double", "librosa", 10.0, 6.5),
    Target("log_mel", "fastmel, single", "librosa", 19.0, 13.0),
    Target("bare_fft", "fastmel, single: the whole log-mel", "ducc0", 3.85, 1.82),
    Target("whisper", "fastmel", "openai-whisper", 15.0),
    Target("whisper", "fastmel", "faster-whisper", 15.0),
    Target("whisper", "fastmel", "transformers", 15.0),
    Target("whisper", "fastmel", "asrfront", 3.3, 2.3),
    Target("kaldi", "fastmel", "asrfront", 3.0, 2.0),
    Target("kaldi", "fastmel", "torchaudio", 15.0),
    Target("kaldi", "fastmel", "kaldi-native-fbank", 80.0),
    Target("vocoder", "fastmel", "librosa", 20.0, 11.0),
    Target("one_second", "fastmel", None, 25.0),
    Target("stft", "fastmel, double, out=", "librosa", 5.0, 3.5),
    Target("stft", "fastmel, single, out=", "librosa", 7.0, 5.0),
    Target("stft", "fastmel, single", "torch", 1.0),
    Target("threads", "fastmel, double, 2 threads", "fastmel, double, 1 thread", 1.85),
    Target("threads", "fastmel, single, 2 threads", "fastmel, single, 1 thread", 1.85),
]
_EXTRACTOR = {"Whisper": 5.0, "SeamlessM4T": 15.0, "Parakeet": 5.0}  # whole calls, patched, 30 s
_SHORT_CALL = 1.0  # a patched call is no slower


@dataclass(frozen=True)
class Outcome:
    """What became of a target."""

    title: str
    target: Target
    wanted: float
    found: float

    @property
    def reached(self) -> bool:
        return self.found >= self.wanted if self.target.peer else self.found <= self.wanted

    def __str__(self) -> str:
        unit, bound = ("x", "≥") if self.target.peer else (" µs", "≤")
        return f"{self.found:.3g}{unit} ({bound} {self.wanted:g})"


def outcomes(facts: dict[str, Any]) -> Iterator[Outcome]:
    """Yield what was asked for on this run's instruction set, and measured."""
    simd, cases = facts["machine"]["simd"]["active"], facts["cases"]
    for target in [*TARGETS, *_of_patches(cases)]:
        wanted = getattr(target, simd, None)
        contenders = cases.get(target.case, {"contenders": {}})["contenders"]
        if not wanted or not {target.ours, target.peer or target.ours} <= contenders.keys():
            continue
        if target.peer:
            found = contenders[target.peer]["times"][target.ours]["median"]
        else:
            found = contenders[target.ours]["seconds"]["median"] * 1e6
        yield Outcome(cases[target.case]["title"], target, wanted, found)


def _of_patches(cases: dict[str, Any]) -> Iterator[Target]:
    for key, case in cases.items():
        if case["kind"] == "patched":
            name = key.rpartition("/")[2].partition("FeatureExtractor, 30 s")
            wanted = _EXTRACTOR[name[0]] if name[1] else _SHORT_CALL
            yield Target(key, "patched", "not patched", wanted, wanted)


def stored(cpu: str) -> dict[str, dict[str, Any]]:
    """Return the stored runs on a CPU by instruction set, the widest first."""
    files = {name: RESULTS / cpu / f"{name}.json" for name in ("avx512", "avx2", "neon")}
    return {name: json.loads(f.read_text()) for name, f in files.items() if f.exists()}


def all_stored() -> dict[str, dict[str, Any]]:
    """Return the stored runs by CPU and instruction set."""
    cpus = sorted(path.name for path in RESULTS.iterdir() if path.is_dir())
    return {f"{cpu}, {simd}": run for cpu in cpus for simd, run in stored(cpu).items()}


def table(runs: dict[str, dict[str, Any]]) -> list[list[str]]:
    """Return what was asked and found, side by side; of short patched calls, those missed."""
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for name, facts in runs.items():
        for outcome in outcomes(facts):
            if outcome.target.avx512 == _SHORT_CALL and outcome.reached:
                continue
            peer = outcome.target.peer or ""
            row = rows.setdefault((outcome.title, outcome.target.ours, peer), {})
            row[name] = f"**{outcome}**" if outcome.reached else str(outcome)
    titles = list(dict.fromkeys(c["title"] for run in runs.values() for c in run["cases"].values()))
    cells = [
        [*key, *(row.get(name, "") for name in runs)]
        for key, row in sorted(rows.items(), key=lambda item: titles.index(item[0][0]))
    ]
    return [["work", "of", "beside", *runs], *cells]
