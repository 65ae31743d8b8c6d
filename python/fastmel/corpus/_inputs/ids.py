"""Names of items: made of paths, checked, and each taken once."""

from __future__ import annotations

import os
import re
from array import array
from unicodedata import category

from ..._base.checks import brief
from .errors import Wrong

_ODD = re.compile(r"[\x00-\x1f\x7f-\x9f\\\u2028\u2029\ud800-\udfff]")


def check_id(id: str) -> None:
    """Raise unless a name can be that of a file below a folder, on every system."""
    if not id:
        raise Wrong("the id is empty")
    if odd := _ODD.search(id):
        kind = {"\\": "a backslash"}.get(odd[0], f"a {_KINDS.get(category(odd[0]), 'control')}")
        raise Wrong(f"the id {brief(id)} contains {kind}")
    if "/" not in id and id not in (".", ".."):
        return
    if id.startswith("/"):
        raise Wrong(f"the id {brief(id)} is an absolute path")
    if wrong := {"", ".", ".."}.intersection(id.split("/")):
        raise Wrong(f"the id {brief(id)} has {min(wrong)!r} as a part of its path")


_KINDS = {"Cs": "byte that is no UTF-8", "Zl": "line separator", "Zp": "paragraph separator"}
_KINDS["Cc"] = "control character"


def id_of_path(path: str, *, keep_suffix: bool = False) -> str:
    """Return the name of a file's features: its path, without what leads out of a folder.

    Characters that names may not have, such as the bytes of another encoding, become %XX.

    Examples
    --------
    >>> id_of_path("./clips//a.b.wav"), id_of_path("/data/x.flac", keep_suffix=True)
    ('clips/a.b', 'data/x.flac')
    """
    path = os.path.normpath(path)
    if path.startswith(os.pardir + os.sep):
        path = os.path.abspath(path)
    below = os.path.splitdrive(path)[1].lstrip(os.sep)
    name = below if keep_suffix else os.path.splitext(below)[0]
    return _ODD.sub(_escaped, name.replace(os.sep, "/"))


def _escaped(odd: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in os.fsencode(odd[0]))


def id_of_part(id: str, start: float, duration: float | None, channel: int | None) -> str:
    """Return the name of a part that has none: its recording's, with milliseconds and channel.

    Examples
    --------
    >>> id_of_part("talk", 1.5, 2.25, None)
    'talk-00001500-00003750'
    """
    times = [start] if duration is None else [start, start + duration]
    if start == 0 and duration is None:
        times = []
    words = [f"{round(1000 * time):08d}" for time in times]
    if channel is not None:
        words.append(f"c{channel}")
    return "-".join([id, *words])


class Seen:
    """Names that came before, of which 64 bits are kept: 10 to 15 bytes a name.

    Two names of ten million are taken for one with a probability of 3 in a million. The table is in
    parts that grow one by one, so that growing neither stalls nor holds the table twice.
    """

    _PARTS = 256

    def __init__(self) -> None:
        self._tables = [array("Q", bytes(8 * 64)) for _ in range(self._PARTS)]
        self._counts = [0] * self._PARTS

    def add(self, id: str) -> bool:
        """Add a name; return whether it is new."""
        code = hash(id) & 0xFFFFFFFFFFFFFFFF or 1
        part = code % self._PARTS
        table = self._tables[part]
        if not _put(table, code):
            return False
        self._counts[part] += 1
        if self._counts[part] * 5 > len(table) * 4:
            self._tables[part] = _larger(table)
        return True


def _put(table: array[int], code: int) -> bool:
    size = len(table)
    slot = (code >> 8) % size
    while there := table[slot]:
        if there == code:
            return False
        slot = slot + 1 if slot + 1 < size else 0
    table[slot] = code
    return True


def _larger(table: array[int]) -> array[int]:
    larger = array("Q", bytes(8 * (len(table) * 3 // 2)))
    for code in table:
        if code:
            _put(larger, code)
    return larger
