"""FFN expansion: what it computes and where it goes."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.ffn_expansion import FFNBranch, FFNExpansion, FFNExpansionConfig, build_ffn_expansion
from graftwork.components.sizes import sizes_of
from graftwork.errors import InputError
from graftwork.models.anatomy import FeedForward, FeedForwardNames, anatomy_of
from graftwork.models.load import Base, load_config
from graftwork.models.tiny import tiny_model

from .support import batch_for, disturb, logits

NEW = 6


def branch(*, gated: bool) -> FFNBranch:
    names = FeedForwardNames("w_in", "w_gate" if gated else None, "w_out", "act", "width")
    place = FeedForward("path", "encoder", 0, nn.Linear(5, 5), 5, 9, names, F.relu)
    made = FFNBranch(place, NEW)
    nn.init.normal_(made.w_out)
    return made


def expansion(model: PreTrainedModel, **settings: object) -> FFNExpansion:
    return build_ffn_expansion(FFNExpansionConfig(**({"width": NEW} | settings)), anatomy_of(model))


def blocks(component: FFNExpansion) -> list[str]:
    return [site.path.replace(".block.", " ").partition(".")[0] for site in component.sites]


def test_a_plain_branch_is_w_out_act_w_in_x() -> None:
    one, inputs = branch(gated=False), torch.randn(4, 3, 5)
    torch.testing.assert_close(one.delta(inputs), (inputs @ one.w_in.T).relu() @ one.w_out.T)


def test_a_gated_branch_multiplies_by_its_gate() -> None:
    one, inputs = branch(gated=True), torch.randn(4, 3, 5)
    hidden = (inputs @ one.w_gate.T).relu() * (inputs @ one.w_in.T)
    torch.testing.assert_close(one.delta(inputs), hidden @ one.w_out.T)


WIDER = [
    pytest.param("t5", {}, "d_ff", {"w_in": "wi", "w_out": "wo"}, id="t5"),
    pytest.param("t5", {"gated": True}, "d_ff", {"w_gate": "wi_0", "w_in": "wi_1", "w_out": "wo"}, id="t5-gated"),
    pytest.param(
        "llama", {}, "intermediate_size", {"w_gate": "gate_proj", "w_in": "up_proj", "w_out": "down_proj"}, id="llama"
    ),
    pytest.param("gpt2", {}, "n_inner", {"w_in": "c_fc", "w_out": "c_proj"}, id="gpt2"),
]


@pytest.mark.parametrize(("family", "settings", "width", "names"), WIDER)
def test_a_trained_expansion_gives_what_the_wider_model_gives(
    family: str, settings: dict[str, bool], width: str, names: dict[str, str]
) -> None:
    base = tiny_model(family, **settings)
    grafts = Grafts(base)
    grafts.add("a", {"ffn": FFNExpansionConfig(width=NEW)})
    disturb(grafts)
    state = base.state_dict()
    for name, tensor in grafts.components_of("a")["ffn"].tensors().items():
        path, _, matrix = name.rpartition(".")
        theirs = f"{path}.{names[matrix]}"
        transposed = family == "gpt2"
        both = [state[f"{theirs}.weight"], tensor.T if transposed else tensor]
        state[f"{theirs}.weight"] = torch.cat(both, dim=int((matrix == "w_out") != transposed))
        if matrix == "w_in" and f"{theirs}.bias" in state:
            state[f"{theirs}.bias"] = F.pad(state[f"{theirs}.bias"], (0, NEW))
    wider = tiny_model(family, **settings, **{width: 64 + NEW})
    wider.load_state_dict(state)
    batch = batch_for(base)
    with grafts.using("a"):
        torch.testing.assert_close(logits(grafts, batch), logits(Grafts(wider), batch), rtol=1e-4, atol=1e-4)


def test_512_units_in_all_feed_forwards_of_codet5_small_are_6291456_parameters() -> None:
    config = load_config("Salesforce/codet5-small")
    assert sizes_of(config, {"ffn": FFNExpansionConfig(width=512)}).trainable == 6_291_456


def test_it_goes_into_every_block_of_every_stack(base: Base) -> None:
    assert blocks(expansion(base.model)) == ["encoder 0", "encoder 1", "decoder 0", "decoder 1"]


@pytest.mark.parametrize(
    ("settings", "chosen"),
    [
        ({"stacks": ("decoder",)}, ["decoder 0", "decoder 1"]),
        ({"blocks": (0,)}, ["encoder 0", "decoder 0"]),
        ({"blocks": (-1,)}, ["encoder 1", "decoder 1"]),
        ({"stacks": ("encoder",), "blocks": (1, -1)}, ["encoder 1"]),
    ],
)
def test_stacks_and_blocks_can_be_chosen(base: Base, settings: dict[str, object], chosen: list[str]) -> None:
    assert blocks(expansion(base.model, **settings)) == chosen


def test_a_block_that_one_stack_has_alone_is_chosen_there() -> None:
    deep = tiny_model("t5", num_layers=3)
    assert blocks(expansion(deep, blocks=(2,))) == ["encoder 2"]


@pytest.mark.parametrize("block", [2, -3])
def test_a_block_that_no_stack_has_is_refused(base: Base, block: int) -> None:
    with pytest.raises(InputError, match=f"ffn-expansion: blocks: no block {block}; there are 0 to 1"):
        expansion(base.model, blocks=(block,))


def test_a_stack_that_the_base_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="ffn-expansion: stacks: the base has no 'encoder'; did you mean 'decoder'"):
        expansion(tiny_model("llama"), stacks=("encoder",))


def test_the_order_of_a_choice_does_not_matter() -> None:
    one = FFNExpansionConfig(stacks=("encoder", "decoder"), blocks=(1, 0, 1))
    assert one == FFNExpansionConfig(stacks=("decoder", "encoder"), blocks=(0, 1))


def test_tensors_are_named_by_feed_forward() -> None:
    names = set(expansion(tiny_model("t5", gated=True), stacks=("encoder",), blocks=(0,)).tensors())
    path = "encoder.block.0.layer.1.DenseReluDense"
    assert names == {f"{path}.w_in", f"{path}.w_gate", f"{path}.w_out"}


def test_the_modes_of_the_bases_activations_are_left_alone() -> None:
    model = tiny_model("t5", gated=True)
    component = expansion(model)
    component.train()
    assert not any(module.training for module in model.modules())
