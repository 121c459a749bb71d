from collections.abc import Sequence

import pytest
import torch
from transformers import PreTrainedModel

from graftwork.data.example import Example, make_example
from graftwork.models.tiny import tiny_base
from graftwork.study.moments import Moments, target_logits
from graftwork.training.batches import Encoded, collate_for
from graftwork.training.loop import TrainingConfig

EXAMPLES = [Encoded((10, 11, 2), (30, 2)), Encoded((12, 2), (31, 32, 33, 2))]
TARGETS = [token for example in EXAMPLES for token in example.target]


@pytest.fixture(params=["t5", "llama"])
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return tiny_base(0, request.param).model


def encode(examples: Sequence[Example]) -> list[Encoded]:
    return [EXAMPLES[int(example.description)] for example in examples]


@pytest.fixture
def moments(model: PreTrainedModel) -> Moments:
    return Moments(model, encode, TrainingConfig(precision="float32"))


def example(number: int) -> Example:
    return make_example("python", str(number), "")


def alone(model: PreTrainedModel, one: Encoded) -> torch.Tensor:
    """The log-probabilities of an example's target tokens, from a batch of itself."""
    batch = collate_for(model, [one], [0])
    output = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)
    return -output.loss * len(one.target)


def test_target_logits_are_those_that_the_loss_is_made_of(model: PreTrainedModel) -> None:
    batch = collate_for(model, EXAMPLES, [0, 1])
    output = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)
    logits = target_logits(model, batch, output.logits)
    assert logits.shape == (len(TARGETS), model.config.vocab_size)
    torch.testing.assert_close(torch.nn.functional.cross_entropy(logits, torch.tensor(TARGETS)), output.loss)


def test_the_log_likelihood_is_the_sum_over_the_target(model: PreTrainedModel, moments: Moments) -> None:
    for number, one in enumerate(EXAMPLES):
        torch.testing.assert_close(moments.log_likelihood(example(number)), alone(model, one))


def test_the_log_likelihood_has_a_gradient(model: PreTrainedModel, moments: Moments) -> None:
    parameter = next(model.parameters())
    (gradient,) = torch.autograd.grad(moments.log_likelihood(example(0)), [parameter])
    assert gradient.abs().sum() > 0


def test_a_step_has_the_logits_of_its_batch_and_can_ask_again(model: PreTrainedModel, moments: Moments) -> None:
    batch = collate_for(model, EXAMPLES, [0, 1])
    output = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)
    step = moments.step(batch, output)
    torch.testing.assert_close(step.logits(), step.logits_again())
    assert step.logits().requires_grad
    assert not step.logits_again().requires_grad
    next(model.parameters()).data.add_(0.1)
    assert not torch.allclose(step.logits(), step.logits_again())


def test_what_is_asked_is_counted_in_tokens(model: PreTrainedModel, moments: Moments) -> None:
    batch = collate_for(model, EXAMPLES, [0, 1])
    output = model(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=batch.labels)
    step = moments.step(batch, output)
    step.logits()
    assert (moments.forward_tokens, moments.gradient_tokens) == (0, 0)
    step.logits_again()
    moments.log_likelihood(example(1))
    assert (moments.forward_tokens, moments.gradient_tokens) == (11, 6)
