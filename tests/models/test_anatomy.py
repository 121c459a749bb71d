"""What the anatomy says about the models of a family."""

import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM, MT5Config, MT5ForConditionalGeneration

from graftwork.errors import InputError
from graftwork.models.anatomy import anatomy_of, linears_of
from graftwork.models.tiny import tiny_t5


def test_stacks_list_their_blocks_in_order() -> None:
    stacks = anatomy_of(tiny_t5(num_layers=3, num_decoder_layers=2)).stacks
    assert stacks["encoder"] == ("encoder.block.0", "encoder.block.1", "encoder.block.2")
    assert stacks["decoder"] == ("decoder.block.0", "decoder.block.1")


def test_linears_are_those_of_the_blocks() -> None:
    model = tiny_t5()
    linears = anatomy_of(model).linears()
    assert len(linears) == 2 * 6 + 2 * 10
    assert all(model.get_submodule(path) is linear for path, linear in linears.items())
    assert "lm_head" not in linears


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
def test_a_copied_block_has_its_neighbours_weights_but_for_the_outputs(stack: str) -> None:
    anatomy = anatomy_of(tiny_t5())
    new, neighbour = anatomy.new_block(stack, 0, "copy"), anatomy.block(stack, 0)
    state = neighbour.state_dict()
    for path, tensor in new.state_dict().items():
        is_output = path.split(".")[-2] in ("o", "wo")
        assert torch.equal(tensor, torch.zeros_like(tensor) if is_output else state[path]), path
    assert set(state) - set(new.state_dict()) == {"layer.0.SelfAttention.relative_attention_bias.weight"}


def test_a_fresh_block_has_weights_of_its_own_on_the_familys_scale() -> None:
    anatomy = anatomy_of(tiny_t5(d_model=64, d_kv=16))
    new, neighbour = anatomy.new_block("encoder", 1, "fresh"), anatomy.block("encoder", 1)
    for path, linear in linears_of(new).items():
        if path.split(".")[-1] not in ("o", "wo"):
            other = neighbour.get_submodule(path).weight
            assert not torch.equal(linear.weight, other)
            assert linear.weight.std().item() == pytest.approx(other.std().item(), rel=0.1)


def test_a_new_block_is_trainable_though_the_base_is_frozen() -> None:
    model = tiny_t5().requires_grad_(False)
    assert all(parameter.requires_grad for parameter in anatomy_of(model).new_block("decoder", 1, "copy").parameters())


def test_a_new_block_has_the_type_of_the_base() -> None:
    block = anatomy_of(tiny_t5().bfloat16()).new_block("decoder", 1, "fresh")
    assert {parameter.dtype for parameter in block.parameters()} == {torch.bfloat16}


def test_mt5_has_the_same_anatomy() -> None:
    config = MT5Config(vocab_size=50, d_model=32, d_kv=8, d_ff=64, num_layers=2, num_decoder_layers=2, num_heads=4)
    anatomy = anatomy_of(MT5ForConditionalGeneration(config))
    assert type(anatomy.new_block("decoder", 0, "copy")).__name__ == "MT5Block"


def test_an_unknown_model_is_refused_and_the_families_named() -> None:
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2
    )
    with pytest.raises(InputError, match="hung on a LlamaForCausalLM; the families that work are mt5, t5"):
        anatomy_of(LlamaForCausalLM(config))
    with pytest.raises(InputError, match="hung on a Linear"):
        anatomy_of(nn.Linear(1, 1))
