"""Evaluate the model as it is now on one task: generate, score, and measure the validation loss."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import torch
import torch.nn.functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from graftwork.data.example import Example
from graftwork.data.task import Task
from graftwork.evaluation.generate import DecodingConfig, generate_greedy
from graftwork.metrics import Scores, score_predictions
from graftwork.models.tokenizer import token_ids
from graftwork.training.batches import Encoded, collate, sorted_batches

__all__ = ["Evaluation", "GeneratedItem", "encode", "evaluate_task", "probe_outputs", "prompt_for", "subset_loss"]

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


def prompt_for(example: Example, template: str) -> str:
    """Fill a prompt template; it may use ``{language}``, ``{description}`` and ``{signature}``."""
    return re.sub(r"\{(language|description|signature)\}", lambda blank: getattr(example, blank[1]), template)


def encode(
    tokenizer: PreTrainedTokenizerBase,
    examples: Sequence[Example],
    template: str,
    max_source: int,
    max_target: int,
) -> list[Encoded]:
    """Encode examples as token numbers; a source or target over its limit is cut, its end token kept."""
    end = tokenizer.eos_token_id
    prompts = token_ids(tokenizer, [prompt_for(example, template) for example in examples])
    targets = token_ids(tokenizer, [example.target for example in examples])
    return [
        Encoded((*prompt[: max_source - 1], end), (*target[: max_target - 1], end))
        for prompt, target in zip(prompts, targets, strict=True)
    ]


@torch.inference_mode()
def subset_loss(model: PreTrainedModel, examples: Sequence[Encoded]) -> float:
    """Mean cross-entropy a target token, in nats, over all examples."""
    total, count = 0.0, 0
    for indices in sorted_batches(examples, len(examples), LOSS_BATCH_TOKENS):
        batch = collate(examples, indices, int(model.config.pad_token_id))
        labels = batch.labels.to(model.device)
        logits = model(
            input_ids=batch.input_ids.to(model.device),
            attention_mask=batch.attention_mask.to(model.device),
            labels=labels,
            use_cache=False,
        ).logits
        total += float(F.cross_entropy(logits.flatten(0, 1).float(), labels.flatten(), reduction="sum"))
        count += int((labels != -100).sum())
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
    scores: dict[str, dict[str, float]] = {}
    items: dict[str, tuple[GeneratedItem, ...]] = {}
    signatures: dict[str, str] = {}
    before = 0
    for subset in task.subsets:
        encoded = encode(tokenizer, subset.test, template, max_source, decoding.max_new_tokens)

        def told(done: int, before: int = before) -> None:
            on_item(before + done)

        outputs = generate_greedy(model, [row.source for row in encoded], decoding, told)
        before += len(encoded)
        predictions = [tokenizer.decode(tokens, skip_special_tokens=True) for tokens in outputs]
        prompts = [prompt_for(example, template) for example in subset.test]
        scored = _score(predictions, subset.test, prompts, task.language)
        validation = encode(tokenizer, subset.validation, template, max_source, decoding.max_new_tokens)
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
    batch = collate(probes, range(len(probes)), int(model.config.pad_token_id))
    logits: torch.Tensor = model(
        input_ids=batch.input_ids.to(model.device),
        attention_mask=batch.attention_mask.to(model.device),
        labels=batch.labels.to(model.device),
        use_cache=False,
    ).logits
    return logits
