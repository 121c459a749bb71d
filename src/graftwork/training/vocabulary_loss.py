"""The loss of a head over the vocabulary, some rows at a time, its gradient taken at once."""

from typing import Any

import torch
import torch.nn.functional as F

__all__ = ["CHUNK_ROWS", "vocabulary_loss"]

CHUNK_ROWS = 256
"""Rows of logits at a time: 33 MB in float32 for 32,100 tokens. Fewer are slower to multiply, and for more the memory
of the logits is no longer kept from one chunk to the next (measured: a row of 128 takes a tenth longer)."""

SMALLEST_SHARE = 1e-30
"""Below it a probability has lost digits in float32, and its logarithm is taken from the logits instead."""


class _VocabularyLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        narrow = weight.to(states.dtype)
        of_states = torch.empty_like(states)
        of_weight = torch.zeros_like(weight) if ctx.needs_input_grad[1] else None
        room = min(CHUNK_ROWS, len(states)), len(weight)
        # One memory for the logits of all chunks: new memory costs more than the softmax that is written to it.
        all_logits, all_shares = states.new_empty(room), states.new_empty(room, dtype=torch.float32)
        losses = []
        for start in range(0, len(states), CHUNK_ROWS):
            rows, wanted = states[start : start + CHUNK_ROWS], labels[start : start + CHUNK_ROWS, None]
            logits, shares = all_logits[: len(rows)], all_shares[: len(rows)]
            torch.mm(rows, narrow.t(), out=logits)
            torch.softmax(shares.copy_(logits), dim=-1, out=shares)
            of_wanted = shares.gather(1, wanted)
            if of_wanted.min() > SMALLEST_SHARE:
                losses.append(of_wanted.log_().neg_().squeeze(1))
            else:
                losses.append(F.cross_entropy(logits.float(), wanted.squeeze(1), reduction="none"))
            shares.scatter_add_(1, wanted, shares.new_full(wanted.shape, -1.0))
            torch.mm(logits.copy_(shares), narrow, out=of_states[start : start + CHUNK_ROWS])
            if of_weight is not None:
                of_weight.add_(torch.mm(logits.t(), rows))
        ctx.save_for_backward(of_states, of_weight)
        return torch.cat(losses).mean()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        of_states, of_weight = ctx.saved_tensors
        share = gradient / len(of_states)
        return of_states * share, None if of_weight is None else of_weight * share, None


def vocabulary_loss(states: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of labels in nats, the logits being states · weightᵀ; a scalar in float32.

    Args:
        states: (tokens, width); the products are of its type.
        weight: (vocabulary, width).
        labels: (tokens,), none of them left out.
    """
    loss: torch.Tensor = _VocabularyLoss.apply(states, weight, labels)  # type: ignore[no-untyped-call]
    return loss
