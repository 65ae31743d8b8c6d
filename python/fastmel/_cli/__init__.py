"""The ``fastmel`` command. Its dependencies are in the extra ``fastmel[cli]``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.util import find_spec


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
    for module in ("click", "rich"):
        if find_spec(module) is None:
            hint = f'the fastmel command needs {module}: pip install "fastmel[cli]"'
            print(hint, file=sys.stderr)
            return 1
    from ._app import run

    return run(arguments)
