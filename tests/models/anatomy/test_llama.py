"""Llama's and its relatives' own: rotary positions, grouped queries, sliding windows, biases and norms."""

from collections.abc import Callable

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.errors import InputError
from graftwork.models.anatomy import anatomy_of
from graftwork.models.tiny import tiny_llama, tiny_mistral, tiny_model, tiny_qwen2, tiny_qwen3

from .support import outputs_and_heads

FAMILIES = ("llama", "mistral", "qwen2", "qwen3")


@pytest.mark.parametrize("family", FAMILIES)
def test_copies_of_the_bases_heads_double_the_output(family: str) -> None:
    anatomy = anatomy_of(tiny_model(family))
    place = anatomy.attentions()[1]
    before, after = outputs_and_heads(anatomy, place.module.state_dict(), place, heads=4)
    torch.testing.assert_close(after, 2 * before)


@pytest.mark.parametrize(("heads", "shared"), [(2, 1), (4, 2), (3, 3), (1, 1)])
def test_new_heads_share_keys_and_values_as_the_bases_if_they_can(heads: int, shared: int) -> None:
    anatomy = anatomy_of(tiny_llama())
    new = anatomy.new_heads(anatomy.attentions()[0], heads, 8)
    assert new.q_proj.out_features == heads * 8
    assert new.k_proj.out_features == new.v_proj.out_features == shared * 8


def test_heads_of_another_size_are_refused() -> None:
    anatomy = anatomy_of(tiny_llama())
    assert not anatomy.attentions()[0].free_head_size
    with pytest.raises(InputError, match="rotary positions fix the size of a head, and it is not 16; give 8"):
        anatomy.new_heads(anatomy.attentions()[0], 2, 16)


def test_biases_are_the_familys_but_for_the_output() -> None:
    model = tiny_llama(attention_bias=True)
    new = anatomy_of(model).new_heads(anatomy_of(model).attentions()[0], 2, 8)
    assert [name for name, _ in new.named_parameters() if "bias" in name] == [f"{one}_proj.bias" for one in "qkv"]


def test_a_new_blocks_biases_are_silent_too() -> None:
    model = tiny_llama(attention_bias=True, mlp_bias=True)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    block = anatomy_of(model).new_block("decoder", 0, "copy")
    assert not block.self_attn.o_proj.bias.any()
    assert not block.mlp.down_proj.bias.any()
    assert block.mlp.up_proj.bias.all()


def test_norms_of_queries_and_keys_start_as_the_bases() -> None:
    model = tiny_qwen3()
    torch.nn.init.normal_(model.model.layers[1].self_attn.q_norm.weight)
    place = anatomy_of(model).attentions()[1]
    assert torch.equal(anatomy_of(model).new_heads(place, 2, 16).q_norm.weight, place.module.q_norm.weight)


def windowed(make: Callable[..., PreTrainedModel]) -> Callable[[], PreTrainedModel]:
    return lambda: make(use_sliding_window=True, sliding_window=4, layer_types=["full_attention", "sliding_attention"])


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: tiny_mistral(sliding_window=4), id="mistral"),
        pytest.param(windowed(tiny_qwen2), id="qwen2"),
        pytest.param(windowed(tiny_qwen3), id="qwen3"),
    ],
)
def test_sliding_windows_are_kept_in_generation(make: Callable[[], PreTrainedModel], beams: int) -> None:
    grafts = Grafts(make())
    kinds = {
        "first": ExtraLayerConfig(position=0),
        "last": ExtraLayerConfig(position=-1, count=2),
        "heads": HeadExpansionConfig(heads=2),
    }
    grafts.add("a", kinds)
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.2 * torch.randn(parameter.shape, generator=random)
    grafts.use("a")
    mask = torch.tensor([[1] * 6, [0] * 3 + [1] * 3])
    settings = {
        "input_ids": torch.arange(5, 17).reshape(2, 6) * mask,
        "attention_mask": mask,
        "max_new_tokens": 8,
        "do_sample": False,
        "num_beams": beams,
        "no_repeat_ngram_size": 1,
    }
    assert torch.equal(grafts.model.generate(**settings), grafts.model.generate(**settings, use_cache=False))


def test_a_block_behind_a_full_attention_has_no_window() -> None:
    anatomy = anatomy_of(windowed(tiny_qwen2)())
    assert anatomy.new_block("decoder", 0, "copy").self_attn.sliding_window is None
    assert anatomy.new_block("decoder", 1, "copy").self_attn.sliding_window == 4
