"""Write what the library for C and C++ takes from the Python package, where it is defined.

``python csrc/frontend/make_tables.py`` writes ``parameters.inc`` (the parameters of MelConfig:
types, defaults, limits, choices), ``steps.inc`` (the steps and their parameters), ``catalogue.inc``
(the front ends, as JSON of what differs from the defaults) and ``checkpoints.inc`` (which of them
names of checkpoints mean) beside itself. ``--check`` only says, by the exit code, whether they are
up to date.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fastmel import MelConfig, steps
from fastmel._base.checks import LONGEST
from fastmel._base.fields import Accepted, accepted
from fastmel._catalogue import CATALOGUE
from fastmel._catalogue.checkpoints import patterns
from fastmel._engine import config

FOLDER = Path(__file__).parent
NOTE = "// Written by `python csrc/frontend/make_tables.py` from {source}; do not edit."


def parameters() -> Iterator[str]:
    """Yield a row for each parameter of a configuration."""
    yield NOTE.format(source="python/fastmel/_engine/parameters.py")
    yield f"SCHEMA({config.SCHEMA})"
    for name, field in accepted(MelConfig).items():
        default = literal(MelConfig.__dataclass_fields__[name].default or None)
        if field.tuples:
            if field.names:
                yield row("NAMES", name, *map(literal, field.names))
            yield row("OWN", name, default)
        else:
            yield parameter(name, literal(getattr(MelConfig(), name)), field)


def parameter(name: str, default: str, field: Accepted) -> str:
    """Return the row of a parameter that is a number, a name, or true or false."""
    names = [*map(literal, field.names), *(["{}"] if field.none else [])]
    if field.kind is None:
        return row("CHOICE", name, default, *names)
    if field.kind is bool:
        return row("FLAG", name, default)
    if field.names:
        return row("NUMBER_OR_NAME", name, default, limits(field), *names)
    what = "INTEGER" if field.kind is int else "NUMBER"
    return row(f"OPTIONAL_{what}" if field.none else what, name, default, limits(field))


def limits(field: Accepted) -> str:
    """Return the limits of a number."""
    if field.kind is int:
        most = LONGEST if field.most is None else field.most
        return f"integers({int(field.least)}, {int(most)}{'u' * (most >= 2**63)})"
    given = {key: getattr(field, key) for key in ("least", "above", "most")}
    calls = [f".{key}({float(value)})" for key, value in given.items() if value is not None]
    return f"numbers(){''.join(calls)}"


def step_rows() -> Iterator[str]:
    """Yield a row for each step, its parameters within."""
    yield NOTE.format(source="python/fastmel/steps.py")
    kinds = {"SAMPLE_STEP": steps.SampleStep, "FEATURE_STEP": steps.FeatureStep}
    for what, kind in kinds.items():
        for step in kind.__subclasses__():
            if step.__module__ == steps.__name__:
                inner = [step_parameter(step, *field) for field in accepted(step).items()]
                yield f"{what}({step.__name__}, {' '.join(inner)})"


def step_parameter(step: Any, name: str, field: Accepted) -> str:
    """Return a row within the row of a step."""
    default = step.__dataclass_fields__[name].default
    needed = default is dataclasses.MISSING
    cells = ["needed" if needed else "optional", literal(0 if needed else default)]
    what = "STEP_INTEGER" if field.kind is int else "STEP_NUMBER"
    return row(what, step.__name__, name, *cells, limits(field))


def catalogue() -> Iterator[str]:
    """Yield a row for each front end: name, description, JSON."""
    yield NOTE.format(source="python/fastmel/_catalogue")
    defaults = MelConfig()._values()
    for name, entry in CATALOGUE.items():
        values = entry.config._values()
        differing = {key: value for key, value in values.items() if value != defaults[key]}
        text = json.dumps({"schema": config.SCHEMA, **differing})
        yield f"FRONTEND({literal(name)}, {literal(entry.description)},\n         {literal(text)})"


def checkpoints() -> Iterator[str]:
    """Yield a row for each pattern of names of checkpoints."""
    yield NOTE.format(source="python/fastmel/_catalogue/checkpoints.py")
    for cells in patterns():
        yield row("CHECKPOINT", *map(literal, cells))


def row(what: str, *cells: str) -> str:
    """Return a call of a macro."""
    return f"{what}({', '.join(cells)})"


def literal(value: Any) -> str:
    """Return a value as C++ writes it."""
    if value is None:
        return "{}"
    if isinstance(value, str):
        return '"' + value.encode("ascii").decode().replace("\\", r"\\").replace('"', r"\"") + '"'
    return json.dumps(value)  # true, false, and numbers as in Python


TABLES = {
    "parameters.inc": parameters,
    "steps.inc": step_rows,
    "catalogue.inc": catalogue,
    "checkpoints.inc": checkpoints,
}


def main() -> int:
    """Write the tables, or compare them."""
    outdated = 0
    for name, lines in TABLES.items():
        text, path = "\n".join([*lines(), ""]), FOLDER / name
        if "--check" in sys.argv[1:]:
            outdated += not path.exists() or path.read_text(encoding="utf-8") != text
        else:
            path.write_text(text, encoding="utf-8")
    return int(outdated > 0)


if __name__ == "__main__":
    raise SystemExit(main())
