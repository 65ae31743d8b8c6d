"""Store what the originals that install return.

Run in `tests` as ``python -m originals.make_installed``, in an environment as that of `nox -s
originals`. It writes all rows anew, so that one set of versions stands beside them.
"""

from . import registry
from .compare import samples
from .signals import as_float
from .storage import store, versions

# Those of docs/accuracy.md, and those that most often go wrong.
SIGNALS = ("speech", "music", "noise", "silence", "short", "clipped, int16")


def main():
    outputs = {
        (row, name): original(as_float(samples(row, name)))
        for row, original in registry.live().items()
        for name in SIGNALS
    }
    store("installed", outputs, versions(*registry.PACKAGES, "numpy", "scipy"))


if __name__ == "__main__":
    main()
