"""T5's norm (root mean square, Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467) for a frozen scale."""

from typing import Any

import torch

__all__ = ["scaled_by_root_mean_square"]


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, scale: torch.Tensor, epsilon: float, dtype: torch.dtype
    ) -> torch.Tensor:
        inverse = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
        inverse = inverse.square_().div_(states.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(states, scale, inverse)
        scaled: torch.Tensor = (states * inverse).mul_(scale).to(dtype)
        return scaled

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        states, scale, inverse = ctx.saved_tensors
        scaled = gradient * scale
        shift = torch.linalg.vecdot(scaled, states).unsqueeze(-1)
        shift.mul_(inverse.square()).div_(-states.shape[-1])
        return torch.addcmul(scaled, states, shift).mul_(inverse), None, None, None


def scaled_by_root_mean_square(
    states: torch.Tensor, scale: torch.Tensor, epsilon: float, dtype: torch.dtype
) -> torch.Tensor:
    """Each state by the root of its mean square, times a frozen scale.

    Args:
        states: (..., width) in float32.
        scale: (width,) in float32, without a gradient.
        epsilon: added to the mean square.
        dtype: the type of what is returned, of the same shape; inside, all is float32.
    """
    scaled: torch.Tensor = _Norm.apply(states, scale, epsilon, dtype)  # type: ignore[no-untyped-call]
    return scaled
