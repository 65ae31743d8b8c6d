"""Write docs/frontends.md from the catalogue: ``python docs/make_frontends.py``.

``--check`` only says, by the exit code, whether the page is up to date.
"""

import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from fastmel import MelConfig
from fastmel._catalogue import CATALOGUE, FAMILIES
from fastmel._catalogue.entry import Entry
from fastmel.steps import Step

PAGE = Path(__file__).with_name("frontends.md")

INTRODUCTION = """\
# Front ends

<!-- Written by `python docs/make_frontends.py` from python/fastmel/_catalogue; do not edit. -->

The catalogue has {count} front ends. `fastmel.frontend(NAME)` makes one, `fastmel.frontends()` and
`fastmel frontends` list them, and `fastmel frontends NAME` shows every parameter of one. What is
not here is a [configuration](../python/fastmel/_engine/config.py) of your own:
`fastmel.frontend(fastmel.MelConfig(...))`, or `fastmel.frontend(NAME).config.replace(...)`.

How to read the tables:

- **Rate** is the sample rate in Hz that samples must have. The numbers below it are the lengths of
  the transform, of the window and of the hop, in samples.
- **Result** is the shape for one signal: T frames, or P patches. Below it is the precision of the
  computation, and the type of the result where it is not that of the samples. Leading axes are
  items.
- **Before** and **after** are what is done to the samples and to the features besides the chain:
  [steps](../python/fastmel/steps.py).

How far each is from its original, and how much faster, is measured: [accuracy](accuracy.md),
[speed](speed.md).
"""


def page() -> str:
    """Return the page."""
    lines = [INTRODUCTION.format(count=len(CATALOGUE))]
    for family, rows in FAMILIES.items():
        lines.append(f"- [{family}](#{family.lower().replace(' ', '-')}): {_listed(rows)}")
    for family, rows in FAMILIES.items():
        lines += ["", f"## {family}", "", *_table(rows)]
    return "\n".join([*lines, ""])


def _listed(rows: dict[str, Entry]) -> str:
    return ", ".join(f"`{name}`" for name in rows)


def _table(rows: dict[str, Entry]) -> Iterator[str]:
    yield "| Name | Rate; FFT / window / hop | Result | What it is |"
    yield "|---|---|---|---|"
    for name, entry in rows.items():
        yield f"| `{name}` | {_rate(entry.config)} | {_result(entry)} | {_what(entry)} |"


def _rate(config: MelConfig) -> str:
    lengths = (config.n_fft, config.win_length or config.n_fft, config.hop_length)
    return f"{config.sample_rate}<br>{' / '.join(map(str, lengths))}"


def _result(entry: Entry) -> str:
    """Return the shape, with what is known of it, and the precision."""
    sizes = {"features": str(entry.config.n_features), "frames": "T", "patches": "P"}
    for step in entry.config.after:
        values = {field.name: getattr(step, field.name) for field in fields(step)}
        if type(step).__name__ == "Patches":
            sizes["frames"] = str(values["frames"])
        elif "n_frames" in values:
            sizes["frames"] = str(values["n_frames"])
    kinds = [entry.config.precision, *filter(None, [entry.config.dtype])]
    return f"({', '.join(sizes[axis] for axis in entry.axes)})<br>{', '.join(kinds)}"


def _what(entry: Entry) -> str:
    parts = {
        "Models": ", ".join(entry.models),
        "Source": entry.source,
        "Before": ", ".join(map(_step, entry.config.before)),
        "After": ", ".join(map(_step, entry.config.after)),
        "Notes": entry.notes,
    }
    named = [f"*{title}:* {_plain(text)}" for title, text in parts.items() if text]
    return "<br>".join([f"**{_plain(entry.description)}**", *named])


def _step(step: Step) -> str:
    values = (f"{field.name}={getattr(step, field.name):g}" for field in fields(step))
    return f"{type(step).__name__}({', '.join(values)})"


def _plain(text: str) -> str:
    """Return text with what Markdown would take for its own marks escaped."""
    return "".join(f"\\{c}" if c in "|*_<>[]`" else c for c in text)


def main() -> int:
    """Write the page, or compare it."""
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page())
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
