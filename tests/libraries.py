"""Libraries that tests compare with, where they are installed.

With FASTMEL_TEST_ORIGINALS=all in the environment, a test whose library is missing fails instead.
"""

import contextlib
import importlib
import os
import sys
import warnings

import fastmel
import pytest

with contextlib.suppress(ImportError), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import numba_later  # noqa: F401 - before librosa is imported


def required(name, minversion=None):
    """Return a module, or skip the test; what it warns of on import is not ours to fix.

    All tests skip on one line for one reason, so that pytest's report has a line for each library.
    """
    library = name.partition(".")[0]
    reason = " ".join(filter(None, [library, minversion, "is not installed"]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pytest.importorskip(library, minversion, reason=reason)
            module = importlib.import_module(name)
            forget_redirects()
            return module
        except pytest.skip.Exception as skipped:
            missing = skipped.msg
        except ModuleNotFoundError as error:  # it was installed without what it needs for this
            missing = f"{library} lacks {error.name}"
    skip(missing)


def forget_redirects():
    """Remove what SpeechBrain registers under its old names: asked for anything, it imports.

    Hypothesis asks all modules for their files.
    """
    for name, module in list(sys.modules.items()):
        if type(module).__name__ == "DeprecatedModuleRedirect":
            del sys.modules[name]


def skip(reason):
    """Skip the test, or the module, for want of a library; fail where none may be missing."""
    if os.environ.get("FASTMEL_TEST_ORIGINALS") == "all":
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


def counted(name):
    """Hits and fallbacks of a function of a patched library so far."""
    entry = fastmel.patch_report()[name]
    return entry.hits, sum(entry.fallbacks.values())


def is_patched(function):
    """Whether a function has code that hands its arguments to fastmel."""
    return "fastmel.patching._calls" in function.__code__.co_names
