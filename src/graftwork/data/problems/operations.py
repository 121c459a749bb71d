"""The space of generated problems: value types, and the operations that lead from one to another.

An operation is language-free: what it does (``apply``, the definition every program is held to), how English says
it (``phrases``), and which parameters it may take. How each programming language writes it stands in ``renderers``.
Divisions and remainders of negative numbers differ between languages, so no operation depends on them.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, final

__all__ = ["INPUT_PHRASES", "OPERATIONS", "TYPES", "Operation"]

TYPES = ("numbers", "number", "text", "words", "mapping")

INPUT_PHRASES = {
    "numbers": ("a list of numbers", "a list of integers", "some numbers", "an array of whole numbers"),
    "number": ("a number", "an integer", "a whole number"),
    "text": ("a text", "a string", "a piece of text", "a sentence"),
    "words": ("a list of words", "a list of strings", "some words"),
    "mapping": ("a dictionary of counts", "a mapping from names to numbers", "a table of counts by name"),
}


@final
@dataclass(frozen=True)
class Operation:
    """One step of a problem.

    Attributes:
        name: unique name, also the key in every renderer.
        source: type of the value it takes, one of ``TYPES``.
        result: type of the value it gives.
        phrases: English imperatives; ``{k}`` stands for the parameter.
        apply: ``apply(value, k)`` gives the result.
        parameters: the values ``k`` may take; ``(None,)`` for an operation without one.
    """

    name: str
    source: str
    result: str
    phrases: tuple[str, ...]
    apply: Callable[[Any, Any], Any]
    parameters: tuple[Any, ...] = (None,)


SMALL = (2, 3, 4, 5, 6, 7, 8, 9)
FEW = (2, 3, 4)
LETTERS = ("a", "e", "o", "s", "t")


def _operations_on_numbers() -> list[Operation]:
    def to_numbers(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "numbers", "numbers", phrases, apply, k)

    return [
        to_numbers(
            "keep_even",
            (
                "keep only the even numbers",
                "throw away the odd numbers",
                "select the even values",
                "drop everything odd",
            ),
            lambda x, k: [n for n in x if n % 2 == 0],
        ),
        to_numbers(
            "keep_odd",
            (
                "keep only the odd numbers",
                "throw away the even numbers",
                "select the odd values",
                "drop everything even",
            ),
            lambda x, k: [n for n in x if n % 2 != 0],
        ),
        to_numbers(
            "keep_above",
            ("keep the numbers above {k}", "keep only what is greater than {k}", "select the values larger than {k}"),
            lambda x, k: [n for n in x if n > k],
            SMALL,
        ),
        to_numbers(
            "keep_below",
            ("keep the numbers below {k}", "keep only what is less than {k}", "select the values smaller than {k}"),
            lambda x, k: [n for n in x if n < k],
            SMALL,
        ),
        to_numbers(
            "keep_multiples",
            ("keep the multiples of {k}", "keep only the numbers divisible by {k}", "select what {k} divides"),
            lambda x, k: [n for n in x if n % k == 0],
            SMALL[1:],
        ),
        to_numbers(
            "keep_positive",
            ("keep the positive numbers", "keep only what is above zero", "drop zeros and negative numbers"),
            lambda x, k: [n for n in x if n > 0],
        ),
        to_numbers(
            "multiply_each",
            ("multiply each number by {k}", "scale every value by {k}", "make each number {k} times as large"),
            lambda x, k: [n * k for n in x],
            SMALL,
        ),
        to_numbers(
            "add_to_each",
            ("add {k} to each number", "increase every value by {k}", "raise each number by {k}"),
            lambda x, k: [n + k for n in x],
            SMALL,
        ),
        to_numbers(
            "subtract_from_each",
            ("subtract {k} from each number", "decrease every value by {k}", "lower each number by {k}"),
            lambda x, k: [n - k for n in x],
            SMALL,
        ),
        to_numbers(
            "square_each",
            ("square each number", "replace every value by its square", "multiply each number by itself"),
            lambda x, k: [n * n for n in x],
        ),
        to_numbers(
            "negate_each",
            ("negate each number", "flip the sign of every value", "replace each number by its opposite"),
            lambda x, k: [-n for n in x],
        ),
        to_numbers(
            "absolute_each",
            (
                "take the absolute value of each number",
                "ignore the signs of the numbers",
                "make every value non-negative",
            ),
            lambda x, k: [abs(n) for n in x],
        ),
        to_numbers(
            "at_most_each",
            ("cap each number at {k}", "limit every value to at most {k}", "replace numbers over {k} by {k}"),
            lambda x, k: [min(n, k) for n in x],
            SMALL,
        ),
        to_numbers(
            "at_least_each",
            ("raise numbers under {k} to {k}", "make every value at least {k}", "replace numbers under {k} by {k}"),
            lambda x, k: [max(n, k) for n in x],
            SMALL,
        ),
        to_numbers(
            "sort_ascending",
            ("sort the numbers in ascending order", "order the values from smallest to largest", "sort the numbers"),
            lambda x, k: sorted(x),
        ),
        to_numbers(
            "sort_descending",
            (
                "sort the numbers in descending order",
                "order the values from largest to smallest",
                "sort the numbers downwards",
            ),
            lambda x, k: sorted(x, reverse=True),
        ),
        to_numbers(
            "reverse_numbers",
            ("reverse the list", "put the numbers in reverse order", "turn the order of the numbers around"),
            lambda x, k: x[::-1],
        ),
        to_numbers(
            "first_numbers",
            ("take the first {k} numbers", "keep only the first {k} values", "cut the list after {k} numbers"),
            lambda x, k: x[:k],
            FEW,
        ),
        to_numbers(
            "last_numbers",
            ("take the last {k} numbers", "keep only the last {k} values", "keep the final {k} numbers"),
            lambda x, k: x[-k:],
            FEW,
        ),
        to_numbers(
            "skip_numbers",
            ("skip the first {k} numbers", "leave out the first {k} values", "remove {k} numbers from the front"),
            lambda x, k: x[k:],
            FEW,
        ),
        to_numbers(
            "distinct_numbers",
            ("remove repeated numbers", "keep each number only once", "drop the duplicate values"),
            lambda x, k: list(dict.fromkeys(x)),
        ),
        to_numbers(
            "every_other_number",
            ("take every other number", "keep every second value from the first on", "skip every second number"),
            lambda x, k: x[::2],
        ),
        to_numbers(
            "running_totals",
            ("compute the running totals", "replace each number by the sum so far", "build the cumulative sums"),
            lambda x, k: [sum(x[: i + 1]) for i in range(len(x))],
        ),
        to_numbers(
            "neighbour_differences",
            (
                "take the differences between neighbours",
                "subtract each number from the next one",
                "compute the steps between values",
            ),
            lambda x, k: [b - a for a, b in pairwise(x)],
        ),
        to_numbers(
            "rotate_numbers",
            ("move the first number to the end", "rotate the list by one to the left"),
            lambda x, k: x[1:] + x[:1],
        ),
        Operation(
            "sum_numbers",
            "numbers",
            "number",
            ("add up the numbers", "compute the sum of the values", "find the total"),
            lambda x, k: sum(x),
        ),
        Operation(
            "largest_number",
            "numbers",
            "number",
            ("find the largest number", "pick the maximum", "get the biggest value"),
            lambda x, k: max(x, default=0),
        ),
        Operation(
            "smallest_number",
            "numbers",
            "number",
            ("find the smallest number", "pick the minimum", "get the lowest value"),
            lambda x, k: min(x, default=0),
        ),
        Operation(
            "count_numbers",
            "numbers",
            "number",
            ("count the numbers", "find how many values there are", "get the length of the list"),
            lambda x, k: len(x),
        ),
        Operation(
            "count_distinct",
            "numbers",
            "number",
            ("count the distinct numbers", "find how many different values there are"),
            lambda x, k: len(set(x)),
        ),
        Operation(
            "count_above",
            "numbers",
            "number",
            ("count the numbers above {k}", "find how many values are greater than {k}"),
            lambda x, k: sum(1 for n in x if n > k),
            SMALL,
        ),
        Operation(
            "join_numbers",
            "numbers",
            "text",
            ("join the numbers with commas", "write the values separated by commas"),
            lambda x, k: ",".join(str(n) for n in x),
        ),
    ]


def _operations_on_number() -> list[Operation]:
    def to_number(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "number", "number", phrases, apply, k)

    return [
        to_number(
            "multiply_number",
            ("multiply the number by {k}", "scale it by {k}", "take {k} times the number"),
            lambda x, k: x * k,
            SMALL,
        ),
        to_number(
            "add_to_number",
            ("add {k} to the number", "increase it by {k}", "raise the number by {k}"),
            lambda x, k: x + k,
            SMALL,
        ),
        to_number(
            "subtract_from_number",
            ("subtract {k} from the number", "decrease it by {k}", "lower the number by {k}"),
            lambda x, k: x - k,
            SMALL,
        ),
        to_number(
            "square_number", ("square the number", "multiply it by itself", "take its square"), lambda x, k: x * x
        ),
        to_number("negate_number", ("negate the number", "flip its sign", "take the opposite number"), lambda x, k: -x),
        to_number(
            "absolute_number",
            ("take the absolute value", "ignore the sign of the number", "make it non-negative"),
            lambda x, k: abs(x),
        ),
        to_number("at_most_number", ("cap the number at {k}", "limit it to at most {k}"), min, SMALL),
        to_number(
            "at_least_number",
            ("make the number at least {k}", "raise it to {k} if it is lower"),
            max,
            SMALL,
        ),
        to_number(
            "digit_sum",
            ("add up its digits", "compute the sum of the digits"),
            lambda x, k: sum(int(d) for d in str(abs(x))),
        ),
        Operation(
            "digits",
            "number",
            "numbers",
            ("split the number into its digits", "list its digits"),
            lambda x, k: [int(d) for d in str(abs(x))],
        ),
        Operation(
            "count_up",
            "number",
            "numbers",
            ("list the numbers from 1 up to it", "count from 1 to the number"),
            lambda x, k: list(range(1, x + 1)),
        ),
        Operation(
            "number_to_text",
            "number",
            "text",
            ("turn the number into text", "write it as a string"),
            lambda x, k: str(x),
        ),
    ]


def _operations_on_text() -> list[Operation]:
    def to_text(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "text", "text", phrases, apply, k)

    return [
        to_text(
            "upper_text",
            ("convert the text to upper case", "write it in capital letters", "make all letters upper case"),
            lambda x, k: x.upper(),
        ),
        to_text(
            "lower_text",
            ("convert the text to lower case", "write it in small letters", "make all letters lower case"),
            lambda x, k: x.lower(),
        ),
        to_text(
            "reverse_text",
            ("reverse the text", "write the text backwards", "put the characters in reverse order"),
            lambda x, k: x[::-1],
        ),
        to_text(
            "trim_text",
            ("strip spaces from both ends", "trim the text", "remove leading and trailing spaces"),
            lambda x, k: x.strip(),
        ),
        to_text(
            "remove_spaces",
            ("remove all spaces", "delete every space", "squeeze the spaces out"),
            lambda x, k: x.replace(" ", ""),
        ),
        to_text(
            "dash_spaces",
            ("replace spaces with dashes", "put a dash in place of every space"),
            lambda x, k: x.replace(" ", "-"),
        ),
        to_text(
            "remove_letter",
            ('remove every "{k}"', 'delete all occurrences of "{k}"', 'drop each letter "{k}"'),
            lambda x, k: x.replace(k, ""),
            LETTERS,
        ),
        to_text(
            "first_characters",
            ("take the first {k} characters", "keep only the first {k} letters", "cut the text after {k} characters"),
            lambda x, k: x[:k],
            SMALL,
        ),
        to_text(
            "skip_characters",
            (
                "skip the first {k} characters",
                "leave out the first {k} letters",
                "remove {k} characters from the front",
            ),
            lambda x, k: x[k:],
            FEW,
        ),
        to_text("repeat_text", ("repeat the text {k} times", "write it {k} times in a row"), lambda x, k: x * k, FEW),
        to_text(
            "bracket_text",
            ("put the text in brackets", "wrap it in square brackets", "surround the text with brackets"),
            lambda x, k: "[" + x + "]",
        ),
        to_text(
            "exclaim_text",
            ("add an exclamation mark", "append an exclamation mark to the text", "end it with an exclamation mark"),
            lambda x, k: x + "!",
        ),
        Operation(
            "text_length",
            "text",
            "number",
            ("count the characters", "get the length of the text", "find how long the text is"),
            lambda x, k: len(x),
        ),
        Operation(
            "count_letter",
            "text",
            "number",
            ('count how often "{k}" occurs', 'find the number of times "{k}" appears'),
            lambda x, k: x.count(k),
            LETTERS,
        ),
        Operation(
            "split_words",
            "text",
            "words",
            ("split the text into words", "break it up at the spaces", "get the words of the text"),
            lambda x, k: x.split(),
        ),
    ]


def _operations_on_words() -> list[Operation]:
    def to_words(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "words", "words", phrases, apply, k)

    return [
        to_words(
            "sort_words",
            ("sort the words", "put the words in alphabetical order", "order the words from a to z"),
            lambda x, k: sorted(x),
        ),
        to_words(
            "reverse_words",
            ("reverse the order of the words", "put the words in reverse order", "list the words from last to first"),
            lambda x, k: x[::-1],
        ),
        to_words(
            "upper_words",
            ("convert each word to upper case", "capitalise all letters of each word"),
            lambda x, k: [w.upper() for w in x],
        ),
        to_words(
            "spell_words_backwards",
            ("reverse each word", "spell every word backwards"),
            lambda x, k: [w[::-1] for w in x],
        ),
        to_words(
            "keep_long_words",
            ("keep the words longer than {k} letters", "drop words of {k} letters or fewer"),
            lambda x, k: [w for w in x if len(w) > k],
            SMALL[:4],
        ),
        to_words(
            "keep_short_words",
            ("keep the words shorter than {k} letters", "drop words of {k} letters or more"),
            lambda x, k: [w for w in x if len(w) < k],
            SMALL[1:6],
        ),
        to_words(
            "keep_words_with",
            ('keep the words that contain "{k}"', 'select the words with an "{k}" in them'),
            lambda x, k: [w for w in x if k in w],
            LETTERS,
        ),
        to_words(
            "distinct_words",
            ("remove repeated words", "keep each word only once", "drop the duplicate words"),
            lambda x, k: list(dict.fromkeys(x)),
        ),
        to_words("first_words", ("take the first {k} words", "keep only the first {k} words"), lambda x, k: x[:k], FEW),
        to_words(
            "initials",
            ("keep the first letter of each word", "shorten every word to its first letter"),
            lambda x, k: [w[:1] for w in x],
        ),
        Operation(
            "join_words",
            "words",
            "text",
            ("join the words with spaces", "write the words with spaces between them"),
            lambda x, k: " ".join(x),
        ),
        Operation(
            "join_words_by_dash",
            "words",
            "text",
            ("join the words with dashes", "connect the words by dashes"),
            lambda x, k: "-".join(x),
        ),
        Operation(
            "count_words", "words", "number", ("count the words", "find how many words there are"), lambda x, k: len(x)
        ),
        Operation(
            "word_lengths",
            "words",
            "numbers",
            ("measure the length of each word", "replace each word by its number of letters"),
            lambda x, k: [len(w) for w in x],
        ),
        Operation(
            "count_each_word",
            "words",
            "mapping",
            ("count how often each word occurs", "tally the words"),
            lambda x, k: dict(Counter(x)),
        ),
        Operation(
            "map_words_to_lengths",
            "words",
            "mapping",
            ("map each word to its length", "pair every word with its number of letters"),
            lambda x, k: {w: len(w) for w in x},
        ),
    ]


def _operations_on_mapping() -> list[Operation]:
    def to_mapping(name: str, phrases: tuple[str, ...], apply: Callable[..., Any], k: Any = (None,)) -> Operation:
        return Operation(name, "mapping", "mapping", phrases, apply, k)

    return [
        to_mapping(
            "keep_entries_above",
            ("keep the entries above {k}", "keep only entries whose count is greater than {k}"),
            lambda x, k: {n: c for n, c in x.items() if c > k},
            SMALL,
        ),
        to_mapping(
            "keep_entries_below",
            ("keep the entries below {k}", "keep only entries whose count is less than {k}"),
            lambda x, k: {n: c for n, c in x.items() if c < k},
            SMALL,
        ),
        to_mapping(
            "multiply_entries",
            ("multiply every count by {k}", "scale all counts by {k}"),
            lambda x, k: {n: c * k for n, c in x.items()},
            SMALL,
        ),
        to_mapping(
            "add_to_entries",
            ("add {k} to every count", "increase all counts by {k}"),
            lambda x, k: {n: c + k for n, c in x.items()},
            SMALL,
        ),
        to_mapping(
            "keep_names_with",
            ('keep the entries whose name contains "{k}"', 'select the names with an "{k}" in them'),
            lambda x, k: {n: c for n, c in x.items() if k in n},
            LETTERS,
        ),
        Operation(
            "names",
            "mapping",
            "words",
            ("list the names in alphabetical order", "get the sorted names"),
            lambda x, k: sorted(x),
        ),
        Operation(
            "counts",
            "mapping",
            "numbers",
            ("list the counts in ascending order", "get the sorted counts"),
            lambda x, k: sorted(x.values()),
        ),
        Operation(
            "sum_counts",
            "mapping",
            "number",
            ("add up the counts", "compute the total of the counts"),
            lambda x, k: sum(x.values()),
        ),
        Operation(
            "largest_count",
            "mapping",
            "number",
            ("find the largest count", "pick the highest count"),
            lambda x, k: max(x.values(), default=0),
        ),
        Operation(
            "count_entries",
            "mapping",
            "number",
            ("count the entries", "find how many names there are"),
            lambda x, k: len(x),
        ),
    ]


OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        *_operations_on_numbers(),
        *_operations_on_number(),
        *_operations_on_text(),
        *_operations_on_words(),
        *_operations_on_mapping(),
    )
}
