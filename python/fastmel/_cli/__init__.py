"""The ``fastmel`` command. Its dependencies are in the extra ``fastmel[cli]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the ``fastmel`` command.

    Parameters
    ----------
    arguments : sequence of str or None, default None
        What follows the program's name; None takes it from ``sys.argv``.

    Returns
    -------
    int
        Exit code: 0 all well, 1 something failed, 2 wrong usage, 128 + N stopped by signal N.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    fastmel ...
    0
    """
    try:
        import click  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "click":
            raise
        print('the fastmel command needs click: pip install "fastmel[cli]"', file=sys.stderr)
        return 1
    from ._app import run

    return run(arguments)
