"""Where a family of models keeps its parts: the only file that knows module paths, block signatures and caches."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Literal, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.errors import InputError
from graftwork.models.block_cache import cache_of

__all__ = ["FAMILIES", "Anatomy", "T5Anatomy", "anatomy_of", "linears_of"]

FAMILIES = ("mt5", "t5")
"""The model families (Transformers' ``model_type``) that components can be hung on."""


class Anatomy(ABC):
    """What components ask about a base model; they never spell a module path themselves."""

    model: PreTrainedModel
    stacks: Mapping[str, tuple[str, ...]]
    """Paths of the blocks in order, by stack: ``encoder`` and ``decoder``, or ``decoder`` alone."""

    def linears(self) -> dict[str, nn.Linear]:
        """Every linear layer inside the blocks, by its path in the model; embeddings and head are not among them."""
        found: dict[str, nn.Linear] = {}
        for blocks in self.stacks.values():
            for block in blocks:
                found |= {f"{block}.{path}": one for path, one in linears_of(self.model.get_submodule(block)).items()}
        return found

    def block(self, stack: str, index: int) -> nn.Module:
        """The base's own block at an index of a stack."""
        block: nn.Module = self.model.get_submodule(self.stacks[stack][index])
        return block

    @abstractmethod
    def new_block(self, stack: str, index: int, start: Literal["copy", "fresh"]) -> nn.Module:
        """A new block that can stand right after the base's block, and gives back its input, bit for bit.

        It is of the base's class, with the weights of that block or freshly initialised ones, and its output
        projections are zero.
        """

    @abstractmethod
    def run_block(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """Run a new block on what a block of the base was called with and has just returned.

        Args:
            block: made by ``new_block``.
            arguments: the positional arguments of the base's block.
            keywords: its keyword arguments.
            output: its output.
            rows: the rows of the batch to run on, ascending, shape (rows,); None for all.

        Returns:
            The output with the new hidden states (batch, length, d_model) in place; other rows stay as they are.
        """


def linears_of(module: nn.Module) -> dict[str, nn.Linear]:
    """The linear layers inside a module, by their path in it."""
    return {path: part for path, part in module.named_modules() if isinstance(part, nn.Linear)}


def anatomy_of(model: nn.Module) -> Anatomy:
    """Return the anatomy of a model.

    Raises:
        InputError: the model is of a family that is not known here.
    """
    family = getattr(getattr(model, "config", None), "model_type", None)
    if family in FAMILIES and hasattr(model, "lm_head"):
        return T5Anatomy(model)
    kind = type(model).__name__
    raise InputError(
        f"components cannot be hung on a {kind}", right=f"the families that work are {', '.join(FAMILIES)}"
    )


@final
class T5Anatomy(Anatomy):
    """T5 and mT5, with plain (``wi``, ``wo``) and gated (``wi_0``, ``wi_1``, ``wo``) feed-forward blocks."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.stacks = {
            stack: tuple(f"{stack}.block.{index}" for index in range(len(getattr(model, stack).block)))
            for stack in ("encoder", "decoder")
        }

    def new_block(self, stack: str, index: int, start: Literal["copy", "fresh"]) -> nn.Module:
        """See ``Anatomy.new_block``; the block has no table of relative positions but is given the stack's biases."""
        neighbour = self.block(stack, index)
        weight: torch.Tensor = neighbour.layer[-1].layer_norm.weight  # type: ignore[index, union-attr]
        with torch.device(weight.device):
            # It is layer 0 of a cache of its own, so it needs no number among the base's layers.
            block: nn.Module = type(neighbour)(
                getattr(self.model, stack).config, has_relative_attention_bias=False, layer_idx=0
            ).to(weight.dtype)
        if start == "copy":
            state = neighbour.state_dict()
            block.load_state_dict({name: value for name, value in state.items() if "relative_attention" not in name})
        else:
            block.apply(self.model._init_weights)
        for path, linear in linears_of(block).items():
            if path.rpartition(".")[2] in ("o", "wo"):
                nn.init.zeros_(linear.weight)
        return block.requires_grad_(True)

    def run_block(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """See ``Anatomy.run_block``."""
        hidden, position_bias, cross_position_bias = output
        _, mask, _, encoder_hidden, encoder_mask, _ = arguments
        cache = keywords.get("past_key_values")
        if cache is not None:
            own = cache_of(block, cache, len(self.stacks["decoder"]), rows)
            keywords = {**keywords, "past_key_values": own}
        batch = hidden.shape[0]
        states, mask, bias, encoder_hidden, encoder_mask, cross_bias = (
            _take(tensor, rows, batch)
            for tensor in (hidden, mask, position_bias, encoder_hidden, encoder_mask, cross_position_bias)
        )
        states = block(states, mask, bias, encoder_hidden, encoder_mask, cross_bias, **keywords)[0]
        states = states if rows is None else hidden.index_copy(0, rows, states)
        return states, position_bias, cross_position_bias


def _take(tensor: torch.Tensor | None, rows: torch.Tensor | None, batch: int) -> torch.Tensor | None:
    """The rows of a tensor; one that is the same for every row (or absent) is given as it is."""
    if rows is None or tensor is None or tensor.shape[0] != batch:
        return tensor
    return tensor.index_select(0, rows)
