"""Replace functions of installed libraries by faster ones with the same results."""

from __future__ import annotations

import contextlib
import difflib
import importlib
import sys
import threading
from collections.abc import Hashable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

from ..checks import brief
from .imports import ImportHook
from .replacing import Counts, Replacement, owner_of, rebind
from .targets import Target

__all__ = ["LIBRARIES", "FunctionReport", "patch", "patch_report", "patched", "unpatch"]

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


class _Library:
    """A library: its functions, their replacements, and who wants it patched."""

    def __init__(self, name: str) -> None:
        module = importlib.import_module(f".{name}", __name__)
        self.targets: tuple[Target, ...] = module.TARGETS
        self.counts = {target: Counts() for target in self.targets}
        # `patch` and each open `patched` hold it; it is patched as long as anyone does.
        self.holders: set[Hashable] = set()
        self._replacements: list[Replacement] = []
        self._unknown: set[Target] = set()

    def _is_active(self) -> bool:
        return bool(self.holders)

    def replace(self, modules: Mapping[str, ModuleType]) -> list[tuple[Any, Any]]:
        """Replace the functions of these modules there.

        Returns pairs of function and replacement, for other modules that have imported it.
        """
        replaced = []
        for target in self.targets:
            if target.module not in modules:
                continue
            try:
                owner, name = owner_of(modules[target.module], target)
                current = vars(owner)[name]
            except (AttributeError, KeyError):
                self._unknown.add(target)
                continue
            replacement = self._replacement(target, current)
            if replacement is None or current is replacement.wrapper:
                continue
            setattr(owner, name, replacement.wrapper)
            if isinstance(owner, type):
                replacement.methods.add((owner, name))
            else:
                replaced.append((replacement.original, replacement.wrapper))
        return replaced

    def _replacement(self, target: Target, current: Any) -> Replacement | None:
        """Return the replacement that `current` has or is; None if there can be none."""
        for replacement in self._replacements:
            if current is replacement.original or current is replacement.wrapper:
                return replacement
        adapter = target.adapter_for(current)
        if adapter is None:
            self._unknown.add(target)
            return None
        replacement = Replacement(current, adapter, self.counts[target], self._is_active)
        self._replacements.append(replacement)
        return replacement

    def restore(self) -> list[tuple[Any, Any]]:
        """Give classes their methods back; return pairs of replacement and function."""
        for replacement in self._replacements:
            for owner, name in replacement.methods:
                if vars(owner).get(name) is replacement.wrapper:
                    setattr(owner, name, replacement.original)
        return [(r.wrapper, r.original) for r in self._replacements]

    def report(self) -> dict[str, FunctionReport]:
        """Return what became of each function."""
        return {
            target.qualified_name: FunctionReport(
                self._state(target), self.counts[target].hits, dict(self.counts[target].fallbacks)
            )
            for target in self.targets
        }

    def _state(self, target: Target) -> str:
        if not self.holders:
            return "not patched"
        if target in self._unknown:
            return "left alone: this version of the library is not known"
        return "patched" if target.module in sys.modules else "not imported yet"


_libraries: dict[str, _Library] = {}
# Reentrant: importing a module of a library may call `patch`.
_lock = threading.RLock()


def _wants(module: str) -> bool:
    return any(
        library.holders and any(target.module == module for target in library.targets)
        for library in list(_libraries.values())
    )


def _imported(module: ModuleType) -> None:
    with _lock:
        for library in _libraries.values():
            if library.holders:
                # Nobody has imported from it yet: what they will find is the replacement.
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
    # Imports come before the lock is taken: another thread may import, and wait for it.
    for name in names or LIBRARIES:
        if name not in _libraries:
            _libraries.setdefault(name, _Library(name))
    return [_libraries[name] for name in names or LIBRARIES]


def _hold(libraries: list[_Library], holder: Hashable) -> None:
    with _lock:
        _hook.install()
        replaced = []
        for library in libraries:
            library.holders.add(holder)
            replaced += library.replace(sys.modules)
        rebind(replaced)


def _release(libraries: list[_Library], holder: Hashable | None) -> None:
    """Let one holder go, or all for None; the last one restores the library."""
    with _lock:
        restored = []
        for library in libraries:
            was_active = bool(library.holders)
            library.holders -= set(library.holders) if holder is None else {holder}
            if was_active and not library.holders:
                restored += library.restore()
        rebind(restored)
        if not any(library.holders for library in _libraries.values()):
            _hook.remove()


def patch(*libraries: str) -> None:
    """Replace functions of installed libraries by faster ones with the same results.

    The names of a replaced function change wherever it was imported, in the library and in your own
    modules, and when the library, or a part of it, is imported later. Calls that are not covered
    (unusual types or arguments, tensors on a GPU or with a gradient) and errors are the original's.

    Parameters
    ----------
    *libraries : str
        "librosa" (0.11 and 1.0), "whisper", "faster_whisper", "transformers", "torchaudio" or
        "kaldi_native_fbank"; all of them by default. One that is not installed is no error.

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
    Patching again changes nothing. An object that holds a function otherwise than by a name of a
    module (a closure, a default argument, :func:`functools.partial`) keeps what it holds. A new
    process that does not inherit this one's memory, as ``multiprocessing`` starts with "spawn",
    needs its own call.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.patch("librosa", "whisper")
    >>> fastmel.unpatch()
    """
    _hold(_chosen(libraries), "patch")


def unpatch(*libraries: str) -> None:
    """Undo :func:`patch`: every name has its original again, also those bound since.

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
def patched(*libraries: str) -> Iterator[None]:
    """Patch libraries for a block of code, or as a decorator for a function.

    Blocks may be nested, and overlap in threads: a library is patched, for all threads, as long as
    one of them is open, or :func:`patch` was called.

    Parameters
    ----------
    *libraries : str
        Names as for :func:`patch`; all of them by default.

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
    _hold(chosen, holder)
    try:
        yield
    finally:
        _release(chosen, holder)


def patch_report() -> dict[str, FunctionReport]:
    """Return how often the functions of patched libraries were computed here.

    Returns
    -------
    dict
        By name of the function: its state, the number of calls that were computed here (hits), and
        of those that the original answered, by reason (fallbacks), since the process began.
        Functions that call each other count each for itself.

    Examples
    --------
    >>> import fastmel
    >>> with fastmel.patched("librosa"):
    ...     report = fastmel.patch_report()
    >>> report["librosa.core.spectrum.stft"].fallbacks
    {}
    """
    with _lock:
        return {
            name: entry
            for library in _libraries.values()
            for name, entry in library.report().items()
        }
