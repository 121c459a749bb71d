"""Folding: a plain model of the base's class that computes what the base computes with an adapter.

A linear branch on a linear layer is a change of its weights: W x + s · B A x = (W + s · B A) x. New units of a
feed-forward are more rows and columns of its matrices, because the sum over units does not mind where they come from.
And a table of embeddings beside the base's is added to it, unless the base writes with the table that it reads with.
What has no such form is refused. The sums are the same but for their order, so logits agree but for rounding.
"""

import copy
from dataclasses import dataclass, field
from typing import final

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from graftwork.components.attach import Grafts
from graftwork.components.component import Component
from graftwork.components.embedding_expansion import EmbeddingBranch, EmbeddingExpansionConfig
from graftwork.components.ffn_expansion import FFNBranch, FFNExpansionConfig
from graftwork.components.linear_expansion import LinearExpansionConfig, ParallelBranch
from graftwork.components.lora import LoRAConfig, LowRankBranch
from graftwork.errors import InputError
from graftwork.models.anatomy import Anatomy, FeedForward

__all__ = ["fold"]

_REASONS = {
    "extra-layer": "new blocks make the model deeper, and merging changes weights and widths of the base's own blocks",
    "head-expansion": "new heads are attentions of their own, and a plain checkpoint has one number of heads, one size "
    "and one set of positions for all",
    "linear-expansion": "its branches have an activation, so they are no change of the layers' weights",
    "embedding-expansion": "the base writes with the table that it reads with, and this changes only what it reads",
}
"""Why a kind of component has no place in a model of the base's class (the last two: where it has none)."""
_KEEP = "keep the adapter beside the base"


def fold(grafts: Grafts, name: str) -> PreTrainedModel:
    """A new model of the base's class that computes what the base computes with an adapter; the base stays as it is.

    Raises:
        InputError: there is no adapter of that name, or a component of it has no such form; the reason is given.
    """
    components = grafts.components_of(name)
    for part, component in components.items():
        if not _has_place(component, grafts.model):
            kind = component.config.kind  # type: ignore[attr-defined]  # every configuration has its kind
            raise InputError(f"{kind} cannot be merged: {_REASONS[kind]}", f"component {part}", _KEEP)
    weights = _Weights.of(grafts.model)
    for component in components.values():
        _fold(weights, component)
    return _model(grafts, weights)


def _has_place(component: Component, model: PreTrainedModel) -> bool:
    config = component.config
    if isinstance(config, LinearExpansionConfig):
        return config.activation == "none"
    if isinstance(config, EmbeddingExpansionConfig):
        written = model.get_output_embeddings().weight
        return all(site.module.weight is not written for site in component.sites)
    return isinstance(config, LoRAConfig | FFNExpansionConfig)


@final
@dataclass
class _Weights:
    """The parameters of the model in the making."""

    tensors: dict[str, torch.Tensor]
    """By name; of a parameter with several (tied weights) by its first."""
    first: dict[str, str]
    """The first name of each parameter by each of its names."""
    units: dict[str, list[FFNBranch]] = field(default_factory=dict)
    """New hidden units by the path of their feed-forward; they are added last, when the base's own are final."""

    @classmethod
    def of(cls, model: nn.Module) -> "_Weights":
        """Those of the base."""
        tensors = {name: parameter.detach() for name, parameter in model.named_parameters()}
        names = {id(parameter): name for name, parameter in model.named_parameters()}
        aliases = model.named_parameters(remove_duplicate=False)
        return cls(tensors, {name: names[id(parameter)] for name, parameter in aliases})

    def add(self, name: str, change: torch.Tensor) -> None:
        """Add to a parameter, in double precision."""
        weight = self.tensors[self.first[name]]
        self.tensors[self.first[name]] = (weight.double() + change).to(weight.dtype)

    def widen(self, path: str, linear: nn.Module, more: torch.Tensor, *, outputs: bool) -> None:
        """Give a linear layer more outputs or inputs, with weights of shape (outputs, inputs); new biases are zero."""
        weight, bias = self.tensors[f"{path}.weight"], self.tensors.get(f"{path}.bias")
        transposed = isinstance(linear, Conv1D)
        added = (more.T if transposed else more).detach().to(weight)
        self.tensors[f"{path}.weight"] = torch.cat([weight, added], dim=0 if outputs != transposed else 1)
        if outputs and bias is not None:
            self.tensors[f"{path}.bias"] = torch.cat([bias, bias.new_zeros(len(more))])

    def give(self, model: nn.Module) -> None:
        """Make them a model's, tied as they were."""
        parameters = {name: nn.Parameter(tensor.clone()) for name, tensor in self.tensors.items()}
        for name, first in self.first.items():
            path, _, last = name.rpartition(".")
            setattr(model.get_submodule(path), last, parameters[first])


def _fold(weights: _Weights, component: Component) -> None:
    tables = set()
    for site, branch in component.grafts():
        name = f"{site.path}.weight"
        if isinstance(branch, LowRankBranch | ParallelBranch):
            change = branch.scale * (_exact(branch.up) @ _exact(branch.down))
            weights.add(name, change.T if isinstance(site.module, Conv1D) else change)
        elif isinstance(branch, FFNBranch):
            weights.units.setdefault(site.path, []).append(branch)
        elif isinstance(branch, EmbeddingBranch) and weights.first[name] not in tables:
            weights.add(name, branch.scale * (_exact(branch.table) @ _exact(branch.up).T))
            tables.add(weights.first[name])  # stacks may have one in common


def _exact(parameter: nn.Parameter) -> torch.Tensor:
    return parameter.detach().double()


def _model(grafts: Grafts, weights: _Weights) -> PreTrainedModel:
    """A model of the base's class with these weights."""
    base = grafts.model
    config = copy.deepcopy(base.config)
    if weights.units:
        place, width = _widen(weights, grafts.anatomy)
        setattr(config, place.names.setting, place.width + width)
    with torch.random.fork_rng(devices=[]), torch.device(base.device):
        model = type(base)(config).to(base.dtype)
    weights.give(model)
    model.load_state_dict(dict(base.named_buffers()), strict=False)
    model.generation_config = copy.deepcopy(base.generation_config)
    return model.eval()


def _widen(weights: _Weights, anatomy: Anatomy) -> tuple[FeedForward, int]:
    """Add the new hidden units to their feed-forwards; return one of these, and how many units each got."""
    places = anatomy.feed_forwards()
    widths = [sum(len(branch.w_in) for branch in weights.units.get(place.path, ())) for place in places]
    if len(set(widths)) > 1:
        what = f"{min(widths)} new units in some feed-forwards and {max(widths)} in others cannot be merged"
        raise InputError(f"{what}: a plain checkpoint has one width for all", "ffn-expansion", _KEEP)
    for place in places:
        names = place.names
        for branch in weights.units[place.path]:
            parts = {names.w_in: branch.w_in, names.w_gate: branch.w_gate, names.w_out: branch.scale * branch.w_out}
            for name, more in parts.items():
                if name is not None and more is not None:
                    linear = place.module.get_submodule(name)
                    weights.widen(f"{place.path}.{name}", linear, more, outputs=name != names.w_out)
    return places[0], widths[0]
