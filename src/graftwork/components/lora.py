"""LoRA: low-rank branches on linear layers (Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
https://arxiv.org/abs/2106.09685), also rank-stabilized (Kalajdzievski 2023, "A Rank Stabilization Scaling Factor for
Fine-Tuning with LoRA", https://arxiv.org/abs/2312.03732).
"""

import math
from collections.abc import Collection, Mapping
from typing import Annotated, Literal, TypeVar, final

import torch
import torch.nn.functional as F
from pydantic import AfterValidator, Field
from torch import nn

from graftwork.components.component import AdditiveBranch, Component, Site
from graftwork.components.patterns import check_pattern, match_pattern
from graftwork.components.targets import Targets, choose_targets, linear_sites
from graftwork.config import Config
from graftwork.errors import InputError, nearest
from graftwork.models.anatomy import Anatomy
from graftwork.models.linear import linear_features
from graftwork.models.quick import add_low_rank

__all__ = ["LoRA", "LoRAConfig", "LowRankBranch", "build_lora", "matches_pattern"]

Value = TypeVar("Value", int, float)


def _expression(key: str) -> str:
    return rf"(.*\.)?({key})$"


def matches_pattern(key: str, path: str) -> bool:
    """Whether a key of a rank or alpha pattern means a module: as in PEFT, a regular expression for the path's end."""
    return match_pattern(_expression(key), path) is not None


def _readable(pattern: dict[str, Value]) -> dict[str, Value]:
    for key in pattern:
        try:
            check_pattern(_expression(key))
        except ValueError as error:
            raise ValueError(f"{key!r} is no regular expression: {error}") from None
    return pattern


@final
class LoRAConfig(Config):
    """Low-rank branches y = W x + scale · B A x on linear layers."""

    kind: Literal["lora"] = "lora"
    rank: int = Field(16, ge=1)
    """Rows of A and columns of B."""
    alpha: float = Field(32.0, gt=0)
    """The scale is alpha / rank."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Share of the branch's inputs that is dropped in training."""
    targets: Targets = ("k", "o", "q", "v", "wo")
    """Ends of module paths, as in PEFT (``q`` is every module called q), or ``all-linear``: every one in the blocks."""
    into_extra_layers: bool = False
    """Also inside the extra layers of the same adapter."""
    rank_stabilized: bool = False
    """The scale is alpha / √rank instead, so that higher ranks learn as fast as low ones (rsLoRA)."""
    rank_pattern: Annotated[dict[str, Annotated[int, Field(ge=1)]], AfterValidator(_readable)] = {}
    """Other ranks for some modules, by the ends of their paths or regular expressions for these; as in PEFT, the first
    key that matches counts."""
    alpha_pattern: Annotated[dict[str, Annotated[float, Field(gt=0)]], AfterValidator(_readable)] = {}
    """Other alphas for some modules, in the same way."""

    def rank_at(self, path: str) -> int:
        """The rank at a module."""
        return _first(self.rank_pattern, path, self.rank)

    def scale_at(self, path: str) -> float:
        """The scale of the branch at a module."""
        rank = self.rank_at(path)
        return _first(self.alpha_pattern, path, self.alpha) / (math.sqrt(rank) if self.rank_stabilized else rank)


def _first(pattern: Mapping[str, Value], path: str, otherwise: Value) -> Value:
    return next((value for key, value in pattern.items() if matches_pattern(key, path)), otherwise)


@final
class LowRankBranch(AdditiveBranch):
    """delta(x) = B A x, with A random and B zero at the start, so the layer's output is the base's."""

    def __init__(self, linear: nn.Module, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        inputs, outputs = linear_features(linear)
        weight = next(linear.parameters())
        self.down = nn.Parameter(weight.new_empty(rank, inputs))
        """A, shape (rank, inputs)."""
        self.up = nn.Parameter(weight.new_zeros(outputs, rank))
        """B, shape (outputs, rank)."""
        self.scale = scale
        self.dropout = dropout
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def added(self, inputs: torch.Tensor, output: torch.Tensor) -> torch.Tensor:
        """See ``AdditiveBranch.added``; in training where both are in bfloat16, in fewer passes."""
        if not (self.training and inputs.dtype == output.dtype == torch.bfloat16 and inputs.device.type == "cpu"):
            return super().added(inputs, output)
        return add_low_rank(output, inputs, self.down, self.up, self.scale, self.dropout)

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
        InputError: a target matches no linear layer, a pattern no target, or there is no extra layer to go into.
    """
    if config.into_extra_layers and not any(sibling.linears() for sibling in siblings.values()):
        raise InputError("no extra layer to go into", "lora: into_extra_layers", "add an extra layer beside it")
    sites = linear_sites(anatomy, siblings if config.into_extra_layers else None)
    chosen = choose_targets(sites, config.targets, "lora: targets")
    paths = [_path(site) for site in chosen]
    _check_pattern(config.rank_pattern, paths, "lora: rank_pattern")
    _check_pattern(config.alpha_pattern, paths, "lora: alpha_pattern")
    branches = [
        LowRankBranch(site.module, config.rank_at(path), config.scale_at(path), config.dropout)
        for site, path in zip(chosen, paths, strict=True)
    ]
    return LoRA(config, chosen, branches)


def _path(site: Site) -> str:
    """The site's path in the base or in the component that owns it."""
    return site.path.rpartition("/")[2]


def _check_pattern(pattern: Collection[str], paths: Collection[str], where: str) -> None:
    for key in pattern:
        if not any(matches_pattern(key, path) for path in paths):
            known = {path.rpartition(".")[2] for path in paths}
            raise InputError(f"no target is called {key!r}", where, nearest(key, known))
