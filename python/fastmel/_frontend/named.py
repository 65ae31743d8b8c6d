"""Front ends by name: those of the catalogue, and what else a user may mean by a name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .._base.checks import brief, integer
from .._base.deprecation import warn_of_change
from .._engine.config import MelConfig, json_object
from .frontend import FrontEnd, made_of, row_of

if TYPE_CHECKING:
    from .._catalogue.entry import Entry
    from .display import FrontEnds


def frontend(spec: str | MelConfig) -> FrontEnd:
    """Return a front end by name, or of a configuration.

    Parameters
    ----------
    spec : str or MelConfig
        A name that :func:`frontends` lists, or that of a checkpoint on a hub, such as
        "openai/whisper-small"; or a configuration, as a value or as the JSON that
        :meth:`FrontEnd.to_json` and :meth:`MelConfig.to_json` return.

    Returns
    -------
    FrontEnd
        A callable; keep it, or call this again: plans are cached.

    Raises
    ------
    ValueError
        For an unknown name, where the nearest ones are suggested, and that of a model that takes
        samples; for JSON that is broken, of a newer schema or of no valid configuration.
    TypeError
        For anything else.

    Warns
    -----
    UserWarning
        If some mel bands of a configuration cover no FFT bin.
    FutureWarning
        If this or the last minor version corrected the row of the name: it returns other features.

    Examples
    --------
    >>> import numpy as np
    >>> import fastmel
    >>> fe = fastmel.frontend("whisper-large-v3")
    >>> fe.sample_rate, fe.n_features, fe(np.zeros(16000, dtype=np.float32)).shape
    (16000, 128, (128, 100))
    """
    if isinstance(spec, MelConfig):
        return made_of(spec)
    if not isinstance(spec, str):
        raise TypeError(
            f"spec must be a name, a MelConfig, or the text of its JSON; got {type(spec).__name__}"
        )
    if spec.lstrip("\ufeff \t\r\n").startswith("{"):
        return _of_json(spec)
    catalogue = _catalogue()
    name = spec if spec in catalogue else named(spec, catalogue)
    row = catalogue[name]
    if row.corrected:
        warn_of_change(row.corrected.warning(name))
    return FrontEnd(row.config, name)


def _of_json(text: str) -> FrontEnd:
    """Return the front end of a JSON object; it has a name where the row of that name is equal."""
    name, config = json_object(text).get("name"), MelConfig.from_json(text)
    row = row_of(name)
    return FrontEnd(config, name) if row is not None and row.config == config else made_of(config)


def _catalogue() -> dict[str, Entry]:
    """Return the rows, which take a while to make, and so are made when first asked for."""
    from .._catalogue import CATALOGUE

    return CATALOGUE


def named(spec: str, names: Iterable[str]) -> str:
    """Return the row that a name which is none means: that of a checkpoint, or an error."""
    from .._catalogue import checkpoints

    row = checkpoints.row_of(spec)
    if row is not None:
        return row
    if checkpoints.raw_samples(spec):
        raise ValueError(
            f"{brief(spec)} takes samples, not features: there is no front end. Give it audio at "
            "its rate, normalised as its own processor does"
        )
    raise ValueError(unknown(spec, list(names)))


def unknown(name: str, names: list[str]) -> str:
    """Say that there is no such name, and which are like it, or the first of all."""
    from difflib import get_close_matches

    near = get_close_matches(name.strip().lower(), names, n=3)
    if name.endswith(".json"):
        advice = "of a file, give the text: pathlib.Path(...).read_text()"
    elif near:
        advice = f"did you mean {', '.join(near)}? fastmel.frontends() lists all"
    else:
        advice = f"known: {', '.join(names[:10])}, ...; fastmel.frontends() lists all {len(names)}"
    return f"unknown front end {brief(name)}; {advice}"


def frontends(
    model: str | None = None, *, sample_rate: int | None = None, n_mels: int | None = None
) -> FrontEnds:
    """Return the names of the front ends with one line about each.

    Parameters
    ----------
    model : str, optional
        Only those that have this in their name, description or models, in capitals or not.
    sample_rate : int, optional
        Only those at this rate, in Hz.
    n_mels : int, optional
        Only those of so many mel bands.

    Returns
    -------
    dict of str to str
        By name, in the order of the catalogue, what it computes. A notebook shows it as a table.

    Raises
    ------
    TypeError
        If `model` is no string, or a number is no integer.

    Examples
    --------
    >>> import fastmel
    >>> fastmel.frontends()["whisper"]
    "Whisper's log-mel features, 80 bands"
    >>> list(fastmel.frontends("kokoro")), list(fastmel.frontends(sample_rate=44100, n_mels=60))
    (['styletts2'], [])
    """
    if model is not None and not isinstance(model, str):
        raise TypeError(f"model must be a string; got {type(model).__name__}")
    rate = None if sample_rate is None else integer("sample_rate", sample_rate)
    bands = None if n_mels is None else integer("n_mels", n_mels)

    def wanted(name: str, entry: Entry) -> bool:
        texts = (name, entry.description, *entry.models)
        return (
            (model is None or any(model.lower() in text.lower() for text in texts))
            and rate in (None, entry.config.sample_rate)
            and bands in (None, entry.config.n_mels)
        )

    from .display import FrontEnds

    rows = _catalogue().items()
    return FrontEnds({n: entry.description for n, entry in rows if wanted(n, entry)})
