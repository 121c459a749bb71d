"""Isolated: each task trains an adapter of its own; nothing later touches it, save for components that are shared.

With nothing shared, nothing is forgotten, by construction: the function that serves a task is the same for ever.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, final

from graftwork.components.kinds import ComponentConfig
from graftwork.continual.learner import Course
from graftwork.continual.method import Method, MethodConfig, NoMethod
from graftwork.errors import InputError

__all__ = ["IsolatedConfig"]


@final
class IsolatedConfig(MethodConfig):
    """Each task trains its own adapter (and the components that are shared)."""

    kind: Literal["isolated"] = "isolated"
    course: ClassVar[Course] = "own"

    def build(self) -> Method:
        """Nothing but plain training."""
        return NoMethod()

    def check(self, components: Mapping[str, ComponentConfig], shared: Sequence[str], where: str) -> None:
        """There must be components; they may be shared."""
        if not components:
            raise InputError("no components", where, "give it one, or another method such as {kind: sequential}")
