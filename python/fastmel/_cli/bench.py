"""``fastmel bench``: this machine, against the libraries that are installed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .._base.extras import require
from .._base.text import printable
from ._options import FILE, together

if TYPE_CHECKING:
    from .._bench.run import Result


def _known(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> Any:
    from .._bench.cases import CASES

    for name in names:
        if name not in CASES:
            raise click.BadParameter(f"{name!r}: there are {', '.join(CASES)}")
    return names


options = together(
    click.argument("cases", nargs=-1, metavar="[CASE]...", callback=_known),
    click.option("--all", "every", is_flag=True, help="Every case; see below."),
    click.option("--rounds", type=click.IntRange(min=3), metavar="N", default=7, show_default=True,
        help="Turns that each library takes, at least."),
    click.option("--seconds", type=click.FloatRange(min=0, max=600), metavar="SECONDS", default=3.0,
        show_default=True, help="Take more turns until each case has had so long."),
    click.option("--clock", type=click.Choice(["wall", "cpu"]), default="wall", show_default=True,
        help="cpu on a machine that is busy with other things."),
    click.option("--pin", type=click.IntRange(min=0), metavar="CPU", help="Stay on this CPU."),
    click.option("--json", "json_", type=FILE, help="Write all figures and the machine's facts."),
    click.option("--html", type=FILE, help="Write a page for a browser."),
    click.option("--png", type=FILE, help="Draw a chart (.png, .svg, .pdf)."),
)  # fmt: skip


@click.command(
    short_help="Time fastmel beside the libraries you have.",
    epilog="""\b
Examples:
  fastmel bench                                     a minute, what most want to know
  fastmel bench whisper file                        these cases
  fastmel bench --all --html bench.html             everything, as a page

\b
Cases: log_mel whisper kaldi vocoder mfcc one_second, stft pcen power_to_db,
file (decoding and resampling too), batch loader threads (many clips),
extractors patched (fastmel.patch). Without names: log_mel, whisper, kaldi,
one_second, file, batch and loader.

Peers are measured if they are installed: librosa, torch, torchaudio, openai-whisper,
faster-whisper, transformers, kaldi-native-fbank, asrfront, audioflux. Their results are compared
with the formula in float64 before any time counts.""",
)
@options
def bench(**chosen: Any) -> int:
    """Measure fastmel beside other libraries on this machine, one thread each.

    They take turns, so that a machine that slows down slows all of them. Printed are the median
    time, its middle half, how many times fastmel's time it is, and how far each result is from the
    exact one.
    """
    from .._bench.run import OTHER_WORK

    facts = measured(**chosen)
    return int(any(why.startswith(OTHER_WORK) for why in _reasons(facts)))


def measured(
    *,
    cases: tuple[str, ...],
    every: bool,
    rounds: int,
    seconds: float,
    clock: str,
    pin: int | None,
    json_: Path | None,
    html: Path | None,
    png: Path | None,
) -> dict[str, Any]:
    """Run a benchmark, show it, write what is asked for; return what it found."""
    from .._bench import html as page
    from .._bench import machine, text
    from .._bench.cases import CASES, SHORT
    from .._bench.measure import Pace
    from .._bench.run import record, results

    if png:
        require("matplotlib", extra="plot", what="drawing")
    pace = Pace(seconds, (rounds, 200), clock)
    described = {"machine": machine.describe()}
    click.echo(machine.summary(described))
    packages = described["machine"]["packages"]
    click.echo(", ".join(f"{name} {v}" for name, v in packages.items() if name != "fastmel") + "\n")
    keys = list(cases) or list(CASES if every else SHORT)
    facts = record(_shown(results(keys, pace, _log, pin=pin)), pace, pin=pin)
    click.echo(click.wrap_text(text.legend(facts), 100))
    for path in filter(None, (json_, html, png)):
        path.parent.mkdir(parents=True, exist_ok=True)
    if json_:
        json_.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    if html:
        page.write(facts, html)
    if png:
        from .._bench import chart

        chart.draw(facts, png)
    return facts


def _shown(results: Iterator[Result]) -> Iterator[Result]:
    """Print results as they come; patched calls, which share a table, when all are there."""
    from .._bench import text

    blocks = (getattr(sys.stdout, "encoding", None) or "ascii").lower().startswith("utf")
    patched: dict[str, Any] = {}
    for result in results:
        case = {result.case.key: result.as_dict()}
        if result.case.kind == "patched":
            patched |= case
        else:
            click.echo("\n".join(text.lines(case, blocks=blocks)))
        yield result
    if patched:
        click.echo("\n".join(text.lines(patched, blocks=blocks)))


def _log(message: str) -> None:
    click.echo(printable(message), err=True)


def _reasons(facts: dict[str, Any]) -> Iterator[str]:
    for case in facts["cases"].values():
        yield from case["left_out"].values()
