"""How front ends present themselves: in a console, and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .._engine.display import config_html, hop_ms, sentence, shape, table

if TYPE_CHECKING:
    from .._catalogue.entry import Entry
    from .frontend import FrontEnd


class FrontEnds(dict[str, str]):
    """Names of front ends, each with one line about it; in a notebook a table."""

    def _repr_html_(self) -> str:
        from .._catalogue import CATALOGUE

        rows = []
        for name, description in self.items():
            config, models = CATALOGUE[name].config, ", ".join(CATALOGUE[name].models)
            hop = f"{hop_ms(config):.4g}"
            rows.append((name, description, config.sample_rate, hop, config.n_features, models))
        head = ("name", "what it computes", "Hz", "hop, ms", "features", "models")
        return table(rows, head, right=(2, 3, 4))


def summary(fe: FrontEnd) -> str:
    """Return what a front end is in a few words: rate, result, hop, steps.

    Examples
    --------
    >>> import fastmel
    >>> summary(fastmel.frontend("whisper-hf"))
    '16000 Hz to (80, frames), every 10 ms, after PadOrTrim(n_samples=480000)'
    """
    config = fe.config
    parts = [f"{config.sample_rate} Hz to {shape(config)}", f"every {hop_ms(config):.4g} ms"]
    if config.before:
        parts.append(f"after {_steps(config.before)}")
    if config.after:
        parts.append(f"then {_steps(config.after)}")
    return ", ".join(parts)


def front_end_html(fe: FrontEnd, entry: Entry | None) -> str:
    """Return a table of what a front end, of a row if it has a name, expects and returns."""
    from html import escape

    unit = entry is None or entry.unit_range
    floats = "floats in [-1, 1]" if unit else "floats as they are"
    facts = {
        "computes": sentence(fe.config),
        "expects": f"samples at {fe.sample_rate} Hz: {floats}, or int16 and int32 PCM",
        "first": _steps(fe.before),
        "then": _steps(fe.after),
        "returns": f"{shape(fe.config)}, {fe.config.dtype or 'float32'}",
        "models": ", ".join(entry.models) if entry else "",
        "source": entry.source if entry else "",
        "note": entry.notes if entry else "",
    }
    title = f"{fe.name}: {entry.description}" if entry else "fastmel front end"
    rows = [(name, text) for name, text in facts.items() if text]
    return f"<strong>{escape(title)}</strong>{table(rows)}{config_html(fe.config)}"


def _steps(steps: Iterable[Any]) -> str:
    return ", ".join(map(repr, steps))
