"""Sequential: one set of weights goes on being trained, task after task. The reference that forgets.

Without components it is full fine-tuning; with components it is one shared adapter, such as one LoRA for all tasks.
Catastrophic forgetting of this kind was described by McCloskey and Cohen (1989), "Catastrophic Interference in
Connectionist Networks: The Sequential Learning Problem", https://doi.org/10.1016/S0079-7421(08)60536-8.
"""

from typing import ClassVar, Literal, final

from graftwork.continual.learner import Course
from graftwork.continual.method import Method, MethodConfig, NoMethod

__all__ = ["SequentialConfig"]


@final
class SequentialConfig(MethodConfig):
    """Every weight of the base, or one set of components, goes on being trained."""

    kind: Literal["sequential"] = "sequential"
    course: ClassVar[Course] = "on"

    def build(self) -> Method:
        """Nothing but plain training."""
        return NoMethod()
