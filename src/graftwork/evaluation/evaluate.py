"""Evaluate the model as it is now on one task: generate, score, run the tests, and measure the validation loss."""

import math
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
from graftwork.evaluation.item_tests import ItemTests
from graftwork.metrics import METRICS, score_predictions
from graftwork.models.packed import PackedForward, packs
from graftwork.training.batches import LENGTH_STEP, Encoded, collate_for, inputs_of, sorted_batches, target_losses

__all__ = [
    "Evaluation",
    "GeneratedItem",
    "TokenLoss",
    "evaluate_task",
    "item_losses",
    "mean_loss",
    "probe_outputs",
    "subset_loss",
]

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
class TokenLoss:
    """The loss of one example: target tokens, and the mean cross-entropy of one of them, in nats."""

    tokens: int
    loss: float


@final
@dataclass(frozen=True)
class Evaluation:
    """One task evaluated: by subset the scores over all items (``loss`` among them), how many, and the items.

    ``losses`` has, by subset, those of the validation examples in their order, which the score ``loss`` is made of.
    """

    scores: dict[str, dict[str, float]]
    counts: dict[str, int]
    items: dict[str, tuple[GeneratedItem, ...]]
    losses: dict[str, tuple[TokenLoss, ...]]
    signatures: dict[str, str]
    seconds: float


def subset_loss(model: PreTrainedModel, examples: Sequence[Encoded]) -> float:
    """Mean cross-entropy a target token, in nats, over all examples."""
    return mean_loss(item_losses(model, examples))


def mean_loss(losses: Sequence[TokenLoss]) -> float:
    """The loss a token of all examples together."""
    return math.fsum(one.loss * one.tokens for one in losses) / sum(one.tokens for one in losses)


@torch.inference_mode()
def item_losses(model: PreTrainedModel, examples: Sequence[Encoded], pack: bool = True) -> list[TokenLoss]:
    """The loss of each example; without ``pack`` by the model's forward pass as it is, to compare."""
    packed = PackedForward(model.modules(), pack and packs(model))
    encoder_decoder = model.config.is_encoder_decoder
    losses = [TokenLoss(0, 0.0)] * len(examples)
    for indices in sorted_batches(examples, len(examples), LOSS_BATCH_TOKENS, encoder_decoder=encoder_decoder):
        batch = collate_for(model, examples, indices, LENGTH_STEP)
        with packed.active():
            logits = model(**inputs_of(model, batch)).logits
        sums = target_losses(logits, batch.labels.to(model.device), encoder_decoder).sum(dim=1).tolist()
        for index, total in zip(indices, sums, strict=True):
            tokens = len(examples[index].target)
            losses[index] = TokenLoss(tokens, total / tokens)
    return losses


def evaluate_task(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    template: str,
    decoding: DecodingConfig,
    max_source: int,
    on_item: Callable[[int], None] = lambda done: None,
    tests: ItemTests | None = None,
) -> Evaluation:
    """Score a model on every subset of a task: test items by what it generates, validation items by their loss.

    Where ``tests`` can run those of a subset's examples, ``pass_rate`` is among its scores.
    """
    started = time.perf_counter()
    encoder_decoder = model.config.is_encoder_decoder
    scores: dict[str, dict[str, float]] = {}
    items: dict[str, tuple[GeneratedItem, ...]] = {}
    losses: dict[str, tuple[TokenLoss, ...]] = {}
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
        scored = score_predictions(predictions, [example.target for example in subset.test], task.language, prompts)
        found = {**scored.corpus}
        signatures |= scored.signatures
        if tests is not None and tests.apply(subset.test):
            passed = tests.passed(predictions, subset.test)
            found["pass_rate"] = sum(passed) / len(passed)
            signatures["pass_rate"] = tests.signature(task.language)
            for metrics, one in zip(scored.items, passed, strict=True):
                metrics["passed"] = one
        losses[subset.name] = tuple(item_losses(model, validation))
        found["loss"] = mean_loss(losses[subset.name])
        scores[subset.name] = {name: found[name] for name in METRICS if name in found}
        items[subset.name] = tuple(
            GeneratedItem(example, prompt, prediction, metrics)
            for example, prompt, prediction, metrics in zip(
                subset.test, prompts, predictions, scored.items, strict=True
            )
        )
    counts = {subset.name: len(subset.test) for subset in task.subsets}
    return Evaluation(scores, counts, items, losses, signatures, time.perf_counter() - started)


@torch.inference_mode()
def probe_outputs(model: PreTrainedModel, probes: Sequence[Encoded]) -> torch.Tensor:
    """The logits on fixed probe inputs, teacher-forced: (probes, length, vocabulary), to be compared bit for bit."""
    batch = collate_for(model, probes, range(len(probes)))
    logits: torch.Tensor = model(**inputs_of(model, batch)).logits
    return logits
