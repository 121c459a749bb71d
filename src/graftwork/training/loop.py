"""The training loop: plain steps over length-bucketed batches, read top to bottom."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, final

import torch
from pydantic import Field
from torch import nn
from transformers import PreTrainedModel

from graftwork.config import Config
from graftwork.errors import StudyError
from graftwork.training.batches import Batch, Encoded, bucketed_batches, collate

__all__ = ["StepRecord", "TrainingConfig", "TrainingOutcome", "bf16_is_fast", "precision", "train"]

BF16_INSTRUCTIONS = ("avx512_bf16", "amx_bf16")


@final
class TrainingConfig(Config):
    """How every task of a study is trained."""

    epochs: int = Field(default=2, ge=1)
    """Passes over a task's training examples."""
    batch_rows: int = Field(default=16, ge=1)
    """Examples a step."""
    learning_rate: float = Field(default=5e-4, gt=0)
    """Rate of AdamW (Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101)."""
    learning_rates: dict[str, float] = {}
    """Rates of single kinds of parts that differ, such as ``{lora: 1e-3, base: 3e-4}``; ``base`` is the base itself."""
    schedule: Literal["constant", "linear"] = "constant"
    """``linear`` falls to zero over a task's steps."""
    weight_decay: float = Field(default=0.0, ge=0)
    """AdamW's decay."""
    clip: float = Field(default=1.0, gt=0)
    """Largest norm of the gradient of all trained parameters together."""
    base_dropout: bool = False
    """Whether the base's own dropout acts while training."""
    precision: Literal["auto", "float32", "bf16"] = "auto"
    """``bf16`` computes matrix products in bfloat16 (autocast); ``auto`` does so where the processor is made for it."""


@final
@dataclass(frozen=True)
class StepRecord:
    """One optimizer step: its number from 1, the task's real tokens and seconds so far, its loss a target token."""

    step: int
    steps: int
    tokens: int
    loss: float
    seconds: float


@final
@dataclass(frozen=True)
class TrainingOutcome:
    """What training one task took."""

    steps: int
    tokens: int
    seconds: float


def bf16_is_fast(device: torch.device) -> bool:
    """Whether matrix products in bfloat16 are faster than in float32 on a device, by what its maker built in."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # an older PyTorch cannot tell
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(instructions, False) for instructions in BF16_INSTRUCTIONS)


def precision(config: TrainingConfig, device: torch.device) -> torch.autocast:
    """The context that a forward pass for training runs in."""
    wanted = config.precision == "bf16" or (config.precision == "auto" and bf16_is_fast(device))
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=wanted)


def train(
    model: PreTrainedModel,
    parameters: Mapping[str, Sequence[nn.Parameter]],
    examples: Sequence[Encoded],
    config: TrainingConfig,
    seed: int,
    on_step: Callable[[StepRecord], None] = lambda step: None,
    penalty: Callable[[], torch.Tensor] | None = None,
    mode: Callable[[], AbstractContextManager[None]] = nullcontext,
) -> TrainingOutcome:
    """Train some parameters of a model (or beside it) on examples.

    Args:
        model: in the state it is to be trained in: adapters chosen, the rest frozen.
        parameters: what to train, by kind of part (``lora``, ``extra-layer``, ``base``): kinds may have own rates.
        examples: the task's training examples.
        config: how.
        seed: decides the order of the examples and every dropout; nothing else is random.
        on_step: told after each step.
        penalty: what a continual-learning method adds to the loss of each step.
        mode: the context in which adapters beside the model are in training mode; ``on_step`` is called outside it.

    Raises:
        StudyError: the loss or its gradient is no finite number; the message names the step and the batch.
    """
    device = model.device
    generator = random.Random(seed)
    optimizer = _optimizer(parameters, config)
    trained = [parameter for part in parameters.values() for parameter in part]
    epochs = [bucketed_batches(examples, config.batch_rows, generator) for _ in range(config.epochs)]
    plan = [indices for epoch in epochs for indices in epoch]
    pad = int(model.config.pad_token_id)
    torch.manual_seed(seed)
    started, tokens = time.perf_counter(), 0
    for step, indices in enumerate(plan, start=1):
        batch = collate(examples, indices, pad)
        if config.schedule == "linear":
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"] * (1 - (step - 1) / len(plan))
        model.train(config.base_dropout)
        with mode(), precision(config, device):
            loss = _loss(model, batch, device)
        model.eval()
        loss = loss if penalty is None else loss + penalty()
        torch.autograd.backward(loss)
        norm = nn.utils.clip_grad_norm_(trained, config.clip)
        value = float(loss.detach())
        if not (math.isfinite(value) and math.isfinite(norm)):
            rows = ", ".join(map(str, sorted(batch.indices)[:8]))
            what = f"the loss is {value} and the norm of its gradient {float(norm)}"
            raise StudyError(f"{what} at step {step} of {len(plan)} (training examples {rows}, …)")
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        tokens += batch.num_tokens
        on_step(StepRecord(step, len(plan), tokens, value, time.perf_counter() - started))
    return TrainingOutcome(len(plan), tokens, time.perf_counter() - started)


def _loss(model: PreTrainedModel, batch: Batch, device: torch.device) -> torch.Tensor:
    loss: torch.Tensor = model(
        input_ids=batch.input_ids.to(device),
        attention_mask=batch.attention_mask.to(device),
        labels=batch.labels.to(device),
        use_cache=False,
    ).loss
    return loss


def _optimizer(parameters: Mapping[str, Sequence[nn.Parameter]], config: TrainingConfig) -> torch.optim.AdamW:
    """Plain AdamW: the fused one with clipping does not give the same bits twice on a CPU."""
    groups = []
    for kind, part in parameters.items():
        rate = config.learning_rates.get(kind, config.learning_rate)
        groups.append({"params": list(part), "lr": rate, "initial_lr": rate})
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, foreach=True)
