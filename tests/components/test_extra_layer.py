"""Extra layers: where they stand and what they are made of."""

import pytest
import torch

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayer, ExtraLayerConfig, build_extra_layer
from graftwork.errors import InputError
from graftwork.models.anatomy import Anatomy, anatomy_of
from graftwork.models.tiny import tiny_llama, tiny_model, tiny_t5

from .support import DECODINGS, FAMILIES, batch_for, disturb, generate, logits


@pytest.fixture
def anatomy() -> Anatomy:
    return anatomy_of(tiny_t5(num_layers=3))


def layer(anatomy: Anatomy, **settings: object) -> ExtraLayer:
    return build_extra_layer(ExtraLayerConfig(**settings), anatomy)


@pytest.mark.parametrize(("position", "index"), [(-1, 2), (-3, 0), (0, 0), (2, 2)])
def test_positions_count_from_either_end(anatomy: Anatomy, position: int, index: int) -> None:
    assert layer(anatomy, position=position).sites[0].path == f"encoder.block.{index}"


@pytest.mark.parametrize("position", [3, -4])
def test_a_position_outside_is_refused(anatomy: Anatomy, position: int) -> None:
    with pytest.raises(InputError, match=f"no block {position}; the encoder has 0 to 2"):
        layer(anatomy, position=position)


def test_a_stack_that_the_base_lacks_is_refused(anatomy: Anatomy) -> None:
    anatomy.stacks = {"decoder": anatomy.stacks["decoder"]}
    with pytest.raises(InputError, match="the base has no stack 'encoder'"):
        layer(anatomy, stack="encoder")


def test_count_blocks_stand_one_after_the_other(anatomy: Anatomy) -> None:
    extra = layer(anatomy, count=2)
    assert len(extra.blocks()) == 2
    assert len(extra.sites) == 2
    names = {name.partition(".")[0] for name in extra.tensors()}
    assert names == {"0", "1"}


def test_the_new_block_is_of_the_bases_class(anatomy: Anatomy) -> None:
    assert type(layer(anatomy).blocks()[0]) is type(anatomy.block("encoder", 0))


def test_without_a_stack_it_is_the_encoder_where_there_is_one() -> None:
    assert layer(anatomy_of(tiny_t5())).sites[0].path == "encoder.block.1"
    assert layer(anatomy_of(tiny_llama())).sites[0].path == "model.layers.1"


def test_a_feed_forward_may_have_a_width_of_its_own(anatomy: Anatomy) -> None:
    tensors = layer(anatomy, feed_forward_width=10).tensors()
    assert tensors["0.layer.1.DenseReluDense.wi.weight"].shape == (10, 32)
    assert tensors["0.layer.1.DenseReluDense.wo.weight"].shape == (32, 10)


T5 = ({"num_layers": 3}, {"num_layers": 3, "num_decoder_layers": 3})  # a deeper decoder than encoder cannot generate
GPT2 = ({}, {"n_layer": 3})
DEEPER = {"t5": T5, "t5-gated": T5, "gpt2": GPT2, "gpt_bigcode": GPT2}


def grown_and_deeper(family: str) -> tuple[Grafts, Grafts]:
    """A model with a trained layer between its two blocks, and a model of three blocks with the same weights."""
    settings, deeper_settings = DEEPER.get(family, ({}, {"num_hidden_layers": 3}))
    grafts, deeper = Grafts(tiny_model(family, **settings)), tiny_model(family, **deeper_settings)
    grafts.add("a", {"layer": ExtraLayerConfig(stack="decoder", position=0)})
    disturb(grafts)
    grafts.use("a")
    _, second, third = anatomy_of(deeper).stacks["decoder"]
    state = grafts.model.state_dict()
    state |= {name.replace(f"{second}.", f"{third}."): one for name, one in state.items() if f"{second}." in name}
    extra = grafts.components_of("a")["layer"].tensors()
    deeper.load_state_dict(state | {f"{second}.{name.removeprefix('0.')}": one for name, one in extra.items()})
    return grafts, Grafts(deeper)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trained_layer_gives_what_the_model_with_that_block_gives(family: str) -> None:
    grafts, deeper = grown_and_deeper(family)
    batch = batch_for(grafts.model)
    assert torch.equal(logits(grafts, batch), logits(deeper, batch))


@pytest.mark.parametrize("decoding", DECODINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_it_generates_what_the_model_with_that_block_generates(family: str, decoding: str) -> None:
    grafts, deeper = grown_and_deeper(family)
    batch = batch_for(grafts.model)
    assert generate(grafts, batch, decoding) == generate(deeper, batch, decoding)


@pytest.mark.parametrize(
    "config",
    [
        ExtraLayerConfig(stack="decoder", position=0, count=2),
        ExtraLayerConfig(stack="decoder", position=-1, start="fresh"),
        ExtraLayerConfig(stack="decoder", feed_forward_width=10),
    ],
    ids=["two behind the first", "fresh behind the last", "wide"],
)
@pytest.mark.parametrize("family", FAMILIES)
def test_at_any_depth_the_cache_changes_nothing(family: str, config: ExtraLayerConfig) -> None:
    grafts = Grafts(tiny_model(family))
    batch = batch_for(grafts.model)
    grafts.add("a", {"layer": config})
    untouched = logits(grafts, batch)
    with grafts.using("a"):
        assert torch.equal(logits(grafts, batch), untouched)
        disturb(grafts)
        assert not torch.equal(logits(grafts, batch), untouched)
        for decoding in DECODINGS:
            assert generate(grafts, batch, decoding) == generate(grafts, batch, decoding, cached=False)
    grafts.remove("a")
    assert torch.equal(logits(grafts, batch), untouched)
