"""Linear expansion: what it computes and where it goes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from graftwork.components.linear_expansion import (
    Activation,
    LinearExpansion,
    LinearExpansionConfig,
    ParallelBranch,
    build_linear_expansion,
)
from graftwork.components.sizes import sizes_of
from graftwork.errors import InputError
from graftwork.models.anatomy import anatomy_of
from graftwork.models.load import Base, load_config
from graftwork.models.tiny import tiny_model


def expansion(model: PreTrainedModel, **settings: object) -> LinearExpansion:
    return build_linear_expansion(LinearExpansionConfig(**({"width": 4} | settings)), anatomy_of(model))


@pytest.mark.parametrize("linear", [nn.Linear(5, 3), Conv1D(3, 5)], ids=["linear", "conv1d"])
@pytest.mark.parametrize(
    ("activation", "function"), [("relu", F.relu), ("gelu", F.gelu), ("none", lambda hidden: hidden)]
)
def test_the_branch_is_b_act_a_x(linear: nn.Module, activation: Activation, function: object) -> None:
    branch = ParallelBranch(linear, 4, activation)
    nn.init.normal_(branch.up)
    inputs = torch.randn(2, 6, 5)
    expected = linear(inputs) + function(inputs @ branch.down.T) @ branch.up.T  # type: ignore[operator]
    torch.testing.assert_close(branch.graft((inputs,), {}, linear(inputs), None), expected)


def test_it_goes_beside_every_linear_layer_in_the_blocks(base: Base) -> None:
    component = expansion(base.model)
    assert [site.path for site in component.sites] == list(anatomy_of(base.model).linears())


def test_targets_are_ends_of_paths_as_loras_are(base: Base) -> None:
    sites = [site.path for site in expansion(base.model, targets=("EncDecAttention.q",)).sites]
    assert sites == [f"decoder.block.{index}.layer.1.EncDecAttention.q" for index in (0, 1)]


def test_an_unknown_target_is_refused_with_the_nearest() -> None:
    with pytest.raises(
        InputError, match=r"linear-expansion: targets: no linear layer is called 'up_pro'; did you mean 'up_proj'"
    ):
        expansion(tiny_model("llama"), targets=("up_pro",))


def test_its_size_is_exact() -> None:
    config = load_config("Salesforce/codet5-small")
    attention, feed_forward = 18 * 4 * (512 + 512), 12 * 2 * (512 + 2048)
    components = {"linear": LinearExpansionConfig(width=64)}
    assert sizes_of(config, components).trainable == 64 * (attention + feed_forward)


def test_tensors_are_named_by_layer() -> None:
    names = set(expansion(tiny_model("gpt2"), targets=("0.mlp.c_fc",)).tensors())
    assert names == {"transformer.h.0.mlp.c_fc.down", "transformer.h.0.mlp.c_fc.up"}


def test_an_unknown_activation_is_refused() -> None:
    with pytest.raises(InputError, match="linear: activation: input should be 'relu', 'gelu' or 'none'"):
        LinearExpansionConfig.read({"activation": "tanh"}, "linear")
