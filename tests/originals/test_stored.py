"""Every row of the catalogue beside what its original returned once."""

import dataclasses
from pathlib import Path

import fastmel
import numpy as np
import pytest
from fastmel._catalogue import CATALOGUE

from . import compare, registry, storage

STORED = registry.stored()


def test_every_row_has_stored_outputs():
    assert STORED.keys() == CATALOGUE.keys(), "run the scripts make_*.py of new or renamed rows"
    assert all("speech" in outputs for outputs in STORED.values())


def test_installed_originals_are_those_that_are_pinned():
    lines = Path(__file__).with_name("constraints.txt").read_text().splitlines()
    pins = dict(line.lower().replace("_", "-").split("==") for line in lines if "==" in line)
    made_with = storage.made_with("installed")
    assert made_with == {name: pins[name.lower().replace("_", "-")] for name in made_with}


@pytest.mark.parametrize("row", STORED)
def test_row(row):
    compare.check(row, STORED[row])


def test_musicnn_of_less_than_a_patch():
    assert fastmel.frontend("musicnn")(np.zeros(16000, np.float32)).shape == (0, 187, 96)


@pytest.mark.parametrize(
    ("row", "change"),
    [
        ("librosa", {"fmin": 1.0}),
        ("whisper", {"fmax": 7990.0}),
        ("kaldi-fbank", {"preemphasis": 0.969}),
        ("hifi-gan", {"log_floor": 1.1e-5}),
        ("nemo", {"log_offset": 6.1e-8}),
    ],
)
def test_another_row_is_noticed(monkeypatch, row, change):
    # Guards the guard: what is kept tells rows apart that differ in little.
    entry = CATALOGUE[row]
    other = dataclasses.replace(entry, config=entry.config.replace(**change))
    monkeypatch.setitem(CATALOGUE, row, other)
    monkeypatch.setattr(fastmel, "frontend", lambda _: fastmel.FrontEnd(other.config))
    with pytest.raises(AssertionError):
        compare.check(row, STORED[row])
