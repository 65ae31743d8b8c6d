"""The package is as docs/design.md draws it: arrows between modules, and rooms, go one way."""

import ast
import graphlib
from pathlib import Path

import fastmel
import pytest

ROOT = Path(fastmel.__file__).parent
MODULES = {".".join(p.relative_to(ROOT).with_suffix("").parts): p for p in ROOT.rglob("*.py")}


def imports(node):
    """Return a module's relative imports, those in functions too; types alone do not count."""
    if isinstance(node, ast.expr):
        return []
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
        return [found for child in node.orelse for found in imports(child)]
    own = [node] if isinstance(node, ast.ImportFrom) and node.level else []
    return own + [found for child in ast.iter_child_nodes(node) for found in imports(child)]


def imported(module):
    """Return the modules that one imports; a room as a whole is its ``__init__``."""
    found = set()
    for node in imports(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        place = [*module.split(".")[: -node.level], *filter(None, [node.module])]
        for alias in node.names:
            names = [".".join(p) for p in ([*place, alias.name], place, [*place, "__init__"])]
            found.add(next(name for name in names if name in {*MODULES, "_core"}))
    return found - {module}


@pytest.fixture(scope="module")
def graph():
    return {module: imported(module) for module in MODULES}


@pytest.mark.parametrize("depth", [9, 1], ids=["modules", "rooms"])
def test_arrows_go_one_way(graph, depth):
    assert "_catalogue.__init__" in graph["_frontend.named"]
    arrows = {}
    for module, others in graph.items():
        place, *places = (".".join(m.split(".")[:depth]) for m in (module, *others))
        arrows.setdefault(place, set()).update(p for p in places if p != place)
    graphlib.TopologicalSorter(arrows).prepare()  # raises CycleError
