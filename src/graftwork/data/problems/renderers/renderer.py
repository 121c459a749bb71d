"""Writing a problem as a program: one line a step, from one expression template an operation."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

from graftwork.data.problems.operations import Operation

__all__ = ["Renderer", "Step"]

Step = tuple[Operation, Any]
"""An operation with its parameter."""


@final
@dataclass(frozen=True)
class Renderer:
    """How one language writes a problem.

    Attributes:
        language: name of the language.
        expressions: operation name -> expression in which ``X`` is the value and ``K`` the parameter.
        frame: ``frame(input_type, result_type, lines)`` puts the statements into the function ``solve``.
        assign: ``assign(step_number, result_type, expression)`` gives the statement of a step before the last.
        give_back: ``give_back(expression)`` gives the last statement.
        variable: ``variable(step_number, type)`` names the value that a step takes; step 0 takes the input.
    """

    language: str
    expressions: Mapping[str, str]
    frame: Callable[[str, str, Sequence[str]], str]
    assign: Callable[[int, str, str], str]
    give_back: Callable[[str], str]
    variable: Callable[[int, str], str]

    def program(self, steps: Sequence[Step]) -> str:
        """Return the program: a function ``solve`` of one argument, one statement a step."""
        lines = []
        for number, (operation, parameter) in enumerate(steps):
            expression = self.expressions[operation.name]
            expression = re.sub(r"\bX\b", self.variable(number, operation.source), expression)
            expression = re.sub(r"\bK\b", str(parameter), expression)
            last = number == len(steps) - 1
            lines.append(self.give_back(expression) if last else self.assign(number, operation.result, expression))
        return self.frame(steps[0][0].source, steps[-1][0].result, lines)
