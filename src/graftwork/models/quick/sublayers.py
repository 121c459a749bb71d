"""The parts of a T5 block, each as one function with its own backward pass: norm, products, what hangs on them, sum."""

from collections.abc import Sequence
from typing import Any, Protocol, final

import torch

from graftwork.models.quick.attention import AttentionPass
from graftwork.models.quick.norm import norm_backward, norm_forward
from graftwork.models.quick.projection import JoinedPass
from graftwork.models.quick.rectify import keep_positive_, rectify_

__all__ = ["Between", "CrossAttentionPass", "FeedForwardPass", "SelfAttentionPass", "sublayer"]


class Between(Protocol):
    """What a sublayer does between its norm and the sum with what it was given."""

    @property
    def passes(self) -> Sequence[JoinedPass]:
        """Its products."""

    def forward(self, normed: torch.Tensor, source: torch.Tensor | None) -> torch.Tensor:
        """(rows, width) to the same."""

    def backward(self, gradient: torch.Tensor, wanted: Sequence[bool]) -> Sequence[torch.Tensor | None]:
        """The gradients of both arguments and of the positions, where they are wanted."""


@final
class FeedForwardPass:
    """wo(relu(wi(x)))."""

    def __init__(self, inner: JoinedPass, outer: JoinedPass) -> None:
        self._inner, self._outer = inner, outer
        self.passes = (inner, outer)

    def forward(self, normed: torch.Tensor, source: torch.Tensor | None) -> torch.Tensor:
        """See ``Between.forward``."""
        self._hidden = rectify_(self._inner.forward(normed))
        return self._outer.forward(self._hidden)

    def backward(self, gradient: torch.Tensor, wanted: Sequence[bool]) -> Sequence[torch.Tensor | None]:
        """See ``Between.backward``."""
        of_hidden = self._outer.backward(gradient, True)
        assert of_hidden is not None
        return self._inner.backward(keep_positive_(of_hidden, self._hidden), wanted[0]), None, None


@final
class SelfAttentionPass:
    """o(attention(q, k, v)), all three of one input."""

    def __init__(
        self, passes: Sequence[JoinedPass], attend: AttentionPass, bias: torch.Tensor, positions: torch.Tensor
    ) -> None:
        self.passes, self._attend = passes, attend
        self._joined, self._outer = passes
        self._bias, self._positions = bias, positions

    def forward(self, normed: torch.Tensor, source: torch.Tensor | None) -> torch.Tensor:
        """See ``Between.forward``."""
        return self._outer.forward(self._attend.forward([self._joined.forward(normed)], self._bias))

    def backward(self, gradient: torch.Tensor, wanted: Sequence[bool]) -> Sequence[torch.Tensor | None]:
        """See ``Between.backward``."""
        of_mixed = self._outer.backward(gradient, True)
        assert of_mixed is not None
        (of_joined,), of_positions = self._attend.backward(of_mixed, self._positions if wanted[2] else None)
        return self._joined.backward(of_joined, wanted[0]), None, of_positions


@final
class CrossAttentionPass:
    """o(attention(q, k, v)), with keys and values of the source."""

    def __init__(self, passes: Sequence[JoinedPass], attend: AttentionPass, bias: torch.Tensor) -> None:
        self.passes, self._attend, self._bias = passes, attend, bias
        self._queries, self._others, self._outer = passes

    def forward(self, normed: torch.Tensor, source: torch.Tensor | None) -> torch.Tensor:
        """See ``Between.forward``."""
        assert source is not None
        split = [self._queries.forward(normed), self._others.forward(source)]
        return self._outer.forward(self._attend.forward(split, self._bias))

    def backward(self, gradient: torch.Tensor, wanted: Sequence[bool]) -> Sequence[torch.Tensor | None]:
        """See ``Between.backward``."""
        of_mixed = self._outer.backward(gradient, True)
        assert of_mixed is not None
        (of_queries, of_others), _ = self._attend.backward(of_mixed)
        return self._queries.backward(of_queries, wanted[0]), self._others.backward(of_others, wanted[1]), None


class _Sublayer(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        between: Between,
        norm: Any,
        dtype: torch.dtype,
        states: torch.Tensor,
        source: torch.Tensor | None,
        positions: torch.Tensor | None,
        scale: torch.Tensor,
        *tensors: torch.Tensor,
    ) -> torch.Tensor:
        rows = states.reshape(-1, states.shape[-1])
        normed, inverse = norm_forward(rows, scale, norm.variance_epsilon, dtype)
        given = None if source is None else source.reshape(-1, source.shape[-1]).to(dtype)
        added = between.forward(normed, given)
        if any(ctx.needs_input_grad):
            ctx.between, ctx.source = between, None if source is None else (source.shape, source.dtype)
            ctx.dtype = dtype
            ctx.save_for_backward(rows, scale, inverse)
        return (rows + added).view(states.shape)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, scale, inverse = ctx.saved_tensors
        _, _, _, *wanted = ctx.needs_input_grad
        onwards = gradient.reshape(rows.shape)
        needs_normed = wanted[0] or wanted[3]
        of_normed, of_source, of_positions = ctx.between.backward(onwards.to(ctx.dtype), [needs_normed, *wanted[1:]])
        of_states = of_scale = None
        if of_normed is not None:
            unscaled, of_scale = norm_backward(of_normed, rows, scale, inverse)
            of_states = torch.addcmul(onwards, unscaled, inverse).view(gradient.shape)
        if of_source is not None:
            shape, dtype = ctx.source
            of_source = of_source.view(shape).to(dtype)
        gradients = [one for joined in ctx.between.passes for one in joined.gradients]
        ctx.between = None
        return None, None, None, of_states, of_source, of_positions, of_scale, *gradients


def sublayer(
    between: Between,
    norm: Any,
    states: torch.Tensor,
    dtype: torch.dtype,
    source: torch.Tensor | None = None,
    positions: torch.Tensor | None = None,
) -> torch.Tensor:
    """states + between(norm(states)), with all gradients.

    Args:
        between: for this pass.
        norm: T5's.
        states: (batch, length, width), in float32.
        dtype: of the products.
        source: what a cross attention reads, (batch, length, width).
        positions: biases of positions that may be trained.
    """
    tensors = [tensor for joined in between.passes for tensor in joined.tensors]
    added: torch.Tensor = _Sublayer.apply(  # type: ignore[no-untyped-call]
        between, norm, dtype, states, source, positions, norm.weight, *tensors
    )
    return added
