"""Transforms that give to torchaudio what they do not cover."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from .._base.arrays import Array
from .._base.tensors import Tensor, memory, why_not_plain

if TYPE_CHECKING:
    import torch as torch  # which others take from here
else:
    try:
        import torch
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        raise ModuleNotFoundError(
            "fastmel.torch needs torch, which is not installed: pip install torch", name="torch"
        ) from None


class NotCovered(Exception):
    """What an original has to do; the message is the subject of a sentence."""


class Transform(torch.nn.Module):  # type: ignore[misc]
    """A transform that gives to its original in torchaudio what it does not cover itself."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        super().__init__()
        self._arguments = arguments
        # A transform in a dictionary is none of this one's modules: it adds nothing to its state.
        self._originals: dict[Any, Any] = {}
        self._reason: str | None = None

    def _cover(self, prepare: Callable[[], None]) -> None:
        """Prepare what the arguments ask for, or make torchaudio's transform of them."""
        try:
            prepare()
        except NotCovered as reason:
            self._reason = str(reason)
            self._originals[torch.device("cpu"), torch.float32] = self._make_original(self._reason)

    def forward(self, tensor: Tensor) -> Tensor:
        """Transform a tensor, shape (..., time) or (..., freq, time)."""
        if reason := self._reason or _why_not(tensor):
            return self._original(tensor, reason)(tensor)
        return torch.from_numpy(self._compute(memory(tensor)))

    def _compute(self, array: Array) -> Array:
        raise NotImplementedError

    def _original(self, tensor: Tensor, reason: str) -> Any:
        kind = tensor.dtype if tensor.dtype.is_floating_point else torch.float32
        where = tensor.device, kind
        if where not in self._originals:
            with _apart():
                self._originals[where] = self._make_original(reason).to(*where)
        return self._originals[where]

    def _make_original(self, reason: str) -> Any:
        try:
            transforms = importlib.import_module("torchaudio").transforms
        except ModuleNotFoundError as error:
            if error.name != "torchaudio":
                raise
            raise RuntimeError(
                f"fastmel.torch.{type(self).__name__} does not cover {reason}, and torchaudio, "
                "which does, is not installed: pip install torchaudio"
            ) from None
        return getattr(transforms, type(self).__name__)(**self._arguments)

    def extra_repr(self) -> str:
        """Return the arguments, for the representation of a module."""
        return ", ".join(f"{name}={value!r}" for name, value in self._arguments.items())


@contextlib.contextmanager
def _apart() -> Iterator[None]:
    """Keep what is made here, which outlives a call, out of the call's graphs and modes."""
    modes = importlib.import_module("torch.utils._python_dispatch")
    traced = torch._C._get_tracing_state()
    torch._C._set_tracing_state(None)
    try:
        with torch.inference_mode(False), modes._disable_current_modes(), torch.device("cpu"):
            yield
    finally:
        torch._C._set_tracing_state(traced)


def _why_not(tensor: Tensor) -> str | None:
    """Return why a tensor is the original's, or None if its memory will do."""
    if not isinstance(tensor, torch.Tensor):
        raise TypeError(f"tensor must be a torch.Tensor; got {type(tensor).__name__}")
    return why_not_plain(tensor, torch.float32, torch.float64)
