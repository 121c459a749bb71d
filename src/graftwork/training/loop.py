"""The training loop: plain steps over length-bucketed batches, read top to bottom."""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal, Protocol, final

import torch
from pydantic import Field, field_validator
from torch import nn
from transformers import PreTrainedModel

from graftwork.config import Config
from graftwork.errors import InputError, StudyError
from graftwork.models.processor import has_any
from graftwork.training.activations import ActivationStore
from graftwork.training.batches import LENGTH_STEP, Batch, Encoded, bucketed_batches, collate_for
from graftwork.training.forward import Output, StepForward
from graftwork.training.halving import in_memory
from graftwork.training.optimizer import ClippedAdamW

__all__ = [
    "Descent",
    "Keeper",
    "StepRecord",
    "TrainingConfig",
    "TrainingOutcome",
    "batches_of",
    "bf16_is_fast",
    "computes_in_bf16",
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
    batch_tokens: int | None = Field(default=None, ge=1)
    """Padded tokens a step at most: with many ``batch_rows``, steps are alike in tokens, not in examples."""
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

    checkpoint_minutes: float | None = Field(default=2.0, gt=0)
    """A task's training is kept on disk this often, so that an interrupted one goes on from there; null for never."""
    checkpoint_steps: int | None = Field(default=None, ge=1)
    """The same by steps; both can be given. Neither changes what comes out."""

    @property
    def keeps_checkpoints(self) -> bool:
        """Whether a training is kept on disk while it runs."""
        return self.checkpoint_minutes is not None or self.checkpoint_steps is not None

    quick: bool = True
    """Whether the frozen parts are computed in quicker ways where there are some; the same but for rounding."""

    stored_activations: float | None = Field(default=None, gt=0)
    """GB on the disk for what frozen blocks below all that is trained return for the examples, which is then computed
    once instead of in every epoch; null for never. The same but for rounding."""

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
    parts: int = 1
    """In how many parts the batch was computed: 2 where memory did not hold it whole."""


@final
@dataclass(frozen=True)
class TrainingOutcome:
    """What training one task took."""

    steps: int
    tokens: int
    seconds: float


class Keeper(Protocol):
    """Keeps a training on disk while it runs, and puts back what was kept of it."""

    def begin(self, descent: "Descent") -> None:
        """Before the first step: put back what was kept of this training, if anything was."""

    def after_step(self, descent: "Descent") -> None:
        """A step was taken and told of."""


@final
class KeepsNothing:
    """Every training begins at its beginning."""

    def begin(self, descent: "Descent") -> None:
        """See ``Keeper.begin``."""

    def after_step(self, descent: "Descent") -> None:
        """See ``Keeper.after_step``."""


def bf16_is_fast(device: torch.device) -> bool:
    """Whether matrix products in bfloat16 are faster than in float32 on a device, by what its maker built in."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return device.type == "cpu" and has_any(*BF16_INSTRUCTIONS)


def precision(config: TrainingConfig, device: torch.device) -> torch.autocast:
    """The context that a forward pass for training runs in."""
    return torch.autocast(device.type, dtype=torch.bfloat16, enabled=computes_in_bf16(config, device))


def computes_in_bf16(config: TrainingConfig, device: torch.device) -> bool:
    """Whether training computes matrix products in bfloat16 on a device."""
    return config.precision == "bf16" or (config.precision == "auto" and bf16_is_fast(device))


def train(
    model: PreTrainedModel,
    parameters: Mapping[str, Sequence[nn.Parameter]],
    examples: Sequence[Encoded],
    config: TrainingConfig,
    seed: int,
    on_step: Callable[[StepRecord], None] = lambda step: None,
    penalty: Callable[[Batch, Output], torch.Tensor | None] = lambda batch, output: None,
    mode: Callable[[], AbstractContextManager[None]] = nullcontext,
    keeper: Keeper | None = None,
    store: ActivationStore | None = None,
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
        keeper: told of each step after ``on_step``; it may begin where an earlier process stopped.
        store: where activations of frozen blocks are kept; used where there are some, the base's dropout does not act
            and there is more than one epoch.

    Raises:
        StudyError: the loss or its gradient is no finite number, or half a batch does not fit in memory; the message
            names the step and the batch.
    """
    device, keeper = model.device, keeper or KeepsNothing()
    plan = batches_of(examples, config, seed, encoder_decoder=model.config.is_encoder_decoder)
    descent = Descent(parameters, config, len(plan))
    forward = StepForward(model, computes_in_bf16(config, device), config.quick)
    if store is not None and config.epochs > 1 and not config.base_dropout:
        with forward.active(), precision(config, device):
            forward.leave_out(store.of(model, examples, (str(computes_in_bf16(config, device)), str(config.quick))))

    def backward(indices: Sequence[int], share: float) -> float:
        """Add the gradient of a share of the mean loss over some rows; return the mean loss."""
        batch = collate_for(model, examples, indices, LENGTH_STEP)
        model.train(config.base_dropout)
        with forward.active():
            try:
                with mode(), precision(config, device):
                    output = forward(batch)
            finally:
                model.eval()
            added = penalty(batch, output)
            torch.autograd.backward(share * (output.loss if added is None else output.loss + added))
        return float(output.loss.detach())

    torch.manual_seed(seed)
    keeper.begin(descent)
    for indices in plan[descent.done.step :]:
        loss, parts = in_memory(backward, indices, examples, descent.forget)
        num_tokens = sum(len(examples[index].source) + len(examples[index].target) for index in indices)
        on_step(descent.step(loss, indices, num_tokens, parts))
        keeper.after_step(descent)
    return descent.outcome()


def batches_of(
    examples: Sequence[Encoded], config: TrainingConfig, seed: int, *, encoder_decoder: bool
) -> list[list[int]]:
    """The examples of every step of a whole training, as indices; the seed alone decides their order."""
    generator = random.Random(seed)
    epochs = [
        bucketed_batches(examples, config.batch_rows, generator, config.batch_tokens, encoder_decoder=encoder_decoder)
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
        rates = {kind: config.learning_rates.get(kind, config.learning_rate) for kind in parameters}
        self._optimizer = ClippedAdamW(parameters, rates, config.weight_decay, config.quick)
        self._started = time.perf_counter()
        self._done = StepRecord(0, steps, 0, math.nan, 0.0)

    @property
    def done(self) -> StepRecord:
        """The step taken last; number 0 before the first."""
        return self._done

    def tensors(self) -> dict[str, torch.Tensor]:
        """Copies of the parameters and of what the optimizer holds of them, by names that are the same in every run."""
        weights = {f"weights.{number}": one.detach().clone() for number, one in enumerate(self._parameters)}
        held = self._optimizer.state_dict()["state"]
        return weights | {
            f"optimizer.{number}.{key}": tensor.clone() for number, one in held.items() for key, tensor in one.items()
        }

    def take_up(self, tensors: Mapping[str, torch.Tensor], done: StepRecord) -> None:
        """Be where another descent of the same parameters was: its ``tensors`` and its ``done``."""
        with torch.no_grad():
            for number, parameter in enumerate(self._parameters):
                parameter.copy_(tensors[f"weights.{number}"])
        held: dict[int, dict[str, torch.Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, place, key = name.split(".", 2)
                held.setdefault(int(place), {})[key] = tensor
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": held})
        self._done, self._started = done, time.perf_counter() - done.seconds

    def forget(self) -> None:
        """Remove the gradients that the parameters hold."""
        self._optimizer.zero_grad(set_to_none=True)

    def step(self, loss: float, indices: Sequence[int], num_tokens: int, parts: int = 1) -> StepRecord:
        """Take a step down the gradients that the parameters hold.

        Args:
            loss: the loss that they are the gradients of.
            indices: the training examples of the batch, for the message.
            num_tokens: real tokens of the batch.
            parts: in how many parts the gradients were computed.

        Raises:
            StudyError: the loss or its gradient is no finite number; no parameter was changed.
        """
        norm = self._optimizer.norm()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            rows = ", ".join(map(str, sorted(indices)[:8]))
            what = f"the loss is {loss} and the norm of its gradient {float(norm)}"
            raise StudyError(f"{what} at step {self._done.step + 1} of {self._steps} (training examples {rows}, …)")
        if self._config.schedule == "linear":
            for group in self._optimizer.param_groups:
                group["lr"] = group["initial_lr"] * (1 - self._done.step / self._steps)
        self._optimizer.step_clipped(norm, self._config.clip)
        self.forget()
        tokens, seconds = self._done.tokens + num_tokens, time.perf_counter() - self._started
        self._done = StepRecord(self._done.step + 1, self._steps, tokens, loss, seconds, parts)
        return self._done

    def outcome(self) -> TrainingOutcome:
        """What training took, up to now."""
        return TrainingOutcome(self._done.step, self._done.tokens, time.perf_counter() - self._started)
