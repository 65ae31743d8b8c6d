"""Parameters as data: they make constructor, call, signatures and documentation."""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any


@dataclass(frozen=True)
class Field:
    """A parameter: its default, what it is, and the option of a configuration that it sets."""

    default: object
    text: str
    option: str | None = None
    keyword: bool = False
    type: str = "Any"


def field(default: object, text: str, option: str | None = None) -> Any:
    """Return a field of an extractor, to stand behind the annotation of its name."""
    return Field(default, text, option)


def keyword_field(*, default: object, text: str, kw_only: bool) -> Any:
    """Return a field that is given by its name only."""
    return Field(default, text, keyword=kw_only)


MASK = "Whether a call returns the mask, by default."


def mask_by_name(text: str = "Of `pad`; a call has its own.") -> Any:
    """Return the field of the mask where the original's constructor takes it by its name only."""
    return Field(True, text, keyword=True)


# What many models have: a default behind an annotation of such a name is a field with this text.
_LOWEST = ("Lowest frequency of the bands in Hz.", "fmin")
_HIGHEST = ("Highest frequency of the bands in Hz.", "fmax")
_SHARED: dict[str, tuple[str, str | None]] = {
    "feature_size": ("Mel bands.", "n_mels"),
    "num_mel_bins": ("Mel bands.", "n_mels"),
    "sampling_rate": ("Sample rate in Hz.", "sample_rate"),
    "hop_length": ("Samples from one frame to the next.", "hop_length"),
    "n_fft": ("Samples of the transform.", "n_fft"),
    "win_length": ("Samples of the window.", "win_length"),
    "preemphasis": ("Coefficient, for each frame.", "preemphasis"),
    "fmin": _LOWEST,
    "frequency_min": _LOWEST,
    "mel_min_frequency": _LOWEST,
    "min_frequency": _LOWEST,
    "fmax": _HIGHEST,
    "frequency_max": _HIGHEST,
    "max_frequency": _HIGHEST,
    "mel_max_frequency": _HIGHEST,
    "dither": (
        "Standard deviation of noise that is added to the samples; the same for the same clip.",
        "dither",
    ),
    "fft_overdrive": ("Whether the transform is twice as long as it need be.", None),
    "padding_value": ("Value of samples that are padding.", None),
    "return_attention_mask": (MASK, None),
}


# --- the constructor ------------------------------------------------------------------------------


def own_fields(cls: type) -> dict[str, Field]:
    """Return the fields that the body of a class has, and take them out of it."""
    own = {}
    for name, type_ in inspect.get_annotations(cls).items():
        value = vars(cls).get(name)
        if not isinstance(value, Field):
            if name not in _SHARED or name not in vars(cls):
                continue
            value = Field(value, *_SHARED[name])
        own[name] = replace(value, type=type_)
        delattr(cls, name)
    return own


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


# --- the call -------------------------------------------------------------------------------------

_LENGTHS = (
    'Lengths that clips are cut and padded to, in {unit}: padding is "longest" (or True), '
    '"max_length" or "do_not_pad" (or False).'
)
_NOTHING = "Without effect, as in the original."

# Of arguments that several have: type and text; what a class takes, and its mask, have their own.
_ARGUMENTS = {
    "raw_speech": ("Any", ""),
    "audio": ("Any", ""),
    "audios": ("Any", ""),
    "padding": ("Any", _LENGTHS),
    "max_length": ("int | None", _LENGTHS),
    "truncation": ("bool", _LENGTHS),
    "pad_to_multiple_of": ("int | None", _LENGTHS),
    "return_tensors": ("Any", 'None, "np" (NumPy arrays) or "pt" (torch tensors).'),
    "sampling_rate": (
        "int | None",
        "Sample rate of the clips in Hz; an error if the model needs another.",
    ),
    "return_attention_mask": ("bool | None", ""),
    "do_normalize": ("bool | None", _NOTHING),
    "return_token_timestamps": ("bool | None", _NOTHING),
    "center": (
        "bool",
        "Whether frames are centred, for the first piece of a stream, or begin at their first "
        "sample, for later ones.",
    ),
    "device": ("Any", 'For compatibility: "cpu".'),
    "kwargs": ("Any", "Without effect."),
}

_RAISES = """\
Raises
------
ValueError
    For another sample rate; for clips that make no batch, are too short, not finite, or of another
    shape.
TypeError
    For what is neither array nor list."""


class Given(SimpleNamespace):
    """The arguments of one call; one that a model does not have is as if it was not given."""

    padding: Any = True
    max_length: int | None = None
    truncation: Any = False
    pad_to_multiple_of: int | None = None
    return_attention_mask: bool | None = None
    return_tensors: Any = None
    sampling_rate: Any = None
    device: Any = "cpu"


class Call:
    """What a call takes and returns.

    `parameters` stand as in Python's parentheses; the first are the clips. `returns` is what the
    result holds, `what` what the call does, `unit` that of lengths, `raises` the section on errors.
    Other texts are those of parameters, where they are not the ones that several models have.
    """

    def __init__(
        self,
        parameters: str,
        returns: str,
        *,
        what: str = "Compute the features of one clip or a batch.",
        unit: str = "samples",
        raises: str = _RAISES,
        **texts: str,
    ) -> None:
        self.parameters = parameters
        self.clips = re.split(r"\W", parameters, maxsplit=1)[0]
        self._about = what, returns, raises
        self._unit = unit
        self._texts = texts

    def function(self, owner: str, **texts: str) -> Callable[..., Any]:
        """Return the function, a method ``__call__`` of the class `owner`, whose texts are these.

        As :mod:`dataclasses` make theirs: Python itself binds the arguments, and names what is
        wrong with them. ``_called`` of the object gets what was :class:`Given`.
        """
        scope: dict[str, Any] = {"Given": Given}
        header = f"def __call__(self, {self.parameters}) -> BatchFeature:"
        body = "given = locals(); return given.pop('self')._called(Given(**given))"
        exec(f"{header} {body}", scope)
        call: Callable[..., Any] = scope["__call__"]
        names = list(inspect.signature(call).parameters)[1:]
        call.__qualname__ = f"{owner}.__call__"
        shared = {n: kind for n, (kind, _) in _ARGUMENTS.items() if n in names}
        call.__annotations__ = {**shared, **call.__annotations__}
        call.__doc__ = self._described(names, {**texts, **self._texts})
        return call

    def _described(self, names: list[str], texts: dict[str, str]) -> str:
        """Return the documentation; arguments of one text are described together."""
        named: dict[str, list[str]] = {}
        for name in names:
            text = texts.get(name) or _ARGUMENTS[name][1]
            shown = "**kwargs" if name == "kwargs" else name
            named.setdefault(text.format(unit=self._unit), []).append(shown)
        what, returns, raises = self._about
        doc = f"{what}\n\nReturns\n-------\nBatchFeature\n{_indented(returns)}\n\n{raises}"
        return _with_parameters(doc, [(", ".join(n), text) for text, n in named.items()])


def _with_parameters(doc: str | None, entries: Iterable[tuple[str, str]]) -> str:
    """Return a docstring with a section of parameters before its first section."""
    described = [f"{head}\n{_indented(text)}" for head, text in entries]
    doc = inspect.cleandoc(doc or "")
    found = re.search(r"^\w+\n-+$", doc, re.MULTILINE)
    at = found.start() if found else len(doc)
    parts = (doc[:at].rstrip(), "\n".join(["Parameters", "----------", *described]), doc[at:])
    return "\n\n".join(part for part in parts if part)


def _indented(text: str) -> str:
    return textwrap.fill(text, 92, initial_indent=" " * 4, subsequent_indent=" " * 4)
