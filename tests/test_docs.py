"""The examples in the documentation run, and every public function has one."""

import doctest
import importlib
import inspect
import pkgutil
import re

import fastmel
import numpy as np
import pytest

OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# Modules that only their extras can import, or that are no part of the interface.
NEEDS = {
    "fastmel.plot": "matplotlib",
    "fastmel._ticks": "matplotlib",
    "fastmel.io": "soundfile",
    "fastmel._audio": "soundfile",
    "fastmel._cli": "click",
    "fastmel._base.terminal": "rich",
    "fastmel._bench": "rich",
    "fastmel.lhotse": "lhotse",
    "fastmel.torch": "torch",
}


def modules():
    names = [m.name for m in pkgutil.walk_packages(fastmel.__path__, "fastmel.")]
    return ["fastmel", *(n for n in names if not n.endswith(("__main__", "._core")))]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    """Examples may write files; matplotlib must not look for a screen."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    with np.printoptions():
        yield


@pytest.mark.parametrize("name", modules())
def test_docstring_examples(name):
    for prefix, extra in NEEDS.items():
        if name.startswith(prefix):
            pytest.importorskip(extra)
    module = importlib.import_module(name)
    result = doctest.testmod(module, optionflags=OPTIONS, extraglobs={"np": np, "fastmel": fastmel})
    assert result.failed == 0


@pytest.mark.parametrize("cls", [fastmel.FrontEnd, fastmel.MelConfig], ids=lambda c: c.__name__)
def test_examples_of_public_classes(cls):
    """Those of methods too, which are defined in other modules than the class is said to be."""
    globs = {"np": np, "fastmel": fastmel}
    runner = doctest.DocTestRunner(optionflags=OPTIONS)
    examples = doctest.DocTestFinder().find(cls, module=False, globs=globs)
    assert [runner.run(test).failed for test in examples] == [0] * len(examples)
    assert runner.tries


@pytest.mark.parametrize(
    "name",
    [
        n
        for n in fastmel.__all__
        if n not in ("plot", "io", "reference", "load", "torch", "__version__")
    ],
)
def test_every_public_object_is_documented(name):
    public = getattr(fastmel, name)
    text = inspect.getdoc(public)
    assert text, f"{name} has no docstring"
    assert ">>>" in text, f"{name} has no example"
    if inspect.isfunction(public):
        parameters = inspect.signature(public).parameters
        for parameter in parameters:
            assert re.search(rf"\b{parameter}\b", text), f"{name} does not describe {parameter}"
        if parameters:
            assert "Returns" in text
            described = text.partition("Parameters\n---")[2].partition("\n\nReturns")[0]
            assert not re.search(r"^ +As (in|for) ", described, re.MULTILINE), name
