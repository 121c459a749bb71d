"""Head expansion: more attention heads beside the base's own.

An attention's output is a sum over its heads, so new heads are a branch beside the base's own, which stay as they are
(head addition: Gesmundo and Maile 2023, "Composable Function-preserving Expansions for Transformer Architectures",
https://arxiv.org/abs/2308.06103).
"""

from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, final

import torch
from pydantic import AfterValidator, Field
from torch import nn

from graftwork.components.component import Component, JointBranch, Site
from graftwork.components.places import Blocks, canonical, choose_blocks, choose_kinds
from graftwork.config import Config
from graftwork.errors import InputError
from graftwork.models.anatomy import Anatomy, Attention

__all__ = ["HeadBranch", "HeadExpansion", "HeadExpansionConfig", "build_head_expansion"]

AttentionKind = Literal["encoder-self", "decoder-self", "decoder-cross"]


@final
class HeadExpansionConfig(Config):
    """New heads beside attentions, with query, key, value and output projections of their own."""

    kind: Literal["head-expansion"] = "head-expansion"
    heads: int = Field(4, ge=1)
    """How many new heads beside each attention."""
    head_size: int | None = Field(None, ge=1)
    """Numbers in each new head; None for as many as the base's heads have."""
    attentions: (
        Literal["all"] | Annotated[tuple[AttentionKind, ...], Field(min_length=1), AfterValidator(canonical)]
    ) = "all"
    """The attentions they go into, by stack and kind; decoder-only families have ``decoder-self`` alone."""
    blocks: Blocks = "all"
    """The blocks they go into: 0 is the first of each stack, -1 the last."""


@final
class HeadBranch(JointBranch):
    """New heads that attend to what the base's attend to: same inputs, mask and positions, keys and values their own.

    Their output projection is zero at the start, so the attention's output is the base's.
    """

    def __init__(self, heads: nn.Module, place: Attention, anatomy: Anatomy) -> None:
        super().__init__()
        self.heads = heads
        self.place = place
        self.anatomy = anatomy

    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """See ``Branch.graft``."""
        return self.anatomy.run_heads(self.heads, self.place, arguments, keywords, output, rows)

    def graft_all(
        self,
        branches: Sequence[Self],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """See ``JointBranch.graft_all``; they all stand beside one attention."""
        heads = [branch.heads for branch in branches]
        return self.anatomy.run_all_heads(heads, self.place, arguments, keywords, output, rows)


@final
class HeadExpansion(Component):
    """New heads beside each of the chosen attentions; the model's output at the start is the base's."""

    def tensors(self) -> dict[str, nn.Parameter]:
        """The weights by attention, named ``<path of the attention>.<path in the new heads>``."""
        return {
            f"{site.path}.{name}": parameter
            for site, branch in self.grafts()
            for name, parameter in branch.heads.named_parameters()  # type: ignore[union-attr]  # they are HeadBranches
        }


def build_head_expansion(config: HeadExpansionConfig, anatomy: Anatomy) -> HeadExpansion:
    """Make the new heads for a base.

    Raises:
        InputError: the base has no such attention or block, or its positions fix the size of a head.
    """
    where = "head-expansion: attentions"
    places = choose_kinds(anatomy.attentions(), lambda place: f"{place.stack}-{place.kind}", config.attentions, where)
    places = choose_blocks(places, anatomy.stacks, config.blocks, "head-expansion: blocks")
    sites = [Site(place.path, place.module) for place in places]
    branches = [HeadBranch(_new_heads(config, anatomy, place), place, anatomy) for place in places]
    return HeadExpansion(config, sites, branches)


def _new_heads(config: HeadExpansionConfig, anatomy: Anatomy, place: Attention) -> nn.Module:
    head_size = place.head_size if config.head_size is None else config.head_size
    if head_size != place.head_size and not place.free_head_size:
        what = f"rotary positions fix the size of a head, and it is not {head_size}"
        raise InputError(what, "head-expansion: head_size", f"leave it out or give {place.head_size}")
    return anatomy.new_heads(place, config.heads, head_size)
