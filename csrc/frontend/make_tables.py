"""Write what the library for C and C++ takes from the Python package, where it is defined.

``python csrc/frontend/make_tables.py`` writes ``parameters.inc`` (the parameters of MelConfig:
types, defaults, limits, choices), ``steps.inc`` (the steps and their parameters) and
``catalogue.inc`` (the front ends, as JSON of what differs from the defaults) beside itself.
``--check`` only says, by the exit code, whether they are up to date.
"""

import dataclasses
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

from fastmel import MelConfig, steps
from fastmel._catalogue import CATALOGUE
from fastmel._engine import config, validation

FOLDER = Path(__file__).parent
NOTE = "// Written by `python csrc/frontend/make_tables.py` from {source}; do not edit."
LIMITS = {"least": validation._LEAST, "most": validation._MOST, "above": validation._ABOVE}


def parameters() -> Iterator[str]:
    """Yield a row for each parameter of a configuration."""
    yield NOTE.format(source="python/fastmel/_engine")
    yield f"SCHEMA({config.SCHEMA})"
    names = get_args(get_type_hints(MelConfig, localns=vars(steps))["padding"])[0]
    yield row("NAMES", "padding", *map(literal, get_args(names)))
    yield row("NAMES", "pad_mode", *map(literal, validation.PAD_MODES))
    kinds = validation._kinds(MelConfig)
    for field in dataclasses.fields(MelConfig):
        name, default = field.name, field.default
        kind = kinds.get(name)
        if kind is None:
            yield row("OWN", name, literal(default or None))
        elif kind.of is None:
            yield row("CHOICE", name, literal(default), *map(literal, kind.names))
        elif kind.of is bool:
            yield row("FLAG", name, literal(default))
        elif any(kind.names):
            names = map(literal, kind.names)
            yield row("NUMBER_OR_NAME", name, literal(default), limits(name, float), *names)
        else:
            what = {int: "INTEGER", float: "NUMBER"}[kind.of]
            what = f"OPTIONAL_{what}" if None in kind.names else what
            yield row(what, name, literal(default), limits(name, kind.of))


def limits(name: str, of: type) -> str:
    """Return the limits of a parameter: integers have a least and a largest value."""
    given = {key: table[name] for key, table in LIMITS.items() if name in table}
    if of is int:
        given = {"least": 1, "most": 2**40} | given
        return f"integers({given['least']}, {given['most']}{'u' * (given['most'] >= 2**63)})"
    calls = [f".{key}({literal(float(value))})" for key, value in given.items()]
    return f"numbers(){''.join(calls)}"


def step_rows() -> Iterator[str]:
    """Yield a row for each step, its parameters within."""
    yield NOTE.format(source="python/fastmel/steps.py")
    for kind in (steps.SampleStep, steps.FeatureStep):
        for step in kind.__subclasses__():
            what = "SAMPLE_STEP" if kind is steps.SampleStep else "FEATURE_STEP"
            inner = [step_parameter(step.__name__, field) for field in dataclasses.fields(step)]
            yield f"{what}({step.__name__}, {' '.join(inner)})"


def step_parameter(step: str, field: "dataclasses.Field[Any]") -> str:
    """Return a row within the row of a step."""
    needed = field.default is dataclasses.MISSING
    default = ["needed" if needed else "optional", literal(0 if needed else field.default)]
    if field.type == "int":
        least = steps._LEAST.get(field.name, 1)
        return row("STEP_INTEGER", step, field.name, *default, str(least))
    return row("STEP_NUMBER", step, field.name, *default)


def catalogue() -> Iterator[str]:
    """Yield a row for each front end: name, description, JSON."""
    yield NOTE.format(source="python/fastmel/_catalogue")
    defaults = MelConfig()._values()
    for name, entry in CATALOGUE.items():
        values = entry.config._values()
        differing = {key: value for key, value in values.items() if value != defaults[key]}
        text = json.dumps({"schema": config.SCHEMA, **differing})
        yield f"FRONTEND({literal(name)}, {literal(entry.description)},\n         {literal(text)})"


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


TABLES = {"parameters.inc": parameters, "steps.inc": step_rows, "catalogue.inc": catalogue}


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
