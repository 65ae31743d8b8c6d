"""``fastmel frontends``: the catalogue."""

from __future__ import annotations

import click

from ._text import rate, table


@click.command(
    short_help="List the front ends, or describe one.",
    epilog="""\b
Examples:
  fastmel frontends                  the table
  fastmel frontends whisper          every parameter of one of them""",
)
@click.argument("name", required=False)
def frontends(name: str | None) -> None:
    """List the front ends, or every parameter of the one called NAME.

    A front end is the exact chain from samples to features that a model or library expects: its
    sample rate, FFT, mel bands, logarithm and normalisation.
    """
    from ..catalogue import CATALOGUE

    if name is not None:
        _describe(name)
        return
    rows = [["NAME", "RATE", "FFT", "HOP", "FEATURES", "WHAT IT COMPUTES, AND ITS SOURCE"]]
    for name, entry in CATALOGUE.items():
        config = entry.config
        sizes = (config.n_fft, config.hop_length, config.n_mels)
        rows.append([name, rate(config.sample_rate), *map(str, sizes), entry.description])
        rows.append(["", "", "", "", "", entry.source])
    click.echo("\n".join(table(rows, right=(1, 2, 3, 4))))
    click.echo("\nAll parameters of one: fastmel frontends NAME")


def _describe(name: str) -> None:
    from dataclasses import fields

    from ..catalogue import CATALOGUE
    from ._options import frontend_named

    config = frontend_named(name).config
    entry = CATALOGUE[name]
    click.echo(click.style(f"{name}: {entry.description}", bold=True))
    click.echo(f"Source: {entry.source}")
    if entry.models:
        click.echo(f"Used by: {', '.join(entry.models)}")
    click.echo("\nfastmel.MelConfig with")
    rows = [[f"  {field.name}", repr(getattr(config, field.name))] for field in fields(config)]
    click.echo("\n".join(table(rows)))
