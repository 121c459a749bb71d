"""Elastic weight consolidation: weights that mattered to earlier tasks are held near what they were.

Separate (Kirkpatrick et al. 2017, "Overcoming catastrophic forgetting in neural networks",
https://arxiv.org/abs/1612.00796): with F_k the Fisher information after task k and θ_k the weights then, a task adds

    λ/2 · Σ_k Σ_i F_k,i (θ_i - θ_k,i)²

to its loss. Online (Schwarz et al. 2018, "Progress & Compress", https://arxiv.org/abs/1805.06370) keeps one Fisher and
the latest weights: F* = γ F* + F_k, and λ/2 · Σ_i F*_i (θ_i - θ_latest,i)².

F is the diagonal of the empirical Fisher information, from the gradients of single examples (x, y) of the task:
F_i = 1/N Σ_n (∂ log p(y_n | x_n) / ∂θ_i)², with log p summed over the target's tokens.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal, final

import torch
from pydantic import Field
from torch import nn

from graftwork.continual.method import Method, MethodConfig, Step, TaskTraining
from graftwork.continual.state import read_tensors, write_tensors
from graftwork.data.example import Example

__all__ = ["EWC", "EWCConfig", "diagonal_fisher"]

STATE = "ewc.safetensors"


@final
class EWCConfig(MethodConfig):
    """The whole base, or one set of components, goes on being trained, held by what earlier tasks need."""

    kind: Literal["ewc"] = "ewc"
    variant: Literal["online", "separate"] = "online"
    """``separate`` keeps a Fisher and a copy of the weights a task; ``online`` keeps one of each."""
    strength: float = Field(default=100.0, ge=0)
    """λ. On the embedded base, trained whole, 1 hardly holds anything, 100 most, and 10,000 lets nothing new in."""
    gamma: float = Field(default=0.95, ge=0, le=1)
    """Share of the earlier Fisher that the next one is added to, where it is online."""
    examples: int = Field(default=200, ge=1)
    """Training examples a task that the Fisher is taken from."""

    def build(self) -> Method:
        """See ``EWC``."""
        return EWC(self)


@final
class EWC(Method):
    """Adds the quadratic penalty; its state is the Fishers and the weights they were taken at."""

    def __init__(self, config: EWCConfig) -> None:
        self._config = config
        self._held: list[dict[str, tuple[torch.Tensor, torch.Tensor]]] = []
        """(Fisher, weights) by parameter name, for each task or, online, for all at once."""
        self._parameters: Mapping[str, nn.Parameter] = {}

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """Take note of the parameters."""
        self._parameters = training.parameters
        return super().before_task(training)

    def penalty(self, step: Step) -> torch.Tensor | None:
        """λ/2 · Σ F (θ - θ_k)², over all that is held."""
        terms = [
            (fisher.to(now.device) * (now - then.to(now.device)).square()).sum()
            for held in self._held
            for now, (fisher, then) in ((self._parameters[name], pair) for name, pair in held.items())
        ]
        return self._config.strength / 2 * torch.stack(terms).sum() if terms else None

    def penalizes(self) -> bool:
        """Once something is held."""
        return bool(self._held)

    def after_task(self, training: TaskTraining) -> None:
        """Take the task's Fisher, and the weights as they are."""
        examples = list(training.examples(training.task))
        if len(examples) > self._config.examples:
            examples = random.Random(training.seed).sample(examples, self._config.examples)
        fishers = diagonal_fisher(training.parameters, training.log_likelihood, examples)
        online = self._config.variant == "online" and self._held
        for name, (before, _) in self._held[-1].items() if online else ():
            fishers[name] += self._config.gamma * before.to(fishers[name].device)
        if online:
            self._held.clear()
        self._held.append({name: (fishers[name], one.detach().clone()) for name, one in training.parameters.items()})

    def save(self, folder: Path) -> None:
        """Write what was taken from the task: two tensors a parameter."""
        pairs = self._held[-1].items()
        fishers = {f"fisher.{name}": fisher for name, (fisher, _) in pairs}
        write_tensors(folder / STATE, fishers | {f"weights.{name}": weights for name, (_, weights) in pairs})

    def load(self, folders: Sequence[Path]) -> None:
        """Take what was taken from every task, or online from the last one."""
        self._held = []
        for folder in folders if self._config.variant == "separate" else folders[-1:]:
            tensors = read_tensors(folder / STATE)
            names = [name.removeprefix("fisher.") for name in tensors if name.startswith("fisher.")]
            self._held.append({name: (tensors[f"fisher.{name}"], tensors[f"weights.{name}"]) for name in names})


def diagonal_fisher(
    parameters: Mapping[str, nn.Parameter],
    log_likelihood: Callable[[Example], torch.Tensor],
    examples: Sequence[Example],
) -> dict[str, torch.Tensor]:
    """Mean over the examples of the squared gradient of their log-likelihood, by parameter, in its shape."""
    sums = {name: torch.zeros_like(parameter, requires_grad=False) for name, parameter in parameters.items()}
    for example in examples:
        gradients = torch.autograd.grad(log_likelihood(example), list(parameters.values()), allow_unused=True)
        for total, gradient in zip(sums.values(), gradients, strict=True):
            if gradient is not None:
                total.add_(gradient.square())
    return {name: total / len(examples) for name, total in sums.items()}
