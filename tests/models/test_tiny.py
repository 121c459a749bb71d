"""The tiny models that the package ships."""

import torch

from graftwork.models.fingerprint import model_fingerprint
from graftwork.models.tiny import tiny_base, tiny_t5, tiny_tokenizer


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


def test_the_tokenizer_fits_the_model() -> None:
    base = tiny_base()
    assert len(base.tokenizer) == base.model.config.vocab_size
    for token in ("pad", "bos", "eos"):
        assert getattr(base.tokenizer, f"{token}_token_id") == getattr(base.model.config, f"{token}_token_id")
