"""The tutorials and the other pages run from top to bottom, as they stand."""

import inspect
import re
from pathlib import Path

import fastmel
import pytest
from blocks import ROOT, of
from fastmel import corpus

PAGES = ["docs/index.md", "docs/migrating.md"]
PAGES += sorted(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/tutorials/*.md"))

pytestmark = pytest.mark.skipif(not (ROOT / "docs/tutorials").exists(), reason="needs the sources")


@pytest.mark.parametrize("page", PAGES)
def test_page(page, tmp_path, monkeypatch, recwarn):
    code = of("python", page)
    assert code
    for name in ("librosa", "matplotlib", "soxr", "torch", "transformers"):
        if name == "soxr" or re.search(rf"^(from|import) {name}\b", "".join(code), re.MULTILINE):
            pytest.importorskip(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    scope = {}
    try:
        for block in code:
            exec(compile(block, page, "exec"), scope)
    finally:
        if "plt" in scope:
            scope["plt"].close("all")
            scope["plt"].rcdefaults()
    told = [str(w.message) for w in recwarn if issubclass(w.category, UserWarning)]
    assert not [text for text in told if "non-interactive" not in text]


def test_every_public_name_is_in_the_reference():
    pages = [p.read_text(encoding="utf-8") for p in (ROOT / "docs/api").glob("*.md")]
    shown = set(
        re.findall(r"^\.\. (?:auto\w+|py:data):: (?:\w+\.)*(\w+)", "\n".join(pages), re.MULTILINE)
    )
    modules = {name for name in fastmel.__all__ if inspect.ismodule(getattr(fastmel, name))}
    assert {*fastmel.__all__, *corpus.__all__} - modules - {"__version__"} <= shown


@pytest.mark.parametrize("page", [p for p in PAGES if "tutorials" in p])
def test_every_tutorial_is_on_the_site(page):
    assert f"tutorials/{Path(page).stem}\n" in (ROOT / "docs/index.md").read_text(encoding="utf-8")
