"""Which learner an approach of a recipe asks for."""

from graftwork.continual.learner import Learner
from graftwork.continual.learners.adapters import AdapterLearner
from graftwork.continual.learners.full import FullFineTuning
from graftwork.continual.learners.stack import StackLearner
from graftwork.models.load import Base
from graftwork.study.config import ApproachConfig

__all__ = ["learner_of"]


def learner_of(approach: ApproachConfig, base: Base) -> Learner:
    """The fresh learner of an approach."""
    course = approach.method.course
    if not approach.components:
        return FullFineTuning(base, course)
    if course == "stack":
        ((name, component),) = approach.components.items()
        return StackLearner(base, name, component)
    return AdapterLearner(base, approach.components, approach.shared, course)
