"""What else shapes learning over the sequence of tasks: three moments, and a state of its own.

A method may change the examples of a task before it is trained, add a penalty to the loss of each step, and look at the
model when the task has been trained. What is trained and what serves a task is a ``Learner``'s.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, final

import torch
from torch import nn

from graftwork.components.kinds import ComponentConfig
from graftwork.config import Config
from graftwork.continual.learner import Course
from graftwork.data.example import Example
from graftwork.errors import InputError

__all__ = ["Method", "MethodConfig", "NoMethod", "Step", "TaskTraining"]


@final
@dataclass(frozen=True)
class TaskTraining:
    """One task being trained, as a method sees it.

    Attributes:
        task: the task.
        earlier: the tasks trained before it, in order.
        seed: for what a method draws at random.
        parameters: those that are trained, by names that are the same in every run.
        examples: the training examples of a task.
        log_likelihood: log p(target | prompt) of an example in nats, summed over the target's tokens, as a scalar to
            take the gradient of; no dropout.
    """

    task: str
    earlier: tuple[str, ...]
    seed: int
    parameters: Mapping[str, nn.Parameter]
    examples: Callable[[str], Sequence[Example]]
    log_likelihood: Callable[[Example], torch.Tensor]


@final
@dataclass(frozen=True)
class Step:
    """One step of training, as a method sees it.

    Attributes:
        logits: what the model said of each target token of the batch, (tokens, vocabulary), with its gradient.
        logits_again: the same of the model as it is when this is called, without dropout and without a gradient.
    """

    logits: Callable[[], torch.Tensor]
    logits_again: Callable[[], torch.Tensor]


class Method(ABC):
    """Has a moment before, in and after training; a method has those that it needs, the others do nothing."""

    @abstractmethod
    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """Return the examples to train on; without a method's change, those of the task."""
        return training.examples(training.task)

    def penalty(self, step: Step) -> torch.Tensor | None:
        """Return what is added to the loss (nats a target token) of a step, a scalar, or None."""
        return None

    def penalizes(self) -> bool:
        """Whether ``penalty`` may add anything in the task that ``before_task`` was called for last."""
        return type(self).penalty is not Method.penalty

    def after_task(self, training: TaskTraining) -> None:  # noqa: B027  # nothing, where a method says nothing else
        """Take from the task, when it has been trained, what later tasks need."""

    def save(self, folder: Path) -> None:  # noqa: B027  # as above
        """Write, into the task's folder, what was taken from the task trained last; nothing where there is nothing."""

    def load(self, folders: Sequence[Path]) -> None:  # noqa: B027  # as above
        """Take up where a run stopped: ``folders`` are those of the tasks trained, in order.

        Raises:
            InputError: what was saved is damaged.
        """


@final
class NoMethod(Method):
    """Plain training of each task on its own examples; where it begins and what serves is all the learner's."""

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """The task's examples."""
        return super().before_task(training)


class MethodConfig(Config, ABC):
    """Settings of a method, told apart by ``kind``; what it trains follows its course."""

    course: ClassVar[Course] = "on"
    """Where training a task begins, and what serves the tasks."""

    @abstractmethod
    def build(self) -> Method:
        """A fresh method with these settings."""

    def check(self, components: Mapping[str, ComponentConfig], shared: Sequence[str], where: str) -> None:
        """See whether the method goes with an approach's components; most go with the whole base and with any.

        Raises:
            InputError: it does not.
        """
        if shared:
            kind = type(self).model_fields["kind"].default
            right = f"leave shared out: {kind} has one set of components for all tasks, and isolated can share some"
            raise InputError(f"shared components with {kind}", where, right)
