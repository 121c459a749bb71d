from collections.abc import Mapping

import pytest
import torch
from torch import nn

from graftwork.components.attach import Grafts
from graftwork.components.embedding_expansion import EmbeddingExpansionConfig
from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.models.anatomy import FAMILIES
from graftwork.models.frozen import FrozenBlocks
from graftwork.models.tiny import tiny_model, tiny_t5

TOKENS = torch.arange(5, 17).reshape(2, 6)
MASK = torch.tensor([[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 0]])
DECODER, ENCODER = ExtraLayerConfig(stack="decoder"), ExtraLayerConfig(stack="encoder")


def counts(components: Mapping[str, ComponentConfig]) -> dict[str, int] | None:
    """How many blocks of a T5 of 2 + 2 are frozen under an adapter."""
    grafts = Grafts(tiny_t5())
    grafts.add("a", components)
    blocks = FrozenBlocks.of(grafts.model)
    return blocks and blocks.counts


@pytest.mark.parametrize("family", FAMILIES)
def test_without_its_frozen_blocks_a_model_writes_the_same(family: str) -> None:
    grafts = Grafts(tiny_model(family))
    grafts.add("a", {"layer": DECODER})
    with torch.no_grad():
        for parameter in grafts.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    grafts.use("a")
    inputs = {"input_ids": TOKENS, "attention_mask": MASK, "use_cache": False}
    if grafts.model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = TOKENS.flip(1)
    blocks = FrozenBlocks.of(grafts.model)
    assert blocks is not None
    with torch.no_grad():
        expected = grafts.model(**inputs).logits
        states = blocks.states(inputs)
        with blocks.left_out(states):
            assert torch.equal(grafts.model(**inputs).logits, expected)
        with blocks.left_out({stack: 2 * one for stack, one in states.items()}):
            assert not torch.equal(grafts.model(**inputs).logits, expected)
        assert torch.equal(grafts.model(**inputs).logits, expected)


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ({"layer": DECODER}, {"encoder": 2, "decoder": 2}),
        ({"layer": ExtraLayerConfig(stack="decoder", position=0)}, {"encoder": 2, "decoder": 1}),
        ({"layer": ENCODER}, {"encoder": 2}),
        ({"layer": DECODER, "other": ENCODER}, {"encoder": 2}),
        ({"ffn": FFNExpansionConfig(stacks=("decoder",), blocks=(1,))}, {"encoder": 2, "decoder": 1}),
        ({"ffn": FFNExpansionConfig(stacks=("decoder",), blocks=(0,))}, {"encoder": 2}),
        ({"ffn": FFNExpansionConfig(stacks=("encoder",), blocks=(0,)), "layer": DECODER}, None),
        ({"lora": LoRAConfig(targets="all-linear")}, None),
        ({"rows": EmbeddingExpansionConfig()}, None),
    ],
)
def test_the_blocks_end_where_the_lowest_branch_hangs(
    components: Mapping[str, ComponentConfig], expected: dict[str, int] | None
) -> None:
    assert counts(components) == expected


def test_a_model_that_is_trained_itself_has_none() -> None:
    assert FrozenBlocks.of(tiny_t5()) is None


def test_what_changes_the_input_of_a_block_hangs_below_it() -> None:
    model = tiny_t5().requires_grad_(False)
    model.decoder.block[1].register_forward_pre_hook(lambda module, arguments: None)
    blocks = FrozenBlocks.of(model)
    assert blocks is not None
    assert blocks.counts == {"encoder": 2, "decoder": 1}


def test_a_model_that_components_cannot_be_hung_on_has_none() -> None:
    assert FrozenBlocks.of(nn.Linear(2, 2).requires_grad_(False)) is None  # type: ignore[arg-type]
