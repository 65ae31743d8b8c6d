"""What the C library takes from the Python package is what stands there."""

import importlib.util
import json
import re
from pathlib import Path

import pytest
from fastmel import MelConfig, steps
from fastmel._catalogue import CATALOGUE

SCRIPT = Path(__file__).parent.parent / "csrc" / "frontend" / "make_tables.py"


@pytest.fixture(scope="module")
def script():
    if not SCRIPT.exists():
        pytest.skip("needs the sources")
    spec = importlib.util.spec_from_file_location("make_tables", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "name", ["parameters.inc", "steps.inc", "catalogue.inc", "checkpoints.inc"]
)
def test_the_tables_are_up_to_date(script, name):
    written = (script.FOLDER / name).read_text(encoding="utf-8")
    expected = "\n".join([*script.TABLES[name](), ""])
    assert written == expected, "run: python csrc/frontend/make_tables.py"


def test_own_steps_are_not_in_the_tables(script):
    class OwnSamples(steps.SampleStep):  # no dataclass, as a user's may be
        pass

    class Deltas(steps.FeatureStep):
        pass

    assert "OwnSamples" not in "".join(script.TABLES["steps.inc"]())
    assert steps.Step.from_dict({"step": "Deltas"}) == steps.Deltas()
    test_the_tables_are_up_to_date(script, "steps.inc")


def test_the_catalogue_is_whole(script):
    text = (script.FOLDER / "catalogue.inc").read_text(encoding="utf-8")
    rows = re.findall(r'^FRONTEND\("([^"]+)", (".*"),\n +(".*")\)$', text, re.M)
    assert [name for name, _, _ in rows] == list(CATALOGUE)
    for name, description, parameters in rows:
        assert json.loads(description) == CATALOGUE[name].description
        assert MelConfig.from_json(json.loads(parameters)) == CATALOGUE[name].config
