"""Standing in for functions: their code is exchanged for one that tries to compute first.

The function remains the object that it was, wherever it is held: under any name, in a dictionary,
as a default argument, in :func:`functools.partial`, in a pickle.
"""

from __future__ import annotations

import ast
import inspect
import threading
import warnings
from collections.abc import Callable
from types import CodeType, FunctionType

from . import _calls
from ._surroundings import Surroundings
from ._targets import NotCovered

NOT_COMPUTED = object()
"""In the place of a result: the original's turn."""

# Reasons are few; a bound all the same, for a service that runs for months.
_MOST_REASONS = 32


class PatchWarning(RuntimeWarning):
    """A function that stands in for another one failed, and the original answered."""


class Counts:
    """How often a function was computed here, and why not."""

    def __init__(self, name: str, is_strict: Callable[[], bool] = bool) -> None:
        self.name = name
        self.is_strict = is_strict  # whether a failure of ours is to be raised
        self.hits = 0
        self.fallbacks: dict[str, int] = {}
        self.failures: dict[str, int] = {}
        self._lock = threading.Lock()

    def hit(self) -> None:
        with self._lock:
            self.hits += 1

    def fall_back(self, reason: str) -> None:
        with self._lock:
            _count(self.fallbacks, reason)

    def fail(self, reason: str) -> bool:
        """Count a call that failed here; return whether it is the first one with this reason."""
        with self._lock:
            return _count(self.failures, reason) == 1


def _count(reasons: dict[str, int], reason: str) -> int:
    if reason not in reasons and len(reasons) >= _MOST_REASONS:
        reason = "other reasons"
    reasons[reason] = reasons.get(reason, 0) + 1
    return reasons[reason]


def attempt(
    adapter: Callable[..., object],
    counts: Counts,
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> object:
    """Return what the adapter makes of a call, or that it made nothing; count it."""
    try:
        result = adapter(*args, **kwargs)
    except NotCovered as error:
        counts.fall_back(str(error))
    except (ValueError, TypeError, Warning) as error:
        # Bad arguments: the original has its own words, and classes, for them.
        counts.fall_back(_text(error))
    except Exception as error:
        if counts.is_strict():
            raise
        if counts.fail(_text(error)):
            _warn(counts.name, error)
    else:
        counts.hit()
        return result
    return NOT_COMPUTED


def _text(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0][:100]


def _warn(name: str, error: Exception) -> None:
    """Warn the caller of a function, whose frame is above that of the code standing in for it."""
    warnings.warn(
        f"fastmel failed to compute {name}, and the original does, more slowly: {_text(error)}. "
        "This is a fault of fastmel's: please report it. patch(strict=True) raises the error.",
        PatchWarning,
        stacklevel=5,
    )


class Replacement:
    """A function of a module or of a class, and the code that stands in for its own.

    `adapter` computes its results here, `surroundings` are what its code finds by name. Of a
    method, the first argument is an instance.
    """

    def __init__(
        self,
        function: FunctionType,
        adapter: Callable[..., object],
        surroundings: Surroundings,
        counts: Counts,
        is_method: bool,
    ) -> None:
        self.function = function
        self.code = function.__code__
        # Defaults are bound by the function itself, before any of its code runs.
        self.original = FunctionType(self.code, function.__globals__, function.__name__)

        def compute(*args: object, **kwargs: object) -> object:
            if reason := surroundings.changed(args[0] if is_method else None):
                counts.fall_back(reason)
                return NOT_COMPUTED
            return attempt(adapter, counts, args, kwargs)

        call = _calls.add(self.original, compute, NOT_COMPUTED)
        self._stand_in = _stand_in(self.code, call)

    def install(self) -> None:
        """Let the function try to compute first."""
        if self.function.__code__ is self.code:
            self.function.__code__ = self._stand_in

    def remove(self) -> None:
        """Give the function its own code back."""
        if self.function.__code__ is self._stand_in:
            self.function.__code__ = self.code


_STAND_IN = """
def stand_in({parameters}):
    import {module} as _calls
    _call = _calls.{call}
    if _call.is_traced():
        return _call.original({arguments})
    _result = _call.compute({arguments})
    return _call.original({arguments}) if _result is _call.not_computed else _result
"""


def _stand_in(code: CodeType, call: str) -> CodeType:
    """Return code with the same parameters that hands its arguments to a call.

    It has the name and the place of what it stands in for: who reads sources (``inspect``,
    ``torch.jit.script``) or a traceback finds the library's. It uses nothing but names and
    constants that compilers (``torch.compile``) can follow.
    """
    parameters, arguments = _parameters(code)
    tree = ast.parse(
        _STAND_IN.format(
            parameters=parameters, arguments=arguments, module=_calls.__name__, call=call
        )
    )
    for node in ast.walk(tree):
        if isinstance(node, (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias)):
            node.lineno = node.end_lineno = code.co_firstlineno
            node.col_offset = node.end_col_offset = -1  # nowhere in that line
    module = compile(tree, code.co_filename, "exec", dont_inherit=True)
    (made,) = (c for c in module.co_consts if isinstance(c, CodeType))
    names = {n: getattr(code, n) for n in ("co_name", "co_qualname") if hasattr(code, n)}
    return made.replace(**names)


def _parameters(code: CodeType) -> tuple[str, str]:
    """Return the parameters of a function's code without defaults, and what hands them on."""
    n_by_position, n_by_name = code.co_argcount, code.co_kwonlyargcount
    names = list(code.co_varnames)
    positional, named = names[:n_by_position], names[n_by_position : n_by_position + n_by_name]
    rest = names[n_by_position + n_by_name :]
    parameters, arguments = list(positional), list(positional)
    if code.co_posonlyargcount:
        parameters.insert(code.co_posonlyargcount, "/")
    if code.co_flags & inspect.CO_VARARGS:
        star = "*" + rest.pop(0)
        parameters.append(star)
        arguments.append(star)
    elif named:
        parameters.append("*")
    parameters += named
    arguments += [f"{name}={name}" for name in named]
    if code.co_flags & inspect.CO_VARKEYWORDS:
        stars = "**" + rest.pop(0)
        parameters.append(stars)
        arguments.append(stars)
    return ", ".join(parameters), ", ".join(arguments)
