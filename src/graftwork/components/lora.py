"""LoRA: low-rank branches on linear layers (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models")."""

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, final

import torch
import torch.nn.functional as F
from pydantic import AfterValidator, Field
from torch import nn

from graftwork.components.component import AdditiveBranch, Component, Site
from graftwork.config import Config
from graftwork.errors import InputError, nearest
from graftwork.models.anatomy import Anatomy

__all__ = ["LoRA", "LoRAConfig", "build_lora"]


def _canonical(targets: tuple[str, ...]) -> tuple[str, ...]:
    """Each target once, in one order, so that equal choices are equal configurations."""
    return tuple(sorted(set(targets)))


@final
class LoRAConfig(Config):
    """Low-rank branches y = W x + alpha / rank · B A x on linear layers."""

    kind: Literal["lora"] = "lora"
    rank: int = Field(16, ge=1)
    """Rows of A and columns of B."""
    alpha: float = Field(32.0, gt=0)
    """The branch is scaled by alpha / rank."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the branch's inputs that is dropped in training."""
    targets: Literal["all-linear"] | Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_canonical)] = (
        "k",
        "o",
        "q",
        "v",
        "wo",
    )
    """Ends of module paths, as in PEFT (``q`` is every module called q), or ``all-linear``: every one in the blocks."""
    into_extra_layers: bool = False
    """Also inside the extra layers of the same adapter."""


@final
class LowRankBranch(AdditiveBranch):
    """delta(x) = B A x, with A random and B zero at the start, so the layer's output is the base's."""

    def __init__(self, linear: nn.Linear, rank: int, alpha: float, dropout: float) -> None:
        super().__init__()
        self.down = nn.Parameter(linear.weight.new_empty(rank, linear.in_features))
        """A, shape (rank, inputs)."""
        self.up = nn.Parameter(linear.weight.new_zeros(linear.out_features, rank))
        """B, shape (outputs, rank)."""
        self.scale = alpha / rank
        self.dropout = dropout
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def delta(self, inputs: torch.Tensor) -> torch.Tensor:
        """See ``AdditiveBranch.delta``."""
        if self.training and self.dropout > 0:
            inputs = F.dropout(inputs, self.dropout)
        return F.linear(F.linear(inputs, self.down), self.up)


@final
class LoRA(Component):
    """A low-rank branch on each of the chosen linear layers; the model's output at the start is the base's."""

    def tensors(self) -> dict[str, nn.Parameter]:
        """A and B by site, named as PEFT names them: ``<path>.lora_A.weight`` and ``<path>.lora_B.weight``."""
        named: dict[str, nn.Parameter] = {}
        for site, branch in self.grafts():
            assert isinstance(branch, LowRankBranch)
            named[f"{site.path}.lora_A.weight"] = branch.down
            named[f"{site.path}.lora_B.weight"] = branch.up
        return named


def build_lora(config: LoRAConfig, anatomy: Anatomy, siblings: Mapping[str, Component]) -> LoRA:
    """Make the branches for a base and, if the configuration says so, for the extra layers among the siblings.

    Raises:
        InputError: a target matches no linear layer, or there is no extra layer to go into.
    """
    sites = [Site(path, linear) for path, linear in anatomy.linears().items()]
    if config.into_extra_layers:
        inner = [
            Site(f"{name}/{path}", linear, sibling)
            for name, sibling in siblings.items()
            for path, linear in sibling.linears().items()
        ]
        if not inner:
            raise InputError("no extra layer to go into", "lora: into_extra_layers", "add an extra layer beside it")
        sites += inner
    chosen = _choose(sites, config.targets)
    branches = [LowRankBranch(_linear(site), config.rank, config.alpha, config.dropout) for site in chosen]
    return LoRA(config, chosen, branches)


def _choose(sites: Sequence[Site], targets: tuple[str, ...] | str) -> list[Site]:
    if isinstance(targets, str):
        return list(sites)
    for target in targets:
        if not any(_matches(site.path, target) for site in sites):
            known = {site.path.rpartition(".")[2] for site in sites}
            raise InputError(f"no linear layer is called {target!r}", "lora: targets", nearest(target, known))
    return [site for site in sites if any(_matches(site.path, target) for target in targets)]


def _matches(path: str, target: str) -> bool:
    return path == target or path.endswith(f".{target}")


def _linear(site: Site) -> nn.Linear:
    assert isinstance(site.module, nn.Linear)
    return site.module
