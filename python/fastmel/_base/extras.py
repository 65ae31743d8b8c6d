"""Import of optional dependencies, with an error that says how to get them."""

from __future__ import annotations

import importlib
from typing import Any


def require(module: str, *, what: str, extra: str | None = None) -> Any:
    """Import an optional module; where it is missing, say what needs it, and how to get it."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        # A broken dependency of an installed module is another problem: do not hide it.
        if error.name != module.partition(".")[0]:
            raise
        package = f'"fastmel[{extra}]", or pip install {error.name}' if extra else error.name
        raise ModuleNotFoundError(
            f"{what} needs {error.name}, which is not installed: pip install {package}",
            name=error.name,
        ) from None
