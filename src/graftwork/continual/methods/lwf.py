"""Learning without forgetting: on a new task's examples, the model is also held to what it said before the task.

Li and Hoiem (2016), "Learning without Forgetting", https://arxiv.org/abs/1606.09282. With z_old the logits of the model
as it was before the task and z those now, at the target tokens of the new examples (the prefix given), a task adds

    λ · 1/tokens · Σ_tokens KL(softmax(z_old / T) ‖ softmax(z / T))

to its loss. This is the paper's cross-entropy less the entropy of the old model, a constant, so it begins at 0. The
first task has nothing to keep and adds nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Literal, final

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import nn

from graftwork.continual.method import Method, MethodConfig, Step, TaskTraining
from graftwork.data.example import Example

__all__ = ["LwF", "LwFConfig"]


@final
class LwFConfig(MethodConfig):
    """The whole base, or one set of components, goes on being trained, held to its earlier outputs."""

    kind: Literal["lwf"] = "lwf"
    temperature: float = Field(default=2.0, gt=0)
    """T; above 1 it counts more what the old model held for less likely."""
    strength: float = Field(default=1.0, ge=0)
    """λ, the paper's λ_o."""

    def build(self) -> Method:
        """See ``LwF``."""
        return LwF(self)


@final
class LwF(Method):
    """Adds the distillation loss; before a task the old model is the one at hand, so nothing is kept on disk."""

    def __init__(self, config: LwFConfig) -> None:
        self._config = config
        self._parameters: Mapping[str, nn.Parameter] = {}
        self._old: dict[str, torch.Tensor] = {}

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """Copy the parameters as they are, if a task was trained before."""
        self._parameters = training.parameters if training.earlier else {}
        self._old = {name: parameter.detach().clone() for name, parameter in self._parameters.items()}
        return super().before_task(training)

    def penalty(self, step: Step) -> torch.Tensor | None:
        """λ · mean over target tokens of KL(old ‖ new), both softened."""
        if not self._old:
            return None
        with self._as_before():
            old = step.logits_again()
        return self._config.strength * _divergence(old, step.logits(), self._config.temperature)

    def penalizes(self) -> bool:
        """Once there is an old model."""
        return bool(self._old)

    @contextmanager
    def _as_before(self) -> Iterator[None]:
        """In this block the model is the old one: its parameters hold the copies' memory, then their own again."""
        now = {name: parameter.data for name, parameter in self._parameters.items()}
        for name, parameter in self._parameters.items():
            parameter.data = self._old[name]
        try:
            yield
        finally:
            for name, parameter in self._parameters.items():
                parameter.data = now[name]


def _divergence(old: torch.Tensor, new: torch.Tensor, temperature: float) -> torch.Tensor:
    """Mean over the rows of KL(softmax(old / T) ‖ softmax(new / T)), in nats; both are (tokens, vocabulary)."""
    old_logs, new_logs = (F.log_softmax(logits.float() / temperature, dim=-1) for logits in (old, new))
    return F.kl_div(new_logs, old_logs, reduction="batchmean", log_target=True)
