"""Folding: a plain model computes what the base computes with an adapter, or the reason why none can."""

from collections.abc import Mapping

import pytest
import torch

from graftwork.components import (
    ComponentConfig,
    EmbeddingExpansionConfig,
    ExtraLayerConfig,
    FFNExpansionConfig,
    Grafts,
    HeadExpansionConfig,
    LinearExpansionConfig,
)
from graftwork.components.fold import fold
from graftwork.errors import InputError
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_model

from .support import FAMILIES, Batch, batch_for, generate, logits, lora

FFN = FFNExpansionConfig(width=8)
LINEAR = LinearExpansionConfig(width=4, activation="none")
ALL = lora(targets="all-linear", rank=2)
FOLDABLE: Mapping[str, Mapping[str, ComponentConfig]] = {
    "lora": {"lora": ALL},
    "two-loras": {"one": ALL, "other": lora(targets="all-linear", rank_stabilized=True)},
    "linear-expansion": {"linear": LINEAR},
    "ffn-expansion": {"ffn": FFN},
    "everything": {"lora": ALL, "ffn": FFN, "linear": LINEAR, "more": FFNExpansionConfig(width=3)},
}


def grown(components: Mapping[str, ComponentConfig], family: str = "t5", **settings: object) -> tuple[Grafts, Batch]:
    """An adapter ``a`` as if trained, and a batch."""
    return trained(Grafts(tiny_model(family, **settings)), components)


def trained(grafts: Grafts, components: Mapping[str, ComponentConfig]) -> tuple[Grafts, Batch]:
    grafts.add("a", components)
    random = torch.Generator().manual_seed(0)
    for parameter in grafts.parameters():
        parameter.data += 0.08 * torch.randn(parameter.shape, generator=random)
    return grafts, batch_for(grafts.model)


def assert_folds(grafts: Grafts, batch: Batch) -> None:
    folded = Grafts(fold(grafts, "a"))
    with grafts.using("a"):
        expected, tokens = logits(grafts, batch), generate(grafts, batch)
    assert (expected - logits(grafts, batch)).abs().max() > 0.05
    torch.testing.assert_close(logits(folded, batch), expected, rtol=0, atol=1e-5)
    assert generate(folded, batch) == tokens


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("components", FOLDABLE.values(), ids=FOLDABLE)
def test_a_folded_model_computes_what_the_adapter_does(family: str, components: Mapping[str, ComponentConfig]) -> None:
    assert_folds(*grown(components, family))


TWO_TABLES = {"one": EmbeddingExpansionConfig(width=4), "two": EmbeddingExpansionConfig(width=3)}


def test_embeddings_fold_where_the_head_has_its_own() -> None:
    assert_folds(*grown(TWO_TABLES, "llama", tie_word_embeddings=False))


def test_embeddings_that_two_stacks_share_fold_once() -> None:
    model = tiny_model("t5")
    model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.flip(0).clone())
    grafts, batch = trained(Grafts(model), TWO_TABLES)
    assert_folds(grafts, batch)
    folded = fold(grafts, "a")
    assert folded.encoder.embed_tokens.weight is folded.decoder.embed_tokens.weight
    assert folded.lm_head.weight is not folded.shared.weight


def test_expansions_that_together_widen_all_alike_fold() -> None:
    parts = {stack: FFNExpansionConfig(width=8, stacks=(stack,)) for stack in ("encoder", "decoder")}
    assert_folds(*grown({"lora": lora(targets=("wi", "wo")), **parts}))


def test_a_wider_model_says_so_in_its_configuration() -> None:
    for family, setting in {"t5": "d_ff", "qwen3": "intermediate_size", "gpt2": "n_inner"}.items():
        grafts, _ = grown({"ffn": FFN}, family)
        width = grafts.anatomy.feed_forwards()[0].width
        assert getattr(fold(grafts, "a").config, setting) == width + 8


def test_the_base_stays_as_it_is() -> None:
    grafts, batch = grown(FOLDABLE["everything"])
    before = logits(grafts, batch)
    model = fold(grafts, "a")
    assert model_fingerprint(grafts.model) == grafts.base_fingerprint
    assert grafts.model.config.d_ff == 64
    assert torch.equal(logits(grafts, batch), before)
    assert not {id(one) for one in model.parameters()} & {id(one) for one in grafts.model.parameters()}


def test_the_random_state_stays_as_it_is() -> None:
    grafts, _ = grown({"lora": lora()})
    torch.manual_seed(0)
    before = torch.get_rng_state()
    fold(grafts, "a")
    assert torch.equal(torch.get_rng_state(), before)


def test_a_new_adapter_folds_into_the_base_bit_for_bit() -> None:
    grafts = Grafts(tiny_model("t5"))
    grafts.add("a", {"lora": ALL, "linear": LINEAR})
    assert model_fingerprint(fold(grafts, "a")) == grafts.base_fingerprint


@pytest.mark.parametrize(
    ("component", "message"),
    [
        (ExtraLayerConfig(), "extra-layer cannot be merged: new blocks make the model deeper"),
        (HeadExpansionConfig(heads=2), "head-expansion cannot be merged: new heads are attentions of their own"),
        (LinearExpansionConfig(width=4), "linear-expansion cannot be merged: its branches have an activation"),
        (EmbeddingExpansionConfig(width=4), "embedding-expansion cannot be merged: the base writes with the table"),
    ],
)
def test_what_cannot_fold_is_refused_with_the_reason(component: ComponentConfig, message: str) -> None:
    grafts, _ = grown({"lora": lora(), "part": component})
    with pytest.raises(InputError) as error:
        fold(grafts, "a")
    assert str(error.value).startswith(f"component part: {message}")
    assert str(error.value).endswith("; keep the adapter beside the base")
    assert "\n" not in str(error.value)


def test_lora_inside_an_extra_layer_is_refused_for_the_layer() -> None:
    grafts, _ = grown({"lora": lora(into_extra_layers=True), "part": ExtraLayerConfig()})
    with pytest.raises(InputError, match="component part: extra-layer"):
        fold(grafts, "a")


@pytest.mark.parametrize("where", [{"stacks": ("encoder",)}, {"blocks": (0,)}])
def test_feed_forwards_of_different_widths_are_refused(where: dict[str, object]) -> None:
    grafts, _ = grown({"ffn": FFN, "more": FFNExpansionConfig(width=3, **where)})
    with pytest.raises(InputError, match=r"8 new units in some .* and 11 in others .* one width for all"):
        fold(grafts, "a")
