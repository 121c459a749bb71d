"""Decoding one token after another without what a family's own forward pass does over again at each of them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch

__all__ = ["Decoding"]


class Decoding(ABC):
    """Rows of a batch that are being decoded greedily, with what they attend to.

    Rows stand in slots. A slot whose row is done can be given to another prompt while the others go on.
    """

    refills: bool
    """Whether it can; else prompts are read and entered once."""

    @abstractmethod
    def read(self, input_ids: torch.Tensor, mask: torch.Tensor) -> None:
        """Read prompts, which then wait to be entered; those that wait already are all entered before.

        Args:
            input_ids: (prompts, length) token numbers, padded on the right.
            mask: (prompts, length), 1 where there is a token.
        """

    @abstractmethod
    def enter(self, slots: Sequence[int], waiting: Sequence[int]) -> None:
        """Give slots to prompts that wait.

        Args:
            slots: ascending; numbers from the number of slots on are new slots, without gaps.
            waiting: for each, the number of the prompt among those that were read last.
        """

    @abstractmethod
    def keep(self, slots: Sequence[int]) -> None:
        """Go on with these slots alone, ascending; they are numbered anew."""

    @abstractmethod
    def step(self) -> torch.Tensor:
        """Write one more token in every slot; return them, (slots,)."""
