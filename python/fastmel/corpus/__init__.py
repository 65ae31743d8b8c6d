"""Features of a corpus: from files, folders and manifests to shards that are read back lazily.

:func:`read_items` says what there is to do, :func:`extract` does it, :func:`open_features` reads
what was made, :func:`verify` checks it, and :func:`merge` joins the parts that several machines
made. The command ``fastmel`` is a front of these.

Examples
--------
>>> import tempfile
>>> from pathlib import Path
>>> from fastmel import corpus
>>> folder = Path(tempfile.mkdtemp())
>>> for name in ("a.wav", "b.flac", "notes.txt"):
...     (folder / name).touch()
>>> [item.id for item in corpus.read_items(folder)]
['a', 'b']
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._item import Audio, Bytes, Item, Slice

if TYPE_CHECKING:
    from ._extract import extract
    from ._inputs import InputError, read_items
    from ._measuring import statistics
    from ._merge import merge
    from ._progress import Summary
    from ._stats import Statistics
    from ._store import Features, open_features
    from ._verify import Problem, Report, verify

__all__ = [
    "Audio",
    "Bytes",
    "Features",
    "InputError",
    "Item",
    "Problem",
    "Report",
    "Slice",
    "Statistics",
    "Summary",
    "extract",
    "merge",
    "open_features",
    "read_items",
    "statistics",
    "verify",
]
__dir__ = __all__.copy

# What is used by itself loads by itself.
_HOMES = {
    "Features": "._store",
    "InputError": "._inputs",
    "Problem": "._verify",
    "Report": "._verify",
    "Statistics": "._stats",
    "Summary": "._progress",
    "extract": "._extract",
    "merge": "._merge",
    "open_features": "._store",
    "read_items": "._inputs",
    "statistics": "._measuring",
    "verify": "._verify",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
