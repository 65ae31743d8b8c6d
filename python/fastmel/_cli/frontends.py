"""``fastmel frontends``: the catalogue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from .._base.text import count, rate
from ._printing import show

if TYPE_CHECKING:
    from .._catalogue.entry import Entry


@click.command(
    short_help="List the front ends (kinds of features), or describe one.",
    epilog="""\b
Examples:
  fastmel frontends                  all of them, by family
  fastmel frontends mfcc             those whose name, models, notes, ... have the word
  fastmel frontends whisper          all about the one of that name
  fastmel frontends --json           the whole catalogue, for programs""",
)
@click.argument("text", metavar="[NAME | WORD]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print every parameter as JSON.")
def frontends(text: str | None, as_json: bool) -> None:
    """List the front ends, those that have a WORD, or all about the one called NAME.

    A front end is the exact chain from samples to features that a model or library expects: its
    sample rate, FFT, mel bands, logarithm and normalisation.
    """
    from .._catalogue import CATALOGUE, FAMILIES
    from .._catalogue.checkpoints import row_of

    text = text and (row_of(text) or text)
    if text is None:
        found = FAMILIES
    elif text in CATALOGUE:
        found = {f: {text: rows[text]} for f, rows in FAMILIES.items() if text in rows}
    else:
        found = _having(text)
    if as_json:
        records = {n: _record(f, e) for f, rows in found.items() for n, e in rows.items()}
        click.echo(json.dumps(records, indent=1))
    elif text in CATALOGUE:
        family = next(iter(found))
        _describe(text, family, CATALOGUE[text])
    else:
        _list(found)


def _having(word: str) -> dict[str, dict[str, Entry]]:
    """Return the rows that have a word somewhere; none is a wrong usage."""
    from .._catalogue import CATALOGUE, FAMILIES
    from .._frontend.named import named

    def has(family: str, name: str, entry: Entry) -> bool:
        texts = (family, name, entry.description, entry.source, *entry.models, entry.notes)
        return any(word.lower() in text.lower() for text in texts)

    found = {
        family: {name: entry for name, entry in rows.items() if has(family, name, entry)}
        for family, rows in FAMILIES.items()
    }
    if not any(found.values()):
        try:
            named(word, CATALOGUE)
        except ValueError as error:
            raise click.UsageError(str(error)) from None
    return {family: rows for family, rows in found.items() if rows}


# --- a list ---------------------------------------------------------------------------------------


def _list(families: dict[str, dict[str, Entry]]) -> None:
    from .._base.terminal import title

    head = ("NAME", "RATE", "FFT", "HOP", "FEATURES", "WHAT IT COMPUTES")
    rows: list[list[Any]] = []
    for family, entries in families.items():
        rows += [[""] * 6, [title(family), *[""] * 5]]
        rows += [_row(*item) for item in entries.items()]
    show(rows, head=head, right=(1, 2, 3, 4))
    n = sum(map(len, families.values()))
    click.echo(f"\n{count(n, 'front end')}. All about one: fastmel frontends NAME")


def _row(name: str, entry: Entry) -> list[str]:
    config = entry.config
    numbers = (config.n_fft, config.hop_length, entry.config.n_features)
    return [name, rate(config.sample_rate), *map(str, numbers), entry.description]


# --- all about one --------------------------------------------------------------------------------


def _describe(name: str, family: str, entry: Entry) -> None:
    click.echo(click.style(f"{name}: {entry.description}", bold=True))
    rows = [
        ["Family", family],
        ["Source", entry.source],
        ["Used by", ", ".join(entry.models)],
        ["Notes", entry.notes],
        ["Input", f"samples at {rate(entry.config.sample_rate)}"],
        ["Result", f"array ({', '.join(entry.axes)}), {entry.config.n_features} features"],
    ]
    show([row for row in rows if row[1]], most=100)
    changed = entry.config._changed()
    which = "these, and the defaults otherwise:" if changed else "the defaults"
    click.echo(f"\nfastmel.MelConfig with {which}")
    show([[f"  {name}", repr(value)] for name, value in changed.items()])
    click.echo(f'\nIn Python: fastmel.frontend("{name}")')


# --- for programs ---------------------------------------------------------------------------------


def _record(family: str, entry: Entry) -> dict[str, Any]:
    """Return everything about a row, as JSON has it."""
    return {
        "family": family,
        "description": entry.description,
        "source": entry.source,
        "models": entry.models,
        "notes": entry.notes,
        "n_features": entry.config.n_features,
        "axes": entry.axes,
        "config": json.loads(entry.config.to_json()),
    }
