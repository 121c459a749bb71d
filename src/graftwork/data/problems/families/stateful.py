"""Loops with state: walk through the input, change or skip items, keep a tally under a rule, give something back."""

import random
from collections.abc import Iterator
from itertools import chain
from typing import Any, final

from graftwork.data.problems.descriptions import describe_loop
from graftwork.data.problems.families.code import filled, function, look_at_item
from graftwork.data.problems.families.family import LARGEST, HarderFamily, Names, Steps
from graftwork.data.problems.families.inputs import SMALLEST, draw_input
from graftwork.data.problems.pieces import (
    CHANGES,
    GUARDS,
    OUTPUTS,
    REMEMBERING,
    RULES,
    SKIP,
    STOP,
    TALLIES,
    WALKS,
    Memory,
    Piece,
)

__all__ = ["StatefulFamily"]

BY_NAME = {piece.name: piece for piece in chain(WALKS, CHANGES, GUARDS, REMEMBERING, TALLIES, RULES, OUTPUTS)}
ITEM_PIECES = {piece.name for piece in chain(CHANGES, GUARDS, REMEMBERING)}
NUMBERS_OF_ITEMS = (0, 1, 1, 2, 2, 2, 2, 3, 3, 3)
SHARE_WITH_RULE = 0.6
RULE_NAMES = {piece.name for piece in RULES}


@final
class StatefulFamily(HarderFamily):
    """A walk, up to three pieces on items, a tally, at most one rule on it, and what is given back, in this order."""

    name = "stateful"

    def steps(self, names: Names) -> Steps:
        """The pieces of a problem."""
        return [(BY_NAME[name], parameter) for name, parameter in names]

    def draw(self, generator: random.Random) -> Steps:
        """One piece of each kind, and different ones on items, of which something looks at the items."""
        while True:
            items = [
                generator.choice((CHANGES, GUARDS, REMEMBERING)) for _ in range(generator.choice(NUMBERS_OF_ITEMS))
            ]
            pieces = [generator.choice(kind) for kind in (WALKS, *items, TALLIES)]
            pieces += [generator.choice(RULES)] if generator.random() < SHARE_WITH_RULE else []
            pieces.append(generator.choice(OUTPUTS))
            if len(set(map(id, pieces))) == len(pieces) and look_at_item(pieces[1:]):
                return [(piece, generator.choice(piece.parameters)) for piece in pieces]

    def arguments(self, steps: Steps, generator: random.Random, smallest: bool) -> tuple[Any, ...]:
        """Numbers whose digits are walked through have more of them than others."""
        source = steps[0][0].source
        if smallest:
            return (SMALLEST[source],)
        return (generator.randint(100, 999_999) if source == "number" else draw_input(source, generator),)

    def apply(self, steps: Steps, arguments: tuple[Any, ...]) -> Any:
        """Walk, and give back what the last piece makes of the way."""
        (walk, letter), *between, (output, k) = steps
        trace: list[tuple[int, int]] = []
        tally = 0
        for item, after, counts in _turns(walk.apply(arguments[0], letter), between):
            tally = after
            if max(abs(item), abs(tally)) > LARGEST:
                return None
            if counts:
                trace.append((item, tally))
        return output.apply(tally, trace, k)

    def droppable(self, steps: Steps) -> list[int]:
        """The pieces on items, and the rule."""
        return [i for i, (piece, _) in enumerate(steps) if piece.name in ITEM_PIECES | RULE_NAMES]

    def describe(self, steps: Steps, generator: random.Random) -> str:
        """The walk, what is done with each item, the tally and its rule, and what is given back."""
        return describe_loop(steps, generator)

    def types(self, steps: Steps) -> tuple[tuple[str, ...], str]:
        """Of the walk, and of what is given back."""
        return (steps[0][0].source,), steps[-1][0].result

    def program(self, steps: Steps, language: str) -> str:
        """A loop in a function."""
        (source,), result = self.types(steps)
        return function(_body(steps), source, result, language)


def _turns(items: Iterator[int], between: Steps) -> Iterator[tuple[int, int, bool]]:
    """Item and tally at the end of each turn, and whether the turn came to its end."""
    memory: Memory = {}
    tally = 0
    for item in items:
        n: Any = item
        for piece, k in between:
            if piece.name in ITEM_PIECES:
                n = piece.apply(n, k, memory)
                if n is SKIP or n is STOP:
                    break
            elif piece.name in RULE_NAMES:
                ruled = piece.apply(tally, k)
                if ruled is STOP:
                    yield n, tally, False
                    return
                tally = ruled
            else:
                tally = piece.apply(tally, n, k)
        if n is STOP:
            return
        if n is not SKIP:
            yield n, tally, True


def _body(steps: Steps) -> list[str]:
    """The function in Python."""
    (walk, letter), *rest = steps
    words = {"SKIP": "continue", "STOP": "break"}
    setup = ["tally = 0", *(line for piece, _ in steps for line in piece.setup)]
    loop = filled(walk.code, {"K": letter})
    loop += [f"    {line}" for piece, k in rest for line in filled(piece.code, {**words, "K": k})]
    output: Piece = rest[-1][0]
    given_back = output.setup[0].split(" = ")[0] if output.setup else "tally"
    return [*setup, *loop, f"return {given_back}"]
