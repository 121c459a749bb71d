"""The tiny models that the package ships."""

import pytest
import torch

from graftwork.errors import InputError
from graftwork.models.anatomy import FAMILIES
from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_base, tiny_model, tiny_t5, tiny_tokenizer


def test_the_seed_alone_decides_the_weights() -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    first = model_fingerprint(tiny_t5(1))
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(6)
    assert model_fingerprint(tiny_t5(1)) == first
    assert model_fingerprint(tiny_t5(2)) != first


def test_settings_can_be_overridden() -> None:
    assert len(tiny_t5(num_layers=3).encoder.block) == 3


def test_gated_has_two_input_projections() -> None:
    assert hasattr(tiny_t5(gated=True).encoder.block[0].layer[-1].DenseReluDense, "wi_1")


def test_any_text_survives_the_tokenizer() -> None:
    tokenizer = tiny_tokenizer()
    text = "def größe(x):\n\treturn '🌱' * x  # <tag>"
    assert tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True) == text


@pytest.mark.parametrize("family", FAMILIES)
def test_the_tokenizer_fits_the_models(family: str) -> None:
    base = tiny_base(family=family)
    assert base.model.config.model_type == family
    assert len(base.tokenizer) == base.model.config.vocab_size
    for token in ("pad", "bos", "eos"):
        assert getattr(base.tokenizer, f"{token}_token_id") == getattr(base.model.config, f"{token}_token_id")


@pytest.mark.parametrize("family", FAMILIES)
def test_models_of_every_family_are_tiny_seeded_and_in_evaluation_mode(family: str) -> None:
    model = tiny_model(family, 1)
    assert not model.training
    assert sum(parameter.numel() for parameter in model.parameters()) < 70_000
    assert model_fingerprint(model) == model_fingerprint(tiny_model(family, 1)) != model_fingerprint(tiny_model(family))


def test_a_tiny_model_looks_at_all_of_its_input() -> None:
    for family in FAMILIES:
        model = tiny_model(family)
        tokens = torch.arange(5, 11)[None].repeat(2, 1)
        tokens[1, 0] = 99
        with torch.no_grad():
            first, second = model(input_ids=tokens, labels=torch.ones_like(tokens)).logits[:, -1]
        assert (first - second).abs().max() > 0.01, family


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(InputError, match="unknown family 'lama'; did you mean 'llama'"):
        tiny_model("lama")
