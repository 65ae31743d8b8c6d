"""How much a run of the suite tries: the quick part, or all (`pytest -m ""`)."""

import re

import pytest

# Set by conftest.py before any module of tests is imported.
exhaustive = False


def some(values, every):
    """Return parameters of which each `every`-th belongs to the quick part, the first one too."""
    return [
        value if i % every == 0 else pytest.param(value, marks=pytest.mark.exhaustive)
        for i, value in enumerate(values)
    ]


def examples(n):
    """Return how many examples a property is tried on: a quarter of `n` in the quick part."""
    return n if exhaustive else n // 4


def shown(value):
    """Return the name of a parameter, without the address of a function or an object."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", str(value))
