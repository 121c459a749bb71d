"""How new parts start."""

import pytest
from torch import nn
from transformers.pytorch_utils import Conv1D

from graftwork.models.anatomy.anatomy import Attention
from graftwork.models.anatomy.starts import changed, key_value_heads, silence
from graftwork.models.tiny import tiny_llama


def test_a_changed_configuration_leaves_the_bases() -> None:
    config = tiny_llama().config
    other = changed(config, intermediate_size=7)
    assert (config.intermediate_size, other.intermediate_size) == (64, 7)
    assert other._attn_implementation == config._attn_implementation


@pytest.mark.parametrize("layer", [nn.Linear(2, 2), Conv1D(2, 2)], ids=["Linear", "Conv1D"])
def test_outputs_are_silenced_by_the_ends_of_their_paths(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.ones_(parameter)
    module = nn.ModuleDict({"inner": nn.ModuleDict({"out": layer}), "outer": nn.Linear(2, 2)})
    silence(module, ("out", "weight"))
    assert not any(parameter.any() for parameter in layer.parameters())
    assert all(parameter.any() for parameter in module["outer"].parameters())


@pytest.mark.parametrize(
    ("base", "new", "expected"),
    [((8, 8), 3, 3), ((8, 2), 4, 1), ((8, 2), 8, 2), ((8, 2), 2, 2), ((8, 1), 3, 1)],
    ids=["each its own", "a group", "two groups", "less than a group", "one for all"],
)
def test_keys_and_values_are_shared_in_the_bases_ratio(base: tuple[int, int], new: int, expected: int) -> None:
    heads, shared = base
    place = Attention("a", "decoder", 0, "self", nn.Identity(), heads, shared, 4, True)
    assert key_value_heads(place, new) == expected
