"""Linear expansion: a small network parallel to any linear layer.

These are parallel adapters: He et al. 2022, "Towards a Unified View of Parameter-Efficient Transfer Learning",
https://arxiv.org/abs/2110.04366.
"""

import math
from collections.abc import Callable, Mapping
from typing import Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from graftwork.components.component import AdditiveBranch, Component
from graftwork.components.targets import Targets, choose_targets, linear_sites
from graftwork.config import Config
from graftwork.models.anatomy import Anatomy
from graftwork.models.linear import linear_features

__all__ = ["LinearExpansion", "LinearExpansionConfig", "ParallelBranch", "build_linear_expansion"]

Activation = Literal["relu", "gelu", "none"]
_ACTIVATIONS: Mapping[Activation, Callable[[torch.Tensor], torch.Tensor] | None] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "none": None,
}


@final
class LinearExpansionConfig(Config):
    """Parallel branches y = W x + B act(A x) on linear layers."""

    kind: Literal["linear-expansion"] = "linear-expansion"
    width: int = Field(64, ge=1)
    """Rows of A and columns of B."""
    activation: Activation = "relu"
    """act; with ``none`` the branch is linear, as LoRA's are, and unscaled."""
    targets: Targets = "all-linear"
    """Ends of module paths, as LoRA's (``q`` is every module called q), or ``all-linear``: every one in the blocks."""


@final
class ParallelBranch(AdditiveBranch):
    """delta(x) = B act(A x), with A random and B zero at the start, so the layer's output is the base's."""

    def __init__(self, linear: nn.Module, width: int, activation: Activation) -> None:
        super().__init__()
        num_inputs, num_outputs = linear_features(linear)
        weight = next(linear.parameters())
        self.activate = _ACTIVATIONS[activation]
        self.down = nn.Parameter(weight.new_empty(width, num_inputs))
        """A, shape (width, inputs)."""
        self.up = nn.Parameter(weight.new_zeros(num_outputs, width))
        """B, shape (outputs, width)."""
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def delta(self, inputs: torch.Tensor) -> torch.Tensor:
        """See ``AdditiveBranch.delta``."""
        hidden = F.linear(inputs, self.down)
        return F.linear(hidden if self.activate is None else self.activate(hidden), self.up)


@final
class LinearExpansion(Component):
    """A parallel branch on each of the chosen linear layers; the model's output at the start is the base's."""

    def tensors(self) -> dict[str, nn.Parameter]:
        """A and B by layer: ``<path>.down`` and ``<path>.up``."""
        return {
            f"{site.path}.{name}": parameter
            for site, branch in self.grafts()
            for name, parameter in branch.named_parameters()
        }


def build_linear_expansion(config: LinearExpansionConfig, anatomy: Anatomy) -> LinearExpansion:
    """Make the branches for a base.

    Raises:
        InputError: a target matches no linear layer.
    """
    sites = choose_targets(linear_sites(anatomy), config.targets, "linear-expansion: targets")
    branches = [ParallelBranch(site.module, config.width, config.activation) for site in sites]
    return LinearExpansion(config, sites, branches)
