"""Training several adapters over one frozen base, each as if it were trained alone: seeds, ranks, whole approaches.

On a GPU their batches are put together: one pass through the base serves all of them, every row by its own adapter,
which fills a device that a small batch leaves idle. The loss is the sum of the adapters' own, and no parameter of one
has a part in the loss of another, so each adapter has the gradients, and goes the way, of training alone.

On a CPU one pass saves no work, and every row is padded to the longest of all adapters' rows: on one core, 4 LoRA
adapters took 1.0 to 1.1 times as long as one after the other with examples of one length, and 1.2 to 1.7 times with
30 to 90 tokens an example. So there they are trained one after the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import final

import torch
from torch import nn

from graftwork.components.attach import Grafts
from graftwork.errors import InputError, StudyError
from graftwork.training.batches import LENGTH_STEP, Encoded, collate_for, inputs_of, target_losses
from graftwork.training.forward import StepForward
from graftwork.training.loop import (
    Descent,
    StepRecord,
    TrainingConfig,
    TrainingOutcome,
    batches_of,
    computes_in_bf16,
    precision,
    train,
)

__all__ = ["Part", "train_together"]


@final
@dataclass(frozen=True)
class Part:
    """What one adapter is trained on."""

    examples: Sequence[Encoded]
    seed: int
    """Decides the order of the examples, as in ``train``."""


def train_together(
    grafts: Grafts,
    parts: Mapping[str, Part],
    config: TrainingConfig,
    on_step: Callable[[str, StepRecord], None] = lambda name, step: None,
    *,
    joined: bool | None = None,
) -> dict[str, TrainingOutcome]:
    """Train adapters on examples of their own, each as ``train`` would train it alone.

    Every adapter has its own batches, optimizer, schedule and clipping, and ends after its own steps. What differs from
    training alone, where batches are joined, is rounding and, where there is dropout, which numbers are dropped.

    Args:
        grafts: the base with the adapters; they may hold components of any kinds.
        parts: what each adapter is trained on, by its name.
        config: how, the same for all. A step has ``batch_rows`` examples of each adapter.
        on_step: told after each step of each adapter, with its name.
        joined: whether a step of all adapters is one pass through the base; by default on a GPU and not on a CPU, where
            one after the other is quicker.

    Returns:
        What training took, by adapter; where batches are joined, the seconds are those until its last step.

    Raises:
        InputError: there is no adapter of a name, or two of them share a component.
        StudyError: a loss or its gradient is no finite number; the message names adapter, step and batch.
    """
    _check_apart(grafts, parts)
    if joined is None:
        joined = grafts.model.device.type != "cpu"
    if joined:
        return _joined(grafts, parts, config, on_step)
    return {name: _alone(grafts, name, part, config, on_step) for name, part in parts.items()}


def _alone(
    grafts: Grafts, name: str, part: Part, config: TrainingConfig, on_step: Callable[[str, StepRecord], None]
) -> TrainingOutcome:
    by_kind = {kind: list(tensors.values()) for kind, tensors in grafts.tensors_by_kind(name).items()}
    with grafts.using(name):
        try:
            return train(
                grafts.model,
                by_kind,
                part.examples,
                config,
                part.seed,
                lambda step: on_step(name, step),
                mode=lambda: _dropping(grafts),
            )
        except StudyError as error:
            raise StudyError(f"adapter {name}: {error}") from None


@contextmanager
def _dropping(grafts: Grafts) -> Iterator[None]:
    """In this block the adapters' own dropout acts."""
    grafts.train()
    try:
        yield
    finally:
        grafts.eval()


def _joined(
    grafts: Grafts,
    parts: Mapping[str, Part],
    config: TrainingConfig,
    on_step: Callable[[str, StepRecord], None],
) -> dict[str, TrainingOutcome]:
    """One pass through the base a step, for the batches of all adapters."""
    encoder_decoder = grafts.model.config.is_encoder_decoder
    plans = {
        name: batches_of(part.examples, config, part.seed, encoder_decoder=encoder_decoder)
        for name, part in parts.items()
    }
    descents = {}
    for name, plan in plans.items():
        by_kind = grafts.tensors_by_kind(name).items()
        descents[name] = Descent({kind: list(part.values()) for kind, part in by_kind}, config, len(plan))
    outcomes = {name: descent.outcome() for name, descent in descents.items()}
    forward = StepForward(grafts.model, computes_in_bf16(config, grafts.model.device), config.quick)
    torch.manual_seed(next((part.seed for part in parts.values()), 0))
    for step in zip_longest(*plans.values()):
        chosen = {name: indices for name, indices in zip(plans, step, strict=True) if indices is not None}
        losses = _losses(
            grafts, {name: [parts[name].examples[i] for i in rows] for name, rows in chosen.items()}, config, forward
        )
        torch.autograd.backward(list(losses.values()))
        for name, indices in chosen.items():
            record = _step(name, descents[name], losses[name], indices, parts[name].examples)
            outcomes[name] = descents[name].outcome()
            on_step(name, record)
    return outcomes


def _check_apart(grafts: Grafts, parts: Mapping[str, Part]) -> None:
    owners: dict[nn.Module, str] = {}
    for name in parts:
        for component in grafts.components_of(name).values():
            other = owners.setdefault(component, name)
            if other != name:
                right = "train one after the other: a part of both would follow two optimizers"
                raise InputError(f"adapters {other!r} and {name!r} share a component", "training together", right)


def _losses(
    grafts: Grafts, rows: Mapping[str, Sequence[Encoded]], config: TrainingConfig, forward: StepForward
) -> dict[str, torch.Tensor]:
    """The mean loss a target token of each adapter on its own rows, from one pass over all of them."""
    model = grafts.model
    examples = [example for own in rows.values() for example in own]
    batch = collate_for(model, examples, range(len(examples)), LENGTH_STEP)
    model.train(config.base_dropout)
    by_row = [name for name, own in rows.items() for _ in own]
    with grafts.using(by_row), forward.active(), precision(config, model.device), _dropping(grafts):
        logits = model(**inputs_of(model, batch)).logits
    model.eval()
    losses = target_losses(logits, batch.labels.to(model.device), model.config.is_encoder_decoder)
    by_adapter = torch.split(losses, [len(own) for own in rows.values()])
    return {
        name: own_losses.sum() / sum(len(example.target) for example in own)
        for (name, own), own_losses in zip(rows.items(), by_adapter, strict=True)
    }


def _step(
    name: str, descent: Descent, loss: torch.Tensor, indices: Sequence[int], examples: Sequence[Encoded]
) -> StepRecord:
    num_tokens = sum(len(examples[index].source) + len(examples[index].target) for index in indices)
    try:
        return descent.step(float(loss.detach()), indices, num_tokens)
    except StudyError as error:
        raise StudyError(f"adapter {name}: {error}") from None
