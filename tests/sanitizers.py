"""Which sanitizer is loaded before Python, as `nox -s sanitize` does."""

import os

_loaded = os.environ.get("LD_PRELOAD", "")
asan, sanitized = "asan" in _loaded, "san" in _loaded
