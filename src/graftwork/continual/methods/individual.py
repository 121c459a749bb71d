"""Individual: one full model a task, each trained from the base on its task alone.

The bound of what a model of this size learns of each task when nothing has to be shared or kept; it costs a whole
model a task. What training in sequence learned less than this is its intransigence (Chaudhry et al. 2018, "Riemannian
Walk for Incremental Learning: Understanding Forgetting and Intransigence", https://arxiv.org/abs/1801.10112).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, final

from graftwork.components.kinds import ComponentConfig
from graftwork.continual.learner import Course
from graftwork.continual.method import Method, MethodConfig, NoMethod
from graftwork.errors import InputError

__all__ = ["IndividualConfig"]


@final
class IndividualConfig(MethodConfig):
    """Each task trains a copy of the whole base."""

    kind: Literal["individual"] = "individual"
    course: ClassVar[Course] = "own"

    def build(self) -> Method:
        """Nothing but plain training."""
        return NoMethod()

    def check(self, components: Mapping[str, ComponentConfig], shared: Sequence[str], where: str) -> None:
        """There must be no components."""
        if components or shared:
            right = "leave the components out, or take method: {kind: isolated}, which trains an adapter a task"
            raise InputError("individual with components", where, right)
