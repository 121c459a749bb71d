"""Operations on a value and the second input of the problem."""

from collections.abc import Callable
from typing import Any

from graftwork.data.problems.operations.operation import Operation

__all__ = ["operations_on_pairs"]


def _pair(
    name: str, source: str, other: str, result: str, phrases: tuple[str, ...], apply: Callable[[Any, Any], Any]
) -> Operation:
    return Operation(name, source, result, phrases, apply, other=other)


def operations_on_pairs() -> list[Operation]:
    """Return them, in the order in which problems draw from them; ``apply(value, second)`` gives the result."""
    return [*_numbers_and_numbers(), *_numbers_and_number(), *_on_words(), *_on_text(), *_on_mapping()]


def _numbers_and_numbers() -> list[Operation]:
    kinds = ("numbers", "numbers")
    return [
        _pair(
            "add_pairwise",
            *kinds,
            "numbers",
            ("add the numbers of the second list place by place", "add to each number its partner in the second list"),
            lambda x, y: [a + b for a, b in zip(x, y, strict=False)],
        ),
        _pair(
            "multiply_pairwise",
            *kinds,
            "numbers",
            ("multiply each number by its partner in the second list", "multiply the two lists place by place"),
            lambda x, y: [a * b for a, b in zip(x, y, strict=False)],
        ),
        _pair(
            "larger_pairwise",
            *kinds,
            "numbers",
            ("take the larger of each number and its partner in the second list", "keep the larger at each place"),
            lambda x, y: [max(a, b) for a, b in zip(x, y, strict=False)],
        ),
        _pair(
            "append_numbers",
            *kinds,
            "numbers",
            ("append the second list", "put the numbers of the second list behind them"),
            lambda x, y: x + y,
        ),
        _pair(
            "keep_common_numbers",
            *kinds,
            "numbers",
            ("keep the numbers that are in the second list too", "drop what the second list does not hold"),
            lambda x, y: [n for n in x if n in y],
        ),
        _pair(
            "drop_common_numbers",
            *kinds,
            "numbers",
            ("drop the numbers that are in the second list too", "keep only what is missing from the second list"),
            lambda x, y: [n for n in x if n not in y],
        ),
        _pair(
            "dot_product",
            *kinds,
            "number",
            ("add up the products with their partners in the second list", "compute the dot product of the two lists"),
            lambda x, y: sum(a * b for a, b in zip(x, y, strict=False)),
        ),
        _pair(
            "count_equal_places",
            *kinds,
            "number",
            ("count the places at which the two lists agree", "find at how many places both lists hold the same"),
            lambda x, y: sum(1 for a, b in zip(x, y, strict=False) if a == b),
        ),
    ]


def _numbers_and_number() -> list[Operation]:
    kinds = ("numbers", "number")
    return [
        _pair(
            "multiply_each_by",
            *kinds,
            "numbers",
            ("multiply each number by the given number", "scale every value by the given number"),
            lambda x, y: [n * y for n in x],
        ),
        _pair(
            "add_to_each_given",
            *kinds,
            "numbers",
            ("add the given number to each", "increase every value by the given number"),
            lambda x, y: [n + y for n in x],
        ),
        _pair(
            "keep_above_given",
            *kinds,
            "numbers",
            ("keep the numbers above the given number", "keep only what is greater than the given number"),
            lambda x, y: [n for n in x if n > y],
        ),
        _pair(
            "drop_given",
            *kinds,
            "numbers",
            ("drop every number that equals the given number", "remove the given number wherever it occurs"),
            lambda x, y: [n for n in x if n != y],
        ),
        _pair(
            "count_given",
            *kinds,
            "number",
            ("count how often the given number occurs", "find how many values equal the given number"),
            lambda x, y: x.count(y),
        ),
    ]


def _on_words() -> list[Operation]:
    return [
        _pair(
            "append_words",
            "words",
            "words",
            "words",
            ("append the second list", "put the words of the second list behind them"),
            lambda x, y: x + y,
        ),
        _pair(
            "keep_common_words",
            "words",
            "words",
            "words",
            ("keep the words that are in the second list too", "drop what the second list does not hold"),
            lambda x, y: [w for w in x if w in y],
        ),
        _pair(
            "join_words_with",
            "words",
            "text",
            "text",
            ("join the words with the given text between them", "write the words with the given text in between"),
            lambda x, y: y.join(x),
        ),
        _pair(
            "keep_words_of_length",
            "words",
            "number",
            "words",
            ("keep the words that have the given number of letters", "select the words of the given length"),
            lambda x, y: [w for w in x if len(w) == y],
        ),
    ]


def _on_text() -> list[Operation]:
    return [
        _pair(
            "append_text",
            "text",
            "text",
            "text",
            ("append the second text", "write the second text behind it"),
            lambda x, y: x + y,
        ),
        _pair(
            "remove_part",
            "text",
            "text",
            "text",
            ("remove the second text wherever it occurs", "delete every occurrence of the second text"),
            lambda x, y: x.replace(y, ""),
        ),
        _pair(
            "count_part",
            "text",
            "text",
            "number",
            ("count how often the second text occurs", "find the number of times the second text appears"),
            lambda x, y: x.count(y),
        ),
        _pair(
            "repeat_text_given",
            "text",
            "number",
            "text",
            ("repeat the text the given number of times", "write it as many times in a row as the given number says"),
            lambda x, y: x * y,
        ),
        _pair(
            "first_characters_given",
            "text",
            "number",
            "text",
            ("cut the text after the given number of characters", "keep only as many letters as the given number says"),
            lambda x, y: x[:y],
        ),
    ]


def _on_mapping() -> list[Operation]:
    return [
        _pair(
            "look_up",
            "mapping",
            "words",
            "numbers",
            ("look up the count of each word, zero if there is none", "list the counts of the words, zero if missing"),
            lambda x, y: [x.get(w, 0) for w in y],
        ),
        _pair(
            "keep_named",
            "mapping",
            "words",
            "mapping",
            ("keep the entries whose name is among the words", "drop the entries whose name is not one of the words"),
            lambda x, y: {n: c for n, c in x.items() if n in y},
        ),
    ]
