"""Which modules of a base compute otherwise while it is trained, and back again.

A module's ``forward`` is replaced on the instance for the length of a ``with`` block, so hooks on it go on working, and
neither its class nor its weights are touched.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, final

import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel
from transformers.models.t5.modeling_t5 import T5DenseActDense, T5LayerNorm

from graftwork.models.quick.dropout import dropout
from graftwork.models.quick.hooks import modules_beside
from graftwork.models.quick.layout import Layout
from graftwork.models.quick.memory import keep_freed_memory
from graftwork.models.quick.norm import scaled_by_root_mean_square
from graftwork.models.quick.positions import QuickPositions
from graftwork.models.quick.t5 import QuickT5

__all__ = ["QuickForward"]

Forward = Callable[..., Any]
Packing = Callable[[Layout, Layout, torch.Tensor], AbstractContextManager[None]]
"""See ``Looks.packing``."""


@final
class QuickForward:
    """Quicker forward passes for a model that is trained on a CPU, to be made once for a training."""

    def __init__(self, model: PreTrainedModel, bf16: bool) -> None:
        """Get ready.

        Args:
            model: with what hangs on it; its frozen parts are those whose parameters want no gradient now.
            bf16: whether training runs under autocast to bfloat16: then the frozen linear layers are copied to it.
        """
        keep_freed_memory()
        self._forwards: dict[nn.Module, Forward] = {}
        for module in {*model.modules(), *modules_beside(model)}:
            forward = _forward_of(module, bf16)
            if forward is not None:
                self._forwards[module] = forward
        t5 = getattr(model.config, "model_type", None) in ("t5", "mt5")
        self._t5 = QuickT5(model, bf16) if t5 else None
        if self._t5 is not None:
            self._forwards |= self._t5.forwards
        self._positions = QuickPositions(model).active if t5 else nullcontext

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block the model computes this way."""
        for module, forward in self._forwards.items():
            module.__dict__["forward"] = forward
        try:
            with self._t5.active() if self._t5 else nullcontext(), self._positions():
                yield
        finally:
            for module in self._forwards:
                module.__dict__.pop("forward", None)

    def packing(self) -> Packing | None:
        """Whatever has the model take a batch without its padding; None if it cannot now."""
        return self._t5.packing if self._t5 is not None and self._t5.packs() else None


def _forward_of(module: nn.Module, bf16: bool) -> Forward | None:
    frozen = not any(parameter.requires_grad for parameter in module.parameters(recurse=False))
    if isinstance(module, nn.Dropout):
        return lambda numbers: dropout(numbers, module.p) if module.training and module.p else numbers
    if isinstance(module, T5LayerNorm):
        return lambda states: _normed(module, states)
    if isinstance(module, T5DenseActDense):
        return lambda states: module.wo(module.dropout(module.act(module.wi(states))))
    if bf16 and frozen and isinstance(module, nn.Linear):
        return _FrozenLinear(module)
    return None


@final
class _FrozenLinear:
    """A linear layer whose weight is copied to bfloat16 when it is first called."""

    def __init__(self, linear: nn.Linear) -> None:
        self._linear = linear
        self._copies: list[torch.Tensor | None] = []

    def __call__(self, states: torch.Tensor) -> torch.Tensor:
        if not self._copies:
            own = self._linear.weight, self._linear.bias
            self._copies = [None if one is None else one.detach().to(torch.bfloat16) for one in own]
        weight, bias = self._copies
        assert weight is not None
        return F.linear(states, weight, bias)


def _normed(module: Any, states: torch.Tensor) -> torch.Tensor:
    kind = states.device.type
    dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else states.dtype
    return scaled_by_root_mean_square(states, module.weight, module.variance_epsilon, dtype)
