"""Heads of several adapters as one attention, whose linear layers multiply each row by its own adapter's weights.

Attending takes no weights, so what the adapters' heads have of their own is their linear layers. One call for each
adapter does everything else over again, for few rows each.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import torch
from torch import nn

__all__ = ["JoinedHeads"]


@final
class JoinedHeads:
    """Stands for attentions of one shape, in a batch of their rows one attention after the other.

    It is called like each of them and computes by the forward pass of their class; whatever is no linear layer is taken
    from the first, since all have it alike.
    """

    def __init__(self, modules: Sequence[nn.Module], sizes: Sequence[int]) -> None:
        self._modules, self._sizes = tuple(modules), list(sizes)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """What the attentions return for their rows."""
        return type(self._modules[0]).forward(self, *arguments, **keywords)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._modules[0], name)
        return self._of_all(name) if isinstance(found, nn.Linear) else found

    def _of_all(self, name: str) -> Callable[[torch.Tensor], torch.Tensor]:
        """The linear layers of one name, each on its rows."""

        def run(states: torch.Tensor) -> torch.Tensor:
            own = zip(self._modules, torch.split(states, self._sizes), strict=True)
            return torch.cat([getattr(module, name)(part) for module, part in own])

        return run
