"""No row of the catalogue is without an original that it is compared with."""

from fastmel.catalogue import CATALOGUE

from . import registry


def test_every_row_has_an_original():
    rows = registry.live().keys() | registry.stored("speech").keys()
    assert rows == CATALOGUE.keys()
