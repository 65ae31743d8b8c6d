"""Sphinx: ``nox -s docs`` builds the site, and fails at a warning."""

import re
from pathlib import Path

import fastmel
from fastmel._cli._clip import synthesize
from fastmel._cli._page import page
from sphinx.application import Sphinx

project = "fastmel"
author = copyright = "The fastmel developers"
release = version = fastmel.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.intersphinx", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = f"fastmel {release}"
# Scripts, and what the README shows.
exclude_patterns = ["_build", "make_frontends.py"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

# Tutorials run from top to bottom at each build; one that fails stops it.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_in_temp = True  # they write files
nb_execution_timeout = 120
nb_execution_show_tb = True

autodoc_member_order = "bysource"
autodoc_mock_imports = ["lhotse"]  # what fastmel.lhotse derives from is not shown
autodoc_typehints = "none"  # docstrings have the types
napoleon_google_docstring = False
napoleon_use_param = False  # the words of a type are no names to link
napoleon_use_rtype = False
napoleon_use_ivar = True
# Objects of other projects are named, not linked: a build needs no network.
intersphinx_mapping: dict[str, tuple[str, None]] = {}

_REPOSITORY = "https://github.com/fastmel/fastmel/blob/main/"


def _linked(app: Sphinx, name: str, source: list[str]) -> None:
    """Let links to files outside this folder lead to the repository."""
    depth = "../" * (name.count("/") + 1)
    source[0] = re.sub(rf"\]\({re.escape(depth)}(?!\.)", f"]({_REPOSITORY}", source[0])
    source[0] = source[0].replace(f"]({depth}.github", f"]({_REPOSITORY}.github")


def _listen(app: Sphinx, error: Exception | None) -> None:
    """Write the page of ``fastmel plot --html``, of the demo's clip, beside the others."""
    fe, y = fastmel.frontend("librosa"), synthesize()
    text = page(y, fe(y), fe, "fastmel demo: notes, chirps and noise")
    (Path(app.outdir) / "clip.html").write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register what this project adds."""
    app.connect("source-read", _linked)
    app.connect("build-finished", _listen)
