"""On import, Numba compiles a ufunc when it is first called, not where it is defined.

librosa defines some with their types, which takes half a minute of a fresh environment, and no test
calls one.
"""

import functools
import inspect

import numba


def later(decorator):
    def called(*given, **options):
        if given and inspect.isfunction(given[0]):  # without types it waits for the first call
            return decorator(*given, **options)

        def decorated(function):
            compiled = functools.cache(lambda: decorator(*given, **options)(function))
            return functools.wraps(function)(lambda *args, **kwargs: compiled()(*args, **kwargs))

        return decorated

    return called


numba.vectorize, numba.guvectorize = map(later, (numba.vectorize, numba.guvectorize))
