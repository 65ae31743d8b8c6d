"""What a step is; those that there are stand in :mod:`fastmel.steps`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .arrays import Array, as_array, check_time_last
from .checks import brief, meant
from .fields import accepted, check_fields

# Where the package's own are defined.
_OURS = f"{__name__.partition('.')[0]}.steps"


class Step:
    """A step: callable on an array; :meth:`n` gives the length that it returns.

    Raises
    ------
    ValueError, TypeError
        If a parameter is out of range, or no number.
    """

    _axes: ClassVar[str]
    # Whether the result has an axis more, so that no step can follow.
    _adds_axis: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_fields(self)

    def n(self, count: int) -> int:
        """Return how many samples, or frames, become of `count`."""
        return self._n(count)

    def _n(self, count: int) -> int:
        return count

    def width(self, features: int) -> int:
        """Return how many features per frame become of `features`."""
        return features

    def __call__(self, array: Array) -> Array:
        """Return the array with the step applied; it may be a view of it.

        Raises
        ------
        ValueError, TypeError
            If `array` has too few axes, or is no array.
        """
        array = as_array(array, "array")
        if array.ndim < self._axes.count(","):
            raise ValueError(f"array must be of shape {self._axes}; got {array.shape}")
        return self._apply(array)

    def _apply(self, array: Array) -> Array:
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return the name of the step's class, as ``"step"``, and its parameters."""
        parameters = {name: getattr(self, name) for name in accepted(type(self))}
        return {"step": type(self).__name__, **parameters}

    @staticmethod
    def from_dict(values: object) -> Step:
        """Make a step of what :meth:`to_dict` returned.

        Raises
        ------
        ValueError, TypeError
            If there is no such step, or as its constructor.
        """
        if not isinstance(values, Mapping) or not isinstance(values.get("step"), str):
            raise TypeError(
                f'a step must be an object with its name as "step"; got {brief(values)}'
            )
        name, named = values["step"], _all_steps()
        if name not in named:
            raise ValueError(
                f"unknown step {brief(name)}; {meant(name, named)}there are {', '.join(named)}"
            )
        given = {key: value for key, value in values.items() if key != "step"}
        known = accepted(named[name])
        for key in given.keys() - known.keys():
            raise ValueError(
                f"{name} has no parameter {brief(key)}; {meant(key, known)}a newer fastmel may "
                "have written it"
            )
        return named[name](**given)


class SampleStep(Step):
    """A step on samples, (..., n_samples): what a configuration may have `before` its chain."""

    _axes = "(..., n_samples)"

    def __call__(self, array: Array) -> Array:
        """Return the samples with the step applied; it may be a view of them.

        Raises
        ------
        ValueError, TypeError
            If `array` is of shape (n_samples, channels), has no axis, or is no array.
        """
        samples = as_array(array, "array")
        check_time_last(samples, "array")
        return super().__call__(samples)


class FeatureStep(Step):
    """A step on features, (..., frames, features): what it may have `after` its chain."""

    _axes = "(..., frames, features)"


def _all_steps() -> dict[str, type[Step]]:
    """Return the steps by name: a user's own too, but none in the place of the package's."""
    found = [step for kind in (SampleStep, FeatureStep) for step in kind.__subclasses__()]
    found.sort(key=lambda step: step.__module__ == _OURS)
    return {step.__name__: step for step in found}
