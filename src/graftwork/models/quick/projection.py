"""Linear layers of one input, and the low-rank parts that hang on them, forward and back in few products."""

from collections.abc import Sequence
from typing import Any, final

import torch
from torch import nn

from graftwork.models.anatomy import LowRankPart
from graftwork.models.quick.rectify import keep_positive_, rectify_

__all__ = ["JoinedPass", "joined_weight"]


def joined_weight(modules: Sequence[Any], dtype: torch.dtype) -> torch.Tensor:
    """The weights of linear layers below each other, in a type, without a gradient."""
    weights: list[torch.Tensor] = [module.weight.detach() for module in modules]
    if len(weights) == 1:
        return weights[0].to(dtype)
    joined = weights[0].new_empty(sum(map(len, weights)), weights[0].shape[1], dtype=dtype)
    for place, weight in zip(torch.split(joined, [len(one) for one in weights]), weights, strict=True):
        place.copy_(weight)
    return joined


@final
class JoinedPass:
    """One pass through linear layers side by side: (rows, inputs) to (rows, all outputs), and back once."""

    def __init__(self, modules: Sequence[Any], weight: torch.Tensor, parts: Sequence[Sequence[LowRankPart]]) -> None:
        """Name what is computed.

        Args:
            modules: linear layers without a bias.
            weight: their ``joined_weight``.
            parts: the low-rank parts of each, for all rows.
        """
        self._weight = weight
        self._sizes = [len(module.weight) for module in modules]
        self._weights: list[nn.Parameter] = [module.weight for module in modules]
        self._parts = [(place, part) for place, own in enumerate(parts) for part in own]
        self.tensors: list[torch.Tensor] = self._weights + [
            tensor for _, part in self._parts for tensor in (part.down, part.up)
        ]
        """All that it hangs on beside the input."""
        self.gradients: list[torch.Tensor | None] = [None] * len(self.tensors)
        """Of these, in the same order; they are there after ``backward``."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """(rows, inputs), of the joined weight's type, to (rows, all outputs)."""
        self._rows = rows
        output = torch.mm(rows, self._weight.t())
        if self._parts:
            dtype = rows.dtype
            downs = [part.down for _, part in self._parts]
            self._down = (downs[0] if len(downs) == 1 else torch.cat(downs)).to(dtype)
            # Scaled while they are small; times zero at the start is zero.
            self._ups = [(part.up * part.scale).to(dtype) for _, part in self._parts]
            self._hidden = torch.mm(rows, self._down.t())
            if self._parts[0][1].activation is not None:
                rectify_(self._hidden)
            outputs = torch.split(output, self._sizes, dim=1)
            for (place, _), up, hidden in zip(self._parts, self._ups, self._by_part(self._hidden), strict=True):
                outputs[place].addmm_(hidden, up.t())
        return output

    def _by_part(self, hidden: torch.Tensor, dim: int = 1) -> Sequence[torch.Tensor]:
        return torch.split(hidden, [len(part.down) for _, part in self._parts], dim)

    def backward(self, gradient: torch.Tensor, wants_input: bool) -> torch.Tensor | None:
        """The gradient of the input, if wanted, from that of the output; those of ``tensors`` are kept."""
        of_input = torch.mm(gradient, self._weight) if wants_input else None
        of_weights = [place for place, weight in enumerate(self._weights) if weight.requires_grad]
        if len(of_weights) == len(self._weights):
            joined = torch.mm(gradient.t(), self._rows).float()
            self.gradients[: len(of_weights)] = torch.split(joined, self._sizes)
        elif of_weights:
            gradients = torch.split(gradient, self._sizes, dim=1)
            for place in of_weights:
                self.gradients[place] = torch.mm(gradients[place].t(), self._rows).float()
        if self._parts:
            of_hidden = self._back_through_parts(gradient)
            if of_input is not None:
                of_input.addmm_(of_hidden, self._down)
        return of_input

    def _back_through_parts(self, gradient: torch.Tensor) -> torch.Tensor:
        gradients = torch.split(gradient, self._sizes, dim=1)
        of_hidden = torch.empty_like(self._hidden)
        first = len(self._weights)
        parts = zip(self._parts, self._ups, self._by_part(self._hidden), self._by_part(of_hidden), strict=True)
        for number, ((place, part), up, hidden, of_own) in enumerate(parts):
            if len(self._parts) == 1:
                of_hidden = torch.mm(gradients[place], up)
            else:
                torch.mm(gradients[place], up, out=of_own)
            if part.up.requires_grad:
                self.gradients[first + 2 * number + 1] = torch.mm(gradients[place].t(), hidden).float().mul_(part.scale)
        if self._parts[0][1].activation is not None:
            keep_positive_(of_hidden, self._hidden)
        if any(part.down.requires_grad for _, part in self._parts):
            of_down = torch.mm(of_hidden.t(), self._rows).float()
            for number, of_own in enumerate(self._by_part(of_down, 0)):
                self.gradients[first + 2 * number] = of_own
        return of_hidden
