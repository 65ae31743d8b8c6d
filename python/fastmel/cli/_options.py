"""What several commands make of their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..frontend import FrontEnd


def frontend_named(name: str, sr: int | None = None) -> FrontEnd:
    """Return a front end; an unknown name is a wrong usage.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    sr : int or None, default None
        Sample rate to compute at instead of its own.

    Returns
    -------
    FrontEnd
        The front end.
    """
    import fastmel

    try:
        fe = fastmel.frontend(name)
        if sr is None:
            return fe
        return fe.replace(sample_rate=sr)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
