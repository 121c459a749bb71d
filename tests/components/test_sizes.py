"""The exact sizes of the study's systems, from codet5-small's configuration alone."""

from collections.abc import Mapping

import pytest
from transformers import LlamaConfig

from graftwork.components.extra_layer import ExtraLayerConfig
from graftwork.components.ffn_expansion import FFNExpansionConfig
from graftwork.components.head_expansion import HeadExpansionConfig
from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.components.sizes import sizes_of
from graftwork.errors import InputError
from graftwork.models.load import load_config

CODET5_SMALL = load_config("Salesforce/codet5-small")
WITH_WI = ("q", "k", "v", "o", "wi", "wo")


@pytest.mark.parametrize(
    ("components", "trainable"),
    [
        pytest.param({"lora": LoRAConfig()}, 1_671_168, id="lora"),
        pytest.param({"lora": LoRAConfig(targets=WITH_WI)}, 2_162_688, id="lora with wi"),
        pytest.param({"lora": LoRAConfig(targets="all-linear")}, 2_162_688, id="lora on all"),
        pytest.param({"layer": ExtraLayerConfig()}, 3_146_752, id="encoder layer"),
        pytest.param({"layer": ExtraLayerConfig(start="fresh", position=0)}, 3_146_752, id="fresh layer"),
        pytest.param({"layer": ExtraLayerConfig(count=2)}, 2 * 3_146_752, id="two layers"),
        pytest.param({"layer": ExtraLayerConfig(stack="decoder")}, 3_146_752 + 4 * 512**2 + 512, id="decoder layer"),
        pytest.param({"ffn": FFNExpansionConfig(width=512)}, 6_291_456, id="ffn"),
        pytest.param({"heads": HeadExpansionConfig(heads=4)}, 9_437_184, id="heads"),
        pytest.param({"layer": ExtraLayerConfig(feed_forward_width=512)}, 4 * 512**2 + 2 * 512**2 + 1024, id="narrow"),
        pytest.param({"lora": LoRAConfig(into_extra_layers=True), "layer": ExtraLayerConfig()}, 4_924_416, id="hybrid"),
    ],
)
def test_sizes_are_exact(components: Mapping[str, ComponentConfig], trainable: int) -> None:
    assert sizes_of(CODET5_SMALL, components).trainable == trainable


def test_parts_and_wholes_add_up() -> None:
    sizes = sizes_of(CODET5_SMALL, {"lora": LoRAConfig(into_extra_layers=True), "layer": ExtraLayerConfig()})
    assert sizes.components == {"lora": 1_777_664, "layer": 3_146_752}
    assert sizes.base == 60_492_288


def test_the_encoder_layer_is_494_percent_of_the_whole() -> None:
    sizes = sizes_of(CODET5_SMALL, {"layer": ExtraLayerConfig()})
    assert sizes.total == 63_639_040
    assert round(sizes.percent, 2) == 4.94


def test_without_components_nothing_is_trainable() -> None:
    assert sizes_of(CODET5_SMALL, {}).trainable == 0


def test_a_component_that_has_no_place_is_refused() -> None:
    with pytest.raises(InputError, match="no block 6"):
        sizes_of(CODET5_SMALL, {"layer": ExtraLayerConfig(position=6)})


LLAMA_7B = LlamaConfig()
ATTENTION, FEED_FORWARD = 4 * 4096**2, 3 * 4096 * 11008


@pytest.mark.parametrize(
    ("component", "trainable"),
    [
        pytest.param(LoRAConfig(rank=8, targets=("q_proj", "v_proj")), 32 * 2 * 8 * 8192, id="lora"),
        pytest.param(ExtraLayerConfig(), ATTENTION + FEED_FORWARD + 2 * 4096, id="layer"),
        pytest.param(HeadExpansionConfig(heads=2), 32 * ATTENTION // 16, id="heads"),
        pytest.param(FFNExpansionConfig(width=11008), 32 * FEED_FORWARD, id="ffn"),
    ],
)
def test_sizes_of_a_decoder_only_base_are_exact_without_its_weights(component: ComponentConfig, trainable: int) -> None:
    sizes = sizes_of(LLAMA_7B, {"part": component})
    assert sizes.base == 6_738_415_616
    assert sizes.trainable == trainable
