"""Every row of the catalogue beside its original, where that is installed."""

import pytest

from . import compare, registry
from .signals import NAMES

LIVE = registry.live()


@pytest.mark.parametrize("row", LIVE)
def test_row(row):
    compare.check(row, dict.fromkeys(NAMES, LIVE[row]))
