"""The arithmetic peak of a core: vector additions and multiplications that wait for nothing.

No fused multiply-add, since fastmel uses none. The loops of peak.c are compiled by `cc` for each
instruction set; what counts is the fastest of additions, multiplications, and one of each in turn,
which may have more ports between them than either has.
"""

import ctypes
import functools
import os
import subprocess
import tempfile
import time
from pathlib import Path

_SOURCE = Path(__file__).with_name("peak.c")
_LOOPS = ("additions", "multiplications", "both")
# For each instruction set of the core: bytes of a vector, and flags of the compiler.
_VECTORS = {
    "avx512": (64, ["-mavx512f"]),
    "avx2": (32, ["-mavx2"]),
    "baseline": (16, []),
    "neon": (16, []),
}
_REALS = {"single": ("float", ctypes.c_float), "double": ("double", ctypes.c_double)}


@functools.cache
def operations_per_second(variant: str, precision: str) -> float:
    """Return additions or multiplications of numbers, not vectors, a second on one core."""
    real, c_type = _REALS[precision]
    width, flags = _VECTORS[variant]
    command = [os.environ.get("CC", "cc"), "-O2", "-ffp-contract=off", "-shared", "-fPIC", *flags]
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "peak.so"
        command += [f"-DREAL={real}", f"-DWIDTH={width}", "-o", str(library), str(_SOURCE)]
        subprocess.run(command, check=True)
        loops = ctypes.CDLL(str(library))
    return max(_rate(getattr(loops, name), loops.operations(), c_type) for name in _LOOPS)


def _rate(loop, operations: int, c_type: type, times: int = 100_000, rounds: int = 25) -> float:
    loop.argtypes, loop.restype = [ctypes.c_long, c_type, c_type], c_type
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        loop(times, 0, 1)
        best = min(best, time.perf_counter() - start)
    return operations * times / best
