"""The pages that show what is measured: `python -m bench.pages` writes them from bench/results.

Sections of a page are written by different commands, each between two marks.
"""

import re
import sys
from collections.abc import Iterable
from pathlib import Path

from fastmel._bench import chart, machine
from fastmel._bench.measure import Spread

from . import targets

_ROOT = Path(__file__).parents[1]
PERFORMANCE = _ROOT / "docs" / "performance.md"
FRONT_ENDS = "front ends"  # what `bench.frontends` writes into the page of `bench.accuracy`
_PICTURE = ["log_mel", "whisper", "stft", "one_second"]


def marked(name: str, text: str) -> str:
    """Return a section with the marks around it."""
    return f"<!-- begin {name} -->\n{text.strip()}\n<!-- end {name} -->\n"


def section(page: str, name: str) -> str | None:
    """Return a section of a page with its marks, or None where it has no such section."""
    begin, end = (re.escape(f"<!-- {word} {name} -->") for word in ("begin", "end"))
    found = re.search(f"{begin}.*?{end}\n?", page, re.DOTALL)
    return found.group() if found else None


def put(path: Path, name: str, text: str) -> None:
    """Write a section of a page: in place of what it has, or at the end."""
    page = path.read_text(encoding="utf-8") if path.exists() else ""
    new, old = marked(name, text), section(page, name)
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


def ratio(spread: Spread) -> str:
    return f"{spread:.3g} ({spread.lower:.3g}-{spread.upper:.3g})"


def progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)


def main() -> None:
    """Write what the stored runs found: the README's picture and table, and the targets."""
    runs = targets.stored()
    first = next(iter(runs.values()))
    chart.draw(first, _ROOT / "docs" / "img" / "speed.svg", _PICTURE)
    where = f"{machine.summary(first)}, commit {(first['machine']['commit'] or 'unknown')[:12]}."
    put(_ROOT / "README.md", "speed", f"{where}\n\n{markdown(targets.speeds(runs))}")
    put(PERFORMANCE, "goals", markdown(targets.table(runs)))


if __name__ == "__main__":
    main()
