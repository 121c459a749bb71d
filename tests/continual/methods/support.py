"""A task's training as a method sees it, made by hand."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from graftwork.continual.method import Step, TaskTraining
from graftwork.data.example import Example, make_example

STEP = Step(logits=lambda: torch.zeros(0), logits_again=lambda: torch.zeros(0))
"""For methods that do not look at outputs."""


def examples(task: str, count: int) -> list[Example]:
    return [
        make_example("python", f"{task} {number}", f"return {number}", tests=(("[]", "1"),)) for number in range(count)
    ]


def training(
    task: str = "a",
    earlier: Sequence[str] = (),
    parameters: Mapping[str, nn.Parameter] | None = None,
    data: Mapping[str, Sequence[Example]] | None = None,
    log_likelihood: Callable[[Example], torch.Tensor] | None = None,
    seed: int = 0,
) -> TaskTraining:
    """Training a task with data (by default three examples a task); the likelihood is unknown unless it is given."""

    def unknown(example: Example) -> Any:
        raise AssertionError("no likelihood was asked for")

    def of_task(name: str) -> Sequence[Example]:
        return examples(name, 3) if data is None else data[name]

    return TaskTraining(task, tuple(earlier), seed, parameters or {}, of_task, log_likelihood or unknown)
