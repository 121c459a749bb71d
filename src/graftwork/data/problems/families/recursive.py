"""Recursive functions: where they end, how the input gets smaller, and what a call makes of the next one's result."""

import random
from itertools import chain
from typing import Any, final

from graftwork.data.problems.descriptions import describe_recursion
from graftwork.data.problems.families.code import filled, function, look_at_item
from graftwork.data.problems.families.family import LARGEST, HarderFamily, Names, Steps, largest_in
from graftwork.data.problems.families.inputs import SMALLEST, draw_input
from graftwork.data.problems.pieces import (
    BASES,
    CHANGES,
    COMBINATIONS,
    DESCENTS,
    GUARDS,
    SKIP,
    STOP,
)

__all__ = ["RecursiveFamily"]

BY_NAME = {piece.name: piece for piece in chain(DESCENTS, BASES, CHANGES, GUARDS, COMBINATIONS)}
ITEM_PIECES = {piece.name for piece in chain(CHANGES, GUARDS)}
NUMBERS_OF_ITEMS = (0, 1, 1, 2, 2, 2, 3, 3, 3)
FORKED = ("by_steps", "by_parts")
"""The descents whose rest can be made smaller once more; a combination that does so need not look at the item."""
LARGEST_NUMBER = {"by_steps": 30, "by_parts": 2000, "by_digits": 999_999}
LARGEST_FORKED = 14
"""A call that makes two calls makes very many of them for larger numbers."""


@final
class TooLargeError(Exception):
    """A number on the way is too large."""


@final
class RecursiveFamily(HarderFamily):
    """A descent, what the smallest input gives, up to three pieces on the item, and a combination, in this order."""

    name = "recursive"

    def steps(self, names: Names) -> Steps:
        """The pieces of a problem."""
        return [(BY_NAME[name], parameter) for name, parameter in names]

    def draw(self, generator: random.Random) -> Steps:
        """One piece of each kind, the base as the combination needs it, and up to three different ones on the item."""
        while True:
            descent, combination = generator.choice(DESCENTS), generator.choice(COMBINATIONS)
            (base,) = (one for one in BASES if one.result == combination.result)
            items = generator.sample((*CHANGES, *GUARDS), generator.choice(NUMBERS_OF_ITEMS))
            if descent.name in FORKED if combination.name == "fork" else look_at_item([*items, combination]):
                pieces = [descent, base, *items, combination]
                return [(piece, generator.choice(piece.parameters)) for piece in pieces]

    def arguments(self, steps: Steps, generator: random.Random, smallest: bool) -> tuple[Any, ...]:
        """Numbers as large as the descent can bear."""
        descent = steps[0][0]
        if smallest:
            return (SMALLEST[descent.source],)
        if descent.source != "number":
            return (draw_input(descent.source, generator),)
        largest = LARGEST_FORKED if steps[-1][0].name == "fork" else LARGEST_NUMBER[descent.name]
        return (generator.randint(2, largest),)

    def apply(self, steps: Steps, arguments: tuple[Any, ...]) -> Any:
        """Descend, and combine on the way back."""
        (descent, step), (base, start), *items, (combination, weight) = steps

        def solve(given: Any) -> Any:
            taken = descent.apply(given, step)
            if taken is None:
                return base.apply(start)
            n, rest = taken
            for piece, k in items:
                n = piece.apply(n, k, {})
                if n is SKIP:
                    return solve(rest)
                if n is STOP:
                    return base.apply(start)
            result = combination.apply(n, rest, solve, weight)
            if max(abs(n), largest_in(result)) > LARGEST:
                raise TooLargeError
            return result

        try:
            return solve(arguments[0])
        except TooLargeError:
            return None

    def droppable(self, steps: Steps) -> list[int]:
        """The pieces on the item."""
        return [i for i, (piece, _) in enumerate(steps) if piece.name in ITEM_PIECES]

    def describe(self, steps: Steps, generator: random.Random) -> str:
        """Where it ends, what is taken off, what is done with it, and what is made of it and the rest."""
        return describe_recursion(steps, generator)

    def types(self, steps: Steps) -> tuple[tuple[str, ...], str]:
        """Of the descent, and of the combination."""
        return (steps[0][0].source,), steps[-1][0].result

    def program(self, steps: Steps, language: str) -> str:
        """A function that calls itself."""
        (source,), result = self.types(steps)
        return function(_body(steps), source, result, language)


def _body(steps: Steps) -> list[str]:
    """The function in Python; the item is not named where nothing looks at it."""
    (descent, step), (base, start), *rest = steps
    (end,) = filled(base.code, {"K": start})
    words = {"BASE": end, "STOP": end, "SKIP": "return solve(rest)"}
    lines = filled(descent.code, {**words, "K": step})
    work = [line for piece, k in rest for line in filled(piece.code, {**words, "K": k})]
    if not look_at_item(piece for piece, _ in rest):
        lines = [line for line in lines if not line.startswith("n = ")]
    return [*lines, *work]
