"""Results as one page that needs nothing else: for a browser, light or dark."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from .._base.text import seconds
from . import machine, text
from .text import Facts

_STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#22303c, #dde5ec);
  --faint: light-dark(#5c6b79, #93a1ae); --ours: light-dark(#d24a22, #ff7a52);
  --theirs: light-dark(#b8c4ce, #4d5b68); --ground: light-dark(#fff, #14191e); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h2 { font-size: 1.05rem; margin: 2rem 0 .4rem; }
p, small, th { color: var(--faint); font-weight: normal; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .15rem .6rem; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: pre; }
td:last-child, th:last-child { width: 34%; }
.bar { display: block; height: .8rem; min-width: 2px; background: var(--theirs); }
.ours .bar { background: var(--ours); }
.ours td:first-child { font-weight: 600; }
pre { overflow: auto; font-size: 12px; }
"""


def write(facts: Facts, path: Path) -> None:
    title = "fastmel beside the libraries on this machine"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8>",
        "<meta name=viewport content='width=device-width'>",
        f"<title>{title}</title><style>{_STYLE}</style><h1>{title}</h1>",
        f"<p>{escape(machine.summary(facts))}</p><p>{escape(text.legend(facts))}</p>",
        *_tables(facts["cases"]),
        "<h2>The machine</h2>",
        f"<pre>{escape(json.dumps(facts['machine'], indent=1))}</pre></html>",
    ]
    path.write_text("\n".join(parts) + "\n", encoding="utf-8")


def _tables(cases: Facts) -> Iterator[str]:
    for patched, group in itertools.groupby(cases.values(), lambda c: c["kind"] == "patched"):
        if patched:
            yield "<h2>Calls, not patched and patched</h2><table>"
            yield "<tr><th><th>not patched<th>patched<th>times<th>"
            yield from map(_patched_row, group)
            yield "</table>"
            continue
        for case in group:
            yield from _table(case)


def _table(case: Facts) -> Iterator[str]:
    speed = "<th>times real time" * bool(case["audio"])
    yield f"<h2>{escape(case['title'])}</h2><table>"
    yield f"<tr><th><th>median<th>middle half<th>times<th>off by{speed}<th>"
    longest = max(c["seconds"]["median"] for c in case["contenders"].values())
    for name, c in case["contenders"].items():
        median = c["seconds"]["median"]
        speed = f"<td>{case['audio'] / median:,.0f}" if case["audio"] else ""
        yield (
            f"<tr{' class=ours' * c['ours']}><td>{escape(name)}<td>{seconds(median)}"
            f"<td>{text.spread(c)}<td>{text.times(c, text.base(case))}<td>{c['off_by']:.0e}"
            f"{speed}<td>{_bar(median / longest)}"
        )
    yield "</table>"
    notes = [f"{n.strip()}: {c['note']}" for n, c in case["contenders"].items() if c["note"]]
    yield f"<small>{escape('. '.join(notes))}</small>"


def _patched_row(case: Facts) -> str:
    plain, patched = (case["contenders"][n] for n in ("not patched", "patched"))
    medians = [c["seconds"]["median"] for c in (plain, patched)]
    return (
        f"<tr class=ours><td>{escape(case['title'])}<td>{seconds(medians[0])}"
        f"<td>{seconds(medians[1])}<td>{text.times(plain, 'patched')}"
        f"<td>{_bar(min(1.0, medians[1] / medians[0]))}"
    )


def _bar(share: float) -> str:
    return f"<span class=bar style='width:{100 * share:.2f}%'></span>"
