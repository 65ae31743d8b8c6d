"""How configurations present themselves: in a console, and in a notebook."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .config import MelConfig


def sentence(config: MelConfig) -> str:
    """Return what a configuration computes.

    Examples
    --------
    >>> import fastmel
    >>> sentence(fastmel.frontend("whisper").config)
    'log10 of the power in 80 mel bands from 0 to 8000 Hz, 80 features every 10 ms.'
    >>> sentence(fastmel.MelConfig(n_mels=None, power=1.0))
    'The magnitude in 1025 FFT bins, 1025 features every 23.22 ms.'
    """
    what = {1.0: "magnitude", 2.0: "power"}.get(config.power, f"{config.power:g}th power")
    if config.n_mels is None:
        where = f"{1 + config.n_fft // 2} FFT bins"
    else:
        limits = f"{config.fmin:g} to {config.upper_frequency:g} Hz"
        where = f"{config.n_mels} mel bands from {limits}"
    level = "" if config.log == "none" else f"{config.log.replace('_', ' ')} of "
    text = f"{level}the {what} in {where}"
    if config.n_mfcc is not None:
        text = f"{config.n_mfcc} cepstra of {text}"
    if config.normalize is not None:
        text += ", normalised" if config.normalize != "pcen" else ", with PCEN"
    text = text if level or config.n_mfcc else text[0].upper() + text[1:]
    return f"{text}, {config.n_features} features every {hop_ms(config):.4g} ms."


def config_html(config: MelConfig) -> str:
    """Return a table of the parameters that are not the defaults."""
    rows = [(name, repr(value)) for name, value in config._changed().items()]
    short = [(name, text if len(text) <= 100 else f"{text[:97]}...") for name, text in rows]
    count = f"{len(rows)} parameters of MelConfig that are not the defaults"
    return f"<details><summary>{count}</summary>{table(short)}</details>"


def hop_ms(config: MelConfig) -> float:
    """Return how far a frame of the result is from the next, in ms."""
    return 1000 * config.finished_hop / config.sample_rate


def shape(config: MelConfig) -> str:
    axes = (str(config.n_features), "frames")
    patches = "patches, " if any(step._adds_axis for step in config.after) else ""
    return f"({patches}{', '.join(axes[::-1] if config.layout == 'time_mel' else axes)})"


def table(
    rows: Iterable[Iterable[object]], head: Iterable[str] = (), right: tuple[int, ...] = ()
) -> str:
    """Return a table without colours, for pages that are light or dark."""
    from html import escape  # imports a table of all entities

    def line(cells: Iterable[object], tag: str) -> str:
        return "".join(
            f'<{tag} style="text-align:{"right" if i in right else "left"};padding:0 0.6em">'
            f"{escape(str(cell))}</{tag}>"
            for i, cell in enumerate(cells)
        )

    top = f"<thead><tr>{line(head, 'th')}</tr></thead>" if head else ""
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f"<table>{top}<tbody>{body}</tbody></table>"
