"""What every component is: residual branches on modules of the base, which start at zero.

With f a module of the frozen base, a branch makes it y = f(x) + g(x), and g(x) = 0 at the start. A branch is applied
by a forward hook, so the base's modules stay as they are, and branches compose because sums compose.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self, final

import torch
from torch import nn

from graftwork.config import Config
from graftwork.models.anatomy import input_of

__all__ = ["AdditiveBranch", "Branch", "Component", "JointBranch", "Site"]


class Branch(nn.Module, ABC):
    """A trainable branch on one module; as long as it is new, the module's output stays the same bit for bit."""

    @abstractmethod
    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """Return the module's output with the branch's part in it.

        Args:
            arguments: the positional arguments that the module was called with.
            keywords: its keyword arguments.
            output: what it returned, other branches before this one included; never changed in place.
            rows: the rows of the batch to act on, ascending, shape (rows,); None for all.
        """


class AdditiveBranch(Branch, ABC):
    """A branch on a module with one input and one output tensor: y = f(x) + scale · delta(x)."""

    scale: float = 1.0

    @abstractmethod
    def delta(self, inputs: torch.Tensor) -> torch.Tensor:
        """The branch's part, unscaled: (batch, length, inputs) to (batch, length, outputs)."""

    @final
    def graft(
        self, arguments: tuple[Any, ...], keywords: dict[str, Any], output: Any, rows: torch.Tensor | None
    ) -> Any:
        """See ``Branch.graft``."""
        inputs = input_of(arguments, keywords)
        if rows is None:
            return self.added(inputs, output)
        delta = self.scaled(inputs.index_select(0, rows))
        return output.index_add(0, rows, delta.to(output.dtype))  # under autocast they may differ

    def added(self, inputs: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """The output, which is not changed, with the branch's part for all rows in it."""
        return output + self.scaled(inputs)

    @final
    def scaled(self, inputs: torch.Tensor) -> torch.Tensor:
        """The branch's part, scaled: (batch, length, inputs) to (batch, length, outputs)."""
        delta = self.delta(inputs)
        return delta * self.scale if self.scale != 1.0 else delta  # before it is added, as PEFT does: the same bits


class JointBranch(Branch, ABC):
    """A branch of which several on one module, each on rows of its own, may be computed as one."""

    @abstractmethod
    def graft_all(
        self,
        branches: Sequence[Self],
        arguments: tuple[Any, ...],
        keywords: dict[str, Any],
        output: Any,
        rows: Sequence[torch.Tensor],
    ) -> Any:
        """``graft`` of several branches, this one among them; ``rows`` are those of each, no row twice."""


@final
@dataclass(frozen=True, eq=False)
class Site:
    """A module that a branch hangs on."""

    path: str
    """Its path in the base, or ``<component>/<path in it>`` for a module inside another component."""
    module: nn.Module
    within: "Component | None" = None
    """The component that owns the module; None if the base does."""


class Component(nn.Module, ABC):
    """One kind of trainable part hung on the base: branches and the sites they hang on, in the order they act.

    It holds its own parameters only. The base's modules are known to it through its sites, which PyTorch doesn't see,
    so they are not among its submodules.
    """

    def __init__(self, config: Config, sites: Sequence[Site], branches: Sequence[Branch]) -> None:
        super().__init__()
        self.config = config
        self.sites = tuple(sites)
        self.branches = nn.ModuleList(branches)

    def grafts(self) -> list[tuple[Site, Branch]]:
        """The branches with their sites."""
        return list(zip(self.sites, self.branches, strict=True))  # type: ignore[arg-type]  # ModuleList forgets types

    @abstractmethod
    def tensors(self) -> dict[str, nn.Parameter]:
        """The parameters by the names that they have on disk."""

    def linears(self) -> dict[str, nn.Module]:
        """The component's own linear layers that LoRA of the same adapter may go into, by their path in it."""
        return {}
