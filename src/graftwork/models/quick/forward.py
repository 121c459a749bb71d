"""Which modules of a base compute otherwise while it is trained, and back again.

A module's ``forward`` is replaced on the instance for the length of a ``with`` block, so hooks on it go on working, and
neither its class nor its weights are touched.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel
from transformers.models.t5.modeling_t5 import T5DenseActDense, T5LayerNorm

from graftwork.models.quick.attention import QuickAttention
from graftwork.models.quick.dropout import dropout
from graftwork.models.quick.norm import scaled_by_root_mean_square
from graftwork.models.quick.positions import QuickPositions

__all__ = ["QuickForward"]

Forward = Callable[..., torch.Tensor]


@final
class QuickForward:
    """Quicker forward passes for the frozen parts of a model on a CPU, to be made once for a training."""

    def __init__(self, model: PreTrainedModel, bf16: bool) -> None:
        """Get ready.

        Args:
            model: its frozen parts are those whose parameters want no gradient now.
            bf16: whether training runs under autocast to bfloat16: then the frozen linear layers are copied to it.
        """
        self._forwards: dict[nn.Module, Forward] = {}
        for module in model.modules():
            forward = _forward_of(module, bf16)
            if forward is not None:
                self._forwards[module] = forward
        family = getattr(model.config, "model_type", None)
        t5 = family in ("t5", "mt5")
        self._attention = QuickAttention(model).active if t5 else nullcontext
        self._positions = QuickPositions(model).active if t5 else nullcontext

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block the model computes this way."""
        for module, forward in self._forwards.items():
            module.__dict__["forward"] = forward
        try:
            with self._attention(), self._positions():
                yield
        finally:
            for module in self._forwards:
                module.__dict__.pop("forward", None)


def _forward_of(module: nn.Module, bf16: bool) -> Forward | None:
    frozen = not any(parameter.requires_grad for parameter in module.parameters(recurse=False))
    if isinstance(module, nn.Dropout):
        return lambda numbers: dropout(numbers, module.p) if module.training and module.p else numbers
    if isinstance(module, T5LayerNorm) and frozen:
        return lambda states: _normed(module, states)
    if isinstance(module, T5DenseActDense):
        return lambda states: module.wo(module.dropout(module.act(module.wi(states))))
    if bf16 and frozen and isinstance(module, nn.Linear):
        weight = module.weight.detach().to(torch.bfloat16)
        bias = None if module.bias is None else module.bias.detach().to(torch.bfloat16)
        return lambda states: F.linear(states, weight, bias)
    return None


def _normed(module: Any, states: torch.Tensor) -> torch.Tensor:
    kind = states.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else states.dtype
    return scaled_by_root_mean_square(states, module.weight, module.variance_epsilon, dtype)
