"""`python -m bench`: see bench/README.md."""

import json
import re
from typing import Any

import click
from fastmel._bench.cases import CASES
from fastmel._cli.bench import measured, options

from . import fft, pages, processes, targets

CASES["bare_fft"] = fft.bare_fft


@click.command()
@options
@click.option(
    "--save", metavar="CPU", help="Keep the results, for python -m bench.pages: zen4, zen5, ..."
)
@click.option("--check", is_flag=True, help="Exit with 1 if a target is missed.")
def main(save: str | None, check: bool, **chosen: Any) -> None:
    """Run `fastmel bench`, all of it if nothing is named, and say what became of our targets."""
    if save is not None and not re.fullmatch("[a-z0-9]+", save):
        raise click.BadParameter("the name of a CPU is letters and digits", param_hint="--save")
    whole = not chosen["cases"]
    facts = measured(**chosen | {"every": whole})
    if whole:
        facts["memory"] = processes.memory(pages.progress)
        facts["import_time"] = processes.import_time(pages.progress)
        click.echo("\n" + processes.memory_table(facts["memory"]))
        click.echo("\n" + processes.import_table(facts["import_time"]))
    missed = [outcome for outcome in targets.outcomes(facts) if not outcome.reached]
    for outcome in missed:
        target = outcome.target
        click.echo(f"missed: {outcome.title}, {target.ours} beside {target.peer}: {outcome}")
    if save:
        path = targets.RESULTS / save / f"{facts['machine']['simd']['active']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(facts) + "\n", encoding="utf-8")
    raise SystemExit(bool(check and missed))


main()
