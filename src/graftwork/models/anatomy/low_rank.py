"""What hangs on modules, as the matrices that it is made of, for whoever computes the modules in a way of its own."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from torch import nn

__all__ = ["ActsOnModules", "LowRankPart", "acts_on", "alike", "owners_of", "parts_on"]


@final
@dataclass(frozen=True, eq=False)
class LowRankPart:
    """y = f(x) + scale · up act(down x), on some rows."""

    down: torch.Tensor
    """Shape (rank, inputs)."""
    up: torch.Tensor
    """Shape (outputs, rank)."""
    scale: float
    places: tuple[int, ...] | None = None
    """The rows, None for all."""
    num_named: int | None = None
    """Of how many rows these are some."""
    activation: Callable[[torch.Tensor], torch.Tensor] | None = None
    """act; None for none."""


class ActsOnModules(ABC):
    """Owner of forward hooks that can tell what they do at the moment."""

    @property
    @abstractmethod
    def acting(self) -> object:
        """Another object whenever something else acts."""

    @abstractmethod
    def acts_on(self, module: nn.Module) -> bool:
        """Whether anything acts on a module now."""

    @abstractmethod
    def low_rank_on(self, module: nn.Module) -> Sequence[LowRankPart] | None:
        """The parts that act on a module of one input and output now; None if some are of another form, or trained."""


def owners_of(modules: Iterable[nn.Module]) -> set[ActsOnModules]:
    """Who hangs on modules, as far as they are known to be."""
    hooks = [hook for module in modules for hook in module._forward_hooks.values()]
    owners = {getattr(hook, "__self__", None) for hook in hooks}
    return {owner for owner in owners if isinstance(owner, ActsOnModules)}


def acts_on(module: nn.Module) -> bool:
    """Whether any forward hook of a module does something now."""
    owners = [getattr(hook, "__self__", None) for hook in module._forward_hooks.values()]
    return any(not isinstance(owner, ActsOnModules) or owner.acts_on(module) for owner in owners)


def parts_on(module: nn.Module) -> list[LowRankPart] | None:
    """The low-rank parts that act on a module now; None if something else acts too."""
    parts: list[LowRankPart] = []
    for hook in module._forward_hooks.values():
        owner = getattr(hook, "__self__", None)
        own = owner.low_rank_on(module) if isinstance(owner, ActsOnModules) else None
        if own is None:
            return None
        parts += own
    return parts


def alike(parts: Sequence[LowRankPart]) -> bool:
    """Whether parts on one module are of one form and of the same shapes, so that they can be computed as one."""
    return len({(part.down.shape, part.up.shape, part.down.dtype, part.activation) for part in parts}) == 1
