"""O-LoRA: a new LoRA a task, added to the earlier ones, which are frozen, and pushed to be orthogonal to them.

Wang et al. (2023), "Orthogonal Subspace Learning for Language Model Continual Learning",
https://arxiv.org/abs/2310.14152. With A_k the (rank, inputs) matrices of task k, whose rows span its subspace, task t
adds

    λ · Σ_{k<t} Σ_layers Σ_{i,j} (A_k A_tᵀ)_{i,j}²

to its loss; the sum of all LoRAs serves every task. (The authors' program sums absolute values; this is the formula of
the paper.)
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, final

import torch
from pydantic import Field
from torch import nn

from graftwork.components.kinds import ComponentConfig
from graftwork.components.lora import LoRAConfig
from graftwork.continual.learner import Course
from graftwork.continual.method import Method, MethodConfig, Step, TaskTraining
from graftwork.continual.state import read_tensors, write_tensors
from graftwork.data.example import Example
from graftwork.errors import InputError

__all__ = ["OLoRA", "OLoRAConfig"]

STATE = "subspace.safetensors"


@final
class OLoRAConfig(MethodConfig):
    """Each task adds a LoRA to a stack of frozen ones, orthogonal to them."""

    kind: Literal["o-lora"] = "o-lora"
    course: ClassVar[Course] = "stack"
    strength: float = Field(default=0.5, ge=0)
    """λ; the paper's λ₁."""

    def build(self) -> Method:
        """See ``OLoRA``."""
        return OLoRA(self)

    def check(self, components: Mapping[str, ComponentConfig], shared: Sequence[str], where: str) -> None:
        """There must be one LoRA and nothing else."""
        super().check(components, shared, where)
        kinds = [component.kind for component in components.values()]
        if len(components) != 1 or not isinstance(next(iter(components.values())), LoRAConfig):
            given = ", ".join(kinds) or "none"
            raise InputError(f"o-lora with other components than one lora (given: {given})", where, "give it one lora")


@final
class OLoRA(Method):
    """Adds the overlap of the new LoRA's subspace with earlier ones; its state is the earlier A matrices."""

    def __init__(self, config: OLoRAConfig) -> None:
        self._config = config
        self._earlier: list[dict[str, torch.Tensor]] = []
        """The A matrices of each earlier task, by layer."""
        self._new: dict[str, nn.Parameter] = {}

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """Take note of the new A matrices."""
        self._new = _subspaces(training.parameters)
        return super().before_task(training)

    def penalty(self, step: Step) -> torch.Tensor | None:
        """λ · Σ (A_k A_tᵀ)², over earlier tasks, layers and entries."""
        overlaps = [
            (earlier[layer].to(new.device) @ new.T).square().sum()
            for earlier in self._earlier
            for layer, new in self._new.items()
        ]
        return self._config.strength * torch.stack(overlaps).sum() if overlaps else None

    def penalizes(self) -> bool:
        """Once there is an earlier LoRA."""
        return bool(self._earlier)

    def after_task(self, training: TaskTraining) -> None:
        """Keep the task's A matrices."""
        self._earlier.append({layer: one.detach().clone() for layer, one in _subspaces(training.parameters).items()})

    def save(self, folder: Path) -> None:
        """Write the task's A matrices."""
        write_tensors(folder / STATE, self._earlier[-1])

    def load(self, folders: Sequence[Path]) -> None:
        """Read those of all tasks."""
        self._earlier = [read_tensors(folder / STATE) for folder in folders]


def _subspaces(parameters: Mapping[str, nn.Parameter]) -> dict[str, nn.Parameter]:
    """The A matrices by layer: a parameter's name without the LoRA's own, which is another for each task."""
    return {name.partition(".")[2]: one for name, one in parameters.items() if name.endswith(".lora_A.weight")}
