"""What a call of a feature extractor returns."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from .._base.arrays import Array
from .._base.checks import brief, choice
from .._base.tensors import Tensor, is_tensor
from ._theirs import TakenForTheirs


class BatchFeature(TakenForTheirs, UserDict[str, Any]):
    """A mapping whose values are attributes too, as ``transformers.BatchFeature``.

    Parameters
    ----------
    data : mapping, optional
        Values by name.
    tensor_type : {None, "np", "pt"}
        What :meth:`convert_to_tensors` makes of them.

    Examples
    --------
    >>> from fastmel.transformers import BatchFeature
    >>> batch = BatchFeature({"input_features": [1.0, 2.0]})
    >>> batch.input_features == batch["input_features"]
    True
    """

    def __init__(
        self, data: Mapping[str, Any] | None = None, tensor_type: str | Enum | None = None
    ) -> None:
        self.data = {} if data is None else dict(data)
        self.convert_to_tensors(tensor_type)

    def __copy__(self) -> BatchFeature:
        return type(self)(self.data)

    def __getitem__(self, key: str) -> Any:
        if not isinstance(key, str):
            raise KeyError(f"{brief(key)}: keys are names, of {', '.join(self.data)}")
        return self.data[key]

    def __getattr__(self, name: str) -> Any:
        if name != "data" and name in self.data:
            return self.data[name]
        raise AttributeError(f"no {name!r} here")

    def convert_to_tensors(self, tensor_type: str | Enum | None = None) -> BatchFeature:
        """Turn the values into arrays ("np") or tensors ("pt"), in place; None leaves them.

        Raises
        ------
        ValueError
            If clips of different lengths make no tensor, or `tensor_type` is another.
        ImportError
            If "pt" is asked for and torch is not installed.
        """
        if tensor_type is None:
            return self
        kind = choice("return_tensors", str(getattr(tensor_type, "value", tensor_type)), _TENSORS)
        for key, value in self.data.items():
            first = _first(value)
            if first is None or isinstance(first, (str, dict)) or is_tensor(value):
                continue  # no numbers: as in the original, it stays
            self.data[key] = _as_array(value) if kind == "np" else _as_tensor(key, value)
        return self

    def to(self, *args: object, **kwargs: object) -> BatchFeature:
        """Move torch tensors as ``tensor.to(*args, **kwargs)``; integers keep their dtype."""
        import torch

        devices = (x for x in args if not isinstance(x, torch.dtype))
        device = kwargs.get("device", next(devices, None))
        for key, value in self.data.items():
            if isinstance(value, torch.Tensor):
                floating = torch.is_floating_point(value)
                moved = value.to(*args, **kwargs) if floating else value.to(device=device)
                self.data[key] = moved
        return self


_TENSORS = ("np", "pt")


def _first(value: object) -> object:
    """Return the first of what lists hold, however deep."""
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return value


def _as_array(value: object) -> Array:
    """Return an array; of objects, where the lengths differ."""
    if isinstance(value, list) and len({np.shape(v) for v in value}) > 1:
        ragged = np.empty(len(value), dtype=object)
        ragged[:] = value
        return ragged
    return np.asarray(value)


def _as_tensor(key: str, value: object) -> Tensor:
    array = _as_array(value)
    if array.dtype == object:
        raise ValueError(
            f"{key} has clips of different lengths, which make no tensor; "
            "pass padding=True, or return_tensors=None"
        )
    import torch

    if array.dtype == np.float64 and not hasattr(_first(value), "dtype"):
        array = array.astype(np.float32)  # torch's type of Python's numbers
    return torch.from_numpy(np.ascontiguousarray(array))
