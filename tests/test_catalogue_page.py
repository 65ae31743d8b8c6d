"""docs/frontends.md says what the catalogue has."""

import importlib.util
import re
from pathlib import Path

import pytest
from fastmel._catalogue import CATALOGUE, FAMILIES

SCRIPT = Path(__file__).parent.parent / "docs" / "make_frontends.py"


@pytest.fixture(scope="module")
def script():
    if not SCRIPT.exists():
        pytest.skip("needs the documentation")
    spec = importlib.util.spec_from_file_location("make_frontends", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script):
    written = script.PAGE.read_text(encoding="utf-8")
    assert written == script.page(), "run: python docs/make_frontends.py"


def test_every_row_has_its_line(script):
    text = script.page()
    assert re.findall(r"^## (.*)$", text, re.M) == list(FAMILIES)
    rows = dict(re.findall(r"^\| `([^`]+)` (\|.*\|)$", text, re.M))
    assert list(rows) == list(CATALOGUE)
    for name, entry in CATALOGUE.items():
        cells = re.split(r"(?<!\\)\|", rows[name])[1:-1]
        assert len(cells) == 3
        assert cells[0].startswith(f" {entry.config.sample_rate}<br>{entry.config.n_fft} / ")
        assert str(entry.config.n_features) in cells[1]
        plain = re.sub(r"\\(.)", r"\1", cells[2])
        for part in (entry.description, entry.source, ", ".join(entry.models), entry.notes):
            assert part in plain


def test_links_lead_somewhere(script):
    text = script.page()
    headings = {h.lower().replace(" ", "-") for h in re.findall(r"^## (.*)$", text, re.M)}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in headings
        else:
            assert (script.PAGE.parent / target).exists(), target
