"""A low-rank branch added to a layer's output in bfloat16, in fewer casts and passes than by single steps."""

from typing import Any

import torch

from graftwork.models.quick.dropout import keep_bits, kept_share, masked

__all__ = ["add_low_rank"]


class _AddLowRank(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        output: torch.Tensor,
        inputs: torch.Tensor,
        down: torch.Tensor,
        up: torch.Tensor,
        scale: float,
        share: float,
    ) -> torch.Tensor:
        flat = inputs.reshape(-1, inputs.shape[-1])
        narrow, wide = down.to(output.dtype), up.to(output.dtype)
        keep = keep_bits(flat.shape, share) if share else None
        scale = scale / kept_share(share)
        hidden = torch.mm(flat if keep is None else masked(flat, keep), narrow.t())
        ctx.scale, ctx.shape = scale, inputs.shape
        ctx.save_for_backward(flat, narrow, wide, hidden, keep)
        return torch.addmm(output.reshape(-1, output.shape[-1]), hidden, wide.t(), alpha=scale).view(output.shape)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        flat, narrow, wide, hidden, keep = ctx.saved_tensors
        rows = gradient.reshape(-1, gradient.shape[-1])
        of_up = torch.mm(rows.t(), hidden).float().mul_(ctx.scale)
        of_hidden = torch.mm(rows, wide).mul_(ctx.scale)
        of_down = torch.mm(of_hidden.t(), flat if keep is None else masked(flat, keep)).float()
        of_inputs = None
        if ctx.needs_input_grad[1]:
            of_inputs = torch.mm(of_hidden, narrow)
            of_inputs = (of_inputs if keep is None else masked(of_inputs, keep)).view(ctx.shape)
        return gradient, of_inputs, of_down, of_up, None, None


def add_low_rank(
    output: torch.Tensor,
    inputs: torch.Tensor,
    down: torch.Tensor,
    up: torch.Tensor,
    scale: float,
    share: float,
) -> torch.Tensor:
    """output + scale · up · down · dropout(inputs), with the gradients of all tensors.

    Args:
        output: (..., outputs) in bfloat16; not changed.
        inputs: (..., inputs) in bfloat16.
        down: (rank, inputs) in float32.
        up: (outputs, rank) in float32.
        scale: of the branch.
        share: of the inputs that is dropped.
    """
    added: torch.Tensor = _AddLowRank.apply(output, inputs, down, up, scale, share)  # type: ignore[no-untyped-call]
    return added
