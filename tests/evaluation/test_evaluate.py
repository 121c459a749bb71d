import dataclasses

import pytest
import torch
import torch.nn.functional as F
from transformers import PreTrainedModel, T5ForConditionalGeneration

from graftwork.data.example import make_example
from graftwork.data.task import Subset, Task
from graftwork.evaluation import evaluate
from graftwork.evaluation.encode import encode
from graftwork.evaluation.evaluate import evaluate_task, probe_outputs, subset_loss
from graftwork.evaluation.generate import DecodingConfig
from graftwork.metrics.metric import METRICS
from graftwork.models.tiny import tiny_llama, tiny_t5, tiny_tokenizer
from graftwork.training.batches import Encoded
from graftwork.training.loop import TrainingConfig, train

from .conftest import LEARNED, MAKERS, learn, learned

TEMPLATE = "{language} {description}"
DECODING = DecodingConfig(max_new_tokens=24)
TOKENIZER = tiny_tokenizer()
EXAMPLES = tuple(
    make_example("python", words, f"def {words}(x):\n  {code}")
    for words, code in (("a", "return x"), ("b", "x += 1"), ("c", "del x[0]"), ("d", "return -x"))
)
TASK = Task(
    "one",
    "python",
    (
        Subset("first", EXAMPLES[:1], EXAMPLES[:2], EXAMPLES[:3]),
        Subset("second", EXAMPLES[:1], EXAMPLES[2:], EXAMPLES[3:]),
    ),
)


@pytest.fixture(scope="module")
def knowing() -> T5ForConditionalGeneration:
    """A model that knows the task's examples by heart."""
    return learn(tiny_t5(), encode(TOKENIZER, EXAMPLES, TEMPLATE, 32, 32), epochs=150)


def random_examples(count: int = 9) -> list[Encoded]:
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(1, 40, (count, 2), generator=generator).tolist()
    return [
        Encoded(*(tuple(torch.randint(5, 250, (length,), generator=generator).tolist()) for length in pair))
        for pair in lengths
    ]


def losses_by_hand(model: PreTrainedModel, example: Encoded) -> list[float]:
    """The loss of each target token, from the logits of the example alone, without padding."""
    source, target = torch.tensor([example.source]), torch.tensor([example.target])
    with torch.no_grad():
        if model.config.is_encoder_decoder:
            logits = model(input_ids=source, labels=target).logits[0]
        else:
            first = len(example.source) - 1  # the last place of the prompt tells the first token of the target
            logits = model(input_ids=torch.cat([source, target], dim=1)).logits[0, first : first + len(example.target)]
    return F.cross_entropy(logits, target[0], reduction="none").tolist()


@pytest.mark.parametrize("family", MAKERS)
@pytest.mark.parametrize("batch_tokens", [1, 60, 8000])
def test_the_loss_is_the_mean_over_all_target_tokens_however_they_are_batched(
    batch_tokens: int, family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluate, "LOSS_BATCH_TOKENS", batch_tokens)
    model, examples = MAKERS[family](), random_examples()
    losses = [loss for example in examples for loss in losses_by_hand(model, example)]
    assert subset_loss(model, examples) == pytest.approx(sum(losses) / len(losses), rel=1e-5)


@pytest.mark.parametrize("family", MAKERS)
def test_the_loss_in_training_is_that_of_target_tokens_too(family: str) -> None:
    model, examples, steps = MAKERS[family](), random_examples(), []
    losses = [loss for example in examples for loss in losses_by_hand(model, example)]
    config = TrainingConfig(epochs=1, batch_rows=len(examples), precision="float32")
    train(model, {"base": list(model.parameters())}, examples, config, seed=0, on_step=steps.append)
    assert steps[0].loss == pytest.approx(sum(losses) / len(losses), rel=1e-5)


def test_the_loss_leaves_no_gradient(model: T5ForConditionalGeneration) -> None:
    subset_loss(model, LEARNED)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_the_loss_is_near_zero_for_what_was_learned_by_heart(model: T5ForConditionalGeneration) -> None:
    assert subset_loss(model, LEARNED) < 0.05 < 3 < subset_loss(tiny_t5(), LEARNED)


def test_every_metric_and_the_loss_are_measured_for_each_subset(knowing: T5ForConditionalGeneration) -> None:
    evaluation = evaluate_task(knowing, TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    everything = {*METRICS} - {"pass_rate"}  # the examples have no tests
    assert {name: set(scores) for name, scores in evaluation.scores.items()} == {
        "first": everything,
        "second": everything,
    }


def test_what_was_learned_by_heart_matches_exactly(knowing: T5ForConditionalGeneration) -> None:
    evaluation = evaluate_task(knowing, TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    assert {name: scores["exact_match"] for name, scores in evaluation.scores.items()} == {"first": 1, "second": 1}
    assert all(scores["loss"] < 0.1 for scores in evaluation.scores.values())


def test_a_decoder_only_model_is_evaluated_as_it_is_trained() -> None:
    rows = encode(TOKENIZER, EXAMPLES, TEMPLATE, 32, 32, encoder_decoder=False)
    model = learn(tiny_llama(), rows, epochs=80)
    evaluation = evaluate_task(model, TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    assert {name: scores["exact_match"] for name, scores in evaluation.scores.items()} == {"first": 1, "second": 1}
    assert all(scores["loss"] < 0.1 for scores in evaluation.scores.values())


def test_an_untrained_model_matches_nothing() -> None:
    evaluation = evaluate_task(tiny_t5(), TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    assert evaluation.scores["first"]["exact_match"] == 0
    assert evaluation.scores["first"]["loss"] > 3


def test_each_item_is_kept_with_prompt_prediction_and_scores(knowing: T5ForConditionalGeneration) -> None:
    evaluation = evaluate_task(knowing, TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    assert evaluation.counts == {"first": 3, "second": 1}
    assert [item.example for item in evaluation.items["first"]] == list(EXAMPLES[:3])
    (item,) = evaluation.items["second"]
    assert (item.prompt, item.prediction) == ("python d", EXAMPLES[3].target)
    assert item.metrics["exact_match"] == 1.0


def test_the_loss_is_that_of_the_validation_examples(knowing: T5ForConditionalGeneration) -> None:
    evaluation = evaluate_task(knowing, TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    validation = encode(TOKENIZER, EXAMPLES[2:], TEMPLATE, 32, DECODING.max_new_tokens)
    assert evaluation.scores["second"]["loss"] == subset_loss(knowing, validation)


def test_an_evaluation_done_again_gives_equal_numbers(knowing: T5ForConditionalGeneration) -> None:
    first, second = (evaluate_task(knowing, TOKENIZER, TASK, TEMPLATE, DECODING, 32) for _ in range(2))
    assert dataclasses.replace(first, seconds=0) == dataclasses.replace(second, seconds=0)


def test_the_metrics_come_with_their_signatures() -> None:
    evaluation = evaluate_task(tiny_t5(), TOKENIZER, TASK, TEMPLATE, DECODING, 32)
    assert "tree-sitter-python" in evaluation.signatures["parse_rate"]
    assert evaluation.seconds > 0


def test_progress_counts_the_items_of_all_subsets() -> None:
    told: list[int] = []
    decoding = DecodingConfig(max_new_tokens=2, batch_rows=2)
    evaluate_task(tiny_t5(), TOKENIZER, TASK, TEMPLATE, decoding, 32, told.append)
    assert told == [2, 3, 4]


def test_probe_outputs_are_logits_for_each_probe_and_the_same_again(model: T5ForConditionalGeneration) -> None:
    first, second = (probe_outputs(model, LEARNED[:3]) for _ in range(2))
    assert first.shape == (3, 6, 261)
    assert torch.equal(first, second)


def test_probe_outputs_of_a_decoder_only_model_are_the_same_again() -> None:
    model = learned("llama")
    first, second = (probe_outputs(model, LEARNED[:3]) for _ in range(2))
    assert first.shape == (3, 4 + 6, 261)
    assert torch.equal(first, second)


def test_probe_outputs_tell_a_changed_model(model: T5ForConditionalGeneration) -> None:
    before = probe_outputs(model, LEARNED)
    next(model.encoder.block[0].parameters()).data[0, 0] += 1e-3
    assert not torch.equal(probe_outputs(model, LEARNED), before)
