"""Tensors of torch: which of them are plain memory, and nobody watches what happens to them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeAlias

from .arrays import Array

if TYPE_CHECKING:
    import torch

    Tensor: TypeAlias = torch.Tensor
else:
    Tensor = Any


def is_tensor(x: object) -> bool:
    """Whether this is a tensor, without importing torch: then there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def why_not_plain(tensor: Tensor, *dtypes: torch.dtype) -> str | None:
    """Return why a result may not be computed from a tensor's memory alone, or None if it may.

    A result computed outside of torch has no history: no gradient, no tangent, no place in a graph
    that is being traced, and no mode of torch's hears of it. `dtypes` are those that will do.
    """
    import torch

    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        return f"tensors of type {type(tensor).__name__}"
    if torch.compiler.is_compiling() or torch.jit.is_tracing():
        return "tensors that are traced"
    if torch._C._functorch.peek_interpreter_stack() is not None:
        return "transforms of torch.func"
    # make_fx, export, fake tensors, counters of operations, default devices: a mode hears of
    # everything that is asked of the tensor.
    if torch._C._len_torch_dispatch_stack() or torch._C._len_torch_function_stack():
        return "tensors under a mode of torch"
    if tensor.requires_grad and torch.is_grad_enabled():
        return "tensors that require grad"
    if torch.is_autocast_enabled("cpu"):
        return "tensors under autocast"
    if not tensor.is_cpu:
        return f"tensors on {tensor.device}"
    if tensor.dtype not in dtypes:
        return f"tensors of {tensor.dtype}"
    if torch.autograd.forward_ad.unpack_dual(tensor).tangent is not None:
        return "tensors with a tangent"
    if tensor.layout is not torch.strided or tensor.is_nested or tensor.is_neg():
        return "tensors without memory of their own"
    return None


def memory(tensor: Tensor) -> Array:
    """Return the memory of a plain tensor as an array."""
    array: Array = (tensor.detach() if tensor.requires_grad else tensor).numpy()
    return array
