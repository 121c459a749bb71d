"""The likeliest token of each row, without the whole vocabulary in float32.

The head is the largest matrix that a token goes through. A product in bfloat16 takes a third or less of the time and
says which few tokens can be the likeliest at all, because the error of its logits has a bound; these are then computed
in float32. So the token is that of the head in float32.
"""

from typing import final

import torch
import torch.nn.functional as F

from graftwork.models.packed import multiplication
from graftwork.models.processor import has_any

__all__ = ["LikeliestToken", "multiplies_bf16"]

INSTRUCTIONS = ("avx512_bf16", "amx_bf16")
HALF_STEP = 2.0**-8
"""By how much rounding to bfloat16 changes a number at most, relatively."""
SLACK = 1.01
"""For what sums in float32 round off, in the product and in the bound."""


def multiplies_bf16(device: torch.device) -> bool:
    """Whether a processor multiplies bfloat16 by instructions of its own; False for what is no processor."""
    return device.type == "cpu" and has_any(*INSTRUCTIONS)


@final
class LikeliestToken:
    """argmax over the vocabulary of W h, for a float32 matrix W, (vocabulary, d_model)."""

    def __init__(self, weight: torch.Tensor, pack: bool = False) -> None:
        """Get ready; the rounded weights are laid out for the processor with ``pack``."""
        self.weight = weight.detach()
        rounded = self.weight.bfloat16()
        self._rounded_product = multiplication(rounded, pack=pack)
        back = rounded.float()
        self.longest = back.norm(dim=1).max()
        self.farthest = (self.weight - back).norm(dim=1).max()
        """The longest row of what rounding took away."""

    def of(self, states: torch.Tensor) -> torch.Tensor:
        """(rows, d_model) in float32 to token numbers, (rows,)."""
        rounded = states.bfloat16()
        logits = self._rounded_product(rounded).float()
        most = logits.amax(dim=1)
        # |w·h - w'·h'| <= |w - w'||h| + |w'||h - h'|, and the logit itself is rounded.
        error = states.norm(dim=1) * self.farthest + (states - rounded.float()).norm(dim=1) * self.longest
        least = most - SLACK * (2 * error + 3 * HALF_STEP * most.abs())
        rows, tokens = (logits >= least[:, None]).nonzero(as_tuple=True)
        if not most.isfinite().all():
            whole: torch.Tensor = F.linear(states, self.weight).argmax(dim=1)
            return whole
        if len(rows) == len(states):
            one_each: torch.Tensor = tokens
            return one_each
        exact = (states[rows] * self.weight[tokens]).sum(dim=1)
        best = exact.new_zeros(len(states)).scatter_reduce_(0, rows, exact, "amax", include_self=False)
        won = exact == best[rows]
        # Of equal ones the first, as argmax gives it.
        first: torch.Tensor = rows.new_zeros(len(states))
        first.scatter_reduce_(0, rows[won], tokens[won], "amin", include_self=False)
        return first
