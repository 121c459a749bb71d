"""Embedding expansion: what it computes and where it acts."""

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.components.attach import Grafts
from graftwork.components.embedding_expansion import EmbeddingExpansionConfig
from graftwork.components.sizes import sizes_of
from graftwork.models.load import Base, load_config
from graftwork.models.tiny import tiny_model

from .support import Batch, batch_for, disturb, logits


def expanded(model: PreTrainedModel) -> Grafts:
    grafts = Grafts(model)
    grafts.add("a", {"embedding": EmbeddingExpansionConfig(width=8)})
    disturb(grafts)
    grafts.use("a")
    return grafts


@pytest.mark.parametrize("family", ["t5", "llama", "qwen2", "gpt2"])
def test_a_trained_table_gives_what_other_embeddings_and_the_old_vocabulary_projection_give(family: str) -> None:
    grafts = expanded(tiny_model(family))
    batch = batch_for(grafts.model)
    model = grafts.model
    before = logits(grafts, batch)
    tensors = grafts.components_of("a")["embedding"].tensors()
    grafts.use(None)
    with torch.no_grad():
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.clone())  # untied
        model.get_input_embeddings().weight += tensors["table"] @ tensors["up"].T
    torch.testing.assert_close(logits(grafts, batch), before, rtol=1e-4, atol=1e-4)


def test_it_acts_once_where_encoder_and_decoder_have_one_module(base: Base, batch: Batch) -> None:
    apart = logits(expanded(base.model), batch)
    joined = tiny_model("t5")
    joined.set_input_embeddings(joined.get_input_embeddings())
    assert joined.encoder.embed_tokens is joined.decoder.embed_tokens
    torch.testing.assert_close(logits(expanded(joined), batch), apart)


def test_encoder_and_decoder_read_one_table(base: Base) -> None:
    component = expanded(base.model).components_of("a")["embedding"]
    assert [site.path for site in component.sites] == ["encoder.embed_tokens", "decoder.embed_tokens"]
    assert {name: tuple(one.shape) for name, one in component.tensors().items()} == {"table": (261, 8), "up": (32, 8)}
    assert sum(one.numel() for one in component.parameters()) == (261 + 32) * 8


def test_its_size_is_exact() -> None:
    config = load_config("Salesforce/codet5-small")
    assert sizes_of(config, {"embedding": EmbeddingExpansionConfig(width=64)}).trainable == (32_100 + 512) * 64
