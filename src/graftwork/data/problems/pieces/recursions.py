"""Pieces of a recursive function: how the input gets smaller, where it ends, what a call makes of the next one's."""

from collections.abc import Callable
from typing import Any

from graftwork.data.problems.pieces.piece import Piece

__all__ = ["BASES", "COMBINATIONS", "DESCENTS"]

FEW_STEPS = (2, 3, 4)


def _descent(
    name: str,
    source: str,
    phrases: tuple[str, ...],
    code: tuple[str, ...],
    apply: Callable[[Any, Any], Any],
    parameters: tuple[Any, ...] = (None,),
) -> Piece:
    return Piece(name, phrases, code, apply, parameters, source=source)


def _from_front(numbers: list[int], k: None) -> tuple[int, list[int]] | None:
    return (numbers[0], numbers[1:]) if numbers else None


def _from_back(numbers: list[int], k: None) -> tuple[int, list[int]] | None:
    return (numbers[-1], numbers[:-1]) if numbers else None


def _ends(numbers: list[int], k: int) -> tuple[int, list[int]] | None:
    return (numbers[0] + numbers[-1], numbers[1:-1]) if len(numbers) > 1 else None


def _end_difference(numbers: list[int], k: int) -> tuple[int, list[int]] | None:
    return (numbers[-1] - numbers[0], numbers[1:-1]) if len(numbers) > 1 else None


DESCENTS = (
    _descent(
        "from_front",
        "numbers",
        (
            "for no numbers, {base}; else take the first number",
            "if the list is empty, {base}; otherwise take its first number",
        ),
        ("if not numbers:", "    BASE", "n = numbers[0]", "rest = numbers[1:]"),
        _from_front,
    ),
    _descent(
        "from_back",
        "numbers",
        (
            "for no numbers, {base}; else take the last number",
            "if the list is empty, {base}; otherwise take its last number",
        ),
        ("if not numbers:", "    BASE", "n = numbers[-1]", "rest = numbers[:-1]"),
        _from_back,
    ),
    _descent(
        "sum_of_ends",
        "numbers",
        ("for fewer than two numbers, {base}; else take off both ends of the list and add them up",),
        ("if len(numbers) < 2:", "    BASE", "n = numbers[0] + numbers[-1]", "rest = numbers[1:-1]"),
        _ends,
    ),
    _descent(
        "difference_of_ends",
        "numbers",
        ("for fewer than two numbers, {base}; else take off both ends of the list, and take the last minus the first",),
        ("if len(numbers) < 2:", "    BASE", "n = numbers[-1] - numbers[0]", "rest = numbers[1:-1]"),
        _end_difference,
    ),
    _descent(
        "word_lengths_from_front",
        "words",
        (
            "for no words, {base}; else take the length of the first word",
            "if there are no words, {base}; otherwise take the length of the first",
        ),
        ("if not words:", "    BASE", "n = len(words[0])", "rest = words[1:]"),
        lambda words, k: (len(words[0]), words[1:]) if words else None,
    ),
    _descent(
        "by_steps",
        "number",
        ("if the number is zero or less, {base}; otherwise take the number, and for the rest the number minus {k}",),
        ("if number <= 0:", "    BASE", "n = number", "rest = number - K"),
        lambda number, k: (number, number - k) if number > 0 else None,
        (1, 2, 3, 4),
    ),
    _descent(
        "by_parts",
        "number",
        (
            "if the number is zero or less, {base}; "
            "otherwise take the number, and for the rest the number divided by {k}, rounded down",
        ),
        ("if number <= 0:", "    BASE", "n = number", "rest = number // K"),
        lambda number, k: (number, number // k) if number > 0 else None,
        FEW_STEPS,
    ),
    _descent(
        "by_digits",
        "number",
        ("if the number is zero or less, {base}; otherwise take its last digit, and the digits before for the rest",),
        ("if number <= 0:", "    BASE", "n = number % 10", "rest = number // 10"),
        lambda number, k: (number % 10, number // 10) if number > 0 else None,
    ),
)
"""``apply(input, k)`` gives an item and the smaller input, None where the recursion ends."""

BASES = (
    Piece(
        "base_number",
        ("the result is {k}", "return {k}"),
        ("return K",),
        lambda k: k,
        (0, 1, 2, 3, 5, 10),
        result="number",
    ),
    Piece(
        "base_empty",
        ("the result is an empty list", "return an empty list"),
        ("return []",),
        lambda k: [],
        result="numbers",
    ),
)
"""``apply(k)`` gives the result at the end of the recursion."""

Solve = Callable[[Any], Any]


def _combination(
    name: str,
    result: str,
    phrases: tuple[str, ...],
    code: tuple[str, ...],
    apply: Callable[..., Any],
    parameters: tuple[Any, ...] = (None,),
) -> Piece:
    return Piece(name, phrases, code, apply, parameters, result=result)


def _fork(n: int, rest: Any, solve: Solve, k: int) -> Any:
    return solve(rest) + solve(rest - k)


COMBINATIONS = (
    _combination(
        "add_rest",
        "number",
        ("add it to the result for the rest", "return its sum with the result for the rest"),
        ("return n + solve(rest)",),
        lambda n, rest, solve, k: n + solve(rest),
    ),
    _combination(
        "minus_rest",
        "number",
        ("subtract the result for the rest from it", "return it minus the result for the rest"),
        ("return n - solve(rest)",),
        lambda n, rest, solve, k: n - solve(rest),
    ),
    _combination(
        "rest_minus",
        "number",
        ("subtract it from the result for the rest", "return the result for the rest minus it"),
        ("return solve(rest) - n",),
        lambda n, rest, solve, k: solve(rest) - n,
    ),
    _combination(
        "count_rest",
        "number",
        ("return one more than the result for the rest", "add one to the result for the rest"),
        ("return 1 + solve(rest)",),
        lambda n, rest, solve, k: 1 + solve(rest),
    ),
    _combination(
        "weigh_rest",
        "number",
        ("add it to {k} times the result for the rest", "return it plus {k} times the result for the rest"),
        ("return n + K * solve(rest)",),
        lambda n, rest, solve, k: n + k * solve(rest),
        FEW_STEPS,
    ),
    _combination(
        "multiply_rest",
        "number",
        ("multiply it by the result for the rest", "return its product with the result for the rest"),
        ("return n * solve(rest)",),
        lambda n, rest, solve, k: n * solve(rest),
    ),
    _combination(
        "larger_rest",
        "number",
        (
            "return the larger of it and the result for the rest",
            "compare it with the result for the rest and return the larger",
        ),
        ("result = solve(rest)", "return max(n, result)"),
        lambda n, rest, solve, k: max(n, solve(rest)),
    ),
    _combination(
        "smaller_rest",
        "number",
        (
            "return the smaller of it and the result for the rest",
            "compare it with the result for the rest and return the smaller",
        ),
        ("result = solve(rest)", "return min(n, result)"),
        lambda n, rest, solve, k: min(n, solve(rest)),
    ),
    _combination(
        "distance_rest",
        "number",
        ("return its distance from the result for the rest", "return how far it is from the result for the rest"),
        ("result = n - solve(rest)", "return abs(result)"),
        lambda n, rest, solve, k: abs(n - solve(rest)),
    ),
    _combination(
        "append_it",
        "numbers",
        ("append it to the result for the rest", "put it behind the result for the rest"),
        ("result = solve(rest)", "result.append(n)", "return result"),
        lambda n, rest, solve, k: [*solve(rest), n],
    ),
    _combination(
        "prepend_it",
        "numbers",
        ("put it before the result for the rest", "return a list of it and then the result for the rest"),
        ("result = solve(rest)", "result.insert(0, n)", "return result"),
        lambda n, rest, solve, k: [n, *solve(rest)],
    ),
    _combination(
        "wrap_rest",
        "numbers",
        ("put it before and behind the result for the rest", "return the result for the rest with it at both ends"),
        ("result = solve(rest)", "result.insert(0, n)", "result.append(n)", "return result"),
        lambda n, rest, solve, k: [n, *solve(rest), n],
    ),
    _combination(
        "fork",
        "number",
        (
            "return the sum of the results for the rest and for {k} less than the rest",
            "add up the results for the rest and for the rest minus {k}",
        ),
        ("less = rest - K", "return solve(rest) + solve(less)"),
        _fork,
        (1, 2, 3),
    ),
)
"""``apply(n, rest, solve, k)`` gives the result of a call."""
