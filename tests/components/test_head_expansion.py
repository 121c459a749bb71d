"""Head expansion: what it computes and where it goes."""

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.head_expansion import HeadExpansion, HeadExpansionConfig, build_head_expansion
from graftwork.components.sizes import sizes_of
from graftwork.errors import InputError
from graftwork.models.anatomy import anatomy_of
from graftwork.models.load import Base, load_config
from graftwork.models.tiny import tiny_model

from .support import Batch, batch_for, disturb, generate, logits


def expansion(model: PreTrainedModel, **settings: object) -> HeadExpansion:
    return build_head_expansion(HeadExpansionConfig(**({"heads": 2} | settings)), anatomy_of(model))


def expanded(model: PreTrainedModel, heads: int) -> Grafts:
    grafts = Grafts(model)
    grafts.add("a", {"heads": HeadExpansionConfig(heads=heads)})
    disturb(grafts)
    grafts.use("a")
    return grafts


def with_heads(grafts: Grafts, **settings: int) -> Grafts:
    """A model of the same family whose attentions have the new heads among their own."""
    state = grafts.model.state_dict()
    for name, tensor in grafts.components_of("a")["heads"].tensors().items():
        state[name] = torch.cat([state[name], tensor], dim=int(name.split(".")[-2] in ("o", "o_proj")))
    model = tiny_model(grafts.model.config.model_type, **settings)
    for name, tensor in state.items():
        if "relative_attention_bias" in name:  # new heads stand to positions as the base's do, each in its turn
            state[name] = tensor[:, [head % 4 for head in range(model.config.num_heads)]]
    model.load_state_dict(state)
    return Grafts(model)


def test_trained_heads_give_what_t5_with_those_heads_gives(base: Base, batch: Batch) -> None:
    grafts = expanded(base.model, heads=6)
    more = with_heads(grafts, num_heads=4 + 6)
    torch.testing.assert_close(logits(grafts, batch), logits(more, batch), rtol=1e-4, atol=1e-4)
    assert generate(grafts, batch, "beam") == generate(more, batch, "beam")


def test_trained_heads_give_what_llama_with_those_heads_gives() -> None:
    grafts = expanded(tiny_model("llama"), heads=4)
    batch = batch_for(grafts.model)
    more = with_heads(grafts, num_attention_heads=4 + 4, num_key_value_heads=2 + 2, head_dim=8)
    torch.testing.assert_close(logits(grafts, batch), logits(more, batch), rtol=1e-4, atol=1e-4)
    assert generate(grafts, batch, "beam") == generate(more, batch, "beam")


def test_4_heads_in_all_attentions_of_codet5_small_are_9437184_parameters() -> None:
    config = load_config("Salesforce/codet5-small")
    assert sizes_of(config, {"heads": HeadExpansionConfig(heads=4)}).trainable == 9_437_184


def test_it_goes_into_every_attention(base: Base) -> None:
    assert len(expansion(base.model).sites) == 2 + 2 * 2
    assert len(expansion(tiny_model("gpt2")).sites) == 2


@pytest.mark.parametrize(
    ("settings", "paths"),
    [
        ({"attentions": ("encoder-self",)}, [f"encoder.block.{n}.layer.0.SelfAttention" for n in (0, 1)]),
        ({"attentions": ("decoder-cross",)}, [f"decoder.block.{n}.layer.1.EncDecAttention" for n in (0, 1)]),
        ({"attentions": ("decoder-self",), "blocks": (-1,)}, ["decoder.block.1.layer.0.SelfAttention"]),
    ],
)
def test_attentions_and_blocks_can_be_chosen(base: Base, settings: dict[str, object], paths: list[str]) -> None:
    assert [site.path for site in expansion(base.model, **settings).sites] == paths


def test_an_attention_that_the_base_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="head-expansion: attentions: the base has no 'decoder-cross'; did you mean"):
        expansion(tiny_model("qwen2"), attentions=("decoder-cross",))


def test_the_size_of_a_head_is_the_bases_unless_given(base: Base) -> None:
    path = "encoder.block.0.layer.0.SelfAttention.q.weight"
    assert expansion(base.model).tensors()[path].shape == (2 * 8, 32)
    assert expansion(base.model, head_size=5).tensors()[path].shape == (2 * 5, 32)


def test_another_size_of_head_is_refused_where_rotary_positions_fix_it() -> None:
    with pytest.raises(InputError) as error:
        expansion(tiny_model("llama"), head_size=5)
    assert str(error.value) == (
        "head-expansion: head_size: rotary positions fix the size of a head, and it is not 5; leave it out or give 8"
    )


def test_tensors_are_named_by_attention(base: Base) -> None:
    names = set(expansion(base.model, attentions=("decoder-cross",), blocks=(0,)).tensors())
    assert names == {f"decoder.block.0.layer.1.EncDecAttention.{name}.weight" for name in "qkvo"}
