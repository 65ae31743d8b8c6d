"""Parameters as data: an extractor's fields make its constructor, signature and documentation."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing_extensions import dataclass_transform
else:

    def dataclass_transform(**_: Any) -> Callable[[type], type]:
        """Return a decorator without effect: for type checkers, which have it of their own."""
        return lambda cls: cls


__all__ = [
    "Field",
    "bands",
    "dataclass_transform",
    "describe_call",
    "describe_class",
    "field",
    "hop",
    "keyword_field",
    "mask",
    "mask_by_name",
    "own_fields",
    "padding",
    "rate",
    "signature",
    "transform",
    "window",
]


@dataclass(frozen=True)
class Field:
    """A parameter: its default, what it is, and the option of a configuration that it sets."""

    default: Any
    text: str
    option: str | None = None
    keyword: bool = False
    type: str = "Any"


def field(default: Any, text: str, option: str | None = None) -> Any:
    """Return a field of an extractor, to stand behind the annotation of its name."""
    return Field(default, text, option)


def keyword_field(*, default: Any, text: str, kw_only: bool) -> Any:
    """Return a field that is given by its name only."""
    return Field(default, text, keyword=kw_only)


# What many models have, under one name.


def bands(default: int, text: str = "Mel bands.") -> Any:
    """Return the field of the number of mel bands."""
    return field(default, text, "n_mels")


def rate(default: int = 16000) -> Any:
    """Return the field of the sample rate."""
    return field(default, "Sample rate in Hz.", "sample_rate")


def hop(default: int) -> Any:
    """Return the field of the hop length in samples."""
    return field(default, "Samples from one frame to the next.", "hop_length")


def transform(default: int) -> Any:
    """Return the field of the transform's length."""
    return field(default, "Samples of the transform.", "n_fft")


def window(default: int) -> Any:
    """Return the field of the window's length in samples."""
    return field(default, "Samples of the window.", "win_length")


def padding(default: float, text: str = "Value of samples that are padding.") -> Any:
    """Return the field of the padding's value."""
    return field(default, text)


_MASK = "Whether a call returns the mask, by default."


def mask(default: bool, text: str = _MASK) -> Any:
    """Return the field of the default of a call's argument of the same name."""
    return field(default, text)


def mask_by_name(text: str = _MASK) -> Any:
    """Return the same field where the original's constructor takes it by its name only."""
    return Field(True, text, keyword=True)


# --- what is made of them -------------------------------------------------------------------------


def own_fields(cls: type) -> dict[str, Field]:
    """Return the fields that the body of a class has, and take them out of it."""
    types = inspect.get_annotations(cls)
    own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
    for name in own:
        delattr(cls, name)
    return {n: Field(f.default, f.text, f.option, f.keyword, types[n]) for n, f in own.items()}


def signature(fields: dict[str, Field]) -> inspect.Signature:
    """Return the signature of a constructor that takes these, and others by name."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = [
        inspect.Parameter(name, kinds[f.keyword], default=f.default, annotation=f.type)
        for name, f in fields.items()
    ]
    others = inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD, annotation="Any")
    return inspect.Signature([*parameters, others])


def describe_class(doc: str | None, fields: dict[str, Field]) -> str:
    """Return the documentation of a class with that of its fields."""
    entries = [(f"{n} : {f.type}, default={f.default!r}", f.text) for n, f in fields.items()]
    entries.append(("**kwargs", "Other entries of ``preprocessor_config.json``."))
    return _with_parameters(doc, entries)


_LENGTHS = (
    'Lengths that clips are cut and padded to, in {unit}: padding is "longest" (or True), '
    '"max_length" or "do_not_pad" (or False).'
)
_CLIPS = "A clip, of one axis, or several; a list of numbers, or of clips."
_CALL = {
    "raw_speech": _CLIPS,
    "audio": _CLIPS,
    "audios": _CLIPS,
    "padding": _LENGTHS,
    "max_length": _LENGTHS,
    "truncation": _LENGTHS,
    "pad_to_multiple_of": _LENGTHS,
    "return_tensors": 'None, "np" (NumPy arrays) or "pt" (torch tensors).',
    "sampling_rate": "Sample rate of the clips in Hz; an error if the model needs another.",
    "return_attention_mask": "Whether the mask is returned; by default, as the constructor says.",
    "do_normalize": "Without effect, as in the original.",
    "return_token_timestamps": "Without effect, as in the original.",
    "center": "Whether frames are centred, for the first piece of a stream, or begin at their "
    "first sample, for later ones.",
    "device": 'For compatibility: "cpu".',
    "kwargs": "Without effect.",
}

_RAISES = """\
Raises
------
ValueError
    For another sample rate; for clips that make no batch, are too short, not finite, or of another
    shape.
TypeError
    For what is neither array nor list."""


def describe_call(call: Callable[..., Any], texts: dict[str, str], unit: str = "samples") -> str:
    """Return the documentation of a call with that of its arguments, of which `texts` are its own.

    Arguments of one text are described together.
    """
    named: dict[str, list[str]] = {}
    for name in list(inspect.signature(call).parameters)[1:]:
        text = {**_CALL, **texts}[name].format(unit=unit)
        named.setdefault(text, []).append("**kwargs" if name == "kwargs" else name)
    doc = call.__doc__ or ""
    described = _with_parameters(doc, [(", ".join(n), text) for text, n in named.items()])
    return described if "Raises\n" in doc else f"{described}\n\n{_RAISES}"


def _with_parameters(doc: str | None, entries: Iterable[tuple[str, str]]) -> str:
    """Return a docstring with a section of parameters before its first section."""
    lines = ["Parameters", "----------"]
    for head, text in entries:
        lines += [head, *textwrap.wrap(text, 92, initial_indent=" " * 4, subsequent_indent=" " * 4)]
    doc = inspect.cleandoc(doc or "")
    found = re.search(r"^\w+\n-+$", doc, re.MULTILINE)
    at = found.start() if found else len(doc)
    parts = (doc[:at].rstrip(), "\n".join(lines), doc[at:])
    return "\n\n".join(part for part in parts if part)
