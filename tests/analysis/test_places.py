import pytest

from graftwork.analysis.places import NEW_LAYER, Place, place_of, stack_of_path
from graftwork.models.anatomy import anatomy_of
from graftwork.models.tiny import tiny_t5


@pytest.mark.parametrize(
    ("name", "kind", "place"),
    [
        ("lora.encoder.block.1.layer.0.SelfAttention.q.lora_A.weight", "lora", Place("lora", "encoder", 1)),
        ("lora.layer/0.layer.0.SelfAttention.q.lora_A.weight", "lora", Place("lora", NEW_LAYER, 0)),
        ("layer.2.layer.0.SelfAttention.q.weight", "extra-layer", Place("layer", NEW_LAYER, 2)),
        ("embedding.table", "embedding-expansion", Place("embedding", None, None)),
        ("decoder.block.0.layer.1.EncDecAttention.v.weight", "base", Place("base", "decoder", 0)),
        ("shared.weight", "base", Place("base", None, None)),
    ],
)
def test_a_parameter_has_its_place(name: str, kind: str, place: Place) -> None:
    assert place_of(name, kind, anatomy_of(tiny_t5())) == place


def test_block_1_is_not_block_10() -> None:
    anatomy = anatomy_of(tiny_t5(num_layers=11))
    assert stack_of_path("encoder.block.10.layer.0", anatomy) == ("encoder", 10)
