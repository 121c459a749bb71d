"""The basic family: one to four operations in a row whose types fit."""

import json
import random
from typing import Any, final

from graftwork.data.problems.descriptions import describe
from graftwork.data.problems.families.family import LARGEST, Family, Names, Steps, Test, largest_in
from graftwork.data.problems.families.inputs import draw_input
from graftwork.data.problems.operations import OPERATIONS, TYPES, Operation
from graftwork.data.problems.renderers import RENDERERS

__all__ = ["BY_SOURCE", "INPUT_WEIGHTS", "BasicFamily"]

LENGTH_WEIGHTS = {1: 0.1, 2: 0.35, 3: 0.35, 4: 0.2}
INPUT_WEIGHTS = {"numbers": 0.4, "text": 0.2, "words": 0.2, "number": 0.1, "mapping": 0.1}
NUM_TESTS = 3
BY_SOURCE = {kind: [operation for operation in OPERATIONS.values() if operation.source == kind] for kind in TYPES}


@final
class BasicFamily(Family):
    """Chains of operations on one input.

    What it draws is part of what the embedded base was trained on: the calls of the generator and their order stay.
    """

    name = "basic"

    def steps(self, names: Names) -> Steps:
        """The operations of a problem."""
        return [(OPERATIONS[name], parameter) for name, parameter in names]

    def draw(self, generator: random.Random) -> Steps:
        """Operations of which each takes what the one before it gives, none twice."""
        length = generator.choices(list(LENGTH_WEIGHTS), list(LENGTH_WEIGHTS.values()))[0]
        kind = generator.choices(list(INPUT_WEIGHTS), list(INPUT_WEIGHTS.values()))[0]
        steps: list[tuple[Operation, Any]] = []
        for _ in range(length):
            used = {operation.name for operation, _ in steps}
            choices = [operation for operation in BY_SOURCE[kind] if operation.name not in used]
            operation = generator.choice(choices)
            steps.append((operation, generator.choice(operation.parameters)))
            kind = operation.result
        return steps

    def tests(self, steps: Steps, generator: random.Random) -> tuple[Test, ...] | None:
        """Inputs with what the steps make of them, or None if a value grows too large or no input changes anything."""
        tests = []
        for _ in range(NUM_TESTS):
            value = given = draw_input(steps[0][0].source, generator)
            for operation, parameter in steps:
                value = operation.apply(value, parameter)
                if largest_in(value) > LARGEST or (operation.name == "count_up" and len(value) > 100):
                    return None
            tests.append((json.dumps(given), json.dumps(value)))
        return None if len({expected for _, expected in tests}) == 1 else tuple(tests)

    def describe(self, steps: Steps, generator: random.Random) -> str:
        """One clause an operation."""
        return describe(steps, generator)

    def types(self, steps: Steps) -> tuple[tuple[str, ...], str]:
        """Of the first operation and the last."""
        return (steps[0][0].source,), steps[-1][0].result

    def program(self, steps: Steps, language: str) -> str:
        """One statement or loop an operation."""
        return RENDERERS[language].program(steps)
