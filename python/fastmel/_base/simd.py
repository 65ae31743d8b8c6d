"""What the core was built for, and what it runs on here."""

from __future__ import annotations

import os
from typing import Any

from .. import _core


def simd_info() -> dict[str, Any]:
    """Describe the instruction sets of this build and machine.

    Returns
    -------
    dict
        "compiled" and "available": names of instruction sets, best first; "active": the one in
        use; "forced": the value of FASTMEL_SIMD, or None; "lanes": frames that are computed at once
        in {"single": ..., "double": ...}; "compiler", "flags", "build_type", "assertions",
        "pybind11": facts of the build; "version": of the core.

    Raises
    ------
    ValueError
        If FASTMEL_SIMD names an instruction set that this build or machine does not offer.

    Examples
    --------
    >>> import fastmel
    >>> info = fastmel.simd_info()
    >>> info["active"] in info["available"]
    True
    """
    active = _core.active_variant()
    return {
        "compiled": _core.compiled_variants(),
        "available": _core.available_variants(),
        "active": active,
        "forced": os.environ.get("FASTMEL_SIMD") or None,
        "lanes": {p: _core.lanes(active, p) for p in ("single", "double")},
        **_core.build_info(),
        "version": _core.__version__,
    }
