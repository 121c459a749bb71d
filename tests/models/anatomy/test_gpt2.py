"""GPT-2's and GPT-BigCode's own: one projection for queries, keys and values, one key and value for all heads."""

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.errors import InputError
from graftwork.models.anatomy import anatomy_of
from graftwork.models.tiny import tiny_bigcode, tiny_gpt2

from .support import outputs_and_heads


def head_weights(model: PreTrainedModel, number: int) -> dict[str, torch.Tensor]:
    """The weights of a base's heads as new heads have them."""
    attention = model.transformer.h[number].attn
    transposed = model.config.model_type == "gpt2"
    joint, output = (layer.weight.T if transposed else layer.weight for layer in (attention.c_attn, attention.c_proj))
    sizes = [32, *[(len(joint) - 32) // 2] * 2]
    if model.config.model_type == "gpt_bigcode" and not model.config.multi_query:  # each head's three stand together
        order = torch.arange(96).reshape(4, 3, 8).transpose(0, 1).flatten()
        joint, bias = joint[order], attention.c_attn.bias[order]
    else:
        bias = attention.c_attn.bias
    state = dict(zip(("q.weight", "k.weight", "v.weight"), joint.split(sizes), strict=True))
    state |= dict(zip(("q.bias", "k.bias", "v.bias"), bias.split(sizes), strict=True))
    return state | {"o.weight": output}


@pytest.mark.parametrize(
    "model",
    [
        pytest.param(tiny_gpt2(), id="gpt2"),
        pytest.param(tiny_gpt2(scale_attn_by_inverse_layer_idx=True), id="gpt2 scaled by depth"),
        pytest.param(tiny_gpt2(scale_attn_weights=False), id="gpt2 not scaled"),
        pytest.param(tiny_bigcode(), id="bigcode"),
        pytest.param(tiny_bigcode(multi_query=False), id="bigcode with keys for each head"),
    ],
)
def test_copies_of_the_bases_heads_double_the_output(model: PreTrainedModel) -> None:
    anatomy = anatomy_of(model)
    torch.nn.init.normal_(model.transformer.h[1].attn.c_attn.bias)
    place = anatomy.attentions()[1]
    before, after = outputs_and_heads(anatomy, head_weights(model, 1), place, heads=4)
    torch.testing.assert_close(after, 2 * before)


@pytest.mark.parametrize(("multi_query", "shared"), [(True, 1), (False, 3)])
def test_new_heads_share_a_key_and_value_if_the_bases_do(multi_query: bool, shared: int) -> None:
    anatomy = anatomy_of(tiny_bigcode(multi_query=multi_query))
    place = anatomy.attentions()[0]
    assert place.key_value_heads == (1 if multi_query else 4)
    new = anatomy.new_heads(place, 3, 8)
    assert (new.q.out_features, new.k.out_features, new.v.out_features) == (24, 8 * shared, 8 * shared)


def test_heads_may_have_a_size_of_their_own() -> None:
    anatomy = anatomy_of(tiny_gpt2())
    place = anatomy.attentions()[0]
    assert place.free_head_size
    new = anatomy.new_heads(place, 2, 32)
    assert new.scale == pytest.approx(32**-0.5)
    assert (new.q.out_features, new.o.in_features) == (64, 64)


def test_heads_drop_as_many_weights_as_the_bases_in_training() -> None:
    anatomy = anatomy_of(tiny_gpt2(attn_pdrop=0.5))
    heads = anatomy.new_heads(anatomy.attentions()[0], 2, 8)
    torch.nn.init.normal_(heads.o.weight)
    x = torch.randn(1, 4, 32)
    assert not torch.equal(heads(x, None, None), heads(x, None, None))
    heads.eval()
    assert torch.equal(heads(x, None, None), heads(x, None, None))


def test_without_a_mask_no_token_sees_those_after_it() -> None:
    anatomy = anatomy_of(tiny_gpt2())
    heads = anatomy.new_heads(anatomy.attentions()[0], 2, 8).eval()
    torch.nn.init.normal_(heads.o.weight)
    x = torch.randn(1, 4, 32)
    torch.testing.assert_close(heads(x, None, None)[:, :2], heads(x[:, :2], None, None))


def test_a_new_block_is_scaled_by_the_depth_it_stands_at() -> None:
    anatomy = anatomy_of(tiny_gpt2(scale_attn_by_inverse_layer_idx=True))
    block = anatomy.new_block("decoder", 1, "copy")
    assert block.attn.scaling == anatomy.block("decoder", 1).attn.scaling == 0.5 * 8**-0.5


def test_a_decoder_with_cross_attention_is_refused() -> None:
    with pytest.raises(InputError, match="hung on a GPT2LMHeadModel with cross-attention; use one that is"):
        anatomy_of(tiny_gpt2(add_cross_attention=True))


def test_attention_that_has_no_masks_is_refused_for_heads() -> None:
    model = tiny_gpt2()
    model.config._attn_implementation = "flex_attention"
    anatomy = anatomy_of(model)
    with pytest.raises(InputError, match="with 'flex_attention' attention; load it with attn_implementation eager or"):
        anatomy.new_heads(anatomy.attentions()[0], 2, 8)
