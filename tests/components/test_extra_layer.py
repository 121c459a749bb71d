"""Extra layers: where they stand and what they are made of."""

import pytest
import torch

from graftwork.components.attach import Grafts
from graftwork.components.extra_layer import ExtraLayer, ExtraLayerConfig, build_extra_layer
from graftwork.errors import InputError
from graftwork.models.anatomy import Anatomy, anatomy_of
from graftwork.models.load import Base
from graftwork.models.tiny import tiny_t5

from .support import Batch, disturb, logits


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
        layer(anatomy)


def test_count_blocks_stand_one_after_the_other(anatomy: Anatomy) -> None:
    extra = layer(anatomy, count=2)
    assert len(extra.blocks()) == 2
    assert len(extra.sites) == 2
    names = {name.partition(".")[0] for name in extra.tensors()}
    assert names == {"0", "1"}


def test_the_new_block_is_of_the_bases_class(anatomy: Anatomy) -> None:
    assert type(layer(anatomy).blocks()[0]) is type(anatomy.block("encoder", 0))


def test_a_trained_copy_gives_what_the_model_with_that_block_gives(base: Base, batch: Batch) -> None:
    grafts = Grafts(base)
    grafts.add("a", {"layer": ExtraLayerConfig(position=0)})
    disturb(grafts)
    grafts.use("a")
    deeper = tiny_t5(num_layers=3)
    state = base.model.state_dict()
    state |= {name.replace("block.1", "block.2"): one for name, one in state.items() if "encoder.block.1" in name}
    extra = grafts.components_of("a")["layer"].tensors()
    state |= {f"encoder.block.1.{name.removeprefix('0.')}": tensor for name, tensor in extra.items()}
    deeper.load_state_dict(state)
    with torch.no_grad():
        expected = deeper(input_ids=batch.inputs, attention_mask=batch.mask, labels=batch.labels).logits
    assert torch.equal(logits(grafts, batch), expected)
