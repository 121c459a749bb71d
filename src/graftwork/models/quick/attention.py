"""T5's attention by matrix products over whole batches, for training on a CPU.

PyTorch's own CPU kernel multiplies small tiles, which the matrix units of a processor made for bfloat16 hardly notice.
"""

from collections.abc import Sequence
from typing import Any, final

import torch

from graftwork.models.quick.dropout import keep_bits, kept_share, masked
from graftwork.models.quick.layout import Layout

__all__ = ["AttentionPass", "attention"]


@final
class AttentionPass:
    """softmax(queries · keysᵀ + bias) · values, forward and back once.

    Queries, keys and values come as rows, several of them side by side where they were made so.
    """

    def __init__(self, layouts: Sequence[Layout], counts: Sequence[int], heads: int, share: float) -> None:
        """Name the shapes.

        Args:
            layouts: of each tensor of rows that ``forward`` is given.
            counts: how many parts stand side by side in each; queries, keys and values, so 3 in all.
            heads: in each part.
            share: of the weights that is dropped.
        """
        self._layouts, self._counts, self._heads, self._share = layouts, counts, heads, share

    def forward(self, tensors: Sequence[torch.Tensor], bias: torch.Tensor) -> torch.Tensor:
        """Return rows of mixed values, (rows, heads · size).

        Args:
            tensors: (rows, parts · heads · size) each.
            bias: (batch · heads, places, others), of the same type, the mask in it.
        """
        groups = zip(self._layouts, tensors, self._counts, strict=True)
        split = [layout.to_heads(rows, count, self._heads) for layout, rows, count in groups]
        q, k, v = (part for group in split for part in group)
        scores = torch.baddbmm(bias, q, k.transpose(1, 2)).float()  # measured: up to twice as fast as in bfloat16
        weights = torch.softmax(scores, dim=-1, out=scores).to(q.dtype)
        keep = keep_bits(weights.shape, self._share) if self._share else None
        self._saved = q, k, v, weights, keep
        mixed = torch.bmm(weights if keep is None else masked(weights, keep), v)
        if keep is not None:
            mixed.mul_(1 / kept_share(self._share))
        return self._layouts[0].from_heads(mixed.unsqueeze(0))

    def backward(self, gradient: torch.Tensor) -> list[torch.Tensor]:
        """The gradients of the tensors, from that of the mixed rows."""
        q, k, v, weights, keep = self._saved
        gradient = self._layouts[0].to_heads(gradient, 1, self._heads).squeeze(0)
        if keep is not None:
            gradient.mul_(1 / kept_share(self._share))
        groups = [
            q.new_empty(count, layout.batch * self._heads, layout.length, q.shape[-1])
            for layout, count in zip(self._layouts, self._counts, strict=True)
        ]
        of_queries, of_keys, of_values = (part for group in groups for part in group)
        torch.bmm((weights if keep is None else masked(weights, keep)).transpose(1, 2), gradient, out=of_values)
        of_weights = torch.bmm(gradient, v.transpose(1, 2))
        of_weights = of_weights if keep is None else masked(of_weights, keep)
        self.of_scores = torch._softmax_backward_data(of_weights, weights, -1, weights.dtype)
        torch.bmm(self.of_scores, k, out=of_queries)
        torch.bmm(self.of_scores.transpose(1, 2), q, out=of_keys)
        return [layout.from_heads(group) for layout, group in zip(self._layouts, groups, strict=True)]

    def of_positions(self, positions: torch.Tensor) -> torch.Tensor:
        """After ``backward`` the gradient of biases of positions, (1, heads, places, others), that are in the bias."""
        scores = self.of_scores.view(-1, self._heads, *self.of_scores.shape[1:])
        return scores.sum(0, keepdim=True, dtype=positions.dtype)


class _Attention(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        work: AttentionPass,
        bias: torch.Tensor,
        positions: torch.Tensor,
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        ctx.work, ctx.positions = work, positions
        return work.forward(tensors, bias)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        gradients = ctx.work.backward(gradient)
        of_positions = ctx.work.of_positions(ctx.positions) if ctx.needs_input_grad[2] else None
        return (None, None, of_positions, *gradients)


def attention(
    tensors: Sequence[torch.Tensor],
    layouts: Sequence[Layout],
    heads: int,
    bias: torch.Tensor,
    positions: torch.Tensor,
    share: float = 0.0,
) -> torch.Tensor:
    """softmax(queries · keysᵀ + bias) · values, with a gradient to all of these and to the positions.

    Args:
        tensors: queries, keys and values, (rows, heads · size) each.
        layouts: of these.
        heads: how many.
        bias: (batch · heads, places, others), of the same type, positions and mask in it.
        positions: (1, heads, places, others), or what can be spread to that and has no gradient.
        share: of the weights that is dropped.

    Returns:
        (rows, heads · size).
    """
    work = AttentionPass(layouts, (1, 1, 1), heads, share)
    mixed: torch.Tensor = _Attention.apply(work, bias, positions, *tensors)  # type: ignore[no-untyped-call]
    return mixed
