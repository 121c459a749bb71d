"""Evaluate the model as it is now on one task: generate, score, and measure the validation loss."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.evaluation.encode import encode, prompt_for, text_of
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.metrics import Scores, score_predictions
from graftwork.training.batches import LENGTH_STEP, Encoded, collate_for, inputs_of, sorted_batches, target_losses

__all__ = ["Evaluation", "GeneratedItem", "evaluate_task", "probe_outputs", "subset_loss"]

LOSS_BATCH_TOKENS = 8_000


@final
@dataclass(frozen=True)
class GeneratedItem:
    """One test example with what the model wrote for it and the scores of that."""

    example: Example
    prompt: str
    prediction: str
    metrics: dict[str, float | None]


@final
@dataclass(frozen=True)
class Evaluation:
    """One task evaluated: by subset the scores over all items (``loss`` among them), how many, and the items."""

    scores: dict[str, dict[str, float]]
    counts: dict[str, int]
    items: dict[str, tuple[GeneratedItem, ...]]
    signatures: dict[str, str]
    seconds: float


@torch.inference_mode()
def subset_loss(model: PreTrainedModel, examples: Sequence[Encoded]) -> float:
    """Mean cross-entropy a target token, in nats, over all examples."""
    encoder_decoder = model.config.is_encoder_decoder
    total, count = 0.0, 0
    for indices in sorted_batches(examples, len(examples), LOSS_BATCH_TOKENS, encoder_decoder=encoder_decoder):
        batch = collate_for(model, examples, indices, LENGTH_STEP)
        logits = model(**inputs_of(model, batch)).logits
        total += float(target_losses(logits, batch.labels.to(model.device), encoder_decoder).sum())
        count += sum(len(examples[index].target) for index in indices)
    return total / count


def evaluate_task(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    template: str,
    decoding: DecodingConfig,
    max_source: int,
    on_item: Callable[[int], None] = lambda done: None,
) -> Evaluation:
    """Score a model on every subset of a task: test items by what it generates, validation items by their loss."""
    started = time.perf_counter()
    encoder_decoder = model.config.is_encoder_decoder
    scores: dict[str, dict[str, float]] = {}
    items: dict[str, tuple[GeneratedItem, ...]] = {}
    signatures: dict[str, str] = {}
    before = 0
    for subset in task.subsets:
        longest = decoding.max_new_tokens
        encoded = encode(tokenizer, subset.test, template, max_source, longest, encoder_decoder)
        validation = encode(tokenizer, subset.validation, template, max_source, longest, encoder_decoder)

        def told(done: int, before: int = before) -> None:
            on_item(before + done)

        outputs = generate_greedy(model, [row.source for row in encoded], decoding, told)
        before += len(encoded)
        predictions = [text_of(tokenizer, tokens) for tokens in outputs]
        prompts = [prompt_for(example, template) for example in subset.test]
        scored = _score(predictions, subset.test, prompts, task.language)
        scores[subset.name] = {**scored.corpus, "loss": subset_loss(model, validation)}
        signatures |= scored.signatures
        items[subset.name] = tuple(
            GeneratedItem(example, prompt, prediction, metrics)
            for example, prompt, prediction, metrics in zip(
                subset.test, prompts, predictions, scored.items, strict=True
            )
        )
    counts = {subset.name: len(subset.test) for subset in task.subsets}
    return Evaluation(scores, counts, items, signatures, time.perf_counter() - started)


def _score(predictions: list[str], examples: Sequence[Example], prompts: list[str], language: str) -> Scores:
    return score_predictions(predictions, [example.target for example in examples], language, prompts)


@torch.inference_mode()
def probe_outputs(model: PreTrainedModel, probes: Sequence[Encoded]) -> torch.Tensor:
    """The logits on fixed probe inputs, teacher-forced: (probes, length, vocabulary), to be compared bit for bit."""
    batch = collate_for(model, probes, range(len(probes)))
    logits: torch.Tensor = model(**inputs_of(model, batch)).logits
    return logits
