"""The training loop: plain steps over length-bucketed batches, read top to bottom."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, final

import torch
from pydantic import Field, field_validator
from torch import nn
from transformers import PreTrainedModel
from transformers.utils import ModelOutput

from graftwork.config import Config
from graftwork.errors import InputError, StudyError
from graftwork.training.batches import LENGTH_STEP, Batch, Encoded, bucketed_batches, collate_for

__all__ = [
    "Descent",
    "StepRecord",
    "TrainingConfig",
    "TrainingOutcome",
    "batches_of",
    "bf16_is_fast",
    "precision",
    "train",
]

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

    @field_validator("precision", mode="before")
    @classmethod
    def _fits_activations(cls, value: object) -> object:
        if value in ("float16", "fp16", "half"):
            what = "T5's activations overflow float16, whose largest number is 65,504, and the loss becomes NaN"
            raise InputError(what, f"training: precision: {value}", "use bf16, which has float32's range")
        return value


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
    penalty: Callable[[Batch, ModelOutput], torch.Tensor | None] = lambda batch, output: None,
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
        penalty: what a continual-learning method adds to the loss of each step, given the batch and what the model
            returned for it, logits among it; None for nothing. The model is in evaluation mode when it is called. The
            recorded loss is without it.
        mode: the context in which adapters beside the model are in training mode; ``on_step`` is called outside it.

    Raises:
        StudyError: the loss or its gradient is no finite number; the message names the step and the batch.
    """
    device = model.device
    plan = batches_of(examples, config, seed, encoder_decoder=model.config.is_encoder_decoder)
    descent = Descent(parameters, config, len(plan))
    torch.manual_seed(seed)
    for indices in plan:
        batch = collate_for(model, examples, indices, LENGTH_STEP)
        model.train(config.base_dropout)
        with mode(), precision(config, device):
            output = _forward(model, batch, device)
        model.eval()
        added = penalty(batch, output)
        torch.autograd.backward(output.loss if added is None else output.loss + added)
        on_step(descent.step(float(output.loss.detach()), indices, batch.num_tokens))
    return descent.outcome()


def _forward(model: PreTrainedModel, batch: Batch, device: torch.device) -> ModelOutput:
    output: ModelOutput = model(
        input_ids=batch.input_ids.to(device),
        attention_mask=batch.attention_mask.to(device),
        labels=batch.labels.to(device),
        use_cache=False,
    )
    return output


def batches_of(
    examples: Sequence[Encoded], config: TrainingConfig, seed: int, *, encoder_decoder: bool
) -> list[list[int]]:
    """The examples of every step of a whole training, as indices; the seed alone decides their order."""
    generator = random.Random(seed)
    epochs = [
        bucketed_batches(examples, config.batch_rows, generator, encoder_decoder=encoder_decoder)
        for _ in range(config.epochs)
    ]
    return [indices for epoch in epochs for indices in epoch]


@final
class Descent:
    """The optimizer of some parameters over a known number of steps: rates, clipping, and what each step took."""

    def __init__(self, parameters: Mapping[str, Sequence[nn.Parameter]], config: TrainingConfig, steps: int) -> None:
        """Get ready; the clock starts here. ``parameters`` are by kind of part, as ``train`` takes them."""
        self._config, self._steps = config, steps
        self._parameters = [parameter for part in parameters.values() for parameter in part]
        self._optimizer = _optimizer(parameters, config)
        self._started = time.perf_counter()
        self._done = StepRecord(0, steps, 0, math.nan, 0.0)

    def step(self, loss: float, indices: Sequence[int], num_tokens: int) -> StepRecord:
        """Take a step down the gradients that the parameters hold.

        Args:
            loss: the loss that they are the gradients of.
            indices: the training examples of the batch, for the message.
            num_tokens: real tokens of the batch.

        Raises:
            StudyError: the loss or its gradient is no finite number; no parameter was changed.
        """
        norm = nn.utils.clip_grad_norm_(self._parameters, self._config.clip)
        if not (math.isfinite(loss) and math.isfinite(norm)):
            rows = ", ".join(map(str, sorted(indices)[:8]))
            what = f"the loss is {loss} and the norm of its gradient {float(norm)}"
            raise StudyError(f"{what} at step {self._done.step + 1} of {self._steps} (training examples {rows}, …)")
        if self._config.schedule == "linear":
            for group in self._optimizer.param_groups:
                group["lr"] = group["initial_lr"] * (1 - self._done.step / self._steps)
        self._optimizer.step()
        self._optimizer.zero_grad(set_to_none=True)
        tokens, seconds = self._done.tokens + num_tokens, time.perf_counter() - self._started
        self._done = StepRecord(self._done.step + 1, self._steps, tokens, loss, seconds)
        return self._done

    def outcome(self) -> TrainingOutcome:
        """What training took, up to now."""
        return TrainingOutcome(self._done.step, self._done.tokens, time.perf_counter() - self._started)


def _optimizer(parameters: Mapping[str, Sequence[nn.Parameter]], config: TrainingConfig) -> torch.optim.AdamW:
    """Plain AdamW: the fused one with clipping does not give the same bits twice on a CPU."""
    groups = []
    for kind, part in parameters.items():
        rate = config.learning_rates.get(kind, config.learning_rate)
        groups.append({"params": list(part), "lr": rate, "initial_lr": rate})
    return torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay, foreach=True)
