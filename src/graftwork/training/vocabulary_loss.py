"""The loss of a frozen head over the vocabulary, some rows at a time, its gradient taken at once."""

from typing import Any

import torch
import torch.nn.functional as F

__all__ = ["CHUNK_ROWS", "vocabulary_loss"]

CHUNK_ROWS = 128
"""Rows of logits at a time: 16 MB in float32 for 32,100 tokens, which stay in a processor's cache."""

SMALLEST_SHARE = 1e-30
"""Below it a probability has lost digits in float32, and its logarithm is taken from the logits instead."""


class _VocabularyLoss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, states: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        gradient = torch.empty_like(states)
        losses = []
        for start in range(0, len(states), CHUNK_ROWS):
            rows, wanted = states[start : start + CHUNK_ROWS], labels[start : start + CHUNK_ROWS, None]
            logits = F.linear(rows, weight).float()
            shares = logits.softmax(dim=-1)
            of_wanted = shares.gather(1, wanted)
            if of_wanted.min() > SMALLEST_SHARE:
                losses.append(of_wanted.log_().neg_().squeeze(1))
            else:
                losses.append(F.cross_entropy(logits, wanted.squeeze(1), reduction="none"))
            shares.scatter_add_(1, wanted, shares.new_full(wanted.shape, -1.0))
            torch.mm(shares.to(weight.dtype), weight, out=gradient[start : start + CHUNK_ROWS])
        ctx.save_for_backward(gradient)
        return torch.cat(losses).mean()

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None]:
        (of_states,) = ctx.saved_tensors
        return of_states * (gradient / len(of_states)), None, None


def vocabulary_loss(states: torch.Tensor, weight: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Mean cross-entropy of labels in nats, the logits being states · weightᵀ; a scalar in float32.

    Args:
        states: (tokens, width), of the weight's type.
        weight: (vocabulary, width), without a gradient.
        labels: (tokens,), none of them left out.
    """
    loss: torch.Tensor = _VocabularyLoss.apply(states, weight, labels)  # type: ignore[no-untyped-call]
    return loss
