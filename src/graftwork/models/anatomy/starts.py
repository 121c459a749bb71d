"""How new parts of a base start: of what shape, with which weights, and silent."""

import copy
from typing import Literal

from torch import nn
from transformers import PretrainedConfig, PreTrainedModel

from graftwork.models.anatomy.anatomy import Attention
from graftwork.models.linear import linears_of

__all__ = ["changed", "key_value_heads", "silence", "start_block"]


def changed(config: PretrainedConfig, **settings: int | list[str]) -> PretrainedConfig:
    """A copy of a configuration with other settings; the base keeps its own."""
    copied = copy.deepcopy(config)
    for name, value in settings.items():
        setattr(copied, name, value)
    return copied


def silence(module: nn.Module, outputs: tuple[str, ...]) -> None:
    """Zero the weights and biases of a module's output projections, known by the ends of their paths."""
    for path, linear in linears_of(module).items():
        if path.rpartition(".")[2] in outputs:
            for parameter in linear.parameters(recurse=False):
                nn.init.zeros_(parameter)


def start_block(
    block: nn.Module,
    neighbour: nn.Module,
    model: PreTrainedModel,
    start: Literal["copy", "fresh"],
    outputs: tuple[str, ...],
) -> nn.Module:
    """Give a new block its weights: the neighbour's where it is to be a copy and they fit, else fresh ones.

    Args:
        block: the new block, in the state its class leaves it in.
        neighbour: the base's block before it.
        model: the base, which knows how its family initialises weights.
        start: which weights it has.
        outputs: the ends of its output projections' paths; they are zeroed.
    """
    state, own = neighbour.state_dict(), block.state_dict()
    fitting = {name for name, tensor in own.items() if state[name].shape == tensor.shape}
    if start == "fresh" or len(fitting) < len(own):
        block.apply(model._init_weights)
    if start == "copy":
        block.load_state_dict({name: state[name] for name in fitting}, strict=False)
    silence(block, outputs)
    return block.requires_grad_(True)


def key_value_heads(attention: Attention, heads: int) -> int:
    """How many heads with keys and values new heads have: in the base's ratio if that divides their number."""
    group, rest = divmod(attention.heads, attention.key_value_heads)
    assert not rest
    if attention.key_value_heads == 1:
        return 1
    return heads if heads % group else heads // group
