"""Joint: before each task, begin again at the base and train on all tasks so far together. The upper bound.

After task t the weights minimise the loss over the union D_1 ∪ … ∪ D_t, each example counting the same, so nothing is
forgotten but what does not fit in one model. It keeps all data and its cost grows with the square of the number of
tasks, which is what continual learning is to avoid (multitask learning; Caruana 1997,
https://doi.org/10.1023/A:1007379606734).
"""

from collections.abc import Sequence
from typing import ClassVar, Literal, final

from graftwork.continual.learner import Course
from graftwork.continual.method import Method, MethodConfig, TaskTraining
from graftwork.data.example import Example

__all__ = ["Joint", "JointConfig"]


@final
class JointConfig(MethodConfig):
    """The whole base, or one set of components, is trained afresh on all tasks so far."""

    kind: Literal["joint"] = "joint"
    course: ClassVar[Course] = "anew"

    def build(self) -> Method:
        """See ``Joint``."""
        return Joint()


@final
class Joint(Method):
    """Trains on every task so far; it has no state, since the study has the data."""

    def before_task(self, training: TaskTraining) -> Sequence[Example]:
        """The examples of all tasks so far, in the order of the tasks; training shuffles them."""
        tasks = (*training.earlier, training.task)
        return [example for task in tasks for example in training.examples(task)]
