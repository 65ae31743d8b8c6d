"""What several commands make of their options."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..frontend import FrontEnd


def frontend_named(name: str, sr: float | None = None) -> FrontEnd:
    """Return a front end; an unknown name is a wrong usage.

    Parameters
    ----------
    name : str
        Name in the catalogue.
    sr : float or None, default None
        Sample rate to compute at instead of its own.

    Returns
    -------
    FrontEnd
        The front end.
    """
    import fastmel

    if name not in fastmel.frontends():
        known = ", ".join(fastmel.frontends())
        raise click.UsageError(f"--frontend {name!r} is unknown: choose one of {known}")
    fe = fastmel.frontend(name)
    return fe if sr is None else fastmel.frontend(fe.config.replace(sample_rate=sr))
