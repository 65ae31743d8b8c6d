"""The pages that show what is measured: `python -m bench.pages` writes them from bench/results.

Sections of a page are written by different commands, each between two marks.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

from fastmel._base.text import seconds
from fastmel._bench import chart, machine
from fastmel._bench.measure import Spread

from . import targets

_ROOT = Path(__file__).parents[1]
PERFORMANCE = _ROOT / "docs" / "performance.md"
CPU = "graniterapids"  # whose results the README shows; docs/performance.md has all
FRONT_ENDS = "front ends"  # what `bench.frontends` writes into the page of `bench.accuracy`
_PICTURE = "![Time of fastmel beside other libraries, for four kinds of work](docs/img/speed.svg)"


def marked(name: str, content: str) -> str:
    """Return a section with the marks around it."""
    return f"<!-- begin {name} -->\n{content.strip()}\n<!-- end {name} -->\n"


def section(page: str, name: str) -> str | None:
    """Return a section of a page with its marks, or None where it has no such section."""
    begin, end = (re.escape(f"<!-- {word} {name} -->") for word in ("begin", "end"))
    found = re.search(f"{begin}.*?{end}\n?", page, re.DOTALL)
    return found.group() if found else None


def put(path: Path, name: str, content: str) -> None:
    """Write a section of a page: in place of what it has, or at the end."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    new, old = marked(name, content), section(page, name)
    page = page.replace(old, new) if old else "\n".join(filter(None, [page, new]))
    path.write_text(page, encoding="utf-8")


def markdown(rows: Iterable[list[str]]) -> str:
    """Return a table, names on the left and numbers on the right, that lines up as plain text."""
    cells = list(rows)
    first, *rest = (max(map(len, column)) for column in zip(*cells, strict=True))
    lines = [
        "| " + " | ".join([row[0].ljust(first), *map(str.rjust, row[1:], rest)]) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join(["-" * (first + 2), *("-" * (w + 1) + ":" for w in rest)]) + "|")
    return "\n".join(lines)


def compact(rows: Iterable[list[str]]) -> str:
    """Return a table whose cells are too long to line up."""
    first, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([first, "|---" * (first.count("|") - 1) + "|", *rest])


def ratio(spread: Spread) -> str:
    return f"{spread:.3g} ({spread.lower:.3g}-{spread.upper:.3g})"


def progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


# --- the README -----------------------------------------------------------------------------------

Runs = dict[str, dict[str, Any]]


def readme(runs: Runs) -> str:
    """Return the README's section: where it was measured, the table, what else is worth a word."""
    first, names = next(iter(runs.values())), " / ".join(runs)
    clock = {"wall": "wall-clock", "cpu": "CPU"}[first["pace"]["clock"]]
    commit = (first["machine"]["commit"] or "unknown")[:12]
    where = (
        f"{machine.summary(first)}, commit {commit}; one thread, medians of {clock} times of "
        "interleaved rounds, every result checked first. Times of fastmel, and how many times as "
        f"long the others take, with {names}:"
    )
    paragraphs = [where, compact(_speeds(runs)), " ".join(_sentences(first))]
    return "\n\n".join([_PICTURE, *(p if p[0] == "|" else fill(p, 120) for p in paragraphs if p)])


def _speeds(runs: Runs) -> Iterator[list[str]]:
    yield ["work", "fastmel", "the others"]
    for key, case in next(iter(runs.values()))["cases"].items():
        if case["kind"] == "patched" or key in ("bare_fft", "threads"):
            continue
        found = [run["cases"].get(key, {"contenders": {}})["contenders"] for run in runs.values()]
        mine = [n for n, c in case["contenders"].items() if n.startswith("fastmel")]
        for ours in (name for name in mine if "out=" not in name):
            times = [seconds(c[ours]["seconds"]["median"]) if ours in c else "" for c in found]
            beside = []
            for name in (n for n in case["contenders"] if n not in mine and "out=" not in n):
                ratios = [c[name]["times"].get(ours) if name in c else None for c in found]
                words = " / ".join(f"{r['median']:.3g}" if r else "" for r in ratios)
                beside.append((name, f"{name.strip()} {words}"))
            # Indented is a part of ours, and its share of the time.
            parts = [words for name, words in beside if name.startswith(" ")]
            yield [
                case["title"] + ours.removeprefix("fastmel"),
                ", ".join([" / ".join(times), *parts]),
                ", ".join(words for name, words in beside if not name.startswith(" ")),
            ]


def _sentences(facts: dict[str, Any]) -> Iterator[str]:
    cases = facts["cases"]
    if "bare_fft" in cases:
        chain, *peers = cases["bare_fft"]["contenders"].items()
        name, fastest = min(peers, key=lambda item: item[1]["seconds"]["median"])
        share = 1 / fastest["times"][chain[0]]["median"]
        yield f"The whole single-precision log-mel takes {share:.2g} of the time of the fastest"
        yield f"*bare* real FFT of the same frames ({name})."
    if "memory" in facts:
        most = {n: max(mib.values()) for n, mib in facts["memory"].items()}
        ours = max(mib for name, mib in most.items() if name.startswith("fastmel"))
        yield f"No log-mel of ten minutes holds more than {ours:.0f} MiB beside its input and"
        yield f"output (librosa: {most['librosa']:.0f} MiB)."
    patched = {c["title"]: c["contenders"] for c in cases.values() if c["kind"] == "patched"}
    ratios = {
        title: c["not patched"]["times"]["patched"]["median"]
        for title, c in patched.items()
        if "not patched" in c
    }
    whole = {t.partition(": ")[2]: r for t, r in ratios.items() if "Extractor, 30 s" in t}
    if whole:
        words = ", ".join(f"{r:.3g} ({t.partition('Feature')[0]})" for t, r in whole.items())
        yield f"Patched, whole calls of transformers' extractors over 30 s are {words} times as"
        yield "fast;"
        slower = {title: r for title, r in ratios.items() if r < 1}
        words = ", ".join(f"{title} ({r:.2g} times as fast)" for title, r in slower.items())
        yield f"of {len(ratios) - len(whole)} short calls, {len(slower)} are slower: {words}."


def main() -> None:
    """Write what the stored runs found: the README's picture and table, and the targets."""
    runs = targets.stored(CPU)
    first = next(iter(runs.values()))
    chart.draw(
        first, _ROOT / "docs" / "img" / "speed.svg", ["log_mel", "whisper", "stft", "loader"]
    )
    put(_ROOT / "README.md", "speed", readme(runs))
    put(PERFORMANCE, "goals", markdown(targets.table(targets.all_stored())))


if __name__ == "__main__":
    main()
