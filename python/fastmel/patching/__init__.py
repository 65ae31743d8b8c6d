"""Replace functions of installed libraries by faster ones with the same results.

Examples
--------
>>> import fastmel
>>> fastmel.patching.LIBRARIES[0]
'librosa'
>>> issubclass(fastmel.patching.PatchWarning, RuntimeWarning)
True
"""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
import threading
from collections.abc import Hashable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any, NamedTuple

from .._base.checks import brief
from ._classes import ClassReplacement
from ._imports import ImportHook
from ._replacing import Counts, PatchWarning, Replacement
from ._surroundings import Surroundings
from ._targets import Target

__all__ = [
    "LIBRARIES",
    "FunctionReport",
    "PatchWarning",
    "patch",
    "patch_report",
    "patched",
    "unpatch",
]
__dir__ = __all__.copy

LIBRARIES = (
    "librosa",
    "whisper",
    "faster_whisper",
    "transformers",
    "torchaudio",
    "kaldi_native_fbank",
)
"""The libraries that can be patched; each has a file of its name beside this one."""


class FunctionReport(NamedTuple):
    """What became of one function of a patched library."""

    state: str
    """"patched", "not imported yet", "not patched" (as before), or why it cannot be."""
    hits: int
    """Calls that were computed here."""
    fallbacks: dict[str, int]
    """Calls that the original answered, by reason."""
    failures: dict[str, int]
    """Calls that fastmel failed to compute, by error; the original answered, if not strict."""


class _Library:
    """A library: its functions, their replacements, and who wants it patched."""

    def __init__(self, name: str) -> None:
        module = importlib.import_module(f"._adapters.{name}", __name__)
        self.targets: tuple[Target, ...] = module.TARGETS
        self.counts = {
            target: Counts(target.qualified_name, self._is_strict) for target in self.targets
        }
        # `patch` and each open `patched` hold it, strictly or not; it is patched as long as
        # anyone does.
        self.holders: dict[Hashable, bool] = {}
        self._replacements: dict[Any, Replacement | ClassReplacement] = {}
        self._unknown: set[Target] = set()

    def _is_strict(self) -> bool:
        return any(self.holders.values())

    def replace(self, modules: Mapping[str, ModuleType]) -> None:
        for target in self.targets:
            if target.module in modules:
                replacement = self._replacement(target, modules[target.module])
                if replacement is None:
                    self._unknown.add(target)
                else:
                    self._unknown.discard(target)
                    replacement.install()

    def _replacement(
        self, target: Target, module: ModuleType
    ) -> Replacement | ClassReplacement | None:
        """Return what can stand in for a target, or None if nothing can."""
        found, owner = target.find(module)
        if found is None or found in self._replacements:
            return self._replacements.get(found)
        adapter = target.adapter_for(found)
        if adapter is None:
            return None
        counts = self.counts[target]
        if isinstance(found, type):
            self._replacements[found] = ClassReplacement(found, adapter, counts)
        else:
            around = Surroundings(found, _code_of, owner, target.constants)
            is_method = owner is not None
            self._replacements[found] = Replacement(found, adapter, around, counts, is_method)
        return self._replacements[found]

    def restore(self) -> None:
        """Give functions their code back, and classes their methods."""
        for replacement in self._replacements.values():
            replacement.remove()

    def report(self) -> dict[str, FunctionReport]:
        return {
            target.qualified_name: FunctionReport(
                self._state(target), counts.hits, dict(counts.fallbacks), dict(counts.failures)
            )
            for target, counts in self.counts.items()
        }

    def _state(self, target: Target) -> str:
        if not self.holders:
            return "not patched"
        if target in self._unknown:
            return "left alone: this version of the library is not known"
        return "patched" if target.module in sys.modules else "not imported yet"

    def code_of(self, function: FunctionType) -> CodeType | None:
        """Return the own code of a function that is replaced, or will be; None for others."""
        replacement = self._replacements.get(function)
        if isinstance(replacement, Replacement):
            return replacement.code
        names = {target.qualified_name for target in self.targets}
        is_target = f"{function.__module__}.{function.__qualname__}" in names
        return function.__code__ if is_target else None


_libraries: dict[str, _Library] = {}
# Reentrant: importing a module of a library may call `patch`.
_lock = threading.RLock()


def _library(name: str) -> _Library:
    # A file of its name is imported before the lock is taken: another thread may import, and wait.
    return _libraries.get(name) or _libraries.setdefault(name, _Library(name))


def _code_of(function: FunctionType) -> CodeType | None:
    """Return the own code of a function that can be replaced; one library calls another's."""
    for name in LIBRARIES:
        if code := _library(name).code_of(function):
            return code
    return None


def _wants(module: str) -> bool:
    return any(
        library.holders and any(target.module == module for target in library.targets)
        for library in list(_libraries.values())
    )


def _imported(module: ModuleType) -> None:
    with _lock:
        for library in _libraries.values():
            if library.holders:
                library.replace({module.__name__: module})


_hook = ImportHook(_wants, _imported)


def _chosen(names: tuple[str, ...]) -> list[_Library]:
    """Return the libraries of these names; all for none."""
    for name in names:
        if not isinstance(name, str):
            raise TypeError(f"libraries must be names, as in patch('librosa'); got {brief(name)}")
        if name not in LIBRARIES:
            near = difflib.get_close_matches(name, LIBRARIES, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}? " if near else ""
            raise ValueError(
                f"{brief(name)} cannot be patched; {hint}the libraries are {', '.join(LIBRARIES)}"
            )
    for name in LIBRARIES:
        _library(name)
    return [_libraries[name] for name in names or LIBRARIES]


def _hold(libraries: list[_Library], holder: Hashable, strict: bool) -> None:
    with _lock:
        _hook.install()
        for library in libraries:
            library.holders[holder] = strict
            library.replace(sys.modules)


def _release(libraries: list[_Library], holder: Hashable | None) -> None:
    """Let one holder go, or all for None; the last one restores the library."""
    with _lock:
        for library in libraries:
            was_active = bool(library.holders)
            if holder is None:
                library.holders.clear()
            else:
                library.holders.pop(holder, None)
            if was_active and not library.holders:
                library.restore()
        if not any(library.holders for library in _libraries.values()):
            _hook.remove()


def patch(*libraries: str, strict: bool = False) -> None:
    """Replace functions of installed libraries by faster ones with the same results.

    A replaced function remains the object that it was, wherever it is held, and gets other code;
    so do those of libraries, or parts of them, that are imported later. Calls that are not covered
    (unusual types or arguments, tensors on a GPU, with a gradient or in a graph that is traced,
    objects with methods or parts of their own) and errors are the original's.

    Parameters
    ----------
    *libraries : str
        "librosa" (0.11 and 1.0), "whisper", "faster_whisper", "transformers", "torchaudio" or
        "kaldi_native_fbank"; all of them by default. One that is not installed is no error.
    strict : bool, default False
        Whether a failure of fastmel's own, with arguments that are good, is raised. Otherwise the
        original answers, and a :class:`~fastmel.patching.PatchWarning` says so, once for each
        function and error.

    Returns
    -------
    None

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, or no name.

    See Also
    --------
    unpatch : undo it.
    patched : do it for a block of code.
    patch_report : what it was good for.

    Notes
    -----
    Patching again changes nothing but `strict`. A new process that does not inherit this one's
    memory, as ``multiprocessing`` starts with "spawn", needs its own call.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.patch("librosa", "whisper")
    >>> fastmel.unpatch()
    """
    _hold(_chosen(libraries), "patch", strict)


def unpatch(*libraries: str) -> None:
    """Undo :func:`patch`: every function has its own code again.

    Parameters
    ----------
    *libraries : str
        Names as for :func:`patch`; all of them by default.

    Returns
    -------
    None

    Raises
    ------
    ValueError, TypeError
        If a name is unknown, or no name.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.patch("librosa")
    >>> fastmel.unpatch("librosa")
    """
    _release(_chosen(libraries), None)


@contextlib.contextmanager
def patched(*libraries: str, strict: bool = False) -> Iterator[None]:
    """Patch libraries for a block of code, or as a decorator for a function.

    Blocks may be nested, and overlap in threads: a library is patched, for all threads, as long as
    one of them is open, or :func:`patch` was called.

    Parameters
    ----------
    *libraries : str
        Names as for :func:`patch`; all of them by default.
    strict : bool, default False
        Raise what fastmel fails to compute, instead of a warning and the original's answer. It
        holds for a library if one of the open blocks says so.

    Returns
    -------
    context manager
        Patches on entry.

    Raises
    ------
    ValueError, TypeError
        On entry, if a name is unknown, or no name.

    Examples
    --------
    >>> import fastmel
    >>> with fastmel.patched("librosa"):
    ...     pass  # code that uses librosa
    """
    chosen = _chosen(libraries)
    holder = object()
    _hold(chosen, holder, strict)
    try:
        yield
    finally:
        _release(chosen, holder)


def patch_report() -> dict[str, FunctionReport]:
    """Return how often the functions of patched libraries were computed here.

    Returns
    -------
    dict
        By name of the function: its state, the number of calls that were computed here (hits), of
        those that the original answered, by reason (fallbacks), and of those that fastmel failed
        to compute, by error (failures), since the process began. Functions that call each other
        count each for itself.

    Examples
    --------
    >>> import fastmel
    >>> with fastmel.patched("librosa"):
    ...     report = fastmel.patch_report()
    >>> report["librosa.core.spectrum.stft"].failures
    {}
    """
    with _lock:
        return {
            name: entry
            for library in _libraries.values()
            for name, entry in library.report().items()
        }
