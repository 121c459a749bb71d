"""Tiny models that have learned a few examples by heart, so that they end each output by themselves."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache

import pytest
import torch
from transformers import PreTrainedModel, T5ForConditionalGeneration

from graftwork.models import tiny
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig, train

LEARNED = [Encoded((10 + n, 60 + n, 90, 2), (*range(20 + n, 21 + 3 * n), 2)) for n in range(6)]
"""Prompts with outputs of 1 to 11 tokens and the end token."""
MAKERS: dict[str, Callable[[], PreTrainedModel]] = {
    "t5": tiny.tiny_t5,
    "llama": tiny.tiny_llama,
    "mistral": tiny.tiny_mistral,
    "qwen2": tiny.tiny_qwen2,
    "qwen3": tiny.tiny_qwen3,
    "gpt2": tiny.tiny_gpt2,
    "bigcode": tiny.tiny_bigcode,
}
DECODER_ONLY = [family for family in MAKERS if family != "t5"]


def learn(model: PreTrainedModel, examples: list[Encoded], epochs: int) -> PreTrainedModel:
    config = TrainingConfig(epochs=epochs, learning_rate=1e-2, batch_rows=8, precision="float32")
    train(model, {"base": list(model.parameters())}, examples, config, seed=0)
    return model


@cache
def _learned(family: str) -> PreTrainedModel:
    return learn(MAKERS[family](), LEARNED, epochs=80 if family == "t5" else 40)


def learned(family: str) -> PreTrainedModel:
    """A copy of the model, so that no test sees another's adapters."""
    return deepcopy(_learned(family))


@pytest.fixture
def model() -> T5ForConditionalGeneration:
    return learned("t5")


@pytest.fixture
def prompts() -> list[tuple[int, ...]]:
    """Prompts of many lengths: the learned ones, and some the model has never seen."""
    generator = torch.Generator().manual_seed(5)
    unseen = [torch.randint(5, 250, (length,), generator=generator).tolist() for length in (1, 3, 7, 12, 30)]
    return [*(example.source for example in LEARNED), *((*row, 2) for row in unseen)]
