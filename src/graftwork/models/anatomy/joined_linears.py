"""Linear layers of one input as one product, with what hangs on them.

Called one after another, three layers of one input and their branches are nine products; joined, they are three.
"""

from collections.abc import Callable, Sequence
from typing import Any, final

import torch
from torch import nn

from graftwork.models.anatomy.added import Added, steps_on
from graftwork.models.anatomy.made import Made
from graftwork.models.packed import multiplication

__all__ = ["JoinedLinears"]

Computed = Callable[[torch.Tensor], torch.Tensor]


@final
class JoinedLinears:
    """Linear layers of one input, (rows, inputs) to (rows, all outputs): one product, with what hangs on them.

    Low-rank parts for all rows are two more products. Those of several adapters, each on its own rows, are batched
    products over the adapters. With anything else the layers themselves are called.
    """

    def __init__(self, modules: Sequence[Any], pack: bool = False) -> None:
        self.modules = tuple(modules)
        weights = [module.weight for module in self.modules]
        self.plain = all(type(one) is nn.Linear and one.bias is None for one in self.modules)
        self.weight = weights[0] if len(weights) == 1 else torch.cat(weights)
        """The layers' weights below each other."""
        self.sizes = [len(weight) for weight in weights]
        self._product = multiplication(self.weight, pack=pack)
        self.run: Computed = self._plainly

    def prepare(self, made: Made) -> None:
        """Get ready for what acts now."""
        steps = steps_on(self.modules, self.sizes, self.weight, made) if self.plain else None
        if steps is None:
            self.run = self._called
        else:
            self.run = self._with(steps) if steps else self._plainly

    def _plainly(self, states: torch.Tensor) -> torch.Tensor:
        return self._product(states)

    def _with(self, steps: Sequence[Added]) -> Computed:
        def run(states: torch.Tensor) -> torch.Tensor:
            if any(step.num_named not in (None, len(states)) for step in steps):
                return self._called(states)
            output = self._product(states)
            for step in steps:
                step.add(states, output)
            return output

        return run

    def _called(self, states: torch.Tensor) -> torch.Tensor:
        """By the layers themselves, which take (rows, 1, inputs) as in a forward pass."""
        outputs = [module(states[:, None])[:, 0] for module in self.modules]
        return outputs[0] if len(outputs) == 1 else torch.cat(outputs, dim=-1)
