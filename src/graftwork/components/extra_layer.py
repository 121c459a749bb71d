"""Extra layers: new transformer blocks after a block of the base (block expansion: Wu et al. 2024, "LLaMA Pro").

The output projections of a new block are zero at the start, so both of its residual branches are, and it hands on
its input bit for bit.
"""

from collections.abc import Sequence
from typing import Any, Literal, Self, final

import torch
from pydantic import Field
from torch import nn

from graftwork.components.component import Component, JointBranch, Site
from graftwork.config import Config
from graftwork.errors import InputError, nearest
from graftwork.models.anatomy import Anatomy, linears_of

__all__ = ["BlockBranch", "ExtraLayer", "ExtraLayerConfig", "build_extra_layer"]


@final
class ExtraLayerConfig(Config):
    """New blocks of the base's class on the residual stream after one of its blocks."""

    kind: Literal["extra-layer"] = "extra-layer"
    stack: Literal["encoder", "decoder"] | None = None
    """The stack they stand in; None for the encoder where there is one, else the decoder."""
    position: int = -1
    """The block of the base that the new ones stand after: 0 is the first, -1 the last."""
    count: int = Field(1, ge=1)
    """How many new blocks, one after the other."""
    start: Literal["copy", "fresh"] = "copy"
    """Weights at the start: those of the block before, or freshly initialised; output projections are zero in both."""
    feed_forward_width: int | None = Field(None, ge=1)
    """Hidden units of a new block's feed-forward, None for as many as the base's; of another width, it starts fresh."""


@final
class BlockBranch(JointBranch):
    """A new block that takes over the residual stream behind a block of the base."""

    def __init__(self, block: nn.Module, anatomy: Anatomy) -> None:
        super().__init__()
        self.block = block
        self.anatomy = anatomy

    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """See ``Branch.graft``."""
        return self.anatomy.run_block(self.block, arguments, keywords, output, rows)

    def graft_all(
        self,
        branches: Sequence[Self],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """See ``JointBranch.graft_all``."""
        return self.anatomy.run_blocks([branch.block for branch in branches], arguments, keywords, output, rows)


@final
class ExtraLayer(Component):
    """New blocks after one block of the base; the model's output at the start is the base's."""

    def blocks(self) -> Sequence[nn.Module]:
        """The new blocks, in the order they act."""
        return [branch.block for branch in self.branches]  # type: ignore[misc]  # ModuleList forgets types

    def tensors(self) -> dict[str, nn.Parameter]:
        """The blocks' parameters, named ``<number of the new block>.<path in it>``."""
        return {
            f"{number}.{path}": parameter
            for number, block in enumerate(self.blocks())
            for path, parameter in block.named_parameters()
        }

    def linears(self) -> dict[str, nn.Module]:
        """See ``Component.linears``."""
        return {
            f"{number}.{path}": linear
            for number, block in enumerate(self.blocks())
            for path, linear in linears_of(block).items()
        }


def build_extra_layer(config: ExtraLayerConfig, anatomy: Anatomy) -> ExtraLayer:
    """Make the new blocks for a base.

    Raises:
        InputError: the base has no such stack, or no block at that position.
    """
    stack = config.stack or ("encoder" if "encoder" in anatomy.stacks else "decoder")
    if stack not in anatomy.stacks:
        raise InputError(f"the base has no stack {stack!r}", "extra-layer: stack", nearest(stack, anatomy.stacks))
    paths = anatomy.stacks[stack]
    if not -len(paths) <= config.position < len(paths):
        last = len(paths) - 1
        raise InputError(f"no block {config.position}", "extra-layer: position", f"the {stack} has 0 to {last}")
    index, width = config.position % len(paths), config.feed_forward_width
    site = Site(paths[index], anatomy.block(stack, index))
    blocks = [anatomy.new_block(stack, index, config.start, feed_forward_width=width) for _ in range(config.count)]
    return ExtraLayer(config, [site] * config.count, [BlockBranch(block, anatomy) for block in blocks])
