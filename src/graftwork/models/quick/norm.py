"""T5's norm (root mean square, Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467)."""

from typing import Any

import torch

__all__ = ["norm_backward", "norm_forward", "scaled_by_root_mean_square"]


def norm_forward(
    states: torch.Tensor, scale: torch.Tensor, epsilon: float, dtype: torch.dtype
) -> tuple[torch.Tensor, torch.Tensor]:
    """What ``scaled_by_root_mean_square`` returns, and the inverse of each state's root, for ``norm_backward``."""
    inverse = torch.linalg.vector_norm(states, dim=-1, keepdim=True)
    inverse = inverse.square_().div_(states.shape[-1]).add_(epsilon).rsqrt_()
    return (states * inverse).mul_(scale).to(dtype), inverse


def norm_backward(
    gradient: torch.Tensor, states: torch.Tensor, scale: torch.Tensor, inverse: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The gradient of the states but for a factor, the inverse; and that of the scale, None if it is not trained.

    Args:
        gradient: (rows, width), of any type.
        states: (rows, width), as they were given to ``norm_forward``, and so is ``scale``.
        inverse: as it returned it.
    """
    gradient = gradient.float()
    of_scale = torch.mm(inverse.t(), gradient * states).squeeze(0) if scale.requires_grad else None
    scaled = gradient * scale
    shift = torch.linalg.vecdot(scaled, states).unsqueeze(-1)
    shift.mul_(inverse.square()).div_(-states.shape[-1])
    return scaled.addcmul_(states, shift), of_scale


class _Norm(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: torch.Tensor, scale: torch.Tensor, epsilon: float, dtype: torch.dtype
    ) -> torch.Tensor:
        scaled, inverse = norm_forward(states, scale, epsilon, dtype)
        ctx.save_for_backward(states, scale, inverse)
        return scaled

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        states, scale, inverse = ctx.saved_tensors
        given, rows = (tensor.reshape(-1, tensor.shape[-1]) for tensor in (gradient, states))
        of_states, of_scale = norm_backward(given, rows, scale, inverse.view(-1, 1))
        of_states = of_states.view_as(states).mul_(inverse)
        return of_states, of_scale, None, None


def scaled_by_root_mean_square(
    states: torch.Tensor, scale: torch.Tensor, epsilon: float, dtype: torch.dtype
) -> torch.Tensor:
    """Each state by the root of its mean square, times a scale.

    Args:
        states: (..., width) in float32.
        scale: (width,) in float32.
        epsilon: added to the mean square.
        dtype: the type of what is returned, of the same shape; inside, all is float32.
    """
    scaled: torch.Tensor = _Norm.apply(states, scale, epsilon, dtype)  # type: ignore[no-untyped-call]
    return scaled
