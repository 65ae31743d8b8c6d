"""The results as a picture: `python -m bench.chart RESULTS PICTURE`."""

import argparse
import json
from pathlib import Path

PANELS = {
    "log_mel": ("librosa's log-mel", "60 s of audio, 2048/512/128"),
    "whisper": ("Whisper's log-mel", "30 s of audio, 400/160/80"),
    "stft": ("STFT", "60 s of audio, 2048/512"),
    "one_second": ("Whisper's log-mel, a short call", "1 s of audio, 400/160/80"),
}
TIMES = "\N{MULTIPLICATION SIGN}"
OURS, THEIRS, INK, FAINT = "#e4572e", "#b8c4ce", "#22303c", "#6b7a88"


def draw(facts: dict, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    cases = {key: facts["cases"][key] for key in PANELS if key in facts["cases"]}
    style = {
        "font.family": "sans-serif",
        "font.sans-serif": ["Inter", "Helvetica Neue", "Arial", "DejaVu Sans"],
        "font.size": 10,
        "text.color": INK,
        "svg.hashsalt": "fastmel",  # the same picture is the same file
    }
    with pyplot.rc_context(style):
        rows = -(-len(cases) // 2)
        figure, axes = pyplot.subplots(
            rows, min(2, len(cases)), figsize=(10.5, 0.9 + 2.75 * rows), squeeze=False
        )
        for ax, (key, case) in zip(axes.flat, cases.items(), strict=False):
            _panel(ax, PANELS[key], case)
        for ax in axes.flat[len(cases) :]:
            ax.axis("off")
        figure.text(
            0.5, 0.012, _footer(facts), ha="center", va="bottom", fontsize=8, color=FAINT
        )  # fmt: skip
        figure.tight_layout(rect=(0, 0.05, 1, 1), w_pad=3, h_pad=2)
        path.parent.mkdir(parents=True, exist_ok=True)
        # No date: the same results give the same file.
        figure.savefig(
            path,
            dpi=160,
            facecolor="white",
            metadata={"Date": None} if path.suffix == ".svg" else None,
        )
        pyplot.close(figure)


def _panel(ax, title: tuple[str, str], case: dict) -> None:
    """One bar a library, the fastest on top; the line is the middle half of its times."""
    ours = [name for name in case["times_ours"] if "out=" not in name]
    times = {n: t for n, t in case["seconds"].items() if "out=" not in n}
    names = sorted(times, key=lambda name: times[name]["median"])
    longest = max(t["median"] for t in times.values())
    for row, name in enumerate(names):
        t = times[name]
        mine = name in ours
        ax.barh(row, t["median"], height=0.68, color=OURS if mine else THEIRS)
        ax.plot([t["lower"], t["upper"]], [row, row], color=INK, lw=1, alpha=0.55)
        text = _time(t["median"])
        if not mine:
            text += f"   {_times(case['times_ours'][ours[0]][name]['median'])}"
        ax.text(
            max(t["median"], t["upper"]) + 0.025 * longest, row, text, va="center",
            weight="bold" if mine else "normal",
        )  # fmt: skip
    ax.set_yticks(range(len(names)), names)
    for label, name in zip(ax.get_yticklabels(), names, strict=True):
        label.set_weight("bold" if name in ours else "normal")
        label.set_color(INK)
    ax.invert_yaxis()
    ax.set_xlim(0, 1.32 * max(max(t["upper"], t["median"]) for t in times.values()))
    ax.set_xticks([])
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    ax.set_title(title[0], loc="left", weight="bold", fontsize=11.5, pad=20)
    ax.text(0, 1.045, title[1], transform=ax.transAxes, fontsize=8.5, color=FAINT)


def _time(seconds: float) -> str:
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    return f"{seconds * 1e3:.1f} ms" if seconds < 0.1 else f"{seconds * 1e3:.0f} ms"


def _times(ratio: float) -> str:
    return f"{ratio:.1f}" + TIMES if ratio < 10 else f"{ratio:.0f}" + TIMES


def _footer(facts: dict) -> str:
    where = facts["machine"]
    simd = where["simd"].get("active", "")
    return (
        "Shorter is better: one thread, medians of calls taken in turns, lines for the middle half."
        " Multiples are of fastmel's default, double precision in the left panels.\n"
        f"{where['cpu']}, fastmel on {simd}, Python {where['python']}. Made by `python -m bench`."
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.chart", description=__doc__)
    parser.add_argument("results", type=Path, help="what --json wrote")
    parser.add_argument("picture", type=Path, help=".svg or .png")
    args = parser.parse_args()
    draw(json.loads(args.results.read_text()), args.picture)


if __name__ == "__main__":
    main()
