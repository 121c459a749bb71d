"""T5's own: position biases, cross-attention, and the sizes of the study's systems."""

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.models.anatomy import anatomy_of
from graftwork.models.load import load_config
from graftwork.models.tiny import tiny_t5

from .support import outputs_and_heads


@pytest.mark.parametrize("number", range(6))
def test_copies_of_the_bases_heads_double_the_output(number: int) -> None:
    anatomy = anatomy_of(tiny_t5())
    place = anatomy.attentions()[number]
    state = {name: one for name, one in place.module.state_dict().items() if "relative_attention" not in name}
    before, after = outputs_and_heads(anatomy, state, place, heads=4)
    torch.testing.assert_close(after, 2 * before)


def test_more_heads_than_the_base_has_take_its_position_biases_in_turn() -> None:
    anatomy = anatomy_of(tiny_t5())
    place = anatomy.attentions()[0]
    weights = {name: place.module.get_submodule(name).weight for name in "qkvo"}
    state = {f"{name}.weight": torch.cat([one, one], dim=1 if name == "o" else 0) for name, one in weights.items()}
    before, after = outputs_and_heads(anatomy, state, place, heads=8)
    torch.testing.assert_close(after, 3 * before)


def test_queries_of_heads_of_another_size_start_so_that_scores_are_as_large() -> None:
    anatomy = anatomy_of(tiny_t5(d_model=256))
    spread = [anatomy.new_heads(anatomy.attentions()[0], 8, size).q.weight.std().item() for size in (8, 32)]
    assert spread[0] == pytest.approx(2 * spread[1], rel=0.1)


def test_the_sizes_in_codet5_small_are_the_studys() -> None:
    with torch.device("meta"):
        anatomy = anatomy_of(T5ForConditionalGeneration(load_config("Salesforce/codet5-small")))
        heads = [anatomy.new_heads(place, 4, place.head_size) for place in anatomy.attentions()]
    assert len(heads) == 18
    assert sum(parameter.numel() for one in heads for parameter in one.parameters()) == 9_437_184
    assert sum(2 * place.d_model * 512 for place in anatomy.feed_forwards()) == 6_291_456
