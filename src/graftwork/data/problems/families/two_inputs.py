"""Problems with two inputs: a chain of operations, one of which takes the second input as well."""

import random
from collections.abc import Sequence
from typing import Any, final

from graftwork.data.problems.descriptions import describe_two_inputs
from graftwork.data.problems.families.basic import BY_SOURCE
from graftwork.data.problems.families.family import LARGEST, HarderFamily, Names, Steps, largest_in
from graftwork.data.problems.families.inputs import SMALLEST, draw_input
from graftwork.data.problems.operations import OPERATIONS, PAIR_OPERATIONS, Operation
from graftwork.data.problems.renderers import RENDERERS

__all__ = ["TwoInputsFamily"]

LENGTHS_BEFORE = (0, 1, 1, 2, 2)
LENGTHS_AFTER = (0, 1, 1, 2)
MOST_CHARACTERS = 300
WORDS_WITHIN_WORDS = ("sea", "a", "to", "tea", "st", "e")


@final
class TwoInputsFamily(HarderFamily):
    """Up to two operations on the first input, one on what they give and the second input, and up to two after it."""

    name = "two-inputs"

    def steps(self, names: Names) -> Steps:
        """The operations of a problem."""
        return [((PAIR_OPERATIONS | OPERATIONS)[name], parameter) for name, parameter in names]

    def draw(self, generator: random.Random) -> Steps:
        """The operation on both, then those before it, from its side on, and those after it."""
        while True:
            pair = generator.choice(list(PAIR_OPERATIONS.values()))
            operations = [pair]
            for _ in range(generator.choice(LENGTHS_BEFORE)):
                wanted = operations[0].source
                operations.insert(0, generator.choice([one for one in OPERATIONS.values() if one.result == wanted]))
            for _ in range(generator.choice(LENGTHS_AFTER)):
                operations.append(generator.choice(BY_SOURCE[operations[-1].result]))
            if len({one.name for one in operations}) == len(operations) and _tells_inputs_apart(operations):
                return [(operation, generator.choice(operation.parameters)) for operation in operations]

    def arguments(self, steps: Steps, generator: random.Random, smallest: bool) -> tuple[Any, ...]:
        """Two inputs that have something in common, so that it shows what is done with both."""
        first, second = self.types(steps)[0]
        (pair,) = (operation for operation, _ in steps if operation.other)
        given = SMALLEST[first] if smallest else draw_input(first, generator)
        if second == "number":
            small = generator.randint(1, 6)
            return given, generator.choice([small, *given]) if first == pair.source == "numbers" else small
        if second == "text":
            return given, generator.choice(WORDS_WITHIN_WORDS)
        drawn = draw_input(second, generator)
        if first == second:
            drawn = [generator.choice((item, *given[place : place + 1])) for place, item in enumerate(drawn)]
        return given, drawn

    def apply(self, steps: Steps, arguments: tuple[Any, ...]) -> Any:
        """One operation after another."""
        value, second = arguments
        for operation, parameter in steps:
            value = operation.apply(value, second if operation.other else parameter)
            if largest_in(value) > LARGEST or (isinstance(value, list | str) and len(value) > MOST_CHARACTERS):
                return None
        return value

    def droppable(self, steps: Steps) -> list[int]:
        """The operations that keep the type, the one on both inputs among them."""
        return [i for i, (operation, _) in enumerate(steps) if operation.source == operation.result and len(steps) > 1]

    def describe(self, steps: Steps, generator: random.Random) -> str:
        """Both inputs, then one clause an operation."""
        return describe_two_inputs(steps, generator)

    def types(self, steps: Steps) -> tuple[tuple[str, ...], str]:
        """Of the first operation, of the one on both, and of the last."""
        (other,) = (operation.other for operation, _ in steps if operation.other)
        return (steps[0][0].source, other), steps[-1][0].result

    def program(self, steps: Steps, language: str) -> str:
        """One statement or loop an operation."""
        return RENDERERS[language].program(steps)


def _tells_inputs_apart(operations: Sequence[Operation]) -> bool:
    """Whether English can: "the second list" stands beside a list, "the given number" beside anything but one."""
    (pair,) = (operation for operation in operations if operation.other)
    return (operations[0].source == pair.other) == (pair.source == pair.other)
