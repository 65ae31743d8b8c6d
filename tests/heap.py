"""What is allocated, as the C library counts it: the same in every run, unlike resident pages."""

import ctypes
import sys

import pytest


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    ]


_mallinfo2 = None
if sys.platform.startswith("linux"):
    _mallinfo2 = getattr(ctypes.CDLL(None), "mallinfo2", None)  # glibc 2.33
if _mallinfo2:
    _mallinfo2.restype = _Mallinfo2


def allocated():
    """Return the bytes that are in use, or 0 where nothing says so.

    Python's own objects are among them with PYTHONMALLOC=malloc.
    """
    heap = _mallinfo2() if _mallinfo2 else _Mallinfo2()
    return heap.uordblks + heap.hblkhd


needs_heap = pytest.mark.skipif(not allocated(), reason="needs glibc 2.33, and no sanitizer")
