"""FFN expansion: more hidden units beside the base's feed-forwards.

A feed-forward of width n + w is the sum of one of width n and one of width w, so new units are a branch beside the
base's own, which stay as they are (the function-preserving widening of Chen et al. 2016, "Net2Net",
https://arxiv.org/abs/1511.05641, with new units that start silent instead of copied ones).
"""

import math
from typing import Annotated, Literal, final

import torch
import torch.nn.functional as F
from pydantic import AfterValidator, Field
from torch import nn

from graftwork.components.component import AdditiveBranch, Component, Site
from graftwork.components.places import Blocks, canonical, choose_blocks, choose_kinds
from graftwork.config import Config
from graftwork.models.anatomy import Anatomy, FeedForward

__all__ = ["FFNBranch", "FFNExpansion", "FFNExpansionConfig", "build_ffn_expansion"]


@final
class FFNExpansionConfig(Config):
    """New hidden units beside feed-forwards: y = f(x) + W_out act(W_in x), gated as the base's is."""

    kind: Literal["ffn-expansion"] = "ffn-expansion"
    width: int = Field(512, ge=1)
    """How many new hidden units beside each feed-forward."""
    stacks: (
        Literal["all"]
        | Annotated[tuple[Literal["encoder", "decoder"], ...], Field(min_length=1), AfterValidator(canonical)]
    ) = "all"
    """The stacks they go into."""
    blocks: Blocks = "all"
    """The blocks they go into: 0 is the first of each stack, -1 the last."""


@final
class FFNBranch(AdditiveBranch):
    """delta(x) = W_out act(W_in x), in gated families W_out (act(W_gate x) * W_in x), with the base's activation.

    W_out is zero at the start, so the feed-forward's output is the base's. There are no biases.
    """

    def __init__(self, place: FeedForward, width: int) -> None:
        super().__init__()
        # Not a submodule: the activation may be a module of the base, whose mode is not ours to change.
        self.place = place
        weight = next(place.module.parameters())
        self.w_in = nn.Parameter(weight.new_empty(width, place.d_model))
        """Shape (width, d_model)."""
        self.w_gate = nn.Parameter(weight.new_empty(width, place.d_model)) if place.gated else None
        """Shape (width, d_model); None where the base's feed-forward is not gated."""
        self.w_out = nn.Parameter(weight.new_zeros(place.d_model, width))
        """Shape (d_model, width)."""
        for random in (self.w_in, self.w_gate):
            if random is not None:
                nn.init.kaiming_uniform_(random, a=math.sqrt(5))

    def delta(self, inputs: torch.Tensor) -> torch.Tensor:
        """See ``AdditiveBranch.delta``."""
        hidden = F.linear(inputs, self.w_in)
        if self.w_gate is None:
            hidden = self.place.activation(hidden)
        else:
            hidden = self.place.activation(F.linear(inputs, self.w_gate)) * hidden
        return F.linear(hidden, self.w_out)


@final
class FFNExpansion(Component):
    """New hidden units beside each of the chosen feed-forwards; the model's output at the start is the base's."""

    def tensors(self) -> dict[str, nn.Parameter]:
        """The weights by feed-forward: ``<path>.w_in``, ``<path>.w_gate`` (gated families) and ``<path>.w_out``."""
        return {
            f"{site.path}.{name}": parameter
            for site, branch in self.grafts()
            for name, parameter in branch.named_parameters()
        }


def build_ffn_expansion(config: FFNExpansionConfig, anatomy: Anatomy) -> FFNExpansion:
    """Make the new units for a base.

    Raises:
        InputError: the base has no such stack or block.
    """
    places = choose_kinds(anatomy.feed_forwards(), lambda place: place.stack, config.stacks, "ffn-expansion: stacks")
    places = choose_blocks(places, anatomy.stacks, config.blocks, "ffn-expansion: blocks")
    sites = [Site(place.path, place.module) for place in places]
    return FFNExpansion(config, sites, [FFNBranch(place, config.width) for place in places])
