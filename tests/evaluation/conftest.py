"""A tiny model that has learned a few examples by heart, so that it ends each output by itself."""

import pytest
import torch
from transformers import T5ForConditionalGeneration

from graftwork.models.tiny import tiny_t5
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig, train

LEARNED = [Encoded((10 + n, 60 + n, 90, 2), (*range(20 + n, 21 + 3 * n), 2)) for n in range(6)]
"""Prompts with outputs of 1 to 11 tokens and the end token."""


def learn(model: T5ForConditionalGeneration, examples: list[Encoded], epochs: int) -> T5ForConditionalGeneration:
    config = TrainingConfig(epochs=epochs, learning_rate=1e-2, batch_rows=8, precision="float32")
    train(model, {"base": list(model.parameters())}, examples, config, seed=0)
    return model


@pytest.fixture(scope="session")
def _learned() -> T5ForConditionalGeneration:
    return learn(tiny_t5(), LEARNED, epochs=80)


@pytest.fixture
def model(_learned: T5ForConditionalGeneration) -> T5ForConditionalGeneration:
    """A copy, so that no test sees another's adapters."""
    copy = tiny_t5()
    copy.load_state_dict(_learned.state_dict())
    return copy.eval()


@pytest.fixture
def prompts() -> list[tuple[int, ...]]:
    """Prompts of many lengths: the learned ones, and some the model has never seen."""
    generator = torch.Generator().manual_seed(5)
    unseen = [torch.randint(5, 250, (length,), generator=generator).tolist() for length in (1, 3, 7, 12, 30)]
    return [*(example.source for example in LEARNED), *((*row, 2) for row in unseen)]
