"""What several commands make of their options."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from .._frontend.frontend import FrontEnd


FRONTEND_HELP = (
    "Which features: a name that fastmel frontends lists, or a FILE.json that extract wrote."
)


def frontend_named(name: str, sr: int | None = None) -> FrontEnd:
    """Return a front end; one that does not exist is a wrong usage.

    Parameters
    ----------
    name : str
        Name in the catalogue; or that of a file, which ends in .json, or its text.
    sr : int or None, default None
        Sample rate to compute at instead of its own.

    Returns
    -------
    FrontEnd
        The front end.
    """
    import fastmel

    try:
        if name.endswith(".json"):
            name = Path(name).read_text(encoding="utf-8-sig")
        fe = fastmel.frontend(name)
        if sr is None:
            return fe
        return fe.replace(sample_rate=sr)
    except (TypeError, ValueError) as error:
        raise click.UsageError(str(error)) from None
