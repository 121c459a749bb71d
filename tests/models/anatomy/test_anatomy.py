"""What the anatomy of every family says about its models, and which models are refused."""

from typing import Any

import pytest
import torch
from torch import nn
from transformers import BloomConfig, BloomForCausalLM, LlamaModel, PreTrainedModel, T5EncoderModel

from graftwork.components import ExtraLayerConfig, Grafts, HeadExpansionConfig
from graftwork.errors import InputError
from graftwork.models.anatomy import FAMILIES, Anatomy, anatomy_of
from graftwork.models.linear import linears_of
from graftwork.models.tiny import tiny_llama, tiny_model, tiny_t5

_LLAMA = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_T5 = ("q", "k", "v", "o")
LINEARS = {
    "gpt2": ("c_attn", "c_fc", "c_proj"),
    "gpt_bigcode": ("c_attn", "c_fc", "c_proj"),
    "llama": _LLAMA,
    "mistral": _LLAMA,
    "mt5": (*_T5, "wi_0", "wi_1", "wo"),
    "qwen2": _LLAMA,
    "qwen3": _LLAMA,
    "t5": (*_T5, "wi", "wo"),
    "t5-gated": (*_T5, "wi_0", "wi_1", "wo"),
}
"""The names of the linear layers in the blocks of each family."""
OUTPUTS = ("o", "wo", "o_proj", "down_proj", "c_proj")
FEED_FORWARD = {("c_fc", "c_proj"), ("wi", "wo"), ("wi_0", "wi_1", "wo"), ("gate_proj", "up_proj", "down_proj")}
"""The linear layers of a feed-forward in the order [gate,] in, out."""


@pytest.fixture(params=LINEARS)
def family(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def model(family: str) -> PreTrainedModel:
    return tiny_model(family)


@pytest.fixture
def anatomy(model: PreTrainedModel) -> Anatomy:
    return anatomy_of(model)


def states() -> torch.Tensor:
    return torch.randn(2, 3, 32, generator=torch.Generator().manual_seed(0))


def test_every_family_is_tested() -> None:
    assert set(FAMILIES) == {family.removesuffix("-gated") for family in LINEARS}


def test_stacks_list_their_blocks_in_order(anatomy: Anatomy) -> None:
    encoder = ["encoder"] if anatomy.model.config.is_encoder_decoder else []
    assert list(anatomy.stacks) == [*encoder, "decoder"]
    for stack, paths in anatomy.stacks.items():
        assert [path.rpartition(".")[2] for path in paths] == ["0", "1"]
        for index, path in enumerate(paths):
            assert anatomy.block(stack, index) is anatomy.model.get_submodule(path)


def test_linears_are_those_of_the_blocks(anatomy: Anatomy, family: str) -> None:
    linears = anatomy.linears()
    assert {path.rpartition(".")[2] for path in linears} == set(LINEARS[family])
    assert all(anatomy.model.get_submodule(path) is linear for path, linear in linears.items())
    assert len(linears) == sum(len(linears_of(block)) for block in map(anatomy.model.get_submodule, _blocks(anatomy)))
    assert "lm_head" not in linears


def _blocks(anatomy: Anatomy) -> list[str]:
    return [path for paths in anatomy.stacks.values() for path in paths]


def test_there_is_a_feed_forward_in_every_block(anatomy: Anatomy) -> None:
    places = anatomy.feed_forwards()
    assert [anatomy.stacks[place.stack][place.block] for place in places] == _blocks(anatomy)
    assert all(place.path.startswith(anatomy.stacks[place.stack][place.block]) for place in places)
    assert all(anatomy.model.get_submodule(place.path) is place.module for place in places)
    assert {(place.d_model, place.width) for place in places} == {(32, 64)}


def test_a_feed_forward_is_what_its_record_says(anatomy: Anatomy) -> None:
    place = anatomy.feed_forwards()[-1]
    (names,) = (names for names in FEED_FORWARD if all(hasattr(place.module, name) for name in names))
    *gate, into, out = (place.module.get_submodule(name) for name in names)
    assert place.gated == bool(gate)
    x = states()
    hidden = place.activation(gate[0](x)) * into(x) if gate else place.activation(into(x))
    torch.testing.assert_close(place.module(x), out(hidden))


def test_attentions_come_by_block_and_self_before_cross(anatomy: Anatomy) -> None:
    places = anatomy.attentions()
    kinds = {"encoder": ["self"], "decoder": ["self", "cross"] if "encoder" in anatomy.stacks else ["self"]}
    expected = [(stack, index, kind) for stack in anatomy.stacks for index in (0, 1) for kind in kinds[stack]]
    assert [(place.stack, place.block, place.kind) for place in places] == expected
    assert all(place.path.startswith(anatomy.stacks[place.stack][place.block]) for place in places)
    assert all(anatomy.model.get_submodule(place.path) is place.module for place in places)


def test_embeddings_are_what_a_forward_pass_goes_through(anatomy: Anatomy) -> None:
    seen: list[Any] = []
    for path in anatomy.embeddings():
        module = anatomy.model.get_submodule(path)
        assert isinstance(module, nn.Embedding)
        module.register_forward_hook(lambda _, arguments, output: seen.append((*arguments, output)))
    tokens = torch.arange(5, 11).reshape(2, 3)
    anatomy.model(input_ids=tokens, labels=tokens)
    assert len(seen) == len(anatomy.stacks)
    for given, embedded in seen:
        assert given.shape == (2, 3)
        assert embedded.shape == (2, 3, 32)


def test_a_copied_block_has_its_neighbours_weights_but_for_the_outputs(anatomy: Anatomy) -> None:
    for stack in anatomy.stacks:
        new, neighbour = anatomy.new_block(stack, 0, "copy"), anatomy.block(stack, 0)
        assert type(new) is type(neighbour)
        state = neighbour.state_dict()
        for path, tensor in new.state_dict().items():
            is_output = path.split(".")[-2] in OUTPUTS
            assert torch.equal(tensor, torch.zeros_like(tensor) if is_output else state[path]), path
        assert all("relative_attention_bias" in path for path in set(state) - set(new.state_dict()))


def test_a_fresh_block_has_weights_of_its_own_on_the_familys_scale(anatomy: Anatomy) -> None:
    new, neighbour = anatomy.new_block("decoder", 1, "fresh"), anatomy.block("decoder", 1)
    for path, linear in linears_of(new).items():
        if path.split(".")[-1] not in OUTPUTS:
            other = neighbour.get_submodule(path).weight
            assert not torch.equal(linear.weight, other)
            assert linear.weight.std().item() == pytest.approx(other.std().item(), rel=0.15)


@pytest.mark.parametrize("start", ["copy", "fresh"])
def test_a_block_may_have_a_feed_forward_of_another_width(anatomy: Anatomy, start: Any) -> None:
    new = anatomy.new_block("decoder", 0, start, feed_forward_width=10)
    same = anatomy.new_block("decoder", 0, "copy").state_dict()
    for path, tensor in new.state_dict().items():
        widened = path.split(".")[-2] in ("wi", "wi_0", "wi_1", "wo", *LINEARS["llama"][4:]) or "mlp" in path
        expected = tuple(10 if size == 64 and widened else size for size in same[path].shape)
        assert tuple(tensor.shape) == expected, path
    assert all(tensor.isfinite().all() for tensor in new.state_dict().values())
    assert anatomy_of(anatomy.model).feed_forwards()[0].width == 64


def test_new_parts_are_trainable_though_the_base_is_frozen(anatomy: Anatomy) -> None:
    anatomy.model.requires_grad_(False)
    place = anatomy.attentions()[-1]
    for part in (anatomy.new_block("decoder", 1, "copy"), anatomy.new_heads(place, 2, place.head_size)):
        assert all(parameter.requires_grad for parameter in part.parameters())


def test_new_parts_have_the_type_of_the_base(model: PreTrainedModel) -> None:
    anatomy = anatomy_of(model.bfloat16())
    place = anatomy.attentions()[-1]
    for part in (anatomy.new_block("decoder", 1, "fresh"), anatomy.new_heads(place, 2, place.head_size)):
        assert {parameter.dtype for parameter in part.parameters()} == {torch.bfloat16}


def test_new_heads_change_nothing_at_the_start_and_attend_afterwards(anatomy: Anatomy) -> None:
    for place in anatomy.attentions():
        heads = anatomy.new_heads(place, 3, place.head_size)
        outputs = {name for name, one in linears_of(heads).items() if name in OUTPUTS}
        assert len(outputs) == 1
        for path, parameter in heads.named_parameters():
            silent = path.split(".")[0] in outputs or path.endswith("bias")
            assert parameter.any().item() is not silent, path


def test_either_implementation_of_attention_gives_the_same(family: str) -> None:
    tokens = torch.arange(5, 17).reshape(2, 6)
    outcomes = []
    for implementation in ("sdpa", "eager"):
        model = tiny_model(family)
        model.set_attn_implementation(implementation)
        grafts = Grafts(model)
        grafts.add("a", {"heads": HeadExpansionConfig(heads=2), "layer": ExtraLayerConfig(stack="decoder")})
        for parameter in grafts.parameters():
            parameter.data += 0.1
        with grafts.using("a"), torch.no_grad():
            outcomes.append(model(input_ids=tokens, labels=tokens).logits)
    torch.testing.assert_close(*outcomes, rtol=1e-4, atol=1e-4)


def test_an_unknown_family_is_refused_and_the_known_ones_named() -> None:
    bloom = BloomForCausalLM(BloomConfig(vocab_size=50, hidden_size=16, n_layer=1, n_head=2))
    families = "gpt2, gpt_bigcode, llama, mistral, mt5, qwen2, qwen3, t5"
    with pytest.raises(InputError, match=f"hung on a BloomForCausalLM; the families that work are {families}"):
        anatomy_of(bloom)
    with pytest.raises(InputError, match="hung on a Linear"):
        anatomy_of(nn.Linear(1, 1))


@pytest.mark.parametrize(
    "model", [LlamaModel(tiny_llama().config), T5EncoderModel(tiny_t5().config)], ids=lambda model: type(model).__name__
)
def test_a_model_that_writes_no_tokens_is_refused(model: PreTrainedModel) -> None:
    with pytest.raises(InputError, match=f"hung on a {type(model).__name__}; give the .* model that writes tokens"):
        anatomy_of(model)


def test_what_only_looks_like_a_model_of_a_family_is_refused() -> None:
    class Wrapped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = tiny_llama()
            self.config = self.inner.config
            self.lm_head = self.inner.lm_head

    with pytest.raises(InputError, match="hung on a Wrapped; the families that work are"):
        anatomy_of(Wrapped())
