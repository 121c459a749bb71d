"""Pieces of a loop with state: what is walked through, the tally that is kept, the rule on it, what is given back."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from graftwork.data.problems.operations.operation import LETTERS, SMALL
from graftwork.data.problems.pieces.piece import STOP, Piece, Signal

__all__ = ["OUTPUTS", "RULES", "TALLIES", "WALKS"]

LIMITS = (*SMALL, 10, 12, 15, 20, 25, 30, 40, 50)


def _digits(number: int, k: int) -> Iterator[int]:
    while number > 0:
        yield number % 10
        number //= 10


WALKS = (
    Piece(
        "walk_numbers",
        ("go through the numbers", "walk through the list of numbers", "take the numbers one after another"),
        ("for n in numbers:",),
        lambda numbers, k: iter(numbers),
        source="numbers",
    ),
    Piece(
        "walk_lengths",
        ("go through the words and take the length of each", "take the number of letters of one word after another"),
        ("for word in words:", "    n = len(word)"),
        lambda words, k: (len(word) for word in words),
        source="words",
    ),
    Piece(
        "walk_digits",
        (
            "go through the digits of the number from the last to the first",
            "take the digits of the number, the last first",
        ),
        ("while rest > 0:", "    n = rest % 10", "    rest = rest // 10"),
        _digits,
        setup=("rest = number",),
        source="number",
    ),
    Piece(
        "walk_letters",
        (
            'go through the letters of the text, one for each "{k}" and minus one for any other',
            'take one for every "{k}" in the text and minus one for every other character, in order',
        ),
        ("for letter in text:", "    n = -1", '    if letter == "K":', "        n = 1"),
        lambda text, k: (1 if letter == k else -1 for letter in text),
        LETTERS,
        source="text",
    ),
)
"""``apply(input, k)`` gives the items."""


def _tally(name: str, phrases: tuple[str, ...], code: tuple[str, ...], apply: Callable[[int, int], int]) -> Piece:
    return Piece(name, phrases, code, lambda tally, n, k: apply(tally, n))


TALLIES = (
    _tally("total", ("add it to the tally", "raise the tally by it"), ("tally += n",), lambda tally, n: tally + n),
    _tally(
        "countdown",
        ("subtract it from the tally", "lower the tally by it"),
        ("tally -= n",),
        lambda tally, n: tally - n,
    ),
    _tally("count", ("add one to the tally", "raise the tally by one"), ("tally += 1",), lambda tally, n: tally + 1),
    _tally(
        "largest",
        ("set the tally to it if it is larger than the tally", "raise the tally to it if the tally is lower"),
        ("tally = max(tally, n)",),
        max,
    ),
    _tally(
        "turned",
        ("set the tally to it minus the tally", "replace the tally by it minus the tally"),
        ("tally = n - tally",),
        lambda tally, n: n - tally,
    ),
    _tally(
        "doubled",
        ("double the tally and add it", "set the tally to twice the tally plus it"),
        ("tally = 2 * tally + n",),
        lambda tally, n: 2 * tally + n,
    ),
    _tally(
        "distance",
        ("set the tally to its distance from the tally", "replace the tally by how far it is from the tally"),
        ("tally = tally - n", "tally = abs(tally)"),
        lambda tally, n: abs(tally - n),
    ),
)
"""``apply(tally, n, k)`` gives the next tally; it starts at zero."""


def _rule(
    name: str,
    phrases: tuple[str, ...],
    code: tuple[str, ...],
    apply: Callable[[int, int], int | Signal],
    parameters: tuple[Any, ...] = LIMITS,
) -> Piece:
    return Piece(name, phrases, code, apply, parameters)


RULES = (
    _rule(
        "reset_above",
        (
            "whenever the tally is above {k}, set it back to zero",
            "start the tally again from zero when it is greater than {k}",
        ),
        ("if tally > K:", "    tally = 0"),
        lambda tally, k: 0 if tally > k else tally,
    ),
    _rule(
        "pay_above",
        ("whenever the tally is above {k}, take {k} off it", "lower the tally by {k} when it is greater than {k}"),
        ("if tally > K:", "    tally -= K"),
        lambda tally, k: tally - k if tally > k else tally,
    ),
    _rule(
        "halve_above",
        (
            "whenever the tally is above {k}, halve it, rounded down",
            "cut the tally to its half, rounded down, when it is greater than {k}",
        ),
        ("if tally > K:", "    tally = tally // 2"),
        lambda tally, k: tally // 2 if tally > k else tally,
    ),
    _rule("cap", ("never let the tally be above {k}", "cap the tally at {k}"), ("tally = min(tally, K)",), min),
    _rule(
        "floor",
        ("whenever the tally is negative, set it to zero", "never let the tally fall below zero"),
        ("tally = max(tally, 0)",),
        lambda tally, k: max(tally, 0),
        (None,),
    ),
    _rule(
        "stop_tally_above",
        ("stop once the tally is above {k}", "end as soon as the tally is greater than {k}"),
        ("if tally > K:", "    STOP"),
        lambda tally, k: STOP if tally > k else tally,
    ),
)
"""``apply(tally, k)`` gives the tally, or ends the walk."""

Trace = Sequence[tuple[int, int]]
"""Item and tally after each item."""

OUTPUTS = (
    Piece(
        "final_tally",
        ("return the tally", "give back the tally at the end"),
        (),
        lambda tally, trace, k: tally,
        result="number",
    ),
    Piece(
        "highest_tally",
        (
            "return the highest tally on the way, at least zero",
            "give back the largest value that the tally had at the end of a turn, or zero",
        ),
        ("highest = max(highest, tally)",),
        lambda tally, trace, k: max([0, *(tally for _, tally in trace)]),
        setup=("highest = 0",),
        result="number",
    ),
    Piece(
        "count_tallies_above",
        (
            "return how often the tally was above {k} at the end of a turn",
            "count the turns that leave the tally greater than {k}",
        ),
        ("if tally > K:", "    hits += 1"),
        lambda tally, trace, k: sum(1 for _, tally in trace if tally > k),
        SMALL,
        setup=("hits = 0",),
        result="number",
    ),
    Piece(
        "list_tallies",
        ("return the list of tallies, one for each turn", "give back the tally after each turn as a list"),
        ("history.append(tally)",),
        lambda tally, trace, k: [tally for _, tally in trace],
        setup=("history = []",),
        result="numbers",
    ),
    Piece(
        "list_items_at_even",
        ("return the values of the turns that leave the tally even", "list the values after which the tally is even"),
        ("if tally % 2 == 0:", "    kept.append(n)"),
        lambda tally, trace, k: [n for n, tally in trace if tally % 2 == 0],
        setup=("kept = []",),
        result="numbers",
    ),
)
"""``apply(tally, trace, k)`` gives the result; what the setup names first is given back, else the tally."""
