"""Results as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._base.text import seconds
from . import machine, text
from .text import Facts

TIMES = "\N{MULTIPLICATION SIGN}"
OURS, THEIRS, INK, FAINT = "#e4572e", "#b8c4ce", "#22303c", "#6b7a88"


def draw(facts: Facts, path: Path, keys: Sequence[str] = ()) -> None:
    """Draw these cases, by default all that are not of single patched calls."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    every = {k: case for k, case in facts["cases"].items() if case["kind"] != "patched"}
    cases = [every[key] for key in keys or every if key in every]
    style: Any = {
        "font.family": "sans-serif",
        "font.sans-serif": ["Inter", "Helvetica Neue", "Arial", "DejaVu Sans"],
        "font.size": 10,
        "text.color": INK,
        "svg.hashsalt": "fastmel",  # the same picture is the same file
    }
    with pyplot.rc_context(style):
        rows = max(1, -(-len(cases) // 2))
        figure, axes = pyplot.subplots(
            rows, max(1, min(2, len(cases))), figsize=(10.5, 0.9 + 2.75 * rows), squeeze=False
        )
        for ax, case in zip(axes.flat, cases, strict=False):
            _panel(ax, case)
        for ax in axes.flat[len(cases) :]:
            ax.axis("off")
        figure.text(0.5, 0.012, _footer(facts), ha="center", fontsize=8, color=FAINT)
        figure.tight_layout(rect=(0, 0.16 / rows, 1, 1), w_pad=3, h_pad=2)
        # No date: the same results give the same file.
        metadata = {"Date": None} if path.suffix == ".svg" else None
        figure.savefig(path, dpi=160, facecolor="white", metadata=metadata)
        pyplot.close(figure)


def _panel(ax: Any, case: Facts) -> None:
    """One bar a library, the fastest on top; the line is the middle half of its times."""
    parts = [n for n in case["contenders"] if "out=" in n or n.startswith(" ")]
    shown = {n: c for n, c in case["contenders"].items() if n not in parts}
    names = sorted(shown, key=lambda name: shown[name]["seconds"]["median"])
    longest = max(c["seconds"]["upper"] for c in shown.values())
    first = text.base(case)
    for row, name in enumerate(names):
        c, t = shown[name], shown[name]["seconds"]
        ax.barh(row, t["median"], height=0.68, color=OURS if c["ours"] else THEIRS)
        ax.plot([t["lower"], t["upper"]], [row, row], color=INK, lw=1, alpha=0.55)
        label = seconds(t["median"])
        if first and not c["ours"]:
            label += f"   {c['times'][first]['median']:.3g}{TIMES}"
        ax.text(
            max(t["median"], t["upper"]) + 0.025 * longest, row, label, va="center",
            weight="bold" if c["ours"] else "normal",
        )  # fmt: skip
    ax.set_yticks(range(len(names)), names, color=INK)
    for tick, name in zip(ax.get_yticklabels(), names, strict=True):
        tick.set_weight("bold" if shown[name]["ours"] else "normal")
    ax.invert_yaxis()
    ax.set_xlim(0, 1.5 * longest)  # room for the words
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    title, _, details = case["title"].partition(", ")
    ax.set_title(title, loc="left", weight="bold", fontsize=11.5, pad=20)
    ax.text(0, 1.045, details, transform=ax.transAxes, fontsize=8.5, color=FAINT)


def _footer(facts: Facts) -> str:
    return (
        "Shorter is better: medians of calls taken in turns, lines for the middle half, one thread "
        f"where nothing else is said.\n{machine.summary(facts)}."
    )
