"""What components ask about a base model, whatever its family."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

import torch
from torch import nn
from transformers import PreTrainedModel

from graftwork.models.anatomy.decoding import Decoding
from graftwork.models.linear import linears_of

__all__ = ["Anatomy", "Attention", "FeedForward", "FeedForwardNames"]


@final
@dataclass(frozen=True)
class FeedForwardNames:
    """What a family calls the parts of a feed-forward y = W_out act(W_in x), and its width."""

    w_in: str
    w_gate: str | None
    """W_gate in y = W_out (act(W_gate x) * W_in x); None where it is not gated."""
    w_out: str
    activation: str
    setting: str
    """What the family's configuration calls its width."""


@final
@dataclass(frozen=True, eq=False)
class FeedForward:
    """A feed-forward of the base: y = W_out act(W_in x), or gated, W_out (act(W_gate x) * W_in x).

    The module takes (batch, length, d_model) as its first positional argument and returns the same shape.
    """

    path: str
    """Its path in the model."""
    stack: str
    block: int
    """The index of its block in the stack."""
    module: nn.Module
    d_model: int
    width: int
    """How many hidden units it has."""
    names: FeedForwardNames
    activation: Callable[[torch.Tensor], torch.Tensor]

    @property
    def gated(self) -> bool:
        """Whether it is of the second form."""
        return self.names.w_gate is not None


@final
@dataclass(frozen=True, eq=False)
class Attention:
    """An attention of the base; its module returns a tuple whose first part is (batch, length, d_model)."""

    path: str
    """Its path in the model."""
    stack: str
    block: int
    """The index of its block in the stack."""
    kind: Literal["self", "cross"]
    """Over the stack's own states, or a decoder's over the encoder's."""
    module: nn.Module
    heads: int
    """How many heads ask."""
    key_value_heads: int
    """How many heads have keys and values; fewer than ``heads`` where groups of heads share them."""
    head_size: int
    """How many numbers a query, a key or a value has."""
    free_head_size: bool
    """False where rotary positions fix the size of a head."""


class Anatomy(ABC):
    """What components ask about a base model; they never spell a module path themselves."""

    model: PreTrainedModel
    stacks: Mapping[str, tuple[str, ...]]
    """Paths of the blocks in order, by stack: ``encoder`` and ``decoder``, or ``decoder`` alone."""

    def linears(self) -> dict[str, nn.Module]:
        """Every linear layer inside the blocks, by its path in the model; embeddings and head are not among them."""
        found: dict[str, nn.Module] = {}
        for blocks in self.stacks.values():
            for block in blocks:
                found |= {f"{block}.{path}": one for path, one in linears_of(self.model.get_submodule(block)).items()}
        return found

    def block(self, stack: str, index: int) -> nn.Module:
        """The base's own block at an index of a stack."""
        block: nn.Module = self.model.get_submodule(self.stacks[stack][index])
        return block

    @abstractmethod
    def new_block(
        self, stack: str, index: int, start: Literal["copy", "fresh"], *, feed_forward_width: int | None = None
    ) -> nn.Module:
        """A new block that can stand right after the base's block, and gives back its input, bit for bit.

        It is of the base's class, with the weights of that block or freshly initialised ones, and its output
        projections are zero.

        Args:
            stack: the stack it stands in.
            index: the base's block before it.
            start: which weights it has.
            feed_forward_width: hidden units of its feed-forward, None for as many as the base's; with another width
                than the base's, a copied block has a fresh feed-forward.
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

    def run_blocks(
        self,
        blocks: Sequence[nn.Module],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """``run_block`` for several new blocks after one of the base, each on rows of its own.

        Args:
            blocks: made by ``new_block``.
            arguments: the positional arguments of the base's block.
            keywords: its keyword arguments.
            output: its output.
            rows: the rows of each, no row twice.
        """
        for block, own in zip(blocks, rows, strict=True):
            output = self.run_block(block, arguments, keywords, output, own)
        return output

    @abstractmethod
    def hand_on(
        self,
        block: nn.Module,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        states: torch.Tensor,
        lengths: tuple[int, int] | None = None,
    ) -> Any:
        """What a block of the base returns, for a caller who knows the states that come out of it.

        Args:
            block: one of the base's own.
            arguments: its positional arguments.
            keywords: its keyword arguments; there is no cache among them.
            states: the hidden states that it returns, (batch, length, d_model).
            lengths: of the block's sequences and of the sources, where the batch is given without its padding.
        """

    @abstractmethod
    def feed_forwards(self) -> tuple[FeedForward, ...]:
        """The feed-forwards: those of the encoder first, then by block."""

    @abstractmethod
    def attentions(self) -> tuple[Attention, ...]:
        """The attentions: those of the encoder first, then by block, self before cross."""

    @abstractmethod
    def new_heads(self, attention: Attention, heads: int, head_size: int) -> nn.Module:
        """New heads beside an attention: a small attention of its own, whose output projection is zero.

        Its other weights are random as the family initialises them. Where the base's heads share keys and values in
        groups, so do the new ones if their number is a multiple of a group's, and all share one pair if the base's
        do; else each has its own.

        Args:
            attention: one of ``attentions()``.
            heads: how many.
            head_size: how many numbers a query, a key or a value has.

        Raises:
            InputError: the family's positions fix the size of a head, and it is another.
        """

    @abstractmethod
    def run_heads(
        self,
        module: nn.Module,
        attention: Attention,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: torch.Tensor | None,
    ) -> Any:
        """Run new heads on what an attention of the base was called with and has just returned.

        Args:
            module: made by ``new_heads``.
            attention: the base's attention.
            arguments: its positional arguments.
            keywords: its keyword arguments.
            output: its output.
            rows: the rows of the batch to run on, ascending, shape (rows,); None for all.

        Returns:
            The output with the new heads' part added to its first tensor; other rows stay as they are.
        """

    def decoding(self) -> Decoding | None:
        """Greedy decoding of its own, for one batch after another; None where the model's forward pass has to do."""
        return None

    def run_all_heads(
        self,
        modules: Sequence[nn.Module],
        attention: Attention,
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """``run_heads`` for new heads of several adapters beside one attention, each on rows of its own.

        Args:
            modules: made by ``new_heads``.
            attention: the base's attention.
            arguments: its positional arguments.
            keywords: its keyword arguments.
            output: its output.
            rows: the rows of each, no row twice.
        """
        for module, own in zip(modules, rows, strict=True):
            output = self.run_heads(module, attention, arguments, keywords, output, own)
        return output

    @abstractmethod
    def embeddings(self) -> tuple[str, ...]:
        """Paths of the token embedding modules that a forward pass goes through."""
