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
    import fastmel

    if name is not None:
        _describe(name)
        return
    rows = [["NAME", "RATE", "FFT", "HOP", "FEATURES", "WHAT"]]
    for entry, description in fastmel.frontends().items():
        fe = fastmel.frontend(entry)
        config = fe.config
        rows.append(
            [
                entry,
                rate(fe.sample_rate),
                str(config.n_fft),
                str(config.hop_length),
                str(fe.n_features),
                description,
            ]
        )
    click.echo("\n".join(table(rows, right=(1, 2, 3, 4))))
    click.echo("\nAll parameters of one: fastmel frontends NAME")


def _describe(name: str) -> None:
    from dataclasses import fields

    import fastmel

    config = fastmel.frontend(name).config
    click.echo(name)
    rows = [[f"  {field.name}", repr(getattr(config, field.name))] for field in fields(config)]
    click.echo("\n".join(table(rows)))
