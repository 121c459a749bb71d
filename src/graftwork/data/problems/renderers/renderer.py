"""Writing a problem as a program: one step after another, from one template an operation."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from graftwork.data.problems.operations import Operation

__all__ = ["SECOND", "Parameter", "Renderer", "Step"]

Step = tuple[Operation, Any]
"""An operation with its parameter."""
Parameter = tuple[str, str]
"""The name of an argument of ``solve``, and its type."""
SECOND = "other"
"""What every program calls its second input."""


@final
@dataclass(frozen=True)
class Renderer:
    """How one language writes a problem.

    Attributes:
        language: name of the language.
        expressions: operation name -> expression in which ``X`` is the value, ``K`` the parameter and ``Y`` the second
            input. Lines before the expression are statements; in them ``R`` is the result, and where the expression is
            ``R`` alone, they have made it.
        frame: ``frame(parameters, result_type, lines)`` puts the statements into the function ``solve``.
        assign: ``assign(step_number, result_type, expression)`` gives the statement of a step before the last.
        give_back: ``give_back(expression)`` gives the last statement.
        variable: ``variable(step_number, type)`` names the value that a step takes; step 0 takes the input.
    """

    language: str
    expressions: Mapping[str, str]
    frame: Callable[[Sequence[Parameter], str, Sequence[str]], str]
    assign: Callable[[int, str, str], str]
    give_back: Callable[[str], str]
    variable: Callable[[int, str], str]

    def program(self, steps: Sequence[Step]) -> str:
        """Return the program: a function ``solve`` of one argument, or of two where a step takes a second input."""
        lines = []
        for number, (operation, parameter) in enumerate(steps):
            result = self.variable(number + 1, operation.result)
            names = {"X": self.variable(number, operation.source), "K": str(parameter), "Y": SECOND, "R": result}
            *statements, expression = self._filled(self.expressions[operation.name], names).split("\n")
            lines += statements
            if number == len(steps) - 1:
                lines.append(self.give_back(expression))
            elif not statements or expression != result:
                lines.append(self.assign(number, operation.result, expression))
        return self.frame(self._parameters(steps), steps[-1][0].result, lines)

    @staticmethod
    def _filled(template: str, names: Mapping[str, str]) -> str:
        return re.sub(r"\b[XKYR]\b", lambda found: names[found.group()], template)

    def _parameters(self, steps: Sequence[Step]) -> list[Parameter]:
        source = steps[0][0].source
        others = [(SECOND, operation.other) for operation, _ in steps if operation.other]
        return [(self.variable(0, source), source), *others]
