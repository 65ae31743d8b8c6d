"""Fields that are checked: what annotations say is what is accepted."""

import dataclasses
from dataclasses import dataclass
from typing import Annotated, Literal

import fastmel
import numpy as np
import pytest
from fastmel import kaldi, steps
from fastmel._base.fields import Count, Limits, Natural, Positive, accepted, check_fields

CLASSES = [
    fastmel.MelConfig,
    kaldi.FbankOptions,
    kaldi.MfccOptions,
    *(getattr(steps, name) for name in steps.__all__ if not name.endswith("Step")),
]


@dataclass
class Values:
    count: Count | None = 3
    seed: Annotated[int, Limits(least=0, most=9)] = 0
    any_integer: int = 0
    height: Literal["peak", "area"] | Positive | None = "peak"
    name: Literal["a", "b"] = "a"
    on: bool = False
    text: str = ""
    pair: tuple[int, int] | Natural = 0

    def __post_init__(self):
        check_fields(self)


GOOD = [
    ("count", np.int16(5), 5),
    ("count", None, None),
    ("seed", 9, 9),
    ("any_integer", -7, -7),
    ("height", "area", "area"),
    ("height", np.float32(0.5), 0.5),
    ("height", 2, 2.0),
    ("on", np.bool_(True), True),
    ("pair", (1, 2), (1, 2)),
]


@pytest.mark.parametrize(("name", "value", "plain"), GOOD)
def test_values_become_plain(name, value, plain):
    made = getattr(Values(**{name: value}), name)
    assert made == plain
    assert type(made) is type(plain)


BAD = [
    ("count", 0, ValueError, "count=0 must be at least 1"),
    ("count", 1.5, TypeError, "count=1.5 must be an integer of at least 1"),
    ("seed", 10, ValueError, "seed=10 must be at most 9"),
    ("seed", None, TypeError, "seed=None must be an integer of at least 0"),
    ("height", 0, ValueError, "height=0 must be above 0.0"),
    ("height", "x", ValueError, 'height=\'x\' is unknown; accepted: "peak", "area", None'),
    ("name", None, ValueError, 'name=None is unknown; accepted: "a", "b"'),
    ("on", 2, TypeError, "on=2 must be True or False"),
    ("text", 1, TypeError, "text=1 must be a str"),
]


@pytest.mark.parametrize(("name", "value", "error", "message"), BAD)
def test_errors_name_the_field_and_what_it_accepts(name, value, error, message):
    with pytest.raises(error) as caught:
        Values(**{name: value})
    assert str(caught.value) == message


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_fields_say_what_they_accept(cls):
    """Every field has a kind, names or tuples, and numbers and names accept their own defaults."""
    fields = {field.name: field for field in dataclasses.fields(cls)}
    assert accepted(cls).keys() == fields.keys()
    for name, field in accepted(cls).items():
        assert field.kind or field.names or field.tuples
        default = fields[name].default
        if default is not dataclasses.MISSING:
            plain = field.plain(name, default)
            assert plain == default
            assert type(plain) is type(default)


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("n_fft", (int, 1, 2**22, None, False)),
        ("win_length", (int, 1, 2**22, None, True)),
        ("dither_seed", (int, 0, 2**64 - 1, None, False)),
        ("fmin", (float, 0.0, None, None, False)),
        ("power", (float, None, None, 0.0, False)),
        ("mel_norm", (float, None, None, 0.0, True)),
    ],
)
def test_limits_of_a_configuration(name, limits):
    field = accepted(fastmel.MelConfig)[name]
    assert (field.kind, field.least, field.most, field.above, field.none) == limits
