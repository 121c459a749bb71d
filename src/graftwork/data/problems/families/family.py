"""What a family of problems is: how its chains are drawn, what they compute, how English and the languages say it."""

import json
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, final

__all__ = ["Family", "HarderFamily", "Names", "Steps", "Test", "json_arguments", "largest_in"]

Names = tuple[tuple[str, Any], ...]
"""A problem: names of operations or pieces, in their order, with their parameters."""
Steps = Sequence[tuple[Any, Any]]
"""The same with the operations or pieces themselves."""
Test = tuple[str, str]
"""JSON of the arguments (with commas between them, where there are two) and JSON of what must come out."""

LARGEST = 10**6
"""No value on the way may be larger, so that every language computes it exactly in its usual integers."""


def json_arguments(arguments: Sequence[Any]) -> str:
    """The arguments of a test as JSON: a list of them without its brackets."""
    return ", ".join(map(json.dumps, arguments))


def largest_in(value: Any) -> int:
    """The largest number in a value, by its size; 0 if there is none."""
    if isinstance(value, int):
        return abs(value)
    numbers = value.values() if isinstance(value, dict) else value
    return max((abs(n) for n in numbers if isinstance(n, int)), default=0)


class Family(ABC):
    """A family of problems; without state, so one object each will do."""

    name: ClassVar[str]

    @abstractmethod
    def steps(self, names: Names) -> Steps:
        """The operations or pieces of a problem, by their names."""

    @abstractmethod
    def draw(self, generator: random.Random) -> Steps:
        """A chain by chance; most but not all make a problem."""

    @abstractmethod
    def tests(self, steps: Steps, generator: random.Random) -> tuple[Test, ...] | None:
        """Tests of a chain, or None if it makes no problem."""

    @abstractmethod
    def describe(self, steps: Steps, generator: random.Random) -> str:
        """English for a chain; equal generators give equal words."""

    @abstractmethod
    def types(self, steps: Steps) -> tuple[tuple[str, ...], str]:
        """The types of a problem's inputs, and of its result."""

    @abstractmethod
    def program(self, steps: Steps, language: str) -> str:
        """The reference program in one of the languages that renderers write."""


class HarderFamily(Family, ABC):
    """A family whose tests tell a problem from its nearest ones, and include the smallest input."""

    num_tests: ClassVar[int] = 8

    @abstractmethod
    def arguments(self, steps: Steps, generator: random.Random, smallest: bool) -> tuple[Any, ...]:
        """Arguments by chance, or the smallest ones that make sense."""

    @abstractmethod
    def apply(self, steps: Steps, arguments: tuple[Any, ...]) -> Any:
        """What a problem makes of arguments, by the definitions of its steps; None if a number gets too large."""

    @abstractmethod
    def droppable(self, steps: Steps) -> list[int]:
        """The places of steps without which the others still make a problem."""

    @final
    def tests(self, steps: Steps, generator: random.Random) -> tuple[Test, ...] | None:
        """Tests of a chain, or None if a constant or a nearest chain would pass them, or a number gets too large."""
        given = [self.arguments(steps, generator, smallest=number == 0) for number in range(self.num_tests)]
        outputs = []
        for arguments in given:
            value = self.apply(steps, arguments)
            if value is None or largest_in(value) > LARGEST:
                return None
            outputs.append(value)
        if len({json.dumps(value) for value in outputs}) < 3:
            return None
        if any(self._agrees(rival, given, outputs) for rival in self.rivals(steps)):
            return None
        return tuple(
            (json_arguments(arguments), json.dumps(value)) for arguments, value in zip(given, outputs, strict=True)
        )

    @final
    def rivals(self, steps: Steps) -> Iterator[Steps]:
        """The nearest chains: a step left out, or its parameter changed to the next smaller or larger one."""
        for place in self.droppable(steps):
            yield [*steps[:place], *steps[place + 1 :]]
        for place, (step, parameter) in enumerate(steps):
            at = step.parameters.index(parameter)
            for other in (*step.parameters[max(0, at - 1) : at], *step.parameters[at + 1 : at + 2]):
                yield [*steps[:place], (step, other), *steps[place + 1 :]]

    def _agrees(self, steps: Steps, given: Sequence[tuple[Any, ...]], outputs: Sequence[Any]) -> bool:
        return all(self.apply(steps, one) == output for one, output in zip(given, outputs, strict=True))
