"""The blocks of a page; as a program, runs them in their order, as a reader would.

``python tests/blocks.py README.md --but "pytest|python -m bench"``
"""

import argparse
import re
import subprocess
import textwrap
from pathlib import Path

ROOT = Path(__file__).parent.parent


def blocks(page="README.md"):
    """Return (language, text) of every block; a cell of a tutorial is Python."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^ *```(\{code-cell\} )?(\w+)\n(.*?)^ *```", text, re.DOTALL | re.MULTILINE)
    return [("python" if cell else name, textwrap.dedent(body)) for cell, name, body in found]


def of(language, page="README.md"):
    return [text for name, text in blocks(page) if name == language]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page")
    parser.add_argument("--but", default="$^", help="leave out blocks that have this pattern")
    options = parser.parse_args()
    scope = {"__name__": "__main__"}
    for language, text in blocks(options.page):
        if re.search(options.but, text):
            continue
        print(textwrap.indent(text, "    "), flush=True)
        if language == "bash":
            subprocess.run(["bash", "-euo", "pipefail", "-c", text], check=True)
        elif language == "python":
            exec(compile(text, options.page, "exec"), scope)


if __name__ == "__main__":
    main()
