from typing import Any

import pytest
import torch

from graftwork.models.quick.positions import QuickPositions, biases_of_distances
from graftwork.models.tiny import tiny_t5


@pytest.mark.parametrize("stack", ["encoder", "decoder"])
@pytest.mark.parametrize(("queries", "keys", "past"), [(7, 7, 0), (1, 9, 8), (300, 300, 0), (5, 12, 3)])
def test_the_biases_are_t5s_own(stack: str, queries: int, keys: int, past: int) -> None:
    attention: Any = getattr(tiny_t5(), stack).block[0].layer[0].SelfAttention
    own = attention.compute_bias(queries, keys, past_seen_tokens=past)
    assert torch.equal(biases_of_distances(attention, queries, keys, past), own)


def test_tables_that_are_trained_are_left_alone() -> None:
    model: Any = tiny_t5().requires_grad_(False)
    trained = model.decoder.block[0].layer[0].SelfAttention
    trained.relative_attention_bias.requires_grad_(True)
    with QuickPositions(model).active():
        assert "compute_bias" in vars(model.encoder.block[0].layer[0].SelfAttention)
        assert "compute_bias" not in vars(trained)
    assert "compute_bias" not in vars(model.encoder.block[0].layer[0].SelfAttention)
