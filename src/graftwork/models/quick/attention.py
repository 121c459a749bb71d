"""T5's attention by matrix products over whole batches, for training on a CPU.

PyTorch's own CPU kernel multiplies small tiles, which the matrix units of a processor made for bfloat16 hardly notice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, final

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, eager_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from graftwork.models.quick.dropout import keep_bits, kept_share, masked

__all__ = ["QuickAttention", "attention"]

NAME = "graftwork_quick"


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        bias: torch.Tensor,
        share: float,
    ) -> torch.Tensor:
        q, k, v = (part.reshape(-1, *part.shape[-2:]) for part in (queries, keys, values))
        weights = torch.baddbmm(bias, q, k.transpose(1, 2)).softmax(dim=-1)
        keep = keep_bits(weights.shape, share) if share else None
        ctx.share, ctx.heads = share, queries.shape[1]
        ctx.save_for_backward(q, k, v, weights, keep)
        mixed = torch.bmm(weights if keep is None else masked(weights, keep), v)
        return (mixed if keep is None else mixed.mul_(1 / kept_share(share))).view(*queries.shape[:-1], v.shape[-1])

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        q, k, v, weights, keep = ctx.saved_tensors
        gradient = gradient.reshape(-1, *gradient.shape[-2:])
        if keep is not None:
            gradient = gradient * (1 / kept_share(ctx.share))
        used = weights if keep is None else masked(weights, keep)
        of_values = torch.bmm(used.transpose(1, 2), gradient)
        of_weights = torch.bmm(gradient, v.transpose(1, 2))
        of_weights = of_weights if keep is None else masked(of_weights, keep)
        of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
        of_queries, of_keys = torch.bmm(of_scores, k), torch.bmm(of_scores.transpose(1, 2), q)
        parts = (part.view(-1, ctx.heads, *part.shape[1:]) for part in (of_queries, of_keys, of_values))
        return (*parts, None, None)


def attention(
    queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, bias: torch.Tensor, share: float = 0.0
) -> torch.Tensor:
    """softmax(queries · keysᵀ + bias) · values, with a gradient to all but the bias.

    Args:
        queries: (batch, heads, places, size).
        keys: (batch, heads, others, size).
        values: (batch, heads, others, size).
        bias: (batch · heads, places, others), of the same type, the mask in it.
        share: of the weights that is dropped.

    Returns:
        (batch, heads, places, size).
    """
    mixed: torch.Tensor = _Attention.apply(queries, keys, values, bias, share)  # type: ignore[no-untyped-call]
    return mixed


@final
class QuickAttention:
    """The attention of a T5 while it is trained; outside ``active`` it has its own."""

    def __init__(self, model: PreTrainedModel) -> None:
        self._configs = list({id(one.config): one.config for one in model.modules() if hasattr(one, "config")}.values())
        self._biases: dict[tuple[int, int], tuple[torch.Tensor, ...]] = {}

    @contextmanager
    def active(self) -> Iterator[None]:
        """In this block the model's attentions, and new ones with its configuration, are computed this way."""
        ALL_ATTENTION_FUNCTIONS.register(NAME, self._forward)
        ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, eager_mask)
        before = [config._attn_implementation_internal for config in self._configs]
        for config in self._configs:
            config._attn_implementation_internal = NAME
        try:
            yield
        finally:
            for config, own in zip(self._configs, before, strict=True):
                config._attn_implementation_internal = own
            self._biases.clear()

    def _forward(
        self,
        module: nn.Module,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        attention_mask: torch.Tensor | None,
        dropout: float = 0.0,
        scaling: float | None = None,
        position_bias: torch.Tensor | None = None,
        **others: Any,
    ) -> tuple[torch.Tensor, None]:
        """What Transformers calls; (batch, heads, places, size) to (batch, places, heads, size)."""
        if position_bias is None or position_bias.requires_grad or scaling != 1.0:
            return sdpa_attention_forward(  # type: ignore[no-any-return]  # Transformers is not typed
                module, query, key, value, attention_mask, dropout, scaling, position_bias=position_bias, **others
            )
        bias = self._bias(position_bias, attention_mask, query)
        mixed = attention(query, key, value, bias, dropout)
        return mixed.transpose(1, 2).contiguous(), None

    def _bias(self, positions: torch.Tensor, mask: torch.Tensor | None, query: torch.Tensor) -> torch.Tensor:
        """Positions and mask in one, made once for all blocks of a stack, which are given the same tensors."""
        key = id(positions), id(mask)
        if key not in self._biases:
            bias = positions if mask is None else positions + mask
            bias = bias.clamp(min=torch.finfo(query.dtype).min).to(query.dtype)
            bias = bias.expand(query.shape[0], query.shape[1], -1, -1).reshape(-1, *bias.shape[-2:])
            self._biases[key] = bias, positions, mask  # type: ignore[assignment]  # held, so that their ids stay theirs
        return self._biases[key][0]
