"""What decoder-only families have in common: one stack, and blocks that hand on nothing but hidden states."""

from abc import ABC, abstractmethod
from typing import Any, Literal

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.models.anatomy.anatomy import Anatomy, FeedForward, FeedForwardNames
from graftwork.models.anatomy.calls import call_beside, with_states
from graftwork.models.anatomy.starts import changed, start_block
from graftwork.models.linear import linear_features

__all__ = ["DecoderOnlyAnatomy"]


class DecoderOnlyAnatomy(Anatomy, ABC):
    """A family whose models are one stack of decoder blocks.

    Args:
        model: the base.
        blocks: the path of its list of blocks.
    """

    attention_name: str
    """The name of a block's attention."""
    outputs: tuple[str, ...]
    """The ends of the paths of a block's output projections."""
    feed_forward_names: FeedForwardNames
    """What the family calls the parts of a feed-forward."""

    def __init__(self, model: PreTrainedModel, blocks: str) -> None:
        self.model = model
        self.stacks = {"decoder": tuple(f"{blocks}.{index}" for index in range(len(model.get_submodule(blocks))))}

    @abstractmethod
    def window(self, attention: nn.Module) -> int | None:
        """How many tokens back an attention looks at most, itself included; None if at all."""

    def new_block(
        self, stack: str, index: int, start: Literal["copy", "fresh"], *, feed_forward_width: int | None = None
    ) -> nn.Module:
        """See ``Anatomy.new_block``."""
        neighbour = self.block(stack, index)
        config = self.model.config
        if feed_forward_width is not None:
            config = changed(config, **{self.feed_forward_names.setting: feed_forward_width})
        weight = next(neighbour.parameters())
        with torch.device(weight.device):
            block = type(neighbour)(config, layer_idx=index).to(weight.dtype)
        # Made with the neighbour's number, since windows and scales follow from it; but layer 0 of a cache of its own.
        self._attention_of(block).layer_idx = 0
        return start_block(block, neighbour, self.model, start, self.outputs)

    def run_block(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """See ``Anatomy.run_block``."""
        hidden: torch.Tensor = output
        given = (hidden, *arguments[1:])
        window = self.window(self._attention_of(block))
        states = call_beside(block, given, keywords, rows, hidden.shape[0], len(self.stacks["decoder"]), window)
        return with_states(hidden, states, rows)

    def hand_on(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        states: torch.Tensor,
        lengths: tuple[int, int] | None = None,
    ) -> Any:
        """See ``Anatomy.hand_on``; the states are all that a block returns."""
        return states

    def feed_forwards(self) -> tuple[FeedForward, ...]:
        """See ``Anatomy.feed_forwards``."""
        found = []
        for index, block in enumerate(self.stacks["decoder"]):
            path, names = f"{block}.mlp", self.feed_forward_names
            module = self.model.get_submodule(path)
            width, d_model = linear_features(module.get_submodule(names.w_out))
            activation = getattr(module, names.activation)
            found.append(FeedForward(path, "decoder", index, module, d_model, width, names, activation))
        return tuple(found)

    def _attention_of(self, block: nn.Module) -> Any:
        return block.get_submodule(self.attention_name)
