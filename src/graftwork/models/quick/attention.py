"""T5's attention by matrix products over whole batches, for training on a CPU.

PyTorch's own CPU kernel multiplies small tiles, which the matrix units of a processor made for bfloat16 hardly notice.
"""

from collections.abc import Sequence
from typing import Any, final

import torch

from graftwork.models.quick.dropout import keep_bits, kept_share, masked
from graftwork.models.quick.layout import Layout

__all__ = ["AttentionPass", "attention"]

AT_ONCE = 1 << 20
"""Scores of so many pairs of places a thread are computed at a time."""


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
        weights = q.new_empty(*q.shape[:2], k.shape[1])
        keep = keep_bits(weights.shape, self._share) if self._share else None
        self._saved = q, k, v, weights, keep
        mixed = torch.empty_like(q)
        for some in _groups(weights):
            # the softmax in float32: measured, up to twice as fast as in bfloat16
            scores = torch.baddbmm(bias[some], q[some], k[some].transpose(1, 2)).float()
            own = weights[some].copy_(torch.softmax(scores, dim=-1, out=scores))
            torch.bmm(own if keep is None else masked(own, keep[some]), v[some], out=mixed[some])
        if keep is not None:
            mixed.mul_(1 / kept_share(self._share))
        return self._layouts[0].from_heads(mixed.unsqueeze(0))

    def backward(
        self, gradient: torch.Tensor, positions: torch.Tensor | None = None
    ) -> tuple[list[torch.Tensor], torch.Tensor | None]:
        """The gradients of the tensors from that of the mixed rows, and that of ``positions``.

        Args:
            gradient: (rows, heads · size).
            positions: biases that are in the bias, (1, heads, places, others); None if their gradient is not wanted.
        """
        q, k, v, weights, keep = self._saved
        gradient = self._layouts[0].to_heads(gradient, 1, self._heads).squeeze(0)
        if keep is not None:
            gradient.mul_(1 / kept_share(self._share))
        parts = [
            q.new_empty(count, layout.batch * self._heads, layout.length, q.shape[-1])
            for layout, count in zip(self._layouts, self._counts, strict=True)
        ]
        of_queries, of_keys, of_values = (part for group in parts for part in group)
        of_scores: list[torch.Tensor] = []
        for some in _groups(weights):
            own, kept = weights[some], None if keep is None else keep[some]
            dropped = own if kept is None else masked(own, kept)
            torch.bmm(dropped.transpose(1, 2), gradient[some], out=of_values[some])
            of_weights = torch.bmm(gradient[some], v[some].transpose(1, 2))
            of_weights = of_weights if kept is None else masked(of_weights, kept)
            of_own = torch._softmax_backward_data(of_weights, own, -1, own.dtype)
            torch.bmm(of_own, k[some], out=of_queries[some])
            torch.bmm(of_own.transpose(1, 2), q[some], out=of_keys[some])
            if positions is not None:
                of_scores.append(of_own)
        gradients = [layout.from_heads(group) for layout, group in zip(self._layouts, parts, strict=True)]
        return gradients, None if positions is None else self._of_positions(of_scores, positions.dtype)

    def _of_positions(self, of_scores: Sequence[torch.Tensor], dtype: torch.dtype) -> torch.Tensor:
        whole = of_scores[0] if len(of_scores) == 1 else torch.cat(list(of_scores))
        return whole.view(-1, self._heads, *whole.shape[1:]).sum(0, keepdim=True, dtype=dtype)


def _groups(weights: torch.Tensor) -> list[slice]:
    """Sequences and heads, a few at a time, so that their scores are still in the processor's cache when used again."""
    at_once = max(1, AT_ONCE * torch.get_num_threads() // weights[0].numel())
    return [slice(first, first + at_once) for first in range(0, len(weights), at_once)]


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
        gradients, of_positions = ctx.work.backward(gradient, ctx.positions if ctx.needs_input_grad[2] else None)
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
