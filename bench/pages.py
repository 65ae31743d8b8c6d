"""Sections of a page that are written by different commands, each between two marks."""

import re
from pathlib import Path

PERFORMANCE = Path(__file__).parents[1] / "docs" / "performance.md"
FRONT_ENDS = "front ends"  # what `bench.frontends` writes into the page of `bench.accuracy`


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
